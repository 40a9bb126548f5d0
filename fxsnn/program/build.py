"""From a checked text and the plan's choices to the operations of a step. What is not chosen is not there."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from fxsnn.errors import ConfigError
from fxsnn.program import operations as op
from fxsnn.program.expressions import EXACT, ONE_BIT, Expressions, Kind, called
from fxsnn.program.grammar import Declared, Text, cast_into, declared, written
from fxsnn.program.neuron import BIT, Cast, Neuron, Statement
from fxsnn.program.operations import Ref


def build(text: Text, choices: Mapping[str, str] | None = None) -> Neuron:
    """Return the operations of a text under the plan's choices, made once for each.

    Raises
    ------
    NeuronError
        A name is not declared, a state never written, nothing emitted, a reduction in a condition ...: the message
        names file, line and column.
    ConfigError
        A choice is missing, unknown, or none of those the text names.
    """
    made = dict(choices or {})
    if unknown := [name for name in made if name not in text.choices]:
        raise ConfigError(f"{text.file}: a choice must be one of {', '.join(text.choices) or 'none'}, not {unknown[0]}")
    for name, options in text.choices.items():
        if made.get(name) not in options:
            raise ConfigError(f"{text.file}: {name} must be {', '.join(options)}, not {made.get(name, 'left open')}")
    return _built(text, tuple(made.items()))


@lru_cache(maxsize=1024)
def _built(text: Text, choices: tuple[tuple[str, str], ...]) -> Neuron:
    builder = _Builder(text, dict(choices))
    builder.block(text.body)
    return builder.finish()


class _Builder(Expressions):
    """Statements to operations."""

    def __init__(self, text: Text, choices: dict[str, str]) -> None:
        super().__init__(text, choices)
        self.written: set[str] = set()
        self.joined: dict[Ref, tuple[int, ...]] = {}
        self.makers: dict[str, tuple[int, ...]] = {}  # of each name, the statements that assigned it last
        self.casts: list[tuple[Cast, ast.stmt]] = []

    def block(self, body: tuple[ast.stmt, ...] | list[ast.stmt]) -> None:
        for node in body:
            match node:
                case ast.If():
                    self.conditional(node)
                case ast.AnnAssign(value=None):
                    self.declare(node)
                case ast.AnnAssign() | ast.Assign():
                    self.assign(node)

    def declare(self, node: ast.AnnAssign) -> None:
        found = declared(node)
        if found.kind == "choice":
            return
        if self.guard is not None:
            self.refuse(
                node, f"a declaration must stand outside an if that is decided at every step, {found.name} does not"
            )
        if found.name in self.declared or found.name in self.env or found.name in self.text.choices:
            self.refuse(node, f"a name must be declared once and before it is used, {found.name} is not")
        self.declared[found.name] = found, node

    def conditional(self, node: ast.If) -> None:
        decided = self.decide(node.test)
        if decided is not None:
            self.block(node.body if decided else node.orelse)
            return
        number = self.new_statement(node, "if", written(node.test), "")
        condition = self.bit(node.test)
        self.statements[number] = replace(self.statements[number], value=condition)
        outer, before, known = self.guard, self.env, self.makers
        ways: list[dict[str, Ref]] = []
        making: list[dict[str, tuple[int, ...]]] = []
        for holds, body in ((True, node.body), (False, node.orelse)):
            self.env, self.makers = dict(before), dict(known)
            here = condition if holds or not body else self.put(op.Not(condition), ONE_BIT)
            self.guard = here if outer is None else self.put(op.Both(outer, here), ONE_BIT)
            self.joined |= {ref: (number,) for ref in (here, self.guard) if ref not in (condition, outer)}
            self.block(body)
            ways.append(self.env)
            making.append(self.makers)
        self.guard, self.env, self.makers = outer, before, dict(known)
        for name in dict.fromkeys((*ways[0], *ways[1])):
            a, b = (way[name] if name in way else self.kept(name) for way in ways)
            made = [way[name] for way in making if name in way and way[name] != known.get(name)]
            if made:
                self.makers[name] = tuple(dict.fromkeys(number for numbers in made for number in numbers))
            if a is None or b is None:
                self.partly.add(name)
            else:
                self.env[name] = a if a == b else self.select(condition, a, b)
                if a != b and made:
                    self.joined[self.env[name]] = self.makers[name]

    def assign(self, node: ast.AnnAssign | ast.Assign) -> None:
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
        assert isinstance(target, ast.Name)  # noqa: S101  (so says the grammar)
        assert node.value is not None  # noqa: S101  (so says `block`)
        name, (signal, stream) = target.id, cast_into(node) if isinstance(node, ast.AnnAssign) else ("", None)
        known = self.declared.get(name)
        if name in self.text.choices or (known and known[0].kind not in ("state", "output")):
            kind = known[0].kind if known else "choice"
            self.refuse(node, f"a statement must assign a state, the output or a new name, not the {kind} {name}")
        number = self.new_statement(node, name, written(node.value), signal)
        events = [part for part in ast.walk(node.value) if isinstance(part, ast.Call) and called(part) == "each"]
        first = min(events, key=lambda part: (part.lineno, part.col_offset), default=None)
        carry = self.begin(node, name, signal, first) if first else None
        value = self.value(node.value)
        if signal:
            value = self.cast(node, name, value, signal, stream)
        if carry is not None:
            self.each, self.came, self.inside = "", None, ""
            value = self.put(op.Done(carry, value), Kind(signal == BIT, signal))
        self.statements[number] = replace(self.statements[number], value=value)
        self.env[name] = value
        self.makers[name] = (number,)
        self.written.add(name)
        self.partly.discard(name)

    def new_statement(self, node: ast.stmt, name: str, source: str, signal: str) -> int:
        """Begin a statement, to which the operations that follow belong; return its number."""
        self.statements.append(Statement(name, node.lineno, node.col_offset + 1, source, signal, -1))
        return len(self.statements) - 1

    def begin(self, node: ast.stmt, name: str, signal: str, each: ast.Call) -> Ref:
        """Begin what is done for every active input: the name stands for what the last one left."""
        if self.guard is not None:
            self.refuse(each, "each(...) must stand outside every if")
        if not signal:
            self.refuse(node, f"a statement with each(...) must cast, as in `{name}: signal = ...`")
        assert isinstance(each.args[0], ast.Name)  # noqa: S101  (so says the grammar)
        self.inside, self.each, self.came = "a statement with each(...)", each.args[0].id, None
        carry = self.put(op.Carry(self.named(node, name), signal), Kind(signal == BIT, signal))
        self.env[name] = carry
        return carry

    def cast(self, node: ast.AnnAssign | ast.Assign, name: str, value: Ref, signal: str, stream: int | None) -> Ref:
        if signal == BIT:
            self.refuse(node, f"a cast must name a signal of the plan, and {BIT} is none")
        for other, place in self.casts:
            if stream is not None and other.stream == stream:
                self.refuse(node, f"a cast must have a register of its own, {stream} is that of line {place.lineno}")
        rounded = self.put(op.Round(value, signal, stream, self.guard), EXACT)
        limited = self.put(op.Limit(rounded, signal), Kind(grid=signal))
        self.casts.append((Cast(name, rounded, limited, signal, stream), node))
        return limited

    def finish(self) -> Neuron:
        """Check that nothing is left over and return the neuron."""
        outputs = [(found.name, node) for found, node in self.declared.values() if found.kind == "output"]
        if len(outputs) != 1:
            self.refuse(
                outputs[1][1] if outputs else ast.Pass(),
                f"a neuron must declare one output, as in `spike: output`, not {len(outputs)}",
            )
        (output, where), states = outputs[0], {}
        if output not in self.env:
            self.refuse(where, f"what is emitted must be assigned at every step, {output} is not")
        for name, (found, node) in self.declared.items():
            if found.kind == "state":
                if name not in self.written:
                    self.refuse(node, f"a state must be written at every step, {name} never is")
                states[name] = found.signal, self.env[name]
            elif found.kind != "output" and name not in self.read:
                self.refuse(node, f"what is declared must be read, the {found.kind} {name} never is")
        names = [found.signal for found, _ in self.declared.values() if found.kind in ("state", "constant")]
        names += [cast.signal for cast, _ in self.casts]

        def of_kind(kind: str) -> list[Declared]:
            return [found for found, _ in self.declared.values() if found.kind == kind]

        return Neuron(
            file=self.text.file,
            choices=self.choices,
            operations=tuple(self.operations),
            owners=tuple(self.owners),
            statements=tuple(self.statements),
            states=states,
            constants={found.name: found.signal for found in of_kind("constant")},
            inputs=tuple(found.name for found in of_kind("input")),
            numbers=tuple(found.name for found in of_kind("number")),
            output=(output, self.env[output]),
            names=dict(self.env),
            casts=tuple(cast for cast, _ in self.casts),
            signals=tuple(name for name in dict.fromkeys(names) if name != BIT),
            joined=self.joined,
        )
