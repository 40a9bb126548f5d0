"""`fxsnn demo`: the main job from end to end."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fxsnn.cli.decolle_options import Regularisation, Window, folder_of, learning_of, show_measured
from fxsnn.cli.options import (
    CORES,
    TIES,
    AsJson,
    Data,
    MaxLoss,
    Mnist,
    Mu,
    Workers,
    foreign,
    percent,
    progress_bars,
    spread,
)
from fxsnn.cli.search import in_ramb18, show_memory
from fxsnn.cli.tables import say, show, show_json, table
from fxsnn.errors import as_given

if TYPE_CHECKING:
    from fxsnn.decolle.learn import LocalLearning
    from fxsnn.exploration.candidates import Exploration
    from fxsnn.exploration.pareto import Choice
    from fxsnn.jobs.digits_demo import Result
    from fxsnn.jobs.recordings_demo import EventsDemo
    from fxsnn.measure.score import Measured

_STAGES = {
    "train": "training (images)",
    "explore": "exploring (candidates)",
    "sweep": "sweeping (cases)",
    "test": "testing (candidates)",
    "write": "writing (golden set, report)",
}


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder to write; that of an earlier demo is replaced.")],
    description: Annotated[
        Path | None, typer.Argument(help="Network of layers (TOML); see describe. Else one layer, on images.")
    ] = None,
    folder: Data = None,
    mnist: Mnist = False,
    neurons: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Excitatory neurons of one layer.", show_default="400")
    ] = None,
    passes: Annotated[
        int | None,
        typer.Option(
            min=1, max=1000, help="Passes over the training images or recordings.", show_default="5; of layers 8"
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(help="Of layers: learning rate of Adamax, falling to 0.", show_default="4e-3"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights, readouts and order.")] = 0,
    window: Window = None,
    regularisation: Regularisation = None,
    mu: Mu = 0.5,
    max_loss: MaxLoss = 0.01,
    grid: Annotated[Path | None, typer.Option("--grid", help="Grid (TOML) in place of the demo's.")] = None,
    sweep: Annotated[
        int | None,
        typer.Option(
            "--sweep",
            min=0,
            help="Training images or recordings of the report's significance sweep; 0: none.",
            show_default="500; of layers 0",
        ),
    ] = None,
    workers: Workers = CORES,
    as_json: AsJson = False,
) -> None:
    """Train, quantise, explore, choose, and write golden vectors and a report: the whole job.

    The accuracies reported are measured on test images or recordings, which are used for nothing else.
    """
    from fxsnn.decolle.learn import LocalLearning
    from fxsnn.exploration.pareto import Reward
    from fxsnn.jobs.digits_demo import demo_job
    from fxsnn.jobs.recordings_demo import demo_events
    from fxsnn.jobs.samples import kind_of_demo

    kind = kind_of_demo(out, description, folder, grid)
    of_layers = {"--rate": rate, "--window": window, "--regularisation": regularisation}
    if kind == "one layer" or description is None:
        foreign(kind, of_layers)
        swept = 500 if sweep is None else sweep
        with progress_bars(_STAGES) as progress:
            result = demo_job(
                out, folder, mnist, neurons or 400, passes or 5, seed, mu, max_loss, grid, swept, workers, progress
            )
        if as_json:
            show_json(_to_data(out, result.exploration, result.choice, result.tests, result.golden_words))
        else:
            _print(out, result)
        return
    foreign(kind, {"--mnist": mnist, "--neurons": neurons})
    recordings = folder_of(folder)
    learning = learning_of(
        LocalLearning(8, rate=4e-3), passes=passes, rate=rate, window=window, regularisation=regularisation, seed=seed
    )
    words = ["fxsnn", "demo", description.name, "--data", recordings.name or ".", "--out", out.name]
    words += _given(learning, mu, max_loss, grid, sweep)
    with progress_bars(_STAGES | {"train": "training (recordings)"}) as progress:
        command, reward = shlex.join(words), Reward("additive", mu)
        found = demo_events(
            out, description, recordings, learning, reward, max_loss, grid, sweep or 0, command, workers, progress
        )
    if as_json:
        tests = {"float": found.float, found.exploration.entries[found.choice.index].name: found.fixed}
        show_json(_to_data(out, found.exploration, found.choice, tests, found.words))
    else:
        _print_layers(out, found)


def _to_data(
    out: Path, exploration: Exploration, choice: Choice, tests: Mapping[str, Measured], words: int
) -> dict[str, Any]:
    """Return what a demo found as plain data: the choice, and what was measured on test data."""
    from fxsnn.measure.score import measured_to_data

    name = exploration.entries[choice.index].name
    tested = {what: measured_to_data(tests[which]) for what, which in (("float", "float"), ("fixed", name))}
    counts = {"candidates": len(exploration.entries), "golden_words": words}
    return {"folder": str(out), "chosen": name, "reason": choice.reason, **counts, **tested}


def _print(out: Path, result: Result) -> None:
    from fxsnn.measure.ties import TEST, tie_lines, tied_with_smaller
    from fxsnn.number.modes import spelled_out

    found, entries = result.exploration.found, result.exploration.entries
    tested = [n for n, entry in enumerate(entries) if entry.name in result.tests]
    ties = tied_with_smaller(entries, tested)
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
    for n in tested:
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
        f"{result.tests['float'].images:,} images that nothing was chosen by."
    )
    if roundings := spelled_out(entries[n].name for n in tested):
        say(f"Roundings in names: {roundings}.")
    say("")
    for line in tie_lines(entries, tested):
        say(f"{line} ({TEST})\n")
    say(f"{result.choice.reason}\n")
    _warn_of_firing(result.exploration, result.choice, "image")
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


def _warn_of_firing(found: Exploration, choice: Choice, one: str) -> None:
    from fxsnn.measure.firing import warning

    chosen = found.entries[choice.index]
    if warned := warning(chosen.firing, chosen.scheme, one) if chosen.firing else "":
        say(f"Warning: {warned}\n")


def _given(learning: LocalLearning, mu: float, max_loss: float, grid: Path | None, sweep: int | None) -> list[str]:
    """Return the options of a demo of layers, as its report states them: some only where they are not usual."""
    given = {"--passes": str(learning.passes), "--rate": as_given(learning.rate), "--seed": str(learning.seed)}
    given |= {"--max-loss": as_given(max_loss)}
    given |= {name: str(count) for name, count in (("--window", learning.window), ("--sweep", sweep)) if count}
    more = {"--regularisation": (learning.regularisation, 1.0), "--mu": (mu, 0.5)}
    given |= {name: as_given(value) for name, (value, usual) in more.items() if value != usual}
    given |= {"--grid": grid.name} if grid else {}
    return [word for option in given.items() for word in option]


def _print_layers(out: Path, found: EventsDemo) -> None:
    say(found.choice.reason)
    _warn_of_firing(found.exploration, found.choice, "recording")
    for name, measured in (("float", found.float), ("fixed", found.fixed)):
        show_measured(name, measured)
    show_memory(in_ramb18(found.memory))
    typer.echo(
        f"{out}: network.npz, candidates.json, chosen.npz, chosen.toml, golden ({found.words:,} words), "
        "report.html (open it in a browser)"
    )
