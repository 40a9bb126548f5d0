"""The lock beside a list of configurations: what each of them gave when it was accepted."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import msgspec

from fxsnn.errors import FileError
from fxsnn.io.documents import fitted, parse_json
from fxsnn.io.files import read_bytes, write_bytes
from fxsnn.regress.record import Record

SCHEMA = 1


class _Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record with a digest of itself and its name: one that was edited by hand, or merged by halves, is refused."""

    record: Record
    seal: str


class _Lock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: Literal[1]
    configurations: dict[str, _Sealed]
    tool: str = ""


class _Head(msgspec.Struct, frozen=True):
    schema: int


THIS = f"fxsnn {version('fxsnn')}"


class Lock(msgspec.Struct, frozen=True):
    """What a lock holds, and which fxsnn wrote it: nothing where there is no lock, or it does not say so."""

    records: dict[str, Record]
    tool: str = THIS


def lock_path(listed: Path) -> Path:
    """Return where the lock of a list of configurations lies.

    >>> lock_path(Path("golden/formats.toml")).as_posix()
    'golden/formats.lock.json'
    """
    return listed.with_name(f"{listed.stem}.lock.json")


def read_lock(path: Path) -> Lock:
    """Read a lock; one that is not there holds nothing.

    Raises
    ------
    FileError
        It is damaged, altered, or of a newer schema.
    """
    if not path.exists():
        return Lock({}, "")
    data = read_bytes(path, "a lock of configurations")
    must = f"a lock must be what fxsnn regress wrote, {path.name!r} is not"
    content = parse_json(data, must)
    schema = fitted(content, _Head, must).schema
    if schema > SCHEMA:
        raise FileError(f"a lock must be of schema {SCHEMA}, {path.name!r} is of {schema}: a newer fxsnn wrote it")
    lock = fitted(content, _Lock, must)
    for name, sealed in lock.configurations.items():
        if sealed.seal != _seal(name, sealed.record):
            raise FileError(f"a lock must be unaltered, {path.name!r} is not as it was written for {name!r}")
    return Lock({name: sealed.record for name, sealed in lock.configurations.items()}, lock.tool)


def write_lock(path: Path, lock: Lock) -> None:
    """Write a lock, all of it or nothing; the same records give the same bytes."""
    sealed = {name: _Sealed(record, _seal(name, record)) for name, record in lock.records.items()}
    data = {"tool": lock.tool, "schema": SCHEMA, "configurations": msgspec.to_builtins(sealed)}
    write_bytes(path, (json.dumps(data, indent=1, ensure_ascii=True) + "\n").encode())


def _seal(name: str, record: Record) -> str:
    return hashlib.sha256(msgspec.json.encode((name, record), order="sorted")).hexdigest()
