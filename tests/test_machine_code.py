"""Machine code is that of the sources that lie there, wherever it is kept; numba's own settings are checked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from command_line import FXSNN, long_but, skip_without_jit
from fxsnn.kernels import _jit

skip_without_jit()

ROOT = Path(__file__).parent.parent
# 75 saturates to 15 in Q4.1, and the changed source to 14: rescale.py is inlined into cast.py, which stays as it is
TRY = 'from fxsnn import Format, cast; print(cast([300], Format.parse("Q8.2"), Format.parse("Q4.1")).tolist()[0])'
CHANGED = (
    ("return min(max(value, lowest), highest)\n", "return min(max(value, lowest), highest - 1)\n"),
    ("return (highest if raw > 0 else lowest), True\n", "return (highest - 1 if raw > 0 else lowest), True\n"),
)


@pytest.mark.long
@pytest.mark.parametrize(
    "chosen",
    long_but(
        1,
        {"NUMBA_CACHE_DIR": "kept"},
        {"NUMBA_CACHE_DIR": "taken/kept"},  # below a file, so that nothing can be written there
        {"XDG_CACHE_HOME": "kept"},
        {"NUMBA_CACHE_DIR": "kept", "NUMBA_CACHE_LOCATOR_CLASSES": "InTreeCacheLocator"},
    ),
    ids=lambda chosen: " ".join(f"{name}={value}" for name, value in chosen.items()),
)
def test_machine_code_never_outlives_its_source(tmp_path: Path, chosen: dict[str, str]) -> None:
    shutil.copytree(ROOT / "fxsnn", tmp_path / "fxsnn", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "taken").write_text("a file")
    environment = os.environ | {"PYTHONPATH": ".", "PYTHONDONTWRITEBYTECODE": "1"} | chosen

    def said() -> str:
        command = [sys.executable, "-c", TRY]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
        ).stdout.strip()

    assert said() == "15"
    rescale = tmp_path / "fxsnn" / "kernels" / "rescale.py"
    text = rescale.read_text()
    for before, after in CHANGED:
        assert before in text
        text = text.replace(before, after)
    rescale.write_text(text)
    assert said() == "14"
    assert list((tmp_path / "fxsnn").rglob("*.nbi")) == []  # beside the sources numba would look at one file alone


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "value", "told"),
    long_but(
        2,
        ("NUMBA_NUM_THREADS", "0", "Number of threads specified must be > 0"),
        ("NUMBA_NUM_THREADS", "-1", "Number of threads specified must be > 0"),
        ("NUMBA_NUM_THREADS", "many", "'NUMBA_NUM_THREADS' is defined but its associated value 'many'"),
        ("NUMBA_DISABLE_JIT", "abc", "'NUMBA_DISABLE_JIT' is defined but its associated value 'abc'"),
        ("NUMBA_OPT", "9", "'NUMBA_OPT' is defined but its associated value '9'"),
    ),
)
def test_a_numba_variable_that_cannot_be_used_is_refused_in_one_line(name: str, value: str, told: str) -> None:
    said = subprocess.run(
        [*FXSNN, "golden", "check", ROOT / "golden" / "largest_zero"],
        env=os.environ | {name: value},
        capture_output=True,
        text=True,
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith("fxsnn: the NUMBA_ variables must be what numba can use: ")
    assert told in said.stderr
    assert said.stderr.count("\n") == 1


def test_what_threads_compile_at_once_is_all_kept_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def same(word: int) -> int:
        return word

    def kept(_: int) -> set[str]:
        compiled: list[Callable[[int], int]] = [_jit.jit(same) for _ in range(50)]
        return {str(Path(one._cache.cache_path).parent) for one in compiled}  # type: ignore[attr-defined]

    monkeypatch.chdir(tmp_path)  # where numba keeps what no setting names a folder for
    before, interval = _jit.numba.config.CACHE_DIR, sys.getswitchinterval()  # type: ignore[attr-defined]
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            found = set().union(*threads.map(kept, range(8)))
    finally:
        sys.setswitchinterval(interval)
    assert found == {_jit.CACHE_FOLDER}
    assert [*tmp_path.iterdir()] == []
    assert before == _jit.numba.config.CACHE_DIR  # type: ignore[attr-defined]


@pytest.mark.long
def test_plans_of_all_roundings_compile_at_most_four_times_and_a_second_process_never() -> None:
    tool = ROOT / "tools" / "measure_compile.py"
    done = subprocess.run([sys.executable, tool], capture_output=True, text=True, check=True)
    functions = [int(number) for number in re.findall(r"(\d+) functions", done.stdout)]
    plans = re.findall(r"(\d+) plans of (\d+) roundings: (\d+) of them compiled something", done.stdout)
    assert min(functions[:3]) > 0
    assert functions[3:] == [0, 0, 0]
    assert [plan[:2] for plan in plans] == [("200", "10")] * 2
    assert 0 < int(plans[0][2]) <= 4
    assert plans[1][2] == "0"
