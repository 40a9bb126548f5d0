"""Casts of a datapath that is written by hand, each proved to stay within the machine's word."""

from __future__ import annotations

from fxsnn.errors import WidthError
from fxsnn.kernels import rescale
from fxsnn.kernels.site import Site
from fxsnn.number.format import Format
from fxsnn.number.signal import Signal
from fxsnn.program.program import site_of
from fxsnn.program.wires import HIGHEST, LOWEST, Range, too_wide

PASS = Site(0, 0, 0, 0, 0, 0, LOWEST, HIGHEST, rescale.SATURATE, 0)  # casts nothing


class Proof:
    """Builds the sites of a datapath and refuses what could leave int64."""

    def __init__(self, lfsr_width: int) -> None:
        self.lfsr_width = lfsr_width
        self.lowest = self.highest = 0  # of all intermediates so far

    def check(self, operation: str, formats: str, bounds: Range) -> None:
        """Refuse an operation whose exact result could leave int64."""
        self.lowest, self.highest = min(self.lowest, bounds[0]), max(self.highest, bounds[1])
        if bounds[0] < LOWEST or bounds[1] > HIGHEST:
            raise too_wide(f"{operation} ({formats})", *bounds)

    def site(
        self,
        operation: str,
        into: Signal,
        first: tuple[Range, Format],
        other: tuple[Range, Format] | None = None,
        sign: str = "",
    ) -> Site:
        """Return the cast of first (+ or - other) into a signal."""
        fmt = into.format
        (bounds, source), names = first, first[1].describe()
        common = max(source.frac, other[1].frac if other else source.frac, fmt.frac)
        total = _shift(bounds, common - source.frac)
        left_other = 0
        if other:
            left_other = common - other[1].frac
            pulled = _shift(other[0], left_other)
            names += f" {sign} {other[1].describe()}"
            self.check(operation, names, pulled)
            low, high = pulled if sign == "+" else (-pulled[1], -pulled[0])
            total = total[0] + low, total[1] + high
        self.check(operation, f"{names} -> {fmt.describe()}", total)
        right = common - fmt.frac
        if right > rescale.SHIFT_MAX:
            raise WidthError(
                f"a cast must drop at most {rescale.SHIFT_MAX} bits, but {operation} ({names} -> {fmt.describe()}) "
                f"drops {right}"
            )
        return site_of(common - source.frac, left_other, right, into, self.lfsr_width)


def _shift(bounds: Range, left: int) -> Range:
    return bounds[0] << left, bounds[1] << left
