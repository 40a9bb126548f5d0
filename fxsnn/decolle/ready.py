"""Descriptions that are there to begin with."""

from __future__ import annotations

from typing import Literal, get_args

from fxsnn.decolle.description import Description, Layer
from fxsnn.errors import ConfigError

Ready = Literal["nmnist", "decolle"]


def ready(name: str, classes: int) -> Description:
    """Return a description by its name, for so many classes.

    nmnist     16 and 32 channels of 5 x 5, both pooled by two, on N-MNIST in 17 x 17 cells and 30 steps of 10 ms
    decolle    the network of DECOLLE and Q-SpiNN on DVS128 Gesture: 64, 128 and 128 channels of 7 x 7, pooled by two,
               not, and by two, in 32 x 32 cells and steps of 1 ms, of which the first 1,800 are read, by a fixed random
               readout (Kaiser, Mostafa, Neftci 2020); it learned from windows of 500 steps

    Raises
    ------
    ConfigError
        There is none of this name.
    """
    if name == "nmnist":
        output = Layer("output", classes, refractory=0.0)
        return Description((Layer("conv", 16, 5, 2), Layer("conv", 32, 5, 2), output), classes, shrink=2, clip=2)
    if name == "decolle":
        decays = {"alpha": 0.97, "beta": 0.92, "rho": 0.65}
        sizes = ((64, 2), (128, 1), (128, 2))
        layers = tuple(Layer("conv", channels, 7, pool, **decays) for channels, pool in sizes)
        return Description(layers, classes, height=128, width=128, shrink=4, step=1000, steps=1800, burn_in=50)
    raise ConfigError(f"a description must be {' or '.join(get_args(Ready))}, not {name!r}")
