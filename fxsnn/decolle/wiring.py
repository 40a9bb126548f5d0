"""The casts of a layer that learns in integers, and the proof that all of it fits the machine's word."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fxsnn.decolle.plan import LayerPlan
from fxsnn.decolle.quantise import QuantisedLayers
from fxsnn.decolle.table import LayerLearning
from fxsnn.errors import ConfigError
from fxsnn.kernels.local_learning import Change, Fault
from fxsnn.number.format import Format
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.number.signal import Signal
from fxsnn.program.proof import Proof
from fxsnn.program.wires import Range

_WIDEST = 24  # bits of a weight or bias that a network in float32 holds


@dataclass(frozen=True, slots=True)
class LearningWires:
    """The learning of a layer as the kernels take it."""

    fault: Fault
    weights: Change
    biases: Change
    sums: type[np.signedinteger]  # the narrowest word that holds every sum of a step
    sum_bits: int  # of a two's complement word that holds every sum
    draws: int  # casts that draw: each owns a register
    table: LayerLearning


def learning_wires(network: QuantisedLayers, number: int, rate: int, halvings: int) -> LearningWires:
    """Wire the casts of a layer's learning and prove that no exact intermediate can leave int64.

    rate, halvings    as of `itq.IntegerLearning`

    Raises
    ------
    ConfigError
        The layer's plan cannot learn; the message says why.
    WidthError
        An exact intermediate could leave int64, or a cast would drop more than 62 bits; the message names it.
    """
    plan, geometry = network.plan.layers[number], network.description.geometry(number)
    table, membrane = _checked(plan, number), network.graph.programs[f"layer_{number}"].named("membrane")
    proof = Proof(network.plan.lfsr.width)
    output = network.description.layer[number].kind == "output"
    outputs, classes = math.prod(geometry.pooled), network.description.classes
    scores, point = ((membrane.low, membrane.high), membrane.frac) if output else ((-outputs, outputs), 0)
    if membrane.frac + table.first < 0:
        raise ConfigError(
            f"first must be {-membrane.frac} or more, of membranes of {membrane.frac} fractional bits, "
            f"not {table.first}"
        )
    halves = (-1, 1) if output else (0, 2)
    error = proof.site(
        "error", table.error, (scores, Format(63, point + table.readout_shift)), (halves, Format(2, 1)), "-"
    )
    reach = 0 if output else table.reach
    form = table.error.format
    back = (min(form.lowest, 0), max(form.highest, 0)) if output else _either(classes * -form.lowest)
    delta = proof.site("delta", table.delta, (_shift(back, reach), Format(63, form.frac + reach)))
    fault = Fault(error, delta, halves[1], halves[0], int(output), membrane.frac + table.first, table.slope, reach)

    one, seen = table.delta.format, plan["trace"].format
    positions = geometry.pooled[0] * geometry.pooled[1]
    # times 1 too: a delta is stored in the words of the sums
    ends = [a * b for a in (one.lowest, one.highest) for b in (seen.lowest, seen.highest, 1)]
    sums = min(ends) * positions, max(ends) * positions
    proof.check("gradient of a step", f"{positions} x {one.describe()} * {seen.describe()}", sums)
    weights = _change(
        proof, "weight", (plan["weight"], table.learned), table, (sums, one.frac + seen.frac), rate, halvings
    )
    alone = one.lowest * positions, one.highest * positions
    learned = plan["bias"], table.learned_bias
    biases = _change(proof, "bias", learned, table, (alone, one.frac), rate - table.bias_shift, halvings)
    narrow = sums[0] >= -(1 << 31) and sums[1] < 1 << 31
    sites = (error, delta, weights.gradient, biases.gradient, weights.update, biases.update)
    bits = max(sums[1].bit_length(), (-sums[0] - 1).bit_length()) + 1
    draws = sum(site.draw_bits > 0 for site in sites)
    return LearningWires(fault, weights, biases, np.int32 if narrow else np.int64, bits, draws, table)


def _change(
    proof: Proof,
    name: str,
    words: tuple[Signal, Signal],
    table: LayerLearning,
    sums: tuple[Range, int],
    rate: int,
    halvings: int,
) -> Change:
    """Wire what moves weights or biases: `words` are those read and those learned."""
    read, learned = words
    source = table.gradient.format
    own = (source.lowest, source.highest)
    gradient = proof.site(f"{name} gradient", table.gradient, (own, source), (sums[0], Format(63, sums[1])), "+")
    moved = _either(1 << source.word + halvings)
    place = Format(63, source.word + halvings + rate)
    form = learned.format
    update = proof.site(f"learning a {name}", learned, ((form.lowest, form.highest), form), (moved, place), "-")
    reading = proof.site(f"reading a {name}", read, ((form.lowest, form.highest), form))
    return Change(gradient, update, reading, source.word)


def _checked(plan: LayerPlan, number: int) -> LayerLearning:
    """Return the table of a layer that can learn."""
    table = plan.learning
    if table is None:
        raise ConfigError(f"layer {number} must have a learning table to learn in integers, not none")
    if plan.filters != "inputs":
        raise ConfigError(f"layer {number} must filter its inputs to learn, not its currents")
    for name, read, learned in (("weight", plan["weight"], table.learned), ("bias", plan["bias"], table.learned_bias)):
        if not read.format.signed or read.format.word > _WIDEST:
            raise ConfigError(
                f"a {name} that learns must be signed, of at most {_WIDEST} bits, not {read.format.describe()}"
            )
        if learned.format.frac < read.format.frac:
            raise ConfigError(
                f"a learned {name} must be as fine as that read, {read.format.describe()}, "
                f"not {learned.format.describe()}"
            )
        if read.rounding is Rounding.STOCHASTIC:
            raise ConfigError(f"a {name} that learns must be read without a draw, not stochastically")
    for name, signal in plan.signals.items():
        if signal.overflow is Overflow.ERROR:
            raise ConfigError(f"{name} must not have the overflow mode error, which would end the learning")
    return table


def _either(most: int) -> Range:
    return -most, most


def _shift(bounds: Range, left: int) -> Range:
    return bounds[0] << left, bounds[1] << left
