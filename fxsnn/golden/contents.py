"""What a bundle holds: every file with its format and shape, derived from a quantised network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fxsnn.emulate import Trace, emulate
from fxsnn.encode import Spikes
from fxsnn.errors import ConfigError
from fxsnn.format import WORD_MAX, Format
from fxsnn.quantise import SITES, QuantisedNetwork

Role = Literal["constant", "input", "node"]
_ABOUT = {
    "sum": "synaptic sum before its cast",
    "current": "synaptic current, after the cast of the sum",
    "leaked": "membrane after the leak",
    "integrated": "membrane before the comparison",
    "membrane": "membrane at the end of the step",
    "refractory": "refractory counter at the end of the step",
}


@dataclass(frozen=True, slots=True)
class Vector:
    """One file of a bundle.

    `shape` is outermost first. A file of bits packs its last dimension into one word a line: bit i of the
    word is element i.
    """

    name: str
    role: Role
    format: Format
    shape: tuple[int, ...]
    about: str
    packed: bool = False

    @property
    def file(self) -> str:
        """The file's name in the bundle."""
        return f"{self.name}.mem"

    @property
    def bits(self) -> int:
        """Bits of one line."""
        return self.shape[-1] if self.packed else self.format.word

    @property
    def depth(self) -> int:
        """Lines of the file."""
        return int(np.prod(self.shape[:-1] if self.packed else self.shape, dtype=object))


def layout(network: QuantisedNetwork, images: int, steps: int) -> list[Vector]:
    """Return every file that a bundle of this network and input holds, in a fixed order.

    Raises
    ------
    ConfigError
        An exact node is wider than 63 bits.
    """
    plan, neurons = network.plan, network.neurons
    bit = Format(1, 0, signed=False)
    constants = [
        Vector("weights", "constant", plan.weight.format, (network.inputs, neurons), "weights, inputs outermost"),
        Vector("theta", "constant", plan.theta.format, (neurons,), "adaptive part of each neuron's threshold"),
        Vector("threshold", "constant", plan.threshold.format, (1,), "threshold of all neurons"),
        Vector("inhibition", "constant", plan.inhibition.format, (1,), "what a spike takes from all others"),
        Vector("floor", "constant", plan.membrane.format, (1,), "least membrane that inhibition leaves"),
        Vector("reset_value", "constant", plan.membrane.format, (1,), "membrane after a spike, where reset is value"),
    ]
    if plan.leak.kind == "multiply":
        constants.append(Vector("leak_factor", "constant", plan.leak.factor.format, (1,), "factor of the leak"))
    inputs = [Vector("input", "input", bit, (images, steps, network.inputs), "input spikes", packed=True)]
    counter = Format(max(1, network.refractory_steps.bit_length()), 0, signed=False)
    membrane = plan.membrane.format
    formats = {
        "sum": _sum_format(network),
        "current": plan.accumulator.format,
        "leaked": membrane if plan.integrate == "two-casts" else _product_format(network),
        "integrated": membrane,
        "membrane": membrane,
        "refractory": counter,
    }
    nodes = [Vector(name, "node", fmt, (images, steps, neurons), _ABOUT[name]) for name, fmt in formats.items()]
    nodes.append(Vector("spike", "node", bit, (images, steps, neurons), "output spikes", packed=True))
    register = Format(plan.lfsr.width, 0, signed=False)
    nodes += [
        Vector(f"lfsr_{site}", "node", register, (images, steps), f"register of the {site} cast after the step")
        for site in drawing_sites(network)
    ]
    return [*constants, *inputs, *nodes]


def drawing_sites(network: QuantisedNetwork) -> list[str]:
    """Return the casts that may draw from their LFSR, in the order of a time step."""
    quiet = Spikes(np.zeros(2, np.int64), np.zeros(0, np.uint16), 1, 1, network.inputs)
    return [site for site in SITES if site in emulate(network, quiet).draws]


def words_of(network: QuantisedNetwork, spikes: Spikes, traces: list[Trace]) -> dict[str, NDArray[np.int64]]:
    """Return the raw words of every file of the layout, int64 of its shape."""
    words: dict[str, NDArray[np.int64]] = {
        "weights": network.weights,
        "theta": network.theta,
        "threshold": np.array([network.threshold]),
        "inhibition": np.array([network.inhibition]),
        "floor": np.array([network.floor]),
        "reset_value": np.array([network.reset_value]),
        "leak_factor": np.array([network.factor]),
        "input": spikes.raster().astype(np.int64),
    }
    words |= {name: np.stack([trace.nodes[name] for trace in traces]) for name in traces[0].nodes}
    for row, site in enumerate(SITES):
        words[f"lfsr_{site}"] = np.stack([trace.registers[:, row] for trace in traces])
    return words


def _sum_format(network: QuantisedNetwork) -> Format:
    """Return the format of the exact synaptic sum, as wide as it can get; of the cast one if every step is."""
    plan = network.plan
    if plan.accumulate == "each":
        return plan.accumulator.format
    weight = plan.weight.format
    return _exact("sum", weight.lowest * network.inputs, weight.highest * network.inputs, weight.frac)


def _product_format(network: QuantisedNetwork) -> Format:
    plan, v = network.plan, network.plan.membrane.format
    if plan.leak.kind != "multiply":
        return v
    factor = plan.leak.factor.format
    return _exact("leaked", v.lowest * factor.highest, v.highest * factor.highest, v.frac + factor.frac)


def _exact(node: str, low: int, high: int, frac: int) -> Format:
    bits = max(high.bit_length(), (-low - 1).bit_length() if low < 0 else 0) + (low < 0)
    if bits > WORD_MAX:
        raise ConfigError(f"a node of golden vectors must be at most {WORD_MAX} bits, but {node} can need {bits}")
    return Format(max(bits, 1), frac, signed=low < 0)
