"""Installs the wheel for every Python that is here, in an environment of its own, and lets projects pass their tests.

    python tools/try_pythons.py [python3.12 ...]

Without names: Python 3.11 to 3.14, of which those that are not here are told as untested. Each runs `fxsnn new` in an
empty folder, outside the tree, and `make test` in what it wrote. Exit status 1 where one fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
NAMES = ("python3.11", "python3.12", "python3.13", "python3.14")


def main(names: list[str]) -> int:
    """Try every interpreter, print a line each, and return the exit status."""
    status = 0
    with tempfile.TemporaryDirectory() as made:
        wheel = built(Path(made))
        for name in names or NAMES:
            told = tried(name, wheel, Path(made) / name.replace("/", "_"))
            print(f"{name}: {told}", flush=True)
            status |= told.startswith("failed")
    return status


def built(folder: Path) -> Path:
    """Build the wheel out of a copy of the tree, which stays as it is."""
    left_out = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info", "demo-out")
    shutil.copytree(ROOT, folder / "tree", symlinks=True, ignore=left_out)
    words = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", str(folder), str(folder / "tree")]
    subprocess.run(words, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def tried(name: str, wheel: Path, folder: Path) -> str:
    """Return what became of one interpreter."""
    python = shutil.which(name)
    if python is None or subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
        return "untested, it is not here"
    folder.mkdir()
    path = f"{folder / 'env' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environment = kept | {"PATH": path, "NUMBA_CACHE_DIR": str(folder / "kernels")}
    kinds = ["network", *(["rtl"] if shutil.which("iverilog") else [])]
    steps = [
        [python, "-m", "venv", "env"],
        ["env/bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", str(wheel)],
        *(words for kind in kinds for words in (["env/bin/fxsnn", "new", kind, kind], ["make", "-C", kind, "test"])),
    ]
    for words in steps:
        ran = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if ran.returncode:
            last = (ran.stdout + ran.stderr).strip().splitlines()[-1:]
            return f"failed in {' '.join(map(str, words))}: {' '.join(last)}"
    said = subprocess.run(
        ["env/bin/python", "-c", "import sys, numba; print(*sys.version.split()[:1], 'with numba', numba.__version__)"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return f"{said.stdout.strip()}: the wheel installs, projects pass ({', '.join(kinds)})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
