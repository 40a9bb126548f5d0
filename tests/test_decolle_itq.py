"""Layers that learn in integers: every learned word equals the slow reference, whatever the words; and they learn."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from command_line import long_with_jit, needs_jit, once, run
from decolle_networks import cells, descriptions, frames_for, layer_plans
from fxsnn.decolle import itq
from fxsnn.decolle.description import Description, parse_description
from fxsnn.decolle.inventory import decolle_memory, decolle_while_learning
from fxsnn.decolle.itq import IntegerLearning
from fxsnn.decolle.itq_plan import Lesson, plan_learning
from fxsnn.decolle.learn import LocalLearning, frames_of, train_layers
from fxsnn.decolle.network import DecolleNetwork, random_layers
from fxsnn.decolle.plan import STREAMS, DecollePlan, LayerPlan, decolle_formats, decolle_plan_text, parse_decolle_plan
from fxsnn.decolle.ptq import Words
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.decolle.table import LayerLearning, Update
from fxsnn.errors import ConfigError, WidthError
from fxsnn.exploration.candidate import evaluate
from fxsnn.kernels import lfsr
from fxsnn.networks.described import described_in, described_text
from fxsnn.number.cast import from_float
from fxsnn.number.format import Format
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.number.signal import Signal
from fxsnn.recordings.bench import Bench, Lessons, learned_and_held_out, measured
from fxsnn.recordings.grid import RecordedGrid, recorded_points
from fxsnn.recordings.subject import RecordingsSubject
from reference import Draws
from reference_decolle import every_layer, given_to
from reference_local import Learner, present
from strategies import examples, lfsrs, signals
from test_decolle_learning import NET, recordings, write


@st.composite
def tables(draw: st.DrawFn, plan: LayerPlan) -> LayerLearning:
    """Every rounding and overflow of everything that learning stores, half of it by chance."""
    spans = {
        "learned": plan["weight"].format.frac,
        "learned_bias": plan["bias"].format.frac,
        "error": draw(st.integers(0, 5)),
        "delta": draw(st.integers(-1, 6)),
        "gradient": draw(st.integers(-3, 8)),
    }
    words: dict[str, Any] = {}
    for name, frac in spans.items():
        spare = draw(st.integers(0, 5)) if name.startswith("learned") else 0
        words[name] = draw(signals(frac + spare, frac + spare, signed=True))
        if draw(st.booleans()):
            words[name] = replace(words[name], rounding=Rounding.STOCHASTIC)
    return LayerLearning(
        **words,
        readout_shift=draw(st.integers(0, 5)),
        first=draw(st.integers(0, 4)),
        slope=draw(st.integers(0, 3)),
        reach=draw(st.integers(0, 6)),
        bias_shift=draw(st.integers(-2, 3)),
        forget=draw(st.integers(1, 3)),
        update=draw(st.sampled_from(["recording", "step"])),
    )


def without_draws(signal: Signal) -> Signal:
    rounding = Rounding.NEAREST_ODD if signal.rounding is Rounding.STOCHASTIC else signal.rounding
    return replace(signal, format=Format(signal.format.word, signal.format.frac), rounding=rounding)


@st.composite
def learning_plans(draw: st.DrawFn, described: Description) -> DecollePlan:
    layers = []
    for _ in described.layer:
        plan = replace(draw(layer_plans()), filters="inputs")
        plan = plan.changed(weight=without_draws(plan["weight"]), bias=without_draws(plan["bias"]))
        layers.append(replace(plan, learning=draw(tables(plan))))
    return DecollePlan(tuple(layers), draw(lfsrs()))


def slow(network: DecolleNetwork, plan: DecollePlan, learning: IntegerLearning) -> list[Learner]:
    """Return the reference before the first recording."""
    quantised = quantise_layers(network, plan)
    layers = []
    for number, layer in enumerate(every_layer(quantised)):
        described = network.description.layer[number]
        table = plan.layers[number].learning
        assert table
        # what reading floors begins half a unit higher
        halves = [
            0.5 / 2**read.format.frac
            if read.rounding is Rounding.FLOOR and learned.format.frac > read.format.frac
            else 0
            for read, learned in ((layer.plan["weight"], table.learned), (layer.plan["bias"], table.learned_bias))
        ]
        first = from_float(network.weights[number].astype(np.float64) + halves[0], table.learned.format)
        unit = 1 / ((1 - described.alpha) * (1 - described.beta))
        bias = from_float(network.biases[number].astype(np.float64) * unit + halves[1], table.learned_bias.format)
        rows, columns, inputs, outputs = first.shape
        order = [
            (n, ky, kx, c) for n in range(outputs) for ky in range(rows) for kx in range(columns) for c in range(inputs)
        ]
        streams = STREAMS * len(plan.layers) + 6 * number
        layers.append(
            Learner(
                layer,
                given_to(quantised, number),
                described.kind == "output",
                network.readouts[number].tolist(),
                {(n, ky, kx, c): int(first[ky, kx, c, n]) for n, ky, kx, c in order},
                bias.tolist(),
                learning.rate,
                learning.halvings,
                [plan.lfsr.derive(streams + row).seed for row in range(6)],
            )
        )
    return layers


def after(draws: Draws) -> int:
    """Return the register after what was drawn, of which each bit was shifted in at the right."""
    return lfsr.shift_in(draws.seed, draws.width, np.array(draws.taps, np.int64), draws.taken)


@long_with_jit
@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), descriptions(), st.integers(0, 99))
def test_every_learned_word_equals_the_slow_reference(data: st.DataObject, described: Description, seed: int) -> None:
    plan = data.draw(learning_plans(described))
    learning = IntegerLearning(rate=data.draw(st.integers(0, 6)), halvings=data.draw(st.integers(0, 3)))
    network = random_layers(described, seed, gain=data.draw(st.sampled_from([0.5, 2.0, 8.0])))
    biases = tuple((np.arange(len(bias)) / 4 - 0.25).astype(np.float32) for bias in network.biases)
    network = replace(network, biases=biases)
    try:
        layers = itq.begin(network, plan, learning)
    except WidthError as error:
        event(f"refused: {str(error)[:30]}")
        return
    expected, quantised = slow(network, plan, learning), quantise_layers(network, plan)
    frames = frames_for(quantised, 3, seed)
    start = [layer.weights.learned.copy() for layer in layers]
    for shown, recording in enumerate(frames):
        label, left = (seed + shown) % described.classes, learning.left(shown, len(frames))
        itq.present(layers, described, recording, label, shown, left)
        present(quantised, expected, [cells(frame) for frame in recording], label, learning.halvings - left)
        for layer, reference in zip(layers, expected, strict=True):
            assert layer.room.error.tolist() == reference.error
            assert layer.registers.tolist() == [after(draws) for draws in reference.draws]
            for own, learned, scales in (
                (layer.weights, list(reference.learned.values()), list(reference.scales.values())),
                (layer.biases, reference.learned_bias, reference.bias_scales),
            ):
                assert own.learned.reshape(-1).tolist() == learned
                assert own.scales.reshape(-1).tolist() == scales
            assert layer.weights.read.transpose(1, 2, 3, 0).tolist() == reference.layer.weights.tolist()
            assert layer.biases.read.tolist() == reference.layer.bias.tolist()
    event(f"moved: {any((layer.weights.learned != w).any() for layer, w in zip(layers, start, strict=True))}")
    again = quantise_layers(itq.finished(network, plan, layers), plan)
    for one, reference in zip(every_layer(again), expected, strict=True):
        assert one.weights.tolist() == reference.layer.weights.tolist()
        assert one.bias.tolist() == reference.layer.bias.tolist()


SMALL = parse_description(NET)


def small(words: Words | None = None, lesson: Lesson | None = None) -> tuple[DecolleNetwork, DecollePlan]:
    """An untrained network, and a plan by which it learns."""
    network = random_layers(SMALL, 0)
    return network, plan_learning(network, words or BY_CHANCE, lesson or Lesson(), trained=False)


BY_CHANCE = Words(6, 2, "SR")


def digest(network: DecolleNetwork) -> str:
    arrays = [array.astype("<f4").tobytes() for array in (*network.weights, *network.biases)]
    return hashlib.sha256(b"".join(arrays)).hexdigest()


@long_with_jit
def test_every_cast_that_draws_has_a_register_of_its_own() -> None:
    """Where everything rounds by chance, a draw from the wrong register, one lost or one too many shows."""
    network, plan = small(Words(4, 1, "SR", "SR"), Lesson(learned=5))
    layers = tuple(
        replace(
            layer,
            learning=replace(
                layer.learning,
                error=Signal(Format(4, 1), Rounding.STOCHASTIC),
                delta=Signal(Format(8, 0), Rounding.STOCHASTIC),
                gradient=Signal(Format(9, -1), Rounding.STOCHASTIC),
                forget=2,
            ),
        )
        for layer in plan.layers
        if layer.learning
    )
    plan, learning = replace(plan, layers=layers), IntegerLearning(rate=2, halvings=1)
    working, expected = itq.begin(network, plan, learning), slow(network, plan, learning)
    quantised, shown = quantise_layers(network, plan), recordings(3)
    for n, recording in enumerate(frames_of(network, shown, np.arange(3))):
        itq.present(working, SMALL, recording, n, n, learning.left(n, 3))
        present(quantised, expected, [cells(frame) for frame in recording], n, 1 - learning.left(n, 3))
    seeds = {draws.seed for reference in expected for draws in reference.draws}
    assert len(seeds) == 18
    for layer, reference in zip(working, expected, strict=True):
        assert layer.registers.tolist() == [after(draws) for draws in reference.draws]
        assert all(draws.taken for draws in reference.draws)
        assert layer.weights.learned.reshape(-1).tolist() == list(reference.learned.values())
        assert layer.biases.learned.tolist() == reference.learned_bias


@long_with_jit
def test_learning_in_integers_gives_these_bytes_on_every_machine() -> None:
    told: list[tuple[int, int]] = []
    network, plan = small()
    learned = itq.train_in_integers(network, recordings(9), plan, IntegerLearning(2), lambda *at: told.append(at))
    assert digest(learned) == "1dc9366d9af81209764ddd03367b13a4bfe00c4e0bd61525c641e18c27b13380"
    assert told == [(9, 18), (18, 18)]


@long_with_jit
@pytest.mark.parametrize("update", ["recording", "step"])
@pytest.mark.parametrize("decays", [{}, {"alpha": 0.97, "beta": 0.92}])
def test_what_was_learned_lies_on_its_formats(update: Update, decays: dict[str, float]) -> None:
    described = replace_layers(SMALL, decays)
    network = random_layers(described, 1)
    plan = plan_learning(network, BY_CHANCE, Lesson(update=update), trained=False)
    layers = itq.begin(network, plan, IntegerLearning(rate=2))
    for n, recording in enumerate(frames_of(network, recordings(6), np.arange(6))):
        itq.present(layers, described, recording, n % 3, n, 5)
    quantised = quantise_layers(itq.finished(network, plan, layers), plan)
    for layer, one in zip(layers, every_layer(quantised), strict=True):
        assert one.weights.tolist() == layer.weights.read.transpose(1, 2, 3, 0).tolist()
        assert one.bias.tolist() == layer.biases.read.tolist()
        assert (
            layer.weights.learned != itq.begin(network, plan, IntegerLearning())[layer.number].weights.learned
        ).any()


def replace_layers(described: Description, changes: dict[str, float]) -> Description:
    """Return a description whose every layer is changed."""
    layers = tuple(msgspec.structs.replace(layer, **changes) for layer in described.layer)
    return msgspec.structs.replace(described, layer=layers)


def worth(network: DecolleNetwork, plan: DecollePlan) -> float:
    return measured(quantise_layers(network, plan), recordings(90, seed=1)).accuracy


@pytest.mark.long
@needs_jit
@pytest.mark.parametrize(
    ("rounding", "learned", "update"),
    [("SR", 6, "recording"), ("SR", 14, "step"), ("RN", 14, "recording"), ("TR", 14, "recording")],
)
def test_it_learns_to_tell_classes_apart(rounding: str, learned: int, update: Update) -> None:
    network, plan = small(Words(6, 2, rounding), Lesson(learned, update))
    found = itq.train_in_integers(network, recordings(240), plan, IntegerLearning(6, 5 if update == "recording" else 8))
    assert worth(found, plan) > 0.85 > 0.6 > worth(network, plan)


def test_small_changes_are_lost_by_rounding_and_kept_by_chance() -> None:
    """A quarter of a unit at most: truncation takes a unit for each that is negative, nearest takes none."""
    moved = {}
    for rounding in ("TR", "RN", "SR"):
        network, plan = small(Words(6, 2, rounding), Lesson(learned=6))
        layers = itq.begin(network, plan, IntegerLearning(rate=7, halvings=0))
        before = [layer.weights.learned.copy() for layer in layers]
        for n, recording in enumerate(frames_of(network, recordings(12), np.arange(12))):
            itq.present(layers, SMALL, recording, n % 3, n, 0)
        changes = [layer.weights.learned - first for layer, first in zip(layers, before, strict=True)]
        moved[rounding] = np.concatenate([change.reshape(-1) for change in changes])
    assert moved["TR"].mean() < -2
    assert not moved["RN"].any()
    assert (moved["SR"] != 0).mean() > 0.2
    assert abs(moved["SR"].mean()) < 0.3


def test_the_rate_halves_whenever_half_of_what_was_left_is_done() -> None:
    learning = IntegerLearning(rate=6, halvings=3)
    assert [learning.left(n, 16) for n in range(16)] == [3] * 8 + [2] * 4 + [1] * 2 + [0] * 2
    assert IntegerLearning.like(LocalLearning(3, rate=2e-3, seed=4)) == IntegerLearning(3, 9, seed=4)


def test_a_plan_that_learns_is_written_and_read_back() -> None:
    _, plan = small()
    assert parse_decolle_plan(decolle_plan_text(plan)) == plan
    assert decolle_formats(plan)["layer 1 learning learned"] == "Q3.11 (s14)"
    text = decolle_plan_text(plan).replace('update = "recording"', 'update = "often"', 1)
    with pytest.raises(ConfigError, match=r"Invalid enum value 'often' - at `\$.layer\[0\].learning.update`$"):
        parse_decolle_plan(text)


def changed(plan: DecollePlan, **changes: Any) -> DecollePlan:
    """Return the plan with another first layer; what a learning table has is changed there."""
    first = plan.layers[0]
    assert first.learning
    inner = {name: value for name, value in changes.items() if hasattr(first.learning, name)}
    table = {"learning": replace(first.learning, **inner)} if inner else {}
    outer = {name: value for name, value in changes.items() if name not in inner}
    return replace(plan, layers=(first.changed(**table, **outer), *plan.layers[1:]))


def signal(text: str, rounding: str = "floor", overflow: str = "saturate") -> Signal:
    return Signal(Format.parse(text), Rounding.parse(rounding), Overflow.parse(overflow))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning": None}, "layer 0 must have a learning table to learn in integers, not none"),
        ({"filters": "currents"}, "layer 0 must filter its inputs to learn, not its currents"),
        ({"weight": signal("UQ1.3")}, "a weight that learns must be signed, of at most 24 bits, not UQ1.3 (u4)"),
        ({"bias": signal("Q5.20")}, "a bias that learns must be signed, of at most 24 bits, not Q5.20 (s25)"),
        (
            {"learned": signal("Q2.2")},
            "a learned weight must be as fine as that read, Q3.3 (s6), not Q2.2 (s4)",
        ),
        ({"weight": signal("Q1.3", "SR")}, "a weight that learns must be read without a draw, not stochastically"),
        (
            {"trace": signal("UQ4.2", overflow="error")},
            "trace must not have the overflow mode error, which would end the learning",
        ),
        ({"first": -40}, "first must be -5 or more, of membranes of 5 fractional bits, not -40"),
    ],
)
def test_plans_that_cannot_learn_are_refused(changes: dict[str, Any], message: str) -> None:
    network, plan = small()
    with pytest.raises(ConfigError) as refused:
        itq.begin(network, changed(plan, **changes), IntegerLearning())
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"error": signal("UQ1.6")}, "learning error must be signed, not UQ1.6 (u7)"),
        (
            {"delta": signal("Q4.6", overflow="error")},
            "learning delta must not have the overflow mode error, which would end the learning",
        ),
        ({"forget": 0}, "forget must be 1 to 1048576, not 0"),
        ({"update": "often"}, "update must be recording or step, not 'often'"),
    ],
)
def test_tables_that_cannot_be_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        changed(small()[1], **change)
    assert str(refused.value) == message


def test_what_cannot_be_planned_is_refused() -> None:
    with pytest.raises(ConfigError, match="^learned weights must be 6 to 48 bits, as wide as those read, not 5$"):
        small(lesson=Lesson(learned=5))
    with pytest.raises(ConfigError, match="^a network must learn with filters of its inputs, not of its currents$"):
        small(Words(filters="currents"))
    with pytest.raises(ConfigError, match="^passes and seed must be 1 and 0 or more, not 0 and 0$"):
        IntegerLearning(0)
    with pytest.raises(ConfigError, match="^rate and halvings must be 0 to 30 and 0 to 16, not 31 and 5$"):
        IntegerLearning(rate=31)


@pytest.mark.parametrize(
    ("changes", "operation"),
    [
        ({"delta": signal("Q40.6"), "trace": signal("UQ20.2")}, "gradient of a step "),
        ({"gradient": signal("Q40.8")}, "learning a weight "),
        ({"reach": 40, "error": signal("Q20.20")}, "delta "),
    ],
)
def test_what_could_leave_the_machine_s_word_is_refused(changes: dict[str, Any], operation: str) -> None:
    network, plan = small()
    with pytest.raises(WidthError, match=f"^(every exact intermediate must fit int64|a cast .*), but {operation}"):
        itq.begin(network, changed(plan, **changes), IntegerLearning(rate=20, halvings=16))


def test_what_learning_stores_is_counted_array_by_array() -> None:
    network, plan = small(Words(4, 2, "SR"), Lesson(learned=6))
    quantised = quantise_layers(network, plan)
    held = {a.name: (a.words, a.word) for a in decolle_while_learning(quantised, 6, 5).arrays}
    inferring = {a.name: (a.words, a.word) for a in decolle_memory(quantised).arrays}
    own = {name: value for name, value in held.items() if inferring.get(name) != value}
    first = {name.removeprefix("layer 0 "): value for name, value in own.items() if name.startswith("layer 0 ")}
    assert first == {
        "weights": (72, 6),
        "biases": (4, 10),
        "gradients": (76, 24),
        "scales": (76, 5),
        "sum of a step": (1, 19),
        "random readout": (108, 1),
        "sums of the readout": (3, 7),
        "errors": (3, 7),
        "deltas": (36, 9),
        "winners": (36, 2),
        "surrogates": (36, 3),
        "largest membranes": (12, 16),  # of a row of windows, which wait for their last line
        "count of updates": (1, 4),  # 0 to 15
        "learning LFSR registers": (3, 31),  # errors and gradients drop no bits
    }
    assert (own["label"], own["rate"]) == ((1, 2), (1, 4))
    assert "layer 2 winners" not in own
    assert "layer 2 random readout" not in own
    network, plan = small(lesson=Lesson(update="step"))
    held = {a.name: (a.words, a.word) for a in decolle_while_learning(quantise_layers(network, plan), 6, 5).arrays}
    assert held["layer 0 gradients"] == (1, 24)


@once
def test_a_point_of_a_grid_learns_on_in_integers() -> None:
    train, held_out = learned_and_held_out(recordings(240))
    network = train_layers(random_layers(SMALL, 0), train, LocalLearning(16, 24, 2e-2))
    few = train.part(np.arange(12))
    some = Bench(network, held_out, Lessons(few, LocalLearning(1, rate=2**-7)))
    grid = RecordedGrid((3,), (2,), weight_rounding=("SR",), scheme=("PTQ", "ITQ"))
    after, during = recorded_points(grid, network)
    assert (after.name, during.name) == ("w3-SR-s2-TR", "w3-SR-s2-TR-itq")
    assert during.plan.layers[0].learning
    learned = some.network_of(during)
    assert learned is not network
    expected = itq.train_in_integers(network, few, during.plan, IntegerLearning(1, 7))
    assert digest(learned) == digest(expected) != digest(network)
    assert RecordingsSubject(some, grid).facts().learner.startswith('{"passes":1,')
    assert evaluate(some, during).scheme == "ITQ"


@once
def test_the_command_learns_in_integers(tmp_path: Path) -> None:
    write(tmp_path, recordings(16), "Train")
    write(tmp_path, recordings(6, seed=1), "Test")
    (tmp_path / "net.toml").write_text(NET.replace("height = 6\nwidth = 6\n", "shrink = 3\n"))
    words = ["train", tmp_path / "net.toml", "--data", tmp_path, "--itq", 5, "--passes", 1]
    said = run(*words, "--out", tmp_path / "q.npz")
    assert said.status == 0, said.err
    assert said.out.startswith(f"{tmp_path}/q.npz: fixed: test accuracy ")
    assert "\nwhile learning\n" in said.out
    assert said.out.endswith("q.toml: the plan that it learned by\n")
    told = said.out.splitlines()[0].split("fixed: ")[1]
    emulated = run("emulate", tmp_path / "q.npz", tmp_path / "q.toml", "--data", tmp_path)
    assert f"fixed: {told}\n" in emulated.out
    for network in ("q.npz", "net.toml"):
        if network == "net.toml":
            (tmp_path / network).write_text(described_text(described_in(tmp_path / "q.npz")))
        counted = run("memory", tmp_path / "q.toml", "--network", tmp_path / network)
        assert counted.status == 0, counted.err
        assert counted.out in said.out
    first = (tmp_path / "q.npz").read_bytes()
    assert run(*words, "--out", tmp_path / "q.npz").status == 0
    assert (tmp_path / "q.npz").read_bytes() == first
    more = run(
        *words, "--out", tmp_path / "r.npz", "--learn-on", tmp_path / "q.npz", "--update", "step", "--learned-bits", 9
    )
    assert more.status == 0, more.err
    table = parse_decolle_plan((tmp_path / "r.toml").read_text()).layers[0].learning
    assert table
    assert (table.update, table.learned.format.word) == ("step", 9)
    (tmp_path / "net.toml").write_text(NET.replace("height = 6\nwidth = 6\n", "shrink = 3\n") + "alpha = 0.5\n")
    refused = run(*words, "--out", tmp_path / "s.npz", "--learn-on", tmp_path / "q.npz").complaint
    assert refused.startswith("a network to learn on from must be of ")
    assert not (tmp_path / "s.npz").exists()
