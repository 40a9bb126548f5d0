"""`fxsnn emulate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fxsnn.cli.options import (
    CORES,
    AnyNetwork,
    AsJson,
    Data,
    InputsFile,
    Mnist,
    PlanFile,
    Start,
    Workers,
    accuracy,
    warn,
)
from fxsnn.cli.search import in_ramb18, show_memory
from fxsnn.cli.tables import show_json, show_rows

if TYPE_CHECKING:
    from fxsnn.jobs.kinds import Emulated

_COUNTED = ("casts", "inexact", "ties", "overflows")


def emulate(
    network: AnyNetwork,
    plan: PlanFile,
    folder: Data = None,
    mnist: Mnist = False,
    inputs: InputsFile = None,
    images: Annotated[
        int | None,
        typer.Option("--images", min=1, help="Test images, recordings or inputs, evenly spread.", show_default="all"),
    ] = None,
    start: Start = None,
    workers: Workers = CORES,
    as_json: AsJson = False,
) -> None:
    """Run the network in integers under a plan and measure its accuracy on test images, recordings or --inputs.

    Test images and recordings were not used for training; whether inputs of your own were is not known.

    Neurons get their labels from the first 10,000 training images, or all if there are fewer, as in every command.
    """
    from fxsnn.data.learned import note
    from fxsnn.jobs.kinds import emulate
    from fxsnn.jobs.samples import samples_for
    from fxsnn.measure.overflows import lines

    found = emulate(samples_for(network, folder, mnist, inputs), plan, workers, images, start)
    if as_json:
        show_json(_to_data(found))
    else:
        _show(found)
    warn(*found.misfits, *lines(found.overflows), note(network))


def _to_data(found: Emulated) -> dict[str, Any]:
    from fxsnn.measure.score import measured_to_data

    measured = {"float": measured_to_data(found.float), "fixed": measured_to_data(found.fixed)}
    casts = {"casts": found.counts, "overflowing": dict(found.overflows), "memory": in_ramb18(found.memory)}
    return ({} if found.tested else {"inputs": found.shown}) | measured | casts


def _show(found: Emulated) -> None:
    tested = "test accuracy " if found.tested else ""
    for name, score in (("float", found.float), ("fixed", found.fixed)):
        spikes = "" if score.spikes_per_image is None else f", {score.spikes_per_image:.1f} spikes an image"
        typer.echo(f"{name}: {tested}{accuracy(score.accuracy, score.interval)} on {found.shown}{spikes}")
    rows = ((cast, *(f"{counts[name]:,}" for name in _COUNTED)) for cast, counts in found.counts.items())
    show_rows(("cast", *(f">{name}" for name in _COUNTED)), rows, f"casts of the first {found.one}")
    show_memory(in_ramb18(found.memory))
