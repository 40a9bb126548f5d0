"""`fxsnn import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fxsnn.cli.options import AsJson
from fxsnn.cli.tables import say, show_json, show_rows


def _option(name: str, text: str, default: str | bool = True) -> typer.models.OptionInfo:
    found: typer.models.OptionInfo = typer.Option(name, help=text, show_default=default)
    return found


def import_nir(
    network: Annotated[Path, typer.Argument(help="Network in NIR (.nir, HDF5).")],
    out: Annotated[Path, typer.Option("--out", help="Network of populations to write (.toml).")],
    framework: Annotated[
        str | None,
        _option("--from", "Whose conventions to take: snntorch, norse, rockpool, sinabs, lava, spikingjelly, spyx."),
    ] = None,
    dt: Annotated[float | None, _option("--dt", "Seconds of a step.", "guessed of tau and r")] = None,
    decay: Annotated[str | None, _option("--decay", "euler (1 - dt/tau) or exponential (exp(-dt/tau)).")] = None,
    gain: Annotated[
        str | None,
        _option(
            "--gain",
            "Input times r and: euler (dt/tau), hold (1 - exp(-dt/tau)), rockpool, norse, step (1); plain: no r.",
        ),
    ] = None,
    reset: Annotated[str | None, _option("--reset", "zero, value (v_reset) or subtract.", "by v_reset")] = None,
    reset_step: Annotated[str | None, _option("--reset-step", "same or next step, again or spyx.", "same")] = None,
    compare: Annotated[
        str | None, _option("--compare", "Fires above the threshold (gt), or at it too (ge).", "gt")
    ] = None,
    spikes: Annotated[str | None, _option("--spikes", "one a step, or many.", "one")] = None,
    floor: Annotated[
        str | None,
        _option(
            "--floor", "Under a membrane: none, threshold (-v_threshold), if (that of IF alone), a number.", "none"
        ),
    ] = None,
    current: Annotated[
        str | None, _option("--current", "A membrane takes up the current of the same step, or before.", "same")
    ] = None,
    arrives: Annotated[
        str | None,
        _option("--arrives", "At neurons in the same step, the next, or emitted: that from neurons next.", "same"),
    ] = None,
    scale: Annotated[
        float, typer.Option("--scale", help="Membranes and thresholds of spiking neurons times this: other units.")
    ] = 1.0,
    output: Annotated[str | None, _option("--output", "Which Output is read of several.", "the only one")] = None,
    form: Annotated[str | None, _option("--input", "Format of the input's words.", "UQ1.0")] = None,
    neuron: Annotated[
        str | None,
        _option("--neuron", "In place of LIF, IF, CubaLIF: loihi, xylo, spiker, hls4ml, snntorch, sinabs, quantisenc."),
    ] = None,
    sidecar: Annotated[
        Path | None,
        _option("--sidecar", "What fxsnn export nir wrote beside the network.", "NAME.fxsnn.json, where it is there"),
    ] = None,
    no_sidecar: Annotated[bool, typer.Option("--no-sidecar", help="Take the NIR file alone.")] = False,
    plan: Annotated[
        Path | None,
        _option("--plan", "With a sidecar or --neuron: plan to write (.toml).", "NAME.plan.toml beside --out"),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Assume nothing, let no neuron do otherwise: exit status 1, nothing written."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Convert a NIR network to a network of populations; report what each node became and what was assumed."""
    from dataclasses import asdict, astuple

    from fxsnn.graph.saving import arrays_beside
    from fxsnn.nir.conventions import Asked
    from fxsnn.nir.export import sidecar_for
    from fxsnn.nir.save import On, imported

    asked = Asked(
        dt, decay, gain, reset, reset_step, compare, spikes, floor, current, arrives, scale, framework, output
    )
    written = plan or out.with_name(f"{out.stem}.plan.toml")
    if (beside := sidecar_for(network, sidecar, no_sidecar, plan, asked, form, neuron)) is not None:
        _restore(network, out, beside, written, as_json)
        return
    on = None if neuron is None else On(neuron, written)
    found = imported(network, out, asked, form or "UQ1.0", strict, on)
    reported = found.reported
    said = {"assumed": reported.assumed, "differs": reported.differing, "notes": reported.noted}
    if as_json:
        data = {
            "file": str(network),
            "network": str(out),
            "nodes": [asdict(row) for row in found.rows],
            "conventions": asdict(found.rules),
            **said,
        }
        show_json(data if on is None else data | {"plan": str(on.plan)})
        return
    show_rows(("node", "NIR", "becomes", "how"), map(astuple, found.rows))
    for kind, lines in said.items():
        for line in lines:
            say(f"{'note' if kind == 'notes' else kind}: {line}")
    beside = arrays_beside(out)
    say(f"{out}: {len(found.graph.populations)} populations, {len(found.graph.projections)} projections")
    if beside.exists():
        say(f"{beside}: their arrays")
    if on is not None:
        say(f"{on.plan}: the words of {on.neuron}")


def _restore(network: Path, out: Path, sidecar: Path, plan: Path, as_json: bool) -> None:
    from fxsnn.nir.export import restored

    found = restored(network, out, sidecar, plan)
    if as_json:
        nodes = [{"node": node, "became": name} for name, node in found.nodes.items()]
        files = {"file": str(network), "sidecar": str(sidecar), "network": str(out), "plan": str(plan)}
        show_json({**files, "dt": found.dt, "nodes": nodes})
        return
    show_rows(("node", "becomes"), ((node, name) for name, node in found.nodes.items()))
    say(f"{sidecar}: nothing is assumed")
    say(f"{out}: {len(found.graph.populations)} populations, {len(found.graph.projections)} projections")
    say(f"{plan}: their plan")
