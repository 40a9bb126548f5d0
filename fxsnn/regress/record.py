"""One configuration run: digests of every word, step by step, so that the first that changes can be named."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.emulate import emulate, respond, spikes_of
from fxsnn.competitive.quantised import SITES, QuantisedNetwork, quantise
from fxsnn.data.encode import Spikes, encode
from fxsnn.digits.splits import Splits, part
from fxsnn.errors import ConfigError, FileError, FxsnnError
from fxsnn.measure.score import score
from fxsnn.regress.layers import LayersConfiguration
from fxsnn.regress.listed import Configuration, Listed
from fxsnn.regress.populations import GraphConfiguration, answers_of, arrays_of, nodes_of

# the nodes of a step in the order in which they come to be; a cast's draw comes before its result
ORDER = (
    *("sum", "accumulate draw", "current", "leak draw", "leaked", "integrate draw", "integrated"),
    *("spike", "reset draw", "after_reset", "refractory", "inhibit draw", "membrane", "lfsr"),
)
SHORT = 8  # hexadecimal digits of the digest of a node in one step; `words` is over everything, in full


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a configuration was and what it gave."""

    configuration: dict[str, str]
    constants: dict[str, str] = {}  # arrays by their digest, all others by their raw word
    inputs: str = ""  # SHORT digits an image
    nodes: list[dict[str, str]] = []  # by traced image and node: SHORT digits a step
    responses: str = ""  # SHORT digits an image: the spike counts of the neurons
    spikes: int = 0
    correct: int | None = None
    images: int | None = None  # of which `correct` are right
    words: str = ""  # SHA-256 over constants, inputs, nodes and responses
    refused: str = ""  # why it does not run


def record(configuration: Listed, splits: Callable[[bool], Splits]) -> Record:
    """Run a configuration; `splits` gives the images, those of the full MNIST for True.

    What the emulator refuses (a width, an overflow whose mode is `error`) is recorded as such.

    Raises
    ------
    FileError, ConfigError
        The images are not there, or are fewer than the configuration asks for.
    """
    described = configuration.described()
    if not isinstance(configuration, Configuration):
        return _record_graph(configuration, described)
    spikes, digits = _inputs(configuration, splits)
    try:
        network = quantise(configuration.network, configuration.plan)
        responses = respond(network, spikes)
        full = hashlib.sha256()
        constants = _constants(network, full)
        inputs = _each(spikes.raster(), full)
        nodes = [_traced(network, spikes, image, full) for image in range(configuration.traced)]
        counts = _each(responses, full)
        correct = _correct(configuration, network, responses, digits) if digits else None
    except FileError:
        raise
    except FxsnnError as error:
        return Record(described, refused=f"{type(error).__name__}: {error}")
    return Record(
        described,
        constants,
        inputs,
        nodes,
        counts,
        int(responses.sum()),
        correct,
        None if correct is None else configuration.images,
        full.hexdigest(),
    )


def _record_graph(configuration: GraphConfiguration | LayersConfiguration, described: dict[str, str]) -> Record:
    full = hashlib.sha256()
    try:
        network, presented = configuration.quantised(), configuration.presented()
        constants = {
            name: _short(words, full) if words.ndim else str(words.item()) for name, words in arrays_of(network)
        }
        full.update(repr(constants).encode())
        inputs = _each(presented.words, full)
        nodes = [
            {name: _each(rows, full) for name, rows in nodes_of(network, one)}
            for one in presented.words[: configuration.traced]
        ]
        answers = answers_of(network, presented)
    except FileError:
        raise
    except FxsnnError as error:
        return Record(described, refused=f"{type(error).__name__}: {error}")
    responses = _each(answers.words, full)
    images = None if answers.correct is None else len(presented)
    return Record(
        described, constants, inputs, nodes, responses, answers.spikes, answers.correct, images, full.hexdigest()
    )


def _inputs(configuration: Configuration, splits: Callable[[bool], Splits]) -> tuple[Spikes, Splits | None]:
    inputs, images = len(configuration.network.weights), configuration.images
    if configuration.data == "random":
        return spikes_of(configuration.random.spikes(images, inputs)), None
    digits = splits(configuration.data == "mnist")
    pixels = part(digits.test, 0, images).images
    if pixels.shape[1] != inputs:
        raise ConfigError(
            f"configuration {configuration.name!r} must have {pixels.shape[1]} inputs, one a pixel, not {inputs}"
        )
    if configuration.labelling > len(digits.labelling):
        raise ConfigError(
            f"configuration {configuration.name!r}: labelling must be at most {len(digits.labelling)} images, "
            f"not {configuration.labelling}"
        )
    return encode(pixels, configuration.network.coding), digits


def _constants(network: QuantisedNetwork, full: Any) -> dict[str, str]:
    arrays = {name: getattr(network, name) for name in ("weights", "theta")}
    constants = {name: _short(words, full) for name, words in arrays.items()}
    for name in ("threshold", "factor", "inhibition", "floor", "reset_value"):
        constants[name] = str(getattr(network, name))
    full.update(repr(constants).encode())
    return constants


def _traced(network: QuantisedNetwork, spikes: Spikes, image: int, full: Any) -> dict[str, str]:
    trace = emulate(network, spikes, image)
    nodes = {**trace.nodes, **{f"{site} draw": words for site, words in trace.draws.items()}}
    if trace.draws:
        nodes["lfsr"] = trace.registers[:, [n for n, site in enumerate(SITES) if site in trace.draws]]
    return {name: _each(nodes[name], full) for name in ORDER if name in nodes}


def _each(rows: Iterable[NDArray[Any]], full: Any) -> str:
    """Return the short digests of a number of arrays, one after the other."""
    return "".join(_short(row, full) for row in rows)


def _short(words: NDArray[Any], full: Any) -> str:
    data = np.ascontiguousarray(words, dtype="<i8").tobytes()
    full.update(data)
    return hashlib.sha256(data).hexdigest()[:SHORT]


def _correct(
    configuration: Configuration, network: QuantisedNetwork, responses: NDArray[np.int32], digits: Splits
) -> int | None:
    """Return how many images neurons classify right that got their classes from their responses to other images."""
    if not configuration.labelling:
        return None
    known = part(digits.labelling, 0, configuration.labelling)
    learned = respond(network, encode(known.images, configuration.network.coding))
    return score(learned, known.labels, responses, digits.test.labels[: configuration.images]).correct
