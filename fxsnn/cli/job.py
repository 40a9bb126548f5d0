"""`fxsnn demo`: the main job from end to end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fxsnn.cli.options import (
    CORES,
    TIES,
    Data,
    MaxLoss,
    Mnist,
    Mu,
    Workers,
    percent,
    progress_bars,
    spread,
)
from fxsnn.cli.tables import say, show, table

if TYPE_CHECKING:
    from fxsnn.demo import Result

_STAGES = {
    "train": "training (digits)",
    "explore": "exploring (candidates)",
    "sweep": "sweeping (cases)",
    "test": "testing (candidates)",
    "write": "writing (parts)",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", epilog="Example: fxsnn demo --out demo-out")(demo)


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder to write; a former demo's is replaced.")],
    folder: Data = None,
    mnist: Mnist = False,
    neurons: Annotated[int, typer.Option(min=1, max=100_000, help="Excitatory neurons.")] = 400,
    passes: Annotated[int, typer.Option(min=1, max=1000, help="Passes over the training digits.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights and of the order of digits.")] = 0,
    mu: Mu = 0.5,
    max_loss: MaxLoss = 0.01,
    grid: Annotated[
        Path | None, typer.Option("--grid", help="Grid (TOML) in place of the demo's.", show_default=False)
    ] = None,
    significance: Annotated[
        int, typer.Option("--significance", min=0, help="Digits of the report's significance sweep; 0: none.")
    ] = 500,
    workers: Workers = CORES,
) -> None:
    """Train, quantise, explore, choose, and write golden vectors and a report: the whole job."""
    from fxsnn.job import demo_job

    with progress_bars(_STAGES) as progress:
        result = demo_job(
            out, folder, mnist, neurons, passes, seed, mu, max_loss, grid, significance, workers, progress
        )
    _print(out, result)


def _print(out: Path, result: Result) -> None:
    from fxsnn.firing import warning
    from fxsnn.ties import TEST, tie_lines, tied_with_smaller

    found, entries = result.exploration.found, result.exploration.entries
    shown = [n for n, entry in enumerate(entries) if entry.name in result.tests]
    ties = tied_with_smaller(entries, shown)
    rows = table(
        "network",
        "weights",
        "membrane",
        "leak",
        ">accuracy",
        ">95 % interval",
        ">test accuracy",
        ">bits",
        ">saving",
        *TIES[: bool(ties)],
        "",
    )
    rows.add_row(
        "float, 32-bit words",
        "",
        "",
        "",
        percent(found.accuracy),
        spread(found.interval),
        percent(result.tests["float"].accuracy),
        f"{found.bits:,}",
        "1.00 x",
        *[""][: bool(ties)],
        "",
    )
    for n in shown:
        entry = entries[n]
        rows.add_row(
            entry.name,
            entry.formats["weight"],
            entry.formats["membrane"],
            entry.formats["leak"],
            percent(entry.accuracy),
            spread(entry.interval),
            percent(result.tests[entry.name].accuracy),
            f"{entry.bits:,}",
            f"{entry.saving:.2f} x",
            *[entries[ties[n]].name if n in ties else ""][: bool(ties)],
            "<- chosen" if n == result.choice.index else "",
        )
    show(rows)
    say(
        f"\nAccuracy is measured on {result.exploration.data}; test accuracy on "
        f"{result.tests['float'].images:,} digits that nothing was chosen by.\n"
    )
    for line in tie_lines(entries, shown):
        say(f"{line} ({TEST})\n")
    say(f"{result.choice.reason}\n")
    chosen = entries[result.choice.index]
    if told := warning(chosen.firing, chosen.scheme) if chosen.firing else "":
        say(f"Warning: {told}\n")
    for name, what in (
        ("report.html", "open it in a browser"),
        ("candidates.json", f"all {len(entries)} candidates"),
        ("chosen.toml", "the plan of the choice"),
        ("golden/", f"golden vectors, {result.golden_words:,} words: fxsnn golden check {out / 'golden'}"),
        ("network.npz", "the trained network"),
        ("significance.json", "how much the bits of each parameter matter"),
    ):
        if name == "significance.json" and not (out / name).exists():
            continue
        typer.echo(f"{out / name!s:<{len(str(out)) + 18}} {what}")
