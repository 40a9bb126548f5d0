"""Measure what a study costs its coordinator: tasks that sleep, results as long as those of MNIST.

    python tools/measure_study.py                                  # 64 threads, 10,000 points, SQLite
    python tools/measure_study.py --study dry.journal --points 1000
    python tools/measure_study.py --cluster tcp://HOST:PORT        # on its workers, whatever there are

It prints how busy the workers were, what a result cost the coordinator, its memory, and what beginning again costs.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fxsnn.competitive.plan import Plan, plan_to_data
from fxsnn.competitive.ranges import Ranges
from fxsnn.digits.grid import Grid, make_points
from fxsnn.engine.pool import Engine, open_pool
from fxsnn.exploration.candidates import Entry, Found
from fxsnn.exploration.point import Point
from fxsnn.exploration.subject import Facts
from fxsnn.measure.ties import pack
from fxsnn.study.identity import identify
from fxsnn.study.record import Result, open_record
from fxsnn.study.run import Coordinator
from fxsnn.study.storage import parse_place
from fxsnn.study.strategy import Every

RIGHT = pack(np.zeros(10_000, dtype=np.bool_))  # which digits are right
RANGES = Ranges((0.0, 20.0), (0.0, 60.0), (0.0, 0.2), (5.0, 5.0), (128.0, 128.0))


@dataclass(frozen=True)
class Sleeping:
    """Work that takes its time and computes nothing."""

    seconds: float

    def ready(self) -> Callable[[Point[Plan]], Result]:
        """Return what sleeps."""
        return self._do

    def _do(self, point: Point[Plan]) -> Result:
        time.sleep(self.seconds)
        return result_of(point)


def result_of(point: Point[Plan]) -> Result:
    """Return a result as long as a real one."""
    entry = Entry(
        name=point.name, scheme=point.scheme, weight_rounding="TR", state_rounding="TR", formats={}, correct=0,
        images=10_000, accuracy=0.0, interval=(0.0, 0.0), spikes_per_image=20.0, bits=1_000_000,
        allocated_bits=2_000_000, saving=3.0, on_front=False, plan=plan_to_data(point.plan), right=RIGHT,
    )  # fmt: skip
    return Result(entry, 10_000_000)


def main() -> int:
    """Do it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", help="where it is kept; must be new (default: an SQLite file)")
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=1.0, help="that a task sleeps (default: 1)")
    parser.add_argument("--cluster", default="", help="as of fxsnn explore")
    given = parser.parse_args()
    grid = Grid()
    (first, *_) = make_points(grid, RANGES)
    points = [replace(first, name=f"{first.name}-{n}") for n in range(given.points)]
    strategy = Every(points, grid.axes)
    identity = identify(Facts("", "", "", grid), "grid")
    with tempfile.TemporaryDirectory() as folder:
        place = parse_place(given.study or str(Path(folder) / "dry.db"))
        engine = Engine(cluster=given.cluster, tell=print)
        with open_record(place, identity, grid.axes) as record:
            record.set_found(Found(0.5, (0.4, 0.6), 1, 20.0))
            coordinator = Coordinator(record, strategy, lambda *_: None)
            with open_pool(Sleeping(given.seconds), given.workers, engine) as pool:
                workers = pool.ahead() if given.cluster else given.workers
                began, used = time.perf_counter(), time.process_time()
                coordinator.work(pool)
                wall, processor = time.perf_counter() - began, time.process_time() - used
        began = time.perf_counter()
        with open_record(place, identity, grid.axes) as record:
            held = len(record.results)
        again = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{held:,} points of {given.seconds} s on {workers} workers in {wall:.1f} s, study in {place.shown}")
    print(f"workers busy            {100 * given.points * given.seconds / workers / wall:.1f} %")
    print(f"coordinator, a result   {1000 * processor / given.points:.2f} ms of a processor")
    print(f"coordinator, memory     {memory:.0f} MiB at most")
    print(f"begin again             {again:.1f} s, {1000 * again / given.points:.2f} ms a result")
    return 0


if __name__ == "__main__":
    sys.exit(main())
