"""What is plausibly otherwise in somebody's network of populations: its steps, its words, and when they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fxsnn.errors import FxsnnError
from fxsnn.golden.populations_mutant import Mutant, NetworkChange, changed
from fxsnn.golden.populations_play import Theatre
from fxsnn.golden.populations_target import fitted
from fxsnn.graph.connect import Projection
from fxsnn.graph.engine import drawing
from fxsnn.graph.population import Population
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.program import operations as op
from fxsnn.program.build import build
from fxsnn.program.mutate import mutations
from fxsnn.program.neuron import BIT, Neuron
from fxsnn.program.program import Program, bind
from fxsnn.program.variant import Ints, Make, variant


@dataclass(frozen=True, slots=True)
class NetworkMutation:
    """A change of a network; see `Mutation`."""

    name: str
    detail: str
    population: str
    apply: NetworkChange
    alone: bool = False  # it takes the place of the whole step, or is a part of another one, and goes with no other
    whole: str = ""  # the name of the change of which it is a part


def network_mutations(theatre: Theatre, names: Sequence[str]) -> Iterator[NetworkMutation]:
    """Yield every change that is tried of some populations, and of what they are brought, the likeliest first."""
    network = theatre.network
    for name in names:
        called = theatre.called(name)
        for title, apply in _choices(network, name):
            yield NetworkMutation(called + title, "", name, apply, alone=True)
        for one in mutations(network.programs[name], theatre.seen[name]):
            whole = one.whole and called + one.whole
            apply = changed("variants", name, one.apply)
            yield NetworkMutation(called + one.name, one.detail, name, apply, bool(whole), whole)
        for title, apply in (
            *_constants(theatre, name),
            *_registers(theatre, name),
            *_lasting(theatre, name),
            *_initial(theatre, name),
        ):
            yield NetworkMutation(called + title, "", name, apply)
    for projection in network.graph.projections:
        if projection.target in names:
            for title, apply in _brought(theatre, projection):
                yield NetworkMutation(f"{projection.name}: {title}", "", projection.target, apply)


Changes = Iterator[tuple[str, NetworkChange]]


def _choices(network: QuantisedGraph, name: str) -> Changes:
    """Yield each choice that the text allows and the network does not take, where nothing else must be known for it."""
    one = network.graph[name]
    for choice, options in one.text.choices.items():
        own = one.choices[choice]
        for option in options:
            program = None if option == own else _program(network, one, {**one.choices, choice: option})
            if program is not None:
                yield f"{choice} = {option} instead of {own}", _chosen(network, name, program)


def _program(network: QuantisedGraph, one: Population, choices: dict[str, str]) -> Program | None:
    """Return the text under choices, with the population's formats; None where they lack something."""
    own, signals = network.programs[one.name], network.signals[one.name]
    try:
        neuron = build(one.text, choices)
        known = {**{name: signal for name, signal in own.signals.items() if name != BIT}, **signals}
        given: tuple[Iterable[str], ...] = (known, one.neuron.constants, one.numbers, neuron.names)
        wanted: tuple[Iterable[str], ...] = (neuron.signals, neuron.constants, neuron.numbers, one.neuron.nodes)
        if any(not set(need) <= set(have) for need, have in zip(wanted, given, strict=True)):
            return None
        return bind(neuron, known, own.arrivals, one.size, numbers=one.numbers, lfsr_width=own.lfsr_width)
    except FxsnnError:
        return None


def _chosen(network: QuantisedGraph, name: str, program: Program) -> NetworkChange:
    streams = [cast.stream for cast in program.neuron.casts if cast.stream is not None]
    drawing = {stream: network.graph.register(network.plan.lfsr, name, stream) for stream in streams}

    def apply(mutant: Mutant) -> Mutant:
        registers = {**mutant.registers, name: {**drawing, **mutant.registers[name]}}
        return changed("variants", name, lambda _: variant(program))(replace(mutant, registers=registers))

    return apply


def _constants(theatre: Theatre, name: str) -> Changes:
    """Yield words of constants that are others: a neighbour's, shifted, read as unsigned, one more or less."""
    network = theatre.network
    neuron = network.graph[name].neuron
    for constant, signal in neuron.constants.items():
        form = network.programs[name].signals[signal].format
        words = theatre.base.constants[name][constant]
        line = line_of(neuron, constant)
        for kind, make in (*_neighbours(words, "neuron"), *_others(form)):
            if not np.array_equal(make(words), words):
                yield f"line {line}, {constant}: {kind}", with_constant(name, constant, make)


def line_of(neuron: Neuron, constant: str) -> int:
    """Return the line in which a constant is read first."""
    found = (ref for ref, one in enumerate(neuron.operations) if isinstance(one, op.Constant) and one.name == constant)
    return neuron.line(next(found))


def with_constant(name: str, constant: str, make: Make) -> NetworkChange:
    """Return the change that makes other words of a population's constant."""
    return changed("constants", name, lambda own: {**own, constant: make(own[constant])})


def _neighbours(words: Ints, whose: str, axis: int = 0) -> Iterator[tuple[str, Make]]:
    if words.ndim <= axis or words.shape[axis] < 2:
        return
    last = words.shape[axis] - 1
    yield from (
        (f"that of the next {whose} instead of its own", lambda x: np.roll(x, -1, axis)),
        (f"that of the {whose} before instead of its own", lambda x: np.roll(x, 1, axis)),
        (
            f"that of the next {whose}, only the last has its own",
            lambda x: np.take(x, [*range(1, last + 1), last], axis),
        ),
        (f"that of the {whose} before, only the first has its own", lambda x: np.take(x, [0, *range(last)], axis)),
        (f"{whose}s in reverse order", lambda x: np.flip(x, axis)),
        (f"that of {whose} 0 for all", lambda x: np.take(x, [0] * (last + 1), axis)),
        (f"that of the last {whose} for all", lambda x: np.take(x, [last] * (last + 1), axis)),
    )


def _others(form: Format) -> Iterator[tuple[str, Make]]:
    mask = (1 << form.word) - 1
    yield "one more", lambda x: fitted(x + 1, form)
    yield "one less", lambda x: fitted(x - 1, form)
    yield "halved: a slice one bit too high", lambda x: x >> 1
    yield "doubled: a slice one bit too low", lambda x: fitted(x << 1, form)
    yield "doubled, in one bit more", lambda x: x << 1
    yield "its uppermost bit is lost", lambda x: x & (mask >> 1)
    yield "taken as 0", lambda x: x * 0
    if form.signed:
        yield "its sign is inverted", lambda x: -x
        yield "read as unsigned", lambda x: x & mask
    else:
        yield "read as signed", lambda x: np.where(x > mask >> 1, x - mask - 1, x)


def _registers(theatre: Theatre, name: str) -> Changes:
    """Yield casts that draw from another register, or from their own a shift or a draw earlier or later."""
    own, program = theatre.base.registers[name], theatre.network.programs[name]
    neuron = program.neuron
    for stream, cast in drawing(program).items():
        where = f"line {neuron.line(cast.round)}, {cast.name}"
        for other, register in own.items():
            if other != stream:
                yield f"{where}: draws from register {other} instead of {stream}", _register(name, stream, register)
        first = own[stream]
        bits = min(program.site(cast).right, program.lfsr_width)
        for shifts, offset in (
            (1, "a shift ahead"),
            (bits, "a draw ahead"),
            (-1, "a shift behind"),
            (-bits, "a draw behind"),
        ):
            yield f"{where}: its register is {offset}", _register(name, stream, first.shifted(shifts))


def _register(name: str, stream: int, register: Lfsr) -> NetworkChange:
    return changed("registers", name, lambda own: {**own, stream: register})


def _lasting(theatre: Theatre, name: str) -> Changes:
    """Yield states and registers that the begin of a presentation does not reset."""
    if len(theatre.emitted["input"]) < 2:
        return
    states = list(theatre.base.variants[name].states)
    kept = [[one] for one in states] + ([states] if len(states) > 1 else [])
    if drawing(theatre.network.programs[name]):
        kept.append(["lfsr"])
    for some in kept:
        called = "registers that draw" if some == ["lfsr"] else ", ".join(some)
        full = frozenset(f"{name}.{one}" for one in some)
        yield f"{called} not reset where a presentation begins", _kept(full)


def _initial(theatre: Theatre, name: str) -> Changes:
    """Yield words that are otherwise among those with which states begin."""
    for state, words in theatre.start.items():
        population, _, called = state.partition(".")
        if population != name:
            continue
        kinds: list[tuple[str, Make]] = [("taken as 0", lambda x: x * 0)]
        kinds += [*_neighbours(words, "neuron", 1), *_neighbours(words, "input", 0)]
        for kind, make in kinds:
            if not np.array_equal(make(words), words):
                yield f"words that {called} begins with: {kind}", changed("start", state, make)


def _brought(theatre: Theatre, one: Projection) -> Changes:
    """Yield what is otherwise about a projection: its words, their order, its delay."""
    network = theatre.network
    if one.weighed:
        words, form = network.weights[one.name], network.signals[one.name][one.signal].format
        kinds: list[tuple[str, Make]] = [*_others(form)]
        if one.kind == "dense":
            kinds += [*_neighbours(words, "neuron", 1), *_neighbours(words, "input", 0)]
            sources, targets = words.shape
            kinds.append(("rows and columns exchanged", lambda x: x.reshape(targets, sources).T.copy()))
            kinds += _left_out("input", 0, sources)
        elif one.kind == "conv":
            kinds += [
                ("kernel mirrored", lambda x: x[::-1, ::-1]),
                ("kernel upside down", lambda x: x[::-1]),
                ("kernel left to right", lambda x: x[:, ::-1]),
                ("input channels in reverse order", lambda x: x[:, :, ::-1]),
                ("output channels in reverse order", lambda x: x[..., ::-1]),
            ]
            for axis, whose in enumerate(("kernel row", "kernel column", "input channel")):
                kinds += _left_out(whose, axis, words.shape[axis])
            if one.kernel[0] == one.kernel[1]:
                kinds.append(("kernel's rows and columns exchanged", lambda x: x.transpose(1, 0, 2, 3)))
        else:
            kinds += [*_neighbours(words, "neuron")]
        for kind, make in kinds:
            changed = np.ascontiguousarray(make(words))
            if not np.array_equal(changed, words):
                yield f"weights {kind}", _weights(one.name, make)
    for delay in (one.delay + 1, one.delay - 1):
        looped = delay == 0 and one.source != "input" and _cyclic(network, one)
        if delay >= 0 and not looped:
            when = "a step late" if delay > one.delay else "a step early"
            yield f"what it brings comes {when}", _delayed(one.name, delay)
    yield "it brings nothing", _delayed(one.name, 1 << 20)
    stale = "what came a step before is taken again where nothing comes"
    yield stale, lambda mutant: replace(mutant, stale=mutant.stale | {one.name})


def _left_out(whose: str, axis: int, count: int) -> Iterator[tuple[str, Make]]:
    """Yield words of which the last or the first of several is skipped, by a loop that ends early or begins late."""
    for place, which in ((count - 1, "last"), (0, "first")) if count > 1 else ():
        there = np.arange(count) != place
        yield (
            f"of {whose} {place}, the {which}, left out",
            lambda x, there=there: np.moveaxis(np.moveaxis(x, axis, -1) * there, -1, axis),  # type: ignore[misc]
        )


def _weights(name: str, make: Make) -> NetworkChange:
    return changed("weights", name, lambda words: np.ascontiguousarray(make(words)))


def _delayed(name: str, delay: int) -> NetworkChange:
    return changed("delays", name, lambda _: delay)


def _kept(names: frozenset[str]) -> NetworkChange:
    return lambda mutant: replace(mutant, lasting=mutant.lasting | names)


def _cyclic(network: QuantisedGraph, one: Projection) -> bool:
    stage = next(stage for stage in network.graph.stages if one.target in stage.populations)
    return one.source in stage.populations


def merged(found: Mapping[str, list[str]]) -> list[str]:
    """Return names with the details in which they differ."""
    return [name.replace("{}", ", ".join(dict.fromkeys(details))) for name, details in found.items()]
