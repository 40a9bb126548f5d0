"""Learning in integers: equal to the slow reference for every draw, on its formats, repeatable, and it learns."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import reference_itq
from command_line import long_with_jit, long_without_jit
from fxsnn.competitive import itq
from fxsnn.competitive.learn import Learning, Update, presentations, random_network, respond_to_images
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import LEARNING_SIGNALS, LearningPlan, Plan, parse_plan, plan_text
from fxsnn.competitive.quantised import FIRST_LEARNING_STREAM, quantise
from fxsnn.data.encode import RateCoding
from fxsnn.errors import ConfigError, WidthError
from fxsnn.number.cast import from_float, to_float
from fxsnn.number.format import Format
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Leak, Signal
from strategies import compiled_examples, plans, signals
from test_emulate import as_layer
from test_learn import bars, some_images

TABLES = {"weight": (0, 9), "trace": (-1, 6), "theta": (-1, 9), "rate": (2, 9), "constants": (0, 8)}


@st.composite
def learning_plans(draw: st.DrawFn) -> Plan:
    """Plans of unsigned weights that learn: every rounding and overflow of everything that is stored.

    Of what draws, half is stochastic, and of the learned thresholds half is so narrow that they saturate.
    """
    tables = {name: draw(signals(*span, signed=False)) for name, span in TABLES.items()}
    tables |= {name: by_chance(tables[name]) for name in ("weight", "trace") if draw(st.booleans())}
    if draw(st.booleans()):
        tables["theta"] = replace(tables["theta"], format=Format(draw(st.integers(2, 4)), 2, signed=False))
    kind = draw(st.sampled_from(["multiply", "shift", "none"]))
    fade = Leak(kind, draw(signals(0, 8, signed=False)), shift=draw(st.integers(1, 4)))  # type: ignore[arg-type]
    learned = tables["weight"]
    spare = draw(st.integers(0, 3))
    read = replace(learned, format=Format(learned.format.word, learned.format.frac - spare, signed=False))
    if spare and read.rounding is Rounding.STOCHASTIC:
        read = replace(read, rounding=Rounding.NEAREST_ODD)
    plan = draw(plans())
    if draw(st.booleans()):
        plan = plan.changed(accumulator=by_chance(plan["accumulator"]), membrane=by_chance(plan["membrane"]))
    return plan.changed(weight=read, fold=False, learning=LearningPlan(**tables, fade=fade))


def by_chance(signal: Signal) -> Signal:
    return replace(signal, rounding=Rounding.STOCHASTIC)


@st.composite
def blanks(draw: st.DrawFn) -> Network:
    inputs, neurons = draw(st.integers(1, 9)), draw(st.integers(1, 5))
    numbers = np.random.default_rng(draw(st.integers(0, 99)))
    return Network(
        weights=numbers.random((inputs, neurons)),
        theta=numbers.integers(0, 2, neurons) / 8,
        labels=np.full(neurons, -1, np.int64),
        threshold=draw(st.sampled_from([0.0, 0.25, 1.0])),
        decay=draw(st.sampled_from([0.5, 0.9, 1.0])),
        inhibition=draw(st.sampled_from([0.0, 0.5, 100.0])),
        reset=draw(st.sampled_from(["zero", "value", "subtract"])),
        reset_value=draw(st.sampled_from([0.0, 0.25])),
        compare=draw(st.sampled_from(["ge", "gt"])),
        winner=draw(st.sampled_from(["none", "lowest", "largest"])),
        refractory_steps=draw(st.integers(0, 2)),
        coding=RateCoding(steps=draw(st.integers(1, 6)), peak=1.0, seed=draw(st.integers(0, 9))),
    )


@st.composite
def rules(draw: st.DrawFn) -> Learning:
    return Learning(
        passes=draw(st.integers(1, 2)),
        rate=draw(st.sampled_from([0.0, 0.05, 0.2])),
        offset=draw(st.sampled_from([0.0, 0.2])),
        softness=draw(st.sampled_from([0.0, 0.1])),
        fade=draw(st.sampled_from([0.5, 0.9])),
        update=draw(st.sampled_from(["image", "spike"])),
        norm=draw(st.sampled_from([0.5, 1.0, 4.0])),
        theta_plus=draw(st.sampled_from([0.0, 0.25])),
        target=draw(st.sampled_from([0.0, 2.0])),
        seed=draw(st.integers(0, 9)),
    )


def form(signal: Signal) -> tuple[int, int, bool]:
    return signal.format.word, signal.format.frac, signal.format.signed


def reference(network: Network, learning: Learning, plan: Plan) -> reference_itq.Learning:
    """Return the reference before the first image."""
    table = plan.learning
    assert table
    tables = {name: getattr(table, name) for name in LEARNING_SIGNALS} | {"fade": table.fade.factor}
    seeds = [plan.lfsr.derive(FIRST_LEARNING_STREAM + stream) for stream in range(4)]
    learned = from_float(network.weights, table.weight.format, "stochastic", lfsr=seeds[0])
    layer = as_layer(quantise(replace(network, theta=network.theta * 0), plan))
    words = {name: int(from_float(getattr(learning, name), table.constants.format)) for name in ("offset", "softness")}
    fall = learning.theta_plus * learning.target / len(network.theta)
    rule = reference_itq.Rule(
        forms={name: form(signal) for name, signal in tables.items()},
        rounding={name: signal.rounding.value for name, signal in tables.items()},
        overflow={name: signal.overflow.value for name, signal in tables.items()},
        **words,
        theta_plus=int(from_float(learning.theta_plus, table.theta.format)),
        theta_fall=int(from_float(fall, table.theta.format)),
        norm=Fraction(learning.norm),
        fade=table.fade.kind,
        fade_factor=int(from_float(learning.fade, table.fade.factor.format)),
        fade_shift=table.fade.shift,
        update=learning.update,
        theta_rounding=plan["theta"].rounding.value,
        theta_overflow=plan["theta"].overflow.value,
        weight_rounding=plan["weight"].rounding.value,
        weight_overflow=plan["weight"].overflow.value,
        taps=plan.lfsr.taps,
        seeds=(seeds[1].seed, seeds[2].seed, seeds[3].seed),
    )
    theta = from_float(network.theta, table.theta.format).tolist()
    return reference_itq.Learning(layer, rule, learned.tolist(), theta)


def slow(network: Network, images: NDArray[np.uint8], learning: Learning, plan: Plan) -> reference_itq.Learning:
    """Learn as the reference does."""
    learner = reference(network, learning, plan)
    for raster, rate in lessons(network, images, learning, plan):
        learner.present(raster, rate)
    return learner


def lessons(
    network: Network, images: NDArray[np.uint8], learning: Learning, plan: Plan
) -> Iterator[tuple[list[list[int]], int]]:
    """Yield the input spikes and the rate of each presentation."""
    assert plan.learning
    total = learning.passes * len(images)
    for done, _, spikes in presentations(network, images, learning):
        for n, raster in enumerate(spikes.raster().tolist()):
            rate = learning.rate / (1 + learning.slowing * ((done + n) / total))
            yield raster, int(from_float(rate, plan.learning.rate.format))


@settings(
    max_examples=compiled_examples(120),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(blanks(), rules(), learning_plans())
def test_learning_in_integers_equals_the_reference(network: Network, learning: Learning, plan: Plan) -> None:
    images = some_images(4, len(network.weights))
    try:
        trained = itq.train(network, images, learning, plan)
    except (ConfigError, WidthError) as error:  # a constant that does not fit its format, a cast too wide
        event(f"refused: {str(error)[:30]}")
        return
    expected = slow(network, images, learning, plan)
    event("learned")
    assert trained.weights.tolist() == to_float(expected.layer.weights, plan["weight"].format).tolist()
    assert trained.theta.tolist() == to_float(expected.layer.theta, plan["theta"].format).tolist()


def signal(text: str, rounding: str = "nearest-even") -> Signal:
    return Signal(Format.parse(text), Rounding.parse(rounding))


def small_plan(weight: str = "UQ0.4", rounding: str = "SR", learned_bits: int | None = None) -> Plan:
    plan = Plan(
        {
            "weight": signal(weight, rounding),
            "accumulator": signal("UQ5.4"),
            "membrane": signal("UQ6.4"),
            "theta": signal("UQ6.4"),
            "threshold": signal("UQ2.4"),
            "inhibition": signal("UQ8.0"),
        },
        {"leak": Leak("shift", shift=5)},
    )
    return itq.learning_plan(plan, learned_bits)


SMALL = Learning(passes=2, norm=8.0, theta_plus=0.05, target=4.0, rate=0.05)


def blank(neurons: int = 6) -> Network:
    return replace(random_network(24, neurons, seed=1), threshold=2.0, coding=RateCoding(steps=30, peak=0.3))


@long_with_jit
@pytest.mark.parametrize("update", ["image", "spike"])
def test_every_word_that_is_drawn_has_a_register_of_its_own(update: Update) -> None:
    """Where all rounds by chance and neurons fire often, a draw from the wrong register, or one lost, shows."""
    images, _ = bars(12)
    fade = Leak("multiply", signal("UQ0.8"))
    table = LearningPlan(signal("UQ0.8", "SR"), trace=signal("UQ1.5", "SR"), fade=fade)
    plan = small_plan("UQ0.8").changed(weight=signal("UQ0.8"), theta=signal("UQ6.4", "SR"), learning=table)
    learning = replace(SMALL, fade=0.9, update=update)
    trained, expected = itq.train(blank(), images, learning, plan), slow(blank(), images, learning, plan)
    assert trained.weights.tolist() == to_float(expected.layer.weights, plan["weight"].format).tolist()
    assert trained.theta.tolist() == to_float(expected.layer.theta, plan["theta"].format).tolist()


@pytest.mark.parametrize(("weight", "rounding"), [("UQ0.4", "SR"), ("UQ0.4", "RN"), ("UQ0.2", "TR"), ("UQ0.1", "SR")])
def test_what_was_learned_lies_on_its_formats_and_tells_classes_apart(weight: str, rounding: str) -> None:
    images, labels = bars(60)
    plan = small_plan(weight, rounding)
    trained = itq.train(blank(), images, SMALL, plan)
    quantised = quantise(trained, plan)
    assert quantised.casts["weights"] == quantised.casts["theta"] == (0, 0, 0)
    assert trained.weights.max() > trained.weights.min()
    responses = respond_to_images(trained, images)
    means = np.array([responses[labels == c].mean(axis=0) for c in range(3)])
    assert set(means.argmax(axis=0)) == {0, 1, 2}


def test_learning_in_integers_gives_these_bytes_on_every_machine() -> None:
    trained = itq.train(blank(), np.arange(20 * 24).astype(np.uint8).reshape(20, 24), SMALL, small_plan())
    digest = hashlib.sha256(trained.weights.astype("<f8").tobytes() + trained.theta.astype("<f8").tobytes())
    assert digest.hexdigest() == "4d958c6e99449eda88deb14c61b019ef4d6caee65ddd4a5c996ce81a566d9c7c"


@long_without_jit
def test_small_changes_are_lost_by_rounding_and_kept_by_chance() -> None:
    """What ../docs/learning.md tells of: truncation drags weights down, nearest freezes them, stochastic learns."""
    images, _ = bars(60)
    plan = small_plan("UQ0.4", "SR")
    assert plan.learning
    moved = {}
    for rounding in ("TR", "RN", "SR"):
        narrow = replace(plan.learning, weight=signal("UQ0.4", rounding))
        slow_rate = replace(SMALL, rate=0.004)
        trained = itq.train(blank(), images, slow_rate, plan.changed(weight=signal("UQ0.4"), learning=narrow))
        still = itq.train(blank(), images, replace(SMALL, rate=0.0), replace(plan, learning=narrow))
        moved[rounding] = (trained.weights - still.weights).mean(), (trained.weights != still.weights).mean()
    assert moved["TR"][0] < -0.05
    assert moved["RN"][1] < 0.2
    assert abs(moved["SR"][0]) < 0.05
    assert moved["SR"][1] > 0.4


def test_a_plan_that_learns_is_written_and_read_back() -> None:
    plan = small_plan("UQ0.2", "SR")
    assert parse_plan(plan_text(plan)) == plan
    assert plan.learning
    faded = replace(plan, learning=replace(plan.learning, fade=Leak("multiply", signal("UQ0.6", "SR"))))
    assert parse_plan(plan_text(faded)) == faded


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning": None}, "a plan must have a learning table to learn in integers, not none"),
        ({"weight": signal("Q1.3")}, "a weight that learns must be unsigned, not Q1.3 (s4)"),
        (
            {"weight": signal("UQ0.6")},
            "learned weights must be as fine as those read, UQ0.6 (u6), not UQ0.5 (u5)",
        ),
        (
            {"weight": signal("UQ0.2", "SR")},
            "a weight that is read from a finer one must be rounded without a draw, not stochastic",
        ),
    ],
)
def test_plans_that_cannot_learn_are_refused(change: dict[str, object], message: str) -> None:
    plan = small_plan().changed(**change)
    with pytest.raises(ConfigError) as refused:
        itq.train(blank(), some_images(2, 24), SMALL, plan)
    assert str(refused.value) == message


def test_constants_that_do_not_fit_are_refused() -> None:
    for change, message in (
        ({"norm": 10.0}, "the norm must be a power of two to learn in integers, not 10"),
        ({"offset": 1.5}, "offset must fit UQ0.8 (u8) to learn in integers, not 1.5"),
        ({"theta_plus": 300.0}, "theta_plus must fit UQ8.16 (u24) to learn in integers, not 300"),
    ):
        with pytest.raises(ConfigError) as refused:
            itq.train(blank(), some_images(2, 24), replace(SMALL, **change), small_plan())  # type: ignore[arg-type]
        assert str(refused.value) == message


def test_what_could_leave_the_machine_s_word_is_refused() -> None:
    plan = small_plan()
    assert plan.learning
    wide = replace(plan.learning, rate=signal("UQ0.40"), constants=signal("UQ0.20"))
    with pytest.raises(WidthError, match=r"^every exact intermediate must fit int64, but learning "):
        itq.train(blank(), some_images(2, 24), SMALL, replace(plan, learning=wide))
