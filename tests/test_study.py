"""A study comes out the same whoever works on it, however many, and whatever is killed on the way."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest

import postgres
from command_line import skip_without_jit
from fxsnn.candidates import entry_of, gather, to_json
from fxsnn.demo import about, prepare
from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.explore import evaluate, explore
from fxsnn.grid import Grid, Point
from fxsnn.memory import baseline
from fxsnn.plan import Plan
from fxsnn.study import digits, session
from fxsnn.study.board import Board, open_board
from fxsnn.study.digits import DigitsSubject
from fxsnn.study.storage import USUAL_NAME, open_storage, parse_place
from study_worker import GRID, NETWORK, POINTS, SPLITS, Snapping, identity, study, subject

skip_without_jit()


TESTS = Path(__file__).parent


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    with postgres.server() as running:
        yield running


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
    candidates = explore(NETWORK, POINTS, task, learner=Snapping())
    return to_json(gather(about(SPLITS), float_score, candidates))


def start(place: str, out: Path, task: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-P", str(TESTS / "study_worker.py"), place, str(out), task]
    path = os.pathsep.join([str(TESTS), str(TESTS.parent), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path})


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def states(place: str) -> Counter[tuple[str, str]]:
    """Return how many trials of each point are in each state."""
    with open_storage(parse_place(place), 1) as storage:
        trials = storage.get_all_trials(storage.get_study_id_from_name(USUAL_NAME))
    return Counter((trial.user_attrs["point"], trial.state.name) for trial in trials)


def each_once(points: list[Point[Plan]] = POINTS) -> Counter[tuple[str, str]]:
    return Counter({(point.name, "COMPLETE"): 1 for point in points})


def board(place: str, grace: float = 60.0) -> AbstractContextManager[Board]:
    return open_board(parse_place(place), identity(), GRID.axes, 1, grace)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_study_finds_what_one_process_finds_without_it(place: str, workers: int, expected: bytes) -> None:
    finished = study(place, workers=workers)
    assert finished.evaluated == len(POINTS) == 16
    assert to_json(finished.exploration) == expected
    assert states(place) == each_once()


def test_a_finished_study_is_left_as_it_is(place: str, expected: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    study(place)
    before = states(place)

    def work(*_: object) -> None:
        raise AssertionError("something is evaluated")

    monkeypatch.setattr(digits, "evaluate", work)
    monkeypatch.setattr(digits, "prepare", work)
    again = study(place)
    assert again.evaluated == 0
    assert to_json(again.exploration) == expected
    assert states(place) == before


def test_optuna_s_own_tools_read_the_study(place: str) -> None:
    import optuna

    finished = study(place)
    with open_storage(parse_place(place), 1) as storage:
        held = optuna.load_study(study_name=USUAL_NAME, storage=storage)
        assert held.metric_names == ["accuracy", "bits"]
        best = {(trial.user_attrs["point"], *trial.values) for trial in held.best_trials}
    front = {(entry.accuracy, entry.bits) for entry in finished.exploration.entries if entry.on_front}
    assert {(accuracy, bits) for _, accuracy, bits in best} == front


def test_processes_that_begin_a_study_together_share_its_points(place: str, tmp_path: Path, expected: bytes) -> None:
    outs = [tmp_path / f"{n}.json" for n in range(3)]
    processes = [start(place, out, "work") for out in outs]
    evaluated = [int(process.communicate(timeout=100)[0]) for process in processes]
    assert sum(evaluated) == len(POINTS)
    assert [out.read_bytes() for out in outs] == [expected] * 3
    assert states(place) - each_once() == Counter({key: n for key, n in states(place).items() if key[1] == "PRUNED"})


def test_a_killed_worker_s_point_is_taken_up_at_once(place: str, tmp_path: Path, expected: bytes) -> None:
    holder = start(place, tmp_path / "out", "hold")
    held = said(holder)
    assert held == POINTS[0].name
    with board(place) as ours:
        assert ours.claim(POINTS[:1]) is None  # as long as the holder lives
        holder.kill()
        time.sleep(0.2)  # nobody has waited for it: it is a zombie
        claim = ours.claim(POINTS[:1])
        assert claim
        assert claim[1].name == held
        ours.close()
    holder.communicate()
    assert to_json(study(place).exploration) == expected
    assert states(place) == each_once() + Counter({(held, "FAIL"): 2})


def test_a_worker_elsewhere_is_dead_when_it_has_been_silent_for_the_grace(place: str) -> None:
    with board(place) as theirs, board(place, grace=0.5) as ours:
        theirs._owner = msgspec.structs.replace(theirs._owner, machine="another")
        first = theirs.claim(POINTS)
        assert first
        trial, point = first
        for sign in range(3):  # signs of life, less than half a second apart
            assert ours.claim([point]) is None
            theirs._storage.set_trial_user_attr(trial, "beat", sign + 1)
            time.sleep(0.3)
        assert ours.claim([point]) is None
        time.sleep(0.6)
        claim = ours.claim([point])
        assert claim
        task, _ = prepare(NETWORK, SPLITS, 1)
        found = evaluate(NETWORK, point, task, Snapping())
        bits = baseline(found.memory).bits
        assert not theirs.finish(trial, entry_of(found), bits)  # it comes back too late
        assert ours.finish(claim[0], entry_of(found), bits)
        assert ours.entries() == {point.name: entry_of(found)}
    assert states(place) == Counter({(point.name, "FAIL"): 1, (point.name, "COMPLETE"): 1})


def test_workers_give_signs_of_life(place: str) -> None:
    with board(place, grace=0.3) as ours:
        claim = ours.claim(POINTS)
        assert claim
        beating = threading.Thread(target=ours.beat)
        beating.start()
        time.sleep(0.5)
        ours.close()
        beating.join()
        assert ours._storage.get_trial(claim[0]).user_attrs["beat"] >= 2


def test_of_those_who_claim_at_the_same_time_each_gets_another_point(place: str) -> None:
    claimed: list[str] = []
    ready = threading.Barrier(4)

    def work() -> None:
        with board(place) as own:
            ready.wait()
            while claim := own.claim(POINTS):
                claimed.append(claim[1].name)
            ready.wait()  # a claim is held as long as its process lives

    with board(place):
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(claimed) == sorted(point.name for point in POINTS)
    running = Counter({key: n for key, n in states(place).items() if key[1] == "RUNNING"})
    assert running == Counter({(point.name, "RUNNING"): 1 for point in POINTS})


def test_a_study_whose_maker_was_killed_is_made_by_the_next(
    place: str, expected: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from optuna.study import StudyDirection

    with open_storage(parse_place(place), 1) as storage:
        made = storage.create_new_study([StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE], USUAL_NAME)
        storage.set_study_user_attr(made, "network", "the first attribute, then killed")
    monkeypatch.setattr("fxsnn.study.board._BEGINNING", 0.1)
    assert to_json(study(place).exploration) == expected


def test_a_point_that_cannot_be_evaluated_stops_the_work_and_is_named(place: str) -> None:
    grid = msgspec.structs.replace(GRID, weight=("UQ0.4", "UQ0.63"), state_bits=(40,), scheme=("PTQ",))
    with pytest.raises(FxsnnError, match="^w63.63-RN-v"):
        study(place, workers=2, grid=grid)
    assert {state for _, state in states(place)} <= {"COMPLETE", "FAIL"}


def test_progress_counts_what_others_have_done(tmp_path: Path) -> None:
    place = str(tmp_path / "s.db")
    task, _ = prepare(NETWORK, SPLITS, 1)
    with board(place) as ours:
        for point in POINTS[:5]:
            claim = ours.claim([point])
            assert claim
            found = evaluate(NETWORK, point, task, Snapping())
            ours.finish(claim[0], entry_of(found), baseline(found.memory).bits)
    told: list[tuple[str, int, int]] = []
    settings = session.Settings(parse_place(place))
    session.run_study(subject(), settings, 1, lambda *step: told.append(step))
    assert told[0][2] == len(POINTS)
    assert told[0][1] >= 5
    assert told[-1] == ("explore", len(POINTS), len(POINTS))


def test_points_quantised_in_training_need_somebody_who_trains(tmp_path: Path) -> None:
    settings = session.Settings(parse_place(str(tmp_path / "s.db")))
    with pytest.raises(ConfigError, match="^scheme must be PTQ where no learning is given, not ITQ$"):
        session.run_study(DigitsSubject(NETWORK, SPLITS, Grid(scheme=("PTQ", "ITQ"))), settings, 1, lambda *_: None)
    assert list(tmp_path.iterdir()) == []
