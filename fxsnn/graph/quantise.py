"""A network and a plan make one of raw words, whose every population is proved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError, FxsnnError, naming
from fxsnn.frozen import freeze
from fxsnn.graph.connect import Projection, arrival
from fxsnn.graph.given import Counted, Given, Shape, real
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan, signals_for
from fxsnn.graph.population import INPUT, Population
from fxsnn.number.cast import check_words
from fxsnn.number.format import Format, bits_of
from fxsnn.number.signal import Signal
from fxsnn.program import operations as op
from fxsnn.program.neuron import BIT, Neuron
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program, bind
from fxsnn.program.wires import ANYWHERE, BITS, Arrival, Wire, together


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class QuantisedGraph:
    """A network whose every weight and constant is a raw word of its format. Its arrays cannot be changed.

    weights      by projection, of the shape that it has
    constants    by population and name: one for all neurons, one a channel, or one each
    casts        of what was cast from real numbers, by `owner.name`

    Raises ConfigError, which names it, where a word is none of its format; WidthError where a value could leave int64.
    """

    graph: Graph
    plan: GraphPlan
    weights: Mapping[str, NDArray[np.int64]]
    constants: Mapping[str, Mapping[str, NDArray[np.int64]]]
    casts: Mapping[str, Counted] = field(default_factory=dict)
    signals: Mapping[str, Mapping[str, Signal]] = field(init=False)  # by owner and name
    programs: Mapping[str, Program] = field(init=False)
    formats: Mapping[str, Format] = field(init=False)  # of what populations emit, and of the input

    def __post_init__(self) -> None:
        signals = signals_for(self.graph, self.plan)
        for projection in self.graph.projections:
            if projection.weighed:
                what, shape = f"weights of {projection.name}", weights_of(projection).values.shape
                form = signals[projection.name][projection.signal].format
                check_words(what, _shaped(self.weights.get(projection.name), shape, what), form)
        for one in self.graph.populations:
            for name, signal in one.neuron.constants.items():
                what, shape = f"constant {name} of {one.name}", one.constants[name].values.shape
                form = {**signals[one.name], BIT: BITS}[signal].format
                check_words(what, _shaped(self.constants.get(one.name, {}).get(name), shape, what), form)
        programs, formats = _proved(self.graph, signals, self.plan.lfsr.width)
        object.__setattr__(self, "signals", signals)
        object.__setattr__(self, "programs", programs)
        object.__setattr__(self, "formats", formats)
        freeze(self, copy=True)

    @property
    def words(self) -> dict[str, NDArray[np.int64]]:
        """Raw words of weights and constants by `owner.name`."""
        weights = {f"{one.name}.{one.signal}": self.weights[one.name] for one in self.graph.projections if one.weighed}
        constants = self.constants.items()
        return weights | {f"{owner}.{name}": words for owner, own in constants for name, words in own.items()}

    def each(self, name: str) -> dict[str, int | list[int]]:
        """Return the words of a population's constants: one for all neurons, or one each."""
        one = self.graph[name]
        return {
            constant: int(words) if words.ndim == 0 else one.each(words).tolist()
            for constant, words in self.constants[name].items()
        }

    def frac(self, projection: Projection) -> int:
        """Return the fractional bits of what a projection brings."""
        weight = self.signals[projection.name][projection.signal].format.frac if projection.weighed else 0
        return self.formats[projection.source].frac + projection.halvings + weight


def quantise_graph(graph: Graph, plan: GraphPlan) -> QuantisedGraph:
    """Cast every weight and constant into its format; raw words stay as they are.

    Where a signal rounds by chance, the weights of a projection draw from a register of their own, the first index
    outermost, and so do the numbers of a constant.

    Raises
    ------
    ConfigError
        A signal has no format, or a raw word is none of its format.
    OverflowDetectedError
        A number leaves its format and the overflow mode is `error`.
    WidthError
        A value of a step could leave int64.
    """
    signals, casts = signals_for(graph, plan), dict[str, Counted]()
    weights, constants = dict[str, NDArray[np.int64]](), dict[str, dict[str, NDArray[np.int64]]]()
    for projection in graph.projections:
        if projection.weighed:
            signal, lfsr = signals[projection.name][projection.signal], graph.weight_register(plan.lfsr, projection)
            words, counted = weights_of(projection).words(signal, lfsr, f"weights of {projection.name}")
            weights[projection.name], casts[f"{projection.name}.{projection.signal}"] = words, counted
    for one in graph.populations:
        constants[one.name] = {}
        for name, of in one.neuron.constants.items():
            signal, lfsr = {**signals[one.name], BIT: BITS}[of], graph.constant_register(plan.lfsr, one.name, name)
            words, counted = one.constants[name].words(signal, lfsr, f"constant {name} of {one.name}")
            constants[one.name][name], casts[f"{one.name}.{name}"] = words, counted
    return QuantisedGraph(graph, plan, weights, constants, casts)


def weights_of(projection: Projection) -> Given:
    """Return a projection's weights as they are given; that of an average is one over the cells of its window."""
    return projection.weights or real(1 / math.prod(projection.kernel))


def _shaped(words: NDArray[np.int64] | None, shape: Shape, what: str) -> NDArray[np.int64]:
    if words is None or words.shape != shape:
        raise ConfigError(f"{what} must be int64{list(shape)}, not {'none' if words is None else list(words.shape)}")
    return words


def _proved(
    graph: Graph, signals: Mapping[str, Mapping[str, Signal]], lfsr_width: int
) -> tuple[dict[str, Program], dict[str, Format]]:
    """Return every population under its formats, and the formats of what is emitted."""
    formats, programs = {INPUT: graph.format}, dict[str, Program]()
    for one in graph.populations:
        if form := _declared(one.neuron, one.neuron.output[1], signals[one.name]):
            formats[one.name] = form
    for name in (name for stage in graph.stages for name in stage.populations):
        one = graph[name]
        with naming(f"population {name}"):
            arrivals = {given: _arrival(graph, one, given, formats, signals) for given in one.neuron.inputs}
            programs[name] = bind(
                one.neuron, signals[name], arrivals, one.size, numbers=one.numbers, lfsr_width=lfsr_width
            )
            if name not in formats:
                formats[name] = narrowest(programs[name].wires[one.neuron.output[1]])
    return programs, formats


def _arrival(
    graph: Graph,
    one: Population,
    given: str,
    formats: Mapping[str, Format],
    signals: Mapping[str, Mapping[str, Signal]],
) -> Arrival:
    found = []
    for projection in graph.into(one.name, given):
        if projection.source not in formats:
            raise ConfigError(
                f"what {projection.source} emits on a cycle must be a bit or a word that was cast, "
                f"not {graph[projection.source].neuron.output[0]}, which is exact"
            )
        weight = signals[projection.name][projection.signal].format if projection.weighed else None
        found.append(arrival(projection, weight, formats[projection.source], graph.shape_at(projection.source)))
    return together(found)


def _declared(neuron: Neuron, ref: Ref, signals: Mapping[str, Signal]) -> Format | None:
    """Return the format of a value that is a bit or a word of a signal whatever arrives; none where it is exact."""
    match neuron.operations[ref]:
        case op.State(signal=signal) | op.Constant(signal=signal) | op.Limit(signal=signal):
            return {**signals, BIT: BITS}[signal].format
        case op.Literal(value=0 | 1):
            return BITS.format
        case op.Select(a=a, b=b):
            forms = [_declared(neuron, part, signals) for part in (a, b)]
            kept = [form for part, form in zip((a, b), forms, strict=True) if neuron.operations[part] != op.Literal(0)]
            return kept[0] if kept and kept[0] == kept[-1] else None
        case operation if isinstance(operation, op.BITS):
            return BITS.format
    return None


def format_of(program: Program, ref: Ref) -> Format:
    """Return the format of a value of a step: of its signal, or the narrowest that holds all it can be."""
    return _declared(program.neuron, ref, program.signals) or narrowest(program.wires[ref])


def narrowest(wire: Wire) -> Format:
    """Return the narrowest format that holds a value; raises ConfigError where it has more than 63 bits."""
    try:
        frac = 0 if wire.frac == ANYWHERE else wire.frac
        return Format(max(bits_of(wire.low, wire.high), 1), frac, signed=wire.low < 0)
    except FxsnnError as error:
        raise ConfigError(f"what is emitted or kept as a node must fit a word: {error}") from None
