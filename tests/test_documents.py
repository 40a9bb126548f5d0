"""Every reader of TOML and of JSON refuses what is beyond its limits in one line, with exit status 2."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import run, skip_with_jit
from fxsnn.digits.grid import parse_grid
from fxsnn.errors import ConfigError, FileError, FxsnnError
from fxsnn.exploration.candidates import load_exploration
from fxsnn.golden.bundle import read_bundle
from fxsnn.io.documents import MOST_DEPTH, fitted, parse_json, parse_toml
from fxsnn.io.files import read_text
from fxsnn.regress.lock import read_lock
from fxsnn.significance.fewest import read_fewest
from fxsnn.significance.result import load_significance

skip_with_jit()

SET = Path(__file__).parent.parent / "golden" / "stochastic_none"
DEEP = MOST_DEPTH + 2


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


TOMLS = {
    "5,000 digits": "a = " + "1" * 5000,
    "5,000 hexadecimal digits": "a = 0x" + "f" * 5000,
    "65 bits": f"a = {1 << 64}",
    "65 bits below": f"a = {-(1 << 63) - 1}",
    "arrays 2,000 deep": f"a = {deep(2000)}",
    "tables 2,000 deep": "a = " + "{a = " * 2000 + "1" + "}" * 2000,
    "arrays that the parser takes": f"a = {deep(DEEP)}",
    "a key of 100,000 parts": ".".join("a" * 100_000) + " = 1",
    "a quoted key of many parts": " . ".join(["'a'", '"b"'] * 40) + " = 1",
    "a table of many parts": "[" + ".".join("a" * 100) + "]",
    "half of a surrogate pair": 'a = "\\ud800"',
    "a key twice": "a = 1\na = 2",
}
JSONS = {
    "5,000 digits": b'{"a": ' + b"1" * 5000 + b"}",
    "33 digits": b'{"a": 100000000000000000000000000000000}',
    "a real number beyond all": b'{"a": 1e999}',
    "not a number": b'{"a": NaN}',
    "an infinity": b'{"a": -Infinity}',
    "arrays 100,000 deep": b"[" * 100_000,
    "arrays that the parser takes": deep(DEEP).encode(),
    "objects that the parser takes": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "a key twice": b'{"schema": 1, "schema": 2}',
    "half of a surrogate pair": b'{"a": "\\ud800"}',
    "half of a surrogate pair in a key": b'{"\\ud800": 1}',
    "Latin-1": '{"a": "ä"}'.encode("latin-1"),
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-16 without a mark": '{"a": 1}'.encode("utf-16-le"),
    "nothing": b"",
    "only a mark": b"\xef\xbb\xbf",
    "no table": b"[1, 2]",
    "null": b"null",
}
NEED_A_FILE: dict[str, list[str]] = {
    "memory": ["memory", "FILE"],
    "memory of a network": ["memory", "PLAN", "--network", "FILE"],
    "train": ["train", "FILE", "--out", "OUT"],
    "train by a plan": ["train", "--plan", "FILE", "--out", "OUT"],
    "regress": ["regress", "FILE"],
    "train on recordings": ["train", "FILE", "--data", ".", "--out", "OUT"],
}


@pytest.mark.parametrize("kind", TOMLS)
def test_toml_past_the_limits_is_refused_in_one_line(kind: str) -> None:
    with pytest.raises(ConfigError, match=r"^a plan must be TOML: ") as refused:
        parse_toml(TOMLS[kind], "a plan")
    assert len(str(refused.value)) < 200


def test_the_limits_of_toml_are_said() -> None:
    for kind, reason in {
        "5,000 digits": "a whole number must be of at most 64 bits",
        "65 bits": "a whole number must be of at most 64 bits",
        "arrays 2,000 deep": "tables and arrays must be nested at most 64 deep",
        "arrays that the parser takes": "tables and arrays must be nested at most 64 deep",
        "a key of 100,000 parts": "a key must have at most 64 parts",
    }.items():
        with pytest.raises(ConfigError) as refused:
            parse_toml(TOMLS[kind], "a grid")
        assert str(refused.value) == f"a grid must be TOML: {reason}"


def test_toml_within_the_limits_is_read() -> None:
    text = f"a = {deep(MOST_DEPTH - 1)}\nb = {(1 << 64) - 1}\nc = {-(1 << 63)}\nd = '{'x.' * 1}'\n# a{'.a' * 60}\n"
    found = parse_toml(text, "a plan")
    assert (found["b"], found["c"]) == ((1 << 64) - 1, -(1 << 63))


@pytest.mark.parametrize("command", NEED_A_FILE)
@pytest.mark.parametrize("kind", ["5,000 digits", "65 bits", "arrays 2,000 deep", "a key of 100,000 parts", "bytes"])
def test_every_command_refuses_such_toml(tmp_path: Path, command: str, kind: str) -> None:
    path = tmp_path / "given.toml"
    path.write_bytes(b"a = \xff" if kind == "bytes" else TOMLS[kind].encode())
    shutil.copyfile(SET.parent / "formats" / "each_subtract.toml", tmp_path / "plan.toml")
    words = {"FILE": path, "PLAN": tmp_path / "plan.toml", "OUT": tmp_path / "net.npz"}
    said = run(*(words.get(word, word) for word in NEED_A_FILE[command]))
    assert said.status == 2
    assert "must be" in said.complaint
    assert str(path) in said.complaint
    assert not (tmp_path / "net.npz").exists()


@pytest.mark.parametrize("kind", [kind for kind in JSONS if kind not in ("no table", "null")])
def test_json_past_the_limits_is_refused_in_one_line(kind: str) -> None:
    with pytest.raises(FileError, match=r"^a lock must be ours: ") as refused:
        parse_json(JSONS[kind], "a lock must be ours")
    assert len(str(refused.value)) < 200


def test_the_limits_of_json_are_said() -> None:
    for kind, reason in {
        "5,000 digits": f"a whole number must be of at most 32 characters, not {'1' * 32}...",
        "a real number beyond all": "a number must be finite, not 1e999",
        "not a number": "a number must be finite, not NaN",
        "a key twice": "a key must be given once, not 'schema' twice",
        "arrays that the parser takes": "tables and arrays must be nested at most 64 deep",
        "UTF-16": "its text must be UTF-8: it is UTF-16",
    }.items():
        with pytest.raises(FileError) as refused:
            parse_json(JSONS[kind], "it must be ours")
        assert str(refused.value) == f"it must be ours: {reason}"


def manifest_reader(folder: Path) -> Callable[[Path], object]:
    shutil.copytree(SET, folder / "set")

    def read(path: Path) -> object:
        shutil.copyfile(path, folder / "set" / "manifest.json")
        return read_bundle(folder / "set")

    return read


@pytest.mark.parametrize("kind", JSONS)
@pytest.mark.parametrize("reader", ["candidates", "lock", "manifest", "significance", "significance of a study"])
def test_every_reader_refuses_such_json(tmp_path: Path, reader: str, kind: str) -> None:
    readers: dict[str, Callable[[Path], object]] = {
        "candidates": load_exploration,
        "lock": read_lock,
        "significance": load_significance,
        "significance of a study": lambda path: read_fewest(path.read_bytes(), path.name),
    }
    read = manifest_reader(tmp_path) if reader == "manifest" else readers[reader]
    path = tmp_path / "given.json"
    path.write_bytes(JSONS[kind])
    with pytest.raises(FileError, match="must be"):
        read(path)


def test_a_byte_order_mark_is_no_part_of_a_text(tmp_path: Path) -> None:
    path = tmp_path / "grid.toml"
    path.write_bytes(b'\xef\xbb\xbfweight = ["UQ0.4"]\r\n')
    assert parse_grid(read_text(path, "a grid")).weight == ("UQ0.4",)
    assert parse_json(b'\xef\xbb\xbf{"a": 1}', "it must be ours") == {"a": 1}
    data = (SET / "manifest.json").read_bytes()
    read = manifest_reader(tmp_path)
    (tmp_path / "m.json").write_bytes(b"\xef\xbb\xbf" + data)
    assert read(tmp_path / "m.json")


def test_utf_16_is_called_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "grid.toml"
    path.write_text("a = 1", "utf-16")
    with pytest.raises(ConfigError) as refused:
        read_text(path, "a grid")
    assert str(refused.value) == f"a grid must be UTF-8 text, {str(path)!r} is not: it is UTF-16"


def test_content_of_another_type_is_told_with_its_key() -> None:
    with pytest.raises(FileError) as refused:
        fitted({"a": "1"}, dict[str, int], "it must be ours")
    assert str(refused.value) == "it must be ours: Expected `int`, got `str` - at `$[...]`"


text = st.text('aä€𝄞"\\\n\0', max_size=5)
values = st.recursive(
    st.integers(-(1 << 63), (1 << 64) - 1) | st.floats(allow_nan=False, allow_infinity=False) | text | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)


@given(values)
def test_any_json_of_usual_size_is_read_as_python_reads_it(value: object) -> None:
    for ascii_ in (True, False):
        written = json.dumps(value, ensure_ascii=ascii_)
        assert parse_json(written.encode(), "it must be ours") == json.loads(written)


@given(st.binary(max_size=60) | st.text("[]{}=.\"'a1\n #\\u", max_size=60).map(str.encode))
def test_no_bytes_crash_a_parser(data: bytes) -> None:
    for parse in (lambda: parse_json(data, "it must be ours"), lambda: parse_toml(data.decode("latin-1"), "it")):
        try:
            parse()
        except FxsnnError as error:
            assert "\n" not in str(error)  # noqa: PT017 - either outcome is right, a traceback is not
