"""Every place that cannot keep a study is refused in one line, before any work, and is left as it was."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import postgres
from command_line import HEARS_SIGINT, run, skip_without_jit, small_splits
from fxsnn.cli.studies import going_on
from fxsnn.competitive.learn import random_network
from fxsnn.competitive.network import save_network
from fxsnn.digits.bench import prepare
from fxsnn.errors import ConfigError, FileError
from fxsnn.storages.journal import FileLock, Journal
from fxsnn.study import storage
from fxsnn.study.storage import open_storage, parse_place

skip_without_jit()


ONE = 'weight = ["UQ0.4"]\nstate_bits = [4]\nweight_rounding = ["RN"]\nstate_rounding = ["TR"]\nleak = ["shift 5"]\n'
UNUSABLE = "a study must be where it can be read and written, not "


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.server() as running:
        yield running


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fxsnn.jobs.digits.open_splits", lambda *_: small_splits())
    monkeypatch.setattr(storage, "PATIENCE", 0.5)

    def work(*_: object) -> None:
        raise AssertionError("the work has begun")

    monkeypatch.setattr("fxsnn.digits.subject.prepare", work)


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the work of a study begin in this process."""
    monkeypatch.setattr("fxsnn.digits.subject.prepare", prepare)


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    save_network(random_network(784, 4), tmp_path / "net.npz")
    (tmp_path / "grid.toml").write_text(ONE)
    return [
        "explore",
        f"{tmp_path / 'net.npz'}",
        "--grid",
        f"{tmp_path / 'grid.toml'}",
        "--out",
        f"{tmp_path / 'c.json'}",
    ]


@pytest.mark.parametrize("name", ["study", "study.txt", "mysql://user:hidden@host/name", "postgres", "http://[x"])
def test_a_place_of_no_known_kind_is_refused(words: list[str], name: str) -> None:
    said = run(*words, "--study", name).complaint
    assert said.startswith(
        "a study must be a file ending in .db, .sqlite, .sqlite3, .journal or postgresql://..., not "
    )
    assert "hidden" not in said


@pytest.mark.parametrize("name", ["s.db", "s.journal"])
def test_a_file_in_no_folder_is_refused(words: list[str], tmp_path: Path, name: str) -> None:
    path = tmp_path / "missing" / name
    assert run(*words, "--study", path).complaint == (
        f"an output file must be in a folder that can be written, not {str(path)!r} (No such file or directory)"
    )


def test_what_is_no_study_is_refused_and_left_alone(words: list[str], tmp_path: Path) -> None:
    text, other, journal = tmp_path / "text.db", tmp_path / "other.sqlite", tmp_path / "text.journal"
    text.write_text("a text of some length " * 100)
    journal.write_text("another text\n")
    with closing(sqlite3.connect(other)) as database:
        database.execute("CREATE TABLE mine (a)")
    before = {path: path.read_bytes() for path in (text, other, journal)}
    assert run(*words, "--study", text).complaint == f"{UNUSABLE}{str(text)!r} (file is not a database)"
    must = "a study must be a file that fxsnn explore made"
    assert run(*words, "--study", other).complaint == f"{must}, {str(other)!r} is another database"
    assert run(*words, "--study", journal).complaint == f"{must}, {str(journal)!r} is no journal"
    assert {path: path.read_bytes() for path in before} == before


def test_a_journal_that_is_damaged_inside_is_refused(words: list[str], tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    with open_storage(parse_place(str(path))) as made:
        made.create_new_study([1, 2], "fxsnn")  # type: ignore[list-item]
    path.write_text(path.read_text() + "half a li\n" + path.read_text())
    assert run(*words, "--study", path).complaint.startswith(UNUSABLE)


FIRST = '{"op_code":0,"worker_id":"w","study_name":"fxsnn","directions":[2,1]}\n'


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("null", "line 2 is no record of a study"),
        ("[1, 2]", "line 2 is no record of a study"),
        ('"text"', "line 2 is no record of a study"),
        ("7", "line 2 is no record of a study"),
        ("NaN", "line 2 is no record of a study"),
        ('{"op_code": 99, "worker_id": "w"}', "line 2 is no record of a study"),
        ('{"op_code": [], "worker_id": "w"}', "line 2 is no record of a study"),
        ('{"op_code":0,"worker_id":"w","study_name":"b","directions":7}', "line 2 is no record of a study"),
        ('{"op_code":4,"worker_id":"w","study_id":{}}', "line 2 is no record of a study"),
        ('{"op_code":2,"worker_id":"w","study_id":0,"user_attr":5}', "line 2 is no record of a study"),
        ('{"op_code":0}', "'study_name'"),
        ("1" * 5000, "Exceeds the limit (4300 digits) for integer string conversion"),
        ("[" * 9000 + "]" * 9000, "maximum recursion depth exceeded"),
    ],
)
def test_a_journal_with_a_line_that_is_no_record_is_refused(
    words: list[str], tmp_path: Path, line: str, reason: str
) -> None:
    path = tmp_path / "s.journal"
    path.write_text(FIRST + line + "\n" + FIRST.replace("fxsnn", "other"))
    before = path.read_bytes()
    assert run(*words, "--study", path).complaint.startswith(f"{UNUSABLE}{str(path)!r} ({reason}")
    assert path.read_bytes() == before


def test_a_line_that_is_no_record_and_came_later_is_told_too(tmp_path: Path) -> None:
    place = parse_place(str(tmp_path / "s.journal"))
    (tmp_path / "s.journal").write_text(FIRST)
    with open_storage(place) as opened:
        with (tmp_path / "s.journal").open("a") as file:
            file.write("null\n")
        with pytest.raises(FileError) as refused, storage.errors_in_a_line(place):
            opened.get_all_studies()
    assert str(refused.value).endswith("(line 2 is no record of a study)")


@pytest.mark.long
def test_a_study_whose_results_are_none_is_refused(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("fxsnn.jobs.digits.open_splits", lambda *_: small_splits())
    assert run(*words).status == 0
    for value, name in (('{"name": 5}', "entry"), ('"many"', "baseline_bits"), ("5", "float")):
        with closing(sqlite3.connect(tmp_path / "c.db")) as database:
            for table in ("trial_user_attributes", "study_user_attributes"):
                database.execute(f"UPDATE {table} SET value_json = ? WHERE key = ?", (value, name))  # noqa: S608
            database.commit()
        said = run(*words).complaint
        assert said.startswith(f"{UNUSABLE}{str(tmp_path / 'c.db')!r} (")


def test_a_study_that_another_locks_is_refused_after_a_while(words: list[str], tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with open_storage(parse_place(str(path))):
        pass
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        start = time.monotonic()
        assert run(*words, "--study", path).complaint == f"{UNUSABLE}{str(path)!r} (database is locked)"
        assert time.monotonic() - start < 5


def alone(code: str, *words: object) -> str:
    """Return the last line of a process's complaint.

    Under the limits set here coverage would write a file of its own, and Python would cut off bytecode that it keeps.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    said = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, env=env)
    return said.stderr.splitlines()[-1]


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_read_only_file_is_refused(tmp_path: Path) -> None:
    opened = "with open_storage(parse_place(sys.argv[{}])): pass\n"
    code = "import os, sys\nfrom fxsnn.study.storage import *\n"
    # as root all modules are found; then, as nobody, the file is opened again
    code += opened.format(2) + opened.format(3) + "os.setuid(65534)\n" + opened.format(1)
    for name in ("s.db", "s.journal"):
        path = tmp_path / name
        with open_storage(parse_place(str(path))):
            pass
        path.chmod(0o444)
        for folder in (tmp_path, *tmp_path.parents[:-2]):
            folder.chmod(folder.stat().st_mode | 0o055)
        said = alone(code, path, tmp_path / "other.db", tmp_path / "other.journal")
        assert said.startswith(f"fxsnn.errors.FileError: {UNUSABLE}{str(path)!r} (")


@pytest.mark.parametrize("name", ["s.db", "s.journal"])
def test_a_full_disk_is_told_in_one_line_and_the_study_goes_on_later(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    limit = 8192 if name == "s.db" else 64
    code = (
        f"import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); import sys\n"
        f"from fxsnn.study.storage import *\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        f"with open_storage(parse_place(sys.argv[1])) as s, errors_in_a_line(parse_place(sys.argv[1])):\n"
        f"    s.create_new_study([1, 2], 'x' * 100)\n"
    )
    assert alone(code, place).startswith(f"fxsnn.errors.FileError: {UNUSABLE}{str(place)!r} (")
    with open_storage(parse_place(str(place))) as again:
        assert again.get_all_studies() == []
        again.create_new_study([1, 2], "x" * 100)  # type: ignore[list-item]
    with open_storage(parse_place(str(place))) as again:
        assert [study.study_name for study in again.get_all_studies()] == ["x" * 100]


def test_a_server_that_is_not_there_is_refused_soon(words: list[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"postgresql://me:hidden@127.0.0.1:{free.getsockname()[1]}/x"
        start = time.monotonic()
        said = run(*words, "--study", url).complaint
    assert time.monotonic() - start < 10
    assert said.startswith(f"{UNUSABLE}{url.replace('hidden', '***')!r} (")
    assert "onnection refused" in said


@pytest.mark.long
def test_a_server_that_never_answers_is_refused_soon(words: list[str]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()  # takes the connection, and says nothing
        start = time.monotonic()
        said = run(*words, "--study", f"postgresql://me@127.0.0.1:{silent.getsockname()[1]}/x").complaint
    assert time.monotonic() - start < 10
    assert said.startswith(UNUSABLE)
    assert "timeout expired" in said


def test_a_wrong_password_or_database_is_refused(words: list[str], server: postgres.Server) -> None:
    said = run(*words, "--study", server.url("postgres", "wrong")).complaint
    assert said.startswith(UNUSABLE)
    assert "wrong" not in said
    assert 'password authentication failed for user "tester"' in said
    assert 'database "nosuch" does not exist' in run(*words, "--study", server.url("nosuch")).complaint


def test_postgresql_without_its_driver_says_what_to_install(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert run(*words, "--study", "postgresql://me@127.0.0.1/x").complaint == (
        "a study on PostgreSQL must have psycopg: pip install 'fxsnn[postgres]'"
    )


# what a killed writer leaves


def test_half_a_line_is_dropped_by_the_next_writer(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    path.touch()
    Journal(path).append_logs([{"a": 1}])
    for left in ("{", '{"a": 2}', "x" * 200_000):  # more than is read at once
        with path.open("a") as file:
            file.write(left)
        assert list(Journal(path).read_logs(0)) == [{"a": 1}]
        Journal(path).append_logs([{"b": 1}])
        assert path.read_text() == '{"a":1}\n{"b":1}\n'
        path.write_text('{"a":1}\n')
    path.write_text("half of the first line")
    Journal(path).append_logs([{"b": 1}])
    assert path.read_text() == '{"b":1}\n'


def test_the_lock_of_a_killed_writer_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    path.touch()
    code = (
        "import sys, time, pathlib\nfrom fxsnn.storages.journal import FileLock\n"
        "FileLock(pathlib.Path(sys.argv[1])).acquire()\nprint('held', flush=True)\ntime.sleep(600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    start = time.monotonic()
    lock = FileLock(path)
    lock.acquire()
    lock.release()
    assert time.monotonic() - start < 5
    holder.communicate()


# other studies


@pytest.mark.long
def test_a_study_of_something_else_is_refused_by_what_differs(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("fxsnn.jobs.digits.open_splits", lambda *_: small_splits())
    assert run(*words).status == 0
    kept = (tmp_path / "c.db").read_bytes()
    begun = "a study must be resumed as it was begun, but "
    there = f" of {str(tmp_path / 'c.db')!r} is another one"
    end = "; name a new file with --study, or remove it"

    def complaint(*more: object) -> str:
        said = run(*words, *more).complaint
        assert (tmp_path / "c.db").read_bytes() == kept
        return said

    assert complaint("--strategy", "tpe", "--trials", 3) == f"{begun}the strategy{there}: 'tpe' is not its 'grid'{end}"
    (tmp_path / "grid.toml").write_text(ONE.replace("[4]", "[4, 3]"))
    assert complaint() == f"{begun}the grid{there}{end}"
    (tmp_path / "grid.toml").write_text(ONE)
    save_network(random_network(784, 5), tmp_path / "net.npz")
    assert complaint() == f"{begun}the network{there}{end}"
    save_network(random_network(784, 4), tmp_path / "net.npz")
    monkeypatch.setattr("fxsnn.study.identity.version", lambda _: "9")
    assert complaint().startswith(f"{begun}fxsnn{there}: '9' is not its '")
    monkeypatch.undo()
    assert complaint().startswith(f"{begun}the data{there}{end}")
    monkeypatch.setattr("fxsnn.jobs.digits.open_splits", lambda *_: small_splits())
    assert run(*words).out.endswith("c.db: nothing was left to evaluate\n")
    with closing(sqlite3.connect(tmp_path / "c.db")) as database:
        database.execute("UPDATE study_user_attributes SET value_json = '1' WHERE key = 'schema'")
        database.commit()
    assert run(*words).complaint == (
        f"a study must be of schema 2, whose memory is counted as now, but {str(tmp_path / 'c.db')!r} is of 1; "
        "to explore again, name a new file with --study, or remove it"
    )


def test_tables_of_another_optuna_are_refused(words: list[str], tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with open_storage(parse_place(str(path))):
        pass
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE alembic_version SET version_num = 'v99.0'")
        database.commit()
    said = run(*words, "--study", path).complaint
    assert said.startswith(f"{UNUSABLE}{str(path)!r} (The runtime optuna version ")


def test_a_study_of_somebody_else_under_our_name_is_refused(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import optuna

    monkeypatch.setattr("fxsnn.study.record._BEGINNING", 0.1)
    path = tmp_path / "s.db"
    theirs = optuna.create_study(storage=f"sqlite:///{path}", study_name="fxsnn")
    theirs.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    said = run(*words, "--study", path).complaint
    assert said == f"a study must be one that fxsnn explore made, {str(path)!r} is of something else"


@pytest.mark.long
@pytest.mark.usefixtures("at_work")
@pytest.mark.parametrize("where", [[], ["--processes"]], ids=["threads", "processes"])
def test_a_command_that_is_told_to_end_keeps_what_it_found_and_says_how_to_go_on(
    where: list[str], tmp_path: Path, words: list[str]
) -> None:
    words = [*words, *where]
    grid = "weight = ['UQ0.8', 'UQ0.4', 'UQ0.3']\nstate_bits = [4, 2]\nweight_rounding = ['RN']\nleak = ['shift 5']\n"
    (tmp_path / "grid.toml").write_text(grid)
    code = (
        f"{HEARS_SIGINT}import sys; sys.path.append({str(Path(__file__).parent)!r})\n"
        "import fxsnn.jobs.digits, command_line\nfrom fxsnn.cli import main\n"
        "fxsnn.jobs.digits.open_splits = lambda *_: command_line.small_splits()\nmain()"
    )
    for number, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        worker = subprocess.Popen([sys.executable, "-c", code, *words], stderr=subprocess.PIPE, text=True)
        assert worker.stderr
        assert worker.stderr.readline().startswith("exploring"), worker.communicate()  # it has begun
        time.sleep(0.3)
        worker.send_signal(number)
        told = worker.communicate(timeout=60)[1]
        assert "Traceback" not in told
        command = shlex.join(["fxsnn", *words])
        assert f"fxsnn: interrupted; evaluated points are stored, resume with: {command}\n" in told
        assert worker.returncode == status
        with open_storage(parse_place(str(tmp_path / "c.db"))) as kept:
            (study,) = kept.get_all_studies()
            found = {trial.state.name for trial in kept.get_all_trials(study._study_id)}
        assert found <= {"COMPLETE"}
    assert not (tmp_path / "c.json").exists()
    assert run(*shlex.split(command)[1:]).status == 0
    assert (tmp_path / "c.json").exists()


def test_a_password_is_not_told_by_whoever_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = parse_place("postgresql://me:secret@host/base")
    monkeypatch.setattr("sys.argv", ["fxsnn", "explore", "a net.npz", f"--study={place.text}"])
    with pytest.raises(KeyboardInterrupt), going_on(place):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == (
        "fxsnn: interrupted; evaluated points are stored, resume with, its password in place of ***: "
        "fxsnn explore 'a net.npz' '--study=postgresql://me:***@host/base'\n"
    )


# names


def two_grids(words: list[str], tmp_path: Path, place: str) -> None:
    """Let two grids share a place under names of their own, and go on with each."""
    assert run(*words, "--study", place, "--study-name", "first").status == 0
    (tmp_path / "grid.toml").write_text(ONE.replace("[4]", "[3]"))
    assert run(*words, "--study", place, "--study-name", "first").complaint.startswith("a study must be resumed")
    second = run(*words, "--study", place, "--study-name", "second's \N{GREEK SMALL LETTER ALPHA}")
    assert second.status == 0
    assert "nothing was left" not in second.out
    (tmp_path / "grid.toml").write_text(ONE)
    assert run(*words, "--study", place, "--study-name", "first").out.endswith("nothing was left to evaluate\n")


@pytest.mark.long
@pytest.mark.usefixtures("at_work")
@pytest.mark.parametrize("name", ["s.db", "s.journal"])
def test_two_grids_share_a_file_by_the_names_of_their_studies(words: list[str], tmp_path: Path, name: str) -> None:
    two_grids(words, tmp_path, str(tmp_path / name))


@pytest.mark.long
@pytest.mark.usefixtures("at_work")
def test_two_grids_share_a_server_by_the_names_of_their_studies(
    words: list[str], tmp_path: Path, server: postgres.Server
) -> None:
    place = server.new_database()
    two_grids(words, tmp_path, place)
    (tmp_path / "grid.toml").write_text(ONE.replace("[4]", "[3]"))
    said = run(*words, "--study", place, "--study-name", "first").complaint
    assert said.endswith("is another one; name another study with --study-name")


@pytest.mark.parametrize("name", ["", "a\nb", "n" * 513], ids=["empty", "two lines", "long"])
def test_a_name_that_no_study_can_have_is_refused(words: list[str], name: str) -> None:
    expected = f"a study's name must be 1 to 512 printable characters, not {name!r}"
    assert run(*words, "--study-name", name).complaint == expected


def test_errors_are_told_by_their_innermost_cause() -> None:
    place = parse_place("s.db")
    with pytest.raises(FileError, match=r"not 's.db' \(KeyError\)$"), storage.errors_in_a_line(place):
        raise KeyError
    with pytest.raises(ConfigError, match="^as it is$"), storage.errors_in_a_line(place):
        raise ConfigError("as it is")
    assert json.dumps(storage.reason(RuntimeError("first.\nsecond"))) == '"first"'
