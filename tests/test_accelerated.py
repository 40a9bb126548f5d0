"""Training by PyTorch is the rule of training without it."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from fxsnn.decolle.accelerated import train_accelerated
from fxsnn.decolle.description import parse_description
from fxsnn.decolle.learn import LocalLearning, scores, train_layers
from fxsnn.decolle.network import random_layers
from fxsnn.errors import ConfigError
from test_decolle_learning import NET, accuracy, recordings

HERE = importlib.util.find_spec("torch") is not None
needs_torch = pytest.mark.skipif(not HERE, reason="needs PyTorch, some gigabytes: pip install 'fxsnn[accelerator]'")


@pytest.mark.skipif(HERE, reason="PyTorch is here")
def test_without_pytorch_it_is_asked_for() -> None:
    with pytest.raises(ConfigError, match=r"^PyTorch must be installed to train on a device: pip install "):
        train_accelerated(random_layers(parse_description(NET), 0), recordings(8), LocalLearning(1), "cpu")


@needs_torch
def test_a_batch_teaches_the_same() -> None:
    network, given, learning = random_layers(parse_description(NET), 0), recordings(24), LocalLearning(1, 24, 1e-2)
    there, here = train_accelerated(network, given, learning, "cpu"), train_layers(network, given, learning)
    for name in ("weights", "biases"):
        for number in (0, 1):  # an output layer's softmax is another
            found, expected = getattr(there, name)[number], getattr(here, name)[number]
            assert found == pytest.approx(expected, abs=1e-5)
            assert not (expected == getattr(network, name)[number]).all()


@needs_torch
def test_it_learns_as_well() -> None:
    network, test = random_layers(parse_description(NET), 0), recordings(60, seed=1)
    learned = train_accelerated(network, recordings(240), LocalLearning(30, 24, 1e-2, regularisation=0.0), "cpu")
    assert accuracy(scores(learned, test, np.arange(60)), test) > 0.85


@needs_torch
def test_a_device_that_is_not_there_is_refused_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"^the device must be one that PyTorch has, not 'abacus' \(") as caught:
        train_accelerated(random_layers(parse_description(NET), 0), recordings(8), LocalLearning(1), "abacus")
    assert "\n" not in str(caught.value)
