"""Measure a layered network on the 8 classes of N-MNIST: float, after training, straight-through; for docs/events.md.

    python tools/event_results.py --out event-results --data DIR            # three seeds, an hour on one core
    python tools/event_results.py --out event-results --data DIR --seeds 0  # a part

Every finished row is appended to OUT/rows.jsonl at once; run again, the command does only what is missing and prints
the table of all that is there.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np

from fxsnn.data.events import open_recordings
from fxsnn.data.recordings import Recordings
from fxsnn.layered.description import parse_description
from fxsnn.layered.emulate import respond_layers
from fxsnn.layered.inventory import layered_memory
from fxsnn.layered.learn import LocalLearning, frames_of, scores, train_layers
from fxsnn.layered.network import LayeredNetwork, load_layers, random_layers, save_layers
from fxsnn.layered.ptq import Words, grids_of, plan_layers
from fxsnn.layered.quantise import quantise_layers
from fxsnn.memory import baseline

STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # 95 % quantiles of Student's t for a mean of so many
AFTER = [Words(8, 6), Words(8, 4), Words(6, 4), Words(8, 6, filters="currents"), Words(8, 4, filters="currents")]
THROUGH = [Words(6, 2), Words(5, 2), Words(4, 1)]
FLOAT = LocalLearning(passes=4, rate=2e-3)
FINE = LocalLearning(passes=2, rate=1e-3, seed=1)

Row = dict[str, Any]


class Work:
    """One seed: its networks and what is measured of them."""

    def __init__(self, out: Path, seed: int, train: Recordings, test: Recordings, description: Path) -> None:
        self.out, self.seed, self.train, self.test = out, seed, train, test
        self.description = parse_description(description.read_text())
        self.chosen = np.arange(len(test))

    def trained(self) -> LayeredNetwork:
        """Return the float network, trained where it is not there yet."""
        path = self.out / f"float-{self.seed}.npz"
        if not path.exists():
            blank = random_layers(self.description, self.seed)
            learning = LocalLearning(passes=FLOAT.passes, rate=FLOAT.rate, seed=self.seed)
            save_layers(train_layers(blank, self.train, learning), path)
        return load_layers(path)

    def float_row(self) -> Row:
        """Measure the float network."""
        said = scores(self.trained(), self.test, self.chosen)
        return {"correct": int((said.argmax(axis=1) == self.test.labels).sum()), "bits": 0, "saving": 1.0}

    def fixed_row(self, words: Words, through: bool) -> Row:
        """Measure the network in integers, quantised after training or trained further through its quantisation."""
        network = self.trained()
        if through:
            learning = LocalLearning(passes=FINE.passes, rate=FINE.rate, seed=1000 + self.seed)
            grids = grids_of(network, plan_layers(network, words))
            plan = plan_layers(network, words)
            network = train_layers(network, self.train, learning, grids=grids)
        else:
            plan = plan_layers(network, words)
        quantised = quantise_layers(network, plan)
        said = respond_layers(quantised, frames_of(network, self.test, self.chosen))
        memory = layered_memory(quantised)
        return {
            "correct": int((said.argmax(axis=1) == self.test.labels).sum()),
            "bits": memory.bits,
            "saving": baseline(memory).bits / memory.bits,
        }


def table(rows: list[Row]) -> list[str]:
    """Return the table: mean over seeds, 95 % interval, points lost to float, bits and saving."""
    float_by_seed = {row["seed"]: row["correct"] / row["images"] for row in rows if row["what"] == "float"}
    lines = ["| network | seeds | accuracy | lost, points | bits | times less |", "|---|---:|---:|---:|---:|---:|"]
    for what in dict.fromkeys(row["what"] for row in rows):
        group = [row for row in rows if row["what"] == what]
        found = [100 * row["correct"] / row["images"] for row in group]
        lost = [100 * float_by_seed[row["seed"]] - one for row, one in zip(group, found, strict=True)]
        spread = f" ± {STUDENT[len(found)] * stdev(found) / len(found) ** 0.5:.2f}" if len(found) in STUDENT else ""
        lines.append(
            f"| {what} | {len(found)} | {mean(found):.2f}{spread} % | {mean(lost):.2f} | "
            f"{mean(row['bits'] for row in group):,.0f} | {mean(row['saving'] for row in group):.2f} |"
        )
    return lines


def main() -> None:
    """Do what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of networks and rows")
    parser.add_argument("--data", type=Path, required=True, help="folder of train.npz and test.npz")
    parser.add_argument("--network", type=Path, default=Path(__file__).parent / "nmnist.toml", help="its description")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    path = asked.out / "rows.jsonl"
    train, test = (open_recordings(asked.data, split) for split in ("train", "test"))
    for seed in asked.seeds:
        work = Work(asked.out, seed, train, test, asked.network)
        jobs: list[tuple[str, Words | None, bool]] = [("float", None, False)]
        jobs += [(f"after training, {words}", words, False) for words in AFTER]
        jobs += [(f"straight-through, {words}", words, True) for words in THROUGH]
        for what, words, through in jobs:
            done = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
            if any((row["seed"], row["what"]) == (seed, what) for row in done):
                continue
            began = time.monotonic()
            row = work.fixed_row(words, through) if words else work.float_row()
            row = {"seed": seed, "what": what, "images": len(test)} | row | {"seconds": round(time.monotonic() - began)}
            with path.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(f"seed {seed}, {what}: {100 * row['correct'] / len(test):.2f} %, {row['seconds']} s", file=sys.stderr)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    print("\n".join(table(sorted(rows, key=lambda row: (row["what"] != "float", row["what"], row["seed"])))))


if __name__ == "__main__":
    main()
