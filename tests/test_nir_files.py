"""`fxsnn import`: what it writes, says and refuses; files that frameworks wrote, and what these recorded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from command_line import long_but, run, skip_with_jit
from fxsnn.errors import FileError
from fxsnn.graph.files import load_graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.quantise import quantise_graph
from fxsnn.graph.real import float_run
from fxsnn.graph.run import golden_nodes
from fxsnn.nir.conventions import Asked
from fxsnn.nir.convert import converted
from fxsnn.nir.read import read_nir
from nir_files import Nodes, chain, float_nodes, given, lif, output, write_nir

skip_with_jit()

HERE = Path(__file__).parent / "nir_recorded"
DATA = Path(os.environ.get("FXSNN_DATA", "nowhere")) / "nir"
real_files = pytest.mark.skipif(not DATA.is_dir(), reason="needs FXSNN_DATA with nir")
PLAN = """
[signal]
weight = "Q4.8"
bias = "Q4.8"
membrane = "Q8.8 floor saturate"
current = "Q8.8 floor saturate"
decay = "UQ1.10"
current_decay = "UQ1.10"
membrane_decay = "UQ1.10"
threshold = "Q6.8"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def small(**other: Any) -> dict[str, Any]:
    """Return an input of 3, a weighed LIF of 2 and an output."""
    fc = {"type": "Affine", "weight": np.array([[0.5, -1, 2], [0.25, 3, 1]]), "bias": np.array([0.0, 0.5])}
    return {"in": given(3), "fc": fc, "n": lif(2), "out": output(2)} | other


def big() -> dict[str, Any]:
    weight = np.random.default_rng(5).normal(0, 0.5, (20, 30))
    return {"in": given(30), "fc": {"type": "Linear", "weight": weight}, "n": lif(20), "out": output(20)}


# what is written


@pytest.mark.usefixtures("folder")
def test_what_is_written_is_read_back_to_the_network_that_was_made() -> None:
    nodes = big()
    path = write_nir(Path("net.nir"), nodes, chain(*nodes))
    said = run("import", "net.nir", "--out", "net.toml", "--dt", "0.25")
    assert said.status == 0, said.err
    assert sorted(one.name for one in Path().iterdir()) == ["net.arrays.npz", "net.nir", "net.toml"]
    made, read = converted(read_nir(path), Asked(dt=0.25)).graph, load_graph(Path("net.toml"))
    rows = (np.random.default_rng(1).random((7, 30)) < 0.3) * 1.0
    expected, found = float_nodes(made, rows), float_nodes(read, rows)
    assert {name: one.tolist() for name, one in found.items()} == {name: one.tolist() for name, one in expected.items()}
    assert expected["n.spike"].any()


@pytest.mark.usefixtures("folder")
def test_the_report_says_of_every_node_what_became_of_it_and_what_was_assumed() -> None:
    nodes = small()
    write_nir(Path("net.nir"), nodes, chain(*nodes))
    told = json.loads(run("import", "net.nir", "--out", "net.toml", "--json").out)
    assert [(row["node"], row["kind"], row["became"]) for row in told["nodes"]] == [
        ("in", "Input", "input"),
        ("fc", "Affine", "fc"),
        ("n", "LIF", "n"),
        ("out", "Output", "n"),
    ]
    assert told["conventions"]["dt"] == 0.25
    out = run("import", "net.nir", "--out", "net.toml").out
    assert [line.removeprefix("assumed: ") for line in out.splitlines() if line.startswith("assumed: ")] == told[
        "assumed"
    ]
    text = Path("net.toml").read_text()
    assert [line.removeprefix("# assumed: ") for line in text.splitlines() if line.startswith("# assumed: ")] == told[
        "assumed"
    ]


@pytest.mark.usefixtures("folder")
def test_strict_writes_nothing_where_anything_is_assumed_and_ends_with_1() -> None:
    nodes = small()
    write_nir(Path("net.nir"), nodes, chain(*nodes))
    said = run("import", "net.nir", "--out", "net.toml", "--strict")
    assert (said.status, said.out, said.err.count("\n")) == (1, "", 1)
    assert "dt: 0.25 s, as r is tau / dt" in said.err
    assert not Path("net.toml").exists()
    assert run("import", "net.nir", "--out", "net.toml", "--strict", "--from", "snntorch", "--dt", "0.25").status == 0


@pytest.mark.usefixtures("folder")
def test_an_imported_network_is_shown_emulated_and_made_golden() -> None:
    nodes = big()
    write_nir(Path("net.nir"), nodes, chain(*nodes))
    assert run("import", "net.nir", "--out", "net.toml").status == 0
    Path("plan.toml").write_text(PLAN)
    np.savez("spikes.npz", inputs=np.random.default_rng(2).random((4, 8, 30)) < 0.3)
    assert "# NIR's LIF and IF in steps" in run("show", "net.toml").out
    assert "population n" in run("show", "net.toml", "plan.toml").out
    said = run("emulate", "net.toml", "plan.toml", "--inputs", "spikes.npz")
    assert said.status == 0, said.err
    assert "fixed: " in said.out
    said = run("golden", "make", "net.toml", "plan.toml", "--inputs", "spikes.npz", "--images", 1, "--out", "set")
    assert said.status == 0, said.err
    assert run("golden", "check", "set").status == 0


# what is refused


def changed(**other: Any) -> Nodes:
    return small() | other


def node(name: str, **other: Any) -> Nodes:
    nodes = small()
    return nodes | {name: nodes[name] | other}


LINE = chain("in", "fc", "n", "out")
DELAYED = {"late": {"type": "Delay", "delay": 0.0}}
REFUSED: list[tuple[Nodes, list[tuple[str, str]] | None, str]] = [
    (small(), None, "a graph must have edges from 'in' to 'out', it has none"),
    (small(), [], "a graph must have edges from 'in' to 'out', it has none"),
    (small(), [("in", "fc"), ("fc", "n")], "the output 'out' must be reached from the input 'in', it is not"),
    (small(), [*LINE, ("n", "ghost")], "edge n -> ghost must be between nodes that are there, 'ghost' is not"),
    (small(), [*LINE, ("out", "n")], "edge out -> n must not go into the input or out of the output"),
    (
        changed(two=output(2)),
        LINE,
        "a graph must have one Output, not out, two: --output names the one that is read",
    ),
    (
        changed(two=given(2)),
        LINE,
        "a graph must have one Input, not in, two, as a network takes one array of words a step",
    ),
    (changed(odd={"type": "Brain"}), LINE, "node 'odd': type must be one of NIRGraph, Input, "),
    (node("n", v_threshold=[1.0, np.nan]), LINE, "node 'n': v_threshold must be finite, it holds nan"),
    (node("fc", weight=np.full((2, 3), -np.inf)), LINE, "node 'fc': weight must be finite, it holds -inf"),
    (node("n", r="much"), LINE, "node 'n' (LIF): r must be numbers, not 'much'"),
    (node("n", tau=np.array([1 + 2j])), LINE, "node 'n': tau must be numbers, not complex128"),
    (node("n", tau=np.ones(3)), LINE, "node 'n' (LIF): what arrives must be [3], 'fc' gives [2]"),
    (node("n", v_leak=np.ones(3)), LINE, "node 'n' (LIF): "),
    (node("n", tau=np.zeros(2)), LINE, "node 'n' (LIF): "),
    (node("fc", weight=np.ones((2, 4))), LINE, "node 'fc' (Affine): what arrives must be [4], 'in' gives [3]"),
    (node("fc", bias=np.ones(3)), LINE, "node 'fc' (Affine): bias must be 2 numbers, not [3]"),
    (node("out", shape=[3]), LINE, "node 'out' (Output): shape must be that of what arrives, [2], not [3]"),
    (
        changed(n={"type": "LIF", "tau": [1.0]}),
        LINE,
        "node 'n' (LIF): r, v_leak, v_threshold must be given, are missing",
    ),
    (
        changed(**DELAYED),
        [*LINE, ("n", "late"), ("late", "n")],
        "a cycle must have a delay of 1 step or more, n -> n has none",
    ),
    (
        changed(more={"type": "Affine", "weight": np.ones((2, 2)), "bias": np.ones(2)}),
        [*LINE, ("more", "n")],
        "node 'more' (Affine): a node must be reached from the input 'in', it is not",
    ),
    (
        changed(fc={"type": "Conv2d", "weight": np.ones((1, 1, 3, 3))}),
        LINE,
        "node 'fc' (Conv2d): what arrives must be 1 channels of 2 axes for a weight [1, 1, 3, 3] and 1 group, not [3]",
    ),
    (
        {
            "in": given(1, 4, 4),
            "fc": {"type": "Conv2d", "weight": np.ones((1, 1, 5, 3))},
            "n": lif(1),
            "out": output(1),
        },
        LINE,
        "node 'fc' (Conv2d): a kernel over [5, 3] cells must fit what arrives, [4, 4]",
    ),
    (
        {
            "in": given(1, 4, 4),
            "fc": {"type": "Conv2d", "weight": np.ones((1, 1, 3, 3)), "dilation": 1 << 29, "padding": 1 << 29},
            "n": lif(1),
            "out": output(1),
        },
        LINE,
        "node 'fc' (Conv2d): a kernel must lie over at most 4096 cells",
    ),
    (changed(**{"in": given(1 << 30)}), LINE, "node 'in' (Input): a shape must be of 1 to 3 axes"),
]


@pytest.mark.parametrize(("nodes", "edges", "told"), long_but(6, *REFUSED), ids=[told[:60] for *_, told in REFUSED])
def test_a_graph_without_a_meaning_is_refused_in_one_line(
    folder: Path, nodes: Nodes, edges: list[tuple[str, str]] | None, told: str
) -> None:
    write_nir(folder / "net.nir", nodes, edges)
    complaint = run("import", "net.nir", "--out", "net.toml", "--dt", "0.25").complaint
    assert complaint.startswith(f"'net.nir': {told}")
    assert sorted(one.name for one in folder.iterdir()) == ["net.nir"]


@pytest.mark.usefixtures("folder")
def test_of_several_outputs_the_one_that_is_named_is_read_and_the_others_are_left_out() -> None:
    nodes = changed(m=lif(2), two=output(2))
    write_nir(Path("net.nir"), nodes, [*LINE, ("fc", "m"), ("m", "two")])
    said = run("import", "net.nir", "--out", "net.toml", "--dt", "0.25", "--output", "two")
    assert said.status == 0, said.err
    assert "note: out: an output that is not read" in said.out
    assert [one.name for one in load_graph(Path("net.toml")).populations] == ["m"]
    assert run("import", "net.nir", "--out", "x.toml", "--output", "no").complaint == (
        "'net.nir': --output must be one of out, two, not 'no'"
    )


@pytest.mark.usefixtures("folder")
def test_a_step_that_makes_a_decay_leave_0_to_1_is_refused_with_its_node() -> None:
    nodes = small()
    write_nir(Path("net.nir"), nodes, chain(*nodes))
    told = (
        "'net.nir': node 'n' (LIF): a decay must be 0 to 1, dt 1.5 and tau 1 make it -0.5 by 1 - dt / tau; "
        "see --dt and --decay"
    )
    assert run("import", "net.nir", "--out", "net.toml", "--dt", "1.5").complaint == told
    # 0 is a decay, but hardly one that was meant
    said = run("import", "net.nir", "--out", "net.toml", "--dt", "1")
    assert "note: n: the decay of tau 1 is 0, a step forgets all before it" in said.out


@pytest.mark.usefixtures("folder")
def test_dt_that_the_file_does_not_tell_must_be_given() -> None:
    nodes = small(n=lif(2, r=[2.0, 5.0]))
    write_nir(Path("net.nir"), nodes, chain(*nodes))
    assert run("import", "net.nir", "--out", "net.toml").complaint == (
        "'net.nir': node 'n' (LIF): --dt must be given: tau / r is not one number above 0 of all nodes, so the file "
        "does not state it"
    )


@pytest.mark.usefixtures("folder")
def test_a_time_constant_that_is_not_above_0_is_refused_with_its_node_whatever_is_said_of_dt() -> None:
    nodes = small(n=lif(2, tau=[1.0, -0.5]))
    write_nir(Path("net.nir"), nodes, chain(*nodes))
    for words in ([], ["--dt", "0.001"]):
        said = run("import", "net.nir", "--out", "net.toml", *words)
        assert said.complaint == "'net.nir': node 'n' (LIF): tau must be above 0, not -0.5"


@pytest.mark.usefixtures("folder")
def test_the_report_says_what_a_linear_node_does_that_is_a_population() -> None:
    nodes: dict[str, Any] = {
        "in": {"type": "Input", "shape": [2, 4, 4]},
        "sum": {"type": "SumPool2d", "kernel_size": [2, 2], "stride": [2, 2], "padding": [0, 0]},
        "flat": {"type": "Flatten", "start_dim": 0, "end_dim": -1},
        "late": {"type": "Delay", "delay": [0.0, 0.002, 0.003, 0, 0, 0, 0, 0]},
        "fc": {"type": "Affine", "weight": np.ones((3, 8)), "bias": np.ones(3)},
        "half": {"type": "Linear", "weight": np.full((2, 3), 0.5)},
        "out": {"type": "Output", "shape": [2]},
    }
    write_nir(Path("net.nir"), nodes, chain(*nodes))
    told = json.loads(run("import", "net.nir", "--out", "net.toml", "--dt", "0.001", "--json").out)
    assert {row["node"]: row["how"] for row in told["nodes"]} == {
        "in": "[4, 4, 2] of UQ1.0",
        "sum": "sum; windows [2, 2]; relay",
        "flat": "taken as [8]",
        "late": "0 to 3 steps; relay",
        "fc": "dense; weights [8, 3]; its bias among the neurons' constants; nir_biased; bias 1",
        "half": "dense; weights [3, 2]; relay",
        "out": "counts of what is emitted",
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--out", "net.json"], "--out must be a file ending in .toml, without a colon in its name, not 'net.json'"),
        (["--out", "n.toml", "--decay", "fast"], "--decay must be one of euler, exponential, not 'fast'"),
        (["--out", "n.toml", "--floor", "nan"], "--floor must be one of none, threshold, if or a number, not 'nan'"),
        (
            ["--out", "n.toml", "--from", "brain"],
            "--from must be one of snntorch, norse, rockpool, sinabs, lava, spikingjelly, spyx, not 'brain'",
        ),
        (["--out", "n.toml", "--dt", "0"], "--dt must be a number above 0, not 0.0"),
        (["--out", "n.toml", "--scale", "inf"], "--scale must be a number above 0, not inf"),
        (
            ["--out", "n.toml", "--spikes", "many"],
            "'net.nir': --spikes many must come with --compare ge and --reset-step same, not gt and same",
        ),
        (["--out", "n.toml", "--input", "Q"], "a format must read like Q2.6"),
        (["--out", "nowhere/n.toml"], "an output file must be in a folder that can be written, not 'nowhere/n.toml'"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_is_asked_for_wrongly_is_refused(words: list[str], told: str) -> None:
    nodes = small()
    write_nir(Path("net.nir"), nodes, chain(*nodes))
    assert run("import", "net.nir", *words).complaint.startswith(told)
    assert not Path("n.toml").exists()


def claims(file: Any) -> None:
    file["node/nodes/fc"].create_dataset("huge", (100_000, 50_000), "f8", chunks=(1, 1000))
    file["node/nodes/fc"].move("weight", "small")
    file["node/nodes/fc"].move("huge", "weight")


def large_chunks(file: Any) -> None:
    del file["node/nodes/fc/weight"]
    file["node/nodes/fc"].create_dataset("weight", (2, 3), "f8", maxshape=(None, None), chunks=(20_000, 10_000))


def linked(file: Any) -> None:
    del file["node/nodes/fc/weight"]
    file["node/nodes/fc/weight"] = h5py.ExternalLink("/etc/passwd", "/x")


def soft(file: Any) -> None:
    del file["node/nodes/n"]
    file["node/nodes/n"] = h5py.SoftLink("/node")


def stored_elsewhere(file: Any) -> None:
    del file["node/nodes/fc/weight"]
    file["node/nodes/fc"].create_dataset("weight", (2, 3), "f8", external=[("other.bin", 0, 48)])


def endless(file: Any) -> None:
    file["node/nodes/again"] = file["node"]


def no_type(file: Any) -> None:
    del file["node/nodes/n/type"]


def typed_by_number(file: Any) -> None:
    del file["node/nodes/n/type"]
    file["node/nodes/n/type"] = 3


def edges_by_number(file: Any) -> None:
    del file["node/edges"]
    file["node/edges"] = np.zeros((2, 2))


def edges_of_three(file: Any) -> None:
    del file["node/edges"]
    file["node/edges"] = np.array([[b"in", b"n", b"out"]])


@pytest.mark.parametrize(
    ("spoil", "told"),
    long_but(
        2,
        (claims, "fc: weight must be at most "),
        (large_chunks, "fc: weight must be at most "),
        (linked, "/node/nodes/fc/weight must be in the file itself, not a link to elsewhere"),
        (soft, "/node/nodes/n must be in the file itself, not a link to elsewhere"),
        (stored_elsewhere, "fc: weight must be stored in the file itself, it is elsewhere"),
        (endless, "graphs must be at most 8 deep inside each other"),
        (no_type, "n: type must be an array, it is missing"),
        (typed_by_number, "n: type must be text, not int64"),
        (edges_by_number, "edges of the graph must be text, not float64"),
        (edges_of_three, "edges of the graph must be [edges, 2] and at most 32768, not [1, 3]"),
    ),
)
def test_what_nobody_would_write_is_refused_before_anything_is_read_of_it(
    folder: Path, spoil: Callable[[Any], None], told: str
) -> None:
    nodes = small()
    write_nir(folder / "net.nir", nodes, chain(*nodes))
    with h5py.File(folder / "net.nir", "r+") as file:
        spoil(file)
    assert run("import", "net.nir", "--out", "net.toml").complaint.startswith(f"'net.nir': {told}")
    assert not (folder / "net.toml").exists()


@pytest.mark.long
def test_what_is_no_nir_file_is_refused(folder: Path) -> None:
    def complaint() -> str:
        return run("import", "net.nir", "--out", "net.toml").complaint

    assert complaint().startswith("a NIR file must be a file that can be read, not 'net.nir'")
    (folder / "net.nir").write_text("a graph\n")
    assert complaint().startswith("'net.nir': a NIR file must be whole HDF5: ")
    with h5py.File(folder / "net.nir", "w") as file:
        file["other"] = 1
    assert complaint() == "'net.nir': a NIR file must hold the group 'node', it does not"
    nodes = small()
    whole = write_nir(folder / "net.nir", nodes, chain(*nodes)).read_bytes()
    for part in (0.1, 0.5, 0.9, 0.99):
        (folder / "net.nir").write_bytes(whole[: int(len(whole) * part)])
        assert complaint().startswith("'net.nir': ")


def test_without_h5py_the_command_says_what_to_install(folder: Path) -> None:
    nodes = small()
    write_nir(folder / "net.nir", nodes, chain(*nodes))
    code = "import sys; sys.modules['h5py'] = None; from fxsnn.cli import main; main()"
    words = [sys.executable, "-P", "-c", code, "import", "net.nir", "--out", "net.toml"]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == "fxsnn: reading NIR needs h5py: pip install 'fxsnn[nir]'\n"


@pytest.mark.long
def test_a_file_with_wrong_bytes_is_refused_or_read(folder: Path) -> None:
    nodes = small()
    whole = write_nir(folder / "net.nir", nodes, chain(*nodes)).read_bytes()
    rng, refused = np.random.default_rng(6), 0
    for _ in range(12):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), 4).tolist():
            data[at : at + 8] = bytes(rng.integers(0, 256, 8).tolist())
        (folder / "net.nir").write_bytes(data)
        said = run("import", "net.nir", "--out", "net.toml")
        assert said.status == 0 or said.complaint.startswith("'net.nir': ")
        refused += said.status == 2
    assert refused


def test_a_file_that_the_library_of_hdf5_does_not_come_to_an_end_with_is_refused(folder: Path) -> None:
    nodes = small()
    data = bytearray(write_nir(folder / "net.nir", nodes, chain(*nodes)).read_bytes())
    first = data.find(b"GCOL")  # where texts lie; of the second one all is 0, its length too
    data[first + 40 : first + 72] = bytes(32)
    (folder / "net.nir").write_bytes(data)
    with pytest.raises(FileError, match=r"net\.nir': a NIR file must be whole HDF5: "):
        read_nir(folder / "net.nir", seconds=2)


# files that tools/nir_frameworks.py let frameworks write, with the spikes that these computed

RESETS = [(reset, step) for reset in ("zero", "subtract") for step in ("same", "next")]
WRITTEN = {
    "snntorch_leaky_subtract": ("subtract", "same"),
    "snntorch_leaky_subtract_delayed": ("subtract", "next"),
    # a late reset to zero of Leaky comes before the decay: the same spikes
    "snntorch_leaky_zero_delayed": ("zero", "same"),
    "snntorch_synaptic_zero": ("zero", "same"),
    "snntorch_recurrent_subtract_delayed": ("subtract", "next"),
}


def equal(name: str, asked: Asked, late: int = 0) -> bool:
    """Say whether all spikes are those of the framework, which gives them so many steps later."""
    recorded = np.load(HERE / f"{name}.npz")
    graph = converted(read_nir(HERE / f"{name}.nir"), asked).graph
    inputs = recorded["inputs"]
    inputs = np.moveaxis(inputs, 1, -1) if inputs.ndim == 4 else inputs  # the channel last
    found = float_nodes(graph, inputs)[f"{graph.read.name}.spike"]
    assert recorded["spikes"].sum() > 20
    return bool((found[: len(found) - late] == recorded["spikes"][late:]).all())


@pytest.mark.parametrize("name", long_but(1, *WRITTEN))
def test_all_spikes_of_snntorch_come_out_under_its_conventions_and_under_no_other_reset(name: str) -> None:
    fits = [one for one in RESETS if equal(name, Asked(framework="snntorch", reset=one[0], reset_step=one[1]))]
    assert fits == [WRITTEN[name]]


def test_a_threshold_that_snntorch_takes_once_more_is_taken_so() -> None:
    assert equal("snntorch_leaky_subtract_again", Asked(framework="snntorch"))
    assert not equal("snntorch_leaky_subtract_again", Asked(framework="snntorch", reset_step="same"))


@pytest.mark.parametrize("name", ["norse_box", "norse_current"])
def test_all_spikes_of_norse_come_out_under_its_conventions(name: str) -> None:
    assert equal(name, Asked(framework="norse"))
    assert not equal(name, Asked(framework="norse", reset="subtract"))


@pytest.mark.parametrize("name", long_but(1, "lif", "lif_whole", "if", "current"))
def test_all_spikes_of_spikingjelly_come_out_under_its_conventions(name: str) -> None:
    assert equal(f"spikingjelly_{name}", Asked(framework="spikingjelly"))
    assert not equal(f"spikingjelly_{name}", Asked(framework="spikingjelly", reset="subtract"))


@pytest.mark.parametrize("name", long_but(1, "lif", "current", "if"))
def test_all_spikes_of_spyx_come_out_a_step_earlier_under_its_conventions(name: str) -> None:
    assert equal(f"spyx_{name}", Asked(framework="spyx"), late=1)
    assert not equal(f"spyx_{name}", Asked(framework="spyx", arrives="same"), late=1)
    assert not equal(f"spyx_{name}", Asked(framework="spyx", arrives="next"), late=1)
    other = "next" if name == "current" else "same"
    assert equal(f"spyx_{name}", Asked(framework="spyx", reset_step=other), late=1) == (name == "if")


def test_what_follows_from_the_input_without_neurons_arrives_in_the_same_step_where_what_is_emitted_does_not(
    tmp_path: Path,
) -> None:
    pool = {"type": "SumPool2d", "kernel_size": [2, 2], "stride": [2, 2], "padding": [0, 0]}
    nodes: dict[str, Any] = {
        "in": {"type": "Input", "shape": [1, 4, 4]},
        "first": pool,
        "half": {"type": "Scale", "scale": np.full((1, 2, 2), 0.5)},
        "a": {"type": "IF", "r": np.ones((1, 2, 2)), "v_threshold": np.ones((1, 2, 2))},
        "second": pool,
        "b": {"type": "IF", "r": np.ones((1, 1, 1)), "v_threshold": np.ones((1, 1, 1))},
        "out": {"type": "Output", "shape": [1, 1, 1]},
    }
    write_nir(tmp_path / "net.nir", nodes, chain(*nodes))
    made = converted(read_nir(tmp_path / "net.nir"), Asked(framework="spyx")).graph
    assert {one.target: one.delay for one in made.projections} == {"first": 0, "a": 0, "b": 1}


def test_all_counts_of_sinabs_come_out_under_its_conventions() -> None:
    assert np.load(HERE / "sinabs_convolutions.npz")["spikes"].max() > 2
    assert equal("sinabs_convolutions", Asked(framework="sinabs"))
    assert not equal("sinabs_convolutions", Asked(framework="sinabs", floor="none"))
    assert not equal("sinabs_convolutions", Asked(framework="sinabs", spikes="one"))


# files that frameworks wrote


@real_files
@pytest.mark.parametrize(
    "name",
    [
        "braille_noDelay_bias_zero",
        "braille_noDelay_noBias_subtract",
        "braille_noDelay_noBias_subtract_subgraph",
        "cnn_sinabs",
        "lif_norse",
        "lif_rockpool",
        "two_lif_neurons",
    ],
)
@pytest.mark.usefixtures("folder")
def test_every_file_of_a_framework_is_imported_with_what_was_assumed(name: str) -> None:
    said = run("import", DATA / f"{name}.nir", "--out", "net.toml")
    assert (said.status, said.err) == (0, "")
    assert "assumed: " in said.out
    load_graph(Path("net.toml"))


# the conventions that each recorded trace needs; docs/nir.md has them as a table
TRACES = {
    "lif_norse": ("lif_norse", Asked(framework="norse", dt=1e-4)),
    "lif_rockpool": ("lif_rockpool", Asked(framework="rockpool")),
    "lif_snntorch": ("lif_norse", Asked(framework="snntorch", reset="zero", scale=25)),
    "lif_lava_cpu_fixed": ("lif_norse", Asked(framework="lava", dt=1e-4, scale=16000)),
}


@real_files
@pytest.mark.parametrize("trace", TRACES)
def test_the_float_parent_gives_all_spikes_that_a_framework_recorded(trace: str) -> None:
    recorded = np.loadtxt(DATA / f"{trace}.csv", delimiter=",")
    name, asked = TRACES[trace]
    graph = converted(read_nir(DATA / f"{name}.nir"), asked).graph
    found = float_nodes(graph, recorded[:, :1])
    neuron = graph.read.name
    assert found[f"{neuron}.spike"][:, 0].tolist() == recorded[:, 2].tolist()
    assert recorded[:, 2].sum() == 4
    if trace != "lif_lava_cpu_fixed":  # frameworks compute in float32, and print so many digits
        unit = 25 if trace == "lif_snntorch" else 1
        assert abs(found[f"{neuron}.membrane"][:, 0] - recorded[:, 1]).max() < 5e-8 * unit


@real_files
def test_integers_give_every_word_of_the_membrane_that_lava_recorded() -> None:
    recorded = np.loadtxt(DATA / "lif_lava_cpu_fixed.csv", delimiter=",").astype(np.int64)
    name, asked = TRACES["lif_lava_cpu_fixed"]
    graph = converted(read_nir(DATA / f"{name}.nir"), asked).graph
    plan = parse_graph_plan(
        '[signal]\nweight = "Q12.0"\nmembrane = "Q23.0 zero"\ndecay = "UQ0.12 ceil"\nthreshold = "Q23.0"\n'
    )
    found = golden_nodes(quantise_graph(graph, plan), recorded[:, :1])
    neuron = graph.read.name
    assert found[f"{neuron}.membrane"].words[:, 0].tolist() == recorded[:, 1].tolist()
    assert found[f"{neuron}.spike"].words[:, 0].tolist() == recorded[:, 2].tolist()


@pytest.mark.skipif(not (DATA.parent / "nmnist_small").is_dir(), reason="needs FXSNN_DATA with nmnist_small")
@real_files
def test_the_network_of_sinabs_knows_recordings_of_nmnist() -> None:
    graph = converted(read_nir(DATA / "cnn_sinabs.nir"), Asked(framework="sinabs")).graph
    for digit in (1, 4, 7):
        first = min((DATA.parent / "nmnist_small" / "Test" / str(digit)).glob("*.bin"))
        x, y, high, middle, low = np.frombuffer(first.read_bytes(), np.uint8).reshape(-1, 5).astype(np.int64).T
        step = ((high & 127) << 16 | middle << 8 | low) // 1000  # of 1 ms, as the network was run there
        frames = np.zeros((1, 100, 34, 34, 2))
        seen = (step < 100) & (y < 34)
        np.add.at(frames[0], (step[seen], y[seen], x[seen], high[seen] >> 7), 1)
        said, classes = float_run(graph, frames)
        assert classes is not None
        assert classes.tolist() == [digit]
        assert said.max() > 100


@real_files
def test_a_network_with_a_graph_inside_gives_the_spikes_of_the_one_without() -> None:
    asked = Asked(framework="snntorch")
    one, other = (
        converted(read_nir(DATA / f"braille_noDelay_noBias_subtract{end}.nir"), asked).graph
        for end in ("", "_subgraph")
    )
    rows = (np.random.default_rng(4).random((60, 12)) < 0.4) * 1.0
    first, second = float_nodes(one, rows), float_nodes(other, rows)
    assert first["lif1_lif.spike"].tolist() == second["lif1_lif1.spike"].tolist()
    assert first["lif2.spike"].tolist() == second["lif2.spike"].tolist()
    assert first["lif2.spike"].any()
