"""Mistakes that somebody made in a LIF neuron of their own, and what `golden diff` says of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from changes_played import played
from command_line import long_but, skip_with_jit
from command_line import run as command
from fxsnn.golden.bundle import read_bundle
from fxsnn.golden.check import computed
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.golden.populations_play import Theatre
from fxsnn.golden.populations_read import GraphBundle
from population_sets import POPULATION_SETS
from test_graph_files import loaded
from test_graph_golden import kinds_of_everything

skip_with_jit()

TEXT = """arriving: input
v: state
wait: state
threshold: constant
leak: number
period: constant[wait]
spike: output

leaked: v = v - (v >> leak)
v: v = leaked + (arriving if wait == 0 else 0)
spike = v >= threshold and wait == 0
if spike:
    v: v = v - threshold
wait = period if spike else max(wait - 1, 0)
"""
THRESHOLD = [30, 37, 26, 41, 33, 29]
WEIGHTS = np.random.default_rng(11).integers(-14, 23, (8, 6))
SPIKES = (np.random.default_rng(12).random((3, 40, 8)) < 0.35).astype(np.int64)
SPIKES[1, 5:14] = 0  # in which every neuron rests
SPIKES[2, 3:9] = WEIGHTS.sum(axis=1) < 20  # which drives membranes down to the rail
LOW, HIGH, SHIFT, PERIOD = -64, 63, 3, 2
Nodes = dict[str, list[list[int]]]


def saturated(word: int) -> int:
    return min(max(word, LOW), HIGH)


def wrapped(word: int, bits: int = 7) -> int:
    return (word + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


def simulated(mistake: str = "") -> Nodes:
    """Return what somebody's RTL computes, six neurons one by one, in plain integers."""
    mistakes = mistake.split(", ")
    found: Nodes = {"leaked": [], "v": [], "spike": [], "wait": []}
    threshold, weights = list(THRESHOLD), WEIGHTS.tolist()
    if "threshold of the next neuron" in mistakes:
        threshold = [*threshold[1:], threshold[0]]
    if "two thresholds exchanged" in mistakes:
        threshold[1], threshold[4] = threshold[4], threshold[1]
    if "two weights exchanged" in mistakes:
        weights[2][1], weights[5][1] = weights[5][1], weights[2][1]
    if "two weights of a row exchanged" in mistakes:
        weights[3][2], weights[3][5] = weights[3][5], weights[3][2]
    cast: Callable[[int], int] = wrapped if "wraps" in mistakes else saturated
    wide = {"no limits": lambda x: x, "no lower limit": lambda x: min(x, HIGH), "no upper limit": lambda x: max(x, LOW)}
    for one in mistakes:
        cast = wide.get(one, cast)
    for presentation in SPIKES.tolist():
        v, wait, late = [0] * 6, [0] * 6, [0] * 6
        for active in presentation:
            row: Nodes = {"row": [[], [], [], []]}
            for n in range(6):
                come = sum(weights[i][n] for i in range(8) if active[i])
                if "narrow adder" in mistakes:
                    come = wrapped(come, 6)
                take = come if wait[n] == 0 else 0
                if "freed a step early" in mistakes and wait[n] <= 1:
                    take = come
                old = v[n]

                def leak(x: int) -> int:
                    if "leak rounded to nearest" in mistakes:
                        return saturated(x - ((x + 4) >> SHIFT))
                    if "leak divided" in mistakes:
                        return saturated(x - (abs(x) // 8 if x >= 0 else -(abs(x) // 8)))
                    if "leak shifted logically" in mistakes:
                        return saturated(x - ((x & 0x7F) >> SHIFT))
                    if "leak shifted logically in 16 bits" in mistakes:
                        return saturated(x - ((x & 0xFFFF) >> SHIFT))
                    if "leak one bit more" in mistakes:
                        return saturated(x - (x >> SHIFT + 1))
                    if "leak on one side" in mistakes:
                        return saturated(x - (x >> SHIFT if x > 0 else 0))
                    return cast(x - (x >> SHIFT))

                leaked = leak(old)
                if "leak after integration" in mistakes:
                    leaked = leak(cast(old + take))
                    now = leaked
                elif "leak after the reset" in mistakes:
                    leaked = old
                    now = cast(old + take)
                elif "slice one bit off" in mistakes:
                    now = cast(leaked + (take >> 1))
                elif "floor one-sided" in mistakes:
                    total = leaked + take
                    now = wrapped(total) if total < LOW else min(total, HIGH)
                elif "symmetric rails" in mistakes:
                    now = max(cast(leaked + take), -63)
                else:
                    now = cast(leaked + take)
                able = wait[n] == 0 or ("freed a step early" in mistakes and wait[n] <= 1)
                fires = now >= threshold[n]
                if "comparison unsigned" in mistakes:
                    fires = now & 0x7F >= threshold[n]
                if "compared by greater" in mistakes:
                    fires = now > threshold[n]
                spike = int(fires and able)
                if "spike a step late" in mistakes:
                    late[n], told = spike, late[n]
                else:
                    told = spike
                if "spike of the old v" in mistakes:
                    told = int(old >= threshold[n] and able)
                if "reset of the old v" in mistakes:
                    spike = int(old >= threshold[n] and able)
                if spike:
                    if "reset to zero" in mistakes:
                        now = 0
                    elif "threshold minus v" in mistakes:
                        now = cast(threshold[n] - now)
                    elif "remainder lost at the rail" in mistakes:
                        now = 0 if leaked + take > HIGH else now - threshold[n]
                    else:
                        now = cast(now - threshold[n])
                if "leak after the reset" in mistakes:
                    now = leak(now)
                reload = PERIOD - 1 if "reload one less" in mistakes else PERIOD
                counts = "counted only with input" not in mistakes or come != 0
                if "counted only in steps with input" in mistakes:
                    counts = any(active)
                after = reload if spike else max(wait[n] - 1, 0) if counts else wait[n]
                v[n], wait[n] = wrapped(now), after
                for words, word in zip(row["row"], (leaked, v[n], told, after), strict=True):
                    words.append(word)
            for node, words in zip(found, row["row"], strict=True):
                found[node].append(words)
    return found


PLAN = '[signal]\nweight = "Q6.0"\nv = "Q7.0 floor saturate"\nthreshold = "Q7.0"\nwait = "UQ3.0"\n'


def network_of(folder: Path, text: str = TEXT) -> Any:
    (folder / "own.neuron").write_text(text)
    network = (
        '[input]\nshape = 8\n[population.a]\nshape = 6\nneuron = "own.neuron"\nnumbers = { leak = 3 }\n'
        f"constants = {{ threshold = {{ raw = {THRESHOLD} }}, period = {{ raw = {PERIOD} }} }}\n"
        f'[[projection]]\nfrom = "input"\nto = "a"\nweights = {{ raw = {WEIGHTS.tolist()} }}\n'
        '[readout]\nkind = "counts"\n'
    )
    return loaded(folder, network, PLAN)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden set of a LIF neuron that somebody wrote."""
    folder = tmp_path_factory.mktemp("own")
    make_graph_bundle(folder / "set", network_of(folder), SPIKES)
    return folder / "set"


def dumped(folder: Path, words: Nodes, nodes: Sequence[str]) -> Path:
    rows = [",".join(f"a.{node}" for node in nodes)]
    for row in zip(*(words[node] for node in nodes), strict=True):
        rows += [",".join(map(str, neuron)) for neuron in zip(*row, strict=True)]
    (folder / "dump.csv").write_text("\n".join(rows) + "\n")
    return folder / "dump.csv"


def told(set_: Path, dump: Path) -> dict[str, Any]:
    said = command("golden", "diff", set_, dump, "--json")
    assert said.err == ""
    return json.loads(said.out)  # type: ignore[no-any-return]


def test_the_simulator_without_a_mistake_is_the_set(own: Path, tmp_path: Path) -> None:
    result = told(own, dumped(tmp_path, simulated(), ["leaked", "v", "spike", "wait"]))
    assert (result["difference"], result["causes"], result["partly"], result["nearest"]) == (None, [], [], None)
    said = command("golden", "diff", own, dumped(tmp_path, simulated(), ["v"]))
    assert (said.status, said.out) == (0, "all 720 words match\n")


MISTAKES = {
    "leak rounded to nearest": "line 9, leaked: v of the step before >> 3 rounded to nearest-up instead of floor",
    "leak divided": "line 9, leaked: v of the step before divided by 8, toward zero, instead of shifted",
    "leak shifted logically": "line 9, leaked: v of the step before shifted logically instead of arithmetically, in 7",
    "leak shifted logically in 16 bits": "line 9, leaked: v of the step before shifted logically",
    "leak one bit more": "line 9, leaked: v of the step before shifted by 4 instead of 3",
    "leak on one side": "line 9, leaked: v of the step before >> 3 is taken only where it is above 0",
    "leak after integration": "line 9, leaked: done after line 10 instead of before it",
    "leak after the reset": "line 9, leaked: done at the end of the step, after the reset and all else",
    "comparison unsigned": "line 11, spike: v >= threshold compared as unsigned instead of signed",
    "compared by greater": "line 11, spike: v >= threshold compared by > instead of >=",
    "threshold of the next neuron": "line 11, threshold: that of the next neuron instead of its own",
    "two thresholds exchanged": "line 11, threshold: those of neurons 1 and 4 exchanged",
    "narrow adder": "arriving: the sum of what arrives wraps in 6 bits",
    "remainder lost at the rail": "line 13, v: where v met a rail, the remainder is lost",
    "floor one-sided": "line 10, v: saturates above alone and wraps below",
    "symmetric rails": "line 10, v: saturates symmetrically instead of saturating",
    "reload one less": "line 14, period: one less",
    "counted only with input": "line 14, wait: max(wait - 1, 0) only where arriving brings it something",
    "counted only in steps with input": "line 14, wait: max(wait - 1, 0) only in steps in which arriving brings",
    "freed a step early": "wait of the step before <= 1 instead of == 0",
    "two weights exchanged": "input_a: the weights of inputs 2 and 5 to neuron 1 exchanged",
    "two weights of a row exchanged": "input_a: the weights of input 3 to neurons 2 and 5 exchanged",
    "slice one bit off": "halved, its slice one bit too high",
    "spike a step late": "line 11, spike: emitted a step late",
    "no limits": "not limited, beyond its word it is used as it is and wraps where it is stored",
    "no lower limit": "limited above alone, below it is used as it is and wraps where it is stored",
    "spike of the old v": "line 11, spike: reads v of the step before instead of v of line 10, for what is emitted",
    "reset of the old v": "reads v of the step before instead of v of line 10, for all but what is emitted",
    "threshold minus v": "line 13, v: operands of v - threshold exchanged",
    "wraps": "v: wraps instead of saturating",
    "reset to zero": "set to 0 where",
}


@pytest.mark.parametrize("nodes", [["v", "spike"], ["spike", "v", "wait"]], ids=" ".join)
@pytest.mark.parametrize("mistake", long_but(4, *MISTAKES))
def test_a_mistake_in_somebody_s_own_lif_is_named(own: Path, tmp_path: Path, mistake: str, nodes: list[str]) -> None:
    words = simulated(mistake)
    assert words != simulated()
    result = told(own, dumped(tmp_path, words, nodes))
    assert any(MISTAKES[mistake] in cause for cause in result["causes"]), result


@pytest.mark.long
def test_two_mistakes_are_named_together(own: Path, tmp_path: Path) -> None:
    one, other = "leak divided", "reset to zero"
    words = simulated(f"{one}, {other}")
    result = told(own, dumped(tmp_path, words, ["v", "spike", "wait"]))
    assert any(MISTAKES[one] in cause and MISTAKES[other] in cause for cause in result["causes"]), result
    said = command("golden", "diff", own, dumped(tmp_path, words, ["v", "spike", "wait"])).out.splitlines()
    assert said[-1].startswith("cause     line 9, leaked: ")
    assert " and line 1" in said[-1]


@pytest.mark.long
def test_a_node_more_in_the_dump_hides_no_cause(own: Path, tmp_path: Path) -> None:
    words = simulated("leak divided")
    wait = simulated()["wait"]
    for row in wait[::7]:
        row[3] = 7 - row[3]  # what no mistake in the text explains
    result = told(own, dumped(tmp_path, words | {"wait": wait}, ["v", "spike", "wait"]))
    assert result["causes"] == []
    assert [MISTAKES["leak divided"], ["a.v", "a.spike"]] in result["partly"]
    said = command("golden", "diff", own, dumped(tmp_path, words | {"wait": wait}, ["v", "spike", "wait"])).out
    assert "cause     unknown: no change of the text, and no two of them, explain every word that differs\n" in said
    assert f"in part   a.v and a.spike alone: {MISTAKES['leak divided']}\n" in said


def test_words_that_nothing_explains_have_no_cause(own: Path, tmp_path: Path) -> None:
    words = simulated()
    words["v"] = np.random.default_rng(3).integers(LOW, HIGH, (120, 6)).tolist()
    result = told(own, dumped(tmp_path, words, ["v", "spike"]))
    assert (result["causes"], result["partly"], result["nearest"]) == ([], [], None)


FUSED = """# one statement
arriving: input
v: state
decay: constant
threshold: constant
spike: output
v: v = v * decay + arriving
spike = v > threshold
v = 0 if spike else v
"""


def fused(mistake: str) -> Nodes:
    """Return what a LIF computes that is one statement: a factor of 13/16, nearest-even."""
    found: Nodes = {"v": [], "spike": []}

    def cast(exact: int) -> int:  # sixteenths
        low, rest = exact >> 4, exact & 15
        up = rest > 8 or (rest == 8 and low % 2 == 1)
        if mistake == "floor":
            up = False
        if mistake == "nearest-up":
            up = rest >= 8
        return saturated(low + up)

    for presentation in SPIKES.tolist():
        v = [0] * 6
        for active in presentation:
            spikes = []
            for n in range(6):
                come = sum(int(WEIGHTS[i][n]) for i in range(8) if active[i])
                if mistake == "leak of the sum":
                    now = cast((v[n] + come) * 13)
                elif mistake == "factor one more":
                    now = cast(v[n] * 14 + come * 16)
                elif mistake == "leak at the end":
                    now = saturated(v[n] + come)
                else:
                    now = cast(v[n] * 13 + come * 16)
                spikes.append(int(now > THRESHOLD[n]))
                if mistake == "no reset":
                    kept = now
                elif mistake == "reset by subtraction":
                    kept = now - THRESHOLD[n] if spikes[-1] else now
                else:
                    kept = 0 if spikes[-1] else now
                v[n] = cast(kept * 13) if mistake == "leak at the end" else kept
            found["v"].append(list(v))
            found["spike"].append(spikes)
    return found


@pytest.fixture(scope="module")
def one_statement(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fused")
    (folder / "own.neuron").write_text(FUSED)
    constants = f"threshold = {{ raw = {THRESHOLD} }}, decay = {{ raw = 13 }}"
    network = loaded(
        folder,
        '[input]\nshape = 8\n[population.a]\nshape = 6\nneuron = "own.neuron"\n'
        f"constants = {{ {constants} }}\n"
        f'[[projection]]\nfrom = "input"\nto = "a"\nweights = {{ raw = {WEIGHTS.tolist()} }}\n',
        '[signal]\nweight = "Q6.0"\nv = "Q7.0 nearest-even saturate"\nthreshold = "Q7.0"\ndecay = "UQ0.4"\n',
    )
    make_graph_bundle(folder / "set", network, SPIKES)
    return folder / "set"


@pytest.mark.parametrize(
    ("mistake", "cause"),
    long_but(
        1,
        ("floor", "line 7, v: rounded down (floor) instead of nearest-even"),
        ("nearest-up", "line 7, v: rounded to nearest-up instead of nearest-even"),
        ("leak of the sum", "line 7, v: v * decay done after v * decay + arriving is added up, of the sum"),
        ("leak at the end", "line 7, v: v * decay done at the end of the step, after the reset and all else"),
        ("factor one more", "line 7, decay: one more"),
        ("no reset", "line 9, v: spike never taken to hold"),
        ("reset by subtraction", "line 9, v: threshold subtracted where spike, instead of 0"),
    ),
)
def test_a_mistake_in_a_step_of_one_statement_is_named(
    one_statement: Path, tmp_path: Path, mistake: str, cause: str
) -> None:
    assert fused("") != fused(mistake)
    assert told(one_statement, dumped(tmp_path, fused(""), ["v", "spike"]))["difference"] is None
    result = told(one_statement, dumped(tmp_path, fused(mistake), ["v", "spike"]))
    assert cause in result["causes"], result


def bundle_of(folder: Path) -> GraphBundle:
    bundle = read_bundle(folder)
    assert isinstance(bundle, GraphBundle)
    return bundle


def played_again(folder: Path) -> tuple[dict[str, NDArray[np.int64]], dict[str, NDArray[np.int64]]]:
    """Return every node as the interpreter has it, and as a step does that is made anew with nothing changed."""
    bundle = bundle_of(folder)
    expected = computed(bundle)
    nodes: dict[str, list[str]] = {}
    emitted = {"input": bundle.stimuli.words}
    for vector in bundle.vectors:
        if vector.role == "node":
            name, _, node = vector.name.partition(".")
            nodes.setdefault(name, []).append(node)
    for one in bundle.network.graph.populations:
        rows = expected[f"{one.name}.{one.neuron.output[0]}"].reshape(bundle.stimuli.rows, -1)
        emitted[one.name] = bundle.stimuli.unrolled(rows)
    theatre = Theatre(bundle.network, emitted, nodes, bundle.stimuli.steps, {})
    same = {name: step.over(step.output, lambda x: x) for name, step in theatre.base.variants.items()}
    from dataclasses import replace

    words = theatre.play(replace(theatre.base, variants=same))
    assert words is not None
    return {f"{name}.{node}": expected[f"{name}.{node}"] for name in nodes for node in nodes[name]}, words


def test_a_step_played_for_all_neurons_at_once_is_the_interpreter_s(own: Path, tmp_path: Path) -> None:
    inputs = np.random.default_rng(4).integers(-2, 4, (2, 8, 32))
    make_graph_bundle(tmp_path / "set", kinds_of_everything(tmp_path), inputs)
    for folder in (own, tmp_path / "set"):
        expected, words = played_again(folder)
        assert words.keys() == expected.keys()
        for node, held in expected.items():
            assert words[node].reshape(-1).tolist() == held.reshape(-1).tolist(), node


@pytest.mark.long
@pytest.mark.parametrize("name", ["unseen", "one_by_one", "words_on_maps"])
def test_a_change_is_played_or_has_no_order(name: str) -> None:
    played(POPULATION_SETS[name]()[0])
