"""AEDAT 3.1, the format of event cameras in which DVS128 Gesture was recorded: '#' lines, then packets of events."""

from __future__ import annotations

import struct

import numpy as np

from fxsnn.data.recordings import Events, check_events
from fxsnn.errors import FileError

_VERSION = b"#!AER-DAT3.1"
_END = b"#!END-HEADER\r\n"
# type, source, bytes an event, offset of its time, overflow, capacity, number, valid
_HEADER = struct.Struct("<HHIIIIII")
_POLARITY, _EVENT_BYTES = 1, 8
_COMPRESSED = 0x8000  # a bit of the type
_LONGEST_HEADER = 1 << 16


def parse_aedat(data: bytes, name: str, height: int, width: int) -> Events:
    """Return the polarity events of an AEDAT 3.1 file; other events, and those marked invalid, are left out.

    A word is, from the lowest bit: valid, polarity, 15 bits y, 15 bits x; the time is 31 bits of microseconds below the
    packet's overflow counter.

    Raises
    ------
    FileError
        The header is another, a packet is compressed, none is of polarity, the file is cut inside one, an event is out
        of the sensor, or time runs backwards.
    """
    if not data.startswith(_VERSION):
        raise FileError(f"{name!r} must begin with {_VERSION.decode()}, not with {data[:12]!r}")
    place = data.find(_END, 0, _LONGEST_HEADER)
    if place < 0:
        raise FileError(f"{name!r} must have the line {_END.decode().strip()} after its comments")
    place += len(_END)
    words, times = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    packet = 0
    while place < len(data):
        where = f"packet {packet} of {name!r} at byte {place:,}"
        if len(data) - place < _HEADER.size:
            raise FileError(f"{where} must have a header of {_HEADER.size} bytes, {len(data) - place} are there")
        kind, _, size, _, overflow, capacity, number, valid = _HEADER.unpack_from(data, place)
        place += _HEADER.size
        if kind & _COMPRESSED:  # its length is not that of its events: what follows could not be found either
            raise FileError(f"{where} must not be compressed, its type is 0x{kind:04x}")
        if not (size >= 1 and valid <= number <= capacity):
            raise FileError(
                f"{where} must state valid <= number <= capacity and a size, not {valid}, {number}, {capacity}, {size}"
            )
        if len(data) - place < size * number:
            raise FileError(f"{where} must hold {size * number:,} bytes of events, {len(data) - place:,} are there")
        if kind == _POLARITY:
            if size != _EVENT_BYTES:
                raise FileError(f"{where} must have events of {_EVENT_BYTES} bytes, not {size}")
            pairs = np.frombuffer(data, "<u4", 2 * number, place).reshape(-1, 2).astype(np.int64)
            pairs = pairs[(pairs[:, 0] & 1) == 1]
            words.append(pairs[:, 0])
            late = np.flatnonzero(pairs[:, 1] >> 31)
            if len(late):
                raise FileError(f"{where} must have times below 2**31 us, event {late[0]} has {pairs[late[0], 1]:,}")
            times.append(pairs[:, 1] | overflow << 31)
        place += size * number
        packet += 1
    if packet and len(words) == 1:
        raise FileError(f"{name!r} must hold polarity events, none of its packets ({packet:,}) does")
    word = np.concatenate(words)
    events = Events(word >> 17, word >> 2 & 0x7FFF, word >> 1 & 1, np.concatenate(times))
    return check_events(events, height, width, name)
