"""A network of layers that learn by local errors (DECOLLE), in real numbers, and its file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fxsnn.data.learned import Learned, arrays_in, arrays_of
from fxsnn.decolle.description import Description, description_text, parse_description
from fxsnn.errors import ConfigError, FileError, FxsnnError
from fxsnn.frozen import freeze
from fxsnn.io.files import write_bytes
from fxsnn.io.npz import pack_npz

FORMAT = "fxsnn layered network 1"  # what its file calls itself


@dataclass(frozen=True, slots=True, eq=False)
class DecolleNetwork:
    """The weights, biases and fixed random readouts of layers that learn by local errors (Kaiser et al. 2020).

    weights     float32[kernel height, kernel width, input channels, output channels], one a layer
    biases      float32[output channels]
    readouts    int8[outputs after pooling, classes], -1 or 1; of an output layer int8[0, classes]
    """

    description: Description
    weights: tuple[NDArray[np.float32], ...]
    biases: tuple[NDArray[np.float32], ...]
    readouts: tuple[NDArray[np.int8], ...]

    def __post_init__(self) -> None:
        freeze(self, copy=True)
        layers = len(self.description.layer)
        if not len(self.weights) == len(self.biases) == len(self.readouts) == layers:
            raise ConfigError(f"weights, biases and readouts must be of {layers} layers")
        for number in range(layers):
            geometry = self.description.geometry(number)
            readout = seen(self.description, number), self.description.classes
            for name, given, kind, shape in (
                ("weights", self.weights[number], np.float32, geometry.weights),
                ("biases", self.biases[number], np.float32, geometry.outputs[2:]),
                ("readouts", self.readouts[number], np.int8, readout),
            ):
                if given.dtype != kind or given.shape != shape:
                    wanted = f"{np.dtype(kind)}{[*shape]}"
                    raise ConfigError(f"{name} of layer {number} must be {wanted}, not {given.dtype}{[*given.shape]}")
                if not np.isfinite(given).all():
                    raise ConfigError(f"{name} of layer {number} must be finite")
            if not (np.abs(self.readouts[number]) == 1).all():
                raise ConfigError(f"readouts of layer {number} must be -1 or 1")


def seen(description: Description, number: int) -> int:
    """Return how many outputs of a layer its random readout sees; an output layer has none."""
    pooled = description.geometry(number).pooled
    return 0 if description.layer[number].kind == "output" else math.prod(pooled)


def random_layers(description: Description, seed: int, gain: float = 2.0) -> DecolleNetwork:
    """Return an untrained network: weights uniform with a standard deviation of gain / sqrt(fan-in), no biases.

    The same seed gives the same network on every machine. Readouts are signs from another stream.
    """
    weights, biases, readouts = [], [], []
    for number in range(len(description.layer)):
        geometry = description.geometry(number)
        count, fan_in = math.prod(geometry.weights), math.prod(geometry.weights[:3])
        drawn = np.random.PCG64([seed, number, 0]).random_raw(count) >> np.uint64(40)
        uniform = drawn.astype(np.float64) * 2.0**-23 - 1
        weights.append((uniform * (gain * math.sqrt(3 / fan_in))).astype(np.float32).reshape(geometry.weights))
        biases.append(np.zeros(geometry.outputs[2], np.float32))
        signs = np.random.PCG64([seed, number, 1]).random_raw(seen(description, number) * description.classes)
        signed = (signs >> np.uint64(63)).astype(np.int8) * np.int8(2) - np.int8(1)
        readouts.append(signed.reshape(-1, description.classes))
    return DecolleNetwork(description, tuple(weights), tuple(biases), tuple(readouts))


def save_layers(network: DecolleNetwork, path: Path, learned: Learned | None = None) -> None:
    """Write the network as an .npz of plain arrays: the same network, the same bytes.

    learned    what it learned from; without it the file does not say
    """
    arrays = {"format": np.asarray(FORMAT), "description": np.asarray(description_text(network.description))}
    for number in range(len(network.weights)):
        arrays[f"weights_{number}"] = network.weights[number]
        arrays[f"biases_{number}"] = network.biases[number]
        arrays[f"readouts_{number}"] = network.readouts[number]
    write_bytes(path, pack_npz(arrays | arrays_of(learned)))


def load_layers(path: Path) -> DecolleNetwork:
    """Read what `save_layers` wrote.

    Raises
    ------
    FileError
        The file is missing, damaged or something else.
    """
    arrays = arrays_in(path, "a layered network")
    if str(arrays.get("format")) != FORMAT:
        raise FileError(f"a layered network must say {FORMAT!r}, not {str(arrays.get('format'))!r}: {str(path)!r}")
    try:
        description = parse_description(str(arrays["description"]))
        parts = [
            tuple(arrays[f"{name}_{number}"] for number in range(len(description.layer)))
            for name in ("weights", "biases", "readouts")
        ]
        return DecolleNetwork(description, *parts)
    except (KeyError, FxsnnError) as error:
        raise FileError(f"a layered network must be whole, {str(path)!r} is not: {error}") from error
