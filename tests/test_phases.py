"""What runs kernels is tested with the JIT and without, in `make test`; no test is left out of every run."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

from command_line import skip_without_jit

skip_without_jit()

ROOT = Path(__file__).parent.parent
PLAIN = ("_jit", "lfsr", "rescale", "site")  # of the kernels: what is run as it is outside of them
# all their tests: Yosys compiles itself for minutes where its cache is empty, and atheris rewrites the whole package
LONG = {"test_rtl_populations_memory", "test_fuzz"}
SKIPS = ("skip_without_jit", "skip_with_jit")
MARKS = dict.fromkeys(("once", "needs_jit", "long_without_jit"), SKIPS[0])
MARKS |= dict.fromkeys(("in_plain_python", "long_with_jit", "LONG_WITH_JIT"), SKIPS[1])


@functools.cache
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for top in ("fxsnn", "tests") for path in (ROOT / top).rglob("*.py")}


def files_of_tests() -> dict[str, ast.Module]:
    return {path.stem: tree for path, tree in trees().items() if path.parent == ROOT / "tests"}


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


def is_long(node: ast.FunctionDef) -> bool:
    """Return whether `make test` leaves out all cases of a test."""
    return any(ast.unparse(held) == "pytest.mark.long" for held in node.decorator_list)


def those_of(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def in_both(tree: ast.Module) -> bool:
    """Return whether `make test` runs a test of the module with the JIT and one without."""
    own = [
        {MARKS[mark] for held in one.decorator_list for mark in named(held) & MARKS.keys()}
        for one in those_of(tree)
        if not is_long(one)
    ]
    return not left_out(tree) and all(any(skip not in one for one in own) for skip in SKIPS)


def test_every_module_that_runs_kernels_is_tested_in_both_ways() -> None:
    """By a test of `make test` that imports it, or that imports what imports it."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): imported(tree)
        for path, tree in trees().items()
        if path.is_relative_to(ROOT / "fxsnn")
    }
    users = {
        name
        for name, taken in modules.items()
        if not name.startswith("fxsnn.kernels")
        and ({one.split(".")[2] for one in taken if one.startswith("fxsnn.kernels.")} - {*PLAIN})
        | (taken & {"fxsnn.program.compiled"})
    }
    both = [imported(tree) for name, tree in files_of_tests().items() if name.startswith("test_") and in_both(tree)]
    reached = set.union(*both)
    reached |= set.union(*(modules[name] for name in reached & modules.keys()))
    while more := set.union(*(modules[name] for name in reached & users)) & users - reached:
        reached |= more
    assert len(users) > 15
    assert users - reached == set()


def test_no_test_is_left_out_of_both_runs() -> None:
    for name, tree in files_of_tests().items():
        whole = left_out(tree)
        assert len(whole) < 2, name
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                own = {MARKS[mark] for held in node.decorator_list for mark in named(held) & MARKS.keys()}
                assert len(own | whole) < 2, f"{name}.{node.name}"


def test_what_is_left_out_of_make_test_is_run_by_make_long() -> None:
    """Each with the JIT and without; where no target leaves out anything, all is run."""
    text = (ROOT / "Makefile").read_text()
    chosen = dict(
        re.findall(
            r"^(SHORT|LONG) := -m \"([^\"]+)\"(?: --hypothesis-profile=few)? --durations=30$", text, re.MULTILINE
        )
    )
    assert chosen == {"SHORT": "not long", "LONG": "long or hypothesis"}
    for target, options in (("test", " $(SHORT)"), ("long", " $(LONG)"), ("coverage", "")):
        (recipe,) = re.findall(rf"^{target}: [^\n]*\n((?:\t[^\n]*\n)+)", text, re.MULTILINE)
        runs = [line for line in recipe.splitlines() if "$(PYTEST)" in line]
        assert [line.startswith("\tNUMBA_DISABLE_JIT=1 ") for line in runs] == [True, False], target
        assert all(line.endswith(f"$(PYTEST){options}") for line in runs), target
    assert re.search(r"^PYTEST := -m pytest -q -n \$\(JOBS\) --dist worksteal$", text, re.MULTILINE)
    assert "for target in test long; do" in (ROOT / ".ci" / "run").read_text()


def test_every_module_of_tests_has_one_that_is_not_long() -> None:
    """So that each kind of proof has an instance in `make test`."""
    for name, tree in files_of_tests().items():
        short = [one for one in those_of(tree) if not is_long(one)]
        assert bool(short) == (bool(those_of(tree)) and name not in LONG), name
        assert not any(
            isinstance(node, ast.Assign) and named(node.targets[0]) == {"pytestmark"} and "long" in ast.dump(node.value)
            for node in tree.body
        ), name


def test_what_others_import_is_never_skipped_as_a_module() -> None:
    """The importing module would be skipped with it; `pytestmark` leaves out the tests alone."""
    skipping = {name for name, tree in files_of_tests().items() if calls(tree) & {"skip_with_jit"}}
    assert "test_nir" in skipping
    for name, tree in files_of_tests().items():
        assert imported(tree) & skipping == set(), name
