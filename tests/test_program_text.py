"""A neuron's text: what is read, and how what is none is refused, with file, line and column."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_line import skip_with_jit
from fxsnn.errors import ConfigError, FxsnnError, NeuronError
from fxsnn.number.format import Format
from fxsnn.number.signal import Signal
from fxsnn.program.build import build
from fxsnn.program.grammar import parse
from fxsnn.program.interpret import Run
from fxsnn.program.program import bind
from fxsnn.program.shipped import names, neuron, shipped, source
from fxsnn.program.wires import arriving

skip_with_jit()

HEAD = "v: state\ncurrent: input\nth: constant\nspike: output\n"
FIRES = HEAD + "v: v[0] = v + current\nspike = v >= th\n"

REFUSED = [
    ("v: state\n  x = 1\n", "n:2:2: a text must parse, but unexpected indent"),
    ("v = (1\n", "n:1:5: a text must parse, but '(' was never closed"),
    ("a = b.c\n", "n:1:5: an expression must be of the grammar, not b.c"),
    ("x = 0.04\n", "n:1:5: a number in a text must be an integer, not 0.04: declare a constant"),
    (
        "for x in y:\n    pass\n",
        "n:1:1: a statement must be a declaration `name: kind`, a cast `name: signal = ...`, `name = ...` or an if, "
        "not for x in y: pass",
    ),
    ("a, b = 1, 2\n", "n:1:1: a statement must assign one name, not a, b = (1, 2)"),
    ("x = v / 2\n", "n:1:5: an operation must be + - * << or >>, not v / 2"),
    ("x: nothing\n", "n:1:4: a name must be declared as state, constant, input, number, output, choice, not nothing"),
    ("x = 1 < 2 < 3\n", "n:1:5: a comparison must be one of < <= > >= == != of two, not 1 < 2 < 3"),
    ("x = f(2)\n", "n:1:5: a function must be one of min, max, abs, each, count, any, first, largest, not f"),
    ("x = min(1)\n", "n:1:5: min must take 2 arguments, not min(1)"),
    ("min = 1\n", "n:1:1: a name must be of ASCII letters and none of the language's own, not min"),
    ("x: v[-1] = 2\n", "n:1:6: the register of a cast must be a number from 0 to 65535, not -1"),
    ("x = 99999999999999999999\n", "n:1:5: a number in a text must be below 2**62, not 99999999999999999999"),
    ("x: choice[1]\n", 'n:1:1: a choice must list its names, as in choice["zero", "value"], not x: choice[1]'),
    ("r: choice['a', 'b']\nr: choice['a', 'b']\n", "n:2:1: a choice must be declared once, but r was before"),
    ("é = 1\n", "n:1:1: a name must be of ASCII letters and none of the language's own, not é"),
    ("x = '1'\n", "n:1:5: a number in a text must be an integer, not '1': declare a constant"),
    ("x: state = 1\n", "n:1:4: a cast must name a signal, but state is a kind of declaration"),
    ("x: input[v]\n", "n:1:4: state and constant alone take a signal's name in brackets, not x: input[v]"),
    ("x = y = 1\n", "n:1:1: a statement must assign one name, not x = y = 1"),
    (
        HEAD + "v: v[0] = v + current\nspike = v >= threshold\n",
        "n:6:14: a name must be declared or assigned before it is read, threshold is not",
    ),
    (HEAD + "spike = v >= th and current > 0\n", "n:1:1: a state must be written at every step, v never is"),
    (HEAD + "v: v[0] = v + current\nx = th\n", "n:4:1: what is emitted must be assigned at every step, spike is not"),
    (
        "v: state\ncurrent: input\nth: constant\nv: v[0] = v + current\nspike = v >= th\n",
        "n:1:1: a neuron must declare one output, as in `spike: output`, not 0",
    ),
    (
        FIRES + "if count(spike) > 0:\n    v = 0\n",
        "n:7:4: a reduction must stand in a statement of its own level, count stands in a condition",
    ),
    (
        FIRES + "x = 1 if any(spike) else 0\n",
        "n:7:10: a reduction must stand in a statement of its own level, any stands in a conditional expression",
    ),
    (
        FIRES + "if spike:\n    x = first(spike)\n",
        "n:8:9: a reduction must stand in a statement of its own level, first stands in an if",
    ),
    (
        FIRES + "x = count(first(spike))\n",
        "n:7:11: a reduction must stand in a statement of its own level, first stands in another reduction",
    ),
    (
        FIRES + "if spike:\n    x = 1\ny = x\n",
        "n:9:5: a name must be assigned whatever the conditions are before it is read, x is not",
    ),
    (
        FIRES + "y = (v + current) >> 1\n",
        "n:7:5: >> must be of a word (a state, a constant or what was cast), not of the exact v + current",
    ),
    (FIRES + "y = v >> v\n", "n:7:10: >> must be by a literal or a declared number, not v"),
    (FIRES + "if v:\n    v = 0\n", "n:7:4: a condition must be a comparison or a bit, not the number v"),
    (FIRES + "th = 1\n", "n:7:1: a statement must assign a state, the output or a new name, not the constant th"),
    (FIRES + "y: v[0] = v\n", "n:7:1: a cast must have a register of its own, 0 is that of line 5"),
    (FIRES + "v = v + each(current)\n", "n:7:1: a statement with each(...) must cast, as in `v: signal = ...`"),
    (
        "other: input\n" + FIRES + "v: v = v + each(current) + each(other)\n",
        "n:8:28: each(...) must be of one input in a statement, other is not current",
    ),
    (FIRES + "if each(current) > 0:\n    v = 0\n", "n:7:4: each(...) must stand in a cast"),
    (FIRES + "if spike:\n    v: v = v + each(current)\n", "n:8:16: each(...) must stand outside every if"),
    (FIRES + "v: v = v + each(th)\n", "n:7:17: each must take a declared input, not th"),
    (FIRES + "v: state\n", "n:7:1: a name must be declared once and before it is used, v is not"),
    (
        FIRES + "if spike:\n    k: constant\n",
        "n:8:5: a declaration must stand outside an if that is decided at every step, k does not",
    ),
    (FIRES + "k: constant\n", "n:7:1: what is declared must be read, the constant k never is"),
    (
        "spike: output\nv: state\nx = spike\n",
        "n:3:5: what is emitted must be assigned before it is read, spike is not: a state keeps it for the next step",
    ),
    (FIRES + "y = 1 if th == 'a' else 0\n", "n:7:10: a text may be compared with a declared choice alone, th is none"),
    (FIRES + "extra: output\n", "n:7:1: a neuron must declare one output, as in `spike: output`, not 2"),
    (FIRES + "y: bit = v >= th\n", "n:7:1: a cast must name a signal of the plan, and bit is none"),
    ("x = " + "-" * 100 + "1", "n:1:66: an expression must be nested at most 60 deep"),
    ("x = 1\x00\n", "n:1:1: a text must parse, but source code string cannot contain null bytes"),
    ("if a:\n", "n:1:6: a text must parse, but expected an indented block after 'if' statement on line 1"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_no_neuron_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(NeuronError) as error:
        build(parse(text, "n"))
    assert str(error.value) == message


@pytest.mark.parametrize("brackets", [50, 150, 100_000])
def test_what_is_nested_too_deep_is_refused(brackets: int) -> None:
    for text in (
        "x = " + "(" * brackets + "1" + ")" * brackets + "+",
        "x = " + "not " * brackets + "y",
        "- " * brackets,
    ):
        with pytest.raises(NeuronError, match=r"^n:1:\d+: "):
            build(parse(text, "n"))


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({}, "lif.neuron: leak must be none, shift, multiply, not left open"),
        ({"leak": "slow", "reset": "zero"}, "lif.neuron: leak must be none, shift, multiply, not slow"),
        (
            {"leak": "none", "reset": "zero", "colour": "red"},
            "lif.neuron: a choice must be one of leak, reset, not colour",
        ),
    ],
)
def test_a_choice_is_one_of_those_named(choices: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        neuron("lif", **choices)
    assert str(error.value) == message


def test_what_both_ways_of_an_if_assign_alike_is_assigned() -> None:
    text = "v: state\ncurrent: input\nspike: output\nnew: v[0] = v + current\nif new > v:\n    v = new\n    x = new\n"
    made = build(parse(text + "else:\n    v = new\n    x = new\nspike = x > 0\n", "n"))
    run = Run(bind(made, {"v": WORD}, ARRIVES, 1), {}, 1)
    for total in (3, 6):
        step = run.step({"current": [[3]]})
        assert (step.states["v"], step.nodes["x"], step.emitted) == ([total], [total], [1])


def test_a_choice_is_compared_with_names_of_its_own() -> None:
    text = parse('r: choice["a", "b"]\nspike: output\nspike = r == "c"\n', "n")
    with pytest.raises(NeuronError, match=r"^n:3:9: r must be compared with a, b, not 'c'$"):
        build(text, {"r": "a"})
    with pytest.raises(NeuronError, match=r"^n:2:9: a choice must be compared with one of its names, r is not$"):
        build(parse('r: choice["a", "b"]\nspike = r\n', "n"), {"r": "a"})


WORD, ARRIVES = Signal(Format(8, 4)), {"current": arriving(Format(4, 4), Format(1, 0, signed=False), 3)}


def test_what_a_plan_must_give_is_refused_where_it_is_not_with_its_place() -> None:
    made = build(parse(FIRES, "n"))
    with pytest.raises(NeuronError, match=r"^n:6:1: the signal th must be given a format, which it is not$"):
        bind(made, {"v": WORD}, ARRIVES, 1)
    with pytest.raises(NeuronError, match=r"^n:5:1: the input current must be given a projection, which it is not$"):
        bind(made, {"v": WORD, "th": WORD}, {}, 1)
    with pytest.raises(ConfigError, match=r"^a neuron must be one of competitive, .*, not 'brain'$"):
        source("brain")


def test_every_neuron_that_comes_along_is_built_under_all_choices() -> None:
    for name in names():
        assert source(name).startswith("# ")
        text = shipped(name)
        for chosen in itertools.product(*text.choices.values()):
            made = neuron(name, **dict(zip(text.choices, chosen, strict=True)))
            assert made.casts or name in ("relay", "nir_biased", "nir_threshold")


def test_what_is_not_chosen_is_not_there() -> None:
    none, multiply = neuron("lif", leak="none", reset="zero"), neuron("lif", leak="multiply", reset="subtract")
    assert none.constants == {"threshold": "threshold"}
    assert multiply.constants == {"threshold": "threshold", "decay": "decay"}
    assert [cast.stream for cast in none.casts] == [1]
    assert [cast.stream for cast in multiply.casts] == [0, 1, 2]
    assert none.numbers == ()
    assert neuron("lif", leak="shift", reset="zero").numbers == ("leak_shift",)


@settings(deadline=None)
@given(st.sampled_from(names()), st.data())
def test_a_text_with_wrong_characters_is_read_or_refused_in_one_line(name: str, data: st.DataObject) -> None:
    text = source(name)
    at = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 20))
    other = data.draw(
        st.text('ab_ =:()[]<>+-*"#,.0\n\t\0é', max_size=6) | st.sampled_from(text.splitlines(keepends=True))
    )
    assert complaint(text[:at] + other + text[at + length :]).startswith(("n:", "fine"))


def complaint(text: str) -> str:
    """Return what is said against a text, on one line."""
    try:
        read = parse(text, "n")
        build(read, {choice: options[0] for choice, options in read.choices.items()})
    except FxsnnError as error:
        return str(error) if "\n" not in str(error) else "several lines"
    return "fine"


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    assert complaint(text).startswith(("n:", "fine"))
