"""Read nodes from a waveform (VCD, FST, GHW): signals sampled at a clock's rising edges, as they were just before."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fxsnn.errors import ConfigError, FileError
from fxsnn.files import read_bytes
from fxsnn.golden.bundle import Bundle
from fxsnn.golden.contents import Vector
from fxsnn.golden.dump import UNDEFINED, Dumped, Word, dumped, neurons_of, node_named

ENDINGS = (".vcd", ".fst", ".ghw")
NEURON = "{neuron}"
_KINDS: dict[str, Callable[[bytes], bool]] = {  # how a file of each kind begins
    ".vcd": lambda data: data.lstrip().startswith(b"$") and b"\0" not in data,
    ".fst": lambda data: data.startswith((b"\0", b"\xfe")),  # a header block, or a whole file packed
    ".ghw": lambda data: data.startswith((b"GHDLwave", b"\x1f\x8b", b"BZ")),
}


def read_waves(
    bundle: Bundle, path: Path, signals: Mapping[str, str], clock: str, valid: Mapping[str, str]
) -> list[Dumped]:
    """Read nodes from a waveform.

    signals   by node the signal's path, as in `bench.layer.observe_membrane`; `{neuron}` in it means a signal a neuron.
              A signal of one bit a neuron holds a row of `spike`.
    clock     the signal whose rising edges are the times
    valid     by node the signal that must be 1; that of the name "" holds for the nodes without one of their own

    Raises
    ------
    ConfigError
        pywellen is not installed, or no signal or no clock is named.
    FileError
        The file cannot be read as a waveform, a signal is not in it, or there are too few words.
    """
    if not signals or not clock:
        raise ConfigError("a waveform needs --clock PATH and one or more --signal NODE=PATH")
    nodes = {name: node_named(bundle, name, "the node of --signal") for name in signals}
    for name in valid:
        if name and name not in signals:
            raise ConfigError(f"the node of --valid must be one of --signal ({', '.join(signals)}), not {name[:40]!r}")
    waves = _Waves(path)
    edges = waves.edges(clock)
    if not edges:
        raise FileError(f"{path.name} must have rising edges of {clock}, not none")
    found = []
    for name, node in nodes.items():
        gate = valid.get(name, valid.get("", ""))
        times = (
            [time for time, open_ in zip(edges, waves.sampled(gate, edges), strict=True) if open_ == 1]
            if gate
            else edges
        )
        found.append(_node(waves, node, signals[name], times))
    return found


class _Waves:
    """A waveform, its signals by path."""

    def __init__(self, path: Path) -> None:
        try:
            import pywellen
        except ImportError:
            raise ConfigError("a waveform needs pywellen, which is not installed: pip install 'fxsnn[waves]'") from None
        self.name = path.name
        data = read_bytes(path, "a dump")  # pywellen panics at files that it cannot open
        if not data:
            raise FileError(f"{path.name} must be a waveform, not empty")
        if not _KINDS[path.suffix.lower()](data):  # it guesses, and may never end where it guesses wrong
            raise FileError(f"{path.name} must be a waveform (VCD, FST, GHW) of the kind that its ending says")
        with self._understood():
            self.signals = {var.full_name: var for var in pywellen.Waveform(str(path)).all_vars()}

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Refuse a file at which pywellen fails."""
        try:
            yield
        except BaseException as error:
            # a panic of pywellen is no Exception; what ends the program is none of its
            if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
                raise
            said = " ".join(str(error).split()) or type(error).__name__
            raise FileError(f"{self.name} must be a waveform (VCD, FST, GHW): {said[:200]}") from None

    def changes(self, path: str) -> tuple[list[int], list[Any], int]:
        """Return the times at which a signal changes, ascending, what it is then, and its bits."""
        var = self.signals.get(path)
        if var is None:
            near = difflib.get_close_matches(path, self.signals, 3, 0.3) or list(self.signals)[:3]
            raise FileError(f"{self.name} must have the signal {path[:100]!r}; the nearest it has: {', '.join(near)}")
        with self._understood():  # a signal is read only now
            signal = var.signal
            pairs = [signal[k] for k in range(len(signal))]
        return [time for time, _ in pairs], [value for _, value in pairs], int(var.bitwidth or 1)

    def edges(self, path: str) -> list[int]:
        """Return the times at which a signal becomes 1."""
        times, values, _ = self.changes(path)
        return [time for k, time in enumerate(times) if k and values[k] == 1 and values[k - 1] == 0]

    def sampled(self, path: str, times: list[int]) -> list[Any]:
        """Return what a signal is just before each time: an integer, or a text with x or z, or None."""
        at, values, _ = self.changes(path)
        places = [bisect_left(at, time) - 1 for time in times]
        return [values[k] if k >= 0 else None for k in places]


def _node(waves: _Waves, node: Vector, path: str, times: list[int]) -> Dumped:
    count = neurons_of(node)
    if NEURON in path:
        paths = [path.replace(NEURON, str(n)) for n in range(count)]
        widths = [waves.changes(one)[2] for one in paths]
        columns = [waves.sampled(one, times) for one in paths]
        words = [
            _word(value, width, node)
            for row in zip(*columns, strict=True)
            for value, width in zip(row, widths, strict=True)
        ]
        return dumped(node, words, waves.name)
    width = waves.changes(path)[2]
    values = waves.sampled(path, times)
    if node.packed and width == count and count > 1:
        words = [Word(value) if isinstance(value, int) else UNDEFINED for value in values]
        return dumped(node, words, waves.name, packed=True)
    return dumped(node, [_word(value, width, node) for value in values], waves.name)


def _word(value: Any, width: int, node: Vector) -> Word:
    """Return a sampled value as a word of the node, from a signal that may be wider, as the bench of a bundle does."""
    if not isinstance(value, int):
        return UNDEFINED
    fmt = node.format
    mask = (1 << fmt.word) - 1
    low = fmt.from_bits(value & mask)
    fits = value <= mask or low & ((1 << width) - 1) == value
    return Word(low, reread="" if fits else f"are wider than {fmt.describe()}: their low bits are compared")
