"""What goes into a network at every step, and how its answer is read; for integers and for real numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.errors import ConfigError
from fxsnn.frozen import freeze
from fxsnn.graph.given import Shape
from fxsnn.measure.classify import vote
from fxsnn.number.format import Format, refusal_of_word

Reading = Literal["none", "counts", "labels", "node", "first"]
Over = Literal["sum", "last", "maximum"]


@dataclass(frozen=True, slots=True, eq=False)
class Readout:
    """How the answer is read.

    counts    the sum of what a population emits; the class is the neuron of the largest
    labels    the same; neurons vote for the classes of `labels`, as those of the network that learns without labels do
    node      a name of the text, a membrane for example: over all steps that are read its sum, maximum, or its last
    first     the step in which a neuron first emits anything but 0, the number of steps if it never does; the class is
              the earliest
    none      the network is asked no question: what is emitted is added up, and there is no class

    Of several that are equal the lowest index is the class. The population is the last one if not said.

    skip      steps at the begin that are not read
    """

    kind: Reading = "none"
    population: str = ""
    labels: NDArray[np.int64] | None = None  # int64[neurons], -1 for a neuron without a vote
    node: str = ""
    over: Over = "sum"
    skip: int = 0

    def __post_init__(self) -> None:
        for name, given, known in (("kind", self.kind, get_args(Reading)), ("over", self.over, get_args(Over))):
            if given not in known:
                raise ConfigError(f"readout: {name} must be one of {', '.join(known)}, not {given!r}")
        if (self.labels is not None) != (self.kind == "labels") or bool(self.node) != (self.kind == "node"):
            raise ConfigError(
                f"readout: labels and node must be given of readouts of their name alone, not of {self.kind}"
            )
        if self.over != "sum" and self.kind != "node":
            raise ConfigError(f"readout: over must be given of readouts of a node alone, not of {self.kind}")
        if self.skip < 0:
            raise ConfigError(f"readout: skip must be 0 steps or more, not {self.skip}")
        freeze(self, copy=True)


def classes_of(readout: Readout, answers: NDArray[Any]) -> NDArray[np.int64] | None:
    """Return the class of every answer, int64[inputs]; none where there is no question."""
    match readout.kind:
        case "none":
            return None
        case "labels":
            assert readout.labels is not None  # noqa: S101  (so says Readout)
            return vote(answers, readout.labels, classes=classes(readout, len(readout.labels)))
        case "first":
            return np.asarray(answers.argmin(axis=1), np.int64)
    return np.asarray(answers.argmax(axis=1), np.int64)


def classes(readout: Readout, neurons: int) -> int:
    """Return how many classes there are, of so many neurons that are read; 0 where there is no question."""
    if readout.kind == "none":
        return 0
    return neurons if readout.labels is None else max(int(readout.labels.max()), 0) + 1


def reduced(readout: Readout, words: NDArray[Any], steps: int) -> NDArray[Any]:
    """Return the answer of what was read at every step, [..., neurons] of [..., steps, neurons].

    words    uint8 of 0 and 1, int64 or float64[..., steps, neurons]; the result is float64 where they are, else int64
    """
    words = words[..., readout.skip :, :]
    if readout.kind == "first":
        fires = words != 0
        return np.where(fires.any(axis=-2), fires.argmax(axis=-2) + readout.skip, steps).astype(np.int64)
    if readout.kind == "node" and readout.over == "last":
        return np.asarray(words[..., -1, :])
    if readout.kind == "node" and readout.over == "maximum":
        return np.asarray(np.maximum.reduce(words, axis=-2))
    if words.dtype == np.uint8 and words.shape[-2] < 256:  # 8 bits hold the sum, and NumPy adds them many at a time
        return np.asarray(np.add.reduce(words, axis=-2, dtype=np.uint8), np.int64)
    return np.asarray(np.add.reduce(words, axis=-2, dtype=np.float64 if words.dtype.kind == "f" else np.int64))


def as_words(given: ArrayLike, form: Format, name: str = "inputs") -> NDArray[Any]:
    """Return words as an array, false and true as 0 and 1; other integers are not compared with the format.

    given    integers or truth values of any shape, such as int64[inputs, steps, words]; of a format without fractional
             bits, such as that of spikes, also floats that are its words exactly
    name     what they are, for messages

    Raises ConfigError where they are no array, or where a float is no word.
    """
    try:
        words = np.asarray(given)
    except ValueError:
        raise ConfigError(f"{name} must be an array, not lists of unequal lengths") from None
    if words.dtype.kind != "f" or form.frac:
        return words.view(np.uint8) if words.dtype == np.bool_ else words
    wide = words.astype(np.float64)  # which has both ends exactly
    none = ~((words == np.rint(words)) & (wide >= form.lowest) & (wide < form.highest + 1))
    if none.any():
        place = tuple(int(n) for n in np.argwhere(none)[0])
        raise ConfigError(refusal_of_word(name, place, form, words[place]))
    return words.astype(np.int64)


def check_inputs(shape: Shape, readout: Readout, inputs: NDArray[Any]) -> NDArray[Any]:
    """Return inputs as any dtype[inputs, steps, words]; raises ConfigError where they do not fit."""
    size = int(np.prod(shape))
    if inputs.ndim < 3 or inputs.shape[2:] not in ((size,), shape):
        wanted = ", ".join(["inputs", "steps", *map(str, shape)])
        raise ConfigError(f"inputs must be [{wanted}], not {list(inputs.shape)}")
    if inputs.shape[1] <= readout.skip:
        raise ConfigError(f"inputs must have more than the {readout.skip} steps of skip, not {inputs.shape[1]}")
    return inputs.reshape(*inputs.shape[:2], size)


def delayed(words: NDArray[Any], step: int, delay: int) -> NDArray[Any]:
    """Return what was emitted so many steps before, int64[neurons] of int64[steps, neurons]: 0 before the first."""
    return words[step - delay] if step >= delay else np.zeros_like(words[0])
