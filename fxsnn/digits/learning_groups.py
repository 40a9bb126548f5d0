"""The groups of learning in integers: at every point a fresh network learns, and what it became is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive import itq, learn
from fxsnn.competitive.emulate import respond
from fxsnn.competitive.graph import program_of
from fxsnn.competitive.learn import Learning, random_network
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import LearningPlan, Plan
from fxsnn.competitive.quantised import quantise
from fxsnn.competitive.ranges import Ranges, profile
from fxsnn.data.encode import encode
from fxsnn.digits.bench import Task
from fxsnn.digits.groups import HEADROOM, plan_of
from fxsnn.engine.pool import THREADS, Engine
from fxsnn.frozen import freeze
from fxsnn.measure.ranges import integer_bits
from fxsnn.measure.score import cross_predict
from fxsnn.number.format import Format
from fxsnn.number.signal import Leak, Signal
from fxsnn.significance.result import Learned, Significance, with_learning
from fxsnn.significance.sweep import Case, Group, facts_of, score_of, sweep, widest

# What each group narrows of a plan's learning table; the learned weight takes the weight that is read with it.
GROUPS = {
    "learned weight": "weight",
    "input trace": "trace",
    "learned threshold": "theta",
    "learning rate": "rate",
    "learning constants": "constants",
}
FADE = 0.96875  # 1 - 1/32: a trace that does not fade is one bit, and has none to lose
LONGEST_WORD = 16  # bits; theta falls by so little an image that in shorter words it would never
_WIDE_FRAC, _LEAST_WIDE_FRAC = 24, 14  # fractional bits that stand for float
_CONSTANT_FRAC = 12
_PROFILED = 64  # images whose signals' ranges are looked at


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """What every network learns from: uint8[images, inputs], and the seed of first weights and of their order."""

    images: NDArray[np.uint8]
    seed: int = 0

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def learning(self) -> Learning:
        """The rule: the defaults, with a trace that fades."""
        return Learning(fade=FADE, seed=self.seed)


def add_learning(
    found: Significance,
    network: Network,
    lessons: Lessons,
    task: Task,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
    longest: int = LONGEST_WORD,
    engine: Engine = THREADS,
) -> Significance:
    """Sweep the groups of learning for a network of this size and these constants; its weights are not read.

    Raises
    ------
    WidthError, FormatError, ConfigError
        No formats wide enough to stand for float can learn.
    """
    inputs, neurons = network.weights.shape
    blank = random_network(inputs, neurons, lessons.seed)
    fresh = replace(network, weights=blank.weights, theta=blank.theta, labels=blank.labels)
    floated = learn.train(fresh, lessons.images, lessons.learning)
    expected = _predictions(learn.respond(floated, task.spikes, workers), task)
    wide = wide_plan(fresh, floated, lessons, found.seed)
    groups = learning_groups(fresh, floated, wide, lessons, task)
    given = _learned(fresh, wide, lessons, task)
    right = expected == task.labels
    learned = Learned(
        **score_of(right),
        digits=len(lessons.images),
        seed=lessons.seed,
        fade=FADE,
        wide_correct=int((given == task.labels).sum()),
        wide_images_differing=int((given != expected).sum()),
    )
    points = sweep(groups, right, {identity(wide): given == task.labels}, workers, progress, longest, engine)
    return with_learning(found, learned, points, facts_of(groups))


def wide_plan(fresh: Network, floated: Network, lessons: Lessons, seed: int) -> Plan:
    """Return a plan that stands for float learning: 24 fractional bits, or the most that provably fit int64.

    States have two integer bits more than hold what the network met before it learned and after, in float. Weights
    have none to spare, since their word is what bounds them.
    """
    spikes = encode(lessons.images[:_PROFILED], fresh.coding)
    first, last = profile(fresh, spikes), profile(floated, spikes)
    ranges = Ranges(
        current=_both(first.current, last.current),
        membrane=_both(first.membrane, last.membrane),
        theta=_both((-fresh.threshold, 0.0), last.theta),  # a neuron of small weights fires below its threshold
        threshold=first.threshold,
        inhibition=first.inhibition,
    )
    top = integer_bits((0.0, _most_theta(floated, lessons.learning)))[0] + HEADROOM

    def provable(frac: int) -> Plan:
        plan = _plan(plan_of(fresh, ranges, frac, seed), frac, top, lessons.learning)
        ready = quantise(fresh, plan)
        program_of(ready)
        itq.learner(ready, _table(plan), lessons.learning, fresh.coding.steps)
        return plan

    return widest(range(_WIDE_FRAC, _LEAST_WIDE_FRAC - 1, -1), provable)


def learning_groups(fresh: Network, floated: Network, wide: Plan, lessons: Lessons, task: Task) -> list[Group]:
    """Return the groups; each case lets the fresh network learn, and cross-validates what it has become.

    floated    what it becomes in float, which says how many integer bits the learned threshold needs
    """
    table, rule = _table(wide), lessons.learning
    inputs, neurons = fresh.weights.shape
    words = {"weight": inputs * neurons, "trace": inputs, "theta": int(neurons), "rate": 1, "constants": 2}
    profiled = {name: integer_bits((0.0, most))[0] for name, most in _most(floated, rule).items()}
    profiled["trace"] = 1  # which holds 1, all that a trace ever is set to

    case = _Narrowed(fresh, wide, lessons, task)
    return [
        Group(name, {member: getattr(table, member)}, profiled[member], words[member], case)
        for name, member in GROUPS.items()
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Narrowed:
    """The case of a group: the fresh network learns under the plan with its signals."""

    fresh: Network
    wide: Plan
    lessons: Lessons
    task: Task

    def __call__(self, signals: Mapping[str, Signal]) -> Case:
        plan = self.wide.changed(weight=signals.get("weight", self.wide["weight"]))
        plan = replace(plan, learning=replace(_table(plan), **signals))  # type: ignore[arg-type]
        labels = self.task.labels
        return Case(identity(plan), lambda: _learned(self.fresh, plan, self.lessons, self.task) == labels)


def identity(plan: Plan) -> bytes:
    """Return what distinguishes cases: rounding counts only where a cast is made, of weights and of traces."""
    table = _table(plan)
    constants = (table.theta.format, table.rate.format, table.constants.format)
    return " | ".join(map(str, ("learning", table.weight, table.trace, *constants))).encode()


def saturated(learning: Learning, table: LearningPlan, neurons: int) -> Learning:
    """Return the rule with every constant that its format does not hold at the format's highest value."""

    def most(signal: Signal) -> float:
        return signal.format.highest * 2.0**-signal.format.frac

    plus = min(learning.theta_plus, most(table.theta))
    return replace(
        learning,
        rate=min(learning.rate, most(table.rate)),
        offset=min(learning.offset, most(table.constants)),
        softness=min(learning.softness, most(table.constants)),
        theta_plus=plus,
        target=min(learning.target, most(table.theta) * neurons / plus),
    )


def _learned(fresh: Network, plan: Plan, lessons: Lessons, task: Task) -> NDArray[np.int64]:
    """Let the network learn under a plan and return the class it then gives to each image."""
    rule = saturated(lessons.learning, _table(plan), len(fresh.theta))
    became = itq.train(fresh, lessons.images, rule, plan)
    return _predictions(respond(quantise(became, plan), task.spikes), task)


def _table(plan: Plan) -> LearningPlan:
    return cast(LearningPlan, plan.learning)  # every plan here has one


def _predictions(counts: NDArray[np.int32], task: Task) -> NDArray[np.int64]:
    return cross_predict(counts, task.labels, task.folds)


def _plan(plan: Plan, frac: int, top: int, rule: Learning) -> Plan:
    """Return the plan with a table of learning; `top` are the integer bits of the learned threshold."""

    def signal(integer: int, frac: int) -> Signal:
        return Signal(Format(integer + frac, frac, signed=False))

    weight = signal(integer_bits((0.0, rule.w_max))[0], frac)
    table = LearningPlan(
        weight=weight,
        trace=signal(1, frac),
        theta=signal(top, frac),
        rate=signal(integer_bits((0.0, rule.rate))[0], _WIDE_FRAC),
        constants=signal(integer_bits((0.0, max(rule.offset, rule.softness)))[0], _CONSTANT_FRAC),
        fade=Leak("multiply", signal(0, 8)),
    )
    return plan.changed(weight=weight, learning=table)


def _most(floated: Network, rule: Learning) -> dict[str, float]:
    return {
        "weight": rule.w_max,
        "theta": _most_theta(floated, rule),
        "rate": rule.rate,
        "constants": max(rule.offset, rule.softness),
    }


def _most_theta(floated: Network, rule: Learning) -> float:
    """Return the largest learned threshold, its rise or its fall.

    Float learning hands over what sums of weights have made of the thresholds.
    """
    sums = floated.weights.sum(axis=0)
    theta = (floated.threshold + floated.theta)[sums > 0] * rule.norm / sums[sums > 0] - floated.threshold
    return max(float(theta.max(initial=0.0)), rule.theta_plus, rule.fall(len(sums)))


def _both(first: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return min(first[0], other[0]), max(first[1], other[1])
