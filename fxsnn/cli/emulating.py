"""`fxsnn emulate`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fxsnn.cli.decolle_options import show_measured
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
    percent,
    spread,
    warn,
)
from fxsnn.cli.search import show_memory
from fxsnn.cli.tables import show, show_json, table

if TYPE_CHECKING:
    from fxsnn.jobs.digits import Emulated
    from fxsnn.jobs.populations import GraphEmulated
    from fxsnn.jobs.recordings import EventsEmulated

_COUNTED = ("casts", "inexact", "ties", "overflows")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("emulate", epilog="Example: fxsnn emulate demo-out/network.npz demo-out/chosen.toml --json")(emulate)


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
    from fxsnn.jobs.populations import GraphEmulated
    from fxsnn.jobs.recordings import EventsEmulated
    from fxsnn.jobs.samples import samples_for
    from fxsnn.measure.overflows import lines

    found = emulate(samples_for(network, folder, mnist, inputs), plan, workers, images, start)
    if as_json:
        show_json(_to_data(found))
    elif isinstance(found, GraphEmulated):
        _show_inputs(found)
    elif isinstance(found, EventsEmulated):
        _show_recordings(found)
    else:
        _show_digits(found)
    misfits = found.misfits if isinstance(found, GraphEmulated) else []
    warn(*misfits, *lines(found.overflows), note(network))


def _to_data(found: Emulated | EventsEmulated | GraphEmulated) -> dict[str, Any]:
    from fxsnn.jobs.populations import GraphEmulated
    from fxsnn.jobs.recordings import EventsEmulated
    from fxsnn.measure.score import measured_to_data

    measured = {"float": measured_to_data(found.float), "fixed": measured_to_data(found.fixed)}
    overflowing = dict(found.overflows)
    if isinstance(found, GraphEmulated):
        casts = {"inputs": found.about, **measured, "casts": found.counts, "overflowing": overflowing}
        return casts | {"memory": _memory(found)}
    if isinstance(found, EventsEmulated):
        return measured | {"casts": found.counts, "overflowing": overflowing, "memory": _memory(found)}
    return measured | {"casts": found.trace.counts, "overflowing": overflowing}


def _memory(found: EventsEmulated | GraphEmulated) -> dict[str, Any]:
    from fxsnn.measure.macro import MACROS
    from fxsnn.measure.memory import memory_to_data

    return memory_to_data(found.memory, MACROS["ramb18"])


def _show_digits(found: Emulated) -> None:
    for name, score in (("float", found.float), ("fixed", found.fixed)):
        typer.echo(
            f"{name}: test accuracy {percent(score.accuracy)} (95 % interval {spread(score.interval)} %) on "
            f"{score.images:,} images, {score.spikes_per_image:.1f} spikes an image"
        )
    _show_casts("casts of the first test image", found.trace.counts)


def _show_recordings(found: EventsEmulated) -> None:
    for name, measured in (("float", found.float), ("fixed", found.fixed)):
        show_measured(name, measured)
    rows = table("layer", "cast", *(f">{name}" for name in _COUNTED), title="casts of the first recording")
    for name, counts in found.counts.items():
        rows.add_row(*name.split()[1:], *_numbers(counts))
    show(rows)
    show_memory(_memory(found), "ramb18")


def _show_inputs(found: GraphEmulated) -> None:
    for name, measured in (("float", found.float), ("fixed", found.fixed)):
        typer.echo(
            f"{name}: {percent(measured.accuracy)} (95 % interval {spread(measured.interval)} %) on {found.about}"
        )
    _show_casts("casts of the first input", found.counts)
    show_memory(_memory(found), "ramb18")


def _show_casts(title: str, counts: Mapping[str, Mapping[str, int]]) -> None:
    rows = table("cast", *(f">{name}" for name in _COUNTED), title=title)
    for cast, found in counts.items():
        rows.add_row(cast, *_numbers(found))
    show(rows)


def _numbers(counts: Mapping[str, int]) -> Iterable[str]:
    return (f"{counts[name]:,}" for name in _COUNTED)
