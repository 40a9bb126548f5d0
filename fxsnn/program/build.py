"""From a checked text and the plan's choices to the operations of a step. What is not chosen is not there."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from collections.abc import Iterator
from typing import NoReturn

from fxsnn.errors import ConfigError
from fxsnn.program import operations as op
from fxsnn.program.grammar import REDUCING, Declared, Text, cast_into, declared, operator, refuse, relation, written
from fxsnn.program.neuron import BIT, Cast, Neuron, Statement
from fxsnn.program.operations import Operation, Ref


def build(text: Text, choices: Mapping[str, str] | None = None) -> Neuron:
    """Return the operations of a text under the plan's choices.

    Raises
    ------
    NeuronError
        A name is not declared, a state never written, nothing emitted, a reduction in a condition ...: the message
        names file, line and column.
    ConfigError
        A choice is missing, unknown, or none of those the text names.
    """
    made = dict(choices or {})
    for name, options in text.choices.items():
        if made.get(name) not in options:
            raise ConfigError(f"{text.file}: {name} must be {', '.join(options)}, not {made.get(name, 'left open')}")
    if unknown := [name for name in made if name not in text.choices]:
        raise ConfigError(f"{text.file}: a choice must be one of {', '.join(text.choices) or 'none'}, not {unknown[0]}")
    builder = _Builder(text, made)
    builder.block(text.body)
    return builder.finish()


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is known of a value before formats are: whether it is a bit, and the signal on whose grid a word lies."""

    bit: bool = False
    grid: str = ""


_EXACT, _BIT = _Kind(), _Kind(bit=True, grid=BIT)


class _Builder:
    """Statements to operations. `env` holds what each name stands for at the statement in hand."""

    def __init__(self, text: Text, choices: dict[str, str]) -> None:
        self.text, self.choices = text, choices
        self.operations: list[Operation] = []
        self.kinds: list[_Kind] = []
        self.owners: list[int] = []
        self.statements: list[Statement] = []
        self.declared: dict[str, tuple[Declared, ast.stmt]] = {}
        self.env: dict[str, Ref] = {}
        self.leaves: dict[Operation, Ref] = {}
        self.read: set[str] = set()
        self.written: set[str] = set()
        self.partly: set[str] = set()  # assigned where a condition holds, and not where it does not
        self.casts: list[tuple[Cast, ast.stmt]] = []
        self.guard: Ref | None = None
        self.inside = ""  # of what no reduction and no each() may stand in
        self.each: ast.Call | None = None  # of the statement in hand

    def refuse(self, node: ast.AST, message: str) -> NoReturn:
        refuse(self.text.file, node, message)

    # statements

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
            self.refuse(node, f"a declaration must stand outside an if that is decided at every step, {found.name} does not")
        if found.name in self.declared or found.name in self.env or found.name in self.text.choices:
            self.refuse(node, f"a name must be declared once and before it is used, {found.name} is not")
        self.declared[found.name] = found, node

    def conditional(self, node: ast.If) -> None:
        decided = self.decide(node.test)
        if decided is not None:
            self.block(node.body if decided else node.orelse)
            return
        self.statements.append(Statement("if", node.lineno, node.col_offset + 1, written(node.test), ""))
        condition = self.bit(node.test)
        outer, before = self.guard, self.env
        ways: list[dict[str, Ref]] = []
        for holds, body in ((True, node.body), (False, node.orelse)):
            self.env = dict(before)
            here = condition if holds or not body else self.put(op.Not(condition), _BIT)
            self.guard = here if outer is None else self.put(op.Both(outer, here), _BIT)
            self.block(body)
            ways.append(self.env)
        self.guard, self.env = outer, before
        for name in dict.fromkeys((*ways[0], *ways[1])):
            a, b = (way[name] if name in way else self.kept(name) for way in ways)
            if a is None or b is None:
                self.partly.add(name)
            elif a != b:
                self.env[name] = self.select(condition, a, b)

    def kept(self, name: str) -> Ref | None:
        """Return the word that a state kept from the step before; nothing for any other name."""
        found = self.declared.get(name)
        if found is None or found[0].kind != "state":
            return None
        return self.leaf(op.State(name, found[0].signal), _Kind(found[0].signal == BIT, found[0].signal))

    def assign(self, node: ast.AnnAssign | ast.Assign) -> None:
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
        assert isinstance(target, ast.Name) and node.value is not None  # noqa: S101  (so says the grammar)
        name, (signal, stream) = target.id, cast_into(node) if isinstance(node, ast.AnnAssign) else ("", None)
        known = self.declared.get(name)
        if name in self.text.choices or (known and known[0].kind not in ("state", "output")):
            self.refuse(node, f"a statement must assign a state, the output or a new name, not the {known[0].kind if known else 'choice'} {name}")
        self.statements.append(Statement(name, node.lineno, node.col_offset + 1, written(node.value), signal))
        events = [part for part in ast.walk(node.value) if isinstance(part, ast.Call) and _called(part) == "each"]
        carry = self.begin(node, name, signal, events[0]) if events else None
        value = self.value(node.value)
        if signal:
            value = self.cast(node, name, value, signal, stream)
        if carry is not None:
            self.each, self.inside = None, ""
            value = self.put(op.Done(carry, value), _Kind(signal == BIT, signal))
        self.env[name] = value
        self.written.add(name)
        self.partly.discard(name)

    def begin(self, node: ast.stmt, name: str, signal: str, each: ast.Call) -> Ref:
        """Begin what is done for every active input: the name stands for what the last one left."""
        if self.guard is not None:
            self.refuse(each, "each(...) must stand outside every if")
        if not signal:
            self.refuse(node, f"a statement with each(...) must cast, as in `{name}: signal = ...`")
        self.inside, self.each = "a statement with each(...)", each
        carry = self.put(op.Carry(self.named(node, name), signal), _Kind(signal == BIT, signal))
        self.env[name] = carry
        return carry

    def cast(self, node: ast.AnnAssign | ast.Assign, name: str, value: Ref, signal: str, stream: int | None) -> Ref:
        if signal == BIT:
            self.refuse(node, f"a cast must name a signal of the plan, and {BIT} is none")
        for other, place in self.casts:
            if stream is not None and other.stream == stream:
                self.refuse(node, f"a cast must have a register of its own, {stream} is that of line {place.lineno}")
        rounded = self.put(op.Round(value, signal, stream, self.guard), _EXACT)
        limited = self.put(op.Limit(rounded, signal), _Kind(grid=signal))
        self.casts.append((Cast(name, rounded, limited, signal, stream), node))
        return limited

    # expressions

    def put(self, operation: Operation, kind: _Kind = _EXACT) -> Ref:
        self.operations.append(operation)
        self.kinds.append(kind)
        self.owners.append(max(len(self.statements) - 1, 0))
        return len(self.operations) - 1

    def leaf(self, operation: Operation, kind: _Kind = _EXACT) -> Ref:
        if isinstance(operation, op.Each):  # another one for every active input
            return self.put(operation, kind)
        if operation not in self.leaves:
            self.leaves[operation] = self.put(operation, kind)
        return self.leaves[operation]

    def value(self, node: ast.expr) -> Ref:
        match node:
            case ast.Name():
                return self.named(node, node.id)
            case ast.Constant(value=int(value)):
                return self.leaf(op.Literal(value), _BIT if value in (0, 1) else _EXACT)
            case ast.BinOp():
                return self.operation(node)
            case ast.UnaryOp(op=ast.USub()):
                return self.put(op.Subtract(self.leaf(op.Literal(0), _BIT), self.value(node.operand)))
            case ast.IfExp():
                decided = self.decide(node.test)
                if decided is not None:
                    return self.value(node.body if decided else node.orelse)
                with self.within("a conditional expression"):
                    return self.select(self.bit(node.test), self.value(node.body), self.value(node.orelse))
            case ast.Call():
                return self.call(node)
            case _:
                return self.logic(node)

    def named(self, node: ast.AST, name: str) -> Ref:
        self.read.add(name)
        if name in self.env:
            return self.env[name]
        if name in self.partly:
            self.refuse(node, f"a name must be assigned whatever the conditions are before it is read, {name} is not")
        if name in self.choices:
            self.refuse(node, f"a choice must be compared with one of its names, {name} is not")
        if name not in self.declared:
            self.refuse(node, f"a name must be declared or assigned before it is read, {name} is not")
        kept, found = self.kept(name), self.declared[name][0]
        if kept is not None:
            return kept
        match found.kind:
            case "constant":
                return self.leaf(op.Constant(name, found.signal), _Kind(found.signal == BIT, found.signal))
            case "input":
                return self.leaf(op.Input(name))
            case "number":
                return self.leaf(op.Number(name))
        self.refuse(node, f"what is emitted must be assigned before it is read, {name} is not: a state keeps it for the next step")

    def operation(self, node: ast.BinOp) -> Ref:
        sign = operator(node)
        if sign in ("<<", ">>"):
            word = self.value(node.left)
            if not self.kinds[word].grid:
                self.refuse(node, f"{sign} must be of a word (a state, a constant or what was cast), not of the exact {written(node.left)}")
            by = self.value(node.right)
            if not isinstance(self.operations[by], op.Literal | op.Number):
                self.refuse(node.right, f"{sign} must be by a literal or a declared number, not {written(node.right)}")
            kind = _Kind(grid=self.kinds[word].grid)
            return self.put(op.ShiftLeft(word, by) if sign == "<<" else op.ShiftRight(word, by), kind)
        a, b = self.value(node.left), self.value(node.right)
        made = {"+": op.Add, "-": op.Subtract, "*": op.Multiply}[sign]
        return self.put(made(a, b))

    def call(self, node: ast.Call) -> Ref:
        name = _called(node)
        if name == "each":
            return self.event(node)
        if name in REDUCING:
            return self.reduction(node, name)
        values = [self.value(part) for part in node.args]
        if name == "abs":
            return self.put(op.Absolute(values[0]))
        made = op.Minimum if name == "min" else op.Maximum
        return self.put(made(*values), self.common(*values))

    def event(self, node: ast.Call) -> Ref:
        assert isinstance(node.args[0], ast.Name)  # noqa: S101  (so says the grammar)
        name = node.args[0].id
        self.read.add(name)
        if name not in self.declared or self.declared[name][0].kind != "input":
            self.refuse(node.args[0], f"each must take a declared input, not {name}")
        if node is not self.each:
            self.refuse(node, "each(...) must stand once in a statement")
        return self.leaf(op.Each(name))

    def reduction(self, node: ast.Call, name: str) -> Ref:
        if self.guard is not None or self.inside:
            where = self.inside or "an if"
            self.refuse(node, f"a reduction must stand in a statement of its own level, {name} stands in {where}")
        with self.within("another reduction"):
            if name == "largest":
                return self.put(op.Largest(self.value(node.args[0]), self.bit(node.args[1])), _BIT)
            among = self.bit(node.args[0])
        if name == "count":
            return self.put(op.Count(among))
        return self.put(op.Any(among) if name == "any" else op.First(among), _BIT)

    def logic(self, node: ast.expr) -> Ref:
        """Return comparisons and what is made of bits; comparisons with a choice are decided and gone."""
        decided = self.decide(node)
        if decided is not None:
            return self.leaf(op.Literal(int(decided)), _BIT)
        match node:
            case ast.Compare():
                return self.put(op.Compare(relation(node), self.value(node.left), self.value(node.comparators[0])), _BIT)
            case ast.UnaryOp():
                return self.put(op.Not(self.bit(node.operand)), _BIT)
            case ast.BoolOp(values=values):
                with self.within("a condition"):
                    bits = [self.bit(part) for part in values if self.decide(part) is None]
                made = op.Both if isinstance(node.op, ast.And) else op.Either
                found = bits[0]
                for other in bits[1:]:
                    found = self.put(made(found, other), _BIT)
                return found
        self.refuse(node, f"an expression must be of the grammar, not {written(node)}")

    def bit(self, node: ast.expr) -> Ref:
        """Return a condition: a comparison, a bit, or what is made of them."""
        with self.within("a condition"):
            found = self.value(node)
        if not self.kinds[found].bit:
            self.refuse(node, f"a condition must be a comparison or a bit, not the number {written(node)}")
        return found

    def select(self, condition: Ref, a: Ref, b: Ref) -> Ref:
        return self.put(op.Select(condition, a, b), self.common(a, b))

    def common(self, a: Ref, b: Ref) -> _Kind:
        """Return what is known of a value that is one of two: a 0 lies on every grid."""
        zero = op.Literal(0)
        kinds = [self.kinds[ref] for ref in (a, b) if self.operations[ref] != zero] or [_BIT]
        same = all(kind.grid == kinds[0].grid for kind in kinds)
        return _Kind(self.kinds[a].bit and self.kinds[b].bit, kinds[0].grid if same else "")

    @contextmanager
    def within(self, what: str) -> Iterator[None]:
        outer, self.inside = self.inside, self.inside or what
        yield
        self.inside = outer

    def decide(self, node: ast.expr) -> bool | None:
        """Return whether a condition holds by the plan's choices alone, or nothing where they leave it open."""
        match node:
            case ast.Compare(left=ast.Name(id=name), comparators=[ast.Constant(value=str(option))]):
                if name not in self.choices:
                    self.refuse(node, f"a text may be compared with a declared choice alone, {name} is none")
                if option not in self.text.choices[name]:
                    self.refuse(node, f"{name} must be compared with {', '.join(self.text.choices[name])}, not {option!r}")
                return (self.choices[name] == option) == isinstance(node.ops[0], ast.Eq)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                decided = self.decide(operand)
                return None if decided is None else not decided
            case ast.BoolOp(op=sign, values=values):
                found = [self.decide(part) for part in values]
                settles = isinstance(sign, ast.Or)
                if settles in found:
                    return settles
                return None if None in found else not settles
        return None

    # the end

    def finish(self) -> Neuron:
        """Check that nothing is left over and return the neuron."""
        outputs = [(found.name, node) for found, node in self.declared.values() if found.kind == "output"]
        if len(outputs) != 1:
            self.refuse(outputs[1][1] if outputs else ast.Pass(), f"a neuron must declare one output, as in `spike: output`, not {len(outputs)}")
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
            nodes={name: ref for name, ref in self.env.items() if not name.startswith("_")},
            casts=tuple(cast for cast, _ in self.casts),
            signals=tuple(name for name in dict.fromkeys(names) if name != BIT),
        )


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""
