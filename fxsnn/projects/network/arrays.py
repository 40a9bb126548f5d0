"""Writes weights.npy, choose.npz and test.npz: put your own arrays in their place.

Ten patterns of 64 grey cells, each shown many times with noise on every cell, and a neuron for each, whose weights
follow from its pattern: nothing needs to be trained to try formats.
"""

from __future__ import annotations

import numpy as np

STEPS = 20


def main() -> None:
    """Write the three files."""
    rng = np.random.default_rng(7)
    patterns = rng.random((10, 64))
    weights = patterns - patterns.mean(axis=1, keepdims=True)
    np.save("weights.npy", weights.T)  # float64[inputs, neurons]
    for name, count in (("choose.npz", 600), ("test.npz", 400)):
        labels = rng.integers(0, 10, count)  # int64[inputs], a class each
        grey = np.clip(patterns[labels] + rng.normal(0, 0.5, (count, 64)), 0, 1)
        spikes = rng.random((count, STEPS, 64)) < 0.3 * grey[:, None]  # bool[inputs, steps, cells]
        np.savez(name, inputs=spikes, labels=labels)


if __name__ == "__main__":
    main()
