"""The RTL of a network of populations beside its golden set: modules emitted from the texts, and the bench."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from fxsnn.golden.contents import Vector, stems_of
from fxsnn.golden.populations import initial
from fxsnn.golden.rtl import CHECKED, HDL, file_checks, script, words_compared
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.hdl.arrivals import WALKS
from fxsnn.hdl.network import Network
from fxsnn.hdl.words import names_of

BENCH, COCOTB = "fxsnn_populations_bench", "fxsnn_populations_cocotb"
_STATES = re.compile(r" *(//|#) start states(?=\n)")  # ends lines that are of use where states are loaded
_FIRST = ("fxsnn_modes.sv", "fxsnn_config.sv", "fxsnn_cast.sv", "fxsnn_lfsr.sv")  # in the order of compilation


def populations_files(
    manifest: Mapping[str, Any], network: QuantisedGraph, vectors: Sequence[Vector]
) -> dict[str, str]:
    """Return the RTL, its bench and the command that runs it: text by name of the file.

    vectors    the files of words that the manifest describes
    """
    files = {entry["name"]: entry for entry in manifest["files"]}
    stems = stems_of(vectors)
    emitted = Network(network, manifest["configuration"].get("start", ()), stems)
    observed, sizes = _observed(network, emitted, stems), _sizes(network, emitted, stems)
    modules = emitted.modules()
    walks = [f"{name}.sv" for name in WALKS if any(f"  {name} #(" in text for text in modules.values())]
    nodes = [name for name, entry in files.items() if entry["role"] == "node"]
    called = names_of([*nodes, *(name for name, _ in sizes)])
    read = {"input": "inputs", "begin": "begins"} | {name: f"words_of_{word}" for name, word in called.items()}
    order = [*_FIRST, *walks, *modules, f"{BENCH}.sv"]
    fixed = (*(name for name in _FIRST if name != "fxsnn_config.sv"), *walks, *CHECKED, f"{BENCH}.sv")
    fixed += (f"{COCOTB}.py", "fxsnn_vectors.py")
    texts = {name: _template(name, states=bool(emitted.loaded)) for name in fixed} | modules
    texts |= {
        "fxsnn_config.sv": _config(files, network, emitted),
        "fxsnn_files.svh": file_checks(manifest, {name: read.get(name, "") for name in files}),
        "fxsnn_nodes.svh": _nodes(files, observed, sizes, called, read),
        "fxsnn_shown.json": json.dumps(observed, indent=1) + "\n",
        "fxsnn_words.svh": words_compared(manifest, called=called),
        "bench.f": "\n".join(["+incdir+rtl", *(f"rtl/{name}" for name in order), ""]),
    }
    if sizes:
        texts["fxsnn_start.json"] = json.dumps(sizes, indent=1) + "\n"
    return {f"rtl/{name}": text for name, text in texts.items()} | {"run.sh": script("run.sh", BENCH, COCOTB)}


def _template(name: str, *, states: bool) -> str:
    """Return a file of hdl; its lines for states that are loaded only where there are any."""
    lines = (HDL / name).read_text("ascii").splitlines(keepends=True)
    return "".join(_STATES.sub("", line) for line in lines if states or not _STATES.search(line))


def _sizes(network: QuantisedGraph, emitted: Network, stems: Mapping[str, str]) -> list[tuple[str, int]]:
    """Return the files of states that are loaded, in the order of their numbers, and the neurons of each."""
    return [(stems[initial(name)], network.graph[name.partition(".")[0]].size) for name in emitted.loaded]


def _config(files: Mapping[str, Any], network: QuantisedGraph, emitted: Network) -> str:
    """Return fxsnn_config.sv: what the bench knows of the bundle."""
    values = {
        "ROWS": files["begin"]["lines"],
        "INPUTS": math.prod(network.graph.shape),
        "INPUT_WORD": network.formats[INPUT].word,
        "WIDEST": max(2, *(entry["word"] for entry in files.values() if entry["role"] == "node")),
        "PATIENCE": min(emitted.clocks(), (1 << 31) - 1),
    }
    if emitted.loaded:
        values["STATE_WORD"] = emitted.state_word()
    lines = [f"  localparam int {name} = {value};" for name, value in values.items()]
    return "\n".join(["package fxsnn_config;", *lines, "endpackage", ""])


def _observed(network: QuantisedGraph, emitted: Network, stems: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what the populations show: by the pass that completes them nodes and the outputs that are their words."""

    def called(nodes: Mapping[str, str]) -> dict[str, str]:
        return {stems[node]: port for node, port in nodes.items()}

    return [
        {
            "instance": emitted.instance(name),
            "size": network.graph[name].size,
            "passes": [called(one.seen_in(number)) for number in range(one.passes.last + 1)],
            "registers": called(one.registers_seen()),
        }
        for name, one in emitted.populations.items()
    ]


def _nodes(
    files: Mapping[str, Any],
    populations: Sequence[Mapping[str, Any]],
    sizes: Sequence[tuple[str, int]],
    called: Mapping[str, str],
    read: Mapping[str, str],
) -> str:
    """Return fxsnn_nodes.svh: a memory for every file that is compared, and the comparisons."""
    memories = [
        f"  logic [{files[name]['word'] - 1}:0] {memory}[0:{files[name]['lines'] - 1}];"
        for name, memory in read.items()
    ]
    compared, registers = list[str](), list[str]()
    for about in populations:
        name, size = about["instance"], about["size"]
        instance = f"network.{name}"
        for number, ports in enumerate(about["passes"]):
            lines = [
                f'      compare("{node}", AT_{called[node]}, at, {instance}.neuron, X\'({read[node]}[at]), '
                f"X'({instance}.{port}));"
                for node, port in ports.items()
            ]
            known = f'known("{name.removeprefix("of_")}.neuron", {instance}.neuron, {size})'
            compared += [
                f"    if ({instance}.observe[{number}]) if ({known}) begin",
                f"      at = row * {size} + {instance}.neuron;",
                *lines,
                "    end",
            ]
        for node, port in about["registers"].items():
            words = f"X'({read[node]}[row]), X'({instance}.{port})"
            registers.append(f'    compare("{node}", AT_{called[node]}, row, 0, {words});')
    return "\n".join(
        [
            *memories,
            *("", "  always @(posedge clock) begin", *compared, "  end"),
            *("", "  task automatic compare_registers;", *registers, "  endtask", ""),
            *(_loading(sizes, read) if sizes else ()),
        ]
    )


def _loading(sizes: Sequence[tuple[str, int]], read: Mapping[str, str]) -> list[str]:
    """Return the task that loads what the states of a presentation begin with."""
    lines = ["  task automatic load_states;", "    load_state = 1;"]
    for number, (name, size) in enumerate(sizes):
        lines += [
            f"    load_memory = {number};",
            f"    for (int k = 0; k < {size}; k++) begin",
            "      load_address = k;",
            f"      load_state_word = STATE_WORD'({read[name]}[presentation*{size}+k]);",
            "      @(negedge clock);",
            "    end",
        ]
    return [*lines, "    load_state = 0;", "  endtask", ""]
