"""A dump of somebody's RTL: where it first departs, with which offset, and under which semantics it would not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from command_line import long_but, run, skip_without_jit
from fxsnn.competitive.graph import LAYER, graph_of
from fxsnn.errors import FxsnnError
from fxsnn.golden.align import likeliest
from fxsnn.golden.bundle import read_bundle
from fxsnn.golden.check import computed
from fxsnn.golden.contents import Vector, lines_of
from fxsnn.golden.diff import Diff, diff
from fxsnn.golden.dump import Dumped, nodes_of
from fxsnn.golden.dumpcsv import read_csv
from fxsnn.golden.dumpmem import read_memory
from fxsnn.golden.dumps import read_dumps
from fxsnn.golden.export import _rendered
from fxsnn.golden.manifest import Bundle
from fxsnn.golden.populations import Presented
from fxsnn.golden.populations_causes import Found
from fxsnn.golden.populations_read import GraphBundle
from fxsnn.golden.populations_stream import presentations
from fxsnn.graph.starting import Start
from sets import SETS as SOURCES
from simulate import needs_icarus
from strategies import examples

skip_without_jit()


GOLDEN = Path(__file__).parent.parent / "golden"
OTHERS = ("learning", "layers")  # sets of another kind, with nodes and causes of their own
SETS = sorted(path.parent for path in GOLDEN.rglob("manifest.json") if not path.parent.name.startswith(OTHERS))
NAMES = [str(path.relative_to(GOLDEN)) for path in SETS]
EACH = GOLDEN / "each_subtract"


# where what explains it is no matter
NO_CAUSES = mock.patch("fxsnn.golden.diff.Search", return_value=mock.Mock(found=Found))


@pytest.fixture
def no_causes() -> Iterator[None]:
    with NO_CAUSES:
        yield


def written(folder: Path, node: Vector, words: NDArray[np.int64], shift: int = 0) -> Path:
    """Write a node's words as a `.mem`, `shift` lines late (negative: so many are missing)."""
    mask, digits = (1 << node.bits) - 1, -(-node.bits // 4)
    texts = [f"{line & mask:0{digits}x}" for line in lines_of(node, words)]
    texts = ["0" * digits] * shift + texts if shift > 0 else texts[-shift:]
    path = folder / node.file
    path.write_text("\n".join(texts) + "\n")
    return path


def as_held(node: Vector, word: int) -> int:
    return node.format.from_bits(word & ((1 << node.format.word) - 1))


def table(folder: Path, nodes: list[Vector], words: dict[str, NDArray[np.int64]]) -> Path:
    """Write nodes of one word a neuron as a CSV of decimal numbers."""
    path = folder / "dump.csv"
    columns = [[as_held(node, word) for word in words[node.stem].reshape(-1).tolist()] for node in nodes]
    rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    path.write_text("\n".join([",".join(node.stem for node in nodes), *rows]) + "\n")
    return path


def opened(folder: Path) -> GraphBundle:
    return read_bundle(folder)


def words_of(bundle: GraphBundle, words: Mapping[str, NDArray[np.int64]] | None = None) -> dict[str, NDArray[np.int64]]:
    """Return words by the names of the nodes' files: those of the set if no others are given."""
    held = bundle.words if words is None else words
    return {name: held[node.name] for name, node in nodes_of(bundle).items()}


def changed(bundle: GraphBundle, folder: Path, **choices: Any) -> dict[str, NDArray[np.int64]]:
    """Return what the network of a committed set computes with something changed by hand."""
    network, _ = SOURCES[folder.name]()
    assert (network.weights == bundle.words["weights.weight"]).all()
    return words_of(bundle, computed(replace(bundle, network=graph_of(replace(network, **choices)))))


def wide(bundle: Bundle) -> list[Vector]:
    return [node for node in nodes_of(bundle).values() if not node.stem.startswith("lfsr_")]


def diffed(bundle: GraphBundle, folder: Path, words: dict[str, NDArray[np.int64]]) -> Diff:
    nodes = [node for node in wide(bundle) if node.stem in words and not node.stem.startswith("draw_")]
    return diff(bundle, read_csv(bundle, table(folder, nodes, words)))


@pytest.mark.long
@pytest.mark.parametrize("folder", SETS, ids=NAMES)
def test_a_set_s_own_nodes_match(folder: Path) -> None:
    nodes = [folder / node.file for node in nodes_of(opened(folder)).values()]
    said = run("golden", "diff", folder, *nodes)
    words = sum(int(np.prod(node.shape)) for node in nodes_of(opened(folder)).values())
    assert (said.status, said.err, said.out) == (0, "", f"all {words:,} words match\n")


CHANGED: dict[tuple[str, str], dict[str, Any]] = {
    ("largest_zero", "compare = gt instead of ge"): {"compare": "gt"},
    ("stochastic_none", "reset = zero instead of value"): {"reset": "zero"},
    ("largest_zero", "winner = none instead of largest"): {"winner": "none"},
    ("each_subtract", "winner = none instead of lowest"): {"winner": "none"},
    ("stochastic_none", "refractory_input = ignore instead of integrate"): {"refractory_input": "ignore"},
    ("schema-1/largest_zero", "line 75, inhibition: taken as 0"): {"inhibition": 0},
    ("schema-1/largest_zero", "line 71, period: one more"): {"refractory_steps": 3},
}


@pytest.mark.long
@pytest.mark.parametrize(("folder", "name"), long_but(1, *CHANGED))
def test_a_network_changed_by_hand_is_named(folder: str, name: str, tmp_path: Path) -> None:
    bundle = opened(GOLDEN / folder)
    nodes = changed(bundle, GOLDEN / folder, **CHANGED[folder, name])
    found = diffed(bundle, tmp_path, nodes)
    expected, compared = words_of(bundle), {node.stem for node in wide(bundle) if not node.stem.startswith("draw_")}
    differ = sum(int((nodes[node] != expected[node]).sum()) for node in compared)
    assert found.difference is not None
    assert found.difference.words == differ
    assert name in found.causes


@pytest.mark.long
@pytest.mark.parametrize("shift", range(-3, 6))
@pytest.mark.parametrize("node", ["membrane", "sum", "spike"])
def test_the_offset_is_found_not_configured(node: str, shift: int, tmp_path: Path) -> None:
    bundle = opened(EACH)
    vector = nodes_of(bundle)[node]
    path = written(tmp_path, vector, words_of(bundle)[node], shift)
    found = diff(bundle, [read_memory(bundle, path)])
    unit = bundle.network.graph[LAYER].size if vector.packed else 1
    assert found.difference is None
    assert found.late == (((node, shift * unit),) if shift else ())
    assert found.missing == max(0, -shift) * unit


@pytest.mark.long
@pytest.mark.parametrize("shift", long_but(1, 3, -2))
def test_the_offset_is_found_beside_a_change(shift: int, tmp_path: Path) -> None:
    bundle = opened(EACH)
    words = changed(bundle, EACH, compare="gt")
    path = written(tmp_path, nodes_of(bundle)["membrane"], words["membrane"], shift)
    found = diff(bundle, [read_memory(bundle, path)])
    assert found.late == (("membrane", shift),)
    assert "compare = gt instead of ge" in found.causes


@pytest.mark.long
@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_flipped_word_is_named_by_its_step_and_neuron(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    bundle = opened(data.draw(st.sampled_from(SETS)))
    node = data.draw(st.sampled_from(list(nodes_of(bundle).values())))
    words = words_of(bundle)[node.stem].copy()
    at = tuple(data.draw(st.integers(0, size - 1)) for size in words.shape)
    word = (int(words[at]) & ((1 << node.format.word) - 1)) ^ 1
    words[at] = node.format.from_bits(word)
    with NO_CAUSES:
        found = diff(bundle, [read_memory(bundle, written(tmp_path_factory.mktemp("flip"), node, words))]).difference
    assert found is not None
    assert (found.presentation, found.step) == bundle.stimuli.place(at[0])
    assert found.neuron == (at[1] if len(at) == 2 else None)
    assert (found.node, found.words, found.steps) == (node.stem, 1, 1)


@pytest.mark.usefixtures(no_causes.__name__)
def test_an_offset_and_a_change_together_do_not_explain_away_one_flipped_word(tmp_path: Path) -> None:
    bundle = opened(GOLDEN / "schema-1" / "each_subtract")
    words = words_of(bundle)["sum"].copy()
    words[39, 0] ^= 1
    found = diff(bundle, [read_memory(bundle, written(tmp_path, nodes_of(bundle)["sum"], words))])
    assert found.difference is not None
    assert (found.difference.step, found.difference.neuron, found.late) == (39, 0, ())


def test_a_word_that_differs_from_a_stream_of_equal_ones_is_no_offset() -> None:
    node = nodes_of(opened(EACH))["membrane"]
    stream = np.zeros(100, dtype=np.int64)
    words = stream.copy()
    words[0] = 1
    assert likeliest(Dumped(node, words, np.ones(100, dtype=np.bool_)), stream).late == 0


def test_inputs_that_come_a_step_late_are_named(tmp_path: Path) -> None:
    bundle = opened(EACH)
    late = np.zeros_like(bundle.stimuli.words)
    late[:, 1:] = bundle.stimuli.words[:, :-1]
    nodes = computed(replace(bundle, stimuli=replace(bundle.stimuli, words=late)))
    found = diffed(bundle, tmp_path, words_of(bundle, nodes))
    assert "weights: what it brings comes a step late" in found.causes


@pytest.mark.long
def test_states_that_presentations_do_not_reset_are_named(tmp_path: Path) -> None:
    bundle = opened(GOLDEN / "largest_zero")
    shown, parts, start = bundle.stimuli, list[dict[str, NDArray[np.int64]]](), dict[str, NDArray[np.int64]]()
    for n in range(len(shown.steps)):  # they are of different lengths
        one = Presented((shown.steps[n],), shown.words[n : n + 1], Start(start) if n else shown.start.part(slice(1)))
        parts += [words for words, _ in presentations(bundle.network, one)]
        start = {f"{LAYER}.{name}": parts[-1][f"{LAYER}.{name}"][-1:] for name in ("membrane", "refractory")}
    nodes = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    found = diffed(bundle, tmp_path, words_of(bundle, nodes))
    assert "membrane, refractory not reset where a presentation begins" in found.causes


@pytest.mark.long
@pytest.mark.parametrize("last", [True, False], ids=["of every presentation", "but of the last one"])
def test_steps_that_a_reset_hides_are_named(last: bool, tmp_path: Path) -> None:
    bundle = opened(GOLDEN / "largest_zero")
    ends = np.cumsum(bundle.stimuli.steps) - 1
    node, words = nodes_of(bundle)["membrane"], words_of(bundle)["membrane"]
    path = written(tmp_path, node, words)
    lines = path.read_text().splitlines()
    hidden = {int(row) for row in (ends if last else ends[:-1])}
    path.write_text("\n".join(line for n, line in enumerate(lines) if n // words.shape[1] not in hidden) + "\n")
    found = diff(bundle, read_dumps(bundle, [path], "", (), "", ()))
    assert found.causes == (
        "the last step of each presentation is not dumped, all else is: a reset comes before it is sampled",
    )
    assert found.missing == len(hidden) * words.shape[1]


@pytest.mark.usefixtures(no_causes.__name__)
def test_a_difference_is_told_in_a_few_lines(tmp_path: Path) -> None:
    bundle = opened(EACH)
    path = written(tmp_path, nodes_of(bundle)["membrane"], words_of(bundle)["membrane"])
    texts = path.read_text().splitlines()
    assert texts[37] == "73"
    texts[37] = "0F"
    path.write_text("// a simulator's\n\n" + "\n".join(texts) + "\n")
    said = run("golden", "diff", EACH, path)
    assert said.status == 1
    assert said.err == ""
    assert said.out.splitlines() == [
        "first     membrane, presentation 0, step 4, neuron 5",
        "expected  73 (raw -13, value -1.625)",
        "got       0f (raw 15, value 1.875)",
        "differ    1 of 576 words, 1 step, 1 neuron; heals after presentation 0, step 4",
        "cause     unknown: no change of the text, and no two of them, explain every word that differs",
    ]
    told = json.loads(run("golden", "diff", EACH, path, "--json").out)
    assert (told["words"], told["difference"]["step"], told["causes"]) == (576, 4, [])


@pytest.mark.usefixtures(no_causes.__name__)
def test_the_first_difference_is_the_first_in_time_not_in_the_file(tmp_path: Path) -> None:
    bundle = opened(EACH)
    words = {name: one.copy() for name, one in words_of(bundle).items()}
    words["membrane"][3, 2] ^= 1
    words["current"][5, 0] ^= 1
    words["leaked"][3, 7] ^= 1
    found = diffed(bundle, tmp_path, words).difference
    assert found is not None
    assert (found.node, found.step, found.neuron, found.words) == ("leaked", 3, 7, 3)


@pytest.mark.usefixtures(no_causes.__name__)
def test_what_spreads_and_what_is_behind_the_stream_is_told(tmp_path: Path) -> None:
    bundle = opened(EACH)
    words = words_of(bundle)["membrane"].copy()
    words[7, 3] ^= 1
    words[8:] ^= 1
    path = written(tmp_path, nodes_of(bundle)["membrane"], words)
    path.write_text(path.read_text() + "00\n00\n")
    said = run("golden", "diff", EACH, path).out.splitlines()
    assert said[0] == "first     membrane, presentation 0, step 7, neuron 3"
    assert said[3].endswith("spreads from 1 to 8 neurons, lasts to the end of what was compared")
    assert said[4] == "extra     2 words behind the last that is expected were not compared"


@pytest.mark.usefixtures(no_causes.__name__)
def test_undefined_words_differ_and_are_said_to_be_undefined(tmp_path: Path) -> None:
    path = written(tmp_path, nodes_of(opened(EACH))["membrane"], words_of(opened(EACH))["membrane"])
    texts = path.read_text().splitlines()
    texts[10] = "xX"
    path.write_text("\n".join(texts))
    said = run("golden", "diff", EACH, path)
    assert said.status == 1
    assert "got       undefined (x or z)" in said.out.splitlines()
    assert "presentation 0, step 1, neuron 2" in said.out


def test_words_with_their_sign_repeated_match_and_are_told(tmp_path: Path) -> None:
    bundle = opened(EACH)
    path = tmp_path / "dump.mem"
    words = words_of(bundle)["membrane"].reshape(-1).tolist()
    path.write_text("\n".join(f"{word & 0xFFFF:04x}" for word in words))
    negative = sum(word < 0 for word in words)
    said = run("golden", "diff", EACH, path, "--node", "membrane")
    assert said.status == 0
    assert said.out == (
        f"all 576 words match\nnote      {negative:,} words of membrane have their sign repeated above the word\n"
    )


@pytest.mark.parametrize("style", ["hexadecimal", "unsigned", "long", "long shuffled"])
def test_a_table_may_be_written_in_several_ways(style: str, tmp_path: Path) -> None:
    bundle = opened(EACH)
    words, neurons = words_of(bundle)["membrane"], bundle.network.graph[LAYER].size
    mask = (1 << nodes_of(bundle)["membrane"].bits) - 1
    rows = ["membrane"]
    if style.startswith("long"):
        rows = [
            ",".join(map(str, (*bundle.stimuli.place(row), neuron, int(words[row, neuron]))))
            for row in range(len(words))
            for neuron in range(neurons)
        ]
        rows = ["presentation,step,neuron,membrane", *(rows[::-1] if style == "long shuffled" else rows)]
    else:
        shown = hex if style == "hexadecimal" else str
        rows += [shown(int(word) & mask) for word in words.reshape(-1)]
    path = tmp_path / "dump.csv"
    path.write_text("\r\n".join(rows) + "\r\n")
    said = run("golden", "diff", EACH, path)
    assert said.status == 0
    assert said.out.startswith("all 576 words match\n")
    assert ("were written as unsigned numbers" in said.out) == (style == "unsigned")


@pytest.mark.parametrize(("kind", "ending"), [("coe", "coe"), ("amd-mif", "mif"), ("intel-mif", "mif")])
@pytest.mark.parametrize("node", ["membrane", "spike"])
def test_memory_images_of_other_tools_are_read(kind: str, ending: str, node: str, tmp_path: Path) -> None:
    bundle = opened(EACH)
    vector = nodes_of(bundle)[node]
    mask = (1 << vector.bits) - 1
    path = tmp_path / f"{node}.{ending}"
    path.write_bytes(_rendered(kind, vector, [line & mask for line in lines_of(vector, words_of(bundle)[node])], ()))
    assert run("golden", "diff", EACH, path).out == "all 576 words match\n"


BAD = {
    "missing": ("membrane.mem", None, "a dump must be a file that can be read"),
    "empty": ("membrane.mem", b"", "membrane.mem must hold 8 or more words of membrane to compare, not 0"),
    "short": ("membrane.mem", b"00\n" * 7, "membrane.mem must hold 8 or more words of membrane to compare, not 7"),
    "not ASCII": ("membrane.mem", b"00\n\xe9\n", "membrane.mem line 2 must be printable ASCII, not byte 0xe9"),
    "no word": ("membrane.mem", b"00\n\n0g\n", "membrane.mem line 3 must be a hexadecimal word, x and z allowed"),
    "too wide": ("membrane.mem", b"00\n0ff\n", "membrane.mem line 2 must fit 7 bits, Q4.3 (s7), not 0xff"),
    "row too wide": ("spike.mem", b"00\n100\n", "spike.mem line 2 must fit 8 bits, not 0x100"),
    "unknown node": ("volts.mem", b"00\n", "the name of volts.mem, without --node, must be one of the bundle's nodes"),
    "a constant": ("weights.mem", b"00\n", "the name of weights.mem, without --node, must be one of"),
    "empty table": ("a.csv", b"\n", "a.csv must hold a header and words, not nothing"),
    "unknown column": (
        "a.csv",
        b"time,membrane\n",
        "a.csv line 1 must name columns of presentation, step, neuron, sum",
    ),
    "column twice": ("a.csv", b"sum,sum\n", "a.csv line 1 must name every column once, not sum 2 times"),
    "no node": ("a.csv", b"step,neuron\n", "a.csv line 1 must name a node (sum, "),
    "half an index": ("a.csv", b"step,sum\n", "a.csv line 1 must name presentation, step, neuron or none of them"),
    "short row": ("a.csv", b"sum,membrane\n1\n", "a.csv line 2 must have 2 cells, as the header has, not 1"),
    "no number": (
        "a.csv",
        b"sum\n1\n2.5\n",
        "a.csv line 3 must be a decimal or 0x hexadecimal number, x or z, not '2.5'",
    ),
    "too large": ("a.csv", b"membrane\n1\n200\n", "a.csv line 3 must be of Q4.3 (s7), -64 to 63, not 200"),
    "no such step": (
        "a.csv",
        b"presentation,step,neuron,sum\n0,99,0,1\n",
        "a.csv line 2 step must be 0 to 39, not '99'",
    ),
    "quote": ("a.csv", b'sum\n"1\n', "a.csv line 3 must be a row of a table: "),
    "table too short": ("a.csv", b"sum\n1\n", "a.csv must hold 8 or more words of sum to compare, not 1"),
    "no signal": ("a.vcd", b"$end", "a waveform needs --clock PATH and one or more --signal NODE=PATH"),
}


@pytest.mark.long
@pytest.mark.parametrize("case", BAD)
def test_a_bad_dump_is_refused_in_one_line(case: str, tmp_path: Path) -> None:
    name, data, message = BAD[case]
    if data is not None:
        (tmp_path / name).write_bytes(data)
    assert run("golden", "diff", EACH, tmp_path / name).complaint.startswith(message)


@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["mem", "csv", "coe", "mif"]), st.data())
def test_readers_refuse_or_read_whatever_they_are_given(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    bundle = opened(EACH)
    text = st.text("0123456789abxzXZ_ ,\n\r\t\"'/-+.stepneuronsummembrane", max_size=200).map(str.encode)
    head = data.draw(st.sampled_from([b"", b"membrane\n", b"sum,spike\n", b"presentation,step,neuron,sum\n"]))
    path = tmp_path_factory.getbasetemp() / f"fuzzed.{kind}"
    path.write_bytes((head if kind == "csv" else b"") + data.draw(st.one_of(text, st.binary(max_size=100))))
    refused = ""
    try:
        dumps = read_csv(bundle, path) if kind == "csv" else [read_memory(bundle, path, "membrane")]
    except FxsnnError as error:
        dumps, refused = [], str(error)
    assert bool(dumps) != bool(refused)
    assert "\n" not in refused
    assert all(len(dump.words) == len(dump.defined) >= 8 for dump in dumps)


BENCH = "fxsnn_bench"
SIGNALS = {
    "sum": "integration",
    "current": "integration",
    "leaked": "integration",
    "integrated": "integration",
    "after_reset": "reset",
    "membrane": "end",
    "refractory": "end",
}
OPTIONS = [
    *("--clock", f"{BENCH}.clock", "--signal", f"spike={BENCH}.layer.spikes_out"),
    *("--valid", f"spike={BENCH}.layer.start_step"),  # the spikes of the step before: a row late, the last one missing
    *(word for node in SIGNALS for word in ("--signal", f"{node}={BENCH}.layer.observe_{node}")),
    *(word for node, at in SIGNALS.items() for word in ("--valid", f"{node}={BENCH}.layer.observe_{at}")),
]
DUMP = f"""
module dump;
  initial begin
    $dumpfile("waves.vcd");
    $dumpvars(0, {BENCH});
  end
endmodule
"""


def waves(source: Path, folder: Path, *edits: tuple[str, str, str], fst: bool = False) -> Path:
    """Simulate a bundle's own RTL, with edits (file, right, wrong), and return the waveform."""
    shutil.copytree(source, folder / "set")
    for file, right, wrong in edits:
        path = folder / "set" / "rtl" / file
        text = path.read_text()
        assert text.count(right) == 1
        path.write_text(text.replace(right, wrong))
    (folder / "set" / "dump.sv").write_text(DUMP)
    words = ["iverilog", "-g2012", "-o", "bench.vvp", "-s", BENCH, "-s", "dump", "-f", "rtl/bench.f", "dump.sv"]
    built = subprocess.run(words, cwd=folder / "set", capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    play = ["vvp", "-n", "bench.vvp", *(["-fst"] if fst else [])]
    said = subprocess.run(play, cwd=folder / "set", capture_output=True, text=True, timeout=100, check=False)
    assert said.returncode == (1 if edits else 0), said.stdout
    path = folder / "set" / "waves.vcd"
    return path.rename(path.with_suffix(".fst")) if fst else path


@pytest.mark.long
@needs_icarus
@pytest.mark.parametrize("name", long_but(1, "each_subtract", "largest_zero", "stochastic_none"))
def test_the_waveform_of_a_set_s_own_rtl_matches(name: str, tmp_path: Path) -> None:
    bundle = opened(GOLDEN / name)
    said = run("golden", "diff", GOLDEN / name, waves(GOLDEN / name, tmp_path), *OPTIONS, "--allow-missing")
    rows, neurons = bundle.stimuli.rows, bundle.network.graph[LAYER].size
    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines()[:3] == [
        f"all {8 * rows * neurons - neurons:,} words match",
        f"offset    spike dump is {neurons} words late",
        f"missing   {neurons:,} words of the dumped nodes were not dumped, the first: spike, "
        f"presentation {len(bundle.stimuli.steps) - 1}, step {bundle.stimuli.steps[-1] - 1}, neuron 0",
    ]


@pytest.mark.long
@needs_icarus
def test_an_fst_waveform_and_a_signal_a_neuron_are_read(tmp_path: Path) -> None:
    path = waves(EACH, tmp_path, fst=True)
    words = ["--clock", f"{BENCH}.clock", "--signal", f"spike={BENCH}.layer.spikes_out", "--valid"]
    assert run("golden", "diff", EACH, path, *words, f"{BENCH}.layer.start_step", "--allow-missing").status == 0
    words[3] = f"membrane={BENCH}.layer.membranes[{{neuron}}]"
    complaint = run("golden", "diff", EACH, path, *words, f"{BENCH}.layer.start_step").complaint
    assert complaint.startswith(f"waves.fst must have the signal '{BENCH}.layer.membranes[0]'; the nearest it has: ")


FAULTS = {
    "compare = gt instead of ge": ("largest_zero", "fxsnn_layer.sv", "!(STRICT && excess == '0)", "excess != '0"),
    "line 51, theta: taken as 0": (
        "each_subtract",
        "fxsnn_layer.sv",
        "                - (theta <<< (COMPARE_FRAC - THETA_FRAC));",
        ";",
    ),
    "line 45, leaked: rounded to nearest-up instead of floor": (
        "largest_zero",
        "fxsnn_layer.sv",
        ".X(X), .DROP(LEAK_DROP), .WORD(MEMBRANE_WORD), .SIGNED(MEMBRANE_SIGNED), .ROUNDING(MEMBRANE_ROUNDING),",
        ".X(X), .DROP(LEAK_DROP), .WORD(MEMBRANE_WORD), .SIGNED(MEMBRANE_SIGNED), .ROUNDING(fxsnn_modes::NEAREST_UP),",
    ),
}


@pytest.mark.long
@needs_icarus
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_rtl_is_named_from_its_waveform(name: str, tmp_path: Path) -> None:
    folder, *edit = FAULTS[name]
    path = waves(GOLDEN / folder, tmp_path, (edit[0], edit[1], edit[2]))
    said = run("golden", "diff", GOLDEN / folder, path, *OPTIONS, "--json")
    assert said.status == 1
    assert name in json.loads(said.out)["causes"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a.vcd must be a waveform, not empty"),
        (b"hello\n", "a.vcd must be a waveform (VCD, FST, GHW) of the kind that its ending says"),
        (
            b"\xff" * 74 + b"$\0\0",
            "a.vcd must be a waveform (VCD, FST, GHW) of the kind that its ending says",
        ),  # no end
        (b"$timescale 1ns $end\n$scope module m $end\n$var wire", "a.vcd must be a waveform (VCD, FST, GHW): "),
    ],
)
def test_a_damaged_waveform_is_refused_in_one_line(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.vcd").write_bytes(data)
    assert run("golden", "diff", EACH, tmp_path / "a.vcd", *OPTIONS).complaint.startswith(message)


@pytest.mark.parametrize("at", ["@", "x", "-"])
def test_a_waveform_whose_signals_cannot_be_read_is_refused_in_one_line(at: str, tmp_path: Path) -> None:
    head = '$scope module top $end\n$var wire 8 ! v $end\n$var wire 1 " c $end\n$upscope $end\n$enddefinitions $end\n'
    (tmp_path / "a.vcd").write_text(f'{head}#0\nb101 !\n0"\n#{at}\n1"\n')
    words = ["--signal", "membrane=top.v", "--clock", "top.c"]
    said = run("golden", "diff", EACH, tmp_path / "a.vcd", *words)
    assert said.complaint.startswith("a.vcd must be a waveform (VCD, FST, GHW): failed to load")


SMALL = """$timescale 1ns $end
$scope module m $end
$var wire 1 ! clock $end
$var wire 7 " membrane $end
$upscope $end
$enddefinitions $end
#0
0!
b0000001 "
"""


def test_a_signal_is_what_it_was_just_before_the_edge(tmp_path: Path) -> None:
    words = words_of(opened(EACH))["membrane"].reshape(-1).tolist()
    text = SMALL.replace("b0000001", f"b{words[0]:07b}")
    for time, word in enumerate(words[1:], 1):
        text += f'#{10 * time}\n1!\nb{word & 127:07b} "\n#{10 * time + 5}\n0!\n'  # it changes with the edge
    path = tmp_path / "a.vcd"
    path.write_text(text + f"#{10 * len(words)}\n1!\n")
    options = ["--clock", "m.clock", "--signal", "membrane=m.membrane"]
    assert run("golden", "diff", EACH, path, *options).out == "all 576 words match\n"
    options[1] = "m.clk"
    complaint = run("golden", "diff", EACH, path, *options).complaint
    assert complaint == "a.vcd must have the signal 'm.clk'; the nearest it has: m.clock"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--signal", "membrane"], "--signal must be NODE=PATH, not 'membrane'"),
        (
            ["--signal", "volts=a", "--clock", "m.clock"],
            "the node of --signal must be one of the bundle's nodes (sum, ",
        ),
        (["--signal", "sum=a", "--signal", "sum=b"], "--signal must be given once for sum"),
        (["--node", "sum"], "--node must be for one memory image alone"),
        (
            ["--signal", "membrane=m.membrane", "--clock", "m.clock", "--valid", "sum=m.clock"],
            "the node of --valid must be one of --signal (membrane), not 'sum'",
        ),
        (
            ["--signal", "membrane=m.membrane", "--clock", "m.clock"],
            "a.vcd must have rising edges of m.clock, not none",
        ),
    ],
)
def test_options_that_do_not_fit_are_refused(options: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "a.vcd").write_text(SMALL)
    assert run("golden", "diff", EACH, tmp_path / "a.vcd", *options).complaint.startswith(message)


def test_a_node_is_dumped_once_and_options_of_waveforms_are_for_waveforms() -> None:
    path = EACH / "sum.mem"
    complaint = run("golden", "diff", EACH, path, path).complaint
    assert complaint == "every node must be dumped once, not sum 2 times"
    complaint = run("golden", "diff", EACH, path, "--clock", "m.clock").complaint
    assert complaint == "--signal, --clock and --valid must be for a waveform (.vcd, .fst, .ghw)"


@pytest.mark.long
def test_a_change_that_leaves_few_differences_is_told_as_the_nearest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "fxsnn.golden.populations_causes.MOST_PAIRS", 100
    )  # no pair explains it, however many are tried
    bundle = opened(GOLDEN / "largest_zero")
    nodes = changed(bundle, GOLDEN / "largest_zero", inhibition=0)
    nodes["membrane"] = nodes["membrane"].copy()
    nodes["membrane"][50, 1] ^= 1
    found = diffed(bundle, tmp_path, nodes)
    assert found.causes == ()
    assert found.nearest is not None
    assert found.nearest[1] == 1
    path = written(tmp_path, nodes_of(bundle)["membrane"], nodes["membrane"])
    said = run("golden", "diff", GOLDEN / "largest_zero", path).out.splitlines()
    assert "cause     unknown: no change of the text, and no two of them, explain every word that differs" in said
    assert said[-1].endswith(": still different: 1 word")


def test_a_waveform_needs_pywellen(tmp_path: Path) -> None:
    (tmp_path / "a.vcd").write_bytes(b"$end")
    with mock.patch.dict(sys.modules, {"pywellen": None}):
        complaint = run("golden", "diff", EACH, tmp_path / "a.vcd", *OPTIONS).complaint
    assert complaint == "a waveform needs pywellen, which is not installed: pip install 'fxsnn[waves]'"
