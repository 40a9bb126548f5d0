"""`fxsnn new`: a project of one's own to begin with, whose tests pass as they are written."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path, PurePosixPath

from fxsnn.errors import ConfigError
from fxsnn.io.files import new_folder, read_text, write_text

# a project is the files of these folders, in the order in which they are read
KINDS = {
    "rtl": ("rtl", "core", "services"),
    "network": ("network", "services"),
    "ci": ("ci", "core", "services"),
}
# names that would mean something where the templates lie
_PLACES = {"gitignore": ".gitignore", "github.yml": ".github/workflows/test.yml", "gitlab.yml": ".gitlab-ci.yml"}


def new_project(kind: str, folder: Path) -> list[str]:
    """Write a project of a kind into a new or empty folder, whole or not at all; return the names of its files.

    Of "ci" it records the golden set and the lock too, which its tests compare with what fxsnn computes later.

    Raises
    ------
    ConfigError
        The kind is none of `KINDS`, or something lies in the folder.
    FileError
        The folder cannot be written.
    """
    if kind not in KINDS:
        raise ConfigError(f"a project must be one of {', '.join(KINDS)}, not {kind!r}")
    with new_folder(folder) as place:
        for name, text in _texts(kind).items():
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, text)
        if kind == "ci":
            _record(place)
        return sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())


def _texts(kind: str) -> dict[str, str]:
    """Return the texts of a project's files by their names."""
    found: dict[str, str] = {}
    for part in KINDS[kind]:
        for path in sorted(Path(str(files(__package__) / part)).iterdir()):
            if path.is_file():  # no cache of a test run
                text = read_text(path, "a file of a project").replace("VERSION", version("fxsnn"))
                found[str(PurePosixPath(_PLACES.get(path.name, path.name)))] = _of_kind(kind, text)
    return found


def _of_kind(kind: str, text: str) -> str:
    """Leave out the lines that are marked as those of other kinds, as `# in rtl, ci`, and every mark."""
    lines = [line.partition("  # in ") for line in text.splitlines(keepends=True)]
    return "".join(
        line + ("\n" if mark else "") for line, mark, kinds in lines if not mark or kind in kinds.strip().split(", ")
    )


def _record(place: Path) -> None:
    # here: they load numba, for which files alone do not wait
    from fxsnn.golden.populations_make import golden_of_files
    from fxsnn.regress.suite import regress

    golden_of_files(place / "net.toml", place / "plan.toml", place / "spikes.csv", None, place / "set")
    regress(place / "formats.toml", accept=True)
