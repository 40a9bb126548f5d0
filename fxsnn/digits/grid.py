"""A grid of configurations: the values each property takes, and a plan for every combination of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import ClassVar, Literal, Protocol

from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.ranges import Ranges
from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.exploration.point import Point, Value, distinct
from fxsnn.exploration.worded import Choices, WordedGrid
from fxsnn.io.documents import documented, parse_toml
from fxsnn.measure.ranges import integer_bits
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import SHORT, Rounding
from fxsnn.number.signal import Signal, parse_leak
from fxsnn.significance.fewest import Fewest

Scheme = Literal["PTQ", "ITQ"]  # quantised after training, or in training

GROUPS = ("accumulator", "membrane", "theta", "threshold")  # whose fractional bits may differ
_NEEDED = ("weight", "state_bits", "weight_rounding", "state_rounding", "leak", "fold", "scheme")
_AXES = (*_NEEDED, *(f"{group}_bits" for group in GROUPS))


class Grid(WordedGrid, frozen=True, forbid_unknown_fields=True):
    """The values each property takes; the grid is every combination of them.

    `weight` are formats of the weights. `state_bits` are fractional bits of synaptic current, membrane,
    adaptive threshold and threshold; their integer bits come from range profiling. `accumulator_bits`,
    `membrane_bits`, `theta_bits` and `threshold_bits` set one of them apart; empty, it follows `state_bits`.
    Roundings take any name that `Rounding.parse` knows. A leak is `shift 6` (v - (v >> 6)),
    `multiply UQ0.8` or `none`. `fold` is that of plans. `scheme` says when the network is quantised: after
    training (PTQ) or in training (ITQ). The table `signal` lists words of signals, by name, in place of all that.
    """

    PLAN: ClassVar = Plan
    BESIDE: ClassVar = frozenset(("weight", "leak"))

    weight: tuple[str, ...] = ("UQ0.8", "UQ0.6", "UQ0.4", "UQ0.3", "UQ0.2", "UQ0.1")
    state_bits: tuple[int, ...] = (8, 6, 4, 2)
    weight_rounding: tuple[str, ...] = ("TR", "RN", "SR")
    state_rounding: tuple[str, ...] = ("TR", "RN", "SR")
    leak: tuple[str, ...] = ("multiply UQ0.8",)
    fold: tuple[bool, ...] = (False, True)
    scheme: tuple[Scheme, ...] = ("PTQ",)
    accumulator_bits: tuple[int, ...] = ()
    membrane_bits: tuple[int, ...] = ()
    theta_bits: tuple[int, ...] = ()
    threshold_bits: tuple[int, ...] = ()
    accumulate: Literal["exact", "each"] = "exact"
    integrate: Literal["two-casts", "fused"] = "two-casts"
    seed: int = Lfsr().seed
    schema: Literal[1] = 1

    def __post_init__(self) -> None:
        for name in _AXES:
            values = getattr(self, name)
            if (name in _NEEDED and not values) or len(set(values)) != len(values):
                least = "one" if name in _NEEDED else "none"
                raise ConfigError(f"{name} must list {least} or more different values, not {list(values)}")
        self.check_apart(GROUPS)
        self.check_points()
        for text in (*self.weight_rounding, *self.state_rounding):
            Rounding.parse(text)
        if len({parse_leak(text) for text in self.leak}) != len(self.leak):
            raise ConfigError(f"leak must list one or more different leaks, not {list(self.leak)}")
        for text in self.weight:
            Format.parse(text)
        Lfsr(seed=self.seed)

    @property
    def axes(self) -> dict[str, tuple[Value, ...]]:
        """The properties that the grid sets, in the order in which the points count them, the last fastest."""
        return {name: values for name in _AXES if (values := getattr(self, name))} | self.words


class Learner(Protocol):
    """Whoever trains a network on a plan's formats, for candidates of scheme ITQ."""

    @property
    def settings(self) -> str:
        """All that its networks depend on besides the plan, as text: equal texts, equal networks."""

    def learning_plan(self, plan: Plan) -> Plan:
        """Return the plan that a network which is to run under `plan` is trained under and runs under."""

    def train(self, plan: Plan) -> Network:
        """Train under a learning plan; the network's parameters lie on the plan's formats."""


def parse_grid(text: str) -> Grid:
    """Read a grid from TOML; raises ConfigError naming the key that is wrong."""
    return documented(parse_toml(text, "a grid"), Grid, "a grid")


def make_points(grid: Grid, ranges: Ranges, learner: Learner | None = None) -> list[Point[Plan]]:
    """Return every point of the grid, in the grid's order.

    Raises
    ------
    ConfigError, FormatError
        A point's formats cannot be, two points are one configuration, as where a rounding has two names,
        or a point is to be quantised in training and nobody is there to train.
    """
    check_learner(grid, learner)
    axes, choices = grid.axes, grid.choices()

    def at(values: tuple[Value, ...]) -> Point[Plan]:
        place = dict(zip(axes, values, strict=True))
        try:
            return _point(grid, ranges, place, choices, learner)
        except FxsnnError as error:
            where = ", ".join(f"{axis} {value}" for axis, value in place.items() if not _is_usual(axis, value))
            raise type(error)(f"{where}: {error}") from None

    return distinct(at(values) for values in product(*axes.values()))


def make_plans(grid: Grid, ranges: Ranges, learner: Learner | None = None) -> dict[str, Plan]:
    """Return a plan for every point of the grid, by name, in the grid's order; raises as `make_points` does."""
    return {point.name: point.plan for point in make_points(grid, ranges, learner)}


def check_learner(grid: Grid, learner: Learner | None) -> None:
    """Refuse a grid with points to be quantised in training where nobody is there to train."""
    if "ITQ" in grid.scheme and learner is None:
        raise ConfigError("scheme must be PTQ where no learning is given, not ITQ")


def _is_usual(axis: str, value: Value) -> bool:
    return axis == "scheme" and value == "PTQ"


def _point(
    grid: Grid, ranges: Ranges, place: Mapping[str, Value], choices: Choices, learner: Learner | None
) -> Point[Plan]:
    """Return one combination's point."""
    weights = Rounding.parse(str(place["weight_rounding"]))
    states = Rounding.parse(str(place["state_rounding"]))

    def signal(bounds: tuple[float, float], group: str) -> Signal:
        integer, signed = integer_bits(bounds)
        frac = int(place.get(f"{group}_bits", place["state_bits"]))
        return Signal(Format(max(1, integer + frac), frac, signed), states)

    integer, signed = integer_bits(ranges.inhibition)
    plan = Plan(
        {
            "weight": Signal(Format.parse(str(place["weight"])), weights),
            "accumulator": signal(ranges.current, "accumulator"),
            "membrane": signal(ranges.membrane, "membrane"),
            "theta": signal(ranges.theta, "theta"),
            "threshold": signal(ranges.threshold, "threshold"),
            "inhibition": Signal(Format(max(1, integer), 0, signed), Rounding.NEAREST_UP),
        },
        {"leak": parse_leak(str(place["leak"]))},
        accumulate=grid.accumulate,
        integrate=grid.integrate,
        fold=bool(place["fold"]),
        lfsr=Lfsr(seed=grid.seed),
    )
    plan = plan.changed(**choices.at(place))
    name = "-".join([_name(grid, place, plan), *choices.named(place)])
    if place["scheme"] == "ITQ" and learner:
        return Point(name, "ITQ", place, learner.learning_plan(plan))
    return Point(name, "PTQ", place, plan)


def _name(grid: Grid, place: Mapping[str, Value], plan: Plan) -> str:
    """Return a name that no other point of the grid has: what is the same in all is left out, but for the roots."""
    parts = [f"w{_size(plan['weight'])}", _short(plan["weight"].rounding), f"v{_size(plan['membrane'])}"]
    parts.append(_short(plan["membrane"].rounding))
    # the membrane's bits and rounding tell those of all that follows the states', unless they are its own
    if {"membrane_bits", "membrane"} & {*place} and not all({f"{group}_bits", group} & {*place} for group in GROUPS):
        parts.append(f"s{place['state_bits']}")
    if "membrane" in place and not {*GROUPS} <= {*place}:
        parts.append(_short(Rounding.parse(str(place["state_rounding"]))))
    for group, letter in (("accumulator", "a"), ("theta", "t"), ("threshold", "h")):
        if f"{group}_bits" in place:
            parts.append(f"{letter}{place[f'{group}_bits']}")
    if len(grid.leak) > 1:
        parts.append(str(place["leak"]).replace(" ", ""))
    if place["fold"]:
        parts.append("fold")
    if place["scheme"] == "ITQ":
        parts.append("ITQ")
    return "-".join(parts)


def _size(signal: Signal) -> str:
    """Return word length and fractional bits: `1.2` is a bit that stands for 0 or 2**-2, `s4.3` is signed."""
    return f"{'s' if signal.format.signed else ''}{signal.format.word}.{signal.format.frac}"


def _short(rounding: Rounding) -> str:
    return SHORT.get(rounding, rounding.value)


def restrict(points: Sequence[Point[Plan]], fewest: Fewest) -> list[Point[Plan]]:
    """Return the points in which every group has the fewest bits found for its rounding, or up to two more.

    A rounding with which a group never kept to the floor is left out with that group.
    """
    together = [group for group in GROUPS if not {group, f"{group}_bits"} & {*points[0].values}]
    bits = [_bits(point, together) for point in points]
    offered = {axis: {one[axis] for one in bits} for axis in bits[0]}

    def is_significant(point: Point[Plan], fractions: Mapping[tuple[str, ...], int]) -> bool:
        return all(fewest.allows(axis, _rounding(point, axis), frac, offered[axis]) for axis, frac in fractions.items())

    kept = [point for point, fractions in zip(points, bits, strict=True) if is_significant(point, fractions)]
    if not kept:
        raise ConfigError("a grid must have points with the bits that the significance file asks for, not none")
    return kept


def _bits(point: Point[Plan], together: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Return the fractional bits of the weights, of the groups that have them together, and of each other one."""
    weight = Format.parse(str(point.values["weight"])).frac
    found: dict[tuple[str, ...], int] = {("weight",): weight, tuple(together): int(point.values["state_bits"])}
    return found | {(group,): point.plan[group].format.frac for group in GROUPS if group not in together}


def _rounding(point: Point[Plan], groups: Sequence[str]) -> Rounding:
    """Return the rounding of groups that have their bits together."""
    if groups == ("weight",):
        return Rounding.parse(str(point.values["weight_rounding"]))
    for group in groups:
        if group in point.values:  # it has words of its own, and so stands alone
            return point.plan[group].rounding
    return Rounding.parse(str(point.values["state_rounding"]))
