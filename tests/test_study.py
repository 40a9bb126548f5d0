"""A study comes out the same whoever works on it, however many, and whatever is killed on the way."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

import postgres
from command_line import long_but, skip_without_jit
from dask_cluster import Cluster
from fxsnn.cli.studies import show_finished
from fxsnn.competitive.plan import Plan
from fxsnn.digits import subject as digits
from fxsnn.digits.bench import about, evaluate, explore, measured_ranges, prepare
from fxsnn.digits.grid import Grid, make_points
from fxsnn.digits.subject import DigitsSubject
from fxsnn.engine.pool import Engine
from fxsnn.errors import ConfigError, FileError, FindingError
from fxsnn.exploration.candidates import entry_of, gather, to_json
from fxsnn.exploration.point import Point
from fxsnn.measure.memory import baseline
from fxsnn.study import session
from fxsnn.study.record import Record, Result, open_record
from fxsnn.study.storage import USUAL_NAME, open_storage, parse_place
from study_worker import GRID, NETWORK, SPLITS, Snapping, identity, kills, study, subject

skip_without_jit()


TESTS = Path(__file__).parent


@functools.cache
def points() -> list[Point[Plan]]:
    return make_points(GRID, measured_ranges(NETWORK, SPLITS), Snapping())


def deadly_points() -> list[str]:
    return [point.name for point in points() if point.scheme == "ITQ" and kills(point.plan)]


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    with postgres.server() as running:
        yield running


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    running = Cluster(tmp_path_factory.mktemp("dask"))
    yield running
    running.stop()


@pytest.fixture(params=["sqlite", "journal", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        running: postgres.Server = request.getfixturevalue("server")
        return running.new_database()
    return str(tmp_path / {"sqlite": "study.db", "journal": "study.journal"}[request.param])


@pytest.fixture(scope="module")
def expected() -> bytes:
    """What one process finds without any study."""
    task, float_score = prepare(NETWORK, SPLITS, 1)
    candidates = explore(NETWORK, points(), task, learner=Snapping())
    return to_json(gather(about(SPLITS), float_score, candidates))


def start(place: str, out: Path, *processes: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-P", str(TESTS / "study_worker.py"), place, str(out), *processes]
    path = os.pathsep.join([str(TESTS), str(TESTS.parent), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path})


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def complete(place: str) -> Counter[str]:
    """Return how many results of each point there are, once it is seen that there are only results."""
    with open_storage(parse_place(place)) as storage:
        known = {found.study_name: found._study_id for found in storage.get_all_studies()}
        trials = storage.get_all_trials(known[USUAL_NAME]) if USUAL_NAME in known else []
    assert {trial.state.name for trial in trials} <= {"COMPLETE"}
    assert [trial.number for trial in trials] == list(range(len(trials)))
    return Counter(trial.user_attrs["point"] for trial in trials)


def wait_for_results(place: str, count: int, *processes: subprocess.Popen[str]) -> None:
    """Wait for as many results of processes; one that has ended leaves no more of them."""
    while not Path(place).exists() if "://" not in place else False:
        assert not processes or any(one.poll() is None for one in processes)
        time.sleep(0.05)
    while complete(place).total() < count:
        assert not processes or any(one.poll() is None for one in processes) or complete(place).total() >= count
        time.sleep(0.05)


def each_once() -> Counter[str]:
    return Counter(point.name for point in points())


def results(some: list[Point[Plan]]) -> list[tuple[Point[Plan], Result]]:
    task, _ = prepare(NETWORK, SPLITS, 1)
    found = [evaluate(NETWORK, point, task, Snapping()) for point in some]
    return [(point, Result(entry_of(one), baseline(one.memory).bits)) for point, one in zip(some, found, strict=True)]


def keep(place: str, found: list[tuple[Point[Plan], Result]]) -> None:
    with open_record(parse_place(place), identity(), GRID.axes) as record:
        record.keep(found)


@pytest.mark.long
@pytest.mark.parametrize("workers", [1, 3])
def test_a_study_finds_what_one_process_finds_without_it(place: str, workers: int, expected: bytes) -> None:
    finished = study(place, workers=workers)
    assert finished.evaluated == len(points()) == 16
    assert to_json(finished.exploration) == expected
    assert complete(place) == each_once()


@pytest.mark.long
def test_processes_find_what_one_process_finds(tmp_path: Path, expected: bytes) -> None:
    place = str(tmp_path / "s.db")
    assert to_json(study(place, workers=2, engine=Engine(processes=True)).exploration) == expected
    assert complete(place) == each_once()


@pytest.mark.long
def test_a_cluster_finds_what_one_process_finds(tmp_path: Path, cluster: Cluster, expected: bytes) -> None:
    place, told = str(tmp_path / "s.db"), list[str]()
    finished = study(place, engine=Engine(cluster=cluster.address, tell=told.append))
    assert to_json(finished.exploration) == expected
    assert complete(place) == each_once()
    assert told[0].startswith("2 workers; the cluster's dashboard is http://127.0.0.1:")


@pytest.mark.long
def test_a_finished_study_is_left_as_it_is(place: str, expected: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    study(place)

    def work(*_: object) -> None:
        raise AssertionError("something is evaluated")

    monkeypatch.setattr(digits, "evaluate", work)
    monkeypatch.setattr(digits, "prepare", work)
    again = study(place)
    assert again.evaluated == 0
    assert to_json(again.exploration) == expected
    assert complete(place) == each_once()


@pytest.mark.long
def test_optuna_s_own_tools_read_the_study(place: str) -> None:
    import optuna

    finished = study(place)
    with open_storage(parse_place(place)) as storage:
        held = optuna.load_study(study_name=USUAL_NAME, storage=storage)
        assert held.metric_names == ["accuracy", "bits"]
        best = {(trial.user_attrs["point"], *trial.values) for trial in held.best_trials}
        values = {trial.user_attrs["point"]: trial.params for trial in held.trials}
        times = {(trial.datetime_start, trial.datetime_complete) for trial in held.trials}
    front = {(entry.accuracy, entry.bits) for entry in finished.exploration.entries if entry.on_front}
    assert {(accuracy, bits) for _, accuracy, bits in best} == front
    assert values == {point.name: point.values for point in points()}
    assert all(start and end and start <= end for start, end in times)


@pytest.mark.long
def test_trials_in_rows_are_those_that_optuna_adds_itself(place: str) -> None:
    import optuna

    study(place)
    with open_storage(parse_place(place)) as storage:
        ours = optuna.load_study(study_name=USUAL_NAME, storage=storage)
        theirs = optuna.create_study(directions=ours.directions, study_name="theirs", storage=storage)
        theirs.add_trials(ours.trials)
        for one, other in zip(ours.trials, theirs.trials, strict=True):
            for name in ("number", "state", "values", "params", "distributions", "user_attrs", "system_attrs"):
                assert getattr(one, name) == getattr(other, name)


@pytest.mark.long
@pytest.mark.parametrize("place", long_but(1, "sqlite", "journal", "postgresql"), indirect=True)
def test_a_coordinator_that_is_killed_goes_on_with_what_is_in_the_study(
    place: str, tmp_path: Path, expected: bytes
) -> None:
    killed = start(place, tmp_path / "out")
    wait_for_results(place, 1, killed)
    killed.kill()
    killed.communicate()
    held = complete(place)
    assert 0 < held.total() <= len(points())  # all of them, where a slow machine looks late
    again = study(place)
    assert again.evaluated == len(points()) - held.total()
    assert to_json(again.exploration) == expected
    assert complete(place) == each_once()


@pytest.mark.long
def test_processes_end_with_the_coordinator_that_is_killed(tmp_path: Path) -> None:
    place = str(tmp_path / "s.db")
    killed = start(place, tmp_path / "out", "processes")
    wait_for_results(place, 1, killed)
    children = [int(text) for text in Path(f"/proc/{killed.pid}/task/{killed.pid}/children").read_text().split()]
    for folder in Path(f"/proc/{killed.pid}/task").iterdir():
        children += [int(text) for text in (folder / "children").read_text().split()]
    assert len(set(children)) >= 2
    killed.kill()
    killed.communicate()
    until = time.monotonic() + 30
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.long
def test_two_coordinators_on_one_study_find_the_same(place: str, tmp_path: Path, expected: bytes) -> None:
    outs = [tmp_path / f"{n}.json" for n in range(2)]
    processes = [start(place, out) for out in outs]
    for process in processes:
        process.communicate(timeout=100)
    assert [out.read_bytes() for out in outs] == [expected] * 2
    assert set(complete(place)) == set(each_once())
    again = study(place)
    assert again.evaluated == 0
    assert to_json(again.exploration) == expected


@pytest.mark.long
def test_of_two_results_of_a_point_the_first_counts(place: str) -> None:
    (point, found), *_ = results(points()[:1])
    other = msgspec.structs.replace(found, entry=msgspec.structs.replace(found.entry, bits=found.entry.bits + 1))
    keep(place, [(point, found)])
    keep(place, [(point, other)])
    with open_record(parse_place(place), identity(), GRID.axes) as record:
        assert record.results == {point.name: found}


@pytest.mark.long
@pytest.mark.parametrize("where", ["processes", "cluster"])
def test_the_task_of_a_worker_that_is_killed_is_done_by_another(
    where: str, cluster: Cluster, tmp_path: Path, expected: bytes
) -> None:
    deadly = tmp_path / "deadly"
    deadly.write_text("2")  # on the same point, or on two
    engine = Engine(processes=True) if where == "processes" else Engine(cluster=cluster.address)
    finished = study(tmp_path / "s.db", workers=2, deadly=deadly, engine=engine)
    assert deadly.read_text() == "0"
    assert finished.aside == ()
    assert to_json(finished.exploration) == expected


@pytest.mark.long
@pytest.mark.parametrize("where", ["processes", "cluster"])
def test_a_point_that_three_workers_died_of_is_set_aside(where: str, cluster: Cluster, tmp_path: Path) -> None:
    deadly = tmp_path / "deadly"
    deadly.write_text("1000")
    engine = Engine(processes=True) if where == "processes" else Engine(cluster=cluster.address)
    place = str(tmp_path / "s.db")
    finished = study(place, workers=2, deadly=deadly, engine=engine)
    assert len(deadly_points()) == 2
    assert sorted(finished.aside) == sorted(deadly_points())
    killed = 1000 - int(deadly.read_text())
    # each by itself; Dask may have counted earlier ones against those that waited for the same worker
    assert killed == 3 * len(deadly_points()) if where == "processes" else killed >= 3 * len(deadly_points())
    assert complete(place) == each_once() - Counter(deadly_points())
    with pytest.raises(FindingError, match=f"3 workers died of each of .*{deadly_points()[0]}"):  # exit status 1
        show_finished(finished, tmp_path / "candidates.json", place, tmp_path / "net.npz", as_json=False)
    deadly.write_text("0")  # tried again by the same command
    again = study(place, deadly=deadly)
    assert (again.evaluated, again.aside) == (len(deadly_points()), ())


@pytest.mark.long
def test_a_scheduler_that_goes_loses_nothing_that_was_found(tmp_path: Path, expected: bytes) -> None:
    running = Cluster(tmp_path, workers=1)
    place = str(tmp_path / "s.db")
    try:
        with pytest.raises(ConfigError) as refused:
            study(place, pause=0.2, engine=Engine(cluster=running.address, tell=lambda _: kill_later(place, running)))
    finally:
        running.stop()
    assert str(refused.value) == f"a scheduler must answer until all is done, but {running.address} has gone"
    held = complete(place).total()
    assert 0 < held < len(points())
    again = study(place)
    assert again.evaluated == len(points()) - held
    assert to_json(again.exploration) == expected


def kill_later(place: str, running: Cluster) -> None:
    """Kill the scheduler as soon as there are results."""

    def kill() -> None:
        wait_for_results(place, 1)
        running.scheduler.kill()

    threading.Thread(target=kill, daemon=True).start()


@pytest.mark.parametrize("name", ["s.db", "s.journal"])
def test_a_study_that_is_removed_meanwhile_is_told_in_one_line(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    with (
        open_record(parse_place(str(place)), identity(), GRID.axes) as record,
        pytest.raises(FileError, match=f"^a study must stay where it is, but '{place}' has gone$"),
    ):
        place.unlink()
        record.keep(results(points()[:1]))


@pytest.mark.long
def test_a_server_that_goes_meanwhile_is_told_in_one_line() -> None:
    with postgres.server() as running:
        place = parse_place(running.new_database())
        with open_record(place, identity(), GRID.axes) as record:
            record.keep(results(points()[:1]))
            running.stop()
            with pytest.raises(FileError) as refused:
                record.keep(results(points()[1:2]))
    assert str(refused.value).startswith(f"a study must be where it can be read and written, not {place.shown!r} (")


@pytest.mark.long
def test_a_study_that_an_older_version_began_is_gone_on_with(place: str, expected: bytes) -> None:
    from optuna.trial import TrialState, create_trial

    keep(place, results(points()[:5]))
    old = {"owner": {"run": "a", "host": "b", "machine": "", "pid": 1, "started": 2}, "beat": 3}
    with open_storage(parse_place(place)) as storage:
        made = storage.get_study_id_from_name(USUAL_NAME)
        for point, state in zip(points()[5:8], (TrialState.RUNNING, TrialState.FAIL, TrialState.PRUNED), strict=True):
            storage.create_new_trial(made, create_trial(state=state, user_attrs=old | {"point": point.name}))
    again = study(place)
    assert again.evaluated == len(points()) - 5
    assert to_json(again.exploration) == expected


def test_a_study_whose_maker_was_killed_is_made_by_the_next(
    place: str, expected: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from optuna.study import StudyDirection

    with open_storage(parse_place(place)) as storage:
        made = storage.create_new_study([StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE], USUAL_NAME)
        storage.set_study_user_attr(made, "network", "the first attribute, then killed")
    monkeypatch.setattr("fxsnn.study.record._BEGINNING", 0.1)
    assert to_json(study(place).exploration) == expected


@pytest.mark.long
@pytest.mark.parametrize("processes", [False, True])
def test_a_point_that_cannot_be_evaluated_is_set_aside_and_named(tmp_path: Path, processes: bool) -> None:
    place = str(tmp_path / "s.db")
    grid = msgspec.structs.replace(GRID, weight=("UQ0.4", "UQ0.63"), state_bits=(40,), scheme=("PTQ",))
    finished = study(place, workers=2, grid=grid, engine=Engine(processes=processes))
    assert sorted(told.partition(":")[0] for told in finished.unfit) == [
        f"w63.63-{rounding}-v44.40-TR{fold}" for rounding in ("RN", "SR") for fold in ("", "-fold")
    ]
    assert complete(place)
    assert all(name.startswith("w4.4-") for name in complete(place))


def test_a_worker_with_other_data_than_the_command_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held, asked = DigitsSubject.facts, iter(range(10))
    monkeypatch.setattr(DigitsSubject, "facts", lambda own: replace(held(own), data=f"data {next(asked)}"))
    with pytest.raises(ConfigError, match="^a worker must compute on the network and the data of the command, but has"):
        study(tmp_path / "s.db")


def test_progress_counts_what_was_found_before(tmp_path: Path) -> None:
    place = str(tmp_path / "s.db")
    keep(place, results(points()[:5]))
    told: list[tuple[str, int, int]] = []
    session.run_study(subject(), session.Settings(parse_place(place)), 1, lambda *step: told.append(step))
    assert told[0] == ("explore", 5, len(points()))
    assert told[-1] == ("explore", len(points()), len(points()))


def test_results_are_written_many_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    held = Record.keep

    def keep(record: Record, found: Sequence[tuple[Point[Plan], Result]]) -> None:
        sizes.append(len(found))
        held(record, found)

    monkeypatch.setattr(Record, "keep", keep)
    study(tmp_path / "s.db")
    assert sum(sizes) == len(points())
    assert len(sizes) < len(points())


def test_points_quantised_in_training_need_somebody_who_trains(tmp_path: Path) -> None:
    settings = session.Settings(parse_place(str(tmp_path / "s.db")))
    with pytest.raises(ConfigError, match="^scheme must be PTQ where no learning is given, not ITQ$"):
        session.run_study(DigitsSubject(NETWORK, SPLITS, Grid(scheme=("PTQ", "ITQ"))), settings, 1, lambda *_: None)
    assert list(tmp_path.iterdir()) == []
