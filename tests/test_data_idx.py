"""The idx reader gives the words of a good file and one line for every other."""

from __future__ import annotations

import gzip
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import skip_with_jit
from fxsnn.data.idx import parse_idx
from fxsnn.errors import FileError

skip_with_jit()

LABELS = b"\0\0\x08\x01\0\0\0\x03\x07\x00\xff"
IMAGES = b"\0\0\x08\x03\0\0\0\x01\0\0\0\x02\0\0\0\x02" + bytes([0, 1, 254, 255])


def refusal(data: bytes, dimensions: int = 1) -> str:
    with pytest.raises(FileError) as refused:
        parse_idx(data, "labels", dimensions)
    return str(refused.value)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_words_and_shape_are_read(pack: type[bytes]) -> None:
    assert parse_idx(pack(LABELS), "labels", 1).tolist() == [7, 0, 255]
    assert parse_idx(pack(IMAGES), "images", 3).tolist() == [[[0, 1], [254, 255]]]


def test_the_array_is_uint8_and_can_be_written() -> None:
    labels = parse_idx(LABELS, "labels", 1)
    assert labels.dtype == np.uint8
    assert labels.flags.writeable


@pytest.mark.parametrize(
    ("data", "given"),
    [
        (b"", "nothing"),
        (b"\0\0", "0000"),
        (b"\x89PNG....", "89504e47"),
        (b"\0\0\x0d\x01" + LABELS[4:], "00000d01"),  # float32
        (IMAGES, "00000803"),
    ],
)
def test_another_kind_of_file_is_refused(data: bytes, given: str) -> None:
    assert refusal(data) == (
        f"'labels' must be an idx file that starts with 00000801 (unsigned bytes, dimensions: 1), not with {given}"
    )


def test_a_header_that_is_cut_short_is_refused() -> None:
    assert refusal(LABELS[:6]) == "'labels' must have an idx header of 8 bytes, not 6"


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_too_few_and_too_many_words_are_refused(pack: type[bytes]) -> None:
    must = "'labels' must hold the 3 bytes that its header promises, not"
    assert refusal(pack(LABELS[:-1])) == f"{must} only 2"
    assert refusal(pack(LABELS + b"\0")) == f"{must} more"


@pytest.mark.parametrize(
    ("sizes", "shape"),
    [((0, 28, 28), "0 x 28 x 28"), ((0xFFFFFFFF,) * 3, "4,294,967,295 x 4,294,967,295 x 4,294,967,295")],
)
def test_absurd_sizes_are_refused_before_anything_is_allocated(sizes: tuple[int, ...], shape: str) -> None:
    header = struct.pack(">4B3I", 0, 0, 8, 3, *sizes)
    assert refusal(header, 3) == f"'labels' must promise 1 to 1,073,741,824 bytes, not {shape}"


def test_a_gzip_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = gzip.compress(LABELS + bytes(10_000_000))
    unpacked: list[int] = []

    class Counting:
        """A decompressor that records how much it gives."""

        def __init__(self, wbits: int) -> None:
            self.stream = decompressobj(wbits=wbits)

        def decompress(self, data: bytes, most: int) -> bytes:
            given = self.stream.decompress(data, most)
            unpacked.append(len(given))
            return given

        eof = False
        unused_data = b""

    decompressobj = zlib.decompressobj
    monkeypatch.setattr(zlib, "decompressobj", Counting)
    assert refusal(bomb) == "'labels' must hold the 3 bytes that its header promises, not more"
    assert unpacked == [8, len(LABELS) + 1]


def test_a_gzip_file_that_is_cut_short_is_refused() -> None:
    packed = gzip.compress(LABELS)
    for length in range(2, len(packed)):
        assert refusal(packed[:length]) == "'labels' must be a whole gzip file, not one that is cut short"


def test_a_gzip_file_with_a_wrong_check_sum_is_refused() -> None:
    packed = bytearray(gzip.compress(LABELS))
    packed[-5] ^= 1
    assert refusal(bytes(packed)) == ("'labels' must be an intact gzip file, not one with incorrect data check")


def test_bytes_behind_the_gzip_data_are_refused() -> None:
    assert refusal(gzip.compress(LABELS) + b"xy") == "'labels' must end with its gzip data, not 2 bytes later"


@given(data=st.binary(max_size=40), start=st.sampled_from([b"", LABELS[:4], LABELS[:8], b"\x1f\x8b\x08\0"]))
def test_any_bytes_give_an_array_or_one_line(data: bytes, start: bytes) -> None:
    try:
        parse_idx(start + data, "labels", 1)
    except FileError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right, a traceback is not
