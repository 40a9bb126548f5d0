"""Inputs of a network of populations from files: what is read, and what is refused in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fxsnn.errors import ConfigError, FileError, FxsnnError
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.inputs import read_inputs
from fxsnn.graph.network import Graph
from fxsnn.graph.population import population
from fxsnn.graph.reading import Readout
from fxsnn.graph.recorded_inputs import MOST_WORDS
from fxsnn.number.format import Format


def network(form: str = "Q3.1", skip: int = 0) -> Graph:
    """A population of one neuron behind a map of 2 x 1 cells and 2 channels."""
    wire = Projection("w", "input", "a", "arriving", weights=raw(np.ones((4, 1), np.int64)))
    one = population("a", 1, "relay")
    return Graph((2, 1, 2), (one,), (wire,), Format.parse(form), Readout("counts", skip=skip))


WORDS = np.array([[[-8, 7, 0, 1], [2, 3, 4, 5], [-1, -2, -3, -4]]])


@pytest.mark.parametrize("name", ["x.npy", "flat.npy", "fortran.npy", "x.npz", "packed.npz", "x.csv", "x.mem"])
def test_inputs_are_the_same_words_from_every_kind_of_file(tmp_path: Path, name: str) -> None:
    shaped = WORDS.reshape(1, 3, 2, 1, 2)
    np.save(tmp_path / "x.npy", shaped.astype(np.int8))
    np.save(tmp_path / "flat.npy", WORDS)
    np.save(tmp_path / "fortran.npy", np.asfortranarray(shaped))
    np.savez(tmp_path / "x.npz", inputs=shaped, other=np.zeros(3))
    np.savez_compressed(tmp_path / "packed.npz", inputs=WORDS.astype(">i2"))
    (tmp_path / "x.csv").write_text("-8 7 0 1\n2,3,4,5\n-1;-2;-3;-4\n")
    (tmp_path / "x.mem").write_text("8 7 0 1 // a step\n2 3 4 5\nf e d c\n")
    read = read_inputs(tmp_path / name, network())
    assert read.words[:].tolist() == WORDS.tolist()
    assert (read.words[:].dtype.str, read.labels, len(read)) == ("<i8", None, 1)
    assert not read.words[:].flags.writeable


def test_false_and_true_are_spikes_and_labels_are_read_beside_them(tmp_path: Path) -> None:
    spikes = np.array([[[True, False, True, True]], [[False, False, False, True]]])
    np.savez(tmp_path / "x.npz", inputs=spikes, labels=np.array([3, 0], np.uint8))
    read = read_inputs(tmp_path / "x.npz", network("UQ1.0"))
    assert read.words[:].tolist() == [[[1, 0, 1, 1]], [[0, 0, 0, 1]]]
    assert read.labels is not None
    assert (read.labels.tolist(), read.labels.dtype.str) == ([3, 0], "<i8")


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (np.zeros((1, 3, 5), int), "inputs must be [inputs, steps, 2, 1, 2], not [1, 3, 5]"),
        (np.zeros((3, 4), int), "inputs must be [inputs, steps, 2, 1, 2], not [3, 4]"),
        (np.zeros(4, int), "inputs must be [inputs, steps, 2, 1, 2], not [4]"),
        (np.zeros((0, 3, 4), int), "inputs must be one or more, not none"),
        (np.zeros((1, 2, 4), int), "inputs must have more than the 2 steps of skip, not 2"),
        (np.full((1, 3, 4), 8), "inputs[0, 0, 0] must be a word of Q3.1 (s4), -8 to 7, not 8"),
        (
            np.full((1, 3, 4), 2**64 - 1, np.uint64),
            f"inputs[0, 0, 0] must be a word of Q3.1 (s4), -8 to 7, not {2**64 - 1}",
        ),
        (np.zeros((1, 3, 4)), "inputs must be integers, not float64"),
        (np.full((1, 3, 4), "1"), "inputs must be integers, not <U1"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_in_one_line(tmp_path: Path, inputs: np.ndarray, said: str) -> None:
    for name, save in (("x.npy", np.save), ("x.npz", lambda path, array: np.savez(path, inputs=array))):
        save(tmp_path / name, inputs)
        with pytest.raises(ConfigError) as caught:
            read_inputs(tmp_path / name, network(skip=2))
        assert str(caught.value) == f"{str(tmp_path / name)!r}: {said}"


@pytest.mark.parametrize("dtype", ["?", "u1", "i8", "f2", "<f4", ">f8"])
def test_spikes_are_the_same_in_every_type_of_numbers(tmp_path: Path, dtype: str) -> None:
    spikes = np.arange(12).reshape(1, 3, 4) % 3 == 0
    np.save(tmp_path / "x.npy", spikes.astype(dtype))
    np.savez(tmp_path / "x.npz", inputs=spikes.astype(dtype))
    np.savetxt(tmp_path / "x.csv", spikes[0].astype(dtype))  # 1.000000000000000000e+00, if no form is asked for
    for name in ("x.npy", "x.npz", "x.csv"):
        read = read_inputs(tmp_path / name, network("UQ1.0")).words
        assert isinstance(read, np.ndarray)
        assert read.dtype == np.int64
        assert read.tolist() == spikes.astype(int).tolist()


@pytest.mark.parametrize("value", [0.5, 2.0, -1.0, np.nan, np.inf, 1e300])
def test_a_float_that_is_no_spike_is_refused_with_its_place(tmp_path: Path, value: float) -> None:
    spikes = np.zeros((2, 3, 4))
    spikes[1, 2, 3] = value
    np.save(tmp_path / "x.npy", spikes)
    said = f"inputs[1, 2, 3] must be a word of UQ1.0 (u1), 0 to 1, not {value}"
    with pytest.raises(ConfigError) as caught:
        read_inputs(tmp_path / "x.npy", network("UQ1.0"))
    assert str(caught.value) == f"{str(tmp_path / 'x.npy')!r}: {said}"


def test_a_float_beyond_the_longest_word_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.full((1, 3, 4), 2.0**62, np.float32))
    with pytest.raises(ConfigError, match=r"^'.*': inputs\[0, 0, 0\] must be a word of Q63\.0 .* not 4\.61"):
        read_inputs(tmp_path / "x.npy", network("Q63.0"))


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.zeros(2, int), "labels must be a whole number for each of 1 inputs, not int64[2]"),
        (np.full(1, 0.5), "labels must be a whole number for each of 1 inputs, not float64[1]"),
        (np.full(1, np.nan), "labels must be a whole number for each of 1 inputs, not float64[1]"),
        (np.full(1, -1.0), "labels[0] must be a class of 0 to 65535, not -1"),
        (np.array([-1]), "labels[0] must be a class of 0 to 65535, not -1"),
        (np.array([65536]), "labels[0] must be a class of 0 to 65535, not 65536"),
        (np.array([2**64 - 1], np.uint64), f"labels[0] must be a class of 0 to 65535, not {2**64 - 1}"),
    ],
)
def test_labels_that_are_no_classes_are_refused_in_one_line(tmp_path: Path, labels: np.ndarray, said: str) -> None:
    np.savez(tmp_path / "x.npz", inputs=WORDS, labels=labels)
    with pytest.raises(ConfigError) as caught:
        read_inputs(tmp_path / "x.npz", network())
    assert str(caught.value) == f"{str(tmp_path / 'x.npz')!r}: {said}"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.txt", b"1", "inputs must be a file of .npy, .npz, .csv, .mem, .toml, .h5, .hdf5 or a folder, not '{path}'"),
        ("none", None, "inputs must be a file of .npy, .npz, .csv, .mem, .toml, .h5, .hdf5 or a folder, not '{path}'"),
        (
            "none.npy",
            None,
            "'{path}': inputs must be a file that can be read, not '{path}' (No such file or directory)",
        ),
        (
            "none.csv",
            None,
            "'{path}': an array must be a file that can be read, not '{path}' (No such file or directory)",
        ),
        ("x.npy", b"123456", "'{path}': inputs must be plain arrays of NumPy: "),
        ("x.npz", b"PK", "'{path}': inputs must be plain arrays of NumPy: "),
        ("x.csv", b"1 2 3", "'{path}': inputs must be whole steps of 4 words, not 3 words"),
        ("x.csv", b"", "'{path}': inputs must have more than the 0 steps of skip, not 0"),
        ("x.csv", b"1 2 3 0.5", "'{path}': x.csv line 1 must be a raw word, not '0.5'"),
        ("x.csv", b"1 2 3 1.0", "'{path}': x.csv line 1 must be a raw word, not '1.0'"),
        ("x.csv", b"1 2 3 8", "'{path}': x.csv: inputs[3] must be a word of Q3.1 (s4), -8 to 7, not 8"),
        ("x.mem", b"1 2 3 10", "'{path}': x.mem: inputs[3] must fit 4 bits of Q3.1 (s4), not 10"),
    ],
)
def test_files_that_hold_no_inputs_are_refused_in_one_line(
    tmp_path: Path, name: str, data: bytes | None, said: str
) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(FxsnnError) as caught:
        read_inputs(path, network())
    assert str(caught.value).startswith(said.format(path=path))


def test_an_npz_without_inputs_and_an_array_of_objects_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", spikes=WORDS)
    with pytest.raises(FileError, match=r"array of the name inputs, units, images, frames_on, not spikes$"):
        read_inputs(tmp_path / "x.npz", network())
    np.save(tmp_path / "x.npy", np.array([[["1"]]], object))
    with pytest.raises(FileError, match="x.npy is not a whole plain array$"):
        read_inputs(tmp_path / "x.npy", network())


def test_more_words_than_fit_into_memory_are_refused_before_they_are_held(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.lib.format.open_memmap(path, "w+", np.uint8, (1, MOST_WORDS // 4 + 1, 4))
    with pytest.raises(ConfigError, match="inputs must be at most 268,435,456 words together, not 268,435,460$"):
        read_inputs(path, network())
