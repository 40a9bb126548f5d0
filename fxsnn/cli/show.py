"""`fxsnn show` and `fxsnn neurons`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fxsnn.cli.options import AsJson, warn
from fxsnn.cli.tables import show_json, show_rows


def show(
    network: Annotated[
        Path,
        typer.Argument(
            help="Network (.npz), description (.toml) of either kind, network of populations (.toml), "
            "or a neuron: a name that `fxsnn neurons` lists, or a file (.neuron)."
        ),
    ],
    plan: Annotated[Path | None, typer.Argument(help="Plan (TOML); without it the neuron's text is printed.")] = None,
    against: Annotated[
        str | None, typer.Option(help="Another neuron: print the lines in which the two texts differ.")
    ] = None,
) -> None:
    """Print the time step of a network's neurons: each line, how wide it is, what its cast drops, what can overflow."""
    from fxsnn.errors import ConfigError
    from fxsnn.networks.listing import show_against, show_network

    if against is None:
        typer.echo(show_network(network, plan, warn), nl=False)
    elif plan is not None:
        raise ConfigError(f"--against must be without a plan, not with {str(plan)!r}")
    else:
        typer.echo(show_against(network, against), nl=False)


def neurons(as_json: AsJson = False) -> None:
    """List the neurons that fxsnn ships, each with a sentence; with --json their states and parameters too."""
    from dataclasses import asdict

    from fxsnn.program.catalogue import catalogue

    entries = catalogue()
    if as_json:
        show_json([asdict(entry) | {"parameters": entry.parameters} for entry in entries])
        return
    show_rows(("neuron", "what it is"), ((entry.name, entry.sentence) for entry in entries))
