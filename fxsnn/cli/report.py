"""`fxsnn report`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from fxsnn.cli.options import (
    CORES,
    AskedLoss,
    AskedMu,
    CandidatesFile,
    CountedBy,
    Data,
    Mnist,
    MostMemory,
    NetworkFile,
    Passes,
    RewardForm,
    Workers,
    percent,
    progress_bars,
    say,
)

_STAGES = {"train": "training (networks)", "test": "testing (candidates)"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", epilog="Example: fxsnn report net.npz candidates.json --out report.html")(report)


def report(
    network: NetworkFile,
    candidates: CandidatesFile,
    out: Annotated[Path, typer.Option("--out", help="Page to write (HTML).")],
    reward: RewardForm = None,
    mu: AskedMu = None,
    max_loss: AskedLoss = None,
    budget: MostMemory = None,
    by: CountedBy = None,
    chosen: Annotated[
        Path | None,
        typer.Option("--chosen", help="Plan of the choice (TOML), one of the candidates'.", show_default=False),
    ] = None,
    chosen_network: Annotated[
        Path | None,
        typer.Option(
            "--chosen-network",
            help="Network of a choice that learned in integers (.npz); without it, it is trained again.",
            show_default=False,
        ),
    ] = None,
    significance: Annotated[
        Path | None,
        typer.Option("--significance", help="What fxsnn significance wrote (JSON).", show_default=False),
    ] = None,
    passes: Passes = 1,
    folder: Data = None,
    mnist: Mnist = False,
    workers: Workers = CORES,
) -> None:
    """Choose as select does, measure on the test digits, and write a page that shows everything."""
    from fxsnn.reporting import Sources, report_job
    from fxsnn.selection import criteria

    sources = Sources(network, candidates, chosen, chosen_network, significance)
    asked = criteria(reward, mu, max_loss, budget, by)
    given = {"--reward": reward, "--mu": mu, "--max-loss": max_loss, "--budget": budget, "--by": by}
    files = {"--chosen": chosen, "--chosen-network": chosen_network, "--significance": significance}
    given |= {name: path.name for name, path in files.items() if path}
    words = ["fxsnn", "report", network.name, candidates.name]
    words += [word for name, value in given.items() if value is not None for word in (name, str(value))]
    words += ["--mnist"] * (mnist or folder is not None)
    words += ["--passes", str(passes)] * (passes != 1)
    with progress_bars(_STAGES) as progress:
        found = report_job(out, sources, asked, folder, mnist, shlex.join(words), workers, progress, passes)
    say(found.choice.reason)
    floating, fixed = (found.tests[name] for name in ("float", found.chosen.name))
    say(
        f"On {fixed.images:,} test digits: float {percent(floating.accuracy)}, {found.chosen.name} "
        f"{percent(fixed.accuracy)}."
    )
    typer.echo(f"{out}: open it in a browser")
