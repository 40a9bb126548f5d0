"""Imports go one way, kernels know nothing of the rest, and no file is too long or unpickles."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import skip_without_jit

skip_without_jit()


ROOT = Path(__file__).parent.parent
PROJECTS = ROOT / "fxsnn" / "projects"  # in its folders lie files of other projects
SOURCES = sorted(
    p
    for top in ("fxsnn", "kernels", "tools")
    for p in (ROOT / top).rglob("*.py")
    if PROJECTS not in p.parents or p.parent == PROJECTS
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))

# Which folder may import which, beside itself, errors and frozen: those that it does import, each standing above it.
# What any part may import is at the top: errors and frozen; former has the names of before.
ANY = {"errors", "frozen"}
MAY_IMPORT = {
    "storages": "",
    "io": "",
    "engine": "io",
    "number": "kernels",
    "data": "kernels io",
    "measure": "number",
    "program": "kernels io number",
    "graph": "kernels io engine number data measure program",
    "cmodel": "kernels io number program graph",
    "competitive": "kernels io engine number data measure program graph",
    "decolle": "kernels io engine number data measure program graph",
    "hdl": "number program graph",
    "nir": "io number program graph",
    "significance": "io engine number measure",
    "exploration": "io engine number measure graph competitive decolle significance",
    "networks": "io measure program graph competitive decolle exploration",
    "golden": "kernels io number data program graph competitive decolle hdl nir",
    "api": "io number measure program graph golden",
    "study": "storages io engine measure significance exploration",
    "report": "io number measure significance exploration networks",
    "digits": "io engine number data measure graph competitive significance exploration report",
    "recordings": "io number data measure graph decolle significance exploration report",
    "populations": "io number measure program graph significance exploration report",
    "regress": "io engine number data measure graph competitive decolle exploration networks digits populations",
    "projects": "io golden regress",
    "pytest_plugin": "golden regress",
    "jobs": (
        "io engine number data measure graph competitive decolle significance exploration networks golden study "
        "report digits recordings populations"
    ),
    "cli": (
        "io engine number data measure program graph cmodel decolle nir significance exploration networks golden "
        "study regress projects jobs"
    ),
    "__main__": "cli",
}
# besides numpy only what names types
KERNELS_MAY_IMPORT = {"__future__", "typing", "collections", "numpy"}
JIT_MAY_IMPORT = {"numba", "platformdirs", *sys.stdlib_module_names}
VECTOR_MAY_IMPORT = {
    "numba",
    "llvmlite",
    "functools",
    *KERNELS_MAY_IMPORT,
}  # writes one operation for LLVM
PICKLERS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
MOST_LINES = 300


def dotted(path: Path) -> str:
    """Return the name under which a file is imported: fxsnn.data.idx, fxsnn.kernels.rescale."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = ("fxsnn", *parts) if parts[0] == "kernels" else parts
    return ".".join(parts).removesuffix(".__init__")


def imports(source: str, name: str, is_folder: bool = False) -> Iterator[str]:
    """Yield the dotted name of everything that a source text imports, wherever in the text it does."""
    package = name.split(".") if is_folder else name.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from fxsnn import errors` imports a module, `from fxsnn.errors import FileError` a name of it
            yield from (f"{module}.{alias.name}" for alias in node.names)


def part(name: str) -> str:
    """Return the part of fxsnn that a name belongs to: `data` for fxsnn.data.idx, nothing for numpy."""
    top, _, rest = name.partition(".")
    return rest.split(".")[0] if top == "fxsnn" else ""


def may_import(name: str, imported: str) -> bool:
    """Say whether the module `name` may import what is called `imported`."""
    here, there, top = part(name), part(imported), imported.split(".")[0]
    if top in PICKLERS or top == "kernels":  # the latter is another project's name
        return False
    if name == "fxsnn.kernels._jit":
        return top in JIT_MAY_IMPORT
    if name in ("fxsnn.kernels._vector", "fxsnn.kernels._vector_rows"):
        return there == "kernels" or top in VECTOR_MAY_IMPORT
    if top == "numba":
        return False
    if here == "kernels":
        return there == "kernels" or top in KERNELS_MAY_IMPORT
    if top != "fxsnn" or not here:  # the tools, and the front door fxsnn/__init__.py, take from everywhere
        return True
    return there == here or there in ANY or there in MAY_IMPORT.get(here, "").split()


def breaches(source: str, name: str, is_folder: bool = False) -> list[str]:
    """Say what is forbidden about one source text and its name."""
    if part(name) not in {"", "kernels", "former", *ANY, *MAY_IMPORT}:
        return [f"{name} has no place in MAY_IMPORT"]
    found = imports(source, name, is_folder)
    return [f"{name} imports {imported}" for imported in found if not may_import(name, imported)]


def pickling_calls(source: str) -> list[int]:
    """Return the lines of calls that allow NumPy to unpickle."""
    if "allow_pickle" not in source:
        return []
    return [
        node.value.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle"
        if not (isinstance(node.value, ast.Constant) and node.value.value is False)
    ]


@pytest.mark.parametrize("path", SOURCES, ids=dotted)
def test_imports_go_one_way(path: Path) -> None:
    assert breaches(path.read_text(), dotted(path), path.name == "__init__.py") == []


def test_no_way_climbs_back_and_none_is_there_for_nothing() -> None:
    above, found = {*ANY, "kernels"}, {folder: set[str]() for folder in MAY_IMPORT}
    for folder, others in MAY_IMPORT.items():
        assert {*others.split()} <= above, folder
        above.add(folder)
    for path in SOURCES:
        if (here := part(name := dotted(path))) in found:
            found[here] |= {part(other) for other in imports(path.read_text(), name, path.name == "__init__.py")}
    assert {folder: others & above - {folder, *ANY} for folder, others in found.items()} == {
        folder: {*others.split()} for folder, others in MAY_IMPORT.items()
    }


@pytest.mark.parametrize("path", SOURCES, ids=dotted)
def test_a_file_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


def test_nothing_unpickles() -> None:
    assert {path.name: lines for path in SOURCES + TESTS if (lines := pickling_calls(path.read_text()))} == {}
    texts = {path.stem: text for path in TESTS if any(name in (text := path.read_text()) for name in PICKLERS)}
    tests = {name: {imported.split(".")[0] for imported in imports(text, name)} for name, text in texts.items()}
    assert {name: found for name, tops in tests.items() if (found := tops & PICKLERS)} == {}


def test_golden_and_tools_are_no_packages() -> None:
    # other projects own these names
    assert [p for top in ("golden", "tools", "tests") for p in (ROOT / top).rglob("__init__.py")] == []


def test_numpy_and_numba_wait_until_an_array_is_cast() -> None:
    code = "import sys, fxsnn, fxsnn.cli; print({'numpy', 'numba'} & sys.modules.keys())"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert said.stdout == "set()\n"


def test_the_command_line_loads_no_work_until_a_command_runs() -> None:
    names = "sorted(n for n, m in sys.modules.items() if n.startswith('fxsnn.') and m.__spec__)"
    code = f"import sys, fxsnn.cli; print(*{names})"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = {name for name in said.stdout.split() if part(name) not in ("cli", "kernels")}
    small = {"errors", "frozen", "former", "engine", "engine.work", "number"}
    small |= {f"number.{name}" for name in ("modes", "format", "lfsr", "cast")}
    assert loaded <= {f"fxsnn.{name}" for name in small}


def test_matplotlib_waits_until_something_is_drawn() -> None:
    drawers = {
        f"fxsnn.report.{name}"
        for name in ("activity", "distributions", "pictures", "significance", "theme", "trade_off")
    }
    names = [dotted(path) for path in SOURCES if part(dotted(path)) and path.stem != "__main__"]
    assert drawers < set(names)
    modules = [name for name in names if name not in drawers]
    code = f"import sys, importlib; [importlib.import_module(n) for n in {modules}]; print('matplotlib' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert said.stdout == "False\n"


# the checker itself


@pytest.mark.parametrize(
    ("name", "source", "found"),
    [
        ("fxsnn.number.format", "from fxsnn.competitive.emulate import emulate", "fxsnn.competitive.emulate.emulate"),
        ("fxsnn.number.format", "from fxsnn.competitive import emulate", "fxsnn.competitive.emulate"),
        ("fxsnn.number.format", "import fxsnn.competitive.emulate as e", "fxsnn.competitive.emulate"),
        ("fxsnn.number.format", "from ..competitive import emulate", "fxsnn.competitive.emulate"),
        ("fxsnn.data.idx", "from ..competitive.emulate import emulate", "fxsnn.competitive.emulate.emulate"),
        ("fxsnn.number.format", "def f():\n    import fxsnn.cli", "fxsnn.cli"),
        ("fxsnn.cli.main", "from fxsnn import Format", "fxsnn.Format"),
        ("fxsnn.report.page", "from fxsnn.kernels import rescale", "fxsnn.kernels.rescale"),
        ("fxsnn.cli.main", "import kernels.rescale", "kernels.rescale"),
        ("fxsnn.kernels.rescale", "from fxsnn.errors import FormatError", "fxsnn.errors.FormatError"),
        ("fxsnn.kernels.rescale", "from ..errors import FormatError", "fxsnn.errors.FormatError"),
        ("fxsnn.kernels.rescale", "import numba", "numba"),
        ("fxsnn.kernels.rescale", "import os", "os"),
        ("fxsnn.kernels._jit", "import scipy", "scipy"),
        ("fxsnn.competitive.emulate", "from numba import njit", "numba.njit"),
        ("tools.benchmark", "import numba", "numba"),
        ("fxsnn.golden.check", "import pickle", "pickle"),
        ("tools.compare", "import joblib", "joblib"),
    ],
)
def test_a_forbidden_import_is_found(name: str, source: str, found: str) -> None:
    assert breaches(source, name) == [f"{name} imports {found}"]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        (
            "fxsnn.competitive.emulate",
            "import numpy as np\nfrom fxsnn.kernels import rescale\nfrom fxsnn.errors import WidthError",
        ),
        ("fxsnn.data.mnist", "from fxsnn.data.idx import parse_idx\nfrom .digits import Images\nimport pooch"),
        ("fxsnn.kernels.layer", "from ._jit import jit\nfrom . import rescale\nimport numpy as np"),
        ("fxsnn.kernels._jit", "import os\nimport numba\nfrom platformdirs import user_cache_path"),
        ("tools.benchmark", "from fxsnn.kernels import rescale\nimport fxsnn"),
    ],
)
def test_a_good_import_is_not_found(name: str, source: str) -> None:
    assert breaches(source, name) == []


def test_a_module_without_a_place_is_found() -> None:
    assert breaches("", "fxsnn.utils") == ["fxsnn.utils has no place in MAY_IMPORT"]


def test_a_folder_imports_its_own_files() -> None:
    assert list(imports("from . import idx\nfrom .idx import parse_idx", "fxsnn.data", is_folder=True)) == [
        "fxsnn.data.idx",
        "fxsnn.data.idx.parse_idx",
    ]


def test_a_call_that_unpickles_is_found() -> None:
    source = "np.load(a)\nnp.load(a, allow_pickle=False)\nnp.load(a, allow_pickle = True)\nnp.load(a, allow_pickle=x)"
    assert pickling_calls(source) == [3, 4]
