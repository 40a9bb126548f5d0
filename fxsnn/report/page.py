"""The page: a story as one HTML file that needs nothing else; the same story gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fxsnn.io.files import write_text
from fxsnn.measure import firing
from fxsnn.measure.ties import listed
from fxsnn.report import story as texts
from fxsnn.report.accuracies import accuracies
from fxsnn.report.downloads import csv_link, drawn, json_link
from fxsnn.report.drawing import check_drawing
from fxsnn.report.story import Story, percent

PERCENTILES = ("0.1", "5", "50", "95", "99.9")  # those of signals' ranges that a page has room for


def write_report(path: Path, story: Story) -> None:
    """Write the report; a file that stood there is replaced, whole or not at all.

    Raises
    ------
    FileError
        The path is not one where a file can be written.
    """
    write_text(path, render(story))


def render(story: Story) -> str:
    """Return the report as the text of an HTML page."""
    check_drawing()
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # only a report needs it

    from fxsnn.report.theme import colours

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        name: getattr(texts, name) for name in ("percent", "span", "change", "points", "size", "share_in", "points_in")
    }
    environment.filters["formats_of"] = lambda candidate, signal: ", ".join(texts.formats_of(candidate, signal)) or "–"
    environment.filters |= {"number": _number, "bits": _bits, "share": _share}
    pictures = _pictures(story)
    tables = drawn(story)
    candidates, words = list(enumerate(story.candidates)), story.words
    sweeps = story.significance.sweeps if story.significance else ()
    front = sorted((c for c in candidates if c[1]["on_front"] or c[1]["chosen"]), key=lambda c: (c[1]["bits"], c[0]))
    rest = [c for c in candidates if c not in front]
    return environment.get_template("report.html").render(
        story=story,
        words=words,
        counts_spikes=any(candidate.get("spikes_per_image") is not None for candidate in story.candidates),
        has_thresholds=any(found.float_thresholds for found in story.distributions),
        choice=story.choice,
        place=next(n for n, candidate in candidates if candidate["chosen"]),
        front=front,
        tiny=min(candidate["bits"] for _, candidate in front) < 8192,  # of which a tenth of a KiB says too little
        candidates=[*front, *sorted(rest, key=lambda c: (-c[1]["accuracy"], c[1]["bits"], c[0]))],
        columns=_columns(story),
        headline=_headline(story),
        accuracies=accuracies(story),
        arrays=_arrays(story.memory),
        ties=_ties([candidate for _, candidate in front]),
        firing=firing.rows(story.firing, story.choice["scheme"], words.one) if story.firing else [],
        warning=firing.warning(story.firing, story.choice["scheme"], words.one) if story.firing else "",
        confusion=_confusion(story),
        activity=_activity(story),
        schemes=texts.SCHEMES,
        significance=story.significance,
        roundings=list(dict.fromkeys(point.rounding for point in sweeps)),
        percentiles=PERCENTILES,
        thresholds_differ="fixed_threshold" in story.traces,
        pictures=pictures,
        colours=colours(cut for cuts in pictures.values() for cut in cuts),
        files={name: csv_link(values) for name, values in tables.items()},
        everything=json_link(story, tables),
        fields=_fields(story),
    )


def _headline(story: Story) -> dict[str, Any]:
    """Return the accuracies that the headline compares: on test images where both are known."""
    choice, baseline = story.choice, story.baseline
    tested = "test_accuracy" in choice and "test_accuracy" in baseline
    prefix = "test_" if tested else ""
    return {
        "tested": tested,
        "on": _counted(baseline[f"{prefix}images"], "test " * tested, story),
        "chosen_on": _counted(baseline["images"], "", story),
        "fixed": choice[f"{prefix}accuracy"],
        "fixed_interval": choice[f"{prefix}interval"],
        "difference_interval": choice.get(f"{prefix}difference_interval"),
        "float": baseline[f"{prefix}accuracy"],
        "float_interval": baseline[f"{prefix}interval"],
    }


def _counted(images: int, what: str, story: Story) -> str:
    return f"{images:,} {what}{story.words.one if images == 1 else story.words.many}"


def _ties(candidates: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return, for each that others tie with, those others and its own name."""
    groups: dict[str, list[str]] = {}
    for candidate in candidates:
        if candidate.get("ties_with"):
            groups.setdefault(candidate["ties_with"], []).append(candidate["name"])
    return [(f"{listed(names)} {'is' if len(names) == 1 else 'are'}", other) for other, names in groups.items()]


def _columns(story: Story) -> dict[str, list[str]]:
    """Return the signals whose formats differ between candidates, and those that all share."""
    formats = [candidate["formats"] for candidate in story.candidates]
    names = list(dict.fromkeys(name for found in formats for name in found))
    weights = ("weight",) if "weight" in names else ()
    differ = [name for name in names if name in weights or len({found.get(name) for found in formats}) > 1]
    return {"differ": differ, "shared": [name for name in names if name not in differ]}


def _arrays(memory: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the memory table: each array as it is and with 32-bit words."""
    from fxsnn.measure.macro import Array
    from fxsnn.measure.memory import Memory, baseline

    keys = "name", "words", "word", "meaning"
    found = Memory(tuple(Array(*(entry[key] for key in keys)) for entry in memory["arrays"]))
    wide = {array.name: array.bits for array in baseline(found).arrays}
    return [
        {
            **entry,
            "wide": wide.get(entry["name"]),
            "part": entry["bits"] / wide[entry["name"]] if wide.get(entry["name"]) else None,
            "share": entry["bits"] / memory["bits"],
        }
        for entry in memory["arrays"]
    ]


def _confusion(story: Story) -> dict[str, Any]:
    counts = story.confusion
    totals, right = counts.sum(axis=1), counts.diagonal()
    off = counts - np.diag(right)
    worst = np.unravel_index(int(off.argmax()), off.shape)
    return {
        "images": int(counts.sum()),
        "accuracy": int(right.sum()) / max(1, int(counts.sum())),
        "rows": [
            {
                "cells": [(int(count), int(count) / max(1, int(total))) for count in row],
                "right": percent(int(row[true]) / int(total), 1) if total else "–",
            }
            for true, (row, total) in enumerate(zip(counts, totals, strict=True))
        ],
        "worst": (int(worst[0]), int(worst[1]), int(off.max())),
    }


def _activity(story: Story) -> dict[str, Any]:
    from fxsnn.report.activity import row_step

    traces = story.traces
    float_spikes, fixed_spikes = traces["float_spikes"], traces["fixed_spikes"]
    return {
        "steps": float_spikes.shape[0],
        "neurons": float_spikes.shape[1],
        "inputs": traces["input"].shape[1],
        "float": int(float_spikes.sum(dtype=np.int64)),
        "fixed": int(fixed_spikes.sum(dtype=np.int64)),
        "both": int(np.minimum(float_spikes, fixed_spikes).sum(dtype=np.int64)),
        "every": row_step(float_spikes.shape[1]),
    }


def _pictures(story: Story) -> dict[str, list[str]]:
    """Return each figure as SVG, cut for wide screens and for narrow ones."""
    # lazily: drawing costs half a second to import, and most commands draw nothing
    from fxsnn.report import activity, distributions, pictures, theme, trade_off
    from fxsnn.report.significance import significance_svg

    presented = f"for one {story.words.one} (class {story.traces['class']})"
    names = " and of ".join(f"the {found.signal}" for found in story.distributions)
    figures = {
        "trade_off": (trade_off.draw, "Accuracy over memory of all candidates, with the Pareto front and the choice."),
        "membranes": (activity.membranes, f"Membrane potentials of the most active {story.neurons}, {presented}."),
        "distributions": (distributions.draw, f"Histograms of {names}, float beside fixed, with the format's range."),
        "rasters": (activity.rasters, f"Spikes of inputs, float network and fixed-point network, {presented}."),
    }
    titles = {str(n): texts.describe(candidate) for n, candidate in enumerate(story.candidates)}
    made: dict[str, list[str]] = {}
    for name, (draw, alt) in figures.items():
        made[name] = []
        for cut in pictures.WIDTHS:
            with pictures.style(f"{name}-{cut}"):
                # a finger cannot hover: on a narrow screen a point is a link to its row, no more
                over = titles if name == "trade_off" and cut == "wide" else None
                made[name].append(pictures.svg_text(draw(story, cut), alt, cut, over))
    made["significance"] = [significance_svg(story.significance, cut) for cut in pictures.WIDTHS if story.significance]
    return {name: [theme.themed(cut) for cut in cuts] for name, cuts in made.items()}


def _bits(count: int | None) -> str:
    return "none" if count is None else f"{count:,}".replace("-", "−")


def _share(part: float, of: int = 1) -> str:
    """Return a share; one too small for these digits, but not 0, as less than the smallest."""
    share = part / max(1, of)
    return f"< 0.001{texts.NBSP}%" if 0 < share < 1e-5 else percent(share, 3)


def _number(value: float) -> str:
    """Return a value to four digits, with a minus sign that is one."""
    return f"{value:.4g}".replace("-", "−")


def _fields(story: Story) -> dict[str, Any]:
    if not story.weights_float.size:
        return {"pictures": []}
    from fxsnn.report.pictures import mosaic, tiles_across

    neurons = story.weights_float.shape[1]
    found = []
    for name, weights in (("float", story.weights_float), ("fixed", story.weights_fixed)):
        # not one scale for both: coarse words scale all of a neuron's weights, and that is not what to look for
        low, high = min(0.0, float(weights.min())), float(weights.max())
        found.append((name, mosaic(weights, low, high), low, high, len(np.unique(weights))))
    return {
        "pictures": found,
        "shown": min(neurons, tiles_across(neurons) ** 2),
        "neurons": neurons,
    }
