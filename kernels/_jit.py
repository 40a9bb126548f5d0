"""The only mention of `numba.njit`: how every kernel is compiled and where its machine code is kept.

Numba decides whether a cached kernel is fresh by the time stamp of the kernel's own file, so a change
in another file that was inlined into it would go unnoticed. The cache folder is therefore named after
a digest of all kernel sources together.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import numba
from platformdirs import user_cache_path

P = ParamSpec("P")
R = TypeVar("R")


def _cache_folder() -> str:
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        return chosen
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return str(user_cache_path("fxsnn") / "kernels" / digest.hexdigest()[:16])


_CACHE_FOLDER = _cache_folder()


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
    before = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    numba.config.CACHE_DIR = _CACHE_FOLDER  # type: ignore[attr-defined]
    try:
        try:
            compiled = numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=within)(function)
        except RuntimeError:  # nowhere to write: compile anew in each process
            compiled = numba.njit(nogil=True, error_model="numpy", forceinline=within)(function)
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]
    return compiled


def jitable(function: Callable[P, R]) -> Callable[P, R]:
    """Let kernels call a plain function, which stays plain for everybody else."""
    registered: Callable[P, R] = numba.extending.register_jitable(error_model="numpy")(function)
    return registered
