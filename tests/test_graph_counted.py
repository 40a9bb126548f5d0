"""What golden sets are made of, all neurons at once, equals the interpreter in plain integers: words, draws, counts."""

from __future__ import annotations

from unittest import mock

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from fxsnn.errors import OverflowDetectedError
from fxsnn.graph.counted import Counted, Plain, begun
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.run import trace
from fxsnn.graph.starting import REST
from fxsnn.graph.stepping import casts_of
from populations_drawn import any_networks, inputs_for


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_networks, st.integers(0, 1000))
def test_a_trace_equals_that_of_the_interpreter(network: QuantisedGraph, seed: int) -> None:
    words = inputs_for(network, seed)[0]
    try:
        found = trace(network, words)
    except OverflowDetectedError:
        reject()
    with mock.patch("fxsnn.graph.run.begun", lambda network, one, start, n: Plain(network, one, start.of(one, n))):
        expected = trace(network, words)
    assert casts_of(network, words) == {name: one.counts for name, one in expected.items()}
    for name, one in expected.items():
        assert found[name].counts == one.counts
        assert found[name].emitted.tolist() == one.emitted.tolist()
        for part in ("nodes", "draws", "registers"):
            held, right = getattr(found[name], part), getattr(one, part)
            assert {key: rows.tolist() for key, rows in held.items()} == {
                key: rows.tolist() for key, rows in right.items()
            }, (name, part)


@settings(max_examples=20, deadline=None)
@given(any_networks)
def test_active_inputs_that_are_taken_one_by_one_are_left_to_it(network: QuantisedGraph) -> None:
    for one in network.graph.populations:
        assert type(begun(network, one, REST)) is (Plain if one.neuron.one_by_one else Counted)
