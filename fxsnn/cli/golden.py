"""`fxsnn golden make` and `fxsnn golden check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fxsnn.cli.options import Data, Mnist, NetworkFile, PlanFile


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Golden vectors for RTL teams: make them, check them.")
    group.command("make", epilog="Example: fxsnn golden make net.npz chosen.toml --images 1 --out golden-set")(make)
    group.command("check", epilog="Example: fxsnn golden check golden-set")(check)
    app.add_typer(group, name="golden")


def make(
    network: NetworkFile,
    plan: PlanFile,
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")],
    folder: Data = None,
    mnist: Mnist = False,
    images: Annotated[int, typer.Option(min=1, max=1000, help="Test digits to present, from the first on.")] = 1,
) -> None:
    """Write memory images, input spikes and every internal node at every step, with a manifest."""
    from fxsnn.job import make_golden

    manifest = make_golden(network, plan, out, folder, mnist, images)
    counts, words = manifest["counts"], sum(entry["lines"] for entry in manifest["files"])
    overflows, ties = (sum(site[kind] for site in counts["casts"].values()) for kind in ("overflows", "ties"))
    typer.echo(
        f"{out}: {len(manifest['files'])} files, {words:,} words; {counts['spikes']:,} spikes, "
        f"{overflows:,} overflows, {ties:,} ties, {counts['threshold_equalities']:,} threshold equalities"
    )


def check(folder: Annotated[Path, typer.Argument(help="Golden set to check.", show_default=False)]) -> None:
    """Compute every node again; exit status 0 if all words agree, 1 naming the first that does not."""
    from fxsnn.golden.check import check_bundle

    checked = check_bundle(folder)
    for finding in checked.findings:
        typer.echo(finding)
    if checked.findings:
        raise typer.Exit(1)
    typer.echo(f"{folder}: {checked.words:,} words in {checked.files} files agree")
