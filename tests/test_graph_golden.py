"""Golden sets of networks of populations: every file as by hand, made again, checked, and held against dumps."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from command_line import in_plain_python
from command_line import run as command
from fxsnn.errors import ConfigError
from fxsnn.golden.bundle import read_bundle
from fxsnn.golden.check import check_bundle
from fxsnn.golden.memfile import digest
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.graph.files import load_graph
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.writing import graph_text, whole
from reference import lfsr_bits
from reference_lif import Into, Lif, weighed
from strategies import compiled_examples
from test_graph import Drawn, chance, networks
from test_graph_files import RISING, UNSEEN, UNSEEN_PLAN, by_hand, loaded

pytestmark = in_plain_python  # no module-wide skip: others import from here

NETWORK = """
[input]
shape = 5
[population.first]
shape = 4
neuron = "lif"
choices = { leak = "multiply", reset = "subtract" }
constants = { decay = 0.8125, threshold = 0.75 }
[population.around]
shape = 3
neuron = "lif"
choices = { leak = "shift", reset = "zero" }
constants = { threshold = 0.5 }
numbers = { leak_shift = 2 }
[population.last]
shape = 2
neuron = "lif"
choices = { leak = "none", reset = "value" }
constants = { threshold = 1.0, reset_value = -0.25 }
[[projection]]
from = "input"
to = "first"
weights = "first.npy"
[[projection]]
from = "first"
to = "around"
weights = "arrays.npz:around"
[[projection]]
name = "back"
from = "around"
to = "around"
weights = { raw = "back.csv" }
delay = 2
[[projection]]
from = "around"
to = "last"
weights = "last.npy"
[readout]
kind = "counts"
"""
PLAN = """
[signal]
weight = "Q2.4"
"back.weight" = "Q3.1"
"first.membrane" = "Q3.5 nearest-even saturate"
"around.membrane" = "Q2.4 nearest-away wrap"
"last.membrane" = "Q2.3 floor saturate-symmetric"
decay = "UQ0.4"
threshold = "UQ2.2"
"""
STEPS = 30


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three layers of LIF neurons, the second driven by its own spikes, in files, and their golden set."""
    folder = tmp_path_factory.mktemp("network")
    rng = np.random.default_rng(5)
    (folder / "net.toml").write_text(NETWORK)
    (folder / "plan.toml").write_text(PLAN)
    np.save(folder / "first.npy", rng.integers(-12, 20, (5, 4)) / 16)
    np.savez(folder / "arrays.npz", around=rng.integers(-8, 20, (4, 3)) / 16, other=np.zeros(1))
    np.save(folder / "last.npy", rng.integers(-8, 24, (3, 2)) / 16)
    (folder / "back.csv").write_text("0,-1,2\n1,0,-2\n-1,1,0\n")
    np.savez(folder / "spikes.npz", inputs=rng.random((4, STEPS, 5)) < 0.4)
    said = command(
        "golden", "make", folder / "net.toml", folder / "plan.toml", "--inputs", folder / "spikes.npz",
        "--images", "3", "--no-directed", "--out", folder / "set",
    )  # fmt: skip
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith(f"{folder}/set: 25 files, ")
    return folder


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "set", tmp_path / "set")
    return tmp_path / "set"


def words_in(path: Path, bits: int, signed: bool) -> list[int]:
    """Read a memory file by hand."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("//")]
    assert {len(line) for line in lines} == {-(-bits // 4)}
    patterns = [int(line, 16) for line in lines]
    assert max(patterns) < 1 << bits
    return [word - (1 << bits) if signed and word >> bits - 1 else word for word in patterns]


def raws(values: list[Fraction], frac: int) -> list[int]:
    scaled = [value * 2**frac for value in values]
    assert all(one.denominator == 1 for one in scaled)
    return [one.numerator for one in scaled]


def test_every_file_of_three_lif_populations_and_a_recurrent_one_is_as_by_hand(made: Path) -> None:
    sixteenths = {name: np.load(made / f"{name}.npy") for name in ("first", "last")}
    sixteenths["around"] = np.load(made / "arrays.npz")["around"]
    weights = {name: [[Fraction(one) for one in row] for row in held.tolist()] for name, held in sixteenths.items()}
    back = [[Fraction(word, 2) for word in row] for row in ([0, -1, 2], [1, 0, -2], [-1, 1, 0])]
    into = {
        "first": Into((8, 5, True), "nearest-even", "saturate"),
        "around": Into((6, 4, True), "nearest-away", "wrap"),
        "last": Into((5, 3, True), "floor", "saturate-symmetric"),
    }
    expected: dict[str, list[int]] = {}
    inputs = np.load(made / "spikes.npz")["inputs"][:3].astype(int)
    for one in inputs.tolist():
        layers = {
            "first": Lif(4, into["first"], Fraction(3, 4), "multiply", Fraction(13, 16), 0, "subtract"),
            "around": Lif(3, into["around"], Fraction(1, 2), "shift", Fraction(1), 2, "zero"),
            "last": Lif(2, into["last"], Fraction(1), "none", Fraction(1), 0, "value", Fraction(-1, 4)),
        }
        told: list[list[int]] = []  # what `around` emitted
        answer = [0, 0]
        for t, spikes in enumerate(one):
            for name, layer in layers.items():
                come = weighed(spikes, weights[name])
                if name == "around" and t >= 2:
                    come = [a + b for a, b in zip(come, weighed(told[t - 2], back), strict=True)]
                frac, before = into[name].word[1], list(layer.membranes) or [Fraction(0)] * layer.neurons
                leaked = before
                if name == "first":
                    leaked = [into[name](v * Fraction(13, 16)) for v in before]
                elif name == "around":
                    leaked = [into[name](v - Fraction(int(v * 16) // 4, 16)) for v in before]
                seen, spikes = layer.step(come)
                told += [spikes] if name == "around" else []
                for node, words in (
                    ("leaked", raws(leaked, frac)),
                    ("integrated", raws(seen, frac)),
                    ("membrane", raws(layer.membranes, frac)),
                    ("spike", spikes),
                ):
                    expected.setdefault(f"{name}.{node}", []).extend(words)
            answer = [a + s for a, s in zip(answer, spikes, strict=True)]
        expected.setdefault("answers", []).extend(answer)
        expected.setdefault("classes", []).append(answer.index(max(answer)))
    expected |= {
        "input": inputs.reshape(-1).tolist(),
        "begin": [int(row % STEPS == 0) for row in range(3 * STEPS)],
        "input_first.weight": [word for row in weights["first"] for word in raws(row, 4)],
        "first_around.weight": [word for row in weights["around"] for word in raws(row, 4)],
        "around_last.weight": [word for row in weights["last"] for word in raws(row, 4)],
        "back.weight": [0, -1, 2, 1, 0, -2, -1, 1, 0],
        "first.threshold": [3],
        "first.decay": [13],
        "around.threshold": [2],
        "last.threshold": [4],
        "last.reset_value": [-2],
    }
    formats = {"first": (8, True), "around": (6, True), "last": (5, True)}
    files = sorted(path.name.removesuffix(".mem") for path in (made / "set").glob("*.mem"))
    # a leak that is none keeps the membrane as the step before left it, which the file has too
    assert files == sorted(expected)
    for name, words in expected.items():
        owner, _, own = name.partition(".")
        bits, signed = {
            "weight": (4, True) if owner == "back" else (6, True),
            "threshold": (4, False),
            "decay": (4, False),
            "spike": (1, False),
        }.get(own, formats.get(owner, (1, False)))
        if name == "answers":
            bits, signed = STEPS.bit_length(), False
        assert words_in(made / "set" / f"{name}.mem", bits, signed) == words, name
    spikes_of = json.loads((made / "set" / "manifest.json").read_bytes())["counts"]["spikes_by_population"]
    assert spikes_of == {name: sum(expected[f"{name}.spike"]) for name in ("first", "around", "last")}
    assert all(20 < many < 300 for many in spikes_of.values()), spikes_of
    assert expected["classes"] == [1, 0, 0]  # two inputs have equal answers


def test_a_set_that_is_made_agrees_and_says_how_many_words(made: Path) -> None:
    said = command("golden", "check", made / "set")
    words = sum(entry["lines"] for entry in json.loads((made / "set" / "manifest.json").read_bytes())["files"])
    assert (said.status, said.out, said.err) == (0, f"{made}/set: {words:,} words in 25 files agree\n", "")


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_set_is_made_twice_and_from_itself_in_the_same_bytes(made: Path, tmp_path: Path) -> None:
    held = made / "set"
    command(
        "golden", "make", made / "net.toml", made / "plan.toml", "--inputs", made / "spikes.npz",
        "--images", "3", "--no-directed", "--out", tmp_path / "again",
    )  # fmt: skip
    assert bytes_in(tmp_path / "again") == bytes_in(held)
    shutil.copytree(held, tmp_path / "moved")
    command(
        "golden", "make", tmp_path / "moved" / "net.toml", tmp_path / "moved" / "plan.toml",
        "--inputs", tmp_path / "moved" / "inputs.npz", "--no-directed", "--out", tmp_path / "own",
    )  # fmt: skip
    assert bytes_in(tmp_path / "own") == bytes_in(held)
    manifest = json.loads((held / "manifest.json").read_bytes())
    listed = {entry["file"]: entry["sha256"] for entry in (*manifest["files"], *manifest["others"])}
    assert listed == {name: digest(data) for name, data in bytes_in(held).items() if name != "manifest.json"}


@pytest.mark.long
def test_a_changed_word_of_any_file_is_named(made: Path, tmp_path: Path) -> None:
    manifest = json.loads((made / "set" / "manifest.json").read_bytes())
    for entry in manifest["files"]:
        folder = tmp_path / entry["name"]
        shutil.copytree(made / "set", folder)
        path = folder / entry["file"]
        lines = path.read_text().splitlines()
        at = 3 + (len(lines) - 3) // 2
        lines[at] = f"{int(lines[at], 16) ^ 1:0{len(lines[at])}x}"
        path.write_text("\n".join(lines) + "\n")
        said = command("golden", "check", folder)
        altered = f"{entry['file']} line {at + 1} (word {at - 3}) was altered: digit {len(lines[at])} of "
        assert altered in said.out + said.err, entry["name"]
        # a bit that begins an input, and a constant that nothing depends on, change no word that is computed
        assert said.status == (2 if entry["name"] == "begin" or said.out == "" else 1), entry["name"]
        if entry["role"] == "node":
            row, neuron = divmod(at - 3, entry["shape"][1])
            where = f"presentation {row // STEPS}, step {row % STEPS}, neuron {neuron}: expected "
            assert said.out.startswith(f"{entry['file']} word {at - 3}, {where}"), entry["name"]


@pytest.mark.parametrize("name", ["net.toml", "plan.toml", "lif.neuron", "README.md", "inputs.npz"])
def test_a_changed_file_beside_the_words_is_named(copied: Path, name: str) -> None:
    path = copied / name
    path.write_bytes(path.read_bytes() + b"\n")
    said = command("golden", "check", copied)
    assert said.complaint.startswith(f"{name} is not the file that the manifest describes: its sha256 is ")


def test_a_plan_that_computes_otherwise_is_a_finding_and_is_named(copied: Path) -> None:
    plan = copied / "plan.toml"
    plan.write_text(plan.read_text().replace("Q3.5 nearest-even", "Q3.5 floor"))
    said = command("golden", "check", copied)
    assert said.status == 1
    assert said.out.startswith("first.leaked.mem word ")
    assert "plan.toml is not the file that the manifest describes" in said.out
    plan.write_text(plan.read_text().replace("Q3.5 floor", "Q3.6 floor"))
    assert command("golden", "check", copied).complaint.startswith("plan.toml is not the file that the manifest")


def test_what_a_manifest_misstates_is_a_finding(copied: Path) -> None:
    manifest = json.loads((copied / "manifest.json").read_bytes())
    manifest["counts"]["spikes"] += 1
    manifest["configuration"]["sha256"]["net.toml"] = "0" * 64
    del manifest["configuration"]["sha256"]["lif.neuron"]
    manifest["files"][0]["about"] = "weights"
    (copied / "manifest.json").write_text(json.dumps(manifest))
    said = command("golden", "check", copied)
    assert said.status == 1
    for what in ("input_first.weight.mem: about", "configuration_sha256_16", "configuration sha256", "counts: spikes"):
        assert f"manifest.json must state {what} as " in said.out


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("schema", "populations 2", "manifest.json must be of schema 1 to 2, not 'populations 2'"),
        ("configuration", {"inputs": 0, "steps": 1, "sha256": {}}, "manifest.json must be what fxsnn wrote: inputs "),
        ("configuration", {"inputs": 3}, "manifest.json must be what fxsnn wrote: Object missing required field"),
        ("configuration", {"inputs": 1 << 40, "steps": 9, "sha256": {}}, "the set's network must run: a file must "),
        ("configuration", {"inputs": 2, "steps": STEPS, "sha256": {}}, "manifest.json must state input as "),
        ("files", [], "manifest.json must state input_first.weight as "),
    ],
)  # fmt: skip
def test_a_manifest_that_is_none_is_refused_in_one_line(copied: Path, key: str, value: Any, said: str) -> None:
    manifest = json.loads((copied / "manifest.json").read_bytes()) | {key: value}
    (copied / "manifest.json").write_text(json.dumps(manifest))
    assert command("golden", "check", copied).complaint.startswith(said)


@pytest.mark.parametrize(
    "name", ["first.leaked.mem", "back.weight.mem", "net.toml", "plan.toml", "lif.neuron", "input.mem"]
)
def test_a_file_that_is_missing_is_refused_in_one_line(copied: Path, name: str) -> None:
    (copied / name).unlink()
    assert name in command("golden", "check", copied).complaint


# dumps


def nodes_in(manifest: dict[str, Any]) -> list[str]:
    return [entry["name"] for entry in manifest["files"] if entry["role"] == "node"]


def test_nodes_stand_in_the_order_in_which_a_step_makes_them(made: Path, tmp_path: Path) -> None:
    assert nodes_in(json.loads((made / "set" / "manifest.json").read_bytes())) == [
        f"{layer}.{node}"
        for layer in ("first", "around", "last")
        for node in ("leaked", "integrated", "spike", "membrane")
    ]
    drawing = make_graph_bundle(tmp_path / "set", chance(None), np.ones((1, 2, 3), np.int64))
    assert nodes_in(drawing)[:6] == ["a.draw.0", "a.lfsr.0", "a.leaked", "a.integrated", "a.spike", "a.membrane"]


@pytest.mark.long
def test_a_dump_s_first_word_that_differs_is_named_across_populations(made: Path, tmp_path: Path) -> None:
    for name, at in (("last.membrane", 50), ("first.spike", 101), ("around.integrated", 75)):
        lines = (made / "set" / f"{name}.mem").read_text().splitlines()
        lines[3 + at] = f"{int(lines[3 + at], 16) ^ 1:0{len(lines[3 + at])}x}"
        (tmp_path / f"{name}.mem").write_text("\n".join(lines) + "\n")
    said = command("golden", "diff", made / "set", *sorted(tmp_path.glob("*.mem")))
    assert (said.status, said.err) == (1, "")
    lines = said.out.splitlines()
    # rows 25 of `first` (4 neurons), 25 of `around` (3), 25 of `last` (2): the order of a step decides
    assert lines[0] == "first     first.spike, presentation 0, step 25, neuron 1"
    assert lines[3].startswith(f"differ    3 of {3 * STEPS * 9:,} words, 1 step, 2 neurons; ")
    assert "cause     unknown: no change of the text, and no two of them, explain every word that differs" in lines
    told = json.loads(command("golden", "diff", "--json", made / "set", tmp_path / "around.integrated.mem").out)
    assert (told["difference"]["node"], told["difference"]["neuron"], told["causes"]) == ("around.integrated", 0, [])


def test_dumps_that_agree_match_in_every_form(made: Path, tmp_path: Path) -> None:
    held = read_bundle(made / "set")
    spikes, membranes = held.words["last.spike"], held.words["last.membrane"]
    rows = [
        f"{n},{t},{k},{spikes[n * STEPS + t, k]},{membranes[n * STEPS + t, k]}"
        for n in range(3) for t in range(STEPS) for k in range(2)
    ]  # fmt: skip
    (tmp_path / "x.csv").write_text("\n".join(["presentation,step,neuron,last.spike,last.membrane", *rows]) + "\n")
    said = command("golden", "diff", made / "set", tmp_path / "x.csv")
    assert (said.status, said.out) == (0, f"all {2 * 3 * STEPS * 2} words match\n")
    (tmp_path / "bits.mem").write_text("\n".join(f"{row[0] + 2 * row[1]:x}" for row in spikes.tolist()) + "\n")
    said = command("golden", "diff", made / "set", tmp_path / "bits.mem", "--node", "last.spike")
    assert said.status == 0


# a neuron nobody has seen


def test_a_neuron_that_nobody_has_seen_comes_out_as_golden_nodes(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "rising.neuron").write_text(RISING)
    rng = np.random.default_rng(5)
    np.save(tmp_path / "w.npy", rng.integers(-4, 12, (3, 2)) / 8)
    network = loaded(tmp_path, UNSEEN, UNSEEN_PLAN)
    (tmp_path / "plan.toml").write_text(UNSEEN_PLAN)
    raster = (rng.random((40, 3)) < 0.5).astype(np.uint8)
    np.savetxt(tmp_path / "spikes.csv", raster, fmt="%d")
    out = tmp_path / "set"
    said = command(
        "golden", "make", tmp_path / "net.toml", tmp_path / "plan.toml", "--inputs", tmp_path / "spikes.csv",
        "--out", out, "--format", "npz",
    )  # fmt: skip
    assert (said.status, said.err) == (0, "")
    weights = [[Fraction(int(word), 8) for word in row] for row in network.weights["input_mine"]]
    expected = by_hand(raster, weights)
    spikes = [spike for row in expected for spike in row]  # of what is given; inputs directed at corners follow
    assert words_in(out / "mine.spike.mem", 1, False)[: len(spikes)] == spikes
    assert words_in(out / "answers.mem", 6, False)[: len(expected[0])] == np.sum(expected, axis=0).tolist()
    assert {path.name for path in out.glob("mine.*")} == {
        f"mine.{name}.mem" for name in ("faded", "met", "spike", "v", "level", "base", "rise", "keep")
    }
    assert (out / "rising.neuron").read_text() == RISING
    page = (out / "README.md").read_text()
    assert "      12  faded: v = v * keep\n" in page
    assert "level = level - (level >> fade) + (rise if spike else 0)" in page
    assert str(tmp_path) not in page + (out / "manifest.json").read_text()
    packed = np.load(out / "npz" / "vectors.npz", allow_pickle=False)
    assert packed["mine.spike"][: len(expected)].tolist() == expected
    assert command("golden", "check", out).status == 0
    with (out / "rising.neuron").open("a") as text:
        text.write("# of another day\n")
    assert command("golden", "check", out).complaint.startswith("rising.neuron is not the file that the manifest ")


# casts that draw


def test_draws_and_registers_are_those_of_the_register_written_out(tmp_path: Path) -> None:
    inputs = np.ones((2, 12, 3), np.int64)
    inputs[1, ::3] = 0
    manifest = make_graph_bundle(tmp_path / "set", chance(None), inputs)
    assert check_bundle(tmp_path / "set").findings == ()
    taps, width = manifest["lfsr"]["taps"], manifest["lfsr"]["width"]
    draws = {entry["name"]: entry for entry in manifest["files"] if ".draw." in entry["name"]}
    assert draws.keys() == {"a.draw.0", "b.draw.0"}
    for name in ("a", "b"):
        seed, bits = int(manifest["lfsr"]["seeds"][f"{name}.lfsr.0"], 16), draws[f"{name}.draw.0"]["word"]
        drawn = words_in(tmp_path / "set" / f"{name}.draw.0.mem", bits, False)
        registers = words_in(tmp_path / "set" / f"{name}.lfsr.0.mem", width, False)
        for n in range(2):
            fresh, held = lfsr_bits(taps, seed), seed
            for t in range(12):
                row = []
                for _ in range(3):
                    taken = list(islice(fresh, bits))
                    row.append(sum(bit << bits - 1 - k for k, bit in enumerate(taken)))
                    for bit in taken:
                        held = (held << 1 | bit) & (1 << width) - 1
                at = n * 12 + t
                assert drawn[3 * at : 3 * at + 3] == row
                assert registers[at] == held
    page = (tmp_path / "set" / "README.md").read_text()
    assert f"- `b.lfsr.0`: {manifest['lfsr']['seeds']['b.lfsr.0']}\n" in page
    (tmp_path / "lfsr.mem").write_text("0\n" * 24)
    said = command("golden", "diff", tmp_path / "set", tmp_path / "lfsr.mem", "--node", "a.lfsr.0")
    assert said.out.startswith("first     a.lfsr.0, presentation 0, step 0\n")


# any network


def kinds_of_everything(folder: Path) -> QuantisedGraph:
    """Every kind of projection, maps, words on edges, several inputs, labels, two texts of one name, an own weight."""
    for name, sign in (("x", ">="), ("y", ">")):
        (folder / name).mkdir()
        (folder / name / "own.neuron").write_text(
            "arriving: input\nother: input\nlevel: constant\nacc: state\n_spike: output\nlfsr_0: state\n"
            f"acc: acc[3] = acc + each(arriving) + other\n_spike = acc {sign} level\nlfsr_0: lfsr_0[7] = acc - lfsr_0\n"
        )
    network = """
[input]
shape = [4, 4, 2]
format = "Q3.0"
[population.conv]
shape = [4, 4, 2]
neuron = "lif"
choices = { leak = "multiply", reset = "value" }
constants = { decay = 0.9, threshold = [1.0, 0.5], reset_value = { raw = 3 } }
registers = 77
[population.sum]
shape = [2, 2, 2]
neuron = "relay"
[population.mean]
shape = [1, 1, 2]
neuron = "relay"
[population.quarter]
shape = [2, 2, 2]
neuron = "relay"
[population.most]
shape = 8
neuron = "x/own.neuron"
constants = { level = 2 }
outer = "neurons"
[population.scaled]
shape = 8
neuron = "y/own.neuron"
constants = { level = [1, 2, 3, 1, 2, 3, 1, 2] }
[[projection]]
from = "input"
to = "conv"
kind = "conv"
kernel = [3, 1]
padding = [1, 0]
groups = 2
weights = "k.npy"
signal = "kernel"
[[projection]]
from = "conv"
to = "sum"
kind = "sum"
kernel = 2
[[projection]]
from = "conv"
to = "mean"
kind = "average"
kernel = 3
[[projection]]
from = "conv"
to = "quarter"
kind = "average"
kernel = 2
[[projection]]
from = "conv"
to = "most"
kind = "maximum"
kernel = 2
input = "arriving"
[[projection]]
from = "mean"
to = "most"
weights = [[0.5, 0.25, 0.5, 0.25, 0.5, 0.25, 0.5, 0.25], [1, 1, 1, 1, 1, 1, 1, 1]]
input = "other"
[[projection]]
from = "quarter"
to = "scaled"
kind = "scale"
weights = [0.5, -0.5]
input = "arriving"
[[projection]]
name = "id"
from = "most"
to = "scaled"
kind = "identity"
input = "other"
[[projection]]
name = "around"
from = "scaled"
to = "scaled"
kind = "identity"
input = "other"
delay = 3
[[projection]]
name = "s"
from = "sum"
to = "scaled"
kind = "scale"
weights = 0.5
input = "arriving"
[readout]
kind = "labels"
labels = [0, 1, -1, 2, 0, 1, -1, 2]
skip = 1
"""
    plan = """
[signal]
weight = "Q2.3 stochastic"
kernel = "Q1.4"
membrane = "Q4.3 stochastic wrap"
decay = "UQ0.5"
threshold = "UQ2.2"
level = "Q4.1"
acc = "Q6.1 stochastic"
lfsr_0 = "Q7.0 stochastic"
[lfsr]
taps = [16, 15, 13, 4]
seed = 44257
"""
    np.save(folder / "k.npy", np.random.default_rng(2).integers(-10, 16, (3, 1, 1, 2)) / 16)
    return loaded(folder, network, plan)


def test_every_kind_of_projection_and_readout_is_made_checked_and_made_again(tmp_path: Path) -> None:
    network = kinds_of_everything(tmp_path)
    inputs = np.random.default_rng(4).integers(-2, 4, (2, 8, 32))
    manifest = make_graph_bundle(tmp_path / "set", network, inputs, kinds=["coe", "c-header", "npz"])
    checked = check_bundle(tmp_path / "set")
    assert (checked.findings, checked.files) == ((), len(manifest["files"]))
    files = bytes_in(tmp_path / "set")
    assert {"own.neuron", "own_2.neuron", "labels.csv", "conv_mean.weight.mem", "most._spike.mem"} <= files.keys()
    assert files["labels.csv"] == b"0\n1\n-1\n2\n0\n1\n-1\n2\n"
    assert "conv_mean.weight" in manifest["lfsr"]["parameter_seeds"]
    shapes = {entry["name"]: entry["shape"] for entry in manifest["files"]}
    assert shapes["conv.membrane"] == [16, 4, 4, 2]
    assert shapes["most.lfsr.3"] == [16]
    assert "most.draw.3" not in shapes  # of every active input a draw
    assert shapes["most.draw.7"] == shapes["most.lfsr_0"] == [16, 8]  # a node of this name is no register
    command(
        "golden", "make", tmp_path / "set" / "net.toml", tmp_path / "set" / "plan.toml",
        "--inputs", tmp_path / "set" / "inputs.npz", "--no-directed", "--out", tmp_path / "again",
        "--format", "coe", "--format", "c-header", "--format", "npz",
    )  # fmt: skip
    assert bytes_in(tmp_path / "again") == files
    lines = (tmp_path / "set" / "most.lfsr_0.mem").read_text().splitlines()
    lines[3 + 8 * 9 + 5] = "7f" if lines[3 + 8 * 9 + 5] != "7f" else "00"
    (tmp_path / "most.lfsr_0.mem").write_text("\n".join(lines) + "\n")
    said = command("golden", "diff", tmp_path / "set", tmp_path / "most.lfsr_0.mem")
    assert said.out.startswith("first     most.lfsr_0, presentation 1, step 1, neuron 5\n")


@pytest.mark.parametrize(
    ("readout", "said"),
    [
        ('kind = "none"', lambda *s: s[0].sum(axis=0)),
        ('kind = "counts"\nskip = 4', lambda *s: s[0][4:].sum(axis=0)),
        (
            'kind = "first"\nskip = 2',
            lambda *s: [next((t for t in range(2, 9) if row[t]), 9) for row in s[0].T],
        ),
        ('kind = "node"\nnode = "membrane"', lambda *s: s[1].sum(axis=0)),
        ('kind = "node"\nnode = "membrane"\nover = "last"', lambda *s: s[1][-1]),
        ('kind = "node"\nnode = "membrane"\nover = "maximum"\nskip = 1', lambda *s: s[1][1:].max(axis=0)),
        ('kind = "node"\nnode = "_doubled"', lambda *s: 2 * s[1].sum(axis=0)),
    ],
)
def test_answers_are_those_of_the_readout(tmp_path: Path, readout: str, said: Any) -> None:
    (tmp_path / "two.neuron").write_text(
        "come: input\nmembrane: state\nunder: constant[bit]\nspike: output\nmembrane: membrane = membrane - come\n"
        "_doubled = membrane * 2\nspike = membrane < 0 and under\n"
    )
    network = loaded(
        tmp_path,
        '[input]\nshape = 2\n[population.a]\nshape = 3\nneuron = "two.neuron"\nconstants = { under = [1, 0, 1] }\n'
        f'[[projection]]\nfrom = "input"\nto = "a"\nweights = [[1, 2, -3], [-2, 1, 0]]\n[readout]\n{readout}\n',
        '[signal]\nweight = "Q3.0"\nmembrane = "Q6.0"\n',
    )
    raster = (np.random.default_rng(8).random((9, 2)) < 0.5).astype(np.int64)
    seen = -np.cumsum(raster @ [[1, 2, -3], [-2, 1, 0]], axis=0)
    assert -32 <= seen.min() < 0 < seen.max() < 32
    manifest = make_graph_bundle(tmp_path / "set", network, raster[None])
    entry = next(entry for entry in manifest["files"] if entry["name"] == "answers")
    expected = np.asarray(said((seen < 0) & [True, False, True], seen)).tolist()
    assert words_in(tmp_path / "set" / "answers.mem", entry["word"], entry["signed"]) == expected
    assert (tmp_path / "set" / "classes.mem").exists() == ("none" not in readout)
    assert check_bundle(tmp_path / "set").findings == ()
    again = quantise_graph(load_graph(tmp_path / "set" / "net.toml"), network.plan)
    make_graph_bundle(tmp_path / "again", again, raster[None])
    assert bytes_in(tmp_path / "again") == bytes_in(tmp_path / "set")


any_network = st.one_of(
    networks(recurrent=False, cuba=False), networks(recurrent=True, cuba=False), networks(recurrent=True, cuba=True)
)


@settings(max_examples=compiled_examples(8), deadline=None, suppress_health_check=list(HealthCheck))
@given(any_network, st.integers(0, 99), st.data())
def test_any_network_s_set_agrees_until_a_bit_is_flipped(
    tmp_path_factory: pytest.TempPathFactory, drawn: Drawn, seed: int, data: st.DataObject
) -> None:
    folder, network = tmp_path_factory.mktemp("golden") / "set", drawn.network
    inputs = (np.random.default_rng(seed).random((2, 6, network.graph.shape[0])) < 0.5).astype(np.int64)
    make_graph_bundle(folder, network, inputs)
    assert check_bundle(folder).findings == ()
    nodes = [e for e in json.loads((folder / "manifest.json").read_bytes())["files"] if e["role"] == "node"]
    entry = data.draw(st.sampled_from(nodes))
    lines = (folder / entry["file"]).read_text().splitlines()
    at = data.draw(st.integers(3, len(lines) - 1))
    lines[at] = f"{int(lines[at], 16) ^ 1 << data.draw(st.integers(0, entry['word'] - 1)):0{len(lines[at])}x}"
    (folder / entry["file"]).write_text("\n".join(lines) + "\n")
    row, neuron = divmod(at - 3, entry["shape"][1])
    where = f"{entry['file']} word {at - 3}, presentation {row // 6}, step {row % 6}, neuron {neuron}: "
    assert check_bundle(folder).findings[0].startswith(where)


@settings(max_examples=compiled_examples(20), deadline=None, suppress_health_check=list(HealthCheck))
@given(any_network)
def test_any_network_s_text_is_read_back_to_an_equal_network(
    tmp_path_factory: pytest.TempPathFactory, drawn: Drawn
) -> None:
    folder, held = tmp_path_factory.mktemp("written"), whole(drawn.network)
    for name, text in held.texts.items():
        (folder / name).write_text(text)
    for projection in held.network.graph.projections:
        assert held.network.weights[projection.name].tolist() == drawn.network.weights[projection.name].tolist()
        form = held.network.signals[projection.name]["weight"].format
        _as_words(folder / f"{projection.name}.weight.mem", held.network.weights[projection.name], form.word)
    for one in held.network.graph.populations:
        for name, words in held.network.constants[one.name].items():
            form = held.network.signals[one.name][one.neuron.constants[name]].format
            _as_words(folder / f"{one.name}.{name}.mem", words, form.word)
    written = graph_text(held.network.graph)
    (folder / "net.toml").write_text(written)
    again = whole(quantise_graph(load_graph(folder / "net.toml"), drawn.network.plan))
    assert (graph_text(again.network.graph), again.texts) == (written, held.texts)


def _as_words(path: Path, words: NDArray[np.int64], bits: int) -> None:
    path.write_text("\n".join(f"{word & (1 << bits) - 1:x}" for word in words.reshape(-1).tolist()) + "\n")


# what is refused


def made_with(made: Path, out: Path, *options: object) -> Any:
    return command("golden", "make", made / "net.toml", made / "plan.toml", "--out", out, *options)


def test_options_that_do_not_fit_a_network_are_refused_in_one_line(made: Path, tmp_path: Path) -> None:
    spikes, out = ("--inputs", made / "spikes.npz"), tmp_path / "set"
    assert made_with(made, out).complaint == (
        f"--inputs must be given for a network of populations, as '{made}/net.toml'"
    )
    for options in (("--mnist",), ("--data", tmp_path)):
        said = made_with(made, out, *spikes, *options).complaint
        shown = " ".join(map(str, options))
        assert said == f"{shown} must not be given for a network of populations, which takes --inputs"
    said = made_with(made, out, *spikes, "--images", 5).complaint
    assert said == f"--images must be 1 to 4, as many as '{made}/spikes.npz' holds, not 5"
    said = made_with(made, out, *spikes, "--images", 0).complaint
    assert said.startswith("invalid value for '--images': Input should be greater than or equal to 1, not '0'")
    said = made_with(made, out, *spikes, "--format", "hex").complaint
    assert said == "a format of memory images must be coe, amd-mif, intel-mif, c-header or npz, not 'hex'"
    said = made_with(made, out, "--inputs", tmp_path / "none.npy").complaint
    assert "none.npy" in said
    said = command("golden", "make", tmp_path / "net.npz", made / "plan.toml", *spikes, "--out", out).complaint
    assert said.startswith("--inputs must be given for a network of populations (.toml) alone, not ")
    assert list(tmp_path.iterdir()) == []


def test_files_that_have_one_name_in_c_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "two.neuron").write_text("come: input\nB: output\nb_c = come + 1\nB = come + b_c\n")
    network = loaded(
        tmp_path,
        '[input]\nshape = 1\n[population.a]\nshape = 1\nneuron = "two.neuron"\n[population.a_b]\nshape = 1\n'
        'neuron = "two.neuron"\n[[projection]]\nfrom = "input"\nto = "a"\nkind = "identity"\n[[projection]]\n'
        'name = "C"\nfrom = "a"\nto = "a_b"\nweights = 1\nkind = "scale"\nsignal = "w"\n[[projection]]\n'
        'name = "a_B"\nfrom = "a"\nto = "a_b"\nweights = 1\nkind = "scale"\nsignal = "b"\n',
        '[signal]\nw = "Q2.0"\nb = "Q2.0"\n',
    )
    inputs = np.ones((1, 2, 1), np.int64)
    with pytest.raises(
        ConfigError, match=r"^files must have names of their own in C, in either case, a_B\.b and a_b\.B "
    ):
        make_graph_bundle(tmp_path / "set", network, inputs, kinds=["c-header"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.toml", "two.neuron"]
    make_graph_bundle(tmp_path / "set", network, inputs, kinds=["npz"])
    assert check_bundle(tmp_path / "set").findings == ()


@pytest.mark.parametrize(
    ("doubled", "readout", "said"),
    [
        ("v * (v - 1)", 'kind = "none"', "a.twice: what is emitted or kept as a node must fit a word: word must be "),
        ("v", 'kind = "node"\nnode = "v"', "answers: what is emitted or kept as a node must fit a word: word must be "),
    ],
)
def test_nodes_and_answers_wider_than_a_word_are_refused_by_name(
    tmp_path: Path, doubled: str, readout: str, said: str
) -> None:
    (tmp_path / "wide.neuron").write_text(
        f"come: input\nv: state\nspike: output\nv: v = v + come\ntwice = {doubled}\nspike = twice > 5\n"
    )
    (tmp_path / "net.toml").write_text(
        '[input]\nshape = 1\n[population.a]\nshape = 1\nneuron = "wide.neuron"\n[[projection]]\nfrom = "input"\n'
        f'to = "a"\nkind = "identity"\n[readout]\n{readout}\n'
    )
    (tmp_path / "plan.toml").write_text(f'[signal]\nv = "Q{32 if "*" in doubled else 62}.0"\n')
    np.save(tmp_path / "x.npy", np.ones((1, 9, 1), np.int64))
    refused = made_with(tmp_path, tmp_path / "set", "--inputs", tmp_path / "x.npy").complaint
    assert refused.startswith(said)
    assert not (tmp_path / "set").exists()


def test_a_begin_that_the_steps_do_not_have_is_refused(copied: Path) -> None:
    path = copied / "begin.mem"
    path.write_text(path.read_text().replace("1\n0\n0\n", "1\n0\n1\n", 1))
    manifest = json.loads((copied / "manifest.json").read_bytes())
    next(entry for entry in manifest["files"] if entry["name"] == "begin")["sha256"] = digest(path.read_bytes())
    (copied / "manifest.json").write_text(json.dumps(manifest))
    said = command("golden", "check", copied).complaint
    assert said == "begin.mem word 2 must be 0, as the manifest's steps say"


def test_nothing_is_written_where_a_set_cannot_be(made: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    said = made_with(made, tmp_path / "mine", "--inputs", made / "spikes.npz").complaint
    assert said.startswith("an output folder must be new, empty or made by fxsnn")
    network = read_bundle(made / "set").network
    assert isinstance(network, QuantisedGraph)
    with pytest.raises(ConfigError, match="^golden vectors must be of one or more inputs, not none$"):
        make_graph_bundle(tmp_path / "none", network, np.zeros((0, 3, 5), np.int64))
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "notes.txt"]
