"""Run a quantised network: many images for their spike counts, or one with every internal node kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fxsnn.drive import TOGETHER, Driver, Lists, Written, index_type
from fxsnn.encode import Spikes
from fxsnn.errors import ConfigError, OverflowDetectedError
from fxsnn.frozen import KERNELS_TAKE, freeze
from fxsnn.kernels import layer, lif
from fxsnn.modes import Overflow
from fxsnn.prepare import prepare, sites_of, step_of
from fxsnn.quantised import SITES, QuantisedNetwork

# in the kernels' order
NODES = ("sum", "current", "leaked", "integrated", "after_reset", "membrane", "refractory", "spike")


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
    equalities: int  # membranes that met their threshold exactly
    spikes: int

    def __post_init__(self) -> None:
        freeze(self)


def respond(network: QuantisedNetwork, spikes: Spikes, threads: int = 1) -> NDArray[np.int32]:
    """Return how often each neuron fires for each image, int32[images, neurons].

    The result does not depend on `threads`, on the order of the images or on what else is in the batch.

    Raises
    ------
    WidthError
        An exact intermediate could leave int64.
    ConfigError
        The spikes have another number of inputs than the network.
    OverflowDetectedError
        A signal's overflow mode is `error` and a value left it.
    """
    driver, steps = _driver(network), spikes.steps
    _check_inputs(network, spikes.inputs)
    if _errors(network):
        for image in range(spikes.images):
            emulate(network, spikes, image)
    responses = np.zeros((spikes.images, network.neurons), dtype=np.int32)

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
    driver = _driver(network)
    _check_raster(raster)
    active = np.require(raster, requirements=KERNELS_TAKE)
    images, steps, inputs = raster.shape
    _check_inputs(network, inputs)
    if _errors(network):
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


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What a presentation begins with, where it is not a cleared layer: int64[neurons] each.

    `membrane` are words of the membrane's format, `refractory` counters from 0 to the refractory period.
    """

    membrane: NDArray[np.int64]
    refractory: NDArray[np.int64]

    def __post_init__(self) -> None:
        freeze(self)


def emulate(network: QuantisedNetwork, spikes: Spikes, image: int = 0, start: State | None = None) -> Trace:
    """Run one image, from a cleared layer or from `start`, and keep every node of every step.

    Raises as `respond` does, and ConfigError if `start` is of another size or holds what no state can be.
    """
    ready = prepare(network)
    _check_inputs(network, spikes.inputs)
    membrane, refractory = _start(network, start)
    nodes = np.zeros((spikes.steps, len(NODES), network.neurons), dtype=np.int64)
    drawn = np.zeros((spikes.steps, len(SITES), network.neurons), dtype=np.int64)
    registers = np.zeros((spikes.steps, len(SITES)), dtype=np.int64)
    counts = np.zeros((len(SITES) + 1, 4), dtype=np.int64)
    first = image * spikes.steps
    layer.record(
        nodes,
        drawn,
        registers,
        counts,
        membrane,
        refractory,
        np.pad(network.weights, ((0, 1), (0, 0))),  # int64 for every plan
        spikes.starts[first : first + spikes.steps + 1],
        spikes.indices,
        ready.limits,
        ready.path,
        ready.seeds,
        ready.taps,
    )
    _refuse_overflows(network, counts)
    sites = sites_of(network)
    return Trace(
        nodes={name: np.ascontiguousarray(nodes[:, n]) for n, name in enumerate(NODES)},
        draws={name: drawn[:, n] for n, name in enumerate(SITES) if sites[name].draw_bits},
        registers=registers,
        counts={
            name: {"casts": row[lif.CASTS], "inexact": row[0], "ties": row[1], "overflows": row[2]}
            for name, row in zip(SITES, counts.tolist(), strict=False)
        },
        equalities=int(counts[-1, 0]),
        spikes=int(counts[-1, 1]),
    )


def _start(network: QuantisedNetwork, start: State | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return membranes and counters to begin with, in arrays that may be overwritten."""
    if start is None:
        return np.zeros(network.neurons, dtype=np.int64), np.zeros(network.neurons, dtype=np.int64)
    membrane = network.plan.membrane.format
    bounds = {"membrane": (membrane.lowest, membrane.highest), "refractory": (0, network.refractory_steps)}
    for name, (lowest, highest) in bounds.items():
        words = getattr(start, name)
        if words.dtype != np.int64 or words.shape != (network.neurons,):
            raise ConfigError(
                f"{name} at the start must be int64[{network.neurons}], not {words.dtype}{[*words.shape]}"
            )
        wrong = words[(words < lowest) | (words > highest)]
        if len(wrong):
            raise ConfigError(f"{name} at the start must be {lowest} to {highest}, not {wrong[0]}")
    return start.membrane.copy(), start.refractory.copy()


def _driver(network: QuantisedNetwork) -> Driver:
    ready = prepare(network)
    return Driver(step_of(network), ready.rows, ready.seeds, ready.taps)


def in_parts(part: Callable[[int, int], None], images: int, threads: int) -> None:
    """Call part(first, last) for as many parts of the images as there are threads."""
    if threads < 1:
        raise ConfigError(f"threads must be 1 or more, not {threads}")
    threads = min(threads, images)
    if threads <= 1:
        part(0, images)
        return
    edges = [images * n // threads for n in range(threads + 1)]
    others = _helpers(threads - 1, os.getpid()).map(part, edges[1:-1], edges[2:])
    part(0, edges[1])
    list(others)  # raises what a part has raised


@lru_cache(maxsize=1)
def _helpers(threads: int, process: int) -> ThreadPoolExecutor:  # noqa: ARG001  (a fork inherits no threads)
    """Return threads that wait for work: to start them takes as long as a small batch."""
    return ThreadPoolExecutor(threads)


def _check_inputs(network: QuantisedNetwork, inputs: int) -> None:
    if inputs != network.inputs:
        raise ConfigError(f"spikes must be of {network.inputs} inputs, not {inputs}")


def _check_raster(raster: NDArray[np.uint8]) -> None:
    if raster.ndim != 3 or raster.dtype != np.uint8:
        raise ConfigError(f"a raster must be uint8[images, steps, inputs], not {raster.dtype}{list(raster.shape)}")
    if raster.size and raster.max() > 1:
        raise ConfigError(f"a raster must hold 0 and 1, not {raster.max()}")


def _errors(network: QuantisedNetwork) -> bool:
    return Overflow.ERROR in (network.plan.accumulator.overflow, network.plan.membrane.overflow)


def _refuse_overflows(network: QuantisedNetwork, counts: NDArray[np.int64]) -> None:
    plan = network.plan
    for row, name in enumerate(SITES):
        signal = plan.accumulator if name == "accumulate" else plan.membrane
        if signal.overflow is Overflow.ERROR and counts[row, lif.OVERFLOWS]:
            raise OverflowDetectedError(
                f"{name} must stay within {signal.format.describe()}, but left it {counts[row, lif.OVERFLOWS]} times"
            )
