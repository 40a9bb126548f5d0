"""Names, words and numbers of SystemVerilog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fxsnn.errors import many
from fxsnn.number.format import Format, bits_of
from fxsnn.program.wires import ANYWHERE, Wire

_KEYWORDS = """
accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before begin bind bins
binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class clocking cmos config const
constraint context continue cover covergroup coverpoint cross deassign default defparam design disable dist do edge
else end endcase endchecker endclass endclocking endconfig endfunction endgenerate endgroup endinterface endmodule
endpackage endprimitive endprogram endproperty endsequence endspecify endtable endtask enum event eventually expect
export extends extern final first_match for force foreach forever fork forkjoin function generate genvar global
highz0 highz1 if iff ifnone ignore_bins illegal_bins implements implies import incdir include initial inout input
inside instance int integer interconnect interface intersect join join_any join_none large let liblist library local
localparam logic longint macromodule matches medium modport module nand negedge nettype new nexttime nmos nor
noshowcancelled not notif0 notif1 null or output package packed parameter pmos posedge primitive priority program
property protected pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase
randsequence rcmos real realtime ref reg reject_on release repeat restrict return rnmos rpmos rtran rtranif0
rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared sequence shortint shortreal showcancelled
signed small soft solve specify specparam static string strong strong0 strong1 struct super supply0 supply1
sync_accept_on sync_reject_on table tagged task this throughout time timeprecision timeunit tran tranif0 tranif1 tri
tri0 tri1 triand trior trireg type typedef union unique unique0 unsigned until until_with untyped use uwire var
vectored virtual void wait wait_order wand weak weak0 weak1 while wildcard wire with within wor xnor xor
"""


@dataclass(slots=True)
class Names:
    """The names of one module, each taken once."""

    taken: set[str] = field(default_factory=lambda: set(_KEYWORDS.split()))

    def take(self, wanted: str) -> str:
        """Return the name that is wanted, with as many underscores behind it as make it one's own."""
        name = wanted if not wanted[:1].isdigit() else f"_{wanted}"
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name


def names_of(wanted: Iterable[str]) -> dict[str, str]:
    """Return a name of SystemVerilog for each of a set's files, which is called as it is there but for its dots."""
    names = Names()
    return {one: names.take(one.replace(".", "_")) for one in wanted}


def is_bit(wire: Wire) -> bool:
    """Say whether a value is one wire: 0 or 1. All others are signed."""
    return wire.low >= 0 and wire.high <= 1 and wire.frac in (0, ANYWHERE)


def signed_bits(low: int, high: int) -> int:
    """Return the bits of a signed word that holds both, and 0."""
    return bits_of(min(low, -1), max(high, 0))


def width(wire: Wire) -> int:
    """Return how wide a value is declared, its sign counted."""
    return 1 if is_bit(wire) else signed_bits(wire.low, wire.high)


def vector(bits: int, *, signed: bool = False) -> str:
    """Return the type of so many bits."""
    return f"logic{' signed' * signed} [{bits - 1}:0]"


def declared(wire: Wire) -> str:
    """Return the type of a value."""
    return "logic" if is_bit(wire) else vector(width(wire), signed=True)


def fraction(wire: Wire) -> str:
    """Return a comment on where a value's binary point is, where it has one."""
    return f"  // {many(wire.frac, 'fractional bit')}" if wire.frac not in (0, ANYWHERE) else ""


def literal(value: int) -> str:
    """Return a signed literal, as wide as it is whatever it stands in."""
    return f"{'-' * (value < 0)}{abs(value).bit_length() + 1}'sd{abs(value)}"


def indented(lines: Iterable[str]) -> list[str]:
    """Return lines of a module or of a block."""
    return [f"  {line}" if line else "" for line in lines]


def clocked(*lines: str) -> list[str]:
    """Return a block that is done at the end of every clock."""
    return ["always_ff @(posedge clock) begin", *indented(lines), "end"]


def instance(module: str, name: str, ports: Mapping[str, str]) -> list[str]:
    """Return an instance of a module, its ports by name."""
    connections = ",\n".join(f"  .{port}({value})" for port, value in ports.items())
    return [f"{module} {name} (", *connections.split("\n"), ");"]


def as_value(word: str, form: Format) -> str:
    """Return a stored word as the signed value that it stands for."""
    return f"$signed({word})" if form.signed else f"$signed({{1'b0, {word}}})"


def mode_name(name: str) -> str:
    """Return a mode's name in fxsnn_modes; `error`, under which nothing overflowed, needs none of its own."""
    return "SATURATE" if name == "error" else name.upper().replace("-", "_")
