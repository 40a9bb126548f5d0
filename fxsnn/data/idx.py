"""The idx format of MNIST: two zero bytes, a type, the number of dimensions, their sizes, then the words.

Sizes are big-endian uint32. Only unsigned bytes are read: MNIST holds nothing else.
"""

from __future__ import annotations

import math
import zlib

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FileError
from fxsnn.io.files import MOST_BYTES

UNSIGNED_BYTE = 8
_GZIP = b"\x1f\x8b"


def parse_idx(data: bytes, name: str, dimensions: int) -> NDArray[np.uint8]:
    """Return the array of an idx file, gzipped or not, as uint8 with that many dimensions.

    name   as the user knows the file, for the error
    """
    start = 4 + 4 * dimensions
    header = unpacked(data, start, name)
    wanted = bytes([0, 0, UNSIGNED_BYTE, dimensions])
    if header[:4] != wanted:
        raise FileError(
            f"{name!r} must be an idx file that starts with {wanted.hex()} (unsigned bytes, dimensions: "
            f"{dimensions}), not with {header[:4].hex() or 'nothing'}"
        )
    if len(header) < start:
        raise FileError(f"{name!r} must have an idx header of {start} bytes, not {len(header)}")
    sizes = [int.from_bytes(header[at : at + 4]) for at in range(4, start, 4)]
    promised = math.prod(sizes)
    if not 1 <= promised <= MOST_BYTES:
        shape = " x ".join(f"{size:,}" for size in sizes)
        raise FileError(f"{name!r} must promise 1 to {MOST_BYTES:,} bytes, not {shape}")
    # one byte more than promised is enough to see that there are too many: a small gzip file can hold
    # terabytes of zeros, and none of them is unpacked
    body = unpacked(data, start + promised + 1, name)[start:]
    if len(body) != promised:
        given = f"only {len(body):,}" if len(body) < promised else "more"
        raise FileError(f"{name!r} must hold the {promised:,} bytes that its header promises, not {given}")
    return np.frombuffer(bytearray(body), dtype=np.uint8).reshape(sizes)


def unpacked(data: bytes, most: int, name: str) -> bytes:
    """Return as many of the bytes of a file, gzipped or not, as are asked for; raises FileError where it is damaged."""
    if not data.startswith(_GZIP):
        return data[:most]
    stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        found = stream.decompress(data, most)
    except zlib.error as error:
        raise FileError(f"{name!r} must be an intact gzip file, not one with {_reason(error)}") from error
    if len(found) < most and not stream.eof:
        raise FileError(f"{name!r} must be a whole gzip file, not one that is cut short")
    if stream.unused_data:
        raise FileError(f"{name!r} must end with its gzip data, not {len(stream.unused_data):,} bytes later")
    return found


def _reason(error: zlib.error) -> str:
    # "Error -3 while decompressing data: incorrect data check"
    return str(error).rpartition(": ")[2]
