"""Many inputs at once say what a trace of each says: all steps at once or step by step, in any parts and groups."""

from __future__ import annotations

import gc
from dataclasses import replace
from functools import lru_cache
from typing import Any
from weakref import ref

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from command_line import long_but, long_with_jit, once
from fxsnn.errors import ConfigError, WidthError
from fxsnn.graph import batch
from fxsnn.graph.connect import Projection
from fxsnn.graph.dense import is_dense
from fxsnn.graph.engine import Engine
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan, parse_graph_plan
from fxsnn.graph.population import Population, population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout, reduced
from fxsnn.graph.run import run, trace
from fxsnn.kernels import layer
from fxsnn.number.format import Format
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.number.signal import Signal
from fxsnn.program.compiled import compiled
from fxsnn.program.grammar import Text, parse
from strategies import compiled_examples

SIZE, STEPS = 4, 9  # of all populations, so that any kind of projection fits; of an input

SERIAL = """
come: input
v: state
spike: output
v: v[0] = v + each(come)
spike = v > 2
if spike:
    v = 0
"""
TWO = """
come: input
less: input
v: state
spike: output
v: v[0] = v + come - less
spike = v > 1
if spike:
    v = 0
"""
BOTH = """
come: input
v: state
spike: output
v: v[0] = v + each(come)
spike = v + come > 2
"""
CLOCK = """
v: state
pace: constant[v]
spike: output
v: v[0] = v + pace
spike = v > 2
"""

NEURONS: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {  # choices, constants, a state that is stored
    "lif": ({"leak": "multiply", "reset": "subtract"}, {"decay": raw(13), "threshold": raw(9)}, "membrane"),
    "integrator": ({"leak": "none"}, {}, "membrane"),
    "relay": ({}, {}, ""),
    "serial": ({}, {}, "v"),
    "two": ({}, {}, "v"),
}
FIRING = ("lif", "serial", "two")


@lru_cache
def text(name: str) -> str | Text:
    own = {"serial": SERIAL, "two": TWO, "both": BOTH, "clock": CLOCK}
    return parse(own[name], f"{name}.neuron") if name in own else name


def neurons(name: str, kind: str) -> Population:
    choices, constants, _ = NEURONS[kind]
    return population(name, SIZE, text(kind), choices, constants)


WEIGHTS = (Format(5, 2), Format(8, 7), Format(14, 3), Format(30, 4))  # summed in 16, 16, 32 and 64 bits
STATES = (
    Signal(Format(9, 3), Rounding.FLOOR, Overflow.SATURATE),  # in words of 32 bits
    Signal(Format(8, 2), Rounding.STOCHASTIC, Overflow.WRAP),
)


@st.composite
def networks(draw: st.DrawFn) -> QuantisedGraph:
    """Populations of any kinds, driven by what is before them, by themselves and by what is behind them."""
    kinds = draw(
        st.lists(st.sampled_from(("lif", "lif", "serial", "integrator", "relay", "two")), min_size=1, max_size=3)
    )
    populations = tuple(neurons(f"p{n}", kind) for n, kind in enumerate(kinds))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    state, wide = draw(st.sampled_from(STATES)), draw(st.sampled_from(WEIGHTS))
    plan = {"membrane": state, "v": state, "weight": Signal(Format(5, 2)), "threshold": Signal(Format(6, 2))}
    plan["decay"] = Signal(Format(4, 4, signed=False))
    wires: list[Projection] = []
    for n, one in enumerate(populations):
        words = kinds[n] not in FIRING  # what is exact or wide: nothing goes back from it
        for given_to in one.neuron.inputs:
            for m in range(draw(st.integers(1, 3))):
                before = ["input", *(f"p{k}" for k in range(n))]
                later = [f"p{k}" for k in range(n, len(kinds)) if not words and kinds[k] in FIRING]
                source = draw(st.sampled_from(before if m == 0 else before + later + later[:1] * 3))  # itself, often
                delay = draw(st.sampled_from((0, 0, 1, 2, 12))) if source in before else draw(st.integers(1, 3))
                kind: Any = draw(st.sampled_from(("dense", "dense", "dense", "identity"))) if m else "dense"
                name = f"w{len(wires)}"
                spikes = source == "input" or kinds[int(source[1:])] in FIRING  # a wide weight times words is too wide
                form = wide if spikes and draw(st.booleans()) else plan["weight"].format
                if kind == "dense":
                    plan[f"{name}.weight"] = Signal(form)
                given_words = raw(rng.integers(-16, 16, (SIZE, SIZE))) if kind == "dense" else None
                wires.append(Projection(name, source, one.name, given_to, kind, given_words, delay=delay))
    read = draw(st.integers(0, len(kinds) - 1))
    node = NEURONS[kinds[read]][2] if draw(st.booleans()) else ""
    readout = Readout(
        "node" if node else draw(st.sampled_from(("counts", "first"))),
        f"p{read}",
        node=node,
        over=draw(st.sampled_from(("sum", "last", "maximum"))) if node else "sum",
        skip=draw(st.sampled_from((0, 3))),
    )
    return quantise_graph(Graph((SIZE,), populations, tuple(wires), readout=readout), GraphPlan(plan))


def expected(network: QuantisedGraph, inputs: Any) -> list[list[int]]:
    readout, found = network.graph.readout, []
    for one in inputs:
        kept = trace(network, one)[network.graph.read.name]
        words = kept.nodes[readout.node] if readout.node else kept.emitted
        found.append(reduced(readout, words, len(one)).tolist())
    return found


@long_with_jit
@settings(max_examples=compiled_examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(networks(), st.integers(0, 9999))
def test_a_batch_says_what_traces_say(network: QuantisedGraph, seed: int) -> None:
    rasters = np.random.default_rng(seed).integers(0, 2, (4, STEPS, SIZE), np.uint8)
    traces = expected(network, rasters)
    assert run(network, rasters).said.tolist() == traces
    assert run(network, rasters, threads=3).said.tolist() == traces
    assert run(network, rasters[2:3]).said.tolist() == traces[2:3]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "_MOST", 0)
        patch.setattr(batch, "_PIECE", 1000)  # bytes of a few steps
        assert run(network, rasters[:2]).said.tolist() == traces[:2]


# what runs all its steps at once


def two_populations(
    kind: str, *wires: Projection, form: str = "UQ1.0", readout: Readout | None = None
) -> QuantisedGraph:
    graph = Graph((SIZE,), (neurons("a", kind), neurons("b", "lif")), wires, Format.parse(form), readout or Readout())
    words = 'weight = "Q4.2"\nmembrane = "Q9.3"\nv = "Q9.3"\nthreshold = "UQ4.2"\ndecay = "UQ0.4"'
    return quantise_graph(graph, parse_graph_plan(f"[signal]\n{words}"))


def wire(source: str, target: str, given_to: str = "current", kind: Any = "dense", delay: int = 0) -> Projection:
    weights = raw(np.arange(SIZE * SIZE).reshape(SIZE, SIZE) - 6) if kind == "dense" else None
    return Projection(f"{source}_{target}_{given_to}_{delay}", source, target, given_to, kind, weights, delay=delay)


AFTER = wire("a", "b")
SCHEDULES = [
    ("lif", "UQ1.0", (wire("input", "a"), AFTER), [True, True]),
    ("lif", "UQ0.1", (wire("input", "a"), AFTER), [True, True]),  # 0 and 1/2: bits at another binary point
    ("lif", "UQ1.0", (wire("input", "a"), wire("input", "a", delay=2), wire("a", "a", delay=1), AFTER), [True, True]),
    ("serial", "UQ1.0", (wire("a", "a", "come", delay=2), wire("input", "a", "come"), AFTER), [True, True]),
    ("lif", "UQ2.0", (wire("input", "a"), AFTER), [False, True]),  # counts come
    ("lif", "UQ1.0", (wire("input", "a", kind="identity"), AFTER), [False, True]),
    ("integrator", "UQ1.0", (wire("input", "a"), AFTER), [True, False]),  # words go on
    ("two", "UQ1.0", (wire("input", "a", "come"), wire("input", "a", "less"), AFTER), [False, True]),
    ("lif", "UQ1.0", (wire("input", "a"), AFTER, wire("b", "a", delay=1)), [False]),
]


@long_with_jit
@pytest.mark.parametrize(("kind", "form", "wires", "at_once"), SCHEDULES)
def test_what_spikes_reach_by_dense_projections_runs_all_its_steps_at_once(
    kind: str, form: str, wires: tuple[Projection, ...], at_once: list[bool]
) -> None:
    network = two_populations(kind, *wires, form=form)
    assert [is_dense(network, stage) for stage in network.graph.stages] == at_once
    inputs = np.random.default_rng(5).integers(0, 2, (3, STEPS, SIZE))
    assert run(network, inputs).said.tolist() == expected(network, inputs)


def test_a_sum_that_no_text_reads_is_not_added_up() -> None:
    """In words of 16 bits 900 inputs of -60 would leave them, though each alone fits."""
    accumulating = parse(
        "come: input\nv: state\nspike: output\nv: v[0] = v + each(come)\nspike = v < 0\n", "one.neuron"
    )
    wire = Projection("w", "input", "one", "come", weights=raw(np.full((900, 1), -60)))
    plan = parse_graph_plan('[signal]\nweight = "Q7.0"\nv = "Q7.0"\n')
    one = population("one", 1, accumulating, {}, {}, {})
    network = quantise_graph(Graph((900,), (one,), (wire,), readout=Readout("counts")), plan)
    engine, out = Engine(network, "one", compiled(network.programs["one"], network.each("one"))), np.zeros((1, 1), int)
    engine.run({"input": np.ones((1, 900), np.uint8)}, out, np.zeros((0, 0), int), 0, 0, 1)
    assert engine.state(0).tolist() == [-64]
    assert engine._sums.dtype == np.int16
    assert not engine._sums.any()


@once
def test_neurons_of_another_structure_compile_their_step_and_no_loop_around_it() -> None:
    networks: list[QuantisedGraph] = []
    for choices in ({"leak": "none", "reset": "zero"}, {"leak": "shift", "reset": "subtract"}):
        one = population("a", SIZE, "lif", choices, {"threshold": raw(9)}, {"leak_shift": 2} if len(networks) else {})
        plan = parse_graph_plan('[signal]\nweight = "Q4.2"\nmembrane = "Q7.3"\nthreshold = "UQ4.2"')
        networks.append(quantise_graph(Graph((SIZE,), (one,), (wire("input", "a"),)), plan))
    inputs, loops = np.random.default_rng(9).integers(0, 2, (3, STEPS, SIZE)), []
    for network in networks:
        assert run(network, inputs).said.tolist() == expected(network, inputs)
        loops.append({*layer.respond.signatures})  # type: ignore[attr-defined]
    sources = {compiled(one.programs["a"], one.each("a")).emitted.source for one in networks}
    assert len(sources) == 2
    assert loops[0] == loops[1] != set()


@pytest.mark.parametrize("name", ["both", "clock"])
def test_a_text_that_takes_inputs_in_both_ways_or_none_says_what_its_trace_says(name: str) -> None:
    constants = {"pace": raw([1, -1, 3, 0])} if name == "clock" else {}
    one, relay = population("p", SIZE, text(name), {}, constants), population("q", SIZE, "relay")
    wires = [Projection("w", "p", "q", "arriving", "identity"), wire("input", "q", "arriving")]
    wires += [wire("input", "p", "come")] if name == "both" else []
    graph = Graph((SIZE,), (one, relay), tuple(wires))
    network = quantise_graph(graph, parse_graph_plan('[signal]\nv = "Q3.2"\nweight = "Q4.2"'))
    inputs = np.random.default_rng(6).integers(0, 2, (2, STEPS, SIZE))
    assert run(network, inputs).said.tolist() == expected(network, inputs)


def test_neither_groups_nor_threads_nor_the_rest_of_the_batch_change_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    back = wire("a", "a", delay=2)
    network = two_populations("lif", wire("input", "a"), back, AFTER, readout=Readout("node", "b", node="membrane"))
    inputs = np.random.default_rng(7).integers(0, 2, (37, STEPS, SIZE))  # two groups of 16 and a rest
    traces = expected(network, inputs)
    assert run(network, inputs).said.tolist() == traces
    assert run(network, inputs, threads=2).said.tolist() == traces
    assert [run(network, inputs[n : n + 1]).said.tolist()[0] for n in range(37)] == traces
    monkeypatch.setattr(batch, "_MOST", 1)  # one input at a time, a step at a time
    monkeypatch.setattr(batch, "_PIECE", 1)
    assert run(network, inputs).said.tolist() == traces


def test_a_network_that_ran_is_forgotten_with_its_owner() -> None:
    network = two_populations("integrator", wire("input", "a", kind="identity"), AFTER)
    run(network, np.ones((2, STEPS, SIZE), np.uint8))
    gone = ref(network)
    del network
    gc.collect()
    assert gone() is None


def test_no_inputs_have_no_answers_and_threads_must_be_one_or_more() -> None:
    network = two_populations("lif", wire("input", "a"), AFTER)
    assert run(network, np.zeros((0, STEPS, SIZE), np.uint8)).said.shape == (0, SIZE)
    with pytest.raises(ConfigError, match=r"^threads must be 1 or more, not 0$"):
        run(network, np.zeros((1, STEPS, SIZE), np.uint8), threads=0)


def test_inputs_that_cannot_be_written_are_taken_and_stay_as_they_are() -> None:
    network = two_populations("lif", wire("input", "a"), wire("a", "a", delay=1), AFTER)
    inputs = np.random.default_rng(8).integers(0, 2, (2, STEPS, SIZE), np.uint8)
    before = inputs.copy()
    answers = run(network, inputs).said.tolist()
    inputs.flags.writeable = False
    assert (
        run(network, inputs).said.tolist() == run(network, inputs.astype(np.int64)[:, :, ::1]).said.tolist() == answers
    )
    assert inputs.tolist() == before.tolist()


@long_with_jit
def test_large_words_and_rows_of_both_signs_are_added_exactly() -> None:
    network = two_populations("lif", wire("input", "a"), AFTER, readout=Readout("node", "a", node="membrane"))
    graph = replace(network.graph, shape=(300,), projections=(_many(), AFTER))
    for weight in ("Q1.7", "UQ0.8", "Q6.10", "Q12.20", "Q20.30"):
        form = Format.parse(weight)
        words = {"input_a": np.full((300, SIZE), form.lowest if form.signed else form.highest)}
        plan = f'[signal]\nweight = "Q4.2"\n"input_a.weight" = "{weight}"\nmembrane = "Q30.20"\n'
        plan += 'threshold = "UQ4.2"\ndecay = "UQ0.4"'
        whole = QuantisedGraph(graph, parse_graph_plan(plan), {**network.weights, **words}, network.constants)
        inputs = np.ones((1, 3, 300), np.uint8)
        assert run(whole, inputs).said.tolist() == expected(whole, inputs)


def _many() -> Projection:
    return Projection("input_a", "input", "a", "current", weights=raw(np.zeros((300, SIZE), int)))


REDUCED = """
come: input
v: state
u: state
spike: output
v: v = v + come
able = v > 1
won = {}
others = {}
u: u = u + 1 if won else u + 2
spike = others
"""


@long_with_jit
@pytest.mark.parametrize(
    "others", long_but(1, "largest(u, won)", "first(won)", "count(won)", "any(won)", "largest(v, won)", compiled=True)
)
@pytest.mark.parametrize("won", ["first(able)", "largest(v, able)"])
def test_a_reduction_of_the_one_that_another_chose_is_found(won: str, others: str) -> None:
    one = population("one", SIZE, parse(REDUCED.format(won, others), "reduced.neuron"))
    rng = np.random.default_rng(1)
    wire = Projection("to", "input", "one", "come", weights=raw(rng.integers(-3, 4, (3, SIZE))))
    signals = {name: Signal(Format(word, 0)) for name, word in {"weight": 4, "v": 6, "u": 7}.items()}
    network = quantise_graph(Graph((3,), (one,), (wire,)), GraphPlan(signals))
    inputs = rng.integers(0, 2, (2, STEPS, 3))
    expected = [trace(network, row)["one"].emitted.sum(axis=0).tolist() for row in inputs]
    assert run(network, inputs).said.tolist() == expected
    assert np.any(expected)


@pytest.mark.parametrize(("kind", "over"), [("node", "sum"), ("counts", "sum"), ("node", "last"), ("node", "maximum")])
def test_wide_words_are_refused_where_their_sum_is_read_alone(kind: Any, over: Any) -> None:
    one = population("one", 3, "integrator", {"leak": "none"})
    wire = Projection("w", "input", "one", "current", "scale", raw([(1 << 58) - 1, -(1 << 58), 5]))
    readout = Readout(kind, node="membrane" if kind == "node" else "", over=over)
    signals = {"weight": Signal(Format(59, 0)), "membrane": Signal(Format(61, 0))}
    network = quantise_graph(Graph((3,), (one,), (wire,), readout=readout), GraphPlan(signals))
    inputs = np.ones((1, STEPS, 3), np.int64)
    if over == "sum":
        with pytest.raises(WidthError, match=r"^the sum that is read must fit int64, but (membrane|what is emitted) "):
            run(network, inputs)
    else:
        least = -(1 << (60 if over == "last" else 58))
        assert run(network, inputs).said.tolist() == expected(network, inputs) == [[(1 << 60) - 1, least, 45]]


def test_a_node_that_is_always_0_is_read_as_0() -> None:
    one = population("one", 3, parse("come: input\nout: output\nnone = come * 0\nout = come > none\n", "none.neuron"))
    wire = Projection("w", "input", "one", "come", "identity")
    graph = Graph((3,), (one,), (wire,), readout=Readout("node", node="none"))
    assert run(quantise_graph(graph, GraphPlan({})), np.ones((2, 4, 3), np.int64)).said.tolist() == [[0] * 3] * 2
