"""The colours of pictures as CSS variables, so that a page in dark mode draws them in colours of its own."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterable

from fxsnn.report.pictures import FAINT, FIXED, FLOAT, INK

# what dark mode draws in place of the colours of text, lines and areas; the same as the page's own, in report.css
_DARK = {
    INK: "#e6edf3",
    FAINT: "#7d8590",
    FLOAT: "#58b2f0",
    FIXED: "#ff8f40",
    "#ffffff": "#0d1117",
    "#e4e8ec": "#2a313a",
    "#d0d7de": "#39424d",
    "#eaeef2": "#1c232c",
    "#57606a": "#9aa4af",
}
_COLOUR = re.compile(r"(?<=: )#([0-9a-f]{6})(?![0-9a-f])")
_STYLE = re.compile(r'style="[^"]*"')


def themed(svg: str) -> str:
    """Return an SVG element whose colours are CSS variables, of which `colours` says what they are."""
    return _STYLE.sub(lambda found: _COLOUR.sub(r"var(--c\1)", found[0]), svg)


def colours(pictures: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return each variable of themed pictures with its colour in light and in dark mode."""
    names = sorted({name for svg in pictures for name in re.findall(r"var\(--c([0-9a-f]{6})\)", svg)})
    known = {light.lower(): dark for light, dark in _DARK.items()}
    return {f"--c{name}": (f"#{name}", known.get(f"#{name}") or lifted(f"#{name}")) for name in names}


def lifted(colour: str) -> str:
    """Return a colour of the same hue that is light enough for a dark page.

    >>> lifted("#440154"), lifted("#bddf26")
    ('#b84bd2', '#ccde7c')
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*(int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)))
    parts = colorsys.hls_to_rgb(hue, 0.5 + 0.35 * lightness, min(saturation, 0.6))
    return "#" + "".join(f"{round(255 * part):02x}" for part in parts)
