"""Dumps as simulators and people write them: every form of a file is read as what it says, or refused in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from command_line import long_but, run, skip_without_jit
from fxsnn.golden.bundle import read_bundle
from fxsnn.golden.contents import lines_of
from fxsnn.golden.dump import nodes_of

skip_without_jit()

GOLDEN = Path(__file__).parent.parent / "golden"
EACH = GOLDEN / "each_subtract"  # membranes of 7 bits, 8 neurons, spikes a row a line
LAYERS = GOLDEN / "layers_in_currents"  # spikes one a line
WORDS = [int(word) for word in read_bundle(EACH).words["layer.membrane"].reshape(-1)]
ROWS = [int(line, 16) for line in (EACH / "spike.mem").read_text().splitlines() if not line.startswith("//")]
BITS = [row >> bit & 1 for row in ROWS for bit in range(8)]
HEX = [f"{word & 127:02x}" for word in WORDS]
BYTES = [word & 255 for word in WORDS]
SAVED = (
    "// memory data file (do not edit the following line - required for mem load use)\n// instance=/tb/v\n// format="
)


def saved(kind: str, addresses: str, words: str, more: str = "") -> str:
    """Return the header of ModelSim's `mem save`."""
    return f"{SAVED}{kind} addressradix={addresses} dataradix={words} version=1.0 wordsperline=4{more}\n"


def lines(texts: list[str]) -> str:
    return "\n".join(texts) + "\n"


def by_fours(prefix: Callable[[int], str], texts: list[str]) -> str:
    return lines([prefix(k) + " ".join(texts[k : k + 4]) for k in range(0, len(texts), 4)])


BINARY = [f"{word & 127:07b}" for word in WORDS]
FORMS = {
    "an address": "@0\n" + lines(HEX),
    "an address a row": lines([(f"@{k:X}\n" if k % 8 == 0 else "") + word for k, word in enumerate(HEX)]),
    "addresses in any order": lines([f"@{k:04x} {HEX[k]}" for k in reversed(range(len(HEX)))]),
    "block comments": "/* two\n lines */" + "/**/".join(HEX) + "/* * / **/\n// end",
    "form feeds": "\f\n" + "\f".join(HEX) + "\n",
    "a prefix": lines([f"0x{word}" for word in HEX]),
    "a prefix in capitals": lines([f"0X{word.upper()}" for word in HEX]),
    "a prefix but of 0": lines([f"{word & 127:#x}" if word else "0" for word in WORDS]),
    "underscores": lines([f"{word[0]}_{word[1]}_" for word in HEX]),
    "windows": "\r\n".join(HEX),
    "binary": lines(BINARY),
    "binary with underscores": lines([f"{word[:3]}_{word[3:]}" for word in BINARY]),
    "binary bytes": lines([f"{byte:08b}" for byte in BYTES]),
    "binary with addresses": lines([f"@{k:x} {word}" for k, word in enumerate(BINARY)]),
    "saved": saved("mti", "d", "h") + by_fours(lambda k: f" {k}: ", HEX),
    "saved, addresses in hexadecimal": saved("mti", "h", "h") + by_fours(lambda k: f"{k:x}:", HEX),
    "saved in binary": saved("mti", "d", "b") + by_fours(lambda k: f"  {k}: ", BINARY),
    "saved in letters": saved("mti", "d", "s")
    + by_fours(lambda k: f"  {k}: ", [word.replace("0", "L").replace("1", "H") for word in BINARY]),
    "saved in octal": saved("mti", "d", "o") + by_fours(lambda k: f"{k}: ", [f"{word & 127:03o}" for word in WORDS]),
    "saved in decimal": saved("mti", "d", "d") + by_fours(lambda k: f"{k}: ", [str(word) for word in WORDS]),
    "saved unsigned": saved("mti", "d", "u") + by_fours(lambda k: f"{k}: ", [str(word & 127) for word in WORDS]),
    "saved as bytes, unsigned": saved("mti", "d", "u") + by_fours(lambda k: f"{k}: ", [str(byte) for byte in BYTES]),
    "saved for $readmemh": saved("hex", "h", "h") + by_fours(lambda k: f"@{k:x} ", HEX),
    "saved for $readmemb": saved("bin", "h", "b") + by_fours(lambda k: f" @{k:x} ", BINARY),
    "saved without addresses": saved("hex", "h", "h", " noaddress") + by_fours(lambda _: "", HEX),
}


@pytest.mark.parametrize("form", long_but(8, *FORMS))
def test_a_mem_is_read_as_simulators_read_and_write_it(form: str, tmp_path: Path) -> None:
    (tmp_path / "membrane.mem").write_bytes(FORMS[form].encode())
    said = run("golden", "diff", EACH, tmp_path / "membrane.mem")
    assert (said.status, said.err, said.out.splitlines()[0]) == (0, "", "all 576 words match")


def coe(radix: int, words: list[str]) -> str:
    return f"memory_initialization_radix={radix};\nmemory_initialization_vector=\n{','.join(words)};\n"


def intel(width: int, words: list[str], depth: int = len(WORDS)) -> str:
    content = lines([f"{k:x} : {word};" for k, word in enumerate(words)])
    return f"DEPTH={depth};\nWIDTH={width};\nADDRESS_RADIX=HEX;\nDATA_RADIX=HEX;\nCONTENT BEGIN\n{content}END;\n"


IMAGES = {
    "radix 16": ("coe", coe(16, [f"{byte:02x}" for byte in BYTES])),
    "radix 2": ("coe", coe(2, [f"{byte:08b}" for byte in BYTES])),
    "radix 10, signed": ("coe", coe(10, [str(word) for word in WORDS])),
    "radix 10, bytes": ("coe", coe(10, [str(byte) for byte in BYTES])),
    "intel": ("mif", intel(8, [f"{byte:02x}" for byte in BYTES])),
    "intel, 16 bits": ("mif", intel(16, [f"{word & 0xFFFF:04x}" for word in WORDS])),
    "amd": ("mif", lines([f"{byte:08b}" for byte in BYTES])),
}


@pytest.mark.parametrize("image", long_but(4, *IMAGES))
def test_memory_images_in_bytes_are_read_with_their_sign_repeated(image: str, tmp_path: Path) -> None:
    ending, text = IMAGES[image]
    (tmp_path / f"membrane.{ending}").write_text(text)
    said = run("golden", "diff", EACH, tmp_path / f"membrane.{ending}")
    assert (said.status, said.err, said.out.splitlines()[0]) == (0, "", "all 576 words match")
    repeated = "have their sign repeated above the word" in said.out
    assert repeated == (image != "radix 10, signed")


MARKS = {"utf-8-sig": "utf-8-sig", "utf-16 of PowerShell": "utf-16", "utf-16-be": "utf-16-be"}
TEXTS = {
    "membrane.mem": lines(HEX),
    "membrane.coe": coe(16, HEX),
    "membrane.mif": intel(7, HEX),
    "a.csv": lines(["membrane", *map(str, WORDS)]),
}


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("name", long_but(1, "membrane.mem", "membrane.coe", "membrane.mif", "a.csv"))
def test_a_byte_order_mark_is_no_part_of_a_dump(name: str, mark: str, tmp_path: Path) -> None:
    text = ("\ufeff" if mark == "utf-16-be" else "") + TEXTS[name].replace("\n", "\r\n")
    (tmp_path / name).write_bytes(text.encode(MARKS[mark]))
    assert run("golden", "diff", EACH, tmp_path / name).out == "all 576 words match\n"


@pytest.mark.parametrize("apart", [";", "\t", ","])
def test_a_table_s_cells_are_apart_as_its_header_s(apart: str, tmp_path: Path) -> None:
    rows = [f"presentation{apart}step{apart}neuron{apart}membrane"]
    bundle = read_bundle(EACH)
    rows += [apart.join(map(str, (*bundle.stimuli.place(k // 8), k % 8, word))) for k, word in enumerate(WORDS)]
    (tmp_path / "a.csv").write_text(lines(rows))
    assert run("golden", "diff", EACH, tmp_path / "a.csv").out == "all 576 words match\n"


SHORT = {
    "mem": ("membrane.mem", lines(HEX[:20])),
    "csv": ("a.csv", lines(["membrane", *map(str, WORDS[:20])])),
    "coe": ("membrane.coe", coe(16, HEX[:20])),
    "intel": ("membrane.mif", intel(7, HEX[:20])),
    "intel, as deep as it is long": ("membrane.mif", intel(7, HEX[:20], 20)),
    "amd": ("membrane.mif", lines(BINARY[:20])),
}


@pytest.mark.long
@pytest.mark.parametrize("kind", long_but(2, *SHORT))
def test_a_dump_that_ends_early_is_a_finding(kind: str, tmp_path: Path) -> None:
    name, text = SHORT[kind]
    (tmp_path / name).write_text(text)
    said = run("golden", "diff", EACH, tmp_path / name)
    assert said.status == 1
    assert said.out.splitlines()[:2] == [
        "all 20 words match",
        "missing   556 words of the dumped nodes were not dumped, the first: "
        "membrane, presentation 0, step 2, neuron 4",
    ]
    allowed = run("golden", "diff", EACH, tmp_path / name, "--allow-missing")
    assert (allowed.status, allowed.out) == (0, said.out)
    told = run("golden", "diff", EACH, tmp_path / name, "--json")
    assert told.status == 1
    place = {"node": "membrane", "presentation": 0, "step": 2, "neuron": 4}
    assert (json.loads(told.out)["missing"], json.loads(told.out)["first_missing"]) == (556, place)


def test_a_gap_between_addresses_is_missing_and_words_behind_the_set_are_extra(tmp_path: Path) -> None:
    texts = [f"@{k:x} {word}" for k, word in enumerate(HEX) if k not in (9, 30)]
    (tmp_path / "membrane.mem").write_text(lines([*texts, "@240 00", "@7fffffff 00"]))
    said = run("golden", "diff", EACH, tmp_path / "membrane.mem")
    assert said.status == 1
    assert said.out.splitlines() == [
        "all 574 words match",
        "missing   2 words of the dumped nodes were not dumped, the first: membrane, presentation 0, step 1, neuron 1",
        "extra     2 words behind the last that is expected were not compared",
    ]


def test_the_earliest_missing_word_of_several_dumps_is_named(tmp_path: Path) -> None:
    (tmp_path / "membrane.mem").write_text(lines(HEX[:-1]))
    (tmp_path / "spike.mem").write_text(lines([f"{row:02x}" for row in ROWS[:5]]))
    said = run("golden", "diff", EACH, tmp_path / "membrane.mem", tmp_path / "spike.mem")
    assert said.status == 1
    assert "the first: spike, presentation 0, step 5, neuron 0" in said.out


def test_nothing_but_words_behind_the_set_is_no_dump_whatever_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "membrane.mem").write_text("@1000 " + " ".join(HEX))
    complaint = run("golden", "diff", EACH, tmp_path / "membrane.mem", "--allow-missing").complaint
    assert complaint == "membrane.mem must hold 8 or more words of membrane to compare, not 0"


def test_of_several_words_for_one_address_the_last_counts_and_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "membrane.mem").write_text("@3 7f 7f\n@0\n" + lines(HEX))
    said = run("golden", "diff", EACH, tmp_path / "membrane.mem")
    assert (said.status, said.out.splitlines()) == (
        0,
        [
            "all 576 words match",
            "note      2 words of membrane.mem stand at an address that has a later one: the last counts",
        ],
    )


REFUSED = {
    "an underscore in front": ("_04\n", "line 1 must be a hexadecimal word, x and z allowed, not '_04'"),
    "no end of a comment": ("00\n/* a\n00\n", "line 2 must begin a comment that ends with '*/'"),
    "no address": ("@\n00\n", "line 1 must be an address of radix 16 below 0x10000000000, not '@'"),
    "an address without digits": (
        "@0x10\n00\n",
        "line 1 must be an address of radix 16 below 0x10000000000, not '@0x10'",
    ),
    "an address far away": ("@ffffffffffff\n", "line 1 must be an address of radix 16 below 0x10000000000, not"),
    "an address of no radix": ("0: 00\n", "line 1 must not be 'address: word' without a header that says addressradix"),
    "a decimal address": (saved("mti", "d", "h") + "a: 00\n", "line 4 must be an address of radix 10 below"),
    "binary digits": (saved("mti", "d", "b") + "0: 0000002\n", "line 4 must be a binary word, x and z allowed, not"),
    "binary too wide": (saved("mti", "d", "b") + "0: 10000000\n", "line 4 must fit 7 bits, Q4.3 (s7), not '10000000'"),
    "a long word": ("f" * 50 + "g", f"line 1 must be a hexadecimal word, x and z allowed, not '{'f' * 40}'..."),
    "utf-16 cut": ("\ufeff0", "must be UTF-16, as its byte order mark says"),
}


@pytest.mark.parametrize("case", long_but(6, *REFUSED))
def test_a_mem_that_no_simulator_reads_is_refused_in_one_line(case: str, tmp_path: Path) -> None:
    text, message = REFUSED[case]
    data = text.encode("utf-16-le")[:-1] if case == "utf-16 cut" else text.encode()
    (tmp_path / "membrane.mem").write_bytes(data)
    assert run("golden", "diff", EACH, tmp_path / "membrane.mem").complaint.startswith(f"membrane.mem {message}")


def test_a_prefix_that_may_be_an_unknown_digit_is_refused(tmp_path: Path) -> None:
    wide = LAYERS  # 0x4 is three digits, as a simulator writes of 9 to 12 bits
    node = next(one for one in nodes_of(read_bundle(wide)).values() if 9 <= one.bits <= 12)
    (tmp_path / node.file).write_text("0x4\n" * node.depth)
    complaint = run("golden", "diff", wide, tmp_path / node.file).complaint
    assert complaint.startswith(f"{node.file} must not write all its words with '0x' and 1 digits, as '0x4'")


def test_a_decimal_number_is_shown_as_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("membrane\n" + "1" * 60 + "\n")
    complaint = run("golden", "diff", EACH, tmp_path / "a.csv").complaint
    assert complaint == f"a.csv line 2 must be a decimal or 0x hexadecimal number, x or z, not '{'1' * 40}'..."


# a bit a line, and a row a line


@pytest.mark.parametrize("form", long_but(1, "{}", "{:b}", "0x{}", "{:02x}"))
def test_spikes_one_a_line_are_understood_where_the_set_packs_a_row(form: str, tmp_path: Path) -> None:
    (tmp_path / "spike.mem").write_text(lines([form.format(bit) for bit in BITS]))
    said = run("golden", "diff", EACH, tmp_path / "spike.mem")
    assert (said.status, said.out.splitlines()) == (
        0,
        ["all 576 words match", "note      spike.mem holds one bit of spike a line"],
    )


def test_spikes_one_a_line_that_end_early_are_understood_too(tmp_path: Path) -> None:
    held = BITS.index(1) + 20
    (tmp_path / "spike.mem").write_text(lines(list(map(str, BITS[:held]))))
    said = run("golden", "diff", EACH, tmp_path / "spike.mem")
    assert said.status == 1
    assert said.out.splitlines()[0] == f"all {held} words match"
    assert f"the first: spike, presentation 0, step {held // 8}, neuron {held % 8}" in said.out


@pytest.mark.long
def test_a_wrong_spike_of_one_a_line_is_the_only_difference(tmp_path: Path) -> None:
    wrong = BITS.copy()
    wrong[83] ^= 1
    (tmp_path / "spike.mem").write_text(lines(list(map(str, wrong))))
    said = run("golden", "diff", EACH, tmp_path / "spike.mem")
    assert said.out.splitlines()[0] == "first     spike, presentation 0, step 10, neuron 3"
    assert "1 of 576 words" in said.out


def test_no_bit_is_a_line_of_its_own_where_one_is_more_than_a_bit(tmp_path: Path) -> None:
    (tmp_path / "spike.mem").write_text(lines([*map(str, BITS[:-1]), "2"]))
    complaint = run("golden", "diff", EACH, tmp_path / "spike.mem").complaint
    assert complaint == "spike.mem line 576 must fit 1 bits, UQ1.0 (u1), not 0x2"


@pytest.mark.long
@pytest.mark.parametrize("form", long_but(1, "{:03x}", "{:b}"))
def test_a_row_a_line_is_understood_where_the_set_has_one_bit_a_line(form: str, tmp_path: Path) -> None:
    bundle = read_bundle(LAYERS)
    node = nodes_of(bundle)["layer0_spike"]
    bits = bundle.words[node.name].reshape(len(bundle.words[node.name]), -1)
    rows = [sum(int(bit) << k for k, bit in enumerate(row)) for row in bits]
    texts = [f"{row:0{-(-bits.shape[1] // 4)}x}" if "x" in form else f"{row:0{bits.shape[1]}b}" for row in rows]
    (tmp_path / "layer0_spike.mem").write_text(lines(texts))
    said = run("golden", "diff", LAYERS, tmp_path / "layer0_spike.mem")
    assert said.status == 0
    assert said.out.startswith(f"all {bits.size:,} words match\n")
    assert "layer0_spike.mem holds a row of bits of layer0_spike a line" in said.out


@pytest.mark.parametrize(("row", "neurons", "first"), long_but(1, ("x0", 4, 4), ("0z", 4, 0), ("00x00000", 1, 5)))
def test_an_unknown_digit_of_a_row_names_the_neurons_whose_bits_it_holds(
    row: str, neurons: int, first: int, tmp_path: Path
) -> None:
    step = next(k for k, held in enumerate(ROWS) if not held)  # a silent step
    form = "{:08b}" if len(row) == 8 else "{:02x}"
    texts = [form.format(held) for held in ROWS]
    texts[step] = row
    (tmp_path / "spike.mem").write_text(lines(texts))
    said = run("golden", "diff", EACH, tmp_path / "spike.mem")
    presentation, within = read_bundle(EACH).stimuli.place(step)
    assert said.status == 1
    assert said.out.splitlines()[0] == f"first     spike, presentation {presentation}, step {within}, neuron {first}"
    assert "got       undefined (x or z)" in said.out
    assert f"{neurons} of 576 words, 1 step, {neurons} neuron" in said.out


def test_a_column_of_spikes_holds_no_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("spike\n" + "0x2c\n" * 72)
    complaint = run("golden", "diff", EACH, tmp_path / "a.csv").complaint
    assert complaint == "a.csv line 2 must fit 1 bits, UQ1.0 (u1), not 0x2c"


@pytest.mark.long
def test_a_memory_narrower_than_its_node_is_told_first(tmp_path: Path) -> None:
    (tmp_path / "membrane.mif").write_text(intel(6, [f"{word & 63:02x}" for word in WORDS]))
    said = run("golden", "diff", EACH, tmp_path / "membrane.mif")
    assert said.status == 1
    assert said.out.splitlines()[0] == "narrow    membrane.mif is 6 bits wide, membrane 7"


def test_sets_of_learning_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "membrane.mem").write_text(lines(HEX))
    complaint = run("golden", "diff", GOLDEN / "learning_by_chance", tmp_path / "membrane.mem").complaint
    assert complaint.endswith("vectors of learning are played by their own bench, sh run.sh")


def test_the_rows_of_a_set_are_what_these_tests_take_them_for() -> None:
    vector = nodes_of(read_bundle(EACH))["spike"]
    assert list(lines_of(vector, read_bundle(EACH).words[vector.name])) == ROWS
