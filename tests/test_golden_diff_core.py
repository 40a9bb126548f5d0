"""A core of one's own against its golden set: what her simulator wrote, the mistake in it, and what is said of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from command_line import long_but, run, skip_with_jit
from fxsnn.golden.populations_make import make_graph_bundle
from test_graph_files import loaded

skip_with_jit()

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


STUCK: dict[str, Callable[[int], int]] = {
    "bit 2 at 0": lambda v: v & ~4,
    "bit 1 at 1": lambda v: v | 2,
    "sign at 0": lambda v: v & 63,
    "five bits": lambda v: v & 31,
    "five bits with a sign": lambda v: (v + 16) % 32 - 16,
}


def simulated(mistake: str = "", *, wraps: bool = False) -> Words:
    """Return what a core computes, neuron by neuron, in plain integers; wraps: instead of saturating."""
    found: Words = {"v": [], "r": [], "spike": []}
    v, r, waiting, before = [0] * NEURONS, [0] * NEURONS, [0] * NEURONS, [0] * 4
    for rows in SPIKES[0].tolist():
        active = [a | b for a, b in zip(rows, before, strict=True)] if mistake == "input register not cleared" else rows
        spikes, before = list[int](), rows
        for n in range(NEURONS):
            inputs = range(1, 4) if mistake == "first input skipped" else range(4 - (mistake == "last input skipped"))
            read = NEURONS - 1 - n if mistake == "neurons reversed" else n
            come = sum(WEIGHTS[i][read] for i in inputs if active[3 - i if mistake == "inputs reversed" else i])
            come = come >> 1 if mistake == "current halved" else come << (mistake == "current doubled")
            if mistake == "sum kept while refractory":
                come += waiting[n]
                waiting[n] = come if r[n] > 0 else 0
            now = (v[n] * 3 >> 2) + (0 if r[n] > 0 else come)
            word = (now + 64) % 128 - 64 if wraps else min(max(now, -64), 63)
            now, looked_at = word, now if mistake == "compared before its cast" else word
            spikes.append(int((now >= 20 if mistake == "compared by >=" else looked_at > 20) and r[n] < 1))
            if spikes[-1]:
                v[n], r[n] = (0, 2) if mistake != "reset to 1" else (1, 2)
            else:
                v[n] = now - (now >> (5 if mistake == "leak" else 4))
                r[n] = max(r[n] - 1, 0)
            v[n] &= ~1 if mistake == "lowest bit lost" else -1
            v[n] = STUCK.get(mistake, int)(v[n])
        if any(spikes) and mistake.startswith("one resets all"):
            v = [0] * NEURONS
            r = [2] * NEURONS if mistake.endswith("counters too") else r
        if mistake == "written to the next address":
            v, r = v[-1:] + v[:-1], r[-1:] + r[:-1]
        if mistake == "one spike a step":
            spikes = [int(spike and not any(spikes[:n])) for n, spike in enumerate(spikes)]
        for name, row in (("v", v), ("r", r), ("spike", spikes)):
            found[name].append(list(row))
    return found


def golden(folder: Path, plan: str) -> Path:
    (folder / "own.neuron").write_text(TEXT)
    network = (
        '[input]\nshape = 4\n[population.hidden]\nshape = 3\nneuron = "own.neuron"\nconstants = { decay = 0.75 }\n'
        f'[[projection]]\nfrom = "input"\nto = "hidden"\nweights = {{ raw = {WEIGHTS} }}\n[readout]\nkind = "counts"\n'
    )
    make_graph_bundle(folder / "set", loaded(folder, network, plan), SPIKES)
    return folder / "set"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden set of a neuron that assigns in both branches of an if."""
    return golden(tmp_path_factory.mktemp("core"), PLAN)


BITS = {"v": 7, "r": 2, "spike": 1}


def dumped(folder: Path, words: Mapping[str, Sequence[Sequence[int]]], nodes: str) -> list[Path]:
    """Write nodes as a simulator does with %h, of the core's bits."""
    found = []
    for node in nodes.split():
        path = folder / f"hidden.{node}.mem"
        mask = (1 << BITS[node]) - 1
        path.write_text("".join(f"{word & mask:x}\n" for row in words[node] for word in row))
        found.append(path)
    return found


def told(set_: Path, paths: Sequence[Path]) -> dict[str, Any]:
    said = run("golden", "diff", set_, *paths, "--json")
    assert said.err == ""
    return json.loads(said.out)  # type: ignore[no-any-return]


MISTAKES = {
    "inputs reversed": "input_hidden: weights inputs in reverse order",
    "neurons reversed": "input_hidden: weights neurons in reverse order",
    "first input skipped": "input_hidden: weights of input 0, the first, left out",
    "last input skipped": "input_hidden: weights of input 3, the last, left out",
    "current halved": "line 6, v: current halved, its slice one bit too high",
    "current doubled": "line 6, v: current doubled, its slice one bit too low",
    "compared by >=": "line 7, spike: v > 20 compared by >= instead of >",
    "leak": "line 12, v: v of line 6 shifted by 5 instead of 4",
    "reset to 1": "line 9, v: 1 instead of 0 in v",
    "one resets all": "line 9, v: spike of any neuron taken for all",
    "one resets all, counters too": "line 9, v and line 10, r: spike of any neuron taken for all",
    "lowest bit lost": "line 12, v: stored without the lowest bit",
    "bit 2 at 0": "line 12, v: bit 2 stored as 0",
    "bit 1 at 1": "line 12, v: bit 1 stored as 1",
    "sign at 0": "v of the step before: its sign is not extended where it is read",
    "five bits": "line 12, v: only its 5 lowest bits stored",
    "five bits with a sign": "line 12, v: v - (v >> 4): the difference wraps in 5 bits",
    "written to the next address": "line 13, v and r: stored for the next neuron",
    "one spike a step": "line 7, spike: of several neurons only the first emits it",
    "sum kept while refractory": "current: where it is not taken, it is kept until it is",
    "input register not cleared": "input_hidden: what came a step before is taken again where nothing comes",
}


@pytest.mark.parametrize("mistake", long_but(3, *MISTAKES))
def test_a_mistake_in_a_core_is_named_from_bits_a_line(own: Path, tmp_path: Path, mistake: str) -> None:
    result = told(own, dumped(tmp_path, simulated(mistake), "v spike"))
    assert MISTAKES[mistake] in result["causes"], result
    assert (result["late"], result["extra"], result["missing"], result["notes"]) == ([], 0, 0, [])


def test_a_comparison_of_what_is_not_cast_yet_is_named(tmp_path: Path) -> None:
    set_ = golden(tmp_path, PLAN.replace("Q7.0 floor saturate", "Q7.0 floor wrap"))
    assert told(set_, dumped(tmp_path, simulated(wraps=True), "v spike"))["causes"] == []
    result = told(set_, dumped(tmp_path, simulated("compared before its cast", wraps=True), "v spike"))
    assert "line 7, spike: compares v of line 6 before it is limited" in result["causes"], result


# what is told beside a cause


@pytest.mark.long
def test_both_readings_of_bits_are_tried_where_the_number_of_lines_fits_neither(own: Path, tmp_path: Path) -> None:
    words = simulated("inputs reversed")
    paths = dumped(tmp_path, words, "v spike")
    bits = paths[1].read_text().split()
    last = next(k for k in range(100, len(bits)) if k % NEURONS)
    paths[1].write_text("\n".join(bits[:last]) + "\n")
    result = told(own, paths)
    assert MISTAKES["inputs reversed"] in result["causes"], result
    assert (result["missing"], result["extra"], result["notes"]) == (STEPS * NEURONS - last, 0, [])


def test_words_of_fewer_neurons_are_no_offset(own: Path, tmp_path: Path) -> None:
    paths = dumped(tmp_path, {name: [row[1:] for row in rows] for name, rows in simulated().items()}, "v spike")
    said = run("golden", "diff", own, *paths)
    assert said.status == 1
    assert said.out.splitlines()[:2] == [
        f"size      hidden.{node}.mem has 120 words, the set wants 180 (60 steps x 3 neurons)"
        for node in ("v", "spike")
    ]
    assert "offset" not in said.out
    right = dumped(tmp_path, {name: [row[:2] for row in rows] for name, rows in simulated().items()}, "v spike")
    matched, missing = run("golden", "diff", own, *right).out.splitlines()[2:]
    assert matched == "all 240 words match"
    assert missing.startswith("missing   120 words of the dumped nodes were not dumped, the first: hidden.")
    assert missing.endswith(", presentation 0, step 0, neuron 2")


@pytest.mark.long
def test_undefined_words_of_a_node_are_told_before_any_cause(own: Path, tmp_path: Path) -> None:
    paths = dumped(tmp_path, simulated("leak"), "v spike r")
    paths[2].write_text("x\n" * STEPS * NEURONS)
    said = run("golden", "diff", own, *paths).out.splitlines()
    assert said[4] == "undefined hidden.r: 180 of 180 words are x or z"
    assert said[5] == "cause     unknown: no change of the text, and no two of them, explain every word that differs"
    assert f"in part   hidden.v and hidden.spike alone: {MISTAKES['leak']}" in said
    result = told(own, paths)
    assert result["undefined"] == [["hidden.r", 180, 180]]
    parts = sum(line.startswith("in part") for line in said)
    assert parts == min(len(result["partly"]), 4)
    assert len(result["partly"]) <= 3 or said[9] == f"in part   and {len(result['partly']) - 3} more (--json)"


def test_words_narrower_than_their_node_are_tried_with_their_sign(tmp_path: Path) -> None:
    set_ = golden(tmp_path, PLAN.replace("Q7.0 floor", "Q8.0 floor"))
    said = "no word of hidden.v uses bit 7: as 7-bit words with the sign extended "
    result = told(set_, dumped(tmp_path, simulated(), "v spike"))
    assert (result["causes"], result["narrow"]) == ([f"{said}all match"], [])
    assert result["difference"]["node"] == "hidden.v"
    result = told(set_, dumped(tmp_path, simulated("leak"), "v spike"))
    assert MISTAKES["leak"] in result["causes"], result
    assert [one.startswith(said) for one in result["narrow"]] == [True]


def test_a_node_is_said_to_be_made_in_the_lines_of_both_branches(own: Path) -> None:
    for node, lines in (("v", "9 and 12"), ("r", "10 and 13")):
        assert f"made in lines {lines} of own.neuron" in (own / f"hidden.{node}.mem").read_text()
