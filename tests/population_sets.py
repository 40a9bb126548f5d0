"""Networks of populations whose RTL is simulated by name: layers, recurrence, delays, maps, and texts of every kind."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.graph.connect import Kind, Pair, Projection
from fxsnn.graph.given import Shape, raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.population import Population, population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout
from fxsnn.number.format import Format
from fxsnn.program.grammar import parse

Made = tuple[QuantisedGraph, NDArray[np.int64]]

BURSTING = """# Nobody has seen it: an excitability that falls with use, and a vote of the population.
drive: input
gate: input
reg: state                                   # names that mean something in SystemVerilog
wire: state[slow]
resting: state[bit]
module: constant[reg]
pull: constant[slow]
fade: number
always: output
_open = gate > 0
wire: slow[0] = wire - (wire >> fade) + abs(drive) * pull
reg: reg[4] = max(reg + drive, -module) - (wire if resting else 0)
begin = reg >= module and not resting
many = count(begin)
best = largest((reg << 1) - wire, begin)
end = best if many > 2 else begin
always = end
tran = any(end)
lowest = first(begin)
crowd = tran and lowest
if end and _open:
    reg: reg[1] = reg - module
    if crowd:
        reg: reg[2] = reg * pull
else:
    reg = reg if crowd else min(reg, module)
resting = end
"""
SERIAL = """# Every active input is met by a membrane that is cast.
come: input
v: state
level: constant[v]
spike: output
faded: v[1] = v - (v >> 2)
v: v[0] = (v if faded > 0 else faded) + each(come)
total: v[2] = v + come
spike = v >= level
if spike:
    v: v[3] = total - level
"""
KEPT = SERIAL.replace("(v if faded > 0 else faded)", "v")
STEPPED = """# Every active cell of a map is met by a membrane that is cast, reached or not.
come: input
more: input
v: state
told: output
v: v[0] = v - (v >> 1)
v: v[1] = v + each(come)
v: v[2] = v - more
told = v
"""
COMPETITIVE = {
    "accumulate": "each",
    "leak": "multiply",
    "integrate": "fused",
    "compare": "gt",
    "winner": "largest",
    "reset": "subtract",
    "refractory_input": "ignore",
}


def _dense(name: str, source: str, target: str, given: str, weights: Any, delay: int = 0) -> Projection:
    return Projection(name, source, target, given, weights=raw(weights), delay=delay)


def _windows(
    name: str, source: str, target: str, given: str, kind: Kind, weights: Any, kernel: Pair, stride: Pair | None = None,
    padding: Pair = (0, 0), groups: int = 1, delay: int = 0,
) -> Projection:  # fmt: skip
    held = None if weights is None else raw(weights)
    return Projection(name, source, target, given, kind, held, "weight", delay, kernel, stride, padding, groups)


def _made(
    populations: tuple[Population, ...], wires: tuple[Projection, ...], plan: str, inputs: int, node: str = ""
) -> Made:
    readout = Readout("node", node=node, over="last") if node else Readout("counts")
    graph = Graph((inputs,), populations, wires, readout=readout)
    rows = np.random.default_rng(inputs).random((3, 25, inputs)) < 0.4
    return quantise_graph(graph, parse_graph_plan(f"[signal]\n{plan}")), rows.astype(np.int64)


def _on_maps(
    populations: tuple[Population, ...], wires: tuple[Projection, ...], plan: str, shape: Shape, form: Format
) -> Made:
    graph, rng = Graph(shape, populations, wires, form), np.random.default_rng(len(plan))
    rows = rng.integers(form.lowest, form.highest, (2, 8, math.prod(shape)), endpoint=True)
    return quantise_graph(graph, parse_graph_plan(f"[signal]\n{plan}")), rows * (rng.random(rows.shape) < 0.4)


def lif_layers() -> Made:
    """Return three layers of LIF neurons, of every leak and reset."""
    rng = np.random.default_rng(1)
    made = (
        population("one", 5, "lif", {"leak": "multiply", "reset": "subtract"}, {"decay": raw(13), "threshold": raw(9)}),
        population("two", 4, "lif", {"leak": "shift", "reset": "zero"}, {"threshold": raw(6)}, {"leak_shift": 2}),
        population(
            "three", 3, "lif", {"leak": "none", "reset": "value"}, {"threshold": raw([4, 5, 9]), "reset_value": raw(-3)}
        ),
    )
    wires = (
        _dense("a", "input", "one", "current", rng.integers(-6, 12, (6, 5))),
        _dense("b", "one", "two", "current", rng.integers(-4, 12, (5, 4))),
        _dense("c", "two", "three", "current", rng.integers(-14, 15, (4, 3))),
    )
    plan = 'weight = "Q3.2"\n"one.membrane" = "Q3.4 nearest-even"\n"two.membrane" = "Q3.3 nearest-away wrap"\n'
    plan += '"three.membrane" = "Q3.2 floor saturate-symmetric"\ndecay = "UQ0.4"\nthreshold = "UQ4.2"'
    return _made(made, wires, plan, 6)


def recurrent() -> Made:
    """Return LIF neurons that round by chance, driven by their own spikes of one and of three steps before."""
    rng = np.random.default_rng(2)
    constants = {"decay": raw(14), "threshold": raw(10)}
    one = population("around", 4, "lif", {"leak": "multiply", "reset": "subtract"}, constants)
    wires = (
        _dense("into", "input", "around", "current", rng.integers(0, 12, (3, 4)), 2),
        _dense("back", "around", "around", "current", rng.integers(-8, 4, (4, 4)), 1),
        _dense("later", "around", "around", "current", rng.integers(-8, 8, (4, 4)), 3),
    )
    plan = 'weight = "Q3.2"\n"back.weight" = "Q3.1"\nmembrane = "Q4.3 stochastic"\ndecay = "UQ0.4"\nthreshold = "UQ4.2"'
    return _made((one,), wires, plan, 3)


def cuba() -> Made:
    """Return two populations with synaptic currents that excite and inhibit each other."""
    rng = np.random.default_rng(3)
    constants = {"current_decay": raw(9), "membrane_decay": raw([11, 12, 13, 9]), "threshold": raw(6)}
    made = tuple(
        population(name, 4, "cuba_lif", {"reset": reset}, constants)
        for name, reset in (("east", "subtract"), ("west", "zero"))
    )
    wires = (
        _dense("dawn", "input", "east", "arriving", rng.integers(0, 12, (5, 4))),
        _dense("over", "east", "west", "arriving", rng.integers(0, 14, (4, 4))),
        _dense("home", "west", "east", "arriving", rng.integers(-12, 0, (4, 4)), 1),
    )
    plan = 'weight = "Q3.2"\ncurrent = "Q4.4 nearest-odd"\nmembrane = "Q4.5 zero"\n'
    return _made(
        made, wires, plan + 'current_decay = "UQ0.4"\nmembrane_decay = "UQ0.4"\nthreshold = "UQ3.2"', 5, "membrane"
    )


def competitive() -> Made:
    """Return a competitive layer that casts every addition and draws, and one whose lowest neuron wins."""
    rng, none = np.random.default_rng(4), {"leak": "none", "winner": "lowest", "accumulate": "exact", "reset": "zero"}
    constants = {"threshold": raw(14), "inhibition": raw(3), "floor": raw(-40), "period": raw(2)}
    layer = constants | {"theta": raw(rng.integers(0, 8, 5)), "factor": raw(13)}
    made = (
        population("layer", 5, "competitive", COMPETITIVE, layer),
        population("behind", 3, "competitive", COMPETITIVE | none, constants | {"theta": raw(2)}),
    )
    wires = (
        _dense("up", "input", "layer", "arriving", rng.integers(-2, 16, (6, 5))),
        _dense("on", "layer", "behind", "arriving", rng.integers(2, 16, (5, 3)), 1),
    )
    plan = 'weight = "Q2.3"\naccumulator = "Q5.1 stochastic"\n"behind.accumulator" = "Q4.2 ceil"\n'
    plan += 'membrane = "Q5.3 stochastic"\n"behind.membrane" = "Q4.3 floor"\nthreshold = "UQ4.3"\ntheta = "UQ2.3"\n'
    return _made(made, wires, plan + 'refractory = "UQ2.0"\ninhibition = "UQ2.1"\nfactor = "UQ0.4"', 6, "_excess")


def unseen() -> Made:
    """Return two neurons that nobody has seen, one behind the other, the second also driven by the input as it is."""
    rng = np.random.default_rng(5)
    made = (
        population(
            "always",
            4,
            parse(BURSTING, "bursting.neuron"),
            {},
            {"module": raw([9, 10, 6, 8]), "pull": raw(3)},
            {"fade": 1},
        ),
        population("serial", 4, parse(SERIAL, "serial.neuron"), {}, {"level": raw(7)}),
    )
    wires = (
        _dense("in", "input", "always", "drive", rng.integers(-4, 12, (4, 4))),
        _dense("self", "always", "always", "gate", rng.integers(-4, 8, (4, 4)), 2),
        _dense("to", "input", "always", "gate", rng.integers(-4, 8, (4, 4))),
        _dense("x", "always", "serial", "come", rng.integers(-4, 14, (4, 4))),
        Projection("y", "input", "serial", "come", "identity"),
        Projection("z", "input", "serial", "come", "scale", raw([1, -3, 2, 5]), delay=1),
    )
    plan = 'weight = "Q3.2"\nreg = "Q4.3 nearest-even"\nslow = "Q3.3 stochastic"\nv = "Q4.1 stochastic"'
    return _made(made, wires, plan, 4)


def maps() -> Made:
    """Return spikes on maps: a convolution by groups, pooling of every kind, and what is read of flat neurons."""
    rng = np.random.default_rng(6)
    shift, none = {"leak": "shift", "reset": "subtract"}, {"leak": "none", "reset": "zero"}
    made = (
        population("edges", (6, 5, 4), "lif", shift, {"threshold": raw([6, 8, 9, 12])}, {"leak_shift": 2}),
        population("pooled", (3, 2, 4), "relay"),
        population("blurred", (2, 2, 4), "lif", none, {"threshold": raw(2)}),
        population("halves", (3, 5, 4), "lif", none, {"threshold": raw(1)}),
        population("read", 5, "lif", none, {"threshold": raw(20)}),
    )
    wires = (
        _windows(
            "see", "input", "edges", "current", "conv", rng.integers(-6, 12, (3, 3, 1, 4)), (3, 3), None, (1, 1), 2
        ),
        _windows("pool", "edges", "pooled", "arriving", "maximum", None, (2, 2)),
        _windows("blur", "edges", "blurred", "current", "average", None, (3, 2)),
        _windows("half", "edges", "halves", "current", "average", None, (2, 1)),
        _dense("flat", "pooled", "read", "current", rng.integers(-6, 16, (24, 5))),
        _windows(
            "on", "halves", "read", "current", "conv", rng.integers(-6, 16, (3, 5, 4, 5)), (3, 5), None, (0, 0), 1, 1
        ),
        _windows(
            "up", "blurred", "blurred", "current", "conv", rng.integers(-4, 8, (1, 3, 4, 4)), (1, 3), None, (0, 1), 1, 2
        ),
    )
    plan = 'weight = "Q3.2"\n"blur.weight" = "UQ0.4"\nmembrane = "Q4.3 nearest-even"\nthreshold = "UQ4.2"'
    return _on_maps(made, wires, plan, (6, 5, 2), Format(1, 0, signed=False))


def words_on_maps() -> Made:
    """Return signed words on maps: windows apart and over the edge, the largest words, alone and one by one."""
    rng = np.random.default_rng(7)
    made = (
        population("kept", (3, 2, 2), parse(STEPPED, "stepped.neuron")),
        population("peaks", (4, 2, 2), "relay"),
        population("mixed", 12, "relay"),
        population("serial", 24, parse(KEPT, "serial.neuron"), {}, {"level": raw(7)}),
    )
    wires = (
        _windows("far", "input", "kept", "come", "conv", rng.integers(-6, 8, (2, 3, 1, 2)), (2, 3), (3, 2), (2, 1), 2),
        _windows("most", "peaks", "kept", "come", "maximum", None, (2, 1), (1, 1), (0, 0), 1, 1),
        _windows("less", "peaks", "kept", "more", "sum", None, (2, 1), (1, 1), (0, 0), 1, 2),
        _windows("peak", "input", "peaks", "arriving", "maximum", None, (2, 2), (1, 2)),
        _windows("best", "peaks", "mixed", "arriving", "maximum", None, (2, 1), (1, 1)),
        _windows("mean", "peaks", "mixed", "arriving", "average", None, (2, 1), (1, 1)),
        Projection("same", "kept", "mixed", "arriving", "identity"),
        _windows("gap", "input", "serial", "come", "conv", rng.integers(-6, 8, (1, 1, 2, 3)), (1, 1), (2, 3), (1, 1)),
    )
    plan = 'weight = "Q3.2"\nv = "Q5.2 stochastic"\n'
    return _on_maps(made, wires, plan, (5, 4, 2), Format(4, 1))


def one_by_one() -> Made:
    """Return neurons that are served one after the other: the words on maps above, and what is read of all of them."""
    network, rows = words_on_maps()
    rng, graph = np.random.default_rng(8), network.graph
    last = population("last", 3, "lif", {"leak": "none", "reset": "zero"}, {"threshold": raw(1)})
    wires = (
        _dense("all", "serial", "last", "current", rng.integers(-4, 8, (24, 3))),
        _dense("seen", "input", "last", "current", rng.integers(-4, 8, (40, 3)), 1),
        _dense("own", "last", "last", "current", rng.integers(-4, 8, (3, 3)), 1),
    )
    fades = STEPPED.replace("v + each", "v - (v >> 2) + each")  # what brings nothing changes a membrane too
    first = population("kept", (3, 2, 2), parse(fades, "stepped.neuron"))
    served = tuple(replace(one, outer="neurons") for one in (first, *graph.populations[1:], last))
    plan = 'weight = "Q3.2"\nv = "Q5.2 nearest-even"\nmembrane = "Q5.2"\nthreshold = "UQ4.2"'
    return quantise_graph(
        replace(graph, populations=served, projections=(*graph.projections, *wires)),
        parse_graph_plan(f"[signal]\n{plan}"),
    ), rows


POPULATION_SETS: dict[str, Callable[[], Made]] = {
    "lif_layers": lif_layers,
    "recurrent": recurrent,
    "cuba": cuba,
    "competitive": competitive,
    "unseen": unseen,
    "maps": maps,
    "words_on_maps": words_on_maps,
    "one_by_one": one_by_one,
}


def committed() -> tuple[QuantisedGraph, NDArray[np.int64], dict[str, list[int]]]:
    """Return of what golden/recurrent_begun is made: a network, an input, and words that states begin with."""
    network, inputs = recurrent()
    return network, inputs[:1, :8], {"around.membrane": [12, -9, 3, 0]}
