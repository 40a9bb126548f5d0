"""A network's C model keeps and answers, word by word, what the interpreter does; and it is C99 without a warning."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import c_networks
import test_graph
import test_graph_batch
from c_models import STRICT, agrees, compiled, expected, needs_arm, needs_clang, printed
from command_line import in_plain_python, long_but
from command_line import run as command
from decolle_networks import frames_for, quantised_layers
from fxsnn.cmodel.dpi import wrapped
from fxsnn.cmodel.export import write_c
from fxsnn.cmodel.model import c_model
from fxsnn.cmodel.words import prefix_of
from fxsnn.competitive.graph import graph_of
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.decolle.quantise import QuantisedLayers
from fxsnn.errors import ConfigError
from fxsnn.graph.connect import Projection
from fxsnn.graph.files import load_graph
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan, load_graph_plan, parse_graph_plan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.run import run, trace
from fxsnn.number.format import Format
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.number.signal import Signal
from fxsnn.program.grammar import parse
from simulate import UNOPTIMISED, needs_verilator
from strategies import compiled_examples
from test_emulate import cases
from test_graph_golden import kinds_of_everything

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

import c_size

pytestmark = in_plain_python

Factory = pytest.TempPathFactory


def drawn(many: int) -> settings:
    return settings(max_examples=compiled_examples(many), deadline=None, suppress_health_check=list(HealthCheck))


@drawn(30)
@given(c_networks.networks(), st.integers(0, 9999))
def test_any_model_keeps_and_answers_what_the_interpreter_does(
    tmp_path_factory: Factory, network: QuantisedGraph | str, seed: int
) -> None:
    if isinstance(network, str):
        event("refused")
        return
    agrees(network, c_networks.inputs_for(network, seed), tmp_path_factory.mktemp("model"))


@needs_clang
@drawn(15)
@given(c_networks.networks(), st.integers(0, 9999))
def test_any_model_does_the_same_where_clang_compiles_it(
    tmp_path_factory: Factory, network: QuantisedGraph | str, seed: int
) -> None:
    if not isinstance(network, str):
        agrees(network, c_networks.inputs_for(network, seed), tmp_path_factory.mktemp("model"), "clang")


@drawn(15)
@given(test_graph_batch.networks(), st.integers(0, 9999))
def test_populations_that_drive_each_other_do_in_c_what_they_do_in_the_interpreter(
    tmp_path_factory: Factory, network: QuantisedGraph, seed: int
) -> None:
    agrees(network, c_networks.inputs_for(network, seed, 14), tmp_path_factory.mktemp("model"))


@drawn(15)
@given(
    st.one_of(
        test_graph.networks(recurrent=False, cuba=False),
        test_graph.networks(recurrent=True, cuba=False),
        test_graph.networks(recurrent=True, cuba=True),
    ),
    st.integers(0, 9999),
)
def test_populations_of_lif_neurons_do_in_c_what_they_do_in_the_interpreter(
    tmp_path_factory: Factory, layers: test_graph.Drawn, seed: int
) -> None:
    agrees(layers.network, c_networks.inputs_for(layers.network, seed, 14), tmp_path_factory.mktemp("model"))


@drawn(15)
@given(cases())
def test_competitive_populations_do_in_c_what_they_do_in_the_interpreter(
    tmp_path_factory: Factory, case: tuple[QuantisedNetwork, NDArray[np.uint8]]
) -> None:
    network, raster = case
    agrees(graph_of(network), raster[0].astype(np.int64), tmp_path_factory.mktemp("model"))


@drawn(15)
@given(quantised_layers(), st.integers(0, 99))
def test_filters_and_neurons_behind_them_do_in_c_what_they_do_in_the_interpreter(
    tmp_path_factory: Factory, network: QuantisedLayers, seed: int
) -> None:
    frames = frames_for(network, 1, seed)[0]
    agrees(network.graph, frames.reshape(len(frames), -1).astype(np.int64), tmp_path_factory.mktemp("model"))


@pytest.mark.parametrize("compiler", ["gcc", pytest.param("clang", marks=needs_clang)])
def test_every_kind_of_projection_is_in_c_what_it_is_in_the_interpreter(tmp_path: Path, compiler: str) -> None:
    inputs = np.random.default_rng(4).integers(-2, 4, (12, 32))
    agrees(kinds_of_everything(tmp_path), inputs, tmp_path, compiler)


# casts

CAST = parse("come: input\nv: state\ntold: output\nv: v[0] = come\ntold = v\n", "cast.neuron")
MODES = [(rounding, overflow) for rounding in Rounding for overflow in Overflow]


@pytest.mark.parametrize(
    ("given_to", "into"),
    long_but(
        2,
        ("Q4.4", "Q2.2"),  # all words of 8 bits, two bits dropped, in 32 bits
        ("UQ4.4", "Q4.-1"),
        ("Q4.4", "UQ2.3"),  # one bit
        ("Q4.2", "Q2.4"),  # none: moved to the left
        ("Q50.13", "Q20.4"),  # in 64 bits
        ("Q1.60", "Q1.1"),
        ("UQ30.1", "UQ28.1"),  # rails beyond 32 bits
        ("Q32.0", "Q31.-1"),  # the lowest word of 32 bits
        ("UQ40.0", "Q39.-31"),
    ),
)
def test_every_rounding_and_overflow_is_in_c_what_it_is_in_the_interpreter(
    tmp_path: Path, given_to: str, into: str
) -> None:
    form = Format.parse(given_to)
    if form.word <= 10:
        words = np.arange(form.lowest, form.highest + 1)
    else:
        corners = [form.lowest, form.lowest + 1, -1, 0, 1, 2, 3, form.highest - 1, form.highest]
        ends = [word for word in corners if form.lowest <= word <= form.highest]
        around = [half + n for half in (1 << 31, 1 << 32, 5 << 9, -(5 << 9)) for n in (-1, 0, 1)]
        some = [word for word in around if form.lowest <= word <= form.highest]
        words = np.array(ends + some + np.random.default_rng(3).integers(form.lowest, form.highest, 60).tolist())
    names = [f"p{n}" for n in range(len(MODES))]
    populations = tuple(population(name, len(words), CAST) for name in names)
    wires = tuple(Projection(f"w{name}", "input", name, "come", "identity") for name in names)
    plan = {f"{name}.v": Signal(Format.parse(into), *modes) for name, modes in zip(names, MODES, strict=True)}
    network = quantise_graph(Graph((len(words),), populations, wires, form), GraphPlan(plan))
    agrees(network, words[None], tmp_path)


def test_a_cast_under_a_condition_draws_only_where_it_holds(tmp_path: Path) -> None:
    text = "come: input\nv: state\nspike: output\nspike = come > 0\nv = v\nif spike:\n    v: v[0] = v + come\n"
    one = population("p", 4, parse(text, "guarded.neuron"))
    graph = Graph((4,), (one,), (Projection("w", "input", "p", "come", "identity"),), Format.parse("Q3.3"))
    network = quantise_graph(
        graph, parse_graph_plan('[signal]\nv = "Q5.0 stochastic"\n[lfsr]\ntaps = [61, 60, 46, 45]')
    )
    model = agrees(network, np.random.default_rng(1).integers(-32, 32, (30, 4)), tmp_path)
    assert [(one.owner, one.stream) for one in model.registers] == [("p", 0)]


def test_a_step_says_that_a_value_left_a_word_whose_overflow_is_an_error(tmp_path: Path) -> None:
    one = population("p", 1, CAST)
    graph = Graph((1,), (one,), (Projection("w", "input", "p", "come", "identity"),), Format.parse("Q5.0"))
    network = quantise_graph(graph, parse_graph_plan('[signal]\nv = "Q3.0 floor error"'))
    inputs = np.array([[3], [-4], [4], [0]])
    model = c_model(network, "net")
    said = printed(compiled(tmp_path, model), inputs)
    assert [rows[0] for rows in said] == [[0], [0], [1], [1]]
    assert said == expected(network, model, inputs)


# what is left out


def test_what_is_known_to_be_0_is_neither_computed_nor_stored(tmp_path: Path) -> None:
    constants = dict.fromkeys(("threshold", "theta", "period", "inhibition", "floor"), raw(0)) | {"threshold": raw(3)}
    choices = {
        "accumulate": "exact", "leak": "none", "integrate": "two-casts", "compare": "ge", "winner": "largest",
        "reset": "zero", "refractory_input": "ignore",
    }  # fmt: skip
    one = population("hidden", 5, "competitive", choices, constants)
    wire = Projection("w", "input", "hidden", "arriving", weights=raw(np.arange(20).reshape(4, 5) - 8))
    names = ("weight", "accumulator", "membrane", "threshold", "theta", "inhibition", "refractory")
    plan = GraphPlan({name: Signal(Format(8, 0)) for name in names})
    model = agrees(quantise_graph(Graph((4,), (one,), (wire,)), plan), np.eye(4, dtype=np.int64), tmp_path)
    assert [held.name for held in model.held] == ["membrane", ""]
    assert "inhibition" not in model.source
    assert "counted" not in model.source


WEIGHED = """
come: input
u: state
v: state
gain: constant
told: output
u: u[0] = u * gain + each(come) * gain
v: v[1] = v * 3 + u + come * gain
told = v
"""


@pytest.mark.parametrize("overflow", ["saturate", "error"])
@pytest.mark.parametrize("gain", [0, 3])
def test_where_a_term_is_left_out_a_cast_draws_and_counts_what_it_did(tmp_path: Path, gain: int, overflow: str) -> None:
    one = population("p", 3, parse(WEIGHED, "weighed.neuron"), {}, {"gain": raw(gain)})
    graph = Graph((3,), (one,), (Projection("w", "input", "p", "come", "identity"),), Format.parse("Q3.2"))
    # v drops 6 bits, or 2 where u is 0
    signals = f'u = "Q5.3 stochastic {overflow}"\nv = "Q6.1 stochastic {overflow}"\ngain = "UQ1.5"'
    network = quantise_graph(graph, parse_graph_plan(f"[signal]\n{signals}"))
    model = agrees(network, np.random.default_rng(3).integers(-16, 16, (40, 3)), tmp_path)
    assert ("gain" in model.source) == (gain > 0)


@pytest.mark.parametrize("name", ["both", "clock"])
def test_a_text_that_takes_inputs_in_both_ways_or_none_does_the_same(tmp_path: Path, name: str) -> None:
    constants = {"pace": raw([1, -1, 3, 0])} if name == "clock" else {}
    one = population("p", 4, test_graph_batch.text(name), {}, constants)
    wires = (Projection("w", "input", "p", "come", "identity"),) if name == "both" else ()
    network = quantise_graph(Graph((4,), (one,), wires), parse_graph_plan('[signal]\nv = "Q6.0"'))
    agrees(network, np.random.default_rng(2).integers(0, 2, (9, 4)), tmp_path)


SHIFTED = """
come: input
k: number
least: constant
v: state
told: output
v: v[0] = (v << k) + each(come) - k
told = come < least + 1
"""


@pytest.mark.parametrize("kind", ["conv", "scale", "identity"])
def test_what_each_active_word_brings_is_shifted_and_weighed(tmp_path: Path, kind: Any) -> None:
    one = population("p", (2, 2, 2), parse(SHIFTED, "shifted.neuron"), {}, {"least": raw([-(1 << 31), 5])}, {"k": 1})
    weights = {"conv": raw(np.arange(8).reshape(2, 2, 1, 2) - 4), "scale": raw([3, -2]), "identity": None}[kind]
    geometry: Any = {"kernel": (2, 2), "stride": (1, 2), "padding": (1, 1), "groups": 2} if kind == "conv" else {}
    shape = (1, 2, 2) if kind == "conv" else (2, 2, 2)
    wire = Projection("w", "input", "p", "come", kind, weights, **geometry)
    plan = parse_graph_plan('[signal]\nv = "Q7.1 ceil"\nweight = "Q4.0"\nleast = "Q32.0"')
    network = quantise_graph(Graph(shape, (one,), (wire,), Format.parse("Q3.2")), plan)
    agrees(network, c_networks.inputs_for(network, 3, 12), tmp_path)


@pytest.mark.parametrize("top", [31, 63])
def test_what_is_0_or_minus_1_may_be_moved_to_the_highest_bit(tmp_path: Path, top: int) -> None:
    text = "come: input\nlow: output\nlow = come < -5\n"
    one = population("p", 2, parse(text, "low.neuron"))
    wire = Projection("w", "input", "p", "come", "identity")
    network = quantise_graph(Graph((2,), (one,), (wire,), Format(1, -top)), GraphPlan({}))
    agrees(network, np.array([[0, -1], [-1, 0]]), tmp_path)


# names


def test_constants_and_functions_of_two_signals_have_two_names(tmp_path: Path) -> None:
    text = "come: input\n{0}: state\ntold: output\n{0}: {0}[0] = come + {0}\ntold = {0} > 1\n"
    held = [population(name, 1, parse(text.format(own), f"{own}.neuron")) for name, own in (("a_b", "c"), ("a", "b_c"))]
    wires = [Projection(f"w{one.name}", "input", one.name, "come", "identity") for one in held]
    network = quantise_graph(
        Graph((1,), tuple(held), tuple(wires)), parse_graph_plan('[signal]\nc = "Q4.0"\nb_c = "Q5.0"')
    )
    model = agrees(network, np.array([[1], [1], [0]]), tmp_path)
    assert ("#define NET_a_b_c_BITS 4\n" in model.header, "#define NET_a_b_c_BITS_2 5\n" in model.header) == (
        True,
        True,
    )
    package = wrapped(model)["net_pkg.sv"]
    assert ("net_dpi_a_b_c(" in package, "net_dpi_a_b_c_2(" in package) == (True, True)


WIDER = """
come: input
low: constant
v: state
out: output
v: v[0] = v - (v >> 1) + come
fired = any(v > 3)
out = low if v * v > 3 else 0
v: v[1] = v + (out if fired else low)
"""


def test_small_words_of_a_wide_format_are_read_as_what_they_can_be(tmp_path: Path) -> None:
    one = population("cells", 3, parse(WIDER, "wider.neuron"), {}, {"low": raw([1, -2, 3])})
    wire = Projection("w", "input", "cells", "come", weights=raw([[3, -2, 1], [1, 2, -3]]))
    plan = parse_graph_plan('[signal]\nweight = "Q2.1"\nlow = "Q40.1"\nv = "Q8.1"\n')
    inputs = np.random.default_rng(1).integers(0, 2, (12, 2))
    agrees(quantise_graph(Graph((2,), (one,), (wire,)), plan), inputs, tmp_path)


SHARED = """
come: input
more: input
v: state
out: output
moved: v[0] = more - v
best = largest(moved, moved > 1)
many = count(moved > 0)
low = any(moved < 0)
v: v[1] = v + each(come) * many - moved + (3 if best else low)
out = moved
"""


@pytest.mark.parametrize("compiler", ["gcc", pytest.param("clang", marks=needs_clang)])
def test_what_an_active_input_does_reads_reductions_and_what_was_emitted(tmp_path: Path, compiler: str) -> None:
    one, drawn = population("cells", 3, parse(SHARED, "shared.neuron")), np.random.default_rng(2).integers
    wires = [Projection(f"w{to}", "input", "cells", to, weights=raw(drawn(-4, 4, (2, 3)))) for to in ("come", "more")]
    plan = parse_graph_plan('[signal]\nweight = "Q2.1"\nv = "Q5.1 stochastic wrap"\n')
    network = quantise_graph(Graph((2,), (one,), tuple(wires), Format.parse("Q3.1")), plan)
    agrees(network, drawn(-8, 8, (12, 2)), tmp_path, compiler)


def named(*names: str) -> QuantisedGraph:
    """A network of populations of these names, each behind the input."""
    source = "come: input\nregister: state\n_1: state\nlong: constant\nfloor: output\n"
    source += "register: register[0] = register + come + long\n_1: _1 = come\nfloor = register + _1 > 0\n"
    held = tuple(population(name, 2, parse(source, "own.neuron"), {}, {"long": raw([1, 2])}) for name in names)
    wires = tuple(Projection(f"{name}w", "input", name, "come", "identity") for name in names)
    plan = 'register = "Q6.0"\n_1 = "Q4.0"\nlong = "Q4.0"'
    return quantise_graph(Graph((2,), held, wires, Format.parse("Q3.0")), parse_graph_plan(f"[signal]\n{plan}"))


def test_names_that_c_keeps_for_itself_are_those_of_no_network(tmp_path: Path) -> None:
    names = ("int", "int_", "states", "in", "out", "state", "a", "a_1", "floor32", "saturate32", "draw", "n", "from")
    agrees(named(*names), np.random.default_rng(1).integers(-4, 4, (5, 2)), tmp_path)


def test_names_of_a_text_are_never_those_that_the_model_gives(tmp_path: Path) -> None:
    text = (
        "come: input\nv: state\nw: state\nspike: output\nfound = first(come > 0)\ncounted = count(come > 1)\n"
        "best = largest(come, come < 3)\nrounded: v[0] = v - (v >> 1) + come + found\n"
        "drawn: w[1] = w + counted - best\nv = rounded\nw = drawn\nspike = come < 0 or best\n"
    )
    one = population("p", 5, parse(text, "named.neuron"))
    graph = Graph((5,), (one,), (Projection("p_1", "input", "p", "come", "identity"),), Format.parse("Q4.1"))
    plan = parse_graph_plan('[signal]\nv = "Q8.0 stochastic error"\nw = "Q6.-1 stochastic error"')
    agrees(quantise_graph(graph, plan), np.random.default_rng(3).integers(-16, 16, (20, 5)), tmp_path)


@pytest.mark.parametrize(
    ("stem", "prefix"),
    [("net", "net"), ("784-400-10 LIF", "lif"), ("_x__y_", "x_y"), ("Größe.v2", "gr_e_v2"), ("int", "int")],
)
def test_a_prefix_is_made_of_a_file_s_name(stem: str, prefix: str) -> None:
    assert prefix_of(stem) == prefix


def test_a_file_whose_name_has_no_letter_is_refused() -> None:
    with pytest.raises(ConfigError, match="^a network's file must have an ASCII letter in its name"):
        prefix_of("784")


# the command


NEURON = "größe.neuron"  # in a model nothing is written but ASCII
OWN = """
come: input
charge: state
rest: state
floor: constant[charge]
fires: output

charge: charge[0] = charge - (charge >> 2) + come
fires = charge > 2 and rest == 0
rest = 2 if fires else max(rest - 1, 0)
if fires:
    charge: charge[1] = floor - charge
"""


def own(folder: Path) -> None:
    """Write a neuron that nobody has seen, a network of it, and a plan."""
    (folder / NEURON).write_text(OWN)
    (folder / "net.toml").write_text(
        '[input]\nshape = 2\nformat = "Q3.1"\n[population.cells]\nshape = 3\nneuron = "größe.neuron"\n'
        'constants = { floor = -1 }\n[[projection]]\nfrom = "input"\nto = "cells"\n'
        "weights = { raw = [[3, -2, 1], [1, 2, -3]] }\n"
    )
    (folder / "plan.toml").write_text('[signal]\nweight = "Q2.1"\ncharge = "Q4.1 nearest-even wrap"\nrest = "UQ2.0"\n')


def test_a_neuron_that_nobody_has_seen_is_exported_and_does_what_its_text_says(tmp_path: Path) -> None:
    own(tmp_path)
    said = command("export", "c", tmp_path / "net.toml", tmp_path / "plan.toml", "--out", tmp_path / "model")
    files = "net.h, net.c, net_dpi.c, net_pkg.sv, net_bench.sv, model.json"
    assert (said.status, said.out) == (0, f"{tmp_path}/model: {files}; net_reset and net_step\n")
    charge, rest, found = [0, 0, 0], [0, 0, 0], []
    inputs = np.random.default_rng(6).integers(-8, 8, (40, 2))
    for words in inputs.tolist():
        fires = []
        for n, weights in enumerate(zip((3, -2, 1), (1, 2, -3), strict=True)):
            # quarters: products of halves by halves; nearest-even to halves, wrapped to Q4.1
            exact = 2 * (charge[n] - (charge[n] >> 2)) + sum(x * w for x, w in zip(words, weights, strict=True))
            half = exact // 2 + (exact % 2 if (exact // 2) % 2 else 0)
            charge[n] = (half + 16) % 32 - 16
            fires.append(int(charge[n] > 4 and rest[n] == 0))
            rest[n] = 2 if fires[n] else max(rest[n] - 1, 0)
            charge[n] = (-2 - charge[n] + 16) % 32 - 16 if fires[n] else charge[n]
        found.append([[0], list(charge), list(rest), fires, fires])
    graph = load_graph(tmp_path / "net.toml")
    model = c_model(quantise_graph(graph, load_graph_plan(tmp_path / "plan.toml", graph)), "net")
    assert (tmp_path / "model" / "net.c").read_text() == model.source
    assert (tmp_path / "model" / "net.h").read_text() == model.header
    assert printed(compiled(tmp_path / "model", model), inputs) == found
    assert sum(map(sum, (rows[3] for rows in found))) > 5


def test_the_header_says_formats_and_modes(tmp_path: Path) -> None:
    own(tmp_path)
    command("export", "c", tmp_path / "net.toml", tmp_path / "plan.toml", "--out", tmp_path / "model")
    header = (tmp_path / "model" / "net.h").read_text().splitlines()
    for name, value in {
        "INPUTS": 2, "OUTPUTS": 3, "INPUT_FRAC": 1, "OUTPUT_BITS": 1, "cells_charge_BITS": 5, "cells_charge_FRAC": 1,
        "cells_charge_SIGNED": 1, "cells_charge_ROUNDING": '"nearest-even"', "cells_charge_OVERFLOW": '"wrap"',
        "cells_rest_SIGNED": 0, "input_cells_weight_BITS": 3,
    }.items():  # fmt: skip
        assert f"#define NET_{name} {value}" in header


def test_a_model_is_written_twice_in_the_same_bytes_and_replaces_only_its_like(tmp_path: Path) -> None:
    own(tmp_path)
    words = ("export", "c", tmp_path / "net.toml", tmp_path / "plan.toml", "--out")
    for out in ("model", "again", "again"):
        assert command(*words, tmp_path / out).status == 0
    bytes_in = [{file.name: file.read_bytes() for file in (tmp_path / out).iterdir()} for out in ("model", "again")]
    assert bytes_in[0] == bytes_in[1]
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "thesis.tex").write_text("fxsnn")
    assert command(*words, tmp_path / "kept").complaint == (
        f"an output folder must be new, empty or made by fxsnn (with 'model.json'), not '{tmp_path}/kept'"
    )
    assert [file.name for file in (tmp_path / "kept").iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "plan.toml",
            'charge = "Q4.1',
            'charge = "UQ2.61',
            "population cells: every exact intermediate must fit int64",
        ),
        ("plan.toml", 'rest = "UQ2.0"', "", "every signal must have a format, cells.rest ("),
        ("net.toml", NEURON, "none.neuron", "a neuron's text must be a file that can be read"),
        ("net.toml", "shape = 3", "shape = 4", "weights of input_cells must be [2, 4], not [2, 3]"),
    ],
)
def test_what_cannot_be_a_model_is_refused_in_a_line_and_nothing_is_written(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    own(tmp_path)
    text = (tmp_path / file).read_text()
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new))
    before = sorted(tmp_path.iterdir())
    complaint = command("export", "c", tmp_path / "net.toml", tmp_path / "plan.toml", "--out", tmp_path / "m").complaint
    assert said in complaint
    assert sorted(tmp_path.iterdir()) == before


# beside a core


@pytest.mark.long
@needs_verilator
def test_a_bench_of_verilator_runs_the_model_and_sees_all_that_it_keeps(tmp_path: Path) -> None:
    narrow = kinds_of_everything(tmp_path)
    wide = {f"{name}.lfsr_0": Signal(Format.parse(form)) for name, form in (("most", "Q20.0"), ("scaled", "Q40.0"))}
    network = quantise_graph(narrow.graph, replace(narrow.plan, signals={**narrow.plan.signals, **wide}))
    inputs, model, folder = c_networks.inputs_for(network, 5, 12), c_model(network, "net"), tmp_path / "model"
    write_c(folder, network, "net")
    imports = re.findall(r"function void (\w+)\(output ([\w ]+) words \[(\d+)\]\)", (folder / "net_pkg.sv").read_text())
    assert {type_ for _, type_, _ in imports} == {"byte", "byte unsigned", "shortint", "int", "longint"}
    shown = [
        f'begin {type_} w [{words}]; {name}(w); foreach (w[n]) $write("%0d ", w[n]); $write("\\n"); end\n'
        for name, type_, words in imports
    ]
    bench, mark = (folder / "net_bench.sv").read_text(), "// here the core"
    assert bench.count(mark) == 1
    (folder / "net_bench.sv").write_text(bench.replace(mark, f"{''.join(shown)}{mark}"))
    (tmp_path / "inputs.txt").write_text("\n".join(" ".join(map(str, row)) for row in inputs.tolist()) + "\n")
    build = ["verilator", "--binary", *UNOPTIMISED, "--top-module", "net_bench"]
    files = ["net_pkg.sv", "net_bench.sv", "net.c", "net_dpi.c"]
    subprocess.run([*build, *files], cwd=folder, capture_output=True, check=True)
    bench_at = [str(folder / "obj_dir" / "Vnet_bench"), f"+inputs={tmp_path / 'inputs.txt'}"]
    said = subprocess.run(bench_at, capture_output=True, text=True, check=True).stdout
    rows = [[int(word) for word in line.split()] for line in said.splitlines() if "$finish" not in line]
    kept = expected(network, model, inputs)
    assert rows == [row for step in kept for row in (*step[1 : 1 + len(model.held)], step[-1])]


# what docs/c.md says

PAGE = Path(__file__).parent.parent / "docs" / "c.md"


def test_the_program_of_the_page_says_what_the_network_of_the_other_page_does(tmp_path: Path) -> None:
    fences = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))
    other = PAGE.with_name("networks.md").read_text()
    texts = dict(re.findall(r"^```toml (\S+)\n(.*?)^```$", other, re.MULTILINE | re.DOTALL))
    for name in ("net.toml", "plan.toml"):
        (tmp_path / name).write_text(texts[name])
    rng = np.random.default_rng(7)
    np.save(tmp_path / "edges.npy", rng.normal(0.3, 0.4, (3, 3, 1, 2)))
    np.savetxt(tmp_path / "hidden.csv", rng.normal(0.4, 0.5, (8, 3)), delimiter=",")
    graph = load_graph(tmp_path / "net.toml")
    network = quantise_graph(graph, load_graph_plan(tmp_path / "plan.toml", graph))
    model = write_c(tmp_path / "model", network, "net")
    assert {name for name in model.files if f"`{name}`" not in PAGE.read_text()} == set()
    (tmp_path / "model" / "main.c").write_text(fences["main.c"])
    build = ["gcc", *STRICT, "net.c", "net_dpi.c", "main.c", "-o", "main"]
    subprocess.run(build, cwd=tmp_path / "model", check=True)
    said = subprocess.run([tmp_path / "model" / "main"], check=True, capture_output=True, text=True).stdout
    inputs = np.zeros((9, 4, 4), np.int64)
    inputs[::2, 1:, 1:] = 1
    hidden = trace(network, inputs.reshape(9, 16))["hidden"]
    rows = zip(hidden.emitted.tolist(), hidden.nodes["membrane"].tolist(), strict=True)
    assert said == "".join(f"{a} {b} {c}, {membrane[2]}\n" for (a, b, c), membrane in rows)


def test_a_model_is_c_plus_plus_too(tmp_path: Path) -> None:
    write_c(tmp_path / "model", kinds_of_everything(tmp_path), "net")
    for name in ("net.c", "net_dpi.c"):
        build = ["g++", "-x", "c++", "-std=c++11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-c", name, "-o", "o"]
        subprocess.run(build, cwd=tmp_path / "model", check=True)


def test_784_400_10_neurons_say_in_c_what_the_kernels_say(tmp_path: Path) -> None:
    network = c_size.network(rounding="stochastic")
    inputs = (np.random.default_rng(0).random((40, 784)) < 0.1).astype(np.int64)
    said = printed(compiled(tmp_path, c_model(network, "net")), inputs)
    assert np.sum([rows[-1] for rows in said], axis=0).tolist() == run(network, inputs[None]).said[0].tolist()


@pytest.mark.long
@needs_arm
def test_tables_and_state_on_a_cortex_m4_are_as_large_as_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert c_size.main() == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    page = dict(re.findall(r"^\| ([\w-]+) \| [\d,]+ \| ([\d,]+ \| [\d,]+) \|$", PAGE.read_text(), re.MULTILINE))
    assert {row[0]: f"{row[2]} | {row[3]}" for row in rows} == page  # how much code it is, is the compiler's
