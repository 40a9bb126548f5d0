"""Files are read whole or refused in one line, and written whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from command_line import skip_with_jit
from fxsnn.errors import ConfigError, FileError
from fxsnn.io.files import check_output, inside, new_folder, read_bytes, write_bytes, write_text

skip_with_jit()

MANIFEST = '{"tool": "fxsnn 0.1.0"}\n'


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Make a folder with fxsnn, holding one old file."""
    folder = tmp_path / "out"
    with new_folder(folder, "manifest.json") as aside:
        write_text(aside / "manifest.json", MANIFEST)
        write_text(aside / "old.mem", "00\n")
    return folder


def fill(path: Path, afterwards: Callable[[], None]) -> None:
    """Make a complete folder; `afterwards` runs at the end of the block, before the folder is renamed."""
    with new_folder(path, "manifest.json") as aside:
        write_text(aside / "manifest.json", MANIFEST)
        afterwards()


# read_bytes


def test_read_bytes_gives_the_whole_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\0\r\n\xff")
    assert read_bytes(tmp_path / "a", "the file", most=4) == b"\0\r\n\xff"


def test_a_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError) as refused:
        read_bytes(tmp_path / "a", "the manifest")
    assert str(refused.value) == (
        f"the manifest must be a file that can be read, not '{tmp_path}/a' (No such file or directory)"
    )


def test_a_folder_is_not_a_file_that_can_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"^the network must be a file that can be read, .*\(Is a directory\)$"):
        read_bytes(tmp_path, "the network")


def test_a_file_that_is_too_large_is_refused_without_being_read(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(FileError) as refused:
        read_bytes(tmp_path / "large", "the weights", most=1_000)
    assert str(refused.value) == f"the weights must be at most 1,000 bytes, '{tmp_path}/large' is larger"


# write_bytes, write_text


def test_write_bytes_creates_and_replaces(tmp_path: Path) -> None:
    for data in (b"\n\0", b""):
        write_bytes(tmp_path / "a", data)
        assert (tmp_path / "a").read_bytes() == data
    assert names(tmp_path) == ["a"]


def test_write_text_keeps_line_ends_and_writes_utf8(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "µ\n\r\n")
    assert (tmp_path / "a").read_bytes() == b"\xc2\xb5\n\r\n"


def test_a_written_file_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_bytes(tmp_path / "ours", b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_keeps_pointing_to_the_file_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    write_bytes(tmp_path / "link", b"1")
    assert (tmp_path / "file").read_bytes() == b"1"
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o666])
def test_a_replaced_file_keeps_its_mode_and_owner(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(mode)
    if os.geteuid() == 0:
        os.chown(path, 1234, 4321)
    before = path.stat()
    write_bytes(path, b"new")
    after = path.stat()
    assert path.read_bytes() == b"new"
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


def test_what_replaces_a_private_file_is_never_open_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o600)
    seen: list[int] = []
    write = Path.write_bytes

    def watch(path: Path, data: bytes) -> int:
        size = write(path, data)
        seen.append(stat.S_IMODE(path.stat().st_mode))
        return size

    monkeypatch.setattr(Path, "write_bytes", watch)
    write_bytes(tmp_path / "a", b"new")
    assert seen == [0o600]


def test_a_new_file_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_bytes(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@pytest.mark.parametrize("write", [lambda path: write_bytes(path, b"new"), check_output], ids=["written", "checked"])
@pytest.mark.parametrize("link", [False, True])
def test_a_read_only_file_is_not_replaced(tmp_path: Path, write: Callable[[Path], None], link: bool) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o444)
    path = tmp_path / "a"
    if link:
        path = tmp_path / "link"
        path.symlink_to("a")
    before = names(tmp_path)
    with pytest.raises(FileError) as refused:
        write(path)
    assert str(refused.value) == f"an output file must be one that may be written, not '{path}' (it is read-only)"
    assert (tmp_path / "a").read_bytes() == b"old"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o444
    assert names(tmp_path) == before


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(FileError, match="^an output file must be a regular file or a new name, not "):
        write_bytes(tmp_path / "a", b"new")
    assert (tmp_path / "a").is_symlink()


@pytest.mark.parametrize("broken", ["write_bytes", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, error: BaseException
) -> None:
    (tmp_path / "a").write_bytes(b"old")

    def fail(path: Path, _argument: object) -> None:
        if broken == "write_bytes":
            path.touch()
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Path, broken, fail)
        with pytest.raises((FileError, KeyboardInterrupt)) as refused:
            write_bytes(tmp_path / "a", b"new")
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"
    if isinstance(error, OSError):
        assert str(refused.value) == (
            f"an output file must be in a folder that can be written, not '{tmp_path}/a' (No space left on device)"
        )


@pytest.mark.parametrize("parent", ["missing", "file"])
def test_a_parent_that_is_no_folder_is_refused(tmp_path: Path, parent: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match=r"^an output file must be in a folder that can be written, not .*\)$"):
        write_bytes(tmp_path / parent / "a", b"")
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_regular_file_is_never_replaced(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    with pytest.raises(FileError) as refused:
        write_bytes(path, b"")
    assert str(refused.value) == f"an output file must be a regular file or a new name, not '{path}'"
    assert not path.is_file()
    assert names(tmp_path) == ["a"]


# new_folder


def test_a_new_folder_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    with new_folder(tmp_path / "out", "manifest.json") as aside:
        write_text(aside / "manifest.json", MANIFEST)
        assert not (tmp_path / "out").exists()
        assert aside.parent == tmp_path
    assert names(tmp_path) == ["out", "out/manifest.json"]


def test_a_new_folder_has_the_rights_of_any_new_folder(made: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert stat.S_IMODE(made.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_a_folder_made_by_fxsnn_is_replaced_as_a_whole(made: Path, tmp_path: Path) -> None:
    with new_folder(made, "manifest.json") as aside:
        write_text(aside / "manifest.json", MANIFEST)
    assert names(tmp_path) == ["out", "out/manifest.json"]


def test_a_replaced_folder_and_its_files_keep_their_modes(made: Path) -> None:
    made.chmod(0o700)
    (made / "manifest.json").chmod(0o660)
    with new_folder(made, "manifest.json") as aside:
        write_text(aside / "manifest.json", MANIFEST)
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert stat.S_IMODE((made / "manifest.json").stat().st_mode) == 0o660


@pytest.mark.parametrize("name", [".", "old.mem"])
def test_a_folder_with_something_read_only_is_not_replaced(made: Path, tmp_path: Path, name: str) -> None:
    (made / name).chmod(0o555 if name == "." else 0o444)
    before = names(tmp_path)
    with pytest.raises(FileError) as refused:
        fill(made, lambda: None)
    assert str(refused.value) == f"an output folder must be one that may be written, '{made / name}' is read-only"
    assert names(tmp_path) == before
    made.chmod(0o755)


def test_an_empty_folder_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with new_folder(tmp_path / "out", "manifest.json") as aside:
        write_text(aside / "manifest.json", MANIFEST)
    assert names(tmp_path) == ["out", "out/manifest.json"]


def test_a_link_to_a_folder_keeps_pointing_to_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    with new_folder(tmp_path / "out", "manifest.json") as aside:
        write_text(aside / "manifest.json", MANIFEST)
    assert (tmp_path / "out").is_symlink()
    assert names(tmp_path) == ["out", "real", "real/manifest.json"]


@pytest.mark.parametrize("content", [{"thesis.tex": ""}, {"manifest.json": '{"name": "a web page"}'}])
def test_a_folder_of_somebody_else_is_refused_before_any_work(tmp_path: Path, content: dict[str, str]) -> None:
    (tmp_path / "out").mkdir()
    for name, text in content.items():
        (tmp_path / "out" / name).write_text(text)
    before = names(tmp_path)
    with pytest.raises(ConfigError) as refused, new_folder(tmp_path / "out", "manifest.json"):
        pytest.fail("the block must not run")
    assert str(refused.value) == (
        f"an output folder must be new, empty or made by fxsnn (with 'manifest.json'), not '{tmp_path}/out'"
    )
    assert names(tmp_path) == before


def test_a_folder_that_fills_up_meanwhile_is_left_alone(tmp_path: Path) -> None:
    def somebody_else_writes() -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "thesis.tex").touch()

    with pytest.raises(ConfigError, match=r"^an output folder must be new, empty or made by fxsnn "):
        fill(tmp_path / "out", somebody_else_writes)
    assert names(tmp_path) == ["out", "out/thesis.tex"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("fxsnn")
    with pytest.raises(ConfigError) as refused, new_folder(tmp_path / "out", "manifest.json"):
        pytest.fail("the block must not run")
    assert str(refused.value) == (f"an output folder must be a folder or a new name, not the file '{tmp_path}/out'")


@pytest.mark.parametrize("out", [".", ".."])
def test_the_working_folder_and_those_above_are_refused(made: Path, monkeypatch: pytest.MonkeyPatch, out: str) -> None:
    (made / "inner").mkdir()
    monkeypatch.chdir(made / "inner")
    with pytest.raises(ConfigError) as refused, new_folder(Path(out), "manifest.json"):
        pytest.fail("the block must not run")
    assert str(refused.value) == (
        f"an output folder must be one that can be renamed, not '{out}' (a mount point or the working "
        "folder): name a folder inside it"
    )


def test_a_missing_parent_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(FileError) as refused, new_folder(tmp_path / "a" / "out", "manifest.json"):
        pytest.fail("the block must not run")
    assert str(refused.value) == (
        f"an output folder must be where fxsnn can write, not '{tmp_path}/a/out' (No such file or directory)"
    )


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError, ConfigError, FileError])
def test_a_block_that_fails_leaves_the_old_folder_and_nothing_else(
    made: Path, tmp_path: Path, error: type[BaseException]
) -> None:
    def fail() -> None:
        raise error("as raised")

    before = names(tmp_path)
    with pytest.raises(error, match=r"^as raised$"):
        fill(made, fail)
    assert names(tmp_path) == before


def test_a_full_disk_in_the_block_is_one_line(made: Path, tmp_path: Path) -> None:
    before = names(tmp_path)
    with pytest.raises(FileError) as refused, new_folder(made, "manifest.json"):
        raise OSError(28, "No space left on device")
    assert str(refused.value) == (
        f"an output folder must be where fxsnn can write, not '{made}' (No space left on device)"
    )
    assert names(tmp_path) == before


@pytest.mark.parametrize("step", [1, 2])
def test_a_rename_that_fails_brings_the_old_folder_back(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    before, rename, calls = names(tmp_path), Path.rename, []

    def fail_once(path: Path, target: Path) -> Path:
        calls.append(path)
        if len(calls) == step:
            raise OSError(5, "Input/output error")
        return rename(path, target)

    with pytest.raises(FileError, match=r"\(Input/output error\)$"):
        fill(made, lambda: monkeypatch.setattr(Path, "rename", fail_once))
    assert names(tmp_path) == before


def test_a_folder_without_its_marker_is_a_mistake_of_the_writer(tmp_path: Path) -> None:
    with pytest.raises(AssertionError) as mistake, new_folder(tmp_path / "out", "manifest.json") as aside:
        write_text(aside / "manifest.json", "{}")
    assert str(mistake.value) == ("a folder made by fxsnn must hold 'manifest.json' with the word fxsnn in it")
    assert names(tmp_path) == []


def test_a_working_folder_that_is_gone_is_one_line(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(FileError, match=r"^an output folder must be one that can be read, not .*\)$"):
        fill(made, lambda: pytest.fail("the block must not run"))


# inside


def test_an_absolute_name_is_refused_even_if_it_lies_inside(tmp_path: Path) -> None:
    with pytest.raises(FileError):
        inside(tmp_path, f"{tmp_path}/v.mem")


@pytest.mark.parametrize("name", ["v.mem", "a/b.mem", "..v", "links/in"])
def test_a_name_inside_is_joined(tmp_path: Path, name: str) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "in").symlink_to(tmp_path)
    assert inside(tmp_path, name) == tmp_path / name


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../x", "a/../../x", "a/../b"),
        *("/etc/passwd", "C:\\x", "C:x", "..\\x", "a\0b"),
        *("links/out", "links/out/x", "links/round"),
    ],
)
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    (root / "links").mkdir(parents=True)
    (root / "links" / "out").symlink_to(tmp_path)
    (root / "links" / "round").symlink_to("round")
    with pytest.raises(FileError) as refused:
        inside(root, name)
    assert str(refused.value) == f"a file name must stay inside '{root}', not {name!r}"
