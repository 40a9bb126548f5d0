"""The command line run in this process, and a data set so small that it runs without the JIT too."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import pty
import re
import signal
import struct
import sys
import termios
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec
from unittest import mock

import numba
import numpy as np
import pytest

from fxsnn.cli import main
from fxsnn.data.digits import PIXELS, Images
from fxsnn.digits.splits import Splits

P = ParamSpec("P")

# for what takes minutes in plain Python and is covered by smaller tests there
needs_jit = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="needs the JIT")  # type: ignore[attr-defined]
# for whole programs, files and figures: what their kernels compute is tested in both ways by itself
ONCE = "run once, with the JIT"
once = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason=ONCE)  # type: ignore[attr-defined]
# for what is made of many texts: with the JIT each would be compiled anew
IN_PLAIN_PYTHON = "run once, without the JIT"
in_plain_python = pytest.mark.skipif(not numba.config.DISABLE_JIT, reason=IN_PLAIN_PYTHON)  # type: ignore[attr-defined]


def long_without_jit(test: Callable[P, None]) -> Callable[P, None]:
    """Mark a test that is `long` in plain Python alone."""
    return pytest.mark.long(test) if numba.config.DISABLE_JIT else test  # type: ignore[attr-defined]


def long_with_jit(test: Callable[P, None]) -> Callable[P, None]:
    """Mark a test that is `long` with the JIT alone."""
    return test if numba.config.DISABLE_JIT else pytest.mark.long(test)  # type: ignore[attr-defined]


# of a module, whose tests are of files and simulators: what kernels compute with the JIT is tested elsewhere
LONG_WITH_JIT = [] if numba.config.DISABLE_JIT else [pytest.mark.long]  # type: ignore[attr-defined]


def long_but(few: int, *cases: Any, compiled: bool = False) -> list[Any]:
    """Return the cases of a test, of which `make test` runs the first few and `make long` the others.

    cases       as parametrize takes them: a tuple has a value for each name
    compiled    whether they are compiled anew, so that without the JIT none is long
    """
    if compiled and numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return [*cases]
    rest = (case if isinstance(case, tuple) else (case,) for case in cases[few:])
    return [*cases[:few], *(pytest.param(*case, marks=pytest.mark.long) for case in rest)]


# what a shell starts in the background ignores SIGINT, and so would the tests' own processes
HEARS_SIGINT = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
FXSNN = [sys.executable, "-P", "-c", HEARS_SIGINT + "from fxsnn.cli import main; main()"]  # in a process of its own


@pytest.fixture
def hears_signals() -> Iterator[None]:
    """Let what a test starts hear SIGHUP and SIGINT, which nohup and the background of a shell have ignored."""
    ignored = [one for one in (signal.SIGHUP, signal.SIGINT) if signal.getsignal(one) is signal.SIG_IGN]
    for one in ignored:
        signal.signal(one, signal.SIG_DFL)
    yield
    for one in ignored:
        signal.signal(one, signal.SIG_IGN)


@dataclass(frozen=True)
class Said:
    """What a command left: its exit status and what it printed."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line of a refusal, once it is seen to be all that was said."""
        assert self.status == 2
        assert self.out == ""
        assert self.err.startswith("fxsnn: ")
        assert self.err.endswith("\n")
        assert self.err.count("\n") == 1
        return self.err.removeprefix("fxsnn: ").removesuffix("\n")


def skip_without_jit() -> None:
    """Leave out a module whose every test is to be run once."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        pytest.skip(ONCE, allow_module_level=True)


def skip_with_jit() -> None:
    """Leave out a module whose every test is to be run once, in plain Python: it is of something else than kernels."""
    if not numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        pytest.skip(IN_PLAIN_PYTHON, allow_module_level=True)


def run(*words: object) -> Said:
    """Run `fxsnn words...` as a shell would, without a terminal."""
    out, err = io.StringIO(), io.StringIO()
    handler = signal.getsignal(signal.SIGTERM)
    arguments = mock.patch.object(sys, "argv", ["fxsnn", *map(str, words)])
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), arguments:
            main()
    except SystemExit as left:
        return Said(int(left.code or 0), out.getvalue(), err.getvalue())
    finally:
        signal.signal(signal.SIGTERM, handler)
    raise AssertionError("main leaves with a status")


def in_terminal(
    columns: int, *words: object, term: str = "xterm", coloured: bool = False, program: Sequence[str] = FXSNN
) -> str:
    """Run `fxsnn words...` in a terminal of so many columns and return what that shows, without colours if not asked.

    term       what the terminal says it is
    program    what is run in the place of fxsnn
    """
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR")}
        os.execve(program[0], [*program, *map(str, words)], environment | {"TERM": term})  # noqa: S606  our own
    shown = b""
    with contextlib.suppress(OSError):  # the terminal is gone with the command
        while part := os.read(terminal, 4096):
            shown += part
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, shown.decode()
    text = shown.decode().replace("\r\n", "\n")
    text = text.removesuffix("\x1b[0m")  # at the end by colorama, where numba finds it installed
    return text if coloured else re.sub(r"\x1b\[[0-9;]*m", "", text)


def small_splits() -> Splits:
    """Three classes of 60 pixels each, with a little noise: 12 images to learn and label, 6 to test."""
    drawn = np.random.PCG64(5).random_raw(18 * PIXELS).reshape(18, PIXELS) >> 60  # 0..15
    labels = np.arange(18, dtype=np.uint8) % 3
    images = np.where(drawn == 0, 40, 0).astype(np.uint8)
    for image, label in zip(images, labels.tolist(), strict=True):
        image[200 + 100 * label : 260 + 100 * label] = 250
    learned = Images(images[:12], labels[:12])
    return Splits("18 small images", learned, learned, Images(images[12:], labels[12:]))
