"""A study's subject: a layered network that learned recordings with labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import msgspec
import numpy as np

from fxsnn.data.recordings import Recordings
from fxsnn.decolle.description import Description, description_text
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import DecollePlan
from fxsnn.exploration.candidate import Candidate, evaluate
from fxsnn.exploration.descent import Narrowing
from fxsnn.exploration.point import Point, Value
from fxsnn.exploration.subject import Facts, digest_of
from fxsnn.measure.score import Measured
from fxsnn.number.signal import Signal
from fxsnn.recordings.bench import Bench, about
from fxsnn.recordings.grid import RecordedGrid, recorded_points
from fxsnn.recordings.groups import significant_axes, significant_points
from fxsnn.significance.fewest import Fewest


@dataclass(frozen=True, slots=True, eq=False)
class RecordingsSubject:
    """See `subject.Subject`."""

    bench: Bench
    grid: RecordedGrid

    def axes(self, found: Fewest | None = None) -> Mapping[str, Sequence[Value]]:
        """Return the values of each property."""
        return significant_axes(self.grid) if found else self.grid.axes

    def facts(self) -> Facts:
        """Return what the study is of."""
        recordings, lessons, learner = self.bench.recordings, self.bench.lessons, ""
        if lessons and set(self.grid.scheme) != {"PTQ"}:
            learner = f"{msgspec.json.encode(asdict(lessons.learning)).decode()} {_digest(lessons.recordings)}"
        network = digest_of_layers(self.bench.network)
        return Facts(network, _digest(recordings), about(recordings), self.grid, learner)

    def points(self, found: Fewest | None = None) -> list[Point[DecollePlan]]:
        """Return every point of the grid, its integer bits from what words can reach; or see `significant_points`."""
        network = self.bench.network
        return significant_points(self.grid, network, found) if found else recorded_points(self.grid, network)

    def narrowing(self, max_loss: float) -> Narrowing[DecollePlan]:
        """Return the descent from the first point of the grid, which must not learn on."""
        (start,) = recorded_points(self.grid.first(), self.bench.network)
        return Narrowing(start, LayerSignals(self.bench.network.description), len(self.bench.recordings), max_loss)

    def ready(self, workers: int) -> tuple[Measured, Callable[[Point[DecollePlan]], Candidate[DecollePlan]]]:
        """Measure the float network; return its score and what evaluates a point."""
        del workers  # NumPy's own threads compute it
        return self.bench.float_classified(), partial(evaluate, self.bench.with_spikes())


def _digest(recordings: Recordings) -> str:
    return digest_of([recordings.times, recordings.addresses, recordings.offsets, recordings.labels])


def digest_of_layers(network: DecolleNetwork) -> str:
    """Return the SHA-256 of a network's description and arrays."""
    text = np.frombuffer(description_text(network.description).encode(), np.uint8)
    return digest_of([text, *network.weights, *network.biases, *network.readouts])


SIGNALS = ("weight", "synapse", "trace", "refractory")  # the others are a few words


@dataclass(frozen=True, slots=True)
class LayerSignals:
    """The signals of every layer, `layer 0 weight`; no refractory state where nothing is taken from it: it stays 0."""

    described: Description

    def signals(self, plan: DecollePlan) -> Iterator[tuple[str, Signal]]:
        """Yield them by their names."""
        for number, (layer, described) in enumerate(zip(plan.layers, self.described.layer, strict=True)):
            for name in SIGNALS:
                if name != "refractory" or described.refractory:
                    yield f"layer {number} {name}", layer[name]

    def replaced(self, plan: DecollePlan, name: str, signal: Signal) -> DecollePlan:
        """Return the plan with another signal of a name."""
        _, place, own = name.split()
        number = int(place)
        layer = plan.layers[number].changed(**{own: signal})
        return replace(plan, layers=(*plan.layers[:number], layer, *plan.layers[number + 1 :]))
