"""Read a bundle strictly, of any schema that was ever written."""

from __future__ import annotations

from pathlib import Path

from fxsnn.errors import FileError
from fxsnn.golden.contents import LEARNING_SCHEMA
from fxsnn.golden.former import FORMER_SCHEMA, Layers, read_former_bundle
from fxsnn.golden.former_layer import Images, Presentations, read_layer_bundle
from fxsnn.golden.layer_layout import LAYER_SCHEMA
from fxsnn.golden.manifest import MANIFEST, Manifest
from fxsnn.golden.populations import POPULATIONS_SCHEMA
from fxsnn.golden.populations_read import GraphBundle, Populations, read_graph_bundle
from fxsnn.io.documents import fitted, parse_json
from fxsnn.io.files import read_bytes


def read_bundle(folder: Path) -> GraphBundle:
    """Return what a bundle holds.

    Raises
    ------
    FileError
        A file is missing, short, long, malformed, or named outside the bundle; the manifest is of a newer
        schema or describes something that cannot be.
    """
    must = "manifest.json must be what fxsnn wrote"
    content = parse_json(read_bytes(folder / MANIFEST, "a golden set's manifest.json"), must)
    schema = content.get("schema") if isinstance(content, dict) else None
    layer = isinstance(schema, int) and not isinstance(schema, bool) and 1 <= schema <= LAYER_SCHEMA
    if not layer and schema not in (FORMER_SCHEMA, POPULATIONS_SCHEMA):
        hint = ": it was written by a newer fxsnn" if isinstance(schema, int) and schema > LAYER_SCHEMA else ""
        if schema == LEARNING_SCHEMA:
            hint = ": vectors of learning are played by their own bench, sh run.sh"
        raise FileError(f"manifest.json must be of schema 1 to {LAYER_SCHEMA}, not {schema!r}{hint}")
    manifest = fitted(content, Manifest, must)
    if schema == POPULATIONS_SCHEMA:
        return read_graph_bundle(folder, manifest, fitted(manifest.configuration, Populations, must), content)
    if schema == FORMER_SCHEMA:
        return read_former_bundle(folder, manifest, fitted(manifest.configuration, Layers, must), content)
    form: type[Images | Presentations] = Images if schema == 1 else Presentations
    return read_layer_bundle(folder, manifest, fitted(manifest.configuration, form, must), content)
