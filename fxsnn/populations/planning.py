"""A plan for a network of populations: integer bits as its values ask for, fractional bits as given."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from fxsnn.exploration.planned import CONSTANT_BITS, Asked
from fxsnn.graph.network import Graph, names_of
from fxsnn.graph.plan import GraphPlan, short_names
from fxsnn.graph.quantise import quantise_graph
from fxsnn.graph.real import float_constants
from fxsnn.measure.ranges import Spread, constant_format
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Signal
from fxsnn.populations.profile import graph_spreads
from fxsnn.program.neuron import BIT


def plan_of_inputs(graph: Graph, inputs: ArrayLike, asked: Asked) -> GraphPlan:
    """Return a plan whose every signal has the integer bits that its values ask for on these inputs, in real numbers.

    Weights are of `asked.weight` bits. What a cast of a step stores has `asked.state` fractional bits, a signal that is
    of constants alone as many as hold all of them, at most CONSTANT_BITS or those of states. A signal without a value
    has one integer bit and a sign.

    inputs    float64[inputs, steps, ...]

    Raises
    ------
    ConfigError
        As `graph_spreads`.
    FormatError, WidthError
        A word would be too wide, or a value of a step could leave int64.
    """
    spreads = graph_spreads(graph, inputs)
    plan = GraphPlan(short_names(graph, dict(_signals(graph, spreads, asked))), Lfsr())
    quantise_graph(graph, plan)
    return plan


def _signals(graph: Graph, spreads: dict[str, Spread], asked: Asked) -> Iterator[tuple[str, Signal]]:
    weight_rounding, state_rounding = Rounding.parse(asked.weight_rounding), Rounding.parse(asked.state_rounding)
    numbers, weighed = float_constants(graph), {one.name for one in graph.projections}
    for owner, signals in names_of(graph):
        for own in signals:
            found = spreads.get(f"{owner}.{own}")
            integer, signed = (found.integer, found.signed) if found else (2, True)
            if owner in weighed:
                yield f"{owner}.{own}", Signal(Format(asked.weight, asked.weight - integer, signed), weight_rounding)
                continue
            neuron = graph[owner].neuron
            constants = [numbers[owner][name].ravel() for name, of in neuron.constants.items() if of == own != BIT]
            if constants and own not in {cast.signal for cast in neuron.casts}:
                form = constant_format(np.concatenate(constants), max(asked.state, CONSTANT_BITS))
                yield f"{owner}.{own}", Signal(form)
            else:
                form = Format(max(1, integer + asked.state), asked.state, signed)
                yield f"{owner}.{own}", Signal(form, state_rounding)
