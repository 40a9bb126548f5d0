"""A core of one's own against its golden set: what her simulator wrote, the mistake in it, and what is said of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from command_line import run
from fxsnn.golden.populations_make import make_graph_bundle
from test_graph_files import loaded

TEXT = """current: input
v: state
r: state
decay: constant
spike: output
v: v = v * decay + (0 if r > 0 else current)
spike = v > 20 and r < 1
if spike:
    v = 0
    r = 2
else:
    v: v = v - (v >> 4)
    r = max(r - 1, 0)
"""
PLAN = '[signal]\nweight = "Q6.0"\nv = "Q7.0 floor saturate"\nr = "UQ2.0"\ndecay = "UQ0.2"\n'
WEIGHTS = [[31, -9, 12], [-11, 20, 17], [12, 7, -22], [22, 25, 3]]
SPIKES = (np.random.default_rng(5).random((1, 60, 4)) < 0.4).astype(np.int64)
SPIKES[0, 20:32] = [0, 1, 0, 0]
STEPS, NEURONS = 60, 3
Words = dict[str, list[list[int]]]


def simulated(mistake: str = "") -> Words:
    """Return what a core computes, neuron by neuron, in plain integers."""
    found: Words = {"v": [], "r": [], "spike": []}
    v, r = [0] * NEURONS, [0] * NEURONS
    for active in SPIKES[0].tolist():
        spikes = []
        for n in range(NEURONS):
            inputs = range(1, 4) if mistake == "first input skipped" else range(4 - (mistake == "last input skipped"))
            come = sum(WEIGHTS[i][n] for i in inputs if active[3 - i if mistake == "inputs reversed" else i])
            come = come >> 1 if mistake == "current halved" else come << (mistake == "current doubled")
            now = (v[n] * 3 >> 2) + (0 if r[n] > 0 else come)
            low, high = (-32, 31) if mistake == "rails of 6 bits" else (-64, 63)
            now = min(max(now, low), high)
            spikes.append(int((now >= 20 if mistake == "compared by >=" else now > 20) and r[n] < 1))
            if spikes[-1]:
                v[n], r[n] = (0, 2) if mistake != "reset to 1" else (1, 2)
            else:
                v[n] = 0 if mistake == "never v" else now - (now >> (5 if mistake == "leak" else 4))
                r[n] = max(r[n] - 1, 0)
        for name, row in (("v", v), ("r", r), ("spike", spikes)):
            found[name].append(list(row))
    return found


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden set of a neuron that assigns in both branches of an if."""
    folder = tmp_path_factory.mktemp("core")
    (folder / "own.neuron").write_text(TEXT)
    network = (
        '[input]\nshape = 4\n[population.hidden]\nshape = 3\nneuron = "own.neuron"\nconstants = { decay = 0.75 }\n'
        f'[[projection]]\nfrom = "input"\nto = "hidden"\nweights = {{ raw = {WEIGHTS} }}\n[readout]\nkind = "counts"\n'
    )
    make_graph_bundle(folder / "set", loaded(folder, network, PLAN), SPIKES)
    return folder / "set"


BITS = {"v": 7, "r": 2, "spike": 1}


def dumped(folder: Path, words: Mapping[str, Sequence[Sequence[int]]], nodes: str, bits: int = 0) -> list[Path]:
    """Write nodes as a simulator does with %h, of the node's bits if no others are given."""
    found = []
    for node in nodes.split():
        path = folder / f"hidden.{node}.mem"
        mask = (1 << (bits if bits and node == "v" else BITS[node])) - 1
        path.write_text("".join(f"{word & mask:x}\n" for row in words[node] for word in row))
        found.append(path)
    return found


def told(set_: Path, paths: Sequence[Path]) -> dict[str, Any]:
    said = run("golden", "diff", set_, *paths, "--json")
    assert said.err == ""
    return json.loads(said.out)  # type: ignore[no-any-return]


MISTAKES = {
    "inputs reversed": "input_hidden: weights inputs in reverse order",
    "first input skipped": "input_hidden: weights of input 0, the first, left out",
    "last input skipped": "input_hidden: weights of input 3, the last, left out",
    "current halved": "line 6, v: current halved, its slice one bit too high",
    "current doubled": "line 6, v: current doubled, its slice one bit too low",
    "compared by >=": "line 7, spike: v > 20 compared by >= instead of >",
    "leak": "line 12, v: v of line 6 shifted by 5 instead of 4",
    "reset to 1": "line 9, v: 1 instead of 0 in v",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_core_is_named_from_bits_a_line(own: Path, tmp_path: Path, mistake: str) -> None:
    result = told(own, dumped(tmp_path, simulated(mistake), "v spike"))
    assert MISTAKES[mistake] in result["causes"], result
    assert (result["late"], result["extra"], result["missing"], result["notes"]) == ([], 0, 0, [])
