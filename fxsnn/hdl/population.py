"""What serves the neurons of a population, one operation a clock: active inputs first, then passes over the neurons.

An active input takes a clock for every neuron that it reaches, a silent one takes one. One datapath serves all neurons
in turn.
"""

from __future__ import annotations

from dataclasses import dataclass

from fxsnn.hdl.arrivals import Arrivals
from fxsnn.hdl.phases import ALWAYS
from fxsnn.hdl.stored import BEFORE, NOW
from fxsnn.hdl.words import indented, instance, vector

ZERO, ONE = "1'b0", "1'b1"
_HEAD = """// Population `{name}`: {many} neurons of {file}, one operation a clock.
//
// start_input   an input begins: states become 0, registers their seeds; wait for `ready`
// start_step    a time step with what the sources emitted; wait for `ready`
// *_source      which word of a source is looked at, by projection; the words are there in the same clock
// done          the last clock of a step
// observe_*     what each neuron computed, for benches; leave them open in a design
module population_{name} (
  input  logic clock, reset, start_input, start_step,
  output logic ready, done,"""
_ALONE = "// One neuron after the other looks at all words that can come to it, a clock each, and then does its pass."
_WALK = """always_ff @(posedge clock) begin
  if (reset) begin
    state <= IDLE;
  end else if (state == IDLE) begin
    at <= '0;
    if (start_input) state <= BEGIN;
    else if (start_step) state <= {first};
  end else if (by_source) begin  // {come}
    if (last_source) state <= state + 1'b1;
  end else if (turn{opens}) begin
    at <= last ? '0 : at + 1;
    if (last) state <= state == BEGIN || state == {last} ? IDLE : state + 1'b1;{again}
  end
end"""
_COME, _COME_ALONE = "active inputs, and the neurons that each of them reaches", "words that come to the neuron"
_OPENS = """ && opens) begin  // what is done for a neuron before its pass
    state <= state + 1'b1;
  end else if (turn"""


@dataclass(slots=True)
class Sequencer(Arrivals):
    """The modules of one population."""

    def neuron_module(self) -> str:
        """Return the module of the datapath."""
        about = f"A time step of a neuron of population `{self.one.name}`, from {self.one.neuron.file}."
        return self.datapath.text(f"neuron_{self.one.name}", about)

    def population_module(self) -> str:
        """Return the module of the sequencer."""
        self.lines = []
        for part in (self.arrive, self.states, self.constants, self.regions, self.kept, self.reductions):
            part()
        self._emissions()
        self._counters()
        self._instance()
        body, self.lines = self.lines, []
        self._declared()
        outputs = [f"{port.type} {port.name};" for port in self.datapath.ports(seen=False)]
        head = _HEAD.format(name=self.one.name, many=self.one.size, file=self.one.neuron.file).splitlines()
        return "\n".join(
            [
                head[0],
                *([_ALONE] if self.keeping.alone else []),
                *head[1:],
                *self._ports(),
                ");",
                *indented([*self.lines, *outputs, *body]),
                "endmodule",
                "",
            ]
        )

    def seen_in(self, number: int) -> dict[str, str]:
        """Return the nodes of the golden set that a pass completes, and the ports that show them."""
        neuron, made, data = self.one.neuron, self.passes.made, self.datapath
        refs = neuron.nodes | {neuron.output[0]: neuron.output[1]}
        found = {f"{self.one.name}.{node}": data.node_ports[node] for node, ref in refs.items() if made[ref] == number}
        draws = ((cast.stream, made[cast.limit]) for cast in neuron.casts if cast.stream in data.draws)
        return found | {
            f"{self.one.name}.draw.{stream}": data.draws[stream]
            for stream, when in draws
            if stream is not None and when == number
        }

    def registers_seen(self) -> dict[str, str]:
        """Return the registers of the golden set, and the ports that show them."""
        return {f"{self.one.name}.lfsr.{stream}": port for stream, port in self.datapath.register_ports.items()}

    def _ports(self) -> list[str]:
        ports = [
            line
            for wire in self.into()
            for line in (
                f"  output logic [31:0] {self.sources[wire.name]},",
                f"  input  {vector(self.network.formats[wire.source].word)} {self.words[wire.name]},"
                f"  // of {wire.source}, {wire.delay} steps before",
            )
        ]
        if self.loads:
            neuron, word = self.load_ports
            bits = max(form.word for form in self.loaded().values())
            ports += [f"  input  logic [31:0] {neuron},", f"  input  {vector(bits)} {word},"]
            ports += [
                f"  input  logic {port},  // while ready: state {name} of this neuron begins with this word"
                for name, port in self.loads.items()
            ]
        emitted = self.network.formats[self.one.name].word
        ports += [
            "  output logic emits,  // a neuron emits",
            "  output logic [31:0] neuron,  // which one",
            f"  output {vector(emitted)} emitted,",
            *self._storage(vector(emitted)),
            "  // observation",
            f"  output {vector(self.passes.last + 1)} observe,  // bit p: what pass p computes is there",
        ]
        observed = self.datapath.ports(seen=True)
        return ports + [f"  output {port.type} {port.name}{',' * (port != observed[-1])}" for port in observed]

    def _storage(self, word: str) -> list[str]:
        """Return the ports to what is emitted, where that is stored."""
        lines = ["  output logic stores,  // what is held of neuron n is to be", f"  output {word} stored,"]
        if self.keeping.same:
            lines.append(f"  input  {word} {BEFORE},  // what neuron n emitted in the step before")
        if self.reads_now():
            lines.append(f"  input  {word} {NOW},  // what is held of neuron n in this step")
        return lines if self.keeping.emitted else []

    def _emissions(self) -> None:
        """Write what is stored of what is emitted."""
        ways = self.emissions()
        if self.keeping.emitted:
            earlier = "".join(f"{when} ? {word} : " for when, word in ways[:-1])
            self.add(
                "",
                f"assign stores = {' || '.join(f'({when})' for when, _ in ways)};",
                f"assign stored = {earlier}{ways[-1][1]};",
            )

    def _declared(self) -> None:
        """Write the names of where in the step it is."""
        names = [*ALWAYS, *(phase.name for phase in self.phases)]
        about = [*ALWAYS.values(), *(phase.about for phase in self.phases)]
        bits = (len(names) - 1).bit_length()
        for number, (name, text) in enumerate(zip(names, about, strict=True)):
            self.add(f"localparam logic [{bits - 1}:0] {name} = {bits}'d{number};  // {text}")
        self.add(
            f"{vector(bits)} state;",
            "logic [31:0] n, at;  // the neuron; the one that follows in a pass over them",
            "logic last, turn, by_source, last_source;",
        )

    def _counters(self) -> None:
        """Write how it goes from phase to phase."""
        events = [phase for phase in self.phases if phase.by_source]
        come = [(phase.name, phase.projection.name) for phase in events if phase.projection]
        alone, opens = self.keeping.alone, self.opens()
        neurons = [] if alone else [f"state == {name} ? {self.neurons[wire]} :" for name, wire in come]
        ends = [f"(state == {name} && {self.lasts[wire]})" for name, wire in come]
        # of these each is done for one neuron, in one clock, before the pass that does it
        before = [one for one in self.phases if one.name not in self.passing and not one.by_source]
        last = self.phases[-1].name
        again = " : ".join([*(f"state == {name} ? {first}" for name, first in opens.items()), "state"])
        walk = _WALK.format(
            first=self.phases[0].name,
            last=last,
            come=_COME_ALONE if alone else _COME,
            opens=_OPENS if alone else "",
            again=f"\n    else state <= {again};" if alone else "",
        )
        loaded = [f"{' || '.join(self.loads.values())} ? {self.load_ports[0]} :"] if self.loads else []
        self.add(
            "",
            f"assign n = {' '.join([*loaded, *neurons, 'at'])};",
            f"assign last = n == 32'd{self.one.size - 1};",
            f"assign turn = {' && '.join(self.complete) or ONE};",
            f"assign by_source = {self.during(events)};",
            f"assign last_source = {' || '.join(ends) or ZERO};",
            *(["logic opens;", f"assign opens = {self.during(before)};"] if alone else ()),
            *walk.splitlines(),
            "assign ready = state == IDLE;",
            f"assign emits = {self.passes_by(self.keeping.emits_in)};",
            f"assign done = {self.passes_by(self.passes.last)} && last;",
            "assign neuron = n;",
        )

    def _instance(self) -> None:
        """Write the datapath's instance."""
        ports = [*self.datapath.inputs, *self.datapath.ports(seen=False), *self.datapath.ports(seen=True)]
        connected = {"clock": "clock", "start": "state == BEGIN"} if self.datapath.clocked() else {}
        connected |= {port.name: port.name for port in ports}
        passing = ", ".join(self.passes_by(number) for number in range(self.passes.last, -1, -1))
        self.add(
            "",
            f"assign observe = {{{passing}}};",
            f"assign emitted = {self.datapath.emits};",
            *instance(f"neuron_{self.one.name}", self.names.take("datapath"), connected),
        )
