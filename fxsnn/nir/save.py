"""`fxsnn import`: a NIR file to a network of populations in TOML, and its arrays in one .npz beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FileError, FindingError, naming
from fxsnn.graph.plan import graph_plan_text
from fxsnn.graph.saving import arrays_beside, check_name, inline
from fxsnn.graph.writing import Beside, graph_text
from fxsnn.io.files import check_output, write_bytes, write_text
from fxsnn.io.npz import pack_npz
from fxsnn.nir.conventions import Asked
from fxsnn.nir.convert import Imported, converted
from fxsnn.nir.onto import onto
from fxsnn.nir.read import read_nir
from fxsnn.number.format import Format


@dataclass(frozen=True, slots=True)
class On:
    """The neuron of others that takes the places of LIF, IF and CubaLIF, and the file of the plan of its words."""

    neuron: str
    plan: Path


def imported(
    path: Path, out: Path, asked: Asked, form: str = "UQ1.0", strict: bool = False, on: On | None = None
) -> Imported:
    """Read a NIR file, and write a network and its arrays; on a neuron of others a plan too.

    form      of the words of the network's input
    strict    whether a guess is refused, and a neuron that does otherwise: nothing is written then

    Raises
    ------
    FxsnnError
        As `read_nir` and `converted` do, naming the file; or a file cannot be written.
    FindingError
        Something was assumed or a neuron does otherwise, and `strict` is asked for.
    """
    check_name(out, "--out")
    words, arrays = Format.parse(form), arrays_beside(out)
    for one in (out, arrays, *([on.plan] if on else [])):
        check_output(one, path)
    if on is not None and on.plan in (out, arrays):
        raise FileError(f"--plan must be a file of its own, not {str(on.plan)!r}")
    nested, plan = read_nir(path), None
    with naming(repr(str(path))):
        found = converted(nested, asked, words)
        if on is not None:
            found, plan = onto(found, on.neuron)
    if strict and found.reported.assumed:
        raise FindingError(f"{str(path)!r}: nothing may be assumed with --strict: {'; '.join(found.reported.assumed)}")
    if strict and found.reported.differing:
        differences = "; ".join(found.reported.differing)
        raise FindingError(f"{str(path)!r}: a neuron must do what its node does with --strict: {differences}")
    text, large_arrays = network_text(found, arrays.name, path.name)
    if on is not None and plan is not None:
        write_text(
            on.plan, f"# the words of {on.neuron}: made by fxsnn import of {path.name!a}\n{graph_plan_text(plan)}"
        )
    if large_arrays:
        write_bytes(arrays, pack_npz(large_arrays))
    write_text(out, text)
    return found


def network_text(found: Imported, arrays: str, source: str) -> tuple[str, dict[str, NDArray[np.float64]]]:
    """Return a network as TOML, and the arrays that it names in the file `arrays`."""
    large_arrays: dict[str, NDArray[np.float64]] = {}

    beside = Beside(inline(arrays, large_arrays), lambda text: text.file.removesuffix(".neuron"))
    lines = [f"# made by fxsnn import of {source!a}", *(f"# assumed: {one}" for one in found.reported.assumed)]
    lines += [f"# differs: {one}" for one in found.reported.differing]
    return "\n".join((*lines, graph_text(found.graph, beside))), large_arrays
