"""Plans for a trained layered network: integer bits from what words can reach, fractional bits as asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fxsnn.decolle.forward import Grid, Grids
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import DecollePlan, Filters, LayerPlan
from fxsnn.errors import ConfigError
from fxsnn.measure.ranges import fraction_bits
from fxsnn.number.cast import from_float, to_float
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Leak, Signal

BIAS_BITS, FACTOR_BITS = 8, 8
LONGEST_WEIGHT = 24  # bits


@dataclass(frozen=True, slots=True)
class Words:
    """How many bits quantisation after training is to leave, in all layers or in one."""

    weight: int = 4  # bits of a weight, sign included
    state: int = 2  # fractional bits of Q, P and R where inputs are filtered; where currents are, bits less than 12
    weight_rounding: str = "nearest-even"
    state_rounding: str = "floor"
    filters: Filters = "inputs"
    seed: int = Lfsr().seed
    synapse: int | None = None  # the same of Q (or I), of P (or M) and of R where they differ from `state`
    trace: int | None = None
    refractory: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.weight <= LONGEST_WEIGHT:
            raise ConfigError(f"a weight must be 1 to {LONGEST_WEIGHT} bits, not {self.weight}")
        for bits in (self.state, self.synapse, self.trace, self.refractory):
            if bits is not None and not -4 <= bits <= 24:
                raise ConfigError(f"a state must have -4 to 24 fractional bits, not {bits}")

    def bits_of(self, state: Literal["synapse", "trace", "refractory"]) -> int:
        """Return the bits of a state."""
        own: int | None = getattr(self, state)
        return self.state if own is None else own

    def __str__(self) -> str:
        return f"w{self.weight}-{self.weight_rounding}-s{self.state}-{self.state_rounding}-{self.filters}"


def words_of_each(network: DecolleNetwork, words: Words | Sequence[Words]) -> list[Words]:
    """Return the words of each layer; raises ConfigError where they are of another number of layers."""
    layers = len(network.description.layer)
    each = [words] * layers if isinstance(words, Words) else [*words]
    if len(each) != layers:
        raise ConfigError(f"bits must be of {layers} layers, not {len(each)}")
    return each


def plan_layers(network: DecolleNetwork, words: Words | Sequence[Words]) -> DecollePlan:
    """Return a plan whose weights and states have the bits that are asked for, of all layers or of each.

    Weights: the power of two by which each layer's are scaled is free (only the sign of a membrane decides), and is the
    one of the least sum of roots of errors. Q and P of an input that is at most x stay below x / (1 - beta) and
    x / (1 - alpha) / (1 - beta), and R within refractory / (1 - alpha) / (1 - beta), which gives their integer bits.
    Currents and membranes of `currents` saturate at the largest sum of the same layer's weights under the kernel.

    Raises
    ------
    ConfigError
        Words are given for another number of layers.
    """
    described, each = network.description, words_of_each(network, words)
    layers = []
    for number, (layer, words) in enumerate(zip(described.layer, each, strict=True)):
        most = 1 if number else described.clip
        q, p = most / (1 - layer.beta), most / (1 - layer.beta) / (1 - layer.alpha)
        unit = 1 / (1 - layer.alpha) / (1 - layer.beta)
        state = Rounding.parse(words.state_rounding)
        signed = words.filters == "currents"
        if signed:
            reach = _reach(network.weights[number])
            q, p = reach * q, reach * p
        weight = weight_format(network.weights[number], words.weight)
        layers.append(
            LayerPlan(
                {
                    "weight": Signal(weight, Rounding.parse(words.weight_rounding)),
                    "bias": Signal(_covering(float(np.abs(network.biases[number]).max()) * unit, BIAS_BITS)),
                    "synapse": Signal(_state(q, words.bits_of("synapse"), signed), state),
                    "trace": Signal(_state(p, words.bits_of("trace"), signed), state),
                    "refractory": Signal(
                        _refractory(max(layer.refractory * unit, 1.0), words.bits_of("refractory")), state
                    ),
                },
                {
                    "trace_leak": _leak(layer.alpha),
                    "synapse_leak": _leak(layer.beta),
                    "refractory_leak": _leak(layer.rho),
                },
                filters=words.filters,
            )
        )
    return DecollePlan(tuple(layers), Lfsr(seed=each[0].seed))


def grids_of(network: DecolleNetwork, plan: DecollePlan) -> tuple[Grids, ...]:
    """Return the grids on which the words of a plan lie, in the units of the network in real numbers.

    Raises
    ------
    ConfigError
        The plan filters currents, of which the float network keeps none, or rounds otherwise than down or to nearest.
    """
    grids = []
    for layer, words in zip(network.description.layer, plan.layers, strict=True):
        if words.filters != "inputs":
            raise ConfigError("a network must learn with filters of its inputs, not of its currents")
        synapse, trace = 1 - layer.beta, (1 - layer.alpha) * (1 - layer.beta)  # what a unit of Q, of P is

        def grid(signal: Signal, unit: float) -> Grid:
            if signal.rounding is not Rounding.FLOOR and not signal.rounding.startswith("nearest"):
                raise ConfigError(f"a network must learn with rounding down or to nearest, not {signal.rounding}")
            fmt = signal.format
            return Grid(unit * 2.0**-fmt.frac, fmt.lowest, fmt.highest, signal.rounding is not Rounding.FLOOR)

        grids.append(
            Grids(
                grid(words["weight"], 1.0),
                grid(words["synapse"], synapse),
                grid(words["trace"], trace),
                grid(words["refractory"], trace),
            )
        )
    return tuple(grids)


def weight_format(weights: NDArray[np.float32], bits: int) -> Format:
    """Return the signed format of so many bits whose power of two leaves the least sum of roots of errors.

    weights    float32[rows, columns, inputs, channels]

    A square would keep the few large weights of a trained layer from saturating, at the cost of all others.
    """
    values = weights.astype(np.float64)
    most = float(np.abs(values).max()) or 1.0  # where all are 0 any power of two does
    widest = math.ceil(math.log2(max(most, 2.0**-60)))  # -2**widest..2**widest holds them all
    formats = [Format(bits, bits - 1 - widest + finer) for finer in range(5)]

    def error(fmt: Format) -> float:
        return math.fsum(np.sqrt(np.abs(to_float(from_float(values, fmt), fmt) - values)).reshape(-1))

    return min(formats, key=error)


def _covering(most: float, bits: int) -> Format:
    """Return a signed format of so many bits that reaches from -most to most."""
    return Format(bits, bits - 1 - math.ceil(math.log2(max(most, 2.0**-20) * 1.0001)))


def _state(most: float, bits: int, signed: bool) -> Format:
    """Return the format of Q or P, which is so fine, or of I or M, whose word is of 10 bits and so many."""
    integer = math.ceil(math.log2(most))
    if signed:
        word = max(10 + bits, 2)
        return Format(word, word - 1 - integer)
    return Format(max(max(integer, 0) + bits, 1), bits, signed=False)


def _refractory(most: float, frac: int) -> Format:
    """Return a signed format from -most: no word above 0 is ever stored."""
    return Format(max(math.ceil(math.log2(most)) + 1 + frac, 2), frac)


def _leak(decay: float) -> Leak:
    """Return a factor in the fewest bits that hold it, at most FACTOR_BITS; 0.75 takes two."""
    exact = max(1, fraction_bits(decay, FACTOR_BITS))
    return Leak("multiply", Signal(Format(exact, exact, signed=False)))


def _reach(weights: NDArray[np.float32]) -> float:
    """Return the largest magnitude of a sum of weights of one sign under the kernel."""
    flat: Any = weights.reshape(-1, weights.shape[3]).astype(np.float64)
    return float(max(np.maximum(flat, 0).sum(axis=0).max(), -np.minimum(flat, 0).sum(axis=0).min(), 2.0**-20))
