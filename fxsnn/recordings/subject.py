"""A study's subject: a layered network that learned recordings with labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import msgspec
import numpy as np

from fxsnn.decolle.description import description_text
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import DecollePlan
from fxsnn.exploration.candidate import Candidate
from fxsnn.exploration.descent import Narrowing, check_after_training
from fxsnn.exploration.point import Point, Value
from fxsnn.exploration.subject import Facts, digest_of
from fxsnn.measure.score import Classified
from fxsnn.recordings.firing import reference
from fxsnn.recordings.grid import RecordedGrid, recorded_points
from fxsnn.recordings.narrowing import LayerSignals
from fxsnn.recordings.significant import significant_axes, significant_points
from fxsnn.recordings.task import Bench, about
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
        shown, lessons = self.bench.shown, self.bench.lessons
        learner = ""
        if set(self.grid.scheme) != {"PTQ"}:
            settings = msgspec.json.encode(asdict(lessons.learning)).decode()
            taught = lessons.recordings
            learner = f"{settings} {digest_of([taught.times, taught.addresses, taught.offsets, taught.labels])}"
        return Facts(
            digest_of_layers(self.bench.network),
            digest_of([shown.times, shown.addresses, shown.offsets, shown.labels]),
            about(shown),
            self.grid,
            learner,
        )

    def points(self, found: Fewest | None = None) -> list[Point[DecollePlan]]:
        """Return every point of the grid, its integer bits from what words can reach; or see `significant_points`."""
        network = self.bench.network
        return significant_points(self.grid, network, found) if found else recorded_points(self.grid, network)

    def narrowing(self, max_loss: float) -> Narrowing[DecollePlan]:
        """Return the descent from the first point of the grid, which must not learn on."""
        first = {axis: values[:1] for axis, values in self.grid.axes.items()}
        (start,) = recorded_points(msgspec.structs.replace(self.grid, **first), self.bench.network)
        check_after_training(start)
        return Narrowing(start, LayerSignals(self.bench.network.description), len(self.bench.shown), max_loss)

    def ready(self, workers: int) -> tuple[Classified, Callable[[Point[DecollePlan]], Candidate[DecollePlan]]]:
        """Measure the float network; return its score and what evaluates a point."""
        del workers  # NumPy's own threads compute it
        float_net = reference(self.bench.network, self.bench.shown)
        return self.bench.float_classified(), partial(self.bench.evaluate, float_net=float_net)


def digest_of_layers(network: DecolleNetwork) -> str:
    """Return the SHA-256 of a network's description and arrays."""
    text = np.frombuffer(description_text(network.description).encode(), np.uint8)
    return digest_of([text, *network.weights, *network.biases, *network.readouts])
