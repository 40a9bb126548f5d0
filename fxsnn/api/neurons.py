"""A neuron with its choices, constants and numbers: one that comes along, or a text of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from numpy.typing import ArrayLike

from fxsnn.errors import ConfigError
from fxsnn.graph.given import Given, given_of
from fxsnn.graph.population import text_of
from fxsnn.program.build import build
from fxsnn.program.grammar import Text, parse


@dataclass(frozen=True, slots=True, eq=False)
class Neuron:
    """The text of a time step, and what it leaves open; see docs/neurons.md.

    Values are given by name: a choice as a string, a number as an integer, a constant as a real number or an array of
    them, one for all neurons, one a channel or one each; `fxsnn.raw(...)` of raw words.
    """

    text: Text
    choices: Mapping[str, str]
    constants: Mapping[str, Given]
    numbers: Mapping[str, int]

    @classmethod
    def parse(cls, text: str, /, *, file: str = "mine.neuron", **values: Any) -> Self:
        """Return a neuron of one's own text.

        file    what messages and golden sets call it

        Raises
        ------
        NeuronError
            The text cannot be read; the message names file, line and column.
        ConfigError
            A choice is missing, or a value is none that the text has.
        """
        if not isinstance(text, str):
            raise ConfigError(f"a neuron's text must be a string, not {type(text).__name__}")
        return cls._of(parse(text, file), values)

    @classmethod
    def load(cls, name: str, /, **values: Any) -> Self:
        """Return a neuron that comes with fxsnn, as "izhikevich", or that of a file ending in .neuron.

        Raises as `parse`, and FileError where the file cannot be read.
        """
        return cls._of(text_of(str(name)), values)

    @classmethod
    def _of(cls, text: Text, values: Mapping[str, Any]) -> Self:
        if strange := [name for name in values if name not in text.parameters]:
            there = ", ".join(text.parameters) or "nothing"
            raise ConfigError(f"{text.file}: a value must be of {there}, not {strange[0]!r}")
        choices = {name: value for name, value in values.items() if name in text.choices}
        built = build(text, choices)
        known = (*text.choices, *built.constants, *built.numbers)
        if unknown := [name for name in values if name not in known]:
            raise ConfigError(f"{text.file}: a value must be of {', '.join(known) or 'nothing'}, not {unknown[0]!r}")
        constants = {
            name: given_of(values[name], f"{text.file}: constant {name}") for name in built.constants if name in values
        }
        return cls(text, choices, constants, {name: values[name] for name in built.numbers if name in values})


def lif(
    *,
    threshold: ArrayLike | Given,
    decay: ArrayLike | Given | None = None,
    leak_shift: int | None = None,
    reset: str = "subtract",
    reset_value: ArrayLike | Given | None = None,
) -> Neuron:
    """Return a LIF neuron: `membrane * decay + current`, or `membrane - (membrane >> leak_shift) + current`.

    threshold, decay, reset_value    float64 of any shape that spreads over the neurons; or `raw` words

    Signals: membrane, threshold, and decay if it is given. Without decay and leak_shift nothing leaks.

    reset    of who fires: "zero", "subtract" the threshold, or to reset_value by "value"

    Raises ConfigError where values do not fit each other.
    """
    leak = "multiply" if decay is not None else "shift" if leak_shift is not None else "none"
    given = {"decay": decay, "leak_shift": leak_shift, "reset_value": reset_value}
    return Neuron.load("lif", leak=leak, reset=reset, threshold=threshold, **_there(given))


def cuba_lif(
    *,
    current_decay: ArrayLike | Given,
    membrane_decay: ArrayLike | Given,
    threshold: ArrayLike | Given,
    reset: str = "subtract",
) -> Neuron:
    """Return a LIF neuron with a synaptic current that decays. Signals: current, membrane and the three constants.

    current_decay, membrane_decay, threshold    float64 of any shape that spreads over the neurons; or `raw` words

    reset    of who fires: "zero", or "subtract" the threshold
    """
    values = {"current_decay": current_decay, "membrane_decay": membrane_decay, "threshold": threshold}
    return Neuron.load("cuba_lif", reset=reset, **values)


def integrator(*, decay: ArrayLike | Given | None = None, leak_shift: int | None = None) -> Neuron:
    """Return a readout that emits its membrane and never fires; it leaks as `lif`. Signals: membrane, decay.

    decay    float64 of any shape that spreads over the neurons, one number for all; or `raw` words
    """
    leak = "multiply" if decay is not None else "shift" if leak_shift is not None else "none"
    return Neuron.load("integrator", leak=leak, **_there({"decay": decay, "leak_shift": leak_shift}))


def relay() -> Neuron:
    """Return a neuron that passes on what arrives and keeps nothing, for pooling. It has no signals."""
    return Neuron.load("relay")


def _there(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
