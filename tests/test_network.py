"""A network is checked once, cannot be changed, and comes back from its file bit for bit."""

from __future__ import annotations

import io
import zipfile
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from command_line import skip_with_jit
from fxsnn.competitive.network import Network, load_network, save_network
from fxsnn.data.encode import RateCoding
from fxsnn.errors import ConfigError, FileError

skip_with_jit()


@pytest.fixture
def network() -> Network:
    return Network(
        weights=np.array([[0.1, -0.2], [1 / 3, 4e-300], [5.0, 6.0]]),
        theta=np.array([0.5, 1.5]),
        labels=np.array([7, -1]),
        threshold=1 / 7,
        reset="subtract",
        compare="gt",
        winner="lowest",
        refractory_steps=3,
        refractory_input="integrate",
        coding=RateCoding(steps=9, peak=0.3, seed=1 << 62),
    )


def entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_entries(path: Path, held: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in held.items():
            archive.writestr(name, data)


def npy(array: NDArray[Any]) -> bytes:
    text = io.BytesIO()
    np.lib.format.write_array(text, array, (1, 0), allow_pickle=False)
    return text.getvalue()


def refusal(path: Path) -> str:
    with pytest.raises(FileError) as refused:
        load_network(path)
    assert "\n" not in str(refused.value)
    return str(refused.value)


# what a network is


def test_the_arrays_are_copies_that_cannot_be_written() -> None:
    weights = np.ones((2, 2))
    network = Network(weights, np.zeros(2), np.zeros(2, np.int64))
    weights[0, 0] = 9
    assert network.weights.tolist() == [[1, 1], [1, 1]]
    for array in (network.weights, network.theta, network.labels):
        assert not array.flags.writeable


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"weights": np.zeros((3, 2), np.float32)}, "weights must be float64[inputs, neurons], not float32[3, 2]"),
        ({"theta": np.zeros((1, 2))}, "theta must be float64[neurons], not float64[1, 2]"),
        ({"labels": np.zeros(2)}, "labels must be int64[neurons], not float64[2]"),
        ({"weights": np.zeros((0, 2))}, "a network must have inputs and neurons, not 0 and 2"),
        ({"theta": np.zeros(3)}, "theta and labels must be of 2 neurons like the weights, not 3 and 2"),
        ({"theta": np.array([0, np.inf])}, "theta must be finite"),
        ({"labels": np.array([0, -2])}, "labels must be classes from 0, or -1 for none, not -2"),
        ({"threshold": np.nan}, "threshold must be finite, not nan"),
        ({"decay": 1.5}, "decay must be the part of the membrane that a step leaves, 0 to 1, not 1.5"),
        ({"inhibition": -1.0}, "inhibition must be 0 or more, not -1.0"),
        ({"reset": "hard"}, "reset must be zero or value or subtract, not 'hard'"),
        ({"compare": ">"}, "compare must be ge or gt, not '>'"),
        ({"winner": "all"}, "winner must be none or lowest or largest, not 'all'"),
        ({"refractory_input": ""}, "refractory_input must be ignore or integrate, not ''"),
        ({"refractory_steps": -1}, "refractory_steps must be 0 to 2**31 - 1, not -1"),
    ],
)
def test_a_network_that_cannot_be_is_refused(network: Network, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        replace(network, **given)
    assert str(refused.value) == message


# its file


def test_a_saved_network_comes_back_bit_for_bit(network: Network, tmp_path: Path) -> None:
    save_network(network, tmp_path / "n.npz")
    loaded = load_network(tmp_path / "n.npz")
    for field in fields(Network):
        expected, got = getattr(network, field.name), getattr(loaded, field.name)
        if isinstance(expected, np.ndarray):
            assert (got.dtype, got.tolist()) == (expected.dtype, expected.tolist())
        else:
            assert (type(got), got) == (type(expected), expected)


def test_whole_numbers_for_real_constants_can_be_saved(network: Network, tmp_path: Path) -> None:
    save_network(replace(network, threshold=2, coding=RateCoding(peak=1)), tmp_path / "n.npz")
    loaded = load_network(tmp_path / "n.npz")
    assert (loaded.threshold, loaded.coding.peak) == (2.0, 1.0)


def test_the_same_network_gives_the_same_bytes(network: Network, tmp_path: Path) -> None:
    save_network(network, tmp_path / "a.npz")
    save_network(load_network(tmp_path / "a.npz"), tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert {i.date_time for i in zipfile.ZipFile(tmp_path / "a.npz").infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_numpy_reads_the_file_without_unpickling(network: Network, tmp_path: Path) -> None:
    save_network(network, tmp_path / "n.npz")
    with np.load(tmp_path / "n.npz", allow_pickle=False) as held:
        assert held["weights"].tolist() == network.weights.tolist()
        assert str(held["format"]) == "fxsnn network 1"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "n.npz"
    assert refusal(path) == f"a network must be a file that can be read, not '{path}' (No such file or directory)"


def test_every_truncated_file_is_refused(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "n.npz"
    save_network(network, path)
    whole = path.read_bytes()
    for size in [*range(0, len(whole), 61), len(whole) - 1]:
        path.write_bytes(whole[:size])
        assert refusal(path).startswith(f"a network must be an .npz of plain arrays, not '{path}' (")


def test_a_flipped_bit_is_refused_or_changes_nothing(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "n.npz"
    save_network(network, path)
    whole, held = path.read_bytes(), entries(path)
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :])
        try:
            loaded = load_network(path)
        except FileError:
            continue
        save_network(loaded, path)  # a date, say, may have changed
        assert entries(path) == held


def test_a_text_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "n.npz").write_text("weights = 3\n")
    expected = f"a network must be an .npz of plain arrays, not '{tmp_path / 'n.npz'}' (File is not a zip file)"
    assert refusal(tmp_path / "n.npz") == expected


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"format": npy(np.array("2"))}, "a network must say 'fxsnn network 1', not '2': {path}"),
        ({"format": None}, "a network must say 'fxsnn network 1', not 'None': {path}"),
        ({"theta": None}, "a network must hold theta, {path} does not"),
        ({"coding_peak": None}, "a network must hold coding_peak, {path} does not"),
        ({"theta": npy(np.zeros(2, np.float32))}, "theta must be of type <f8, in {path} it is <f4"),
        ({"reset": npy(np.array(1))}, "reset must be of type U, in {path} it is <i8"),
        ({"decay": npy(np.zeros(1))}, "decay must be one value, in {path} it is [1]"),
        ({"decay": npy(np.array(2.0))}, "a network must be usable, {path} is not: decay must be the part of the "),
        ({"coding_steps": npy(np.array(0))}, "a network must be usable, {path} is not: steps must be 1 to 65,536, n"),
        (
            {"theta": npy(np.zeros(3))},
            "a network must be usable, {path} is not: theta and labels must be of 2 neurons ",
        ),
        (
            {"theta": npy(np.zeros(1)).replace(b"'<f8'", b"'|O' ")},
            "a network must be an .npz of plain arrays, not {path} (theta.npy is not a w",
        ),
        ({"theta": npy(np.zeros(2))[:-1]}, "a network must be an .npz of plain arrays, not {path} (theta.npy is not a"),
        ({"theta": b"\x93NUMPY\2\0"}, "a network must be an .npz of plain arrays, not {path} (theta.npy is not of .np"),
        ({"theta": b""}, "a network must be an .npz of plain arrays, not {path} (EOF: reading magic string, expected "),
    ],
)
def test_a_file_that_holds_something_else_is_refused(
    network: Network, tmp_path: Path, changed: dict[str, bytes | None], message: str
) -> None:
    path = tmp_path / "n.npz"
    save_network(network, path)
    held: dict[str, bytes | None] = {**entries(path), **{f"{name}.npy": data for name, data in changed.items()}}
    write_entries(path, {name: data for name, data in held.items() if data is not None})
    assert refusal(path).startswith(message.format(path=repr(str(path))))


def test_a_compressed_file_is_refused(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "n.npz"
    save_network(network, path)
    write_entries(path, entries(path), zipfile.ZIP_DEFLATED)
    assert refusal(path).endswith("(format.npy is compressed)")
