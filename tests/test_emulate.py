"""The kernels against the slow reference, for networks, plans and inputs drawn at random."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

import reference
from fxsnn.competitive.emulate import NODES, emulate, respond, run_raster, spikes_of, traces
from fxsnn.competitive.graph import graph_of
from fxsnn.competitive.quantised import SITES, QuantisedNetwork, site_registers
from fxsnn.errors import ConfigError
from fxsnn.graph.run import trace
from strategies import compiled_examples, examples, quantised_networks, words


def as_layer(network: QuantisedNetwork) -> reference.Layer:
    plan = network.plan
    signals = {
        "weight": plan["weight"],
        "accumulator": plan["accumulator"],
        "membrane": plan["membrane"],
        "theta": plan["theta"],
        "threshold": plan["threshold"],
        "inhibition": plan["inhibition"],
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
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
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
        assert trace.spikes == sum(sum(step.spike) for step in expected.steps)


@many
@given(cases(), st.data())
def test_a_presentation_begins_with_any_state(
    case: tuple[QuantisedNetwork, NDArray[np.uint8]], data: st.DataObject
) -> None:
    network, raster = case
    membrane = data.draw(arrays(np.int64, network.neurons, elements=words(network.plan["membrane"].format)))
    refractory = data.draw(arrays(np.int64, network.neurons, elements=st.integers(0, network.refractory_steps)))
    start = {"layer.membrane": membrane, "layer.refractory": refractory}
    expected = reference.run_layer(as_layer(network), raster[0].tolist(), (membrane.tolist(), refractory.tolist()))
    kept = trace(graph_of(network), raster[0], start)["layer"]
    for node in NODES:
        assert kept.nodes[node].tolist() == [getattr(step, node) for step in expected.steps], node


@many
@given(cases())
def test_images_that_run_together_are_what_each_is_alone(case: tuple[QuantisedNetwork, NDArray[np.uint8]]) -> None:
    network, raster = case
    together = list(traces(network, spikes_of(raster), range(len(raster))))
    assert len(together) == len(raster)
    for image, found in enumerate(together):
        alone = emulate(network, spikes_of(raster[image : image + 1]))
        assert found.counts == alone.counts
        assert found.registers.tolist() == alone.registers.tolist()
        for part in ("nodes", "draws"):
            ours, right = getattr(found, part), getattr(alone, part)
            assert {name: rows.tolist() for name, rows in ours.items()} == {
                name: rows.tolist() for name, rows in right.items()
            }


@settings(many, max_examples=compiled_examples(60))
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
