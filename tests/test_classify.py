"""Labels, votes and accuracies, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from fxsnn.errors import ConfigError
from fxsnn.measure.classify import assign_labels, mean_responses, vote, wilson_interval

# three neurons, four images: two of class 0, one of class 1, one of class 2
RESPONSES = np.array([[4, 0, 0], [2, 1, 0], [3, 5, 0], [0, 2, 0]])
CLASSES = np.array([0, 0, 1, 2])


# labels


def test_means_are_taken_over_the_images_of_a_class() -> None:
    assert mean_responses(RESPONSES, CLASSES, classes=4).tolist() == [[3, 3, 0, 0], [0.5, 5, 2, 0], [0, 0, 0, 0]]


def test_a_neuron_gets_the_class_of_its_highest_mean_the_lower_of_two_and_none_if_silent() -> None:
    assert assign_labels(RESPONSES, CLASSES, classes=3).tolist() == [0, 1, -1]


def test_it_is_the_mean_that_counts_not_the_sum() -> None:
    # 2 + 2 spikes for class 0, 3 for class 1
    assert assign_labels(np.array([[2], [2], [3]]), np.array([0, 0, 1])).tolist() == [1]


def test_labels_may_be_bytes() -> None:
    assert assign_labels(RESPONSES, CLASSES.astype(np.uint8)).tolist() == [0, 1, -1]


# votes


def test_the_class_whose_neurons_spike_most_on_average_wins() -> None:
    labels = np.array([0, 0, 1, -1])
    # 3 + 2 spikes of two neurons are fewer than 3 of one; a neuron without a label has no vote
    assert vote(np.array([[3, 2, 3, 9], [4, 3, 3, 9]]), labels).tolist() == [1, 0]


def test_a_tie_goes_to_the_lowest_class() -> None:
    assert vote(np.array([[2, 2], [0, 0]]), np.array([2, 1])).tolist() == [1, 0]


# accuracies


def test_the_wilson_interval_is_that_of_the_textbook() -> None:
    # 8 of 10 at 95 %: 0.4902 to 0.9433 (Newcombe 1998's formula, by hand)
    low, high = wilson_interval(8, 10)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)


def test_the_wilson_interval_stays_within_0_and_1() -> None:
    assert wilson_interval(0, 5)[0] == 0.0
    assert wilson_interval(5, 5)[1] == 1.0


# what is refused


def test_labels_of_another_number_are_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        assign_labels(RESPONSES, CLASSES[:3])
    assert str(refused.value) == "labels must be one for each image of [4, 3] responses, not [3]"
    with pytest.raises(ConfigError) as refused:
        vote(RESPONSES, CLASSES)
    assert str(refused.value) == "labels must be one for each neuron of [4, 3] responses, not [4]"


def test_labels_outside_the_classes_are_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        assign_labels(RESPONSES, CLASSES, classes=2)
    assert str(refused.value) == "labels must be 0 to 1, not 0 to 2"


def test_more_right_than_images_is_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        wilson_interval(11, 10)
    assert str(refused.value) == "right must be 0 to the number of images, which is above 0, not 11 of 10"
