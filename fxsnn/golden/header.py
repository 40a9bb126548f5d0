"""C headers: arrays of the words' values, for firmware and for test benches in C and C++."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LIMB = 32  # bits of the elements that a word of more than 64 bits is cut into
_COLUMNS = 8


def render_header(
    name: str, comments: Sequence[str], patterns: Sequence[int], bits: int, signed: bool, about: Mapping[str, int]
) -> bytes:
    """Return a header with the words as `static const` array `fxsnn_<name>`, in C99 and in C++11.

    The element is the smallest type of stdint.h that holds a word, signed words with their sign. Words of more
    than 64 bits are rows of uint32_t, bit i of the word being bit i % 32 of element i / 32. `about` becomes
    `#define FXSNN_<NAME>_<KEY>`, beside BITS, SIGNED, DEPTH, and LIMBS of wide words.
    """
    macro = f"FXSNN_{name.upper()}"
    constants = {**about, "BITS": bits, "SIGNED": int(signed), "DEPTH": len(patterns)}
    extent = f"[{macro}_DEPTH]"
    if bits > 64:
        constants["LIMBS"] = -(-bits // LIMB)
        extent += f"[{macro}_LIMBS]"
        width, kind = LIMB, "uint32_t"
        elements = [_limbs(pattern, constants["LIMBS"]) for pattern in patterns]
        rows = [f"    {{{', '.join(element)}}}" for element in elements]
    else:
        width = next(size for size in (8, 16, 32, 64) if bits <= size)
        kind = f"{'' if signed else 'u'}int{width}_t"
        literals = [_signed(pattern, bits) if signed else _unsigned(pattern, width) for pattern in patterns]
        rows = ["    " + ", ".join(literals[k : k + _COLUMNS]) for k in range(0, len(literals), _COLUMNS)]
    lines = [
        *(f"/* {comment} */" for comment in comments),
        f"#ifndef {macro}_H",
        f"#define {macro}_H",
        "",
        "#include <stdint.h>",
        "",
        *(f"#define {macro}_{key} {value if value >= 0 else f'({value})'}" for key, value in constants.items()),
        "",
        f"static const {kind} fxsnn_{name}{extent} = {{",
        ",\n".join(rows),
        "};",
        "",
        "#endif",
    ]
    return ("\n".join(lines) + "\n").encode("ascii")


def _limbs(pattern: int, count: int) -> list[str]:
    return [f"0x{pattern >> (LIMB * limb) & ((1 << LIMB) - 1):08x}U" for limb in range(count)]


def _unsigned(pattern: int, width: int) -> str:
    return f"UINT64_C({pattern})" if width == 64 else f"{pattern}{'U' if width == 32 else ''}"


def _signed(pattern: int, bits: int) -> str:
    word = pattern - (pattern >> (bits - 1) << bits)
    if word in {-(1 << 31), -(1 << 63)}:  # C has no negative literals, and 2**31 and 2**63 leave the type
        return f"({_signed_literal(word + 1, bits)} - 1)"
    return _signed_literal(word, bits)


def _signed_literal(word: int, bits: int) -> str:
    if bits <= LIMB:
        return str(word)
    return f"{'-' if word < 0 else ''}INT64_C({abs(word)})"
