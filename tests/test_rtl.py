"""The reference RTL, simulated, equals the kernels in every node at every step; and its bench can fail."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fxsnn.emulate import spikes_of
from fxsnn.golden.make import make_bundle
from fxsnn.golden.rtl import HDL
from fxsnn.quantise import QuantisedNetwork
from sets import SETS
from simulate import needs_icarus, simulate
from strategies import quantised_networks

pytestmark = needs_icarus

FAULTS = {
    "wrap for saturate": (
        "fxsnn_cast.sv",
        "= !overflowed             ? rounded",
        "= OVERFLOW != SATURATE_ZERO ? wrapped",
    ),
    "logical for arithmetic shift": ("fxsnn_layer.sv", "v - (v >>> LEAK_BITS)", "v - (v >> LEAK_BITS)"),
    "stale refractory counter": ("fxsnn_layer.sv", "refractory - 1'b1", "refractory"),
    "> for >=": ("fxsnn_layer.sv", "!(STRICT && excess == '0)", "excess != '0"),
    "symmetric for plain saturation": (
        "fxsnn_cast.sv",
        "OVERFLOW == SATURATE_SYMMETRIC && SIGNED ? -HIGHEST : LOWEST",
        "SIGNED ? -HIGHEST : LOWEST",
    ),
    "off-by-one LFSR": ("fxsnn_lfsr.sv", "state <= after[COUNT]", "state <= after[COUNT > 0 ? COUNT - 1 : 0]"),
}


def words(network: QuantisedNetwork, images: int, steps: int, draws: int) -> int:
    """Return how many words a bench compares."""
    return images * steps * (network.neurons * 7 + draws)


@pytest.mark.parametrize("name", SETS)
def test_the_rtl_plays_the_committed_sets(name: str, tmp_path: Path) -> None:
    network, spikes = SETS[name]()
    manifest = make_bundle(tmp_path / "set", network, spikes)
    said = simulate(tmp_path / "set", manifest, network)
    assert said.returncode == 0, said.stdout + said.stderr
    expected = words(network, spikes.images, spikes.steps, len(manifest["lfsr"]["seeds"]))
    assert f"PASS {expected} words" in said.stdout


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_networks(), st.integers(0, 1000))
def test_the_rtl_equals_the_kernels_for_any_configuration(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedNetwork, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    shape = (2, int(rng.integers(1, 12)), network.inputs)
    bundle = tmp_path_factory.mktemp("rtl") / "set"
    spikes = spikes_of((rng.random(shape) < rng.choice([0.1, 0.5, 0.9])).astype(np.uint8))
    manifest = make_bundle(bundle, network, spikes)
    said = simulate(bundle, manifest, network)
    assert said.returncode == 0, said.stdout + said.stderr
    assert f"PASS {words(network, 2, spikes.steps, len(manifest['lfsr']['seeds']))} words" in said.stdout


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_rtl_is_found_by_a_committed_set(fault: str, tmp_path: Path) -> None:
    file, right, wrong = FAULTS[fault]
    hdl = tmp_path / "hdl"
    shutil.copytree(HDL, hdl)
    text = (hdl / file).read_text()
    assert text.count(right) == 1
    (hdl / file).write_text(text.replace(right, wrong))
    found = []
    for name in SETS:
        network, spikes = SETS[name]()
        manifest = make_bundle(tmp_path / name, network, spikes)
        said = simulate(tmp_path / name, manifest, network, hdl)
        found += re.findall(r"^FAIL (\w+)\.mem image", said.stdout, re.MULTILINE)
        assert said.returncode == (1 if "FAIL" in said.stdout else 0)
    assert found


def test_a_word_that_is_flipped_or_missing_is_found(tmp_path: Path) -> None:
    network, spikes = SETS["stochastic_none"]()
    manifest = make_bundle(tmp_path / "set", network, spikes)
    path = tmp_path / "set" / "integrated.mem"
    lines = path.read_text().splitlines()
    flipped = f"{int(lines[-1], 16) ^ 1:0{len(lines[-1])}x}"
    for changed in ([*lines[:-1], flipped], lines[:-1]):
        path.write_text("\n".join(changed) + "\n")
        said = simulate(tmp_path / "set", manifest, network)
        assert said.returncode == 1
        assert "FAIL integrated.mem image 0 step 39 neuron 7: expected" in said.stdout
    assert json.loads((tmp_path / "set" / "manifest.json").read_bytes()) == manifest
