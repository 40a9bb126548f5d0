"""The kernels against the slow reference, for networks, plans and inputs drawn at random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

import reference
from fxsnn.emulate import NODES, State, emulate, respond, run_raster, spikes_of
from fxsnn.errors import ConfigError
from fxsnn.quantised import SITES, QuantisedNetwork, site_registers
from sets import SETS
from strategies import examples, quantised_networks, words


def as_layer(network: QuantisedNetwork) -> reference.Layer:
    plan = network.plan
    signals = {
        "weight": plan.weight,
        "accumulator": plan.accumulator,
        "membrane": plan.membrane,
        "theta": plan.theta,
        "threshold": plan.threshold,
        "inhibition": plan.inhibition,
        "leak": plan.leak.factor,
    }
    return reference.Layer(
        weights=network.weights.tolist(),
        theta=network.theta.tolist(),
        threshold=network.threshold,
        factor=network.factor,
        inhibition=network.inhibition,
        floor=network.floor,
        reset_value=network.reset_value,
        forms={n: (s.format.word, s.format.frac, s.format.signed) for n, s in signals.items()},
        rounding={n: s.rounding.value for n, s in signals.items()},
        overflow={n: s.overflow.value for n, s in signals.items()},
        accumulate=plan.accumulate,
        integrate=plan.integrate,
        leak=plan.leak.kind,
        shift=plan.leak.shift,
        compare=network.compare,
        reset=network.reset,
        winner=network.winner,
        refractory_steps=network.refractory_steps,
        refractory_input=network.refractory_input,
        taps=plan.lfsr.taps,
        seeds={site: lfsr.seed for site, lfsr in zip(SITES, site_registers(plan), strict=True)},
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[QuantisedNetwork, NDArray[np.uint8]]:
    network = draw(quantised_networks())
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 8)), network.inputs)
    return network, draw(arrays(np.uint8, shape, elements=st.integers(0, 1)))


many = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@many
@given(cases())
def test_every_node_of_every_step_equals_the_reference(case: tuple[QuantisedNetwork, NDArray[np.uint8]]) -> None:
    network, raster = case
    for image in range(raster.shape[0]):
        expected = reference.run_layer(as_layer(network), raster[image].tolist())
        trace = emulate(network, spikes_of(raster), image)
        for node in NODES:
            assert trace.nodes[node].tolist() == [getattr(step, node) for step in expected.steps], node
        counts = {s: [c["casts"], c["inexact"], c["ties"], c["overflows"]] for s, c in trace.counts.items()}
        assert counts == expected.counts
        assert [trace.equalities] == expected.equalities
        assert trace.spikes == sum(sum(step.spike) for step in expected.steps)


@many
@given(cases(), st.data())
def test_a_presentation_begins_with_any_state(
    case: tuple[QuantisedNetwork, NDArray[np.uint8]], data: st.DataObject
) -> None:
    network, raster = case
    membrane = data.draw(arrays(np.int64, network.neurons, elements=words(network.plan.membrane.format)))
    refractory = data.draw(arrays(np.int64, network.neurons, elements=st.integers(0, network.refractory_steps)))
    before = membrane.tolist(), refractory.tolist()
    expected = reference.run_layer(as_layer(network), raster[0].tolist(), before)
    trace = emulate(network, spikes_of(raster), start=State(membrane, refractory))
    for node in NODES:
        assert trace.nodes[node].tolist() == [getattr(step, node) for step in expected.steps], node
    assert (membrane.tolist(), refractory.tolist()) == before


def test_a_state_must_be_one() -> None:
    network, spikes = SETS["largest_zero"]()
    good = State(np.zeros(8, dtype=np.int64), np.zeros(8, dtype=np.int64))
    for state, message in [
        (replace(good, membrane=good.membrane[1:]), r"membrane at the start must be int64\[8\], not int64\[7\]"),
        (
            replace(good, refractory=good.refractory[None]),
            r"refractory at the start must be int64\[8\], not int64\[1, 8\]",
        ),
        (replace(good, membrane=good.membrane + 2048), "membrane at the start must be 0 to 2047, not 2048"),
        (replace(good, refractory=good.refractory - 1), "refractory at the start must be 0 to 2, not -1"),
    ]:
        with pytest.raises(ConfigError, match=f"^{message}$"):
            emulate(network, spikes, start=state)


@settings(many, max_examples=examples(60))
@given(cases())
def test_the_fast_kernel_equals_the_recording_one(case: tuple[QuantisedNetwork, NDArray[np.uint8]]) -> None:
    network, raster = case
    expected = np.stack([emulate(network, spikes_of(raster), n).nodes["spike"] for n in range(raster.shape[0])])
    assert run_raster(network, raster).tolist() == expected.tolist()
    assert respond(network, spikes_of(raster)).tolist() == expected.sum(axis=1).tolist()
    assert respond(network, spikes_of(raster), threads=3).tolist() == expected.sum(axis=1).tolist()
    backwards = respond(network, spikes_of(raster[::-1]))
    assert backwards[::-1].tolist() == expected.sum(axis=1).tolist()


def test_a_raster_must_hold_spikes() -> None:
    with pytest.raises(ConfigError, match=r"^a raster must hold 0 and 1, not 2$"):
        spikes_of(np.full((1, 1, 1), 2, dtype=np.uint8))
    with pytest.raises(ConfigError, match=r"^a raster must be uint8\[images, steps, inputs\], not int64\[2, 2\]$"):
        spikes_of(np.zeros((2, 2), dtype=np.int64))
