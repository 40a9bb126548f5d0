"""Run a quantised network: many images for their spike counts, or some with every internal node kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.graph import LAYER, graph_of, layer_driver, program_of
from fxsnn.competitive.quantised import SITES, QuantisedNetwork, site_registers
from fxsnn.data.encode import Spikes
from fxsnn.engine.parts import in_parts
from fxsnn.errors import ConfigError, OverflowDetectedError
from fxsnn.frozen import KERNELS_TAKE, freeze
from fxsnn.graph.counted import COUNTS
from fxsnn.graph.drive import TOGETHER, Lists, Written, index_type
from fxsnn.graph.run import Kept, counts, run
from fxsnn.graph.run import traces as traces_of_graph
from fxsnn.graph.starting import REST, Start
from fxsnn.kernels import layer
from fxsnn.number.modes import Overflow

NODES = ("sum", "current", "leaked", "integrated", "after_reset", "membrane", "refractory", "spike")
_CALLED = dict(zip(("current", "leaked", "integrated", "after_reset", "_pulled"), SITES, strict=True))  # by its name
_RASTERS = 64  # images whose raster is made at a time


@dataclass(frozen=True, slots=True)
class Trace:
    """Every internal node of one presentation, raw int64[steps, neurons] each.

    `sum` is the exact synaptic sum (where every addition is cast: the last partial sum), `current` the sum
    after its cast, `leaked` the membrane after the leak (exact where the update is fused), `integrated`
    the membrane before the comparison, `after_reset` the one before inhibition, `membrane` the one at the
    end of the step, `refractory` the counter then, `spike` 0 or 1. `draws` holds what each stochastic cast
    added, 0 where there was none, and `registers` the LFSRs after each step, int64[steps, sites].
    """

    nodes: dict[str, NDArray[np.int64]]
    draws: dict[str, NDArray[np.int64]]  # only sites that round stochastically
    registers: NDArray[np.int64]
    counts: dict[str, dict[str, int]]  # by site: casts, inexact, ties, overflows
    spikes: int

    def __post_init__(self) -> None:
        freeze(self)


def respond(network: QuantisedNetwork, spikes: Spikes, threads: int = 1, start: Start = REST) -> NDArray[np.int32]:
    """Return how often each neuron fires for each image, int32[images, neurons].

    The result does not depend on `threads`, on the order of the images or on what else is in the batch.

    start    what each image begins with: states of `graph_of`

    Raises
    ------
    WidthError
        An exact intermediate could leave int64.
    ConfigError
        The spikes have another number of inputs than the network.
    OverflowDetectedError
        A signal's overflow mode is `error` and a value left it.
    """
    driver, steps = layer_driver(network), spikes.steps
    _check_inputs(network, spikes.inputs)
    responses = np.zeros((spikes.images, network.neurons), dtype=np.int32)
    if start.words or _may_refuse(network):
        graph = graph_of(network)
        for some, begun in start.along(_parts(range(spikes.images))):
            with _casts_named():
                responses[some.start : some.stop] = run(graph, spikes.part(some).raster(), threads, begun.words).said
        return responses

    def part(first: int, last: int) -> None:
        starts = spikes.starts[first * steps : last * steps + 1]
        driver.run(Written(responses[first:last]), last - first, steps, starts, spikes.indices)

    in_parts(part, spikes.images, threads)
    return responses


def run_raster(network: QuantisedNetwork, raster: NDArray[np.uint8], threads: int = 1) -> NDArray[np.uint8]:
    """Return the spikes of each neuron at each step, uint8[images, steps, neurons], for raw input spikes.

    raster    uint8[images, steps, inputs], 0 or 1

    Raises as `respond` does, and ConfigError if the raster is anything else.
    """
    driver = layer_driver(network)
    _check_raster(raster)
    active = np.require(raster, requirements=KERNELS_TAKE)
    images, steps, inputs = raster.shape
    _check_inputs(network, inputs)
    if _may_refuse(network):
        respond(network, spikes_of(raster))
    out = np.empty((images, steps, network.neurons), dtype=np.uint8)

    def part(first: int, last: int) -> None:
        together = min(TOGETHER, last - first)
        lists = Lists(together * steps, inputs)
        for n in range(first, last, together):
            some = slice(n, min(n + together, last))
            listed = lists.of(active[some].reshape(-1, inputs))
            driver.run(Written(emitted=out[some]), len(out[some]), steps, *listed)

    in_parts(part, images, threads)
    return out


def spikes_of(raster: NDArray[np.uint8]) -> Spikes:
    """Return a raw raster, uint8[images, steps, inputs] of 0 and 1, as lists of active inputs."""
    _check_raster(raster)
    images, steps, inputs = raster.shape
    starts = np.empty(images * steps + 1, dtype=np.int64)
    indices = np.empty(int(np.count_nonzero(raster)) + 8, dtype=index_type(inputs))
    events = layer.gather(
        starts, indices, np.require(raster, requirements=KERNELS_TAKE).reshape(images * steps, inputs)
    )
    return Spikes(starts=starts, indices=indices[:events], images=images, steps=steps, inputs=inputs)


def emulate(network: QuantisedNetwork, spikes: Spikes, image: int = 0) -> Trace:
    """Run one image from a cleared layer and keep every node of every step; raises as `respond` does."""
    (trace,) = traces(network, spikes, range(image, image + 1))
    return trace


def traces(network: QuantisedNetwork, spikes: Spikes, images: range) -> Iterator[Trace]:
    """Yield of each of some images what `emulate` returns; several run together. Raises as `respond` does."""
    _check_inputs(network, spikes.inputs)
    graph = graph_of(network)
    for some in _parts(images):
        with _casts_named():
            for kept in traces_of_graph(graph, spikes.part(some).raster()):
                yield _trace(network, kept[LAYER])


def casts(network: QuantisedNetwork, spikes: Spikes, images: range, start: Start = REST) -> dict[str, dict[str, int]]:
    """Return how the casts of some images went, all together, by site as `Trace.counts`. Raises as `respond` does.

    start    as of `respond`, of all images
    """
    begun = start.part(slice(images.start, images.stop)).words
    _check_inputs(network, spikes.inputs)
    with _casts_named():
        found = counts(graph_of(network), spikes.part(images).raster(), begun)[LAYER]
    return _by_site(network, found)


def _by_site(network: QuantisedNetwork, counted: Mapping[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Return counts of casts by site; one that the neuron does not make has none."""
    neuron = program_of(network).neuron
    found = {SITES[one.stream]: counted[neuron.labelled(one)] for one in neuron.casts if one.stream is not None}
    return {site: found.get(site, dict.fromkeys(COUNTS, 0)) for site in SITES}


def _trace(network: QuantisedNetwork, kept: Kept) -> Trace:
    """Return what was kept of the population by the names of casts."""
    registers = np.tile(np.array([one.seed for one in site_registers(network.plan)], np.int64), (len(kept.emitted), 1))
    for stream, words in kept.registers.items():
        registers[:, stream] = words
    return Trace(
        nodes={name: kept.nodes[name] for name in NODES},
        draws={SITES[stream]: words for stream, words in sorted(kept.draws.items())},
        registers=registers,
        counts=_by_site(network, kept.counts),
        spikes=int(kept.emitted.sum()),
    )


def _may_refuse(network: QuantisedNetwork) -> bool:
    return Overflow.ERROR in (network.plan["accumulator"].overflow, network.plan["membrane"].overflow)


@contextmanager
def _casts_named() -> Iterator[None]:
    """Name the cast of which a value left its format as `SITES` does."""
    try:
        yield
    except OverflowDetectedError as error:
        cast, of, rest = str(error).partition(f" of {LAYER} ")
        raise OverflowDetectedError(f"{_CALLED[cast]} {rest}" if of else str(error)) from None


def _parts(images: range) -> Iterator[range]:
    return (images[n : n + _RASTERS] for n in range(0, len(images), _RASTERS))


def _check_inputs(network: QuantisedNetwork, inputs: int) -> None:
    if inputs != network.inputs:
        raise ConfigError(f"spikes must be of {network.inputs} inputs, not {inputs}")


def _check_raster(raster: NDArray[np.uint8]) -> None:
    if raster.ndim != 3 or raster.dtype != np.uint8:
        raise ConfigError(f"a raster must be uint8[images, steps, inputs], not {raster.dtype}{list(raster.shape)}")
    if raster.size and raster.max() > 1:
        raise ConfigError(f"a raster must hold 0 and 1, not {raster.max()}")
