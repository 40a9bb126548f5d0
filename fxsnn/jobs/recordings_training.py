"""What `fxsnn train` and `refine` do with files of layered networks, which learn in float or in integers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fxsnn.data.events import SPLITS
from fxsnn.data.learned import NOTHING_KNOWN, Learned, load_learned
from fxsnn.data.recordings import Recordings
from fxsnn.decolle.accelerated import train_accelerated
from fxsnn.decolle.description import Description
from fxsnn.decolle.inventory import decolle_memory, decolle_while_learning
from fxsnn.decolle.itq import IntegerLearning, train_in_integers
from fxsnn.decolle.itq_plan import Lesson, plan_learning
from fxsnn.decolle.learn import LocalLearning, train_layers
from fxsnn.decolle.network import DecolleNetwork, random_layers, save_layers
from fxsnn.decolle.plan import decolle_plan_text
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.engine.progress import Progress
from fxsnn.errors import ConfigError
from fxsnn.io.files import check_output, write_text
from fxsnn.measure.memory import Memory
from fxsnn.measure.overflows import Overflows, overflowing_in
from fxsnn.measure.score import Measured
from fxsnn.networks.described import decolle_in, read_described
from fxsnn.networks.words import plan_of_layers
from fxsnn.recordings.bench import Lessons, casts, learned_and_held_out, measured, measured_float
from fxsnn.recordings.splits import check_unlearned, learned_recordings, open_split


def read_description(path: Path) -> Description:
    """Read the description of a network of layers; raises FileError or ConfigError, one line."""
    described = read_described(path)
    if not isinstance(described, Description):
        raise ConfigError(f"a network that learns from recordings must be of layers, {str(path)!r} is of one layer")
    return described


def train_events(
    out: Path,
    description: Path,
    data: Path,
    learning: LocalLearning,
    words: Words | None,
    device: str | None,
    workers: int,
    progress: Progress,
) -> Measured:
    """Train a network on training recordings of a folder, save it, and measure it in float on the test recordings.

    Of every eight training recordings the last one is left out, for exploration. With `words` the network learns on as
    it will be quantised by them (straight-through, float master weights), and the plan is written beside it. On a
    `device` of PyTorch's it learns as `accelerated.train_accelerated` says.
    """
    described = read_description(description)
    train, test, learned = _lessons(data, described)
    network = train_in_float(described, train, learning, workers, progress, device)
    if words:
        plan = plan_layers(network, words)
        network = Lessons(train, learning).learned(network, plan)
        write_text(out.with_suffix(".toml"), decolle_plan_text(plan))
    save_layers(network, out, learned)
    return measured_float(network, test)


def refine_events(
    network: Path, plan: Path, out: Path, data: Path, learning: LocalLearning, workers: int, progress: Progress
) -> Measured:
    """Let a network learn on through the quantisation of a plan, save it, and measure it in integers.

    It learns from what candidates of the scheme straight-through learn from: with the same settings it is one of them.
    """
    check_output(out, network, plan)
    layers = decolle_in(network)
    words = plan_of_layers(plan)
    train, test, learned = _lessons(data, layers.description)
    check_unlearned(network, test)
    refined = Lessons(train, learning).learned(layers, words, partial(progress, "train"))
    score = measured(quantise_layers(refined, words), test, workers)
    save_layers(refined, out, _learned_before(network).and_then(learned))
    return score


@dataclass(frozen=True, slots=True, eq=False)
class EventsLearned:
    """A network that learned in integers: what it is worth in integers, and what it stores, inferring and learning."""

    fixed: Measured
    memory: Memory
    while_learning: Memory
    overflows: Overflows  # shares of casts; see `overflows.above`


def learn_events(
    out: Path,
    description: Path,
    data: Path,
    learning: LocalLearning,
    words: Words,
    lesson: Lesson,
    trained: Path | None,
    workers: int,
    progress: Progress,
) -> EventsLearned:
    """Train a network in integers on training recordings of a folder, and write it and the plan that it learned by.

    It begins with random weights, or with those of the network `trained`. Of every eight training recordings the last
    one is left out. The rate is taken as the power of two that is nearest. Measured in integers, on test recordings.
    """
    described, integers = read_description(description), IntegerLearning.like(learning)
    network = decolle_in(trained) if trained else random_layers(described, learning.seed)
    if network.description != described:
        raise ConfigError(f"a network to learn on from must be of {str(description)!r}, {str(trained)!r} is of another")
    train, test, lessons = _lessons(data, described)
    if trained:
        check_unlearned(trained, test)
    plan = plan_learning(network, words, lesson, trained=trained is not None)
    found = train_in_integers(network, train, plan, integers, partial(progress, "train"))
    write_text(out.with_suffix(".toml"), decolle_plan_text(plan))
    save_layers(found, out, _learned_before(trained).and_then(lessons) if trained else lessons)
    quantised = quantise_layers(found, plan)
    learned = decolle_while_learning(quantised, integers.rate, integers.halvings)
    overflows = overflowing_in(casts(quantised, test))
    return EventsLearned(measured(quantised, test, workers), decolle_memory(quantised), learned, overflows)


def _lessons(data: Path, described: Description) -> tuple[Recordings, Recordings, Learned]:
    """Return the recordings to learn from, those to test on, and what a network has learned from then."""
    train, test = (open_split(data, split, described) for split in SPLITS)
    train, held_out = learned_and_held_out(train)
    return train, test, learned_recordings(train, [test, held_out])


def _learned_before(network: Path) -> Learned:
    return load_learned(network) or NOTHING_KNOWN


def train_in_float(
    described: Description,
    train: Recordings,
    learning: LocalLearning,
    workers: int,
    progress: Progress,
    device: str | None = None,
) -> DecolleNetwork:
    """Train a new network, in so many threads or on a device of PyTorch's."""
    network = random_layers(described, learning.seed)

    done = partial(progress, "train")
    if device:
        return train_accelerated(network, train, learning, device, done)
    return train_layers(network, train, learning, done, threads=workers)
