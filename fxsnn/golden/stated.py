"""Hold what a manifest states of its set against what the set is: other readers rely on the sizes there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fxsnn.golden.contents import Vector, described
from fxsnn.golden.memfile import digest
from fxsnn.io.imagetext import quoted

# the rest of the entry is prose, which versions changed
_REGISTERS = ("polynomial", "width", "taps", "seeds", "parameter_seeds")


def identity_of(configuration: Mapping[str, Any]) -> str:
    """Return the digits of SHA-256 by which a set's files name its configuration."""
    return digest(json.dumps(configuration, sort_keys=True).encode())[:16]


def misstated(
    content: Mapping[str, Any], vectors: Sequence[Vector], presentations: int, registers: Mapping[str, Any]
) -> list[str]:
    """Return, a line each, what a manifest states otherwise than its configuration and its files have it.

    content         the whole manifest, of which `files` names each vector once
    presentations   that the configuration has
    registers       what it must say of those that draw
    """
    entries = {entry["name"]: entry for entry in content["files"]}
    found = [
        line for vector in vectors for line in differing(f"{vector.file}: ", entries[vector.stem], described(vector))
    ]
    found += differing("", content, {"configuration_sha256_16": identity_of(content["configuration"])})
    for name in ("images", "recordings", "inputs"):  # directed ones may follow them
        given = content.get(name, 1)
        if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= presentations:
            found.append(f"manifest.json must state {name} of 1 to {presentations}, not {_quoted(given)}")
    stated = content.get("lfsr")
    right = {key: registers[key] for key in _REGISTERS}
    return found + (differing("lfsr ", stated, right) if isinstance(stated, dict) else [])


def differing(where: str, stated: Mapping[str, Any], right: Mapping[str, Any]) -> list[str]:
    """Return a line for each key that is stated and has another value than the right one."""
    return [
        f"manifest.json must state {where}{key} as {_quoted(value)}, not {_quoted(stated[key])}"
        for key, value in right.items()
        # as text: 1, 1.0 and true are equal to Python, and not to the readers of other languages
        if key in stated and _text(stated[key]) != _text(value)
    ]


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _quoted(value: Any) -> str:
    return quoted(_text(value)).replace("'", "")
