"""Networks of populations in files: what is read, an unseen neuron from text to page, and what is refused in a line."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from command_line import LONG_WITH_JIT
from command_line import run as command
from fxsnn.errors import ConfigError
from fxsnn.graph.files import load_graph
from fxsnn.graph.given import Given
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.real import float_run
from fxsnn.graph.run import golden_nodes, run, trace
from fxsnn.number.cast import from_float
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.signal import Signal

pytestmark = LONG_WITH_JIT

NETWORK = """
[input]
shape = 3
[population.a]
shape = 2
neuron = "lif"
choices = { leak = "multiply", reset = "zero" }
constants = { decay = 0.5, threshold = [1.0, 0.5] }
[[projection]]
from = "input"
to = "a"
weights = [[0.5, 0.25], [-0.5, 1.0], [0.75, 0.0]]
"""
PLAN = """
[signal]
weight = "Q2.2"
membrane = "Q4.4 floor"
decay = "UQ0.4"
threshold = "UQ2.2"
"""
WORDS = [[2, 1], [-2, 4], [3, 0]]


def loaded(folder: Path, network: str = NETWORK, plan: str = PLAN) -> QuantisedGraph:
    (folder / "net.toml").write_text(network)
    graph = load_graph(folder / "net.toml")
    return quantise_graph(graph, parse_graph_plan(plan))


@pytest.mark.parametrize(
    "weights",
    ['"w.npy"', '"w.npz:w"', '"w.csv"', '"w.mem"', '{ raw = "w.mem" }', '{ raw = "raw.csv" }', '{ raw = "raw.npy" }'],
)
def test_weights_are_the_same_words_from_every_kind_of_file(tmp_path: Path, weights: str) -> None:
    reals = np.array(WORDS) / 4
    np.save(tmp_path / "w.npy", reals)
    np.savez(tmp_path / "w.npz", other=np.zeros(2), w=reals)
    np.savetxt(tmp_path / "w.csv", reals, delimiter=";")
    np.save(tmp_path / "raw.npy", np.array(WORDS, np.int16))
    (tmp_path / "raw.csv").write_text("2, 1\n-2, 4\n3 0\n")
    (tmp_path / "w.mem").write_text("// Q2.2\n2 1\ne 4 // -2\n3 0\n")
    assert loaded(tmp_path).weights["input_a"].tolist() == WORDS
    listed = "[[0.5, 0.25], [-0.5, 1.0], [0.75, 0.0]]"
    assert loaded(tmp_path, NETWORK.replace(listed, weights)).weights["input_a"].tolist() == WORDS


def test_words_of_a_memory_file_are_as_wide_as_63_bits() -> None:
    given = Given(np.array([(1 << 63) - 1, 1 << 62, 5]), "bits", shaped=False)
    words, _ = given.words(Signal(Format(63, 0)), Lfsr(), "w")
    assert words.tolist() == [-1, -(1 << 62), 5]


def test_what_is_quantised_never_changes(tmp_path: Path) -> None:
    network = loaded(tmp_path)
    for held in (network.weights["input_a"], network.constants["a"]["threshold"]):
        with pytest.raises(ValueError, match="read-only"):
            held[0] = 1
    with pytest.raises(
        ConfigError, match=r"^weights of input_a\[0, 0\] must be a word of Q2\.2 \(s4\), -8 to 7, not 8$"
    ):
        QuantisedGraph(network.graph, network.plan, {"input_a": np.full((3, 2), 8)}, network.constants)
    with pytest.raises(ConfigError, match=r"^weights of input_a must be int64\[3, 2\], not none$"):
        QuantisedGraph(network.graph, network.plan, {}, network.constants)


def test_weights_and_constants_that_round_by_chance_draw_from_the_streams_of_the_page(tmp_path: Path) -> None:
    plan = PLAN.replace('"Q2.2"', '"Q2.1 stochastic"').replace('"UQ2.2"', '"UQ2.0 stochastic"')
    network = loaded(tmp_path, NETWORK.replace("[1.0, 0.5]", "[0.6, 0.4]"), plan)
    form, lfsr, reals = Format.parse("Q2.1"), network.plan.lfsr, np.array(WORDS) / 4
    expected = from_float(reals, form, "stochastic", lfsr=lfsr.derive(2**32))
    assert network.weights["input_a"].tolist() == expected.tolist()
    expected = from_float([0.6, 0.4], Format.parse("UQ2.0"), "stochastic", lfsr=lfsr.derive(2**33))
    assert network.constants["a"]["threshold"].tolist() == expected.tolist()


# a neuron nobody has seen

RISING = """# A neuron whose threshold rises with every spike, and falls back.
arriving: input
v: state
level: state
base: constant[level]
rise: constant[level]
fade: number
leaky: choice["no", "yes"]
spike: output
if leaky == "yes":
    keep: constant
    faded: v[0] = v * keep
else:
    faded = v
met: v[1] = faded + arriving
spike = met > base + level
v = 0 if spike else met
level: level[2] = level - (level >> fade) + (rise if spike else 0)
"""
UNSEEN = """
[input]
shape = 3
[population.mine]
shape = 2
neuron = "texts/rising.neuron"
choices = { leaky = "yes" }
constants = { base = 0.5, rise = { raw = [4, 8] }, keep = 0.75 }
numbers = { fade = 2 }
[[projection]]
from = "input"
to = "mine"
weights = "w.npy"
[readout]
kind = "counts"
"""
UNSEEN_PLAN = """
[signal]
weight = "Q2.3"
v = "Q4.3 floor"
level = "UQ3.4 floor"
keep = "UQ0.4"
"""


def by_hand(raster: np.ndarray[tuple[int, int], np.dtype[np.uint8]], weights: list[list[Fraction]]) -> list[list[int]]:
    """The unseen neuron in fractions."""
    v, level, spikes = [Fraction(0)] * 2, [Fraction(0)] * 2, []
    for row in raster.tolist():
        fired = []
        for n in range(2):
            come = sum((one[n] for one, active in zip(weights, row, strict=True) if active), Fraction(0))
            faded = Fraction(floor(v[n] * Fraction(3, 4) * 8), 8)
            met = max(min(faded + come, Fraction(63, 8)), Fraction(-8))
            fires = met > Fraction(1, 2) + level[n]
            v[n] = Fraction(0) if fires else met
            fallen = level[n] - Fraction(floor(level[n] * 16) // 4, 16)
            level[n] = min(fallen + (Fraction((4, 8)[n], 16) if fires else 0), Fraction(127, 16))
            fired.append(int(fires))
        spikes.append(fired)
    return spikes


def test_a_neuron_that_nobody_has_seen_goes_from_its_text_to_everything(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "rising.neuron").write_text(RISING)
    rng = np.random.default_rng(5)
    np.save(tmp_path / "w.npy", rng.integers(-4, 12, (3, 2)) / 8)
    network = loaded(tmp_path, UNSEEN, UNSEEN_PLAN)
    raster = (rng.random((40, 3)) < 0.5).astype(np.uint8)
    weights = [[Fraction(int(word), 8) for word in row] for row in network.weights["input_mine"]]
    expected = by_hand(raster, weights)
    kept = trace(network, raster)["mine"]
    assert kept.emitted.tolist() == expected
    assert 10 < kept.emitted.sum() < 70
    assert run(network, raster[None]).said.tolist() == [np.sum(expected, axis=0).tolist()]
    assert float_run(network.graph, raster[None], network.plan)[0].shape == (1, 2)
    assert {name: str(node.format) for name, node in golden_nodes(network, raster).items()} == {
        "mine.faded": "Q4.3",
        "mine.met": "Q4.3",
        "mine.spike": "UQ1.0",
        "mine.v": "Q4.3",
        "mine.level": "UQ3.4",
    }
    assert [(a.name, a.words, a.word, a.meaning) for a in graph_memory(network).arrays] == [
        ("input", 3, 1, "spikes"),
        ("input_mine.weight", 6, 5, "weights"),
        ("mine", 2, 1, "spikes"),
        ("mine.v", 2, 7, "state"),
        ("mine.level", 2, 7, "state"),
        ("mine.keep", 1, 4, "constant"),
        ("mine.arriving", 2, 7, "buffer"),
        ("mine.base", 1, 7, "constant"),
        ("mine.rise", 2, 7, "constant"),
    ]
    (tmp_path / "plan.toml").write_text(UNSEEN_PLAN)
    out = command("show", tmp_path / "net.toml", tmp_path / "plan.toml").out
    assert out.startswith(f"population mine\n{tmp_path}/texts/rising.neuron, 2 neurons\n      leaky: yes\n")
    assert command("show", tmp_path / "net.toml").out == RISING


def test_a_text_of_one_s_own_is_shown_though_it_has_the_name_of_one_that_comes_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "# my own\narriving: input\nspike: output\nspike = arriving > 0\n"
    (tmp_path / "lif.neuron").write_text(own)
    relayed = NETWORK.replace('"lif"', '"lif.neuron"').replace("choices = {", "# {").replace("constants = {", "# {")
    (tmp_path / "net.toml").write_text(relayed)
    monkeypatch.chdir(tmp_path)
    assert command("show", "net.toml").out == own


# what is refused

LISTED = "weights = [[0.5, 0.25], [-0.5, 1.0], [0.75, 0.0]]"
AGAIN = NETWORK + '[[projection]]\nname = "back"\nfrom = "a"\nto = "a"\nkind = "identity"\n'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("shape = 3", "shape = 3 3", "a network's description must be TOML: "),
        ("shape = 3", "shap = 3", "a network must have the documented keys: Object contains unknown field `shap`"),
        ("shape = 3", "shape = 0", "input must be a number of 1 or more or [rows, columns, channels], not 0"),
        ("shape = 2", "shape = 9999999", "the shape of a must be of at most 4,194,304 words, not 9,999,999"),
        (LISTED, "weights = [[1, 2, 3], [1, 2, 3]]", "weights of input_a must be [3, 2], not [2, 3] (transpose them)"),
        ("shape = 3", "shape = 4", "weights of input_a must be [4, 2], not [3, 2] (at line 9, column 1)"),
        ("shape = 3", 'shape = 3\nformat = "Q"', "input.format: a format must read like "),
        ('"lif"', '"lit"', "a neuron must be one of competitive, "),
        ('"lif"', '"mine.neuron"', "a neuron's text must be a file that can be read, not "),
        ('"lif"', '"bad.neuron"', "bad.neuron:2:5: a text must parse, but "),
        ('leak = "multiply", ', "", "lif.neuron: leak must be none, shift, multiply, not left open"),
        ("decay = 0.5, ", "", "population a: constants must be given, decay is not (`constants = { decay = ... }` of"),
        ("decay = 0.5, ", "beta = 0.9, ", "population a: a constant of lif.neuron must be one of "),
        ("decay = 0.5, ", "beta = 0.9, ", ", not 'beta'"),
        ('leak = "multiply", ', 'leek = "multiply", ', "lif.neuron: a choice must be one of leak, reset, not leek"),
        ("decay = 0.5", "decay = 0.5, dekay = 1", "lif.neuron must be one of threshold, decay, not 'dekay'"),
        ("decay = 0.5", "decay = nan", "constant decay of a: every number must be finite, not nan"),
        ("decay = 0.5", 'decay = "x.txt"', "constant decay of a: an array must be a file of .npy, .npz, .csv, .mem"),
        ("decay = 0.5", "decay = { row = 1 }", "constant decay of a must be a number, a list, a file, or such in "),
        ("decay = 0.5", "decay = true", "constant decay of a must be a number, a list, a file, or such in "),
        ("decay = 0.5", "decay = { raw = 0.5 }", "constant decay of a: raw words must be integers"),
        ("decay = 0.5", "decay = { raw = 16 }", "constant decay of a must be a word of UQ0.4 (u4), 0 to 15, not 16"),
        ("[1.0, 0.5]", "[1.0, 0.5, 2]", "constant threshold of a must be one number or [2], not [3]"),
        ('to = "a"', 'to = "b"', "projection input_b: from and to must be one of input, a, not 'b'"),
        ('to = "a"', 'to = "input"', "projection input_input: to must be a population, not the network's input"),
        ('to = "a"', 'to = "a"\ninput = "x"', "projection input_a: input must be one of current of a, not 'x'"),
        ('to = "a"', 'to = "a"\nkind = "scale"', "scale of [3] must be to [3], not to [2]"),
        ('to = "a"', 'to = "a"\nkind = "conv"', "conv must be of a map [rows, columns, channels], not of [3]"),
        ('to = "a"', 'to = "a"\nkind = "pool"', "Invalid enum value 'pool' - at `$.projection[0].kind`"),
        ('to = "a"', 'to = "a"\nkernel = 2', "kernel and stride must not be given of dense"),
        ('to = "a"', 'to = "a"\ndelay = -1', "delay must be 0 to 65536 steps, not -1 (at line 9, column 1)"),
        (LISTED, 'weights = "\\u0000.npy"', "weights of input_a: an array must be a file that can be read, not "),
        (LISTED, "", "projection input_a: weights must be given of dense"),
        (LISTED, 'weights = "w.npy"', "weights of input_a: an array must be a file that can be read, not "),
        (LISTED, "weights = [[1, 2], [3]]", "weights of input_a must be numbers in lists of equal lengths, not "),
        (LISTED, 'weights = "short.mem"', "short.mem: weights of input_a must be [3, 2], not 5 numbers"),
        (LISTED, 'weights = "wide.mem"', "wide.mem: weights of input_a[0, 1] must fit 4 bits of Q2.2 (s4), not 1f"),
        (LISTED, 'weights = "x.mem"', "x.mem line 2 must be a number of radix 16, not 'xx'"),
        (LISTED, 'weights = "bad.csv"', "bad.csv line 2 must be a number, not 'one'"),
        (NETWORK, AGAIN, "a cycle must have a delay of 1 step or more, a -> a has none (at line 13, column 1)"),
        (NETWORK, AGAIN.replace("[[", " [[ "), "a -> a has none (at line 13, column 2)"),
        (NETWORK, AGAIN.replace("back", "a"), "must have names of their own, 'a' is there twice"),
        ('from = "input"', 'from = "a"', "weights of a_a must be [2, 2], not [3, 2]"),
        (NETWORK, NETWORK + '[readout]\nkind = "node"\nnode = "vm"', "readout: node must be one of leaked, "),
        (NETWORK, NETWORK + '[readout]\nkind = "labels"\nlabels = [0]', "readout: labels must be 2 classes"),
        (NETWORK, NETWORK + '[readout]\nkind = "labels"\nlabels = [0, 99999]', "readout: labels must be 2 classes"),
        (NETWORK, NETWORK + '[readout]\nkind = "counts"\nover = "last"', "readout: over must be given of "),
        (LISTED, 'kind = "identity"\nsignal = "other"', "signal must not be given of identity"),
        (NETWORK, NETWORK + '[readout]\npopulation = "z"', "a population must be one of a, not 'z'"),
    ],
)  # fmt: skip
def test_a_network_that_is_none_is_refused_in_a_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in NETWORK
    (tmp_path / "net.toml").write_text(NETWORK.replace(old, new, 1))
    (tmp_path / "plan.toml").write_text(PLAN)
    (tmp_path / "bad.neuron").write_text("v: state\nv = = 1\n")
    (tmp_path / "short.mem").write_text("1\n2\n3\n4\n5\n")
    (tmp_path / "wide.mem").write_text("1\n1f\n3\n4\n5\n6\n")
    (tmp_path / "x.mem").write_text("1\nxx\n3\n4\n5\n6\n")
    (tmp_path / "bad.csv").write_text("1, 2\n3, one\n5, 6\n")
    complaint = command("show", tmp_path / "net.toml", tmp_path / "plan.toml").complaint
    assert said in complaint
    if "raw = 16" not in new and "wide" not in new:  # what a format refuses is found where a plan is there
        assert complaint.startswith(repr(str(tmp_path / "net.toml")))


def test_a_projection_that_no_table_begins_is_refused_without_a_place(tmp_path: Path) -> None:
    (tmp_path / "net.toml").write_text(
        'projection = [{ from = "input", to = "a", weights = [1] }]\n' + NETWORK.split("[[projection]]")[0]
    )
    assert command("show", tmp_path / "net.toml").complaint == (
        f"{str(tmp_path / 'net.toml')!r}: weights of input_a must be [3, 2], not [1]"
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('weight = "Q2.2"\n', "", "every signal must have a format, input_a.weight has none"),
        ('membrane = "Q4.4 floor"\n', "", "every signal must have a format, a.membrane (lif.neuron:18:5) has none"),
        ('"Q2.2"', '"Q2.2 flur"', "signal 'weight': rounding must be one of floor, "),
        ('"Q2.2"', '"Q2.2 floor wrap now"', "signal 'weight' must be a format, a rounding and an overflow, not "),
        ('"Q2.2"', "3", "signal 'weight' must be a text or a table of format, rounding, overflow: "),
        ('"Q2.2"', '"Q2.2"\n"a.membrene" = "Q2.2"', "a signal must be one of a.membrane, a.threshold, "),
        ('"Q2.2"', '"Q2.2"\nweights = "Q2.2"', "a signal must be one of membrane, threshold, "),
        ('"Q2.2"', '"Q2.2"\nweights = {}', "signal 'weights' must be a text or a table of format, rounding, overflow"),
        ('"Q2.2"', '"Q2.2"\n"a.membrane" = "Q2.2"\na.membrane = "Q2.3"', "signal 'a.membrane' must be given once"),
        ("[signal]", "[signals]", "a plan must have the documented keys: "),
        ("[signal]", '"a" = \n[signal]', "a plan must be TOML: "),
    ],
)  # fmt: skip
def test_a_plan_that_is_none_is_refused_in_a_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in PLAN
    (tmp_path / "net.toml").write_text(NETWORK)
    (tmp_path / "plan.toml").write_text(PLAN.replace(old, new, 1))
    complaint = command("show", tmp_path / "net.toml", tmp_path / "plan.toml").complaint
    assert complaint.startswith(f"{str(tmp_path / 'plan.toml')!r}: {said}")


def test_weights_and_constants_that_their_formats_do_not_hold_are_warned_of(tmp_path: Path) -> None:
    (tmp_path / "net.toml").write_text(NETWORK.replace("decay = 0.5", "decay = 1.5"))
    (tmp_path / "plan.toml").write_text(PLAN.replace("Q2.2", "Q1.2 floor wrap").replace("UQ1.2 floor wrap", "UQ0.6"))
    expected = [
        "warning: weights of input_a: 1 of 6 do not fit Q1.2 (s3), the farthest 1 is stored as -1",
        "warning: constant threshold of a: 1 of 2 do not fit UQ0.6 (u6), the farthest 1 is stored as 0.984375",
        "warning: constant decay of a does not fit UQ0.4 (u4): 1.5 is stored as 0.9375",
    ]
    net, plan = tmp_path / "net.toml", tmp_path / "plan.toml"
    for words in (("show", net, plan), ("memory", plan, "--network", net, "--json")):
        said = command(*words)
        assert (said.status, said.err.splitlines()) == (0, expected)
    plan.write_text(PLAN)
    assert command("show", net, plan).err.splitlines() == [
        "warning: constant decay of a does not fit UQ0.4 (u4): 1.5 is stored as 0.9375"
    ]


def test_a_width_that_cannot_be_proved_names_the_population(tmp_path: Path) -> None:
    (tmp_path / "net.toml").write_text(NETWORK)
    (tmp_path / "plan.toml").write_text(PLAN.replace("UQ0.4", "UQ0.60"))
    complaint = command("show", tmp_path / "net.toml", tmp_path / "plan.toml").complaint
    assert complaint.startswith("population a: every exact intermediate must fit int64, but leaked = membrane * decay ")
    assert "lif.neuron:18:5" in complaint


def test_populations_that_nothing_reaches_are_named(tmp_path: Path) -> None:
    lonely = (
        '[population.{0}]\nshape = 2\nneuron = "relay"\n[[projection]]\nfrom = "{1}"\nto = "{0}"\nkind = "identity"\n'
    )
    (tmp_path / "net.toml").write_text(NETWORK + '[population.b]\nshape = 1\nneuron = "relay"\n')
    assert "population b: the input arriving must have a projection to it, it has none" in command(
        "show", tmp_path / "net.toml"
    ).complaint  # fmt: skip
    (tmp_path / "net.toml").write_text(NETWORK + lonely.format("b", "c") + lonely.format("c", "b"))
    assert command("show", tmp_path / "net.toml").complaint.endswith(
        "populations must be reached from the input, b, c are not"
    )


def test_an_exact_word_on_a_cycle_is_refused(tmp_path: Path) -> None:
    relay = '[input]\nshape = 1\n[population.a]\nshape = 1\nneuron = "relay"\n'
    wires = '[[projection]]\nfrom = "{}"\nto = "a"\nkind = "identity"\ndelay = 1\n'
    with pytest.raises(
        ConfigError, match=r"^population a: what a emits on a cycle must be a bit or .* not passed, which"
    ):
        loaded(tmp_path, relay + wires.format("input") + wires.format("a"), "[signal]")


def test_inputs_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    network = loaded(tmp_path)
    cases: list[tuple[np.ndarray[Any, Any], str]] = [
        (np.zeros((1, 2, 4), int), r"^inputs must be \[inputs, steps, 3\], not \[1, 2, 4\]$"),
        (np.full((1, 2, 3), 2), r"^inputs\[0, 0, 0\] must be a word of UQ1\.0 \(u1\), 0 to 1, not 2$"),
        (np.full((1, 2, 3), 0.5), r"^inputs\[0, 0, 0\] must be a word of UQ1\.0 \(u1\), 0 to 1, not 0\.5$"),
        (np.zeros((1, 0, 3), int), "^inputs must have more than the 0 steps of skip, not 0$"),
    ]
    for inputs, said in cases:
        with pytest.raises(ConfigError, match=said):
            run(network, inputs)


@pytest.mark.parametrize(
    ("text", "lacking", "keys"),
    [
        ('[signal]\nweight = "Q2.3"\n', "input and population are", "signal"),
        ("[input]\nshape = 3\n[populations]\n", "population is", "input, populations"),
        ("", "input and population are", "none"),
    ],
)
def test_a_toml_that_is_no_network_is_told_what_it_lacks_of_each_kind(
    tmp_path: Path, text: str, lacking: str, keys: str
) -> None:
    path = tmp_path / "net.toml"
    path.write_text(text)
    for words in (("show", path), ("memory", path, "--network", path)):
        assert command(*words).complaint == (
            f"{str(path)!r}: a network must be one of populations, which has the tables input and population (here "
            f"{lacking} missing), or a description of layers, which has [[layer]] (here missing); its keys are {keys}"
        )
    assert command("emulate", path, path, "--inputs", path).complaint == (
        f"{str(path)!r}: a network of populations must have the tables input and population, {lacking} missing; its "
        f"keys are {keys}"
    )
