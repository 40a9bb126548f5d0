"""Read dumps of any kind by the endings of their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fxsnn.errors import ConfigError
from fxsnn.golden.dump import Dumped
from fxsnn.golden.dumpcsv import read_csv
from fxsnn.golden.dumpmem import read_memory
from fxsnn.golden.manifest import Bundle
from fxsnn.golden.wavefile import ENDINGS
from fxsnn.golden.waves import read_waves
from fxsnn.io.imagetext import quoted


def read_dumps(
    bundle: Bundle, paths: Sequence[Path], node: str, signals: Sequence[str], clock: str, valid: Sequence[str]
) -> list[Dumped]:
    """Read every dump: a waveform, a CSV table, or a memory image of one node.

    node              of a memory image, if it is not the file's name
    signals, valid    NODE=PATH; of `valid` also PATH alone, for all nodes

    Raises
    ------
    ConfigError
        An option does not fit the files, or a node is dumped twice.
    FileError
        A file is missing or malformed, see the readers.
    """
    kinds = [path.suffix.lower() for path in paths]
    if node and (len(paths) > 1 or kinds[0] in (".csv", *ENDINGS)):
        raise ConfigError("--node must be for one memory image alone")
    if (signals or clock or valid) and not set(kinds) & set(ENDINGS):
        raise ConfigError(f"--signal, --clock and --valid must be for a waveform ({', '.join(ENDINGS)})")
    found: list[Dumped] = []
    for path, kind in zip(paths, kinds, strict=True):
        if kind in ENDINGS:
            found += read_waves(bundle, path, _pairs(signals, "signal"), clock, _pairs(valid, "valid"))
        elif kind == ".csv":
            found += read_csv(bundle, path)
        else:
            found.append(read_memory(bundle, path, node))
    names = [dump.node.stem for dump in found]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ConfigError(f"every node must be dumped once, not {twice[0]} {names.count(twice[0])} times")
    return found


def _pairs(given: Sequence[str], option: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals:
            name, path = "", text
        if (not name and option == "signal") or not path:
            raise ConfigError(f"--{option} must be NODE=PATH, not {quoted(text)}")
        if name in pairs:
            raise ConfigError(f"--{option} must be given once for {name or 'all nodes'}")
        pairs[name] = path
    return pairs
