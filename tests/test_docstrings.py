"""Docstrings of public functions say what arrays they take: dtypes and shapes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import fxsnn
from command_line import skip_with_jit

skip_with_jit()

ROOT = Path(fxsnn.__file__).parent
# int64[time, neurons], or for what is computed element by element: of any shape
SHAPED = re.compile(r"\b(u?int|float|bool|any dtype)\d*\s*\[[^\]]+\]|of (any|the) shape|of that shape")
# an array in a mapping, a sequence or a function has its shape where that is made
ARRAY = re.compile(r"^(NDArray|ArrayLike|Reals|Places|Ints\b|Bools\b|Right\b)|\| (NDArray|ArrayLike)")
ELSEWHERE = ("cli", "kernels")  # command lines, and kernels, which have a test of their own


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the public functions and methods of a module, by name."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from ((f"{node.name}.{one.name}", one) for one in node.body if isinstance(one, ast.FunctionDef))


def unshaped(source: str) -> list[str]:
    """Return the public functions of a text that take an array and do not say of which shape."""
    found = []
    for name, node in functions(ast.parse(source)):
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        takes = any(one.annotation and ARRAY.search(ast.unparse(one.annotation)) for one in given)
        if takes and not node.name.startswith("_") and not SHAPED.search(ast.get_docstring(node) or ""):
            found.append(name)
    return found


def test_every_public_function_that_takes_arrays_names_their_shapes() -> None:
    paths = [path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] not in ELSEWHERE]
    assert len(paths) > 200
    found = {path.relative_to(ROOT).as_posix(): unshaped(path.read_text()) for path in paths}
    assert {name: lacking for name, lacking in found.items() if lacking} == {}


def test_a_function_that_names_no_shape_is_found() -> None:
    source = 'def f(x: NDArray[Any]) -> None:\n    """Add {}."""\n'
    assert unshaped(source.format("x")) == ["f"]
    assert unshaped(source.format("x, int64[steps, neurons]")) == []
    assert unshaped(source.format("x, float64 of any shape")) == []
    assert unshaped(source.replace("f(", "_f(")) == []
