"""Recordings and images as inputs of a network: any sensor, any number of classes, and what is refused in one line."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from command_line import long_with_jit
from fxsnn.data.encode import RateCoding, encode
from fxsnn.data.labelled import Labelled
from fxsnn.errors import FxsnnError
from fxsnn.graph import frames
from fxsnn.graph.connect import Projection
from fxsnn.graph.frames import Events, Frames, made
from fxsnn.graph.given import raw
from fxsnn.graph.inputs import Inputs, read_inputs
from fxsnn.graph.network import Graph
from fxsnn.graph.population import population
from fxsnn.graph.reading import Readout
from fxsnn.graph.recorded_inputs import MOST_WORDS
from fxsnn.io.npz import pack_npz
from fxsnn.number.format import Format


def network(*shape: int, form: str = "UQ8.0") -> Graph:
    """A population of one neuron behind an input of this shape."""
    ones = np.ones((int(np.prod(shape)), 1), np.int64)
    wire = Projection("w", "input", "a", "arriving", weights=raw(ones))
    given = shape if len(shape) == 3 else shape[:1]
    return Graph(given, (population("a", 1, "relay"),), (wire,), Format.parse(form), Readout("counts"))


def events(*rows: tuple[int, int, int, int]) -> bytes:
    """Return events of x, y, polarity and microseconds as N-MNIST has them."""
    found = b""
    for x, y, polarity, time in rows:
        found += bytes([x, y]) + (polarity << 23 | time).to_bytes(3)
    return found


def folder_of_classes(place: Path, inner: str = "Test") -> Path:
    """Two classes of a sensor of 3 x 4 cells; the first recording begins late."""
    (place / inner / "7").mkdir(parents=True)
    (place / inner / "12").mkdir()
    (place / inner / "12" / "b.bin").write_bytes(events((3, 2, 1, 0), (3, 2, 1, 900), (0, 0, 0, 1000)))
    (place / inner / "7" / "a.bin").write_bytes(events((1, 0, 1, 5000), (1, 0, 0, 5999), (2, 2, 1, 7000)))
    return place


def at(read: Inputs, *shape: int) -> list[tuple[int, ...]]:
    """Return where words are not 0, with the word last: input, step, row, column, polarity."""
    words = read.words[:].reshape(*read.words.shape[:2], *shape)
    return [(*map(int, place), int(words[tuple(place)])) for place in np.argwhere(words)]


def labels(read: Inputs) -> list[int]:
    assert read.labels is not None
    return [int(label) for label in read.labels]


def test_a_folder_of_classes_is_binned_from_each_first_event_on_for_any_sensor_and_class(tmp_path: Path) -> None:
    read = read_inputs(folder_of_classes(tmp_path), network(3, 4, 2))
    assert labels(read) == [7, 12]
    assert at(read, 3, 4, 2) == [
        (0, 0, 0, 1, 0, 1),
        (0, 0, 0, 1, 1, 1),
        (0, 2, 2, 2, 1, 1),
        (1, 0, 2, 3, 1, 2),
        (1, 1, 0, 0, 0, 1),
    ]


def test_a_description_says_how_recordings_are_taken(tmp_path: Path) -> None:
    folder_of_classes(tmp_path / "held", "Train")
    text = "recordings = 'held'\nsplit = 'train'\nstep = 500\nsteps = 2\nseveral = 'one'\nfirst = 1\n"
    (tmp_path / "inputs.toml").write_text(text)
    read = read_inputs(tmp_path / "inputs.toml", network(3, 4, 2, form="UQ1.0"))
    assert (labels(read), read.words.shape) == ([12], (1, 2, 24))
    assert at(read, 3, 4, 2) == [(0, 0, 2, 3, 1, 1), (0, 1, 2, 3, 1, 1)]
    # one channel: polarities together; a row of numbers: the sensor must be said
    (tmp_path / "inputs.toml").write_text("recordings = 'held'\nsplit = 'train'\nsteps = 3\nevery = 2\n")
    assert at(read_inputs(tmp_path / "inputs.toml", network(3, 4, 1)), 3, 4, 1) == [
        (0, 0, 0, 1, 0, 2),
        (0, 2, 2, 2, 0, 1),
    ]
    (tmp_path / "inputs.toml").write_text("recordings = 'held'\nsplit = 'train'\nsensor = [3, 4]\ncount = 1\n")
    flat = read_inputs(tmp_path / "inputs.toml", network(24))
    assert at(flat, 3, 4, 2)[:2] == [(0, 0, 0, 1, 0, 1), (0, 0, 0, 1, 1, 1)]


def test_tables_of_events_and_classes_by_name_are_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name, x in (("wave", 1), ("clap", 2)):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "one.npy", np.array([[x, 0, 1, 10], [x, 0, 1, 2010]]))
    read = read_inputs(tmp_path, network(1, 3, 2))
    assert labels(read) == [0, 1]
    assert at(read, 1, 3, 2) == [(0, 0, 0, 2, 1, 1), (0, 2, 0, 2, 1, 1), (1, 0, 0, 1, 1, 1), (1, 2, 0, 1, 1, 1)]


def shd(path: Path, **other: object) -> Path:
    """Two recordings of 5 units as SHD has them."""
    held: dict[str, object] = {
        "labels": np.array([3, 19], np.uint16),
        "times": [[0.0, 0.0014, 0.0014], [0.0009]],
        "units": [[4, 0, 0], [1]],
    }
    with h5py.File(path, "w") as file:
        held |= other
        file["labels"] = held["labels"]
        for name, kind in (("times", np.float16), ("units", np.uint16)):
            rows = held[name]
            assert isinstance(rows, list)
            made = file.create_dataset(f"spikes/{name}", (len(rows),), h5py.vlen_dtype(kind))
            for n, row in enumerate(rows):
                made[n] = np.array(row, kind)
        file.create_dataset("extra/keys", data=[b"zero", b"one"])
    return path


def test_a_binned_recording_is_taken_as_it_is_and_by_a_description(tmp_path: Path) -> None:
    on = np.random.default_rng(1).integers(0, 3, (5, 3, 4)).astype(np.uint8)
    np.savez(tmp_path / "one.npz", frames_on=on, frames_off=on[::-1], label=np.array(6))
    (tmp_path / "inputs.toml").write_text("recordings = 'one.npz'\n")
    for name in ("one.npz", "inputs.toml"):
        read = read_inputs(tmp_path / name, network(3, 4, 2))
        assert labels(read) == [6]
        assert read.words[:].reshape(5, 3, 4, 2).tolist() == np.stack([on[::-1], on], axis=-1).tolist()


def test_hdf5_of_shd_gives_units_and_times_of_every_recording_with_its_class(tmp_path: Path) -> None:
    read = read_inputs(shd(tmp_path / "test.h5"), network(5))
    assert labels(read) == [3, 19]
    assert at(read, 5) == [(0, 0, 4, 1), (0, 1, 0, 2), (1, 0, 1, 1)]


@long_with_jit
@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"units": [[4, 0, 5], [1]]}, "units must be 0 to 4, event 2 of recording 0 has 5"),
        ({"units": [[4, 0], [1]]}, "recording 0 must have a time for each unit, not 3 for 2"),
        ({"times": [[0.0, np.nan, 0.1], [0.0]]}, "recording 0 must have times of 0 s or more, and finite ones"),
        ({"times": [[0.0, -1.0, 0.1], [0.0]]}, "recording 0 must have times of 0 s or more, and finite ones"),
        (
            {"labels": np.array([3], np.uint16)},
            "labels, spikes/times and spikes/units must be of 1 to 1,048,576 record",
        ),
        ({"labels": np.array([3.5, 1.0])}, "labels must be whole numbers, not float64"),
        ({"labels": np.array([3, 1 << 20])}, "labels[1] must be a class of 0 to 65535, not 1048576"),
    ],
)
def test_hdf5_that_holds_no_recordings_is_refused_in_one_line(
    tmp_path: Path, other: dict[str, object], told: str
) -> None:
    path = shd(tmp_path / "test.h5", **other)
    with pytest.raises(FxsnnError) as caught:
        read_inputs(path, network(5))
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{str(path)!r}: ")
    assert "\n" not in str(caught.value)


def test_damaged_hdf5_is_refused_in_one_line(tmp_path: Path) -> None:
    whole = shd(tmp_path / "test.h5").read_bytes()
    for data in (b"HDF", whole[: len(whole) // 2], whole.replace(b"spikes", b"spoken")):
        (tmp_path / "bad.h5").write_bytes(data)
        with pytest.raises(FxsnnError, match=r"^'.*bad\.h5'.* must "):
            read_inputs(tmp_path / "bad.h5", network(5))


def packed(place: Path, held: dict[str, Any]) -> None:
    (place / "x.npz").write_bytes(pack_npz(held))


def test_spikes_in_an_npz_are_units_times_and_offsets(tmp_path: Path) -> None:
    held = {"units": np.array([1, 1, 2], np.uint16), "times": np.array([0, 999, 1000]), "offsets": np.array([0, 1, 3])}
    packed(tmp_path, held | {"labels": np.array([300, 2])})
    read = read_inputs(tmp_path / "x.npz", network(3))
    assert labels(read) == [300, 2]
    assert at(read, 3) == [(0, 0, 1, 1), (1, 0, 1, 1), (1, 1, 2, 1)]
    packed(tmp_path, held)
    assert read_inputs(tmp_path / "x.npz", network(3)).labels is None
    (tmp_path / "inputs.toml").write_text("recordings = 'x.npz'\nstep = 500\nfirst = 1\n")
    assert at(read_inputs(tmp_path / "inputs.toml", network(3)), 3) == [(0, 1, 1, 1), (0, 2, 2, 1)]
    for spoiled, told in (
        ({"offsets": np.array([0, 4])}, "offsets must rise to the number of events, 3, not to 4"),
        ({"units": np.array([1, 1, 3])}, "units must be 0 to 2, event 1 of recording 1 has 3"),
        ({"units": np.array([1.0, 1, 3])}, "units must be whole numbers [n], not float64[3]"),
    ):
        packed(tmp_path, held | spoiled)
        with pytest.raises(FxsnnError, match=told.replace("[", r"\[")):
            read_inputs(tmp_path / "x.npz", network(3))


def idx(words: np.ndarray) -> bytes:
    return bytes([0, 0, 8, words.ndim]) + b"".join(n.to_bytes(4) for n in words.shape) + words.tobytes()


def test_images_of_any_size_are_shown_as_spikes_or_as_words_with_the_labels_beside_them(tmp_path: Path) -> None:
    images = np.random.default_rng(1).integers(0, 256, (3, 2, 5)).astype(np.uint8)
    classes = np.array([17, 0, 200], np.uint8)
    (tmp_path / "t-images-idx3-ubyte").write_bytes(idx(images))
    (tmp_path / "t-labels-idx1-ubyte").write_bytes(idx(classes))
    read = read_inputs(tmp_path / "t-images-idx3-ubyte", network(2, 5, 1, form="UQ1.0"))
    assert labels(read) == [17, 0, 200]
    assert read.words[:].tolist() == encode(images.reshape(3, 10), RateCoding()).raster().tolist()
    np.savez(tmp_path / "own.npz", images=images, labels=classes)
    of_npz = read_inputs(tmp_path / "own.npz", network(2, 5, 1, form="UQ1.0"))
    assert (of_npz.words[:].tolist(), labels(of_npz)) == (read.words[:].tolist(), labels(read))
    (tmp_path / "inputs.toml").write_text("images = 'own.npz'\ncoding = 'words'\nsteps = 2\nfirst = 1\n")
    read = read_inputs(tmp_path / "inputs.toml", network(10))
    assert labels(read) == [0, 200]
    assert read.words[:].tolist() == np.repeat(images[1:].reshape(2, 1, 10), 2, axis=1).tolist()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a description of inputs must name recordings, or images and their labels"),
        ("recordings = 'held'\nlabels = 'x'\n", "a description of inputs must name recordings, or images and their"),
        ("recordings = 'held'\nspeed = 2\n", "a description of inputs must have the documented keys: Object contains"),
        ("recordings = 'held'\nstep = 0\n", "step must be 1 or more, not 0"),
        ("recordings = 'held'\nfirst = 2\n", "first must leave one or more of 2, not begin at 2"),
        ("recordings = 'held'\nsplit = 'train'\n", "must hold the folder Train, it does not"),
        ("recordings = 'held'\nsensor = [4, 3]\n", "sensor must be that of the network's input, [3, 4], not [4, 3]"),
        ("recordings = 'none'\n", "a folder of recordings must be one that can be read"),
        (f"recordings = 'held'\nsteps = {MOST_WORDS // 24}\n", "inputs must be at most 268,435,456 words together"),
        ("recordings = 'held'\npeak = 0.5\n", "peak must be given of images alone, not of 'held'"),
        ("images = 'none.npy'\nseveral = 'one'\n", "several must be given of recordings alone, not of 'none.npy'"),
        ("recordings = 'x.h5'\nsplit = 'train'\n", "split must be given of folders of recordings alone, not of 'x.h5'"),
        ("images = 'none.npy'\ncoding = 'words'\nseed = 1\n", "seed must be given where coding is 'rate' alone, not"),
        ("images = 'none.npy'\n", "an .npy must be a file that can be read"),
    ],
)
def test_a_description_that_cannot_be_is_refused_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    folder_of_classes(tmp_path / "held")
    (tmp_path / "inputs.toml").write_text(text)
    with pytest.raises(FxsnnError) as caught:
        read_inputs(tmp_path / "inputs.toml", network(3, 4, 2))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_recordings_of_another_sensor_are_refused_with_the_file_and_the_event(tmp_path: Path) -> None:
    folder_of_classes(tmp_path)
    with pytest.raises(FxsnnError, match=r"a\.bin' must have y of 0 to 1, event 2 has 2$"):
        read_inputs(tmp_path, network(2, 4, 2))
    with pytest.raises(FxsnnError, match=r"sensor must be \[rows, columns\] in the description of inputs, of 24 cells"):
        read_inputs(tmp_path, network(24))
    np.savez(tmp_path / "one.npz", frames_on=np.zeros((5, 3, 4), np.uint8), label=np.array(6))
    with pytest.raises(FxsnnError, match=r"^'[^']*one\.npz': a sensor of 3 x 4 cells \(binned\) must be that of the "):
        read_inputs(tmp_path / "one.npz", network(2, 4, 2))
    (tmp_path / "Test" / "name").mkdir()
    with pytest.raises(FxsnnError, match="classes must be folders of numbers or of names, .* has '12' and 'name'$"):
        read_inputs(tmp_path, network(3, 4, 2))


def test_recordings_without_events_last_a_step(tmp_path: Path) -> None:
    del tmp_path
    nothing = np.zeros(0, np.int64)
    held = Labelled(nothing, nothing, np.zeros(3, np.int64), None, 4)
    assert (len(held), held.lasting(1000), held.words(1000, 1).tolist()) == (2, 1, [[[0] * 4], [[0] * 4]])


def test_more_words_than_are_held_are_made_when_they_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_of_classes(tmp_path / "held")
    images = np.random.default_rng(1).integers(0, 256, (3, 3, 8)).astype(np.uint8)
    np.savez(tmp_path / "own.npz", images=images, labels=np.arange(3))
    (tmp_path / "own.toml").write_text("images = 'own.npz'\nsteps = 9\n")
    (tmp_path / "words.toml").write_text("images = 'own.npz'\nsteps = 2\ncoding = 'words'\nfirst = 1\n")
    for name, graph in (("held", network(3, 4, 2)), ("own.toml", network(24)), ("words.toml", network(24))):
        expected = read_inputs(tmp_path / name, graph)
        with monkeypatch.context() as less:
            less.setattr(frames, "STORED_WORDS", 1)
            less.setattr(frames, "AT_ONCE", 30)  # one input at a time
            read = read_inputs(tmp_path / name, graph)
            assert isinstance(read.words, Frames)
            assert labels(read) == labels(expected)
            assert [some.tolist() for some in read.parts()] == [[one.tolist()] for one in expected.words]
            assert read.words[1].tolist() == expected.words[1].tolist()
            last = read.chosen(np.array([1, 0])).first(1)
            assert last.words[:].tolist() == expected.words[1:2].tolist()

    bits = network(3, 4, 2, form="UQ0.1")
    with pytest.raises(FxsnnError, match=r"held': inputs\[1, 0, 23\] must be a word of UQ0.1 .*, not 2$"):
        read_inputs(tmp_path / "held", bits)
    monkeypatch.setattr(frames, "STORED_WORDS", 1)
    monkeypatch.setattr(frames, "AT_ONCE", 30)
    with pytest.raises(FxsnnError, match=r"held': inputs\[1, 0, 23\] must be a word of UQ0.1 .*, not 2$"):
        read_inputs(tmp_path / "held", bits)


def test_ten_thousand_recordings_are_measured_in_bounded_memory() -> None:
    many, rng = 20_000, np.random.default_rng(0)
    units, times = rng.integers(0, 2000, many), rng.integers(0, 300_000, many)
    offsets = np.arange(0, many + 1, 2)
    source = Events(Labelled(units, times, offsets, None, 2000), 1000, 300, once=True)
    inputs = Inputs(made(source, 10_000, 300, 2000))
    assert inputs.words.shape == (10_000, 300, 2000)
    tracemalloc.start()
    total = sum(int(some.sum()) for some in inputs.first(30).parts())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == len(
        set(zip((np.arange(60) // 2).tolist(), (times[:60] // 1000).tolist(), units[:60].tolist(), strict=True))
    )
    assert most < 1 << 28
