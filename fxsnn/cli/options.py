"""Options that several commands share, and how tables and progress look."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from fxsnn.demo import Progress

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of the four official MNIST files: use the full MNIST.", show_default=False),
]
Mnist = Annotated[bool, typer.Option("--mnist", help="Use the full MNIST, found or downloaded (see fxsnn data).")]
Workers = Annotated[int, typer.Option("--workers", min=1, max=256, help="Threads to work with; no effect on results.")]
NetworkFile = Annotated[Path, typer.Argument(help="Network, as fxsnn train wrote it (.npz).", show_default=False)]
PlanFile = Annotated[Path, typer.Argument(help="Plan: a format and modes for every signal (TOML).", show_default=False)]
MaxLoss = Annotated[
    float, typer.Option("--max-loss", min=0.0, max=1.0, help="Accuracy a candidate may lose, as a share: 0.01 is 1 %.")
]
Mu = Annotated[float, typer.Option("--mu", min=0.0, help="Weight of memory (additive) or of the accuracy gap.")]


def cores() -> int:
    """Return the processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


CORES = cores()


def table(*columns: str, title: str = "") -> Table:
    """Return an empty table; columns that begin with '>' are aligned right."""
    from rich import box
    from rich.table import Table

    made = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left", no_wrap=True)
    return made


def show(shown: Table) -> None:
    """Print a table, as wide as it needs where the output is not a terminal."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    console.print(shown)


@contextmanager
def progress_bars(names: dict[str, str]) -> Iterator[Progress]:
    """Show a bar with the remaining time for each stage, on the standard error stream.

    Where that is no terminal, a line is printed at every tenth of a stage instead.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(names)
        return
    columns = (
        TextColumn("{task.description:<22}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, int] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(names.get(stage, stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)  # type: ignore[arg-type]

        yield tell


def _lines(names: dict[str, str]) -> Progress:
    told: dict[str, int] = {}

    def tell(stage: str, done: int, total: int) -> None:
        tenth = 10 * done // total
        if tenth > told.get(stage, -1):
            told[stage] = tenth
            typer.echo(f"{names.get(stage, stage)}: {done} of {total}", err=True)

    return tell


def percent(share: float) -> str:
    """Return a share as people read it."""
    return f"{100 * share:.2f} %"


def spread(interval: tuple[float, float]) -> str:
    """Return a 95 % confidence interval as people read it."""
    return f"{100 * interval[0]:.1f}-{100 * interval[1]:.1f}"
