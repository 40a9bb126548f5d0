"""`fxsnn significance` and `fxsnn ranges`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fxsnn.cli.options import (
    CORES,
    AnyNetwork,
    AsJson,
    Cluster,
    Data,
    InputsFile,
    MaxLoss,
    Mnist,
    Processes,
    Workers,
    accuracy,
    engine_of,
    only_with,
    percent,
    progress_bars,
    warn,
)
from fxsnn.cli.tables import say, show, show_json, show_rows, table
from fxsnn.number.lfsr import Lfsr

if TYPE_CHECKING:
    from fxsnn.significance import Significance

_RUN = {
    "one layer": "{:,} training images",
    "layers": "the first recordings that were not learned from, at most {:,}",
    "populations": "the first inputs, at most {:,}",
}


def significance(
    network: AnyNetwork,
    out: Annotated[Path, typer.Option("--out", help="Folder, or a name that ends in .json; figures beside it.")],
    folder: Data = None,
    mnist: Mnist = False,
    inputs: InputsFile = None,
    max_loss: MaxLoss = 0.01,
    images: Annotated[
        int | None, typer.Option("--images", min=4, help="Labelling images, recordings or inputs to measure on.")
    ] = None,
    learning: Annotated[
        bool,
        typer.Option(
            "--learning", help="Sweep the groups of learning in integers too: one network is trained for each point."
        ),
    ] = False,
    learn_from: Annotated[
        int | None,
        typer.Option(
            "--learn-from", min=1, help="With --learning: training images that each learns from.", show_default="4000"
        ),
    ] = None,
    learn_seed: Annotated[
        int | None,
        typer.Option("--learn-seed", min=0, help="With --learning: seed of first weights and order.", show_default="0"),
    ] = None,
    seed: Annotated[int, typer.Option(min=1, help="Seed of stochastic rounding.")] = Lfsr().seed,
    workers: Workers = CORES,
    processes: Processes = False,
    cluster: Cluster = None,
    as_json: AsJson = False,
) -> None:
    """Narrow each group of parameters of the trained network alone, and rank the groups by the bits they need."""
    from fxsnn.data.learned import note
    from fxsnn.jobs.kinds import significance
    from fxsnn.jobs.samples import samples_for

    only_with("--learning", {} if learning else {"--learn-from": learn_from, "--learn-seed": learn_seed})
    digits, engine = (learn_from or 4_000) if learning else None, engine_of(processes, cluster)
    asked = samples_for(network, folder, mnist, inputs)
    with progress_bars({"sweep": "sweeping (cases)", "learning": "learning (cases)"}) as progress:
        found, files = significance(
            asked, out, images, max_loss, seed, workers, progress, digits, learn_seed or 0, engine
        )
    if as_json:
        show_json(_to_data(found, [str(path) for path in files]))
    else:
        _print(found)
        typer.echo(f"{files[0]}: {len(found.sweeps)} points; figures {' and '.join(path.name for path in files[1:])}")
    warn(note(network))


def _to_data(found: Significance, files: list[str]) -> dict[str, Any]:
    """Return what a sweep found as plain data: the ranking, what it is measured against, and the files written."""
    import msgspec

    fields = ("data", "max_loss", "baseline", "learned", "fewest", "ranking")
    return {"written": files, **{name: msgspec.to_builtins(getattr(found, name)) for name in fields}}


def ranges(
    network: AnyNetwork,
    folder: Data = None,
    mnist: Mnist = False,
    inputs: InputsFile = None,
    images: Annotated[
        int, typer.Option("--images", min=1, help="Training images, validation recordings, or inputs, to run.")
    ] = 64,
    as_json: AsJson = False,
) -> None:
    """Measure the range of every signal of the float network on data, and the integer bits that it needs."""
    from fxsnn.jobs.kinds import ranges
    from fxsnn.jobs.samples import samples_for
    from fxsnn.measure.ranges import PERCENTILES, spread_to_data

    asked = samples_for(network, folder, mnist, inputs)
    found = ranges(asked, images)
    if as_json:
        show_json({name: spread_to_data(values) for name, values in found.items()})
        return
    columns = {0.1, 5.0, 50.0, 95.0, 99.9, 99.99}
    heads = [f">{p:g} %" for p in PERCENTILES if p in columns]
    rows = []
    for name, values in found.items():
        inner = [value for p, value in zip(PERCENTILES, values.percentiles, strict=True) if p in columns]
        numbers = (f"{value:.4g}" for value in (values.minimum, *inner, values.maximum))
        sign = "signed" if values.signed else "no"
        rows.append((name, *numbers, str(values.integer), str(values.saturating), sign))
    show_rows(("signal", ">minimum", *heads, ">maximum", ">integer bits", ">saturating 0.1 %", "sign"), rows)
    typer.echo(f"float network on {_RUN[asked.kind].format(images)}; integer bits count the sign")


def _print(found: Significance) -> None:
    from fxsnn.exploration.pareto import percent_given
    from fxsnn.number.modes import SHORT, Rounding, spelled_out

    roundings = tuple(dict.fromkeys(point.rounding for point in found.sweeps))
    fractional = [f">fractional, {SHORT.get(Rounding(rounding), rounding)}" for rounding in roundings]
    while_learning = ["while"] if found.learned else []
    rows = table(
        "group", *while_learning, ">words", ">integer", *fractional, ">word, bits", ">memory, bits", ">at 4 bits"
    )
    for rank in found.ranking:
        least = found.fewest[rank.group]
        rows.add_row(
            rank.group,
            *("learning" if rank.learning else "inferring" for _ in while_learning),
            f"{rank.words:,}",
            _number(rank.integer),
            *(_number(least[name].fractional) if name in least else "–" for name in roundings),
            _number(rank.bits),
            _number(rank.memory_bits),
            percent(found.float_accuracy(rank) - rank.lost),
        )
    show(rows)
    baseline = found.baseline
    say(
        f"\nFewest bits, each alone, from which on at most {percent_given(found.max_loss)} of the float network's "
        f"{accuracy(baseline.accuracy, baseline.interval)} are lost; what needs the longest "
        f"word first. Measured on {found.data}. {spelled_out(fractional)}".rstrip()
    )
    say(
        f"The integer network with wide words and the float network answer differently on "
        f"{baseline.wide_images_differing:,} of {baseline.images:,} images.\n"
    )
    if learned := found.learned:
        say(
            f"While learning, float is a network that learned in float from {learned.digits:,} images, with a trace of "
            f"which each step leaves {learned.fade:g}: "
            f"{accuracy(learned.accuracy, learned.interval)}. The one that learned under the wide integer plan has "
            f"{percent(learned.wide_correct / learned.images)} and predicts otherwise on "
            f"{learned.wide_images_differing:,} of {learned.images:,} images.\n"
        )


def _number(bits: int | None) -> str:
    return "none" if bits is None else f"{bits:,}"
