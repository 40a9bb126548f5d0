"""Rate coding: the rate is right, and an image has the same spikes wherever it is encoded."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from numpy.typing import NDArray

from fxsnn.data.encode import RateCoding, Spikes, encode
from fxsnn.errors import ConfigError

CODING = RateCoding(steps=20, peak=0.5, seed=3)


def noise(images: int, inputs: int, seed: int = 0) -> NDArray[np.uint8]:
    """Random images, about half of whose pixels are 0."""
    drawn = np.random.default_rng(seed).integers(-256, 256, (images, inputs))
    return np.maximum(drawn, 0).astype(np.uint8)


def spikes_of(starts: list[int], indices: list[int], images: int = 1, steps: int = 2, inputs: int = 4) -> Spikes:
    return Spikes(np.array(starts, np.int64), np.array(indices, np.uint16), images, steps, inputs)


# what the spikes are


def test_a_pixel_spikes_with_probability_proportional_to_its_value() -> None:
    values = np.array([[1, 64, 128, 255]], np.uint8)
    spikes = encode(np.repeat(values, 25, axis=1), RateCoding(steps=200, peak=0.5))
    rate = spikes.raster().reshape(200, 4, 25).mean(axis=(0, 2))
    expected = values[0] / 255 * 0.5
    deviation = np.sqrt(expected * (1 - expected) / (200 * 25))
    assert (np.abs(rate - expected) < 4 * deviation).all()


def test_a_black_pixel_never_spikes() -> None:
    images = noise(3, 40)
    assert not encode(images, RateCoding(steps=30, peak=1.0)).raster()[np.repeat(images[:, None] == 0, 30, 1)].any()


def test_at_peak_1_a_white_pixel_spikes_in_every_step() -> None:
    images = np.array([[255, 0, 255]], np.uint8)
    assert encode(images, RateCoding(steps=50, peak=1.0)).raster()[0].tolist() == [[1, 0, 1]] * 50


def test_spikes_of_neighbours_in_time_space_and_batch_are_uncorrelated() -> None:
    images = np.full((20, 30), 255, np.uint8)
    images[:, 0] = range(1, 21)  # so that the images differ
    raster = encode(images, RateCoding(steps=40, peak=0.5)).raster()[:, :, 1:] - 0.5
    for other in (np.roll(raster, 1, axis) for axis in range(3)):
        assert abs((raster * other).mean() / (raster * raster).mean()) < 4 / np.sqrt(raster.size)


def test_the_raster_lists_the_same_spikes() -> None:
    spikes = spikes_of([0, 2, 2, 3, 6], [0, 3, 1, 0, 1, 2], images=2)
    assert spikes.raster().tolist() == [[[1, 0, 0, 1], [0, 0, 0, 0]], [[0, 1, 0, 0], [1, 1, 1, 0]]]


def test_these_are_the_spikes_on_every_machine() -> None:
    images = np.arange(240, dtype=np.uint8).reshape(8, 30)
    spikes = encode(images, CODING, presentation=1)
    digest = hashlib.sha256(spikes.starts.astype("<i8").tobytes() + spikes.indices.astype("<u2").tobytes())
    assert digest.hexdigest() == "08026a470aced5973763b078f8acbca5f69f20ccab30666158b1695d639d8852"


# what they depend on


def test_an_image_has_the_same_spikes_in_any_batch() -> None:
    images = noise(150, 15)
    whole = encode(images, CODING).raster()
    order = np.random.default_rng(1).permutation(150)
    assert (encode(images[order], CODING).raster() == whole[order]).all()
    assert (encode(images[77:78], CODING).raster() == whole[77:78]).all()
    assert (encode(np.asfortranarray(images), CODING).raster() == whole).all()


def test_seed_presentation_and_content_change_the_spikes() -> None:
    images = np.full((2, 30), 255, np.uint8)
    images[1, 29] = 254
    first, second = encode(images, CODING).raster()[:, :, :29]
    others = [
        second,
        encode(images[:1], CODING, presentation=1).raster()[0, :, :29],
        encode(images[:1], RateCoding(CODING.steps, CODING.peak, seed=4)).raster()[0, :, :29],
    ]
    for other in others:
        assert 0.4 < (first != other).mean() < 0.6


def test_no_images_have_no_spikes() -> None:
    spikes = encode(np.zeros((0, 5), np.uint8), CODING)
    assert (spikes.images, spikes.starts.tolist(), spikes.indices.tolist()) == (0, [0], [])


def test_spikes_cannot_be_written() -> None:
    spikes = encode(noise(1, 5), CODING)
    assert not spikes.starts.flags.writeable
    assert not spikes.indices.flags.writeable


# what is refused


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"steps": 0}, "steps must be 1 to 65,536, not 0"),
        ({"peak": 0.0}, "peak must be a probability above 0, not 0.0"),
        ({"peak": float("nan")}, "peak must be a probability above 0, not nan"),
        ({"seed": -1}, "seed must be 0 to 2**63 - 1, not -1"),
    ],
)
def test_a_coding_that_cannot_be_is_refused(given: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        RateCoding(**given)
    assert str(refused.value) == message


def test_images_that_are_no_bytes_are_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        encode(np.zeros((2, 3)), CODING)  # type: ignore[arg-type]
    assert str(refused.value) == "images must be uint8[images, inputs], not float64[2, 3]"


def test_a_negative_presentation_is_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        encode(noise(1, 3), CODING, presentation=-1)
    assert str(refused.value) == "presentation must be 0 to 2**63 - 1, not -1"


@pytest.mark.parametrize(
    ("starts", "indices", "message"),
    [
        ([0, 1], [0], "starts must be int64[images*steps+1], not int64[2]"),
        ([0, 1, 1], [0, 1], "starts must rise from 0 to the number of events"),
        ([1, 1, 2], [0, 1], "starts must rise from 0 to the number of events"),
        ([0, 3, 2], [0, 1], "starts must rise from 0 to the number of events"),
        ([0, 1, 2], [0, 4], "indices must be 0 to 3, which are the inputs"),
        ([0, 2, 2], [1, 1], "indices must be ascending within each step"),
    ],
)
def test_lists_that_are_no_spikes_are_refused(starts: list[int], indices: list[int], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        spikes_of(starts, indices)
    assert str(refused.value) == message


def test_indices_of_another_type_are_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        Spikes(np.zeros(2, np.int64), np.zeros(0, np.int64), 1, 1, 4)
    assert str(refused.value) == "indices must be uint16[events], not int64[0]"


def test_more_inputs_than_16_bits_number_need_wider_indices() -> None:
    spikes = Spikes(np.array([0, 1]), np.array([70_000]), 1, 1, 70_001)
    assert spikes.raster().nonzero()[2].tolist() == [70_000]


def test_spikes_of_nothing_are_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        spikes_of([0], [], images=0, inputs=0)
    assert str(refused.value) == (
        "spikes must be of 0 or more images, 0 or more steps and 1 or more inputs, not 0, 2 and 0"
    )
