"""Words, numbers and names as C99 writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from fxsnn.errors import ConfigError
from fxsnn.number.format import Format

Width = Literal[32, 64]
STORED = {"int8_t": 8, "uint8_t": 8, "int16_t": 16, "uint16_t": 16, "int32_t": 32, "int64_t": 64}  # bits
_KEYWORDS = re.compile(  # of C and C++, and names that compilers define
    "("
    "auto|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|goto|if|inline|int|"
    "long|register|restrict|return|short|signed|sizeof|static|struct|switch|typedef|union|unsigned|void|"
    "volatile|while|alignas|alignof|and|and_eq|asm|bitand|bitor|bool|catch|class|compl|concept|"
    "const_cast|consteval|constexpr|constinit|co_await|co_return|co_yield|decltype|delete|dynamic_cast|"
    "explicit|export|false|friend|mutable|namespace|new|noexcept|not|not_eq|nullptr|operator|or|or_eq|"
    "private|protected|public|reinterpret_cast|requires|static_assert|static_cast|template|this|"
    "thread_local|throw|true|try|typeid|typename|using|virtual|wchar_t|xor|xor_eq|linux|unix|i386"
    ")_*"
)


def width_for(*ends: int) -> Width:
    """Return the narrower of 32 and 64 bits in whose signed words all these numbers fit."""
    return 32 if all(-(1 << 31) <= end < 1 << 31 for end in ends) else 64


def stored(low: int, high: int) -> str:
    """Return the narrowest type that holds low to high; unsigned only where C widens it to a signed one.

    >>> stored(-128, 127), stored(0, 255), stored(0, 1 << 31)
    ('int8_t', 'uint8_t', 'int64_t')
    """
    for bits in (8, 16, 32):
        if -(1 << bits - 1) <= low and high < 1 << bits - 1:
            return f"int{bits}_t"
        if low >= 0 and high < 1 << bits and bits < 32:
            return f"uint{bits}_t"
    return "int64_t"


def stored_format(form: Format) -> str:
    """Return the narrowest type that holds the words of a format; bits are bytes without a sign."""
    return "uint8_t" if (form.lowest, form.highest) == (0, 1) else stored(form.lowest, form.highest)


def kind(width: Width) -> str:
    """Return the type in which values of so many bits are computed."""
    return f"int{width}_t"


def number(value: int, width: Width = 32) -> str:
    """Return a number of a type's width.

    >>> number(-5), number(7, 64), number(-(1 << 31))
    ('-5', 'INT64_C(7)', '(-2147483647 - 1)')
    """
    if value == -(1 << width - 1):  # C has no negative numbers, and its magnitude leaves the type
        return f"({number(value + 1, width)} - 1)"
    return str(value) if width == 32 else f"{'-' * (value < 0)}INT64_C({abs(value)})"


def times(text: str, by: int, width: Width) -> str:
    """Return a word times 2**by: a negative one may not be shifted to the left."""
    if by == 0:
        return text
    if by == width - 1:  # 2**by is no word; what is multiplied is 0 or -1
        return f"{text} * {number(1 << by - 1, width)} * 2"
    return f"{text} * {number(1 << by, width)}"


def table(name: str, type_: str, words: Sequence[int], comment: str) -> list[str]:
    """Return the lines of an array that never changes."""
    width: Width = 64 if type_ == "int64_t" else 32
    written = [number(word, width) for word in words]
    rows = ["    " + ", ".join(written[k : k + 16]) for k in range(0, len(written), 16)]
    return [
        f"/* {comment} */",
        f"static const {type_} {name}[{len(words)}] = {{",
        *(f"{row}," for row in rows[:-1]),
        rows[-1],
        "};",
        "",
    ]


def member(name: str) -> str:
    """Return a name of a network or a text as a member's; one that C or C++ keeps for itself gets an underscore."""
    return f"{name}_" if _KEYWORDS.fullmatch(name) else name


def prefix_of(stem: str) -> str:
    """Return the prefix of all names that a model shows: the stem of its network's file in letters and digits.

    Raises
    ------
    ConfigError
        The name has no letter.

    >>> prefix_of("784-400-10 lif"), prefix_of("net")
    ('lif', 'net')
    """
    found = re.sub(r"[\W_]+", "_", stem, flags=re.ASCII).lstrip("_0123456789").rstrip("_").lower()
    if not found:
        raise ConfigError(
            f"a network's file must have an ASCII letter in its name, from which C's names are made, not {stem!r}"
        )
    return found


def indented(lines: Iterable[str], depth: int = 1) -> list[str]:
    """Return lines deeper in a block."""
    return [f"{'    ' * depth}{line}" if line else line for line in lines]
