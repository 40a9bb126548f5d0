"""The images on which networks of one layer are compared and measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fxsnn.competitive import emulate, learn
from fxsnn.competitive.network import Network
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.competitive.ranges import Ranges, profile
from fxsnn.competitive.watching import reference
from fxsnn.data.digits import Images
from fxsnn.data.encode import Spikes, encode
from fxsnn.digits.evaluate import Task
from fxsnn.digits.splits import Splits, labelling_task
from fxsnn.engine.progress import Progress
from fxsnn.measure.score import Score, cross_validate, score

PROFILED = 64  # images whose signals' ranges are looked at


def prepare(network: Network, splits: Splits, workers: int) -> tuple[Task, Score]:
    """Encode the images that candidates are compared on, and cross-validate the float network on them."""
    task = labelling_task(splits, network.coding)
    responses = learn.respond(network, task.spikes, workers)
    task = replace(task, float_net=reference(network, task.spikes, responses))
    return task, cross_validate(responses, task.labels, task.folds, task.rule)


def measured_ranges(network: Network, splits: Splits) -> Ranges:
    """Return how large each signal grows on the first training images."""
    return profile(network, encode(splits.training.images[:PROFILED], network.coding))


def measure(network: Network | QuantisedNetwork, task: Task, test: Spikes, images: Images, workers: int) -> Score:
    """Label the neurons by all of the task's images and measure on the test images."""
    run = emulate.respond if isinstance(network, QuantisedNetwork) else learn.respond
    labelling, held_out = (run(network, spikes, workers) for spikes in (task.spikes, test))  # type: ignore[arg-type]
    return score(labelling, task.labels, held_out, images.labels, task.rule)


def measure_all(
    network: Network,
    networks: Mapping[str, QuantisedNetwork],
    task: Task,
    splits: Splits,
    workers: int,
    progress: Progress,
) -> dict[str, Score]:
    """Measure the float network, by the name `float`, and quantised networks on the test images."""
    test = encode(splits.test.images, network.coding)
    tests = {"float": measure(network, task, test, splits.test, workers)}
    for n, (name, quantised) in enumerate(networks.items()):
        tests[name] = measure(quantised, task, test, splits.test, workers)
        progress("test", n + 1, len(networks))
    return tests


def about(splits: Splits) -> str:
    """Say in words on what and how accuracies are measured."""
    return f"{len(splits.labelling):,} training images (of {splits.name}), by 4-fold cross-validation"
