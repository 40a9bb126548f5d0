from __future__ import annotations

import itertools
import math
import re
from fractions import Fraction

import numpy as np
import pytest
from fxpmath import Fxp
from hypothesis import example, given
from hypothesis import strategies as st

import reference
from command_line import long_with_jit
from fxsnn import (
    Format,
    Lfsr,
    Overflow,
    Rounding,
    cast,
    cast_counted,
    from_float,
    from_float_counted,
    to_float,
)
from fxsnn.errors import ConfigError, FormatError, OverflowDetectedError
from fxsnn.number.cast import cast_exact
from strategies import formats, lfsrs, overflows, roundings, words

DETERMINISTIC = [mode.value for mode in Rounding if mode is not Rounding.STOCHASTIC]
FITTING = [mode.value for mode in Overflow if mode is not Overflow.ERROR]


def plain(fmt: Format) -> tuple[int, int, bool]:
    return fmt.word, fmt.frac, fmt.signed


def assert_cast_equals_reference(
    raw: list[int], src: Format, dst: Format, rounding: str, overflow: str, lfsr: Lfsr
) -> None:
    draws = reference.Draws(lfsr.taps, lfsr.seed)
    expected = [reference.cast_word(r, plain(src), plain(dst), rounding, overflow, draws) for r in raw]
    got = cast_counted(raw, src, dst, rounding, overflow, lfsr=lfsr)
    assert got.raw.dtype == np.int64
    assert got.raw.tolist() == [e.raw for e in expected]
    assert (got.inexact, got.ties, got.overflows) == tuple(
        sum(column) for column in list(zip(*expected, strict=True))[1:]
    )


@long_with_jit
@pytest.mark.parametrize("overflow", FITTING)
@pytest.mark.parametrize("rounding", DETERMINISTIC)
def test_every_word_of_small_formats_is_cast_as_the_reference_does(rounding: str, overflow: str) -> None:
    small = [Format(word, frac, signed) for word in (1, 2, 5) for frac in (-2, 0, 3) for signed in (True, False)]
    for src, dst in itertools.product([*small, Format(6, 4)], small):
        assert_cast_equals_reference(list(range(src.lowest, src.highest + 1)), src, dst, rounding, overflow, Lfsr())


@given(st.data())
def test_cast_equals_reference_for_any_formats_and_modes(data: st.DataObject) -> None:
    src, dst = data.draw(formats()), data.draw(formats())
    raw = data.draw(st.lists(words(src), min_size=1, max_size=8))
    assert_cast_equals_reference(raw, src, dst, data.draw(roundings), data.draw(overflows), data.draw(lfsrs()))


@given(st.data())
def test_casts_near_the_machine_word_equal_the_reference(data: st.DataObject) -> None:
    src = Format(data.draw(st.integers(60, 63)), 0, data.draw(st.booleans()))
    dst = Format(data.draw(st.integers(58, 63)), data.draw(st.integers(-66, 3)), data.draw(st.booleans()))
    raw = data.draw(st.lists(words(src), min_size=1, max_size=8))
    assert_cast_equals_reference(raw, src, dst, data.draw(roundings), data.draw(overflows), data.draw(lfsrs()))


FXPMATH_ROUNDING = {
    "floor": "floor",
    "zero": "fix",
    "ceil": "ceil",
    "nearest-up": "nearest_posinf",
    "nearest-down": "nearest_neginf",
    "nearest-zero": "nearest_zero",
    "nearest-away": "nearest_away",
    "nearest-even": "around",
}


@pytest.mark.parametrize("overflow", ["saturate", "wrap"])
@pytest.mark.parametrize("rounding", FXPMATH_ROUNDING)
def test_cast_equals_fxpmath_where_it_has_the_mode(rounding: str, overflow: str) -> None:
    src = Format(10, 6)
    raw = np.arange(src.lowest, src.highest + 1)
    for dst in (Format(5, 3), Format(8, 0), Format(4, 2, signed=False), Format(12, 8), Format(6, 1)):
        other = Fxp(
            to_float(raw, src),
            signed=dst.signed,
            n_word=dst.word,
            n_frac=dst.frac,
            rounding=FXPMATH_ROUNDING[rounding],
            overflow=overflow,
        )
        assert cast(raw, src, dst, rounding, overflow).tolist() == other.val.astype(np.int64).tolist()


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite, min_size=1, max_size=6), formats(), roundings, overflows, lfsrs())
@example([5e-324, -5e-324, 1.7e308, -0.0], Format(8, 0), "ceil", "wrap", Lfsr())
def test_from_float_equals_the_exact_cast_of_the_float(
    x: list[float], dst: Format, rounding: str, overflow: str, lfsr: Lfsr
) -> None:
    draws = reference.Draws(lfsr.taps, lfsr.seed)
    whole = 1 << lfsr.width
    expected = [
        reference.cast_value(Fraction(value), *plain(dst), rounding, overflow, Fraction(draws.take(lfsr.width), whole))
        for value in x
    ]
    got = from_float_counted(x, dst, rounding, overflow, lfsr=lfsr)
    assert got.raw.tolist() == [e.raw for e in expected]
    assert (got.inexact, got.ties, got.overflows) == tuple(
        sum(column) for column in list(zip(*expected, strict=True))[1:]
    )


@given(st.fractions(), formats(), roundings, overflows, lfsrs())
def test_cast_exact_equals_the_reference(x: Fraction, dst: Format, rounding: str, overflow: str, lfsr: Lfsr) -> None:
    draw = Fraction(reference.Draws(lfsr.taps, lfsr.seed).take(lfsr.width), 1 << lfsr.width)
    expected = reference.cast_value(x, *plain(dst), rounding, overflow, draw)
    assert cast_exact(x, dst, rounding, overflow, lfsr) == tuple(expected)


def test_integers_given_as_real_numbers_are_not_squeezed_through_float64() -> None:
    big = 2**63 - 1
    assert from_float(big, Format(63, 0, signed=False), "floor").tolist() == big
    assert from_float(-(2**63), Format(62, -2), "floor").tolist() == -(2**61)
    assert cast(2**63 - 1, Format(63, 0, signed=False), Format(63, 0, signed=False)).tolist() == 2**63 - 1


def test_infinities_saturate() -> None:
    fmt = Format.parse("Q4.4")
    assert from_float([math.inf, -math.inf], fmt).tolist() == [127, -128]
    assert from_float([math.inf, -math.inf], fmt, overflow="saturate-symmetric").tolist() == [127, -127]
    assert from_float([math.inf, -math.inf], fmt, overflow="saturate-zero").tolist() == [0, 0]


@pytest.mark.parametrize(
    ("x", "overflow", "message"),
    [
        (math.nan, "saturate", "x must hold numbers, not NaN"),
        (math.inf, "wrap", "x must be finite where overflow is 'wrap', not infinite"),
        ("1.5", "saturate", "x must hold float64 or narrower or integers, not <U3"),
        (1j, "saturate", "x must hold float64 or narrower or integers, not complex128"),
    ],
)
def test_from_float_refuses_what_has_no_word(x: object, overflow: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        from_float(x, Format.parse("Q4.4"), overflow=overflow)  # type: ignore[arg-type]
    assert str(error.value) == message


def test_words_outside_their_format_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^raw words of Q2\.6 \(s8\) must be -128 to 127, not 128$"):
        cast([0, 128], Format.parse("Q2.6"), Format.parse("Q2.2"))
    with pytest.raises(ConfigError, match=r"^raw words must be integers of at most 64 bits, not float64$"):
        cast([0.5], Format.parse("Q2.6"), Format.parse("Q2.2"))


def test_overflow_error_names_the_format_and_how_many() -> None:
    with pytest.raises(OverflowDetectedError, match=r"^all values must lie in Q2\.2 \(s4\), -2 to 1\.75; 2 did not$"):
        cast([100, 0, -120], Format.parse("Q4.4"), Format.parse("Q2.2"), overflow="error")
    assert cast([28, -32], Format.parse("Q4.4"), Format.parse("Q2.2"), overflow="error").tolist() == [7, -8]


def test_shape_is_kept() -> None:
    src, dst = Format.parse("Q4.4"), Format.parse("Q4.2")
    assert cast(np.zeros((2, 0, 3), dtype=int), src, dst).shape == (2, 0, 3)
    assert cast(np.ones((2, 3), dtype=np.int8), src, dst).shape == (2, 3)
    assert cast(7, src, dst).shape == ()


# UG1399 (AMD Vitis HLS), chapters "Quantization Modes" and "Overflow Modes"
@pytest.mark.parametrize(
    ("x", "fmt", "rounding", "overflow", "value"),
    [
        (19, "Q4.0", "AP_RND", "AP_SAT", 7),
        (-19, "Q4.0", "AP_RND", "AP_SAT", -8),
        (-19, "Q4.0", "AP_RND", "AP_SAT_SYM", -7),
        (19, "UQ4.0", "AP_RND", "AP_SAT", 15),
        (-19, "UQ4.0", "AP_RND", "AP_SAT", 0),
        (19, "Q4.0", "AP_RND", "AP_WRAP", 3),
        (-19, "Q4.0", "AP_RND", "AP_WRAP", -3),
        (1.25, "Q2.1", "AP_RND", "AP_SAT", 1.5),
        (-1.25, "Q2.1", "AP_RND", "AP_SAT", -1.0),
        (-1.25, "Q2.1", "AP_RND_MIN_INF", "AP_SAT", -1.5),
        (1.25, "Q2.1", "AP_RND_CONV", "AP_SAT", 1.0),
        (-1.25, "Q2.1", "AP_TRN", "AP_SAT", -1.5),
        (-1.25, "Q2.1", "AP_TRN_ZERO", "AP_SAT", -1.0),
    ],
)
def test_published_examples_of_ap_fixed(x: float, fmt: str, rounding: str, overflow: str, value: float) -> None:
    parsed = Format.parse(fmt)
    assert to_float(from_float(x, parsed, rounding, overflow), parsed) == value


def test_stochastic_rounding_is_unbiased_over_a_period() -> None:
    lfsr = Lfsr((7, 6), 1)
    src, dst = Format(16, 3), Format(16, 0)
    words = cast(np.full(127 * 8, 11), src, dst, "SR", lfsr=lfsr)  # 11/8 = 1.375
    assert set(words.tolist()) == {1, 2}
    assert abs(words.mean() - 1.375) < 0.01


@pytest.mark.parametrize("name", ["trunc", "TRUNC"])
def test_the_ambiguous_name_is_refused(name: str) -> None:
    with pytest.raises(
        FormatError,
        match="^rounding 'trunc' means floor to an RTL engineer and zero to NumPy: say 'floor' or 'zero'$",
    ):
        Rounding.parse(name)


def test_a_format_may_be_given_by_its_name() -> None:
    fine, coarse = Format.parse("Q2.6"), Format.parse("Q2.3")
    assert from_float([0.7, -9.0], "Q2.6").tolist() == from_float([0.7, -9.0], fine).tolist()
    assert from_float_counted(0.7, "Q2.6").inexact == from_float_counted(0.7, fine).inexact == 1
    assert cast([45, -3], "Q2.6", "Q2.3", "floor").tolist() == cast([45, -3], fine, coarse, "floor").tolist()
    assert cast_counted([45], "Q2.6", "sfix5_En3").raw.tolist() == cast_counted([45], fine, coarse).raw.tolist()
    assert to_float([45], "Q2.6").tolist() == to_float([45], fine).tolist()


def test_a_name_of_no_format_is_refused() -> None:
    said = "a format must read like Q2.6 (signed) or UQ0.8 (unsigned), not 'Q2'"
    for wrong in (lambda: to_float([1], "Q2"), lambda: from_float(1.0, "Q2"), lambda: cast(1, "Q2", "Q2.6")):
        with pytest.raises(FormatError, match=f"^{re.escape(said)}$"):
            wrong()
