"""`fxsnn export nir`: a network and its plan as a NIR file and its sidecar; and `fxsnn import` of both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fxsnn.errors import ConfigError, FileError
from fxsnn.graph.files import load_graph
from fxsnn.graph.plan import graph_plan_text, load_graph_plan
from fxsnn.graph.quantise import quantise_graph
from fxsnn.graph.saving import arrays_beside, check_name, save_graph
from fxsnn.graph.writing import whole
from fxsnn.io.files import check_output, read_bytes, write_bytes, write_text
from fxsnn.nir.conventions import Asked
from fxsnn.nir.outward import outward
from fxsnn.nir.read import read_nir
from fxsnn.nir.sidecar import Restored, read_sidecar, sidecar_bytes, sidecar_of
from fxsnn.nir.write import nir_bytes

DT = 1e-4  # s, which snnTorch takes every file to be of


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: NIR's nodes by name with their types, the population that each is, and the sidecar."""

    nodes: dict[str, str]
    populations: dict[str, str]
    sidecar: Path


def export_nir(network: Path, plan: Path, out: Path, dt: float = DT, words: bool = False) -> Exported:
    """Write a network of populations under a plan as NIR, and what NIR cannot say in a sidecar.

    dt       seconds that a step is taken to be
    words    whether weights and constants become the words that the plan makes of them, and not what they are given as

    Raises
    ------
    FxsnnError
        A file cannot be read or written, or NIR has no node for a population or a projection.
    """
    if out.suffix != ".nir":
        raise ConfigError(f"--out must be a file ending in .nir, not {str(out)!r}")
    for one in (out, sidecar_of(out)):
        check_output(one, network, plan)
    graph = load_graph(network)
    quantised = quantise_graph(graph, load_graph_plan(plan, graph))
    quantised = whole(quantised).network if words else quantised
    made = outward(quantised.graph, quantised.plan, dt)
    data = nir_bytes(made)
    write_bytes(sidecar_of(out), sidecar_bytes(quantised, made, data))
    write_bytes(out, data)
    of_nodes = {node: name for name, (node, _) in made.places.items()}
    return Exported({name: kind for name, (kind, _) in made.nodes.items()}, of_nodes, sidecar_of(out))


def restored(path: Path, out: Path, sidecar: Path, plan: Path) -> Restored:
    """Read a NIR file and its sidecar, and write the network and the plan that were exported.

    Raises
    ------
    FxsnnError
        As `read_nir` and `read_sidecar` do; or a file cannot be written.
    """
    check_name(out, "--out")
    for one in (out, arrays_beside(out), plan):
        check_output(one, path, sidecar)
    if plan in (out, arrays_beside(out)):
        raise FileError(f"--plan must be a file of its own, not {str(plan)!r}")
    found = read_sidecar(sidecar, read_bytes(path, "a NIR file"), read_nir(path))
    write_text(plan, graph_plan_text(found.plan))
    save_graph(found.graph, out)
    return found


def sidecar_for(
    path: Path, given: Path | None, without: bool, plan: Path | None, asked: Asked, form: str | None, neuron: str | None
) -> Path | None:
    """Return the sidecar with which a NIR file is read: the one that is given, or the one beside it; none without.

    Raises
    ------
    ConfigError
        What a sidecar says is asked for beside it, or a plan without one.
    """
    if given is not None and without:
        raise ConfigError(f"--no-sidecar must not be given with --sidecar {given}")
    beside = sidecar_of(path)
    found = None if without else given or (beside if beside.exists() else None)
    if found is None and neuron is None and plan is not None:
        raise ConfigError(f"--plan must be given with a sidecar or --neuron, there is no {str(beside)!r}")
    own = Asked()
    differing = [name for name in Asked.__dataclass_fields__ if getattr(asked, name) != getattr(own, name)]
    differing += [name for name, one in (("input", form), ("neuron", neuron)) if one is not None]
    if found is not None and differing:
        option = differing[0].replace("framework", "from").replace("_", "-")
        raise ConfigError(
            f"--{option} must not be given with the sidecar {str(found)!r}, which says it; --no-sidecar leaves it aside"
        )
    return found
