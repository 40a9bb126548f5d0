"""Trained networks that begin with given states: beside the slow references, in two halves, in float, and counted."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from msgspec.structs import replace
from numpy.typing import NDArray

import reference
import reference_float
from command_line import long_with_jit
from command_line import run as command
from decolle_networks import frames_for, layer_plans
from fxsnn.competitive import emulate, learn
from fxsnn.competitive.graph import graph_of
from fxsnn.competitive.inventory import memory, of_size
from fxsnn.competitive.network import Network
from fxsnn.competitive.quantised import QuantisedNetwork, quantise
from fxsnn.data.encode import encode
from fxsnn.decolle.description import Description, parse_description
from fxsnn.decolle.emulate import count_casts, respond_layers
from fxsnn.decolle.forward import units
from fxsnn.decolle.inventory import decolle_memory, decolle_while_learning
from fxsnn.decolle.learn import frames_of, scores, steps_of
from fxsnn.decolle.network import random_layers
from fxsnn.decolle.plan import DecollePlan, decolle_plan_text
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import QuantisedLayers, quantise_layers
from fxsnn.digits.profiled import ANY, plan_in
from fxsnn.errors import ConfigError, WidthError
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.run import trace
from fxsnn.graph.starting import Start, start_forms, start_of
from fxsnn.graph.stepping import State
from fxsnn.number.cast import to_float
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.recordings.bench import Bench
from strategies import compiled_examples, networks
from test_decolle_learning import NET, recordings
from test_emulate import as_layer, cases
from test_learn import some_images
from test_quantised import network_of

few = settings(max_examples=compiled_examples(25), deadline=None, suppress_health_check=list(HealthCheck))


def drawn_start(network: QuantisedGraph, inputs: int, seed: int, part: int = 1) -> Start:
    """Return words of every state's format, each input its own; of wide ones within a part of what they can be."""
    rng, words = np.random.default_rng(seed), dict[str, NDArray[np.int64]]()
    for name, form in start_forms(network).items():
        low, high = (end // (part if form.word > 1 else 1) for end in (form.lowest, form.highest))
        words[name] = rng.integers(low, high, (inputs, network.graph[name.partition(".")[0]].size), endpoint=True)
    return start_of(network, words, inputs)


def stored_after(network: QuantisedGraph, words: NDArray[Any], start: Start) -> dict[str, NDArray[np.int64]]:
    """Return every state's words, int64[inputs, neurons], after the steps of inputs, int[inputs, steps, ...]."""
    found = []
    for n, one in enumerate(words):
        state = State(network, start.part(slice(n, n + 1)).words, counted=True)
        for row in one:
            state.step(row)
        found.append({name: state[name] for name in start_forms(network)})
    return {name: np.stack([one[name] for one in found]) for name in start_forms(network)}


def draws(network: QuantisedGraph) -> bool:
    return any(program.site(cast).draw_bits for program in network.programs.values() for cast in program.neuron.casts)


# -- one layer -------------------------------------------------------------------------------------------------------


@long_with_jit
@few
@given(cases(), st.integers(0, 99))
def test_responses_and_casts_of_one_layer_are_those_of_the_slow_reference(
    case: tuple[QuantisedNetwork, NDArray[np.uint8]], seed: int
) -> None:
    network, raster = case
    spikes, start = emulate.spikes_of(raster), drawn_start(graph_of(network), len(raster), seed)
    begun = zip(*(start.words[f"layer.{name}"].tolist() for name in ("membrane", "refractory")), strict=True)
    runs = [reference.run_layer(as_layer(network), one.tolist(), own) for one, own in zip(raster, begun, strict=True)]
    expected = [[sum(column) for column in zip(*(step.spike for step in run.steps), strict=True)] for run in runs]
    for threads in (1, 3):
        assert emulate.respond(network, spikes, threads, start).tolist() == expected
    for n, run in enumerate(runs):
        found = emulate.casts(network, spikes, range(n, n + 1), start)
        assert {site: [*one.values()] for site, one in found.items()} == run.counts


@long_with_jit
@few
@given(cases(), st.integers(0, 99), st.integers(1, 7))
def test_two_halves_of_one_layer_are_the_whole(
    case: tuple[QuantisedNetwork, NDArray[np.uint8]], seed: int, first: int
) -> None:
    network, raster = case
    graph = graph_of(network)
    assume(first < raster.shape[1])
    assume(not draws(graph))  # registers are set to their seeds at the start of every presentation
    start = drawn_start(graph, len(raster), seed)
    middle = start_of(graph, stored_after(graph, raster[:, :first], start), len(raster))
    halves = [
        emulate.respond(network, emulate.spikes_of(np.ascontiguousarray(part)), 1, begun)
        for part, begun in ((raster[:, :first], start), (raster[:, first:], middle))
    ]
    assert sum(halves).tolist() == emulate.respond(network, emulate.spikes_of(raster), 1, start).tolist()  # type: ignore[union-attr]


@few
@given(networks(), st.data())
def test_one_layer_in_float_begins_with_what_the_words_stand_for(network: Network, data: st.DataObject) -> None:
    spikes = encode(some_images(3, len(network.weights)), network.coding)
    form, counter = Format.parse("Q6.3"), Format(max(network.refractory_steps.bit_length(), 1), 0, signed=False)
    shape = (3, len(network.theta))
    membranes = data.draw(arrays(np.int64, shape, elements=st.integers(form.lowest, form.highest)))
    rests = data.draw(arrays(np.int64, shape, elements=st.integers(0, counter.highest)))  # also without such a period
    forms = {"layer.membrane": form, "layer.refractory": counter}
    for words in ({"layer.membrane": membranes, "layer.refractory": rests}, {"layer.refractory": rests}):
        expected = []
        for n, raster in enumerate(spikes.raster()):
            state = reference_float.State(len(network.theta))
            if "layer.membrane" in words:
                state.v = to_float(membranes[n], form).tolist()
            state.refractory = rests[n].tolist()
            steps = reference_float.run(network, raster.tolist(), state)
            expected.append(np.sum([step.spikes for step in steps], axis=0).tolist())
        for threads in (1, 2):
            assert learn.respond(network, spikes, threads, Start(words, forms)).tolist() == expected


def test_a_neuron_that_has_no_refractory_period_rests_where_it_begins_so(monkeypatch: pytest.MonkeyPatch) -> None:
    network = dataclasses.replace(network_of([[0.5]], [0.0]), threshold=0.9)
    quantised = quantise(network, plan_in(ANY, "UQ0.4", "TR", 9))
    spikes = emulate.spikes_of(np.ones((3, 4, 1), np.uint8))
    start = start_of(graph_of(quantised), {"layer.refractory": [[1], [1], [0]]}, 3)
    monkeypatch.setattr("fxsnn.competitive.emulate._RASTERS", 2)
    for found in (learn.respond(network, spikes, 1, start), emulate.respond(quantised, spikes, 1, start)):
        assert found.tolist() == [[1], [1], [2]]  # it fires at every second step of those at which it takes input


def test_what_one_layer_begins_with_is_stored() -> None:
    plan = plan_in(ANY, "UQ0.4", "TR", 9)
    found, rests = (
        {array.name: array.bits for array in memory(of_size(plan, 5, 3, 0, "zero", True), begun).arrays}
        for begun in (["layer.membrane"], ["layer.membrane", "layer.refractory"])
    )
    assert found == {array.name: array.bits for array in memory(of_size(plan, 5, 3, 0, "zero", True)).arrays}
    assert {name: bits for name, bits in rests.items() if bits != found.get(name)} == {"refractory counters": 3}


# -- layers ----------------------------------------------------------------------------------------------------------


@st.composite
def halves_of_layers(draw: st.DrawFn) -> tuple[QuantisedLayers, QuantisedLayers, int]:
    """Return a network of 6 steps, the same without the first ones, of which none is read, and how many these are."""
    text = NET.replace("height = 6\nwidth = 6", "height = 4\nwidth = 4")
    text = text.replace("pool = 2", "pool = 2\nrefractory = 0.5")
    if draw(st.booleans()):
        text = text.rsplit("[[layer]]", 1)[0]  # read by its spikes
    described, first = parse_description(text), draw(st.integers(1, 4))
    plan = DecollePlan(tuple(draw(layer_plans()) for _ in described.layer), Lfsr())

    def quantised(described: Description) -> QuantisedLayers:
        return quantise_layers(random_layers(described, 5, gain=4.0), plan)

    try:
        whole = quantised(replace(described, burn_in=first + 1))
    except WidthError:
        assume(False)
    return whole, quantised(replace(described, steps=6 - first, burn_in=1)), first


@long_with_jit
@few
@given(halves_of_layers(), st.integers(0, 99))
def test_two_halves_of_layers_are_the_whole(case: tuple[QuantisedLayers, QuantisedLayers, int], seed: int) -> None:
    whole, rest, first = case
    assume(not draws(whole.graph))
    frames, start = frames_for(whole, 2, seed), drawn_start(whole.graph, 2, seed)
    middle = start_of(whole.graph, stored_after(whole.graph, frames[:, :first], start), 2)
    said = respond_layers(whole, frames, 1, start)
    assert respond_layers(rest, np.ascontiguousarray(frames[:, first:]), 2, middle).tolist() == said.tolist()


@pytest.mark.parametrize("filters", ["inputs", "currents"])
def test_layers_in_float_begin_with_what_the_words_stand_for(filters: Any) -> None:
    network, shown = random_layers(parse_description(NET), 3), recordings(2)
    plan = plan_layers(network, Words(16, 12, state_rounding="nearest-even", filters=filters))
    quantised = quantise_layers(network, plan)
    graph, frames = quantised.graph, frames_of(network, shown, np.arange(2))
    start = drawn_start(graph, 2, 1, part=8)
    for number, layer in enumerate(network.description.layer):
        name, unit = f"layer_{number}", units(layer)[1]
        frac = graph.programs[name].named("membrane").frac
        begun = [start.part(slice(n, n + 1)).words for n in range(2)]
        kept = [trace(graph, one, words)[name] for one, words in zip(frames, begun, strict=True)]
        wanted = np.stack([one.nodes["membrane"] for one in kept], axis=1) * 2.0**-frac
        in_float = [layers[number].membranes.reshape(2, -1) * unit for layers in steps_of(network, frames, start)]
        at_rest = [layers[number].membranes.reshape(2, -1) * unit for layers in steps_of(network, frames)]
        assert np.array(in_float)[0] == pytest.approx(wanted[0], abs=0.05 * np.abs(wanted[0]).max())
        assert np.abs(np.array(at_rest)[0] - wanted[0]).max() > 0.3 * np.abs(wanted[0]).max()
        if number == 0:  # a spike may differ where a membrane is almost 0, and all that follows of it
            assert (np.abs(np.array(in_float) - wanted) < 0.02 * np.abs(wanted).max()).mean() > 0.99


def test_a_bench_of_recordings_begins_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    network, shown = random_layers(parse_description(NET), 2, gain=1.0), recordings(8)
    quantised = quantise_layers(network, plan_layers(network, Words(5, 3)))
    start, frames = drawn_start(quantised.graph, 8, 2), frames_of(network, shown, np.arange(8))
    said = respond_layers(quantised, frames, 1, start)
    in_float = scores(network, shown, np.arange(8), start)
    monkeypatch.setattr("fxsnn.decolle.learn.MOST_COUNTS", 6 * 72 * 2)  # two recordings at a time
    assert scores(network, shown, np.arange(8), start) == pytest.approx(in_float, rel=1e-5)
    for answers, fixed in ((said, True), (in_float, False)):
        alike = dataclasses.replace(shown, labels=answers.argmax(axis=1).astype(np.uint8))
        benches = Bench(network, alike, start=start), Bench(network, alike)
        begun, rested = (one.measured(quantised) if fixed else one.float_classified() for one in benches)
        assert begun.correct == 8 > rested.correct
    casts = count_casts(quantised, frames[:1], start.part(slice(1)))
    assert Bench(network, shown, start=start).counted(quantised)[0] == casts != count_casts(quantised, frames[:1])


@pytest.mark.parametrize(
    ("begun", "complaint"),
    [
        ({"layer_0.fired": [2] * 144}, "layer_0.fired at the start[0] must be a word of UQ1.0 (u1), 0 to 1, not 2"),
        ({"layer_0.fired": [0.5] * 144}, "layer_0.fired at the start[0] must be a word of UQ1.0 (u1), 0 to 1, not 0.5"),
        ({"layer_0.fired": [0] * 5}, "layer_0.fired at the start must be [6, 6, 4] or [1, 6, 6, 4], not [5]"),
        (
            {"layer_0.fired": [[0] * 144] * 3, "layer_0.refractory": [[0] * 144] * 2},
            "layer_0.refractory at the start must be [6, 6, 4] or [3, 6, 6, 4], not [2, 144]",
        ),
    ],
)
def test_words_that_states_cannot_have_are_not_counted(begun: dict[str, Any], complaint: str, tmp_path: Path) -> None:
    (tmp_path / "net.toml").write_text(NET)
    plan = plan_layers(random_layers(parse_description(NET), 3), Words(5, 3))
    (tmp_path / "plan.toml").write_text(decolle_plan_text(plan))
    path = tmp_path / "start.npz"
    words = ("memory", tmp_path / "plan.toml", "--network", tmp_path / "net.toml", "--start", path)
    rows: dict[str, Any] = {"layer_0.fired": np.zeros((3, 6, 6, 4), int), "layer_0.refractory": np.zeros((3, 144), int)}
    np.savez(path, **rows)
    assert command(*words).status == 0
    np.savez(path, **begun)
    assert command(*words).complaint == f"{str(path)!r}: {complaint}"


@pytest.mark.parametrize("filters", ["inputs", "currents"])
def test_what_layers_begin_with_is_stored(filters: Any) -> None:
    network = random_layers(parse_description(NET), 3)
    quantised = quantise_layers(network, plan_layers(network, Words(5, 3, filters=filters)))
    states = [*start_forms(quantised.graph)]

    def counted(begun: list[str]) -> dict[str, int]:
        return {array.name: array.bits for array in decolle_memory(quantised, begun).arrays}

    outer = {"sums of the answer", "random readout"}
    for begun in ([], ["layer_0.fired"], ["layer_2.refractory"], states):
        layers = Counter(bits for name, bits in counted(begun).items() if name not in outer)
        inside = [one for one in graph_memory(quantised.graph, begun).arrays if "answer" not in one.name]
        populations = Counter(one.bits for one in inside)
        assert layers == populations
    usual, more = counted([]), counted(["layer_0.fired", "layer_1.trace"])
    assert {name: bits for name, bits in more.items() if name not in usual} == {
        "layer 0 spikes of the step before": 6 * 6 * 4
    }
    # an output layer takes no step from its refractory state, which stays 0 but where it begins with something else
    more = counted(["layer_2.refractory"])
    assert sorted(more.keys() - usual.keys()) == ["layer 2 refractory decay", "layer 2 refractory states"]
    with pytest.raises(ConfigError):
        decolle_while_learning(quantised, 6, 5, ["layer_0.fired"])
