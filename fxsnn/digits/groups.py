"""The groups of a trained network that infers, and the plan that stands for float in the integer kernels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive import learn
from fxsnn.competitive.emulate import respond
from fxsnn.competitive.graph import program_of
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import QuantisedNetwork, constant_signals, quantise
from fxsnn.competitive.ranges import Ranges, profile, spreads
from fxsnn.data.encode import encode
from fxsnn.digits.bench import PROFILED, Task, labelling_task
from fxsnn.digits.splits import Splits
from fxsnn.measure.ranges import Spread, integer_bits
from fxsnn.measure.score import cross_predict
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Leak, Signal
from fxsnn.significance.sweep import Case, Group, Right, Wide, widest

# What each group narrows. The reset value and the floor are words of the membrane; "leak" is the leak's factor.
GROUPS = {
    "weight": ("weight",),
    "membrane": ("membrane",),
    "theta": ("theta",),
    "threshold": ("threshold", "leak"),
    "inhibition": ("inhibition",),
    "accumulator": ("accumulator",),
}
WIDE_FRAC, LEAST_WIDE_FRAC = 30, 16  # fractional bits that stand for float
HEADROOM = 2  # integer bits more than the profiled ones
_SPARE = 61  # bits that the product of a membrane and the leak's factor may take


def wide_of_images(network: Network, splits: Splits, seed: int = Lfsr().seed, workers: int = 1) -> Wide:
    """Return the same measured on the labelling images, and profiled on the first training images."""
    profiled, task = encode(splits.training.images[:PROFILED], network.coding), labelling_task(splits, network.coding)
    return wide_network(network, profile(network, profiled), spreads(network, profiled), task, seed, workers)


def wide_network(
    network: Network,
    ranges: Ranges,
    profiled: Mapping[str, Spread],
    task: Task,
    seed: int = Lfsr().seed,
    workers: int = 1,
) -> Wide:
    """Return a trained network in words that stand for float, and its groups.

    ranges, profiled    of each signal; the first say how many integer bits a group needs
    seed                of the register that stochastic rounding draws from

    Raises
    ------
    WidthError, FormatError, ConfigError
        No formats wide enough to stand for float can run.
    """
    float_counts = learn.respond(network, task.spikes, workers)
    right = right_answers(float_counts, task)
    plan = wide_plan(network, ranges, seed)
    wide = quantise(network, plan)
    counts = respond(wide, task.spikes, workers)
    differing = int((counts != float_counts).any(axis=1).sum())
    groups, key = inference_groups(network, plan, task), identity(wide, _weights_key(wide))
    return Wide(tuple(groups), profiled, right, right_answers(counts, task), differing, key, seed)


def wide_plan(network: Network, ranges: Ranges, seed: int = Lfsr().seed) -> Plan:
    """Return a plan that stands for float: 30 fractional bits, or the most that provably fit int64.

    Every signal has the integer bits that its profiled range asks for and two more. The leak's factor has
    the bits that hold the network's decay exactly, or as many as there is room for.
    """

    def provable(frac: int) -> Plan:
        plan = plan_of(network, ranges, frac, seed)
        program_of(quantise(network, plan))
        return plan

    return widest(range(WIDE_FRAC, LEAST_WIDE_FRAC - 1, -1), provable)


def inference_groups(network: Network, wide: Plan, task: Task) -> list[Group]:
    """Return the groups of the trained network; each case quantises and infers, and cross-validates."""
    inputs, neurons = network.weights.shape
    words: dict[str, int] = dict.fromkeys(GROUPS, int(neurons))
    words |= {"weight": inputs * neurons, "threshold": 2, "inhibition": 1}
    case = _Narrowed(network, wide, task, _weights_key(quantise(network, wide)))
    found = []
    for name, members in GROUPS.items():
        signals = {member: signal_of(wide, member) for member in members}
        profiled = max(signal.format.word - signal.format.frac for signal in signals.values()) - HEADROOM
        found.append(Group(name, signals, profiled, words[name], case))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Narrowed:
    """The case of a group; `weights` is the key of the weights where they stay wide."""

    network: Network
    wide: Plan
    task: Task
    weights: bytes

    def __call__(self, signals: Mapping[str, Signal]) -> Case:
        network, plan = self.network, with_signals(self.wide, signals)
        if plan["weight"] == self.wide["weight"]:
            one_row = replace(network, weights=network.weights[:1])  # all that keys need of weights that stay wide
            key = identity(quantise(one_row, plan), self.weights)
        else:
            quantised = quantise(network, plan)
            key = identity(quantised, _weights_key(quantised))
        return Case(key, lambda: right_answers(respond(quantise(network, plan), self.task.spikes), self.task))


def signal_of(plan: Plan, name: str) -> Signal:
    """Return a signal of a plan, `leak` for the leak's factor."""
    return plan.leaks[name].factor if name in plan.LEAKS else plan[name]


def with_signals(plan: Plan, signals: Mapping[str, Signal]) -> Plan:
    """Return the plan with these signals in the place of its own."""
    return plan.changed(**{name: Leak("multiply", one) if name in plan.LEAKS else one for name, one in signals.items()})


def identity(network: QuantisedNetwork, weights: bytes) -> bytes:
    """Return what distinguishes configurations: equal keys are the same numbers at every node and step.

    Constants count by their values, whatever their formats, for a time step computes exactly between its
    casts. What is left is what those casts do: format, rounding and overflow of accumulator and membrane,
    and, where a cast draws, how many bits it drops.

    weights    the key of the network's weights, whose array is not read
    """
    plan = network.plan
    constants = {name: signal for name, signal in constant_signals(plan).items() if name != "weights"}
    sources = (plan["weight"], plan["accumulator"], plan["threshold"], plan["inhibition"], plan.leak.factor)
    draws = Rounding.STOCHASTIC in (plan["accumulator"].rounding, plan["membrane"].rounding)
    facts = (
        weights,
        [_value(np.asarray(getattr(network, name)), signal.format) for name, signal in constants.items()],
        str(plan["accumulator"]),
        str(plan["membrane"]),
        [signal.format.frac for signal in sources] if draws else [],
    )
    return hashlib.sha256(repr(facts).encode()).digest()


def plan_of(network: Network, ranges: Ranges, frac: int, seed: int) -> Plan:
    """Return the plan whose signals hold these ranges and `HEADROOM` bits more, with so many fractional bits."""

    def signal(bounds: tuple[float, float]) -> Signal:
        integer, signed = integer_bits(bounds) if any(bounds) else (0, False)
        return Signal(Format(integer + HEADROOM + frac, frac, signed))

    membrane = signal(ranges.membrane)
    exact = Fraction(network.decay).denominator.bit_length() - 1
    room = max(_SPARE - membrane.format.word, LEAST_WIDE_FRAC)
    factor = max(1, min(exact, room))
    weights = float(network.weights.min()), float(network.weights.max())
    return Plan(
        {
            "weight": signal(weights),
            "accumulator": signal(ranges.current),
            "membrane": membrane,
            "theta": signal(ranges.theta),
            "threshold": signal(ranges.threshold),
            "inhibition": signal(ranges.inhibition),
        },
        {"leak": Leak("multiply", Signal(Format(1 + factor, factor, signed=False)))},
        lfsr=Lfsr(seed=seed),
    )


def _weights_key(network: QuantisedNetwork) -> bytes:
    return repr(_value(network.weights, network.plan["weight"].format)).encode()


def _value(words: NDArray[np.int64], fmt: Format) -> tuple[int, bytes]:
    """Return words without the trailing zeros that all of them have, and their binary point: a value's one form."""
    together = int(np.bitwise_or.reduce(words, axis=None))
    if together == 0:
        return 0, bytes(words.size)
    zeros = (together & -together).bit_length() - 1
    return fmt.frac - zeros, hashlib.sha256((words >> zeros).tobytes()).digest()


def right_answers(counts: NDArray[np.int32], task: Task) -> Right:
    """Return which images are classified rightly, by cross-validation.

    counts    int32[images, neurons], spike counts; the result is bool[images]
    """
    return np.equal(cross_predict(counts, task.labels, task.folds), task.labels)
