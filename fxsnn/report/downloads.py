"""What a report draws as tables, which the page carries along: a CSV file for each, and one JSON file of all."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fxsnn.report.accuracies import accuracies
from fxsnn.report.story import Story, most_active

MOST_MARKS = 50_000  # spikes of the inputs that a page carries along; of more it carries none
_PAIRS = ("interval", "test_interval", "difference_interval", "test_difference_interval")


@dataclass(frozen=True, slots=True)
class Drawn:
    """The values of one picture or table of a report."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]


def drawn(story: Story) -> dict[str, Drawn]:
    """Return the values of everything a report draws, by the name of its section."""
    found = {
        "accuracies": _accuracies(story),
        "candidates": _candidates(story),
        "memory": _memory(story),
        "membranes": _membranes(story),
        "distributions": _distributions(story),
        "spikes": _spikes(story),
        "confusion": _confusion(story),
    }
    return found | ({"significance": _significance(story)} if story.significance else {})


def csv_link(values: Drawn) -> str:
    """Return a table as a data URI of a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(values.columns)
    writer.writerows(values.rows)
    return _link("text/csv", text.getvalue())


def json_link(story: Story, tables: Mapping[str, Drawn]) -> str:
    """Return everything a report draws as a data URI of one JSON file."""
    content = {
        "title": story.title,
        "summary": story.summary,
        "settings": dict(story.facts),
        "step": {name: list(lines) for name, lines in story.steps.items()},
        **{name: {"columns": found.columns, "rows": found.rows} for name, found in tables.items()},
    }
    return _link("application/json", json.dumps(content, separators=(",", ":")) + "\n")


def _link(kind: str, text: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}"


def _accuracies(story: Story) -> Drawn:
    names = ("use", "data", "samples", "float", "float_low", "float_high", "fixed", "fixed_low", "fixed_high")
    rows = [
        (
            *(row.use, row.data, row.samples, row.floating, *row.floating_interval),
            *(row.fixed, *(row.fixed_interval or (None, None))),
            *(row.difference, *(row.difference_interval or (None, None)), row.ties),
        )
        for row in accuracies(story)
    ]
    return Drawn((*names, "difference", "difference_low", "difference_high", "within_noise"), rows)


def _candidates(story: Story) -> Drawn:
    flat = [dict(_flat(candidate)) for candidate in story.candidates]
    columns = tuple(dict.fromkeys(name for row in flat for name in row))
    return Drawn(columns, [[row.get(name) for name in columns] for row in flat])


def _flat(candidate: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in candidate.items():
        if name == "formats":
            yield from ((f"format of {signal}", text) for signal, text in value.items())
        elif name in _PAIRS:
            yield from zip((f"{name}_low", f"{name}_high"), value, strict=True)
        else:
            yield name, value


def _memory(story: Story) -> Drawn:
    names = ("name", "meaning", "words", "word", "bits", "allocated_bits")
    return Drawn(names, [[array.get(name) for name in names] for array in story.memory["arrays"]])


def _membranes(story: Story) -> Drawn:
    traces, neurons = story.traces, most_active(story.traces)
    names, columns = ["step"], [np.arange(len(traces["float_membrane"]))]
    for neuron in neurons:
        for which in ("float", "fixed"):
            names += [f"neuron {neuron} {which} membrane", f"neuron {neuron} {which} spike"]
            columns += [traces[f"{which}_membrane"][:, neuron], traces[f"{which}_spikes"][:, neuron]]
    return Drawn(tuple(names), list(zip(*(column.tolist() for column in columns), strict=True)))


def _distributions(story: Story) -> Drawn:
    rows = [
        (found.signal, *bar)
        for found in story.distributions
        for bar in zip(
            found.edges[:-1].tolist(),
            found.edges[1:].tolist(),
            found.float_counts.tolist(),
            found.fixed_counts.tolist(),
            strict=True,
        )
    ]
    return Drawn(("signal", "from", "to", "float_values", "fixed_values"), rows)


def _spikes(story: Story) -> Drawn:
    names = ["input"] if np.count_nonzero(story.traces["input"]) <= MOST_MARKS else []
    rows = []
    for name in (*names, "float_spikes", "fixed_spikes"):
        steps, neurons = np.nonzero(story.traces[name])
        of = name.removesuffix("_spikes")
        rows += [(of, step, neuron) for step, neuron in zip(steps.tolist(), neurons.tolist(), strict=True)]
    return Drawn(("of", "step", "neuron"), rows)


def _confusion(story: Story) -> Drawn:
    counts = story.confusion
    rows = [(true, answer, int(count)) for (true, answer), count in np.ndenumerate(counts)]
    return Drawn(("true", "answer", "count"), rows)


def _significance(story: Story) -> Drawn:
    names = ("group", "kind", "rounding", "bits", "format", "accuracy", "interval", "difference", "difference_interval")
    assert story.significance  # noqa: S101  (asked for only where there is one)
    rows = [dict(_flat({name: getattr(point, name) for name in names})) for point in story.significance.sweeps]
    columns = tuple(rows[0])
    return Drawn(columns, [list(row.values()) for row in rows])
