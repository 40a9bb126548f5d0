"""`fxsnn events train` and `refine`: layered networks learn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fxsnn.cli.events_options import (
    PassesOn,
    Recorded,
    Regularisation,
    State,
    StateRounding,
    TrainedFile,
    Window,
    tell,
)
from fxsnn.cli.options import percent, progress_bars, spread, warn
from fxsnn.cli.search import show_memory


def train(
    description: Annotated[Path, typer.Argument(help="Description of the network (TOML).", show_default=False)],
    data: Recorded,
    out: Annotated[Path, typer.Option("--out", help="Network to write (.npz).")],
    passes: Annotated[int, typer.Option(min=1, max=1000, help="Passes over the training recordings.")] = 4,
    rate: Annotated[
        float | None,
        typer.Option(
            help="Learning rate of Adamax, falling to 0; with --itq the nearest power of two.",
            show_default="2e-3; with --itq 2^-6, of a trained network 2^-9",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights, readouts and order.")] = 0,
    window: Window = 0,
    regularisation: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="What membranes above 0 cost in float, so that fewer neurons spike (DECOLLE's reg_l).",
            show_default="1.0",
        ),
    ] = None,
    weight: Annotated[
        int | None,
        typer.Option(
            min=1, max=24, help="Learn on as if weights had so many bits (straight-through).", show_default=False
        ),
    ] = None,
    state: State = 2,
    itq: Annotated[bool, typer.Option("--itq", help="Learn in integers; --weight is 8 bits if not given.")] = False,
    weight_rounding: Annotated[str, typer.Option(help="With --itq: how all that is learned is rounded.")] = "SR",
    state_rounding: StateRounding = "TR",
    learned: Annotated[
        int | None,
        typer.Option(min=1, max=48, help="With --itq: bits of a learned weight.", show_default="8 more than are read"),
    ] = None,
    update: Annotated[str, typer.Option(help="With --itq: update after each recording, or each step.")] = "recording",
    trained: Annotated[
        Path | None, typer.Option("--from", help="With --itq: trained network to learn on from.", show_default=False)
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="Train in float by PyTorch on this device, as cuda; not the same bits.", show_default=False),
    ] = None,
) -> None:
    """Train a network by local errors (DECOLLE) and measure it on the test recordings."""
    from fxsnn.errors import ConfigError
    from fxsnn.events_learning import learn_events, train_events
    from fxsnn.layered.itq_plan import Lesson
    from fxsnn.layered.learn import LocalLearning
    from fxsnn.layered.ptq import Words
    from fxsnn.learned import note
    from fxsnn.memory import MACROS, memory_to_data
    from fxsnn.overflows import lines

    if itq:
        if device:
            raise ConfigError("--device must not be given with --itq: integers are learned on the processor")
        if regularisation is not None:
            raise ConfigError("--regularisation must not be given with --itq: the integers' rule has none")
        rate = rate if rate is not None else 2**-9 if trained else 2**-6
        words = Words(8 if weight is None else weight, state, weight_rounding, state_rounding)
        with progress_bars({"train": "learning in integers (recordings)"}) as progress:
            learning = LocalLearning(passes=passes, rate=rate, window=window, seed=seed)
            lesson = Lesson(learned, update)  # type: ignore[arg-type]
            found = learn_events(out, description, data, learning, words, lesson, trained, progress)
        tell(f"{out}: fixed", found.fixed)
        show_memory(memory_to_data(found.memory, MACROS["ramb18"]), "ramb18")
        typer.echo("\nwhile learning")
        show_memory(memory_to_data(found.while_learning, MACROS["ramb18"]), "ramb18")
        typer.echo(f"{out.with_suffix('.toml')}: the plan that it learned by")
        warn(*lines(found.overflows), note(out))
        return
    through = None if weight is None else Words(weight, state)
    rate, regularisation = 2e-3 if rate is None else rate, 1.0 if regularisation is None else regularisation
    with progress_bars({"train": "training (recordings)"}) as progress:
        learning = LocalLearning(passes, rate=rate, regularisation=regularisation, window=window, seed=seed)
        told = train_events(out, description, data, learning, through, device, progress)
    typer.echo(
        f"{out}: float test accuracy {percent(told.accuracy)} (95 % interval {spread(told.interval)} %) on "
        f"{told.images:,} recordings"
    )
    if through:
        typer.echo(f"{out.with_suffix('.toml')}: the plan that it learned by")
    warn(note(out))


def refine(
    network: TrainedFile,
    plan: Annotated[Path, typer.Argument(help="Plan of its layers (TOML).", show_default=False)],
    data: Recorded,
    out: Annotated[Path, typer.Option("--out", help="Network to write (.npz).")],
    passes: PassesOn = 2,
    rate: Annotated[float, typer.Option(help="Learning rate of Adamax, falling to 0.")] = 2e-3,
    window: Window = 0,
    regularisation: Regularisation = 0.3,
) -> None:
    """Let a network learn on through a plan's quantisation (straight-through), as explore does, and keep it."""
    from fxsnn.events_learning import refine_events
    from fxsnn.layered.learn import LocalLearning
    from fxsnn.learned import note

    learning = LocalLearning(passes, rate=rate, regularisation=regularisation, window=window)
    with progress_bars({"train": "training (recordings)"}) as progress:
        told = refine_events(network, plan, out, data, learning, progress)
    tell(f"{out}: fixed", told)
    warn(note(out))
