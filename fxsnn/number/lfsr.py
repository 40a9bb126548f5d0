"""The declared shift register behind stochastic rounding; the bits come from `kernels/lfsr.py`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from fxsnn.errors import ConfigError
from fxsnn.kernels import lfsr

if TYPE_CHECKING:
    import numpy as np

_MASK64 = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Lfsr:
    """A Fibonacci LFSR: its polynomial's exponents in descending order, and its register at reset.

    The default is PRBS31 of ITU-T O.150, x^31 + x^28 + 1. The period is 2**width - 1 where the
    polynomial is primitive, which is not checked.
    """

    taps: tuple[int, ...] = (31, 28)
    seed: int = 0x5EED

    def __post_init__(self) -> None:
        taps = self.taps
        falling = all(a > b for a, b in pairwise(taps))
        if len(taps) < 2 or not falling or taps[-1] < 1 or taps[0] > lfsr.WIDTH_MAX:
            raise ConfigError(f"taps must be two or more falling exponents, {lfsr.WIDTH_MAX} to 1, not {list(taps)}")
        if not 1 <= self.seed < 1 << self.width:
            raise ConfigError(f"the seed of a {self.width}-bit LFSR must be 1 to 2**{self.width} - 1, not {self.seed}")

    @property
    def width(self) -> int:
        """Bits of the register."""
        return self.taps[0]

    @property
    def polynomial(self) -> str:
        """The polynomial as people write it: `x^31 + x^28 + 1`."""
        return " + ".join(f"x^{tap}" for tap in self.taps) + " + 1"

    def tap_array(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Return the exponents as int64[taps], as kernels take them."""
        import numpy as np  # here: the command line begins without it

        return np.array(self.taps, dtype=np.int64)

    def draw_bits(self, dropped: int) -> int:
        """Return how many fresh bits a cast takes that drops `dropped` bits: as many, at most the width."""
        return min(max(dropped, 0), self.width)

    def draws(self, bits: int) -> Iterator[int]:
        """Yield draws of `bits` fresh bits from reset on, without end."""
        state, taps = self.seed, self.tap_array()
        while True:
            state, draw = lfsr.draw(state, self.width, taps, bits)
            yield int(draw)

    def derive(self, stream: int) -> Lfsr:
        """Return the same register with the seed of another stream.

        Neighbouring seeds of an LFSR give the same sequence a few shifts apart; the seeds of
        streams 0, 1, ... are therefore scattered by the finaliser of splitmix64.
        """
        z = (self.seed + (stream + 1) * 0x9E3779B97F4A7C15) & _MASK64
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK64
        return Lfsr(self.taps, 1 + (z ^ (z >> 31)) % ((1 << self.width) - 1))

    def shifted(self, shifts: int) -> Lfsr:
        """Return the same register so many shifts later, or earlier where `shifts` is below 0."""
        if shifts >= 0:
            return Lfsr(self.taps, int(lfsr.shift_in(self.seed, self.width, self.tap_array(), shifts)))
        state = self.seed
        for _ in range(-shifts):  # the bit that was shifted out last follows from the newest and from the others
            out = state & 1
            for tap in self.taps[1:]:
                out ^= state >> tap & 1
            state = state >> 1 | out << self.width - 1
        return Lfsr(self.taps, state)
