"""The only mention of `numba.njit`: how every kernel is compiled and where its machine code is kept.

Numba decides whether a cached kernel is fresh by the time stamp of the kernel's own file, so a change
in another file that was inlined into it would go unnoticed. The cache folder is therefore named after
a digest of all kernel sources together, also where NUMBA_CACHE_DIR says in what folder it is to be. Where
it cannot be written nothing is kept: the folders that numba would take then know nothing of other files.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from platformdirs import user_cache_path

with warnings.catch_warnings():
    warnings.filterwarnings("error", "Environment variable 'NUMBA_", RuntimeWarning)
    try:
        import numba
    except (RuntimeWarning, ValueError) as error:  # numba prints a traceback of one, and dies of the other
        reason = str(error).splitlines()[0].rstrip(".")
        raise ImportError(f"the NUMBA_ variables must be what numba can use: {reason}", name="numba") from None

# numba: what else needs it takes it from here
__all__ = ["CACHE_FOLDER", "cache_parent", "jit", "jit_within", "jitable", "numba"]

P = ParamSpec("P")
R = TypeVar("R")


def cache_parent() -> Path:
    """Return the folder in which machine code is kept, a folder in it for each state of these sources."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    return (Path(chosen) if chosen else user_cache_path("fxsnn") / "kernels").absolute()


def _cache_folder() -> str:
    """Return the folder of these sources' machine code; nothing where there is none that can be written."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    if not sources:  # an archive, or compiled files alone: nothing says when they change
        return ""
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    folder = cache_parent() / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return str(folder)
    except OSError:
        return ""


CACHE_FOLDER = _cache_folder()
_SETTING = threading.Lock()  # numba's settings are one for all threads


def jit(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` on first call, without the interpreter lock, and keep the machine code.

    No fast-math: sums keep the order that is written, so that every machine gives the same bits.
    """
    return _compile(function, within=False)


def jit_within(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` into the kernels that call it, as a part of their loops.

    A call hands over a datapath field by field, which takes longer than a small loop over the neurons.
    """
    return _compile(function, within=True)


def _compile(function: Callable[P, R], *, within: bool) -> Callable[P, R]:
    compiled: Callable[P, R]
    if not CACHE_FOLDER:  # compile anew in each process
        compiled = numba.njit(nogil=True, error_model="numpy", forceinline=within)(function)
        return compiled
    ours = {"CACHE_DIR": CACHE_FOLDER, "CACHE_LOCATOR_CLASSES": ""}  # the first of numba's own list takes the folder
    with _SETTING:
        before = {name: getattr(numba.config, name, "") for name in ours}
        try:
            for name, value in ours.items():
                setattr(numba.config, name, value)
            compiled = numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=within)(function)
        finally:
            for name, value in before.items():
                setattr(numba.config, name, value)
    return compiled


def jitable(function: Callable[P, R]) -> Callable[P, R]:
    """Let kernels call a plain function, which stays plain for everybody else."""
    registered: Callable[P, R] = numba.extending.register_jitable(error_model="numpy")(function)
    return registered
