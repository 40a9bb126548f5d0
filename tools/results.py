"""Measure float, post-training and in-training quantisation on the full MNIST: the table in docs/results.md.

    python tools/results.py --out results --data DIR              # everything, about an hour on two cores
    python tools/results.py --out results --neurons 400 --seeds 0 # a part

Every finished row is appended to OUT/rows.jsonl at once, with its plan; run again, the command does only what is
missing and prints the table of all that is there, whose memory is counted anew from the plans. One network is trained
in float for each size and seed; its signals' ranges give the formats of all states, which have no fractional bits: 5 to
9 bits each. The leak is a shift.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from table_rows import STUDENT, Row, Table, add_workers, report

from fxsnn.competitive import itq
from fxsnn.competitive.inventory import memory, while_learning
from fxsnn.competitive.learn import Learning, random_network, train
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan, plan_from_data, plan_to_data
from fxsnn.competitive.quantised import quantise
from fxsnn.competitive.ranges import profile
from fxsnn.data.encode import encode
from fxsnn.digits.bench import PROFILED, Task, measure
from fxsnn.digits.grid import Grid, make_plans
from fxsnn.digits.splits import Splits, open_splits
from fxsnn.measure.memory import baseline

PIXELS = 784

KEYS = ("neurons", "seed", "scheme", "bits", "rounding")  # what tells a row from all others


def plans_for(network: Network, splits: Splits, bits: int, rounding: str) -> Plan:
    """Return the plan with weights of so many bits, rounded so, and the narrowest states."""
    grid = Grid(
        weight=(f"UQ0.{bits}",),
        state_bits=(0,),
        weight_rounding=(rounding,),
        state_rounding=("RN",),
        leak=("shift 5",),
        fold=(True,),
    )
    ranges = profile(network, encode(splits.training.images[:PROFILED], network.coding))
    return next(iter(make_plans(grid, ranges).values()))


class Work:
    """One size and seed: its float network, its digits, and what is measured of them."""

    def __init__(self, splits: Splits, neurons: int, seed: int) -> None:
        self.splits, self.neurons, self.seed = splits, neurons, seed
        blank = random_network(PIXELS, neurons, seed)
        self.blank = replace(blank, coding=replace(blank.coding, seed=seed))
        self.learning = Learning(seed=seed)
        started = time.perf_counter()
        self.network = train(self.blank, splits.training.images, self.learning)
        self.seconds = time.perf_counter() - started

    def row(self, scheme: str, bits: int, rounding: str, **more: Any) -> Row:
        """Return what names a row, and more."""
        return {
            "neurons": self.neurons,
            "seed": self.seed,
            "scheme": scheme,
            "bits": bits,
            "rounding": rounding,
        } | more

    def ready(self) -> Callable[[Row], Row]:
        """Encode the digits; return what measures the row of a name."""
        self.task = Task(encode(self.splits.labelling.images, self.blank.coding), self.splits.labelling.labels)
        self.test = encode(self.splits.test.images, self.blank.coding)
        return self.measured

    def measured(self, name: Row) -> Row:
        """Return the row of this name."""
        if name["scheme"] == "float":
            return self.float()
        return self.fixed(name["scheme"], name["bits"], name["rounding"])

    def float(self) -> Row:
        """Measure the float network."""
        score = measure(self.network, self.task, self.test, self.splits.test, 1)
        return self.row("float", 32, "", accuracy=score.accuracy, seconds=self.seconds)

    def fixed(self, scheme: str, bits: int, rounding: str) -> Row:
        """Measure one configuration, after training or in training."""
        plan, network, seconds = plans_for(self.network, self.splits, bits, rounding), self.network, 0.0
        if scheme == "ITQ":
            plan = itq.learning_plan(plan)
            started = time.perf_counter()
            network = itq.train(self.blank, self.splits.training.images, self.learning, plan)
            seconds = time.perf_counter() - started
        quantised = quantise(network, plan)
        more: Row = {"plan": plan_to_data(plan)} | ({"seconds": seconds} if plan.learning else {})
        score = measure(quantised, self.task, self.test, self.splits.test, 1)
        return self.row(scheme, bits, rounding, accuracy=score.accuracy, spikes=score.spikes_per_image, **more)


def wanted(neurons: int, seed: int, schemes: list[str], bits: list[int], roundings: list[str]) -> Iterator[Row]:
    """Yield the names of the rows of one size and seed."""
    yield dict(zip(KEYS, (neurons, seed, "float", 32, ""), strict=True))
    for point in itertools.product(schemes, bits, roundings):
        yield dict(zip(KEYS, (neurons, seed, *point), strict=True))


def table(rows: list[Row]) -> str:
    """Return the rows as Markdown: mean over seeds, its 95 % interval, and how far it is from float in points."""
    order = {"float": 0, "PTQ": 1, "ITQ": 2}
    lines = [
        "| neurons | scheme | bits a weight | TR | RN | SR | memory saving | while learning, SR |",
        "|---:|---|---:|---|---|---|---:|---:|",
    ]
    groups: dict[tuple[Any, ...], dict[str, list[Row]]] = {}
    for row in sorted(rows, key=lambda r: (r["neurons"], order[r["scheme"]], -r["bits"], r["seed"])):
        group = groups.setdefault((row["neurons"], row["scheme"], row["bits"]), {})
        group.setdefault(row["rounding"], []).append(row)
    for (neurons, scheme, bits), found in groups.items():
        base = {row["seed"]: row["accuracy"] for row in groups.get((neurons, "float", 32), {}).get("", [])}
        if scheme == "float":
            lines.append(f"| {neurons:,} | float | {bits} | {_cell(found[''], {})} | | | | |")
            continue
        cells = " | ".join(_cell(found.get(rounding, []), base) for rounding in ("TR", "RN", "SR"))
        saving = savings_of(next(iter(found.values()))[0])[0]
        learning = "".join(f"{one:.2f} x" for one in savings_of(found["SR"][0])[1:]) if "SR" in found else ""
        lines.append(f"| {neurons:,} | {scheme} | {bits} | {cells} | {saving:.2f} x | {learning} |")
    return "\n".join(lines) + "\n"


def savings_of(row: Row) -> list[float]:
    """Return how many times less memory than 32-bit words a row's plan takes, and while it learns, if it does."""
    plan = plan_from_data(row["plan"])
    found = memory(quantise(random_network(PIXELS, row["neurons"], 0), plan))
    counts = [found, while_learning(found, plan)] if plan.learning else [found]
    return [baseline(count).bits / count.bits for count in counts]


def _cell(rows: list[Row], base: dict[int, float]) -> str:
    """Return `93.46 ± 0.16 (-0.12 ± 0.05)`: the mean over seeds and how far it is from float, with 95 % intervals.

    The difference is taken seed by seed, so that what seeds change in both networks does not widen its interval.
    """
    if not rows:
        return ""
    text = _mean([100 * row["accuracy"] for row in rows])
    if not base:
        return text
    return f"{text} ({_mean([100 * (row['accuracy'] - base[row['seed']]) for row in rows], '+')})"


def _mean(found: list[float], sign: str = "") -> str:
    """Return a mean and the half width of its 95 % interval by Student's t, of two values or more."""
    text = f"{mean(found):{sign}.2f}"
    if len(found) in STUDENT:
        text += f" ± {STUDENT[len(found)] * stdev(found) / math.sqrt(len(found)):.2f}"
    return text


def main() -> int:
    """Do what is missing and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of rows.jsonl and table.md")
    parser.add_argument("--data", type=Path, help="folder of the four MNIST files")
    parser.add_argument("--neurons", type=int, nargs="+", default=[100, 400, 1600])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--schemes", nargs="+", default=["PTQ", "ITQ"], choices=["PTQ", "ITQ"])
    parser.add_argument("--bits", type=int, nargs="+", default=[8, 4, 3, 2, 1])
    parser.add_argument("--roundings", nargs="+", default=["TR", "RN", "SR"], choices=["TR", "RN", "SR"])
    add_workers(parser)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    held = Table(asked.out / "rows.jsonl", KEYS)
    splits = open_splits(asked.data, mnist=True)
    for neurons, seed in itertools.product(asked.neurons, asked.seeds):
        missing = held.missing(wanted(neurons, seed, asked.schemes, asked.bits, asked.roundings))
        if not missing:
            continue
        for row in held.measure(Work(splits, neurons, seed), missing, asked):
            what = f"{row['neurons']:5} {row['scheme']:5} {row['bits']:2} {row['rounding']:2} seed {row['seed']}"
            report(f"{what}: {100 * row['accuracy']:.2f} %")
    rows = held.rows()
    (asked.out / "table.md").write_text(table(rows))
    print(table(rows), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
