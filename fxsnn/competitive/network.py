"""The unsupervised network in real numbers: one layer, all-to-all from the inputs, and its constants."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fxsnn.data.encode import RateCoding
from fxsnn.data.learned import Learned, arrays_in, arrays_of
from fxsnn.errors import ConfigError, FileError
from fxsnn.frozen import freeze
from fxsnn.io.files import write_bytes
from fxsnn.io.npz import pack_npz

Reset = Literal["zero", "value", "subtract"]
Compare = Literal["ge", "gt"]
Winner = Literal["none", "lowest", "largest"]
RefractoryInput = Literal["ignore", "integrate"]


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A layer of leaky integrate-and-fire neurons that inhibit each other directly.

    Membranes count from rest. One step: add the weights of the active inputs, ascending; multiply the
    membrane by `decay` and add the sum; a neuron whose membrane is at or above (`gt`: above) threshold +
    theta may fire; `winner` says which of those do; those are reset and become refractory; every neuron
    then loses `inhibition` for each spike of another, down to `floor` at the lowest; with an inhibition of 0
    nothing is lost and no floor holds.
    """

    weights: NDArray[np.float64]  # float64[inputs, neurons]
    theta: NDArray[np.float64]  # float64[neurons]: what each neuron's threshold has grown by
    labels: NDArray[np.int64]  # int64[neurons]: the class each neuron votes for, -1 for none
    threshold: float = 5.0
    decay: float = 0.96875  # 1 - 1/32: a shift in hardware
    inhibition: float = 128.0  # more than any membrane reaches: a spike clears all the others
    floor: float = 0.0
    reset: Reset = "zero"
    reset_value: float = 0.0  # where reset is "value"
    compare: Compare = "ge"
    winner: Winner = "largest"  # of the candidates: all, the lowest index, the largest excess
    refractory_steps: int = 0
    refractory_input: RefractoryInput = "ignore"  # whether a refractory neuron takes input
    coding: RateCoding = RateCoding()  # noqa: RUF009  (frozen)

    def __post_init__(self) -> None:
        for name, kind, dimensions in (("weights", np.float64, 2), ("theta", np.float64, 1), ("labels", np.int64, 1)):
            given = getattr(self, name)
            if given.dtype != kind or given.ndim != dimensions:
                shape = "[inputs, neurons]" if dimensions == 2 else "[neurons]"
                raise ConfigError(f"{name} must be {np.dtype(kind)}{shape}, not {given.dtype}{list(given.shape)}")
            object.__setattr__(self, name, np.ascontiguousarray(given))
        freeze(self, copy=True)
        inputs, neurons = self.weights.shape
        if inputs < 1 or neurons < 1:
            raise ConfigError(f"a network must have inputs and neurons, not {inputs} and {neurons}")
        if len(self.theta) != neurons or len(self.labels) != neurons:
            raise ConfigError(
                f"theta and labels must be of {neurons} neurons like the weights, "
                f"not {len(self.theta)} and {len(self.labels)}"
            )
        for name in ("weights", "theta"):
            if not np.isfinite(getattr(self, name)).all():
                raise ConfigError(f"{name} must be finite")
        if self.labels.min() < -1:
            raise ConfigError(f"labels must be classes from 0, or -1 for none, not {self.labels.min()}")
        for name in ("threshold", "inhibition", "floor", "reset_value"):
            if not math.isfinite(getattr(self, name)):
                raise ConfigError(f"{name} must be finite, not {getattr(self, name)}")
        if not 0 <= self.decay <= 1:
            raise ConfigError(f"decay must be the part of the membrane that a step leaves, 0 to 1, not {self.decay}")
        if self.inhibition < 0:
            raise ConfigError(f"inhibition must be 0 or more, not {self.inhibition}")
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                raise ConfigError(f"{name} must be {' or '.join(known)}, not {getattr(self, name)!r}")
        if not 0 <= self.refractory_steps < 1 << 31:
            raise ConfigError(f"refractory_steps must be 0 to 2**31 - 1, not {self.refractory_steps}")


_CHOICES: dict[str, tuple[str, ...]] = {
    "reset": get_args(Reset),
    "compare": get_args(Compare),
    "winner": get_args(Winner),
    "refractory_input": get_args(RefractoryInput),
}
_FORMAT = "fxsnn network 1"
_ARRAYS = {"weights": "<f8", "theta": "<f8", "labels": "<i8"}
_SCALARS = {
    prefix + field.name: {"float": "<f8", "int": "<i8"}.get(str(field.type), "U")  # all others are names
    for kind, prefix in ((Network, ""), (RateCoding, "coding_"))
    for field in fields(kind)
    if field.name not in _ARRAYS and field.name != "coding"
}


def save_network(network: Network, path: Path, learned: Learned | None = None) -> None:
    """Write the network as an .npz of plain arrays, one a field: the same network, the same bytes.

    Weights and theta are float64; those that training made are float32 numbers, stored exactly.

    learned    what it learned from; without it the file does not say
    """
    parts: dict[str, Any] = {field.name: getattr(network, field.name) for field in fields(Network)}
    coding = parts.pop("coding")
    parts |= {f"coding_{field.name}": getattr(coding, field.name) for field in fields(RateCoding)}
    kinds = {**_ARRAYS, **_SCALARS}
    values = {"format": _FORMAT, **parts}
    arrays = {name: np.asarray(value, kinds.get(name, "U")) for name, value in values.items()}
    write_bytes(path, pack_npz(arrays | arrays_of(learned)))


def load_network(path: Path) -> Network:
    """Read what `save_network` wrote; the weights are those that were saved, bit for bit.

    Raises
    ------
    FileError
        The file is missing, damaged or something else, or what it holds is no usable network.
    """
    arrays = arrays_in(path, "a network")
    if str(arrays.get("format")) != _FORMAT:
        raise FileError(f"a network must say {_FORMAT!r}, not {str(arrays.get('format'))!r}: {str(path)!r}")
    wanted = {**_ARRAYS, **_SCALARS}
    for name, kind in wanted.items():
        if name not in arrays:
            raise FileError(f"a network must hold {name}, {str(path)!r} does not")
        dtype = arrays[name].dtype
        if dtype.str[:2] != "<U" if kind == "U" else dtype.str != kind:
            raise FileError(f"{name} must be of type {kind}, in {str(path)!r} it is {dtype.str}")
        if name in _SCALARS and arrays[name].ndim != 0:
            raise FileError(f"{name} must be one value, in {str(path)!r} it is {list(arrays[name].shape)}")
    try:
        values: dict[str, Any] = {name: arrays[name] if name in _ARRAYS else arrays[name].item() for name in wanted}
        coding: dict[str, Any] = {field.name: values.pop(f"coding_{field.name}") for field in fields(RateCoding)}
        return Network(**values, coding=RateCoding(**coding))
    except ValueError as error:
        raise FileError(f"a network must be usable, {str(path)!r} is not: {error}") from error
