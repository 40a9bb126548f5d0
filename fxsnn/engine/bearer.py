"""What a worker of Dask's holds: the work, once, and whether it is one to work with."""

from __future__ import annotations

from importlib.metadata import version
from platform import python_version
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker

from fxsnn.engine.work import Prepared, Work
from fxsnn.errors import ConfigError

MUST_AGREE = ("fxsnn", "numba", "numpy")


class Bearer(WorkerPlugin):
    """Brings the work to every worker, also to those that join later: the scheduler hands it to them."""

    def __init__(self, name: str, work: Work, expected: dict[str, str]) -> None:
        self.name, self._work, self._expected = name, work, expected
        self._wrong = ""

    def setup(self, worker: Worker) -> None:
        """Look at the worker, before it is given a task."""
        self._wrong = difference(worker.address, versions(), self._expected)
        self._prepared = Prepared(self._work)

    def do(self, task: Any) -> Any:
        """Do a task; raises ConfigError where the worker has other versions than the command."""
        if self._wrong:
            raise ConfigError(self._wrong)
        return self._prepared(task)


def do(name: str, task: Any) -> Any:
    """Do a task of the work of this name on the worker that runs this."""
    bearer: Any = get_worker().plugins[name]
    return bearer.do(task)


def versions() -> dict[str, str]:
    """Return what results may depend on, of the process that runs this."""
    return {"Python": python_version()} | {name: version(name) for name in MUST_AGREE}


def difference(worker: str, reported: dict[str, str], expected: dict[str, str]) -> str:
    """Say by what a worker differs from the command; nothing where it does not."""
    for name, wanted in expected.items():
        if reported.get(name) != wanted:
            return f"a worker must have {name} {wanted} as this command has, but {worker} has {reported.get(name)}"
    return ""
