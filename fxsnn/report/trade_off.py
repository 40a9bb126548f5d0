"""The figure of accuracy against memory, in a wide and a narrow cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from fxsnn.number.format import Format
from fxsnn.report.pictures import DASHES, FAINT, FIXED, FLOAT, INK, WIDTHS
from fxsnn.report.spreading import swarm
from fxsnn.report.story import Story, formats_of, percent

SHAPES = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
FILLS = ("full", "none", "left", "right", "top", "bottom")
ROUNDINGS = ("nearest-up", "floor", "stochastic", "RN", "TR", "SR")  # the first shapes and fills are theirs
HEADINGS = ("weight words", "rounding", "weights round", "states round", "marks", "longest weight word")
# what is drawn over a point: learned in integers; and round it: within noise of a smaller one of the front
DOT: dict[str, Any] = {"linestyle": "none", "marker": "o", "markerfacecolor": "white", "markeredgecolor": INK}
TIE: dict[str, Any] = {"linestyle": "none", "marker": "o", "fillstyle": "none", "color": FAINT, "markeredgewidth": 1}
KIB = 8 * 1024
_ROOM = {"wide": 0.75, "narrow": 0.85}  # about how much of a figure's width is the panels'


def draw(story: Story, cut: str) -> Figure:
    """Draw every candidate's accuracy over its memory; one panel around the floor, one of all if need be.

    The gid of a point is `<place in story.candidates>@<panel>`.
    """
    bottom, top = _close_up(story)
    whole = any(candidate["accuracy"] < bottom for candidate in story.candidates)
    figure = Figure(figsize=(WIDTHS[cut], (5.6 if cut == "wide" else 5.4) + 1.6 * whole))
    panels = figure.subplots(1 + whole, 1, sharex=True, squeeze=False, height_ratios=(3, 1) if whole else None)[:, 0]
    look = _Look(story.candidates)
    height = 72 * (float(figure.get_figheight()) - (1.2 if cut == "wide" else 2.2))
    ends = [(bottom, top, height * (0.75 if whole else 1)), (0, 1.02, height / 4)]
    width = 72 * WIDTHS[cut] * _ROOM[cut]
    places = [_spread(story, width, *ends[n], 5 if cut == "wide" and n == 0 else 2) for n in range(len(panels))]
    for n, axes in enumerate(panels):
        _draw_candidates(axes, story, look, n, places[n])
        axes.set_ylabel("accuracy [%]")
        axes.grid(visible=True)
    panels[0].set_ylim(100 * bottom, 100 * top)
    _memory_axis(panels[-1], story)
    _label(panels[0], story, _chosen(story, places[0]))
    if whole:
        panels[0].set_title("around the accuracy floor" if story.floor is not None else "around the choice")
        panels[1].set_title("all candidates (the shaded part is enlarged above)")
        panels[1].axhspan(100 * bottom, 100 * top, color="#eaeef2", zorder=0)
        panels[1].set_ylim(0, 102)
    groups, marks = look.legend(), look.marks()
    if cut == "wide":
        handles = [handle for group in (*groups, marks) for handle in group]
        legend = figure.legend(handles=handles, loc="outside right upper")
    else:
        if marks:  # below the shortest list: there is room for three columns
            min(groups, key=len).extend(marks)
        longest = max(len(group) for group in groups)
        blank = Line2D([], [], linestyle="none", label=" ")
        columns = [handle for group in groups for handle in (*group, *[blank] * (longest - len(group)))]
        legend = figure.legend(handles=columns, loc="outside lower center", ncols=len(groups), columnspacing=0.8)
    for text in legend.get_texts():
        if text.get_text() in HEADINGS:
            text.set_fontweight("bold")
    return figure


class _Look:
    """How a candidate is drawn: colour by the weights' word, shape and fill by the two roundings."""

    def __init__(self, candidates: Sequence[Mapping[str, Any]]) -> None:
        self.words = sorted({_weight_bits(candidate)[-1] for candidate in candidates})
        self.mixed = any(len(_weight_bits(candidate)) > 1 for candidate in candidates)
        self.pairs = {(candidate["weight_rounding"], candidate["state_rounding"]) for candidate in candidates}
        self.paired = all(weights == states for weights, states in self.pairs)
        self.integers = any(candidate["scheme"] == "ITQ" for candidate in candidates)
        self.ties = any(candidate["on_front"] and candidate.get("ties_with") for candidate in candidates)
        self.shapes = dict(zip(_ordered(weights for weights, _ in self.pairs), SHAPES * 9, strict=False))
        self.fills = dict(zip(_ordered(states for _, states in self.pairs), FILLS * 9, strict=False))
        places = np.linspace(0.9, 0.0, len(self.words)) if len(self.words) > 1 else [0.45]
        # from light (few bits) to dark (many): the order survives a grey print and every kind of colour vision
        self.colours = {word: to_hex(colormaps["viridis"](x)) for word, x in zip(self.words, places, strict=True)}

    def style(self, candidate: Mapping[str, Any]) -> dict[str, Any]:
        colour = self.colours[_weight_bits(candidate)[-1]]
        return {
            "linestyle": "none",
            "marker": self.shapes[candidate["weight_rounding"]],
            "fillstyle": self._fill(candidate["state_rounding"]),
            "color": colour,
            "markerfacecoloralt": "white",
        }

    def legend(self) -> list[list[Line2D]]:
        """Return the legend's entries, a heading first in each group."""
        plain: dict[str, Any] = {"linestyle": "none", "markersize": 6, "color": INK, "markerfacecoloralt": "white"}
        words = [
            Line2D(
                [], [], **plain | {"marker": "o", "color": self.colours[word]}, label=f"{word} bit{'s'[: word != 1]}"
            )
            for word in self.words
        ]
        shapes = [Line2D([], [], **plain, marker=shape, label=_plain(name)) for name, shape in self.shapes.items()]
        states = [
            Line2D([], [], **plain, marker="o", fillstyle=self._fill(name), label=_plain(name)) for name in self.fills
        ]
        named = [_heading(HEADINGS[5 if self.mixed else 0]), *words]
        if self.paired:
            return [named, [_heading(HEADINGS[1]), *shapes]]
        return [
            named,
            [_heading(HEADINGS[2]), *shapes],
            [_heading(HEADINGS[3]), *states],
        ]

    def marks(self) -> list[Line2D]:
        """Return the entries of what is drawn over and round points, a heading first, where anything is."""
        found = [Line2D([], [], **DOT, markersize=4, label="learned in integers (ITQ)")] if self.integers else []
        found += [Line2D([], [], **TIE, markersize=9, label="ties with a smaller one")] if self.ties else []
        return [_heading(HEADINGS[4]), *found] if found else []

    def _fill(self, states: str) -> Any:
        return "full" if self.paired else self.fills[states]


def _front(story: Story) -> list[int]:
    """Return the places of the candidates on the front, least memory first."""
    places = (n for n, candidate in enumerate(story.candidates) if candidate["on_front"])
    return sorted(places, key=lambda n: story.candidates[n]["bits"])


def _spread(story: Story, width: float, bottom: float, top: float, height: float, reach: int) -> list[float]:
    """Return where each candidate is drawn, in KiB: beside those of equal memory that it would cover.

    width, height    of the panel, in points, about; from accuracy `bottom` to `top`
    reach            as `swarm` takes it
    """
    low, high = _memory_ends(story)
    scale = width / np.log(high / low)
    x = scale * np.log(np.array([candidate["bits"] for candidate in story.candidates]) / (KIB * low))
    y = height * (np.array([candidate["accuracy"] for candidate in story.candidates]) - bottom) / (top - bottom)
    return [float(place) for place in low * np.exp(swarm(x, y, _front(story), 7.0, reach) / scale)]


def _draw_candidates(axes: Axes, story: Story, look: _Look, panel: int, places: Sequence[float]) -> None:
    front = [story.candidates[n] for n in _front(story)]
    x, y = [places[n] for n in _front(story)], [100 * c["accuracy"] for c in front]
    axes.plot(x, y, drawstyle="steps-post", color=INK, linewidth=1, zorder=2)
    if panel == 0:
        low, high = ([100 * c["interval"][n] for c in front] for n in (0, 1))
        axes.vlines(x, low, high, color=FAINT, linewidth=1, alpha=0.7, zorder=2)
    if story.floor is not None:
        axes.axhline(100 * story.floor, color=FIXED, linewidth=1, linestyle=DASHES, zorder=1)
    for n, candidate in enumerate(story.candidates):
        stands_out = candidate["on_front"] or candidate["chosen"]
        style = look.style(candidate)
        if stands_out:
            style["markeredgecolor"] = INK
        place = places[n], 100 * candidate["accuracy"]
        linked: dict[str, Any] = {"zorder": 4 if stands_out else 3, "url": f"#candidate-{n}"}
        if candidate["on_front"] and candidate.get("ties_with") and panel == 0:
            axes.plot(*place, **TIE, markersize=13, zorder=2)
        axes.plot(
            *place,
            **style,
            **linked,
            markersize=(8 if stands_out else 6) - 2 * (panel > 0),
            markeredgewidth=1.2,
            alpha=1 if stands_out else 0.75,
            gid=f"{n}@{panel}",
        )
        if candidate["scheme"] == "ITQ":
            axes.plot(*place, **DOT, **linked, markersize=3 - panel, markeredgewidth=0.7, gid=f"{n}@{panel}-dot")
    choice, baseline = story.choice, story.baseline
    ring: dict[str, Any] = {"linestyle": "none", "marker": "o", "fillstyle": "none", "color": FIXED, "zorder": 5}
    chosen = _chosen(story, places), 100 * choice["accuracy"]
    axes.plot(*chosen, **ring, markersize=17 - 6 * panel, markeredgewidth=2.2)
    x_float, y_float = baseline["bits"] / KIB, 100 * baseline["accuracy"]
    if panel == 0:
        axes.vlines(x_float, *(100 * bound for bound in baseline["interval"]), color=FLOAT, linewidth=1, zorder=2)
        axes.axhline(y_float, color=FLOAT, linewidth=1, linestyle=(0, (1, 2)), zorder=1)
    axes.plot(x_float, y_float, linestyle="none", marker="*", color=FLOAT, markersize=13 - 4 * panel, zorder=4)


def _chosen(story: Story, places: Sequence[float]) -> float:
    """Return where the choice is drawn, in KiB."""
    return next(places[n] for n, candidate in enumerate(story.candidates) if candidate["chosen"])


def _label(axes: Axes, story: Story, x: float) -> None:
    """Write at the lines and points what they are; `x` is where the choice is drawn."""
    boxed = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
    x_float, y_float = story.baseline["bits"] / KIB, 100 * story.baseline["accuracy"]
    axes.annotate(
        f"float, 32-bit words\n{percent(story.baseline['accuracy'])}",
        (x_float, y_float),
        (-8, 6),
        textcoords="offset points",
        color=FLOAT,
        ha="right",
        va="bottom",
        bbox=boxed,
        zorder=6,
    )
    low, high = axes.get_xlim()
    # up and to the left of the front there is nothing, unless the axis is near
    side = -1 if np.log(x / low) > 0.25 * np.log(high / low) else 1
    axes.annotate(
        f"chosen\n{percent(story.choice['accuracy'])}",
        (x, 100 * story.choice["accuracy"]),
        (-22, 24) if side < 0 else (10, 44),
        textcoords="offset points",
        color=FIXED,
        ha="right" if side < 0 else "left",
        weight="bold",
        bbox=boxed,
        arrowprops={"arrowstyle": "-", "color": FIXED, "shrinkB": 9},
        zorder=6,
    )
    if story.floor is None or story.floor <= 0:  # nothing is below it
        return
    axes.annotate(
        f"accuracy floor {percent(story.floor)}",
        (1, 100 * story.floor),
        (-4, -4),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        ha="right",
        va="top",
        color=FIXED,
        fontsize=8,
        bbox=boxed,
    )


def _close_up(story: Story) -> tuple[float, float]:
    """Return the accuracies between which the upper panel is drawn."""
    good = [c for c in story.candidates if c["on_front"] and c["meets_floor"]]
    highest = max(c["interval"][1] for c in (*good, story.choice, story.baseline))
    lowest = min(story.choice["interval"][0], story.baseline["interval"][0])
    lowest = lowest if story.floor is None else min(lowest, story.floor)
    margin = 0.12 * (highest - lowest) + 0.004
    return max(0.0, lowest - 3 * margin), min(1.02, highest + margin)


def _memory_ends(story: Story) -> tuple[float, float]:
    """Return the memories between which all panels are drawn, in KiB."""
    sizes = [entry["bits"] / KIB for entry in (*story.candidates, story.baseline)]
    low, high = min(sizes) / 1.25, max(sizes) * 1.35
    if high / low < 8:  # so that a few decimal ticks are in sight
        low, high = high / 8, high
    return low, high


def _memory_axis(axes: Axes, story: Story) -> None:
    low, high = _memory_ends(story)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks = [step * 10.0**decade for decade in range(-6, 12) for step in (1, 2, 5)]
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:,g}" if tick < 1e6 else f"{tick:.0e}"))
    axes.set_xlabel("memory of all stored arrays [KiB, logarithmic]")


def _weight_bits(candidate: Mapping[str, Any]) -> list[int]:
    """Return the words of the weights, which layers may have of their own, the longest last; 0 where there are none."""
    return sorted({Format.parse(text.split(" ")[0]).word for text in formats_of(candidate, "weight")}) or [0]


def _ordered(names: Iterable[str]) -> list[str]:
    known = {name: n for n, name in enumerate(ROUNDINGS)}
    return sorted(set(names), key=lambda name: (known.get(name, len(known)), name))


def _heading(text: str) -> Line2D:
    return Line2D([], [], linestyle="none", label=text)


def _plain(text: str) -> str:
    return text.replace("$", r"\$")  # no formulas in names
