"""The reference RTL, simulated, equals the kernels in every node at every step; and its bench can fail."""

from __future__ import annotations

import functools
import json
import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from command_line import long_but, once
from faults import FAULTS, NETWORKS, fault_inputs
from fxsnn.competitive.graph import graph_of
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.golden.rtl import HDL
from sets import SETS
from simulate import UNOPTIMISED, compared, needs_icarus, needs_verilator, simulate
from strategies import examples, quantised_networks

GOLDEN = Path(__file__).parent.parent / "golden"


@needs_icarus
@pytest.mark.parametrize("name", SETS)
def test_the_rtl_plays_the_committed_sets(name: str) -> None:
    said = simulate(GOLDEN / name)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == f"PASS {compared(GOLDEN / name)} words\n"


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("file", ["fxsnn_cast.sv", "fxsnn_layer.sv", "fxsnn_lfsr.sv", "fxsnn_modes.sv"])
def test_the_layer_that_learns_is_the_one_of_the_committed_sets(name: str, file: str) -> None:
    """So that what is found in its RTL there holds of the RTL of learning."""
    assert (GOLDEN / name / "rtl" / file).read_bytes() == (HDL / file).read_bytes()


@pytest.mark.long
@needs_verilator
@once
@pytest.mark.parametrize("name", SETS)
def test_verilator_agrees_with_icarus(name: str) -> None:
    said = simulate(GOLDEN / name, "verilator")
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.splitlines()[0] == f"PASS {compared(GOLDEN / name)} words"


@pytest.mark.long
@needs_verilator
@once
def test_verilator_s_launcher_may_have_its_other_name_and_its_status_is_ours(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for tool in ("sh", "dirname", "mktemp", "rm", "cat", "grep", "make", "perl", "python3", "g++", "ar", "ld", "as"):
        found = shutil.which(tool)
        if found:
            (tmp_path / "bin" / tool).symlink_to(found)
    launcher = tmp_path / "bin" / "verilator-cli"
    tool = f"{shutil.which('verilator')} {' '.join(UNOPTIMISED)}"
    launcher.write_text(f'#!/bin/sh\nPATH={os.environ["PATH"]!r} exec {tool} "$@"\n')
    launcher.chmod(0o755)
    shutil.copytree(GOLDEN / "each_subtract", tmp_path / "set")
    place = {"PATH": str(tmp_path / "bin")}
    words = ["sh", str(tmp_path / "set" / "run.sh")]
    said = subprocess.run(words, capture_output=True, text=True, env=place, timeout=300, check=False)
    assert (said.returncode, said.stdout.split()[0]) == (0, "PASS"), said.stdout + said.stderr
    path = tmp_path / "set" / "membrane.mem"
    path.write_text(path.read_text()[:-1])
    said = subprocess.run(words, capture_output=True, text=True, env=place, timeout=300, check=False)
    assert said.returncode == 2, said.stdout + said.stderr


@pytest.mark.long
@needs_icarus
@once
@settings(max_examples=examples(12), deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_networks(), st.integers(0, 1000))
def test_the_rtl_equals_the_kernels_for_any_configuration(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedNetwork, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    shape = (2, int(rng.integers(1, 12)), network.inputs)
    bundle = tmp_path_factory.mktemp("rtl") / "set"
    make_graph_bundle(bundle, graph_of(network), (rng.random(shape) < rng.choice([0.1, 0.5, 0.9])).astype(np.int64))
    said = simulate(bundle)
    assert said.returncode == 0, said.stdout + said.stderr
    assert f"PASS {compared(bundle)} words" in said.stdout


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Sets in which faults are looked for, each made and simulated once: their own RTL passes.

    A committed one, with the RTL of the layer that learns, or where none is one of a population.
    """
    folder = tmp_path_factory.mktemp("right")

    @functools.cache
    def made(name: str) -> Path:
        network, place = NETWORKS[name](), GOLDEN / name if name in SETS else folder / name
        if name not in SETS:
            make_graph_bundle(place, graph_of(network), fault_inputs(network))
        assert simulate(place).returncode == 0
        return place

    return made


@pytest.mark.long
@needs_icarus
@once
@pytest.mark.parametrize("name", long_but(2, *FAULTS))
def test_a_fault_in_the_rtl_is_found(name: str, right: Callable[[str], Path], tmp_path: Path) -> None:
    fault = FAULTS[name]
    for network in fault.networks:
        folder = shutil.copytree(right(network), tmp_path / network)
        path = folder / "rtl" / fault.file
        text = path.read_text()
        assert text.count(fault.right) == 1
        path.write_text(text.replace(fault.right, fault.wrong))
        said = simulate(folder)
        assert said.returncode == 1, said.stdout + said.stderr
        assert re.search(r"^FAIL [\w.]+\.mem presentation \d+ step \d+ neuron \d+ \(word \d+\): ", said.stdout, re.M)


def test_there_are_many_faults() -> None:
    assert len(FAULTS) >= 45


def edited(edit: Callable[[list[str]], list[str]], end: str = "\n") -> Callable[[Path], None]:
    """Return what edits the lines of a file, whose last words are its last lines."""

    def damage(path: Path) -> None:
        path.write_bytes(("\n".join(edit(path.read_text().splitlines())) + end).encode("latin-1"))

    return damage


@pytest.mark.long
@needs_icarus
@once
@pytest.mark.parametrize("name", long_but(1, *SETS))
def test_one_altered_digit_in_any_file_is_named(name: str, tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / name, tmp_path / "set")
    files = json.loads((tmp_path / "set" / "manifest.json").read_bytes())["files"]
    nodes = [entry for entry in files if entry["role"] == "node"]
    draws = random.Random(name)
    # the bench shows five findings: of two nodes that they were altered, and where each differs
    for several in (
        [entry for entry in files if entry not in nodes],
        *(nodes[n : n + 2] for n in range(0, len(nodes), 2)),
    ):
        kept, told = dict[Path, bytes](), set[str]()
        for entry in several:
            path = tmp_path / "set" / entry["file"]
            kept[path] = path.read_bytes()
            lines = kept[path].decode().splitlines()
            word, bit = draws.randrange(entry["lines"]), draws.randrange(entry["line_bits"])
            digit = len(lines[3 + word]) - bit // 4
            lines[3 + word] = f"{int(lines[3 + word], 16) ^ (1 << bit):0{len(lines[3 + word])}x}"
            path.write_text("\n".join(lines) + "\n")
            told.add(f"FAIL {entry['file']} word {word} was altered: its digit {digit} is off by ")
        said = simulate(tmp_path / "set")
        assert said.returncode == 1
        first = said.stdout.splitlines()[: len(told)]
        assert {re.sub(r"-?\d+$", "", line) for line in first} == told
        if several[0] in nodes:
            assert all(f"\nFAIL {entry['file']} presentation " in said.stdout for entry in several)
        for path, right in kept.items():
            path.write_bytes(right)
    assert simulate(tmp_path / "set").returncode == 0


@needs_icarus
@once
@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (Path.unlink, "FAIL theta.mem cannot be read"),
        (edited(lambda lines: lines[:-1]), "FAIL theta.mem must hold 8 words, not 7"),
        (edited(lambda lines: [*lines, "00"]), "FAIL theta.mem must hold 8 words, not 9"),
        (edited(lambda lines: lines, end=""), "FAIL theta.mem line 11 must be 2 hexadecimal digits"),
        (edited(lambda lines: [*lines[:-1], "xx"]), "FAIL theta.mem line 11 must be 2 hexadecimal digits"),
        (edited(lambda lines: [*lines[:-1], "0A"]), "FAIL theta.mem line 11 must be 2 hexadecimal digits"),
        (edited(lambda lines: [*lines[:-1], "40"]), "FAIL theta.mem line 11 must be 2 hexadecimal digits"),
        (edited(lambda lines: [*lines[:-1], "000"]), "FAIL theta.mem line 11 must be 2 hexadecimal digits"),
        (edited(lambda lines: [*lines[:4], "\xe9", *lines[4:]]), "FAIL theta.mem line 5 must be 2 hexadecimal digits"),
    ],
)
def test_a_damaged_file_is_named_before_anything_is_compared(
    damage: Callable[[Path], None], finding: str, tmp_path: Path
) -> None:
    shutil.copytree(GOLDEN / "largest_zero", tmp_path / "set")
    damage(tmp_path / "set" / "theta.mem")
    said = simulate(tmp_path / "set")
    assert said.returncode == 2
    assert said.stdout.startswith(finding)
    assert "1 files are damaged: nothing was compared" in said.stdout + said.stderr
