from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import skip_with_jit
from fxsnn import Format, Rounding
from fxsnn.errors import FormatError
from strategies import formats

skip_with_jit()


@given(formats())
def test_a_format_survives_its_text(fmt: Format) -> None:
    assert Format.parse(str(fmt)) == fmt


@given(formats(), st.data())
def test_a_word_survives_its_bits(fmt: Format, data: st.DataObject) -> None:
    raw = data.draw(st.integers(fmt.lowest, fmt.highest))
    assert fmt.from_bits(int(fmt.to_hex(raw), 16)) == raw
    assert len(fmt.to_hex(raw)) == -(-fmt.word // 4)


@pytest.mark.parametrize(
    ("text", "word", "frac", "signed"),
    [
        ("Q2.6", 8, 6, True),
        ("UQ0.8", 8, 8, False),
        ("Q-1.9", 8, 9, True),
        ("Q10.-2", 8, -2, True),
        ("fxp-s16/8", 16, 8, True),
        ("fxp-u8/9", 8, 9, False),
        ("sfix16_En8", 16, 8, True),
        ("ufix8_E2", 8, -2, False),
        ("sfix8", 8, 0, True),
    ],
)
def test_spellings_of_a_format(text: str, word: int, frac: int, signed: bool) -> None:
    assert Format.parse(text) == Format(word=word, frac=frac, signed=signed)


def test_the_sign_bit_is_counted_in_the_integer_bits() -> None:
    assert Format.parse("Q1.7").describe() == "Q1.7 (s8)"
    assert (Format.parse("Q1.7").lowest, Format.parse("Q1.7").highest) == (-128, 127)
    assert Format.parse("Q1.7").value(-128) == -1
    assert Format.parse("Q10.-2").step == 4
    assert Format.parse("UQ1.7").value(255) == Fraction(255, 128)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Q0.0", "word must be 1 to 63 bits, not 0"),
        ("Q32.32", "word must be 1 to 63 bits, not 64"),
        ("Q2.99999", "word must be 1 to 63 bits, not 100001"),
        ("Q-99990.99999", "frac must be -10000 to 10000 bits, not 99999"),
        ("8.8", "a format must read like Q2.6 (signed) or UQ0.8 (unsigned), not '8.8'"),
        ("Q2.6 ", "a format must read like Q2.6 (signed) or UQ0.8 (unsigned), not 'Q2.6 '"),
        ("", "a format must read like Q2.6 (signed) or UQ0.8 (unsigned), not ''"),
    ],
)
def test_a_text_that_is_no_format_is_refused(text: str, message: str) -> None:
    with pytest.raises(FormatError) as error:
        Format.parse(text)
    assert str(error.value) == message


def test_wrong_types_are_refused() -> None:
    with pytest.raises(FormatError, match=r"^word must be an integer, not 8\.0$"):
        Format(8.0, 4)  # type: ignore[arg-type]
    with pytest.raises(FormatError, match=r"^signed must be true or false, not 1$"):
        Format(8, 4, 1)  # type: ignore[arg-type]


def test_a_name_must_be_a_text() -> None:
    with pytest.raises(FormatError, match=r"^a format's name must be a text such as 'Q2\.6', not 8$"):
        Format.parse(8)  # type: ignore[arg-type]
    with pytest.raises(FormatError, match=r"^rounding must be the name of a mode, not None$"):
        Rounding.parse(None)  # type: ignore[arg-type]


def test_a_pattern_wider_than_the_word_is_refused() -> None:
    with pytest.raises(FormatError, match=r"^a pattern of Q2\.2 \(s4\) must be 0 to 0xf, not 0x10$"):
        Format.parse("Q2.2").from_bits(16)
