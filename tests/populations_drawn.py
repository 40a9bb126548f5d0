"""Random networks of populations that the RTL serves: texts, projections, delays, formats and modes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import reject
from hypothesis import strategies as st
from numpy.typing import NDArray

from c_networks import OUTERS, networks
from fxsnn.errors import FxsnnError
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.network import SPIKES, Graph
from fxsnn.graph.plan import GraphPlan
from fxsnn.graph.population import Population, population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout
from fxsnn.graph.starting import start_forms
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Signal
from fxsnn.program.grammar import parse
from strategies import signals, words
from test_program_bounds import texts

_INPUTS = (SPIKES, SPIKES, Format(3, 0, signed=False), Format(3, 1))


@st.composite
def drawn_networks(draw: st.DrawFn) -> QuantisedGraph:
    """One to three populations of random texts, driven by the input, by each other and by themselves."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    plan: dict[str, Signal] = {}
    populations: list[Population] = []
    for n, size in enumerate(sizes[1:]):
        name = f"p{n}"
        own = {signal: draw(signals(-2, 6)) for signal in ("v", "u", "w", "c")}
        if draw(st.booleans()):
            own |= {signal: replace(own[signal], rounding=Rounding.STOCHASTIC) for signal in ("v", "w")}
        plan |= {f"{name}.{signal}": one for signal, one in own.items()}
        word = words(plan[f"{name}.c"].format)
        held = draw(st.one_of(word, st.lists(word, min_size=size, max_size=size)))
        text, numbers = draw(texts()), {"k": draw(st.integers(0, 3))}
        if draw(st.integers(0, 3)) == 0:  # a word is emitted
            text = "\n".join([*text.splitlines()[:-1], "spike = v", ""])
        outer = draw(st.sampled_from(OUTERS))
        populations.append(population(name, size, parse(text, f"{name}.neuron"), {}, {"c": raw(held)}, numbers, outer))
    shapes = {"input": sizes[0]} | {one.name: one.size for one in populations}
    wires: list[Projection] = []
    for n, one in enumerate(populations):
        for m in range(draw(st.integers(1, 3))):
            before = ["input", *(other.name for other in populations[:n])]
            source = draw(st.sampled_from(before if m == 0 else list(shapes)))
            delay = draw(st.sampled_from((0, 0, 1, 2))) if source in before else draw(st.integers(1, 3))
            kinds = ("dense", "dense", "identity", "scale") if shapes[source] == one.size else ("dense",)
            kind: Any = draw(st.sampled_from(kinds))
            wire = f"w{len(wires)}"
            weights = None
            if kind != "identity":
                plan[f"{wire}.weight"] = draw(signals(-1, 5))
                word = words(plan[f"{wire}.weight"].format)
                many = shapes[source] * one.size if kind == "dense" else draw(st.sampled_from((1, one.size)))
                held = draw(st.lists(word, min_size=many, max_size=many))
                shape = (shapes[source], one.size) if kind == "dense" else () if many == 1 else (many,)
                weights = raw(np.array(held).reshape(shape))
            wires.append(Projection(wire, source, one.name, "current", kind, weights, delay=delay))
    taps = draw(st.sampled_from(((31, 28), (7, 6), (16, 15, 13, 4))))
    lfsr = Lfsr(taps, seed=draw(st.integers(1, (1 << taps[0]) - 1)))
    try:
        form = draw(st.sampled_from(_INPUTS))
        graph = Graph((sizes[0],), tuple(populations), tuple(wires), form, Readout("none"))
        return quantise_graph(graph, GraphPlan(plan, lfsr))
    except FxsnnError:  # a value too wide, a cycle of exact words
        reject()


mapped_networks = networks().filter(lambda drawn: isinstance(drawn, QuantisedGraph))  # of maps, by any projections
any_networks = st.one_of(drawn_networks(), mapped_networks)
begins = st.none() | st.integers(0, 99)  # for `start_for`


def inputs_for(network: QuantisedGraph, seed: int) -> NDArray[np.int64]:
    """Return two inputs of a few steps, of which some are silent: int64[inputs, steps, words]."""
    rng, form = np.random.default_rng(seed), network.graph.format
    shape = 2, int(rng.integers(1, 9)), math.prod(network.graph.shape)
    shown = rng.integers(form.lowest, form.highest + 1, shape)
    return np.where(rng.random(shape) < rng.choice([0.2, 0.6, 1.0]), shown, 0)


def start_for(network: QuantisedGraph, inputs: int, seed: int | None) -> dict[str, NDArray[np.int64]]:
    """Return what some states begin with: words of all inputs, int64[neurons], or of each, int64[inputs, neurons].

    Without a seed all begin at rest.
    """
    rng, found = np.random.default_rng(seed), dict[str, NDArray[np.int64]]()
    for name, form in start_forms(network).items() if seed is not None else ():
        one = network.graph[name.partition(".")[0]]
        many = ((), (inputs,))[rng.integers(2)]
        shape = ((one.size,), one.shape)[rng.integers(2)]
        if rng.integers(4):
            found[name] = rng.integers(form.lowest, form.highest, (*many, *shape), np.int64, endpoint=True)
    return found
