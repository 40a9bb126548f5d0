"""A grid of words for a layered network, and a plan for every combination of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any, Literal

import msgspec

from fxsnn.decolle.itq_plan import Lesson, plan_learning
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import DecollePlan, Filters
from fxsnn.decolle.ptq import Words, grids_of, plan_layers
from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.exploration.point import MOST_POINTS, Point, Value
from fxsnn.io.documents import documented, parse_toml
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import SHORT, Rounding

Scheme = Literal["PTQ", "straight-through", "ITQ"]
_AXES = ("weight", "state", "weight_rounding", "state_rounding", "filters", "scheme")


class RecordedGrid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The values each property takes; the grid is every combination of them.

    `weight` are bits of a weight, sign included; each layer has the power of two that suits its weights. `state` are
    fractional bits of synaptic states, traces and refractory states; integer bits are those that words can reach.
    Roundings take any name that `Rounding.parse` knows. `filters` are those of plans. `scheme`: PTQ quantises after
    training; straight-through trains on, in float, through the quantisation; ITQ learns on in integers, where
    `weight_rounding` is what learning does.
    """

    weight: tuple[int, ...] = (8, 6, 5, 4, 3)
    state: tuple[int, ...] = (6, 4, 2, 1)
    weight_rounding: tuple[str, ...] = ("nearest-even",)
    state_rounding: tuple[str, ...] = ("TR",)
    filters: tuple[Filters, ...] = ("inputs",)
    scheme: tuple[Scheme, ...] = ("PTQ",)
    seed: int = Lfsr().seed
    schema: Literal[1] = 1

    def __post_init__(self) -> None:
        for name, values in self.axes.items():
            if not values or len(set(values)) != len(values):
                raise ConfigError(f"{name} must list one or more different values, not {list(values)}")
        if self.points > MOST_POINTS:
            raise ConfigError(f"a grid must have at most {MOST_POINTS:,} points, not {self.points:,}")
        for text in (*self.weight_rounding, *self.state_rounding):
            Rounding.parse(text)
        for weight, state in product(self.weight, self.state):
            Words(weight, state)
        Lfsr(seed=self.seed)

    @property
    def axes(self) -> dict[str, tuple[Value, ...]]:
        """The properties that the grid sets, in the order in which the points count them, the last fastest."""
        return {name: getattr(self, name) for name in _AXES}

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
            name, words = _named(place, grid.seed)
            try:
                if place["scheme"] == "ITQ":
                    plan = plan_learning(network, words, Lesson(), trained=True)
                else:
                    plan = plan_layers(network, words)
            except FxsnnError as error:
                raise type(error)(f"{name}: {error}") from None
            yield Point(name, str(place["scheme"]), place, plan)

    return listed(found(), network)


def listed(points: Iterable[Point[DecollePlan]], network: DecolleNetwork) -> list[Point[DecollePlan]]:
    """Return points once it is seen that each is another one, and that the network can learn on where it is to.

    Raises
    ------
    ConfigError
        Two points have one name, or the network cannot learn through a point's quantisation.
    """
    found = dict[str, Point[DecollePlan]]()
    for point in points:
        if point.scheme == "straight-through":
            try:
                grids_of(network, point.plan)
            except FxsnnError as error:
                raise type(error)(f"{point.name}: {error}") from None
        if point.name in found:
            raise ConfigError(f"each point of a grid must be another configuration, but {point.name} comes twice")
        found[point.name] = point
    return list(found.values())


def _named(place: Mapping[str, Any], seed: int) -> tuple[str, Words]:
    roundings = [Rounding.parse(place[name]) for name in ("weight_rounding", "state_rounding")]
    weights, states = (rounding.value for rounding in roundings)
    words = Words(place["weight"], place["state"], weights, states, place["filters"], seed)
    short = [SHORT.get(rounding, rounding.value) for rounding in roundings]
    parts = [f"w{words.weight}", short[0], f"s{words.state}", short[1]]
    if words.filters != "inputs":
        parts.append(words.filters)
    if place["scheme"] != "PTQ":
        parts.append("itq" if place["scheme"] == "ITQ" else "through")
    return "-".join(parts), words
