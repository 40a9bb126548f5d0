"""Compare a dump of somebody's RTL with a golden set: where it first differs, and what would explain it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fxsnn.golden.align import Alignment, lacks_ends, likeliest, plain
from fxsnn.golden.check import computed, word_text
from fxsnn.golden.contents import Vector
from fxsnn.golden.dump import Dumped, extended, extension, neurons_of, size
from fxsnn.golden.populations import graph_layout
from fxsnn.golden.populations_causes import Found, Search
from fxsnn.golden.populations_parts import in_parts, presentations_at_once
from fxsnn.golden.populations_read import GraphBundle
from fxsnn.golden.populations_target import fitted
from fxsnn.program.variant import Ints

Explaining = Callable[..., Search]  # of dumps and how they lie
RESET_EARLY = "the last step of each presentation is not dumped, all else is: a reset comes before it is sampled"
FAR_MORE = 4  # a change that leaves a fourth of the differences is worth a line


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word is in the set."""

    node: str
    presentation: int
    step: int
    neuron: int | None  # None: a register


@dataclass(frozen=True, slots=True)
class Difference(Place):
    """The first word that differs, and the extent of all that do."""

    expected: str
    got: str
    words: int
    steps: int
    neurons: int
    course: str  # heals, or lasts


@dataclass(frozen=True, slots=True)
class Diff:
    """The result: what was compared, the first difference, and the semantics under which there is none."""

    words: int
    narrow: tuple[str, ...]  # dumps whose words are narrower than their node's
    missing: int  # of the stream, before, within and behind the dump
    first_missing: Place | None
    extra: int  # of the dump, behind the stream
    sizes: tuple[str, ...]  # dumps that have as many words in every step, but not as many as their node
    undefined: tuple[tuple[str, int, int], ...]  # by node, words that are x or z, and words compared; where any is
    late: tuple[tuple[str, int], ...]  # by node, words; only those that are not 0
    notes: tuple[str, ...]
    difference: Difference | None
    causes: tuple[str, ...]  # every word matches under each of these
    partly: tuple[tuple[str, tuple[str, ...]], ...]  # else of populations what explains some of the nodes, and which
    nearest: tuple[str, int] | None  # else the change that leaves far fewer differences, and how many


def diff(bundle: GraphBundle, dumps: Sequence[Dumped]) -> Diff:
    """Compare dumps with what the emulator computes; raises as `computed` does.

    Of a set of more words than memory should hold, some presentations after the other, up to the first that differ.
    """
    if presentations_at_once(bundle) < len(bundle.stimuli.words):
        return _diff_in_parts(bundle, dumps)
    return _diff(bundle, dumps)


def _diff_in_parts(bundle: GraphBundle, dumps: Sequence[Dumped]) -> Diff:
    found, words, missing = list[Diff](), 0, 0
    for part, beside in in_parts(bundle, dumps):
        found.append(one := _diff(part, beside))
        words, missing = words + one.words, missing + one.missing
        if one.difference:
            break
    last, notes = found[-1], list(found[0].notes)
    done = part.stimuli.before + len(part.stimuli.words)
    if done < len(bundle.stimuli.words):
        notes.append(f"presentations {done} and on were not compared: the set is large, and some before them differ")
    return replace(
        last,
        words=words,
        narrow=found[0].narrow,
        missing=missing,
        first_missing=next((one.first_missing for one in found if one.first_missing), None),
        late=found[0].late,
        notes=tuple(notes),
    )


def _diff(bundle: GraphBundle, dumps: Sequence[Dumped]) -> Diff:
    expected = computed(bundle)
    vectors = _in_order(bundle)
    order = [vector.name for vector in vectors]
    explaining = partial(Search, bundle.network, bundle.stimuli, vectors, expected)
    found, dumps, chosen, narrow = _extended(explaining, dumps, expected)
    laid = [(dump, chosen[dump.node.name]) for dump in dumps]
    difference = _difference(bundle, dumps, chosen, expected, order)
    ends = np.cumsum(bundle.stimuli.steps) - 1
    if difference and all(lacks_ends(dump, _stream(expected, dump), ends) for dump in dumps):
        found = Found((RESET_EARLY,))
    missing = [_places(k, dump, _missing(dump, chosen), order) for k, dump in enumerate(dumps)]
    return Diff(
        words=sum(len(one.got) for one in chosen.values()),
        narrow=(*(dump.narrow for dump in dumps if dump.narrow), *narrow),
        missing=sum(map(len, missing)),
        first_missing=_first_missing(bundle, dumps, np.concatenate(missing)),
        extra=sum(len(dump.words) - len(one.got) - max(one.late, 0) for dump, one in laid),
        sizes=tuple(text for dump, one in laid if (text := size(dump)) and (difference or one.stepwise)),
        undefined=tuple(
            (dump.node.stem, count, len(one.got))
            for dump, one in laid
            if (count := int(np.count_nonzero(~dump.defined[one.got])))
        ),
        late=tuple((dump.node.stem, one.late) for dump, one in laid if one.late),
        notes=(*bundle.misstated, *bundle.altered, *(note for dump in dumps for note in dump.notes)),
        difference=difference,
        causes=found.causes,
        partly=found.partly,
        nearest=found.nearest,
    )


def _in_order(bundle: GraphBundle) -> list[Vector]:
    """Return the files in the order in which words come to be: what differs first in time is nearest to the cause.

    Those of a former schema lie in another order than their nodes are made.
    """
    made = [vector.name for vector in graph_layout(bundle.network, 1, bundle.stimuli.steps[0])]
    return sorted(bundle.vectors, key=lambda one: made.index(one.name) if one.name in made else -1)


def _extended(
    explaining: Explaining, dumps: Sequence[Dumped], expected: Mapping[str, Ints]
) -> tuple[Found, Sequence[Dumped], dict[str, Alignment], list[str]]:
    """Return what explains dumps, as which they are read then, how they are aligned, and notes on narrow words.

    Words of a core that has fewer bits than the node are tried as such, where more of them match then.
    """
    before, wide, notes, left = 0, list[Dumped](), list[str](), 0
    for dump in dumps:
        stream, other = _stream(expected, dump), extended(dump)
        without, within = (int(plain(one, stream).wrong(one, stream).sum()) for one in (dump, other))
        if within < without:
            many = len(plain(other, stream).got)
            notes.append(f"{extension(dump)} {f'{many - within:,} of {many:,}' if within else 'all'} match")
        wide.append(other if within < without else dump)
        left += min(within, without)
        before += without
    if notes and not left:
        laid = {dump.node.name: plain(dump, _stream(expected, dump)) for dump in dumps}
        return Found((" and ".join(notes),)), dumps, laid, []
    if notes:
        found, read, laid = _explained(explaining, wide, expected)
        if found.causes:
            return found, read, laid, notes
    return *_explained(explaining, dumps, expected), notes if 2 * left <= before else []


def _explained(
    explaining: Explaining, dumps: Sequence[Dumped], expected: Mapping[str, Ints]
) -> tuple[Found, Sequence[Dumped], dict[str, Alignment]]:
    """Return what explains dumps, as which they are read then, and the alignment to report with.

    A dump with an offset, of which another has none, or which has as many words in every step, may as well be of a node
    that came late: as such it must be explained word for word. A file that can be read in two ways is tried in both.
    """
    likely = {dump.node.name: likeliest(dump, _stream(expected, dump)) for dump in dumps}
    kept, found, before = likely, Found(), _wrong(dumps, likely, expected)
    beside = {dump.node.name: plain(dump, _stream(expected, dump)) for dump in dumps}
    if all(one.late for one in likely.values()):
        beside = {dump.node.name: (beside if dump.columns else likely)[dump.node.name] for dump in dumps}
    if any(one.late != likely[name].late for name, one in beside.items()):
        if (other := explaining(dumps, beside, paired=before > 0).found()).causes:
            return other, dumps, beside
        counted = any(dump.columns and likely[dump.node.name].late for dump in dumps)
        if counted and (wrong := _wrong(dumps, beside, expected)) < FAR_MORE * before:
            kept, found, before = beside, other, wrong
    if before and (tried := explaining(dumps, likely).found()).causes:
        return tried, dumps, likely
    if before and kept is likely:
        found = tried
    if before and any(dump.otherwise for dump in dumps):
        others = _explained(explaining, [dump.otherwise or dump for dump in dumps], expected)
        if others[0].causes:
            return others
    far = found.nearest is not None and FAR_MORE * found.nearest[1] <= before
    return found if far else replace(found, nearest=None), dumps, kept


def _stream(words: Mapping[str, Ints], dump: Dumped) -> NDArray[np.int64]:
    """Return the words of a dumped node in a row, as its width holds them: a changed layer may compute wider ones."""
    return fitted(words[dump.node.name].reshape(-1), dump.node.format)


def _wrong(dumps: Sequence[Dumped], laid: dict[str, Alignment], words: Mapping[str, Ints]) -> int:
    return sum(int(laid[dump.node.name].wrong(dump, _stream(words, dump)).sum()) for dump in dumps)


def _difference(
    bundle: GraphBundle,
    dumps: Sequence[Dumped],
    chosen: dict[str, Alignment],
    expected: Mapping[str, Ints],
    order: Sequence[str],
) -> Difference | None:
    wrong = np.concatenate([_wrong_words(k, dump, chosen, expected, order) for k, dump in enumerate(dumps)])
    if not len(wrong):
        return None
    wrong = _in_time(wrong)
    row, _, neuron, at, k = wrong[0].tolist()
    dump = dumps[k]
    node, one, rows = dump.node, chosen[dump.node.name], wrong[:, 0]
    stimuli = bundle.stimuli
    presentation, step = stimuli.place(row)
    first, reached = (len(np.unique(neurons[neurons >= 0])) for neurons in (wrong[rows == row, 2], wrong[:, 2]))
    last = max(int(chosen[dump.node.name].expected.max()) // neurons_of(dump.node) for dump in dumps)
    course = f"spreads from {first} to {reached} neurons, " if reached > first else ""
    if rows[-1] < last:
        course += "heals after presentation {}, step {}".format(*stimuli.place(int(rows[-1])))
    else:
        course += "lasts to the end of what was compared"
    got = word_text(node.format, int(dump.words[one.got[at]])) if dump.defined[one.got[at]] else "undefined (x or z)"
    return Difference(
        node=node.stem,
        presentation=presentation,
        step=step,
        neuron=None if neuron < 0 else neuron,
        expected=word_text(node.format, int(_stream(expected, dump)[one.expected[at]])),
        got=got,
        words=len(wrong),
        steps=len(np.unique(rows)),
        neurons=reached,
        course=course,
    )


def _wrong_words(
    k: int, dump: Dumped, chosen: dict[str, Alignment], expected: Mapping[str, Ints], names: Sequence[str]
) -> NDArray[np.int64]:
    """Return of each word what `_places` does, with its place in the alignment before the dump."""
    one = chosen[dump.node.name]
    at = np.flatnonzero(one.wrong(dump, _stream(expected, dump)))
    return np.insert(_places(k, dump, one.expected[at], names), 3, at, axis=1)


def _missing(dump: Dumped, chosen: dict[str, Alignment]) -> NDArray[np.int64]:
    """Return the places of the stream of which a dump has no word, ascending."""
    present = np.zeros(math.prod(dump.node.shape), dtype=np.bool_)
    present[chosen[dump.node.name].expected] = True
    return np.flatnonzero(~present)


def _places(k: int, dump: Dumped, places: NDArray[np.int64], names: Sequence[str]) -> NDArray[np.int64]:
    """Return row, place in the order of a step, neuron (-1 of a register) and dump of each place of a stream."""
    rows, neurons = np.divmod(places, neurons_of(dump.node))
    if dump.node.register:
        neurons = np.full(len(places), -1)
    order = np.full(len(places), names.index(dump.node.name))
    return np.stack([rows, order, neurons, np.full(len(places), k)], axis=1)


def _in_time(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return places sorted by row, order in the step and neuron."""
    return places[np.lexsort(places[:, 2::-1].T)]


def _first_missing(bundle: GraphBundle, dumps: Sequence[Dumped], missing: NDArray[np.int64]) -> Place | None:
    if not len(missing):
        return None
    row, _, neuron, k = _in_time(missing)[0].tolist()
    return Place(dumps[k].node.stem, *bundle.stimuli.place(row), None if neuron < 0 else neuron)
