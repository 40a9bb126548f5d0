"""Golden sets of any size: written, read and checked a presentation at a time."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from command_line import long_with_jit
from fxsnn.errors import FileError
from fxsnn.golden.check import check_bundle
from fxsnn.golden.contents import Vector
from fxsnn.golden.memfile import hex_lines, mem_lines, read_mem, render
from fxsnn.golden.populations import Presented, graph_layout
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.golden.populations_stream import large, write_presentations
from fxsnn.golden.scanned import FileWords, scan_mem
from fxsnn.graph.connect import Projection
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.number.format import Format

WORDS = 1 << 18  # more of them are read and written in pieces


def passed(cells: int) -> QuantisedGraph:
    """A map of words that is passed on as it is."""
    wire = Projection("w", "input", "a", "arriving", "identity")
    return quantise_graph(Graph((cells,), (population("a", cells, "relay"),), (wire,), Format(8, 0)), GraphPlan({}))


def most(work: Callable[[], object]) -> int:
    """Return the bytes that some work holds at its most."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_six_inputs_need_hardly_more_memory_than_two_to_write_and_to_check(tmp_path: Path) -> None:
    network, rng = passed(300), np.random.default_rng(0)
    held = dict[int, tuple[int, int]]()
    for inputs in (2, 6):
        folder, words = tmp_path / str(inputs), rng.integers(-128, 128, (inputs, 6, 300))
        with mock.patch("fxsnn.golden.graph_directed.AT_ONCE", 1):  # inputs as small as these are played together
            made = most(partial(make_graph_bundle, folder, network, words))
        held[inputs] = made, most(partial(check_bundle, folder))
    # what comes in is held: four inputs more of 1,800 words, of 8 bytes each, and what is packed of them
    assert held[6][0] - held[2][0] < 2 * 4 * 1_800 * 8
    assert held[6][1] - held[2][1] < 2 * 4 * 1_800 * 8


def test_the_first_word_that_differs_is_named_in_whatever_presentation_it_lies(tmp_path: Path) -> None:
    make_graph_bundle(tmp_path / "set", passed(3), np.arange(24).reshape(4, 2, 3))
    path = tmp_path / "set" / "a.passed.mem"
    text = path.read_text()
    path.write_text(text.replace("\n13\n", "\n14\n").replace("\n10\n", "\n11\n"))
    findings = check_bundle(tmp_path / "set").findings
    assert findings[0] == (
        "a.passed.mem word 16, presentation 2, step 1, neuron 1: expected 11 (raw 17, value 17), "
        "computed 10 (raw 16, value 16), Q8.0 (s8); 2 of 24 differ"
    )


def test_progress_is_told_of_sets_of_many_words(tmp_path: Path) -> None:
    network, told = passed(3), list[tuple[int, int]]()
    presented = Presented.of(np.zeros((2, 1, 3), int))
    write_presentations(tmp_path, network, presented, graph_layout(network, 2, 1), "0", lambda *done: told.append(done))
    assert told == [(1, 2), (2, 2)]
    assert [large(graph_layout(network, inputs, 2000)) for inputs in (10, 100)] == [False, True]


@long_with_jit
@pytest.mark.parametrize("form", ["Q3.2", "UQ1.0", "Q20.43", "UQ9.0"])
def test_words_in_pieces_are_those_of_the_whole_file(tmp_path: Path, form: str) -> None:
    fmt = Format.parse(form)
    words = np.random.default_rng(0).integers(fmt.lowest, fmt.highest, WORDS + 5, endpoint=True)
    lines = hex_lines(words.tolist(), fmt.word)
    assert mem_lines(words, fmt.word).decode() == "\n".join(lines) + "\n"
    vector = Vector("x", "node", fmt, (WORDS + 5,), "words")
    (tmp_path / "x.mem").write_bytes(render(["about", "more"], lines))
    found, expected = scan_mem(tmp_path, vector), read_mem(tmp_path / "x.mem", "x.mem", fmt.word, WORDS + 5)
    assert (found.sha256, found.sums) == (expected.sha256, expected.sums)
    read = FileWords(tmp_path, {"x": vector})
    assert read["x"].tolist() == [fmt.from_bits(pattern) for pattern in expected.patterns] == words.tolist()
    assert read.lines("x", WORDS - 3, WORDS + 2).tolist() == words[WORDS - 3 : WORDS + 2].tolist()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda text: text[:-1], "x.mem must end with a newline (a simulator may drop its last word)"),
        (lambda text: text + "0\n", "x.mem must hold 3 words, not 4"),
        (lambda text: text.replace("\n2\n", "\n"), "x.mem must hold 3 words, not 2"),
        (
            lambda text: text.replace("\n2\n", "\nG\n"),
            "x.mem line 3 must be 1 hexadecimal digits in lower case, not 'G'",
        ),
        (lambda text: text.replace("\n2\n", "\n8\n"), "x.mem line 3 must fit 3 bits, not '8'"),
        (lambda text: text.replace("about", "\xe4"), "x.mem line 1 must be ASCII, not byte 0xc3"),
    ],
)
def test_a_damaged_file_is_refused_as_it_is_when_read_whole(
    tmp_path: Path, wrong: Callable[[str], str], said: str
) -> None:
    vector = Vector("x", "node", Format(3, 0), (3,), "words")
    (tmp_path / "x.mem").write_text(wrong("// about\n1\n2\n3\n"), "utf-8")
    with pytest.raises(FileError) as caught:
        scan_mem(tmp_path, vector)
    assert str(caught.value) == said
