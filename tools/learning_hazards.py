"""What rounding does to learning in integers: the table in docs/learning.md, on the embedded digits.

    python tools/learning_hazards.py

400 neurons learn from 4,000 digits, and 1,000 others measure them. Weights of 4 bits are learned in words of 4 or
12 bits, changed at every spike or once an image, and truncated, rounded to nearest or stochastically.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from fxsnn.competitive import itq
from fxsnn.competitive.learn import Learning, Update, random_network, train
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import LearningPlan, Plan
from fxsnn.competitive.quantised import quantise
from fxsnn.competitive.ranges import Ranges
from fxsnn.data.encode import encode
from fxsnn.digits.bench import Task, measure
from fxsnn.digits.profiled import plan_in
from fxsnn.digits.splits import Splits, open_splits
from fxsnn.number.format import Format
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Signal

PASSES = 5
WEIGHT = "UQ0.4"
# accumulators of 6 integer bits, membranes, thetas and inhibition of 8: what float networks of one pass over MNIST need
RANGES = Ranges((0.0, 63.0), (0.0, 255.0), (0.0, 255.0), (5.0, 5.0), (128.5, 128.5))


def measured(network: Network, plan: Plan | None, splits: Splits) -> str:
    """Return what a network is worth, its mean weight and the share of weights that are 0, as cells of a row."""
    task = Task(encode(splits.labelling.images, network.coding), splits.labelling.labels)
    test = encode(splits.test.images, network.coding)
    score = measure(quantise(network, plan) if plan else network, task, test, splits.test, 2)
    weights = network.weights
    return f"{100 * score.accuracy:.1f} % | {weights.mean():.3f} | {100 * np.mean(weights == 0):.0f} % |"


def rows(splits: Splits, neurons: int = 400, passes: int = PASSES) -> Iterator[str]:
    """Yield the rows of the table, as each is measured."""
    blank = random_network(neurons=neurons)
    images = splits.training.images
    learned = train(blank, images, Learning(passes=passes))
    yield f"| float | | once an image | {measured(learned, None, splits)}"
    updates: tuple[Update, ...] = ("spike", "image")
    for update in updates:
        learning = Learning(passes=passes, update=update)
        changed = "at each spike" if update == "spike" else "once an image"
        for bits in (4, 12):
            for name, rounding in (("TR", "floor"), ("RN", "nearest-up"), ("SR", "stochastic")):
                plan = plan_in(RANGES, WEIGHT, rounding, bits)
                network = itq.train(blank, images, learning, plan)
                word = Format(bits, bits, signed=False).describe()
                yield f"| {word} | {name} | {changed} | {measured(network, plan, splits)}"
    plan = plan_in(RANGES, WEIGHT)
    weight = Signal(Format(5, 5, signed=False), Rounding.STOCHASTIC)
    coarse = replace(plan, learning=LearningPlan(weight, theta=Signal(Format.parse("UQ8.8"))))
    network = itq.train(blank, images, Learning(passes=passes), coarse)
    yield f"| UQ0.5 (u5), theta in UQ8.8 (u16) | SR | once an image | {measured(network, coarse, splits)}"


def main() -> None:
    """Print the table."""
    print("| weights learned in | rounding | changed | test accuracy | mean weight | weights at 0 |")
    print("|---|---|---|---:|---:|---:|")
    for row in rows(open_splits()):
        print(row, flush=True)


if __name__ == "__main__":
    main()
