"""What of a neuron's step matters: values on which its answer depends, and words that are not always 0.

What follows here holds for all words of the formats; of constants no more is known than whether they are 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from fxsnn.program import operations as op
from fxsnn.program.neuron import Neuron
from fxsnn.program.operations import Ref, operands
from fxsnn.program.page import truths
from fxsnn.program.passes import passes
from fxsnn.program.program import Program

_EXACT = op.Add | op.Subtract | op.Multiply | op.ShiftLeft | op.ShiftRight | op.Minimum | op.Maximum | op.Absolute


@dataclass(frozen=True, slots=True)
class Live:
    """What matters of a step."""

    program: Program  # in which states that stay 0 are 0
    refs: frozenset[Ref]  # values on which what is asked for depends
    loops: Mapping[Ref, int]  # the pass over the population in which each is made
    reads: Mapping[Ref, int]  # in which each is read last


def live(program: Program, zeros: Iterable[str], roots: Iterable[Ref], begun: Iterable[str] = ()) -> Live:
    """Return on what values depend.

    zeros    constants whose every word is 0
    roots    what is asked for: what is emitted where anybody takes it, and a node that is read
    begun    states that begin with given words, which may be others than 0
    """
    none = dict.fromkeys(zeros, (0, 0))
    rest = program.neuron.states.keys() - set(begun)
    while True:  # at first all others are taken to stay 0, then those that do are
        known = _resting(program, rest).knowing(none)
        never = frozenset(ref for ref, truth in truths(known).items() if not truth)
        nothing = _nothing(known, never)
        moved = {name for name in rest if program.neuron.states[name][1] not in nothing}
        if not moved:
            break
        rest -= moved
    refs, left = set[Ref](), list(roots)
    while left:
        ref = left.pop()
        constant = isinstance(known.neuron.operations[ref], op.Constant)  # is stored, be it 0
        if ref in refs or (ref in nothing and not constant):
            continue
        refs.add(ref)
        left += _needs(known.neuron, ref, never)
    return Live(known, frozenset(refs), *_loops(program, known.neuron, refs))


def everything(program: Program) -> Live:
    """Return the same where all matters, as it does to who looks at every value."""
    refs = frozenset(range(len(program.neuron.operations)))
    return Live(program, refs, *_loops(program, program.neuron, refs))


def _resting(program: Program, names: Iterable[str]) -> Program:
    """Return the same with 0 in the place of some states."""
    neuron, rest = program.neuron, set(names)
    zero = op.Literal(0)
    changed = tuple(zero if isinstance(one, op.State) and one.name in rest else one for one in neuron.operations)
    return replace(program, neuron=replace(neuron, operations=changed))


def _nothing(program: Program, never: frozenset[Ref]) -> frozenset[Ref]:
    """Return which values are always 0; an operation on a constant is done, whatever that is."""
    neuron, found, computed = program.neuron, set(never), set(never)
    for ref, operation in enumerate(neuron.operations):
        match operation:
            case op.Round(a=a) | op.Limit(a=a):
                always = a in found
            case op.Multiply(a=a, b=b):
                always = a in computed or b in computed
            case op.Select(condition=condition, a=a, b=b):
                always = b in found and (a in found or condition in never)
            case op.Add(a=a, b=b) | op.Subtract(a=a, b=b):
                always = a in computed and b in computed
            case op.ShiftLeft(a=a) | op.ShiftRight(a=a) | op.Absolute(a=a):
                always = a in computed
            case _:
                always = program.wires[ref][:2] == (0, 0)
        if always:
            found.add(ref)
            if not isinstance(operation, op.Constant):
                computed.add(ref)
    return frozenset(found)


def _needs(neuron: Neuron, ref: Ref, never: frozenset[Ref]) -> Iterable[Ref]:
    """Yield on what a value depends at once: a state on its word at the end of the step."""
    operation = neuron.operations[ref]
    match operation:
        case op.State(name=name):
            return [neuron.states[name][1]]
        case op.Select(condition=condition, b=b) if condition in never:
            return [b]
        case op.Done(carry=carry, result=result):
            return [carry, result]
    return [part for _, part in operands(operation)]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What outlives a pass over the population."""

    passes: Mapping[Ref, range]  # the values of a neuron that wait, and the passes before which they do
    until: Mapping[Ref, int]  # the last pass in which a value is read, be it that it is only made again of others


def waiting(found: Live) -> Waiting:
    """Return which values of a neuron wait while the whole population is compared.

    They are read in a later pass, or are a state's next word while that of the step before is still read.
    """
    neuron, until = found.program.neuron, dict(found.reads)
    one = set[Ref]()  # for all neurons, or a constant: what is made of such alone is made when it is read
    for ref, operation in enumerate(neuron.operations):
        fixed = isinstance(operation, (op.Constant, op.Number, op.Literal, *op.REDUCTIONS))
        if fixed or (not isinstance(operation, op.LEAVES) and one.issuperset(part for _, part in operands(operation))):
            one.add(ref)
    waits, before = dict[Ref, range](), dict[Ref, int]()
    while until != before:  # what a state becomes waits until the state is read no more
        before = dict(until)
        for ref in found.refs:
            if isinstance(operation := neuron.operations[ref], op.State):
                final = neuron.states[operation.name][1]
                until[final] = max(until.get(final, 0), until.get(ref, 0))
        for ref, loop in sorted(found.loops.items(), reverse=True):
            operation = neuron.operations[ref]
            if ref in one or isinstance(operation, (*op.LEAVES, op.Done)) or until.get(ref, 0) <= loop:
                continue  # what active inputs leave stays where it is
            parts = [part for _, part in operands(operation) if part not in one]
            if len(parts) == 1 and isinstance(operation, _EXACT):  # of one word that waits: made when it is read
                until[parts[0]] = max(until.get(parts[0], 0), until[ref])
            else:
                waits[ref] = range(loop + 1, until[ref] + 1)
    return Waiting(waits, until)


def _loops(program: Program, neuron: Neuron, refs: Iterable[Ref]) -> tuple[dict[Ref, int], dict[Ref, int]]:
    """Return in which pass over the population each value is made, and in which it is read last."""
    order, read = passes(program).made, dict[Ref, int]()
    for ref in sorted(refs):
        operation = neuron.operations[ref]
        here = order[ref] - isinstance(operation, op.REDUCTIONS)
        read |= {part: max(read.get(part, 0), here) for _, part in operands(operation)}
    return {ref: order[ref] for ref in refs}, read
