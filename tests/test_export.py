"""Memory images for other tools: known bytes, read back at every width, compiled, and refused when damaged."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from command_line import skip_without_jit
from fxsnn import Format
from fxsnn.errors import ConfigError, FileError
from fxsnn.golden.amdmif import parse_amd_mif, render_amd_mif
from fxsnn.golden.coe import parse_coe, render_coe
from fxsnn.golden.contents import Vector
from fxsnn.golden.export import KINDS, check_kinds, export
from fxsnn.golden.header import render_header
from fxsnn.golden.intelmif import parse_intel_mif, render_intel_mif
from fxsnn.golden.memfile import digest
from fxsnn.io.npz import unpack_npz
from strategies import examples

skip_without_jit()


Parse = Callable[[bytes, str, int, int], list[int]]


class Kind(NamedTuple):
    name: str
    render: Callable[[list[int], int], bytes]
    parse: Parse


IMAGES = {
    "coe": Kind("w.coe", lambda patterns, bits: render_coe(["a; comment"], patterns, bits), parse_coe),
    "amd": Kind("w.mif", render_amd_mif, parse_amd_mif),
    "intel": Kind("w.mif", lambda p, bits: render_intel_mif(["% a -- comment"], p, bits), parse_intel_mif),
}
WIDE = [65, 96, 127, 784, 5000]
any_kind = pytest.mark.parametrize("kind", IMAGES.values(), ids=IMAGES)

# known bytes


def test_a_coe_file_s_bytes() -> None:
    expected = b"; theta\n; UQ2.3 (u5)\nmemory_initialization_radix=16;\nmemory_initialization_vector=\n1f,\n00,\n0a;\n"
    assert render_coe(["theta", "UQ2.3 (u5)"], [31, 0, 10], 5) == expected


def test_an_amd_mif_s_bytes() -> None:
    assert render_amd_mif([31, 0, 10], 5) == b"11111\n00000\n01010\n"


def test_an_intel_mif_s_bytes() -> None:
    expected = (
        b"-- theta\nDEPTH = 17;\nWIDTH = 5;\nADDRESS_RADIX = HEX;\nDATA_RADIX = HEX;\nCONTENT\nBEGIN\n"
        + b"".join(f"{k:02x} : {k + 15:02x};\n".encode() for k in range(17))
        + b"END;\n"
    )
    assert render_intel_mif(["theta"], list(range(15, 32)), 5) == expected


@pytest.mark.parametrize(("depth", "address"), [(1, "0"), (16, "f"), (17, "10"), (256, "ff"), (257, "100")])
def test_an_intel_mif_s_addresses_are_as_wide_as_the_last(depth: int, address: str) -> None:
    lines = render_intel_mif([], [0] * depth, 4).decode().splitlines()
    assert lines[-2] == f"{address} : 0;"
    assert lines[6] == f"{'0' * len(address)} : 0;"


def test_a_header_s_bytes() -> None:
    expected = b"""\
/* floor: the least */
#ifndef FXSNN_FLOOR_H
#define FXSNN_FLOOR_H

#include <stdint.h>

#define FXSNN_FLOOR_FRAC (-1)
#define FXSNN_FLOOR_DIM_0 9
#define FXSNN_FLOOR_BITS 5
#define FXSNN_FLOOR_SIGNED 1
#define FXSNN_FLOOR_DEPTH 9

static const int8_t fxsnn_floor[FXSNN_FLOOR_DEPTH] = {
    -16, -1, 0, 1, 15, 2, 3, 4,
    5
};

#endif
"""
    patterns = [16, 31, 0, 1, 15, 2, 3, 4, 5]
    assert render_header("floor", ["floor: the least"], patterns, 5, True, {"FRAC": -1, "DIM_0": 9}) == expected


@pytest.mark.parametrize(
    ("bits", "signed", "literals"),
    [
        (8, True, "-128, -1, 127"),
        (8, False, "128, 255, 127"),
        (16, False, "32768, 65535, 32767"),
        (32, True, "(-2147483647 - 1), -1, 2147483647"),
        (32, False, "2147483648U, 4294967295U, 2147483647U"),
        (33, True, "-INT64_C(4294967296), -INT64_C(1), INT64_C(4294967295)"),
        (64, True, "(-INT64_C(9223372036854775807) - 1), -INT64_C(1), INT64_C(9223372036854775807)"),
        (64, False, "UINT64_C(9223372036854775808), UINT64_C(18446744073709551615), UINT64_C(9223372036854775807)"),
    ],
)
def test_a_header_s_literals_need_no_type_of_this_machine(bits: int, signed: bool, literals: str) -> None:
    least, most = 1 << (bits - 1), (1 << bits) - 1
    assert f"= {{\n    {literals}\n}};" in render_header("w", [], [least, most, least - 1], bits, signed, {}).decode()


def test_a_wide_word_s_limbs_begin_with_the_lowest() -> None:
    text = render_header("spike", [], [1 << 69 | 5, 0xFFFFFFFF << 32], 70, False, {}).decode()
    assert "static const uint32_t fxsnn_spike[FXSNN_SPIKE_DEPTH][FXSNN_SPIKE_LIMBS] = {" in text
    assert "    {0x00000005U, 0x00000000U, 0x00000020U},\n    {0x00000000U, 0xffffffffU, 0x00000000U}\n" in text
    assert "#define FXSNN_SPIKE_LIMBS 3\n" in text


# there and back


@st.composite
def memories(draw: st.DrawFn) -> tuple[list[int], int]:
    """Words of any width, with their corners, and the width."""
    bits = draw(st.integers(1, 64) | st.sampled_from(WIDE))
    word = st.integers(0, (1 << bits) - 1) | st.sampled_from([0, 1 << (bits - 1), (1 << bits) - 1])
    return draw(st.lists(word, min_size=1, max_size=40)), bits


@any_kind
@given(memory=memories())
def test_what_is_written_is_read_again(kind: Kind, memory: tuple[list[int], int]) -> None:
    patterns, bits = memory
    assert kind.parse(kind.render(patterns, bits), kind.name, bits, len(patterns)) == patterns


@any_kind
@pytest.mark.parametrize("bits", range(1, 65))
def test_every_width_is_read_again(kind: Kind, bits: int) -> None:
    patterns = [0, (1 << bits) - 1, 1 << (bits - 1), 0x5555555555555555 % (1 << bits)]
    assert kind.parse(kind.render(patterns, bits), kind.name, bits, 4) == patterns
    with pytest.raises(FileError):
        kind.parse(kind.render([(1 << bits)], bits + 1), kind.name, bits, 1)


@any_kind
@given(memory=memories(), extra=st.sampled_from([-1, 1]))
def test_another_depth_is_refused(kind: Kind, memory: tuple[list[int], int], extra: int) -> None:
    patterns, bits = memory
    with pytest.raises(FileError, match="w[.]"):
        kind.parse(kind.render(patterns, bits), kind.name, bits, len(patterns) + extra)


@any_kind
@given(memory=memories(), data=st.data())
def test_a_file_that_ends_early_is_refused(kind: Kind, memory: tuple[list[int], int], data: st.DataObject) -> None:
    patterns, bits = memory
    whole = kind.render(patterns, bits)
    # an Intel MIF or a COE file has ended with its semicolon, before the line end
    most = len(whole) - (1 if kind.name == "w.mif" and kind.parse is parse_amd_mif else 2)
    with pytest.raises(FileError, match="w[.]"):
        kind.parse(whole[: data.draw(st.integers(0, most))], kind.name, bits, len(patterns))


# what other tools write


HEAD = "DEPTH=4;WIDTH=8;ADDRESS_RADIX=HEX;DATA_RADIX=HEX;CONTENT BEGIN "


def intel(address: str, data: str, body: str) -> str:
    return f"WIDTH=8;\nDEPTH=4;\nADDRESS_RADIX={address};\nDATA_RADIX={data};\nCONTENT BEGIN\n{body}\nEND;\n"


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_coe, "MEMORY_INITIALIZATION_RADIX = 10 ;radix\nMemory_Initialization_Vector =\n1, 2,\n254 255 ; end"),
        (parse_coe, "memory_initialization_radix=10;\nmemory_initialization_vector=1,2,-2,-1;"),
        (parse_coe, "; a\n  ; b\n\nmemory_initialization_radix=2;\r\nmemory_initialization_vector=\r\n"
                    "1,\r\n10\r\n,\r\n11111110\t00011111111\r\n;\r\n; after\r\n"),
        (parse_coe, "memory_initialization_radix=16;\nmemory_initialization_vector=01 02 FE fF\n;"),
        (parse_amd_mif, "00000001\r\n00000010\r\n11111110\r\n11111111\r\n"),
        (parse_amd_mif, " 00000001\n\t00000010 \n11111110\n11111111\n\n \n"),
        (parse_intel_mif, HEAD + "0:1;1:2;2:fe;3:FF;END;"),
        (parse_intel_mif, "-- 100% of it\n% two\nlines--% " + HEAD.lower() + "0 : 1 2 FE--it\nff; % end % end;--"),
        (parse_intel_mif, HEAD + "[0..3] : ff; 0 : 01 2;\n2 : 0000fe;\nEND;\n"),
        (parse_intel_mif, HEAD + "0 : 7; [2 .. 03] : 0;\n[0..0] : 1;\n[1..1]:2; 3 : ff; 2 : fe;\nEND ;\n"),
        (parse_intel_mif, intel("DEC", "DEC", "0 : 1; 1 : 2 -2 -1;")),
        (parse_intel_mif, intel("UNS", "UNS", "3 : 255;\n0 : 1;\n1 : 2;\n2 : 254;")),
        (parse_intel_mif, intel("OCT", "OCT", "00 : 001;\n01 : 002;\n02 : 376;\n03 : 377;")),
        (parse_intel_mif, intel("BIN", "BIN", "0:1;\n1:10;\n10:11111110;\n11:11111111;")),
    ],
)  # fmt: skip
def test_other_writers_files_are_read(parse: Parse, text: str) -> None:
    assert parse(text.encode(), "w", 8, 4) == [1, 2, 254, 255]


@pytest.mark.parametrize("radix", [10, 2])
def test_the_sign_of_a_decimal_word_reaches_down_to_its_least(radix: int) -> None:
    text = f"memory_initialization_radix={radix};\nmemory_initialization_vector=-128,"
    with pytest.raises(FileError) as error:
        parse_coe(f"{text}-129;".encode(), "w.coe", 8, 2)
    if radix == 10:
        assert str(error.value) == "w.coe line 2 must fit 8 bits, not '-129'"
        assert parse_coe(f"{text}-0;".encode(), "w.coe", 8, 2) == [128, 0]
    else:
        assert str(error.value) == "w.coe line 2 must be a number of radix 2, not '-128'"


# damage

COE = "; w\nmemory_initialization_radix=16;\nmemory_initialization_vector=\n01,\n02,\n03;\n"
AMD = "00000001\n00000010\n00000011\n"
INTEL = "-- w\nDEPTH = 3;\nWIDTH = 8;\nADDRESS_RADIX = HEX;\nDATA_RADIX = HEX;\nCONTENT\nBEGIN\n0 : 01;\n1 : 02;\n2 : 03;\nEND;\n"  # noqa: E501
DAMAGE = [
    (COE, "02,", "0x,", "line 5 must be a number of radix 16, not '0x'"),
    (COE, "02,", "zz,", "line 5 must be a number of radix 16, not 'zz'"),
    (COE, "02,", "-2,", "line 5 must be a number of radix 16, not '-2'"),
    (COE, "02,", "0_2,", "line 5 must be a number of radix 16, not '0_2'"),
    (COE, "02,", "102,", "line 5 must fit 8 bits, not '102'"),
    (COE, "02,", "02=", "line 5 must be a number of radix 16, not '='"),
    (COE, "02,", "02,,", "line 5 must be a word, not ','"),
    (COE, "03;", "03,;", "line 6 must be a word, not ';'"),
    (COE, "01,\n02,\n03;", ";", "line 4 must be a word, not ';'"),
    (COE, "03;\n", "03\n", "line 6 must be ',', ';' or a word, not the end of the file"),
    (COE, "03;\n", "03,\n", "line 6 must be a word, not the end of the file"),
    (COE, "03;", "03,04;", "line 6 must be ';' after 3 words, not '04'"),
    (COE, ",\n03;", ";", "line 5 must be word 3 of 3, not ';'"),
    (COE, "02,", "02;", "line 5 must be word 3 of 3, not ';'"),
    (COE, "03;\n", "03;\n04;\n", "line 7 must be a comment after the vector, not '04'"),
    (COE, "=16;", "=8;", "line 2 must be a radix of 2, 10 or 16, not '8'"),
    (COE, "=16;", " 16;", "line 2 must be '=', not '16'"),
    (COE, "=16;", "=16", "line 3 must be ';', not 'memory_initialization_vector'"),
    (COE, "=\n01", "\n01", "line 4 must be '=', not '01'"),
    (COE, "memory_initialization_radix=16;", "", "line 3 must be MEMORY_INITIALIZATION_RADIX, not 'memory_initializa"),
    (COE, "memory_initialization_vector", "coefdata", "line 3 must be MEMORY_INITIALIZATION_VECTOR, not 'coefdata'"),
    (COE, COE, "", "line 1 must be MEMORY_INITIALIZATION_RADIX, not the end of the file"),
    (COE, COE, AMD, "line 1 must be MEMORY_INITIALIZATION_RADIX, not '00000001'"),
    (COE, "; w", "; ä", "line 1 must be printable ASCII, not byte 0xc3"),
    (COE, "; w", "\ufeff", "line 1 must be printable ASCII, not byte 0xef"),
    (COE, "02,", "\0,", "line 5 must be printable ASCII, not byte 0x00"),
    (COE, "02,\n", "02,\r", "line 5 must be printable ASCII, not byte 0x0d"),
    (AMD, "10\n", "1x\n", "line 2 must be 8 binary digits, not '0000001x'"),
    (AMD, "10\n", "12\n", "line 2 must be 8 binary digits, not '00000012'"),
    (AMD, "00000010", "0000010", "line 2 must be 8 binary digits, not '0000010'"),
    (AMD, "00000010", "000000010", "line 2 must be 8 binary digits, not '000000010'"),
    (AMD, "00000010\n", "00000010 00000011\n", "line 2 must be 8 binary digits, not '00000010 00000011'"),
    (AMD, "00000010\n", "\n00000010\n", "line 2 must be 8 binary digits, not ''"),
    (AMD, "00000010\n", "// 2\n00000010\n", "line 2 must be 8 binary digits, not '// 2'"),
    (AMD, "00000011\n", "00000011", "line 3 must end with a newline (a simulator may drop its last word)"),
    (AMD, "00000011\n", "00000011\n00000000\n", "line 4 must not be there: the file must hold 3 words"),
    (AMD, "00000011\n", "", "must hold 3 words, not 2"),
    (AMD, "00000010", "0000001\u0662", "line 2 must be printable ASCII, not byte 0xd9"),
    (AMD, AMD, INTEL, "line 1 must be 8 binary digits, not '-- w'"),
    (INTEL, "02;", "0x;", "line 9 must be a number of radix 16, not '0x'"),
    (INTEL, "02;", "-2;", "line 9 must be a number of radix 16, not '-2'"),
    (INTEL, "02;", "2-1;", "line 9 must be a number of radix 16, not '2-1'"),
    (INTEL, "02;", "102;", "line 9 must fit 8 bits, not '102'"),
    (INTEL, "02;", ";", "line 9 must be a number of radix 16, not ';'"),
    (INTEL, "02;", "02", "line 10 must be ';', not ':'"),
    (INTEL, "2 : 03;", "2 : 03 04;", "line 10 must be ';', not '04'"),
    (INTEL, "1 : 02", "1 02", "line 9 must be ':', not '02'"),
    (INTEL, "1 : 02", "3 : 02", "line 9 must be an address below 3 (decimal), not '3'"),
    (INTEL, "1 : 02", "g : 02", "line 9 must be a number of radix 16, not 'g'"),
    (INTEL, "1 : 02", f"{1 << 63:x} : 02", "line 9 must fit 63 bits, not '8000000000000000'"),
    (INTEL, "1 : 02;\n", "", "must hold a word for every address, not none for 1 (decimal)"),
    (INTEL, "1 : 02", "[1..3] : 02", "line 9 must be an address below 3 (decimal), not '3'"),
    (INTEL, "1 : 02", "[0..e8d4a50fff] : 02", "line 9 must be an address below 3 (decimal), not 'e8d4a50fff'"),
    (INTEL, "1 : 02", "[2..1] : 02", "line 9 must be an address from 2 on (decimal), not '1'"),
    (INTEL, "1 : 02", "[0..1] : 02 03", "line 9 must be ';', not '03'"),
    (INTEL, "1 : 02", "[0.1] : 02", "line 9 must be '..', not '.'"),
    (INTEL, "1 : 02", "[0..1 : 02", "line 9 must be ']', not ':'"),
    (INTEL, "1 : 02", "[0..1] 02", "line 9 must be ':', not '02'"),
    (INTEL, "1 : 02;", "[0..2] : 02;" * 17, "line 9 must not fill addresses again, ranges did 16 times over"),
    (INTEL, "END;", "END", "line 11 must be ';', not the end of the file"),
    (INTEL, "END;", "", "line 10 must be a number of radix 16, not the end of the file"),
    (INTEL, "END;", "END; 0", "line 11 must be a comment after END;, not '0'"),
    (INTEL, "BEGIN", "", "line 8 must be 'BEGIN', not '0'"),
    (INTEL, "CONTENT", "", "line 7 must be CONTENT, not 'BEGIN'"),
    (INTEL, "DEPTH = 3;", "DEPTH = 4;", "line 2 must be a DEPTH of 3, not '4'"),
    (INTEL, "DEPTH = 3;", "DEPTH = 1000000000000;", "line 2 must be a DEPTH of 3, not '1000000000000'"),
    (INTEL, "DEPTH = 3;", "DEPTH = -3;", "line 2 must be a number of radix 10, not '-3'"),
    (INTEL, "DEPTH = 3;", "", "line 6 must be DEPTH, not 'CONTENT'"),
    (INTEL, "DEPTH = 3;", "DEPTH = 3; DEPTH = 3;", "line 2 must be WIDTH or ADDRESS_RADIX or DATA_RADIX, not 'DEPTH'"),
    (INTEL, "DEPTH = 3;", "DEPTH 3;", "line 2 must be '=', not '3'"),
    (INTEL, "DEPTH = 3;", "DEPTH = 3", "line 3 must be ';', not 'WIDTH'"),
    (INTEL, "WIDTH = 8;", "WIDTH = 7;", "line 3 must be a WIDTH of 8, not '7'"),
    (INTEL, "DATA_RADIX = HEX", "DATA_RADIX = SIG", "line 5 must be BIN or OCT or DEC or UNS or HEX, not 'SIG'"),
    (INTEL, "-- w", "% w", "line 1 must begin a comment that ends with '%'"),
    (INTEL, "END;\n", "END; %", "line 11 must begin a comment that ends with '%'"),
    (INTEL, "END;", "END; %", "line 11 must begin a comment that ends with '%'"),
    (INTEL, "-- w", "-- ä", "line 1 must be printable ASCII, not byte 0xc3"),
    (INTEL, INTEL, AMD, "line 1 must be DEPTH or WIDTH or ADDRESS_RADIX or DATA_RADIX, not '00000001'"),
]
PARSERS: dict[str, Parse] = {COE: parse_coe, AMD: parse_amd_mif, INTEL: parse_intel_mif}


@pytest.mark.parametrize(("whole", "old", "new", "message"), DAMAGE)
def test_a_damaged_file_is_refused(whole: str, old: str, new: str, message: str) -> None:
    parse = PARSERS[whole]
    assert parse(whole.encode(), "w.x", 8, 3) == [1, 2, 3]
    assert old in whole
    with pytest.raises(FileError) as error:
        parse(whole.replace(old, new, 1).encode(), "w.x", 8, 3)
    assert str(error.value).startswith(f"w.x {message}")
    assert "\n" not in str(error.value)


def test_an_unsigned_decimal_word_has_no_sign() -> None:
    with pytest.raises(FileError) as error:
        parse_intel_mif(intel("UNS", "UNS", "0 : 0 0 0 -1;").encode(), "w.mif", 8, 4)
    assert str(error.value) == "w.mif line 6 must be a number of radix 10, not '-1'"


# what would take forever, or all memory


@pytest.mark.parametrize("bits", [64, 100_000])
@pytest.mark.parametrize("radix", [2, 10, 16])
def test_a_number_of_a_million_digits_is_refused_at_once(radix: int, bits: int) -> None:
    text = f"memory_initialization_radix={radix};\nmemory_initialization_vector={'1' * 1_000_000};"
    began = time.perf_counter()
    with pytest.raises(FileError, match=f"w line 2 must fit {bits} bits, not '1111"):
        parse_coe(text.encode(), "w", bits, 1)
    assert time.perf_counter() - began < 1


def test_a_decimal_number_is_read_up_to_what_every_python_reads() -> None:
    text = "memory_initialization_radix=10;\nmemory_initialization_vector=000{};"
    assert parse_coe(text.format("9" * 640).encode(), "w", 3000, 1) == [10**640 - 1]
    with pytest.raises(FileError) as error:
        parse_coe(text.format("9" * 641).encode(), "w", 3000, 1)
    assert str(error.value) == "w line 2 must be at most 640 decimal digits, not 641"


def test_a_depth_out_of_proportion_is_refused_before_it_is_held() -> None:
    text = "DEPTH={};WIDTH=8;ADDRESS_RADIX=UNS;DATA_RADIX=HEX;CONTENT BEGIN [0..{}] : 5; END;"
    most = 1 << 20
    assert parse_intel_mif(text.format(most, most - 1).encode(), "w", 8, most) == [5] * most
    whole = text.format(10**12, 10**12 - 1).encode()
    with pytest.raises(FileError) as error:
        parse_intel_mif(whole, "w", 8, 10**12)
    assert str(error.value) == f"w must be at least 1000000000000 bytes for 1000000000000 words, not {len(whole)}"


def test_many_ranges_over_the_same_addresses_are_refused_at_once() -> None:
    depth = 1 << 20
    ranges = f"[0..{depth - 1:x}] : 1;\n" * 10_000
    text = f"DEPTH={depth};WIDTH=8;ADDRESS_RADIX=HEX;DATA_RADIX=HEX;CONTENT BEGIN\n{ranges}END;"
    began = time.perf_counter()
    with pytest.raises(FileError) as error:
        parse_intel_mif(text.encode(), "w", 8, depth)
    assert str(error.value) == "w line 18 must not fill addresses again, ranges did 16 times over"
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("parse", [parse_coe, parse_amd_mif, parse_intel_mif])
@pytest.mark.parametrize("piece", ["%", "-", "--", ";", "[", "\n", " ", "0", "0,", "% %", ". ", "=", "0\n"])
def test_a_long_monotonous_text_is_refused_in_time(parse: Parse, piece: str) -> None:
    began = time.perf_counter()
    for head in ("", HEAD.replace("=4", "=3"), COE[: COE.index("01")]):
        with pytest.raises(FileError):
            parse((head + piece * 200_000).encode(), "w", 8, 3)
    assert time.perf_counter() - began < 10


# fuzz: a reader returns the words that were asked for, or says what is wrong


def read_or_refused(parse: Parse, data: bytes, bits: int, depth: int) -> None:
    try:
        patterns = parse(data, "w.x", bits, depth)
    except FileError as error:
        said = str(error)
    else:
        said = ""
        assert len(patterns) == depth
        assert all(type(pattern) is int and 0 <= pattern < 1 << bits for pattern in patterns)
    assert not said or (said.startswith("w.x ") and "\n" not in said and len(said) < 300)


WORDS = "DEPTH WIDTH ADDRESS_RADIX DATA_RADIX CONTENT BEGIN END HEX DEC UNS BIN OCT memory_initialization_radix "
WORDS += "memory_initialization_vector 16 10 2 8 -1 ff 00000001 = : ; , [ ] .. . % -- - x _ 1"
PIECES = st.sampled_from([*WORDS.split(), " ", "\n", "\r\n", "\t", "\0", "\x1a"])
texts = st.lists(PIECES | st.text(max_size=3), max_size=60).map("".join).map(str.encode)


@any_kind
@settings(max_examples=examples(300))
@given(data=texts | st.binary(max_size=200), bits=st.integers(1, 70), depth=st.integers(1, 5))
def test_any_text_is_read_or_refused(kind: Kind, data: bytes, bits: int, depth: int) -> None:
    read_or_refused(kind.parse, data, bits, depth)


@any_kind
@settings(max_examples=examples(300))
@given(memory=memories(), data=st.data())
def test_a_mutated_file_is_read_or_refused(kind: Kind, memory: tuple[list[int], int], data: st.DataObject) -> None:
    patterns, bits = memory
    whole = kind.render(patterns, bits)
    for _ in range(data.draw(st.integers(1, 3))):
        first = data.draw(st.integers(0, len(whole)))
        cut = data.draw(st.integers(0, 3) | st.integers(0, len(whole)))
        put = data.draw(PIECES.map(str.encode) | st.binary(max_size=2) | st.just(whole[first : first + 20]))
        whole = whole[:first] + put + whole[first + cut :]
    read_or_refused(kind.parse, whole, bits, len(patterns))


# headers, by the compilers

needs_compilers = pytest.mark.skipif(not (shutil.which("gcc") and shutil.which("g++")), reason="needs gcc and g++")
STRICT = ["-Wall", "-Wextra", "-pedantic", "-Werror"]


def corners(bits: int) -> list[int]:
    """Return bit patterns of the least, -1, 0, 1, the greatest, and what lies beside them."""
    least = 1 << (bits - 1)
    return sorted({pattern & ((1 << bits) - 1) for pattern in (0, 1, 2, -1, -2, least, least - 1, least + 1)})


@needs_compilers
@pytest.mark.parametrize(("compiler", "standard", "ending"), [("gcc", "c99", "c"), ("g++", "c++11", "cpp")])
def test_every_header_compiles_and_holds_its_words(compiler: str, standard: str, ending: str, tmp_path: Path) -> None:
    includes, prints, expected = [], [], []
    for bits in [*range(1, 65), *WIDE]:
        for signed in (True, False) if bits <= 64 else (False,):
            name, macro = f"w{bits}_{signed}".lower(), f"FXSNN_W{bits}_{signed}".upper()
            patterns = corners(bits)
            about = {"FRAC": 3 - bits}
            (tmp_path / f"{name}.h").write_bytes(render_header(name, [name], patterns, bits, signed, about))
            includes += [f'#include "{name}.h"\n'] * 2  # the guard
            if bits > 64:
                print_word = f'for (j = {macro}_LIMBS - 1; j >= 0; j--) printf("%08" PRIx32, fxsnn_{name}[i][j]);'
                expected += [f"{pattern:0{-(-bits // 32) * 8}x}" for pattern in patterns]
            else:
                size = next(size for size in (8, 16, 32, 64) if size >= bits)
                kind = f"{'d' if signed else 'u'}"
                print_word = f'printf("%" PRI{kind}{size}, fxsnn_{name}[i]);'
                expected += [str(Format(bits, 0).from_bits(p) if signed and bits < 64 else p) for p in patterns]
                if signed and bits == 64:  # wider than any Format
                    expected[-len(patterns) :] = [str(p - (p >> 63 << 64)) for p in patterns]
                expected.append(f"{size // 8}")
                print_word += f' if (i == {macro}_DEPTH - 1) printf("\\n%d", (int)sizeof fxsnn_{name}[0]);'
            prints.append(f'for (i = 0; i < {macro}_DEPTH; i++) {{ {print_word} puts(""); }}')
            prints.append(f'printf("%d %d %d\\n", {macro}_BITS, {macro}_SIGNED, {macro}_FRAC);')
            expected.append(f"{bits} {int(signed)} {3 - bits}")
    head = "#include <inttypes.h>\n#include <stdio.h>\n"
    body = "int main(void) { int i, j;\n" + "\n".join(prints) + "\nreturn 0; }\n"
    (tmp_path / f"all.{ending}").write_text("".join(includes) + head + body)
    words = [compiler, f"-std={standard}", *STRICT, "-o", "all", f"all.{ending}"]
    built = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    said = subprocess.run([tmp_path / "all"], check=True, capture_output=True, text=True)
    assert said.stdout.split("\n")[:-1] == expected


# a whole bundle


def some_vectors() -> tuple[list[Vector], dict[str, NDArray[np.int64]]]:
    rng = np.random.default_rng(1)
    vectors = [
        Vector("weights", "constant", Format(6, 4), (5, 3), "weights, inputs outermost"),
        Vector("floor", "constant", Format(9, -2, signed=False), (1,), "least membrane"),
        Vector("input", "input", Format(1, 0, signed=False), (2, 4, 70), "input spikes", packed=True),
    ]
    words = {
        v.name: rng.integers(v.format.lowest, v.format.highest, v.shape, dtype=np.int64, endpoint=True) for v in vectors
    }
    return vectors, words


def test_a_bundle_is_exported_in_every_format(tmp_path: Path) -> None:
    vectors, words = some_vectors()
    entries = export(tmp_path, vectors, words, KINDS, notes=["configuration 1234"])
    files = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {entry["file"]: entry["sha256"] for entry in entries} == {file: digest(data) for file, data in files.items()}
    assert len(entries) == 4 * len(vectors) + 1
    assert all(entry["file"].startswith(f"{entry['kind']}/") for entry in entries)
    for vector in vectors:
        if vector.packed:
            lines = words[vector.name].reshape(-1, vector.bits)
            patterns = [sum(int(bit) << i for i, bit in enumerate(line)) for line in lines]
        else:
            patterns = [int(vector.format.to_hex(int(word)), 16) for word in words[vector.name].flat]
        for kind, ending, parse in (
            ("coe", "coe", parse_coe), ("amd-mif", "mif", parse_amd_mif), ("intel-mif", "mif", parse_intel_mif)
        ):  # fmt: skip
            file = f"{kind}/{vector.name}.{ending}"
            assert parse(files[file], file, vector.bits, vector.depth) == patterns
    coe = files["coe/weights.coe"].decode().splitlines()
    assert coe[:3] == [
        "; weights: weights, inputs outermost",
        "; Q2.4 (s6), 5 x 3, outermost first, 15 entries, one word each",
        "; configuration 1234",
    ]
    assert b"-- configuration 1234\n" in files["intel-mif/weights.mif"]
    header = files["c-header/weights.h"].decode()
    assert header.startswith("/* weights: weights, inputs outermost */\n")
    assert "#define FXSNN_WEIGHTS_FRAC 4\n#define FXSNN_WEIGHTS_DIM_0 5\n#define FXSNN_WEIGHTS_DIM_1 3\n" in header
    assert f"= {{\n    {', '.join(map(str, words['weights'].flat[:8]))},\n" in header
    assert "static const uint16_t fxsnn_floor[" in files["c-header/floor.h"].decode()
    assert "#define FXSNN_INPUT_SIGNED 0\n" in files["c-header/input.h"].decode()
    assert "/* UQ1.0 (u1), 2 x 4 x 70, outermost first, 8 entries, rows of 70 bits, bit i is element i of" in (
        files["c-header/input.h"].decode()
    )


def test_the_arrays_of_a_bundle_are_in_one_file(tmp_path: Path) -> None:
    vectors, words = some_vectors()
    (entry,) = export(tmp_path, vectors, words, ["npz"])
    assert entry["file"] == "npz/vectors.npz"
    with np.load(tmp_path / "npz" / "vectors.npz", allow_pickle=False) as held:
        assert list(held) == ["weights", "floor", "input"]
        for vector in vectors:
            assert held[vector.name].dtype == (np.uint8 if vector.packed else np.int64)
            assert held[vector.name].shape == vector.shape
            assert (held[vector.name] == words[vector.name]).all()
    assert list(unpack_npz((tmp_path / "npz" / "vectors.npz").read_bytes())) == ["weights", "floor", "input"]


def test_the_same_words_give_the_same_bytes(tmp_path: Path) -> None:
    vectors, words = some_vectors()
    turned = {name: np.asfortranarray(array) for name, array in words.items()}
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
    assert export(tmp_path / "a", vectors, words, KINDS) == export(tmp_path / "b", vectors, turned, KINDS)


def test_the_formats_asked_for_are_written_and_no_others(tmp_path: Path) -> None:
    vectors, words = some_vectors()
    assert export(tmp_path, vectors, words, []) == []
    export(tmp_path, vectors, words, ["intel-mif", "coe"])
    assert {path.name for path in tmp_path.iterdir()} == {"intel-mif", "coe"}


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        (["coe", "mif"], "a format of memory images must be coe, amd-mif, intel-mif, c-header or npz, not 'mif'"),
        (["coe", "coe"], "a format of memory images must be named once, not 2 times: 'coe'"),
    ],
)
def test_formats_that_cannot_be_are_refused_before_anything_is_written(
    kinds: list[str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as error:
        export(tmp_path, *some_vectors(), kinds)
    assert str(error.value) == message
    assert list(tmp_path.iterdir()) == []
    check_kinds(KINDS)
