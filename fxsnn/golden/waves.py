"""Read nodes from a waveform (VCD, FST, GHW): signals sampled at a clock's rising edges, as they were just before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from fxsnn.errors import ConfigError, FileError
from fxsnn.golden.contents import Vector
from fxsnn.golden.dump import UNDEFINED, Dumped, Word, dumped, neurons_of, node_named, row_of
from fxsnn.golden.manifest import Bundle
from fxsnn.golden.wavefile import Level, Signal, WaveFile, begin_of, edges
from fxsnn.io.imagetext import quoted

NEURON = "{neuron}"


def read_waves(
    bundle: Bundle, path: Path, signals: Mapping[str, str], clock: str, valid: Mapping[str, str]
) -> list[Dumped]:
    """Read nodes from a waveform.

    signals   by node the signal's path, as in `bench.layer.observe_membrane`; `{neuron}` in it means a signal a neuron.
              A signal of more than one bit holds a row of a node of one bit a neuron.
    clock     the signal whose rising edges are the times
    valid     by node the signal that must be 1; that of the name "" holds for the nodes without one of their own

    Raises
    ------
    ConfigError
        pywellen is not installed, or no signal or no clock is named.
    FileError
        The file cannot be read as a waveform, a signal is not in it once and in bits, or there are too few words.
    """
    if not signals or not clock:
        raise ConfigError("a waveform needs --clock PATH and one or more --signal NODE=PATH")
    nodes = {name: node_named(bundle, name, "the node of --signal") for name in signals}
    for name in valid:
        if name and name not in signals:
            raise ConfigError(f"the node of --valid must be one of --signal ({', '.join(signals)}), not {quoted(name)}")
    waves = WaveFile(path)
    taken = {name: [waves.signal(one) for one in _paths(node, signals[name])] for name, node in nodes.items()}
    gates = {name: waves.signal(gate) for name, gate in valid.items()}
    ticks = waves.signal(clock)
    times = edges(ticks, begin_of([ticks, *gates.values(), *(one for group in taken.values() for one in group)]))
    if not times:
        raise FileError(f"{path.name} must have rising edges of {clock}, not none")
    found = []
    for name, node in nodes.items():
        gate = gates.get(name, gates.get(""))
        open_ = times if gate is None else [time for time in times if gate.before(time) == Level(1)]
        found.append(_node(path.name, node, taken[name], signals[name], open_))
    remarks = tuple(f"the reader of {path.name} says: {line[:200]}" for line in waves.printed)
    return [replace(found[0], notes=(*remarks, *found[0].notes)), *found[1:]]


def _paths(node: Vector, path: str) -> list[str]:
    return [path.replace(NEURON, str(n)) for n in range(neurons_of(node))] if NEURON in path else [path]


def _node(name: str, node: Vector, signals: Sequence[Signal], path: str, times: Sequence[int]) -> Dumped:
    width, row = min(signal.width for signal in signals), row_of(node)
    if row is not None and NEURON not in path and width > 1:
        words = [_row(signals[0].before(time), width, row) for time in times]
        return replace(dumped(node, words, name, rows=True), narrow=_narrow(width, row, path))
    one = replace(node, packed=False)
    words = [_word(signal.before(time), signal.width, one) for time in times for signal in signals]
    return replace(dumped(node, words, name), narrow=_narrow(width, one, path))


def _narrow(width: int, node: Vector, path: str) -> str:
    if width >= node.bits:
        return ""
    kind = f"a row of {node.stem}" if node.packed else f"{node.stem}, {node.format.describe()},"
    return f"{path} is {width} bits wide, {kind} {node.bits}: what it lacks cannot be compared"


def _row(level: Level, width: int, row: Vector) -> Word:
    """Return a sampled row: bits that a narrower signal does not have are not known."""
    mask = (1 << row.bits) - 1
    reread = f"are wider than a row of {row.bits} bits: their low bits are compared" if level.bits > mask else ""
    return Word(level.bits & mask, level.unknown | mask & -(1 << width), reread)


def _word(level: Level, width: int, node: Vector) -> Word:
    """Return a sampled value as a word of the node, from a signal that may be wider, as the bench of a bundle does."""
    if level.unknown:
        return UNDEFINED
    fmt = node.format
    mask = (1 << fmt.word) - 1
    low = fmt.from_bits(level.bits & mask)
    fits = level.bits <= mask or low & ((1 << width) - 1) == level.bits
    return Word(low, reread="" if fits else f"are wider than {fmt.describe()}: their low bits are compared")
