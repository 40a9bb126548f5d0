"""What holds for every command: help, exit status, one line for a complaint, quiet ends."""

from __future__ import annotations

import errno
import functools
import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
import typer
import typer.main
from rich.console import Console

import fxsnn.cli
from command_line import FXSNN, Said, in_plain_python, in_terminal, long_but, run
from fxsnn.cli.options import _lines, percent, progress_bars, spread
from fxsnn.errors import FileError

pytestmark = in_plain_python  # others import from here


def commands(group: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in getattr(group, "commands", {}).items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


COMMANDS = sorted(commands(typer.main.get_command(fxsnn.cli.app)))


def test_the_commands_are_those_that_are_documented() -> None:
    assert [" ".join(path) for path in COMMANDS] == [
        "cache",
        "cast",
        "data",
        "demo",
        "describe",
        "emulate",
        "explore",
        "export c",
        "export nir",
        "export nir-data",
        "golden check",
        "golden diff",
        "golden learn",
        "golden make",
        "import",
        "memory",
        "neurons",
        "new",
        "plan",
        "ranges",
        "refine",
        "regress",
        "report",
        "select",
        "show",
        "significance",
        "train",
    ]


@functools.cache
def helped(path: tuple[str, ...]) -> Said:
    return run(*path, "--help")


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_helps_with_an_example(path: tuple[str, ...]) -> None:
    said = helped(path)
    assert said.status == 0
    assert said.err == ""
    assert f"Example: fxsnn {' '.join(path)} " in " ".join(said.out.split())


GROUPS = [(), ("golden",), ("export",)]
HELPS = """
import sys
from fxsnn.cli import main
for words in sys.argv[1:]:
    sys.argv = ["fxsnn", *words.split()]
    try:
        main()
    except SystemExit as left:
        print("\\f" * (left.code == 0), end="")
"""


@functools.cache
def helps(columns: int) -> dict[tuple[str, ...], str]:
    """Return what every command shows with --help in a terminal, one after the other in one process."""
    paths = [*GROUPS, *COMMANDS]
    words = (" ".join((*path, "--help")) for path in paths)
    said = in_terminal(columns, *words, program=[sys.executable, "-P", "-c", HELPS]).split("\f")
    assert said.pop().strip() == ""
    return dict(zip(paths, said, strict=True))


@pytest.mark.long
@pytest.mark.parametrize("columns", long_but(1, 60, 80, 120))
@pytest.mark.parametrize("path", [*GROUPS, *COMMANDS], ids=" ".join)
def test_help_shows_the_kind_of_a_value_that_people_write(path: tuple[str, ...], columns: int) -> None:
    said = helps(columns)[path]
    assert set(re.findall(r"<[^=>]*>", said)) <= {"<path>", "<str>", "<int>", "<float>"}
    assert not re.search(r"\bbool|\blist\[|<\w+ range", said.lower())


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_narrow_terminal_shows_help_whole(path: tuple[str, ...]) -> None:
    lines = helps(60)[path].splitlines()
    assert not [line for line in lines if "\u2026" in line or len(line) > 60]


def examples(path: tuple[str, ...]) -> list[list[str]]:
    """Return the command lines of a command's examples, word by word."""
    command = typer.main.get_command(fxsnn.cli.app)
    for name in path:
        command = command.commands[name]  # type: ignore[attr-defined]
    assert command.epilog
    lines = command.epilog.removeprefix("Example: ").split(", or: ")
    return [shlex.split(line.partition(" > ")[0]) for line in lines]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_examples_of_every_help_are_command_lines(
    path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in examples(path):
        assert words[: 1 + len(path)] == ["fxsnn", *path]
        given = [word.replace("~", str(tmp_path)) for word in words[1:]]
        for name in (word for option, word in itertools.pairwise(given) if option in ("--data", "--inputs")):
            Path(name).mkdir()  # data are looked for before anything else
        command, parent = typer.main.get_command(fxsnn.cli.app), None
        for name in path:
            command = command.commands[name]  # type: ignore[attr-defined]
        # the real parser, with its checks of values: it raises where the line is wrong
        with command.make_context(" ".join(path), given[len(path) :], parent=parent) as context:
            assert context.params


REPORTS_NOTHING = {("describe",), ("new",), ("show",)}  # they print or write texts


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_that_reports_does_so_in_json_too(path: tuple[str, ...]) -> None:
    command = typer.main.get_command(fxsnn.cli.app)
    for name in path:
        command = command.commands[name]  # type: ignore[attr-defined]
    assert any("--json" in param.opts for param in command.params) == (path not in REPORTS_NOTHING)


@pytest.mark.long
def test_verdicts_are_coloured_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    golden = Path(__file__).parent.parent / "golden" / "each_subtract"
    words = "golden", "diff", golden, golden / "membrane.mem"
    plain = run(*words)
    assert plain == Said(0, "all 576 words match\n", "")  # a pipe
    assert in_terminal(200, *words, coloured=True) == "\x1b[32mall 576 words match\x1b[0m\n"
    assert in_terminal(200, *words, coloured=True, term="dumb") == plain.out
    monkeypatch.setenv("NO_COLOR", "1")
    assert in_terminal(200, *words, coloured=True) == plain.out


@pytest.mark.parametrize("path", [*GROUPS, *COMMANDS], ids=" ".join)
def test_the_short_h_gives_the_same_help(path: tuple[str, ...]) -> None:
    assert run(*path, "-h") == helped(path)


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version") == Said(0, f"fxsnn {version('fxsnn')}\n", "")


@pytest.mark.long
def test_the_module_is_the_command() -> None:
    for words in (["--version"], ["golden", "-h"], ["memory", "nosuch"]):
        command, module = (
            subprocess.run([*start, *words], capture_output=True, text=True, cwd=Path(__file__).parent)
            for start in (FXSNN, [sys.executable, "-m", "fxsnn"])
        )
        assert (module.returncode, module.stdout, module.stderr) == (command.returncode, command.stdout, command.stderr)
    assert "nosuch" in module.stderr


def test_a_shell_completes_commands_and_options_once_that_is_installed(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash
    program = tmp_path / "bin" / "fxsnn"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable} -P\nfrom fxsnn.cli import main\nmain()\n")
    program.chmod(0o755)
    environment = os.environ | {"HOME": str(tmp_path), "PATH": f"{program.parent}:{os.environ['PATH']}"}

    def bash_says(script: str) -> list[str]:
        said = subprocess.run([bash, "-c", script], env=environment, capture_output=True, text=True, check=True)
        return said.stdout.split()

    bash_says("fxsnn --install-completion; exit")  # a second command, so that the shell does not become the first
    assert str(tmp_path) in (tmp_path / ".bashrc").read_text()

    def completed(*words: str) -> list[str]:
        given = " ".join(map(shlex.quote, words))
        script = f"COMP_WORDS=({given}); COMP_CWORD={len(words) - 1}; _fxsnn_completion fxsnn"
        return bash_says(f'source ~/.bashrc; {script}; printf "%s\\n" "${{COMPREPLY[@]}}"')

    assert completed("fxsnn", "golden", "") == ["make", "learn", "check", "diff"]
    assert completed("fxsnn", "regress", "--ju") == ["--junit"]


@pytest.mark.parametrize("path", GROUPS, ids=["fxsnn", "fxsnn golden", "fxsnn export"])
def test_no_command_gives_the_help_and_status_2(path: tuple[str, ...]) -> None:
    said = run(*path)
    assert said.status == 2
    assert said.err == ""
    assert "Usage: fxsnn" in said.out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["nosuch"], "no such command 'nosuch' (see fxsnn --help)"),
        (["demo"], "missing option '--out' (see fxsnn demo --help)"),
        (["golden", "check"], r"missing argument '(folder|FOLDER)' (see fxsnn golden check --help)"),
        (["memory", "a", "b"], "got unexpected extra argument(s)? (b) (see fxsnn memory --help)"),
        (["cast", "1", "--to"], "option '--to' requires an argument"),
    ],
)
def test_a_usage_error_is_one_line_that_says_where_to_read_on(words: list[str], complaint: str) -> None:
    pattern = re.escape(complaint).replace(r"\(s\)\?", r"(\(s\))?").replace(r"\(folder\|FOLDER\)", "(folder|FOLDER)")
    assert re.fullmatch(pattern, run(*words).complaint)


@pytest.mark.parametrize(
    ("words", "option", "given"),
    [
        (["train", "--out", "n.npz", "--neurons", "0"], "--neurons", "0"),
        (["train", "--out", "n.npz", "--neurons", "1.5"], "--neurons", "1.5"),
        (["train", "--out", "n.npz", "--neurons", "99999999999999999999"], "--neurons", "99999999999999999999"),
        (["train", "--out", "n.npz", "--passes", "0"], "--passes", "0"),
        (["train", "--out", "n.npz", "--seed", "-1"], "--seed", "-1"),
        (["train", "--out", "n.npz", "--workers", "0"], "--workers", "0"),
        (["demo", "--out", "d", "--mu", "-1"], "--mu", "-1"),
        (["demo", "--out", "d", "--mu", "nan"], "--mu", "nan"),
        (["demo", "--out", "d", "--mu", ""], "--mu", ""),
        (["demo", "--out", "d", "--max-loss", "nan"], "--max-loss", "nan"),
        (["demo", "--out", "d", "--max-loss", "inf"], "--max-loss", "inf"),
        (["demo", "--out", "d", "--max-loss", "1.01"], "--max-loss", "1.01"),
        (["golden", "make", "n", "p", "--out", "g", "--images", "1001"], "--images", "1001"),
        (["memory", "p", "--inputs", "0"], "--inputs", "0"),
        (["memory", "p", "--neurons", "x"], "--neurons", "x"),
        (["memory", "p", "--neurons", "99999999999"], "--neurons", "99999999999"),
        (["memory", "p", "--refractory-steps", "-1"], "--refractory-steps", "-1"),
        (["cast", "1", "--to", "Q1.7", "--seed", "abc"], "--seed", "abc"),
    ],
)
def test_a_wrong_number_is_refused_with_the_option_and_what_was_given(
    words: list[str], option: str, given: str
) -> None:
    complaint = run(*words).complaint
    assert complaint.lower().startswith(f"invalid value for '{option}'")
    assert repr(given) in complaint or given in complaint


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_an_option_that_does_not_exist_is_refused(path: tuple[str, ...]) -> None:
    assert run(*path, "--bogus").status == 2


@pytest.mark.parametrize(
    "words",
    [
        ["data"],
        ["regress", "list.toml"],
        ["train", "--out", "n.npz"],
        ["emulate", "n.npz", "p.toml"],
        ["train", "net.toml", "--out", "n.npz"],
        ["refine", "n.npz", "p.toml", "--out", "on.npz"],
        ["golden", "learn", "--out", "set"],
    ],
    ids=" ".join,
)
def test_data_that_are_not_there_are_refused_whatever_would_read_them(words: list[str], tmp_path: Path) -> None:
    for path in (tmp_path / "nonexistent", tmp_path / ("long" * 100)):
        expected = f"--data must be a folder or file that is there, not {str(path)!r}"
        assert run(*words, "--data", path).complaint == expected


def test_digits_are_looked_for_in_a_folder(tmp_path: Path) -> None:
    path = plan_file(tmp_path)
    assert run("data", "--data", path).complaint == f"--data must be a folder to look into, not the file {str(path)!r}"


@pytest.mark.parametrize("out", [".", "..", "/"])
@pytest.mark.parametrize("command", [["explore", "n.npz"], ["explore", "n.npz", "--data", "."]], ids=len)
def test_a_study_is_not_put_beside_what_is_no_file(command: list[str], out: str) -> None:
    assert run(*command, "--out", out).complaint == f"an output file must be a regular file or a new name, not {out!r}"


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(fxsnn.cli, "app", fail)


@pytest.mark.parametrize(
    ("error", "complaint"),
    [
        (FileError("two\nlines and \x1b[31mred \u200b"), "two lines and \\x1b[31mred \\u200b"),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "what is read or written must be usable, the output is not: No space left on device",
        ),
        (
            OSError(errno.EIO, "Input/output error", "a"),
            "what is read or written must be usable, 'a' is not: Input/output error",
        ),
        (MemoryError(), "the job must fit into memory, but it does not"),
        (typer.BadParameter("it is bad."), "invalid value: it is bad"),
    ],
)
def test_every_error_is_one_printable_line(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, complaint: str
) -> None:
    failing(monkeypatch, error)
    assert run().complaint == complaint


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()], ids=repr)
def test_an_interrupted_command_says_nothing_and_leaves_with_130(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    failing(monkeypatch, error)
    said = run()
    assert (said.status, said.out, said.err) == (130, "", "")


def test_a_mistake_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, ZeroDivisionError("ours"))
    with pytest.raises(ZeroDivisionError, match="^ours$"):
        run()


def test_a_reader_who_has_gone_is_no_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)  # as `| head -0` does
    for words in (["--help"], ["cast", "0.7", "--to", "Q1.7"], ["memory", str(plan_file(tmp_path))]):
        said = subprocess.run([*FXSNN, *words], stdout=writing, stderr=subprocess.PIPE, text=True)
        assert (said.returncode, said.stderr) == (0, "")
    os.close(writing)


def test_a_pipe_that_breaks_in_the_middle_is_no_error() -> None:
    code = """import fxsnn.cli
def app(**_):
    raise BrokenPipeError
fxsnn.cli.app = app
fxsnn.cli.main()"""
    said = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True)
    assert (said.returncode, said.stdout, said.stderr) == (0, b"", b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_the_output_is_one_line(tmp_path: Path) -> None:
    for words in (["cast", "0.7", "--to", "Q1.7"], ["memory", str(plan_file(tmp_path))]):
        with Path("/dev/full").open("w") as full:
            said = subprocess.run([*FXSNN, *words], stdout=full, stderr=subprocess.PIPE, text=True)
        assert (said.returncode, said.stderr) == (
            2,
            "fxsnn: what is read or written must be usable, the output is not: No space left on device\n",
        )


def test_an_output_that_was_closed_is_no_error() -> None:
    closing = [sys.executable, "-c", "import os, sys; os.close(1); os.execv(sys.argv[1], sys.argv[1:])"]
    said = subprocess.run([*closing, *FXSNN, "cast", "0.7", "--to", "Q1.7"], stderr=subprocess.PIPE)
    assert (said.returncode, said.stderr) == (0, b"")


def test_what_the_terminal_cannot_show_is_escaped(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    words = ["memory", str(tmp_path / "\u00e9")]
    said = subprocess.run([*FXSNN, *words], env=environment, capture_output=True, text=True)
    assert said.returncode == 2
    assert said.stderr.startswith("fxsnn: a plan must be a file that can be read, not '")
    assert "\\xe9' (" in said.stderr


@pytest.mark.parametrize(
    "command", ["memory", "select", "golden make", "golden check", "emulate", "explore", "regress"]
)
@pytest.mark.parametrize("content", ["missing", "folder", "empty", "binary"])
def test_every_file_that_is_something_else_is_refused_in_one_line(tmp_path: Path, command: str, content: str) -> None:
    path = tmp_path / "given"
    create: dict[str, Callable[[], object]] = {
        "missing": lambda: None,
        "folder": path.mkdir,
        "empty": lambda: path.write_bytes(b""),
        "binary": lambda: path.write_bytes(bytes(range(256))),
    }
    create[content]()
    out = tmp_path / "out"
    words: dict[str, list[str | Path]] = {
        "memory": [path],
        "select": [path, "--out", out],
        "golden make": [path, path, "--out", out],
        "golden check": [path],
        "regress": [path],
        "emulate": [path, path],
        "explore": [path, "--out", out],
    }
    assert " must " in run(*command.split(), *words[command]).complaint
    assert not out.exists()


PLAN = "".join(f'{name} = {{ format = "UQ4.4" }}\n' for name in ("weight", "accumulator", "membrane", "theta"))
PLAN += 'threshold = { format = "UQ3.3" }\ninhibition = { format = "UQ7.0" }\n'


def plan_file(folder: Path) -> Path:
    (folder / "plan.toml").write_text(PLAN)
    return folder / "plan.toml"


class Screen:
    """A console that stands for a terminal of a given width, and keeps what it shows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
        self.console = Console(width=width, force_terminal=True, color_system=None, record=True, quiet=False)
        monkeypatch.setattr("rich.console.Console", lambda **_: self.console)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.console.export_text().splitlines()]


def test_progress_is_a_line_at_each_tenth_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bars({"train": "training"}) as tell:
        for done in range(0, 101, 4):
            tell("train", done, 100)
        tell("test", 1, 3)
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert lines[:3] == ["training: 0 of 100", "training: 12 of 100", "training: 20 of 100"]
    assert lines[-2:] == ["training: 100 of 100", "test: 1 of 3"]
    assert len(lines) == 12


def test_progress_is_a_bar_for_each_stage_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, 80)
    with progress_bars({"train": "training"}) as tell:
        tell("train", 1, 4)
        tell("train", 4, 4)
        tell("test", 1, 3)
    text = "\n".join(screen.lines)
    assert re.search(r"training +━+ 4/4 ", text)
    assert re.search(r"test +[━╸╺ ]+ 1/3 ", text)


def test_shares_and_intervals_are_told_as_people_read_them() -> None:
    assert percent(0.87125) == "87.12 %"
    assert spread((0.8571, 0.9004)) == "85.7-90.0"


def test_a_stage_whose_total_grows_goes_on_being_told(capsys: pytest.CaptureFixture[str]) -> None:
    tell = _lines({"explore": "exploring"})
    for total in (20, 40, 60):
        for done in range(total - 19, total + 1):
            tell("explore", done, total)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "exploring: 1 of 20"
    assert lines[-1].endswith(" of 60")
    assert 12 < len(lines) < 25
    for done in range(1, 101):
        tell("test", done, 100)
    assert len(capsys.readouterr().err.splitlines()) == 11


@pytest.mark.parametrize("backend", ["module://matplotlib_inline.backend_inline", "Qt4Agg"])
def test_the_backend_of_a_notebook_is_nothing_to_a_command(backend: str) -> None:
    command = [*FXSNN, "ranges", "none.npz"]
    said = subprocess.run(command, env=os.environ | {"MPLBACKEND": backend}, capture_output=True, text=True)
    assert said.returncode == 2
    assert said.stderr == (
        "fxsnn: a network must be a file that can be read, not 'none.npz' (No such file or directory)\n"
    )


@pytest.fixture
def undecodable(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which matplotlib cannot read its configuration."""
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "matplotlibrc").write_bytes(b"font.family: \xff\xfe\n")
    return os.environ | {"MPLCONFIGDIR": str(tmp_path / "settings")}


def test_a_command_that_draws_nothing_does_not_read_the_configuration_of_matplotlib(
    undecodable: dict[str, str],
) -> None:
    command = [*FXSNN, "ranges", "none.npz"]
    said = subprocess.run(command, env=undecodable, capture_output=True, text=True)
    assert said.returncode == 2
    assert said.stderr == (
        "fxsnn: a network must be a file that can be read, not 'none.npz' (No such file or directory)\n"
    )


@pytest.mark.parametrize("command", [["demo", "--out", "demo"], ["report", "n.npz", "c.json", "--out", "r.html"]])
def test_a_configuration_of_matplotlib_that_cannot_be_read_is_one_line_before_the_work(
    command: list[str], undecodable: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "n.npz").write_bytes(b"")
    before = sorted(tmp_path.iterdir())
    said = subprocess.run([*FXSNN, *command], env=undecodable, capture_output=True, text=True, cwd=tmp_path)
    assert said.returncode == 2
    assert said.stderr == (
        "fxsnn: matplotlib must be able to read its configuration (matplotlibrc): "
        f"Cannot decode configuration file {str(tmp_path / 'settings' / 'matplotlibrc')!r} as utf-8.\n"
    )
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.long
def test_what_matplotlib_says_of_its_cache_and_settings_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("font.size: large\nnonsense\n")
    code = "from fxsnn.report.drawing import check_drawing; check_drawing()"
    for folder in (tmp_path, tmp_path / "matplotlibrc"):  # the latter is none that a cache could be written to
        environment = os.environ | {"MPLCONFIGDIR": str(folder)}
        said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
