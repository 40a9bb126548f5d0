"""The machine code of kernels that is kept between runs: where it lies, how large it is, and its removal."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from fxsnn.errors import FileError
from fxsnn.kernels._jit import cache_parent

_OURS = re.compile("[0-9a-f]{16}")  # a folder a state of the kernels' sources; others may keep things beside


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept: the folder, for how many states of the sources there is machine code, and its bytes."""

    folder: Path
    states: int
    size: int


def kept() -> Kept:
    """Return what machine code is kept; nothing is where the folder is not there."""
    sizes = [sum(path.stat().st_size for path in one.rglob("*") if path.is_file()) for one in _folders()]
    return Kept(cache_parent(), sum(size > 0 for size in sizes), sum(sizes))


def remove() -> Kept:
    """Remove the machine code and return what was kept; FileError where it cannot be removed.

    Kernels are compiled again by the next command that needs them. A command that runs meanwhile continues with those
    that it has loaded.
    """
    before = kept()
    for folder in _folders():
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise FileError(
                f"machine code must lie where it can be removed, {str(folder)!r} is not ({error.strerror})"
            ) from error
    return before


def _folders() -> list[Path]:
    parent = cache_parent()
    return sorted(path for path in parent.glob("*") if _OURS.fullmatch(path.name) and path.is_dir())
