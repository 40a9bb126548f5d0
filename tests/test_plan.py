from __future__ import annotations

import pytest
from hypothesis import given

from command_line import in_plain_python
from fxsnn.competitive.plan import Plan, parse_plan, plan_from_data, plan_text, plan_to_data
from fxsnn.errors import ConfigError
from fxsnn.number.format import Format
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.number.signal import Leak
from strategies import plans

pytestmark = in_plain_python  # others import from here

TEXT = """
accumulate = "each"
weight = { format = "UQ0.4", rounding = "RN", overflow = "AP_SAT" }
accumulator = { format = "UQ6.4" }
membrane = { format = "Q6.4", rounding = "SR" }
theta = { format = "UQ6.2" }
threshold = { format = "UQ5.3" }
inhibition = { format = "UQ6.0" }
leak = { kind = "shift", shift = 4 }
"""


@given(plans())
def test_a_plan_survives_its_text(plan: Plan) -> None:
    again = parse_plan(plan_text(plan))
    assert plan_to_data(again) == plan_to_data(plan)
    assert plan_text(again) == plan_text(plan)
    if plan.leak.kind == "multiply":  # other leaks have no factor to write down
        assert again == plan
    assert plan_from_data(plan_to_data(plan)) == again


def test_a_signal_and_a_leak_may_be_one_line() -> None:
    lines = """
accumulate = "each"
weight = "UQ0.4 RN AP_SAT"
accumulator = "UQ6.4"
membrane = "Q6.4 SR"
theta = "UQ6.2"
threshold = "UQ5.3"
inhibition = "UQ6.0"
leak = "shift 4"
"""
    assert parse_plan(lines) == parse_plan(TEXT)
    learns = 'learning = { weight = "UQ0.5 SR", fade = "multiply UQ0.5" }'
    table = (
        'learning = { weight = { format = "UQ0.5", rounding = "SR" }, fade = { kind = "multiply", format = "UQ0.5" } }'
    )
    assert parse_plan(lines + learns) == parse_plan(TEXT + table)


def test_names_of_other_families_become_ours() -> None:
    plan = parse_plan(TEXT)
    assert plan["weight"].format == Format(4, 4, signed=False)
    assert (plan["weight"].rounding, plan["weight"].overflow) == (Rounding.NEAREST_UP, Overflow.SATURATE)
    assert plan["membrane"].rounding is Rounding.STOCHASTIC
    assert (plan.accumulate, plan.leak.kind, plan.leak.shift) == ("each", "shift", 4)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"UQ0.4"', '"Q99.4"', "weight: word must be 1 to 63 bits, not 103"),
        ('"SR"', '"trunc"', "membrane: rounding 'trunc' means floor to an RTL engineer and zero to NumPy"),
        ('"UQ6.2"', "7", "a plan must have the documented keys: Expected `str`, got `int` - at `$.theta.format`"),
        (
            "theta =",
            "thetta =",
            "a plan must have the documented keys: Object contains unknown field `thetta`; the nearest key: theta",
        ),
        (
            'theta = { format = "UQ6.2" }',
            "",
            "a plan must have the documented keys: Object missing required field `theta`",
        ),
        ("theta =", "x = 1\ntheta =", "a plan must have the documented keys: Object contains unknown field `x`"),
        (
            "theta =",
            "format = 1\ntheta =",
            "a plan must have the documented keys: Object contains unknown field `format`",
        ),
        ("shift = 4", "shift = 0", "leak: a leak's shift must be 1 to 62, not 0"),
        ('kind = "shift", ', "", "leak.shift must be given where kind is 'shift' alone, not 'multiply'"),
        (
            "shift = 4",
            'shift = 4, format = "UQ0.4"',
            "leak.format must be given where kind is 'multiply' alone, not 'shift'",
        ),
        ('"each"', '"all"', "a plan must have the documented keys: Invalid enum value 'all' - at `$.accumulate`"),
        ("weight =", "weight ", "a plan must be TOML: "),
        (
            '{ format = "UQ6.4" }',
            '"UQ6.4 floor wrap 3"',
            "accumulator must be a format, a rounding and an overflow, not",
        ),
        ('{ format = "UQ6.4" }', '""', "accumulator must be a format, a rounding and an overflow, not ''"),
        ('{ format = "UQ6.4" }', "6.4", "a plan must have the documented keys: Expected `str | object`, got `float`"),
        (
            '{ kind = "shift", shift = 4 }',
            '"shift"',
            "leak: a leak must read like 'multiply UQ0.8', 'shift 6' or 'none'",
        ),
        (
            '{ kind = "shift", shift = 4 }',
            '"shift ' + "9" * 5000 + '"',
            "leak: a leak must read like 'multiply UQ0.8', 'shift 6' or 'none'",
        ),
        (
            '{ kind = "shift", shift = 4 }',
            '"multiply UQ0.8 floor wrap 3"',
            "leak: the leak factor must be a format, a rounding and an overflow, not 'UQ0.8 floor wrap 3'",
        ),
        (
            '"SR"',
            '"wrap"',
            "membrane: rounding must be one of floor, zero, ceil, nearest-up, nearest-down, nearest-zero, "
            "nearest-away, nearest-even, nearest-odd, stochastic (or another family's name for it), not 'wrap'; "
            "formats, roundings and overflow modes are written in this order",
        ),
    ],
)
def test_what_is_wrong_with_a_plan_is_named(old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_plan(TEXT.replace(old, new, 1))
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)
    assert "the nearest key: format" not in str(error.value)


def test_a_signed_leak_factor_is_refused() -> None:
    from fxsnn.number.signal import Signal

    with pytest.raises(ConfigError, match=r"^the leak factor's format must be unsigned, not Q1\.7 \(s8\)$"):
        Leak("multiply", Signal(Format.parse("Q1.7")))
