"""What a layered network is worth on recordings that it did not learn from, and how it fires in integers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fxsnn.data.recordings import Recordings
from fxsnn.decolle.description import Description
from fxsnn.decolle.emulate import count_casts, respond_layers
from fxsnn.decolle.inventory import decolle_memory
from fxsnn.decolle.itq import IntegerLearning, train_in_integers
from fxsnn.decolle.learn import LocalLearning, check_sensor, frames_in_parts, frames_of, scores, train_layers
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import DecollePlan
from fxsnn.decolle.populations import as_inputs
from fxsnn.decolle.ptq import grids_of
from fxsnn.decolle.quantise import QuantisedLayers, quantise_layers
from fxsnn.decolle.record import recorded
from fxsnn.errors import ConfigError
from fxsnn.exploration.point import Point
from fxsnn.graph.batch import emitted_of
from fxsnn.graph.starting import REST, Start
from fxsnn.measure.firing import Firing, Reference, compare, gathered
from fxsnn.measure.memory import Memory
from fxsnn.measure.overflows import Overflows, overflowing_in
from fxsnn.measure.score import Measured

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
    """See `candidate.Bench`: a trained network, the recordings on which candidates are compared, and who learns on.

    float_net    the float network's spikes on the first recordings, with which those in integers are compared
    start        what each of the recordings begins with
    """

    network: DecolleNetwork
    recordings: Recordings
    lessons: Lessons | None = None
    float_net: Reference | None = None
    start: Start = REST

    def __post_init__(self) -> None:
        check_sensor(self.network, self.recordings)
        if not len(self.recordings):
            raise ConfigError("recordings to compare candidates on must be one or more, not none")

    def float_classified(self, threads: int = 1) -> Measured:
        """Measure the float network."""
        del threads  # NumPy's own compute it
        return measured_float(self.network, self.recordings, self.start)

    def network_of(self, point: Point[DecollePlan]) -> DecolleNetwork:
        """Return the network in real numbers that a point quantises."""
        if point.scheme == "PTQ":
            return self.network
        if self.lessons is None:
            raise ConfigError(f"scheme must be PTQ where no learning is given, not {point.scheme}")
        learn = self.lessons.learned_in_integers if point.scheme == "ITQ" else self.lessons.learned
        return learn(self.network, point.plan)

    def quantised(self, point: Point[DecollePlan]) -> QuantisedLayers:
        """Quantise the network that `network_of` returns."""
        return quantise_layers(self.network_of(point), point.plan)

    def measured(self, network: QuantisedLayers, threads: int = 1) -> Measured:
        """Measure a network in integers; raises as `emulate.respond_layers` does."""
        return measured(network, self.recordings, threads, self.start)

    def compared(self, network: QuantisedLayers, threads: int = 1) -> tuple[Measured, Firing | None]:
        """Measure a network in integers, and compare its spikes on the first recordings."""
        score = self.measured(network, threads)
        return score, self.firing(network) if self.float_net else None

    def firing(self, network: QuantisedLayers) -> Firing | None:
        """Compare the spikes of a network in integers, which has run on the recordings; none where no layer fires."""
        float_net = self.float_net or reference(self.network, self.recordings)
        return watch(float_net, network, self.recordings) if float_net else None

    def counted(self, network: QuantisedLayers) -> tuple[dict[str, dict[str, int]], Overflows]:
        """Run the first recording; return how its casts went, by layer and cast, and the shares that overflow."""
        counts = casts(network, self.recordings, self.start.part(slice(1)))
        return counts, overflowing_in(counts)

    def overflows(self, network: QuantisedLayers) -> Overflows:
        """Return the shares of casts that overflow, on the first recording."""
        return self.counted(network)[1]

    def memory(self, network: QuantisedLayers) -> Memory:
        """Return all that is stored."""
        return decolle_memory(network, self.start.words)

    def with_spikes(self) -> Bench:
        """Return the same with the float network's spikes on the first recordings."""
        return replace(self, float_net=reference(self.network, self.recordings))


def casts(network: QuantisedLayers, recordings: Recordings, start: Start = REST) -> dict[str, dict[str, int]]:
    """Run the first recording, which begins so, and return how its casts went, by layer and cast."""
    return count_casts(network, frames_of(network, recordings, np.arange(1)), start)


def measured_float(network: DecolleNetwork, recordings: Recordings, start: Start = REST) -> Measured:
    """Measure a network in real numbers; raises ConfigError where the recordings do not fit it."""
    return Measured.of(scores(network, recordings, np.arange(len(recordings)), start), recordings.labels)


def measured(network: QuantisedLayers, recordings: Recordings, threads: int = 1, start: Start = REST) -> Measured:
    """Measure a network in integers; raises as `emulate.respond_layers` does."""
    parts = [
        respond_layers(network, frames, threads, begun)
        for frames, begun in start.along(frames_in_parts(network, recordings, np.arange(len(recordings))))
    ]
    return Measured.of(np.concatenate(parts), recordings.labels)


COUNTED = 16  # the first recordings, of which spikes are counted and states kept
MOST_VALUES = 1 << 24  # of one signal of all of them


def counted(described: Description) -> int:
    """Return how many recordings are counted: fewer where a layer has many values in all steps."""
    shapes = (described.geometry(n) for n in range(len(described.layer)))
    largest = max(math.prod(shape) for geometry in shapes for shape in (geometry.inputs, geometry.outputs))
    return min(COUNTED, max(1, MOST_VALUES // (largest * described.steps)))


def first_frames(network: DecolleNetwork | QuantisedLayers, recordings: Recordings) -> Iterator[NDArray[np.uint16]]:
    """Yield the frames of the recordings that are counted, one by one: uint16[1, steps, height, width, polarity]."""
    many = min(counted(network.description), len(recordings))
    return (frames_of(network, recordings, np.array([n])) for n in range(many))


def reference(network: DecolleNetwork, recordings: Recordings) -> Reference | None:
    """Keep the float network's spikes of the first recordings, of all layers before pooling; none where none fires."""
    spiking = _spiking(network.description)
    if not spiking:
        return None

    def fired() -> Iterator[NDArray[np.uint8]]:
        for frames in first_frames(network, recordings):
            layers = recorded(network, frames)
            flat = [layers[n]["S"].reshape(frames.shape[1], -1) > 0 for n in spiking]
            yield np.concatenate(flat, axis=1).view(np.uint8)

    return Reference.of(fired())


def watch(float_net: Reference, network: QuantisedLayers, recordings: Recordings) -> Firing:
    """Compare a network in integers, which has run on the recordings, with the float network."""

    def fired() -> Iterator[NDArray[np.uint8]]:
        for frames in first_frames(network, recordings):
            emitted = emitted_of(network.graph, as_inputs(frames))
            flat = [emitted[f"layer_{n}"][0] for n in _spiking(network.description)]
            yield np.concatenate(flat, axis=1).astype(np.uint8)

    return compare(float_net, *gathered(fired()))


def _spiking(described: Description) -> list[int]:
    return [n for n, layer in enumerate(described.layer) if layer.kind != "output"]
