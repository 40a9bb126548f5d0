"""What the bench of a layered bundle holds of its files: their words, comparisons of every node, loads of constants."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fxsnn.golden.rtl import literal
from fxsnn.layered.quantise import CASTS, QuantisedLayers

MEMORIES = {"input": "inputs", "begin": "begins"}  # where the file's name is a word of the language

# Of each node: when it is compared, where it is, and what the layer shows.
_SHOWN = {
    "trace": ("observe_decay", "observe_address", "observe_trace"),
    "synapse": ("observe_decay", "observe_address", "observe_synapse"),
    "sum": ("observe_fire", "observe_neuron", "observe_sum"),
    "refractory": ("observe_fire", "observe_neuron", "observe_refractory"),
    "membrane": ("observe_fire", "observe_neuron", "observe_membrane"),
    "spike": ("observe_fire", "observe_neuron", "observe_spike"),
    "output": ("observe_pool", "observe_window", "observe_output"),
}


def nodes(files: Mapping[str, Any], network: QuantisedLayers) -> str:
    """Return fxsnn_nodes.svh: a memory for every file, and the comparisons."""
    memories = [
        f"  logic [{entry['word'] - 1}:0] {MEMORIES.get(name, name)}[0:{entry['lines'] - 1}];"
        for name, entry in files.items()
    ]
    compared, registers, loads = list[str](), list[str](), list[str]()
    for number in range(len(network.layers)):
        compared.append(_compared(files, number))
        for cast in CASTS:
            name = f"layer{number}_lfsr_{cast}"
            if name in files:
                shown = f"network.layer{number}.observe_lfsr_{cast}"
                registers.append(f"    compare(\"{name}\", AT_{name.upper()}, row, 0, X'({name}[row]), X'({shown}));")
        for kind, file in (("weight", "weights"), ("bias", "biases")):
            loads.append(_loads(f"load_{kind}[{number}]", f"layer{number}_{file}", files))
    if "readout" in files:
        loads.append(_loads("load_readout", "readout", files))
    return "\n".join(
        [
            *memories,
            *("", *compared),
            *("", "  task automatic compare_registers;", *registers, "  endtask"),
            *("", "  task automatic load_constants;", *loads, "  endtask", ""),
        ]
    )


def _compared(files: Mapping[str, Any], number: int) -> str:
    """Return the block that compares the nodes of a layer when they are there."""
    layer, when = f"network.layer{number}", ""
    lines = [f"  int place{number};", f"  always @(posedge clock) begin  // layer {number}"]
    for node, (strobe, place, shown) in _SHOWN.items():
        name = f"layer{number}_{node}"
        if name not in files:
            continue
        size = math.prod(files[name]["shape"][1:])
        if strobe != when:
            lines += ["    end"] if when else []
            known = f'known("layer{number}.{place}", {layer}.{place}, {size})'
            lines.append(f"    if ({layer}.{strobe}) if ({known}) begin")
            lines.append(f"      place{number} = {layer}.{place};")
            when = strobe
        first, at = f"AT_{name.upper()}", f"row * {size} + place{number}"
        lines.append(f"      compare(\"{name}\", {first}, {at}, place{number}, X'({name}[{at}]), X'({layer}.{shown}));")
    return "\n".join([*lines, "    end", "  end"])


def _loads(enable: str, name: str, files: Mapping[str, Any]) -> str:
    return (
        f"    {enable} = 1;\n"
        f"    for (int k = 0; k < {files[name]['lines']}; k++) load(k, 64'({name}[k]));\n"
        f"    {enable} = 0;"
    )


def constants(files: Mapping[str, Any], network: QuantisedLayers) -> str:
    """Return the statements that hold the constants of the RTL against their files."""
    lines = []
    for number, layer in enumerate(network.layers):
        values = {f"{cast}_factor": factor for cast, factor in zip(CASTS, layer.factors, strict=True)}
        for kind, value in ({"refractory_step": layer.refractory} | values).items():
            name = f"layer{number}_{kind}"
            if name in files:
                word = files[name]["word"]
                lines.append(f'    constant("{name}", {word}, {literal("longint", value)}, 64\'({name}[0]));')
    return "\n".join([*lines, ""])
