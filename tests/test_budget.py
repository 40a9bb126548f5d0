"""A budget is read as people write it, and what could be read in two ways is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import skip_with_jit
from fxsnn.errors import ConfigError
from fxsnn.measure.budget import Budget, parse_budget

skip_with_jit()


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("500000 bits", 500_000),
        ("500,000 bits", 500_000),
        ("1 bit", 1),
        ("1bit", 1),
        ("64 KiB", 64 * 1024 * 8),
        ("64KiB", 64 * 1024 * 8),
        ("60kB", 480_000),
        ("120 kbit", 120_000),
        ("120 Kibit", 120 * 1024),
        (" 1.5 MiB ", 3 * 512 * 1024 * 8),
        ("2 MB", 16_000_000),
        ("0.1 kB", 800),
        ("0.3 B", 2),
        ("10 bytes", 80),
        ("1 Gbit", 10**9),
    ],
)
def test_a_budget_is_read(text: str, bits: int) -> None:
    assert parse_budget(text).bits == bits


@pytest.mark.parametrize(
    "text",
    [
        *("", "64", "64 KB", "64 kb", "64 K", "KiB", "-64 KiB", "6 4 KiB", "64  KiB", "1e3 bits", "1,00 bits"),
        *("\u0663 bits", ".5 KiB", "64 mB", "inf bits", "1" * 21 + " bits", "5 KiB\nx"),
    ],
)
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_budget(text)
    assert str(refused.value) == (
        f"a budget must read like '64 KiB', '60 kB', '120 kbit' or '500000 bits', not {text!r}"
    )


def test_a_budget_too_small_or_large_or_of_another_kind_is_refused() -> None:
    for text, bits in (("0 bits", "0"), ("0.1 bits", "0.1"), ("1000000 GiB", "8,589,934,592,000,000")):
        with pytest.raises(ConfigError) as refused:
            parse_budget(text)
        assert str(refused.value) == f"a budget must be 1 to 1,125,899,906,842,624 bits, not {bits}"
    with pytest.raises(ConfigError, match=r"^a budget must count bits or allocated, not 'words'$"):
        parse_budget("1 bit", "words")


@given(st.integers(1, 1 << 50))
def test_bits_are_read_back(bits: int) -> None:
    assert parse_budget(f"{bits} bits") == parse_budget(f"{bits:,} bits") == Budget(bits)


def test_a_budget_says_what_it_counts() -> None:
    assert str(Budget(524_288)) == "524,288 bits (64.0 KiB)"
    assert str(Budget(524_288, "allocated")) == "524,288 bits (64.0 KiB) as allocated"
