"""Damaged HDF5 is read or refused in one line; tools/fuzz_hdf5.py damages as many files as one likes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from command_line import skip_with_jit

FUZZ = Path(__file__).parent.parent / "tools" / "fuzz_hdf5.py"
pytest.importorskip("h5py")
skip_with_jit()


def fuzz(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(path), "--out", str(path.parent / "found"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    said = fuzz(FUZZ, "--runs", "25", "--seed", "2", "--out", str(tmp_path / "found"))
    assert said.returncode == 0, said.stderr[-3000:]
    counts = [part.split(" ", 1) for part in said.stdout.strip().split("; ")]
    assert sum(int(count) for count, _ in counts) == 25
    assert {"read", "refused"} <= {what for _, what in counts}


@pytest.mark.long
def test_another_error_than_a_refusal_is_found(tmp_path: Path) -> None:
    text = FUZZ.read_text().replace("Path(__file__).resolve().parent.parent", f"Path({str(FUZZ.parent.parent)!r})")
    broken = tmp_path / "fuzz_hdf5.py"
    broken.write_text(text.replace("except FxsnnError as error:", "except ZeroDivisionError as error:"))
    said = fuzz(broken, "--runs", "10")
    assert said.returncode == 1
    assert "fxsnn.errors.FileError: " in said.stderr
    found = sorted((tmp_path / "found").iterdir())
    assert said.stderr.splitlines()[-1] == f"found {len(found)}"


@pytest.mark.long
def test_what_ends_the_library_is_given_to_the_command(tmp_path: Path) -> None:
    text = FUZZ.read_text().replace("Path(__file__).resolve().parent.parent", f"Path({str(FUZZ.parent.parent)!r})")
    text = text.replace('    good.append(("shd", shd()))\n', "")  # the others have even lengths
    killed = text.replace("  read(data)\n", "  os.abort() if len(data) % 2 else read(data)\n")
    ended = tmp_path / "fuzz_hdf5.py"
    ended.write_text(killed)
    said = fuzz(ended, "--runs", "6", "--seed", "4")
    assert "ended by signal 6" in said.stdout
    assert said.returncode == 0, said.stderr[-3000:]
