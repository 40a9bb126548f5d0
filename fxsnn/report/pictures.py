"""From figures and arrays to text that stands in a page: SVG without foreign references, PNG as a data URI."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from typing import Any, cast

import matplotlib as mpl
import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.image import imsave
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

FLOAT, FIXED, INK, FAINT = "#0072B2", "#D55E00", "#24292f", "#8c959f"  # the first two: Okabe and Ito's palette
SHADE = "#d0d7de"  # of what a format cannot hold
DASHES = (0, (5, 3))
WIDTHS = {"wide": 10.0, "narrow": 4.3}  # inches; the page shows the cut that fits the screen

_STYLE = {
    "svg.fonttype": "none",  # text stays text: small, selectable, in the page's font
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#e4e8ec",
    "grid.linewidth": 0.7,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


@contextmanager
def style(name: str) -> Iterator[None]:
    """Draw in the report's style, whatever the user's own matplotlibrc says; `name` keeps identifiers apart."""
    settings: dict[Any, Any] = {k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith("backend")}
    with mpl.rc_context(settings | _STYLE | {"svg.hashsalt": name}):
        yield


def svg_text(figure: Figure, alt: str, kind: str, titles: Mapping[str, str] | None = None) -> str:
    """Return the figure as an SVG element: the same figure, the same text.

    kind      the element's CSS class
    titles    for a mark whose gid is `<key>@<anything>`: what to show when the pointer is over it
    """
    settle(figure)
    svg = io.StringIO()
    figure.savefig(svg, format="svg", dpi=220, metadata={"Date": None})
    text = svg.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    box = re.search(r'viewBox="([^"]*)"', text)
    role = "group" if titles else "img"  # what is in an img is hidden from screen readers
    head = (
        f'<svg class="{kind}" role="{role}" aria-label="{escape(alt)}" viewBox="{box[1] if box else ""}" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    text = re.sub(r"^<svg[^>]*>", lambda _: head, text)
    if titles:
        text = re.sub(
            r'<g id="([^"@]*)@[^"]*">',
            lambda found: f'<g class="mark"><title>{escape(titles[found[1]])}</title>',
            text,
        )
    # links for a pointer; the keyboard has those of the table, which are fewer
    text = text.replace("<a xlink:href", '<a tabindex="-1" xlink:href')
    # matplotlib numbers every figure's parts from 1: what nobody refers to goes, so that no two are equal
    referred = set(re.findall(r"#([\w-]+)", text))
    text = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in referred else "", text)
    return re.sub(r"\n\s*", "\n", text)


def settle(figure: Figure) -> None:
    """Lay the figure out and round the result: the solver's last bits differ from run to run."""
    ConstrainedLayoutEngine().execute(figure)
    for axes in figure.axes:
        x, y, width, height = (round(float(edge), 5) for edge in axes.get_position().bounds)
        axes.set_position((x, y, width, height))


def mosaic(weights: NDArray[np.float64], low: float, high: float) -> str:
    """Return the first neurons' weights as tiles of one grey image, a PNG in a data URI.

    weights    float64[inputs, neurons]; `low` is white, `high` black
    """
    inputs, neurons = weights.shape
    side = int(np.ceil(np.sqrt(inputs)))
    across = tiles_across(neurons)
    down = -(-min(neurons, across * across) // across)
    sheet = np.full((down * (side + 1) + 1, across * (side + 1) + 1), np.nan)
    for tile in range(min(neurons, across * across)):
        field = np.full(side * side, low)
        field[:inputs] = weights[:, tile]
        top, left = (1 + (tile // across) * (side + 1), 1 + (tile % across) * (side + 1))
        sheet[top : top + side, left : left + side] = field.reshape(side, side)
    shade = np.ma.masked_invalid((sheet - low) / (high - low if high > low else 1.0))
    greys = colormaps["Greys"].with_extremes(bad="#9fc5e0")
    png, unsigned = io.BytesIO(), cast("dict[str, str]", {"Software": None})  # None: do not write the version
    imsave(png, greys(shade, bytes=True), format="png", metadata=unsigned)
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()


def tiles_across(neurons: int) -> int:
    """Return how many tiles a mosaic has in a row: at most ten, and about as many rows."""
    return min(10, int(np.ceil(np.sqrt(neurons))))
