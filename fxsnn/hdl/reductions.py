"""Reductions over the population in hardware: a register or two that a pass fills, neuron by neuron."""

from __future__ import annotations

from fxsnn.graph.inventory import largest_word
from fxsnn.hdl.neuron import Datapath
from fxsnn.hdl.words import Names, as_value, is_bit, vector, width
from fxsnn.program import operations as op
from fxsnn.program.operations import Ref


def reduction(datapath: Datapath, names: Names, ref: Ref, passing: str, winners: dict[Ref, str]) -> list[str]:
    """Return the lines of a reduction.

    passing    when the pass after which it is complete does a neuron
    winners    of those before: what says that there is a first or largest one; this one is added
    """
    operation, name, wire = datapath.program.neuron.operations[ref], datapath.naming.of[ref], datapath.wire(ref)
    bit, value = datapath.looked[ref]
    if isinstance(operation, op.Count | op.Any) and operation.a in winners:
        bits, number = width(wire), winners[operation.a]
        kind, text = ("logic", number) if is_bit(wire) else (vector(bits, signed=True), f"$signed({{1'b0, {number}}})")
        return [f"{kind} {name};", f"assign {name} = {text};"]
    if isinstance(operation, op.Count | op.Any):
        bits = 1 if is_bit(wire) else wire.high.bit_length()
        register = names.take(f"{name}_register")
        more = f"{register} | {bit}" if isinstance(operation, op.Any) or bits == 1 else f"{register} + {bit}"
        number = register if bits == 1 else f"$signed({{1'b0, {register}}})"
        return [
            f"{vector(bits)} {register};",
            *_clocked(f"if (state == IDLE) {register} <= {bits}'d0;", f"if ({passing}) {register} <= {more};"),
            f"{'logic' if bits == 1 else vector(width(wire), signed=True)} {name};",
            f"assign {name} = {number};",
        ]
    found, which = names.take(f"{name}_found"), names.take(f"{name}_which")
    winners[ref] = found
    lines = [f"logic {found};", f"logic [31:0] {which};  // the neuron"]
    wins, stored = f"{bit} && !{found}", [f"    {found} <= 1'b1;", f"    {which} <= n;"]
    if isinstance(operation, op.Largest):
        form, best, most = largest_word(datapath.program, ref), names.take(f"{name}_best"), names.take(f"{name}_most")
        kind = next(port.type for port in datapath.outputs if port.name == value)
        lines += [f"{vector(form.word)} {most};", f"{kind} {best};", f"assign {best} = {as_value(most, form)};"]
        wins = f"{bit} && (!{found} || {value} > {best})"
        stored.append(f"    {most} <= {value}[{form.word - 1}:0];")
    return [
        *lines,
        "always_ff @(posedge clock) begin",
        f"  if (state == IDLE) {found} <= 1'b0;",
        f"  else if ({passing} && {wins}) begin",
        *stored,
        "  end",
        "end",
        f"logic {name};",
        f"assign {name} = {found} && {which} == n;",
    ]


def _clocked(first: str, then: str) -> list[str]:
    return ["always_ff @(posedge clock) begin", f"  {first}", f"  else {then}", "end"]
