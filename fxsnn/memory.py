"""Count the memory of a network as an edge accelerator would hold it, in pure bits and as allocated."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from fxsnn.errors import ConfigError
from fxsnn.format import bits_of
from fxsnn.kernels import rescale
from fxsnn.macro import MACROS as MACROS
from fxsnn.macro import Array as Array
from fxsnn.macro import Macro as Macro
from fxsnn.plan import Plan
from fxsnn.quantised import QuantisedNetwork

BASELINE_WORD = 32


@dataclass(frozen=True, slots=True)
class Memory:
    """The stored arrays of one configuration."""

    arrays: tuple[Array, ...]

    @property
    def bits(self) -> int:
        """Pure bits of all arrays."""
        return sum(array.bits for array in self.arrays)

    def allocated(self, macro: Macro) -> int:
        """Bits of all arrays as a memory macro forces them."""
        return sum(macro.allocated(array) for array in self.arrays)

    def blocks(self, macro: Macro) -> int:
        """Blocks of a memory macro that hold all arrays which flip-flops do not."""
        return sum(macro.blocks(array) for array in self.arrays)


def stored(arrays: Iterable[Array]) -> Memory:
    """Return the memory of these arrays, without those that have no bits."""
    return Memory(tuple(array for array in arrays if array.bits))


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


def baseline(found: Memory) -> Memory:
    """Return the same network with every word at 32 bits: spikes and signs still are bits, and there is no register."""
    return Memory(
        tuple(
            replace(array, word=1 if array.meaning in ("spikes", "signs") else BASELINE_WORD)
            for array in found.arrays
            if array.meaning != "register"
        )
    )


def memory_to_data(found: Memory, macro: Macro | None = None) -> dict[str, Any]:
    """Return the count as plain data: bits by array and in total, with the baseline and the saving."""
    wide = baseline(found)
    data: dict[str, Any] = {
        "arrays": [
            {"name": a.name, "meaning": a.meaning, "words": a.words, "word": a.word, "bits": a.bits}
            for a in found.arrays
        ],
        "bits": found.bits,
        "baseline_bits": wide.bits,
        "saving": round(wide.bits / found.bits, 4),
    }
    if macro:
        for entry, array in zip(data["arrays"], found.arrays, strict=True):
            entry |= {"blocks": macro.blocks(array), "allocated_bits": macro.allocated(array)}
        data |= {"macro": macro.name, "block_bits": macro.block_bits}
        data |= {"blocks": found.blocks(macro), "allocated_bits": found.allocated(macro)}
        data["allocated_saving"] = round(wide.allocated(macro) / found.allocated(macro), 4)
    return data


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


def bits_text(bits: int) -> str:
    """Return a number of bits as people read it.

    >>> bits_text(1_234_567)
    '1,234,567 bits (150.7 KiB)'
    """
    size = bits / 8
    unit = min(2, max(0, int(math.log(max(size, 1), 1024))))
    return f"{bits:,} bits ({size / 1024**unit:.{1 if unit else 0}f} {('B', 'KiB', 'MiB')[unit]})"
