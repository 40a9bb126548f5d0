"""Which process runs a trial, and whether that process is certain to be gone."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec


class Owner(msgspec.Struct, frozen=True):
    """A process, told apart from every other that ever was.

    `machine` is empty where the system does not tell when a process began; a process there is only known
    to be gone by its silence.
    """

    run: str  # drawn: what one run of the command calls itself
    host: str  # for people
    machine: str  # one boot of one machine and one space of process numbers in it
    pid: int
    started: int  # in clock ticks since the boot: a process number is used again, and again


@dataclass(frozen=True, slots=True)
class _Stat:
    state: str
    started: int


@cache
def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        # containers on one machine have equal process numbers that mean different processes
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def this_process() -> Owner:
    """Return this process, under a name that is drawn now."""
    stat = _stat(os.getpid())
    host = os.uname().nodename if hasattr(os, "uname") else ""
    known = stat is not None and _machine() != ""
    return Owner(secrets.token_hex(8), host, _machine() if known else "", os.getpid(), stat.started if stat else 0)


def is_gone(owner: Owner) -> bool:
    """Say whether the process is known to have ended: False where that cannot be known from here."""
    if not owner.machine or owner.machine != _machine():
        return False
    stat = _stat(owner.pid)
    # a zombie has ended, though nobody has yet asked how
    return stat is None or stat.started != owner.started or stat.state in "ZX"


def _stat(pid: int) -> _Stat | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (OSError, UnicodeDecodeError):
        return None
    fields = text.rpartition(")")[2].split()  # the name, in brackets, may hold anything
    return _Stat(fields[0], int(fields[19]))
