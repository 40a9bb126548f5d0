"""What hypothesis draws: formats, modes, registers and words, with their corners."""

from __future__ import annotations

from hypothesis import strategies as st

from fxsnn import Format, Lfsr, Overflow, Rounding

TAPS = ((7, 6), (9, 5), (15, 14), (16, 15, 13, 4), (23, 18), (31, 28), (32, 22, 2, 1), (61, 60, 46, 45))

roundings = st.sampled_from([mode.value for mode in Rounding])
overflows = st.sampled_from([mode.value for mode in Overflow if mode is not Overflow.ERROR])


def formats(max_word: int = 63, max_frac: int = 80) -> st.SearchStrategy[Format]:
    """Formats of 1 to max_word bits with -max_frac to max_frac fractional bits."""
    return st.builds(Format, st.integers(1, max_word), st.integers(-max_frac, max_frac), st.booleans())


def words(fmt: Format) -> st.SearchStrategy[int]:
    """Raw words of a format, corners often."""
    corners = [fmt.lowest, fmt.lowest + 1, -1, 0, 1, fmt.highest - 1, fmt.highest]
    return st.one_of(
        st.integers(fmt.lowest, fmt.highest),
        st.sampled_from([w for w in corners if fmt.lowest <= w <= fmt.highest]),
    )


@st.composite
def lfsrs(draw: st.DrawFn) -> Lfsr:
    """Registers of known polynomials with any seed."""
    taps = draw(st.sampled_from(TAPS))
    return Lfsr(taps, draw(st.integers(1, (1 << taps[0]) - 1)))
