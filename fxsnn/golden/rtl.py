"""What a bench of any golden set is given, and the configuration of a layer as a SystemVerilog package."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fxsnn.competitive.graph import program_of
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import SITES, QuantisedNetwork
from fxsnn.hdl.words import mode_name
from fxsnn.number.format import bits_of

HDL = Path(__file__).parent / "hdl"
CHECKED = ("fxsnn_checks.svh", "fxsnn_compare.svh", "fxsnn_verdict.svh")
_MEMORIES = {"input": "inputs", "begin": "begins", "floor": "lowest"}  # where the file's name is a word of the language
LEAKS = {"multiply": "LEAK_MULTIPLY", "shift": "LEAK_SHIFT", "none": "LEAK_NONE"}


def package(manifest: Mapping[str, Any], network: QuantisedNetwork) -> str:
    """Return fxsnn_config.sv: widths, modes, sizes, seeds and constants of the network of a bundle."""
    about = manifest["configuration"]
    plan, files = about["plan"], {entry["name"]: entry for entry in manifest["files"]}
    leak, factor = plan["leak"], files.get("leak_factor", {"word": 1, "frac": 0})
    lines: list[tuple[str, dict[str, int | str]]] = [
        ("int", {"INPUTS": about["inputs"], "NEURONS": about["neurons"]}),
        ("int", {"PRESENTATIONS": len(about["steps"]), "ROWS": sum(about["steps"])}),
        ("int", {"EXACT_BITS": _exact_bits(manifest, network)}),
    ]
    for name, of in (("WEIGHT", "weights"), ("CURRENT", "current"), ("MEMBRANE", "membrane"), ("THETA", "theta")):
        entry = files[of]
        lines.append(("int", {f"{name}_WORD": entry["word"], f"{name}_FRAC": entry["frac"]}))
        lines.append(("bit", {f"{name}_SIGNED": int(entry["signed"])}))
    for name, of in (("CURRENT", "accumulator"), ("MEMBRANE", "membrane")):
        modes = {
            f"{name}_ROUNDING": mode_name(plan[of]["rounding"]),
            f"{name}_OVERFLOW": mode_name(plan[of]["overflow"]),
        }
        lines.append(("int", dict(modes)))
    lines += [
        ("int", {"SUM_WORD": files["sum"]["word"], "LEAKED_WORD": files["leaked"]["word"]}),
        ("int", {"EXCESS_WORD": max(excess_bits(network.plan), 1)}),
        ("int", {"THRESHOLD_WORD": files["threshold"]["word"], "THRESHOLD_FRAC": files["threshold"]["frac"]}),
        ("int", {"INHIBITION_WORD": files["inhibition"]["word"], "INHIBITION_FRAC": files["inhibition"]["frac"]}),
        ("longint", {"THRESHOLD": network.threshold, "INHIBITION": network.inhibition}),
        ("longint", {"FLOOR_VALUE": network.floor, "RESET_TO": network.reset_value}),
        ("int", {"LEAK": LEAKS[leak["kind"]], "LEAK_BITS": leak.get("shift", 0)}),
        ("int", {"FACTOR_WORD": factor["word"], "FACTOR_FRAC": factor["frac"]}),
        ("longint", {"FACTOR": network.factor}),
        ("bit", {"EACH": int(plan["accumulate"] == "each"), "FUSED": int(plan["integrate"] == "fused")}),
        (
            "int",
            {"RESET": f"RESET_{about['reset'].upper()}", "WINNER": f"WINNER_{about['winner'].upper()}"},
        ),
        ("bit", {"STRICT": int(about["compare"] == "gt")}),
        ("int", {"REFRACTORY": about["refractory_steps"], "REFRACTORY_WORD": files["refractory"]["word"]}),
        ("bit", {"REFRACTORY_IGNORES": int(about["refractory_input"] == "ignore")}),
        ("int", {"LFSR_WIDTH": manifest["lfsr"]["width"]}),
    ]
    width = manifest["lfsr"]["width"]
    taps = sum(1 << (tap - 1) for tap in manifest["lfsr"]["taps"])
    seeds = manifest["lfsr"]["seeds"]
    registers = {"LFSR_TAPS": taps} | {f"SEED_{site.upper()}": int(seeds.get(site, "0x1"), 16) for site in SITES}
    text = ["package fxsnn_config;"]
    for kind, values in lines:
        text.append(
            f"  localparam {kind} {', '.join(f'{name} = {literal(kind, value)}' for name, value in values.items())};"
        )
    for name, value in registers.items():
        text.append(f"  localparam logic [{width - 1}:0] {name} = {width}'h{value:x};")
    for site in SITES:
        text.append(f"  localparam bit DRAWS_{site.upper()} = {int(site in seeds)};")
    return "\n".join([*text, "endpackage", ""])


def script(name: str, top: str = "fxsnn_bench", cocotb: str = "fxsnn_cocotb") -> str:
    """Return a shell script of hdl, with what all of them begin with in it."""
    text, begin = ((HDL / part).read_text("ascii") for part in (name, "begin.sh"))
    return text.replace(". ./begin.sh\n", begin).replace("fxsnn_bench", top).replace("fxsnn_cocotb", cocotb)


def words_compared(
    manifest: Mapping[str, Any], also: Iterable[str] = (), called: Mapping[str, str] | None = None
) -> str:
    """Return fxsnn_words.svh: which words a bench must compare, each once, and where it keeps which were.

    also      names that a bench mentions whether they are among the files or not
    called    what files are called in SystemVerilog where that is not their name
    """
    names = called or {}
    nodes = {entry["name"]: math.prod(entry["shape"]) for entry in manifest["files"] if entry["role"] == "node"}
    first, places, checks = 0, list[str](), list[str]()
    for name, words in nodes.items():
        at = f"AT_{names.get(name, name.upper())}"
        places.append(f"  localparam int {at} = {first};")
        checks.append(f'    check_compared("{name}", {at}, {words});')
        first += words
    places += [f"  localparam int AT_{name.upper()} = 0;  // not in this bundle" for name in also if name not in nodes]
    kept = [f"  localparam int WORDS = {first};", "  bit compared[0:WORDS-1];"]
    return "\n".join([*places, *kept, "", "  task automatic check_every_word;", *checks, "  endtask", ""])


def file_checks(manifest: Mapping[str, Any], memories: Mapping[str, str] = _MEMORIES) -> str:
    """Return the statements with which a bench checks and reads the bundle's memory files.

    memories    what a file's words are called, where it is not the file's name
    """
    checks, reads = [], []
    for entry in manifest["files"]:
        name = entry["name"]
        sums = ", ".join(f"64'h{int(text, 16):x}" for text in entry["sums"])
        checks.append(f'    check_file("{name}", {entry["lines"]}, {entry["line_bits"]}, {sums});')
        if memory := memories.get(name, name):
            reads.append(f'    $readmemh("{entry["file"]}", {memory});')
    stop = '    if (damaged != 0) $fatal(1, "%0d files are damaged: nothing was compared", damaged);'
    return "\n".join([*checks, stop, *reads, ""])


def _exact_bits(manifest: Mapping[str, Any], network: QuantisedNetwork) -> int:
    """Return the bits of the RTL's exact intermediates, which also carry every word to the bench."""
    words: list[int] = [entry["word"] for entry in manifest["files"]]
    return min(64, max(exact_bits(network), *(word + 1 for word in words)))


def excess_bits(plan: Plan) -> int:
    """Return the bits of a word that holds by how much a membrane exceeds its threshold; none that falls short wins."""
    v, t, th = plan["membrane"].format, plan["threshold"].format, plan["theta"].format
    common = max(v.frac, t.frac, th.frac)
    limit = (t.lowest << common - t.frac) + (th.lowest << common - th.frac)
    return bits_of(0, max((v.highest << common - v.frac) - limit, 0))


def exact_bits(network: QuantisedNetwork) -> int:
    """Return the bits of a two's complement word that holds every exact intermediate and every word.

    One more than the bounds need, so that a draw can be added to the dropped bits in place.
    """
    plan = network.plan
    lowest, highest = program_of(network).reached
    words: list[int] = [signal.format.word for signal in (*plan.signals.values(), plan.leak.factor)]
    return min(64, max(highest.bit_length(), (-lowest - 1).bit_length(), *words) + 2)


def literal(kind: str, value: int | str) -> str:
    """Return a literal; one without a size has 32 bits."""
    if isinstance(value, str):  # Yosys lets no package see another
        return f"{_codes()[value]} /* {value} */"
    if kind != "longint":
        return str(value)
    return f"-64'sd{-value}" if value < 0 else f"64'sd{value}"


def _codes() -> dict[str, str]:
    """Return the numbers of the modes, as the RTL has them."""
    return dict(re.findall(r"\b([A-Z_]+) = (\d+)", (HDL / "fxsnn_modes.sv").read_text("ascii")))
