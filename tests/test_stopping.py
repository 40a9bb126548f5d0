"""A command that is told to end does so, wherever in Python the signal arrives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import hears_signals, long_but, skip_without_jit

skip_without_jit()
pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals"),
    pytest.mark.usefixtures(hears_signals.__name__),
]

NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
# a command that makes a folder, is told to end in the way of WHERE, and would work on for a minute
COMMAND = """
import os, shutil, signal, sys, threading, time
from pathlib import Path
import fxsnn.cli

NUMBER = int(sys.argv.pop())
signal.signal(signal.SIGINT, signal.default_int_handler)

def tell():
    os.kill(os.getpid(), NUMBER)
    for _ in range(1000):
        pass

class Dies:
    def __del__(self):
        tell()

def destructor():
    Dies()

def swallowed():
    try:
        tell()
    except BaseException:
        pass

def thread():
    threading.Thread(target=tell).start()

def clearing_away():
    try:
        tell()
    finally:
        time.sleep(0.3)  # several times as long as it takes until a signal that had no effect is repeated
        Path("cleared").touch()

def at_the_end():
    Dies()
    Path("made").rmdir()
    sys.exit(0)

def app(**_):
    Path("made").mkdir()
    try:
        {where}()
        time.sleep(60)
    finally:
        time.sleep(0.2)
        Path("made").rmdir() if Path("made").exists() else None

fxsnn.cli.app = app
fxsnn.cli.main()
"""


def ended(where: str, number: int, folder: Path) -> tuple[int, str, str]:
    command = [sys.executable, "-P", "-c", COMMAND.replace("{where}", where), str(int(number))]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=50)
    return said.returncode, said.stdout, said.stderr


@pytest.mark.long
@pytest.mark.parametrize("number", long_but(1, *NUMBERS), ids=lambda number: number.name)
@pytest.mark.parametrize("where", ["tell", "destructor", "swallowed", "thread", "at_the_end"])
def test_a_signal_is_never_lost(where: str, number: int, tmp_path: Path) -> None:
    assert ended(where, number, tmp_path) == (128 + number, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
def test_what_is_cleared_away_is_not_interrupted(number: int, tmp_path: Path) -> None:
    assert ended("clearing_away", number, tmp_path) == (128 + number, "", "")
    assert [path.name for path in tmp_path.iterdir()] == ["cleared"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_that_is_ignored_stays_ignored(number: int) -> None:
    code = f"""import os, signal, fxsnn.cli
signal.signal({int(number)}, signal.SIG_IGN)
fxsnn.cli.app = lambda **_: os.kill(os.getpid(), {int(number)})
fxsnn.cli.main()"""
    said = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
