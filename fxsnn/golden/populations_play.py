"""Play a golden set's inputs to its network with something changed, and compute again only what that can reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from fxsnn.golden.populations_mutant import Mutant, unchanged
from fxsnn.graph.connect import Projection
from fxsnn.graph.engine import drawing
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.rows import bring_alone, bring_rows
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Rounding
from fxsnn.program.variant import Ints, Rounds
from fxsnn.program.vector import Draws, Player
from fxsnn.program.vector_casts import moved
from fxsnn.program.wires import ANYWHERE

Rows = Mapping[str, Ints]  # by name, int64[presentations * steps, neurons]
Words = dict[str, Ints]  # by `population.node`, int64[presentations, steps, words]
Note = Callable[[str, slice, int, Player, Mapping[str, Ints]], None]  # population, presentations, step, states before
Watch = Callable[[str, int, slice, Ints], bool]  # node, step, presentations and words: whether to go on


@dataclass(slots=True)
class Theatre:
    """A network and what it emits unchanged, beside which changed ones are played.

    emitted    of every population and the input, int64[presentations, steps, words]
    nodes      that are asked for, by population: a name of the text, `draw.N` or `lfsr.N`
    steps      of each presentation, of which the longest has all
    start      what states begin with, int64[presentations, neurons] by `population.state`; the others with 0
    """

    network: QuantisedGraph
    emitted: Mapping[str, Ints]
    nodes: Mapping[str, Sequence[str]]
    steps: Sequence[int]
    start: Mapping[str, Ints] = field(default_factory=dict)
    base: Mutant = field(init=False)
    seen: dict[str, dict[int, tuple[int, int]]] = field(default_factory=dict)  # ends of every value, by population
    # by population that can be glanced at: what states held before every step, and what arrived in it
    seen_steps: dict[str, tuple[Rows, Rows]] = field(default_factory=dict)
    _brought: dict[str, Ints] = field(default_factory=dict)  # by projection, int64[presentations, steps, neurons]
    _pool: dict[tuple[Lfsr, int], Draws] = field(default_factory=dict)
    _fracs: dict[str, dict[str, int]] = field(init=False)
    _wanted: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.base, self._fracs = unchanged(self.network, self.start), {}
        for name, step in self.base.variants.items():
            fracs = step.fracs()
            self._fracs[name] = {node: fracs[ref] for node, ref in step.names.items()}
        self._wanted = self.sources(set(self.nodes))

    def sources(self, names: set[str]) -> set[str]:
        """Return populations and all on which they depend."""
        found = set(names)
        while more := {one.source for one in self.network.graph.projections if one.target in found} - found - {INPUT}:
            found |= more
        return found

    def called(self, name: str) -> str:
        """Return with what changes of a population begin: its name, where it is not the only one."""
        return f"{name}: " if len(self.network.graph.populations) > 1 else ""

    def look(self) -> None:
        """Play every population unchanged, on what the set says was emitted, and note the ends of every value."""
        for name in self._wanted:
            self._look_at(name)

    def _look_at(self, name: str) -> None:
        ends = self.seen[name] = dict[int, tuple[int, int]]()
        states, arrived = dict[str, list[Ints]](), dict[str, list[Ints]]()

        def note(_name: str, _part: slice, _step: int, player: Player, before: Mapping[str, Ints]) -> None:
            for ref, words in player.values.items():
                low, high = ends.get(ref, (0, 0))
                ends[ref] = min(low, int(words.min())), max(high, int(words.max()))
            for rows, now in ((states, before), (arrived, player.come)):
                for called, words in now.items():
                    rows.setdefault(called, []).append(words)

        self._stage(self.base, [name], dict(self.emitted), {}, None, note)
        if not drawing(self.network.programs[name]) and not self._each(self.base, name):
            self.seen_steps[name] = _rows(states), _rows(arrived)

    def observe(self, note: Note) -> dict[str, Ints]:
        """Play every population unchanged, of the input alone; return what each emits, as `emitted`."""
        emitted = dict(self.emitted)
        for stage in self.network.graph.stages:
            self._stage(self.base, list(stage.populations), emitted, {}, None, note)
        return emitted

    def glance(self, mutant: Mutant, name: str) -> dict[str, Ints] | None:
        """Return what every step of a population makes of what it begins with unchanged; None where that is unknown.

        By name the nodes that are asked for, and after a space the states and what is emitted, which decide the rest.
        """
        step, seen = mutant.variants[name], self.seen_steps.get(name)
        rows = self.emitted[INPUT].shape[:2]
        kept = all(
            getattr(mutant, part) is getattr(self.base, part)
            for part in ("weights", "delays", "registers", "start", "lasting", "stale")
        )
        draws = any(isinstance(one, Rounds) and one.rounding is Rounding.STOCHASTIC for one in step.operations.values())
        same = step.states.keys() == self.base.variants[name].states.keys()
        if seen is None or draws or not (kept and same) or self._each(mutant, name):
            return None
        player = Player(step, mutant.constants[name], rows[0] * rows[1])
        player.states = dict(seen[0])
        player.step(seen[1])
        found = {node: self.node(name, player, node) for node in self.nodes.get(name, ())}
        found |= {f" {state}": words for state, words in player.states.items()}
        output = self.network.graph[name].neuron.output[0]
        found[" emitted"] = self.placed(name, player, output, step.output)
        return {called: words.reshape(*rows, -1) for called, words in found.items()}

    def play(self, mutant: Mutant, watch: Watch | None = None) -> Words | None:
        """Return the nodes that change, of populations that are asked for; None where `watch` ends it.

        Raises NoOrderError where a step cannot be done in any order.
        """
        graph, emitted, changed, found = self.network.graph, dict(self.emitted), set[str](), Words()
        for stage in graph.stages:
            touched = {name for name in stage.populations if mutant.differs(name, self.base, self.network)}
            inside = [one for one in graph.projections if one.target in stage.populations]
            while more := {one.target for one in inside if one.source in touched | changed} - touched:
                touched |= more
            names = [name for name in stage.populations if name in touched & self._wanted]
            if not names:
                continue
            if not self._stage(mutant, names, emitted, found, watch):
                return None
            changed |= {name for name in names if not np.array_equal(emitted[name], self.emitted[name])}
        return found

    def _stage(
        self,
        mutant: Mutant,
        names: list[str],
        emitted: dict[str, Ints],
        found: Words,
        watch: Watch | None,
        note: Note | None = None,
    ) -> bool:
        """Play some populations of a stage; what they emit takes the place of what the set has."""
        presentations, steps = self.emitted[INPUT].shape[:2]
        one_by_one = {name: self._each(mutant, name) for name in names}
        lasting = any(one.startswith(f"{name}.") for name in names for one in mutant.lasting)
        alone = lasting or any(one_by_one.values())
        slices = [slice(p, p + 1) for p in range(presentations)] if alone else [slice(0, presentations)]
        for name in names:
            emitted[name] = np.zeros_like(self.emitted[name])
            for node in self.nodes.get(name, ()):
                shape = (presentations, steps, 1 if node.startswith("lfsr.") else emitted[name].shape[2])
                found[f"{name}.{node}"] = np.zeros(shape, np.int64)
        players: dict[str, Player] = {}
        outside = {
            name: {one.name: self._outside(mutant, one, emitted, names) for one in self._into(name)} for name in names
        }
        for part in slices:
            for name in names:
                player = Player(
                    mutant.variants[name],
                    mutant.constants[name],
                    part.stop - part.start,
                    mutant.registers[name],
                    self._pool,
                    None if note is None else {},
                )
                last = players.get(name)
                for state in player.states:
                    full = f"{name}.{state}"
                    if last and full in mutant.lasting:
                        player.states[state] = last.states[state]
                    elif full in mutant.start:
                        player.states[state] = mutant.start[full][part]
                if last and f"{name}.lfsr" in mutant.lasting:
                    player.drawn = last.drawn
                players[name] = player
            for t in range(self.steps[part.start] if alone else steps):
                for name in names:
                    player = players[name]
                    come = {
                        given: self._come(
                            mutant, name, given, emitted, outside[name], part, t, given in one_by_one[name]
                        )
                        for given in self.network.graph[name].neuron.inputs
                    }
                    before = player.states
                    player.step(come)
                    emitted[name][part, t] = self.placed(
                        name, player, self.network.graph[name].neuron.output[0], player.variant.output
                    )
                    if note is not None:
                        note(name, part, t, player, before)
                        continue
                    for node in self.nodes.get(name, ()):
                        words = self.node(name, player, node)
                        found[f"{name}.{node}"][part, t] = words
                        if watch is not None and not watch(f"{name}.{node}", t, part, words):
                            return False
        return True

    def node(self, name: str, player: Player, node: str) -> Ints:
        """Return the words of a node after a step, as the set has them; int64[presentations, neurons or 1]."""
        kind, _, number = node.partition(".")
        if number and kind == "lfsr":
            return player.register(int(number))[:, None]
        if number:
            return player.whole(player.draws.get(int(number), np.zeros((1, 1), np.int64)))
        return self.placed(name, player, node, player.variant.names[node])

    def placed(self, name: str, player: Player, node: str, ref: int) -> Ints:
        """Return a value at the binary point that it has in the set."""
        frac, own = self._fracs[name][node], player.fracs[ref]
        words = player.values[ref]
        return player.whole(words if ANYWHERE in (frac, own) else moved(words, frac - own))

    @property
    def alone(self) -> bool:
        """Whether presentations are played one after the other: active inputs are taken one by one."""
        return any(self._each(self.base, name) for name in self._wanted)

    def _each(self, mutant: Mutant, name: str) -> tuple[str, ...]:
        return mutant.variants[name].program.neuron.one_by_one

    def _into(self, name: str) -> list[Projection]:
        return [one for one in self.network.graph.projections if one.target == name]

    def brought(self, name: str, n: int) -> dict[str, Ints]:
        """Return what arrives at a neuron, unchanged, by input: int64[presentations, steps]."""
        found = {
            given: np.zeros(self.emitted[INPUT].shape[:2], np.int64) for given in self.network.graph[name].neuron.inputs
        }
        for one in self._into(name):
            whole = self._outside(self.base, one, self.emitted, [])
            if whole is not None:
                found[one.input] = found[one.input] + whole[..., n]
        return found

    def _outside(
        self, mutant: Mutant, one: Projection, emitted: Mapping[str, Ints], names: Sequence[str]
    ) -> Ints | None:
        """Return what a projection brings in every step, if its source is known by now; int64[..., steps, neurons]."""
        if one.source in names or one.input in self._each(mutant, one.target):
            return None
        weights = mutant.weights.get(one.name)
        same = weights is self.base.weights.get(one.name) and mutant.delays[one.name] == self.base.delays[one.name]
        if not same or one.name in mutant.stale or emitted[one.source] is not self.emitted[one.source]:
            return self._bring(one, weights, mutant.taken(one, emitted[one.source]))
        if one.name not in self._brought:
            self._brought[one.name] = self._bring(one, weights, mutant.taken(one, emitted[one.source]))
        return self._brought[one.name]

    def _bring(self, one: Projection, weights: Ints | None, words: Ints) -> Ints:
        rows = bring_rows(one, weights, words.reshape(-1, words.shape[-1]), self.network.graph.shape_at(one.source))
        return rows.reshape(*words.shape[:-1], -1) << self.left(one)

    def left(self, one: Projection) -> int:
        """Return by how many bits what a projection brings is shifted to the point of its input."""
        return self.network.programs[one.target].arrivals[one.input].total.frac - self.network.frac(one)

    def _come(
        self, mutant: Mutant, name: str, given: str, emitted: Mapping[str, Ints], outside: Mapping[str, Ints | None],
        part: slice, t: int, each: bool,
    ) -> Ints:  # fmt: skip
        """Return what arrives at an input in a step, [presentations, neurons]; or row by row, [active, 1, neurons]."""
        rows: list[Ints] = []
        for one in self.network.graph.into(name, given):
            whole, delay = outside[one.name], mutant.delays[one.name]
            if whole is not None:
                rows.append(whole[part, t])
                continue
            first = max(t - delay - 1, 0) if delay <= t else t  # of what the projection can take
            words = mutant.taken(one, emitted[one.source][part, first : t + 1])[:, -1]
            weights = mutant.weights.get(one.name)
            if not each:
                rows.append(self._bring(one, weights, words))
                continue
            brought = bring_alone(one, weights, words[0], self.network.graph.shape_at(one.source))
            rows += [*(brought << self.left(one))]
        if each:
            return np.array(rows, np.int64).reshape(-1, 1, self.network.graph[name].size)
        return np.asarray(np.add.reduce(rows))


def _rows(steps: Mapping[str, list[Ints]]) -> Rows:
    """Return words of step after step, int64[presentations, neurons] each, as rows: presentations outermost."""
    return {name: np.stack(words, axis=1).reshape(-1, words[0].shape[1]) for name, words in steps.items()}
