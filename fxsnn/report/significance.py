"""The figure of a significance sweep: accuracy against bits, a panel for each group and kind."""

from __future__ import annotations

import io
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from fxsnn.report.pictures import DASHES, FAINT, FIXED, FLOAT, INK, WIDTHS, settle, style, svg_text
from fxsnn.report.story import percent
from fxsnn.significance.result import KINDS, Kind, Rank, Significance

# colours that no kind of colour vision confuses with each other, the float line or the floor; and shapes
LOOKS = {"floor": ("#56B4E9", "s"), "nearest-up": ("#009E73", "o"), "stochastic": ("#CC79A7", "^")}
NAMES = {"floor": "TR, floor", "nearest-up": "RN, nearest-up", "stochastic": "SR, stochastic"}
COLUMNS = {"wide": 3, "narrow": 2}
TITLES: dict[Kind, str] = {"fractional": "fractional bits", "integer": "integer bits"}
_ROW = {"wide": 2.0, "narrow": 1.75}  # inches


def significance_svg(found: Significance, cut: str = "wide") -> str:
    """Return the figure as an SVG element that stands in a page or, as it is, in a file."""
    with style(f"significance-{cut}"):
        return svg_text(draw(found, cut), describe(found), cut)


def significance_png(found: Significance, cut: str = "wide") -> bytes:
    """Return the figure as a PNG on white."""
    png, unsigned = io.BytesIO(), {"Software": None}  # the version of what drew it is not written
    with style(f"significance-{cut}"):
        figure = draw(found, cut)
        settle(figure)
        figure.savefig(png, format="png", dpi=150, facecolor="white", metadata=unsigned)
    return png.getvalue()


def describe(found: Significance) -> str:
    """Return the figure in a sentence, for who cannot see it."""
    needs = ", ".join(
        f"{rank.group} {'more than was swept' if rank.bits is None else rank.bits}" for rank in found.ranking
    )
    learned = f" ({percent(found.learned.accuracy)} where it learned)" if found.learned else ""
    return (
        f"Accuracy against the fractional and against the integer bits of each group of parameters. Bits needed "
        f"within {percent(found.max_loss)} of the float network's {percent(found.baseline.accuracy)} on "
        f"{found.baseline.images:,} samples{learned}: {needs}."
    )


def draw(found: Significance, cut: str) -> Figure:
    """Draw first the fractional and then the integer sweeps, what matters most first; groups of learning below.

    A filled marker is of a width from which on all wider ones stay within the loss. The band is the 95 %
    interval of the difference to the float network, paired image by image.
    """
    across = COLUMNS[cut]
    parts = [[rank for rank in found.ranking if rank.learning is learning] for learning in (False, True)]
    blocks = [(ranks, kind, -(-len(ranks) // across)) for ranks in parts if ranks for kind in KINDS]
    rows = sum(down for *_, down in blocks)
    figure = Figure(figsize=(WIDTHS[cut], rows * _ROW[cut] + 0.5))
    panels = figure.subplots(rows, across, sharey=True, squeeze=False)
    low, high = _ends(found)
    first = 0
    for ranks, kind, down in blocks:
        for n, axes in enumerate(panels[first : first + down].ravel()):
            if n >= len(ranks):
                axes.set_visible(False)
                continue
            _draw_panel(axes, found, ranks[n], kind)
            axes.set_ylim(low, high)
            if n % across == 0:
                axes.set_ylabel("accuracy [%]")
        first += down
    figure.legend(handles=_legend(found), loc="outside lower center", ncols=3 if cut == "wide" else 2)
    return figure


def _draw_panel(axes: Axes, found: Significance, rank: Rank, kind: Kind) -> None:
    least, against = found.fewest[rank.group], found.float_accuracy(rank)
    # nothing more is dropped where integer bits are swept: the roundings are one line
    for rounding in least if kind == "fractional" else [next(iter(least))]:
        points = found.points(rank.group, kind, rounding)
        colour, shape = LOOKS.get(rounding, (INK, "D")) if kind == "fractional" else (INK, "o")
        bits = [point.bits for point in points]
        low, high = ([100 * (against + point.difference_interval[n]) for point in points] for n in (0, 1))
        axes.fill_between(bits, low, high, color=colour, alpha=0.22, linewidth=0)
        axes.plot(bits, [100 * point.accuracy for point in points], color=colour, linewidth=1.3, zorder=3)
        enough = getattr(least[rounding], kind)
        within = [point for point in points if enough is not None and point.bits >= enough]
        for marked, face in ((points[: len(points) - len(within)], "white"), (within, colour)):
            axes.plot(
                [point.bits for point in marked],
                [100 * point.accuracy for point in marked],
                linestyle="none",
                marker=shape,
                markersize=5,
                color=colour,
                markerfacecolor=face,
                zorder=4,
            )
    axes.axhline(100 * against, color=FLOAT, linewidth=1, linestyle=(0, (1, 2)), zorder=2)
    axes.axhline(100 * (against - found.max_loss), color=FIXED, linewidth=1, linestyle=DASHES, zorder=2)
    if kind == "integer":
        axes.axvline(rank.profiled, color=FAINT, linewidth=1, linestyle=(0, (2, 2)), zorder=1)
    axes.set_title(rank.group, fontweight="bold")
    axes.set_xlabel(TITLES[kind])
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))
    axes.grid(visible=True)


def _legend(found: Significance) -> list[Line2D]:
    roundings = dict.fromkeys(point.rounding for point in found.sweeps)
    plain: dict[str, Any] = {"linewidth": 1.3, "markersize": 5}
    lines = [
        Line2D(
            [],
            [],
            **plain,
            color=LOOKS.get(name, (INK, "D"))[0],
            marker=LOOKS.get(name, (INK, "D"))[1],
            label=NAMES.get(name, name).replace("$", r"\$"),
        )
        for name in roundings
    ]
    dot: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 5, "color": INK}
    return [
        *lines,
        Line2D([], [], **dot, label="within the loss, as are all wider"),
        Line2D([], [], **dot, markerfacecolor="white", label="loses more, or a wider one does"),
        Line2D(
            [],
            [],
            color=FLOAT,
            linewidth=1,
            linestyle=(0, (1, 2)),
            label=f"float {_against(found)}, {found.baseline.images:,} samples",
        ),
        Line2D([], [], color=FIXED, linewidth=1, linestyle=DASHES, label=f"floor {_against(found, found.max_loss)}"),
        Line2D([], [], color=FAINT, linewidth=1, linestyle=(0, (2, 2)), label="bits that hold the profiled values"),
    ]


def _against(found: Significance, less: float = 0.0) -> str:
    """Return what groups are measured against, less some loss: in inference, and in learning where it was swept."""
    accuracies = [found.baseline.accuracy, *([found.learned.accuracy] if found.learned else [])]
    return ", learning ".join(f"{100 * (accuracy - less):.2f} %" for accuracy in accuracies)


def _ends(found: Significance) -> tuple[float, float]:
    """Return the percentages between which all panels are drawn."""
    floats = (found.float_accuracy(rank) for rank in found.ranking)
    accuracies = [*floats, *(point.accuracy for point in found.sweeps)]
    return max(-2.0, 100 * min(accuracies) - 5), min(102.0, 100 * max(accuracies) + 5)
