"""Networks drawn at random for models in C: any projections, texts, formats, modes, delays and registers."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fxsnn.errors import ConfigError, WidthError
from fxsnn.graph.connect import Projection, windows
from fxsnn.graph.given import Given, Shape, raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan
from fxsnn.graph.population import Outer, population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.number.format import Format
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.number.signal import Signal
from fxsnn.program.grammar import parse
from strategies import lfsrs, signals, words
from test_program_bounds import expressions, texts

WIDE = st.builds(
    Signal,
    st.builds(Format, st.integers(14, 63), st.integers(-8, 40), st.booleans()),
    st.sampled_from(Rounding),
    st.sampled_from(Overflow),
)
GIVEN = tuple(map(Format.parse, ("UQ1.0", "UQ0.1", "UQ3.0", "Q2.1", "Q12.0")))
OUTERS: tuple[Outer, ...] = ("inputs", "neurons")
PASSED = """
arriving: input
v: state
told: output
v: v[0] = v - (v >> 1)
v: v[1] = v + each(arriving)
told = v
"""
BOTH = PASSED.replace("v: v[1]", "v: v[2] = v - arriving\nv: v[1]")


def weights(draw: st.DrawFn, form: Format, shape: Shape) -> Given:
    """Words of a format, drawn evenly."""
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    return raw(rng.integers(form.lowest, form.highest, shape, endpoint=True))


def laid(draw: st.DrawFn, source: str, shape: Shape, form: Format) -> tuple[Projection, Shape]:
    """A projection of any kind to `words`, and the shape to which it leads."""
    kind: Any = draw(st.sampled_from(["dense", "conv", "sum", "average", "maximum", "identity", "scale"]))
    wire = Projection("first", source, "words", "arriving", "identity", delay=draw(st.sampled_from([0, 0, 1, 3])))
    if kind in ("identity", "scale"):
        many = draw(st.sampled_from([(), shape[-1:], shape]))
        return replace(wire, kind=kind, weights=weights(draw, form, many) if kind == "scale" else None), shape
    if kind == "dense":
        size = draw(st.integers(1, 6))
        return replace(wire, kind=kind, weights=weights(draw, form, (math.prod(shape), size))), (size,)
    kernel = draw(st.integers(1, min(3, shape[0]))), draw(st.integers(1, min(3, shape[1])))
    stride = draw(st.none() | st.tuples(st.integers(1, 3), st.integers(1, 3)))
    if kind != "conv":
        wire = replace(wire, kind=kind, kernel=kernel, stride=stride)
        return wire, (*windows(wire, shape), shape[2])
    padding = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    groups = draw(st.sampled_from([n for n in (1, 2, 3) if shape[2] % n == 0]))
    outputs = groups * draw(st.integers(1, 2))
    held = weights(draw, form, (*kernel, shape[2] // groups, outputs))
    wire = replace(wire, kind=kind, weights=held, kernel=kernel, stride=stride, padding=padding, groups=groups)
    return wire, (*windows(wire, shape), outputs)


@st.composite
def networks(draw: st.DrawFn) -> QuantisedGraph | str:
    """Draw a network: a map into words, these into neurons of a drawn text, which drive themselves and what follows.

    A text instead where it is refused, as one that could leave 64 bits is.
    """
    plan = {name: draw(signals(-2, 6)) for name in ("v", "u", "w", "c", "words.v")}
    for name in draw(st.lists(st.sampled_from([*plan]), max_size=2)):
        plan[name] = draw(WIDE)
    plan["weight"] = replace(draw(signals(-1, 5)), overflow=Overflow.SATURATE)
    form, shape = plan["weight"].format, (draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    first, middle = laid(draw, "input", shape, form)
    between = math.prod(middle)
    wires = [first]
    if draw(st.booleans()):
        wires.append(
            Projection("more", "input", "words", "arriving", weights=weights(draw, form, (math.prod(shape), between)))
        )
    text = draw(st.sampled_from(["relay", PASSED, BOTH]))
    if text == "relay":
        del plan["words.v"]
    outer, drawn = draw(st.sampled_from(OUTERS)), text if text == "relay" else parse(text, "passed.neuron")
    held = [population("words", middle, drawn, outer=outer)]
    size, word = draw(st.integers(1, 4)), words(plan["c"].format)
    constant = raw(draw(st.just(0) | word | st.lists(word, min_size=size, max_size=size)))
    source = draw(texts())
    if draw(st.integers(0, 3)) == 0:  # a word or an exact value is emitted
        source = "\n".join(
            [*source.splitlines()[:-1], f"spike = {draw(st.just('v') | expressions(['v', 'u', 'c'], 2))}", ""]
        )
    own = parse(source, "drawn.neuron")
    try:
        held.append(population("neurons", size, own, {}, {"c": constant}, {"k": draw(st.integers(0, 3))}, outer))
        wires.append(Projection("into", "words", "neurons", "current", weights=weights(draw, form, (between, size))))
        for delay in draw(st.lists(st.integers(1, 3), max_size=2, unique=True)):
            back = weights(draw, form, (size, size))
            wires.append(Projection(f"back{delay}", "neurons", "neurons", "current", weights=back, delay=delay))
        if draw(st.booleans()):
            held.append(population("last", size, "relay"))
            wires.append(Projection("out", "neurons", "last", "arriving", "identity", delay=draw(st.integers(0, 2))))
        graph = Graph(shape, tuple(held), tuple(wires), draw(st.sampled_from(GIVEN)))
        return quantise_graph(graph, GraphPlan(plan, draw(lfsrs())))
    except (WidthError, ConfigError) as error:
        return str(error)


def inputs_for(network: QuantisedGraph, seed: int, steps: int = 7) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Inputs of a network, int64[steps, words], of which some are 0 and some at the ends of their format."""
    form, size, rng = network.graph.format, math.prod(network.graph.shape), np.random.default_rng(seed)
    drawn = rng.integers(form.lowest, form.highest, (steps, size), endpoint=True)
    ends = rng.choice([form.lowest, form.highest, 0, 0], (steps, size))
    return np.where(rng.random((steps, size)) < 0.5, drawn, ends)
