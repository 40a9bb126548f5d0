"""Count the memory of a network of one layer, array by array, as it infers and while it learns."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from fxsnn.competitive.graph import LAYER, LAYER_WEIGHTS, graph_of
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.errors import ConfigError
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.population import INPUT
from fxsnn.kernels import rescale
from fxsnn.measure.macro import Array
from fxsnn.measure.memory import Memory, stored
from fxsnn.number.format import Format, bits_of

MOST_WEIGHTS = 1 << 32
_CALLED = {  # of the population's arrays, in the order in which they are listed
    f"{LAYER_WEIGHTS}.weight": "weights",
    f"{LAYER}.arriving": "synaptic sums",
    f"{LAYER}.current": "synaptic currents",
    f"{LAYER}.membrane": "membrane potentials",
    f"{LAYER}.theta": "adaptive thresholds",
    f"{LAYER}.refractory": "refractory counters",
    INPUT: "input spikes",
    LAYER: "output spikes",
    f"{LAYER} largest _excess": "largest excess",
    f"{LAYER} number of _able": "number of spikes",
    f"{LAYER}.threshold": "threshold",
    f"{LAYER}.factor": "leak factor",
    f"{LAYER}.inhibition": "inhibition",
    f"{LAYER}.floor": "floor",
    f"{LAYER}.reset_value": "reset value",
    f"{LAYER}.period": "refractory period",
    f"{LAYER} LFSR registers": "LFSR registers",
}


def memory(network: QuantisedNetwork, begun: Collection[str] = ()) -> Memory:
    """Return what inference stores: what its population does, by the names of the layer; see docs/arithmetic.md.

    An adaptive threshold counts as the state that it is while the network learns. Raises as `graph_of`.

    begun    states that begin with given words, `layer.membrane` and `layer.refractory`
    """
    found = {array.name: array for array in graph_memory(graph_of(network), begun).arrays}
    listed = [replace(found.pop(name), name=called) for name, called in _CALLED.items() if name in found]
    assert not found, [*found]  # noqa: S101  (every array of the text has a name here)
    return Memory(tuple(replace(one, meaning="state") if one.name == "adaptive thresholds" else one for one in listed))


def of_size(
    plan: Plan,
    inputs: int,
    neurons: int,
    refractory_steps: int,
    reset: str,
    inhibited: bool,
    winner: str = "largest",
) -> QuantisedNetwork:
    """Return a network of this size whose memory is that of any other: weights are 0, and constants that count are not.

    Raises
    ------
    ConfigError
        The network would have more than 2**32 weights.
    WidthError
        As `graph_of`.
    """
    if math.prod((inputs, neurons)) > MOST_WEIGHTS:
        raise ConfigError(f"inputs times neurons must be at most {MOST_WEIGHTS:,}, not {inputs:,} x {neurons:,}")

    def some(fmt: Format) -> int:  # a word that is not 0: what is 0 may need no memory
        return fmt.highest or fmt.lowest

    return QuantisedNetwork(
        plan=plan,
        weights=np.broadcast_to(np.int64(0), (inputs, neurons)),
        theta=np.zeros(neurons, np.int64),
        threshold=some(plan["threshold"].format),
        factor=some(plan.leak.factor.format),
        inhibition=some(plan["inhibition"].format) * inhibited,
        floor=0,
        reset_value=0,
        reset=reset,
        compare="ge",
        winner=winner,
        refractory_steps=refractory_steps,
        refractory_input="ignore",
        casts={},
    )


def while_learning(found: Memory, plan: Plan, steps: int = 100) -> Memory:
    """Return what is stored while the network learns under the plan's learning table; see docs/learning.md.

    The weights are stored as they are learned; those that are read are their upper bits. A neuron keeps beside its
    states a learned threshold, the sum of its weights and the number of its spikes, an input its trace.

    steps    of a presentation, which a counter of spikes must hold

    Raises
    ------
    ConfigError
        The plan has no learning table.
    """
    table = plan.learning
    if table is None:
        raise ConfigError("a plan must have a learning table to count what learning stores, not none")
    words = {array.name: array.words for array in found.arrays}
    inputs, neurons = words["input spikes"], words["output spikes"]
    learned, rate, constants = table.weight.format, table.rate.format, table.constants.format
    multiplies = table.fade.kind == "multiply"
    arrays = [Array("weights", words["weights"], learned.word, "weights")]
    arrays += [array for array in found.arrays if array.meaning not in ("weights", "register")]
    arrays += [
        Array("input traces", inputs, table.trace.format.word),
        Array("learned thresholds", neurons, table.theta.format.word),
        Array("sums of weights", neurons, bits_of(0, inputs * plan["weight"].format.highest)),
        Array("spike counts", neurons, bits_of(0, steps)),
        Array("learning rate", 1, rate.word, "constant"),
        Array("offset and softness", 2, constants.word, "constant"),
        Array("rise and fall of theta", 2, table.theta.format.word, "constant"),
        Array("trace factor", int(multiplies), table.fade.factor.format.word, "constant"),
    ]
    drive = max(table.trace.format.frac, constants.frac + max(learned.frac, 0)) + rate.frac
    folded = max(plan["threshold"].format.frac, table.theta.format.frac) + plan["weight"].format.frac
    drawing = [
        (table.weight, drive - learned.frac),
        (table.trace, table.fade.factor.format.frac if multiplies else 0),
        (plan["theta"], max(folded, plan["threshold"].format.frac) - plan["theta"].format.frac),
    ]
    registers = words.get("LFSR registers", 0)
    registers += sum(signal.rounding.code == rescale.STOCHASTIC and dropped > 0 for signal, dropped in drawing)
    arrays.append(Array("LFSR registers", registers, plan.lfsr.width, "register"))
    return stored(arrays)
