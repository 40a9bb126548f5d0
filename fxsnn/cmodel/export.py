"""A quantised network made into a folder of C: the model, and what runs it from a SystemVerilog bench."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from fxsnn.cmodel.dpi import wrapped
from fxsnn.cmodel.model import c_model
from fxsnn.graph.plan import graph_plan_text
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.io.files import new_folder

MARKER = "model.json"  # says what made the folder, and that it may be replaced


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    prefix: str
    files: tuple[str, ...]


def write_c(folder: Path, network: QuantisedGraph, prefix: str, *, all_states: bool = False) -> Exported:
    """Write the C model of a network; the same network, plan and prefix give the same bytes.

    The folder appears whole or not at all.

    all_states    see `c_model`

    Raises
    ------
    WidthError
        A value could leave int64.
    ConfigError, FileError
        The folder holds something that fxsnn did not make, or cannot be written.
    """
    model = c_model(network, prefix, all_states=all_states)
    texts = {f"{prefix}.h": model.header, f"{prefix}.c": model.source, **wrapped(model)}
    about = {"tool": f"fxsnn {version('fxsnn')}", "model": prefix, "plan": graph_plan_text(network.plan)}
    texts[MARKER] = json.dumps({**about, "files": list(texts)}, indent=1) + "\n"
    with new_folder(folder, MARKER) as place:
        for name, text in texts.items():
            (place / name).write_bytes(text.encode("ascii"))
    return Exported(prefix, tuple(texts))
