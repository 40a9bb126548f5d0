"""The readers, fed by atheris with what coverage leads it to; tools/fuzz.py does it for as long as one likes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import skip_without_jit

FUZZ = Path(__file__).parent.parent / "tools" / "fuzz.py"
RUNS = 100  # a reader; counted, not timed: a slow machine tries as much
pytest.importorskip("atheris")
skip_without_jit()


def fuzz(path: Path, readers: list[str], aside: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(path), *readers, "--runs", str(RUNS), "--seconds", "0", "--seed", "1"]
    place = os.environ | {"TMPDIR": str(aside)}  # where libFuzzer leaves its folder: it ends the process at once
    return subprocess.run(words, capture_output=True, text=True, timeout=600, check=False, env=place)


@pytest.mark.long
def test_readers_return_or_refuse_in_one_line(tmp_path: Path) -> None:
    said = fuzz(FUZZ, [], tmp_path)
    assert said.returncode == 0, said.stderr[-3000:]
    readers = re.findall(r"^fuzzing ", said.stderr, re.MULTILINE)
    assert len(readers) > 15
    assert said.stderr.count(f"Done {RUNS} runs") == len(readers)


@pytest.mark.long
def test_a_crash_would_be_seen(tmp_path: Path) -> None:
    broken = tmp_path / "tools" / "fuzz.py"
    broken.parent.mkdir()
    shutil.copy(FUZZ.with_name("fuzz_nir.py"), broken.parent)
    text = FUZZ.read_text().replace("Path(__file__).resolve().parent.parent", f"Path({str(FUZZ.parent.parent)!r})")
    broken.write_text(text.replace("except FxsnnError as error", "except KeyError as error"))
    said = fuzz(broken, ["plan", "labels"], tmp_path)
    assert said.returncode == 1
    assert "Uncaught Python exception" in said.stderr + said.stdout
    assert "found something in plan, labels" in said.stderr
