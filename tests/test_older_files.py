"""Files in older/, which commit 947e75a wrote: read as they were, or refused in a line that says how on."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from command_line import run as command
from command_line import skip_without_jit
from fxsnn.competitive.emulate import run_raster
from fxsnn.competitive.network import load_network
from fxsnn.competitive.plan import parse_plan
from fxsnn.competitive.quantised import quantise
from fxsnn.decolle.emulate import respond_layers
from fxsnn.decolle.network import load_layers
from fxsnn.decolle.plan import parse_decolle_plan
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.former import FORMER

skip_without_jit()

OLDER = Path(__file__).parent / "older"
GRID = """
weight = ["UQ0.2"]
state_bits = [3]
weight_rounding = ["RN", "TR"]
state_rounding = ["TR"]
leak = ["shift 5"]
fold = [false]
"""


def test_a_network_and_its_plan_give_the_spikes_that_they_gave() -> None:
    network = quantise(load_network(OLDER / "net.npz"), parse_plan((OLDER / "plan.toml").read_text()))
    raster = (np.random.default_rng(2).random((2, 20, 784)) < 0.1).astype(np.uint8)
    assert run_raster(network, raster).sum(axis=1).tolist() == [[0, 0, 1, 1], [0, 0, 2, 0]]


def test_a_decolle_network_and_its_plan_give_the_answers_that_they_gave() -> None:
    network = quantise_layers(
        load_layers(OLDER / "layers.npz"), parse_decolle_plan((OLDER / "layers.toml").read_text())
    )
    frames = (np.random.default_rng(3).random((3, 4, 6, 6, 2)) < 0.3).astype(np.uint16)
    assert respond_layers(network, frames).tolist() == [[472, -856], [320, -652], [500, -984]]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (
            ["select", "candidates.json"],
            "candidates must be of schema 2, whose memory is counted as now, 'candidates.json' is of 1; run fxsnn "
            "explore or demo again",
        ),
        (
            ["explore", "net.npz", "--grid", "grid.toml", "--study", "study.journal"],
            "a study must be of schema 2, whose memory is counted as now, but 'study.journal' is of 1; to explore "
            "again, name a new file with --study, or remove it",
        ),
    ],
)
def test_what_counted_memory_otherwise_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], complaint: str
) -> None:
    shutil.copytree(OLDER, tmp_path, dirs_exist_ok=True)
    (tmp_path / "grid.toml").write_text(GRID)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.chdir(tmp_path)
    assert command(*words, "--out", "out").complaint == complaint
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_memory_is_counted_as_now() -> None:
    found = json.loads(command("memory", OLDER / "plan.toml", "--network", OLDER / "net.npz", "--json").out)
    assert found["bits"] == 7221  # 7,199 when sums and counters that outlive an operation were left out


def test_scripts_of_before_find_what_has_moved() -> None:
    script = """
import fxsnn, fxsnn.emulate, fxsnn.competitive.quantised
from fxsnn.memory import MACROS, Memory, memory_to_data, while_learning
from fxsnn.plan import Signal, parse_plan
from fxsnn.quantise import quantise
net = fxsnn.Network(2)
net.dense(fxsnn.raw([[1], [2]]), fxsnn.lif(threshold=fxsnn.raw(2)))
fixed = fxsnn.quantise(net, net.plan(weight="Q3.0", membrane="Q4.0", threshold="UQ3.0"))
print(quantise is fxsnn.competitive.quantised.quantise, fixed.run([[[1, 1]]]).said.tolist(), Signal is fxsnn.Signal)
print(fxsnn.emulate.respond.__module__, callable(fxsnn.cast), hasattr(fxsnn.emulate, "nothing"), hasattr(fxsnn, "none"))
"""
    found = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout == "True [[1]] True\nfxsnn.competitive.emulate True False False\n"


def test_every_place_of_a_former_module_is_there() -> None:
    for name, module in FORMER.items():
        places = [import_module(f"fxsnn.{place}") for place in module.__dict__["_places"]]
        assert all(place.__file__ for place in places), name


def test_what_scripts_call_is_where_it_was(tmp_path: Path) -> None:
    names = {
        "golden.make": ("make_bundle",),
        "study.storage": ("open_storage", "parse_place"),
        "data.aedat": ("parse_aedat",),
        "data.gesture": ("load_gestures",),
        "emulate": ("spikes_of",),
        "network": ("Network",),
        "plan": ("parse_plan",),
        "quantise": ("quantise",),
    }
    found = {part: import_module(f"fxsnn.{part}") for part in names}
    assert [(part, name) for part, own in names.items() for name in own if not hasattr(found[part], name)] == []
    storage = found["study.storage"]
    with storage.open_storage(storage.parse_place(str(tmp_path / "s.journal")), 1) as opened:
        assert opened.get_all_studies() == []
