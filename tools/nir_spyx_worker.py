"""Networks of Spyx: export them by its own exporter, run them, keep the spikes.

Run by tools/nir_frameworks.py in an environment of its own: python nir_spyx_worker.py FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import nir
import numpy as np
import spyx.nir
import spyx.nn as sn
from flax import nnx

SEED = 2
STEPS, INPUTS, HIDDEN, OUTPUTS = 60, 6, 8, 4
MAKES: dict[str, Callable[[int, Any], Any]] = {
    "lif": lambda n, rngs: sn.LIF((n,), rngs=rngs),
    "current": lambda n, rngs: sn.CuBaLIF((n,), rngs=rngs),
    "if": lambda n, _: sn.IF((n,)),
}


def main(folder: Path) -> None:
    """Write all: two layers, of which each neuron has decays of its own."""
    rng = np.random.default_rng(SEED)
    inputs = rng.random((STEPS, INPUTS)) < 0.4
    for name, make in MAKES.items():
        rngs = nnx.Rngs(SEED)
        first, second = nnx.Linear(INPUTS, HIDDEN, rngs=rngs), nnx.Linear(HIDDEN, OUTPUTS, rngs=rngs)
        for layer in (first, second):
            layer.kernel[...] = layer.kernel[...] * 3
            layer.bias[...] = jnp.asarray(rng.random(layer.bias.shape) / 8, jnp.float32)
        network = sn.Sequential(first, make(HIDDEN, rngs), second, make(OUTPUTS, rngs))
        spikes = np.asarray(sn.run(network, jnp.asarray(inputs[:, None], jnp.float32))[0])[:, 0]
        graph = spyx.nir.to_nir(network, {"input": np.array([INPUTS])}, {"output": np.array([OUTPUTS])})
        nir.write(folder / f"spyx_{name}.nir", graph)
        np.savez(folder / f"spyx_{name}.npz", inputs=inputs.astype(np.uint8), spikes=spikes.astype(np.uint8))
        print(f"spyx_{name}", int(spikes.sum()), "spikes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
