"""`fxsnn export c`, `nir` and `nir-data`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fxsnn.cli.options import AnyNetwork, AsJson, PlanFile
from fxsnn.cli.tables import say, show_json, show_rows

Network = Annotated[Path, typer.Argument(help="Network of populations (.toml).")]


def c(
    network: AnyNetwork,
    plan: PlanFile,
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")],
    all_states: Annotated[
        bool,
        typer.Option("--all-states", help="Keep states that stay 0 from 0 on, to begin with other words."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the network as C99 in integers only, and the files that run it beside a core in a SystemVerilog bench."""
    from fxsnn.cmodel.export import write_c
    from fxsnn.cmodel.words import prefix_of
    from fxsnn.networks.words import words_in

    written = write_c(out, words_in(network, plan), prefix_of(network.stem), all_states=all_states)
    if as_json:
        show_json({"folder": str(out), "files": list(written.files), "prefix": written.prefix})
    else:
        typer.echo(f"{out}: {', '.join(written.files)}; {written.prefix}_reset and {written.prefix}_step")


Step = Annotated[float, typer.Option("--dt", help="Seconds that a step is taken to be.")]


def nir(
    network: Network,
    plan: PlanFile,
    out: Annotated[Path, typer.Option("--out", help="NIR file to write (.nir); beside it NAME.fxsnn.json.")],
    dt: Step = 1e-4,
    words: Annotated[bool, typer.Option("--words", help="Write weights and constants as the plan casts them.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the network in NIR, and a sidecar with what NIR cannot express, from which fxsnn import restores it."""
    from fxsnn.nir.export import export_nir

    written = export_nir(network, plan, out, dt, words)
    if as_json:
        nodes = [
            {"node": name, "kind": kind, "population": written.populations.get(name)}
            for name, kind in written.nodes.items()
        ]
        show_json({"written": str(out), "sidecar": str(written.sidecar), "nodes": nodes})
        return
    rows = ((name, kind, written.populations.get(name, "-")) for name, kind in written.nodes.items())
    show_rows(("node", "NIR", "population"), rows)
    say(f"{out}: {len(written.nodes)} nodes; {written.sidecar}: formats, roundings, overflows, texts of neurons")


def nir_data(
    golden_set: Annotated[Path, typer.Argument(help="Golden set of a network of populations.")],
    out: Annotated[Path, typer.Option("--out", help="File of NIR's data to write (HDF5).")],
    dt: Step = 1e-4,
    as_json: AsJson = False,
) -> None:
    """Write the values of every node of a golden set in NIR's data format (NIRGraphData)."""
    from fxsnn.golden.nirdata import export_data

    written = export_data(golden_set, out, dt)
    if as_json:
        show_json({"written": str(out), "nodes": {name: list(found) for name, found in written.items()}})
        return
    seen = sum(len(observables) for observables in written.values())
    say(f"{out}: {len(written)} nodes, {seen} observables of {next(iter(next(iter(written.values())).values()))}")
