"""The RTL of a layered network: its top, the layers one behind the other as the configuration says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fxsnn.format import bits_of
from fxsnn.golden.layers_bench import MEMORIES, constants, nodes
from fxsnn.golden.rtl import CHECKED, HDL, LEAKS, file_checks, literal, script, words_compared
from fxsnn.hdl.words import mode_name
from fxsnn.layered.inventory import answer_range
from fxsnn.layered.quantise import CASTS, QuantisedLayers
from fxsnn.layered.width import input_format, wires
from fxsnn.plan import Leak, Signal

TOP, COCOTB = "fxsnn_layers_bench", "fxsnn_layers_cocotb"
SOURCES = (  # in the order of compilation
    *("fxsnn_modes.sv", "fxsnn_config.sv", "fxsnn_cast.sv", "fxsnn_lfsr.sv", "fxsnn_decay.sv", "fxsnn_conv.sv"),
    *("fxsnn_answer.sv", "fxsnn_layers.sv", f"{TOP}.sv"),
)
SHARED = (*CHECKED, f"{COCOTB}.py", "fxsnn_vectors.py")
MADE = ("fxsnn_config.sv", "fxsnn_layers.sv")  # of the configuration; the others are the same in every bundle
_Values = dict[str, int | str]


def layers_files(manifest: Mapping[str, Any], network: QuantisedLayers) -> dict[str, str]:
    """Return the RTL of a layered network, its bench and the command that runs it: text by name of the file."""
    texts = {name: (HDL / name).read_text("ascii") for name in (*SOURCES, *SHARED) if name not in MADE}
    files = {entry["name"]: entry for entry in manifest["files"]}
    texts |= {
        "fxsnn_config.sv": _config(files, network),
        "fxsnn_layers.sv": _top(files, network),
        "fxsnn_files.svh": file_checks(manifest, MEMORIES) + constants(files, network),
        "fxsnn_nodes.svh": nodes(files, network),
        "fxsnn_words.svh": words_compared(manifest),
        "bench.f": "\n".join(["+incdir+rtl", *(f"rtl/{name}" for name in SOURCES), ""]),
    }
    return {f"rtl/{name}": text for name, text in texts.items()} | {"run.sh": script("run.sh", TOP, COCOTB)}


def _config(files: Mapping[str, Any], network: QuantisedLayers) -> str:
    """Return fxsnn_config.sv: what the bench knows of the bundle."""
    described = network.description
    rows, inputs, answer = files["begin"]["lines"], math.prod(described.inputs(0)), files["answer"]["word"]
    values: _Values = {
        "ROWS": rows,
        "STEPS": described.steps,
        "LAYERS": len(network.layers),
        "INPUTS": inputs,
        "INPUT_WORD": files["input"]["word"],
        "CLASSES": described.classes,
        "ANSWER_WORD": answer,
        "EXACT_BITS": min(64, max(answer + 1, *(_exact_bits(files, network, k) for k in range(len(network.layers))))),
        "LFSR_WIDTH": network.plan.lfsr.width,
        "PATIENCE": _clocks(network),
    }
    lines = [f"  localparam int {name} = {value};" for name, value in values.items()]
    return "\n".join(["package fxsnn_config;", *lines, "endpackage", ""])


def _exact_bits(files: Mapping[str, Any], network: QuantisedLayers, number: int) -> int:
    """Return the bits of a layer's exact intermediates, which also hold every word of it."""
    words: list[int] = [entry["word"] for name, entry in files.items() if name.startswith(f"layer{number}_")]
    given = input_format(network, number)
    exact = wires(network.layers[number], given).exact_bits
    return min(64, max(exact, given.word + 1, *(word + 1 for word in words)))


def _clocks(network: QuantisedLayers) -> int:
    """Return the clocks of the longest step, and some: a bench that waits longer waits in vain."""
    clocks = 64
    for layer in network.layers:
        geometry = layer.geometry
        inputs, neurons = math.prod(geometry.inputs), math.prod(geometry.outputs)
        clocks += inputs + neurons * (math.prod(geometry.weights[:3]) + 1) + 4
    return clocks + math.prod(network.layers[-1].geometry.pooled) * network.description.classes


def _parameters(files: Mapping[str, Any], network: QuantisedLayers, number: int) -> list[_Values]:
    """Return the parameters of one layer's instance, a line each."""
    layer, name = network.layers[number], f"layer{number}_"
    plan, geometry = layer.plan, layer.geometry
    leaks = {"TRACE": plan.trace_leak, "SYNAPSE": plan.synapse_leak, "REFRACTORY": plan.refractory_leak}
    states = {"TRACE": plan.trace, "SYNAPSE": plan.synapse, "REFRACTORY": plan.refractory}
    lfsr = network.plan.lfsr
    lines: list[_Values] = [
        {"X": _exact_bits(files, network, number), "GIVEN_WORD": input_format(network, number).word},
        {"HEIGHT": geometry.inputs[0], "WIDTH": geometry.inputs[1], "CHANNELS": geometry.inputs[2]},
        {"KERNEL_HEIGHT": geometry.kernel[0], "KERNEL_WIDTH": geometry.kernel[1], "PADDING": geometry.padding},
        {"OUT_HEIGHT": geometry.outputs[0], "OUT_WIDTH": geometry.outputs[1], "OUT_CHANNELS": geometry.outputs[2]},
        {"POOL": geometry.pool, "CURRENTS": int(plan.filters == "currents")},
        {"SPIKING": int(network.description.layer[number].kind != "output")},
        _format("WEIGHT", plan.weight),
        _format("BIAS", plan.bias),
    ]
    for of, signal in states.items():
        modes: _Values = {
            f"{of}_ROUNDING": f"fxsnn_modes::{mode_name(signal.rounding.value)}",
            f"{of}_OVERFLOW": f"fxsnn_modes::{mode_name(signal.overflow.value)}",
        }
        lines += [_format(of, signal), modes]
    for (of, leak), factor in zip(leaks.items(), layer.factors, strict=True):
        lines.append(_leak(of, leak, factor))
    lines += [
        {"REFRACTORY_STEP": literal("longint", layer.refractory)},
        {"SUM_WORD": files[f"{name}sum"]["word"], "MEMBRANE_WORD": files[f"{name}membrane"]["word"]},
        {"LFSR_WIDTH": lfsr.width, "LFSR_TAPS": f"{lfsr.width}'h{sum(1 << (tap - 1) for tap in lfsr.taps):x}"},
        {
            f"SEED_{cast.upper()}": f"{lfsr.width}'h{register.seed:x}"
            for cast, register in zip(CASTS, layer.registers, strict=True)
        },
    ]
    return lines


def _format(of: str, signal: Signal) -> _Values:
    fmt = signal.format
    return {f"{of}_WORD": fmt.word, f"{of}_FRAC": fmt.frac, f"{of}_SIGNED": int(fmt.signed)}


def _leak(of: str, leak: Leak, factor: int) -> _Values:
    return {
        f"{of}_LEAK": f"fxsnn_modes::{LEAKS[leak.kind]}",
        f"{of}_LEAK_BITS": leak.shift if leak.kind == "shift" else 0,
        f"{of}_FACTOR_FRAC": leak.factor.format.frac,
        f"{of}_FACTOR": literal("longint", factor),
    }


_PORTS = """  input  logic                                 clock,
  input  logic                                 reset,
  input  logic                                 start_recording,
  input  logic                                 start_step,
  output logic                                 ready,
  input  logic                                 load_input,
  input  logic                                 load_readout,
  input  logic [fxsnn_config::LAYERS-1:0]      load_weight, load_bias,
  input  logic [31:0]                          load_address,
  input  logic [63:0]                          load_word,
  input  logic [31:0]                          answer_address,
  output logic [fxsnn_config::ANSWER_WORD-1:0] answer
"""


def _top(files: Mapping[str, Any], network: QuantisedLayers) -> str:
    """Return fxsnn_layers.sv: the layers one behind the other, and what sums the answer."""
    described, count = network.description, len(network.layers)
    membranes = int(described.layer[-1].kind == "output")
    membrane, answers = files[f"layer{count - 1}_membrane"]["word"], answer_range(network)
    layers = "".join(_instance(files, network, number) for number in range(count))
    ready = " && ".join(f"ready{number}" for number in range(count))
    nets = "".join(
        f"  logic ready{number}, done{number}, spike{number}, load_weight{number}, load_bias{number};\n"
        f"  logic [31:0] address{number}, read{number};\n"
        for number in range(count)
    )
    parts = [
        {"CLASSES": described.classes, "OUTPUTS": math.prod(network.layers[-1].geometry.pooled)},
        {"BURN_IN": described.burn_in, "MEMBRANES": membranes, "MEMBRANE_WORD": membrane},
        {"WORD": bits_of(*answers), "SIGNED": int(answers[0] < 0), "ANSWER_WORD": files["answer"]["word"]},
    ]
    return f"""// The network as its configuration says, {count} layers: each takes the pooled spikes of the one before
// in the same step.
//
// start_recording  all states and spikes become 0, LFSRs their seeds; wait for `ready`
// start_step       one time step with the frame that was loaded; wait for `ready`
// load_*           writes one word of a memory, while `ready`: the frame, weights and biases of each layer, the readout
// answer_*         reads the sum of a class over the steps so far, in the same clock
module fxsnn_layers (
{_PORTS});
  logic [fxsnn_config::INPUT_WORD-1:0] frame[0:fxsnn_config::INPUTS-1];
  logic [fxsnn_config::INPUT_WORD-1:0] given0;
{nets}  logic take, answer_ready;
  logic [31:0] take_class;
  logic [{membrane - 1}:0] membrane;
  assign given0 = frame[address0];
  assign ready = {ready} && answer_ready;
  always_ff @(posedge clock) if (load_input) frame[load_address] <= load_word[fxsnn_config::INPUT_WORD-1:0];
{layers}
  fxsnn_answer #(
{_listed(parts)}
  ) adder (
    .clock(clock), .reset(reset), .start_recording(start_recording), .end_step(done{count - 1}), .ready(answer_ready),
    .take(take), .take_class(take_class), .membrane(membrane), .spike_address(read{count - 1}),
    .spike(spike{count - 1}), .load_readout(load_readout), .load_address(load_address), .load_word(load_word),
    .answer_address(answer_address), .answer(answer)
  );
endmodule
"""


def _instance(files: Mapping[str, Any], network: QuantisedLayers, number: int) -> str:
    last = number == len(network.layers) - 1
    start = f"done{number - 1}" if number else "start_step"
    given = f"spike{number - 1}" if number else "given0"
    reads = f"  assign read{number} = address{number + 1};\n" if not last else ""
    shown = (
        ".observe_fire(take), .observe_neuron(take_class), .observe_membrane(membrane)"
        if last
        else ".observe_fire(), .observe_neuron(), .observe_membrane()"
    )
    return f"""
{reads}  assign load_weight{number} = load_weight[{number}];
  assign load_bias{number} = load_bias[{number}];
  fxsnn_conv #(
{_listed(_parameters(files, network, number))}
  ) layer{number} (
    .clock(clock), .reset(reset), .start_recording(start_recording), .start_step({start}), .ready(ready{number}),
    .done(done{number}), .given_address(address{number}), .given_word({given}), .read_address(read{number}),
    .read_spike(spike{number}), .load_weight(load_weight{number}), .load_bias(load_bias{number}),
    .load_address(load_address), .load_word(load_word), {shown},
    .observe_decay(), .observe_address(), .observe_trace(), .observe_synapse(), .observe_sum(), .observe_refractory(),
    .observe_spike(), .observe_pool(), .observe_window(), .observe_output(), .observe_lfsr_trace(),
    .observe_lfsr_synapse(), .observe_lfsr_refractory()
  );
"""


def _listed(lines: list[_Values]) -> str:
    return ",\n".join("    " + ", ".join(f".{name}({value})" for name, value in line.items()) for line in lines)
