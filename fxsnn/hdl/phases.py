"""What is done in a step of a population, one after the other: for active inputs, and in passes over the neurons."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from fxsnn.graph.connect import Projection, fan_in, windows
from fxsnn.graph.engine import registers_of
from fxsnn.graph.keeping import Keeping, direct, keeping
from fxsnn.graph.population import Population
from fxsnn.graph.quantise import QuantisedGraph, format_of
from fxsnn.hdl.neuron import Datapath
from fxsnn.hdl.words import Names
from fxsnn.number.format import Format
from fxsnn.program import operations as op
from fxsnn.program.neuron import Region
from fxsnn.program.passes import Passes, passes
from fxsnn.program.program import Program

ALWAYS = {"IDLE": "nothing is done", "BEGIN": "states become 0, registers their seeds"}  # phases of all populations


@dataclass(frozen=True, slots=True)
class Phase:
    """What is done for every neuron, or for every active input and neuron."""

    name: str
    about: str
    projection: Projection | None = None  # which arrives
    region: Region | None = None

    @property
    def by_source(self) -> bool:
        """Whether active inputs come, one after the other; the largest words of windows come neuron by neuron."""
        return self.projection is not None and self.projection.kind != "maximum"


@dataclass(slots=True)
class Phases:
    """A population, its neuron's datapath, and what is done one after the other in a step."""

    network: QuantisedGraph
    one: Population
    program: Program = field(init=False)
    passes: Passes = field(init=False)
    keeping: Keeping = field(init=False)
    datapath: Datapath = field(init=False)
    names: Names = field(init=False)
    read_form: Format = field(init=False)  # of the words from which an answer is read
    passing: list[str] = field(init=False)  # names of the passes
    phases: list[Phase] = field(init=False)
    words: dict[str, str] = field(default_factory=dict)  # by projection: the port with its source's word
    sources: dict[str, str] = field(default_factory=dict)  # by projection: the port that says which word it is
    initial: Collection[str] = ()  # states that begin with words that are loaded

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
        self.keeping = keeping(network, one, self.initial)
        waiting = {ref: self.passes.made[ref] for ref in self.keeping.places}
        self.datapath = Datapath(self.program, self.passes, nodes, network.formats[one.name], registers, waiting)
        self.names = Names(set(self.datapath.names.taken))
        self.passing = [self.names.take(f"PASS_{number}") for number in range(self.passes.last + 1)]
        self.phases = list(self._phases())
        for projection in self.into():
            self.words[projection.name] = self.names.take(f"{projection.name}_word")
            self.sources[projection.name] = self.names.take(f"{projection.name}_source")

    def into(self, given: str = "") -> Iterator[Projection]:
        """Yield the projections to an input, or to all."""
        for projection in self.network.graph.projections:
            if projection.target == self.one.name and given in ("", projection.input):
                yield projection

    def summed(self) -> list[str]:
        """Return the inputs of which sums are taken."""
        return [one.name for one in self.program.neuron.operations if isinstance(one, op.Input)]

    def direct(self, given: str) -> Projection | None:
        """Return the one projection that brings a word a neuron to an input; None if sums are kept."""
        return direct(self.network, self.one, given)

    def _phases(self) -> Iterator[Phase]:
        take = self.names.take
        added = [given for given in self.summed() if self.direct(given) is None]
        if added:
            yield Phase(take("CLEAR"), "sums become 0")
        for given in added:
            for wire in self.into(given):
                yield Phase(take(f"ADD_{wire.name.upper()}"), f"{wire.source} arrives at {given}", wire)
        for number in range(self.passes.last + 1):
            for region in (one for one in self.passes.regions if self.passes.before[one.carry] == number):
                name = self.datapath.naming.of[region.done]
                yield Phase(take(f"LOAD_{name.upper()}"), f"{name} as active inputs find it", None, region)
                for wire in self.into(region.given):
                    about = f"{wire.source} comes to {name}"
                    yield Phase(take(f"EACH_{name.upper()}_{wire.name.upper()}"), about, wire, region)
            yield Phase(self.passing[number], f"pass {number} over the neurons")

    def opens(self) -> dict[str, str]:
        """Return what is done before a pass and after the one before it: by pass, the first of it."""
        found, first = dict[str, str](), ""
        for phase in self.phases:
            if phase.name not in self.passing:
                first = first or phase.name
                continue
            if first:
                found[phase.name] = first
            first = ""
        return found

    def clocks(self) -> int:
        """Return the clocks of the longest step."""
        looked = [self.direct(given) for given in self.summed()]
        turns = max((math.prod(one.kernel) for one in looked if one), default=1)
        passing = self.one.size * turns * len(self.passing)
        return passing + sum(self._clocks(phase) for phase in self.phases if phase.name not in self.passing) + 2

    def _clocks(self, phase: Phase) -> int:
        """Return the clocks of a phase in which every word is active."""
        wire = phase.projection
        if wire is None or not phase.by_source:
            return self.one.size * (1 if wire is None else math.prod(wire.kernel))
        if self.keeping.alone:
            looked = math.prod(self.network.graph.shape_at(wire.source))
            return self.one.size * (looked if phase.region else fan_in(wire, self.network.graph.shape_at(wire.source)))
        shape, reached = self.network.graph.shape_at(wire.source), self.one.size
        if wire.kind in ("identity", "scale") and not phase.region:
            reached = 1
        elif wire.kind != "dense" and not phase.region:
            over = [-(-kernel // step) for kernel, step in zip(wire.kernel, wire.steps, strict=True)]
            groups = wire.groups if wire.kind == "conv" else shape[2]
            reached = math.prod(over) * self.one.size // math.prod(windows(wire, shape)) // groups
        return math.prod(shape) * (reached + 1)
