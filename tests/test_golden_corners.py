"""Directed stimuli reach what can be reached, what is said to be out of reach is, and counts equal the kernels'."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fxsnn.emulate import spikes_of
from fxsnn.golden.corners import corners, coverage
from fxsnn.golden.directed import directed
from fxsnn.golden.reach import impossible
from fxsnn.golden.stimuli import Stimuli, play, stimuli_of
from fxsnn.modes import Overflow
from fxsnn.quantised import SITES, QuantisedNetwork
from sets import SETS
from strategies import quantised_networks, words

few = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def stimulated(draw: st.DrawFn) -> tuple[QuantisedNetwork, Stimuli]:
    network = draw(quantised_networks())
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    stimuli = stimuli_of(spikes_of(rng.integers(0, 2, (3, 4, network.inputs), dtype=np.uint8)), network.neurons)
    size = 3 * network.neurons
    states = draw(st.lists(words(network.plan.membrane.format), min_size=size, max_size=size))
    counters = rng.integers(0, network.refractory_steps + 1, (3, network.neurons))
    return network, replace(
        stimuli, membrane=np.array(states, dtype=np.int64).reshape(3, -1), refractory=counters.astype(np.int64)
    )


@few
@given(stimulated())
def test_corners_agree_with_what_the_kernels_count(case: tuple[QuantisedNetwork, Stimuli]) -> None:
    network, stimuli = case
    played = play(network, stimuli)
    found = coverage(network, stimuli, played)
    deterministic = network.plan.membrane.rounding.value != "stochastic"
    for site in SITES:
        if f"{site}: over the top" not in found:
            continue
        outside = found[f"{site}: over the top"].count + found[f"{site}: under the bottom"].count
        assert outside == played.counts[site]["overflows"], site
        ties = [corner.count for name, corner in found.items() if name.startswith(f"{site}: ") and " tie " in name]
        if ties or (deterministic and site != "accumulate"):
            assert sum(ties) == played.counts[site]["ties"], site
    assert found["compare: at the threshold"].count == played.equalities


@few
@given(stimulated())
def test_what_is_said_to_be_out_of_reach_is_never_reached(case: tuple[QuantisedNetwork, Stimuli]) -> None:
    network, stimuli = case
    for aimed in (stimuli, directed(network, trials=40) or stimuli):
        reached = {name for name, where in corners(network, aimed, play(network, aimed)) if where.any()}
        assert reached & impossible(network).keys() == set()


@pytest.mark.parametrize("name", SETS)
def test_the_committed_sets_miss_nothing(name: str) -> None:
    network, _ = SETS[name]()
    aimed = directed(network)
    assert aimed is not None
    found = coverage(network, aimed, play(network, aimed))
    assert {n for n, corner in found.items() if not corner.count} <= impossible(network).keys()
    first = found["compare: at the threshold"]
    row = played_row(network, aimed, first.row)
    assert row[first.neuron]


def played_row(network: QuantisedNetwork, stimuli: Stimuli, row: int) -> list[bool]:
    """Where a row's membranes meet their threshold, from the nodes alone."""
    plan = network.plan
    integrated = play(network, stimuli).nodes["integrated"][row].tolist()
    unit = [2.0**-signal.format.frac for signal in (plan.membrane, plan.threshold, plan.theta)]
    levels = [network.threshold * unit[1] + theta * unit[2] for theta in network.theta.tolist()]
    return [v * unit[0] == level for v, level in zip(integrated, levels, strict=True)]


def test_the_same_network_gives_the_same_stimuli() -> None:
    network, _ = SETS["each_subtract"]()
    first, again = directed(network), directed(network)
    assert first is not None
    assert again is not None
    assert first.steps == again.steps
    for name in ("raster", "membrane", "refractory"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()


def test_an_overflow_that_is_refused_is_not_aimed_at() -> None:
    network, _ = SETS["each_subtract"]()
    plan = network.plan
    refusing = replace(network, plan=replace(plan, membrane=replace(plan.membrane, overflow=Overflow.ERROR)))
    aimed = directed(refusing)
    assert aimed is not None
    assert sum(site["overflows"] for name, site in play(refusing, aimed).counts.items() if name != "accumulate") == 0
    assert impossible(refusing)["integrate: over the top"] == "an overflow is refused"
