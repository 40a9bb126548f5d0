"""What commands ask of a network's file and of the samples beside it, whatever kind of network it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from fxsnn.decolle.learn import LocalLearning
from fxsnn.engine.pool import Engine
from fxsnn.exploration.candidate import Bench
from fxsnn.exploration.candidates import Exploration
from fxsnn.exploration.planned import Asked, Planned
from fxsnn.exploration.subject import Subject
from fxsnn.io.files import read_bytes
from fxsnn.jobs.samples import Samples
from fxsnn.jobs.sources import Sources
from fxsnn.measure.memory import Memory
from fxsnn.measure.ranges import Spread
from fxsnn.measure.score import Measured
from fxsnn.report import Story
from fxsnn.report.compose import Outcome
from fxsnn.significance import Significance
from fxsnn.significance.sweep import Wide

PROFILED = 64  # samples of which the values of signals are looked at, where it is not said
Given = Any  # what a report is of: one plan, or a tuple of an Exploration and the Choice


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep is of.

    about       the samples, in words
    wide        called with the seed of stochastic rounding and the number of threads
    learning    adds the groups of learning to a result, in so many threads; none where they are not swept
    """

    about: str
    wide: Callable[[int, int], Wide]
    learning: Callable[[Significance, int, Callable[[int, int], None], Engine], Significance] | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """What a report measures again.

    bench      has the samples that candidates were compared on
    about      these in words
    score      of the float network on them
    test       has the samples that accuracies are reported on
    apart      whether these are others than those of the bench, which nothing was chosen by
    learned    the bench with the network that was given as the choice's, where one was
    network    the float network
    plan_of    returns the plan of a candidate by its place; FileError where it is of another kind of network
    story      returns the content of the page on an outcome that a command led to
    """

    bench: Bench[Any, Any]
    about: str
    score: Measured
    test: Any
    network: Any
    plan_of: Callable[[Exploration, int], Any]
    story: Callable[[Outcome[Any, Any], str], Story]
    learned: Bench[Any, Any] | None = None
    apart: bool = True


class Opened(Protocol):
    """A network's file that is read, and where its samples are, which are read by what asks for them.

    one        what is presented to it: of which the casts are counted
    many       the same in the plural
    learned    how candidates come to networks of their own
    """

    asked: Samples
    one: str
    many: str
    learned: str

    def digest(self) -> str:
        """Return the SHA-256 by which significance.json knows the network: of its file."""
        return digest_of_file(self.asked.network)

    def plan(self, path: Path) -> Planned:
        """Read a plan of this network."""

    def planned(self, words: Asked, count: int | None) -> tuple[Planned, Memory]:
        """Make a plan that holds the values of so many of the first samples, PROFILED if not said, in float.

        Return it, and the memory that the network then takes.
        """

    def grid(self, path: Path | None) -> msgspec.Struct:
        """Read a grid for this network, the default one where none is named."""

    def subject(self, grid: Any, learning: LocalLearning, passes: int) -> Subject:
        """Read the samples that candidates are compared on; see `kinds.explore`."""

    def ranges(self, count: int) -> dict[str, Spread]:
        """Return the distribution of every signal's values on so many of the first samples, in float."""

    def swept(self, count: int | None, learn_from: int | None, learn_seed: int) -> Swept:
        """Read the samples of a sweep, so many of the first or all; see `kinds.significance`."""

    def emulated(self, plan: Path, most: int | None, start: Path | None) -> tuple[Any, Any, str]:
        """Read a plan and test samples, `most` of them evenly spread; return them, the quantised network, and words.

        start    an .npz with what states begin with, see `read_start`; in float with what these words stand for
        """

    def compared(
        self, sources: Sources, read: Callable[[], Given], workers: int, passes: int | None
    ) -> tuple[Given, Compared]:
        """Read what a report is made of, each file before anything is measured; `read` reads plan or candidates."""


def digest_of_file(network: Path) -> str:
    """Return the SHA-256 of a network's file."""
    return hashlib.sha256(read_bytes(network, "a network")).hexdigest()
