"""`fxsnn refine`, and what `fxsnn train` does for networks of layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fxsnn.cli.decolle_options import LayersFile, Rate, Recorded, RegularisationOn, Window, learning_of, show_measured
from fxsnn.cli.options import CORES, AsJson, PlanFile, Workers, progress_bars, warn
from fxsnn.cli.search import in_ramb18, show_memory
from fxsnn.cli.tables import show_json

if TYPE_CHECKING:
    from fxsnn.decolle.itq_plan import Lesson
    from fxsnn.decolle.learn import LocalLearning
    from fxsnn.decolle.ptq import Words
    from fxsnn.measure.score import Measured


def learn_in_integers(
    out: Path,
    description: Path,
    folder: Path,
    learning: LocalLearning,
    words: Words,
    lesson: Lesson,
    learn_on: Path | None,
    workers: int,
    as_json: bool,
) -> None:
    """Train a network of layers in integers, and say what it is worth and what it stores."""
    from fxsnn.data.learned import note
    from fxsnn.jobs.recordings_training import learn_events
    from fxsnn.measure.overflows import lines

    with progress_bars({"train": "learning in integers (recordings)"}) as progress:
        found = learn_events(out, description, folder, learning, words, lesson, learn_on, workers, progress)
    stored, learning_stored = (in_ramb18(one) for one in (found.memory, found.while_learning))
    if as_json:
        _show_json(out, out.with_suffix(".toml"), found.fixed, memory=stored, while_learning=learning_stored)
    else:
        show_measured(f"{out}: fixed", found.fixed)
        show_memory(stored)
        typer.echo("\nwhile learning")
        show_memory(learning_stored)
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
    as_json: bool,
) -> None:
    """Train a network of layers in float, or through the quantisation of words, and say what it is worth."""
    from fxsnn.data.learned import note
    from fxsnn.jobs.recordings_training import train_events

    with progress_bars({"train": "training (recordings)"}) as progress:
        measured = train_events(out, description, folder, learning, through, device, workers, progress)
    plan = out.with_suffix(".toml") if through else None
    if as_json:
        _show_json(out, plan, measured)
    else:
        show_measured(f"{out}: float", measured, "")
        if plan:
            typer.echo(f"{plan}: the plan that it learned by")
    warn(note(out))


def _show_json(out: Path, plan: Path | None, found: Measured, **more: object) -> None:
    from fxsnn.measure.score import measured_to_data

    files = {"network": str(out), "plan": None if plan is None else str(plan)}
    show_json({**files, "test": measured_to_data(found), **more})


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
    as_json: AsJson = False,
) -> None:
    """Train a network further through a plan's quantisation (straight-through), as explore does, and write it."""
    from fxsnn.data.learned import note
    from fxsnn.decolle.learn import LEARNING_ON
    from fxsnn.jobs.recordings_training import refine_events

    learning = learning_of(LEARNING_ON, passes=passes, rate=rate, window=window, regularisation=regularisation)
    with progress_bars({"train": "training (recordings)"}) as progress:
        measured = refine_events(network, plan, out, folder, learning, workers, progress)
    if as_json:
        _show_json(out, plan, measured)
    else:
        show_measured(f"{out}: fixed", measured)
    warn(note(out))
