"""`fxsnn regress`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fxsnn.cli.options import CORES, AsJson, Cluster, DigitsFolder, Processes, engine_of
from fxsnn.cli.tables import show_json, verdict

if TYPE_CHECKING:
    from fxsnn.regress.suite import Outcome


def regress(
    listed: Annotated[Path, typer.Argument(metavar="FILE", help="List of configurations (TOML).")],
    accept: Annotated[
        bool, typer.Option("--accept", help="Record the present results, and report what changed.")
    ] = False,
    only: Annotated[list[str] | None, typer.Option("--only", help="Run this configuration alone. Repeatable.")] = None,
    workers: Annotated[
        int,
        typer.Option("--workers", "--jobs", min=1, max=256, help="Configurations at a time; results are the same."),
    ] = CORES,
    processes: Processes = False,
    cluster: Cluster = None,
    folder: DigitsFolder = None,
    as_json: AsJson = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", help="JUnit XML to write too, a test case a configuration.")
    ] = None,
) -> None:
    """Run the configurations of a list again; exit status 1 if a bit differs from what its lock recorded."""
    from dataclasses import asdict

    from fxsnn.errors import printable
    from fxsnn.io.files import write_bytes
    from fxsnn.regress.junit import check_junit, junit_xml
    from fxsnn.regress.lock import THIS, lock_path
    from fxsnn.regress.suite import regress

    lock = lock_path(listed)
    if junit is not None:
        check_junit(junit, listed)
    existed = lock.exists()
    found = regress(listed, accept, only or (), workers, folder, engine_of(processes, cluster))
    if junit is not None:
        write_bytes(junit, junit_xml(listed, found, accept))
    outcomes, differ = found.outcomes, found.differ
    writer = printable(found.written_by) or "an unknown version"

    def line(outcome: Outcome) -> str:
        if accept and outcome.standing == "new":
            gave = f"refused: {outcome.refused}" if outcome.refused else f"{outcome.spikes:,} spikes"
            return f"{verdict('recorded', None)}  {outcome.name} ({gave}), new"
        if accept and outcome.standing == "gone":
            return f"{verdict('removed', None)}  {outcome.name}, no longer listed"
        if not outcome.agrees:
            word = verdict("accepted", None) if accept else verdict("FAIL", False)
            return f"{word}  {outcome.name}: {'; '.join(outcome.why)}"
        gave = f"refused as recorded: {outcome.refused}" if outcome.refused else f"{outcome.spikes:,} spikes"
        right = f", {outcome.accuracy[0]} of {outcome.accuracy[1]} images right" if outcome.accuracy else ""
        return f"{verdict('ok', True)}  {outcome.name}: {gave}{right}"

    if as_json:
        configurations = [{k: v for k, v in asdict(one).items() if k != "seconds"} for one in outcomes]
        summary = {"file": str(listed), "accepted": accept, "lock": found.written_by, "configurations": configurations}
        show_json(summary)
    else:
        for outcome in outcomes:
            typer.echo(line(outcome))
        written = f"written by {writer}{'' if writer == THIS else f', this is {THIS}'}"
        about = written if existed else "which is not there"
        if accept and differ:
            typer.echo(f"{lock.name} is written: {_accepted(outcomes)}{f'; it was {written}' if existed else ''}")
        else:
            agree = f"{len(outcomes) - differ} of {len(outcomes)} configurations agree with {lock.name} ({about})"
            typer.echo(f"{agree}, {differ} do not" if differ else agree)
    if differ and not accept:
        raise typer.Exit(1)


def _accepted(outcomes: Sequence[Outcome]) -> str:
    """Return how many configurations a lock holds as before, changed and new, and how many left it."""
    standing = Counter("as before" if one.agrees else one.standing for one in outcomes)
    kinds = (("as before", "as before"), ("recorded", "changed"), ("new", "new"), ("gone", "removed"))
    return ", ".join(f"{standing[kind]} {name}" for kind, name in kinds if standing[kind])
