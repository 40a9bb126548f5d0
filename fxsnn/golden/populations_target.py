"""What was dumped of a node of a population, laid beside what it should have been."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.frozen import freeze
from fxsnn.golden.align import Alignment
from fxsnn.golden.contents import Vector
from fxsnn.golden.dump import Dumped
from fxsnn.golden.timed import Timed
from fxsnn.kernels import rescale
from fxsnn.number.format import Format
from fxsnn.program.variant import Ints
from fxsnn.program.vector_casts import limited

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """The words of a node, int64[presentations, steps, words]; a register has one in a step."""

    node: Vector
    expected: Ints
    words: Ints  # dumped
    compared: Bools  # where a dumped word is compared
    defined: Bools  # where no digit of it is x or z

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def population(self) -> str:
        """Whose node it is."""
        return self.node.name.partition(".")[0]

    @property
    def name(self) -> str:
        """What the population's text calls it."""
        return self.node.name.partition(".")[2]

    def fitted(self, words: Ints) -> Ints:
        """Return words, int64 of any shape, as the node's width stores them: what is changed may be wider."""
        return fitted(words, self.node.format)

    def wrong(self, words: Ints) -> Bools:
        """Return where words, int64 of the shape of `words`, are not what was dumped: bool of that shape."""
        return np.asarray(self.compared & (~self.defined | (self.fitted(words) != self.words)))

    def departs(self, words: Ints, part: slice, t: int) -> bool:
        """Return whether the words of step t of some presentations, int64[part, words], are not those dumped."""
        differs = ~self.defined[part, t] | (self.fitted(words) != self.words[part, t])
        return bool((differs & self.compared[part, t]).any())


def fitted(words: Ints, form: Format) -> Ints:
    """Return which words of a format the low bits of integers are, int64 of any shape."""
    return limited(words, form.lowest, form.highest, rescale.WRAP)


def target(dump: Dumped, laid: Alignment, expected: Mapping[str, Ints], stimuli: Timed) -> Target:
    """Return what was dumped of a node."""
    words = np.zeros(dump.node.shape, np.int64).reshape(-1)
    compared, defined = words != 0, words != 0
    words[laid.expected] = dump.words[laid.got]
    compared[laid.expected] = True
    defined[laid.expected] = dump.defined[laid.got]

    def by_presentation(one: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return stimuli.unrolled(one.reshape(stimuli.rows, -1))

    right = by_presentation(expected[dump.node.name])
    return Target(dump.node, right, by_presentation(words), by_presentation(compared), by_presentation(defined))
