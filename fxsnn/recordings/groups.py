"""Which signals of a layered network matter: each layer's narrowed alone, everything else as good as in float."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fxsnn.data.recordings import Recordings
from fxsnn.decolle.emulate import respond_layers
from fxsnn.decolle.learn import check_sensor, frames_of, scores
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import LEAKS, DecollePlan, LayerPlan, decolle_plan_text
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import QuantisedLayers, quantise_layers
from fxsnn.decolle.record import recorded
from fxsnn.engine.pool import THREADS, Engine
from fxsnn.errors import FormatError, WidthError
from fxsnn.measure.ranges import Spread, spread
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.signal import Leak, Signal
from fxsnn.recordings.task import measured
from fxsnn.significance.result import Float, Significance, gather
from fxsnn.significance.sweep import LONGEST_WORD, Case, Group, Right, score_of, sweep

WIDE_WEIGHT, WIDE_STATE, WIDE_FACTOR, LEAST_STATE = 22, 16, 16, 8  # bits that stand for float
HEADROOM = 1  # integer bits above those that words can reach
MOST_VALUES = 1 << 22  # of one signal that percentiles are taken of
DECAYS = "decays"  # the group of the factors
SIGNALS = {"weights": "weight", "biases": "bias", "Q": "synapse", "P": "trace", "R": "refractory"}


def decolle_significance(
    network: DecolleNetwork,
    shown: Recordings,
    data: str,
    digest: str,
    max_loss: float,
    seed: int = Lfsr().seed,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
    longest: int = LONGEST_WORD,
    engine: Engine = THREADS,
) -> Significance:
    """Sweep every group of every layer of a trained network; see `digits.significance`.

    Raises
    ------
    WidthError, FormatError
        No formats wide enough to stand for float can run.
    ConfigError
        The recordings do not fit the network.
    """
    check_sensor(network, shown)
    said = scores(network, shown, np.arange(len(shown))).argmax(axis=1)
    right: Right = said == shown.labels
    plan = wide_plan(network, shown, seed)
    wide = quantise_layers(network, plan)
    wide_right = measured(wide, shown, workers).right
    baseline = Float(**score_of(right), wide_images_differing=int((wide_right != right).sum()))
    groups = decolle_groups(network, plan, shown)
    points = sweep(groups, right, {_key(wide): wide_right}, workers, progress, longest, engine)
    facts = [(group.name, tuple(group.wide), group.words, group.profiled) for group in groups]
    return gather(data, digest, seed, baseline, max_loss, decolle_spreads(network, shown), points, facts)


def wide_plan(network: DecolleNetwork, shown: Recordings, seed: int = Lfsr().seed) -> DecollePlan:
    """Return a plan that stands for float: states of WIDE_STATE fractional bits, or as many as provably fit int64."""
    first = frames_of(network, shown, np.arange(1))
    for state in range(WIDE_STATE, LEAST_STATE - 1, -1):
        words = Words(WIDE_WEIGHT, state, state_rounding="nearest-even", seed=seed)
        plan = plan_layers(network, words)
        plan = replace(plan, layers=tuple(_widened(layer, state) for layer in plan.layers))
        try:
            respond_layers(quantise_layers(network, plan), first)
        except (WidthError, FormatError):
            if state == LEAST_STATE:
                raise
        else:
            break
    return plan


def decolle_groups(network: DecolleNetwork, wide: DecollePlan, shown: Recordings) -> list[Group]:
    """Return the groups of every layer; each case quantises, and infers all recordings."""
    found = []
    for number, layer in enumerate(network.description.layer):
        geometry = network.description.geometry(number)
        inputs, neurons = math.prod(geometry.inputs), math.prod(geometry.outputs)
        words = {"weights": math.prod(geometry.weights), "biases": geometry.outputs[2], "Q": inputs, "P": inputs}
        if layer.refractory:
            words["R"] = neurons
        for name, count in words.items():
            signal: Signal = getattr(wide.layers[number], SIGNALS[name])
            profiled = signal.format.word - signal.format.frac - HEADROOM
            group = f"layer {number} {name}"
            found.append(Group(group, {group: signal}, profiled, count, _Narrowed(network, wide, number, name, shown)))
        leaks = LEAKS if layer.refractory else LEAKS[:2]
        held = {name: getattr(wide.layers[number], name).factor for name in leaks}
        found.append(Group(f"layer {number} {DECAYS}", held, 0, len(held), _Narrowed(network, wide, number, "", shown)))
    return found


def decolle_spreads(network: DecolleNetwork, shown: Recordings) -> dict[str, Spread]:
    """Run recordings in float and return the distribution of the values of every signal, in the units of its words.

    Of as many of the first recordings as have four million values of one signal.
    """
    described, found = network.description, dict[str, Spread]()
    largest = max(math.prod(described.geometry(n).outputs) for n in range(len(described.layer)))
    count = min(len(shown), max(1, MOST_VALUES // (largest * described.steps)))
    frames = frames_of(network, shown, np.arange(count))
    for number, (about, states) in enumerate(zip(described.layer, recorded(network, frames), strict=True)):
        found[f"layer {number} weights"] = spread(network.weights[number])
        found[f"layer {number} biases"] = spread(network.biases[number] * (1 / (1 - about.alpha) / (1 - about.beta)))
        for name in ("Q", "P", "R", "U"):
            if name != "R" or about.refractory:
                found[f"layer {number} {name}"] = spread(states[name])
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Narrowed:
    """The case of a group of a layer, by its name, or of the factors, which have none."""

    network: DecolleNetwork
    wide: DecollePlan
    number: int
    name: str
    shown: Recordings

    def __call__(self, signals: Mapping[str, Signal]) -> Case:
        words: dict[str, Any]
        if self.name:
            (signal,) = signals.values()
            words = {SIGNALS[self.name]: signal}
        else:
            words = {leak: Leak("multiply", signal) for leak, signal in signals.items()}
        held, number = self.wide.layers, self.number
        layers = (*held[:number], replace(held[number], **words), *held[number + 1 :])
        quantised = quantise_layers(self.network, replace(self.wide, layers=layers))
        return Case(_key(quantised), lambda: measured(quantised, self.shown).right)


def _widened(layer: LayerPlan, state: int) -> LayerPlan:
    """Return the words of a layer with room above, biases as fine as states, and decays of many bits."""

    def roomy(signal: Signal, finer: int = 0) -> Signal:
        fmt = signal.format
        return Signal(Format(fmt.word + HEADROOM + finer, fmt.frac + finer, fmt.signed), signal.rounding)

    factor = Leak("multiply", Signal(Format(WIDE_FACTOR, WIDE_FACTOR, signed=False)))
    return replace(
        layer,
        weight=roomy(layer.weight),
        bias=roomy(layer.bias, max(0, state - layer.bias.format.frac)),
        synapse=roomy(layer.synapse),
        trace=roomy(layer.trace),
        refractory=roomy(layer.refractory),
        trace_leak=factor,
        synapse_leak=factor,
        refractory_leak=factor,
    )


def _key(network: QuantisedLayers) -> bytes:
    """Return what distinguishes configurations: their plans, and so all of their words."""
    return hashlib.sha256(decolle_plan_text(network.plan).encode()).digest()
