"""What `golden diff` found, as people read it."""

from __future__ import annotations

from fxsnn.errors import many
from fxsnn.golden.diff import Diff, Difference, Place

MOST_PARTS = 3  # changes that explain some of the nodes are reported, the others counted


def lines(result: Diff) -> list[str]:
    """Return the result as people read it, a line a finding, the first difference first."""
    wrong = result.difference
    report = [f"narrow    {text}" for text in result.narrow]
    report += [f"size      {text}" for text in result.sizes]
    report += [f"all {result.words:,} words match"] if wrong is None else _difference_lines(wrong, result.words)
    report += [f"undefined {name}: {bad:,} of {words:,} words are x or z" for name, bad, words in result.undefined]
    report += [
        f"offset    {name} dump is {abs(late)} words {'late' if late > 0 else 'early'}" for name, late in result.late
    ]
    if first := result.first_missing:
        report.append(
            f"missing   {result.missing:,} words of the dumped nodes were not dumped, the first: {_named(first)}"
        )
    if result.extra:
        report.append(f"extra     {result.extra:,} words behind the last that is expected were not compared")
    report += [f"note      {note}" for note in result.notes]
    return report if wrong is None else report + _explained(result)


def _explained(result: Diff) -> list[str]:
    """Return what explains a difference, every change on a line."""
    if result.causes:
        return [f"cause     {name}" for name in result.causes]
    hints = [f"in part   {' and '.join(nodes)} alone: {name}" for name, nodes in result.partly[:MOST_PARTS]]
    if (more := len(result.partly) - MOST_PARTS) > 0:
        hints.append(f"in part   and {more:,} more (--json)")
    if result.nearest:
        name, left = result.nearest
        hints.append(f"nearest   {name}: still different: {many(left, 'word')}")
    return ["cause     unknown: no change of the text, and no two of them, explain every word that differs", *hints]


def _named(place: Place) -> str:
    neuron = "" if place.neuron is None else f", neuron {place.neuron}"
    return f"{place.node}, presentation {place.presentation}, step {place.step}{neuron}"


def _difference_lines(wrong: Difference, words: int) -> list[str]:
    extent = f"{wrong.words:,} of {words:,} words, {many(wrong.steps, 'step')}, {many(wrong.neurons, 'neuron')}"
    return [
        f"first     {_named(wrong)}",
        f"expected  {wrong.expected}",
        f"got       {wrong.got}",
        f"differ    {extent}; {wrong.course}",
    ]
