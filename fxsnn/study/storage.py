"""Where a study is kept: an SQLite file, a journal file, or a PostgreSQL server. Every refusal is one line."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fxsnn.errors import ConfigError, FileError, FxsnnError
from fxsnn.io.files import check_output

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

SQLITE = (".db", ".sqlite", ".sqlite3")
JOURNAL = (".journal",)
POSTGRES = ("postgresql://", "postgres://")
USUAL_NAME = "fxsnn"  # of a study in its storage
_LONGEST = 512  # characters of a name that Optuna's tables hold
PATIENCE = 20.0  # seconds for which a writer waits for others
_CONNECT = 4  # seconds for each address of a server
_RACES = 10  # two who make the tables at once: one fails, and finds them made when it tries again


@dataclass(frozen=True, slots=True)
class Place:
    """A study in a file or on a server."""

    text: str  # as given
    shown: str  # as messages name it: without a password
    file: Path | None = None
    name: str = USUAL_NAME

    @property
    def is_journal(self) -> bool:
        """Whether it is a journal file."""
        return self.file is not None and self.file.suffix in JOURNAL


def parse_place(text: str, name: str = USUAL_NAME) -> Place:
    """Read what `--study` and `--study-name` were given; raises ConfigError."""
    if not (1 <= len(name) <= _LONGEST and name.isprintable()):
        raise ConfigError(f"a study's name must be 1 to {_LONGEST} printable characters, not {name!r}")
    if text.startswith(POSTGRES):
        return Place(text, _without_password(text), name=name)
    path = Path(text)
    if "://" in text or path.suffix not in (*SQLITE, *JOURNAL):
        shown = _without_password(text) if "://" in text else text
        raise ConfigError(
            f"a study must be a file ending in {', '.join((*SQLITE, *JOURNAL))} or postgresql://..., not {shown!r}"
        )
    return Place(text, text, path, name)


def exists(place: Place) -> bool:
    """Say whether there is something to open; raises FileError where a new file could not be made."""
    if place.file is None:
        return True
    check_output(place.file)
    return place.file.exists()


@contextlib.contextmanager
def open_storage(place: Place, connections: int = 5) -> Iterator[BaseStorage]:
    """Open the storage for the block, and make it where there is none.

    connections    that stay open to a server

    Raises
    ------
    FileError
        It cannot be reached, read or written, or holds something else.
    """
    quiet()
    with contextlib.ExitStack() as stack:
        with errors_in_a_line(place):
            if place.file is None:
                storage = stack.enter_context(_server(place, connections))
            elif place.is_journal:
                storage = _journal(place, place.file)
            else:
                storage = stack.enter_context(_sqlite(place, place.file))
        yield storage


@contextlib.contextmanager
def errors_in_a_line(place: Place) -> Iterator[None]:
    """Turn whatever a storage raises in the block into one line."""
    from optuna.exceptions import OptunaError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except FxsnnError:
        raise
    except (OptunaError, SQLAlchemyError, sqlite3.Error, OSError, ValueError, LookupError, RuntimeError) as error:
        raise FileError(
            f"a study must be where it can be read and written, not {place.shown!r} ({reason(error)})"
        ) from (error)


def reason(error: BaseException) -> str:
    """Return the innermost cause as its first line."""
    while isinstance(inner := getattr(error, "orig", None) or error.__cause__, BaseException):
        error = inner
    text = str(getattr(error, "strerror", None) or error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".:")


def quiet() -> None:
    """Let Optuna and what lies below say nothing of their own."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    logging.getLogger("sqlalchemy").setLevel(logging.CRITICAL)
    logging.getLogger("alembic").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"(optuna|sqlalchemy|alembic)\b")


def _sqlite(place: Place, path: Path) -> AbstractContextManager[BaseStorage]:
    from sqlalchemy.pool import QueuePool

    if path.exists() and path.stat().st_size:
        _check_sqlite(place, path)

    def connect() -> sqlite3.Connection:
        # None: no transaction begins but where `BEGIN IMMEDIATE` says so
        return sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)

    return _tables("sqlite://", {"creator": connect, "poolclass": QueuePool}, immediate=True)


def _check_sqlite(place: Place, path: Path) -> None:
    """Refuse a file that is locked, cannot be written, or is no study: before anything is written to it."""
    with contextlib.closing(sqlite3.connect(path, timeout=PATIENCE / 2, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        # nothing is changed, but what a read-only file or folder refuses is refused here
        connection.execute(f"PRAGMA user_version = {connection.execute('PRAGMA user_version').fetchone()[0]:d}")
        connection.execute("ROLLBACK")
    if tables and "studies" not in tables:
        raise FileError(f"a study must be a file that fxsnn explore made, {place.shown!r} is another database")


def _journal(place: Place, path: Path) -> BaseStorage:
    from fxsnn.storages.journal import Journal, KeptJournal

    with path.open("a+b") as file:  # made where there is none; refused where it cannot be written
        file.seek(0)
        first = file.read(64)
    if first and not first.startswith(b'{"op_code":'):
        raise FileError(f"a study must be a file that fxsnn explore made, {place.shown!r} is no journal")
    return KeptJournal(Journal(path))


def _server(place: Place, connections: int) -> AbstractContextManager[BaseStorage]:
    from sqlalchemy.engine import make_url

    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise ConfigError("a study on PostgreSQL must have psycopg: pip install 'fxsnn[postgres]'") from None
    address = make_url(place.text).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    options = {"connect_args": {"connect_timeout": _CONNECT}, "pool_pre_ping": True, "pool_size": connections}
    return _tables(address, options, immediate=False)


@contextlib.contextmanager
def _tables(url: str, options: dict[str, Any], immediate: bool) -> Iterator[BaseStorage]:
    """Open a database for the block; make its tables where there are none, perhaps as others do the same."""
    from optuna.storages import RDBStorage
    from sqlalchemy import event
    from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

    url = url.replace("{", "{{").replace("}", "}}")  # Optuna fills templates
    for attempt in range(_RACES):
        try:
            storage = RDBStorage(url, engine_kwargs=dict(options))
            break
        except (IntegrityError, OperationalError, ProgrammingError) as error:
            made = isinstance(error, IntegrityError) or "already exists" in str(error) or "duplicate" in str(error)
            if not made or attempt == _RACES - 1:
                raise
            time.sleep(0.1 * (attempt + 1))
    if immediate:
        # SQLite locks no rows: to look at a trial's state and then change it must be one transaction that writes
        event.listen(storage.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        yield storage
    finally:
        storage.engine.dispose()


def _without_password(text: str) -> str:
    """Return an address as it may be shown."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(text).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return text.partition("://")[0] + "://..."
