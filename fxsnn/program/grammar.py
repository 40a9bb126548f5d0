"""The grammar of a neuron's text: what of Python's own it may use, checked before anything is made of it."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, field
from typing import NoReturn

from fxsnn.errors import NeuronError, many
from fxsnn.program.operations import RELATIONS

KINDS = ("state", "constant", "input", "number", "output", "choice")  # what a name can be declared as
ARGUMENTS = {"min": 2, "max": 2, "abs": 1, "each": 1, "count": 1, "any": 1, "first": 1, "largest": 2}
REDUCING = ("count", "any", "first", "largest")
MOST_CHARACTERS = 1 << 16
MOST_NESTED = 60
MOST_LITERAL = 1 << 62

_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.LShift: "<<", ast.RShift: ">>"}
_RELATIONS = dict(zip((ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq), RELATIONS, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A text whose every statement is one of the grammar, and the choices that it leaves to the plan."""

    file: str
    source: str  # as it was written
    body: tuple[ast.stmt, ...]
    choices: dict[str, tuple[str, ...]]

    declared: tuple[Declared, ...] = field(init=False)  # whatever the choices, in the order in which they stand
    signals: tuple[str, ...] = field(init=False)  # that it names, whatever the choices; `bit`, which no plan gives, too

    def __post_init__(self) -> None:
        annotated = [node for body in self.body for node in ast.walk(body) if isinstance(node, ast.AnnAssign)]
        declarations = tuple(declared(node) for node in annotated if node.value is None)
        cast = [cast_into(node)[0] for node in annotated if node.value is not None]
        stored = [one.signal for one in declarations if one.kind in ("state", "constant")]
        object.__setattr__(self, "declared", declarations)
        object.__setattr__(self, "signals", tuple(dict.fromkeys([*cast, *stored])))

    @property
    def parameters(self) -> tuple[str, ...]:
        """What a network may have to give, whatever the choices: choices, constants and numbers."""
        kinds = ("choice", "constant", "number")
        return tuple(dict.fromkeys(one.name for kind in kinds for one in self.declared if one.kind == kind))


@dataclass(frozen=True, slots=True)
class Declared:
    """A name and what it is: kind, and the signal of a state or constant."""

    name: str
    kind: str
    signal: str


def parse(text: str, file: str = "neuron") -> Text:
    """Read the text of a neuron.

    file    what messages call the text

    Raises
    ------
    NeuronError
        The text is not of the grammar; the message names file, line and column.
    """
    if len(text) > MOST_CHARACTERS:
        raise NeuronError(f"{file}:1:1: a text must have at most {MOST_CHARACTERS} characters, not {len(text)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python warns of is not of the grammar
            body = ast.parse(text).body
    except SyntaxError as error:
        column = max(error.offset or 1, 1)
        raise NeuronError(f"{file}:{error.lineno or 1}:{column}: a text must parse, but {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:  # a null byte, brackets nested too deep
        raise NeuronError(f"{file}:1:1: a text must parse, but {error or 'it is nested too deep'}") from None
    check = _Grammar(file)
    for statement in body:
        check.statement(statement)
    return Text(file, text, tuple(body), _choices(file, body))


def refuse(file: str, node: ast.AST, message: str) -> NoReturn:
    """Raise NeuronError with the place of a node."""
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1
    raise NeuronError(f"{file}:{line}:{column}: {message}")


def written(node: ast.AST) -> str:
    """Return a piece of text on one line, as people read it; a long one cut short."""
    try:
        text = " ".join(ast.unparse(node).split())
    except RecursionError:
        return "what is nested too deep"
    return text if len(text) <= 80 else f"{text[:77]}..."


def operator(node: ast.BinOp) -> str:
    """Return the sign of an operation: + - * << or >>."""
    return _OPERATORS[type(node.op)]


def relation(node: ast.Compare) -> str:
    """Return the sign of a comparison."""
    return _RELATIONS[type(node.ops[0])]


def declared(node: ast.AnnAssign) -> Declared:
    """Return what a statement `name: kind` or `name: kind[signal]` declares."""
    assert isinstance(node.target, ast.Name)  # noqa: S101  (so says the grammar)
    name, annotation = node.target.id, node.annotation
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Name):
        return Declared(name, _name(annotation.value), annotation.slice.id)
    return Declared(name, _name(annotation), name)


def cast_into(node: ast.AnnAssign) -> tuple[str, int | None]:
    """Return the signal into which a statement `name: signal[stream] = ...` casts, and the register's number."""
    annotation = node.annotation
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Constant):
        return _name(annotation.value), int(annotation.slice.value)  # type: ignore[arg-type]  # so says the grammar
    return _name(annotation), None


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _choices(file: str, body: list[ast.stmt]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for node in body:
        if isinstance(node, ast.AnnAssign) and node.value is None and _name(node.annotation) == "choice":
            name = declared(node).name
            if name in found:
                refuse(file, node, f"a choice must be declared once, but {name} was before")
            found[name] = options(node)
    return found


def options(node: ast.AnnAssign) -> tuple[str, ...]:
    """Return the names among which a statement `name: choice["a", "b"]` lets the plan choose."""
    part = node.annotation.slice if isinstance(node.annotation, ast.Subscript) else node.annotation
    several = part.elts if isinstance(part, ast.Tuple) else [part]
    return tuple(str(one.value) for one in several if isinstance(one, ast.Constant))


class _Grammar:
    """Refuses whatever is not of the grammar, with its place."""

    def __init__(self, file: str) -> None:
        self.file = file

    def refuse(self, node: ast.AST, message: str) -> NoReturn:
        refuse(self.file, node, message)

    def statement(self, node: ast.stmt, depth: int = 0) -> None:
        if depth > MOST_NESTED:
            self.refuse(node, f"statements must be nested at most {MOST_NESTED} deep")
        if isinstance(node, ast.If):
            self.expression(node.test)
            for one in (*node.body, *node.orelse):
                self.statement(one, depth + 1)
        elif isinstance(node, ast.Assign):
            if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
                self.refuse(node, f"a statement must assign one name, not {written(node)}")
            self.named(node.targets[0], node.targets[0].id)
            self.expression(node.value)
        elif isinstance(node, ast.AnnAssign):
            self.annotated(node, depth)
        else:
            self.refuse(
                node,
                "a statement must be a declaration `name: kind`, a cast `name: signal = ...`, `name = ...` or an if, "
                f"not {written(node)}",
            )

    def annotated(self, node: ast.AnnAssign, depth: int) -> None:
        if not isinstance(node.target, ast.Name):
            self.refuse(node, f"a statement must assign one name, not {written(node.target)}")
        self.named(node.target, node.target.id)
        first, part = _name(node.annotation), getattr(node.annotation, "slice", None)
        if not first or (
            isinstance(node.annotation, ast.Subscript) and not isinstance(node.annotation.value, ast.Name)
        ):
            self.refuse(node.annotation, f"what follows a colon must be a name, not {written(node.annotation)}")
        if node.value is not None:
            if first in KINDS:
                self.refuse(node.annotation, f"a cast must name a signal, but {first} is a kind of declaration")
            numbered = isinstance(part, ast.Constant) and type(part.value) is int and 0 <= part.value < 1 << 16
            if part is not None and not numbered:
                self.refuse(part, f"the register of a cast must be a number from 0 to 65535, not {written(part)}")
            self.named(node.annotation, first)
            self.expression(node.value)
            return
        if first not in KINDS:
            self.refuse(node.annotation, f"a name must be declared as {', '.join(KINDS)}, not {first}")
        if first == "choice":
            several = part.elts if isinstance(part, ast.Tuple) else [part]
            if len(options(node)) != len(several) or not all(isinstance(one.value, str) for one in several):  # type: ignore[union-attr]
                self.refuse(node, f'a choice must list its names, as in choice["zero", "value"], not {written(node)}')
            if depth:
                self.refuse(node, "a choice must be declared outside every if")
        elif part is not None and (first not in ("state", "constant") or not isinstance(part, ast.Name)):
            self.refuse(
                node.annotation, f"state and constant alone take a signal's name in brackets, not {written(node)}"
            )
        elif part is not None:
            self.named(part, part.id)

    def named(self, node: ast.AST, name: str) -> None:
        if not name.isascii() or name in ARGUMENTS or name in KINDS:
            self.refuse(node, f"a name must be of ASCII letters and none of the language's own, not {name}")

    def expression(self, node: ast.expr, depth: int = 0) -> None:
        if depth > MOST_NESTED:
            self.refuse(node, f"an expression must be nested at most {MOST_NESTED} deep")
        match node:
            case ast.Name():
                self.named(node, node.id)
                return
            case ast.Constant(value=value):
                if type(value) is int and value < MOST_LITERAL:
                    return
                if type(value) is int:
                    self.refuse(node, f"a number in a text must be below 2**62, not {written(node)}")
                self.refuse(node, f"a number in a text must be an integer, not {written(node)}: declare a constant")
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.LShift() | ast.RShift()):
                parts = [node.left, node.right]
            case ast.BinOp():
                self.refuse(node, f"an operation must be + - * << or >>, not {written(node)}")
            case ast.UnaryOp(op=ast.USub() | ast.Not()):
                parts = [node.operand]
            case ast.Compare():
                parts = self.compared(node)
            case ast.BoolOp():
                parts = node.values
            case ast.IfExp():
                parts = [node.test, node.body, node.orelse]
            case ast.Call():
                parts = self.called(node)
            case _:
                self.refuse(node, f"an expression must be of the grammar, not {written(node)}")
        for part in parts:
            self.expression(part, depth + 1)

    def compared(self, node: ast.Compare) -> list[ast.expr]:
        if len(node.ops) != 1 or type(node.ops[0]) not in _RELATIONS:
            self.refuse(node, f"a comparison must be one of {' '.join(RELATIONS)} of two, not {written(node)}")
        other = node.comparators[0]
        if isinstance(other, ast.Constant) and isinstance(other.value, str):
            if not isinstance(node.left, ast.Name) or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
                self.refuse(node, f"a text may be compared by == or != with a choice alone, not {written(node)}")
            return [node.left]
        return [node.left, other]

    def called(self, node: ast.Call) -> list[ast.expr]:
        name = node.func.id if isinstance(node.func, ast.Name) else written(node.func)
        if name not in ARGUMENTS:
            self.refuse(node, f"a function must be one of {', '.join(ARGUMENTS)}, not {name}")
        if len(node.args) != ARGUMENTS[name] or node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
            self.refuse(node, f"{name} must take {many(ARGUMENTS[name], 'argument')}, not {written(node)}")
        if name == "each" and not isinstance(node.args[0], ast.Name):
            self.refuse(node, f"each must take the name of an input, not {written(node.args[0])}")
        return node.args
