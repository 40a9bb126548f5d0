"""A network as it is, in files: TOML, its arrays in one .npz beside it, and its neurons' texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError
from fxsnn.graph.given import Given
from fxsnn.graph.network import Graph
from fxsnn.graph.writing import Beside, graph_text, new_name
from fxsnn.io.files import check_output, read_text, write_bytes, write_text
from fxsnn.io.npz import pack_npz
from fxsnn.program.grammar import MOST_CHARACTERS, Text
from fxsnn.program.shipped import names, source

FEW = 8  # numbers that stand in the text itself


def save_graph(graph: Graph, out: Path) -> None:
    """Write a network, from which `load_graph` reads an equal one; the network's own file comes last.

    Beside `net.toml` lie `net.arrays.npz`, texts that do not come with fxsnn as `mine.neuron` (under another name where
    another text has this one), and words of `$readmemh` as `net.hidden.threshold.mem`.

    Raises
    ------
    ConfigError
        The name does not end in .toml.
    FileError
        A file cannot be written.
    """
    check_name(out, "a network's file")
    arrays, files = dict[str, NDArray[Any]](), dict[Path, str]()
    there = {path.name: read_text(path, "a text", MOST_CHARACTERS * 4) for path in out.parent.glob("*.neuron")}

    def neuron(text: Text) -> str:
        name = text.file.removesuffix(".neuron")
        if name in names() and source(name) == text.source:
            return name
        file = new_name(text.file, text.source, there)
        there[file] = files[out.with_name(file)] = text.source
        return file

    def numbers(name: str, given: Given) -> Any:
        if given.form != "bits":
            return inline(arrays_beside(out).name, arrays)(name, given)
        file = out.with_name(f"{out.stem}.{name}.mem")
        files[file] = "".join(f"{bits:x}\n" for bits in given.values.ravel().tolist())
        return file.name

    def labels(classes: Given) -> Any:
        return numbers("labels", classes)["raw"]

    files |= {out: graph_text(graph, Beside(numbers, neuron, labels))}  # last
    for path in (*files, *([arrays_beside(out)] if arrays else [])):
        check_output(path)
    if arrays:
        write_bytes(arrays_beside(out), pack_npz(arrays))
    for path, text in files.items():
        write_text(path, text)


def inline(file: str, arrays: dict[str, NDArray[Any]]) -> Callable[[str, Given], Any]:
    """Return what stands in a network's text for numbers: a few themselves, else their name in a file of arrays.

    arrays  is filled with these arrays
    """

    def numbers(name: str, given: Given) -> Any:
        if given.values.size <= FEW:
            found: Any = given.values.tolist()
        else:
            arrays[name], found = np.asarray(given.values), f"{file}:{name}"
        return found if given.form == "real" else {"raw": found}

    return numbers


def arrays_beside(out: Path) -> Path:
    """Return the file of a network's arrays: no other command writes one of this name."""
    return out.with_name(f"{out.stem}.arrays.npz")


def check_name(out: Path, what: str) -> None:
    """Raise ConfigError, which names `what`, where a file's name is none that a network and its arrays can have."""
    if out.suffix != ".toml" or ":" in out.name:
        raise ConfigError(f"{what} must be a file ending in .toml, without a colon in its name, not {str(out)!r}")
