"""`fxsnn show`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("show", epilog="Example: fxsnn show net.npz chosen.toml")(show)


def show(
    network: Annotated[
        Path,
        typer.Argument(
            help="Network (.npz), description (.toml) of either kind, or network of populations (.toml).",
            show_default=False,
        ),
    ],
    plan: Annotated[
        Path | None, typer.Argument(help="Plan (TOML); without it the neuron's text is printed.", show_default=False)
    ] = None,
) -> None:
    """Print the time step of a network's neurons: each line, how wide it is, what its cast drops, what can overflow."""
    from fxsnn.showing import show_network

    typer.echo(show_network(network, plan), nl=False)
