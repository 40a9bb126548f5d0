"""The configuration of a learner as a SystemVerilog package, and the files of its RTL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fxsnn.competitive.recording import LEARNING_SITES, Recording
from fxsnn.golden.contents import Vector
from fxsnn.golden.layer_layout import layer_layout
from fxsnn.golden.rtl import HDL, LEAKS, file_checks, literal, package, script, words_compared
from fxsnn.hdl.words import mode_name
from fxsnn.number.signal import Signal

TOP = "fxsnn_learner_bench"
SOURCES = (  # in the order of compilation
    *("fxsnn_modes.sv", "fxsnn_config.sv", "fxsnn_cast.sv", "fxsnn_lfsr.sv", "fxsnn_layer.sv", "fxsnn_stdp.sv"),
    *("fxsnn_learner.sv", f"{TOP}.sv"),
)


def learner_files(manifest: Mapping[str, Any], recording: Recording) -> dict[str, str]:
    """Return the RTL of a learner, its bench and the command that runs it: text by name of the file."""
    copied = ("fxsnn_checks.svh", "fxsnn_verdict.svh", *(name for name in SOURCES if name != "fxsnn_config.sv"))
    texts = {f"rtl/{name}": (HDL / name).read_text("ascii") for name in copied}
    return texts | {
        "rtl/fxsnn_config.sv": learner_package(manifest, recording),
        "rtl/fxsnn_files.svh": file_checks(manifest),
        "rtl/fxsnn_words.svh": words_compared(manifest, (f"lfsr_{site}" for site in LEARNING_SITES)),
        "rtl/bench.f": "\n".join(["+incdir+rtl", *(f"rtl/{name}" for name in SOURCES), ""]),
        "run.sh": script("run.sh", TOP),
    }


def learner_package(manifest: Mapping[str, Any], recording: Recording) -> str:
    """Return fxsnn_config.sv: what a bundle of inference has there, and the constants of learning."""
    network, table, learned = recording.started.network, recording.started.table, recording.started.constants
    words, plan, fade = {entry["name"]: entry for entry in manifest["files"]}, network.plan, table.fade
    images, steps, _ = recording.inputs.shape
    layer = package(
        {**manifest, "files": [_described(vector) for vector in layer_layout(network, (steps,) * images)]}, network
    )
    lines: list[tuple[str, dict[str, int | str]]] = [
        ("int", {"IMAGES": images, "STEPS": steps}),
        ("int", _format("LEARNED", table.weight) | _modes("LEARNED", table.weight)),
        ("int", _modes("WEIGHT", plan["weight"])),
        ("int", _format("TRACE", table.trace) | _modes("TRACE", table.trace)),
        ("longint", {"TRACE_ONE": learned.trace_one}),
        ("int", {"FADE": LEAKS[fade.kind], "FADE_BITS": learned.fade_shift}),
        ("int", _format("FADE", fade.factor)),
        ("longint", {"FADE_FACTOR": learned.fade_factor}),
        ("int", _format("RATE", table.rate) | _format("CONSTANTS", table.constants)),
        ("longint", {"OFFSET": recording.offset, "SOFTNESS": learned.softness}),
        ("int", _format("LEARNED_THETA", table.theta)),
        ("longint", {"RISE": learned.theta_plus, "FALL": learned.theta_fall}),
        ("int", {"NORM_LOG2": recording.norm_log2, "TOTAL_WORD": words["sum"]["word"]}),
        ("int", _modes("THETA", plan["theta"]) | {"COUNT_WORD": words["count"]["word"]}),
        ("bit", {"EACH_SPIKE": learned.each_spike}),
    ]
    text = [
        f"  localparam {kind} {', '.join(f'{name} = {literal(kind, value)}' for name, value in values.items())};"
        for kind, values in lines
    ]
    width, seeds = manifest["lfsr"]["width"], manifest["lfsr"]["seeds"]
    for site in LEARNING_SITES:
        text.append(
            f"  localparam logic [{width - 1}:0] SEED_{site.upper()} = {width}'h{int(seeds.get(site, '0x1'), 16):x};"
        )
        text.append(f"  localparam bit DRAWS_{site.upper()} = {int(site in seeds)};")
    return layer.removesuffix("endpackage\n") + "\n".join([*text, "endpackage", ""])


def _described(vector: Vector) -> dict[str, Any]:
    fmt = vector.format
    return {"name": vector.name, "word": fmt.word, "frac": fmt.frac, "signed": fmt.signed}


def _format(name: str, signal: Signal) -> dict[str, int | str]:
    return {f"{name}_WORD": signal.format.word, f"{name}_FRAC": signal.format.frac}


def _modes(name: str, signal: Signal) -> dict[str, int | str]:
    return {
        f"{name}_ROUNDING": mode_name(signal.rounding.value),
        f"{name}_OVERFLOW": mode_name(signal.overflow.value),
    }
