"""Measure a layered network on N-MNIST: float, quantised after training, straight-through; for docs/events.md.

    python tools/event_results.py --out event-results --data DIR            # three seeds
    python tools/event_results.py --out event-results --data DIR --seeds 0  # a part

DIR is any folder of N-MNIST that fxsnn reads: train.npz and test.npz, or Train and Test with .bin files. The network is
that of `fxsnn describe nmnist` for as many classes as there are. 8,000 recordings are learned from in 4 passes,
1,000 in 16. Plans that are narrowed begin with 8 bits a weight and 5 fractional bits a state, and lose one after the
other as the first thousand of the recordings that were learned from allow; nothing learns on. Every finished row is
appended to OUT/rows.jsonl at once; run again, the command does only what is missing and prints the table of all rows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
from table_rows import STUDENT, Row, Table, add_workers, report

from fxsnn.data.events import open_recordings
from fxsnn.data.recordings import Recordings
from fxsnn.decolle.description import Description, parse_description
from fxsnn.decolle.inventory import decolle_memory
from fxsnn.decolle.learn import LEARNING_ON, LocalLearning, train_layers
from fxsnn.decolle.network import DecolleNetwork, load_layers, random_layers, save_layers
from fxsnn.decolle.plan import DecollePlan, decolle_plan_from_data, decolle_plan_to_data
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.decolle.ready import ready
from fxsnn.exploration.candidate import evaluate
from fxsnn.exploration.descent import Floor, Narrowing, narrowed
from fxsnn.measure.memory import Memory, baseline
from fxsnn.recordings.bench import Bench, Lessons, measured, measured_float
from fxsnn.recordings.grid import RecordedGrid, recorded_points
from fxsnn.recordings.subject import LayerSignals

AFTER = [Words(weight, state) for weight, state in ((8, 6), (8, 4), (6, 3), (5, 3), (4, 2))]
AFTER += [Words(weight, state, filters="currents") for weight, state in ((8, 6), (8, 4), (6, 2))]
THROUGH = [Words(5, 3), Words(4, 2), Words(4, 1)]
START = RecordedGrid((8,), (5,))  # of the plans that are narrowed
NARROWED = (0.005, 0.01)  # of the answers that may be lost
SHOWN = 1000  # recordings that they are narrowed by
FEW = 4_000  # recordings: of fewer, more passes are taken, in larger steps
FLOAT = {False: LocalLearning(passes=4, rate=2e-3), True: LocalLearning(passes=16, rate=4e-3)}
FINE = {False: LEARNING_ON, True: replace(LEARNING_ON, passes=4)}


class Work:
    """One seed: its networks and what is measured of them, the float network, once trained, by all workers alike."""

    def __init__(self, out: Path, seed: int, train: Recordings, test: Recordings, description: Description) -> None:
        self.out, self.seed, self.train, self.test, self.description = out, seed, train, test, description
        few = len(train) < FEW
        self.learning, self.fine = replace(FLOAT[few], seed=seed), replace(FINE[few], seed=1000 + seed)

    def trained(self) -> DecolleNetwork:
        """Return the float network, trained where it is not there yet."""
        path = self.out / f"float-{self.description.classes}-{len(self.train)}-{self.seed}.npz"
        if not path.exists():
            save_layers(train_layers(random_layers(self.description, self.seed), self.train, self.learning), path)
        return load_layers(path)

    def ready(self) -> Callable[[Row], Row]:
        """Return what measures the row of a name."""
        return self.measured

    def measured(self, name: Row) -> Row:
        """Return the row of this name."""
        began, (plan_of, through) = time.monotonic(), JOBS[name["what"]]
        row = self.fixed_row(plan_of(self), through) if plan_of else self.float_row()
        return name | {"images": len(self.test)} | row | {"seconds": round(time.monotonic() - began)}

    def float_row(self) -> Row:
        """Measure the float network."""
        network = self.trained()
        return {"correct": measured_float(network, self.test).correct}

    def uniform(self, words: Words) -> DecollePlan:
        """Return the plan with one number of bits for all weights and one for all states."""
        return plan_layers(self.trained(), words)

    def narrowed(self, max_loss: float) -> DecollePlan:
        """Return the smallest plan to which a descent leads, on recordings that were learned from."""
        network = self.trained()
        shown = self.train.part(np.arange(min(SHOWN, len(self.train))))
        bench = Bench(network, shown, Lessons(self.train, self.fine))
        told = bench.float_classified()
        descent = Narrowing(recorded_points(START, network)[0], LayerSignals(self.description), told.images, max_loss)
        descent.against(told.accuracy)
        floor = Floor.below(told.accuracy, max_loss, told.images)
        found = narrowed(descent, partial(evaluate, bench), 1)
        return min((one for one in found if floor.holds(one.accuracy)), key=lambda one: one.bits).plan

    def fixed_row(self, plan: DecollePlan, through: bool) -> Row:
        """Measure the network in integers, quantised after training or trained further through its quantisation."""
        network = self.trained()
        if through:
            network = Lessons(self.train, self.fine).learned(network, plan)
        quantised = quantise_layers(network, plan)
        return {"correct": measured(quantised, self.test).correct, "plan": decolle_plan_to_data(plan)}


def named(words: Words) -> str:
    """Return what tells the rows apart: bits of weights, fractional bits of states, what is filtered."""
    return f"w{words.weight}-s{words.state}-{words.filters}"


# by row: its plan, and whether the network is trained further through it
JOBS: dict[str, tuple[Callable[[Work], DecollePlan] | None, bool]] = {"float": (None, False)}
JOBS |= {f"after training {named(words)}": (partial(Work.uniform, words=words), False) for words in AFTER}
JOBS |= {f"straight-through {named(words)}": (partial(Work.uniform, words=words), True) for words in THROUGH}
JOBS |= {f"narrowed within {loss:.1%}": (partial(Work.narrowed, max_loss=loss), False) for loss in NARROWED}


def table(rows: list[Row], description: Description) -> list[str]:
    """Return the table: mean over seeds, 95 % interval, points lost to float, bits and saving."""
    float_by_seed = {row["seed"]: row["correct"] / row["images"] for row in rows if row["what"] == "float"}
    usual = decolle_plan_to_data(plan_layers(random_layers(description, 0), AFTER[0]))
    lines = ["| network | seeds | accuracy | lost, points | bits | times less |", "|---|---:|---:|---:|---:|---:|"]
    for what in dict.fromkeys(row["what"] for row in rows):
        group = [row for row in rows if row["what"] == what]
        found = [100 * row["correct"] / row["images"] for row in group]
        lost = [100 * float_by_seed[row["seed"]] - one for row, one in zip(group, found, strict=True)]
        spread = f" ± {STUDENT[len(found)] * stdev(found) / len(found) ** 0.5:.2f}" if len(found) in STUDENT else ""
        memories = [memory_of(row.get("plan", usual), description) for row in group]
        wide = [baseline(memory).bits for memory in memories]
        bits = wide if what == "float" else [memory.bits for memory in memories]
        saving = mean(most / least for most, least in zip(wide, bits, strict=True))
        accuracy = f"{len(found)} | {mean(found):.2f}{spread} % | {mean(lost):.2f}"
        lines.append(f"| {what} | {accuracy} | {mean(bits):,.0f} | {saving:.2f} |")
    return lines


def memory_of(plan: Any, description: Description) -> Memory:
    """Count the memory of a network of this description under a plan, given as data."""
    return decolle_memory(quantise_layers(random_layers(description, 0), decolle_plan_from_data(plan)))


def main() -> None:
    """Do what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of networks and rows")
    parser.add_argument("--data", type=Path, required=True, help="folder of N-MNIST")
    parser.add_argument("--network", type=Path, help="another network's description")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--only", default="", help="rows whose name contains this")
    add_workers(parser)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    held = Table(asked.out / "rows.jsonl", ("data", "seed", "what"))
    train, test = (open_recordings(asked.data, split) for split in ("train", "test"))
    given = asked.network and parse_description(asked.network.read_text())
    description = given or ready("nmnist", int(train.labels.max()) + 1)
    for seed in asked.seeds:
        missing = held.missing({"data": train.name, "seed": seed, "what": what} for what in JOBS if asked.only in what)
        if not missing:
            continue
        work = Work(asked.out, seed, train, test, description)
        work.trained()  # before workers begin, each of which needs it
        for row in held.measure(work, missing, asked):
            found = f"{100 * row['correct'] / row['images']:.2f} %, {row['seconds']} s"
            report(f"seed {seed}, {row['what']}: {found}")
    rows = sorted(
        (row for row in held.rows() if row["data"] == train.name),
        key=lambda row: ([*JOBS].index(row["what"]), row["seed"]),
    )
    print("\n".join(table(rows, description)))


if __name__ == "__main__":
    main()
