"""Two records of one configuration: what changed, what was asked for first, then the first word."""

from __future__ import annotations

from collections.abc import Iterator

from fxsnn.regress.record import SHORT, Record

ARRAYS = ("weights of ", "words of ")  # of networks of populations
MOST_KEYS = 4  # changed keys that are named, so that the line stays one that is read


def changes(before: Record, after: Record) -> list[str]:
    """Say in a few words each what changed; nothing where every word and everything asked for is the same."""
    lines = [*_keys(before.configuration, after.configuration)]
    if before.refused or after.refused:
        if before.refused != after.refused:
            lines.append(f"{before.refused or 'runs'} -> {after.refused or 'runs'}")
        return lines
    names = [name for name in after.constants if before.constants.get(name) != after.constants[name]]
    lines += [_constant(name, before, after) for name in names]
    if before.inputs != after.inputs:
        lines.append(f"input spikes of presentation {_place(before.inputs, after.inputs)} changed")
    first = first_node(before, after)
    if first:
        image, step, node = first
        lines.append(f"first node: {node} at presentation {image}, step {step}")
    count = sum(a != b for a, b in zip(_cut(before.responses), _cut(after.responses), strict=False))
    if count:
        lines.append(f"spike counts changed in {count} of {len(after.responses) // SHORT} presentations")
    if before.words != after.words and len(lines) == 0:
        lines.append("words changed, which short digests do not show")
    if before.spikes != after.spikes:
        lines.append(f"spikes {before.spikes:,} -> {after.spikes:,}")
    if (before.correct, before.images) != (after.correct, after.images):
        lines.append(f"accuracy {_accuracy(before)} -> {_accuracy(after)}")
    if lines and before.words == after.words:
        lines.append("every word is as recorded")
    return lines


def first_node(before: Record, after: Record) -> tuple[int, int, str] | None:
    """Return image, step and name of the first node that differs: by time, then as the nodes of a step follow."""
    for image, (old, new) in enumerate(zip(before.nodes, after.nodes, strict=False)):
        places = [
            (_place(old.get(name, ""), new.get(name, "")), rank, name)
            for rank, name in enumerate(new)  # as the nodes of a step follow
            if name in old and old[name] != new[name]
        ]
        if places:
            step, _, name = min(places)
            return image, step, name
    return None


def _place(before: str, after: str) -> int:
    pairs = zip(_cut(before), _cut(after), strict=False)
    shorter = min(len(before), len(after)) // SHORT
    return next((n for n, (old, new) in enumerate(pairs) if old != new), shorter)


def _cut(digests: str) -> list[str]:
    return [digests[n : n + SHORT] for n in range(0, len(digests), SHORT)]


def _keys(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    for name in changed[:MOST_KEYS]:
        yield f"{name} {before.get(name, 'none')} -> {after.get(name, 'none')}"
    if len(changed) > MOST_KEYS:
        yield f"{len(changed) - MOST_KEYS} more keys changed"


def _constant(name: str, before: Record, after: Record) -> str:
    if name in ("weights", "theta") or name.startswith(ARRAYS):  # recorded by their digests
        return f"{name} changed"
    return f"{name} word {before.constants.get(name, 'none')} -> {after.constants[name]}"


def _accuracy(one: Record) -> str:
    return "not measured" if one.correct is None else f"{one.correct}/{one.images}"
