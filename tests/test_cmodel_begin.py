"""Models in C that begin with given words do what the kernels do from there."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import c_networks
from c_models import compiled, expected, printed
from command_line import LONG_WITH_JIT
from command_line import run as command
from fxsnn.cmodel.dpi import wrapped
from fxsnn.cmodel.export import write_c
from fxsnn.cmodel.model import c_model
from fxsnn.errors import OverflowDetectedError
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.starting import start_forms
from fxsnn.graph.stepping import State
from fxsnn.program.grammar import parse
from population_sets import POPULATION_SETS
from populations_drawn import start_for
from simulate import UNOPTIMISED, needs_verilator
from strategies import compiled_examples
from test_cmodel import own

pytestmark = LONG_WITH_JIT

IDLE = """
come: input
idle: state[charge]
charge: state
fires: output
charge: charge[0] = charge + come
idle: charge[1] = idle - (idle >> 1)
fires = charge > idle
"""


def agrees_from(network: QuantisedGraph, seed: int, inputs: NDArray[np.int64], folder: Path) -> None:
    """Assert that a model begun with words of all states keeps what the kernels keep, at every step of one input."""
    model, rng = c_model(network, "net", all_states=True), np.random.default_rng(seed)
    start = {
        name: rng.integers(form.lowest, form.highest, network.graph[name.partition(".")[0]].size, np.int64, True)
        for name, form in start_forms(network).items()
    }
    begun = {name: words.tolist() for name, words in start.items()}
    found, state = printed(compiled(folder, model, start=begun), inputs), State(network, start)
    outputs = {one.name: one.neuron.output[0] for one in network.graph.populations}
    names = [f"{one.owner}.{one.name or outputs[one.owner]}" for one in model.held]
    names += [f"{one.owner}.lfsr.{one.stream}" for one in model.registers]
    for t, row in enumerate(inputs):
        try:
            said = state.step(row).tolist()
        except OverflowDetectedError:
            assert found[t][0] == [1]
            return
        kept = dict(zip(names, found[t][1:-1], strict=True))
        assert kept == {name: state[name].reshape(-1).tolist() for name in names}, t
        assert found[t][-1] == said


@settings(max_examples=compiled_examples(4), deadline=None, suppress_health_check=list(HealthCheck))
@given(c_networks.networks(), st.integers(0, 9999))
def test_any_model_begun_with_words_keeps_what_the_kernels_do(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedGraph | str, seed: int
) -> None:
    if isinstance(network, str):
        reject()
    agrees_from(network, seed, c_networks.inputs_for(network, seed), tmp_path_factory.mktemp("begun"))


def test_states_that_stay_0_from_0_on_are_kept_where_they_are_asked_for(tmp_path: Path) -> None:
    one = population("cells", 3, parse(IDLE, "idle.neuron"))
    wire = Projection("w", "input", "cells", "come", weights=raw([[3, -2, 1], [1, 2, -3]]))
    plan = parse_graph_plan('[signal]\nweight = "Q2.1"\ncharge = "Q4.1"')
    network = quantise_graph(Graph((2,), (one,), (wire,)), plan)
    agrees_from(network, 1, np.random.default_rng(1).integers(0, 2, (8, 2)), tmp_path)
    held = [{one.name for one in c_model(network, "net", all_states=asked).held} for asked in (False, True)]
    assert held == [{"charge", ""}, {"charge", "idle", ""}]


DEAD = """
come: input
v: state
fires: output
dead: narrow[0] = v
some: narrow = 0
some: narrow[1] = some + each(come)
v: wide[2] = v + come
fires = v > 3
"""


@pytest.mark.parametrize("narrow", ["Q3.1 floor error", "Q3.1 SR error"])
def test_a_cast_that_nothing_reads_refuses_what_it_must(tmp_path: Path, narrow: str) -> None:
    one = population("cells", 2, parse(DEAD, "dead.neuron"))
    wire = Projection("w", "input", "cells", "come", weights=raw([[3, -2], [2, 1]]))
    plan = parse_graph_plan(f'[signal]\nweight = "Q3.1"\nv = "Q8.2"\nwide = "Q8.2"\nnarrow = "{narrow}"\n')
    network = quantise_graph(Graph((2,), (one,), (wire,)), plan)
    model = c_model(network, "net")
    found = printed(compiled(tmp_path, model), np.ones((12, 2), np.int64))
    assert found == expected(network, model, np.ones((12, 2), np.int64))
    assert [row[0][0] for row in found] == sorted(row[0][0] for row in found)
    assert {row[0][0] for row in found} == {0, 1}


def test_the_command_keeps_all_states_where_it_is_asked_to(tmp_path: Path) -> None:
    own(tmp_path)
    text = (tmp_path / "net.toml").read_text() + "\n"
    (tmp_path / "größe.neuron").write_text(IDLE)
    (tmp_path / "net.toml").write_text(text.replace("constants = { floor = -1 }", ""))
    plan = (tmp_path / "plan.toml").read_text()
    (tmp_path / "plan.toml").write_text(plan.replace('rest = "UQ2.0"\n', ""))
    headers = []
    for name, more in (("small", ()), ("whole", ("--all-states",))):
        said = command("export", "c", tmp_path / "net.toml", tmp_path / "plan.toml", "--out", tmp_path / name, *more)
        assert (said.status, said.err) == (0, "")
        headers.append((tmp_path / name / "net.h").read_text())
    assert ["idle[3];" in header for header in headers] == [False, True]
    call = "void net_begin(net_state *state, const net_start *start);"
    assert [call in header for header in headers] == [True, True]


def beside(folder: Path, package: str) -> tuple[str, int]:
    """Return a bench that presents a golden set to the model through DPI-C, and how many words it compares.

    An input begins with the set's words of its states, 0 where it has none; states and what is emitted are compared
    after every step. With +rest inputs begin at rest.
    """
    entries = {entry["name"]: entry for entry in json.loads((folder / "manifest.json").read_bytes())["files"]}
    imports = re.findall(r"function void net_dpi_(\w+)\(output ([\w ]+) words \[(\d+)\]\)", package)
    arguments = re.findall(r"input ([\w ]+) (\w+)_words \[(\d+)\]", package)
    declared, read, said, compared = list[str](), list[str](), list[str](), 0

    def take(name: str, n: int, words: int, row: str, into: str) -> str:
        """Declare the words of a file, read them, and return what takes a row of them."""
        one = entries[name]
        assert not one["packed"]
        declared.append(f"logic {'signed' if one['signed'] else ''} [{one['word'] - 1}:0] file_{n} [{one['lines']}];")
        read.append(f'$readmemh("{folder / one["file"]}", file_{n});')
        return f"for (int k = 0; k < {words}; k++) {into}[k] = file_{n}[{row} * {words} + k];"

    begun = list[str]()
    for n, (type_, name, words) in enumerate(arguments):
        owner, state = name.split("_")
        declared.append(f"{type_} begun_{n} [{words}] = '{{default: 0}};")
        if f"{owner}.initial.{state}" in entries:
            begun.append(take(f"{owner}.initial.{state}", n, int(words), "began", f"begun_{n}"))
    given = take("input", 100, entries["input"]["shape"][1], "t", "given")
    read.append(f'$readmemh("{folder / "begin.mem"}", begins);')
    for n, (name, type_, words) in enumerate(imports, 200):
        owner, node = name.split("_")
        node = "spike" if node == "emitted" else node
        declared += [f"{type_} seen_{n} [{words}];", f"{type_} due_{n} [{words}];"]
        said += [f"net_dpi_{name}(seen_{n});", take(f"{owner}.{node}", n, int(words), "t", f"due_{n}")]
        said.append(f'if (seen_{n} != due_{n}) $fatal(1, "{name} in step %0d: %p, not %p", t, seen_{n}, due_{n});')
        compared += entries[f"{owner}.{node}"]["lines"]
    rows = entries["input"]["shape"][0]
    words = ", ".join(f"begun_{n}" for n in range(len(arguments)))
    call = f'if ($test$plusargs("rest")) net_dpi_reset(); else net_dpi_begin({words});'
    return (
        f"""module net_bench;
  import net_pkg::*;
  byte unsigned given [INPUTS];
  byte unsigned said [OUTPUTS];
  bit begins [{rows}];
  int began = -1;
  {" ".join(declared)}
  initial begin
    {" ".join(read)}
    for (int t = 0; t < {rows}; t++) begin
      if (begins[t]) begin
        began++;
        {" ".join(begun)}
        {call}
      end
      {given}
      if (net_dpi_step(given, said) != 0) $fatal(1, "a value has left");
      {" ".join(said)}
    end
    $display("PASS {compared} words");
    $finish;
  end
endmodule
""",
        compared,
    )


@pytest.mark.long
@needs_verilator
@pytest.mark.parametrize("name", ["competitive", "recurrent"])
def test_a_bench_of_verilator_begins_each_input_of_a_golden_set_with_its_words(name: str, tmp_path: Path) -> None:
    network, inputs = POPULATION_SETS[name]()
    make_graph_bundle(tmp_path / "set", network, inputs[:3, :6], start=start_for(network, 3, 6))
    write_c(tmp_path / "model", network, "net", all_states=True)
    bench, compared = beside(tmp_path / "set", (tmp_path / "model" / "net_pkg.sv").read_text())
    (tmp_path / "model" / "net_bench.sv").write_text(bench)
    build = ["verilator", "--binary", *UNOPTIMISED, "-Wno-WIDTH", "--top-module", "net_bench"]
    files = ["net_pkg.sv", "net_bench.sv", "net.c", "net_dpi.c"]
    subprocess.run([*build, *files], cwd=tmp_path / "model", capture_output=True, check=True)
    begun, at_rest = (
        subprocess.run(
            [tmp_path / "model" / "obj_dir" / "Vnet_bench", *more], capture_output=True, text=True, check=False
        )
        for more in ((), ("+rest",))
    )
    assert (begun.returncode, begun.stdout.partition("\n")[0]) == (0, f"PASS {compared} words")
    assert at_rest.returncode != 0
    assert " in step 0: " in at_rest.stdout


def test_a_model_without_states_has_no_call_to_begin_with_some() -> None:
    cells = population("cells", 2, "relay")
    wire = Projection("w", "input", "cells", "arriving", "identity")
    model = c_model(
        quantise_graph(Graph((2,), (cells,), (wire,)), parse_graph_plan("[signal]")), "net", all_states=True
    )
    assert "net_begin" not in model.header
    assert [name for name, text in wrapped(model).items() if "_begin(" in text] == []
