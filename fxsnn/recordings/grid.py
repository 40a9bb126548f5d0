"""A grid of words for a layered network, and a plan for every combination of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, ClassVar, Literal

from msgspec import UNSET, UnsetType

from fxsnn.decolle.itq_plan import Lesson, plan_learning
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import DecollePlan, Filters, LayerPlan
from fxsnn.decolle.ptq import Words, grids_of, plan_layers
from fxsnn.errors import ConfigError, naming
from fxsnn.exploration.point import Point, Value, distinct
from fxsnn.exploration.worded import WordedGrid
from fxsnn.io.documents import documented, parse_toml
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import SHORT, Rounding
from fxsnn.number.signal import Leak, Signal

Scheme = Literal["PTQ", "straight-through", "ITQ"]
Bits = int | str  # of all layers, or of each: "8 6 4"
_AXES = ("weight", "state", "weight_rounding", "state_rounding", "filters", "scheme")
_APART = ("synapse", "trace", "refractory")  # states whose bits may differ


class RecordedGrid(WordedGrid, frozen=True, forbid_unknown_fields=True):
    """The values each property takes; the grid is every combination of them.

    `weight` are bits of a weight, sign included; each layer has the power of two that suits its weights. `state` are
    fractional bits of synaptic states, traces and refractory states; integer bits are those that words can reach.
    `synapse_bits`, `trace_bits` and `refractory_bits` set one of them apart; without, it follows `state`. A number of
    bits is of all layers, a text of such numbers, "8 6 4", of one layer after the other.
    Roundings take any name that `Rounding.parse` knows. `filters` are those of plans. `scheme`: PTQ quantises after
    training; straight-through trains on, in float, through the quantisation; ITQ learns on in integers, where
    `weight_rounding` is what learning does. The table `signal` lists words of signals and leaks in place of all that,
    of every layer (`bias`) or of one (`layer_1.bias`).
    """

    PLAN: ClassVar = LayerPlan
    BESIDE: ClassVar = frozenset(("weight",))
    OWNED: ClassVar = True

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
        self.check_apart(_APART)
        self.check_points()
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
        return {name: getattr(self, name) for name in (*_AXES, *self._apart)} | self.words

    @property
    def bits(self) -> list[str]:
        """The axes that are numbers of bits."""
        return ["weight", "state", *self._apart]

    @property
    def _apart(self) -> list[str]:
        return [name for name in (f"{state}_bits" for state in _APART) if getattr(self, name) is not UNSET]


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
        axes, choices = grid.axes, grid.choices()
        for values in product(*axes.values()):
            place = dict(zip(axes, values, strict=True))
            name = "-".join([_name(place), *choices.named(place)])
            with naming(name):
                words = _words(place, grid, len(network.description.layer))
                if place["scheme"] == "ITQ":
                    plan = plan_learning(network, words, Lesson(), trained=True)
                else:
                    plan = plan_layers(network, words)
                plan = _worded(plan, choices.at(place))
            yield Point(name, str(place["scheme"]), place, plan)

    return listed(found(), network, bool(grid.words))


def listed(
    points: Iterable[Point[DecollePlan]], network: DecolleNetwork, plans: bool = False
) -> list[Point[DecollePlan]]:
    """Return points once it is seen that each is another one, and that the network can learn on where it is to.

    plans    as for `distinct`

    Raises
    ------
    ConfigError
        Two points are one, or the network cannot learn through a point's quantisation.
    """

    def checked(point: Point[DecollePlan]) -> Point[DecollePlan]:
        if point.scheme == "straight-through":
            with naming(point.name):
                grids_of(network, point.plan)
        return point

    return distinct(map(checked, points), plans)


def _worded(plan: DecollePlan, words: Mapping[str, Signal | Leak]) -> DecollePlan:
    """Return the plan with words of every layer, `bias`, and of one, `layer_1.bias`."""
    layers = {f"layer_{number}": layer for number, layer in enumerate(plan.layers)}
    for name, word in sorted(words.items(), key=lambda one: "." in one[0]):
        owner, _, own = name.rpartition(".")
        if owner and owner not in layers:
            raise ConfigError(f"a signal must be of one of {', '.join(layers)}, not {name!r}")
        layers |= {one: layer.changed(**{own: word}) for one, layer in layers.items() if owner in ("", one)}
    return replace(plan, layers=tuple(layers.values()))


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
