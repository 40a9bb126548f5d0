"""The readers, fed by atheris with what coverage leads it to; tools/fuzz.py does it for as long as one likes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import needs_jit

FUZZ = Path(__file__).parent.parent / "tools" / "fuzz.py"
READERS = re.findall(r'^    "([a-z-]+)": \(', FUZZ.read_text(), re.MULTILINE)
pytest.importorskip("atheris")
pytestmark = needs_jit  # once is enough: no kernel is in it


def fuzz(path: Path, reader: str, aside: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(path), reader, "--runs", "500", "--seconds", "8"]
    place = os.environ | {"TMPDIR": str(aside)}  # where libFuzzer leaves its folder: it ends the process at once
    return subprocess.run(words, capture_output=True, text=True, timeout=200, check=False, env=place)


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_returns_or_refuses_in_one_line(reader: str, tmp_path: Path) -> None:
    said = fuzz(FUZZ, reader, tmp_path)
    assert said.returncode == 0, said.stderr[-3000:]
    assert re.search(r"Done \d{3,} runs", said.stderr)


def test_a_crash_would_be_seen(tmp_path: Path) -> None:
    broken = tmp_path / "tools" / "fuzz.py"
    broken.parent.mkdir()
    text = FUZZ.read_text().replace("Path(__file__).resolve().parent.parent", f"Path({str(FUZZ.parent.parent)!r})")
    broken.write_text(text.replace("except FxsnnError as error", "except KeyError as error"))
    said = fuzz(broken, "plan", tmp_path)
    assert said.returncode != 0
    assert "Uncaught Python exception" in said.stderr + said.stdout
