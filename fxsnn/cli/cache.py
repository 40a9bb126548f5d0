"""`fxsnn cache`."""

from __future__ import annotations

from typing import Annotated

import typer

from fxsnn.cli.options import AsJson
from fxsnn.cli.tables import say, show_json


def cache(
    gone: Annotated[bool, typer.Option("--remove", help="Remove it; the next command compiles again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say where the machine code of kernels is kept between runs and how large it is, and remove it."""
    from fxsnn.program.cache import kept, remove

    found = remove() if gone else kept()
    if as_json:
        show_json({"folder": str(found.folder), "states": found.states, "bytes": found.size, "removed": gone})
        return
    size = f"{found.size / 1e6:,.1f} MB for {found.states} state{'s' * (found.states != 1)} of the sources"
    say(f"{found.folder}: {size}{', removed' if gone else ''}")
