"""A population as a node of NIR's: whose equation is its step, by forward Euler, but for what NIR leaves open.

Weights stay as they are: r, and w_in, are such that what arrives is multiplied by 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from fxsnn.errors import ConfigError, as_given
from fxsnn.graph.population import Population
from fxsnn.nir.layout import Reals, Sizes
from fxsnn.program.grammar import Text
from fxsnn.program.shipped import source

Numbers = Mapping[str, Reals]
PASSING = ("relay", "nir_biased")


@dataclass(frozen=True, slots=True, eq=False)
class Neuron:
    """A node of NIR's and its parameters.

    pulled    the v_leak that drives the membrane as much as the constant `bias` does; none where the node has none
    """

    kind: str
    parameters: dict[str, Reals]
    pulled: Reals | None = None


def neuron_of(one: Population, numbers: Numbers, shape: Sizes, dt: float) -> Neuron | None:
    """Return the node that a population is, none of those that only pass on.

    numbers    its constants, real, of NIR's shape

    Raises
    ------
    ConfigError
        Its text is none of NIR's neurons, or a decay is none of NIR's.
    """
    if (name := known_name(one.text)) is None:
        raise ConfigError(
            f"population {one.name}: its text must be one of {', '.join((*PASSING, *NEURONS))}, for which NIR has "
            f"nodes, not {one.text.file}"
        )
    return None if name in PASSING else NEURONS[name](_Given(one, numbers, shape, dt))


def known_name(text: Text) -> str | None:
    """Return under which name a text for which NIR has a node comes along; none of any other."""
    return next((name for name in (*PASSING, *NEURONS) if source(name) == text.source), None)


@dataclass(frozen=True, slots=True, eq=False)
class _Given:
    one: Population
    numbers: Numbers
    shape: Sizes
    dt: float

    def full(self, value: float) -> Reals:
        return np.full(self.shape, value)

    def tau(self, decay: Reals, name: str) -> Reals:
        """Return tau of a factor, of which 1 - dt / tau is the factor again but for the last bit."""
        wrong = decay[(decay < 0) | (decay >= 1)]
        if wrong.size:
            raise ConfigError(
                f"population {self.one.name}: {name} must be 0 to below 1 for NIR's tau, or 1 of all neurons with a "
                f"membrane alone, not {as_given(wrong.flat[0])}"
            )
        return self.dt / (1 - decay)

    def leaks(self) -> Reals | None:
        """Return tau of a membrane; none where it keeps all."""
        match self.one.choices.get("leak"):
            case "multiply" if not (self.numbers["decay"] == 1).all():
                return self.tau(self.numbers["decay"], "decay")
            case "shift" if self.one.numbers["leak_shift"]:
                return self.full(self.dt * 2.0 ** self.one.numbers["leak_shift"])
            case "shift":
                return self.full(self.dt)
        return None

    def fires(self) -> dict[str, Reals]:
        return {"v_threshold": self.numbers["threshold"], "v_reset": self.numbers.get("reset_value", self.full(0.0))}


def _membrane(given: _Given, leaky: str, other: str, more: Numbers) -> Neuron:
    """Return a node of a membrane alone."""
    tau = given.leaks()
    if tau is None:
        return Neuron(other, {"r": given.full(1 / given.dt), **more})
    bias = given.numbers.get("bias", given.full(0.0))
    parameters = {"tau": tau, "r": tau / given.dt, "v_leak": given.full(0.0), **more}
    return Neuron(leaky, parameters, bias * (tau / given.dt))


def _with_current(given: _Given, kind: str, more: Numbers) -> Neuron:
    """Return a node of a membrane and a current, whose decays are above each other in no step."""
    syn, mem = (given.tau(given.numbers[name], name) for name in ("current_decay", "membrane_decay"))
    rest = given.numbers.get("rest", given.full(0.0)) * (mem / given.dt)
    parameters = {"tau_syn": syn, "tau_mem": mem, "r": mem / given.dt, "v_leak": rest, "w_in": syn / given.dt}
    return Neuron(kind, {**parameters, **more})


NEURONS: dict[str, Callable[[_Given], Neuron]] = {
    "nir_lif": lambda given: _membrane(given, "LIF", "IF", given.fires()),
    "lif": lambda given: _membrane(given, "LIF", "IF", given.fires()),
    "nir_li": lambda given: _membrane(given, "LI", "I", {}),
    "integrator": lambda given: _membrane(given, "LI", "I", {}),
    "nir_cuba_lif": lambda given: _with_current(given, "CubaLIF", given.fires()),
    "cuba_lif": lambda given: _with_current(given, "CubaLIF", given.fires()),
    "nir_cuba_li": lambda given: _with_current(given, "CubaLI", {}),
    "nir_threshold": lambda given: Neuron("Threshold", {"threshold": given.numbers["threshold"]}),
}
