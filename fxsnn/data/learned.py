"""What a network's file says of the data that it learned from, so that nothing is measured on it by mistake.

A sample is known by the SHA-256 of its bytes, a split by that of its samples' digests. Of at most MARKS samples, those
of lowest digest, the first 64 bits are kept: all of a small split, and of a large one a sample that chance draws but
every machine draws alike. Another split is compared by its samples that would have been kept.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError, FileError
from fxsnn.frozen import freeze
from fxsnn.io.files import read_bytes
from fxsnn.io.npz import UNREADABLE, unpack_npz

MARKS = 4096  # 32 KiB of a file
TOLERATED = 0.01  # share of a data set's own test split that may be among what is learned from: duplicates happen
_BITS = "<u8"


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Samples by their digests."""

    count: int
    digest: str  # SHA-256, hexadecimal
    marks: NDArray[np.uint64]  # uint64[samples]: the first 64 bits of each sample's digest

    def __post_init__(self) -> None:
        freeze(self)


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One data set that was learned from; `others` are its splits that were kept apart to be measured on."""

    name: str
    samples: int
    digest: str
    others: tuple[str, ...]  # their digests
    shared: int  # samples of those splits that are among what was learned from all the same
    marks: int  # how many are kept

    def __post_init__(self) -> None:
        if not self.name.isprintable() or min(self.samples, self.shared, self.marks) < 0:
            raise ValueError(f"a source must have a printable name and counts of 0 or more, not {self.name!r}")


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """All that a network learned from, as far as is known."""

    sources: tuple[Source, ...]
    marks: tuple[NDArray[np.uint64], ...]  # of each source, ascending
    whole: bool = True  # False: it learned on from a network that does not say what it learned from

    def __post_init__(self) -> None:
        freeze(self)

    def and_then(self, later: Learned) -> Learned:
        """Return what was learned from when a network that learned from this learned on."""
        return Learned(self.sources + later.sources, self.marks + later.marks, self.whole and later.whole)

    def shared(self, samples: Samples) -> tuple[int, int, str]:
        """Return how many of a split's samples were learned from, of how many known, and of which source.

        A split that a source kept apart has none: what it shares all the same the source itself reports.
        """
        found = [(0, samples.count, "")]
        for source, marks in zip(self.sources, self.marks, strict=True):
            if samples.digest not in source.others:
                compared = samples.marks if len(marks) < MARKS else samples.marks[samples.marks <= marks[-1]]
                found.append((int(np.isin(compared, marks).sum()), len(compared), source.name))
        return max(found)


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sources: tuple[Source, ...]
    whole: bool


NOTHING_KNOWN = Learned((), (), whole=False)


def split_of_samples(samples: Iterable[bytes]) -> Samples:
    """Return the digests of samples; one of no bytes, as a recording without events, counts but has no mark."""
    full, marks, count = hashlib.sha256(), [], 0
    for sample in samples:
        digest = hashlib.sha256(sample).digest()
        full.update(digest)
        count += 1
        if sample:
            marks.append(int.from_bytes(digest[:8], "big"))
    return Samples(count, full.hexdigest(), np.array(marks, np.uint64))


def learned_from(name: str, training: Samples, others: Sequence[Samples], what: str) -> Learned:
    """Return what a network has learned from that learns from `training`.

    others    splits of the same data on which it is measured
    what      their samples, in the plural

    Raises
    ------
    ConfigError
        More than a hundredth of one of the others are among the training samples.
    """
    shared = 0
    for other in others:
        found = int(np.isin(other.marks, training.marks).sum())
        if found > TOLERATED * other.count:
            raise ConfigError(
                f"{what} to measure on must be others than those to learn from, but {found:,} of {other.count:,} "
                f"are among the {training.count:,} of {name} to learn from"
            )
        shared += found
    marks = np.unique(training.marks)[:MARKS]
    digests = tuple(other.digest for other in others)
    return Learned((Source(name, training.count, training.digest, digests, shared, len(marks)),), (marks,))


def check_not_learned(network: Path, samples: Samples, what: str, instead: str) -> None:
    """Refuse to measure a network, read from `network`, on a split with samples that it learned from.

    what       the samples, in the plural
    instead    what to give, as an order
    """
    learned = load_learned(network)
    found, compared, name = (learned or NOTHING_KNOWN).shared(samples)
    if found:
        part = f"{found:,} of {compared:,}" if compared == samples.count else f"about {100 * found / compared:.0f} %"
        raise ConfigError(
            f"{what} to measure on must be others than {str(network)!r} learned from, but {part} of these are among "
            f"what it learned from ({name}): {instead}"
        )


def note(network: Path) -> str:
    """Return what there is to say of a network's file beside what is measured, one line; nothing where all is well.

    One that people write (.toml) did not learn from anything that fxsnn could know.
    """
    if network.suffix == ".toml":
        return ""
    learned = load_learned(network) if network.suffix == ".npz" else None
    if learned is None:
        return f"{network}: this file does not say what it learned from, which may be what it was measured on"
    if not learned.whole:
        return f"{network}: this file does not say all that it learned from: what it learned on from did not say"
    shared = sum(source.shared for source in learned.sources)
    names = ", ".join(dict.fromkeys(source.name for source in learned.sources))
    return f"{network}: {shared:,} samples to measure on are among those that it learned from ({names})" * bool(shared)


def described(learned: Learned) -> list[str]:
    """Return a line for each source: its name, how many samples, and digests."""
    return [
        f"learned from {source.name}: {source.samples:,} samples, SHA-256 {source.digest}; kept apart: SHA-256 "
        + ", ".join(source.others)
        for source in learned.sources
    ]


def arrays_of(learned: Learned | None) -> dict[str, NDArray[Any]]:
    """Return the arrays that a network's file holds of it, none of nothing."""
    if learned is None:
        return {}
    text = msgspec.json.encode(_Written(learned.sources, learned.whole)).decode()
    marks = np.concatenate([np.zeros(0, _BITS), *learned.marks])
    return {"learned_from": np.asarray(text), "learned_marks": marks.astype(_BITS)}


def load_learned(path: Path) -> Learned | None:
    """Return what a network's file says that it learned from; None where it says nothing.

    Raises
    ------
    FileError
        The file cannot be read, or what it says is damaged.
    """
    arrays = arrays_in(path, "a network")
    return _learned_in(arrays, path) if "learned_from" in arrays else None


def arrays_in(path: Path, what: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of a trained network's file; raises FileError, which says what it should be."""
    packed = read_bytes(path, what)
    if path.suffix == ".toml":
        raise FileError(f"{what} must be a trained one (.npz), not {str(path)!r}")
    try:
        return unpack_npz(packed)
    except UNREADABLE as error:
        raise FileError(f"{what} must be an .npz of plain arrays, not {str(path)!r} ({error})") from error


def _learned_in(arrays: Mapping[str, NDArray[Any]], path: Path) -> Learned:
    try:
        written = msgspec.json.decode(str(arrays["learned_from"]), type=_Written)
        marks, counts = arrays["learned_marks"], [source.marks for source in written.sources]
        if marks.dtype.str != _BITS or marks.ndim != 1 or sum(counts) != len(marks):
            raise ValueError(f"marks must be {_BITS}[{sum(counts)}], not {marks.dtype.str}{list(marks.shape)}")
    except (msgspec.DecodeError, RecursionError, UnicodeError, KeyError, ValueError) as error:
        raise FileError(
            f"what a network learned from must be stated whole, in {str(path)!r} it is not: {error}"
        ) from None
    edges = np.cumsum([0, *counts]).tolist()
    return Learned(
        written.sources,
        tuple(marks[first:last] for first, last in itertools.pairwise(edges)),
        written.whole,
    )
