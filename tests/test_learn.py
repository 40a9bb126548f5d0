"""Response and learning equal the slow reference bit for bit, repeat exactly, and learn."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import reference_float as reference
from command_line import needs_jit
from fxsnn.competitive.learn import Learning, random_network, record, respond, respond_to_images, train
from fxsnn.competitive.network import Network
from fxsnn.data.digits import load_digits, split_digits
from fxsnn.data.encode import RateCoding, encode
from fxsnn.errors import ConfigError
from fxsnn.measure.classify import assign_labels, vote

quarters = st.integers(-4, 8).map(lambda k: k / 4)  # coarse, so that excesses are 0 and tie
# nothing so small that a sum of it could not be scaled to the norm in float32
reals = st.just(0.0) | st.floats(2.0**-20, 2, width=32)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    inputs, neurons = draw(st.integers(1, 9)), draw(st.integers(1, 5))
    numbers = draw(st.sampled_from([quarters, reals]))
    weights = draw(st.lists(numbers, min_size=inputs * neurons, max_size=inputs * neurons))
    theta = draw(st.lists(quarters, min_size=neurons, max_size=neurons))
    return Network(
        weights=np.array(weights, np.float64).reshape(inputs, neurons),
        theta=np.array(theta, np.float64),
        labels=np.full(neurons, -1, np.int64),
        threshold=draw(st.sampled_from([0.5, 1.0, 1.7])),
        decay=draw(st.sampled_from([0.0, 0.5, 0.9, 1.0])),
        inhibition=draw(st.sampled_from([0.0, 0.5, 0.3, 100.0])),
        floor=draw(st.sampled_from([-1.0, 0.0])),
        reset=draw(st.sampled_from(["zero", "value", "subtract"])),
        reset_value=draw(st.sampled_from([-0.5, 0.1])),
        compare=draw(st.sampled_from(["ge", "gt"])),
        winner=draw(st.sampled_from(["none", "lowest", "largest"])),
        refractory_steps=draw(st.integers(0, 3)),
        refractory_input=draw(st.sampled_from(["ignore", "integrate"])),
        coding=RateCoding(steps=draw(st.integers(1, 8)), peak=1.0, seed=draw(st.integers(0, 9))),
    )


@st.composite
def learnings(draw: st.DrawFn) -> Learning:
    return Learning(
        passes=draw(st.integers(1, 2)),
        rate=draw(st.sampled_from([0.0, 0.1, 0.7])),
        offset=draw(st.sampled_from([0.0, 0.3])),
        softness=draw(st.sampled_from([0.0, 0.4])),
        fade=draw(st.sampled_from([0.0, 0.7, 1.0])),
        update=draw(st.sampled_from(["image", "spike"])),
        w_max=draw(st.sampled_from([0.5, 1.5])),
        norm=draw(st.sampled_from([0.7, 3.0])),
        theta_plus=draw(st.sampled_from([0.0, 0.3])),
        target=draw(st.sampled_from([0.0, 2.0])),
        slowing=draw(st.sampled_from([0.0, 9.0])),
        seed=draw(st.integers(0, 9)),
    )


def some_images(count: int, inputs: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, inputs), np.uint8)


def bars(count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images of three classes: one third of 24 pixels is bright, the rest dim, all of it noisy."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, count)
    bright = labels[:, None] == np.arange(24) // 8
    return np.where(bright, rng.integers(150, 256, (count, 24)), rng.integers(0, 60, (count, 24))).astype(
        np.uint8
    ), labels


def small(neurons: int = 6) -> Network:
    return replace(random_network(24, neurons, seed=1), threshold=2.0, coding=RateCoding(steps=30, peak=0.3))


SMALL = Learning(passes=2, norm=8.0, theta_plus=0.05, target=4.0, rate=0.05)


# the response


@settings(deadline=None)
@given(network=networks())
def test_every_step_equals_the_reference(network: Network) -> None:
    spikes = encode(some_images(2, len(network.weights)), network.coding)
    for image in range(2):
        steps = reference.run(network, spikes.raster()[image].tolist())
        recording = record(network, spikes, image)
        assert recording.currents.tolist() == [step.current for step in steps]
        assert recording.before.tolist() == [step.before for step in steps]
        assert recording.after.tolist() == [step.after for step in steps]
        assert recording.spikes.tolist() == [step.spikes for step in steps]


@settings(deadline=None)
@given(network=networks())
def test_responses_are_the_spikes_of_all_steps(network: Network) -> None:
    spikes = encode(some_images(3, len(network.weights)), network.coding)
    expected = [record(network, spikes, image).spikes.sum(axis=0).tolist() for image in range(3)]
    assert respond(network, spikes).tolist() == expected


def test_any_number_of_threads_gives_the_same() -> None:
    network, spikes = small(), encode(some_images(7, 24), small().coding)
    expected = respond(network, spikes).tolist()
    for threads in (2, 3, 9):
        assert respond(network, spikes, threads).tolist() == expected


def test_images_and_their_spikes_have_the_same_response() -> None:
    network, images = small(), some_images(251, 24)  # more than are encoded at once
    expected = respond(network, encode(images, network.coding, presentation=2))
    assert (respond_to_images(network, images, presentation=2) == expected).all()


def test_no_images_have_no_response() -> None:
    assert respond_to_images(small(), np.zeros((0, 24), np.uint8)).shape == (0, 6)


# learning


@settings(deadline=None)
@example(
    network=Network(
        weights=np.zeros((5, 4)),
        theta=np.array([1.0, 1.0, 0.0, 0.0]),
        labels=np.full(4, -1),
        threshold=1.7,
        decay=0.5,
        inhibition=0.0,
        floor=-1.0,
        reset="zero",
        reset_value=-0.5,
        compare="ge",
        winner="lowest",
        refractory_steps=0,
        refractory_input="ignore",
        coding=RateCoding(steps=4, peak=1.0, seed=1),
    ),
    learning=Learning(
        rate=0.7, offset=0.0, softness=0.0, fade=0.0, update="spike", w_max=0.5, norm=3.0, theta_plus=0.0, target=0.0
    ),
)  # an excess that depends on where the limit is rounded
@given(network=networks(), learning=learnings())
def test_learning_equals_the_reference(network: Network, learning: Learning) -> None:
    network = replace(network, weights=np.abs(network.weights))
    images = some_images(3, len(network.weights))
    rng = np.random.PCG64(learning.seed)
    rasters = []
    for presentation in range(learning.passes):
        order = np.argsort(rng.random_raw(3), kind="stable")
        rasters += encode(images[order], network.coding, presentation).raster().tolist()
    weights, theta = reference.train(network, rasters, learning)
    trained = train(network, images, learning)
    assert trained.weights.tolist() == weights
    assert trained.theta.tolist() == theta


def test_training_gives_these_bytes_on_every_machine() -> None:
    trained = train(small(), np.arange(20 * 24).astype(np.uint8).reshape(20, 24), SMALL)
    digest = hashlib.sha256(trained.weights.astype("<f8").tobytes() + trained.theta.astype("<f8").tobytes())
    assert digest.hexdigest() == "11fd304c53e247932e9dd72792d9b32e407d9b1177866c51b74b7f25575122ad"


def test_only_weights_and_theta_change() -> None:
    network = replace(small(), labels=np.arange(6), winner="lowest", reset_value=0.25)
    trained = train(network, some_images(4, 24), SMALL)
    assert trained.labels.tolist() == [-1] * 6
    unchanged = replace(trained, weights=network.weights, theta=network.theta, labels=network.labels)
    for field in Network.__dataclass_fields__:
        assert np.array_equal(getattr(unchanged, field), getattr(network, field))


def test_progress_is_told_of_every_part() -> None:
    calls: list[tuple[int, int]] = []
    train(small(2), some_images(251, 24), Learning(passes=2), lambda done, total: calls.append((done, total)))
    assert calls == [(250, 502), (251, 502), (501, 502), (502, 502)]


def test_classes_are_learned_without_labels() -> None:
    images, labels = bars(90)
    network = train(small(), images[:60], SMALL)
    named = assign_labels(respond_to_images(network, images[:60]), labels[:60], classes=3)
    voted = vote(respond_to_images(network, images[60:]), named, classes=3)
    assert sorted(set(named.tolist()) - {-1}) == [0, 1, 2]
    assert voted.tolist() == labels[60:].tolist()


def test_the_adaptive_threshold_settles_where_the_target_is_met() -> None:
    images, _ = bars(100)
    network = train(small(), images, replace(SMALL, passes=4, theta_plus=0.2, slowing=0.0))
    # learning makes the present image's winner fire more, so the plain response is somewhat less
    assert 2.0 <= respond_to_images(network, images).sum(axis=1).mean() <= 5.0


@needs_jit
def test_digits_are_learned_in_a_second() -> None:
    seen, unseen = split_digits(load_digits(), train=1000)
    network = train(random_network(neurons=100), seen.images, Learning(passes=3))
    named = assign_labels(respond_to_images(network, seen.images), seen.labels)
    right = vote(respond_to_images(network, unseen.images[:1000]), named) == unseen.labels[:1000]
    assert right.mean() >= 0.75


# where learning starts


def test_a_random_network_is_the_same_for_the_same_seed_only() -> None:
    first, again, other = (random_network(5, 4, seed).weights.tolist() for seed in (1, 1, 2))
    assert first == again != other
    assert np.float32(first).tolist() == first
    assert 0 <= np.min(first) < np.max(first) < 0.6


# what is refused


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"passes": 0}, "passes must be 1 or more, not 0"),
        ({"rate": -0.1}, "rate must be 0 or more and finite, not -0.1"),
        ({"slowing": float("inf")}, "slowing must be 0 or more and finite, not inf"),
        ({"norm": 0.0}, "norm must be above 0 and finite, not 0.0"),
        ({"fade": 1.1}, "fade must be 0 to 1, not 1.1"),
        ({"update": "step"}, "update must be image or spike, not 'step'"),
        ({"seed": -1}, "seed must be 0 to 2**63 - 1, not -1"),
    ],
)
def test_learning_that_cannot_be_is_refused(given_: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Learning(**given_)
    assert str(refused.value) == message


def test_images_of_another_size_are_refused() -> None:
    spikes = encode(some_images(1, 5), small().coding)
    for refused_call in (
        lambda: train(small(), some_images(1, 5), SMALL),
        lambda: respond(small(), spikes),
        lambda: record(small(), spikes),
    ):
        with pytest.raises(ConfigError) as refused:
            refused_call()
        assert str(refused.value) == "inputs must be 24 as the network has, not 5"


def test_learning_from_nothing_is_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        train(small(), some_images(0, 24), SMALL)
    assert str(refused.value) == "there must be an image to learn from, not none"


def test_learning_from_negative_weights_is_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        train(replace(small(), weights=small().weights - 1), some_images(1, 24), SMALL)
    assert str(refused.value).startswith("weights must be 0 or more to learn, not -0.9")


def test_no_threads_are_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        respond(small(), encode(some_images(1, 24), small().coding), threads=0)
    assert str(refused.value) == "threads must be 1 or more, not 0"


def test_an_image_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        record(small(), encode(some_images(2, 24), small().coding), image=2)
    assert str(refused.value) == "image must be 0 to 1, not 2"


def test_a_random_network_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        random_network(0, 4)
    assert str(refused.value) == "a network must have inputs and neurons, not 0 and 4"
    with pytest.raises(ConfigError) as refused:
        random_network(1, 4, seed=-1)
    assert str(refused.value) == "seed must be 0 to 2**63 - 1, not -1"
