"""Kernels over maps in narrow words: used only where the widths are proved, and then every sum is exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from command_line import long_with_jit
from fxsnn.graph import laid as module
from fxsnn.graph.connect import Projection, bring
from fxsnn.graph.given import raw
from fxsnn.graph.laid import Kinds, Map, kinds_of, laid, map_of
from fxsnn.kernels import narrow
from fxsnn.number.format import Format
from strategies import examples

KINDS: list[Kinds] = [(np.int32, np.int16), (np.int32, np.uint8), (np.int16, np.uint8)]
BYTE, WIDE, COUNT = Format(8, 0), Format(16, 0), Format(7, 0, signed=False)


def added(over: Map, weights: Any, form: Format, kinds: Kinds, words: Any, left: int = 0) -> NDArray[np.int64]:
    lies = laid(over, weights, form, kinds)
    sums = np.zeros((len(words), over.height * over.width * over.outputs), np.int64)
    arrays = lies.sums, lies.weights, lies.under, lies.pairs, lies.places, lies.room
    narrow.add_map(sums, np.asarray(words, np.int64), left, *arrays, lies.shape)
    return sums


@settings(max_examples=examples(120), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_sums_of_a_map_are_what_its_projection_brings(data: st.DataObject) -> None:
    kernel = data.draw(st.sampled_from((1, 3, 5)))
    source = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 40)), data.draw(st.integers(1, 9))
    rng = np.random.default_rng(data.draw(st.integers(0, 9999)))
    outputs, padding = data.draw(st.integers(1, 6)), kernel // 2
    weight = Format(data.draw(st.integers(2, 16)), 0)
    under = Format(data.draw(st.integers(1, 15)), 0, signed=data.draw(st.booleans()))
    weights = rng.integers(weight.lowest, weight.highest + 1, (kernel, kernel, source[2], outputs))
    wire = Projection("w", "input", "p", "i", "conv", raw(weights), kernel=(kernel, kernel), padding=(padding, padding))
    over = map_of(wire, source, outputs)
    assert over is not None
    known = kinds_of(over, weights, weight, under)
    if not known:
        return
    kinds = data.draw(st.sampled_from(known))
    event(f"{kinds[0].__name__} of {kinds[1].__name__}")
    words = rng.integers(under.lowest, under.highest + 1, (3, int(np.prod(source)))) * (rng.random((3, 1)) < 0.7)
    expected = [(bring(wire, weights, row, source) << 2).tolist() for row in words]
    assert added(over, weights, weight, kinds, words, 2).tolist() == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"kernel": (3, 3), "padding": (1, 1)}, Map(5, 7, 2, 4, 3, 1)),
        ({"kernel": (5, 7)}, Map(1, 1, 70, 4, 1, 0)),  # the whole map
        ({"kernel": (1, 1)}, Map(5, 7, 2, 4, 1, 0)),
        ({"kernel": (3, 3)}, None),  # sums of another size
        ({"kernel": (3, 3), "padding": (1, 1), "stride": (2, 2)}, None),
        ({"kernel": (3, 1), "padding": (1, 0)}, None),
        ({"kernel": (3, 3), "padding": (1, 1), "groups": 2}, None),
    ],
)
def test_a_square_kernel_whose_sums_are_a_map_of_the_same_size_is_one(options: Any, expected: Map | None) -> None:
    weights = raw(np.zeros((*options["kernel"], 2 // options.get("groups", 1), 4), np.int64))
    assert map_of(Projection("w", "input", "p", "i", "conv", weights, **options), (5, 7, 2), 4) == expected


def test_a_dense_projection_is_a_map_of_one_cell() -> None:
    dense = Projection("w", "input", "p", "i", weights=raw(np.zeros((70, 4), np.int64)))
    assert map_of(dense, (5, 7, 2), 4) == Map(1, 1, 70, 4, 1, 0)
    assert map_of(Projection("w", "input", "p", "i", "identity"), (5, 7, 2), 0) is None


@pytest.mark.parametrize("width", [1, 40])
@pytest.mark.parametrize("kinds", KINDS)
def test_weights_are_laid_as_an_input_sees_them(kinds: Kinds, width: int) -> None:
    weights = np.arange(3 * 3 * 3 * 2).reshape(3, 3, 3, 2)
    over = Map(5, width, 3, 2, 3, 1)
    lies = laid(over, weights, BYTE, kinds)
    many, rim = lies.shape.many, 0 if lies.shape.scattered else lies.shape.tile - 1
    assert lies.shape.scattered == (many == 4)
    found = lies.weights.reshape(-(-3 // many), 3, -1, many)
    assert (found.dtype.name, lies.weights.ctypes.data % 64) == ("int8", 0)
    assert many == np.dtype(kinds[0]).itemsize // np.dtype(kinds[1]).itemsize
    for (one, row, place, k), word in np.ndenumerate(found):
        channel, column, n = many * one + k, place // 2 - rim, place % 2
        inside = channel < 3 and 0 <= column < 3
        assert word == (weights[2 - row, 2 - column, channel, n] if inside else 0)
    assert laid(over, weights, Format(9, 0), kinds).weights.dtype == np.int16


def kinds_for(weight: Format, under: Format, weights: Any = None) -> list[Kinds]:
    held = np.zeros((8, 3), np.int64) if weights is None else weights
    return kinds_of(Map(1, 1, 8, 3, 1, 0), held, weight, under)


def test_words_that_need_more_bits_are_not_narrow() -> None:
    most = np.full((8, 3), -(1 << 15))
    assert kinds_for(WIDE, Format(13, 0, signed=False), most)  # 8 * 2**15 * (2**13 - 1) stays below 2**31
    assert not kinds_for(WIDE, Format(14, 0, signed=False), most)
    assert not kinds_for(Format(17, 0), COUNT)
    assert not kinds_for(BYTE, Format(16, 0, signed=False))
    assert kinds_for(BYTE, Format(16, 0))


def test_weights_that_lie_too_far_are_not_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PLACES", 500)
    assert not kinds_for(BYTE, COUNT)
    for kinds in KINDS:
        for over in (Map(5, 7, 3, 2, 5, 2), Map(1, 1, 40, 3, 1, 0)):
            weights = np.ones((over.kernel, over.kernel, over.channels, over.outputs), np.int64)
            lies = laid(over, weights, BYTE, kinds)
            assert max(lies.weights.size, int(np.abs(lies.places).max())) < module._farthest(over)


def test_bytes_are_weights_with_a_sign_and_words_without_one() -> None:
    assert set(kinds_for(BYTE, Format(8, 0, signed=False))) >= set(KINDS[:2])
    pairs = KINDS[:1]
    assert kinds_for(BYTE, Format(9, 0, signed=False)) == pairs
    assert kinds_for(Format(9, 0), COUNT) == pairs
    assert kinds_for(Format(8, 0, signed=False), COUNT) == pairs
    assert kinds_for(BYTE, BYTE) == pairs


def test_sums_are_of_16_bits_where_the_weights_themselves_prove_it() -> None:
    weights = np.full((8, 3), 32)  # 8 * 32 * 127 = 32,512
    weights[0, 0] = -128
    assert kinds_for(BYTE, COUNT, weights)[0] == (np.int16, np.uint8)
    weights[:, 1] = 33
    assert (np.int16, np.uint8) not in kinds_for(BYTE, COUNT, weights)
    few = np.full((8, 3), 1)  # two products could leave 16 bits
    assert (np.int16, np.uint8) not in kinds_for(BYTE, Format(8, 0, signed=False), few)


@long_with_jit
@pytest.mark.parametrize("channels", [2, 8])
@pytest.mark.parametrize(
    ("kinds", "most", "weight"),
    # fours of products reach 4 * 255 * -128, which no sum of 16 bits holds
    [(KINDS[0], 255, -128), (KINDS[1], 255, -128), (KINDS[1], 255, 127), (KINDS[2], 31, -128), (KINDS[2], 32, 127)],
)
def test_bytes_at_their_edges_are_exact(kinds: Kinds, most: int, weight: int, channels: int) -> None:
    over = Map(1, 1, channels, 3, 1, 0)
    weights = np.full((channels, 3), weight)
    found = added(over, weights, BYTE, kinds, [[most] * channels, [0] * channels])
    assert found.tolist() == [[channels * weight * most] * 3, [0] * 3]


@pytest.mark.parametrize("weight", [-(1 << 15), (1 << 15) - 1])
def test_sums_at_the_edge_of_a_word_are_exact(weight: int) -> None:
    over = Map(1, 1, 8, 3, 1, 0)
    assert added(over, np.full((8, 3), weight), WIDE, KINDS[0], [[8191] * 8]).tolist() == [[8 * weight * 8191] * 3]
