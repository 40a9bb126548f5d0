"""Count the memory of a network as an edge accelerator would hold it, in pure bits and as allocated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from fxsnn.errors import ConfigError
from fxsnn.kernels import rescale
from fxsnn.plan import Plan
from fxsnn.quantise import QuantisedNetwork

BASELINE_WORD = 32


@dataclass(frozen=True, slots=True)
class Array:
    """One stored array: how many words of how many bits."""

    name: str
    words: int
    word: int  # bits

    @property
    def bits(self) -> int:
        """Pure bits: words times word length."""
        return self.words * self.word


@dataclass(frozen=True, slots=True)
class Macro:
    """A memory as it can be bought: the shapes one block can take, (bits a row, rows), all of one size.

    Arrays of fewer than `registers_below` bits are held in flip-flops, bit by bit. Larger ones are cut
    into `banks` equal parts that can be read in the same cycle; every part takes whole blocks. A row holds
    as many whole words as fit; a word wider than a row is spread over blocks side by side.
    """

    name: str
    shapes: tuple[tuple[int, int], ...]
    banks: int = 1
    registers_below: int = 1024

    def __post_init__(self) -> None:
        if not self.shapes or any(width < 1 or rows < 1 for width, rows in self.shapes):
            raise ConfigError(f"a memory's shapes must be one or more (bits, rows) above 0, not {self.shapes}")
        if self.banks < 1:
            raise ConfigError(f"banks must be 1 or more, not {self.banks}")

    def allocated(self, array: Array) -> int:
        """Return the bits that holding the array takes."""
        if array.bits < self.registers_below:
            return array.bits
        part = -(-array.words // self.banks)
        return self.banks * min(_block_bits(part, array.word, width, rows) for width, rows in self.shapes)


def _block_bits(words: int, word: int, width: int, rows: int) -> int:
    side_by_side = -(-word // width)
    words_a_row = max(1, width // word)
    deep = math.ceil(math.ceil(words / words_a_row) / rows)
    return side_by_side * deep * width * rows


MACROS = {
    # a compiled single-port SRAM
    "sram-32x1024": Macro("sram-32x1024", ((32, 1024),)),
    # AMD RAMB18 (UG473, UG573): 18 Kib; the parity bits serve widths of 9 bits and more only
    "ramb18": Macro("ramb18", ((1, 16384), (2, 8192), (4, 4096), (9, 2048), (18, 1024), (36, 512))),
}


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


def memory(network: QuantisedNetwork) -> Memory:
    """Return what inference stores: weights, all states, buffers, registers and constants.

    One synaptic current a neuron is counted, since events are added as they come. A shift is wiring
    and takes nothing; an LFSR is counted for each cast that draws.
    """
    return inventory(
        network.plan, network.inputs, network.neurons, network.refractory_steps, network.reset, bool(network.inhibition)
    )


def inventory(plan: Plan, inputs: int, neurons: int, refractory_steps: int, reset: str, inhibited: bool) -> Memory:
    """Return the stored arrays of a network of this size; see `memory`."""
    counter = refractory_steps.bit_length()
    arrays = [
        Array("weights", inputs * neurons, plan.weight.format.word),
        Array("synaptic currents", neurons, plan.accumulator.format.word),
        Array("membrane potentials", neurons, plan.membrane.format.word),
        Array("adaptive thresholds", neurons, plan.theta.format.word),
        Array("refractory counters", neurons if counter else 0, counter),
        Array("input spikes", inputs, 1),
        Array("output spikes", neurons, 1),
        Array("threshold", 1, plan.threshold.format.word),
        Array("leak factor", int(plan.leak.kind == "multiply"), plan.leak.factor.format.word),
        Array("inhibition", int(inhibited), plan.inhibition.format.word),
        Array("floor", int(inhibited), plan.membrane.format.word),
        Array("reset value", int(reset == "value"), plan.membrane.format.word),
        Array("refractory period", int(counter > 0), counter),
        Array("LFSR registers", _drawing_casts(plan, reset, inhibited), plan.lfsr.width),
    ]
    return Memory(tuple(array for array in arrays if array.words))


def while_learning(found: Memory, plan: Plan, steps: int = 100) -> Memory:
    """Return what is stored while the network learns under the plan's learning table; see docs/learning.md.

    The weights are held as they are learned; those that are read are their upper bits. A neuron keeps beside its
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
    arrays = [Array("weights", words["weights"], learned.word)]
    arrays += [array for array in found.arrays if array.name not in ("weights", "LFSR registers")]
    arrays += [
        Array("input traces", inputs, table.trace.format.word),
        Array("learned thresholds", neurons, table.theta.format.word),
        Array("sums of weights", neurons, (inputs * plan.weight.format.highest).bit_length()),
        Array("spike counts", neurons, steps.bit_length()),
        Array("learning rate", 1, rate.word),
        Array("offset and softness", 2, constants.word),
        Array("rise and fall of theta", 2, table.theta.format.word),
        Array("trace factor", int(multiplies), table.fade.factor.format.word),
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
    arrays.append(Array("LFSR registers", registers, plan.lfsr.width))
    return Memory(tuple(array for array in arrays if array.words))


def baseline(found: Memory) -> Memory:
    """Return the same network with every word at 32 bits: no LFSR, and a spike still is one bit."""
    return Memory(
        tuple(
            Array(array.name, array.words, array.word if array.name.endswith("spikes") else BASELINE_WORD)
            for array in found.arrays
            if array.name != "LFSR registers"
        )
    )


def memory_to_data(found: Memory, macro: Macro | None = None) -> dict[str, Any]:
    """Return the count as plain data: bits by array and in total, with the baseline and the saving."""
    reference = baseline(found).bits
    data: dict[str, Any] = {
        "arrays": [{"name": a.name, "words": a.words, "word": a.word, "bits": a.bits} for a in found.arrays],
        "bits": found.bits,
        "baseline_bits": reference,
        "saving": round(reference / found.bits, 4),
    }
    if macro:
        for entry, array in zip(data["arrays"], found.arrays, strict=True):
            entry["allocated_bits"] = macro.allocated(array)
        data |= {"macro": macro.name, "allocated_bits": found.allocated(macro)}
        data["allocated_saving"] = round(baseline(found).allocated(macro) / found.allocated(macro), 4)
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
