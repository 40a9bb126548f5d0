"""Files of arrays are read whole or refused with one kind of error, whatever the damage."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import skip_with_jit
from fxsnn.competitive.network import load_network
from fxsnn.decolle.network import load_layers
from fxsnn.errors import FileError
from fxsnn.io.npz import pack_npz, unpack_npy, unpack_npz
from fxsnn.networks.described import kind_of

skip_with_jit()

WHOLE = pack_npz({"a": np.arange(6.0).reshape(2, 3), "b": np.asarray("word")})


def npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode("latin-1")
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text + data


def described(descr: str, shape: str, data: bytes = b"", fortran: bool = False) -> bytes:
    return npy(f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}", data)


def zipped(*members: tuple[str, bytes], kind: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


GOOD = described("'<f8'", "(1,)", bytes(8))
DAMAGED_ARRAYS = {
    "no array": b"a text",
    "nothing": b"",
    "another version": b"\x93NUMPY\2\0" + GOOD[8:],
    "a header cut short": GOOD[:20],
    "an object": described("'|O'", "(1,)", bytes(8)),
    "fewer words": described("'<f8'", "(2,)", bytes(8)),
    "more words": described("'<f8'", "(1,)", bytes(16)),
    "a huge shape": described("'<f8'", f"({2**62}, {2**62})", bytes(8)),
    "a huge shape of nothing": described("'<f8'", f"(0, {2**70})"),
    "a negative shape": described("'<f8'", "(-1, -1)", bytes(8)),
    "a shape of truths": described("'<f8'", "(True,)", bytes(8)),
    "too many dimensions": described("'<f8'", str((1,) * 70), bytes(8)),
    "words of no bytes": described("'<U0'", "(3,)"),
    "a type that is none": described("'<q99'", "(1,)", bytes(8)),
    "a type in a tuple": described("('<f8',)", "(1,)", bytes(8)),
    "column by column": described("'<f8'", "(1, 1)", bytes(8), fortran=True),
    "text beyond Unicode": described("'<U1'", "()", b"\xff" * 4),
    "text beyond Unicode, highest byte first": described("'>U1'", "()", b"\xff" * 4),
    "fields": described("[('a', '<U1')]", "()", b"\xff" * 4),
    "half of a surrogate pair": described("'<U1'", "()", b"\0\xd8\0\0"),
    "brackets": npy("(" * 3000),
    "signs": npy("-" * 9000 + "1"),
    "a string without end": npy("'''"),
    "lines": npy("  x\n y\n"),
    "a key that is none": npy("{[]: 1}"),
}


@pytest.mark.parametrize("kind", DAMAGED_ARRAYS)
def test_a_member_that_is_no_plain_array_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="."):
        unpack_npz(zipped(("a.npy", DAMAGED_ARRAYS[kind])))
    if kind != "column by column":
        with pytest.raises(ValueError, match="."):
            unpack_npy(DAMAGED_ARRAYS[kind], "a.npy", fortran=True)


@pytest.mark.parametrize("kind", DAMAGED_ARRAYS)
def test_a_network_of_such_members_is_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "net.npz"
    path.write_bytes(zipped(("format.npy", DAMAGED_ARRAYS[kind])))
    assert kind_of(path) == "one layer"
    for load in (load_network, load_layers):
        with pytest.raises(FileError) as refused:
            load(path)
        assert "must be an .npz of plain arrays" in str(refused.value)
        assert "\n" not in str(refused.value)


def test_a_name_twice_is_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        packed = zipped(("a.npy", GOOD), ("a.npy", GOOD))
    with pytest.raises(ValueError, match=r"^a\.npy is there twice$"):
        unpack_npz(packed)
    with pytest.raises(ValueError, match=r"^a\.npy is there twice$"):
        unpack_npz(zipped(("a", GOOD), ("a.npy", GOOD)))


def test_compressed_arrays_are_read_up_to_what_is_allowed() -> None:
    packed = zipped(("a.npy", described("'<f8'", "(1000,)", bytes(8000))), kind=zipfile.ZIP_DEFLATED)
    assert len(packed) < 1000
    assert unpack_npz(packed, most=9000)["a"].shape == (1000,)
    with pytest.raises(ValueError, match=r"^the arrays are too large$"):
        unpack_npz(packed, most=8000)
    with pytest.raises(ValueError, match=r"^a\.npy is compressed$"):
        unpack_npz(packed)


def test_arrays_column_by_column_are_read_where_they_may_be() -> None:
    array = np.arange(6.0).reshape(2, 3)
    out = io.BytesIO()
    np.save(out, np.asfortranarray(array))
    assert unpack_npy(out.getvalue(), "a.npy", fortran=True).tolist() == array.tolist()


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255), st.booleans())
def test_damage_anywhere_gives_arrays_or_one_kind_of_error(place: int, change: int, cut: bool) -> None:
    for whole in (WHOLE, zipped(("a.npy", GOOD * 9), kind=zipfile.ZIP_DEFLATED)):
        at = place % len(whole)
        damaged = whole[:at] if cut else whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :]
        try:
            unpack_npz(damaged, most=1 << 20)
        except ValueError as error:
            assert str(error)  # noqa: PT017 - either outcome is right, another kind is not
