"""What arrives at the neurons of a population: how each source is walked, what its words bring, and the sums."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fxsnn.graph.connect import POOLING, Projection, arrival, windows
from fxsnn.hdl.phases import Phase
from fxsnn.hdl.stored import Stored
from fxsnn.hdl.words import as_value, instance, literal, signed_bits, vector
from fxsnn.number.format import Format, bits_of
from fxsnn.program import operations as op
from fxsnn.program.operations import Ref
from fxsnn.program.wires import BITS

WALKS = ("fxsnn_inputs", "fxsnn_kernel", "fxsnn_gather", "fxsnn_window")  # the modules that go through sources


@dataclass(slots=True)
class Arrivals(Stored):
    """The module of a population while what arrives is written."""

    brought: dict[str, str] = field(default_factory=dict)  # by projection: what it brings to neuron n
    neurons: dict[str, str] = field(default_factory=dict)  # by projection that comes by source: the neuron it comes to
    lasts: dict[str, str] = field(default_factory=dict)  # and its last clock
    complete: list[str] = field(default_factory=list)  # windows are

    def arrive(self) -> None:
        """Write what active inputs bring, and the sums."""
        for wire in self.into():
            self.add("", f"// what {wire.source} brings to neuron n by {wire.kind}")
            self._projection(wire)
        for ref, one in self.operations(op.Input):
            if alone := self.direct(one.name):
                self.add("")  # to which one word comes a neuron: nothing is added up
                self.given(self.datapath.naming.of[ref], self.brought[alone.name])
            else:
                self._sums(ref, one.name)
        eaches = {self.datapath.naming.of[ref]: one.name for ref, one in self.operations(op.Each)}
        for port, given in eaches.items():
            phases = [one for one in self.phases if one.projection and one.region and one.region.given == given]
            self.add("")
            self.given(port, self._chosen(phases))

    def _sums(self, ref: Ref, given: str) -> None:
        port, total = self.datapath.naming.of[ref], self.program.arrivals[given].total
        form = Format(max(bits_of(total.low, total.high), 1), 0, signed=total.low < 0)
        without = (phase for phase in self.phases if phase.region is None)
        phases = [phase for phase in without if phase.projection and phase.projection.input == given]
        self.add("", f"// the sums of {given}")
        stored = self.kept_of_neurons(f"{port}_sums", form, read=self.keeping.until.get(ref, 0))
        added = self.names.take(f"{port}_added")
        self.given(port, stored, form)
        self.add(f"{vector(form.word + 1, signed=True)} {added};")
        self.add(f"assign {added} = {as_value(stored, form)} + {self._chosen(phases)};")
        self.stores(
            stored,
            ("state == CLEAR", f"{form.word}'d0"),
            (self.taking(phases), f"{added}[{form.word - 1}:0]"),
        )

    def _chosen(self, phases: Sequence[Phase]) -> str:
        """Return what is brought in the phase that is done."""
        brought = [(phase.name, self.brought[phase.projection.name]) for phase in phases if phase.projection]
        first = [f"state == {name} ? {word} : " for name, word in brought[:-1]]
        return f"({''.join(first)}{brought[-1][1]})" if first else brought[-1][1]

    def _projection(self, wire: Projection) -> None:
        """Write what goes through a source, and what its words bring."""
        network, given = self.network, self.network.formats[wire.source]
        shape, weight = network.graph.shape_at(wire.source), None
        word, at, reached = self._walk(wire)
        parts = [] if given == BITS.format else [as_value(word, given)]
        if wire.weighed:
            weight = network.signals[wire.name][wire.signal].format
            words = network.weights[wire.name].size
            memory = self.memory(f"{wire.name}_{wire.signal}", weight, words, f"{wire.name}.{wire.signal}")
            parts.insert(0, as_value(f"{memory}[{at or self.place(words)}]", weight))
            if not parts[1:] and not reached:  # a silent bit brings nothing
                parts[0] = f"({word} ? {parts[0]} : {literal(0)})"
        left = self.program.arrivals[wire.input].total.frac - network.frac(wire)
        one = arrival(wire, weight, given, shape).one
        text = " * ".join(parts or [as_value(word, given)])
        text = f"({text}) <<< {left}" if left and len(parts) > 1 else f"{text} <<< {left}" if left else text
        name = self.brought[wire.name] = self.names.take(f"{wire.name}_brought")
        bits = signed_bits(one.low << left, one.high << left)
        self.add(f"{vector(bits, signed=True)} {name};")
        conditional = reached and wire.kind != "dense"
        self.add(f"assign {name} = {f'{reached} ? {text} : {literal(0)}' if conditional else text};")

    def _walk(self, wire: Projection) -> tuple[str, str, str]:
        """Write what goes through a source.

        Return the word that is brought, where its weight lies if not at neuron n, and what says that it comes there.
        """
        word, source = self.words[wire.name], self.sources[wire.name]
        mine = [phase for phase in self.phases if phase.projection == wire]
        if wire.kind == "maximum":
            return self._windows(wire, mine), "", ""
        if not mine:
            self.add(f"assign {source} = n;")
            return word, "", ""
        names = self._taken(wire, "reaches", "take", "last")
        ports = {
            "clock": "clock",
            "run": self.during(mine),
            "every": self.during([phase for phase in mine if phase.region]),
            "active": f"{word} != 0",
            "source": source,
        } | names
        self.takes[wire.name], self.lasts[wire.name] = names["take"], names["last"]
        if self.keeping.alone:
            weight = self._taken(wire, "weight_at")["weight_at"]
            ports |= {"idle": "state == IDLE", "next": self.served(), "weight": weight}
            self._instance_of("fxsnn_gather", wire, self._laid(wire), ports)
            return word, weight if wire.kind in ("dense", "conv") else self._one_weight(wire), names["reaches"]
        shape, neuron = self.network.graph.shape_at(wire.source), self._taken(wire, "neuron")
        self.neurons[wire.name] = neuron["neuron"]
        if wire.kind in ("dense", "identity", "scale"):
            sizes = {"SOURCES": math.prod(shape), "NEURONS": self.one.size, "SAME": int(wire.kind != "dense")}
            self._instance_of("fxsnn_inputs", wire, sizes, ports | neuron)
            return word, f"{source} * 32'd{self.one.size} + n" if wire.kind == "dense" else "", names["reaches"]
        weight = self._taken(wire, "weight_at")["weight_at"]
        self._instance_of("fxsnn_kernel", wire, self._laid(wire), ports | neuron | {"weight": weight})
        return word, weight if wire.kind == "conv" else self._one_weight(wire), names["reaches"]

    def _one_weight(self, wire: Projection) -> str:
        """Return where the weight lies of words that are weighed alike, or by neuron."""
        return "0" if wire.kind in POOLING else ""

    def _laid(self, wire: Projection) -> dict[str, int]:
        """Return how a kernel lies over a source; what is no map is one cell of as many channels."""
        shape, pools = self.network.graph.shape_at(wire.source), wire.kind in POOLING
        if wire.kind in ("dense", "identity", "scale"):
            channels, same = math.prod(shape), wire.kind != "dense"
            return {"CHANNELS": channels, "OUTPUTS": self.one.size, "GROUPS": channels if same else 1}
        outputs = shape[2] if pools else self.network.weights[wire.name].shape[3]
        sizes = dict(zip(("ROWS", "COLUMNS", "CHANNELS"), shape, strict=True)) | _windows_of(wire, shape)
        sizes |= {"OUTPUTS": outputs, "ABOVE": wire.padding[0], "BESIDE": wire.padding[1]}
        return sizes | {"GROUPS": shape[2] if pools else wire.groups}

    def _windows(self, wire: Projection, mine: Sequence[Phase]) -> str:
        """Write what looks at the words of a window; return the largest of them."""
        form, shape = self.network.formats[wire.source], self.network.graph.shape_at(wire.source)
        most, complete = self.names.take(f"{wire.name}_most"), self.names.take(f"{wire.name}_complete")
        run = self.during(mine) if mine else self.passes_all()
        self.add(f"{vector(form.word)} {most};", f"logic {complete};")
        sizes = {"COLUMNS": shape[1], "CHANNELS": shape[2]} | _windows_of(wire, shape)
        self._instance_of(
            "fxsnn_window",
            wire,
            sizes | {"WORD": form.word, "SIGNED": int(form.signed)},
            {
                "clock": "clock",
                "idle": "state == IDLE",
                "run": run,
                "next": self.served() if self.keeping.alone or not mine else f"({run}) && turn",
                "word": self.words[wire.name],
                "source": self.sources[wire.name],
                "most": most,
                "complete": complete,
            },
        )
        self.complete.append(complete)
        self.takes[wire.name] = "turn"
        return most

    def _taken(self, wire: Projection, *parts: str) -> dict[str, str]:
        """Declare what goes through a source says; return the names, by what they are called there."""
        names = {part: self.names.take(f"{wire.name}_{part}") for part in parts}
        for part, name in names.items():
            self.add(f"logic{' [31:0]' * (part in ('neuron', 'weight_at'))} {name};")
        return names

    def _instance_of(self, module: str, wire: Projection, sizes: Mapping[str, int], ports: Mapping[str, str]) -> None:
        given = ", ".join(f".{name}({size})" for name, size in sizes.items())
        self.add(*instance(f"{module} #({given})", self.names.take(f"{wire.name}_walk"), ports))


def _windows_of(wire: Projection, shape: Sequence[int]) -> dict[str, int]:
    down, across = windows(wire, tuple(shape))
    return {
        "ROWS_OUT": down,
        "COLUMNS_OUT": across,
        "KERNEL_ROWS": wire.kernel[0],
        "KERNEL_COLUMNS": wire.kernel[1],
        "STEP_DOWN": wire.steps[0],
        "STEP_ACROSS": wire.steps[1],
    }
