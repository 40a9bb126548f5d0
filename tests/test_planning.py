"""Plans from how values lie: integer bits hold all of them, fractional bits are those that are asked for."""

from __future__ import annotations

import numpy as np
import pytest

from command_line import in_plain_python
from fxsnn.competitive.emulate import casts, spikes_of
from fxsnn.competitive.network import Network
from fxsnn.competitive.quantised import quantise
from fxsnn.digits.planning import plan_of_images
from fxsnn.errors import ConfigError, FormatError
from fxsnn.exploration.planned import Asked
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw, real
from fxsnn.graph.network import Graph
from fxsnn.graph.population import INPUT, population
from fxsnn.graph.quantise import quantise_graph
from fxsnn.graph.run import counts
from fxsnn.populations.planning import plan_of_inputs

pytestmark = in_plain_python
RNG = np.random.default_rng(4)
INPUTS = (RNG.random((5, 30, 6)) < 0.4).astype(np.int64)
WEIGHTS = np.round(RNG.normal(0.2, 0.5, (6, 4)), 3), np.round(RNG.normal(0.1, 2.0, (4, 3)), 3)


def layers(decays: tuple[float, float] = (0.9, 0.75), threshold: float = 1.25) -> Graph:
    choices = {"leak": "multiply", "reset": "subtract"}
    hidden, out = (
        population(name, size, "lif", choices, {"decay": decay, "threshold": threshold})
        for name, size, decay in zip(("hidden", "out"), (4, 3), decays, strict=True)
    )
    wires = (
        Projection("first", INPUT, "hidden", "current", weights=real(WEIGHTS[0])),
        Projection("last", "hidden", "out", "current", weights=real(WEIGHTS[1])),
    )
    return Graph((6,), (hidden, out), wires)


def test_every_signal_of_populations_has_the_bits_that_its_values_ask_for() -> None:
    plan = plan_of_inputs(layers(), INPUTS, Asked(weight=5, state=7, weight_rounding="RN", state_rounding="SR"))
    said = {name: str(signal) for name, signal in plan.signals.items()}
    assert np.abs(WEIGHTS[0]).max() < 2 <= np.abs(WEIGHTS[1]).max() < 8
    # 0.9 is in no few bits, 0.75 in two; 1.25 of both has two behind the point
    assert {name: said[name] for name in ("threshold", "hidden.decay", "out.decay")} == {
        "threshold": "UQ1.2 nearest-even saturate",
        "hidden.decay": "UQ0.8 nearest-even saturate",
        "out.decay": "UQ0.2 nearest-even saturate",
    }
    assert said["first.weight"].startswith(("Q2.3 nearest-up", "Q1.4 nearest-up"))
    assert said["last.weight"].startswith(("Q3.2 nearest-up", "Q4.1 nearest-up"))
    for owner in ("hidden", "out"):
        form = plan.signals[f"{owner}.membrane"].format
        assert (form.frac, form.signed) == (7, True)
        assert str(plan.signals[f"{owner}.membrane"].rounding) == "stochastic"


def test_no_cast_overflows_on_the_inputs_that_a_plan_was_made_of() -> None:
    graph = layers()
    plan = plan_of_inputs(graph, INPUTS, Asked(weight=20, state=16, state_rounding="nearest-even"))
    found = counts(quantise_graph(graph, plan), INPUTS)
    assert sum(one["casts"] for casts_of in found.values() for one in casts_of.values()) > 1000
    assert {one["overflows"] for casts_of in found.values() for one in casts_of.values()} == {0}
    for name, signal in plan.signals.items():
        if name.endswith("membrane"):  # one bit fewer does not hold all
            fmt = signal.format
            narrow = type(signal)(type(fmt)(fmt.word - 1, fmt.frac, fmt.signed), signal.rounding, signal.overflow)
            fewer = type(plan)({**plan.signals, name: narrow}, plan.lfsr)
            again = counts(quantise_graph(graph, fewer), INPUTS)
            assert any(one["overflows"] for casts_of in again.values() for one in casts_of.values()), name


def test_signals_that_are_alike_in_all_populations_have_one_name() -> None:
    plan = plan_of_inputs(layers((0.5, 0.5)), INPUTS, Asked())
    assert str(plan.signals["decay"].format) == "UQ0.1"
    assert not {"hidden.decay", "out.decay"} & plan.signals.keys()


def test_a_signal_without_a_value_has_a_word_all_the_same() -> None:
    silent = layers(threshold=1e6)
    plan = plan_of_inputs(silent, INPUTS, Asked(state=3))
    assert quantise_graph(silent, plan)


def test_what_cannot_be_planned_is_refused() -> None:
    graph = layers()
    with pytest.raises(FormatError, match="word must be 1 to 63 bits"):
        plan_of_inputs(graph, INPUTS, Asked(state=62))
    words = Projection("first", INPUT, "hidden", "current", weights=raw(np.ones((6, 4), np.int64)))
    raw_words = Graph((6,), graph.populations, (words, graph.projections[1]))
    with pytest.raises(ConfigError, match="must be real numbers where there is no plan, not raw words"):
        plan_of_inputs(raw_words, INPUTS, Asked())


def test_one_layer_has_the_bits_that_its_images_ask_for() -> None:
    arrays = RNG.random((6, 4)) * 3, np.zeros(4), np.zeros(4, np.int64)
    network = Network(*arrays, threshold=5.0, decay=0.90625, inhibition=2.0)
    spikes = spikes_of(INPUTS.astype(np.uint8))
    plan = plan_of_images(network, spikes, Asked(weight=7, state=6, weight_rounding="SR", state_rounding="TR"))
    assert str(plan["weight"]) == "UQ2.5 stochastic saturate"
    assert (str(plan.leak.factor.format), plan.leak.kind) == ("UQ0.5", "multiply")  # 29 / 32
    assert {str(plan["membrane"].rounding), str(plan["accumulator"].rounding)} == {"floor"}
    assert (plan["membrane"].format.frac, str(plan["threshold"].format)) == (6, "UQ3.0")
    made = casts(quantise(network, plan), spikes, range(5))
    assert {made[cast]["overflows"] for cast in ("accumulate", "leak", "integrate")} == {0}
    assert made["integrate"]["casts"] == 5 * 30 * 4


def test_constants_of_one_layer_stay_as_they_are() -> None:
    arrays = RNG.random((6, 4)), np.zeros(4), np.zeros(4, np.int64)
    network = Network(*arrays, threshold=2.0, decay=0.96875, inhibition=0.3)
    plan = plan_of_images(network, spikes_of(INPUTS.astype(np.uint8)), Asked(state=1))
    made = quantise(network, plan)
    assert (str(plan["threshold"].format), made.threshold) == ("UQ2.0", 2)  # 2.0 itself, not the word below it
    assert (str(plan["inhibition"].format), made.inhibition) == ("UQ-1.8", round(0.3 * 256))


def test_a_membrane_that_does_not_decay_is_multiplied_by_nothing() -> None:
    network = Network(RNG.random((6, 4)), np.zeros(4), np.zeros(4, np.int64), threshold=1.5, decay=1.0)
    assert plan_of_images(network, spikes_of(INPUTS.astype(np.uint8)), Asked()).leak.kind == "none"
