"""What runs kernels is tested with the JIT and without; no test is left out of both runs."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

from command_line import skip_without_jit

skip_without_jit()

ROOT = Path(__file__).parent.parent
PLAIN = ("_jit", "lfsr", "rescale")  # of the kernels: what is run as it is outside of them
SKIPS = ("skip_without_jit", "skip_with_jit")
MARKS = {"once": "skip_without_jit", "needs_jit": "skip_without_jit", "in_plain_python": "skip_with_jit"}
TREES = {path: ast.parse(path.read_text()) for top in ("fxsnn", "tests") for path in (ROOT / top).rglob("*.py")}
TESTS = {path.stem: tree for path, tree in TREES.items() if path.parent == ROOT / "tests"}


@functools.cache
def imported(tree: ast.AST) -> set[str]:
    """Return the modules that a source imports, and the names that it takes from them."""
    found = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def named(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def calls(tree: ast.Module) -> set[str]:
    """Return which of the functions that leave out a module it calls."""
    return {name for node in tree.body if isinstance(node, ast.Expr) for name in named(node)} & {*SKIPS}


def left_out(tree: ast.Module) -> set[str]:
    """Return in which ways a module leaves out all of its tests."""
    marks = {
        name
        for node in tree.body
        if isinstance(node, ast.Assign) and named(node.targets[0]) == {"pytestmark"}
        for name in named(node.value)
    }
    return calls(tree) | {MARKS[name] for name in marks & MARKS.keys()}


def test_every_module_that_runs_kernels_is_tested_in_both_ways() -> None:
    """By a test that imports it, or that imports what imports it."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): imported(tree)
        for path, tree in TREES.items()
        if path.is_relative_to(ROOT / "fxsnn")
    }
    users = {
        name
        for name, taken in modules.items()
        if not name.startswith("fxsnn.kernels")
        and ({one.split(".")[2] for one in taken if one.startswith("fxsnn.kernels.")} - {*PLAIN})
        | (taken & {"fxsnn.program.compiled"})
    }
    both = [imported(tree) for name, tree in TESTS.items() if name.startswith("test_") and not left_out(tree)]
    reached = set.union(*both)
    reached |= set.union(*(modules[name] for name in reached & modules.keys()))
    while more := set.union(*(modules[name] for name in reached & users)) & users - reached:
        reached |= more
    assert len(users) > 15
    assert users - reached == set()


def test_no_test_is_left_out_of_both_runs() -> None:
    for name, tree in TESTS.items():
        whole = left_out(tree)
        assert len(whole) < 2, name
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                own = {MARKS[mark] for held in node.decorator_list for mark in named(held) & MARKS.keys()}
                assert len(own | whole) < 2, f"{name}.{node.name}"


def test_what_others_import_is_never_skipped_as_a_module() -> None:
    """The importing module would be skipped with it; `pytestmark` leaves out the tests alone."""
    skipping = {name for name, tree in TESTS.items() if calls(tree) & {"skip_with_jit"}}
    assert "test_nir" in skipping
    for name, tree in TESTS.items():
        assert imported(tree) & skipping == set(), name
