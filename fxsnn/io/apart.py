"""Reading a file in a process of its own, where the library that reads it may hang or end with a damaged one."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError, FileError, FxsnnError
from fxsnn.io.npz import pack_npz, unpack_npz

MEMORY = 1 << 31
_SLOWER = 60  # seconds on the clock for one of a processor, where the system counts no processor time
_REFUSED = "refused"


def hdf5_apart(module: str, data: bytes, what: str, seconds: int, memory: int = MEMORY) -> dict[str, NDArray[Any]]:
    """Return what a module makes of HDF5: its `python -m` must call `answer`.

    what       the file is, for errors: "a NIR file"
    seconds    of a processor after which it is given up, where the system counts them
    memory     bytes that the process may have, where the system limits them

    Raises
    ------
    ConfigError
        What `answer` was given raised it.
    FileError
        HDF5's library does not come to an end with the file, or what `answer` was given raised it.
    """
    where = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    words, wait = [sys.executable, "-P", "-m", module, str(seconds), str(memory)], _SLOWER * seconds
    try:
        done = subprocess.run(words, input=data, capture_output=True, env=where, timeout=wait, check=False)  # noqa: S603
        ended = f"HDF5's library ended with status {done.returncode}" if done.returncode else ""
    except subprocess.TimeoutExpired:
        ended = f"HDF5's library did not end within {wait} s"
    if ended:
        raise FileError(f"{what} must be whole HDF5: {ended}")
    found = unpack_npz(done.stdout)
    if _REFUSED in found:
        refusal = json.loads(found[_REFUSED].tobytes())
        raise (ConfigError if refusal["is"] == "ConfigError" else FileError)(refusal["because"])
    return found


def check_h5py(what: str) -> None:
    """Raise ConfigError where h5py is not installed; `what` begins the message, as in "reading NIR"."""
    if importlib.util.find_spec("h5py") is None:
        raise ConfigError(f"{what} needs h5py: pip install 'fxsnn[nir]'")


@contextmanager
def whole_hdf5(what: str) -> Iterator[None]:
    """Raise FileError where h5py cannot read what the block reads; `what` begins the message, as in "a NIR file"."""
    try:
        yield
    except FxsnnError:
        raise
    except Exception as error:  # h5py raises OSError, KeyError, RuntimeError, TypeError and others at damaged bytes
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileError(f"{what} must be whole HDF5: {reason[:200]}") from None


def answer(read: Callable[[bytes], dict[str, NDArray[Any]]]) -> None:
    """Read a file from the standard input, and write its arrays, or why it is refused, to the standard output."""
    data = sys.stdin.buffer.read()
    importlib.import_module("h5py")  # before memory is limited: libraries reserve some as they load
    _limit(int(sys.argv[1]), int(sys.argv[2]))
    try:
        found = read(data)
    except (ConfigError, FileError) as error:
        refusal = json.dumps({"because": str(error), "is": type(error).__name__})
        found = {_REFUSED: np.frombuffer(refusal.encode(), np.uint8)}
    sys.stdout.buffer.write(pack_npz(found))


def _limit(seconds: int, memory: int) -> None:
    """Let the system end this process where it takes too long, or too much."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, most in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, memory)):
        highest = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if highest == resource.RLIM_INFINITY else min(most, highest), highest))
