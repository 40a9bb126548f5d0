"""A network one step at a time says what its trace says, word for word."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from command_line import long_but, long_with_jit
from fxsnn.errors import ConfigError, OverflowDetectedError
from fxsnn.graph import stepping
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout
from fxsnn.graph.run import named_words, run, trace
from fxsnn.graph.stepping import State
from fxsnn.number.format import Format
from fxsnn.number.modes import Overflow
from fxsnn.number.signal import Signal
from fxsnn.program.grammar import parse
from population_sets import POPULATION_SETS, SERIAL
from populations_drawn import drawn_networks, inputs_for
from strategies import compiled_examples


def assert_followed(network: QuantisedGraph, state: State, rows: NDArray[np.int64]) -> None:
    kept = trace(network, rows)
    expected = {"input": rows.reshape(len(rows), -1)}
    for one in network.graph.populations:
        expected |= named_words(network, one.name, kept[one.name])
    assert {*state} <= {*expected}
    state.reset()
    for t, row in enumerate(rows):
        said = state.step(row)
        assert said.tolist() == kept[network.graph.read.name].emitted[t].tolist()
        assert {name: state[name].tolist() for name in state} == {name: expected[name][t].tolist() for name in state}
    assert state.steps == len(rows)


@long_with_jit
@pytest.mark.parametrize("name", long_but(3, *POPULATION_SETS, compiled=True))
def test_every_name_holds_after_a_step_what_the_trace_has(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network, inputs = POPULATION_SETS[name]()
    for kept in (256, 1, 7):  # what was emitted is moved once in so many steps
        monkeypatch.setattr(stepping, "_KEPT", kept)
        state = State(network)
        for rows in inputs:
            assert_followed(network, state, rows)


@long_with_jit
@given(st.data())
@settings(max_examples=compiled_examples(60), deadline=None, suppress_health_check=list(HealthCheck))
def test_random_networks_are_followed(data: st.DataObject) -> None:
    network = data.draw(drawn_networks())
    state = State(network)
    for rows in inputs_for(network, data.draw(st.integers(0, 99))):
        assert_followed(network, state, rows)


FACING = """
up: input
down: input
v: state
told: output
v: v[1] = v - (v >> 1) + each(up)
v: v[0] = v - each(down)
told = v > 2
"""


@long_with_jit
@pytest.mark.parametrize("form", ["UQ1.0", "Q3.1"])
@pytest.mark.parametrize("kind", ["dense", "identity"])
def test_inputs_that_are_cast_one_by_one_come_in_their_order(form: str, kind: Any) -> None:
    rng, facing = np.random.default_rng(6), parse(FACING, "facing.neuron")
    one, two = (population(name, 4, facing) for name in ("one", "two"))

    def wire(source: str, target: str, given: str, delay: int = 0, kind: Any = "dense") -> Projection:
        weights = None if kind == "identity" else raw(rng.integers(-8, 8, (4, 4)))
        return Projection(f"{source}_{target}_{given}", source, target, given, kind, weights, delay=delay)

    wires = (  # of one input the words of three sources, of the other those of two
        *(wire("input", "one", "up"), wire("one", "one", "up", 2), wire("two", "one", "up", 1)),
        *(wire("input", "one", "down", 1, kind), wire("two", "one", "down", 2)),
        *(wire("one", "two", "up"), wire("input", "two", "down", kind=kind)),
    )
    plan = parse_graph_plan('[signal]\nweight = "Q2.2"\nv = "Q3.1 nearest-even saturate"')
    network = quantise_graph(Graph((4,), (one, two), wires, Format.parse(form), Readout("counts")), plan)
    inputs = rng.integers(network.graph.format.lowest, network.graph.format.highest, (3, 30, 4), endpoint=True)
    emitted = [trace(network, rows)["two"].emitted.sum(axis=0).tolist() for rows in inputs]
    assert run(network, inputs).said.tolist() == emitted
    state = State(network)
    for rows in inputs:
        assert_followed(network, state, rows)


def test_names_are_states_what_is_emitted_registers_and_the_input() -> None:
    network, _ = POPULATION_SETS["recurrent"]()
    state = State(network)
    assert [*state] == ["input", "around.spike", "around.membrane", "around.lfsr.0"]
    assert "around.membrane" in state
    assert "around.integrated" not in state
    said = f"a name must be one of {', '.join(state)}, not 'around.integrated'"
    with pytest.raises(ConfigError, match=f"^{re.escape(said)}$"):
        state["around.integrated"]


def test_words_that_were_taken_stay_as_they_were() -> None:
    network, inputs = POPULATION_SETS["lif_layers"]()
    state, taken = State(network), list[NDArray[np.int64]]()
    for row in inputs[0]:
        state.step(row)
        taken.append(state["one.membrane"])
    assert np.array(taken).tolist() == trace(network, inputs[0])["one"].nodes["membrane"].tolist()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (np.zeros(5, np.int64), "a row must be of [6], not [5]"),
        (np.full(6, 2), "row[0] must be a word of UQ1.0 (u1), 0 to 1, not 2"),
        (np.full(6, 0.5), "row[0] must be a word of UQ1.0 (u1), 0 to 1, not 0.5"),
        ([[0], [0, 1]], "row must be an array, not lists of unequal lengths"),
    ],
)
def test_a_row_that_is_none_is_refused_and_nothing_has_happened(row: object, said: str) -> None:
    network, inputs = POPULATION_SETS["lif_layers"]()
    state = State(network)
    state.step(inputs[0, 0])
    before = {name: state[name].tolist() for name in state}
    with pytest.raises(ConfigError, match=f"^{re.escape(said)}$"):
        state.step(row)  # type: ignore[arg-type]
    assert ({name: state[name].tolist() for name in state}, state.steps) == (before, 1)


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", "<i4", ">i8", "u8", "u1", "i8"])
def test_a_row_may_be_of_bools_and_any_integers_and_lie_anyhow(dtype: str) -> None:
    network, inputs = POPULATION_SETS["lif_layers"]()
    state, other = State(network), State(network)
    apart = np.repeat(inputs[0].astype(dtype), 2, axis=1)[:, ::2]
    for row, expected in zip(apart, inputs[0], strict=True):
        assert state.step(row).tolist() == other.step(expected.tolist()).tolist()
        assert state["input"].tolist() == expected.tolist()


@pytest.mark.parametrize("dtype", ["?", "u1", "i8", ">i8", "u8"])
def test_1_is_no_word_of_a_signed_bit_in_any_dtype(dtype: str) -> None:
    cells = population("cells", 2, parse(SERIAL, "serial.neuron"), constants={"level": raw(3)})
    wire = Projection("w", "input", "cells", "come", weights=raw([[1, -2]]))
    graph = Graph((1,), (cells,), (wire,), Format.parse("Q1.0"))
    plan = parse_graph_plan('[signal]\nweight = "Q2.0"\nv = "Q4.0"')
    state = State(quantise_graph(graph, plan))
    with pytest.raises(ConfigError, match=r"^row\[0\] must be a word of Q1\.0 \(s1\), -1 to 0, not 1$"):
        state.step(np.ones(1, dtype))
    assert state.steps == 0


def test_a_value_that_leaves_is_refused_in_its_step() -> None:
    network, inputs = POPULATION_SETS["lif_layers"]()
    signals = dict(network.plan.signals)
    signals["two.membrane"] = replace(signals["two.membrane"], overflow=Overflow.ERROR)
    refusing = quantise_graph(network.graph, replace(network.plan, signals=signals))
    with pytest.raises(OverflowDetectedError) as whole:
        trace(refusing, inputs[0])
    state = State(refusing)
    with pytest.raises(OverflowDetectedError, match="^(?:leaked|membrane|integrated) of two must stay within"):
        for row in inputs[0]:
            state.step(row)
    assert 0 < state.steps < len(inputs[0])
    assert str(whole.value).startswith("integrated of two must stay within Q3.3 (s6)")


def test_a_network_that_may_refuse_and_does_not_is_followed() -> None:
    network, inputs = POPULATION_SETS["recurrent"]()
    wide = quantise_graph(network.graph, replace(network.plan, signals=_wide(network)))
    assert_followed(wide, State(wide), inputs[0])


def _wide(network: QuantisedGraph) -> dict[str, Signal]:
    membrane = network.plan.signals["membrane"]
    form = replace(membrane.format, word=20)
    return {**network.plan.signals, "membrane": replace(membrane, format=form, overflow=Overflow.ERROR)}
