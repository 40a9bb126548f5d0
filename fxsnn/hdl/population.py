"""What serves the neurons of a population, one operation a clock: active inputs first, then passes over the neurons.

For each active input the row of its weights is added to the sums; silent ones take a clock. One datapath serves all
neurons in turn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from fxsnn.format import Format, bits_of
from fxsnn.graph.connect import Projection, arrival
from fxsnn.hdl.phases import ALWAYS, Phase
from fxsnn.hdl.stored import Stored
from fxsnn.hdl.words import as_value, literal, signed_bits, vector
from fxsnn.program import operations as op
from fxsnn.program.wires import BITS

_HEAD = """// Population `{name}`: {many} neurons of {file}, one operation a clock.
//
// start_input   an input begins: states become 0, registers their seeds; wait for `ready`
// start_step    a time step with what the sources emitted; wait for `ready`
// source        which word of a source is looked at; the words are there in the same clock
// done          the last clock of a step
// observe_*     what each neuron computed, for benches; leave them open in a design
module population_{name} (
  input  logic clock, reset, start_input, start_step,
  output logic ready, done,
  output logic [31:0] source,"""
_WALK = """always_ff @(posedge clock) begin
  if (reset) begin
    state <= IDLE;
  end else if (state == IDLE) begin
    n <= '0;
    source <= '0;
    if (start_input) state <= BEGIN;
    else if (start_step) state <= {first};
  end else if (by_source) begin  // all neurons for an active input, a clock for a silent one
    n <= last || !active ? '0 : n + 1;
    if (last || !active) begin
      source <= last_source ? '0 : source + 1;
      if (last_source) state <= state + 1'b1;
    end
  end else begin
    n <= last ? '0 : n + 1;
    if (last) state <= state == BEGIN || state == {last} ? IDLE : state + 1'b1;
  end
end"""


@dataclass(slots=True)
class Sequencer(Stored):
    """The modules of one population."""

    brought: dict[str, str] = field(default_factory=dict)  # by projection: what an active word of it brings

    def neuron_module(self) -> str:
        """Return the module of the datapath."""
        about = f"A time step of a neuron of population `{self.one.name}`, from {self.one.neuron.file}."
        return self.datapath.text(f"neuron_{self.one.name}", about)

    def population_module(self) -> str:
        """Return the module of the sequencer."""
        self.lines = []
        for part in (self._brought, self.states, self.constants, self.regions, self.kept, self.reductions):
            part()
        body, self.lines = self.lines, []
        self._counters()
        counters, self.lines = self.lines, []
        self._instance()
        outputs = [f"{port.type} {port.name};" for port in self.datapath.ports(seen=False)]
        return "\n".join(
            [
                *_HEAD.format(name=self.one.name, many=self.one.size, file=self.one.neuron.file).splitlines(),
                *self._ports(),
                ");",
                *(f"  {line}" if line else "" for line in (*counters, *outputs, *body, *self.lines)),
                "endmodule",
                "",
            ]
        )

    def seen_in(self, number: int) -> dict[str, str]:
        """Return the nodes of the golden set that a pass completes, and the ports that show them."""
        neuron, made, data = self.one.neuron, self.passes.made, self.datapath
        refs = neuron.nodes | {neuron.output[0]: neuron.output[1]}
        found = {f"{self.one.name}.{node}": data.shown[node] for node, ref in refs.items() if made[ref] == number}
        draws = ((cast.stream, made[cast.limit]) for cast in neuron.casts if cast.stream in data.draws)
        return found | {
            f"{self.one.name}.draw.{stream}": data.draws[stream]
            for stream, when in draws
            if stream is not None and when == number
        }

    def registers_seen(self) -> dict[str, str]:
        """Return the registers of the golden set, and the ports that show them."""
        return {f"{self.one.name}.lfsr.{stream}": port for stream, port in self.datapath.held.items()}

    def _ports(self) -> list[str]:
        ports = [
            f"  input  {vector(self.network.formats[wire.source].word)} {self.words[wire.name]},"
            f"  // of {wire.source}, {wire.delay} steps before"
            for wire in self.into()
        ]
        emitted = self.network.formats[self.one.name].word
        ports += [
            "  output logic emits,  // a neuron emits",
            "  output logic [31:0] neuron,  // which one",
            f"  output {vector(emitted)} emitted,",
            "  // observation",
            f"  output {vector(self.passes.last + 1)} observe,  // bit p: what pass p computes is there",
        ]
        shown = self.datapath.ports(seen=True)
        return ports + [f"  output {port.type} {port.name}{',' * (port != shown[-1])}" for port in shown]

    def _counters(self) -> None:
        """Write where in the step it is."""
        names = [*ALWAYS, *(phase.name for phase in self.phases)]
        about = [*ALWAYS.values(), *(phase.about for phase in self.phases)]
        bits = (len(names) - 1).bit_length()
        for number, (name, told) in enumerate(zip(names, about, strict=True)):
            self.add(f"localparam logic [{bits - 1}:0] {name} = {bits}'d{number};  // {told}")
        events = [phase for phase in self.phases if phase.projection]
        sources = [(phase.name, phase.projection.source) for phase in events if phase.projection]
        sizes = [(name, math.prod(self.network.graph.shape_at(source))) for name, source in sources]
        ends = [f"state == {name} ? source == 32'd{size - 1} :" for name, size in sizes]
        last = self.phases[-1].name
        self.add(
            f"{vector(bits)} state;",
            "logic [31:0] n;  // the neuron",
            "logic last, by_source, active, last_source;",
            f"assign last = n == 32'd{self.one.size - 1};",
            f"assign by_source = {self.during(events)};",
            f"assign active = {self.looking(events)};",
            f"assign last_source = {' '.join(ends)} 1'b1;",
            *_WALK.format(first=self.phases[0].name, last=last).splitlines(),
            "assign ready = state == IDLE;",
            f"assign emits = state == {last};",
            "assign done = emits && last;",
            "assign neuron = n;",
        )

    def _brought(self) -> None:
        """Write what active inputs bring, and the sums."""
        for wire in self.into():
            self.add("", f"// what an active word of {wire.source} brings to neuron n")
            self._projection(wire)
        for ref, one in self.operations(op.Input):
            port, total = self.datapath.naming.of[ref], self.program.arrivals[one.name].total
            form = Format(max(bits_of(total.low, total.high), 1), 0, signed=total.low < 0)
            phases = [phase for phase in self.phases if _adds_to(phase, one.name)]
            self.add("", f"// the sums of {one.name}")
            sums, added = self.memory(f"{port}_sums", form, self.one.size), self.names.take(f"{port}_added")
            self.wire(port, f"{sums}[n]", form)
            self.add(f"{vector(form.word + 1, signed=True)} {added};")
            self.add(f"assign {added} = {as_value(f'{sums}[n]', form)} + {self._chosen(phases)};")
            self.clocked(
                f"{sums}[n]",
                ("state == CLEAR", f"{form.word}'d0"),
                (self.taking(phases), f"{added}[{form.word - 1}:0]"),
            )
        eaches = {self.datapath.naming.of[ref]: one.name for ref, one in self.operations(op.Each)}
        for port, given in eaches.items():
            phases = [one for one in self.phases if one.projection and one.region and one.region.given == given]
            kind = next(one.type for one in self.datapath.inputs if one.name == port)
            self.add("", f"{kind} {port};", f"assign {port} = {self._chosen(phases)};")

    def _chosen(self, phases: Sequence[Phase]) -> str:
        """Return what is brought in the phase that is done."""
        brought = [(phase.name, self.brought[phase.projection.name]) for phase in phases if phase.projection]
        first = [f"state == {name} ? {word} : " for name, word in brought[:-1]]
        return f"({''.join(first)}{brought[-1][1]})" if first else brought[-1][1]

    def _projection(self, wire: Projection) -> None:
        network = self.network
        given, word, weight = network.formats[wire.source], self.words[wire.name], None
        shape, point = network.graph.shape_at(wire.source), self.program.arrivals[wire.input].total.frac
        parts = [] if given == BITS.format else [as_value(word, given)]
        if wire.weighed:
            weight = network.signals[wire.name][wire.signal].format
            words = network.weights[wire.name]
            held = self.memory(f"{wire.name}_{wire.signal}", weight, words.size, f"{wire.name}.{wire.signal}")
            at = f"source * 32'd{self.one.size} + n" if wire.kind == "dense" else self.place(words.size)
            parts.insert(0, as_value(f"{held}[{at}]", weight))
        left, one = point - network.frac(wire), arrival(wire, weight, given, shape).one
        text = " * ".join(parts or [as_value(word, given)])
        text = f"({text}) <<< {left}" if left and len(parts) > 1 else f"{text} <<< {left}" if left else text
        name = self.brought[wire.name] = self.names.take(f"{wire.name}_brought")
        bits = signed_bits(one.low << left, one.high << left)
        self.add(f"{vector(bits, signed=True)} {name};")
        self.add(f"assign {name} = {text if wire.kind == 'dense' else f'source == n ? {text} : {literal(0)}'};")

    def _instance(self) -> None:
        """Write the datapath's instance."""
        ports = [*self.datapath.inputs, *self.datapath.ports(seen=False), *self.datapath.ports(seen=True)]
        held = self.datapath.clocked()
        connected = [".clock(clock)", ".start(start)"] * held + [f".{port.name}({port.name})" for port in ports]
        if held:
            connected[1] = ".start(state == BEGIN)"
        passing = ", ".join(f"state == {self.passing[number]}" for number in range(self.passes.last, -1, -1))
        self.add(
            "",
            f"assign observe = {{{passing}}};",
            f"assign emitted = {self.datapath.emits};",
            f"neuron_{self.one.name} {self.names.take('datapath')} (",
            *(f"  {one}{',' * (number < len(connected))}" for number, one in enumerate(connected, 1)),
            ");",
        )


def _adds_to(phase: Phase, given: str) -> bool:
    return phase.projection is not None and phase.region is None and phase.projection.input == given
