"""Post-training quantisation over a grid: a plan for every combination, and what each is worth."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from fxsnn.classify import Rule
from fxsnn.emulate import respond
from fxsnn.encode import Spikes
from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.firing import Firing, Reference, watch
from fxsnn.format import Format
from fxsnn.lfsr import Lfsr
from fxsnn.memory import Memory, memory
from fxsnn.modes import Rounding
from fxsnn.network import Network
from fxsnn.plan import Leak, Plan, Signal
from fxsnn.quantise import quantise
from fxsnn.ranges import Ranges, integer_bits
from fxsnn.score import Score, cross_validate

_AXES = ("weight", "state_bits", "weight_rounding", "state_rounding", "leak", "fold")
MOST_POINTS = 100_000
SHORT = {Rounding.FLOOR: "TR", Rounding.NEAREST_UP: "RN", Rounding.STOCHASTIC: "SR"}


class Grid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The values each property takes; the grid is every combination of them.

    `weight` are formats of the weights. `state_bits` are fractional bits of synaptic current, membrane,
    adaptive threshold and threshold; their integer bits come from range profiling. Roundings take any name
    that `Rounding.parse` knows. A leak is `shift 6` (v - (v >> 6)), `multiply UQ0.8` or `none`. `fold`
    is that of plans.
    """

    weight: tuple[str, ...] = ("UQ0.8", "UQ0.6", "UQ0.4", "UQ0.3", "UQ0.2", "UQ-1.2")
    state_bits: tuple[int, ...] = (8, 6, 4, 2)
    weight_rounding: tuple[str, ...] = ("TR", "RN", "SR")
    state_rounding: tuple[str, ...] = ("TR", "RN", "SR")
    leak: tuple[str, ...] = ("multiply UQ0.8",)
    fold: tuple[bool, ...] = (False, True)
    accumulate: Literal["exact", "each"] = "exact"
    integrate: Literal["two-casts", "fused"] = "two-casts"
    seed: int = Lfsr().seed
    schema: Literal[1] = 1

    def __post_init__(self) -> None:
        for name in _AXES:
            values = getattr(self, name)
            if not values or len(set(values)) != len(values):
                raise ConfigError(f"{name} must list one or more different values, not {list(values)}")
        if self.points > MOST_POINTS:
            raise ConfigError(f"a grid must have at most {MOST_POINTS:,} points, not {self.points:,}")
        for text in (*self.weight_rounding, *self.state_rounding):
            Rounding.parse(text)
        for text in self.leak:
            parse_leak(text)
        for text in self.weight:
            Format.parse(text)
        Lfsr(seed=self.seed)

    @property
    def points(self) -> int:
        """The number of combinations."""
        return math.prod(len(getattr(self, axis)) for axis in _AXES)


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One configuration with its accuracy and its memory."""

    name: str
    plan: Plan
    score: Score
    memory: Memory
    firing: Firing | None = None  # against the float network, where the task holds it

    @property
    def accuracy(self) -> float:
        """Share of correct predictions, 0 to 1."""
        return self.score.accuracy

    @property
    def bits(self) -> int:
        """Pure bits of all stored arrays."""
        return self.memory.bits


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Training digits, encoded once for all candidates; see `score.cross_validate`."""

    spikes: Spikes
    labels: NDArray[np.uint8]
    folds: int = 4
    rule: Rule = "all-activity"
    float_net: Reference | None = None  # its spikes for these digits


def parse_grid(text: str) -> Grid:
    """Read a grid from TOML; raises ConfigError naming the key that is wrong."""
    try:
        return msgspec.convert(tomllib.loads(text), Grid)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"a grid must be TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise ConfigError(f"a grid must have the documented keys: {error}") from None


def parse_leak(text: str) -> Leak:
    """Read a leak as grids and people write it: `multiply UQ0.8`, `shift 6` or `none`."""
    kind, _, rest = text.partition(" ")
    if kind == "none" and not rest:
        return Leak("none")
    if kind == "shift" and rest.isascii() and rest.isdecimal():
        return Leak("shift", shift=int(rest))
    if kind == "multiply":
        return Leak("multiply", Signal(Format.parse(rest)))
    raise ConfigError(f"a leak must read like 'multiply UQ0.8', 'shift 6' or 'none', not {text!r}")


def make_plans(grid: Grid, ranges: Ranges) -> dict[str, Plan]:
    """Return a plan for every point of the grid, by name, in the grid's order.

    Raises
    ------
    ConfigError, FormatError
        A point's formats cannot be, or two points are one configuration, as where a rounding has two names.
    """
    plans: dict[str, Plan] = {}
    for point in product(*(getattr(grid, axis) for axis in _AXES)):
        try:
            name, plan = _plan_of(grid, ranges, *point)
        except FxsnnError as error:
            place = ", ".join(f"{axis} {value}" for axis, value in zip(_AXES, point, strict=True))
            raise type(error)(f"{place}: {error}") from None
        if name in plans:
            raise ConfigError(f"each point of a grid must be another configuration, but {name} comes twice")
        plans[name] = plan
    return plans


def evaluate(network: Network, name: str, plan: Plan, task: Task, threads: int = 1) -> Candidate:
    """Quantise, respond in integers and cross-validate."""
    try:
        quantised = quantise(network, plan)
        responses = respond(quantised, task.spikes, threads)
    except FxsnnError as error:
        raise type(error)(f"{name}: {error}") from None
    found = cross_validate(responses, task.labels, task.folds, task.rule)
    firing = watch(task.float_net, quantised, responses) if task.float_net else None
    return Candidate(name, plan, found, memory(quantised), firing)


def explore(
    network: Network,
    plans: dict[str, Plan],
    task: Task,
    workers: int = 1,
    progress: Callable[[Candidate], None] | None = None,
) -> list[Candidate]:
    """Evaluate every plan; the result is in the plans' order whatever the number of workers.

    progress is called with each candidate as it is done, in the plans' order.

    Raises
    ------
    WidthError, ConfigError, OverflowDetectedError
        A plan cannot run; the message begins with its name.
    """
    found = []
    with ThreadPoolExecutor(workers) as pool:  # the kernels release the interpreter lock
        for candidate in pool.map(lambda item: evaluate(network, item[0], item[1], task), plans.items()):
            found.append(candidate)
            if progress:
                progress(candidate)
    return found


def _plan_of(
    grid: Grid,
    ranges: Ranges,
    weight_format: str,
    state_bits: int,
    weight_rounding: str,
    state_rounding: str,
    leak: str,
    fold: bool,
) -> tuple[str, Plan]:
    """Return the name and the plan of one point."""
    weights, states = Rounding.parse(weight_rounding), Rounding.parse(state_rounding)

    def signal(bounds: tuple[float, float], frac: int, rounding: Rounding) -> Signal:
        integer, signed = integer_bits(bounds)
        return Signal(Format(max(1, integer + frac), frac, signed), rounding)

    plan = Plan(
        weight=Signal(Format.parse(weight_format), weights),
        accumulator=signal(ranges.current, state_bits, states),
        membrane=signal(ranges.membrane, state_bits, states),
        theta=signal(ranges.theta, state_bits, states),
        threshold=signal(ranges.threshold, state_bits, states),
        inhibition=signal(ranges.inhibition, 0, Rounding.NEAREST_UP),
        leak=parse_leak(leak),
        accumulate=grid.accumulate,
        integrate=grid.integrate,
        fold=fold,
        lfsr=Lfsr(seed=grid.seed),
    )
    name = f"w{_size(plan.weight)}-{_short(weights)}-v{_size(plan.membrane)}-{_short(states)}"
    name += f"-{leak.replace(' ', '')}" if len(grid.leak) > 1 else ""
    return name + ("-fold" if fold else ""), plan


def _size(signal: Signal) -> str:
    """Return word length and fractional bits: `1.2` is a bit that stands for 0 or 2**-2, `s4.3` is signed."""
    return f"{'s' if signal.format.signed else ''}{signal.format.word}.{signal.format.frac}"


def _short(rounding: Rounding) -> str:
    return SHORT.get(rounding, rounding.value)
