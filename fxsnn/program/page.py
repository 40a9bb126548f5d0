"""A neuron's step under formats, for people: each line, how wide it is, what its cast drops, what can overflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial

from fxsnn.errors import many
from fxsnn.number.modes import Rounding
from fxsnn.program import operations as op
from fxsnn.program.interpret import Run, Step
from fxsnn.program.mutation import Labels
from fxsnn.program.neuron import BIT, Cast
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program
from fxsnn.program.wires import ANYWHERE, Range, Wire, width_of

Constants = Mapping[str, int | Sequence[int]]


def page(program: Program, constants: Constants) -> list[str]:
    """Return the lines of a page on a neuron under formats.

    constants    words of the neuron's constants, one for all neurons or one each
    """
    neuron = program.neuron
    known = program.knowing({name: _ends(constants[name]) for name in neuron.constants if name in constants})
    lines = [f"{neuron.file}, {many(program.neurons, 'neuron')}"]
    numbers = {name: program.numbers[name] for name in neuron.numbers}
    lines += [f"      {name}: {setting}" for name, setting in (neuron.choices | numbers).items()]
    for name in neuron.inputs:
        lines.append(f"      {name}: {program.arrivals[name].about}; {_exactly(program.arrivals[name].total)}")
    for name, (signal, _) in neuron.states.items():
        lines.append(f"      state {name}: {program.signals[signal].format.describe()}")
    for name, signal in neuron.constants.items():
        form = program.signals[signal].format
        ends = dict.fromkeys(_real(word, form.frac) for word in _ends(constants[name]))
        lines.append(f"      constant {name}: {form.describe()}, {' to '.join(ends)}")
    fixed = truths(known)
    for number, statement in enumerate(neuron.statements):
        lines += _statement(known, number, fixed)
        if statement.name == neuron.output[0]:
            lines += [f"      {line}" for line in _firing(program, constants)]
    return [*lines, *(f"      {line}" for line in dead_zones(program, constants))]


def _statement(program: Program, number: int, fixed: Mapping[Ref, bool]) -> Iterator[str]:
    """Yield what there is to say of a statement."""
    neuron, statement = program.neuron, program.neuron.statements[number]
    if statement.name == "if":
        yield f"{statement.line:>4}  if {statement.source}"
    else:
        signal = f": {statement.signal}" if statement.signal else ""
        yield f"{statement.line:>4}  {statement.name}{signal} = {statement.source}"
    refs = [ref for ref, owner in enumerate(neuron.owners) if owner == number]
    for cast in neuron.casts:
        if cast.round in refs:
            yield f"      {_cast(program, cast)}"
    wire = program.wires[statement.value]
    if not statement.signal and wire != (0, 1, 0):
        yield f"      {_exactly(wire)}"
    for ref in refs:
        compared = neuron.operations[ref]
        if isinstance(compared, op.Compare) and ref in fixed:
            a, b = (neuron.called(part) or Labels(neuron).of(part) for part in (compared.a, compared.b))
            yield f"      {a} {compared.relation} {b} is {'always' if fixed[ref] else 'never'} true"


def _cast(program: Program, cast: Cast) -> str:
    """Return what a cast does."""
    into, exact = program.signals[cast.signal], program.wires[program.neuron.rounding(cast).a]
    site = program.site(cast)
    drops = f"drops {many(site.right, 'bit')} ({into.rounding})" if site.right else "drops nothing"
    if site.draw_bits:
        drops += f" by draws of {site.draw_bits} bits from register {cast.stream}"
    overflow = f"can overflow ({into.overflow})" if overflows(program, cast) else "cannot overflow"
    return f"{_exactly(exact)} -> {into.format.describe()}: {drops}, {overflow}"


def overflows(program: Program, cast: Cast) -> bool:
    """Say whether a cast can meet a value outside of its word, by the bounds."""
    rounded, site = program.wires[cast.round], program.site(cast)
    return rounded.low < site.lowest or rounded.high > site.highest


def _exactly(wire: Wire) -> str:
    """Return how wide a value is, and from what to what it goes."""
    frac = 0 if wire.frac == ANYWHERE else wire.frac
    return f"exactly {width_of(wire)}, {_real(wire.low, frac)} to {_real(wire.high, frac)}"


def _real(raw: int, frac: int) -> str:
    return f"{float(Fraction(raw) / Fraction(2) ** frac):g}"


def truths(program: Program) -> dict[Ref, bool]:
    """Return which bits are the same whatever comes, and what they are."""
    found: dict[Ref, bool] = {}
    for ref, operation in enumerate(program.neuron.operations):
        match operation:
            case op.Compare(relation=relation, a=a, b=b):
                x, y = program.wires[a], program.wires[b]
                frac = max(x.frac, y.frac)
                ends = [(wire.low << frac - wire.frac, wire.high << frac - wire.frac) for wire in (x, y)]
                ways = {bool(op.RELATIONS[relation](one, other)) for one in ends[0] for other in ends[1]}
                if relation in ("==", "!=") and max(low for low, _ in ends) <= min(high for _, high in ends):
                    ways.add(relation == "==")  # between their ends they may be equal
                if len(ways) == 1:
                    found[ref] = ways.pop()
            case op.Literal(value=0 | 1 as value):
                found[ref] = bool(value)
            case op.Not(a=a) if a in found:
                found[ref] = not found[a]
            case op.Both(a=a, b=b) | op.Either(a=a, b=b):
                decides, parts = isinstance(operation, op.Either), (found.get(a), found.get(b))
                if decides in parts:
                    found[ref] = decides
                elif None not in parts:
                    found[ref] = not decides
            case op.Select(a=a, b=b) if a in found and found.get(b) is found[a]:
                found[ref] = found[a]
            case op.First(a=a) | op.Largest(a=a) | op.Any(a=a) if found.get(a) is False:
                found[ref] = False
    return found


def _firing(program: Program, constants: Constants) -> list[str]:
    """Tell of neurons whose output never is 1, each with its own constants."""
    neuron = program.neuron
    one = {name: _ends(constants[name]) for name in neuron.constants if isinstance(constants.get(name), int)}
    rows = {name: constants[name] for name in neuron.constants if name in constants and name not in one}
    each: dict[tuple[int, ...], int] = {}
    for words in zip(*rows.values(), strict=True):
        each[words] = each.get(words, 0) + 1
    silent = 0
    for words, count in (each or {(): program.neurons}).items():
        own = {name: (word, word) for name, word in zip(rows, words, strict=True)}
        silent += count * (truths(program.knowing(one | own)).get(neuron.output[1]) is False)
    if silent == 0:
        return []
    who = "no neuron can" if silent == program.neurons else f"{silent:,} of {program.neurons:,} neurons cannot"
    return [f"{who} fire at this precision"]


def dead_zones(program: Program, constants: Constants) -> list[str]:
    """Return at which words states stop to leak, and of those that do not leak, when nothing arrives."""
    neuron, found = program.neuron, []
    ways = _ways(program)  # no word stays for ever where a draw decides
    for name, (signal, _) in neuron.states.items():
        form = program.signals[signal].format
        if signal == BIT or not _stays(ways, constants, name, 0):
            continue
        above = _last(partial(_stays, ways, constants, name), form.highest)
        below = _last(lambda word, name=name: _stays(ways, constants, name, -word), -form.lowest)  # type: ignore[misc]
        if above == form.highest or _emits(ways[0], constants, name, above + 1):
            found.append(f"{name} does not leak")
            continue
        ends = [end for end in (above, -below) if end]
        if ends:
            words = " and at ".join(f"{end} ({_real(end, form.frac)})" for end in ends)
            found.append(f"{name} stops to leak at {words}")
    return found


def _ways(program: Program) -> list[Program]:
    """Return the same with the words that the least draws leave, and the greatest, where casts draw."""
    drawn = {name: signal for name, signal in program.signals.items() if signal.rounding is Rounding.STOCHASTIC}
    ways = (Rounding.FLOOR, Rounding.CEIL) if drawn else ()
    changed = ({name: replace(signal, rounding=way) for name, signal in drawn.items()} for way in ways)
    return [replace(program, signals={**program.signals, **one}) for one in changed] or [program]


def _stays(ways: Sequence[Program], constants: Constants, name: str, word: int) -> bool:
    """Say whether a state that holds a word, all others at rest, holds it after a step in which nothing arrives."""
    return all(_quiet(program, constants, name, word).states[name] == [word] for program in ways)


def _emits(program: Program, constants: Constants, name: str, word: int) -> bool:
    """Say whether a neuron that emits bits does so from a word of one of its states, when nothing arrives."""
    output = program.wires[program.neuron.output[1]]
    return (output.low, output.high) == (0, 1) and _quiet(program, constants, name, word).emitted == [1]


def _quiet(program: Program, constants: Constants, name: str, word: int) -> Step:
    """Do a step of one neuron in which nothing arrives; of constants that neurons have each the largest is taken."""
    own = {known: max(_ends(words)) for known, words in constants.items()}
    return Run(program, own, 1, states={name: [word]}).step(dict.fromkeys(program.neuron.inputs, ()))


def _last(holds: Callable[[int], bool], most: int) -> int:
    """Return the greatest of 0 to `most` up to which a condition holds, which holds no more from where it fails."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def _ends(words: int | Sequence[int]) -> Range:
    return (words, words) if isinstance(words, int) else (min(words), max(words))
