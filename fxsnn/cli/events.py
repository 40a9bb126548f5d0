"""`fxsnn events`: layered networks on recordings of event cameras."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from fxsnn.cli.events_learning import refine, train
from fxsnn.cli.events_options import (
    Filters,
    PassesOn,
    Recorded,
    Regularisation,
    State,
    StateRounding,
    TrainedFile,
    Weight,
    WeightRounding,
    Window,
    tell,
)
from fxsnn.cli.options import (
    CORES,
    Cluster,
    FewestFile,
    MaxLoss,
    NarrowLoss,
    Processes,
    SamplerSeed,
    StrategyName,
    StudyPlace,
    Trials,
    Workers,
    engine_of,
    progress_bars,
    warn,
)
from fxsnn.cli.search import show_memory
from fxsnn.cli.studies import StudyName, going_on, show_finished
from fxsnn.cli.tables import say, show, table
from fxsnn.errors import as_given


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Convolutional networks on recordings of event cameras.")
    group.command("data", epilog="Example: fxsnn events data ~/NMNIST")(data)
    group.command("describe", epilog="Example: fxsnn events describe nmnist > net.toml")(describe)
    group.command("train", epilog="Example: fxsnn events train net.toml --data ~/NMNIST --out net.npz")(train)
    group.command("plan", epilog="Example: fxsnn events plan net.npz --weight 6 --state 4 --out plan.toml")(plan)
    group.command("refine", epilog="Example: fxsnn events refine net.npz plan.toml --data ~/NMNIST --out on.npz")(
        refine
    )
    group.command("explore", epilog="Example: fxsnn events explore net.npz --data ~/NMNIST --out c.json")(explore)
    group.command("demo", epilog="Example: fxsnn events demo net.toml --data ~/NMNIST --out events-demo")(demo)
    group.command("emulate", epilog="Example: fxsnn events emulate net.npz plan.toml --data ~/NMNIST")(emulate)
    app.add_typer(group, name="events")


def data(folder: Annotated[Path, typer.Argument(help="Folder to look into.", show_default=False)]) -> None:
    """Say which recordings a folder holds, and check them."""
    from fxsnn.data.events import describe

    rows = table("split", "what", ">recordings")
    for split, what, count in describe(folder):
        rows.add_row(split, what, f"{count:,}")
    show(rows)


def describe(
    name: Annotated[str, typer.Argument(help="nmnist, or decolle: 64-128-128 for gestures.", show_default=False)],
    classes: Annotated[int, typer.Option(min=2, max=1000, help="Classes to tell apart.")] = 10,
) -> None:
    """Print a network's description (TOML) to begin with."""
    from fxsnn.layered.description import description_text
    from fxsnn.layered.ready import ready

    typer.echo(description_text(ready(name, classes)), nl=False)


def plan(
    network: TrainedFile,
    out: Annotated[Path, typer.Option("--out", help="Plan to write (TOML).")],
    weight: Weight = 6,
    state: State = 4,
    weight_rounding: WeightRounding = "nearest-even",
    state_rounding: StateRounding = "TR",
    filters: Filters = "inputs",
) -> None:
    """Plan the words of a trained network: integer bits from what words can reach, fractional bits as asked."""
    from fxsnn.events import plan_events
    from fxsnn.layered.ptq import Words
    from fxsnn.memory import MACROS, memory_to_data

    words = Words(weight, state, weight_rounding, state_rounding, filters)  # type: ignore[arg-type]
    show_memory(memory_to_data(plan_events(network, words, out), MACROS["ramb18"]), "ramb18")


def emulate(
    network: TrainedFile,
    plan: Annotated[Path, typer.Argument(help="Plan of its layers (TOML).", show_default=False)],
    data: Recorded,
    workers: Workers = CORES,
    recordings: Annotated[
        int | None, typer.Option(min=1, help="Test recordings, evenly spread.", show_default="all")
    ] = None,
) -> None:
    """Run a network in integers under a plan, measure it, and count its memory."""
    from fxsnn.events import emulate_events
    from fxsnn.learned import note
    from fxsnn.memory import MACROS, memory_to_data
    from fxsnn.overflows import lines

    found = emulate_events(network, plan, data, workers, recordings)
    for name, told in (("float", found.float), ("fixed", found.fixed)):
        tell(name, told)
    rows = table(
        "layer", "cast", ">casts", ">inexact", ">ties", ">overflows", title="casts while the first recording is shown"
    )
    for number, layer in enumerate(found.counts):
        for cast, counts in layer.items():
            counted = (f"{counts[name]:,}" for name in ("casts", "inexact", "ties", "overflows"))
            rows.add_row(str(number), cast, *counted)
    show(rows)
    show_memory(memory_to_data(found.memory, MACROS["ramb18"]), "ramb18")
    warn(*lines(found.overflows), note(network))


def explore(
    network: TrainedFile,
    data: Recorded,
    out: Annotated[Path, typer.Option("--out", help="Candidates to write (JSON).")],
    grid: Annotated[
        Path | None, typer.Option("--grid", help="Grid (TOML); without it the default one.", show_default=False)
    ] = None,
    study: StudyPlace = None,
    study_name: StudyName = None,
    strategy: StrategyName = "grid",
    significance: FewestFile = None,
    max_loss: NarrowLoss = None,
    trials: Trials = 0,
    seed: SamplerSeed = 0,
    passes: PassesOn = 2,
    rate: Annotated[float, typer.Option(help="Their learning rate, falling to 0.")] = 2e-3,
    window: Window = 0,
    regularisation: Regularisation = 0.3,
    workers: Workers = CORES,
    processes: Processes = False,
    cluster: Cluster = None,
) -> None:
    """Quantise a trained network at the points of a grid and measure each on recordings it did not learn from.

    Those are one of eight of the training recordings. Results are kept in a study, as of fxsnn explore.
    """
    from fxsnn.events import explore_events
    from fxsnn.layered.learn import LocalLearning
    from fxsnn.study.session import settings_of

    settings = settings_of(study, out, strategy, trials, seed, significance, max_loss, study_name=study_name)
    learning = LocalLearning(passes, rate=rate, regularisation=regularisation, window=window)
    engine = engine_of(processes, cluster)
    with going_on(settings.place), progress_bars({"explore": "exploring (candidates)"}) as progress:
        finished = explore_events(network, out, grid, settings, data, learning, workers, progress, engine)
    show_finished(finished, out, settings.place.shown, network)


def demo(
    description: Annotated[Path, typer.Argument(help="Description of the network (TOML).", show_default=False)],
    data: Recorded,
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")],
    passes: Annotated[int, typer.Option(min=1, max=1000, help="Passes over the training recordings.")] = 8,
    rate: Annotated[float, typer.Option(help="Learning rate of Adamax, falling to 0.")] = 4e-3,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights, readouts and order.")] = 0,
    window: Window = 0,
    regularisation: Regularisation = 1.0,
    max_loss: MaxLoss = 0.01,
    significance: Annotated[
        int,
        typer.Option(
            "--significance", min=0, help="Recordings not learned from, of the report's significance sweep; 0: none."
        ),
    ] = 0,
    workers: Workers = CORES,
) -> None:
    """Train, quantise, explore, select, write golden vectors and a report; figures are of test recordings."""
    from fxsnn.events import demo_events
    from fxsnn.layered.learn import LocalLearning
    from fxsnn.memory import MACROS, memory_to_data

    stages = {
        "train": "training (recordings)",
        "explore": "exploring (candidates)",
        "sweep": "sweeping (cases)",
        "test": "testing (candidates)",
    }
    words = ["fxsnn", "events", "demo", description.name, "--data", data.name, "--out", out.name]
    given = {"--passes": passes, "--rate": as_given(rate), "--seed": seed, "--max-loss": as_given(max_loss)}
    given |= {name: n for name, n in (("--window", window), ("--significance", significance)) if n}
    given |= {"--regularisation": as_given(regularisation)} if regularisation != 1.0 else {}
    words += [str(word) for option in given.items() for word in option]
    with progress_bars(stages) as progress:
        learning = LocalLearning(passes, rate=rate, regularisation=regularisation, window=window, seed=seed)
        command = shlex.join(words)
        found = demo_events(out, description, data, learning, max_loss, significance, command, workers, progress)
    say(found.choice.reason)
    for name, told in (("float", found.float), ("fixed", found.fixed)):
        tell(name, told)
    show_memory(memory_to_data(found.memory, MACROS["ramb18"]), "ramb18")
    typer.echo(
        f"{out}: network.npz, candidates.json, chosen.npz, chosen.toml, golden ({found.words:,} words), "
        "report.html (open it in a browser)"
    )
