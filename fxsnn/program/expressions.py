"""Expressions of a text to operations, under the plan's choices."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from fxsnn.program import operations as op
from fxsnn.program.grammar import REDUCING, Declared, Text, operator, refuse, relation, written
from fxsnn.program.neuron import BIT, Statement
from fxsnn.program.operations import Operation, Ref


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of a value before formats are: whether it is a bit, and the signal on whose grid a word lies."""

    bit: bool = False
    grid: str = ""


EXACT, ONE_BIT = Kind(), Kind(bit=True, grid=BIT)


class Expressions:
    """Makes operations of expressions. `env` holds what each name stands for at the statement in hand."""

    def __init__(self, text: Text, choices: dict[str, str]) -> None:
        self.text, self.choices = text, choices
        self.operations: list[Operation] = []
        self.kinds: list[Kind] = []
        self.owners: list[int] = []
        self.statements: list[Statement] = []
        self.declared: dict[str, tuple[Declared, ast.stmt]] = {}
        self.env: dict[str, Ref] = {}
        self.leaves: dict[Operation, Ref] = {}
        self.read: set[str] = set()
        self.partly: set[str] = set()  # assigned where a condition holds, and not where it does not
        self.guard: Ref | None = None  # under which the statement in hand happens
        self.inside = ""  # of what no reduction may stand in
        self.each = ""  # the input whose active words come one after the other to the statement in hand
        self.came: Ref | None = None  # what one of them brings, once it was read

    def refuse(self, node: ast.AST, message: str) -> NoReturn:
        """Raise NeuronError with the place of a node."""
        refuse(self.text.file, node, message)

    def put(self, operation: Operation, kind: Kind = EXACT) -> Ref:
        """Append an operation and return its number."""
        self.operations.append(operation)
        self.kinds.append(kind)
        self.owners.append(max(len(self.statements) - 1, 0))
        return len(self.operations) - 1

    def leaf(self, operation: Operation, kind: Kind = EXACT) -> Ref:
        """Return the number of what is given, which stands once in a step."""
        if operation not in self.leaves:
            self.leaves[operation] = self.put(operation, kind)
        return self.leaves[operation]

    def value(self, node: ast.expr) -> Ref:
        """Return the value of an expression."""
        match node:
            case ast.Name():
                return self.named(node, node.id)
            case ast.Constant(value=int(value)):
                return self.leaf(op.Literal(value), ONE_BIT if value in (0, 1) else EXACT)
            case ast.BinOp():
                return self.operation(node)
            case ast.UnaryOp(op=ast.USub()):
                return self.put(op.Subtract(self.leaf(op.Literal(0), ONE_BIT), self.value(node.operand)))
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

    def named(self, node: ast.AST, name: str) -> Ref:  # noqa: RET503  (`refuse` never returns)
        """Return what a name stands for."""
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
                return self.leaf(op.Constant(name, found.signal), Kind(found.signal == BIT, found.signal))
            case "input":
                return self.leaf(op.Input(name))
            case "number":
                return self.leaf(op.Number(name))
            case _:  # the output
                message = f"what is emitted must be assigned before it is read, {name} is not"
                self.refuse(node, f"{message}: a state keeps it for the next step")

    def kept(self, name: str) -> Ref | None:
        """Return the word that a state kept from the step before; nothing for any other name."""
        found = self.declared.get(name)
        if found is None or found[0].kind != "state":
            return None
        return self.leaf(op.State(name, found[0].signal), Kind(found[0].signal == BIT, found[0].signal))

    def operation(self, node: ast.BinOp) -> Ref:
        """Return the value of + - * << or >>."""
        sign = operator(node)
        if sign in ("<<", ">>"):
            word = self.value(node.left)
            if not self.kinds[word].grid:
                self.refuse(
                    node,
                    f"{sign} must be of a word (a state, a constant or what was cast), "
                    f"not of the exact {written(node.left)}",
                )
            by = self.value(node.right)
            if not isinstance(self.operations[by], op.Literal | op.Number):
                self.refuse(node.right, f"{sign} must be by a literal or a declared number, not {written(node.right)}")
            kind = Kind(grid=self.kinds[word].grid)
            return self.put(op.ShiftLeft(word, by) if sign == "<<" else op.ShiftRight(word, by), kind)
        a, b = self.value(node.left), self.value(node.right)
        if sign == "*":
            return self.put(op.Multiply(a, b))
        return self.put(op.Add(a, b) if sign == "+" else op.Subtract(a, b))

    def call(self, node: ast.Call) -> Ref:
        """Return the value of a call."""
        name = called(node)
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
        """Return what one active input brings."""
        assert isinstance(node.args[0], ast.Name)  # noqa: S101  (so says the grammar)
        name = node.args[0].id
        self.read.add(name)
        if name not in self.declared or self.declared[name][0].kind != "input":
            self.refuse(node.args[0], f"each must take a declared input, not {name}")
        if name != self.each:
            where = f"be of one input in a statement, {name} is not {self.each}" if self.each else "stand in a cast"
            self.refuse(node, f"each(...) must {where}")
        if self.came is None:
            self.came = self.put(op.Each(name))
        return self.came

    def reduction(self, node: ast.Call, name: str) -> Ref:
        """Return a reduction over the population."""
        if self.guard is not None or self.inside:
            where = self.inside or "an if"
            self.refuse(node, f"a reduction must stand in a statement of its own level, {name} stands in {where}")
        with self.within("another reduction"):
            if name == "largest":
                return self.put(op.Largest(self.value(node.args[0]), self.bit(node.args[1])), ONE_BIT)
            among = self.bit(node.args[0])
        if name == "count":
            return self.put(op.Count(among))
        return self.put(op.Any(among) if name == "any" else op.First(among), ONE_BIT)

    def logic(self, node: ast.expr) -> Ref:  # noqa: RET503  (`refuse` never returns)
        """Return comparisons and what is made of bits; comparisons with a choice are decided and gone."""
        decided = self.decide(node)
        if decided is not None:
            return self.leaf(op.Literal(int(decided)), ONE_BIT)
        match node:
            case ast.Compare():
                return self.put(
                    op.Compare(relation(node), self.value(node.left), self.value(node.comparators[0])), ONE_BIT
                )
            case ast.UnaryOp():
                return self.put(op.Not(self.bit(node.operand)), ONE_BIT)
            case ast.BoolOp(values=values):
                with self.within("a condition"):
                    bits = [self.bit(part) for part in values if self.decide(part) is None]
                made = op.Both if isinstance(node.op, ast.And) else op.Either
                found = bits[0]
                for other in bits[1:]:
                    found = self.put(made(found, other), ONE_BIT)
                return found
            case _:
                self.refuse(node, f"an expression must be of the grammar, not {written(node)}")

    def bit(self, node: ast.expr) -> Ref:
        """Return a condition: a comparison, a bit, or what is made of them."""
        with self.within("a condition"):
            found = self.value(node)
        if not self.kinds[found].bit:
            self.refuse(node, f"a condition must be a comparison or a bit, not the number {written(node)}")
        return found

    def select(self, condition: Ref, a: Ref, b: Ref) -> Ref:
        """Return one of two values, by a condition."""
        return self.put(op.Select(condition, a, b), self.common(a, b))

    def common(self, a: Ref, b: Ref) -> Kind:
        """Return what is known of a value that is one of two: a 0 lies on every grid."""
        zero = op.Literal(0)
        kinds = [self.kinds[ref] for ref in (a, b) if self.operations[ref] != zero] or [ONE_BIT]
        same = all(kind.grid == kinds[0].grid for kind in kinds)
        return Kind(self.kinds[a].bit and self.kinds[b].bit, kinds[0].grid if same else "")

    @contextmanager
    def within(self, what: str) -> Iterator[None]:
        """Refuse reductions in what is built here."""
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
                    self.refuse(
                        node, f"{name} must be compared with {', '.join(self.text.choices[name])}, not {option!r}"
                    )
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


def called(node: ast.Call) -> str:
    """Return the name of what is called."""
    return node.func.id if isinstance(node.func, ast.Name) else ""
