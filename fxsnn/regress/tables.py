"""Tables of a document: one put over another, and all of their keys in a row."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from fxsnn.errors import FxsnnError
from fxsnn.number.signal import LeakText, line_data


def flat(tables: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """Return nested tables as one, with dotted keys.

    >>> flat({"a": {"b": 1}, "c": [2, 3]})
    {'a.b': '1', 'c': '2, 3'}
    """
    lines: dict[str, str] = {}
    for name, value in tables.items():
        if isinstance(value, Mapping):
            lines |= flat(value, f"{before}{name}.")
        else:
            lines[before + name] = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return lines


def merged(tables: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables with those of `over` put into them, key by key; one of another `kind` takes the place of all.

    A table is put into a line of a signal or leak as into the table that it means.

    >>> merged({"leak": {"kind": "shift", "shift": 4}, "fold": True}, {"leak": {"kind": "none"}})
    {'leak': {'kind': 'none'}, 'fold': True}
    >>> merged({"trace": "UQ4.0 floor wrap"}, {"trace": {"format": "UQ4.1"}})
    {'trace': {'format': 'UQ4.1', 'rounding': 'floor', 'overflow': 'wrap'}}
    >>> merged({"leak": {"format": "UQ0.6"}}, {"leak": {"kind": "multiply"}})
    {'leak': {'format': 'UQ0.6', 'kind': 'multiply'}}
    >>> merged({"leak": {"format": "UQ0.6"}}, {"leak": {"kind": "none"}})
    {'leak': {'kind': 'none'}}
    >>> merged({"kind": "UQ2.0", "v": "Q4.0"}, {"kind": "UQ3.0"})
    {'kind': 'UQ3.0', 'v': 'Q4.0'}
    """
    found = dict(tables)
    for name, value in over.items():
        own = found.get(name)
        if isinstance(own, str) and isinstance(value, Mapping):
            with suppress(FxsnnError):  # any other text is no table, and its reader says so
                own = line_data(own, name)
        if isinstance(own, Mapping) and isinstance(value, Mapping) and not _of_another_kind(own, value):
            value = merged(own, value)
        found[name] = value
    return found


def _of_another_kind(own: Mapping[str, Any], over: Mapping[str, Any]) -> bool:
    kind = over.get("kind")
    return kind in ("multiply", "shift", "none") and kind != own.get("kind", LeakText().kind)
