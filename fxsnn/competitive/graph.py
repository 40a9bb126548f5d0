"""A network of one layer that learned without labels, as one population: it is proved and runs as any other does."""

from __future__ import annotations

from pathlib import Path
from weakref import WeakKeyDictionary

from numpy.typing import ArrayLike

from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.graph.batch import driver_of
from fxsnn.graph.connect import Projection
from fxsnn.graph.drive import Driver
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan
from fxsnn.graph.population import INPUT, population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.number.format import Format
from fxsnn.number.signal import Signal
from fxsnn.program.program import Program
from fxsnn.program.shipped import neuron

LAYER, LAYER_WEIGHTS = "layer", "weights"  # what the population and its projection are called
_MADE: WeakKeyDictionary[QuantisedNetwork, QuantisedGraph] = WeakKeyDictionary()


def is_layer(graph: Graph) -> bool:
    """Say whether a network is made as `graph_of` makes them: its words need no name of a population."""
    populations = [(one.name, Path(one.text.file).name) for one in graph.populations]
    projections = [one.name for one in graph.projections]
    return (populations, projections) == ([(LAYER, "competitive.neuron")], [LAYER_WEIGHTS])


def graph_of(network: QuantisedNetwork) -> QuantisedGraph:
    """Return the network as a population `layer`, which all inputs reach by a dense projection `weights`.

    It is made and proved once for each network: networks never change. A cast draws from the register of the number
    that its site has in `SITES`. What `State` holds are its states `layer.membrane` and `layer.refractory`.

    Raises
    ------
    ConfigError
        A leak multiplies by a factor whose format has fewer than 0 fractional bits.
    WidthError
        An exact intermediate could leave int64, or a cast would drop more than 62 bits; the message names the
        operation, the formats and the bound.
    """
    found = _MADE.get(network)
    if found is None:
        try:
            found = _MADE[network] = _made(network)
        except FxsnnError as error:
            raise type(error)(str(error).removeprefix(f"population {LAYER}: ")) from None
    return found


def program_of(network: QuantisedNetwork) -> Program:
    """Return the network's neuron under its plan; raises as `graph_of`."""
    return graph_of(network).programs[LAYER]


def layer_driver(network: QuantisedNetwork) -> Driver:
    """Return the layer with its compiled step and its rows of weights, as kernels take them; raises as `graph_of`."""
    return driver_of(graph_of(network), LAYER)


def _made(network: QuantisedNetwork) -> QuantisedGraph:
    plan, leak = network.plan, network.plan.leak
    if leak.kind == "multiply" and leak.factor.format.frac < 0:
        described = leak.factor.format.describe()
        raise ConfigError(f"the leak factor's format must have 0 or more fractional bits, not {described}")
    built = neuron(
        "competitive",
        accumulate=plan.accumulate,
        leak=leak.kind,
        integrate=plan.integrate,
        compare=network.compare,
        winner=network.winner,
        reset=network.reset,
        refractory_input=network.refractory_input,
    )
    words: dict[str, ArrayLike] = {
        "threshold": network.threshold,
        "theta": network.theta,
        "period": network.refractory_steps,
        "inhibition": network.inhibition,
        "floor": network.floor,
        "factor": network.factor,
        "reset_value": network.reset_value,
    }
    counter = Format(max(network.refractory_steps.bit_length(), 1), 0, signed=False)
    own = {"factor": leak.factor, "refractory": Signal(counter)}
    signals = {**plan.signals, **{name: one for name, one in own.items() if name in built.signals}}
    layer = population(
        LAYER,
        network.neurons,
        "competitive",
        built.choices,
        {name: raw(words[name]) for name in built.constants},
        {"leak_shift": leak.shift} if built.numbers else {},
    )
    wire = Projection(LAYER_WEIGHTS, INPUT, LAYER, next(iter(built.inputs)), weights=raw(network.weights))
    return quantise_graph(Graph((network.inputs,), (layer,), (wire,)), GraphPlan(signals, plan.lfsr))
