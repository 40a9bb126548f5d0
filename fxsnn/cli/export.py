"""`fxsnn export c`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fxsnn.cli.options import PlanFile


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="A network under a plan in other languages.")
    group.callback()(_export)
    group.command("c", epilog="Example: fxsnn export c net.toml plan.toml --out model")(c)
    app.add_typer(group, name="export")


def _export() -> None:
    """Write a network under a plan in another language."""


def c(
    network: Annotated[Path, typer.Argument(help="Network of populations (.toml).", show_default=False)],
    plan: PlanFile,
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")],
) -> None:
    """Write the network as C99 of integers alone, and what runs it beside a core in a SystemVerilog bench."""
    from fxsnn.cmodel.export import export_c

    written = export_c(network, plan, out)
    typer.echo(f"{out}: {', '.join(written.files)}; {written.prefix}_reset and {written.prefix}_step")
