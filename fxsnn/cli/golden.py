"""`fxsnn golden make`, `fxsnn golden learn`, `fxsnn golden check` and `fxsnn golden diff`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from fxsnn.cli.options import (
    AnyNetwork,
    AsJson,
    Data,
    DigitsFolder,
    InputsFile,
    LearnedBits,
    LearnedPlan,
    LearnedRounding,
    Mnist,
    PlanFile,
    Start,
    progress_bars,
)
from fxsnn.cli.tables import show_json, verdict


def make(
    network: AnyNetwork,
    plan: PlanFile,
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")],
    folder: Data = None,
    mnist: Mnist = False,
    images: Annotated[
        int | None,
        typer.Option(
            min=1, max=1000, help="Test images or recordings to present, or inputs.", show_default="1, or all inputs"
        ),
    ] = None,
    inputs: InputsFile = None,
    start: Start = None,
    aimed: Annotated[
        bool,
        typer.Option(
            "--directed/--no-directed",
            help="Add presentations aimed at rails, ties and thresholds.",
        ),
    ] = True,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="Further memory images: coe, amd-mif, intel-mif, c-header, npz. Repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write memory images, stimuli, every internal node at every step, the RTL and a bench that needs no Python."""
    from fxsnn.golden.writing import unreached
    from fxsnn.jobs.kinds import golden
    from fxsnn.jobs.samples import samples_for

    asked = samples_for(network, folder, mnist, inputs)
    with progress_bars({"golden": "golden vectors (inputs)"}) as progress:
        manifest = golden(asked, plan, out, images, aimed, formats or [], start, progress)
    data, counts = _to_data(out, manifest), manifest["counts"]
    if as_json:
        show_json(data | {"corners": manifest["corners"]})
        return
    overflows, ties = (sum(site[kind] for site in counts["casts"].values()) for kind in ("overflows", "ties"))
    about = manifest["configuration"]
    made = (
        f"{out}: {data['files']} files, {data['words']:,} words; inputs: {about['inputs']:,}, "
        f"steps of each: {about['steps']:,}; {counts['spikes']:,} spikes, {overflows:,} overflows, {ties:,} ties"
    )
    if not aimed:
        typer.echo(f"{made}; the bench: sh {out}/run.sh")
        return
    typer.echo(made)
    corners = manifest["corners"].values()
    reached, never = sum(about["reached"] > 0 for about in corners), sum("because" in about for about in corners)
    typer.echo(f"{reached} corners of the arithmetic are reached, {never} cannot be; the bench: sh {out}/run.sh")
    for name in unreached(manifest):
        typer.echo(f"warning: not reached, so that these vectors may not find a fault there: {name}", err=True)


def _to_data(out: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return what a set holds as plain data: files, words and what its presentations counted."""
    words = sum(entry["lines"] for entry in manifest["files"])
    return {"set": str(out), "files": len(manifest["files"]), "words": words, "counts": manifest["counts"]}


def learn(
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")],
    folder: DigitsFolder = None,
    mnist: Mnist = False,
    images: Annotated[int, typer.Option(min=1, max=1000, help="Training images to learn from, the first of them.")] = 2,
    neurons: Annotated[int, typer.Option(min=1, max=1000, help="Neurons: the RTL serves them one by one.")] = 8,
    passes: Annotated[int, typer.Option(min=1, max=1000, help="Passes over these images.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights, order and input spikes.")] = 0,
    plan: LearnedPlan = None,
    itq: Annotated[str | None, typer.Option(help="Learn weights of this format.", show_default="UQ0.4")] = None,
    rounding: LearnedRounding = None,
    learned_bits: LearnedBits = None,
    as_json: AsJson = False,
) -> None:
    """Write golden vectors of a new network that learns in integers, with RTL that learns and its bench."""
    from fxsnn.jobs.digits_training import Training, record_training

    asked = Training(neurons, passes, seed, plan, itq, rounding, learned_bits)
    manifest = record_training(out, folder, mnist, asked, images)
    data, counts = _to_data(out, manifest), manifest["counts"]
    if as_json:
        show_json(data)
        return
    typer.echo(
        f"{out}: {data['files']} files, {data['words']:,} words; {counts['spikes']:,} spikes, "
        f"{counts['weights_changed']:,} learned weights changed; the bench: sh {out}/run.sh"
    )


def check(folder: Annotated[Path, typer.Argument(help="Golden set to check.")], as_json: AsJson = False) -> None:
    """Compute every node again; exit status 0 if all words agree, 1 naming the first that does not."""
    from dataclasses import asdict

    from fxsnn.golden.check import check_bundle

    with progress_bars({"check": "comparing (inputs)"}) as progress:
        checked = check_bundle(folder, partial(progress, "check"))
    if as_json:
        show_json({"set": str(folder), **asdict(checked)})
    else:
        for finding in checked.findings:
            typer.echo(verdict(finding, False))
        if not checked.findings:
            agree = verdict("agree", True)
            typer.echo(f"{folder}: {checked.words:,} words in {checked.files} files {agree}")
    if checked.findings:
        raise typer.Exit(1)


def diff(
    folder: Annotated[Path, typer.Argument(help="Golden set.")],
    dumps: Annotated[
        list[Path], typer.Argument(help="Dumps of the RTL: .mem, .coe, .mif of one node each, .csv, .vcd, .fst.")
    ],
    node: Annotated[
        str, typer.Option("--node", help="Node of a .mem file that is not named after it.", show_default=False)
    ] = "",
    signal: Annotated[
        list[str] | None, typer.Option("--signal", help="In a waveform: NODE=PATH, {neuron} for its number.")
    ] = None,
    clock: Annotated[
        str,
        typer.Option("--clock", help="In a waveform: sample at the rising edges of this signal.", show_default=False),
    ] = "",
    valid: Annotated[list[str] | None, typer.Option("--valid", help="PATH, or NODE=PATH: sampled only when 1.")] = None,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Accept dumps in which words are missing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Report the first word at which a dump differs from the golden set or ends, and the change that explains it."""
    from dataclasses import asdict

    from fxsnn.golden.bundle import read_bundle
    from fxsnn.golden.diff import diff
    from fxsnn.golden.dumps import read_dumps
    from fxsnn.golden.findings import lines

    bundle = read_bundle(folder)
    result = diff(bundle, read_dumps(bundle, dumps, node, signal or (), clock, valid or ()))
    if as_json:
        show_json(asdict(result))
    else:
        found, *more = lines(result)
        passed = None if result.missing or result.narrow else True
        typer.echo("\n".join([verdict(found, False if result.difference else passed), *more]))
    if result.difference or (result.missing and not allow_missing):
        raise typer.Exit(1)
