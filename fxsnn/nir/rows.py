"""The report of an import: how each node was mapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fxsnn.nir.layout import Reals
from fxsnn.nir.wires import Wire


@dataclass(frozen=True, slots=True)
class Row:
    """How a node was mapped."""

    node: str
    kind: str
    became: str
    how: str


def numbers_text(values: Reals) -> str:
    """Return a number, or the least and the greatest of several.

    values    float64 of any shape
    """
    if values.size == 1:
        return f"{float(values.reshape(-1)[0]):.6g}"
    return f"{values.min():.6g} to {values.max():.6g}"


def wire_text(wire: Wire, gain: Reals) -> str:
    """Return what a projection does, with what its weights were multiplied by.

    gain    float64[targets], or one number
    """
    parts: list[str] = [wire.kind]
    if wire.kind in ("sum", "average"):
        parts.append(f"windows {list(wire.kernel)}")
    if wire.weights is not None:
        parts.append(f"weights {list(wire.weights.shape)}")
        if (gain != 1).any():
            parts.append(f"times {numbers_text(gain)}")
    if wire.bias is not None:
        parts.append("its bias among the neurons' constants")
    return "; ".join(parts)


def neuron_text(text: str, choices: Mapping[str, str], constants: Mapping[str, Reals]) -> str:
    """Return what a population is: its text, what was chosen, and its constants.

    constants    float64 of any shape, by name
    """
    chosen = [f"{key} {value}" for key, value in choices.items()]
    return "; ".join((text, *chosen, *(f"{key} {numbers_text(values)}" for key, values in constants.items())))
