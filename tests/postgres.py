"""A PostgreSQL server of its own for tests: real, on a free port, in a folder that goes with it."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

REQUIRED = "FXSNN_TEST_POSTGRES"  # set where the server must be there: then nothing is skipped
PASSWORD = "secret of a test"  # noqa: S105
QUOTED = PASSWORD.replace(" ", "%20")


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    stop: Callable[[], None] = lambda: None

    def url(self, database: str, password: str = QUOTED) -> str:
        return f"postgresql://tester:{password}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Create an empty database and return its address."""
        name = f"study_{secrets.token_hex(4)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Run a server for the block; the test that needs it is skipped where PostgreSQL is not installed."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not binaries:
        why = "PostgreSQL is not in /usr/lib/postgresql (apt-get install postgresql)"
        if os.environ.get(REQUIRED):
            pytest.fail(why)
        pytest.skip(why)
    folder = Path(tempfile.mkdtemp(prefix="fxsnn-postgres-"))
    user = _user(folder)
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o644)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(folder / "data")
    options = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories='' -c fsync=off"
    control = [str(binaries[-1] / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log")]
    make = ["-U", "tester", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "-N"]
    try:
        _run([str(binaries[-1] / "initdb"), "-D", data, *make], user, folder)
        _run([*control, "-o", options, "start"], user, folder)
        try:
            yield Server(port, lambda: _run([*control, "-m", "immediate", "stop"], user, folder))
        finally:
            if (folder / "data" / "postmaster.pid").exists():  # unless a test has stopped it
                _run([*control, "-m", "immediate", "stop"], user, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user(folder: Path) -> str | None:
    """Return who may run a server, which root may not, and give the folder to him."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in known else "nobody"
    shutil.chown(folder, user)
    return user


def _run(words: list[str], user: str | None, folder: Path) -> None:
    # output into a file: the server inherits it, and a pipe would wait for the server's end
    with (folder.parent / f"{folder.name}.said").open("w+") as said:
        Path(said.name).unlink()
        status = subprocess.run(words, user=user, cwd=folder, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        said.seek(0)
        assert status.returncode == 0, said.read()
