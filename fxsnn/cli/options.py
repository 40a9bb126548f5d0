"""Options that several commands share, and how progress looks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from fxsnn.errors import ConfigError, as_given

if TYPE_CHECKING:
    from fxsnn.engine.pool import Engine
    from fxsnn.engine.progress import Progress
    from fxsnn.networks.described import Kind


def there(option: typer.CallbackParam, path: Path | None) -> Path | None:
    """Return the path that an option was given; raises ConfigError where nothing is there, also if nothing reads it."""
    if path is not None and not os.path.exists(path):  # noqa: PTH110  Path's own raises where a name is too long
        raise ConfigError(f"{option.opts[0]} must be a folder or file that is there, not {str(path)!r}")
    return path


DigitsFolder = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of the four official MNIST files: use the full MNIST.", callback=there),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Folder of the four official MNIST files, or of event recordings; see fxsnn data.",
        callback=there,
    ),
]
Mnist = Annotated[bool, typer.Option("--mnist", help="Use the full MNIST, found or downloaded (see fxsnn data).")]
Workers = Annotated[
    int, typer.Option("--workers", min=1, max=256, help="Threads or processes to use; results are the same.")
]
LearnedPlan = Annotated[
    Path | None, typer.Option("--plan", help="Learn in integers by this plan's learning table (TOML).")
]
LearnedRounding = Annotated[
    str | None,
    typer.Option(
        "--rounding",
        help="With --itq: how what is learned is rounded: floor (TR), nearest-up (RN), stochastic (SR) ...",
        show_default="SR",
    ),
]
LearnedBits = Annotated[
    int | None,
    typer.Option(
        "--learned-bits",
        min=1,
        max=63,
        help="With --itq: bits of the word in which weights are learned.",
        show_default="chosen",
    ),
]
AnyNetwork = Annotated[Path, typer.Argument(help="Network: of fxsnn train (.npz), or of populations (.toml).")]
Start = Annotated[
    Path | None,
    typer.Option(
        "--start", help=".npz of what states begin with: raw words, POPULATION.STATE.", show_default="all at 0"
    ),
]
InputsFile = Annotated[
    Path | None,
    typer.Option(
        "--inputs",
        help="Inputs of a network of populations: .npz of inputs and labels, .npy, .csv, .mem; recordings or "
        "images (a folder, .h5, idx), or a description of how they are presented (.toml).",
        callback=there,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on one line, and nothing else.")]
PlanFile = Annotated[Path, typer.Argument(help="Plan: a format and modes for every signal (TOML).")]
MaxLoss = Annotated[
    float, typer.Option("--max-loss", min=0.0, max=1.0, help="Accuracy a candidate may lose, as a share: 0.01 is 1 %.")
]
Mu = Annotated[float, typer.Option("--mu", min=0.0, help="Weight of memory (additive) or of the accuracy gap.")]
# how a candidate is selected; None is not the defaults, which hang together: see selection.criteria
RewardForm = Annotated[
    str | None,
    typer.Option(
        "--reward", help="additive: accuracy - mu * memory; multiplicative: saving * penalty. Default: additive."
    ),
]
AskedMu = Annotated[
    float | None,
    typer.Option("--mu", min=0.0, help="Weight of memory (additive) or of the accuracy gap. Default: 0.5."),
]
AskedLoss = Annotated[
    float | None,
    typer.Option(
        "--max-loss",
        min=0.0,
        max=1.0,
        help="Accuracy a candidate may lose, as a share: 0.01 is 1 %. Default: 0.01, none within a budget.",
    ),
]
MostMemory = Annotated[
    str | None,
    typer.Option(
        "--budget",
        help="Most memory, with its unit, as in '2300 bits', 64KiB, 60kB, 120kbit: the most accurate that fits.",
    ),
]
CountedBy = Annotated[
    str | None, typer.Option("--by", help="A budget counts bits or allocated (as block RAM). Default: bits.")
]
Processes = Annotated[bool, typer.Option("--processes", help="Use processes instead of threads; results are the same.")]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="Compute on a Dask cluster: tcp://HOST:PORT of its scheduler, or FILE (YAML) that describes it.",
    ),
]


def cores() -> int:
    """Return the processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


CORES = cores()
_LEARNS: dict[Kind, str] = {
    "one layer": "which learns from images without labels",
    "layers": "which learns from recordings with labels",
    "populations": "which learns nothing",
}
TIES = ("ties with",)  # a column of its own, where any do


def foreign(kind: Kind, options: Mapping[str, object]) -> None:
    """Refuse options, by their names, that say nothing of a kind of network; those that were not given are None."""
    for name, value in options.items():
        if value is not None and value is not False:
            raise ConfigError(f"{given(name, value)} must not be given for a network of {kind}, {_LEARNS[kind]}")


def only_with(needed: str, options: Mapping[str, object]) -> None:
    """Refuse options, by their names, that say nothing without another one; those that were not given are None."""
    for name, value in options.items():
        if value is not None:
            raise ConfigError(f"{given(name, value)} must be given with {needed} alone")


def given(name: str, value: object) -> str:
    """Return an option as it was given."""
    return name if value is True else f"{name} {as_given(value) if isinstance(value, float) else value}"


def warn(*lines: str) -> None:
    """Print what should be known beside a result on the standard error stream; empty lines are left out."""
    for line in filter(None, lines):
        typer.echo(f"warning: {line}", err=True)


def engine_of(processes: bool, cluster: str | None) -> Engine:
    """Return where tasks run; raises ConfigError where two places are named."""
    from fxsnn.engine.pool import Engine

    if processes and cluster is not None:
        raise ConfigError(f"--processes must not be given with --cluster {cluster}, whose workers work")
    if cluster == "":
        raise ConfigError("--cluster must be tcp://HOST:PORT or a file, not ''")
    return Engine(processes, cluster or "", lambda line: typer.echo(line, err=True))


@contextmanager
def progress_bars(names: dict[str, str]) -> Iterator[Progress]:
    """Show a bar with the remaining time for each stage, on the standard error stream.

    Where that is no terminal, a line is printed at every tenth of a stage instead, with the minutes left if any.
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

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(names.get(stage, stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)  # type: ignore[arg-type]

        yield report


def _lines(names: dict[str, str]) -> Progress:
    printed: dict[str, tuple[int, int]] = {}
    started: dict[str, tuple[float, int]] = {}

    def report(stage: str, done: int, total: int) -> None:
        tenth, at = printed.get(stage, (-1, 0))
        since, before = started.setdefault(stage, (monotonic(), done))
        # where the total grows what is done never comes to its end: a tenth more is printed
        if 10 * done // total > tenth or 10 * (done - at) >= total:
            printed[stage] = 10 * done // total, done
            left = (monotonic() - since) * (total - done) / max(1, done - before)
            about = f", about {left / 60:.0f} min left" if left >= 60 else ""
            typer.echo(f"{names.get(stage, stage)}: {done} of {total}{about}", err=True)

    return report


def percent(share: float) -> str:
    """Return a share as people read it."""
    return f"{100 * share:.2f} %"


def accuracy(share: float, interval: tuple[float, float]) -> str:
    """Return an accuracy and its 95 % confidence interval as people read them."""
    return f"{percent(share)} (95 % interval {spread(interval)} %)"


def spread(interval: tuple[float, float]) -> str:
    """Return a 95 % confidence interval as people read it."""
    return f"{100 * interval[0]:.1f}-{100 * interval[1]:.1f}"
