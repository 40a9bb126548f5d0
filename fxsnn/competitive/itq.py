"""In-training quantisation: the network learns in integer arithmetic, as hardware that learns would.

The rule is that of `learn.Learning`, every result cast to the format that stores it; see docs/learning.md and
`kernels/fixed_stdp.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.graph import layer_driver
from fxsnn.competitive.learn import Learning, check_images, presentations
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import LearningPlan, Plan
from fxsnn.competitive.quantised import FIRST_LEARNING_STREAM, QuantisedNetwork, quantise
from fxsnn.data.encode import Spikes
from fxsnn.errors import ConfigError, as_given
from fxsnn.graph.drive import NO_RASTER
from fxsnn.graph.lanes import fits_together
from fxsnn.kernels import fixed_stdp
from fxsnn.kernels.fixed_stdp import Kept, Learner
from fxsnn.number.cast import from_float, from_float_counted, to_float
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.number.signal import Signal
from fxsnn.program.proof import PASS, Proof
from fxsnn.program.wires import Range

_SPARE = 8  # bits that a weight is learned in beside those that are read, where rounding draws nothing


def learning_plan(plan: Plan, learned_bits: int | None = None) -> Plan:
    """Return the plan with a table of learning, in the weight's own rounding.

    learned_bits    the word in which weights are learned; without it 5 bits or the weight's own word where that
                    is longer for stochastic rounding, and 8 bits more than the weight for any other, which in
                    fewer would lose every small change.
    """
    weight = plan["weight"]
    if weight.format.signed:
        raise ConfigError(f"a weight that learns must be unsigned, not {weight.format.describe()}")
    if learned_bits is None:
        stochastic = weight.rounding is Rounding.STOCHASTIC
        learned_bits = max(weight.format.word, 5) if stochastic else weight.format.word + _SPARE
    spare = learned_bits - weight.format.word
    if spare < 0:
        raise ConfigError(f"learned weights must be as wide as the {weight.format.word} bits read, not {learned_bits}")
    learned = Signal(Format(learned_bits, weight.format.frac + spare, signed=False), weight.rounding, weight.overflow)
    # what is read are the upper bits of what is learned
    read = replace(weight, rounding=Rounding.FLOOR) if spare else weight
    return plan.changed(weight=read, fold=False, learning=LearningPlan(learned))


def train(
    network: Network,
    images: NDArray[np.uint8],
    learning: Learning,
    plan: Plan,
    progress: Callable[[int, int], None] | None = None,
) -> Network:
    """Present uint8[images, inputs] to the network in integer arithmetic and return what it has become.

    Every parameter of the result lies on its format in the plan, so that quantising it loses nothing. The first
    weights are always rounded stochastically: they are made by the host, and one bit would hold none of them.

    Raises
    ------
    ConfigError
        The plan has no learning table, its formats cannot learn, or the norm is not a power of two; or as
        `learn.train`.
    WidthError
        An exact intermediate could leave int64.
    """
    started = begin(network, images, learning, plan)
    for done, presented, spikes in presentations(network, images, learning, progress):
        present(started, spikes, done, presented)
    quantised, state = started.network, started.state
    rows = state.rows[: quantised.inputs, : quantised.neurons].astype(np.int64)
    return replace(
        network,
        weights=to_float(rows, plan["weight"].format),
        theta=to_float(state.folded, plan["theta"].format),
        labels=np.full(quantised.neurons, -1, np.int64),
    )


def begin(network: Network, images: NDArray[np.uint8], learning: Learning, plan: Plan) -> Started:
    """Return the network as it stands before the first of the images; raises as `train`.

    images    uint8[images, pixels]
    """
    check_images(network, images)
    table = plan.learning
    if table is None:
        raise ConfigError("a plan must have a learning table to learn in integers, not none")
    plan = replace(plan, fold=False)
    host = replace(table.weight, rounding=Rounding.STOCHASTIC)
    learned = from_float(network.weights, host.format, host.rounding, "saturate", lfsr=learning_register(plan, 0))
    read = to_float(learned, host.format)
    quantised = quantise(replace(network, weights=read, theta=np.zeros(len(network.theta))), plan)
    constants = learner(quantised, table, learning, network.coding.steps)
    state = State(
        learned=np.ascontiguousarray(learned.T),
        rows=layer_driver(quantised).rows.words.copy(),
        sums=quantised.weights.sum(axis=0),
        theta=from_float(network.theta, table.theta.format),
        folded=np.zeros(len(network.theta), np.int64),
        registers=np.array([learning_register(plan, 1 + row).seed for row in range(3)], np.int64),
    )
    taps, draw = plan.lfsr.tap_array(), np.zeros(1, np.int64)
    for n, total in enumerate(state.sums):
        state.folded[n] = fixed_stdp.fold(n, state.theta, total, constants, state.registers, taps, draw)
    return Started(quantised, table, learning, constants, state)


def learner(network: QuantisedNetwork, table: LearningPlan, learning: Learning, steps: int) -> Learner:
    """Wire the casts of learning and prove that no exact intermediate can leave int64.

    Raises
    ------
    ConfigError, WidthError
        As `train`.
    """
    own, w, limit = network.plan, network.plan["weight"], _log2(learning.norm)
    _check_formats(own, table)
    proof = Proof(own.lfsr.width)
    form = table.weight.format
    offset, softness = (_constant(x, getattr(learning, x), table.constants) for x in ("offset", "softness"))
    frac = max(table.trace.format.frac, table.constants.format.frac + max(form.frac, 0))
    trace_left = frac - table.trace.format.frac
    offset_left = frac - table.constants.format.frac
    softness_left = frac - table.constants.format.frac - form.frac
    drive: Range = (
        -(offset << offset_left) - ((softness * form.highest) << softness_left),
        table.trace.format.highest << trace_left,
    )
    proof.check("learning drive", f"{table.trace.format.describe()} - constants * {form.describe()}", drive)
    most = table.rate.format.highest * (1 if learning.update == "spike" else steps)
    moved = drive[0] * most, drive[1] * most
    scaled = Format(63, table.rate.format.frac + frac)
    update = proof.site("learning", table.weight, ((0, form.highest), form), (moved, scaled), "+")
    read = proof.site("reading a weight", w, ((0, form.highest), form)) if w.format != form else PASS

    t, th = own["threshold"].format, table.theta.format
    common = max(t.frac, th.frac)
    top = (network.threshold << (common - t.frac)) + (th.highest << (common - th.frac))
    bottom = min(network.threshold << (common - t.frac), 0)
    sums = network.inputs * w.format.highest
    product = Format(63, common + w.format.frac + limit)
    fold = proof.site("folding", own["theta"], ((bottom * sums, top * sums), product), ((t.lowest, t.highest), t), "-")

    fade, factor = PASS, 1
    if table.fade.kind == "multiply":
        factor = _constant("fade", learning.fade, table.fade.factor)
    if table.fade.kind != "none":
        left = table.trace.format
        scale = table.fade.factor.format.frac if table.fade.kind == "multiply" else 0
        fade = proof.site("fading", table.trace, ((0, left.highest * factor), Format(63, left.frac + scale)))
    (compare,) = layer_driver(network).step.fracs  # the binary point of threshold + theta
    _constant("rate", learning.rate, table.rate)
    return Learner(
        update=update,
        read=read,
        fade=fade,
        fold=fold,
        trace_left=trace_left,
        offset=offset << offset_left,
        softness=softness,
        softness_left=softness_left,
        fades=int(table.fade.kind != "none"),
        fade_factor=factor,
        fade_shift=table.fade.shift if table.fade.kind == "shift" else 0,
        fade_mask=-1 if table.fade.kind == "shift" else 0,
        trace_one=int(from_float(1.0, table.trace.format)),
        theta_plus=_constant("theta_plus", learning.theta_plus, table.theta),
        theta_fall=_constant("the fall of theta", learning.fall(network.neurons), table.theta),
        theta_highest=th.highest,
        threshold=network.threshold,
        threshold_left=common - t.frac,
        theta_left=common - th.frac,
        limit_threshold=network.threshold << (compare - t.frac) if network.threshold else 0,
        limit_left=compare - own["theta"].format.frac,
        each_spike=int(learning.update == "spike"),
    )


@dataclass(slots=True, eq=False)
class State:
    """What learning changes in place; see `fixed_stdp.learn_from`."""

    learned: NDArray[np.int64]
    rows: NDArray[np.signedinteger]
    sums: NDArray[np.int64]
    theta: NDArray[np.int64]
    folded: NDArray[np.int64]
    registers: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Started:
    """A network that learns: what it was first, its constants, and what it has become."""

    network: QuantisedNetwork  # its weights are those first read; its theta is not folded
    table: LearningPlan
    learning: Learning
    constants: Learner
    state: State


def present(started: Started, spikes: Spikes, first: int, total: int, kept: Kept | None = None) -> None:
    """Present images, the first of them number `first` of `total`; keep every word where there is room for it."""
    network, state = started.network, started.state
    rates = from_float(started.learning.paces(first, spikes.images, total), started.table.rate.format)
    driver, form = layer_driver(network), network.plan["weight"].format
    step = driver.step
    fixed_stdp.learn_from(
        state.learned,
        state.rows,
        state.sums,
        state.theta,
        state.folded,
        spikes.starts,
        spikes.indices,
        rates,
        started.constants,
        state.registers,
        step.room(),
        step.fixed.copy(),
        step.words,
        driver.rows.chunk,
        fits_together(form.lowest, form.highest, state.rows.dtype.type),
        driver.rows.lane,
        driver.seeds,
        driver.taps,
        step.draw_room(),
        step.called(NO_RASTER, state.rows, spikes.indices),
        step.emitted.adds_each,
        kept,
    )


def _check_formats(plan: Plan, learning: LearningPlan) -> None:
    read, learned = plan["weight"], learning.weight
    if read.format.signed:
        raise ConfigError(f"a weight that learns must be unsigned, not {read.format.describe()}")
    if learned.format.frac < read.format.frac:
        raise ConfigError(
            f"learned weights must be as fine as those read, {read.format.describe()}, not {learned.format.describe()}"
        )
    if learned.format.frac > read.format.frac and read.rounding is Rounding.STOCHASTIC:
        raise ConfigError("a weight that is read from a finer one must be rounded without a draw, not stochastic")
    for name in ("accumulator", "membrane", "theta"):
        if plan[name].overflow is Overflow.ERROR:
            raise ConfigError(f"{name} must not have the overflow mode error, which would end the learning")


def _constant(name: str, value: float, signal: Signal) -> int:
    """Return a constant of learning as a word of its format, rounded to the nearest."""
    result = from_float_counted(value, signal.format)
    if result.overflows:
        raise ConfigError(f"{name} must fit {signal.format.describe()} to learn in integers, not {as_given(value)}")
    return int(result.raw)


def _log2(norm: float) -> int:
    fraction, exponent = math.frexp(norm)
    if fraction != 0.5:
        raise ConfigError(f"the norm must be a power of two to learn in integers, not {as_given(norm)}")
    return exponent - 1


def learning_register(plan: Plan, stream: int) -> Lfsr:
    """Return a register of learning: 0 of the first weights, 1..3 of fixed_stdp's casts."""
    return plan.lfsr.derive(FIRST_LEARNING_STREAM + stream)
