"""`fxsnn train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fxsnn.cli.decolle_options import Regularisation, Window, folder_of, learning_of
from fxsnn.cli.decolle_training import learn_in_integers, train_on_recordings
from fxsnn.cli.options import (
    CORES,
    AsJson,
    Data,
    LearnedBits,
    LearnedPlan,
    LearnedRounding,
    Mnist,
    Workers,
    accuracy,
    foreign,
    given,
    only_with,
    progress_bars,
    warn,
)
from fxsnn.cli.tables import show_json
from fxsnn.errors import ConfigError

if TYPE_CHECKING:
    from fxsnn.jobs.digits_training import Training

_STATE, _STATE_ROUNDING, _PASSES, _RATE = 2, "TR", 4, 2e-3  # of layers


def train(
    out: Annotated[Path, typer.Option("--out", help="Network to write (.npz).")],
    description: Annotated[Path | None, typer.Argument(help="Description of the network (TOML); see describe.")] = None,
    folder: Data = None,
    mnist: Mnist = False,
    neurons: Annotated[
        int | None,
        typer.Option(min=1, max=100_000, help="Excitatory neurons, where nothing is described.", show_default="400"),
    ] = None,
    passes: Annotated[
        int | None,
        typer.Option(
            min=1, max=1000, help="Passes over the training images or recordings.", show_default="1; of layers 4"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights, readouts, order and input spikes.")] = 0,
    plan: LearnedPlan = None,
    itq: Annotated[
        str | None,
        typer.Option(help="Learn in integers: the weights' format, as UQ0.4, or of layers their bits, as 8."),
    ] = None,
    rounding: LearnedRounding = None,
    learned_bits: LearnedBits = None,
    rate: Annotated[
        float | None,
        typer.Option(
            help="Of layers: learning rate of Adamax, falling to 0; with --itq the nearest power of two.",
            show_default="2e-3; with --itq 2^-6, with --learn-on too 2^-9",
        ),
    ] = None,
    window: Window = None,
    regularisation: Regularisation = None,
    weight: Annotated[
        int | None,
        typer.Option(min=1, max=24, help="Of layers: train as if weights had so many bits (straight-through)."),
    ] = None,
    state: Annotated[
        int | None,
        typer.Option(
            min=-4,
            max=24,
            help="Of layers, with --itq or --weight: fractional bits of synaptic states, traces, refractory states.",
            show_default=str(_STATE),
        ),
    ] = None,
    state_rounding: Annotated[
        str | None,
        typer.Option(
            help="Of layers, with --itq or --weight: how states are rounded in every step.",
            show_default=_STATE_ROUNDING,
        ),
    ] = None,
    update: Annotated[
        str | None,
        typer.Option(
            help="Of layers, with --itq: update after each recording, or each step.", show_default="recording"
        ),
    ] = None,
    learn_on: Annotated[
        Path | None, typer.Option("--learn-on", help="Of layers, with --itq: trained network to begin with (.npz).")
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="Of layers: train in float by PyTorch on this device, as cuda; not the same bits."),
    ] = None,
    workers: Workers = CORES,
    as_json: AsJson = False,
) -> None:
    """Train a network, in float or in integers, and measure it on the test images or recordings.

    Without a description, or with that of one layer, it learns from images by STDP, without labels. Neurons get their
    labels from the first 10,000 training images, or all if there are fewer, as in every command. With --itq, states
    get the integer bits that they need while a network learns in float first.

    With a description of layers it learns from the recordings of --data by local errors (DECOLLE).
    """
    from fxsnn.decolle.itq_plan import Lesson
    from fxsnn.decolle.learn import LocalLearning
    from fxsnn.decolle.ptq import Words
    from fxsnn.jobs.digits_training import Training
    from fxsnn.jobs.samples import kind_to_train

    with_plan = itq is not None or weight is not None
    kind = kind_to_train(out, description, with_plan, plan, learn_on)
    words = {"--state": state, "--state-rounding": state_rounding}
    of_layers = {"--rate": rate, "--window": window, "--regularisation": regularisation, "--weight": weight, **words}
    lesson = {"--update": update, "--learn-on": learn_on}
    learned = {"--rounding": rounding, "--learned-bits": learned_bits}
    if kind == "one layer" or description is None:
        if description is not None and neurons is not None:
            raise ConfigError("neurons must be given by a description or by --neurons, not both")
        foreign(kind, of_layers | lesson | {"--device": device})
        only_with("--itq", learned if itq is None else {})
        asked = Training(neurons or 400, passes or 1, seed, plan, itq, rounding, learned_bits, description)
        _train_on_digits(out, folder, mnist, asked, workers, as_json)
        return
    foreign(kind, {"--mnist": mnist, "--neurons": neurons, "--plan": plan})
    recordings = folder_of(folder)
    usual = LocalLearning(_PASSES, rate=_RATE if itq is None else 2**-9 if learn_on else 2**-6)
    learning = learning_of(usual, passes=passes, rate=rate, window=window, regularisation=regularisation, seed=seed)
    own = "SR" if rounding is None else rounding
    states = _STATE if state is None else state, own, _STATE_ROUNDING if state_rounding is None else state_rounding
    if itq is not None:
        in_float = {"--weight": weight, "--device": device, "--regularisation": regularisation}
        for name in (name for name, value in in_float.items() if value is not None):
            option = given(name, in_float[name])
            raise ConfigError(f"{option} must not be given with --itq {itq}, which learns in integers")
        learn_in_integers(
            out,
            description,
            recordings,
            learning,
            Words(_bits(itq), *states),
            Lesson(learned_bits, update or "recording"),  # type: ignore[arg-type]
            learn_on,
            workers,
            as_json,
        )
        return
    only_with("--itq", {**lesson, **learned})
    only_with("--itq or --weight", words if weight is None else {})
    through = None if weight is None else Words(weight, states[0], state_rounding=states[2])
    train_on_recordings(out, description, recordings, learning, through, device, workers, as_json)


def _bits(itq: str) -> int:
    """Return the bits of a weight of layers, each of which has the power of two that suits it."""
    try:
        return int(itq)
    except ValueError:
        raise ConfigError(f"--itq must be the bits of a weight for a network of layers, as 8, not {itq!r}") from None


def _train_on_digits(out: Path, folder: Path | None, mnist: bool, asked: Training, workers: int, as_json: bool) -> None:
    from fxsnn.data.learned import note
    from fxsnn.jobs.digits_training import train_network
    from fxsnn.measure.overflows import lines
    from fxsnn.measure.score import measured_to_data

    stages = {"profile": "profiling (images)", "train": "training (images)", "label": "labelling (images)"}
    with progress_bars(stages) as progress:
        trained = train_network(out, folder, mnist, asked, workers, progress)
    result, written = trained.score, trained.written
    how = "in integers" if asked.plan or asked.weight else "in float"
    if as_json:
        files = {"network": str(out), "plan": None if written is None else str(written)}
        show_json({**files, "learned": how, "neurons": len(result.labels), "test": measured_to_data(result)})
    else:
        typer.echo(
            f"{out}: {len(result.labels)} neurons that learned {how}, test accuracy "
            f"{accuracy(result.accuracy, result.interval)} on {result.images:,} images, "
            f"{result.spikes_per_image:.1f} spikes an image"
        )
        if written:
            typer.echo(f"{written}: its plan")
    warn(*lines(trained.overflows), note(out))
