"""Work that several threads share."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from fxsnn.errors import ConfigError


def in_parts(part: Callable[[int, int], None], images: int, threads: int) -> None:
    """Call part(first, last) for as many parts of the images as there are threads."""
    if threads < 1:
        raise ConfigError(f"threads must be 1 or more, not {threads}")
    threads = min(threads, images)
    if threads <= 1:
        part(0, images)
        return
    edges = [images * n // threads for n in range(threads + 1)]
    others = _helpers(threads - 1, os.getpid()).map(part, edges[1:-1], edges[2:])
    part(0, edges[1])
    list(others)  # raises what a part has raised


@lru_cache(maxsize=1)
def _helpers(threads: int, process: int) -> ThreadPoolExecutor:  # noqa: ARG001  (a fork inherits no threads)
    """Return threads that wait for work: to start them takes as long as a small batch."""
    return ThreadPoolExecutor(threads)
