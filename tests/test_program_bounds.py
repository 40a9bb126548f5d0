"""Bounds of a step: those of two configurations worked out by hand, and that no value of any text ever leaves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from fxsnn.competitive.graph import program_of
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.decolle.description import Description, Layer
from fxsnn.decolle.network import random_layers
from fxsnn.decolle.plan import DecollePlan, LayerPlan
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.errors import WidthError
from fxsnn.golden.former_layer import limits
from fxsnn.golden.layer_layout import sites_of
from fxsnn.golden.rtl import exact_bits
from fxsnn.kernels import rescale
from fxsnn.kernels.site import Site
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.number.signal import Leak, Signal
from fxsnn.program.build import build
from fxsnn.program.grammar import parse
from fxsnn.program.interpret import Run, Step
from fxsnn.program.operations import Round
from fxsnn.program.program import Program, bind
from fxsnn.program.shipped import neuron
from fxsnn.program.wires import ANYWHERE, arriving
from strategies import examples, signals, words

SPIKES = Format(1, 0, signed=False)


def signal(text: str, rounding: Rounding = Rounding.FLOOR, overflow: Overflow = Overflow.SATURATE) -> Signal:
    return Signal(Format.parse(text), rounding, overflow)


COMPETITIVE = QuantisedNetwork(
    Plan(
        {
            "weight": signal("Q1.7"),
            "accumulator": signal("Q6.6"),
            "membrane": signal("Q4.4", Rounding.NEAREST_UP),
            "theta": signal("UQ4.6"),
            "threshold": signal("UQ4.0"),
            "inhibition": signal("UQ4.2"),
        },
        {"leak": Leak("multiply", signal("UQ0.8"))},
    ),
    np.zeros((784, 400), np.int64),
    np.full(400, 3, np.int64),
    *(5, 248, 1, 0, 0, "subtract", "ge", "largest", 0, "ignore", {}),
)


def test_the_casts_of_the_competitive_neuron_are_those_worked_out_by_hand() -> None:
    path = sites_of(COMPETITIVE)
    clamp = -128, 127, rescale.SATURATE, 0  # Q4.4, 8 bits; nothing is drawn
    assert path["accumulate"] == Site(0, 0, 1, 0, 0, 0, -2048, 2047, rescale.SATURATE, 0)  # 7 fractional bits to 6
    assert path["leak"] == Site(0, 0, 8, 128, 0, 0, *clamp)  # 4 + 8 to 4; half of 2**8 is added
    assert path["integrate"] == Site(2, 0, 2, 2, 0, 0, *clamp)  # the membrane at the current's 6
    assert path["reset"] == Site(0, 4, 0, 0, 0, 0, *clamp)  # the threshold at the membrane's 4
    assert path["inhibit"] == Site(0, 2, 0, 0, 0, 0, *clamp)  # 2 fractional bits at 4
    assert program_of(COMPETITIVE).named("_excess").frac - 4 == 2  # theta has 6
    assert limits(COMPETITIVE).tolist() == [5 * 64 + 3] * 400
    # 784 weights of -128 are -100,352: 17 bits and a sign, and one for a draw
    assert exact_bits(COMPETITIVE) == 19


def test_casts_that_are_not_made_have_no_site() -> None:
    plan = COMPETITIVE.plan.changed(leak=Leak("shift", shift=3), accumulate="each", integrate="fused")
    path = sites_of(replace(COMPETITIVE, plan=plan, factor=1, reset="zero"))
    assert list(path) == ["accumulate", "integrate", "inhibit"]
    partial = Site(1, 0, 1, 0, 0, 0, -2048, 2047, rescale.SATURATE, 0)  # the partial sum at the weight's 7
    assert path["accumulate"] == partial
    assert path["integrate"][:4] == (2, 0, 2, 2)  # v - (v >> 3) keeps the membrane's 4 fractional bits


def test_a_stochastic_cast_draws_as_many_bits_as_it_drops_at_most_those_of_its_register() -> None:
    membrane = signal("Q4.4", Rounding.STOCHASTIC)
    for taps, draws in (((7, 6), 7), ((31, 28), 8)):
        plan = COMPETITIVE.plan.changed(membrane=membrane, lfsr=Lfsr(taps, 1))
        path = sites_of(replace(COMPETITIVE, plan=plan))
        assert [path[name].draw_bits for name in ("leak", "integrate", "reset")] == [draws, 2, 0]


def layer(filters: Any) -> Mapping[str, Program]:
    plan = LayerPlan(
        {
            "weight": signal("Q1.3"),
            "bias": signal("Q2.3"),
            "synapse": signal("UQ1.3"),
            "trace": signal("UQ2.2"),
            "refractory": signal("Q3.1"),
        },
        {
            "trace_leak": Leak("shift", shift=2),
            "synapse_leak": Leak("multiply", signal("UQ0.4")),
            "refractory_leak": Leak("none"),
        },
        filters=filters,
    )
    decay = 9 / 16  # of the synapse
    described = Description((Layer("conv", 4, 3, beta=decay),), 2, height=5, width=5, clip=3)
    return quantise_layers(random_layers(described, 0), DecollePlan((plan,))).graph.programs


def sites(program: Program) -> dict[str, Site]:
    return {cast.name: program.site(cast) for cast in program.neuron.casts}


def held(program: Program, name: str) -> tuple[int, int, int]:
    wire = program.named(name)
    return wire.low, wire.high, wire.frac


def test_the_casts_of_a_layer_of_filtered_inputs_are_those_worked_out_by_hand() -> None:
    found = layer("inputs")
    first, last = found["filter_0"], found["layer_0"]
    assert sites(first)["trace"] == Site(1, 0, 1, 0, 0, 0, 0, 15, rescale.SATURATE, 0)  # the trace at the synapse's 3
    assert sites(first)["synapse"] == Site(
        0, 7, 4, 0, 0, 0, 0, 15, rescale.SATURATE, 0
    )  # counts at the product's 3 + 4
    assert sites(last)["refractory"] == Site(0, 0, 0, 0, 0, 0, -8, 7, rescale.SATURATE, 0)
    # 18 weights of -8 or 7 sixteenths on traces of up to 15 quarters
    assert held(last, "sum") == (-18 * 8 * 15, 18 * 7 * 15, 5)
    # refractory state of -8 to 7 halves, bias of -16 to 15 eighths
    assert held(last, "membrane") == (-2160 - 8 * 16 - 16 * 4, 1890 + 7 * 16 + 15 * 4, 5)


def test_the_casts_of_a_layer_that_filters_currents_are_those_worked_out_by_hand() -> None:
    found = layer("currents")["layer_0"]
    assert sites(found)["synapse"][:3] == (0, 4, 4)  # the sum has the weight's 3 fractional bits
    assert held(found, "sum") == (-18 * 8 * 3, 18 * 7 * 3, 3)  # 18 weights of -8 or 7 eighths on counts of 3
    assert held(found, "trace") == (0, 15, 2)
    assert held(found, "membrane") == (-8 * 4 - 16, 15 * 2 + 7 * 4 + 15, 3)


# what texts say, bounded


def bound(text: str, wide: dict[str, str], neurons: int = 5) -> Program:
    given = {name: signal(word) for name, word in wide.items()}
    arrives = {"current": arriving(Format.parse("Q1.3"), SPIKES, 10)}
    return bind(build(parse(text, "n")), given, arrives, neurons, numbers={"k": 3})


HEAD = "v: state\nw: state\ncurrent: input\nspike: output\nv: v[0] = v + current\nspike = v > 0\n"
WORDS = {"v": "Q4.4", "w": "UQ3.0"}


@pytest.mark.parametrize(
    ("statement", "ends"),
    [
        ("x = current", (-80, 70, 3)),
        ("x = v + w", (-128, 127 + 7 * 16, 4)),
        ("x = v * w", (-128 * 7, 127 * 7, 4)),
        ("x = v * v", (0, 128 * 128, 8)),
        ("x = v * 0", (0, 0, ANYWHERE)),
        ("x = v - (v >> 3)", (-128, 127, 4)),
        ("x = v >> 3", (-16, 15, 4)),
        ("x = v << 3", (-1024, 1016, 4)),
        ("x = -v", (-127, 128, 4)),
        ("x = abs(v)", (0, 128, 4)),
        ("x = max(v, 0)", (0, 127, 4)),
        ("x = min(v, w)", (-128, 7 * 16, 4)),
        ("x = v if spike else w", (-128, 127, 4)),
        ("x = count(spike) - spike", (0, 4, 0)),
        ("s = first(spike)\nx = count(s) - s", (0, 1, 0)),
        ("s = largest(v, spike)\nx = count(s and v > 1)", (0, 1, 0)),
        ("x = any(spike)", (0, 1, 0)),
    ],
)
def test_bounds_are_as_tight_as_the_operation(statement: str, ends: tuple[int, int, int]) -> None:
    found = bound(f"{HEAD}{statement}\nw = max(w - 1, 0)\n", WORDS)
    assert found.named("x") == ends


def test_a_state_without_a_cast_must_provably_fit() -> None:
    for statement, said in (
        ("w = w + 1", "4 bits, 0 fractional"),
        ("w = v", "8 bits, 4 fractional"),  # on a finer grid, and below 0
        ("w = w - 1", "4 bits, 0 fractional"),
    ):
        told = rf"^n:7:1: what is stored without a cast must provably fit UQ3\.0 \(u3\), but its value can need {said}"
        with pytest.raises(WidthError, match=rf"{told}; to cast it write `w: w = \.\.\.`$"):
            bound(f"{HEAD}{statement}\n", WORDS)
    bound(f"{HEAD}w = min(w + 1, 7)\n", WORDS)
    bound(f"{HEAD}if spike:\n    w = 0\n", WORDS)


def test_a_shift_beyond_a_word_and_a_draw_without_a_register_are_refused() -> None:
    with pytest.raises(
        WidthError, match=r"^a shift must be by 0 to 62 bits, but x = v >> 63 \(v Q4\.4 \(s8\); n:7:1\)"
    ):
        bound(f"{HEAD}x = v >> 63\nw = max(w - 1, 0)\n", WORDS)
    made = build(parse(HEAD.replace("[0]", "").replace("w: state\n", ""), "n"))
    given = {"v": signal("Q4.2", Rounding.STOCHASTIC)}
    with pytest.raises(ValueError, match=r"^n:4:1: a cast that rounds stochastically must say which register it draws"):
        bind(made, given, {"current": arriving(Format.parse("Q1.3"), SPIKES, 10)}, 5)


def test_what_every_active_input_does_may_begin_with_a_state() -> None:
    """A chip that adds what arrives straight onto the membrane, cast after every addition."""
    text = "v: state\ncurrent: input\nspike: output\nv: v[0] = v + each(current)\nspike = v > 0\n"
    run = Run(bound(text, {"v": "Q3.1"}), {}, 2, {0: Lfsr()})
    step = run.step({"current": [[5, -5], [5, 3], [-1, 0]]})  # eighths: 0.625 to 0.5, 1.125 to 1.0, 0.875 to 0.5
    assert step.states == {"v": [1, -2]}  # -0.625 to -1.0, -0.625 to -1.0, -1.0
    assert run.step({"current": []}).states == {"v": [1, -2]}
    assert [(one.casts, one.inexact) for one in run.counts.values()] == [(6, 5)]


def test_lif_by_hand() -> None:
    made = neuron("lif", leak="shift", reset="subtract")
    arrives = {"current": arriving(Format.parse("Q4.0"), SPIKES, 1)}
    bound_to = {"membrane": signal("Q5.1"), "threshold": signal("UQ3.0")}
    run = Run(
        bind(made, bound_to, arrives, 1, numbers={"leak_shift": 1}),
        {"threshold": 3},
        1,
        dict.fromkeys(range(3), Lfsr()),
    )
    steps = [run.step({"current": [[come]] if come else []}) for come in (2, 2, 0, 7, 0)]
    # halves: 4; 4 - 2 + 4 = 6, which is the threshold: 0; 0; 14 - 6 = 8; 8 - 4 = 4
    assert [step.states["membrane"] for step in steps] == [[4], [0], [0], [8], [4]]
    assert [step.emitted for step in steps] == [[0], [1], [0], [1], [0]]


def stays_within_bounds(run: Run, step: Step) -> None:
    for operation, wire, values in zip(run.program.neuron.operations, run.program.wires, step.values, strict=True):
        guard = step.values[operation.guard] if isinstance(operation, Round) and operation.guard is not None else values
        happened = (
            values if guard is values else [value for value, happens in zip(values, guard, strict=True) if happens]
        )
        if happened and wire.frac != ANYWHERE:
            assert wire.low <= min(happened) <= max(happened) <= wire.high, operation


# small texts, drawn


@st.composite
def expressions(draw: st.DrawFn, names: list[str], depth: int) -> str:
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from([*names, "0", "1", "3"]))

    def one() -> str:
        return draw(expressions(names, depth - 1))

    kind = draw(st.sampled_from(["+", "-", "*", "leak", "if", "max", "min", "abs", "bit"]))
    if kind == "leak":
        return f"(v - (v >> {draw(st.sampled_from(['1', '4', 'k']))}))"
    if kind == "if":
        return f"({one()} if {draw(conditions(names, 1))} else {one()})"
    if kind == "bit":
        return f"({draw(conditions(names, 1))})"
    if kind in ("max", "min"):
        return f"{kind}({one()}, {one()})"
    return f"abs({one()})" if kind == "abs" else f"({one()} {kind} {one()})"


@st.composite
def conditions(draw: st.DrawFn, names: list[str], depth: int) -> str:
    kind = draw(st.sampled_from(["<", "<=", ">", ">=", "==", "!=", "and", "or", "not"]))
    if kind in ("and", "or") and depth:
        return f"({draw(conditions(names, depth - 1))} {kind} {draw(conditions(names, depth - 1))})"
    if kind == "not" and depth:
        return f"(not {draw(conditions(names, depth - 1))})"
    relation = kind if kind not in ("and", "or", "not") else ">"
    return f"({draw(expressions(names, 1))} {relation} {draw(expressions(names, 1))})"


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A text of two states: statements of every kind, each of whose names those that follow may read."""
    lines = ["v: state", "u: state", "c: constant", "current: input", "k: number", "spike: output"]
    lines.append("read = c + current + (v >> k)")  # whatever is declared must be read
    names, stream = ["v", "u", "c", "current", "read"], 0
    for number in range(draw(st.integers(1, 5))):
        name = draw(st.sampled_from(["v", "u", f"x{number}"]))
        kind = draw(st.sampled_from(["cast", "cast", "exact", "if", "each", "reduction"]))
        grid = name if name in ("v", "u") else "w"
        if kind == "cast" or (kind == "exact" and name in ("v", "u")):
            lines.append(f"{name}: {grid}[{stream}] = {draw(expressions(names, 3))}")
        elif kind == "exact":
            lines.append(f"{name} = {draw(expressions(names, 3))}")
        elif kind == "each":
            lines += [f"{name} = 0"] * (name not in names)
            added = draw(st.sampled_from(["each(current)", "max(each(current), v)", "each(current) * each(current)"]))
            if draw(st.booleans()):
                added = f"({added} - {draw(expressions(names, 1))})"
            lines.append(f"{name}: {grid}[{stream}] = {name} + {added}")
        elif kind == "if":
            lines += [f"{name}: {grid}[{stream}] = {draw(expressions(names, 1))}", f"if {draw(conditions(names, 1))}:"]
            lines.append(f"    {name}: {grid}[{stream + 1}] = {draw(expressions(names, 2))}")
            if draw(st.booleans()):
                lines += ["else:", f"    {name}: {grid}[{stream + 2}] = {draw(expressions(names, 1))}"]
        else:
            among = draw(conditions(names, 1))
            name = f"x{number}"
            made = ["count({})", "any({})", "first({})", f"largest({draw(expressions(names, 1))}, {{}})"]
            lines.append(f"{name} = {draw(st.sampled_from(made)).format(among)}")
        stream += 3
        names.append(name)
    lines += [f"v: v[{stream}] = v", f"u: u[{stream + 1}] = u", f"spike = {draw(conditions(names, 1))}"]
    return "\n".join(lines) + "\n"


@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(texts(), st.data())
def test_no_value_of_any_text_leaves_its_bounds(text: str, data: st.DataObject) -> None:
    made = build(parse(text, "n"))
    given_signals = {name: data.draw(signals(-2, 6)) for name in ("v", "u", "w", "c")}
    weight = data.draw(signals(-1, 5)).format
    arrives = {"current": arriving(weight, SPIKES, 4)}
    try:
        program = bind(made, given_signals, arrives, 3, numbers={"k": 2})
    except WidthError:
        event("refused")
        return
    states = {name: data.draw(st.lists(words(given_signals[name].format), min_size=3, max_size=3)) for name in "vu"}
    constant = data.draw(st.lists(words(given_signals["c"].format), min_size=3, max_size=3))
    registers = {cast.stream: Lfsr().derive(n) for n, cast in enumerate(made.casts) if cast.stream is not None}
    run = Run(program, {"c": constant}, 3, registers, states)
    for _ in range(3):
        rows = data.draw(st.lists(st.lists(words(weight), min_size=3, max_size=3), max_size=4))
        step = run.step({"current": rows})
        stays_within_bounds(run, step)
        for name, kept in step.states.items():
            form = given_signals[name].format
            assert form.lowest <= min(kept) <= max(kept) <= form.highest
