"""Plans by which a layered network learns in integers: ranges before anything is learned, a learning table a layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import DecollePlan, LayerPlan
from fxsnn.decolle.ptq import BIAS_BITS, Words, plan_layers, words_of_each
from fxsnn.decolle.table import LayerLearning, Update
from fxsnn.errors import ConfigError
from fxsnn.number.format import Format
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Signal

ERROR_FRAC = 6  # fractional bits of errors and deltas
GRADIENT_BITS = 24
ROOM = 2  # bits by which untrained weights may grow
SPARE = 8  # bits that a weight is learned in beside those that are read


@dataclass(frozen=True, slots=True)
class Lesson:
    """How many bits learning in integers is to have beside those of `ptq.Words`.

    `Words.weight_rounding` is what every cast of learning does; a weight is read as the upper bits of what is learned.
    """

    learned: int | None = None  # bits of a learned weight; without it SPARE more than are read
    update: Update = "recording"


def plan_learning(
    network: DecolleNetwork, words: Words | Sequence[Words], lesson: Lesson, *, trained: bool
) -> DecollePlan:
    """Return the plan of `ptq.plan_layers` with a learning table for each layer.

    A trained network keeps its ranges. Weights of an untrained one may grow to ROOM bits more than they begin with.

    Raises
    ------
    ConfigError
        Learned weights are narrower than those that are read, or currents are filtered.
    """
    plan, layers = plan_layers(network, words), list[LayerPlan]()
    for number, own in enumerate(words_of_each(network, words)):
        if own.filters != "inputs":
            raise ConfigError("a network must learn with filters of its inputs, not of its currents")
        learned = own.weight + SPARE if lesson.learned is None else lesson.learned
        if not own.weight <= learned <= 48:
            raise ConfigError(f"learned weights must be {own.weight} to 48 bits, as wide as those read, not {learned}")
        spare = learned - own.weight
        layers.append(_learning(network, plan.layers[number], number, spare, own, lesson.update, trained))
    return replace(plan, layers=tuple(layers))


def _learning(
    network: DecolleNetwork,
    plan: LayerPlan,
    number: int,
    spare: int,
    words: Words,
    update: Update,
    trained: bool,
) -> LayerPlan:
    described = network.description
    layer, outputs = described.layer[number], math.prod(described.geometry(number).pooled)
    # what a membrane is multiplied by where states are kept without the factors 1 - alpha and 1 - beta
    unit = round(-math.log2((1 - layer.alpha) * (1 - layer.beta)))
    rounding, read = Rounding.parse(words.weight_rounding), Rounding.FLOOR
    weight, bias = plan["weight"].format, Format(BIAS_BITS, BIAS_BITS - 1 - unit)
    if trained:
        bias = plan["bias"].format
    else:
        widest = math.ceil(math.log2(max(float(np.abs(network.weights[number]).max()), 2.0**-20)))
        weight = Format(weight.word, weight.word - 1 - widest - ROOM)

    def wider(fmt: Format) -> Signal:
        return Signal(Format(fmt.word + spare, fmt.frac + spare), rounding)

    table = LayerLearning(
        learned=wider(weight),
        learned_bias=wider(bias),
        error=Signal(Format(1 + ERROR_FRAC, ERROR_FRAC), rounding),
        delta=Signal(Format(1 + ERROR_FRAC + (described.classes - 1).bit_length(), ERROR_FRAC), rounding),
        gradient=Signal(Format(GRADIENT_BITS, ERROR_FRAC + plan["trace"].format.frac), rounding),
        readout_shift=unit if layer.kind == "output" else math.ceil(math.log2(outputs) / 2),
        first=unit - 3,  # 1 / 8: what the surrogate 1 / (10 |U| + 1)^2 falls from
        bias_shift=unit,
        update=update,
    )
    return plan.changed(weight=Signal(weight, read), bias=Signal(bias, read), learning=table)
