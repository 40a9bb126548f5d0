"""Measure what regularisation does to a layered network on N-MNIST, on training recordings that are kept back.

    python tools/regularisation.py --data DIR

For each strength the network learns from seven of every eight training recordings and is measured on the others, in
float and in integers quantised after training; test recordings are not looked at. The network is that of
`fxsnn describe nmnist` for as many classes as there are.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from fxsnn.data.events import open_recordings
from fxsnn.data.recordings import Recordings
from fxsnn.decolle.learn import LocalLearning, frames_of, train_layers
from fxsnn.decolle.network import DecolleNetwork, random_layers
from fxsnn.decolle.populations import as_inputs, of_layers
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.decolle.ready import ready
from fxsnn.graph.batch import emitted_of
from fxsnn.recordings.bench import learned_and_held_out, measured, measured_float

WORDS = (Words(8, 4), Words(6, 4), Words(6, 2))
STRENGTHS = [0.0, 0.1, 0.3, 1.0, 3.0]


def spikes(network: DecolleNetwork, shown: Recordings) -> list[float]:
    """Return the share of neurons that spike in a step, by layer, over some recordings."""
    quantised = quantise_layers(network, plan_layers(network, Words(16, 8)))
    frames = frames_of(network, shown, np.arange(min(8, len(shown))))
    found = emitted_of(quantised.graph, as_inputs(frames))
    return [float(one.mean()) for (*_, one) in of_layers(found)]


def main() -> None:
    """Train once for each strength and print a row of the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of N-MNIST")
    parser.add_argument("--passes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--strengths", type=float, nargs="*", default=STRENGTHS)
    asked = parser.parse_args()
    train, held_out = learned_and_held_out(open_recordings(asked.data, "train"))
    untrained = random_layers(ready("nmnist", int(train.labels.max()) + 1), asked.seed)
    print(
        "| regularisation | float | " + " | ".join(f"w{w.weight}-s{w.state}" for w in WORDS) + " | spikes, by layer |"
    )
    print("|---:|" + "---:|" * (len(WORDS) + 1) + "---|")
    for strength in asked.strengths:
        learning = LocalLearning(asked.passes, rate=2e-3, regularisation=strength, seed=asked.seed)
        network = train_layers(untrained, train, learning)
        found = [measured_float(network, held_out).correct]
        found += [measured(quantise_layers(network, plan_layers(network, w)), held_out).correct for w in WORDS]
        cells = [f"{strength:g}", *(f"{100 * n / len(held_out):.2f} %" for n in found)]
        rates = ", ".join(f"{100 * rate:.1f} %" for rate in spikes(network, held_out))
        print("| " + " | ".join([*cells, rates]) + " |", flush=True)


if __name__ == "__main__":
    main()
