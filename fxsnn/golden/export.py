"""Memory images in the formats that other tools take, beside the `.mem` files of a bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError
from fxsnn.golden.amdmif import render_amd_mif
from fxsnn.golden.coe import render_coe
from fxsnn.golden.contents import Vector, lines_of
from fxsnn.golden.header import render_header
from fxsnn.golden.intelmif import render_intel_mif
from fxsnn.golden.memfile import digest
from fxsnn.io.npz import pack_npz

ENDINGS = {"coe": "coe", "amd-mif": "mif", "intel-mif": "mif", "c-header": "h"}
NPZ = "npz"
KINDS = (*ENDINGS, NPZ)
"""The formats by name. Each has a folder of that name, so that the two kinds of .mif stay apart."""


def check_kinds(kinds: Sequence[str]) -> None:
    """Refuse formats that do not exist or are asked for twice, before the work that they are for.

    Raises
    ------
    ConfigError
        A name is not in KINDS, or is there twice.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise ConfigError(f"a format of memory images must be {', '.join(KINDS[:-1])} or {NPZ}, not {kind!r}")
        if kinds.count(kind) > 1:
            raise ConfigError(f"a format of memory images must be named once, not {kinds.count(kind)} times: {kind!r}")


def export(
    place: Path,
    vectors: Sequence[Vector],
    words: Mapping[str, NDArray[np.int64]],
    kinds: Sequence[str],
    notes: Sequence[str] = (),
) -> list[dict[str, str]]:
    """Write every file of the bundle in each of the formats; return `kind`, `file` and `sha256` of each.

    `place` is a bundle under way (`new_folder`), `words` are raw, of the vectors' shapes. A file is
    `<kind>/<name>.<ending>`; npz is one file of all arrays, int64, and uint8 0 or 1 where a vector is packed.
    `notes` are further comments where the format has them. The same words give the same bytes.

    Raises
    ------
    ConfigError
        A kind does not exist or is named twice, or two vectors have one name in C; nothing has been written.
    """
    check_kinds(kinds)
    _check_identifiers(vectors, kinds)
    entries: list[dict[str, str]] = []

    def write(kind: str, file: str, data: bytes) -> None:
        (place / kind).mkdir(exist_ok=True)
        (place / kind / file).write_bytes(data)
        entries.append({"kind": kind, "file": f"{kind}/{file}", "sha256": digest(data)})

    for vector in vectors if set(kinds) & set(ENDINGS) else ():
        mask = (1 << vector.bits) - 1
        patterns = [line & mask for line in lines_of(vector, words[vector.name])]
        for kind in kinds:
            if kind != NPZ:
                write(kind, f"{vector.stem}.{ENDINGS[kind]}", _rendered(kind, vector, patterns, notes))
    if NPZ in kinds:
        shaped = {one: words[one.name].reshape(one.shape) for one in vectors}
        arrays = {one.stem: array.astype("|u1" if one.packed else "<i8") for one, array in shaped.items()}
        write(NPZ, "vectors.npz", pack_npz(arrays))
    return entries


def _check_identifiers(vectors: Sequence[Vector], kinds: Sequence[str]) -> None:
    stems = dict[str, str]()
    for vector in vectors if "c-header" in kinds else ():
        if (other := stems.setdefault(identifier(vector).upper(), vector.stem)) != vector.stem:
            raise ConfigError(
                f"files must have names of their own in C, in either case, {other} and {vector.stem} have not"
            )


def _rendered(kind: str, vector: Vector, patterns: Sequence[int], notes: Sequence[str]) -> bytes:
    comments = [*_comments(vector), *notes]
    if kind == "coe":
        return render_coe(comments, patterns, vector.bits)
    if kind == "amd-mif":
        return render_amd_mif(patterns, vector.bits)
    if kind == "intel-mif":
        return render_intel_mif(comments, patterns, vector.bits)
    shape = {f"DIM_{axis}": size for axis, size in enumerate(vector.shape)}
    about = {"FRAC": vector.format.frac, **shape}
    return render_header(identifier(vector), comments, patterns, vector.bits, vector.format.signed, about)


def identifier(vector: Vector) -> str:
    """Return a vector's name in C."""
    return vector.stem.replace(".", "_")


def _comments(vector: Vector) -> list[str]:
    shape = " x ".join(map(str, vector.shape))
    content = (
        f"rows of {vector.bits} bits, bit i is element i of the last dimension" if vector.packed else "one word each"
    )
    return [
        f"{vector.stem}: {vector.about}",
        f"{vector.format.describe()}, {shape}, outermost first, {vector.depth} entries, {content}",
    ]
