"""`fxsnn new`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fxsnn.cli.tables import say


def new(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="rtl: a Verilog core against golden vectors. network: arrays to a plan within a budget. "
            "ci: a core and its formats under pytest.",
        ),
    ],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write, new or empty.")],
) -> None:
    """Write a small working project to start from; `make test` in it passes as it is."""
    from fxsnn.projects.start import new_project

    written = new_project(kind, folder)
    tops = dict.fromkeys(f"{top}/" if rest else top for top, _, rest in (name.partition("/") for name in written))
    say(f"{folder}: {', '.join(tops)}")
    say(f"next: cd {folder} && make test")
