"""What the values of a step are called in hardware: as in the text, with the line behind it where there are several."""

from __future__ import annotations

from dataclasses import dataclass, field

from fxsnn.hdl.words import Names
from fxsnn.program import operations as op
from fxsnn.program.neuron import Neuron
from fxsnn.program.operations import Ref
from fxsnn.program.passes import Passes


@dataclass(slots=True)
class Naming:
    """The names of one neuron's values."""

    neuron: Neuron
    passes: Passes
    names: Names
    of: dict[Ref, str] = field(default_factory=dict)
    numbered: dict[int, int] = field(default_factory=dict)  # by statement: its parts that have no name in the text

    def __post_init__(self) -> None:
        operations, neuron = self.neuron.operations, self.neuron
        eaches: dict[str, str] = {}
        for ref, operation in enumerate(operations):
            match operation:
                case op.State(name=name):
                    self.of[ref] = self.names.take(f"{name}_before")
                case op.Constant(name=name) | op.Input(name=name):
                    self.of[ref] = self.names.take(name)
                case op.Each(name=name):
                    self.of[ref] = eaches[name] = eaches.get(name) or self.names.take(f"{name}_each")
        for name, ref in neuron.names.items():
            self._give(ref, name)
        for one in neuron.statements:
            self._give(one.value, f"{one.name}_{one.line}")
        for region in self.passes.regions:
            self.of[region.carry] = self.of[region.done]  # one word: carried on, and then the result
            self._give(region.result, f"{self.of[region.done]}_next")
        for cast in neuron.casts:
            self._give(cast.limit, self._part(cast.limit))
            self._give(neuron.rounding(cast).a, f"{self.of[cast.limit]}_exact")
        for ref, operation in enumerate(operations):
            if not isinstance(operation, op.Round | op.Literal | op.Number):
                self._give(ref, self._part(ref))

    def _give(self, ref: Ref, name: str) -> None:
        if ref not in self.of and not isinstance(self.neuron.operations[ref], op.Literal | op.Number):
            self.of[ref] = self.names.take(name)

    def _part(self, ref: Ref) -> str:
        """Return a name for a part of a statement."""
        if ref in self.of:
            return self.of[ref]
        owner = self.neuron.owners[ref]
        statement = self.neuron.statements[owner]
        self.numbered[owner] = number = self.numbered.get(owner, 0) + 1
        return f"{statement.name}_{statement.line}_{number}"
