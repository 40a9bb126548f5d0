"""Histograms of membranes and currents count every value once, between words of the format."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import small_splits
from fxsnn.competitive.emulate import emulate
from fxsnn.competitive.learn import random_network, record
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import QuantisedNetwork, quantise
from fxsnn.competitive.watching import distributions
from fxsnn.data.encode import encode
from fxsnn.errors import ConfigError
from fxsnn.measure.distributions import Distribution, edges_of
from fxsnn.number.cast import to_float
from fxsnn.number.format import Format
from fxsnn.number.signal import Signal


def signal(text: str) -> Signal:
    return Signal(Format.parse(text))


@pytest.fixture(scope="module")
def networks() -> tuple[Network, QuantisedNetwork]:
    network = random_network(784, 5)
    network = replace(network, theta=np.arange(5.0), coding=replace(network.coding, steps=40))
    plan = Plan(
        {
            "weight": signal("UQ0.4"),
            "accumulator": signal("UQ3.2"),
            "membrane": signal("Q6.1"),
            "theta": signal("UQ4.0"),
            "threshold": signal("UQ3.0"),
            "inhibition": signal("UQ8.0"),
        }
    )
    return network, quantise(network, plan)


@pytest.fixture(scope="module")
def found(networks: tuple[Network, QuantisedNetwork]) -> tuple[Distribution, ...]:
    return distributions(*networks, encode(small_splits().test.images[:3], networks[0].coding))


def test_every_value_is_counted(networks: tuple[Network, QuantisedNetwork], found: tuple[Distribution, ...]) -> None:
    network, quantised = networks
    spikes = encode(small_splits().test.images[:3], network.coding)
    runs, traces = [record(network, spikes, n) for n in range(3)], [emulate(quantised, spikes, n) for n in range(3)]
    for values, node, fmt, kept, sites in (
        (found[0], "integrated", "Q6.1", np.stack([run.before for run in runs]), ("leak", "integrate")),
        (found[1], "current", "UQ3.2", np.stack([run.currents for run in runs]), ("accumulate",)),
    ):
        fixed = to_float(np.stack([trace.nodes[node] for trace in traces]), Format.parse(fmt))
        assert (values.float_counts.sum(), values.fixed_counts.sum()) == (600, 600)
        assert (values.float_ends, values.fixed_ends) == ((kept.min(), kept.max()), (fixed.min(), fixed.max()))
        middle = (values.edges[:-1] + values.edges[1:]) / 2
        least = np.searchsorted(values.edges, kept.min(), side="right") - 1
        assert values.float_counts[:least].sum() == 0
        assert abs((values.fixed_counts * middle).sum() - fixed.sum()) <= 600 * (values.edges[1] - values.edges[0]) / 2
        low, high = values.ends
        assert values.beyond == np.mean((kept < low) | (kept > high))
        counts = [trace.counts[site] for trace in traces for site in sites]
        assert values.casts == sum(count["casts"] for count in counts) > 0
        assert values.overflowed == sum(count["overflows"] for count in counts)
        assert values.saturated == values.overflowed / values.casts
    assert found[1].overflowed > 0
    assert found[1].fixed_ends[1] == 7.75
    assert (found[0].signal, found[1].signal, found[0].images) == ("membrane", "current", 3)


def test_thresholds_are_those_at_which_neurons_fire(found: tuple[Distribution, ...]) -> None:
    assert found[0].float_thresholds == found[0].fixed_thresholds == (5.0, 7.0, 9.0)
    assert found[1].float_thresholds is found[1].fixed_thresholds is None


@given(st.integers(1, 24), st.integers(-8, 30), st.booleans(), st.floats(-1e3, 0), st.floats(0, 1e6))
def test_bars_hold_all_values_and_as_many_words_each(word: int, frac: int, sign: bool, low: float, high: float) -> None:
    fmt = Format(word, frac, sign)
    edges = edges_of(fmt, low, high)
    step = 2.0**-frac
    assert edges[0] <= low <= high < edges[-1]
    assert 2 <= len(edges) <= 121
    words = np.diff(edges) / step
    assert (words == words[0]).all()
    assert words[0] == 2 ** round(np.log2(words[0]))
    assert ((edges / step) % 1 == 0.5).all()  # no word lies on a border


def test_no_image_is_refused(networks: tuple[Network, QuantisedNetwork]) -> None:
    with pytest.raises(ConfigError) as refused:
        distributions(*networks, encode(np.zeros((0, 784), np.uint8), networks[0].coding))
    assert str(refused.value) == "distributions must be of one or more images, not none"
