"""Waveforms as simulators write them: edges, weak levels, buses bit by bit, and what must not be taken in silence."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from command_line import FXSNN, run, skip_without_jit
from fxsnn.golden.bundle import read_bundle

skip_without_jit()

EACH = Path(__file__).parent.parent / "golden" / "each_subtract"
WORDS = [f"{int(word) & 127:07b}" for word in read_bundle(EACH).words["layer.membrane"].reshape(-1)]
ROWS = ["".join(str(int(bit)) for bit in row[::-1]) for row in read_bundle(EACH).words["layer.spike"]]
OPTIONS = ["--signal", "membrane=tb.v", "--clock", "tb.clk"]
CLOCK = "$var reg 1 ! clk $end\n"
BUS = "$var reg 7 v v [6:0] $end\n"


def wave(variables: str, changes: list[str], begin: str = "0!", high: str = "1!", low: str = "0!") -> str:
    """Return a VCD: at each edge what the changes before it made of the variables."""
    text = f"$timescale 1ns $end\n$scope module tb $end\n{variables}$upscope $end\n$enddefinitions $end\n#0\n{begin}\n"
    for k, change in enumerate(changes, 1):
        text += f"#{10 * k}\n{change}\n#{10 * k + 5}\n{high}\n#{10 * k + 9}\n{low}\n"
    return text


BUSSED = [f"b{word} v" for word in WORDS]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.vcd"


@pytest.mark.parametrize(
    ("begin", "high", "low"),
    [
        ("0!", "1!", "0!"),
        ("$dumpvars\nx!\n$end", "1!", "0!"),
        ("bx v", "1!", "0!"),
        ("L!", "H!", "L!"),
        ("z!", "1!", "x!"),
    ],
)
def test_a_clock_s_edges_are_those_of_verilog(begin: str, high: str, low: str, path: Path) -> None:
    path.write_text(wave(CLOCK + BUS, BUSSED, begin, high, low))
    assert run("golden", "diff", EACH, path, *OPTIONS).out == "all 576 words match\n"


def test_a_clock_that_is_high_when_the_dump_begins_has_no_edge_there(path: Path) -> None:
    path.write_text(wave(CLOCK + BUS, BUSSED, "1!\nb0000000 v\n#4\n0!"))
    assert run("golden", "diff", EACH, path, *OPTIONS).out == "all 576 words match\n"


@pytest.mark.long
def test_weak_levels_are_0_and_1_and_what_else_is_not_is_undefined(path: Path) -> None:
    weak = [change.replace("0", "L").replace("1", "H") for change in BUSSED]
    path.write_text(wave(CLOCK + BUS, weak))
    assert run("golden", "diff", EACH, path, *OPTIONS).out == "all 576 words match\n"
    for level in "XZUW-":
        path.write_text(wave(CLOCK + BUS, [*BUSSED[:9], f"b{level}{WORDS[9][1:]} v", *BUSSED[10:]]))
        said = run("golden", "diff", EACH, path, *OPTIONS)
        assert said.out.splitlines()[0] == "first     membrane, presentation 0, step 1, neuron 1"
        assert "got       undefined (x or z)" in said.out


def test_a_waveform_that_ends_early_is_a_finding(path: Path) -> None:
    path.write_text(wave(CLOCK + BUS, BUSSED[:80]))
    said = run("golden", "diff", EACH, path, *OPTIONS)
    assert said.status == 1
    assert said.out.splitlines()[1].endswith("the first: membrane, presentation 0, step 10, neuron 0")


@pytest.mark.long
def test_what_the_reader_prints_is_a_note_and_never_spoils_json(path: Path) -> None:
    path.write_text(wave(CLOCK + BUS, BUSSED[:80]) + "#8")  # cut within a time
    done = subprocess.run(
        [*FXSNN, "golden", "diff", EACH, path, *OPTIONS, "--json"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    told = json.loads(done.stdout)
    assert told["words"] == 80
    assert told["notes"][0].startswith("the reader of a.vcd says: ")


def test_a_reader_that_panics_leaves_one_line(path: Path) -> None:
    path.write_text(wave(CLOCK + BUS, BUSSED[:9]) + "#@\n1!\n")
    done = subprocess.run([*FXSNN, "golden", "diff", EACH, path, *OPTIONS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("fxsnn: a.vcd must be a waveform (VCD, FST, GHW): ")
    assert done.stderr.count("\n") == 1


def test_two_signals_of_one_path_are_refused_and_one_that_is_declared_twice_is_read(path: Path) -> None:
    path.write_text(wave(CLOCK + BUS + "$var reg 7 w v [6:0] $end\n", BUSSED))
    complaint = run("golden", "diff", EACH, path, *OPTIONS).complaint
    assert complaint == "a.vcd must have one signal 'tb.v', not 2 different ones"
    path.write_text(wave(CLOCK + BUS + "$var reg 7 q q [6:0] $end\n" + BUS, BUSSED))
    assert run("golden", "diff", EACH, path, *OPTIONS).status == 0
    path.write_text(wave(CLOCK + "$var reg 1 c clk $end\n" + BUS, BUSSED))
    assert "one signal 'tb.clk', not 2" in run("golden", "diff", EACH, path, *OPTIONS).complaint


BITS = {
    "the highest first": "".join(f"$var reg 1 {k} v [{k}] $end\n" for k in reversed(range(7))),
    "the lowest first": "".join(f"$var reg 1 {k} v [{k}] $end\n" for k in range(7)),
    "without a space": "".join(f"$var reg 1 {k} v[{k}] $end\n" for k in reversed(range(7))),
    "apart": "".join(f"$var reg 1 {k} v [{k}] $end\n$var reg 1 {chr(ord('A') + k)} w [{k}] $end\n" for k in range(7)),
    "VHDL": "".join(f"$var reg 1 {k} v({k}) $end\n" for k in range(7)),
    "not from 0 on": "".join(f"$var reg 1 {k} v({k + 3}) $end\n" for k in range(7)),
}
BY_BIT = ["\n".join(f"{bit}{6 - at}" for at, bit in enumerate(word)) for word in WORDS]


@pytest.mark.long
@pytest.mark.parametrize("declared", BITS)
def test_a_bus_that_is_a_variable_a_bit_is_put_together(declared: str, path: Path) -> None:
    path.write_text(wave(CLOCK + BITS[declared], BY_BIT))
    assert run("golden", "diff", EACH, path, *OPTIONS).out == "all 576 words match\n"
    path.write_text(
        wave(CLOCK + BITS[declared], BY_BIT, "$dumpvars\n0!\n" + "".join(f"x{k}\n" for k in range(7)) + "$end")
    )
    assert run("golden", "diff", EACH, path, *OPTIONS).out == "all 576 words match\n"


def test_a_bit_of_a_bus_is_a_neuron_s_signal(path: Path) -> None:
    declared = "".join(f"$var reg 1 {k} s [{k}] $end\n" for k in range(8))
    path.write_text(wave(CLOCK + declared, ["\n".join(f"{bit}{7 - at}" for at, bit in enumerate(row)) for row in ROWS]))
    for signal in ("spike=tb.s", "spike=tb.s[{neuron}]", "spike=tb.s({neuron})"):
        assert run("golden", "diff", EACH, path, "--signal", signal, *SPIKES[2:]).out == "all 576 words match\n"


def test_a_bus_without_one_of_its_bits_is_refused(path: Path) -> None:
    path.write_text(wave(CLOCK + BITS["VHDL"].replace("$var reg 1 3 v(3) $end\n", ""), BY_BIT))
    assert run("golden", "diff", EACH, path, *OPTIONS).complaint == (
        "a.vcd must have bits 0 to 6 of 'tb.v', not none 3"
    )


def test_a_word_of_an_array_is_named_as_in_verilog(path: Path) -> None:
    declared = "".join(f"$var reg 7 {k} m[{k}] [6:0] $end\n" for k in range(8))
    rows = ["\n".join(f"b{WORDS[8 * row + k]} {k}" for k in range(8)) for row in range(len(WORDS) // 8)]
    path.write_text(wave(CLOCK + declared, rows))
    options = ["--signal", "membrane=tb.m[{neuron}]", "--clock", "tb.clk"]
    assert run("golden", "diff", EACH, path, *options).out == "all 576 words match\n"
    options[1] = "membrane=tb.m"
    assert run("golden", "diff", EACH, path, *options).complaint == (
        "a.vcd must have the signal 'tb.m', not an array of words of that name"
    )


@pytest.mark.long
def test_a_signal_narrower_than_its_node_is_told_first(path: Path) -> None:
    path.write_text(wave(CLOCK + "$var reg 6 v v [5:0] $end\n", [f"b{word[1:]} v" for word in WORDS]))
    said = run("golden", "diff", EACH, path, *OPTIONS)
    assert said.status == 1
    assert said.out.splitlines()[0] == (
        "narrow    tb.v is 6 bits wide, membrane, Q4.3 (s7), 7: what it lacks cannot be compared"
    )
    assert json.loads(run("golden", "diff", EACH, path, *OPTIONS, "--json").out)["narrow"]


SPIKES = ["--signal", "spike=tb.s", "--clock", "tb.clk"]


@pytest.mark.long
def test_a_row_of_spikes_is_undefined_only_where_its_bits_are(path: Path) -> None:
    step = next(k for k, row in enumerate(ROWS) if "1" not in row)
    rows = [f"b{row} s" for row in ROWS]
    path.write_text(wave(CLOCK + "$var reg 8 s s [7:0] $end\n", rows))
    assert run("golden", "diff", EACH, path, *SPIKES).out == "all 576 words match\n"
    rows[step] = "b00x00000 s"
    path.write_text(wave(CLOCK + "$var reg 8 s s [7:0] $end\n", rows))
    said = run("golden", "diff", EACH, path, *SPIKES).out
    assert said.splitlines()[0].endswith(", neuron 5")
    assert "1 of 576 words" in said


def test_a_row_of_spikes_that_lacks_neurons_is_told_first(path: Path) -> None:
    path.write_text(wave(CLOCK + "$var reg 6 s s [5:0] $end\n", [f"b{row[2:]} s" for row in ROWS]))
    said = run("golden", "diff", EACH, path, *SPIKES).out.splitlines()
    assert said[0] == "narrow    tb.s is 6 bits wide, a row of spike 8: what it lacks cannot be compared"
    assert said[1] == "first     spike, presentation 0, step 0, neuron 6"


def test_a_real_number_is_no_signal(path: Path) -> None:
    path.write_text(wave(CLOCK + "$var real 64 v v $end\n", ["r0.5 v"] * 9))
    complaint = run("golden", "diff", EACH, path, *OPTIONS).complaint
    assert complaint == "a.vcd must have 'tb.v' in bits, not as real numbers or texts"
