"""What is done in a step of a population, one after the other: for active inputs, and in passes over the neurons."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from fxsnn.format import Format
from fxsnn.graph.connect import Projection
from fxsnn.graph.engine import registers_of
from fxsnn.graph.population import Population
from fxsnn.graph.quantise import QuantisedGraph, format_of
from fxsnn.hdl.neuron import Datapath
from fxsnn.hdl.passes import Passes, Region, passes
from fxsnn.hdl.words import Names
from fxsnn.program import operations as op
from fxsnn.program.program import Program

KINDS = ("dense", "identity", "scale")  # of projections that are served
ALWAYS = {"IDLE": "nothing is done", "BEGIN": "states become 0, registers their seeds"}  # phases of all populations


@dataclass(frozen=True, slots=True)
class Phase:
    """What is done for every neuron, or for every active input and neuron."""

    name: str
    about: str
    projection: Projection | None = None  # of which active inputs come
    region: Region | None = None


@dataclass(slots=True)
class Phases:
    """A population, its neuron's datapath, and what is done one after the other in a step."""

    network: QuantisedGraph
    one: Population
    program: Program = field(init=False)
    passes: Passes = field(init=False)
    datapath: Datapath = field(init=False)
    names: Names = field(init=False)
    read_form: Format = field(init=False)  # of the words from which an answer is read
    passing: list[str] = field(init=False)  # names of the passes
    phases: list[Phase] = field(init=False)
    words: dict[str, str] = field(default_factory=dict)  # by projection: the port with its source's word

    def __post_init__(self) -> None:
        network, one = self.network, self.one
        self.program = network.programs[one.name]
        self.passes = passes(self.program)
        emitted, ref = one.neuron.output
        nodes = {node: (made, format_of(self.program, made)) for node, made in one.neuron.nodes.items()}
        nodes[emitted] = ref, network.formats[one.name]
        read = network.graph.readout.node if network.graph.read.name == one.name else ""
        if read and read not in nodes:  # of a name that is no node of a golden set
            nodes[read] = one.neuron.names[read], format_of(self.program, one.neuron.names[read])
        self.read_form = nodes[read or emitted][1]
        registers = registers_of(network, one)
        self.datapath = Datapath(self.program, self.passes, nodes, network.formats[one.name], registers)
        self.names = Names(set(self.datapath.names.taken))
        self.passing = [self.names.take(f"PASS_{number}") for number in range(self.passes.last + 1)]
        self.phases = list(self._phases())
        for projection in self.into():
            self.words[projection.name] = self.names.take(f"{projection.name}_word")

    def into(self, given: str = "") -> Iterator[Projection]:
        """Yield the projections to an input, or to all."""
        for projection in self.network.graph.projections:
            if projection.target == self.one.name and given in ("", projection.input):
                yield projection

    def summed(self) -> list[str]:
        """Return the inputs of which sums are taken."""
        return [one.name for one in self.program.neuron.operations if isinstance(one, op.Input)]

    def _phases(self) -> Iterator[Phase]:
        take = self.names.take
        if self.summed():
            yield Phase(take("CLEAR"), "sums become 0")
        for given in self.summed():
            for wire in self.into(given):
                yield Phase(take(f"ADD_{wire.name.upper()}"), f"{wire.source} arrives at {given}", wire)
        for number in range(self.passes.last + 1):
            for region in (one for one in self.passes.regions if one.before == number):
                name = self.datapath.naming.of[region.done]
                yield Phase(take(f"LOAD_{name.upper()}"), f"{name} as active inputs find it", None, region)
                for wire in self.into(region.given):
                    about = f"{wire.source} comes to {name}"
                    yield Phase(take(f"EACH_{name.upper()}_{wire.name.upper()}"), about, wire, region)
            yield Phase(self.passing[number], f"pass {number} over the neurons")

    def clocks(self) -> int:
        """Return the clocks of the longest step."""
        sources = [self.network.graph.shape_at(phase.projection.source) for phase in self.phases if phase.projection]
        many = sum(math.prod(shape) * (self.one.size + 1) for shape in sources)
        return many + len(self.phases) * self.one.size + 2
