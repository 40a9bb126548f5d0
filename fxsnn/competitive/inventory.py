"""Count the memory of a network of one layer, array by array, as it infers and while it learns."""

from __future__ import annotations

from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.errors import ConfigError
from fxsnn.kernels import rescale
from fxsnn.measure.macro import Array
from fxsnn.measure.memory import Memory, stored
from fxsnn.number.format import bits_of


def memory(network: QuantisedNetwork) -> Memory:
    """Return what inference stores: every word that outlives the operation which makes it; see docs/arithmetic.md."""
    return inventory(
        network.plan,
        network.inputs,
        network.neurons,
        network.refractory_steps,
        network.reset,
        bool(network.inhibition),
        network.winner,
    )


def inventory(
    plan: Plan,
    inputs: int,
    neurons: int,
    refractory_steps: int,
    reset: str,
    inhibited: bool,
    winner: str = "largest",
) -> Memory:
    """Return the stored arrays of a network of this size; see `memory`."""
    counter, membrane = refractory_steps.bit_length(), plan.membrane.format.word
    each = plan.accumulate == "each"
    current = plan.accumulator.format.word if each else sum_bits(plan, inputs)
    arrays = [
        Array("weights", inputs * neurons, plan.weight.format.word, "weights"),
        Array("synaptic currents" if each else "synaptic sums", neurons, current, "buffer"),
        Array("membrane potentials", neurons, membrane),
        Array("adaptive thresholds", neurons, plan.theta.format.word),
        Array("refractory counters", neurons, counter),
        Array("input spikes", inputs, 1, "spikes"),
        Array("output spikes", neurons, 1, "spikes"),
        Array("largest excess", int(winner == "largest"), excess_bits(plan), "buffer"),
        # others are pulled down for each spike; where one neuron fires at most, the output spikes say whether
        Array("number of spikes", int(inhibited and winner == "none"), neurons.bit_length(), "buffer"),
        Array("threshold", 1, plan.threshold.format.word, "constant"),
        Array("leak factor", int(plan.leak.kind == "multiply"), plan.leak.factor.format.word, "constant"),
        Array("inhibition", int(inhibited), plan.inhibition.format.word, "constant"),
        Array("floor", int(inhibited), membrane, "constant"),
        Array("reset value", int(reset == "value"), membrane, "constant"),
        Array("refractory period", 1, counter, "constant"),
        Array("LFSR registers", _drawing_casts(plan, reset, inhibited), plan.lfsr.width, "register"),
    ]
    return stored(arrays)


def sum_bits(plan: Plan, inputs: int) -> int:
    """Return the bits of a word that holds every exact sum of weights."""
    weight = plan.weight.format
    return bits_of(weight.lowest * inputs, weight.highest * inputs)


def excess_bits(plan: Plan) -> int:
    """Return the bits of a word that holds by how much a membrane exceeds its threshold; none that falls short wins."""
    v, t, th = plan.membrane.format, plan.threshold.format, plan.theta.format
    common = max(v.frac, t.frac, th.frac)
    limit = (t.lowest << common - t.frac) + (th.lowest << common - th.frac)
    return bits_of(0, max((v.highest << common - v.frac) - limit, 0))


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
        Array("sums of weights", neurons, bits_of(0, inputs * plan.weight.format.highest)),
        Array("spike counts", neurons, bits_of(0, steps)),
        Array("learning rate", 1, rate.word, "constant"),
        Array("offset and softness", 2, constants.word, "constant"),
        Array("rise and fall of theta", 2, table.theta.format.word, "constant"),
        Array("trace factor", int(multiplies), table.fade.factor.format.word, "constant"),
    ]
    drive = max(table.trace.format.frac, constants.frac + max(learned.frac, 0)) + rate.frac
    folded = max(plan.threshold.format.frac, table.theta.format.frac) + plan.weight.format.frac
    drawing = [
        (table.weight, drive - learned.frac),
        (table.trace, table.fade.factor.format.frac if multiplies else 0),
        (plan.theta, max(folded, plan.threshold.format.frac) - plan.theta.format.frac),
    ]
    registers = words.get("LFSR registers", 0)
    registers += sum(signal.rounding.code == rescale.STOCHASTIC and dropped > 0 for signal, dropped in drawing)
    arrays.append(Array("LFSR registers", registers, plan.lfsr.width, "register"))
    return stored(arrays)


def _drawing_casts(plan: Plan, reset: str, inhibited: bool) -> int:
    """Return how many of the casts of a time step round stochastically and drop bits: each owns an LFSR."""

    def draws(signal_code: int, dropped: int) -> bool:
        return signal_code == rescale.STOCHASTIC and dropped > 0

    v, a = plan.membrane.format.frac, plan.accumulator.format.frac
    factor = plan.leak.factor.format.frac if plan.leak.kind == "multiply" else 0
    fused = plan.integrate == "fused"
    membrane, accumulator = plan.membrane.rounding.code, plan.accumulator.rounding.code
    casts = [
        draws(accumulator, plan.weight.format.frac - a),
        not fused and draws(membrane, factor),
        draws(membrane, max(a - v, factor if fused else 0)),
        reset == "subtract" and draws(membrane, plan.threshold.format.frac - v),
        inhibited and draws(membrane, plan.inhibition.format.frac - v),
    ]
    return sum(casts)
