"""`fxsnn data`, `train` and `emulate`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from fxsnn.cli.options import (
    CORES,
    AnyNetwork,
    AsJson,
    Data,
    InputsFile,
    LearnedBits,
    LearnedPlan,
    LearnedRounding,
    Mnist,
    PlanFile,
    Workers,
    check_source,
    inputs_of,
    percent,
    progress_bars,
    spread,
    warn,
)
from fxsnn.cli.tables import say, show, show_json, table
from fxsnn.errors import ConfigError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("data", epilog="Example: fxsnn data --data ~/mnist")(data)
    app.command("describe", epilog="Example: fxsnn describe mnist > net.toml")(describe)
    app.command("train", epilog="Example: fxsnn train --mnist --neurons 400 --passes 1 --out net.npz")(train)
    app.command("emulate", epilog="Example: fxsnn emulate net.npz chosen.toml --mnist")(emulate)


def data(folder: Data = None) -> None:
    """Say which digits and event recordings are found, and where; and where to put those that are not.

    Looked into are the folder of --data, the one that FXSNN_DATA names, and folders in them.
    """
    from fxsnn.data.events import ARCHIVES, describe_recordings
    from fxsnn.data.mnist import describe_sources, named_folder

    if folder is not None and not folder.is_dir():
        raise ConfigError(f"--data must be a folder to look into, not the file {str(folder)!r}")
    places = dict.fromkeys(place for place in (folder, named_folder()) if place is not None)
    rows = table("data set", ">images", "state", "place")
    for source in [*describe_sources(folder), *(one for place in places for one in describe_recordings(place))]:
        rows.add_row(source.name, f"{source.images:,}" if source.images else "-", source.state, source.place)
    show(rows)
    say("\nEvent recordings are not downloaded: unpack an archive, and name its folder by --data of fxsnn events.\n")
    wanted = table("archive", "data set", "what its folder holds then", "MD5")
    for archive in ARCHIVES:
        wanted.add_row(archive.name, archive.data_set, archive.unpacked, archive.md5)
    show(wanted)


def describe(
    network: Annotated[
        str,
        typer.Argument(help="A trained network (.npz), or mnist, nmnist or decolle to begin with.", show_default=False),
    ],
    classes: Annotated[int, typer.Option(min=2, max=1000, help="Classes, of nmnist and decolle.")] = 10,
) -> None:
    """Print what a network of either kind is: its layers and their constants (TOML), and what it learned from."""
    from fxsnn.described import NAMES, described_by_name, described_in, described_text
    from fxsnn.learned import described, load_learned

    found = described_by_name(network, classes) if network in NAMES else described_in(Path(network))
    learned = None if network in NAMES else load_learned(Path(network))
    for line in described(learned) if learned else ():
        typer.echo(f"# {line}")
    typer.echo(described_text(found), nl=False)


def train(
    out: Annotated[Path, typer.Option("--out", help="Network to write (.npz).")],
    description: Annotated[
        Path | None, typer.Argument(help="Description of the network (TOML); see describe.", show_default=False)
    ] = None,
    folder: Data = None,
    mnist: Mnist = False,
    neurons: Annotated[
        int | None,
        typer.Option(min=1, max=100_000, help="Excitatory neurons, where nothing is described.", show_default="400"),
    ] = None,
    passes: Annotated[int, typer.Option(min=1, max=1000, help="Passes over the training digits.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights, order and input spikes.")] = 0,
    plan: LearnedPlan = None,
    itq: Annotated[
        str | None, typer.Option(help="Learn in integers, weights of this format: UQ0.4.", show_default=False)
    ] = None,
    rounding: LearnedRounding = "SR",
    learned_bits: LearnedBits = None,
    workers: Workers = CORES,
) -> None:
    """Train a network by STDP, in float or in integers, label its neurons, and measure it.

    Neurons get their labels from the first 10,000 training digits, or all if there are fewer, as in every command.
    With --itq, states get the integer bits that a network which learns in float first is seen to need.
    """
    from fxsnn.learned import note
    from fxsnn.overflows import lines
    from fxsnn.training import Training, train_network

    if description is not None and neurons is not None:
        raise ConfigError("neurons must be given by a description or by --neurons, not both")
    asked = Training(neurons or 400, passes, seed, plan, itq, rounding, learned_bits, description)
    stages = {"profile": "profiling (digits)", "train": "training (digits)", "label": "labelling (digits)"}
    with progress_bars(stages) as progress:
        trained = train_network(out, folder, mnist, asked, workers, progress)
    result, written = trained.score, trained.written
    low_high = spread(result.interval)
    how = "in integers" if plan or itq else "in float"
    typer.echo(
        f"{out}: {len(result.labels)} neurons that learned {how}, test accuracy {percent(result.accuracy)} "
        f"(95 % interval {low_high} %) on {result.images:,} digits, {result.spikes_per_image:.1f} spikes a digit"
    )
    if written:
        typer.echo(f"{written}: its plan")
    warn(*lines(trained.overflows), note(out))


def emulate(
    network: AnyNetwork,
    plan: PlanFile,
    folder: Data = None,
    mnist: Mnist = False,
    inputs: InputsFile = None,
    workers: Workers = CORES,
    as_json: AsJson = False,
) -> None:
    """Run the network in integers under a plan and measure it: on the test digits, or on --inputs of one's own.

    No test digit was learned from; whether inputs of one's own were is not known here.

    Neurons get their labels from the first 10,000 training digits, or all if there are fewer, as in every command.
    """
    from fxsnn.learned import note
    from fxsnn.overflows import lines

    if check_source(network, folder, mnist, inputs):
        _emulate_graph(network, plan, inputs_of(inputs, network), as_json)
        return
    from fxsnn.job import emulate_network
    from fxsnn.score import measured_to_data

    found = emulate_network(network, plan, folder, mnist, workers)
    if as_json:
        measured = {"float": measured_to_data(found.float), "fixed": measured_to_data(found.fixed)}
        show_json(measured | {"casts": found.trace.counts, "overflowing": dict(found.overflows)})
    else:
        for name, score in (("float", found.float), ("fixed", found.fixed)):
            typer.echo(
                f"{name}: test accuracy {percent(score.accuracy)} (95 % interval {spread(score.interval)} %) on "
                f"{score.images:,} digits, {score.spikes_per_image:.1f} spikes a digit"
            )
        _show_casts("casts while the first test digit is shown", found.trace.counts)
    warn(*lines(found.overflows), note(network))


def _emulate_graph(network: Path, plan: Path, inputs: Path, as_json: bool) -> None:
    from fxsnn.cli.search import show_memory
    from fxsnn.graphs import emulate_graph
    from fxsnn.learned import note
    from fxsnn.memory import MACROS, memory_to_data
    from fxsnn.overflows import lines
    from fxsnn.score import measured_to_data

    found = emulate_graph(network, plan, inputs)
    counted = memory_to_data(found.memory, MACROS["ramb18"])
    if as_json:
        measured = {"float": measured_to_data(found.float), "fixed": measured_to_data(found.fixed)}
        report = {"inputs": found.about, **measured, "casts": found.counts, "overflowing": dict(found.overflows)}
        show_json(report | {"memory": counted})
    else:
        for name, told in (("float", found.float), ("fixed", found.fixed)):
            typer.echo(f"{name}: {percent(told.accuracy)} (95 % interval {spread(told.interval)} %) on {found.about}")
        _show_casts("casts while the first input is shown", found.counts)
        show_memory(counted, "ramb18")
    warn(*lines(found.overflows), note(network))


def _show_casts(title: str, counts: Mapping[str, Mapping[str, int]]) -> None:
    rows = table("cast", ">casts", ">inexact", ">ties", ">overflows", title=title)
    for cast, found in counts.items():
        rows.add_row(cast, *(f"{found[name]:,}" for name in ("casts", "inexact", "ties", "overflows")))
    show(rows)
