"""Reading and writing files whole: write aside, then rename, so that nothing is ever half-written.

A file or folder appears under its name only when it is complete. An exception, Ctrl-C or a full disk
on the way leaves what was there before. What is replaced hands its mode and owner on, and what nobody may
write is not replaced, although a rename would do it.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from fxsnn.errors import ConfigError, FileError, FxsnnError

MOST_BYTES = 1 << 30
"""No file that fxsnn reads is larger; what is larger was given by mistake (a device, a disk image)."""


def read_bytes(path: Path, what: str, most: int = MOST_BYTES) -> bytes:
    """Read a whole file; `what` names it in the error, as in "the manifest"."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as error:  # the latter: a name that no file can have, with a null for example
        raise _refusal(f"{what} must be a file that can be read", path, error) from error
    if len(data) > most:
        raise FileError(f"{what} must be at most {most:,} bytes, {str(path)!r} is larger")
    return data


def read_text(path: Path, what: str, most: int = 1 << 20) -> str:
    """Read a UTF-8 text; `what` names it in errors. A byte order mark before it is left out."""
    try:
        return decoded(read_bytes(path, what, most))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{what} must be UTF-8 text, {str(path)!r} is not: {error.reason}") from None


def decoded(data: bytes) -> str:
    """Return UTF-8 text without the byte order mark that editors of Windows put before it; UnicodeDecodeError else."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # what `>` writes in older PowerShells
        raise UnicodeDecodeError("utf-8", data, 0, 2, "it is UTF-16")
    return data.decode("utf-8-sig")


def write_bytes(path: Path, data: bytes) -> None:
    """Replace or create the file with `data`, all of it or nothing. A link keeps pointing to its file.

    A file that is replaced keeps its mode and, where the system allows, its owner. Raises FileError.
    """
    target = Path(os.path.realpath(path))
    with _beside(path, target) as aside:
        if target.exists():
            aside.touch(mode=0o600)  # until it is complete: what may be read by few is never open to all
            aside.write_bytes(data)
            _hand_on(target, aside)
        else:
            aside.write_bytes(data)
        aside.replace(target)


def check_output(path: Path, *read: Path | None) -> None:
    """Refuse a file that `write_bytes` could not write: now, not after the hour of work that it is for.

    read    what the work is made of, which must not be replaced by what it makes; none where it was not given
    """
    if os.path.realpath(path) in {os.path.realpath(one) for one in read if one is not None}:
        raise ConfigError(f"an output file must be another one than those that are read, not {str(path)!r}")
    with _beside(path, Path(os.path.realpath(path))) as aside:
        aside.touch()


def check_folder(path: Path, *read: Path | None) -> None:
    """Refuse a folder that `new_folder` would replace although a file that is read lies in it; raises ConfigError."""
    target = os.path.realpath(path)
    for one in read:
        if one is not None and Path(os.path.realpath(one)).is_relative_to(target):
            raise ConfigError(f"an output folder must be another one than those that are read from, not {str(path)!r}")


@contextlib.contextmanager
def _beside(path: Path, target: Path) -> Iterator[Path]:
    """Give a name for a file beside the target, which is gone at the end."""
    aside = _aside(target)
    try:
        if target.is_symlink() or (target.exists() and not target.is_file()):  # a link that leads to itself
            raise FileError(f"an output file must be a regular file or a new name, not {str(path)!r}")
        if target.exists() and _is_read_only(target):
            raise FileError(f"an output file must be one that may be written, not {str(path)!r} (it is read-only)")
        yield aside
    except FileError:
        raise
    except OSError as error:
        raise _refusal("an output file must be in a folder that can be written", path, error) from error
    finally:
        with contextlib.suppress(OSError):  # after the rename there is nothing left to remove
            aside.unlink()


def write_text(path: Path, text: str) -> None:
    """Replace or create the file with `text` in UTF-8, line ends as given on every system."""
    write_bytes(path, text.encode())


@contextlib.contextmanager
def new_folder(path: Path, marker: str = "") -> Iterator[Path]:
    """Give a fresh folder to fill; at the end of the block it becomes `path`.

    What lies at `path` is replaced only if it is an empty folder or one that fxsnn made: it holds the
    file `marker`, and that file names fxsnn. Whoever fills the folder must write such a file into it.
    Without a marker no folder is replaced that holds anything.
    """
    target = Path(os.path.realpath(path))
    _check_replaceable(path, target, marker)
    aside = _aside(target)
    must = "an output folder must be where fxsnn can write"
    try:
        aside.mkdir()
    except OSError as error:
        raise _refusal(must, path, error) from error
    try:
        yield aside
        if marker and not _made_by_fxsnn(aside, marker):
            raise AssertionError(f"a folder made by fxsnn must hold {marker!r} with the word fxsnn in it")
        _check_replaceable(path, target, marker)  # again: the block may have taken minutes
        if target.exists():
            for made in (aside, *aside.rglob("*")):
                if (old := target / made.relative_to(aside)).exists():
                    _hand_on(old, made)
        _swap(aside, target)
    except (FxsnnError, BrokenPipeError):  # a pipe is no file: who reads what is printed in the block has gone
        raise
    except OSError as error:
        raise _refusal(must, path, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def inside(root: Path, name: str) -> Path:
    """Return `root / name`, where `name` comes from a file and must not lead out of `root`.

    >>> inside(Path("golden/lif_q8"), "v.mem").as_posix()
    'golden/lif_q8/v.mem'
    """
    # a backslash or a drive would be a way out on another system
    plain = PurePosixPath(name)
    bad = not plain.parts or plain.is_absolute() or ".." in plain.parts or any(c in name for c in "\\:\0")
    try:
        stays = not bad and (root / name).resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # links that go round in a circle
        stays = False
    if not stays:
        raise FileError(f"a file name must stay inside {str(root)!r}, not {name!r}")
    return root / name


def _refusal(must: str, path: Path, error: OSError | ValueError) -> FileError:
    return FileError(f"{must}, not {str(path)!r} ({getattr(error, 'strerror', None) or type(error).__name__})")


def _aside(target: Path) -> Path:
    # in the same folder: a rename is atomic only within one file system
    return target.parent / f".fxsnn-{secrets.token_hex(6)}"


def _is_read_only(path: Path) -> bool:
    # root may write everything: whoever took the right from all has meant root too
    return not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK)


def _hand_on(old: Path, new: Path) -> None:
    """Give a new file or folder the owner and the mode of the old one that it replaces."""
    status = old.stat()
    with contextlib.suppress(OSError, AttributeError):  # only root gives files away; Windows has no chown
        os.chown(new, status.st_uid, status.st_gid)
    new.chmod(stat.S_IMODE(status.st_mode))  # last: a change of owner takes bits away


def _made_by_fxsnn(folder: Path, marker: str) -> bool:
    # the word too: names such as manifest.json are common, and a folder that is replaced is gone
    file = folder / marker
    return file.is_file() and b"fxsnn" in file.read_bytes()


def _check_replaceable(path: Path, target: Path, marker: str) -> None:
    try:
        if not target.exists():
            return
        if not target.is_dir():
            raise ConfigError(f"an output folder must be a folder or a new name, not the file {str(path)!r}")
        if Path.cwd().is_relative_to(target) or target.is_mount():
            raise ConfigError(
                f"an output folder must be one that can be renamed, not {str(path)!r} (a mount point or the "
                "working folder): name a folder inside it"
            )
        if any(target.iterdir()) and not _made_by_fxsnn(target, marker):
            kept = f"new, empty or made by fxsnn (with {marker!r})" if marker else "new or empty"
            raise ConfigError(f"an output folder must be {kept}, not {str(path)!r}")
        for entry in (target, *target.rglob("*")):
            if not entry.is_symlink() and _is_read_only(entry):
                raise FileError(f"an output folder must be one that may be written, {str(entry)!r} is read-only")
    except FileError:
        raise
    except OSError as error:
        raise _refusal("an output folder must be one that can be read", path, error) from error


def _swap(aside: Path, target: Path) -> None:
    old = _aside(target)
    try:
        if target.exists():
            target.rename(old)
        aside.rename(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
