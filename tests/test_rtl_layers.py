"""The reference RTL of layers, simulated, equals the kernels in every node at every step; and its bench can fail."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, reject, settings
from hypothesis import strategies as st

from command_line import needs_jit
from fxsnn.errors import ConfigError, WidthError
from fxsnn.golden.layers_make import make_layers_bundle
from fxsnn.layered.quantise import QuantisedLayers
from layered_networks import frames_for, quantised_layers
from simulate import needs_icarus, needs_verilator, simulate

GOLDEN = Path(__file__).parent.parent / "golden"
SETS = ("layers_by_chance",)


def compared(folder: Path) -> int:
    """Return how many words a bench must compare: those of all nodes, and of the answer."""
    files = json.loads((folder / "manifest.json").read_bytes())["files"]
    return sum(int(np.prod(one["shape"])) for one in files if one["role"] == "node" or one["name"] == "answer")


@needs_icarus
@pytest.mark.parametrize("name", SETS)
def test_the_rtl_plays_the_committed_sets(name: str) -> None:
    said = simulate(GOLDEN / name)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == f"PASS {compared(GOLDEN / name)} words\n"


@needs_verilator
@needs_jit  # once is enough: no kernel is in it
@pytest.mark.parametrize("name", SETS)
def test_verilator_agrees_with_icarus(name: str) -> None:
    said = simulate(GOLDEN / name, "verilator")
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.splitlines()[0] == f"PASS {compared(GOLDEN / name)} words"


@needs_icarus
@needs_jit
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_layers(), st.integers(0, 1000))
def test_the_rtl_equals_the_kernels_for_any_configuration(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedLayers, seed: int
) -> None:
    bundle = tmp_path_factory.mktemp("rtl") / "set"
    try:
        manifest = make_layers_bundle(bundle, network, frames_for(network, 2, seed))
    except (ConfigError, WidthError):  # a node wider than 63 bits
        reject()
    said = simulate(bundle)
    assert (said.returncode, said.stdout) == (0, f"PASS {compared(bundle)} words\n"), said.stdout + said.stderr
    event(f"spikes: {min(manifest['counts']['spikes'], 1)}")
