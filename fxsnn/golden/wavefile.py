"""Open a waveform (VCD, FST, GHW) with pywellen: its signals by path, and what each is at any time."""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fxsnn.errors import ConfigError, FileError
from fxsnn.io.files import read_bytes
from fxsnn.io.imagetext import quoted

ENDINGS = (".vcd", ".fst", ".ghw")
_KINDS: dict[str, Callable[[bytes], bool]] = {  # how a file of each kind begins
    ".vcd": lambda data: data.lstrip().startswith(b"$") and b"\0" not in data,
    ".fst": lambda data: data.startswith((b"\0", b"\xfe")),  # a header block, or a whole file packed
    ".ghw": lambda data: data.startswith((b"GHDLwave", b"\x1f\x8b", b"BZ")),
}
_BIT = re.compile(r"(.+)[\[(]([0-9]{1,4})[\])]\Z", re.DOTALL)
# of a VCD, a variable of one bit that is a bus's: $var wire 1 ! bus [3] $end
_BIT_OF_A_BUS = re.compile(rb"(\$var\s+\w+\s+1\s+\S+\s+\S+?)\s*\[\s*([0-9]{1,4})\s*\](\s+\$end)")
_KNOWN = str.maketrans("lhxzuw-", "0100000")  # L and H are a weak 0 and 1 (IEEE 1164, to_01)
_UNKNOWN = str.maketrans("01lhxzuw-", "000011111")


@dataclass(frozen=True, slots=True)
class Level:
    """What a signal is: its bits, and which of them are neither 0 nor 1 (-1: all)."""

    bits: int
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Signal:
    """What a signal is from each of its times on."""

    times: list[int]
    levels: list[Level]
    width: int

    def before(self, time: int) -> Level:
        """Return what the signal is just before a time; before its first time nothing is known of it."""
        at = bisect_left(self.times, time) - 1
        return self.levels[at] if at >= 0 else Level(0, -1)


class WaveFile:
    """A waveform, its signals by path. `printed` is what pywellen wrote, kept apart from the output."""

    def __init__(self, path: Path) -> None:
        try:
            import pywellen
        except ImportError:
            raise ConfigError("a waveform needs pywellen, which is not installed: pip install 'fxsnn[waves]'") from None
        self.name = path.name
        self.printed: list[str] = []
        data = read_bytes(path, "a dump")  # pywellen panics at files that it cannot open
        if not data:
            raise FileError(f"{path.name} must be a waveform, not empty")
        if not _KINDS[path.suffix.lower()](data):  # it guesses, and may never end where it guesses wrong
            raise FileError(f"{path.name} must be a waveform (VCD, FST, GHW) of the kind that its ending says")
        self._variables: dict[str, list[Any]] = {}  # by path
        with self._understood(), _bit_by_bit(path, data) as readable:
            for variable in pywellen.Waveform(str(readable)).all_vars():
                self._variables.setdefault(_plain(variable.full_name), []).append(variable)

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Refuse a file at which pywellen fails; keep what it prints."""
        try:
            with _captured(self.printed):
                yield
        except BaseException as error:
            # a panic of pywellen is no Exception; what ends the program is none of its
            if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
                raise
            reason = " ".join(str(error).split()) or type(error).__name__
            raise FileError(f"{self.name} must be a waveform (VCD, FST, GHW): {reason[:200]}") from None

    def signal(self, path: str) -> Signal:
        """Return a signal; one of which the file has each bit by itself is put together.

        Raises
        ------
        FileError
            There is none of this path, or several different ones, or it is not of bits.
        """
        same = [self._changes(variable, path) for variable in self._variables.get(_plain(path), ())]
        differ = [one for k, one in enumerate(same) if one not in same[:k]]
        if len(differ) > 1:
            raise FileError(f"{self.name} must have one signal {quoted(path)}, not {len(differ)} different ones")
        if differ:
            return differ[0]
        bits = {
            int(found[2]): name
            for name in self._variables
            if (found := _BIT.fullmatch(name)) and found[1] == _plain(path)
        }
        if not bits:
            near = difflib.get_close_matches(path, self._variables, 3, 0.3) or list(self._variables)[:3]
            raise FileError(f"{self.name} must have the signal {path[:100]!r}; the nearest it has: {', '.join(near)}")
        first, last = min(bits), max(bits)
        if missing := set(range(first, last)) - set(bits):
            raise FileError(f"{self.name} must have bits {first} to {last} of {quoted(path)}, not none {min(missing)}")
        parts = [self.signal(bits[index]) for index in range(first, last + 1)]
        if max(part.width for part in parts) > 1:
            raise FileError(f"{self.name} must have the signal {quoted(path)}, not an array of words of that name")
        times = sorted({time for part in parts for time in part.times})
        return Signal(times, [_joined([part.before(time + 1) for part in parts]) for time in times], len(parts))

    def _changes(self, variable: Any, path: str) -> Signal:
        if variable.is_real or variable.is_string:
            raise FileError(f"{self.name} must have {quoted(path)} in bits, not as real numbers or texts")
        with self._understood():  # a signal is read only now
            signal = variable.signal
            pairs = [signal[k] for k in range(len(signal))]
        return Signal([time for time, _ in pairs], [_level(value) for _, value in pairs], int(variable.bitwidth or 1))


@contextmanager
def _bit_by_bit(path: Path, data: bytes) -> Iterator[Path]:
    """Give a waveform in which every variable keeps its bit's number in its name.

    pywellen puts such bits together by itself: it reads wrong values where they have none in the beginning (0.25.7),
    and drops the number of those that do not stand side by side.
    """
    head, end, rest = data.partition(b"$enddefinitions") if path.suffix.lower() == ".vcd" else (b"", b"", b"")
    named, count = _BIT_OF_A_BUS.subn(rb"\1(\2)\3", head)
    if not count:
        yield path
        return
    with tempfile.NamedTemporaryFile(suffix=".vcd") as copy:
        copy.writelines((named, end, rest))
        copy.flush()
        yield Path(copy.name)


@contextmanager
def _captured(printed: list[str]) -> Iterator[None]:
    """Send what native code prints on either stream into a file, and keep its lines."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or none
            stream.flush()
    with tempfile.TemporaryFile() as file:
        try:
            with contextlib.ExitStack() as undo:
                for number in (1, 2):
                    with contextlib.suppress(OSError):  # closed: there is nothing to spoil
                        saved = os.dup(number)
                        undo.callback(os.close, saved)
                        undo.callback(os.dup2, saved, number)
                        os.dup2(file.fileno(), number)
                yield
        finally:
            file.seek(0)
            lines = file.read(1 << 16).decode("utf-8", "replace").splitlines()
            printed += [line for line in lines if line.strip() and line not in printed]


def edges(clock: Signal, begins: int) -> list[int]:
    """Return the times at which a signal becomes 1, from whatever it was: in Verilog x to 1 is a positive edge too.

    begins   when the waveform begins: what the signal is then already is no edge
    """
    high = [level == Level(1) for level in clock.levels]
    return [time for k, time in enumerate(clock.times) if high[k] and (not high[k - 1] if k else time > begins)]


def begin_of(signals: Sequence[Signal]) -> int:
    """Return the first time at which anything is known of any of the signals."""
    return min((signal.times[0] for signal in signals if signal.times), default=0)


def _plain(path: str) -> str:
    r"""Return a path in one way of writing: `top.v.[0]`, `top.\v[0]` and `top.v(0)` are `top.v[0]`."""
    return _BIT.sub(r"\1[\2]", path.replace(".[", "[").replace("\\", ""))


def _level(value: Any) -> Level:
    if isinstance(value, int):
        return Level(value)
    text = str(value).lower()
    if not text or text.strip("01lhxzuw-"):
        return Level(0, -1)
    return Level(int(text.translate(_KNOWN), 2), int(text.translate(_UNKNOWN), 2))


def _joined(bits: Sequence[Level]) -> Level:
    """Return the level of a bus whose bits, the lowest first, are these."""
    return Level(
        sum((level.bits & 1) << k for k, level in enumerate(bits)),
        sum((level.unknown & 1) << k for k, level in enumerate(bits)),
    )
