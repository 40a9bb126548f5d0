"""A cluster of Dask's as an executor: one that runs already, or one that a file describes."""

from __future__ import annotations

import contextlib
import importlib
import logging
import secrets
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from fxsnn.engine.work import DEATHS, DeadlyError, Work
from fxsnn.errors import ConfigError
from fxsnn.io.files import read_text

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 10.0  # seconds that a scheduler has to answer
_LOOK = 2.0  # seconds between looks at how many workers there are


class Described(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cluster as `dask cluster create -f FILE` of dask-ctl reads it."""

    version: Literal[1]
    module: str
    class_: str = msgspec.field(name="class")
    args: list[Any] = []
    kwargs: dict[str, Any] = {}


class Hands:
    """A client's executor, what makes a call on a worker, how many workers there are, and what became of a call."""

    def __init__(self, client: Client, name: str, where: str) -> None:
        from fxsnn.engine import bearer

        self.executor: Executor = client.get_executor(pure=False)
        self.call: Callable[[Any], Any] = partial(bearer.do, name)
        self._client, self._where = client, where
        self._threads, self._looked = 0, 0.0

    def threads(self) -> int:
        """Return how many tasks all workers do at a time, at least 1: Dask keeps the task until there is a worker.

        With more, a worker that dies would take those with it that only wait, and Dask counts that against them.
        """
        if self._client.status == "running" and monotonic() - self._looked > _LOOK:
            with contextlib.suppress(OSError):
                self._threads = sum(self._client.nthreads().values())
            self._looked = monotonic()
        return max(1, self._threads)

    def fault(self, future: Future[Any]) -> BaseException | None:
        """Return why a call has no result."""
        from distributed import KilledWorker

        if future.cancelled():
            return ConfigError(f"a scheduler must answer until all is done, but {self._where} has gone")
        error = future.exception()
        return DeadlyError() if isinstance(error, KilledWorker) else error


@contextlib.contextmanager
def open_cluster(named: str, work: Work, tell: Callable[[str], None]) -> Iterator[Hands]:
    """Have the workers of a cluster for the block; see `pool.open_pool`."""
    _distributed()
    from fxsnn.engine import bearer

    with ExitStack() as stack:
        place: Any = named if "://" in named else stack.enter_context(_described(Path(named)))
        with _errors_in_a_line(f"a scheduler must answer, but {named!r} does not"):
            client = stack.enter_context(_client(place))
            expected = bearer.versions()
            _check(client.run(bearer.versions, on_error="return"), expected)
            name = f"fxsnn-{secrets.token_hex(8)}"
            client.register_plugin(bearer.Bearer(name, work, expected), name=name)
        stack.callback(_let_go, client, name)
        tell(f"{len(client.nthreads())} workers; the cluster's dashboard is {client.dashboard_link}")
        yield Hands(client, name, named)


def _client(place: Any) -> Client:
    """Return a client. One that cannot begin is closed here, and not by the garbage collector.

    The collector may come while another client begins, which holds a lock that to close one waits for.
    """
    from distributed import Client

    client = Client.__new__(Client)
    try:
        Client.__init__(client, place, timeout=PATIENCE, set_as_default=False)
    except BaseException:
        with contextlib.suppress(Exception):
            client.close()
        raise
    return client


def _distributed() -> None:
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise ConfigError("a cluster must have dask and distributed: pip install 'fxsnn[cluster]'") from None
    for name in ("asyncio", *logging.root.manager.loggerDict):  # what matters is reported in one line
        if name.partition(".")[0] in ("asyncio", "distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module=r"(distributed|dask_jobqueue)\b")


def _described(path: Path) -> AbstractContextManager[Any]:
    """Return the cluster that a file describes, which is closed with the block."""
    import dask
    import yaml
    from distributed.deploy.cluster import Cluster

    must = f"a cluster must be tcp://HOST:PORT or a file that describes one, {str(path)!r} is not"
    try:
        description = msgspec.convert(yaml.safe_load(read_text(path, "a cluster's description")), Described)
        made = getattr(importlib.import_module(description.module), description.class_)
    except (yaml.YAMLError, msgspec.ValidationError, ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"{must}: {error}") from None
    if not (isinstance(made, type) and issubclass(made, Cluster)):
        raise ConfigError(f"{must}: {description.module}.{description.class_} is no cluster of Dask's")
    with (
        _errors_in_a_line(f"a cluster must come up as {str(path)!r} describes it, but does not"),
        dask.config.set({"distributed.scheduler.allowed-failures": DEATHS - 1}),
    ):
        cluster: Any = made(*description.args, **description.kwargs)
        try:
            cluster.sync(_asked_for, cluster)
        except BaseException:
            cluster.close()
            raise
    return cluster  # type: ignore[no-any-return]


async def _asked_for(cluster: Any) -> None:
    """Wait until the workers are asked for, not until they are there: a queue may take its time."""
    from distributed import Status

    await cluster
    wrong: Exception | None = None
    for worker in getattr(cluster, "workers", {}).values():
        try:
            await worker
        except Exception as error:  # which the cluster itself only logs, and then it waits for ever
            wrong, worker.status = wrong or error, Status.closed
    if wrong:
        raise wrong


def _check(reported: dict[str, Any], expected: dict[str, str]) -> None:
    from fxsnn.engine.bearer import difference

    for worker, found in reported.items():
        if isinstance(found, BaseException):
            raise ConfigError(f"a worker must have fxsnn as this command has it, but {worker} has not: {found}")
        if wrong := difference(worker, found, expected):
            raise ConfigError(wrong)


def _let_go(client: Client, name: str) -> None:
    """Take the work from the workers, where somebody still answers."""
    if client.status == "running":
        with contextlib.suppress(Exception):
            client.unregister_worker_plugin(name)


@contextlib.contextmanager
def _errors_in_a_line(must: str) -> Iterator[None]:
    """Turn whatever Dask raises in the block into one line."""
    try:
        yield
    except ConfigError:
        raise
    except Exception as error:  # a cluster's class may be anybody's
        raise ConfigError(f"{must}: {error or type(error).__name__}") from error
