"""The figure of the distributions of states, float beside fixed, in a wide and a narrow cut."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from fxsnn.measure.distributions import Distribution
from fxsnn.report.pictures import DASHES, FIXED, FLOAT, INK, SHADE, WIDTHS
from fxsnn.report.story import Story

BOTTOM = 0.6  # of the axis of counts
NEAR = 0.6  # a rail further off than this many times the values' extent is stated in words
TITLES = {"membrane": "membrane, before the reset", "current": "synaptic current"}
BRACKET: dict[str, Any] = {"linewidth": 1.6, "marker": "|", "markersize": 7, "markeredgewidth": 1.6}


def draw(story: Story, cut: str) -> Figure:
    """Draw a histogram of each signal, counts on a logarithmic scale, with format and firing thresholds."""
    found = story.distributions
    figure = Figure(figsize=(WIDTHS[cut], 0.5 + (2.35 if cut == "wide" else 2.5) * len(found)))
    panels = figure.subplots(len(found), 1, squeeze=False)[:, 0]
    for axes, values in zip(panels, found, strict=True):
        _draw_counts(axes, values)
        _draw_thresholds(axes, values)
        far = _draw_format(axes, values)
        title = f"{TITLES.get(values.signal, values.signal)}, {values.format.describe()}"
        axes.set_title(f"{title}: {far}" if far and cut == "wide" else title)
        axes.set_ylabel("values")
    panels[-1].set_xlabel("value [network units]")
    handles = [
        Patch(facecolor=FLOAT, alpha=0.3, label="float"),
        Line2D([], [], color=FIXED, linewidth=1.4, label="fixed"),
        Patch(facecolor=SHADE, label="outside the format"),
    ]
    if any(values.float_thresholds or values.fixed_thresholds for values in found):
        handles.append(Line2D([], [], **BRACKET, color=INK, label="firing thresholds"))
        handles.append(Line2D([], [], color=INK, linewidth=1, linestyle=DASHES, label="their median"))
    figure.legend(
        handles=handles, loc="outside upper right", ncols=5 if cut == "wide" else 2, columnspacing=1.0, handlelength=1.4
    )
    return figure


def _draw_counts(axes: Axes, values: Distribution) -> None:
    counted = (values.float_counts > 0) | (values.fixed_counts > 0)
    first, last = np.flatnonzero(counted)[[0, -1]]
    edges = values.edges[first : last + 2]
    axes.stairs(
        _drawn(values.float_counts[first : last + 1]), edges, fill=True, color=FLOAT, alpha=0.3, baseline=BOTTOM / 2
    )
    axes.stairs(_drawn(values.fixed_counts[first : last + 1]), edges, color=FIXED, linewidth=1.4, baseline=BOTTOM / 2)
    axes.set_yscale("log")
    axes.set_ylim(BOTTOM, 9 * max(int(values.float_counts.max()), int(values.fixed_counts.max())))
    axes.grid(visible=True, axis="y")


def _drawn(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return counts for a logarithmic axis: none lies below what is drawn of it."""
    return np.maximum(counts, BOTTOM / 2)


def _draw_thresholds(axes: Axes, values: Distribution) -> None:
    """Draw where neurons fire, a bracket and its median: both networks', each in its colour where they differ."""
    spreads = [spread for spread in (values.float_thresholds, values.fixed_thresholds) if spread]
    colours: tuple[str, ...] = (FLOAT, FIXED)
    if len(spreads) == 2 and np.allclose(spreads[0], spreads[1]):
        spreads, colours = spreads[:1], (INK,)
    for (low, middle, high), colour, height in zip(spreads, colours, (0.96, 0.9), strict=False):
        axes.plot(
            [low, high], [height, height], **BRACKET, color=colour, transform=axes.get_xaxis_transform(), zorder=4
        )
        axes.axvline(middle, color=colour, linewidth=1.1, linestyle=DASHES)


def _draw_format(axes: Axes, values: Distribution) -> str:
    """Shade what the format cannot hold; return what to say of an end too far off to be drawn."""
    lowest, highest = values.ends
    low, high = (pick(values.float_ends[n], values.fixed_ends[n]) for n, pick in ((0, min), (1, max)))
    for spread in (values.float_thresholds, values.fixed_thresholds):
        high = max(high, spread[2] if spread else high)
    extent = (high - low) or 1.0
    near = lowest >= low - NEAR * extent, highest <= high + NEAR * extent
    bottom, top = (min(low, lowest) if near[0] else low), (max(high, highest) if near[1] else high)
    margin = 0.03 * (top - bottom)
    axes.set_xlim(bottom - margin, top + margin)
    if near[0]:
        axes.axvspan(bottom - margin, lowest, color=SHADE, linewidth=0, zorder=0.4)
    if near[1]:
        axes.axvspan(highest, top + margin, color=SHADE, linewidth=0, zorder=0.4)
    off = [f"down to {lowest:g}".replace("-", "−")] * (not near[0]) + [f"up to {highest:g}"] * (not near[1])
    return f"holds {' and '.join(off)}" if off else ""
