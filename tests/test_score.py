"""Accuracy is always measured on images that had no part in the labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fxsnn.errors import ConfigError
from fxsnn.measure.classify import assign_labels, vote, wilson_interval
from fxsnn.measure.score import cross_validate, score

# neuron 0 answers to class 4, neuron 1 to class 7, neuron 2 never
TRAINING = np.array([[3, 0, 0], [1, 2, 0], [0, 4, 0], [2, 0, 0]])
LABELS = np.array([4, 7, 7, 4])


def test_a_score_worked_out_by_hand() -> None:
    found = score(TRAINING, LABELS, np.array([[5, 1, 0], [5, 1, 0], [0, 1, 0], [0, 0, 9]]), np.array([4, 7, 7, 0]))
    assert found.labels.tolist() == [4, 7, -1]
    assert np.argwhere(found.confusion).tolist() == [[0, 0], [4, 4], [7, 4], [7, 7]]  # [true, predicted]
    assert found.confusion.sum() == 4
    assert (found.correct, found.images, found.accuracy) == (3, 4, 0.75)
    assert found.interval == wilson_interval(3, 4)
    assert found.spikes_per_image == (6 + 6 + 1 + 9) / 4
    assert found.right.tolist() == [True, False, True, True]


@given(st.data())
def test_cross_validation_is_one_score_a_fold_on_images_that_did_not_label(data: st.DataObject) -> None:
    images = data.draw(st.integers(2, 12))
    folds = data.draw(st.integers(2, images))
    responses = data.draw(arrays(np.int32, (images, 3), elements=st.integers(0, 3)))
    labels = data.draw(arrays(np.uint8, images, elements=st.integers(0, 9)))
    found = cross_validate(responses, labels, folds)
    expected, seen, right = np.zeros((10, 10), dtype=np.int64), 0, []
    for fold in range(folds):
        part = [n for n in range(images) if images * fold // folds <= n < images * (fold + 1) // folds]
        rest = [n for n in range(images) if n not in part]
        assert part
        seen += len(part)
        predicted = vote(responses[part], assign_labels(responses[rest], labels[rest]))
        for truth, guess in zip(labels[part], predicted, strict=True):
            expected[truth, guess] += 1
            right.append(bool(truth == guess))
    assert seen == images
    assert found.confusion.tolist() == expected.tolist()
    assert found.correct == expected.trace()
    assert found.right.tolist() == right
    assert found.images == images
    assert found.labels.tolist() == assign_labels(responses, labels).tolist()
    assert found.spikes_per_image == responses.sum() / images


def test_a_label_that_only_an_image_itself_could_give_does_not_count() -> None:
    # every image has a neuron of its own: whoever labels with the image itself is always right
    found = cross_validate(np.eye(4, dtype=np.int32), np.array([1, 2, 3, 4]), folds=4)
    assert found.correct == 0
    assert score(np.eye(4, dtype=np.int32), LABELS, np.eye(4, dtype=np.int32), LABELS).correct == 4


@pytest.mark.parametrize("folds", [-1, 0, 1, 5])
def test_folds_must_be_at_least_two_and_at_most_the_images(folds: int) -> None:
    with pytest.raises(ConfigError) as error:
        cross_validate(TRAINING, LABELS, folds)
    assert str(error.value) == f"folds must be 2 to the 4 images, not {folds}"
