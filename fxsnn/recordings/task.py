"""What a layered network is worth on recordings that it did not learn from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fxsnn.data.recordings import Recordings
from fxsnn.decolle.emulate import count_casts, respond_layers
from fxsnn.decolle.inventory import decolle_memory
from fxsnn.decolle.itq import IntegerLearning, train_in_integers
from fxsnn.decolle.learn import LocalLearning, check_sensor, frames_in_parts, frames_of, scores, train_layers
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import DecollePlan
from fxsnn.decolle.ptq import grids_of
from fxsnn.decolle.quantise import QuantisedLayers, quantise_layers
from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.exploration.candidate import Candidate
from fxsnn.exploration.point import Point
from fxsnn.measure.firing import Reference
from fxsnn.measure.overflows import overflowing_in
from fxsnn.measure.score import Measured
from fxsnn.recordings.firing import watch

HELD_OUT = 8  # of so many training recordings the last one is not learned from


def learned_and_held_out(training: Recordings) -> tuple[Recordings, Recordings]:
    """Return the recordings to learn from and those to choose by: of every eight the last one.

    Raises
    ------
    ConfigError
        There are fewer than eight.
    """
    if len(training) < HELD_OUT:
        raise ConfigError(f"training recordings must be {HELD_OUT} or more, not {len(training)}")
    held_out = np.arange(len(training)) % HELD_OUT == HELD_OUT - 1
    return training.part(np.flatnonzero(~held_out)), training.part(np.flatnonzero(held_out))


def about(held_out: Recordings) -> str:
    """Say in words on what accuracies are measured."""
    return f"{len(held_out):,} recordings (of {held_out.name}), one of {HELD_OUT}, that were not learned from"


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """Who learns on through a quantisation: from what, and for how long."""

    recordings: Recordings
    learning: LocalLearning

    def learned(
        self, network: DecolleNetwork, plan: DecollePlan, progress: Callable[[int, int], None] | None = None
    ) -> DecolleNetwork:
        """Train a network further as its words will be under a plan; see `learn.train_layers`."""
        return train_layers(network, self.recordings, self.learning, progress, grids_of(network, plan))

    def learned_in_integers(self, network: DecolleNetwork, plan: DecollePlan) -> DecolleNetwork:
        """Let a network learn further in the words of a plan; see `itq.train_in_integers`."""
        return train_in_integers(network, self.recordings, plan, IntegerLearning.like(self.learning))


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """A trained network, the recordings on which its candidates are compared, and who learns on."""

    network: DecolleNetwork
    shown: Recordings
    lessons: Lessons

    def __post_init__(self) -> None:
        check_sensor(self.network, self.shown)
        if not len(self.shown):
            raise ConfigError("recordings to compare candidates on must be one or more, not none")

    def float_classified(self) -> Measured:
        """Measure the float network."""
        return measured_float(self.network, self.shown)

    def network_of(self, point: Point[DecollePlan]) -> DecolleNetwork:
        """Return the network in real numbers that a point quantises."""
        if point.scheme == "PTQ":
            return self.network
        learn = self.lessons.learned_in_integers if point.scheme == "ITQ" else self.lessons.learned
        return learn(self.network, point.plan)

    def evaluate(self, point: Point[DecollePlan], float_net: Reference | None = None) -> Candidate[DecollePlan]:
        """Quantise, run in integers, count the memory; the error of a point that cannot run begins with its name.

        float_net    the float network's spikes on the first recordings, with which those in integers are compared
        """
        try:
            quantised = quantise_layers(self.network_of(point), point.plan)
            told = measured(quantised, self.shown)
            overflows = overflowing_in(casts(quantised, self.shown))
            firing = watch(float_net, quantised, self.shown) if float_net else None
        except FxsnnError as error:
            raise type(error)(f"{point.name}: {error}") from None
        return Candidate(point.name, point.scheme, point.plan, told, decolle_memory(quantised), firing, overflows)


def casts(network: QuantisedLayers, shown: Recordings) -> dict[str, dict[str, int]]:
    """Show the first recording and return how its casts went, by layer and cast."""
    return count_casts(network, frames_of(network, shown, np.arange(1)))


def measured_float(network: DecolleNetwork, shown: Recordings) -> Measured:
    """Measure a network in real numbers; raises ConfigError where the recordings do not fit it."""
    return Measured.of(scores(network, shown, np.arange(len(shown))), shown.labels)


def measured(network: QuantisedLayers, shown: Recordings, threads: int = 1) -> Measured:
    """Measure a network in integers; raises as `emulate.respond_layers` does."""
    parts = [
        respond_layers(network, frames, threads) for frames in frames_in_parts(network, shown, np.arange(len(shown)))
    ]
    return Measured.of(np.concatenate(parts), shown.labels)
