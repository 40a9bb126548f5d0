"""What is emitted from a text computes what it says: texts drawn at random, step by step, against the interpreter."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import fxsnn.program.compiled as program_compiled
from fxsnn.errors import WidthError
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.number.signal import Signal
from fxsnn.program.build import build
from fxsnn.program.compiled import Compiled, compiled
from fxsnn.program.grammar import parse
from fxsnn.program.interpret import Run
from fxsnn.program.program import bind
from fxsnn.program.wires import arriving
from strategies import compiled_examples, signals, words
from test_program_bounds import SPIKES, expressions, texts

NEURONS = 3


@settings(max_examples=compiled_examples(200), deadline=None, suppress_health_check=list(HealthCheck))
@given(texts(), st.data())
def test_emitted_steps_equal_interpreted_ones(text: str, data: st.DataObject) -> None:
    if data.draw(st.booleans()):  # a word or an exact value is emitted
        text = "\n".join([*text.splitlines()[:-1], f"spike = {data.draw(expressions(['v', 'u', 'c'], 2))}", ""])
    if data.draw(st.booleans()):  # a state is what another was before the step
        text = text.replace("read = ", "before: state[v]\nbefore = v\nread = ", 1)
    made = build(parse(text, "n"))
    formats = {name: data.draw(signals(-2, 6)) for name in ("v", "u", "w", "c")}
    weight = data.draw(signals(-1, 5)).format
    try:
        program = bind(made, formats, {"current": arriving(weight, SPIKES, 4)}, NEURONS, numbers={"k": 2})
    except WidthError:
        event("refused")
        return
    one = words(formats["c"].format)
    constant = data.draw(st.one_of(st.just(0), one, st.lists(one, min_size=NEURONS, max_size=NEURONS)))
    registers = {cast.stream: Lfsr().derive(n) for n, cast in enumerate(made.casts) if cast.stream is not None}
    run = Run(program, {"c": constant}, NEURONS, registers)
    kernel = compiled(program, {"c": constant if isinstance(constant, int) else np.array(constant)})
    event(f"{kernel.word.__name__}, draws {kernel.draws}")
    states = _Stepper(kernel, registers)
    for _ in range(4):
        rows = data.draw(st.lists(st.lists(words(weight), min_size=NEURONS, max_size=NEURONS), max_size=4))
        step = run.step({"current": rows})
        assert states.step(np.array(rows, dtype=np.int64).reshape(-1, NEURONS)) == step.emitted
        for row, name in enumerate(made.states):
            assert states.kept[row].tolist() == step.states[name], name
        for cast in made.casts:
            if cast.stream is not None and cast.round in kernel.emitted.operations:
                assert states.registers[cast.stream] == step.registers[cast.stream], cast


def test_what_is_emitted_lies_at_its_own_binary_point_whatever_is_0() -> None:
    head = "come: input\nv: state\nc: constant\nspike: output\nv: v = max(v, 0)\n"
    formats = {"v": Signal(Format(5, 4, signed=False)), "c": Signal(Format(4, 2))}
    for last, readers in (
        ("spike = come + c", ""),  # at the constant's, of two fractional bits
        ("spike = v + c + come", ""),  # at the state's, of four
        ("spike = come * 3 + c", "n = count(come > 1)\nv: v[1] = spike - n + come"),  # and read by a later loop
        ("spike = 3 - c", "v: v[1] = come"),
    ):
        made = build(parse(f"{head}{last}\n{readers}\n", "n"))
        program = bind(made, formats, {"come": arriving(Format(4, 1), SPIKES, 4)}, NEURONS)
        run, states = Run(program, {"c": 0}, NEURONS), _Stepper(compiled(program, {"c": 0}), {})
        for rows in ([[5, -2, -7]], [[3, 3, 1], [4, 4, 0]]):
            step = run.step({"come": rows})
            assert states.step(np.array(rows)) == step.emitted, last
            assert states.kept[0].tolist() == step.states["v"], last


def test_what_was_emitted_as_0_or_1_is_read_as_a_word() -> None:
    text = "come: input\nv: state\nout: output\nout = 1 - (come > 1)\nn = count(come > 0)\n"
    made = build(parse(f"{text}v: v[1] = v + max(out, n) - (out if n > 1 else v)\n", "n"))
    formats = {"v": Signal(Format(12, 4), overflow=Overflow.WRAP)}
    program = bind(made, formats, {"come": arriving(Format(4, 0), SPIKES, 4)}, NEURONS)
    run, states = Run(program, {}, NEURONS), _Stepper(compiled(program, {}), {})
    for rows in ([[3, 1, -1]], [[0, 2, 0]], [[5, 5, 0]]):
        step = run.step({"come": rows})
        assert states.step(np.array(rows), np.uint8) == step.emitted
        assert states.kept[0].tolist() == step.states["v"]


@pytest.mark.parametrize("states", ["v: state\nu: state[v]\n", "u: state[v]\nv: state\n"])
@pytest.mark.parametrize("body", ["u = v\nv: v[1] = v + come\n", "x = u\nu = v\nv = x\nv: v[1] = v + come\n"])
def test_states_that_take_each_others_words_take_those_from_before_the_step(states: str, body: str) -> None:
    made = build(parse(f"come: input\nout: output\n{states}{body}out = u\n", "n"))
    arrives = {"come": arriving(Format(4, 0), SPIKES, 4)}
    program = bind(made, {"v": Signal(Format(6, 0))}, arrives, NEURONS)
    run, kernel = Run(program, {}, NEURONS), _Stepper(compiled(program, {}), {})
    for rows in ([[3, 1, -1]], [[0, 2, 4]], [[5, 5, 0]]):
        step = run.step({"come": rows})
        assert kernel.step(np.array(rows)) == step.emitted
        assert {name: kernel.kept[row].tolist() for row, name in enumerate(made.states)} == step.states


def test_a_cast_of_0_draws_where_nobody_has_the_bit_of_a_reduction() -> None:
    text = "come: input\nv: state\nspike: output\nspike = first(come > 2)\nv: v[1] = come * spike\n"
    made = build(parse(text, "n"))
    formats = {"v": Signal(Format(8, -3), Rounding.STOCHASTIC)}
    program = bind(made, formats, {"come": arriving(Format(8, 0), SPIKES, 4)}, NEURONS)
    registers = {1: Lfsr()}
    run, states = Run(program, {}, NEURONS, registers), _Stepper(compiled(program, {}), registers)
    for rows in ([[0, 1, 0]], [[1, 1, 2]], [[9, 12, 3]]):
        step = run.step({"come": rows})
        assert states.step(np.array(rows)) == step.emitted
        assert states.kept[0].tolist() == step.states["v"]
        assert states.registers[1] == step.registers[1]


@pytest.mark.parametrize("rounding", [Rounding.FLOOR, Rounding.ZERO])
def test_a_finer_state_that_stays_0_leaves_the_binary_point_of_a_cast(rounding: Rounding) -> None:
    text = "v: state\nu: state\ncurrent: input\nspike: output\nv: v[0] = current\nv: v[1] = u + (v - (v >> 1))\n"
    made = build(parse(text + "u: u[2] = u\nspike = v < 0\n", "n"))
    formats = {"v": Signal(Format(4, 0), rounding), "u": Signal(Format(4, 1), rounding)}
    program = bind(made, formats, {"current": arriving(Format(4, 0), SPIKES, 4)}, NEURONS)
    run, registers = Run(program, {}, NEURONS, {}), {0: Lfsr()}
    states = _Stepper(compiled(program, {}), registers)
    rows = [[5, -2, -7]]
    assert states.step(np.array(rows)) == run.step({"current": rows}).emitted
    assert states.kept[0].tolist() == [3, -1, -3] == run.step({"current": rows}).states["v"]


def test_the_largest_of_the_lowest_values_is_found() -> None:
    text = "v: state\nc: constant\ncurrent: input\nspike: output\nv: v[0] = current\nspike = largest(c + c, c < 1)\n"
    formats = {"v": Signal(Format(4, 0)), "c": Signal(Format(63, 0))}
    arrives = {"current": arriving(Format(4, 0), SPIKES, 4)}
    program = bind(build(parse(text, "n")), formats, arrives, NEURONS)
    kernel = compiled(program, {"c": np.array([1, -(1 << 62), -(1 << 62)])})  # c + c is the lowest word of 64 bits
    assert _Stepper(kernel, {0: Lfsr()}).step(np.zeros((0, NEURONS), np.int64)) == [0, 1, 0]


class _Stepper:
    """A kernel and what it keeps."""

    def __init__(self, kernel: Compiled, registers: dict[int, Lfsr]) -> None:
        self.kernel, streams = kernel, kernel.emitted.streams
        self.kept = np.zeros((kernel.emitted.kept, NEURONS), kernel.word)
        self.registers = np.array([registers.get(n, Lfsr()).seed for n in range(streams)], dtype=np.int64)
        self.draws = np.zeros((streams, NEURONS), np.int64) if kernel.draws else None

    def step(self, rows: NDArray[np.int64], emitted: type[np.integer[Any]] = np.int64) -> list[int]:
        out = np.zeros(NEURONS, emitted)
        self.kernel.step(
            rows.sum(axis=0), self.kept, self.kernel.fixed, out, self.kernel.words, self.registers,
            Lfsr().tap_array(), self.draws, rows, np.arange(len(rows)), 0, len(rows),
        )  # fmt: skip
        found: list[int] = out.tolist()
        return found


def test_threads_that_ask_for_a_module_at_once_get_it_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_compiled, "CACHE_FOLDER", str(tmp_path))
    text, name = "import time\ntime.sleep(0.3)\nstep = object()\n", "fxsnn_made_up_for_a_test"
    with ThreadPoolExecutor(4) as threads:
        found = [*threads.map(lambda _: program_compiled._loaded(name, text).step, range(4))]
    assert len({*map(id, found)}) == 1
    del sys.modules[name]


def test_what_follows_from_constants_lies_at_the_point_of_the_bounds_where_one_is_0() -> None:
    text = "come: input\nv: state\na: constant\nb: constant\nspike: output\nv: v = v + come\nspike = v >= max(a, b)\n"
    signals = {name: Signal(Format(6, frac)) for name, frac in (("v", 1), ("a", 2), ("b", 4))}
    arrivals = {"come": arriving(Format(4, 1), Format(1, 0, signed=False), 2)}
    found = compiled(bind(build(parse(text)), signals, arrivals, 3), {"a": 5, "b": 0})
    words = {kind: word for (kind, *_), word in zip(found.emitted.words, found.words.tolist(), strict=True)}
    assert words["fixed"] == 5 << 2
