"""Networks of populations and projections, held against layers written by hand and sums written out."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from command_line import long_with_jit
from fxsnn.errors import ConfigError, OverflowDetectedError, WidthError
from fxsnn.graph.connect import Projection, bring
from fxsnn.graph.given import raw, real
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.network import Graph
from fxsnn.graph.order import Stage
from fxsnn.graph.plan import GraphPlan, graph_plan_text, parse_graph_plan
from fxsnn.graph.population import Population, population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout, reduced
from fxsnn.graph.real import float_run
from fxsnn.graph.run import golden_nodes, run, trace
from fxsnn.graph.stepping import State
from fxsnn.number.format import Format
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.number.signal import Signal
from reference_lif import Cuba, Into, Lif, weighed
from strategies import compiled_examples, examples

PLAIN = [mode.value for mode in Rounding if mode is not Rounding.STOCHASTIC]
OVERFLOWS = [mode.value for mode in Overflow if mode is not Overflow.ERROR]
quick = settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class Drawn:
    """A network and the same by hand."""

    network: QuantisedGraph
    by_hand: list[Lif | Cuba]
    weights: list[list[list[Fraction]]]
    back: list[list[Fraction]] | None
    delay: int


def real_words(words: NDArray[np.int64], form: Format) -> list[list[Fraction]]:
    return [[form.value(int(word)) for word in row] for row in words]


@st.composite
def signals(draw: st.DrawFn, bits: int = 10) -> Signal:
    form = Format(draw(st.integers(4, bits)), draw(st.integers(-1, 6)), True)
    return Signal(form, Rounding(draw(st.sampled_from(PLAIN))), Overflow(draw(st.sampled_from(OVERFLOWS))))


def into(signal: Signal) -> Into:
    form = signal.format
    return Into((form.word, form.frac, form.signed), signal.rounding.value, signal.overflow.value)


@st.composite
def networks(draw: st.DrawFn, *, recurrent: bool, cuba: bool) -> Drawn:
    """Three layers, each of formats of its own; the second is driven by its own spikes too where it is recurrent."""
    sizes = [draw(st.integers(1, 5)) for _ in range(4)]
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    populations: list[Population] = []
    projections: list[Projection] = []
    by_hand: list[Lif | Cuba] = []
    weights, plan, back = list[list[list[Fraction]]](), dict[str, Signal](), None
    delay = draw(st.integers(1, 3)) if recurrent else draw(st.integers(0, 2))
    for n in range(3):
        name, before = f"layer{n}", f"layer{n - 1}" if n else "input"
        membrane, weight = draw(signals()), Signal(Format(5, draw(st.integers(0, 5))))
        threshold, factor = Signal(Format(6, 3, signed=False)), Signal(Format(4, 4, signed=False))
        own: dict[str, Signal] = {"membrane": membrane, "threshold": threshold}
        level, fade = draw(st.integers(0, 40)), draw(st.integers(0, 15))
        constants: dict[str, Any] = {"threshold": raw(level)}
        limit = threshold.format.value(level)
        if cuba:
            current = draw(signals())
            own |= {"current": current, "current_decay": factor, "membrane_decay": factor}
            constants |= {"current_decay": raw(fade), "membrane_decay": raw(15 - fade)}
            reset = draw(st.sampled_from(["zero", "subtract"]))
            populations.append(population(name, sizes[n + 1], "cuba_lif", {"reset": reset}, constants))
            decays = factor.format.value(fade), factor.format.value(15 - fade)
            by_hand.append(Cuba(sizes[n + 1], into(current), into(membrane), *decays, limit, reset))
        else:
            leak = draw(st.sampled_from(["none", "shift", "multiply"]))
            reset = draw(st.sampled_from(["zero", "value", "subtract"]))
            numbers = {"leak_shift": draw(st.integers(0, 4))} if leak == "shift" else {}
            start = draw(st.integers(membrane.format.lowest, membrane.format.highest))
            if leak == "multiply":
                own["decay"], constants["decay"] = factor, raw(fade)
            if reset == "value":
                constants["reset_value"] = raw(start)
            choices = {"leak": leak, "reset": reset}
            populations.append(population(name, sizes[n + 1], "lif", choices, constants, numbers))
            by_hand.append(
                Lif(
                    sizes[n + 1],
                    into(membrane),
                    limit,
                    leak,
                    factor.format.value(fade),
                    numbers.get("leak_shift", 0),
                    reset,
                    membrane.format.value(start),
                )
            )
        words = rng.integers(-16, 16, (sizes[n], sizes[n + 1]))
        plan |= {f"{name}.{signal}": one for signal, one in own.items()} | {f"into{n}.weight": weight}
        weights.append(real_words(words, weight.format))
        given_to = populations[-1].neuron.inputs[0]
        late = delay if n == 1 and not recurrent else 0
        projections.append(Projection(f"into{n}", before, name, given_to, weights=raw(words), delay=late))
    if recurrent:
        words, weight = rng.integers(-8, 8, (sizes[2], sizes[2])), Signal(Format(4, draw(st.integers(0, 5))))
        plan["back.weight"], back = weight, real_words(words, weight.format)
        given_to = populations[1].neuron.inputs[0]
        projections.append(Projection("back", "layer1", "layer1", given_to, weights=raw(words), delay=delay))
    graph = Graph((sizes[0],), tuple(populations), tuple(projections))
    return Drawn(quantise_graph(graph, GraphPlan(plan)), by_hand, weights, back, delay)


def holds(drawn: Drawn, seed: int) -> None:
    """Assert that every membrane and spike of every layer is as by hand."""
    network, rng = drawn.network, np.random.default_rng(seed)
    raster = (rng.random((12, network.graph.shape[0])) < 0.5).astype(np.uint8)
    kept = trace(network, raster)
    told: list[list[list[int]]] = [[] for _ in drawn.by_hand]
    for t, row in enumerate(raster.tolist()):
        spikes = row
        for n, layer in enumerate(drawn.by_hand):
            if n == 1 and drawn.back is None and drawn.delay:
                spikes = told[0][t - drawn.delay] if t >= drawn.delay else [0] * len(spikes)
            come = weighed(spikes, drawn.weights[n])
            if n == 1 and drawn.back is not None and t >= drawn.delay:
                again = weighed(told[1][t - drawn.delay], drawn.back)
                come = [a + b for a, b in zip(come, again, strict=True)]
            membranes, spikes = layer.step(come)
            told[n].append(spikes)
            form = network.programs[f"layer{n}"].signals["membrane"].format
            found = kept[f"layer{n}"]
            assert [form.value(int(word)) for word in found.nodes["integrated"][t]] == membranes
            assert [form.value(int(word)) for word in found.nodes["membrane"][t]] == layer.membranes
            assert found.nodes["spike"][t].tolist() == found.emitted[t].tolist() == spikes


@quick
@given(networks(recurrent=False, cuba=False), st.integers(0, 99))
def test_three_populations_of_lif_neurons_do_what_is_written_by_hand(drawn: Drawn, seed: int) -> None:
    assert [stage.stepwise for stage in drawn.network.graph.stages] == [False] * 3
    holds(drawn, seed)


@quick
@given(networks(recurrent=True, cuba=False), st.integers(0, 99))
def test_a_recurrent_layer_does_what_is_written_by_hand(drawn: Drawn, seed: int) -> None:
    assert [stage.stepwise for stage in drawn.network.graph.stages] == [False, True, False]
    holds(drawn, seed)


@quick
@given(networks(recurrent=True, cuba=True), st.integers(0, 99))
def test_populations_with_synaptic_currents_do_what_is_written_by_hand(drawn: Drawn, seed: int) -> None:
    holds(drawn, seed)


# what projections bring


@long_with_jit
@settings(max_examples=compiled_examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        networks(recurrent=False, cuba=False),
        networks(recurrent=True, cuba=False),
        networks(recurrent=False, cuba=True),
    ),
    st.integers(0, 99),
)
def test_compiled_steps_say_what_a_trace_keeps(drawn: Drawn, seed: int) -> None:
    network, rng = drawn.network, np.random.default_rng(seed)
    rasters = (rng.random((2, 12, network.graph.shape[0])) < 0.5).astype(np.uint8)
    expected = [trace(network, raster)["layer2"].emitted.sum(axis=0).tolist() for raster in rasters]
    assert run(network, rasters).said.tolist() == expected
    membranes = replace(network.graph, readout=Readout("node", "layer2", node="membrane"))
    read = QuantisedGraph(membranes, network.plan, network.weights, network.constants)
    kept = [trace(network, raster)["layer2"].nodes["membrane"] for raster in rasters]
    assert run(read, rasters).said.tolist() == [reduced(membranes.readout, one, 12).tolist() for one in kept]


@st.composite
def laid(draw: st.DrawFn) -> tuple[Projection, tuple[int, ...], NDArray[np.int64], NDArray[np.int64]]:
    """A kernel over a map that it fits."""
    groups = draw(st.integers(1, 3))
    kernel = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    padding = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    stride = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    shape = draw(st.integers(3, 6)), draw(st.integers(3, 6)), groups * draw(st.integers(1, 2))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    more = draw(st.sampled_from([0, 25]))  # bits: sums of the wider words are not exact as real numbers
    weights = rng.integers(-9 << more, 9 << more, (*kernel, shape[2] // groups, groups * draw(st.integers(1, 2))))
    words = rng.integers(-5 << more, 5 << more, shape)
    wire = Projection("p", "input", "t", "i", "conv", raw(weights), "weight", 0, kernel, stride, padding, groups)
    return wire, shape, weights, words


@quick
@given(laid())
def test_a_convolution_is_the_sum_written_out(
    case: tuple[Projection, tuple[int, ...], NDArray[np.int64], NDArray[np.int64]],
) -> None:
    wire, (height, width, channels), weights, words = case
    rows, columns, inputs, outputs = weights.shape
    assert wire.stride is not None
    down = (height + 2 * wire.padding[0] - rows) // wire.stride[0] + 1
    across = (width + 2 * wire.padding[1] - columns) // wire.stride[1] + 1
    expected = []
    for y in range(down):
        for x in range(across):
            for o in range(outputs):
                group, total = o // (outputs // wire.groups), 0
                for ky in range(rows):
                    for kx in range(columns):
                        for c in range(inputs):
                            at = y * wire.stride[0] + ky - wire.padding[0], x * wire.stride[1] + kx - wire.padding[1]
                            if 0 <= at[0] < height and 0 <= at[1] < width:
                                total += int(words[at][group * inputs + c]) * int(weights[ky, kx, c, o])
                expected.append(total)
    assert bring(wire, weights, words.reshape(-1), (height, width, channels)).tolist() == expected


MAP = np.array([[[1, -4], [2, 0], [9, 9]], [[3, 5], [4, -2], [9, 9]]])


@pytest.mark.parametrize(("kind", "expected"), [("sum", [10, -1]), ("average", [10, -1]), ("maximum", [4, 5])])
def test_what_is_left_over_at_an_edge_is_not_pooled(kind: Any, expected: list[int]) -> None:
    wire = Projection("p", "input", "t", "i", kind, kernel=(2, 2))
    assert bring(wire, None, MAP.reshape(-1), MAP.shape).tolist() == expected
    assert wire.halvings == (2 if kind == "average" else 0)


RELAY = population("pooled", (1, 1, 1), "relay")


def pooling(kind: Any, kernel: tuple[int, int], shape: tuple[int, int, int], form: str = "UQ1.0") -> Graph:
    wire = Projection("pool", "input", "pooled", "arriving", kind, kernel=kernel)
    return Graph(shape, (RELAY,), (wire,), Format.parse(form))


def test_an_average_of_a_power_of_two_moves_the_binary_point() -> None:
    quantised = quantise_graph(pooling("average", (2, 2), (2, 2, 1)), GraphPlan({}))
    node = golden_nodes(quantised, np.array([[1, 1, 1, 0]]))["pooled.passed"]
    assert (node.words.tolist(), node.format) == ([[3]], Format(3, 2, signed=False))  # 3/4


def test_an_average_of_another_number_is_a_sum_times_one_weight() -> None:
    graph = pooling("average", (1, 3), (1, 3, 1))
    with pytest.raises(ConfigError, match=r"^every signal must have a format, pool\.weight has none$"):
        quantise_graph(graph, GraphPlan({}))
    quantised = quantise_graph(graph, parse_graph_plan('[signal]\nweight = "UQ0.4"'))
    node = golden_nodes(quantised, np.array([[1, 0, 1]]))["pooled.passed"]
    assert (node.words.tolist(), node.format.frac) == ([[10]], 4)  # 1/3 is 5/16
    assert [(a.name, a.words, a.word) for a in graph_memory(quantised).arrays] == [
        ("input", 3, 1),
        ("pool.weight", 1, 4),
        ("pooled", 1, 6),
        ("pooled.arriving", 1, 6),
    ]


def test_the_maximum_of_bits_is_a_bit_and_of_words_a_word() -> None:
    bits = quantise_graph(pooling("maximum", (2, 2), (2, 2, 1)), GraphPlan({}))
    assert bits.formats["pooled"] == Format(1, 0, signed=False)
    assert trace(bits, np.array([[0, 0, 1, 0], [0, 0, 0, 0]]))["pooled"].emitted.tolist() == [[1], [0]]
    words = quantise_graph(pooling("maximum", (2, 2), (2, 2, 1), "Q3.1"), GraphPlan({}))
    assert words.formats["pooled"] == Format(4, 1)
    assert trace(words, np.array([[-8, -5, -6, -7]]))["pooled"].emitted.tolist() == [[-5]]


def test_each_takes_the_active_inputs_of_all_projections_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "serial.neuron").write_text(
        "come: input\nv: state\nspike: output\nv: v = v + each(come)\nspike = v > 0\n"
    )
    serial = population("serial", 2, "serial.neuron", folder=tmp_path)
    first = Projection("first", "input", "serial", "come", weights=raw([[3, -3], [2, 2]]))
    second = Projection("second", "input", "serial", "come", "identity", delay=1)
    plan = parse_graph_plan('[signal]\nweight = "Q3.0"\nv = "Q3.0"')  # -4 to 3
    quantised = quantise_graph(Graph((2,), (serial,), (first, second)), plan)
    kept = trace(quantised, np.array([[1, 1], [1, 0]]))["serial"]
    # 0 + 3 + 2 saturates at 3, -3 + 2 is -1; then 3 + 3 + 1 + 1 saturates, -1 - 3 + 0 + 1 is -3
    assert kept.nodes["v"].tolist() == [[3, -1], [3, -3]]
    assert [(a.name, a.words, a.word) for a in graph_memory(quantised).arrays if a.meaning == "buffer"] == []


@long_with_jit
def test_inputs_that_are_each_taken_one_by_one_come_to_statements_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "two.neuron").write_text(
        "up: input\ndown: input\nv: state\nw: state[v]\nout: output\n"
        "v: v[0] = v + each(up)\nw: v[1] = w - min(each(down), each(down) + each(down))\nout = v > w\n"
    )
    two = population("two", 2, "two.neuron", folder=tmp_path)
    up = Projection("up", "input", "two", "up", weights=raw([[3, -3], [2, 2], [-1, 1]]))
    down = Projection("down", "input", "two", "down", weights=raw([[1, -1], [-2, 3], [0, 2]]))
    plan = parse_graph_plan('[signal]\nweight = "Q3.0"\nv = "Q3.0"')  # -4 to 3
    quantised = quantise_graph(Graph((3,), (two,), (up, down)), plan)
    rows = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 1]])
    expected = [([3, -1], [3, -1]), ([3, -1], [3, -1]), ([2, 2], [3, -4])]
    # w: 0 - 1 and then + 4; 0 + 2 and then - 3; in the last step 3 + 4 - 0, and -1 - 3 - 2
    state, kept = State(quantised), trace(quantised, rows)["two"]
    for t, (v, w) in enumerate(expected):
        assert (kept.nodes["v"][t].tolist(), kept.nodes["w"][t].tolist()) == (v, w)
        state.step(rows[t])
        assert (state["two.v"].tolist(), state["two.w"].tolist()) == (v, w)
    assert run(quantised, rows[None]).said.tolist() == [kept.emitted.sum(axis=0).tolist()]


# answers


def read(readout: Readout, raster: list[list[int]]) -> tuple[list[int], int | None]:
    graph = Graph((3,), (population("p", 3, "relay"),), (Projection("w", "input", "p", "arriving", "identity"),),
                  readout=readout)  # fmt: skip
    said = run(quantise_graph(graph, GraphPlan({})), np.array([raster]))
    floats, classes = float_run(graph, np.array([raster]))
    assert floats.tolist() == said.said.tolist()
    if said.classes is None or classes is None:
        assert classes is said.classes
        return said.said[0].tolist(), None
    assert said.classes.tolist() == classes.tolist()
    return said.said[0].tolist(), int(said.classes[0])


RASTER = [[1, 0, 0], [0, 1, 0], [0, 1, 1]]


def test_answers_are_read_as_the_readout_says() -> None:
    assert read(Readout(), RASTER) == ([1, 2, 1], None)
    assert read(Readout("counts"), RASTER) == ([1, 2, 1], 1)
    assert read(Readout("counts", skip=2), RASTER) == ([0, 1, 1], 1)  # of equal ones the lowest
    assert read(Readout("labels", labels=np.array([4, 0, 4])), RASTER) == ([1, 2, 1], 0)
    assert read(Readout("node", node="passed", over="last"), RASTER) == ([0, 1, 1], 1)
    assert read(Readout("node", node="passed", over="maximum", skip=1), RASTER) == ([0, 1, 1], 1)
    assert read(Readout("first"), RASTER) == ([0, 1, 2], 0)
    assert read(Readout("first", skip=1), [[1, 1, 1], [0, 0, 0], [0, 0, 1]]) == ([3, 3, 2], 2)


def test_the_float_parent_is_the_text_without_its_casts() -> None:
    rng = np.random.default_rng(3)
    weights = rng.normal(0, 0.5, (6, 4))
    lif = population("lif", 4, "lif", {"leak": "multiply", "reset": "subtract"}, {"decay": 0.75, "threshold": 0.7})
    wire = Projection("w", "input", "lif", "current", weights=real(weights))
    graph = Graph((6,), (lif,), (wire,), readout=Readout("node", node="membrane"))
    raster = (rng.random((2, 9, 6)) < 0.5).astype(np.uint8)
    said, _ = float_run(graph, raster)
    for image, row in zip(raster, said, strict=True):
        v, total = np.zeros(4), np.zeros(4)
        for spikes in image:
            v = v * 0.75 + spikes @ weights
            v = v - 0.7 * (v >= 0.7)
            total += v
        assert np.allclose(total, row, rtol=0, atol=1e-12)


@long_with_jit
def test_wide_words_do_what_the_float_parent_does() -> None:
    rng = np.random.default_rng(4)
    choices, constants = {"leak": "multiply", "reset": "zero"}, {"decay": 0.875, "threshold": 1.0}
    populations = tuple(population(name, 8, "lif", choices, constants) for name in "ab")
    wires = (
        Projection("ia", "input", "a", "current", weights=real(np.round(rng.normal(0, 1, (5, 8)), 2))),
        Projection("ab", "a", "b", "current", weights=real(np.round(rng.normal(0, 1, (8, 8)), 2))),
        Projection("bb", "b", "b", "current", weights=real(np.round(rng.normal(0, 1, (8, 8)), 2)), delay=1),
    )
    graph = Graph((5,), populations, wires, readout=Readout("counts"))
    plan = parse_graph_plan('[signal]\nweight = "Q6.24"\nmembrane = "Q8.32"\nthreshold = "UQ2.2"\ndecay = "UQ0.4"')
    raster = (rng.random((3, 25, 5)) < 0.4).astype(np.uint8)
    assert run(quantise_graph(graph, plan), raster).said.tolist() == float_run(graph, raster)[0].tolist()


# registers, delays, memory


def chance(registers: int | None) -> QuantisedGraph:
    """Two equal populations that round by chance; the second draws where it is told to."""
    choices, constants = {"leak": "multiply", "reset": "zero"}, {"decay": 0.8, "threshold": 1.5}
    populations = tuple(
        population(name, 3, "lif", choices, constants, registers=own) for name, own in (("a", None), ("b", registers))
    )
    wires = tuple(
        Projection(f"to_{name}", "input", name, "current", weights=raw(np.eye(3, dtype=int))) for name in "ab"
    )
    plan = '[signal]\nweight = "Q2.0"\nmembrane = "Q4.2 stochastic"\nthreshold = "UQ2.2"\ndecay = "UQ0.6"'
    return quantise_graph(Graph((3,), populations, wires), parse_graph_plan(plan))


def test_every_population_draws_from_registers_of_its_own() -> None:
    network, raster = chance(None), np.ones((6, 3), np.uint8)
    kept = trace(network, raster)
    assert kept["a"].draws[0].tolist() != kept["b"].draws[0].tolist()
    told = trace(chance(65536), raster)  # what it has if nothing is said
    assert told["b"].draws[0].tolist() == kept["b"].draws[0].tolist()
    assert next(network.plan.lfsr.derive(65536).draws(6)) == int(kept["b"].draws[0][0, 0])
    with pytest.raises(ConfigError, match=r"^population b: a cast must have a register of its own, 0 is that of a$"):
        chance(0)


def test_delays_are_held_by_their_source_once() -> None:
    relays = (population("a", 2, "relay"), population("b", 2, "relay"), population("c", 2, "relay"))
    wires = (
        Projection("ia", "input", "a", "arriving", "identity", delay=2),
        Projection("ab", "a", "b", "arriving", "identity", delay=3),
        Projection("ac", "a", "c", "arriving", "identity", delay=1),
    )
    network = quantise_graph(Graph((2,), relays, wires, Format.parse("Q3.1")), GraphPlan({}))
    held = {a.name: (a.words, a.word, a.meaning) for a in graph_memory(network).arrays}
    assert held["input delay"] == (2 * 2, 4, "buffer")
    assert held["a delay"] == (3 * 2, 4, "buffer")
    assert trace(network, np.arange(16).reshape(8, 2) % 8)["b"].emitted[:, 0].tolist() == [0, 0, 0, 0, 0, 0, 2, 4]


def test_what_nothing_depends_on_is_not_stored() -> None:
    constants: dict[str, Any] = {"kick": 0.0, "bias": [0.5, -0.5]}
    choices = {"refractory_leak": "multiply"}
    silent = population("p", (1, 1, 2), "decolle", choices, constants | {"refractory_factor": 0.5})
    wire = Projection("w", "input", "p", "arriving", weights=raw(np.ones((3, 2), int)))
    plan = parse_graph_plan(
        '[signal]\nweight = "Q2.0"\nrefractory = "Q3.1 stochastic"\nbias = "Q2.1"\nrefractory_factor = "UQ0.4"'
    )
    network = quantise_graph(Graph((3,), (silent,), (wire,)), plan)
    assert [(a.name, a.words, a.word) for a in graph_memory(network).arrays] == [
        ("input", 3, 1),
        ("w.weight", 6, 2),
        ("p", 2, 1),  # its spikes; there is neither a refractory state nor the register of its cast
        ("p.arriving", 2, 4),  # -6 to 3
        ("p.bias", 2, 3),
    ]


def test_one_neuron_after_the_other_keeps_one_sum() -> None:
    lif = population("p", 4, "lif", {"leak": "none", "reset": "zero"}, {"threshold": 1}, outer="neurons")
    wire = Projection("w", "input", "p", "current", weights=raw(np.ones((3, 4), int)))
    plan = parse_graph_plan('[signal]\nweight = "Q2.0"\nmembrane = "Q4.0"\nthreshold = "UQ2.0"')
    held = {a.name: a.words for a in graph_memory(quantise_graph(Graph((3,), (lif,), (wire,)), plan)).arrays}
    assert (held["p.current"], held["p.membrane"]) == (1, 4)


def test_words_that_wait_for_the_population_are_stored(tmp_path: Path) -> None:
    text = "come: input\nv: state\nspike: output\nexact = v + come\nlead = largest(exact, exact > 0)\n"
    text += "v: v = exact - lead\nspike = lead\n"
    (tmp_path / "wait.neuron").write_text(text)
    one = population("p", 3, "wait.neuron", folder=tmp_path)
    wire = Projection("w", "input", "p", "come", "identity")
    network = quantise_graph(Graph((3,), (one,), (wire,)), parse_graph_plan('[signal]\nv = "Q3.0"'))
    assert [(a.name, a.words, a.word) for a in graph_memory(network).arrays] == [
        ("input", 3, 1),
        ("p", 3, 1),
        ("p.v", 3, 3),
        ("p largest exact", 1, 3),  # of those above 0 the largest: 1 to 4
        ("p.exact", 3, 4),  # -4 to 4, until the largest is known
    ]


def test_the_plan_is_read_back_from_its_text() -> None:
    plan = parse_graph_plan(
        '[signal]\nweight = "Q1.3 SR wrap"\nhidden.membrane = { format = "Q4.4" }\n[lfsr]\nseed = 7'
    )
    assert plan.signals["hidden.membrane"] == Signal(Format(8, 4))
    assert parse_graph_plan(graph_plan_text(plan)) == plan


def test_an_error_overflow_and_a_sum_too_wide_are_refused() -> None:
    lif = population("p", 1, "integrator", {"leak": "none"})
    wire = Projection("w", "input", "p", "current", weights=raw([[3]]))
    plan = parse_graph_plan('[signal]\nweight = "Q3.0"\nmembrane = "Q4.0 floor error"')
    network = quantise_graph(Graph((1,), (lif,), (wire,), readout=Readout("node", node="membrane")), plan)
    with pytest.raises(OverflowDetectedError, match=r"^membrane of p must stay within Q4\.0 .*left it 1 times$"):
        run(network, np.ones((1, 3, 1), np.uint8))
    wide = parse_graph_plan('[signal]\nweight = "Q3.0"\nmembrane = "Q62.0"')
    network = quantise_graph(network.graph, wide)
    with pytest.raises(WidthError, match="over 5 steps"):
        run(network, np.ones((1, 5, 1), np.uint8))


def test_a_cycle_goes_step_by_step_and_what_follows_it_layer_by_layer() -> None:
    lif = {"leak": "none", "reset": "zero"}
    populations = tuple(population(name, 2, "lif", lif, {"threshold": 1}) for name in "dcba")
    edges = [("input", "a", 0), ("a", "b", 0), ("b", "a", 1), ("b", "c", 0), ("c", "d", 0)]
    wires = [Projection(f"{s}_{t}", s, t, "current", "identity", delay=delay) for s, t, delay in edges]
    graph = Graph((2,), populations, tuple(wires))
    assert graph.stages == (Stage(("a", "b"), True), Stage(("c",), False), Stage(("d",), False))


def test_a_trace_needs_no_more_memory_than_twice_the_words_that_it_keeps() -> None:
    constants = {"decay": raw(60000), "threshold": raw(1 << 30)}
    one = population("one", 100, "lif", {"leak": "multiply", "reset": "subtract"}, constants)
    wire = Projection("in", "input", "one", "current", weights=raw(np.arange(1000, 1400).reshape(4, 100)))
    plan = '[signal]\nweight = "Q16.0"\nmembrane = "Q32.0"\ndecay = "UQ0.16"\nthreshold = "UQ40.0"'
    network = quantise_graph(Graph((4,), (one,), (wire,)), parse_graph_plan(plan))
    tracemalloc.start()
    kept = trace(network, np.ones((200, 4), np.int64))["one"]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    held = kept.emitted.nbytes + sum(words.nbytes for words in kept.nodes.values())
    assert held == 5 * 200 * 100 * 8
    assert most < 2.5 * held
