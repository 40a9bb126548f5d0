from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
from fxsnn import Lfsr
from fxsnn.errors import ConfigError
from fxsnn.kernels import lfsr as kernel
from strategies import TAPS, lfsrs


@given(lfsrs(), st.data())
def test_draws_equal_the_bit_serial_register(lfsr: Lfsr, data: st.DataObject) -> None:
    bits = data.draw(st.integers(0, lfsr.width))
    serial = reference.Draws(lfsr.taps, lfsr.seed)
    expected = [serial.take(bits) for _ in range(8)]
    assert list(itertools.islice(lfsr.draws(bits), 8)) == expected


@given(lfsrs(), st.data())
def test_filling_an_array_equals_draws_one_by_one(lfsr: Lfsr, data: st.DataObject) -> None:
    bits, count = data.draw(st.integers(1, lfsr.width)), data.draw(st.integers(0, 40))
    out = np.zeros(count, dtype=np.int64)
    state = kernel.fill(out, lfsr.seed, lfsr.width, lfsr.tap_array(), bits)
    assert out.tolist() == list(itertools.islice(lfsr.draws(bits), count))
    assert state == kernel.shift_in(lfsr.seed, lfsr.width, lfsr.tap_array(), bits * count % (2**lfsr.width - 1))


@pytest.mark.parametrize("taps", [taps for taps in TAPS if taps[0] <= 16])
def test_the_period_of_the_small_registers_is_maximal(taps: tuple[int, ...]) -> None:
    lfsr = Lfsr(taps, 1)
    state, steps = kernel.shift_in(1, lfsr.width, lfsr.tap_array(), 1), 1
    while state != 1:
        state, steps = kernel.shift_in(state, lfsr.width, lfsr.tap_array(), 1), steps + 1
    assert steps == 2**lfsr.width - 1


def test_derived_streams_differ() -> None:
    seeds = {Lfsr().derive(stream).seed for stream in range(64)}
    assert len(seeds) == 64
    assert all(1 <= seed < 2**31 for seed in seeds)


@pytest.mark.parametrize(
    ("taps", "seed", "message"),
    [
        ((31,), 1, "taps must be two or more falling exponents, 61 to 1, not [31]"),
        ((28, 31), 1, "taps must be two or more falling exponents, 61 to 1, not [28, 31]"),
        ((62, 5), 1, "taps must be two or more falling exponents, 61 to 1, not [62, 5]"),
        ((7, 6), 0, "the seed of a 7-bit LFSR must be 1 to 2**7 - 1, not 0"),
        ((7, 6), 128, "the seed of a 7-bit LFSR must be 1 to 2**7 - 1, not 128"),
    ],
)
def test_an_impossible_register_is_refused(taps: tuple[int, ...], seed: int, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        Lfsr(taps, seed)
    assert str(error.value) == message


@pytest.mark.parametrize("taps", [(31, 28), (16, 15, 13, 4), (3, 2)])
def test_a_register_so_many_shifts_later_and_earlier_is_the_same_again(taps: tuple[int, ...]) -> None:
    register = Lfsr(taps, 5)
    assert register.shifted(0) == register
    for shifts in (1, 2, 7, 40):
        assert register.shifted(shifts).shifted(-shifts) == register
        assert register.shifted(-shifts).shifted(shifts) == register
    bits = list(itertools.islice(register.draws(1), 5))
    assert list(itertools.islice(register.shifted(2).draws(1), 3)) == bits[2:]
