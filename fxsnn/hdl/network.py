"""Populations in the order in which they do a step, and what each source emitted in the steps that are still read."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from fxsnn.graph.connect import Projection
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.starting import states_of
from fxsnn.hdl.population import Sequencer
from fxsnn.hdl.stored import BEFORE, NOW
from fxsnn.hdl.words import clocked, indented, instance, vector

TOP = "fxsnn_network"
_STEP = "// start_step    one time step; wait for `ready`"
_HEAD = """// The network: each population does its step with what the others emitted, one after the other.
//
// start_input   an input begins: states become 0, nothing was emitted before, LFSRs hold their seeds; wait for `ready`
// load_input    writes a word of the input of the next step, while `ready`
// start_step    one time step; wait for `ready`
// read          a neuron's word is there from which the answer is read: which neuron's, and the word
// held_*        while `ready`: the word of neuron `load_address` of a population that sends to no other
module fxsnn_network (
  input  logic clock, reset, start_input, start_step,
  output logic ready, read,
  output logic [31:0] read_neuron,
  input  logic load_input,
  input  logic [31:0] load_address,"""


class Network:
    """The modules of a network.

    initial    states that begin with words that are loaded, `population.state`
    files      what a set calls words that it does not call by their name: their file, its ending left out
    """

    def __init__(
        self, network: QuantisedGraph, initial: Collection[str] = (), files: Mapping[str, str] | None = None
    ) -> None:
        self.network = network
        self.order = [name for stage in network.graph.stages for name in stage.populations]
        self.populations = {
            name: Sequencer(network, network.graph[name], initial=states_of(name, initial), files=files or {})
            for name in self.order
        }
        self.loaded = {
            f"{name}.{state}": form for name in self.order for state, form in self.populations[name].loaded().items()
        }

    def modules(self) -> dict[str, str]:
        """Return the modules by the names of their files, in the order of compilation."""
        found: dict[str, str] = {}
        for name, one in self.populations.items():
            found[f"neuron_{name}.sv"] = one.neuron_module()
            found[f"population_{name}.sv"] = one.population_module()
        return found | {f"{TOP}.sv": self._top()}

    def clocks(self) -> int:
        """Return the clocks of the longest step, and some."""
        return sum(one.clocks() for one in self.populations.values()) + 16

    def state_word(self) -> int:
        """Return the bits of the port by which states are loaded."""
        return max(2, *(form.word for form in self.loaded.values()))

    def instance(self, name: str) -> str:
        """Return what a population's instance is called."""
        return f"of_{name}"

    def _delay(self, source: str) -> int:
        return max((one.delay for one in self.network.graph.projections if one.source == source), default=-1)

    def _holds(self, source: str) -> bool:
        """Say whether what a population emits is stored, be it for itself alone."""
        return source != INPUT and self.populations[source].keeping.emitted

    def _top(self) -> str:
        read, word = self.network.graph.read.name, vector(self.network.formats[INPUT].word)
        head = _HEAD.splitlines()
        if self.loaded:
            head[head.index(_STEP) : head.index(_STEP)] = [
                "// load_state    writes a word with which a neuron begins, while `ready`; load_memory is its state:",
                *(f"//               {number}  {name}" for number, name in enumerate(self.loaded)),
            ]
        lines = [*head, f"  input  {word} load_word,"]
        if self.loaded:
            lines += ["  input  logic load_state,", "  input  logic [31:0] load_memory,"]
            lines += [f"  input  {vector(self.state_word())} load_state_word,"]
        outputs = [name for name in self.order if self._holds(name) and self._delay(name) < 0]
        lines += [f"  output {vector(self.network.formats[name].word)} held_{name}," for name in outputs]
        lines += [f"  output {vector(self.populations[read].read_form.word)} read_word", ");"]
        sources = [name for name in (INPUT, *self.order) if self._delay(name) >= 0 or self._holds(name)]
        lines += indented(self._controls())
        for source in sources:
            lines += indented(self._source(source))
        lines += [f"  assign held_{name} = emitted_{name}[load_address];" for name in outputs]
        for name in self.order:
            lines += indented(self._population(name))
        return "\n".join([*lines, "endmodule", ""])

    def _controls(self) -> list[str]:
        """Return how a step passes from one population to the next."""
        most = max(self._delay(name) for name in (INPUT, *self.order))
        if any(one.keeping.same for one in self.populations.values()):
            most = max(most, 1)  # whether there is a step before
        last = self.order[-1]
        lines = list[str]()
        for name in self.order:
            word = vector(self.network.formats[name].word)
            lines += [f"logic ready_{name}, done_{name}, emits_{name};", f"logic [31:0] neuron_{name};"]
            lines.append(f"{word} word_{name};")
            if self._holds(name):
                lines += [f"logic stores_{name};", f"{word} stored_{name};"]
        lines += [f"assign ready = {' && '.join(f'ready_{name}' for name in self.order)};"]
        if most > 0:
            bits = most.bit_length()
            lines += [
                "",
                f"{vector(bits)} age;  // steps since the input began, up to {most}",
                *clocked(
                    f"if (reset || start_input) age <= {bits}'d0;",
                    f"else if (done_{last} && age != {bits}'d{most}) age <= age + 1'b1;",
                ),
            ]
        return lines

    def _source(self, name: str) -> list[str]:
        """Return the memory of what a source emitted, a row a step, the oldest overwritten."""
        size, delay = math.prod(self.network.graph.shape_at(name)), max(self._delay(name), 0)
        rows, last, word = delay + 1, self.order[-1], vector(self.network.formats[name].word)
        at = f"row_{name} * 32'd{size} + " if delay else ""
        lines = ["", f"// what {name} emitted{f', in this step and {delay} before' * (delay > 0)}"]
        lines.append(f"{word} emitted_{name}[0:{rows * size - 1}];")
        if delay:
            lines += [
                f"logic [31:0] row_{name};  // of this step",
                *clocked(
                    f"if (reset || start_input) row_{name} <= '0;",
                    f"else if (done_{last}) row_{name} <= row_{name} == 32'd{delay} ? '0 : row_{name} + 1;",
                ),
            ]
        if name == INPUT:
            return [*lines, *clocked(f"if (load_input) emitted_{name}[{at}load_address] <= load_word;")]
        return [*lines, *clocked(f"if (stores_{name}) emitted_{name}[{at}neuron_{name}] <= stored_{name};")]

    def _population(self, name: str) -> list[str]:
        one, before = self.populations[name], self.order[: self.order.index(name)]
        wires = list(one.into())
        lines = [""]
        for wire in wires:
            lines += [
                f"logic [31:0] source_{wire.name};",
                f"{vector(self.network.formats[wire.source].word)} from_{wire.name};",
                f"assign from_{wire.name} = {self._read(wire)};",
            ]
        ports = {
            "clock": "clock",
            "reset": "reset",
            "start_input": "start_input",
            "start_step": f"done_{before[-1]}" if before else "start_step",
            "ready": f"ready_{name}",
            "done": f"done_{name}",
        }
        ports |= {one.sources[wire.name]: f"source_{wire.name}" for wire in wires}
        ports |= {one.words[wire.name]: f"from_{wire.name}" for wire in wires}
        if one.loads:
            neuron, word = one.load_ports
            bits = max(form.word for form in one.loaded().values())
            ports |= {neuron: "load_address", word: f"load_state_word[{bits - 1}:0]"}
            numbers = {state: number for number, state in enumerate(self.loaded)}
            ports |= {
                port: f"load_state && load_memory == 32'd{numbers[f'{name}.{state}']}"
                for state, port in one.loads.items()
            }
        ports |= {"emits": f"emits_{name}", "neuron": f"neuron_{name}", "emitted": f"word_{name}"}
        if self._holds(name):
            ports |= {"stores": f"stores_{name}", "stored": f"stored_{name}"}
            delay = max(self._delay(name), 0)
            if one.keeping.same:
                ports[BEFORE] = f"age >= 1 ? {self._word(name, f'neuron_{name}', delay, min(delay, 1))} : '0"
            if one.reads_now():
                ports[NOW] = self._word(name, f"neuron_{name}", delay, 0)
        if name == self.network.graph.read.name:
            lines += self._answer(name, ports)
        return [*lines, *instance(f"population_{name}", self.instance(name), ports | self._open(one, ports))]

    def _answer(self, name: str, ports: dict[str, str]) -> list[str]:
        """Connect what the answer is read from: what a population emits, or one of its nodes."""
        one, node = self.populations[name], self.network.graph.readout.node
        lines = [f"assign read_neuron = neuron_{name};"]
        if not node:
            return [*lines, f"assign read = emits_{name};", f"assign read_word = word_{name};"]
        made = one.passes.made[one.one.neuron.names[node]]
        ports |= {"observe": f"observe_{name}", one.datapath.node_ports[node]: "read_word"}
        lines.append(f"{vector(one.passes.last + 1)} observe_{name};")
        return [*lines, f"assign read = observe_{name}[{made}];"]

    def _open(self, one: Sequencer, ports: Mapping[str, str]) -> dict[str, str]:
        """Return the outputs that nobody takes."""
        observed = [port.name for port in one.datapath.ports(seen=True)]
        return {port: "" for port in ("observe", *observed) if port not in ports}

    def _read(self, wire: Projection) -> str:
        """Return the word of a source that is read, of as many steps before as the delay says."""
        word = self._word(wire.source, f"source_{wire.name}", self._delay(wire.source), wire.delay)
        return f"age >= {wire.delay} ? {word} : '0" if wire.delay else word

    def _word(self, source: str, place: str, rows: int, before: int) -> str:
        """Return a word of a source, of so many steps before; of `rows` steps before it is stored at most."""
        if rows == 0:
            return f"emitted_{source}[{place}]"
        size, row = math.prod(self.network.graph.shape_at(source)), f"row_{source}"
        if before:
            row = f"(row_{source} >= 32'd{before} ? row_{source} - 32'd{before} : "
            row += f"row_{source} + 32'd{rows + 1 - before})"
        return f"emitted_{source}[{row} * 32'd{size} + {place}]"
