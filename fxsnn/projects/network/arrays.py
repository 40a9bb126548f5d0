"""Writes weights.npz, choose.npz and test.npz: put your own arrays in their place.

Ten patterns of 64 grey cells, each shown many times with noise on every cell. A hidden neuron compares the upper half
of a pattern, another one the lower half, and a class adds up its two: nothing needs to be trained to try formats.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

STEPS = 20


def main() -> None:
    """Write the three files, but over none that is there."""
    for name in ("weights.npz", "choose.npz", "test.npz"):
        if Path(name).exists():
            sys.exit(f"arrays.py: {name} exists and is not overwritten; remove all three to write them again")
    rng = np.random.default_rng(7)
    patterns = rng.random((10, 64))
    centred = patterns - patterns.mean(axis=1, keepdims=True)
    hidden = np.zeros((64, 20))  # float64[inputs, neurons]
    hidden[:32, 0::2], hidden[32:, 1::2] = centred[:, :32].T, centred[:, 32:].T
    classes = np.kron(np.eye(10), np.ones((2, 1))) - 0.2  # float64[20, 10]
    np.savez("weights.npz", hidden=hidden, classes=classes)
    for name, count in (("choose.npz", 600), ("test.npz", 400)):
        labels = rng.integers(0, 10, count)  # int64[inputs], a class each
        grey = np.clip(patterns[labels] + rng.normal(0, 0.4, (count, 64)), 0, 1)
        spikes = rng.random((count, STEPS, 64)) < 0.3 * grey[:, None]  # bool[inputs, steps, cells]
        np.savez(name, inputs=spikes, labels=labels)


if __name__ == "__main__":
    main()
