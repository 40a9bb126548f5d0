"""Tasks are done by threads, processes and clusters alike; what cannot work is refused in one line."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from distributed import Client

import engine_tasks
from command_line import FXSNN, long_but, run, skip_without_jit
from dask_cluster import Cluster
from engine_tasks import Offset, ends_itself, fails, square, worker
from fxsnn.engine import cluster as dask
from fxsnn.engine import processes
from fxsnn.engine.pool import Engine, open_pool
from fxsnn.engine.work import DeadlyError, Each
from fxsnn.errors import ConfigError, FindingError

skip_without_jit()

HERE, PROCESSES = Engine(), Engine(processes=True)
LOCAL = """version: 1
module: dask.distributed
class: LocalCluster
kwargs: {n_workers: 1, threads_per_worker: 1, dashboard_address: ":0"}
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    held = Cluster(tmp_path_factory.mktemp("dask"))
    yield held
    held.stop()


@pytest.fixture(params=["threads", "processes", "cluster"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "cluster":
        held: Cluster = request.getfixturevalue("running")
        return Engine(cluster=held.address)
    return PROCESSES if request.param == "processes" else HERE


def test_results_come_in_the_order_of_the_tasks(engine: Engine) -> None:
    with open_pool(Each(square), 2, engine) as pool:
        assert list(pool.in_order(range(20))) == [n * n for n in range(20)]
        assert list(pool.in_order([])) == []


def test_work_is_made_ready_once_for_each_worker(engine: Engine) -> None:
    with open_pool(Offset(100), 2, engine) as pool:
        found = list(pool.in_order(range(10)))
    assert [value for value, _ in found] == [100 + n for n in range(10)]
    assert {times for _, times in found} == {1}


def test_the_error_of_the_first_task_that_has_one_is_raised(engine: Engine) -> None:
    with pytest.raises(ConfigError, match="^a task must not be 3$"), open_pool(Each(fails), 2, engine) as pool:
        list(pool.in_order([0, 3, 4]))


@pytest.mark.parametrize("number", long_but(1, signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM))
def test_a_task_that_ends_three_processes_is_told_and_the_others_are_done(number: int) -> None:
    with open_pool(Each(ends_itself), 2, PROCESSES) as pool:
        done = sorted((one for batch in pool.each([0, number, 0, 0]) for one in batch), key=lambda one: one.number)
    assert [one.result for one in done] == [0, None, 0, 0]
    assert isinstance(done[1].error, DeadlyError)
    assert isinstance(done[1].error, FindingError)
    assert str(done[1].error) == "a task must leave its worker alive, but 3 workers died of it"


def test_a_process_that_is_killed_before_it_has_the_work_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_begin", engine_tasks.dies_at_once)
    large = Each(partial(engine_tasks.second, bytes(1 << 20)))  # more than a pipe holds
    with open_pool(large, 2, PROCESSES) as pool:
        done = [one for batch in pool.each([1, 2]) for one in batch]
    assert [type(one.error) for one in done] == [DeadlyError] * 2


def test_who_is_interrupted_does_not_wait_for_threads(caplog: pytest.LogCaptureFixture) -> None:
    held, begun = threading.Event(), list[int]()

    def do(n: int) -> None:
        begun.append(n)
        held.wait()

    with pytest.raises(KeyboardInterrupt), open_pool(Each(do), 1, HERE) as pool:
        next(pool.each([0, 1]))  # nothing is done in this moment
        raise KeyboardInterrupt
    held.set()
    pool.executor.shutdown()
    assert begun == [0]
    assert caplog.text == ""  # of what is cancelled nothing is said


def test_who_is_interrupted_does_not_wait_for_processes() -> None:
    with pytest.raises(KeyboardInterrupt), open_pool(Each(worker), 1, PROCESSES) as pool:
        (pid,) = pool.in_order([0.0])
        assert pid != os.getpid()
        pool.executor.submit(pool.call, 3600.0)
        raise KeyboardInterrupt
    pool.executor.shutdown()
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.long
def test_a_cluster_is_made_as_a_file_describes_it_and_ends_with_the_work(tmp_path: Path) -> None:
    path, told = tmp_path / "cluster.yaml", list[str]()
    path.write_text(LOCAL)
    with open_pool(Each(worker), 1, Engine(cluster=str(path), tell=told.append)) as pool:
        (pid,) = pool.in_order([0.0])
        assert Path(f"/proc/{pid}").exists()
    assert not Path(f"/proc/{pid}").exists()
    assert told[0].startswith("1 workers; the cluster's dashboard is http://")


# what is refused

NONE = "a cluster must be tcp://HOST:PORT or a file that describes one, {} is not: "
SLURM = "version: 1\nmodule: dask_jobqueue\nclass: SLURMCluster\nkwargs: {n_workers: 1, cores: 1, memory: 1GB}\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", NONE + "Expected `object`, got `null`"),
        ("version: [", NONE + "while parsing a flow node"),
        ("version: 2\nmodule: a\nclass: b\n", NONE + "Invalid enum value 2 - at `$.version`"),
        ("version: 1\nmodule: dask.distributed\n", NONE + "Object missing required field `class`"),
        ("version: 1\nmodule: a\nclass: b\nworkers: 3\n", NONE + "Object contains unknown field `workers`"),
        ("version: 1\nmodule: nowhere.at_all\nclass: b\n", NONE + "No module named 'nowhere'"),
        ("version: 1\nmodule: ''\nclass: b\n", NONE + "Empty module name"),
        ("version: 1\nmodule: dask.distributed\nclass: b\n", NONE + "module 'distributed' has no attribute 'b'"),
        ("version: 1\nmodule: pathlib\nclass: Path\n", NONE + "pathlib.Path is no cluster of Dask's"),
        (LOCAL.replace("n_workers: 1", "n_workers: many"), "a cluster must come up as {} describes it, but does not: "),
    ],
)
def test_what_describes_no_cluster_is_refused_in_one_line(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as refused, open_pool(Each(square), 1, Engine(cluster=str(path))):
        pass
    assert str(refused.value).startswith(why.format(repr(str(path))))
    assert "\n" not in str(refused.value)


@pytest.mark.long
def test_where_there_is_no_slurm_it_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "slurm.yaml"
    path.write_text(SLURM)
    listed = Path(__file__).parent.parent / "golden" / "formats.toml"
    said = subprocess.run([*FXSNN, "regress", listed, "--cluster", path], capture_output=True, text=True)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == (
        f"fxsnn: a cluster must come up as {str(path)!r} describes it, but does not: "
        "[Errno 2] No such file or directory: 'sbatch'\n"
    )


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "tcp://", "tcp://127.0.0.1:port", "what://127.0.0.1:1"])
def test_an_address_that_nobody_answers_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "PATIENCE", 0.5)
    with pytest.raises(ConfigError) as refused, open_pool(Each(square), 1, Engine(cluster=address)):
        pass
    assert str(refused.value).startswith(f"a scheduler must answer, but {address!r} does not: ")
    # not left to the garbage collector, which would wait for a lock that the next client holds
    assert "connecting" not in {one.status for one in gc.get_objects() if type(one) is Client}


@pytest.mark.parametrize("name", ["fxsnn", "numba", "numpy"])
def test_a_worker_with_other_versions_is_refused_before_it_works(
    name: str, running: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fxsnn.engine import bearer

    here = bearer.versions()
    monkeypatch.setattr(bearer, "version", lambda asked: "9.9" if asked == name else here[asked])
    with pytest.raises(ConfigError) as refused, open_pool(Each(square), 1, Engine(cluster=running.address)):
        pass
    assert str(refused.value).startswith(f"a worker must have {name} 9.9 as this command has, but tcp://127.0.0.1:")
    assert str(refused.value).endswith(f" has {here[name]}")


def test_without_dask_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError) as refused, open_pool(Each(square), 1, Engine(cluster="tcp://127.0.0.1:1")):
        pass
    assert str(refused.value) == "a cluster must have dask and distributed: pip install 'fxsnn[cluster]'"


@pytest.mark.parametrize(
    "command", [["explore", "n.npz", "--out", "c.json"], ["significance", "n.npz", "--out", "s"], ["regress", "l.toml"]]
)
def test_only_one_place_to_work_may_be_named(command: list[str]) -> None:
    said = run(*command, "--processes", "--cluster", "tcp://a:1").complaint
    assert said == "--processes must not be given with --cluster tcp://a:1, whose workers work"
    assert run(*command, "--cluster", "").complaint == "--cluster must be tcp://HOST:PORT or a file, not ''"
