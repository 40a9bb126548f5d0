"""`fxsnn cast`: the right word and the right facts for every kind of number, and a line for what is none."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_line import long_with_jit, once, run
from fxsnn import Format, Overflow, Rounding, cast
from fxsnn.number.lfsr import Lfsr
from strategies import examples, formats, overflows, roundings, words

OUTPUT = """\
input        0.7
format       Q1.7 (s8), -1 to 0.9921875
rounding     nearest-up
overflow     wrap
value        0.703125
raw          90
hexadecimal  0x5a
binary       0b0.1011010
lost         -0.003125  (0.4 units in the last place, each 2^-7)
inexact      yes  (rounding dropped bits that were not zero)
tie          no
overflowed   no
"""


def facts(*arguments: str) -> dict[str, object]:
    said = run("cast", *arguments, "--json")
    assert (said.status, said.err) == (0, "")
    held = json.loads(said.out)
    assert isinstance(held, dict)
    return held


def test_the_documented_example_prints_every_fact() -> None:
    said = run("cast", "0.7", "--to", "Q1.7", "--rounding", "SC_RND", "--overflow", "wrap")
    assert (said.status, said.out, said.err) == (0, OUTPUT, "")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["1.5", "--to", "Q8.0"], "tie          yes  (what rounding dropped was exactly one half of a unit)"),
        (["1.5", "--to", "Q8.0"], "lost         -0.5  (0.5 units in the last place, each 1)"),
        (["2", "--to", "Q1.7"], "overflowed   yes  (rounded, it was outside the format: saturate)"),
        (["2", "--to", "Q9.-1"], "lost         0  (0 units in the last place, each 2^1)"),
        (["3", "--to", "UQ1.0"], "lost         2  (2 units in the last place, each 1)"),
        (["2", "--to", "UQ1.0"], "lost         1  (1 unit in the last place, each 1)"),
        (["1/3", "--to", "UQ0.2"], "input        ~0.33333333333333333"),
        (["3", "--to", "UQ2.-1"], "binary       0b1"),
        (["0.125", "--to", "Q-1.4"], "binary       0b010"),
        (["1e-300", "--to", "Q1.7"], "input        1E-300"),
        (
            ["1e999", "--to", "Q1.7"],
            "lost         ~1.0000000000000000E+999  (~1.2800000000000000E+1001 units in the last ",
        ),
        (["-0", "--to", "Q1.7"], "raw          0"),
        (["-1", "--from", "Q-40.41", "--to", "Q-40.41"], "value        -4.5474735088646411895751953125E-13"),
    ],
)
def test_every_fact_is_told_in_words_and_units(arguments: list[str], line: str) -> None:
    said = run("cast", *arguments)
    assert said.status == 0
    assert any(told.startswith(line) for told in said.out.splitlines()), said.out


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("0.7", 90),
        ("-.5", -64),
        ("+1e-1", 13),
        ("1.", 127),
        ("-3/8", -48),
        ("5e-3", 1),
        ("1E2", 127),
        ("-" + "9" * 399, -128),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, raw: int) -> None:
    assert facts(text, "--to", "Q1.7")["raw"] == raw


@pytest.mark.parametrize(("text", "raw"), [("-5", -5), ("5", 5), ("0xfb", -5), ("0b11111011", -5), ("0xFB", -5)])
def test_raw_words_are_read_in_decimal_hexadecimal_and_binary(text: str, raw: int) -> None:
    assert facts(text, "--from", "Q2.6", "--to", "Q2.6")["raw"] == raw


NUMBER = "a value must be a number such as 0.7, -3/8 or 1e-3, not "
WORD = "a raw word must be an integer such as -5, 0xfb or 0b1011, not "


@long_with_jit
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "nan",
        "inf",
        "-inf",
        "0x",
        "0x10",
        "1e",
        "1e9999",
        "1_000",
        "1,5",
        "--1",
        "\u0663",
        "\u00bd",
        "1/2/3",
        "1.5/2",
        "a\nb",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    assert run("cast", "--to", "Q1.7", "--", text).complaint == NUMBER + repr(text)


@pytest.mark.parametrize("text", ["", "0x", "0b", "0b2", "1.0", "1e3", "-0x1", "\u0663", "\u00b2", "+"])
def test_what_is_no_raw_word_is_refused(text: str) -> None:
    assert run("cast", "--from", "Q1.7", "--to", "Q1.7", "--", text).complaint == WORD + repr(text)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["1/0", "--to", "Q1.7"], "a value must be finite, not '1/0'"),
        (["9" * 401, "--to", "Q1.7"], "a value must be at most 400 characters, not 401"),
        (["9" * 5000, "--from", "Q1.7", "--to", "Q1.7"], "a value must be at most 400 characters, not 5,000"),
        (["128", "--from", "Q2.6", "--to", "Q1.7"], "raw words of Q2.6 (s8) must be -128 to 127, not 128"),
        (["-1", "--from", "UQ2.6", "--to", "Q1.7"], "raw words of UQ2.6 (u8) must be 0 to 255, not -1"),
        (["0x100", "--from", "Q2.6", "--to", "Q1.7"], "a pattern of Q2.6 (s8) must be 0 to 0xff, not 0x100"),
        (["1", "--to", "Q0.0"], "word must be 1 to 63 bits, not 0"),
        (["1", "--to", "Q64.0"], "word must be 1 to 63 bits, not 64"),
        (["1", "--to", "Q1.20000"], "word must be 1 to 63 bits, not 20001"),
        (["1", "--to", "Q-20000.20008"], "frac must be -10000 to 10000 bits, not 20008"),
        (["1", "--to", "q1.7"], "a format must read like Q2.6 (signed) or UQ0.8 (unsigned), not 'q1.7'"),
        (["1", "--to", ""], "a format must read like Q2.6 (signed) or UQ0.8 (unsigned), not ''"),
        (["1", "--to", "Q2.\u0666"], "a format must read like Q2.6 (signed) or UQ0.8 (unsigned), not 'Q2.\u0666'"),
        (["1", "--to", "Q\x1b[1m.7"], "a format must read like Q2.6 (signed) or UQ0.8 (unsigned), not 'Q\\x1b[1m.7'"),
        (["1", "--to", "Q1.7", "--seed", "0"], "the seed of a 31-bit LFSR must be 1 to 2**31 - 1, not 0"),
        (
            ["1e999", "--to", "Q2.6", "--overflow", "error"],
            "the value must lie in Q2.6 (s8), -2 to 1.98438, not 1e+999",
        ),
        (
            ["-1/3", "--to", "UQ2.6", "--overflow", "error"],
            "the value must lie in UQ2.6 (u8), 0 to 3.98438, not -0.333333",
        ),
    ],
)
def test_every_refusal_says_what_must_hold(arguments: list[str], complaint: str) -> None:
    assert run("cast", *arguments).complaint == complaint


@pytest.mark.parametrize("option", ["--rounding", "--overflow"])
def test_a_mode_that_does_not_exist_is_refused_with_those_that_do(option: str) -> None:
    known = ", ".join(Rounding if option == "--rounding" else Overflow)
    complaint = run("cast", "1", "--to", "Q1.7", option, "bogus").complaint
    assert complaint == f"{option[2:]} must be one of {known} (or another family's name for it), not 'bogus'"


@pytest.mark.long
@once
@settings(max_examples=examples(200), deadline=None)
@given(formats(), formats(), roundings, overflows, st.data())
def test_a_raw_word_becomes_what_the_library_casts_it_to(
    src: Format, dst: Format, rounding: str, overflow: str, data: st.DataObject
) -> None:
    raw, seed = data.draw(words(src)), data.draw(st.integers(1, 2**31 - 1))
    modes = ["--rounding", rounding, "--overflow", overflow, "--seed", str(seed)]
    held = facts(str(raw), "--from", str(src), "--to", str(dst), *modes)
    expected = int(cast(raw, src, dst, rounding, overflow, lfsr=Lfsr(seed=seed)))
    assert held["raw"] == expected
    assert held["hexadecimal"] == f"0x{expected & ((1 << dst.word) - 1):0{-(-dst.word // 4)}x}"
    assert int(str(held["binary"]).replace(".", ""), 2) == expected & ((1 << dst.word) - 1)
    value = Fraction(expected) * Fraction(2) ** -dst.frac
    if not str(held["value"]).startswith("~"):
        assert Fraction(str(held["value"])) == value
