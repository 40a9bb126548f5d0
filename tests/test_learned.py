"""No network is measured on what it learned from: its file knows, whatever the data are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from command_line import run, skip_without_jit, small_splits
from fxsnn.competitive.learn import random_network
from fxsnn.competitive.network import load_network, save_network
from fxsnn.data.digits import Images
from fxsnn.data.learned import (
    MARKS,
    NOTHING_KNOWN,
    Samples,
    arrays_of,
    check_not_learned,
    learned_from,
    load_learned,
    note,
    split_of_samples,
)
from fxsnn.digits.splits import Splits, learned_digits
from fxsnn.errors import ConfigError, FileError
from fxsnn.io.npz import pack_npz, unpack_npz

skip_without_jit()

PLAN = Path(__file__).parent.parent / "golden" / "formats" / "digits.toml"


def numbered(first: int, last: int) -> Samples:
    return split_of_samples(str(n).encode() for n in range(first, last))


def saved(path: Path, *others: Samples, training: Samples) -> Path:
    save_network(random_network(4, 2), path, learned_from("numbers", training, others, "numbers"))
    return path


def part_of(splits: Splits, first: int, last: int) -> Images:
    return Images(splits.training.images[first:last], splits.training.labels[first:last])


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Callable[[Splits], None]:
    """Return what changes the images that commands open."""

    def show(splits: Splits) -> None:
        for module in ("digits", "digits_demo", "digits_training"):
            monkeypatch.setattr(f"fxsnn.jobs.{module}.open_splits", lambda *_: splits)

    show(small_splits())
    return show


@pytest.fixture
def trained(tmp_path: Path, shown: Callable[[Splits], None]) -> tuple[Path, Path]:
    del shown
    net = tmp_path / "net.npz"
    said = run("train", "--neurons", 4, "--itq", "UQ0.4", "--out", net)
    assert said.status == 0, said.err
    return net, tmp_path / "net.toml"


def test_a_file_says_what_its_network_learned_from(trained: tuple[Path, Path]) -> None:
    learned, splits = load_learned(trained[0]), small_splits()
    assert learned is not None
    (source,) = learned.sources
    assert (source.name, source.samples, source.shared, source.marks) == ("18 small images", 12, 0, 12)
    assert source.digest == split_of_samples(image.tobytes() for image in splits.training.images).digest
    assert source.others == (split_of_samples(image.tobytes() for image in splits.test.images).digest,)
    first = run("describe", trained[0]).out.splitlines()[0]
    assert first == (
        f"# learned from 18 small images: 12 samples, SHA-256 {source.digest}; kept apart: SHA-256 {source.others[0]}"
    )


def test_the_same_training_gives_the_same_file(trained: tuple[Path, Path], tmp_path: Path) -> None:
    run("train", "--neurons", 4, "--itq", "UQ0.4", "--out", tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == trained[0].read_bytes()


def test_own_test_digits_are_measured_without_a_word(trained: tuple[Path, Path]) -> None:
    said = run("emulate", *trained)
    assert (said.status, said.err) == (0, "")


@pytest.mark.parametrize("relabelled", [False, True])
def test_digits_that_were_learned_from_are_refused_under_any_name(
    trained: tuple[Path, Path], shown: Callable[[Splits], None], relabelled: bool
) -> None:
    splits = small_splits()
    test = part_of(splits, 3, 8)
    if relabelled:
        test = Images(test.images, test.labels[::-1].copy())
    shown(Splits("another name", splits.test, splits.test, test))
    assert run("emulate", *trained).complaint == (
        f"images to measure on must be others than '{trained[0]}' learned from, but 5 of 5 of these are among what it "
        "learned from (18 small images): give --mnist, or a folder of other images by --data"
    )


def test_one_digit_that_was_learned_from_is_enough(trained: tuple[Path, Path], shown: Callable[[Splits], None]) -> None:
    splits = small_splits()
    images = np.concatenate([splits.test.images, splits.training.images[7:8]])
    shown(replace(splits, test=Images(images, np.zeros(7, np.uint8))))
    assert "but 1 of 7 of these are among " in run("emulate", *trained).complaint


def test_a_report_is_not_written_of_what_was_learned_from(
    trained: tuple[Path, Path], shown: Callable[[Splits], None], tmp_path: Path
) -> None:
    grid, candidates = tmp_path / "grid.toml", tmp_path / "c.json"
    grid.write_text('weight = ["UQ0.4"]\nstate_bits = [4]\nweight_rounding = ["TR"]\nstate_rounding = ["TR"]\n')
    said = run("explore", trained[0], "--grid", grid, "--out", candidates)
    assert said.status == 0, said.err
    assert "training images (of 18 small images), by 4-fold cross-validation" in said.out
    shown(replace(small_splits(), test=part_of(small_splits(), 0, 12)))
    said = run("report", trained[0], candidates, "--out", tmp_path / "r.html")
    assert "but 12 of 12 of these are among " in said.complaint
    assert not (tmp_path / "r.html").exists()


def test_training_refuses_test_digits_that_are_training_digits(tmp_path: Path, shown: Callable[[Splits], None]) -> None:
    shown(replace(small_splits(), test=part_of(small_splits(), 0, 4)))
    for words in (["train", "--out", tmp_path / "n.npz"], ["demo", "--out", tmp_path / "demo"]):
        assert run(*words, "--neurons", 2).complaint == (
            "images to measure on must be others than those to learn from, but 4 of 4 are among the 12 of 18 small "
            "images to learn from"
        )
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_does_not_say_is_read_and_told_of(trained: tuple[Path, Path]) -> None:
    net, plan = trained
    save_network(load_network(net), net)
    assert load_learned(net) is None
    said = run("emulate", net, plan)
    assert said.status == 0
    assert said.err == (
        f"warning: {net}: this file does not say what it learned from, which may be what it was measured on\n"
    )


def test_a_large_split_is_known_by_a_part_of_its_samples(tmp_path: Path) -> None:
    net = saved(tmp_path / "n.npz", training=numbered(0, 20_000))
    learned = load_learned(net)
    assert learned is not None
    assert len(learned.marks[0]) == MARKS
    check_not_learned(net, numbered(20_000, 30_000), "numbers", "give others")
    with pytest.raises(ConfigError, match=r"but about 100 % of these are among what it learned from \(numbers\)"):
        check_not_learned(net, numbered(5_000, 6_000), "numbers", "give others")
    found, told, _ = learned.shared(numbered(19_000, 23_000))
    assert 0.15 < found / told < 0.35  # a quarter


def test_few_samples_in_common_with_the_split_kept_apart_are_told_of(tmp_path: Path) -> None:
    other = numbered(998, 1_400)
    net = saved(tmp_path / "n.npz", other, training=numbered(0, 1_000))
    check_not_learned(net, other, "numbers", "give others")
    assert note(net) == f"{net}: 2 samples to measure on are among those that it learned from (numbers)"
    with pytest.raises(ConfigError, match=r"but 3 of 3 of these are among what it learned from \(numbers\): give "):
        check_not_learned(net, numbered(0, 3), "numbers", "give others")


def test_what_learns_on_has_learned_from_both(tmp_path: Path) -> None:
    first, second = (learned_from(name, numbered(*span), [], "n") for name, span in (("a", (0, 9)), ("b", (9, 20))))
    for before, whole in ((first, True), (NOTHING_KNOWN, False)):
        path = tmp_path / f"{whole}.npz"
        save_network(random_network(4, 2), path, before.and_then(second))
        with pytest.raises(ConfigError, match=r"learned from \(b\)"):
            check_not_learned(path, numbered(10, 12), "numbers", "give others")
        assert note(path) == ("" if whole else note(path))
        assert ("does not say all" in note(path)) is not whole
    with pytest.raises(ConfigError, match=r"learned from \(a\)"):
        check_not_learned(tmp_path / "True.npz", numbered(3, 4), "numbers", "give others")


def test_a_sample_of_no_bytes_is_no_sign(tmp_path: Path) -> None:
    net = saved(tmp_path / "n.npz", training=split_of_samples([b"", b"a"]))
    check_not_learned(net, split_of_samples([b"", b"b"]), "numbers", "give others")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learned_from", np.asarray("{")),
        ("learned_from", np.asarray('{"sources": [], "whole": 3}')),
        ("learned_marks", np.zeros(3, np.float64)),
        ("learned_marks", np.zeros(2, np.uint64)),
        ("learned_marks", None),
    ],
)
def test_what_is_damaged_is_refused_in_one_line(tmp_path: Path, name: str, value: np.ndarray | None) -> None:
    net = saved(tmp_path / "n.npz", training=numbered(0, 12))
    held = unpack_npz(net.read_bytes()) | ({name: value} if value is not None else {})
    if value is None:
        del held[name]
    net.write_bytes(pack_npz(held))
    told = "what a network learned from must be stated whole, in "
    with pytest.raises(FileError, match=rf"^{told}.*n\.npz' it is not: [^\n]+$"):
        load_learned(net)


def test_nothing_known_adds_nothing_to_a_file() -> None:
    assert arrays_of(None) == {}
    assert learned_digits(small_splits()).whole
