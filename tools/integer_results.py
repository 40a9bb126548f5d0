"""Measure layered networks that learn in integers on recordings: TR, RN and SR, for docs/events.md.

    python tools/integer_results.py --out integer-results --data DIR --trained 'float-{seed}.npz' --seeds 0 1 2

Rows "from float" learn on from the network named by --trained, of `fxsnn train` or event_results.py, and are
left out without it. Every finished row is appended to OUT/rows.jsonl at once; run again, the command does only what is
missing and prints the table of all that is there, whose memory is counted anew from the plans.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from table_rows import Row, Table, add_workers, report

from fxsnn.data.events import open_recordings
from fxsnn.data.recordings import Recordings
from fxsnn.decolle.description import Description, parse_description
from fxsnn.decolle.inventory import decolle_memory, decolle_while_learning
from fxsnn.decolle.itq import IntegerLearning, train_in_integers
from fxsnn.decolle.itq_plan import Lesson, plan_learning
from fxsnn.decolle.network import DecolleNetwork, load_layers, random_layers
from fxsnn.decolle.plan import decolle_plan_from_data, decolle_plan_to_data
from fxsnn.decolle.ptq import Words
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.decolle.table import Update
from fxsnn.recordings.bench import measured


class Job(NamedTuple):
    """One row: words that are read and learned, and how long and fast."""

    words: Words
    learned: int
    trained: bool
    rate: int  # 2 to the power of minus this
    passes: int
    update: Update = "recording"

    def __str__(self) -> str:
        words, begun = self.words, "from float" if self.trained else "from scratch"
        each = ", update each step" if self.update == "step" else ""
        return (
            f"{begun}, {words.weight} bits read, {self.learned} learned, {words.weight_rounding}, s{words.state}, "
            f"rate 2^-{self.rate}, passes {self.passes}{each}"
        )


ROUNDINGS = ("SR", "RN", "TR")
JOBS = [Job(Words(8, 4, rounding), 16, False, 6, 2) for rounding in ROUNDINGS]
JOBS += [Job(Words(8, 4, rounding), 8, False, 6, 2) for rounding in ROUNDINGS]
JOBS += [Job(Words(4, 2, rounding), 12, True, 10, 1) for rounding in ROUNDINGS]
JOBS += [Job(Words(4, 2, "SR"), 16, True, 10, 1)]


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """What rows of a seed share: the untrained network, the float network or none, and the recordings."""

    seed: int
    drawn: DecolleNetwork
    trained: DecolleNetwork | None
    train: Recordings
    test: Recordings

    def ready(self) -> Callable[[Row], Row]:
        """Return what measures the row of a name."""
        return self.measured

    def measured(self, name: Row) -> Row:
        """Learn and measure."""
        (job,) = (job for job in JOBS if str(job) == name["what"])
        network = self.trained if job.trained and self.trained else self.drawn
        plan = plan_learning(network, job.words, Lesson(job.learned, job.update), trained=job.trained)
        learning = IntegerLearning(job.passes, job.rate, seed=self.seed + 1000 * job.trained)
        quantised = quantise_layers(train_in_integers(network, self.train, plan, learning), plan)
        return name | {
            "correct": measured(quantised, self.test).correct,
            "images": len(self.test),
            "plan": decolle_plan_to_data(plan),
            "rate": learning.rate,
            "halvings": learning.halvings,
        }


def table(rows: list[Row], description: Description) -> list[str]:
    """Return the table: mean over seeds, lowest and highest, bits of inference and of learning."""
    lines = ["| learned in integers | seeds | accuracy | bits | while learning |", "|---|---:|---:|---:|---:|"]
    for what in dict.fromkeys(row["what"] for row in rows):
        group = [row for row in rows if row["what"] == what]
        found = [100 * row["correct"] / row["images"] for row in group]
        spread = f" ({min(found):.2f} to {max(found):.2f})" if len(found) > 1 else ""
        first = group[0]
        quantised = quantise_layers(random_layers(description, 0), decolle_plan_from_data(first["plan"]))
        learning = decolle_while_learning(quantised, first["rate"], first["halvings"])
        bits = f"{decolle_memory(quantised).bits:,} | {learning.bits:,}"
        lines.append(f"| {what} | {len(found)} | {mean(found):.2f} %{spread} | {bits} |")
    return lines


def main() -> None:
    """Do what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of rows")
    parser.add_argument("--data", type=Path, required=True, help="folder of train.npz and test.npz")
    parser.add_argument("--network", type=Path, default=Path(__file__).parent / "nmnist.toml", help="its description")
    parser.add_argument("--trained", help="float networks to learn on from, {seed} in the place of the seed")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--only", default="", help="rows whose name contains this")
    add_workers(parser)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    held = Table(asked.out / "rows.jsonl", ("seed", "what"))
    train, test = (open_recordings(asked.data, split) for split in ("train", "test"))
    described = parse_description(asked.network.read_text())
    for seed in asked.seeds:
        jobs = [job for job in JOBS if asked.only in str(job) and (asked.trained or not job.trained)]
        missing = held.missing({"seed": seed, "what": str(job)} for job in jobs)
        trained = load_layers(Path(asked.trained.format(seed=seed))) if asked.trained else None
        work = Work(seed, random_layers(described, seed), trained, train, test)
        for row in held.measure(work, missing, asked):
            report(f"seed {seed}, {row['what']}: {100 * row['correct'] / row['images']:.2f} %")
    print("\n".join(table(held.rows(), described)))


if __name__ == "__main__":
    main()
