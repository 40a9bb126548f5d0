"""Readers of event recordings: files written byte by byte, real recordings, and damage."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_line import run, skip_with_jit
from fxsnn.data.aedat import parse_aedat
from fxsnn.data.binned import load_binned
from fxsnn.data.events import ARCHIVES, Archive, describe_recordings
from fxsnn.data.gesture import TRIALS, load_gestures, parse_labels, verify
from fxsnn.data.nmnist import load_archive, load_nmnist, parse_nmnist
from fxsnn.data.recordings import Recordings
from fxsnn.errors import ConfigError, FileError, FxsnnError
from strategies import examples

skip_with_jit()

Event = tuple[int, int, int, int]  # x, y, polarity, microseconds
DATA = Path(os.environ.get("FXSNN_DATA", "nowhere"))
needs_data = pytest.mark.skipif(not (DATA / "nmnist_small").is_dir(), reason="needs FXSNN_DATA with nmnist_small")


# -- N-MNIST ---------------------------------------------------------------------------------------------------------


def nmnist(events: list[Event]) -> bytes:
    return b"".join(bytes([x, y]) + (p << 23 | t).to_bytes(3, "big") for x, y, p, t in events)


def test_an_event_of_n_mnist_is_five_bytes() -> None:
    found = parse_nmnist(bytes([3, 33, 0x81, 0x02, 0x03, 33, 0, 0x01, 0x02, 0x04]), "a.bin")
    assert found.x.tolist() == [3, 33]
    assert found.y.tolist() == [33, 0]
    assert found.polarity.tolist() == [1, 0]
    assert found.times.tolist() == [0x010203, 0x010204]


def test_a_mark_of_overflow_is_no_event_and_moves_what_follows() -> None:
    found = parse_nmnist(nmnist([(1, 1, 0, 8000), (0, 240, 0, 8100), (2, 2, 1, 5), (0, 240, 1, 9), (3, 3, 0, 6)]), "a")
    assert found.x.tolist() == [1, 2, 3]
    assert found.times.tolist() == [8000, 8192 + 5, 2 * 8192 + 6]


events_in = st.lists(
    st.tuples(st.integers(0, 33), st.integers(0, 33), st.integers(0, 1), st.integers(0, (1 << 23) - 1)), max_size=20
)


@given(events_in)
def test_any_events_of_n_mnist_are_read_as_written(events: list[Event]) -> None:
    events.sort(key=lambda event: event[3])
    found = parse_nmnist(nmnist(events), "a.bin")
    assert list(zip(*(getattr(found, n).tolist() for n in ("x", "y", "polarity", "times")), strict=True)) == events


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"abc", "'a.bin' must hold events of 5 bytes, it ends after 3 of one"),
        (nmnist([(0, 0, 0, 1), (34, 0, 0, 2)]), "'a.bin' must have x of 0 to 33, event 1 has 34"),
        (nmnist([(0, 34, 0, 1)]), "'a.bin' must have y of 0 to 33, event 0 has 34"),
        (
            nmnist([(0, 0, 0, 9), (0, 0, 0, 9), (0, 0, 0, 8)]),
            "'a.bin' must have times that never fall, event 2 is at 8 us after one at 9 us",
        ),
    ],
)
def test_a_damaged_recording_of_n_mnist_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(FileError) as caught:
        parse_nmnist(data, "a.bin")
    assert str(caught.value) == message


def test_a_folder_of_n_mnist_is_read_by_label_and_name(tmp_path: Path) -> None:
    for place, events in {
        "1/00002.bin": [(1, 2, 1, 70), (1, 2, 0, 90)],
        "0/00009.bin": [(5, 6, 0, 5)],
        "1/00001.bin": [(0, 240, 0, 0)],  # a mark of overflow alone
        "x/00001.bin": [(0, 0, 0, 0)],
    }.items():
        path = tmp_path / "Test" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(nmnist(events))
    found = load_nmnist(tmp_path, "test")
    assert (found.name, found.height, found.width) == ("N-MNIST test, 3 recordings", 34, 34)
    assert found.labels.tolist() == [0, 1, 1]
    assert found.offsets.tolist() == [0, 1, 1, 3]
    assert found.times.tolist() == [0, 0, 20]  # from each recording's first event
    assert found.addresses.tolist() == [6 * 34 + 5, (34 + 2) * 34 + 1, 2 * 34 + 1]
    assert found.lasting().tolist() == [0, 0, 20]
    with pytest.raises(FileError, match=r"must be a folder|a folder of recordings must be one that can be read"):
        load_nmnist(tmp_path, "train")


def test_a_file_of_n_mnist_without_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Train" / "3").mkdir(parents=True)
    (tmp_path / "Train" / "3" / "00001.bin").write_bytes(b"")
    with pytest.raises(FileError) as refused:
        load_nmnist(tmp_path, "train")
    assert str(refused.value) == f"'{tmp_path}/Train/3/00001.bin' must hold events, it is empty"


LEFT_BY_SYSTEMS = ["._00001.bin", ".DS_Store", ".a.bin", "Thumbs.db", "desktop.ini", ".0/00001.bin", "__MACOSX/1.bin"]


@pytest.mark.parametrize("name", LEFT_BY_SYSTEMS)
@pytest.mark.parametrize("place", ["Train", "Train/3"])
def test_what_systems_leave_in_folders_of_n_mnist_is_no_recording(tmp_path: Path, name: str, place: str) -> None:
    (tmp_path / "Train" / "3").mkdir(parents=True)
    (tmp_path / "Train" / "3" / "00001.bin").write_bytes(nmnist([(1, 2, 0, 5)]))
    left = tmp_path / place / name
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X")
    assert len(load_nmnist(tmp_path, "train")) == 1


@needs_data
def test_real_n_mnist_is_read_whole() -> None:
    train, test = (load_nmnist(DATA / "nmnist_small", split) for split in ("train", "test"))
    assert (len(train), len(test), len(train.times) + len(test.times)) == (1000, 100, 4_518_827)
    assert np.bincount(train.labels).tolist() == [97, 116, 99, 93, 105, 92, 94, 117, 87, 100]
    assert np.bincount(test.labels).tolist() == [8, 14, 8, 11, 14, 7, 10, 15, 2, 11]


@needs_data
def test_the_archive_holds_the_same_recordings_without_noise() -> None:
    archive = load_archive(DATA / "nmnist_8class_1ms" / "test.npz")
    assert (len(archive), len(archive.times)) == (1600, 6_459_929)
    path = DATA / "nmnist_8class_1ms" / "train.npz"
    files = np.load(path)["nmnist_file"]
    train = load_archive(path)
    same = 0
    for k in np.flatnonzero((files == 2) & (train.labels == 0)):  # one that lies in both
        raw = (DATA / "nmnist_small" / "Train" / "0" / "00002.bin").read_bytes()
        official = parse_nmnist(raw, "00002.bin")
        part = slice(train.offsets[k], train.offsets[k + 1])
        bins = (official.times - official.times[0]) // 1000
        addresses = (official.polarity * 34 + official.y) * 34 + official.x
        known = set(zip(bins.tolist(), addresses.tolist(), strict=True))
        held = zip((train.times[part] // 1000).tolist(), train.addresses[part].tolist(), strict=True)
        same += sum(pair in known for pair in held) == part.stop - part.start == 4638
    assert same == 1


def archive(path: Path, **changed: object) -> Path:
    held = {
        "t_ms": np.array([0, 5, 3], np.uint16),
        "addr": np.array([0, 1156, 2311], np.uint16),
        "offsets": np.array([0, 2, 3], np.int64),
        "labels": np.array([7, 1], np.uint8),
    }
    np.savez_compressed(path, **held | changed)  # type: ignore[arg-type]
    return path


def test_an_archive_is_read(tmp_path: Path) -> None:
    found = load_archive(archive(tmp_path / "a.npz"))
    assert found.times.tolist() == [0, 5000, 3000]
    assert found.labels.tolist() == [7, 1]


@pytest.mark.parametrize("offsets", [[0, 0, 3], [0, 3, 3], [0, 0, 0, 2, 2, 3, 3], [0, 1, 2, 3]])
def test_an_archive_may_hold_recordings_without_events_anywhere(tmp_path: Path, offsets: list[int]) -> None:
    held = {"offsets": np.array(offsets), "labels": np.zeros(len(offsets) - 1, np.uint8)}
    found = load_archive(archive(tmp_path / "a.npz", t_ms=np.array([1, 2, 3], np.uint16), **held))
    assert found.times.tolist() == [1000, 2000, 3000]
    assert np.diff(found.offsets).tolist() == np.diff(offsets).tolist()


def test_an_archive_of_one_event_after_an_empty_recording_is_read(tmp_path: Path) -> None:
    one = {"t_ms": np.array([3], np.uint16), "addr": np.array([5], np.uint16), "offsets": np.array([0, 0, 1])}
    assert load_archive(archive(tmp_path / "a.npz", **one)).lasting().tolist() == [0, 3000]
    none = {"t_ms": np.zeros(0, np.uint16), "addr": np.zeros(0, np.uint16), "offsets": np.array([0, 0, 0])}
    assert load_archive(archive(tmp_path / "a.npz", **none)).lasting().tolist() == [0, 0]


@given(st.lists(st.lists(st.integers(0, 6), max_size=4), min_size=1, max_size=5))
def test_an_archive_is_refused_where_and_only_where_times_of_one_recording_fall(recorded: list[list[int]]) -> None:
    times = [time for one in recorded for time in one]
    held = {
        "t_ms": np.array(times, np.uint16),
        "addr": np.zeros(len(times), np.uint16),
        "offsets": np.cumsum([0, *map(len, recorded)]),
        "labels": np.zeros(len(recorded), np.uint8),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = archive(Path(folder, "a.npz"), **held)
        if all(one == sorted(one) for one in recorded):
            assert load_archive(path).times.tolist() == [1000 * time for time in times]
        else:
            with pytest.raises(FileError, match="must have times that never fall, event "):
                load_archive(path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"labels": np.array([7, 1], np.int64)}, "a.npz' must hold labels as uint8[n]"),
        ({"addr": np.array([0, 2312, 1], np.uint16)}, "a.npz' must hold recordings: addresses must be 0 to 2311, "),
        ({"offsets": np.array([0, 2, 4], np.int64)}, "a.npz' must hold recordings: offsets must rise from 0 to "),
        ({"t_ms": np.array([6, 5, 3], np.uint16)}, "a.npz' must have times that never fall, event 1 is earlier"),
    ],
)
def test_a_damaged_archive_is_refused(tmp_path: Path, changed: dict[str, object], message: str) -> None:
    with pytest.raises(FileError) as caught:
        load_archive(archive(tmp_path / "a.npz", **changed))
    assert message in str(caught.value)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    for data in (b"", b"PK\3\4 and so on", archive(tmp_path / "a.npz").read_bytes()[:-9]):
        (tmp_path / "b.npz").write_bytes(data)
        with pytest.raises(FileError, match=r"^an archive of recordings must be a plain \.npz, not '"):
            load_archive(tmp_path / "b.npz")


# -- AEDAT 3.1 -------------------------------------------------------------------------------------------------------


HEADER = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#Start-Time: 2016\r\n#!END-HEADER\r\n"


def packet(events: list[tuple[int, ...]], kind: int = 1, overflow: int = 0, size: int = 8, capacity: int = 0) -> bytes:
    body = b"".join(
        struct.pack(
            "<II", event[0] << 17 | event[1] << 2 | event[2] << 1 | (event[4] if len(event) > 4 else 1), event[3]
        )
        for event in events
    )
    number = len(body) // size
    return struct.pack("<HHIIIIII", kind, 1, size, 4, overflow, max(capacity, number), number, number) + body


def test_packets_of_polarity_are_read_and_others_skipped() -> None:
    data = HEADER + packet([(127, 0, 1, 10), (0, 127, 0, 12)]) + packet([(9, 9, 1, 11)], kind=0)
    data += packet([(5, 6, 1, 13, 0), (7, 8, 0, 14)], capacity=50) + packet([]) + packet([(1, 2, 1, 3)], overflow=1)
    found = parse_aedat(data, "a.aedat", 128, 128)
    assert found.x.tolist() == [127, 0, 7, 1]
    assert found.y.tolist() == [0, 127, 8, 2]
    assert found.polarity.tolist() == [1, 0, 0, 1]
    assert found.times.tolist() == [10, 12, 14, (1 << 31) + 3]


def test_a_file_without_packets_has_no_events() -> None:
    assert len(parse_aedat(HEADER, "a.aedat", 128, 128).times) == 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "'a.aedat' must begin with #!AER-DAT3.1, not with b''"),
        (b"#!AER-DAT2.0\r\n", "'a.aedat' must begin with #!AER-DAT3.1, not with b'#!AER-DAT2.0'"),
        (HEADER[:-3], "'a.aedat' must have the line #!END-HEADER after its comments"),
        (HEADER + b"\1\0", "packet 0 of 'a.aedat' at byte 80 must have a header of 28 bytes, 2 are there"),
        (
            HEADER + packet([(1, 1, 1, 1)]) + packet([(1, 1, 1, 1), (1, 1, 1, 2)])[:-1],
            "packet 1 of 'a.aedat' at byte 116 must hold 16 bytes of events, 15 are there",
        ),
        (
            HEADER + struct.pack("<HHIIIIII", 1, 1, 8, 4, 0, 3, 4, 4),
            "packet 0 of 'a.aedat' at byte 80 must state valid <= number <= capacity and a size, not 4, 4, 3, 8",
        ),
        (
            HEADER + packet([(1, 1, 1, 1), (1, 1, 1, 1)], size=16),
            "packet 0 of 'a.aedat' at byte 80 must have events of 8 bytes, not 16",
        ),
        (
            HEADER + packet([(1, 1, 1, 1)]) + packet([(1, 1, 1, 2)], kind=0x8001),
            "packet 1 of 'a.aedat' at byte 116 must not be compressed, its type is 0x8001",
        ),
        (
            HEADER + packet([(1, 1, 1, 1)], kind=0x8000),
            "packet 0 of 'a.aedat' at byte 80 must not be compressed, its type is 0x8000",
        ),
        (
            HEADER + packet([(1, 1, 1, 1)], kind=12) + packet([(1, 1, 1, 1)], kind=100),
            "'a.aedat' must hold polarity events, none of its packets (2) does",
        ),
        (
            HEADER + packet([(1, 1, 1, 1), (1, 1, 1, 1 << 31)]),
            "packet 0 of 'a.aedat' at byte 80 must have times below 2**31 us, event 1 has 2,147,483,648",
        ),
        (HEADER + packet([(128, 1, 1, 1)]), "'a.aedat' must have x of 0 to 127, event 0 has 128"),
        (HEADER + packet([(1, 200, 1, 1)]), "'a.aedat' must have y of 0 to 127, event 0 has 200"),
        (
            HEADER + packet([(1, 1, 1, 5)]) + packet([(1, 1, 1, 4)]),
            "'a.aedat' must have times that never fall, event 1 is at 4 us after one at 5 us",
        ),
    ],
)
def test_a_damaged_aedat_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(FileError) as caught:
        parse_aedat(data, "a.aedat", 128, 128)
    assert str(caught.value) == message


@settings(max_examples=examples(200))
@given(st.binary(max_size=200), st.integers(0, 150))
def test_no_bytes_crash_the_reader_of_aedat(data: bytes, cut: int) -> None:
    good = HEADER + packet([(1, 1, 1, 1), (2, 2, 0, 2)])
    for given_ in (data, HEADER + data, good[:cut] + data + good[cut:]):
        with contextlib.suppress(FileError):
            parse_aedat(given_, "a.aedat", 128, 128)


# -- DVS128 Gesture --------------------------------------------------------------------------------------------------


@pytest.fixture
def official(tmp_path: Path) -> Path:
    """Two trials to train from, of two and one gestures, and one to test."""
    for name, rows, events in (
        (
            "user01_led",
            "2,10,20\n11,30,40\n",
            [(4, 8, 1, 9), (4, 8, 1, 10), (5, 9, 0, 19), (6, 9, 0, 20), (127, 1, 1, 39)],
        ),
        ("user02_lab", "1,5,6\n", [(0, 0, 0, 7)]),
        ("user24_led", "3,0,100\n", [(1, 2, 1, 50)]),
    ):
        (tmp_path / f"{name}.aedat").write_bytes(HEADER + packet(list(events)))
        (tmp_path / f"{name}_labels.csv").write_text(f"class,startTime_usec,endTime_usec\n{rows}")
    (tmp_path / "trials_to_train.txt").write_text("user01_led.aedat\r\nuser02_lab.aedat\n\n")
    (tmp_path / "trials_to_test.txt").write_text("user24_led.aedat\n")
    return tmp_path


def test_gestures_are_cut_from_their_trials(official: Path) -> None:
    found = load_gestures(official, "train", shrink=4)
    assert found.name == "DVS128 Gesture train, 3 recordings"
    assert (found.height, found.width) == (32, 32)
    assert found.labels.tolist() == [1, 10, 0]
    assert found.offsets.tolist() == [0, 2, 3, 3]
    assert found.times.tolist() == [0, 9, 9]  # from the gesture's start
    assert found.addresses.tolist() == [(32 + 2) * 32 + 1, 2 * 32 + 1, 32 * 32 + 31]
    assert load_gestures(official, "test").labels.tolist() == [2]


def test_the_files_of_a_split_are_verified(official: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileError, match=r"'trials_to_train\.txt' must list 98 trials, not 2"):
        verify(official, "train")
    monkeypatch.setitem(TRIALS, "train", ("trials_to_train.txt", 2, 3))
    assert verify(official, "train") == 3
    monkeypatch.setitem(TRIALS, "train", ("trials_to_train.txt", 2, 4))
    with pytest.raises(FileError, match="the train trials must have 4 labelled gestures, not 3"):
        verify(official, "train")
    (official / "user02_lab.aedat").unlink()
    with pytest.raises(FileError, match=r"^DVS128 Gesture must hold 'user02_lab\.aedat', '"):
        verify(official, "train")
    (official / "trials_to_train.txt").write_text("a\n../user02_lab.aedat\n")
    with pytest.raises(FileError, match=r"^DVS128 Gesture must hold 'a', '"):
        verify(official, "train")


@pytest.mark.parametrize(
    ("events", "ends"),
    [([(4, 8, 1, 9), (4, 8, 1, 29)], "the last event is at 29 us"), ([], "there are no events")],
)
def test_gestures_behind_the_end_of_their_file_are_refused(official: Path, events: list[Event], ends: str) -> None:
    (official / "user01_led.aedat").write_bytes(HEADER + packet(list(events)))
    begin = 30 if events else 10
    with pytest.raises(FileError) as refused:
        load_gestures(official, "train")
    assert str(refused.value) == (
        f"'{official}/user01_led.aedat' must reach its gestures, one begins at {begin} us and {ends}"
    )


def test_a_gesture_that_begins_with_the_last_event_is_read(official: Path) -> None:
    (official / "user01_led.aedat").write_bytes(HEADER + packet([(4, 8, 1, 9), (4, 8, 1, 30)]))
    assert np.diff(load_gestures(official, "train").offsets).tolist() == [0, 1, 0]


@pytest.mark.parametrize("end", ["\n", "\n\n", "  \n", "\r\n\r\n"])
def test_empty_lines_of_labels_are_no_gestures(end: str) -> None:
    text = "class,startTime_usec,endTime_usec\n1,5,9\n"
    assert parse_labels(text + end, "l.csv") == [(0, 5, 9)]
    with pytest.raises(FileError, match="^'l.csv' line 4 must be three whole numbers, not ',,'$"):
        parse_labels(f"{text}\n,,\n", "l.csv")


def test_labels_and_trials_may_begin_with_a_byte_order_mark(official: Path) -> None:
    for path in (*official.glob("*.csv"), *official.glob("*.txt")):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_gestures(official, "train").labels.tolist() == [1, 10, 0]


def test_a_trial_outside_the_folder_is_refused(official: Path) -> None:
    (official / "trials_to_train.txt").write_text("../user02_lab.aedat\n")
    with pytest.raises(FileError, match=r"^a file name must stay inside '"):
        load_gestures(official, "train")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class,start,end\n", "'l.csv' must begin with the line class,startTime_usec,endTime_usec"),
        ("", "'l.csv' must begin with the line class,startTime_usec,endTime_usec"),
        ("class,startTime_usec,endTime_usec\n1,2\n", "'l.csv' line 2 must be three whole numbers, not '1,2'"),
        (
            "class,startTime_usec,endTime_usec\n1,2,3\n1,x,3\n",
            "'l.csv' line 3 must be three whole numbers, not '1,x,3'",
        ),
        (
            "class,startTime_usec,endTime_usec\n12,2,3\n",
            "'l.csv' line 2 must be a class of 1 to 11 and a start before its end, not ['12', '2', '3']",
        ),
        (
            "class,startTime_usec,endTime_usec\n1,3,3\n",
            "'l.csv' line 2 must be a class of 1 to 11 and a start before its end, not ['1', '3', '3']",
        ),
        ("class,startTime_usec,endTime\r_usec\n1,2,3\n", "'l.csv' must be lines of comma-separated cells"),
    ],
)
def test_a_damaged_file_of_labels_is_refused(text: str, message: str) -> None:
    with pytest.raises(FileError) as caught:
        parse_labels(text, "l.csv")
    assert str(caught.value) == message


def test_tonic_s_layout_is_read(tmp_path: Path) -> None:
    user = tmp_path / "ibmGestureTrain" / "user01_fluorescent"
    user.mkdir(parents=True)
    np.save(user / "3.npy", np.array([[4, 8, 1, 0.5], [5, 9, 0, 12.25]]))
    np.save(user / "0.npy", np.array([[127, 127, 1, 7]], np.int64))
    found = load_gestures(tmp_path, "train", shrink=4)
    assert found.labels.tolist() == [0, 3]
    assert found.times.tolist() == [0, 0, 11_750]
    assert found.addresses.tolist() == [(32 + 31) * 32 + 31, (32 + 2) * 32 + 1, 2 * 32 + 1]


@pytest.mark.parametrize("name", ["._3.npy", ".DS_Store", "Thumbs.db", ".ipynb_checkpoints/3.npy", "__MACOSX/3.npy"])
@pytest.mark.parametrize("place", [".", "user01_fluorescent"])
def test_what_systems_leave_in_tonic_s_folders_is_no_recording(tmp_path: Path, name: str, place: str) -> None:
    user = tmp_path / "ibmGestureTrain" / "user01_fluorescent"
    user.mkdir(parents=True)
    np.save(user / "3.npy", np.asfortranarray([[4, 8, 1, 0.5], [5, 9, 0, 12.25]]))  # column by column, as some tools do
    left = tmp_path / "ibmGestureTrain" / place / name
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X")
    found = load_gestures(tmp_path, "train")
    assert found.labels.tolist() == [3]
    assert found.times.tolist() == [0, 11_750]


@pytest.mark.parametrize(
    ("name", "table", "message"),
    [
        ("1.npy", np.full((1, 4), 1e300), "1.npy' must hold numbers up to 2,147,483,647, not 1e+300"),
        ("11.npy", np.zeros((1, 4)), "a gesture must be called 0.npy to 10.npy, not '"),
        ("1.npy", np.zeros((1, 3)), "1.npy' must be [events, 4] of x, y, p, t, not float64[1, 3]"),
        ("1.npy", np.full((1, 4), np.nan), "1.npy' must hold finite numbers"),
        ("1.npy", np.array([[0, 128, 0, 0]]), "1.npy' must have y of 0 to 127, event 0 has 128"),
        (
            "1.npy",
            np.array([[0, 1, 0, 5], [0, 1, 0, 4]]),
            "1.npy' must have times that never fall, event 1 is at 4000 ",
        ),
        ("1.npy", None, "1.npy' must be an .npy of plain numbers: "),
    ],
)
def test_a_damaged_file_of_tonic_s_is_refused(tmp_path: Path, name: str, table: object, message: str) -> None:
    user = tmp_path / "ibmGestureTrain" / "user01_fluorescent"
    user.mkdir(parents=True)
    out = io.BytesIO()
    if table is not None:
        np.save(out, table)  # type: ignore[arg-type]
    (user / name).write_bytes(out.getvalue() or b"no array")
    with pytest.raises(FileError) as caught:
        load_gestures(tmp_path, "train")
    assert message in str(caught.value)


# -- what was binned before, and what `fxsnn data` tells -------------------------------------------------------------


def binned(path: Path, **changed: object) -> Path:
    frames = np.zeros((3, 2, 4), np.uint8)
    frames[0, 1, 2], frames[2, 0, 3] = 2, 1
    held = {"frames_on": frames, "label": np.array(5, np.uint8)}
    np.savez_compressed(path, **{name: array for name, array in (held | changed).items() if array is not None})  # type: ignore[arg-type]
    return path


def test_a_binned_recording_is_read_bin_by_bin(tmp_path: Path) -> None:
    dark = np.zeros((3, 2, 4), np.uint16)
    dark[2, 1, 1] = 1
    found = load_binned(binned(tmp_path / "one.npz", frames_off=dark), 500)
    assert (len(found), found.height, found.width, found.labels.tolist()) == (1, 2, 4, [5])
    assert found.times.tolist() == [0, 0, 1000, 1000]
    assert sorted(found.addresses.tolist()) == sorted([5, 8 + 6, 8 + 6, 8 + 3])
    frames = found.frames([0], 500, 3)
    assert (frames[0, :, 0] == dark).all()
    assert frames[0, :, 1].sum() == 3
    assert found.name == "one.npz, one recording of 3 bins"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"label": None}, "one.npz' must hold label, one class of 0 to 255"),
        ({"label": np.array(256)}, "one.npz' must hold label, one class of 0 to 255"),
        ({"frames_on": None}, "one.npz' must hold frames_on, counts of brighter events"),
        (
            {"frames_on": np.zeros((2, 2), np.uint8)},
            "one.npz' must hold frames_on as uint8 or uint16[steps, height, width], not uint8[2, 2]",
        ),
        (
            {"frames_off": np.zeros((3, 4, 2), np.uint8)},
            "one.npz' must hold frames_off as uint8 or uint16[steps, height, width], not uint8[3, 4, 2]",
        ),
        (
            {"frames_on": np.full((64, 64, 64), 65_535, np.uint16)},
            "one.npz' must hold at most 67,108,864 events in frames_on",
        ),
        ({"frames_on": np.zeros((0, 2, 4), np.uint8)}, "one.npz' must hold frames_on as uint8 or uint16[steps, "),
        ({"frames_on": np.zeros((3000, 1, 1), np.uint8)}, "one.npz' must last at most 2**31 - 1 us, 3,000 bins of "),
    ],
)
def test_a_damaged_binned_recording_is_refused(tmp_path: Path, changed: dict[str, object], message: str) -> None:
    with pytest.raises(FileError) as caught:
        load_binned(binned(tmp_path / "one.npz", **changed), 1_000_000)
    assert message in str(caught.value)
    (tmp_path / "one.npz").write_bytes(b"something else")
    with pytest.raises(FileError, match=r"^a binned recording must be a plain \.npz, not '"):
        load_binned(tmp_path / "one.npz", 1)


@pytest.mark.skipif(not (DATA / "dvsgesture_single").is_dir(), reason="needs FXSNN_DATA with dvsgesture_single")
def test_the_real_gesture_is_read() -> None:
    found = load_binned(DATA / "dvsgesture_single" / "right_hand_wave_60x60_180steps.npz", 16_600)
    assert (len(found.times), found.height, found.width, found.labels.tolist()) == (29_186, 60, 60, [1])
    assert found.addresses.min() >= 60 * 60  # brighter events alone


@pytest.mark.long
def test_what_event_recordings_are_where_is_told(
    official: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, place = Archive("some", "files", "train.zip", "900150983cd24fb0d6963f7d28e17f72"), tmp_path / "all"
    monkeypatch.setattr("fxsnn.data.events.ARCHIVES", (known, *ARCHIVES[1:]))
    place.mkdir()
    (place / "train.zip").write_bytes(b"abc")
    (place / "test.zip").write_bytes(b"abc")
    (place / "__MACOSX" / "Train" / "3").mkdir(parents=True)
    (place / "._nmnist" / "Train" / "3").mkdir(parents=True)
    for name in ("nmnist/Train/3", "nmnist/Test/3", "tonic/ibmGestureTrain/user01", "tonic/ibmGestureTest", "other"):
        (place / name).mkdir(parents=True)
    (place / "nmnist" / "Train" / "3" / "1.bin").write_bytes(nmnist([(1, 1, 0, 1)]))
    (place / "nmnist" / "Test" / "3" / "1.bin").write_bytes(b"abc")
    np.save(place / "tonic" / "ibmGestureTrain" / "user01" / "3.npy", np.array([[4, 8, 1, 0.5]]))
    for path in official.iterdir():
        if path.is_file():
            path.rename(place / "other" / path.name)
    monkeypatch.setitem(TRIALS, "train", ("trials_to_train.txt", 2, 3))
    told = [(one.name, one.images, one.state.replace(str(place), "")) for one in describe_recordings(place)]
    bad = f"must have the MD5 {ARCHIVES[1].md5}, not 900150983cd24fb0d6963f7d28e17f72"
    cut = "'/nmnist/Test/3/1.bin' must hold events of 5 bytes, it ends after 3 of one"
    assert told == [
        ("some, train.zip", 0, "as published, to be unpacked"),
        ("N-MNIST, test.zip", 0, bad),
        ("N-MNIST train", 1, "a part of 60,000"),
        ("N-MNIST test", 0, cut),
        ("DVS128 Gesture train", 3, "ready"),
        ("DVS128 Gesture test", 0, "'trials_to_test.txt' must list 24 trials, not 1"),
        ("DVS128 Gesture train", 1, "a part of 1,077"),
        ("DVS128 Gesture test", 0, "a part of 264"),
    ]
    assert describe_recordings(place / "nowhere") == []
    said = run("data", "--data", place)
    assert said.status == 0
    assert "a part of 60,000" in said.out
    assert all(archive.md5 in said.out for archive in (known, *ARCHIVES[1:]))


# -- frames ----------------------------------------------------------------------------------------------------------


def some(times: list[list[int]], addresses: list[list[int]], side: int = 5) -> Recordings:
    return Recordings(
        "some",
        np.array([time for one in times for time in one], np.int32),
        np.array([address for one in addresses for address in one], np.int32),
        np.concatenate([[0], np.cumsum([len(one) for one in times])]).astype(np.int64),
        np.arange(len(times), dtype=np.uint8),
        side,
        side,
    )


@given(st.data())
def test_frames_count_every_event_in_its_cell_and_bin(data: st.DataObject) -> None:
    lists = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 49)), max_size=12)
    drawn = [sorted(one) for one in data.draw(st.lists(lists, min_size=1, max_size=4))]
    recordings = some([[t for t, _ in one] for one in drawn], [[a for _, a in one] for one in drawn])
    chosen = data.draw(st.lists(st.integers(0, len(drawn) - 1), max_size=4))
    step, steps, shrink = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 5)), data.draw(st.integers(1, 4))
    begins = data.draw(st.lists(st.integers(0, 50), min_size=len(chosen), max_size=len(chosen)))
    side = -(-5 // shrink)
    expected = np.zeros((len(chosen), steps, 2, side, side), np.uint16)
    for n, (k, begin) in enumerate(zip(chosen, begins, strict=True)):
        for time, address in drawn[k]:
            polarity, y, x = address // 25, address // 5 % 5, address % 5
            if 0 <= time - begin < step * steps:
                expected[n, (time - begin) // step, polarity, y // shrink, x // shrink] += 1
    found = recordings.frames(chosen, step, steps, shrink, np.array(begins, np.int64))
    assert found.dtype == np.uint16
    assert (found == expected).all()
    part = recordings.part(chosen)
    assert (part.frames(range(len(chosen)), step, steps, shrink, np.array(begins, np.int64)) == expected).all()
    assert part.labels.tolist() == chosen


def test_training_windows_begin_early_enough() -> None:
    recordings = some([[0, 100], [0, 1000], []], [[0, 0], [0, 0], []])
    chosen = np.repeat([0, 1, 2], 2000)
    begins = recordings.random_begins(chosen, 200, np.random.PCG64(1).random_raw(6000))
    assert set(begins[:2000].tolist()) == set(begins[4000:].tolist()) == {0}
    assert set(begins[2000:4000].tolist()) <= set(range(601))
    assert (begins[2000:4000].min(), begins[2000:4000].max()) == (0, 600)


@pytest.mark.parametrize("wrong", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_frames_of_nothing_are_refused(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ConfigError, match="step, steps and shrink must be 1 or more, not "):
        some([[0]], [[0]]).frames([0], *wrong)


def test_recordings_that_are_not_there_are_refused() -> None:
    with pytest.raises(ConfigError, match="recordings must be 0 to 0, not 1 to 1"):
        some([[0]], [[0]]).frames([1], 1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"times": np.zeros(1, np.int64)},
        {"labels": np.zeros(2, np.uint8)},
        {"times": np.zeros(2, np.int32)},
        {"offsets": np.array([0, 2], np.int64)},
        {"addresses": np.array([50], np.int32)},
    ],
)
def test_recordings_that_do_not_fit_together_are_refused(wrong: dict[str, object]) -> None:
    one = some([[0]], [[0]])
    fields = {name: getattr(one, name) for name in Recordings.__slots__}
    with pytest.raises(FxsnnError, match=" must "):
        Recordings(**fields | wrong)
