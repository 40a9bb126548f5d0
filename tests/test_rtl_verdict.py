"""No bench passes that has not said PASS, whatever ends, misleads or interrupts it; and it leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from command_line import hears_signals, long_but, skip_without_jit
from fxsnn.competitive.graph import graph_of
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.golden.rtl import script
from sets import SETS
from simulate import needs_icarus, needs_verilator, simulate

skip_without_jit()
pytestmark = pytest.mark.usefixtures(hears_signals.__name__)
GOLDEN = Path(__file__).parent.parent / "golden"
SMALL = "each_subtract"
# of each kind of set one, and the module in whose place a user's design is put
KINDS = {SMALL: "fxsnn_top", "layers_in_currents": "fxsnn_layers", "learning_by_chance": "fxsnn_learner"}


def holding(folder: Path, name: str = SMALL, **faults: tuple[str, str]) -> Path:
    """Copy a committed set, with another text in the place of one in some of its modules."""
    shutil.copytree(GOLDEN / name, folder)
    for module, (right, wrong) in faults.items():
        path = folder / "rtl" / f"{module}.sv"
        assert path.read_text().count(right) == 1
        path.write_text(path.read_text().replace(right, wrong))
    return folder


def ending(folder: Path, name: str, does: str) -> Path:
    """Copy a committed set whose design does something at its 20th clock."""
    block = f"  initial begin repeat (20) @(posedge clock); {does} end\nendmodule"
    return holding(folder, name, **{KINDS[name]: ("endmodule", block)})


def play(
    script: str | Path, *words: str, at: str | Path = GOLDEN, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a script in a folder with some variables set."""
    command = ["sh", str(script), *words]
    environment = {**os.environ, "PYTHON": sys.executable, **variables}
    return subprocess.run(
        command, cwd=at, env=environment, capture_output=True, text=True, errors="replace", timeout=300, check=False
    )


@needs_icarus
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    "does",
    long_but(
        1, "$finish;", "$stop;", "$fatal(0);", '$display("PASS 4608 words"); $finish;', '$display("\\nFAIL"); $finish;'
    ),
)
def test_a_design_that_ends_the_simulation_has_not_passed(name: str, does: str, tmp_path: Path) -> None:
    said = simulate(ending(tmp_path / "set", name, does))
    assert said.returncode == 1
    assert "FAIL" in said.stdout or "FATAL" in said.stdout


@needs_icarus
@pytest.mark.parametrize("name", long_but(1, SMALL, "layers_in_currents"))
def test_under_cocotb_neither(name: str, tmp_path: Path) -> None:
    folder = ending(tmp_path / "set", name, '$display("PASS 4608 words"); $finish;')
    said = play(folder / "run.sh", "cocotb")
    assert said.returncode == 1
    assert "\nFAIL " in said.stdout
    assert play(folder / "rtl" / "none.sh").returncode == 2
    assert play(folder / "run.sh", "cocotb", PYTHON="true").returncode == 2  # says nothing, with status 0


@needs_icarus
@pytest.mark.parametrize(
    "does", long_but(1, '$display("PASS 4608 words");', '$display("FAIL of the core");', '$error("of it");')
)
def test_a_design_that_says_what_the_bench_says_has_not_passed(does: str, tmp_path: Path) -> None:
    said = simulate(ending(tmp_path / "set", SMALL, does))
    assert said.returncode == 1
    assert said.stdout.splitlines()[-1].startswith("FAIL all words agree, but the simulation ended with status 0, ")


@needs_icarus
def test_a_design_may_print_what_it_likes(tmp_path: Path) -> None:
    said = play(ending(tmp_path / "set", SMALL, '$write("%c%c words: ", 0, 200);') / "run.sh")
    assert said.returncode == 0
    assert "PASS 4608 words\n" in said.stdout


@pytest.mark.long
@needs_verilator
def test_verilator_passes_none_that_ends_the_simulation(tmp_path: Path) -> None:
    """One build: the design ends the simulation as it is told when it is run."""
    does = 'if ($test$plusargs("stop")) $stop; else if ($test$plusargs("finish")) $finish;'
    folder = ending(tmp_path / "set", SMALL, does)
    path = folder / "run.sh"
    text = path.read_text()
    assert text.count('apart "$@" "+verdict=') == 1
    text = text.replace('"$@" "+verdict=', 'sh -c "$TOLD" played "$@" "+verdict=')
    path.write_text(text)
    tell = 'for does in finish stop; do "$@" +$does >&2; echo "$does $? $(cat "${2#*=}")"; done; "$@"'
    # what another project tells its own compiler, and a folder for temporary files that make could not use
    other = {
        "MAKEFLAGS": "-n",
        "CXXFLAGS": "-Werror -Wall -Wextra",
        "OBJCACHE": "none",
        "TMPDIR": str(tmp_path / "a b"),
    }
    (tmp_path / "a b").mkdir()
    said = play(path, "verilator", TOLD=tell, **other)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "finish 0 comparing 0 words\n" in said.stdout
    assert "stop 134 comparing 0 words\n" in said.stdout
    assert "PASS 4608 words\n" in said.stdout


@needs_icarus
def test_a_port_that_repeats_a_word_and_leaves_another_out_is_found(tmp_path: Path) -> None:
    """No input, so that the words of all neurons are equal: only which of them are shown is wrong."""
    network, _ = SETS[SMALL]()
    make_graph_bundle(tmp_path / "set", graph_of(network), np.zeros((1, 6, network.inputs), np.int64))
    assert simulate(tmp_path / "set").returncode == 0
    path = tmp_path / "set" / "rtl" / "population_layer.sv"
    path.write_text(path.read_text().replace("assign neuron = n;", "assign neuron = n == 1 ? 0 : n;"))
    said = simulate(tmp_path / "set")
    assert said.returncode == 1
    assert "FAIL sum.mem word 0 was compared more than once\n" in said.stdout
    assert ", and 48 comparisons were repeated\n" in said.stdout
    assert "differ" not in said.stdout
    said = play(tmp_path / "set" / "run.sh", "cocotb")
    assert said.returncode == 1
    assert "FAIL sum.mem word 0 was compared more than once\n" in said.stdout


@pytest.mark.long
@needs_icarus
@pytest.mark.parametrize(("shown", "told"), [("8", "8"), ("'x", "x"), ("n + 32'd1", "8")])
def test_an_address_that_no_neuron_has_is_found(shown: str, told: str, tmp_path: Path) -> None:
    fault = ("assign observe_neuron = n;", f"assign observe_neuron = {shown};")
    folder = holding(tmp_path / "set", fxsnn_layer=fault)
    said = simulate(folder)
    assert said.returncode == 1
    assert shown.startswith("n") or said.stdout.startswith(f"FAIL observe_neuron must be 0 to 7, not {told}\n")
    assert shown != "'x" or play(folder / "run.sh", "cocotb").returncode == 1


@needs_icarus
@pytest.mark.parametrize(("name", "module"), [(SMALL, "fxsnn_layer"), ("learning_by_chance", "fxsnn_learner")])
@pytest.mark.parametrize("value", long_but(1, "1'b0", "1'bx"))
def test_a_design_that_is_never_ready_is_not_waited_for(name: str, module: str, value: str, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    shutil.copytree(GOLDEN / name, folder)
    path = folder / "rtl" / f"{module}.sv"
    lines = [
        f"  assign ready = {value};" if line.startswith("  assign ready = ") else line
        for line in path.read_text().splitlines()
    ]
    path.write_text("\n".join([*lines, ""]))
    said = simulate(folder)
    assert said.returncode == 1
    assert "the design is not ready after " in said.stdout


@needs_icarus
def test_a_learner_whose_words_are_unknown_is_found_and_a_file_that_ends_early_is_damaged(tmp_path: Path) -> None:
    fault = ("X'(learner.stdp.traces[k])", "X'(learner.stdp.traces[k] ^ 5'bx)")
    folder = holding(tmp_path / "set", "learning_by_chance", fxsnn_learner_bench=fault)
    said = simulate(folder)
    assert said.returncode == 1
    assert said.stdout.startswith("FAIL trace.mem word 0, after image 0: expected ")
    (folder / "trace.mem").write_text("// nothing\n")
    said = simulate(folder)
    assert said.returncode == 2
    assert said.stdout.startswith("FAIL trace.mem must hold 24 words, not 0\n")


@needs_icarus
@pytest.mark.parametrize("name", long_but(1, "a set", "-set", "-", "--", "s*t", "$(s)", "sét"))
def test_the_folder_of_a_set_may_have_any_name(name: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / name).mkdir(parents=True)
    holding(tmp_path / "at" / name)
    (tmp_path / "temporary").mkdir()
    variables = {"CDPATH": str(other), "TMPDIR": str(tmp_path / "temporary"), "IFS": "/", "POSIXLY_CORRECT": "1"}
    command = ["sh", "--", f"{name}/run.sh"]
    said = subprocess.run(
        command, cwd=tmp_path / "at", env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stdout, said.stderr) == (0, "PASS 4608 words\n", "")
    (tmp_path / "link").symlink_to(Path("at") / name / "run.sh")
    assert play(tmp_path / "link", **variables).stdout == "PASS 4608 words\n"
    assert play(f"../{name}/run.sh", at=tmp_path / "at" / name).stdout == "PASS 4608 words\n"
    assert list((tmp_path / "temporary").iterdir()) == []


@needs_icarus
def test_any_folder_for_temporary_files_is_left_as_it_was_or_refused(tmp_path: Path) -> None:
    folder = holding(tmp_path / "set")
    before = sorted(tmp_path.rglob("*"))
    for place in ("a b", "-x", "relative", ""):
        (tmp_path / (place or "none")).mkdir()
        said = play(folder / "run.sh", at=tmp_path, TMPDIR=place)
        assert (said.returncode, said.stdout) == (0, "PASS 4608 words\n")
        (tmp_path / (place or "none")).rmdir()
    assert play(folder / "run.sh", TMPDIR=str(tmp_path / "missing")).returncode == 2
    assert sorted(tmp_path.rglob("*")) == before


@needs_icarus
def test_what_cannot_be_run_is_no_finding(tmp_path: Path) -> None:
    folder = holding(tmp_path / "set")
    assert play(folder / "run.sh", "icarus", "verilator").returncode == 2
    assert play(folder / "run.sh", "modelsim").returncode == 2
    shutil.copy(folder / "run.sh", tmp_path / "run.sh")
    assert play(tmp_path / "run.sh").stdout == "run.sh must be in its bundle, beside rtl/bench.f\n"
    # where the simulator is not all there, and where there is no room for what it says
    (tmp_path / "bin").mkdir()
    for tool in ("sh", "mktemp", "rm", "cat", "grep", "iverilog"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or "")
    said = play(folder / "run.sh", "icarus", PATH=str(tmp_path / "bin"))
    assert said.returncode == 2
    assert said.stdout.endswith("nothing was compared\n")
    with Path("/dev/full").open("w") as full:
        full_disk = subprocess.run(["sh", str(folder / "run.sh")], stdout=full, stderr=full, check=False)
    assert full_disk.returncode == 2


def processes(folder: Path) -> list[str]:
    """Return the commands that run and name a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().decode(errors="replace").replace("\0", " ")
        except OSError:  # it has ended meanwhile
            continue
        if str(folder) in command and f"/{os.getpid()}/" not in str(path):
            found.append(command)
    return found


def until(program: str, folder: Path) -> None:
    """Wait until a program runs whose command names a folder."""
    for _ in range(3000):
        if any(Path(command.split()[0]).name == program for command in processes(folder)):
            return
        time.sleep(0.01)
    raise AssertionError(f"{program} must run, not only {processes(folder)}")


def nothing_runs(folder: Path) -> bool:
    """Say whether no process names a folder; one that was killed may take a moment to be gone."""
    for _ in range(300):
        if not processes(folder):
            return True
        time.sleep(0.01)
    return False


def started(script: Path, *words: str, into: Path) -> subprocess.Popen[str]:
    """Start a script whose temporary files go into a folder, and which hears SIGINT."""
    into.mkdir()
    environment = {**os.environ, "TMPDIR": str(into), "PYTHON": sys.executable}
    hears = [
        "-c",
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp('sh', sys.argv[1:])",
    ]
    command = [sys.executable, *hears, "sh", str(script), *words]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)


@pytest.mark.parametrize(
    ("simulator", "at", "number"),
    [
        pytest.param("icarus", "vvp", signal.SIGTERM, marks=needs_icarus),
        pytest.param("icarus", "vvp", signal.SIGINT, marks=needs_icarus),
        pytest.param("icarus", "vvp", signal.SIGHUP, marks=needs_icarus),
        pytest.param("cocotb", "vvp", signal.SIGINT, marks=needs_icarus),
        pytest.param("verilator", "cc1plus", signal.SIGTERM, marks=needs_verilator),
    ],
)
def test_a_signal_ends_all_that_was_started_and_leaves_nothing(
    simulator: str, at: str, number: signal.Signals, tmp_path: Path
) -> None:
    folder = ending(tmp_path / "set", SMALL, "forever begin end")  # the simulation never ends
    bench = started(folder / "run.sh", simulator, into=tmp_path / "temporary")
    until(at, tmp_path)
    bench.send_signal(number)
    assert bench.wait(timeout=20) == 128 + number
    assert nothing_runs(tmp_path)
    assert list((tmp_path / "temporary").iterdir()) == []


@needs_icarus
@pytest.mark.parametrize("name", ["vvp", "fxsnn_cocotb"])
def test_a_simulator_that_is_killed_has_not_passed(name: str, tmp_path: Path) -> None:
    folder = ending(tmp_path / "set", SMALL, "forever begin end")
    simulator = "cocotb" if "cocotb" in name else "icarus"
    bench = started(folder / "run.sh", simulator, into=tmp_path / "temporary")
    until("vvp", tmp_path)
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        words = path.read_bytes().split(b"\0") if path.exists() else []
        if words[0:1] == [b"vvp"] and str(tmp_path).encode() in b" ".join(words):
            os.kill(int(path.parent.name), signal.SIGKILL)
    assert bench.wait(timeout=20) == 128 + signal.SIGKILL
    assert list((tmp_path / "temporary").iterdir()) == []


@needs_icarus
def test_the_cocotb_bench_alone_ends_on_a_signal_and_leaves_nothing(tmp_path: Path) -> None:
    folder = ending(tmp_path / "set", SMALL, "forever begin end")
    (tmp_path / "run.sh").write_text(f'exec "{sys.executable}" "{folder}/rtl/fxsnn_cocotb.py"\n')
    bench = started(tmp_path / "run.sh", into=tmp_path / "temporary")
    until("vvp", tmp_path)
    bench.send_signal(signal.SIGTERM)
    assert bench.wait(timeout=20) == 128 + signal.SIGTERM
    assert nothing_runs(tmp_path)
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.long
@needs_icarus
@pytest.mark.parametrize("alone", [False, True])
def test_cocotb_takes_nothing_from_another_project(alone: bool, tmp_path: Path) -> None:
    folder = holding(tmp_path / "set")
    if alone:
        (folder / "run.sh").write_text(f'exec "{sys.executable}" "{folder}/rtl/fxsnn_cocotb.py"\n')
    other = tmp_path / "other"
    other.mkdir()
    (other / "fxsnn_vectors.py").write_text("raise SystemExit(0)\n")
    (other / "fxsnn_cocotb.py").write_text("raise SystemExit(0)\n")
    settings = {
        "COCOTB_RANDOM_SEED": "abc",
        "COCOTB_TEST_FILTER": "none",
        "COCOTB_TESTCASE": "none",
        "TESTCASE": "none",
        "COCOTB_TEST_MODULES": "other",
        "COCOTB_TOPLEVEL": "other",
        "TOPLEVEL": "other",
        "MODULE": "other",
        "COCOTB_RESULTS_FILE": str(tmp_path / "theirs.xml"),
        "COCOTB_MAX_FAILURES": "x",
        "COCOTB_LOG_LEVEL": "abc",
        "COCOTB_LIST_TESTS": "1",
        "COCOTB_RESOLVE_X": "abc",
        "GPI_USERS": "none",
        "GPI_EXTRA": "none",
        "WAVES": "1",
        "PYGPI_USERS": "none",
        "PYTEST_CURRENT_TEST": "other.py::test_it (call)",
        "SIM_CMD_PREFIX": "false",
        "PYTHONSAFEPATH": "1",
        "PYTHONOPTIMIZE": "2",
        "PYTHONPATH": str(other),
        "GUI": "1",
        "RANDOM_SEED": "abc",
    }
    if not alone:  # what Python itself goes by before any bench runs
        settings |= {"PYTHONWARNINGS": "error", "PYTHONINSPECT": "1", "PYTHONHASHSEED": "abc"}
    before = sorted(tmp_path.rglob("*"))
    said = play(folder / "run.sh", *([] if alone else ["cocotb"]), **settings)
    assert (said.returncode, said.stdout) == (0, "PASS 4608 words\n"), said.stdout + said.stderr
    assert sorted(tmp_path.rglob("*")) == before


def sets(folder: Path) -> Path:
    """Return a folder of two sets and the script that plays all."""
    for name in (SMALL, "learning_by_chance"):
        holding(folder / name, name)
    shutil.copy(GOLDEN / "run.sh", folder / "run.sh")
    return folder


@pytest.mark.long
@needs_icarus
def test_all_sets_pass_or_the_status_says_that_one_did_not(tmp_path: Path) -> None:
    folder = sets(tmp_path / "-sets")
    passed = [f"{SMALL}: PASS 4608 words", "learning_by_chance: PASS 548 words"]
    said = play("-sets/run.sh".join(["./", ""]), at=tmp_path, CDPATH=str(GOLDEN.parent))
    assert (said.returncode, said.stdout.splitlines()) == (0, passed)
    path = folder / "learning_by_chance" / "rtl" / "fxsnn_learner.sv"
    right = path.read_text()
    ends = '  initial begin $display("PASS 548 words"); repeat (20) @(posedge clock); $finish; end\nendmodule'
    path.write_text(right.replace("endmodule", ends))
    said = play(folder / "run.sh")
    assert said.returncode == 1
    ended = "learning_by_chance: FAIL the simulation ended before all words were compared"
    assert said.stdout.splitlines() == [passed[0], ended]
    path.write_text(right)
    (folder / SMALL / "theta.mem").unlink()
    said = play(folder / "run.sh")
    assert said.returncode == 2
    assert said.stdout.splitlines() == [f"{SMALL}: FAIL theta.mem cannot be read", passed[1]]
    shutil.rmtree(folder / SMALL)
    shutil.rmtree(folder / "learning_by_chance")
    assert play(folder / "run.sh").stdout == "run.sh must be in the folder of the sets\n"


@needs_icarus
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_playing_of_all_sets(number: signal.Signals, tmp_path: Path) -> None:
    folder = sets(tmp_path / "sets")
    shutil.rmtree(folder / SMALL)
    ending(folder / SMALL, SMALL, "forever begin end")
    bench = started(folder / "run.sh", into=tmp_path / "temporary")
    until("vvp", tmp_path)
    bench.send_signal(number)
    assert bench.wait(timeout=20) == 128 + number
    assert nothing_runs(tmp_path)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_the_script_that_plays_all_sets_is_the_one_that_is_made() -> None:
    assert (GOLDEN / "run.sh").read_text() == script("run_all.sh")
