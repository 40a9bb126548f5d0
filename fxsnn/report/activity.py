"""The figures of one presented image, or recording: membranes and spikes, float beside fixed, in either cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from fxsnn.errors import many
from fxsnn.report.pictures import DASHES, FIXED, FLOAT, INK, SHADE, WIDTHS
from fxsnn.report.story import Story, most_active

MOST_ROWS = 400  # neurons whose spikes are drawn; of more, evenly many are left out
FAR = 1.0  # a rail further off than this many times the drawn values' extent would squeeze them


def membranes(story: Story, cut: str) -> Figure:
    """Draw the most active neurons' membranes, float and fixed, with threshold and the format's range."""
    traces = story.traces
    neurons = most_active(traces)
    bars = {"float": traces["threshold"], "fixed": traces.get("fixed_threshold", traces["threshold"])}
    values = [traces[f"{name}_membrane"][:, neurons].ravel() for name in bars] + [bar[neurons] for bar in bars.values()]
    figure = Figure(figsize=(WIDTHS[cut], 0.9 + 1.75 * len(neurons)))
    panels = figure.subplots(len(neurons), 1, sharex=True, squeeze=False)[:, 0]
    for axes, neuron in zip(panels, neurons, strict=True):
        _draw_neuron(axes, traces, {name: float(bar[neuron]) for name, bar in bars.items()}, neuron)
        # one scale for all panels: they can be compared
        ends = float(traces.get("lowest", -np.inf)), float(traces.get("highest", np.inf))
        far = _draw_range(axes, np.concatenate([*values, [0.0]]), *ends)
        if far and cut == "wide":  # where there is room; the caption tells the range too
            axes.set_title(far, loc="right", fontsize=8, color="#57606a")
    panels[-1].set_xlabel("time [steps]")
    panels[-1].xaxis.set_major_locator(MaxNLocator(9, integer=True))
    handles = [
        *panels[0].get_legend_handles_labels()[0],
        Line2D([], [], color=INK, linewidth=1, linestyle=DASHES, label="threshold"),
    ]
    if "lowest" in traces:
        handles.append(Line2D([], [], color=SHADE, linewidth=7, label="outside the format"))
    figure.legend(handles=handles, loc="outside upper right", ncols=4, columnspacing=1.0, handlelength=1.4)
    return figure


def _draw_neuron(axes: Axes, traces: Mapping[str, Any], bars: Mapping[str, float], neuron: int) -> None:
    fired = {}
    for name, colour, width, alpha in (("float", FLOAT, 3.4, 0.45), ("fixed", FIXED, 0.9, 1.0)):
        membrane = traces[f"{name}_membrane"][:, neuron]
        axes.plot(membrane, color=colour, linewidth=width, alpha=alpha, label=name)
        fires = np.flatnonzero(traces[f"{name}_spikes"][:, neuron])
        if len(fires):  # marks that are none, and whole at the edge, would take all room
            axes.plot(fires, membrane[fires], linestyle="none", marker="o", markersize=4, color=colour, clip_on=False)
        fired[name] = int(traces[f"{name}_spikes"][:, neuron].sum(dtype=np.int64))
    if bars["float"] == bars["fixed"]:
        axes.axhline(bars["float"], color=INK, linewidth=1, linestyle=DASHES)
    else:
        for name, colour in (("float", FLOAT), ("fixed", FIXED)):
            axes.axhline(bars[name], color=colour, linewidth=1, linestyle=DASHES)
    axes.set_title(f"neuron {neuron}: {fired['float']} float, {fired['fixed']} fixed spikes")
    axes.set_ylabel("membrane [units]")
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.grid(visible=True, axis="y")
    axes.set_xlim(0, max(1, len(traces["float_membrane"]) - 1))


def _draw_range(axes: Axes, values: NDArray[np.float64], lowest: float, highest: float) -> str:
    """Shade what the format cannot hold; return what to say where that is too far off to be shown."""
    low, high = float(values.min()), float(values.max())
    extent = (high - low) or 1.0
    near_top, near_bottom = highest <= high + FAR * extent, lowest >= low - FAR * extent
    bottom = min(low, lowest) if near_bottom else low
    top = max(high, highest) if near_top else high
    margin = 0.1 * max(top - bottom, extent)
    axes.set_ylim(bottom - margin, top + margin)
    if near_top:
        axes.axhspan(highest, top + margin, color=SHADE, linewidth=0)
    if near_bottom:
        axes.axhspan(bottom - margin, lowest, color=SHADE, linewidth=0)
    above, below = not near_top and bool(np.isfinite(highest)), not near_bottom and bool(np.isfinite(lowest))
    off = [f"up to {highest:g}"] * above + [f"down to {lowest:g}".replace("-", "\u2212")] * below
    return f"format reaches {' and '.join(off)}" if off else ""


def rasters(story: Story, cut: str) -> Figure:
    """Draw the spikes of the inputs and of both networks; those that only one network has stand out."""
    traces, every = story.traces, row_step(story.traces["float_spikes"].shape[1])
    float_spikes, fixed_spikes = (traces[f"{name}_spikes"].astype(np.int64) for name in ("float", "fixed"))
    common = np.minimum(float_spikes, fixed_spikes)
    figure = Figure(figsize=(WIDTHS[cut], 6.6))
    top, middle, bottom = figure.subplots(3, 1, sharex=True, height_ratios=(1.2, 1, 1))
    _draw_spikes(top, traces["input"] > 0, INK, 0.9)
    top.set_title(f"input: {many(int(traces['input'].sum(dtype=np.int64)), story.words.input)}")
    top.set_ylabel("input")
    for axes, name, ours, colour in ((middle, "float", float_spikes, FLOAT), (bottom, "fixed", fixed_spikes, FIXED)):
        more = ours > common
        _draw_spikes(axes, (ours > 0) & ~more, INK, 3.5 if every == 1 else 1.8, every)
        _draw_spikes(axes, more, colour, 4.5 if every == 1 else 2.2, every)
        axes.set_title(
            f"{name} output: {many(int(ours.sum()), 'spike')}, {int((ours - common).sum()):,} only here (coloured)"
        )
        axes.set_ylabel("neuron")
    bottom.set_xlabel("time [steps]")
    bottom.xaxis.set_major_locator(MaxNLocator(9, integer=True))
    bottom.set_xlim(-0.5, len(float_spikes) - 0.5)
    for axes, what in ((top, traces["input"]), (middle, float_spikes), (bottom, fixed_spikes)):
        margin = 0.5 + 0.03 * what.shape[1]  # a mark on the edge stays whole
        axes.set_ylim(-margin, what.shape[1] - 1 + margin)
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    figure.align_ylabels()
    return figure


def row_step(neurons: int) -> int:
    """Return which neurons' spikes are drawn: every so many one."""
    return -(-neurons // MOST_ROWS)


def _draw_spikes(axes: Axes, spikes: NDArray[np.bool_], colour: str, height: float, every: int = 1) -> None:
    steps, rows = np.nonzero(spikes[:, ::every])
    sources = rows * every
    # thousands of marks are smaller as pixels
    marks: dict[str, Any] = {"linestyle": "none", "marker": "o", "markeredgewidth": 0, "rasterized": len(steps) > 1000}
    axes.plot(steps, sources, **marks, color=colour, markersize=max(1.4, height))
