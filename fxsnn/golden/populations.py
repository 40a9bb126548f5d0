"""What a golden set of a network of populations holds: every file with its format and shape, and the words in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FxsnnError
from fxsnn.format import Format, bits_of
from fxsnn.golden.contents import BIT, Vector
from fxsnn.golden.stimuli import Timed
from fxsnn.graph.population import INPUT, Population
from fxsnn.graph.quantise import QuantisedGraph, format_of, weights_of
from fxsnn.graph.run import Answers, Kept, run, trace
from fxsnn.modes import Rounding
from fxsnn.plan import Signal
from fxsnn.program import operations as op
from fxsnn.program.neuron import BIT as BIT_SIGNAL
from fxsnn.program.neuron import Cast
from fxsnn.program.program import Program
from fxsnn.program.wires import BITS

POPULATIONS_SCHEMA = "populations 1"
COUNTED = ("casts", "inexact", "ties", "overflows")


class Presented(Timed):
    """What a network of populations is shown: each input is a presentation, from rest."""

    __slots__ = ("steps", "words")

    def __init__(self, words: NDArray[np.int64]) -> None:
        self.words = words  # int64[inputs, steps, words]
        self.steps = (words.shape[1],) * len(words)
