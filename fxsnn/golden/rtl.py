"""The configuration of a bundle as a SystemVerilog package, for the reference RTL and its bench."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fxsnn.quantise import SITES, QuantisedNetwork

HDL = Path(__file__).parent / "hdl"
SOURCES = ("fxsnn_cast.sv", "fxsnn_lfsr.sv", "fxsnn_layer.sv", "fxsnn_bench.sv")  # after modes and configuration
_LEAK = {"multiply": "LEAK_MULTIPLY", "shift": "LEAK_SHIFT", "none": "LEAK_NONE"}


def package(manifest: Mapping[str, Any], network: QuantisedNetwork) -> str:
    """Return fxsnn_config.sv: widths, modes, sizes, seeds and constants of the network of a bundle."""
    held = manifest["configuration"]
    plan, files = held["plan"], {entry["name"]: entry for entry in manifest["files"]}
    leak = plan["leak"]
    lines: list[tuple[str, dict[str, int | str]]] = [
        ("int", {"INPUTS": held["inputs"], "NEURONS": held["neurons"]}),
        ("int", {"IMAGES": held["images"], "STEPS": held["steps"]}),
    ]
    for name, of in (("WEIGHT", "weights"), ("CURRENT", "current"), ("MEMBRANE", "membrane"), ("THETA", "theta")):
        entry = files[of]
        lines.append(("int", {f"{name}_WORD": entry["word"], f"{name}_FRAC": entry["frac"]}))
        lines.append(("bit", {f"{name}_SIGNED": int(entry["signed"])}))
    for name, of in (("CURRENT", "accumulator"), ("MEMBRANE", "membrane")):
        modes = {f"{name}_ROUNDING": _mode(plan[of]["rounding"]), f"{name}_OVERFLOW": _mode(plan[of]["overflow"])}
        lines.append(("int", dict(modes)))
    lines += [
        ("int", {"SUM_WORD": files["sum"]["word"], "LEAKED_WORD": files["leaked"]["word"]}),
        ("int", {"THRESHOLD_FRAC": files["threshold"]["frac"], "INHIBITION_FRAC": files["inhibition"]["frac"]}),
        ("longint", {"THRESHOLD": network.threshold, "INHIBITION": network.inhibition}),
        ("longint", {"FLOOR_VALUE": network.floor, "RESET_TO": network.reset_value}),
        ("int", {"LEAK": _LEAK[leak["kind"]], "LEAK_BITS": leak.get("shift", 0)}),
        ("int", {"FACTOR_FRAC": files["leak_factor"]["frac"] if "leak_factor" in files else 0}),
        ("longint", {"FACTOR": network.factor}),
        ("bit", {"EACH": int(plan["accumulate"] == "each"), "FUSED": int(plan["integrate"] == "fused")}),
        ("int", {"RESET": f"RESET_{held['reset'].upper()}", "WINNER": f"WINNER_{held['winner'].upper()}"}),
        ("bit", {"STRICT": int(held["compare"] == "gt")}),
        ("int", {"REFRACTORY": held["refractory_steps"], "REFRACTORY_WORD": files["refractory"]["word"]}),
        ("bit", {"REFRACTORY_IGNORES": int(held["refractory_input"] == "ignore")}),
        ("int", {"LFSR_WIDTH": manifest["lfsr"]["width"]}),
    ]
    width = manifest["lfsr"]["width"]
    taps = sum(1 << (tap - 1) for tap in manifest["lfsr"]["taps"])
    seeds = manifest["lfsr"]["seeds"]
    registers = {"LFSR_TAPS": taps} | {f"SEED_{site.upper()}": int(seeds.get(site, "0x1"), 16) for site in SITES}
    text = ["package fxsnn_config;", "  import fxsnn_modes::*;"]
    for kind, values in lines:
        text.append(
            f"  localparam {kind} {', '.join(f'{name} = {_number(kind, value)}' for name, value in values.items())};"
        )
    for name, value in registers.items():
        text.append(f"  localparam logic [{width - 1}:0] {name} = {width}'h{value:x};")
    for site in SITES:
        text.append(f"  localparam bit DRAWS_{site.upper()} = {int(site in seeds)};")
    return "\n".join([*text, "endpackage", ""])


def _number(kind: str, value: int | str) -> str:
    """Return a literal; one without a size has 32 bits."""
    if kind != "longint":
        return str(value)
    return f"-64'sd{-value}" if isinstance(value, int) and value < 0 else f"64'sd{value}"


def _mode(name: str) -> str:
    """Return a mode's name in fxsnn_modes; `error`, under which nothing overflowed, needs none of its own."""
    return "SATURATE" if name == "error" else name.upper().replace("-", "_")
