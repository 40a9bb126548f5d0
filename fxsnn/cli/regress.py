"""`fxsnn regress`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fxsnn.cli.options import CORES, Data


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("regress", epilog="Example: fxsnn regress golden/formats.toml")(regress)


def regress(
    listed: Annotated[Path, typer.Argument(metavar="FILE", help="List of configurations (TOML).", show_default=False)],
    accept: Annotated[bool, typer.Option("--accept", help="Record what they give now, and say what changed.")] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Run this configuration alone. Repeatable.", show_default=False)
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=256, help="Configurations at a time.")] = CORES,
    folder: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run the configurations of a list again; exit status 1 if a bit differs from what its lock recorded."""
    import json
    from dataclasses import asdict

    from fxsnn.regress.lock import lock_path
    from fxsnn.regress.suite import Outcome, regress

    outcomes = regress(listed, accept, only or (), jobs, folder)
    differ = sum(not outcome.agrees for outcome in outcomes)

    def line(outcome: Outcome) -> str:
        if not outcome.agrees:
            return f"{'accepted' if accept else 'FAIL'}  {outcome.name}: {'; '.join(outcome.why)}"
        gave = f"refused as recorded: {outcome.refused}" if outcome.refused else f"{outcome.spikes:,} spikes"
        right = f", {outcome.accuracy[0]} of {outcome.accuracy[1]} digits right" if outcome.accuracy else ""
        return f"ok  {outcome.name}: {gave}{right}"

    if as_json:
        told = {"file": str(listed), "accepted": accept, "configurations": [asdict(outcome) for outcome in outcomes]}
        typer.echo(json.dumps(told, indent=1))
    else:
        for outcome in outcomes:
            typer.echo(line(outcome))
        agree = f"{len(outcomes) - differ} of {len(outcomes)} configurations agree with {lock_path(listed).name}"
        typer.echo(f"{agree}, {differ} {'are now recorded in it' if accept else 'do not'}" if differ else agree)
    if differ and not accept:
        raise typer.Exit(1)
