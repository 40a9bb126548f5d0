"""`fxsnn data`, `describe` and `plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fxsnn.cli.options import AnyNetwork, AsJson, Data, InputsFile, Mnist
from fxsnn.cli.search import in_ramb18, show_memory
from fxsnn.cli.tables import say, show_json, show_rows
from fxsnn.errors import ConfigError


def data(
    recordings: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="Folder of event recordings to check, alone.")
    ] = None,
    folder: Data = None,
    as_json: AsJson = False,
) -> None:
    """List the images and event recordings that are found, and where to put those that are missing.

    The folder of --data, the one that FXSNN_DATA names and the folders in them are searched. With FOLDER, every file
    of that folder is read and checked, and its recordings are listed.
    """
    if recordings is not None:
        if folder is not None:
            raise ConfigError(f"one folder must be given, {str(recordings)!r} or --data {folder}, not both")
        _check(recordings, as_json)
        return
    from dataclasses import asdict

    from fxsnn.data.events import ARCHIVES, describe_recordings
    from fxsnn.data.mnist import describe_sources, named_folder

    if folder is not None and not folder.is_dir():
        raise ConfigError(f"--data must be a folder to look into, not the file {str(folder)!r}")
    places = dict.fromkeys(place for place in (folder, named_folder()) if place is not None)
    sources = [*describe_sources(folder), *(one for place in places for one in describe_recordings(place))]
    if as_json:
        show_json([asdict(source) for source in sources])
        return
    rows = ((one.name, f"{one.images:,}" if one.images else "-", one.state, one.place) for one in sources)
    show_rows(("data set", ">images", "state", "place"), rows)
    say("\nEvent recordings are not downloaded: unpack an archive, and name its folder by --data.\n")
    wanted = ((one.name, one.data_set, one.unpacked, one.md5) for one in ARCHIVES)
    show_rows(("archive", "data set", "what its folder holds then", "MD5"), wanted)


def _check(recordings: Path, as_json: bool) -> None:
    from fxsnn.data.events import describe

    found = describe(recordings)
    if as_json:
        show_json([{"split": split, "what": what, "recordings": count} for split, what, count in found])
    else:
        show_rows(("split", "what", ">recordings"), ((split, what, f"{count:,}") for split, what, count in found))


def describe(
    network: Annotated[
        str, typer.Argument(help="A trained network (.npz), or mnist, nmnist or decolle to begin with.")
    ],
    classes: Annotated[int, typer.Option(min=2, max=1000, help="Classes, of nmnist and decolle.")] = 10,
) -> None:
    """Print the description of a network (TOML): its layers, their constants, and the data that it learned from."""
    from fxsnn.data.learned import described, load_learned
    from fxsnn.networks.described import NAMES, described_by_name, described_in, described_text

    found = described_by_name(network, classes) if network in NAMES else described_in(Path(network))
    learned = None if network in NAMES else load_learned(Path(network))
    for line in described(learned) if learned else ():
        typer.echo(f"# {line}")
    typer.echo(described_text(found), nl=False)


def plan(
    network: AnyNetwork,
    out: Annotated[Path, typer.Option("--out", help="Plan to write (TOML).")],
    weight: Annotated[int, typer.Option(min=1, max=24, help="Bits of a weight, sign included.")] = 6,
    state: Annotated[int, typer.Option(min=-4, max=24, help="Fractional bits of what is stored in every step.")] = 4,
    weight_rounding: Annotated[
        str, typer.Option(help="How weights are rounded: floor (TR), nearest-up (RN), stochastic (SR) ...")
    ] = "nearest-even",
    state_rounding: Annotated[str, typer.Option(help="How states are rounded in every step.")] = "TR",
    filters: Annotated[
        str, typer.Option(help="Of layers: what decays, inputs (traces) or currents (of neurons).")
    ] = "inputs",
    folder: Data = None,
    mnist: Mnist = False,
    inputs: InputsFile = None,
    images: Annotated[
        int | None,
        typer.Option("--images", min=1, help="Training images, or inputs, that words must hold.", show_default="64"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a plan for a network: integer bits that hold its values in float, fractional bits as given.

    Values are those on the first training images, or on --inputs; of layers all that they can reach.
    """
    from fxsnn.exploration.planned import Asked
    from fxsnn.jobs.kinds import write_plan
    from fxsnn.jobs.samples import samples_for

    asked = samples_for(network, folder, mnist, inputs, needed=False)
    words = Asked(weight, state, weight_rounding, state_rounding, filters)  # type: ignore[arg-type]
    found = in_ramb18(write_plan(asked, out, words, images))
    if as_json:
        show_json({"written": str(out), "memory": found})
    else:
        show_memory(found)
