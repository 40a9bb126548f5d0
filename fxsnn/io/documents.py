"""Reading TOML and JSON: the one place where their texts are parsed, with limits on numbers and nesting.

Both parsers of the standard library take what no file of fxsnn can hold: numbers of any length and, in JSON,
infinities, halves of surrogate pairs, and one key twice. Such a document is refused here, in one line, before
anybody looks at it.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

from fxsnn.errors import ConfigError, FileError, FxsnnError, naming
from fxsnn.io.files import decoded

MOST_DEPTH = 64
"""Tables and arrays within each other; the deepest document of fxsnn's own has eight."""
LEAST_INTEGER, MOST_INTEGER = -(1 << 63), (1 << 64) - 1
"""What whole numbers of TOML may be, as its specification has it; the widest that fxsnn stores are 64 bits."""
_MOST_CHARACTERS = 32  # of a whole number in JSON, and of one that an error shows
# tomllib takes a quarter of an hour for one dotted key of 100,000 parts; no two parts are tried from one begin
_LONG_KEY = re.compile(rf"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MOST_DEPTH}}}""")

Parsed = TypeVar("Parsed")
Kind = TypeVar("Kind")


def named(path: Path, parse: Callable[[str], Parsed], text: str) -> Parsed:
    """Parse the text of a file; errors name the file, and where the table begins that they are of."""
    with naming(repr(str(path))):
        try:
            return parse(text)
        except FxsnnError as error:
            if error.table is None:
                raise
            raise type(error)(f"{error}{_begin(text, *error.table)}") from None


def _begin(text: str, name: str, number: int) -> str:
    """Return where the [[name]] of a number begins, as errors of TOML end; nothing where no table is so written."""
    begins = [found.end(1) for found in re.finditer(rf"^([ \t]*)\[\[[ \t]*{name}[ \t]*\]\]", text, re.MULTILINE)]
    if number >= len(begins):
        return ""
    before = text[: begins[number]]
    return f" (at line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))})"


def parse_toml(text: str, what: str) -> dict[str, Any]:
    """Return the tables of a TOML document; `what` names it in the error, as in "a plan".

    Raises
    ------
    ConfigError
        It is not TOML, is nested deeper than 64, or holds a whole number beyond 64 bits. The reader of a real
        number refuses infinities, which TOML has, by the name of the key.
    """
    try:
        if _LONG_KEY.search(text):
            raise ValueError(f"a key must have at most {MOST_DEPTH} parts")
        data = tomllib.loads(text)
        _check(data, LEAST_INTEGER, MOST_INTEGER)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError
        raise ConfigError(f"{what} must be TOML: {_reason(error)}") from None
    return data


def parse_json(data: bytes, must: str) -> Any:
    """Return what a JSON document holds; `must` begins the error, as in "a lock must be what fxsnn regress wrote".

    Raises
    ------
    FileError
        It is not JSON in UTF-8, has a key twice, half of a surrogate pair, is nested deeper than 64, or holds a number
        that is infinite, none, or a whole one of more than 32 characters: the reader of the key says what it may be.
    """
    try:
        content = json.loads(
            decoded(data), object_pairs_hook=_distinct, parse_constant=_real, parse_float=_real, parse_int=_integer
        )
        _check(content, -math.inf, math.inf)
    except (ValueError, RecursionError) as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        raise FileError(f"{must}: {_reason(error)}") from None
    return content


def fitted(content: Any, kind: type[Kind], must: str) -> Kind:
    """Return the content of a JSON document as a `kind`; raises FileError, which names the key that is wrong."""
    try:
        return msgspec.convert(content, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise FileError(f"{must}: {error}") from None


def documented(content: Any, kind: type[Kind], what: str) -> Kind:
    """Return the tables of a document as a `kind`; raises ConfigError, which names the key that is wrong.

    Of an unknown key it names the nearest one that there is; `what` begins the error, as in "a plan".
    """
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        unknown = re.search("unknown field `(.*?)`", str(error))
        # a key that is known elsewhere in the document is no hint of how this one is written
        near = get_close_matches(unknown[1], sorted(_keys(kind) - {unknown[1]}), 1) if unknown else []
        hint = f"; the nearest key: {near[0]}" if near else ""
        raise ConfigError(f"{what} must have the documented keys: {error}{hint}") from None


def _keys(kind: Any) -> set[str]:
    """Return the keys of a struct, and of the structs that its fields are or hold."""
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return set[str]().union(*map(_keys, get_args(kind)))
    fields = msgspec.structs.fields(kind)
    return {one.encode_name for one in fields}.union(*(_keys(one.type) for one in fields))


def _check(content: Any, least: float, most: float) -> None:
    """Raise ValueError where a document holds what no file of fxsnn does."""
    left = [(content, 0)]
    while left:
        value, depth = left.pop()
        if depth > MOST_DEPTH:
            raise ValueError(f"tables and arrays must be nested at most {MOST_DEPTH} deep")
        if isinstance(value, dict):
            left += [(part, depth + 1) for pair in value.items() for part in pair]
        elif isinstance(value, list):
            left += [(part, depth + 1) for part in value]
        elif isinstance(value, str):
            if not value.isascii():
                value.encode()  # half of a surrogate pair cannot be
        elif isinstance(value, int) and not least <= value <= most:
            raise ValueError("a whole number must be of at most 64 bits")


def _integer(text: str) -> int:
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"a whole number must be of at most 32 characters, not {text[:_MOST_CHARACTERS]}...")
    return int(text)


def _real(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"a number must be finite, not {text[:_MOST_CHARACTERS]}")
    return number


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"a key must be given once, not {twice!r} twice")
    return entries


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"tables and arrays must be nested at most {MOST_DEPTH} deep"
    if isinstance(error, UnicodeError):
        return f"its text must be UTF-8: {getattr(error, 'reason', error)}"
    # Python's own words on long numbers name a switch of the interpreter
    return "a whole number must be of at most 64 bits" if "integer string" in str(error) else str(error)
