"""A grid of words for a layered network, and a plan for every combination of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from fxsnn.decolle.itq_plan import Lesson, plan_learning
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import DecollePlan, Filters
from fxsnn.decolle.ptq import Words, grids_of, plan_layers
from fxsnn.errors import ConfigError, naming
from fxsnn.exploration.point import MOST_POINTS, Point, Value, distinct
from fxsnn.io.documents import documented, parse_toml
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import SHORT, Rounding

Scheme = Literal["PTQ", "straight-through", "ITQ"]
Bits = int | str  # of all layers, or of each: "8 6 4"
_AXES = ("weight", "state", "weight_rounding", "state_rounding", "filters", "scheme")
_APART = ("synapse", "trace", "refractory")  # states whose bits may differ


class RecordedGrid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The values each property takes; the grid is every combination of them.

    `weight` are bits of a weight, sign included; each layer has the power of two that suits its weights. `state` are
    fractional bits of synaptic states, traces and refractory states; integer bits are those that words can reach.
    `synapse_bits`, `trace_bits` and `refractory_bits` set one of them apart; without, it follows `state`. A number of
    bits is of all layers, a text of such numbers, "8 6 4", of one layer after the other.
    Roundings take any name that `Rounding.parse` knows. `filters` are those of plans. `scheme`: PTQ quantises after
    training; straight-through trains on, in float, through the quantisation; ITQ learns on in integers, where
    `weight_rounding` is what learning does.
    """

    weight: tuple[Bits, ...] = (8, 6, 5, 4, 3)
    state: tuple[Bits, ...] = (6, 4, 2, 1)
    weight_rounding: tuple[str, ...] = ("nearest-even",)
    state_rounding: tuple[str, ...] = ("TR",)
    filters: tuple[Filters, ...] = ("inputs",)
    scheme: tuple[Scheme, ...] = ("PTQ",)
    seed: int = Lfsr().seed
    schema: Literal[1] = 1
    synapse_bits: tuple[Bits, ...] | UnsetType = UNSET  # unset they are not part of what a study is of, as before them
    trace_bits: tuple[Bits, ...] | UnsetType = UNSET
    refractory_bits: tuple[Bits, ...] | UnsetType = UNSET

    def __post_init__(self) -> None:
        for name, values in self.axes.items():
            if not values or len(set(values)) != len(values):
                raise ConfigError(f"{name} must list one or more different values, not {list(values)}")
        if self.points > MOST_POINTS:
            raise ConfigError(f"a grid must have at most {MOST_POINTS:,} points, not {self.points:,}")
        for text in (*self.weight_rounding, *self.state_rounding):
            Rounding.parse(text)
        for name in self.bits:
            for value in self.axes[name]:
                for bits in _each(value, name):
                    Words(**dict[str, Any]({name.removesuffix("_bits"): bits}))
        Lfsr(seed=self.seed)

    @property
    def axes(self) -> dict[str, tuple[Value, ...]]:
        """The properties that the grid sets, in the order in which the points count them, the last fastest."""
        apart = {f"{name}_bits": getattr(self, f"{name}_bits") for name in _APART}
        return {name: getattr(self, name) for name in _AXES} | {k: v for k, v in apart.items() if v is not UNSET}

    @property
    def bits(self) -> list[str]:
        """The axes that are numbers of bits."""
        return [name for name in self.axes if name in ("weight", "state") or name.endswith("_bits")]

    @property
    def points(self) -> int:
        """The number of combinations."""
        return math.prod(len(values) for values in self.axes.values())


def parse_recorded_grid(text: str) -> RecordedGrid:
    """Read a grid from TOML; raises ConfigError naming the key that is wrong."""
    return documented(parse_toml(text, "a grid"), RecordedGrid, "a grid")


def recorded_points(grid: RecordedGrid, network: DecolleNetwork) -> list[Point[DecollePlan]]:
    """Return every point of the grid, in the grid's order.

    Raises
    ------
    ConfigError, FormatError
        A point's formats cannot be, two points are one configuration, as where a rounding has two names, or a network
        cannot learn through a point's quantisation.
    """

    def found() -> Iterator[Point[DecollePlan]]:
        for values in product(*grid.axes.values()):
            place = dict(zip(grid.axes, values, strict=True))
            name = _name(place)
            with naming(name):
                words = _words(place, grid, len(network.description.layer))
                if place["scheme"] == "ITQ":
                    plan = plan_learning(network, words, Lesson(), trained=True)
                else:
                    plan = plan_layers(network, words)
            yield Point(name, str(place["scheme"]), place, plan)

    return listed(found(), network)


def listed(points: Iterable[Point[DecollePlan]], network: DecolleNetwork) -> list[Point[DecollePlan]]:
    """Return points once it is seen that each is another one, and that the network can learn on where it is to.

    Raises
    ------
    ConfigError
        Two points have one name, or the network cannot learn through a point's quantisation.
    """

    def checked(point: Point[DecollePlan]) -> Point[DecollePlan]:
        if point.scheme == "straight-through":
            with naming(point.name):
                grids_of(network, point.plan)
        return point

    return distinct(checked(point) for point in points)


def _words(place: Mapping[str, Any], grid: RecordedGrid, layers: int) -> list[Words]:
    """Return the words of each layer at a point."""
    bits = {name: _each(place[name], name) for name in grid.bits}
    for name, each in bits.items():
        if len(each) not in (1, layers):
            raise ConfigError(f"{name} must be bits of all layers or of each of {layers}, not {place[name]!r}")
    same: dict[str, Any] = {name: Rounding.parse(place[name]).value for name in ("weight_rounding", "state_rounding")}
    same |= {"filters": place["filters"], "seed": grid.seed}
    return [
        Words(**same | {name.removesuffix("_bits"): each[number % len(each)] for name, each in bits.items()})
        for number in range(layers)
    ]


def _each(value: Any, name: str) -> list[int]:
    """Return the numbers of bits that a value of an axis is."""
    found = str(value).split()
    if not found or not all(one.removeprefix("-").isdecimal() and one.isascii() for one in found):
        raise ConfigError(f"{name} must be a number of bits, or one for each layer as '8 6 4', not {value!r}")
    return [int(one) for one in found]


def _name(place: Mapping[str, Any]) -> str:
    def short(name: str) -> str:
        rounding = Rounding.parse(place[name])
        return SHORT.get(rounding, rounding.value)

    def bits(name: str) -> str:
        each = _each(place[name], name)
        return ".".join(map(str, each[:1] if len({*each}) == 1 else each))

    parts = [f"w{bits('weight')}", short("weight_rounding"), f"s{bits('state')}", short("state_rounding")]
    parts += [
        f"{letter}{bits(f'{name}_bits')}" for name, letter in zip(_APART, "qpr", strict=True) if f"{name}_bits" in place
    ]
    if place["filters"] != "inputs":
        parts.append(place["filters"])
    if place["scheme"] != "PTQ":
        parts.append("itq" if place["scheme"] == "ITQ" else "through")
    return "-".join(parts)
