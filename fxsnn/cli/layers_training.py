"""`fxsnn refine`, and what `fxsnn train` does for networks of layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fxsnn.cli.layers_options import LayersFile, Rate, Recorded, RegularisationOn, Window, learning_of, tell
from fxsnn.cli.options import CORES, PlanFile, Workers, progress_bars, warn
from fxsnn.cli.search import show_memory

if TYPE_CHECKING:
    from fxsnn.layered.itq_plan import Lesson
    from fxsnn.layered.learn import LocalLearning
    from fxsnn.layered.ptq import Words


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("refine", epilog="Example: fxsnn refine net.npz plan.toml --data ~/NMNIST --out on.npz")(refine)


def learn_in_integers(
    out: Path,
    description: Path,
    folder: Path,
    learning: LocalLearning,
    words: Words,
    lesson: Lesson,
    learn_on: Path | None,
    workers: int,
) -> None:
    """Train a network of layers in integers, and say what it is worth and what it stores."""
    from fxsnn.events_learning import learn_events
    from fxsnn.learned import note
    from fxsnn.memory import MACROS, memory_to_data
    from fxsnn.overflows import lines

    with progress_bars({"train": "learning in integers (recordings)"}) as progress:
        found = learn_events(out, description, folder, learning, words, lesson, learn_on, workers, progress)
    tell(f"{out}: fixed", found.fixed)
    show_memory(memory_to_data(found.memory, MACROS["ramb18"]), "ramb18")
    typer.echo("\nwhile learning")
    show_memory(memory_to_data(found.while_learning, MACROS["ramb18"]), "ramb18")
    typer.echo(f"{out.with_suffix('.toml')}: the plan that it learned by")
    warn(*lines(found.overflows), note(out))


def train_on_recordings(
    out: Path,
    description: Path,
    folder: Path,
    learning: LocalLearning,
    through: Words | None,
    device: str | None,
    workers: int,
) -> None:
    """Train a network of layers in float, or through the quantisation of words, and say what it is worth."""
    from fxsnn.events_learning import train_events
    from fxsnn.learned import note

    with progress_bars({"train": "training (recordings)"}) as progress:
        told = train_events(out, description, folder, learning, through, device, workers, progress)
    tell(f"{out}: float", told, "")
    if through:
        typer.echo(f"{out.with_suffix('.toml')}: the plan that it learned by")
    warn(note(out))


def refine(
    network: LayersFile,
    plan: PlanFile,
    folder: Recorded,
    out: Annotated[Path, typer.Option("--out", help="Network to write (.npz).")],
    passes: Annotated[int | None, typer.Option(min=1, max=1000, help="Passes.", show_default="2")] = None,
    rate: Rate = None,
    window: Window = None,
    regularisation: RegularisationOn = None,
    workers: Workers = CORES,
) -> None:
    """Let a network learn on through a plan's quantisation (straight-through), as explore does, and keep it."""
    from fxsnn.events_learning import refine_events
    from fxsnn.layered.learn import LEARNING_ON
    from fxsnn.learned import note

    learning = learning_of(LEARNING_ON, passes=passes, rate=rate, window=window, regularisation=regularisation)
    with progress_bars({"train": "training (recordings)"}) as progress:
        told = refine_events(network, plan, out, folder, learning, workers, progress)
    tell(f"{out}: fixed", told)
    warn(note(out))
