"""Measure layered networks that learn in integers on recordings: TR, RN and SR, for docs/events.md.

    python tools/integer_results.py --out integer-results --data DIR --trained 'float-{seed}.npz' --seeds 0 1 2

Rows "from float" learn on from the network named by --trained, of `fxsnn train` or event_results.py, and are
left out without it. Every finished row is appended to OUT/rows.jsonl at once; run again, the command does only what is
missing and prints the table of all that is there, whose memory is counted anew from the plans.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from fxsnn.data.events import open_recordings
from fxsnn.data.recordings import Recordings
from fxsnn.layered.description import Description, parse_description
from fxsnn.layered.inventory import layered_memory, layered_while_learning
from fxsnn.layered.itq import IntegerLearning, train_in_integers
from fxsnn.layered.itq_plan import Lesson, plan_learning
from fxsnn.layered.network import LayeredNetwork, load_layers, random_layers
from fxsnn.layered.plan import layered_plan_from_data, layered_plan_to_data
from fxsnn.layered.ptq import Words
from fxsnn.layered.quantise import quantise_layers
from fxsnn.layered.table import Update
from fxsnn.recorded.task import measured

Row = dict[str, Any]


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


def measure(job: Job, seed: int, trained: LayeredNetwork, train: Recordings, test: Recordings) -> Row:
    """Learn and measure; `trained` is where learning begins from float, and else untrained."""
    plan = plan_learning(trained, job.words, Lesson(job.learned, job.update), trained=job.trained)
    learning = IntegerLearning(job.passes, job.rate, seed=seed + 1000 * job.trained)
    began = time.process_time()
    quantised = quantise_layers(train_in_integers(trained, train, plan, learning), plan)
    seconds = time.process_time() - began
    return {
        "correct": measured(quantised, test).correct,
        "images": len(test),
        "plan": layered_plan_to_data(plan),
        "rate": learning.rate,
        "halvings": learning.halvings,
        "milliseconds": round(1000 * seconds / (job.passes * len(train)), 1),
    }


def table(rows: list[Row], description: Description) -> list[str]:
    """Return the table: mean over seeds, lowest and highest, bits of inference and of learning."""
    lines = ["| learned in integers | seeds | accuracy | bits | while learning |", "|---|---:|---:|---:|---:|"]
    for what in dict.fromkeys(row["what"] for row in rows):
        group = [row for row in rows if row["what"] == what]
        found = [100 * row["correct"] / row["images"] for row in group]
        spread = f" ({min(found):.2f} to {max(found):.2f})" if len(found) > 1 else ""
        first = group[0]
        quantised = quantise_layers(random_layers(description, 0), layered_plan_from_data(first["plan"]))
        learning = layered_while_learning(quantised, first["rate"], first["halvings"])
        bits = f"{layered_memory(quantised).bits:,} | {learning.bits:,}"
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
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    path = asked.out / "rows.jsonl"
    train, test = (open_recordings(asked.data, split) for split in ("train", "test"))
    described = parse_description(asked.network.read_text())
    for seed in asked.seeds:
        for job in (job for job in JOBS if asked.only in str(job) and (asked.trained or not job.trained)):
            held = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
            if any((row["seed"], row["what"]) == (seed, str(job)) for row in held):
                continue
            network = random_layers(described, seed)
            if job.trained:
                network = load_layers(Path(asked.trained.format(seed=seed)))
            row = {"seed": seed, "what": str(job)} | measure(job, seed, network, train, test)
            with path.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(f"seed {seed}, {job}: {100 * row['correct'] / row['images']:.2f} %", file=sys.stderr)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    print("\n".join(table(rows, described)))


if __name__ == "__main__":
    main()
