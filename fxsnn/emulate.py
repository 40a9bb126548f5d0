"""Run a quantised network: many images for their spike counts, or one with every internal node kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.encode import Spikes
from fxsnn.errors import ConfigError, OverflowDetectedError
from fxsnn.kernels import layer, lif
from fxsnn.modes import Overflow
from fxsnn.quantise import SITES, QuantisedNetwork, site_registers
from fxsnn.width import datapath, lanes_for, limits

NODES = ("sum", "current", "leaked", "integrated", "membrane", "refractory", "spike")  # in the kernels' order


@dataclass(frozen=True, slots=True)
class Trace:
    """Every internal node of one presentation, raw int64[steps, neurons] each.

    `sum` is the exact synaptic sum (where every addition is cast: the last partial sum), `current` the sum
    after its cast, `leaked` the membrane after the leak (exact where the update is fused), `integrated`
    the membrane before the comparison, `membrane` the one after reset and inhibition, `refractory` the
    counter after the step, `spike` 0 or 1. `draws` holds what each stochastic cast added, 0 where there
    was none, and `registers` the LFSRs after each step, int64[steps, sites].
    """

    nodes: dict[str, NDArray[np.int64]]
    draws: dict[str, NDArray[np.int64]]  # only sites that round stochastically
    registers: NDArray[np.int64]
    counts: dict[str, dict[str, int]]  # by site: casts, inexact, ties, overflows
    equalities: int  # membranes that met their threshold exactly
    spikes: int


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
    return _run(network, spikes, threads, raster=False)[0]


def run_raster(network: QuantisedNetwork, raster: NDArray[np.uint8], threads: int = 1) -> NDArray[np.uint8]:
    """Return the spikes of each neuron at each step, uint8[images, steps, neurons], for raw input spikes.

    raster    uint8[images, steps, inputs], 0 or 1

    Raises as `respond` does.
    """
    return _run(network, spikes_of(raster), threads, raster=True)[1]


def spikes_of(raster: NDArray[np.uint8]) -> Spikes:
    """Return a raw raster, uint8[images, steps, inputs] of 0 and 1, as lists of active inputs."""
    if raster.ndim != 3 or raster.dtype != np.uint8:
        raise ConfigError(f"a raster must be uint8[images, steps, inputs], not {raster.dtype}{list(raster.shape)}")
    if raster.size and raster.max() > 1:
        raise ConfigError(f"a raster must hold 0 and 1, not {raster.max()}")
    images, steps, inputs = raster.shape
    starts = np.empty(images * steps + 1, dtype=np.int64)
    indices = np.empty(int(np.count_nonzero(raster)) + 1, dtype=np.uint16 if inputs <= 1 << 16 else np.int64)
    events = layer.gather(starts, indices, np.ascontiguousarray(raster).reshape(images * steps, inputs))
    return Spikes(starts=starts, indices=indices[:events], images=images, steps=steps, inputs=inputs)


def emulate(network: QuantisedNetwork, spikes: Spikes, image: int = 0) -> Trace:
    """Run one image and keep every node of every step; raises as `respond` does."""
    path = datapath(network)
    _check_inputs(network, spikes)
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
        network.weights.astype(np.int64),  # a copy of one type for every plan
        spikes.starts[first : first + spikes.steps + 1],
        spikes.indices,
        limits(network),
        path,
        _seeds(network),
        network.plan.lfsr.tap_array(),
    )
    _refuse_overflows(network, counts)
    sites = dict(zip(SITES, (path.each if path.cast_each else path.accumulate, *path[2:6]), strict=True))
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


def _run(
    network: QuantisedNetwork, spikes: Spikes, threads: int, *, raster: bool
) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    path = datapath(network)
    _check_inputs(network, spikes)
    if threads < 1:
        raise ConfigError(f"threads must be 1 or more, not {threads}")
    if _errors(network):
        for image in range(spikes.images):
            emulate(network, spikes, image)
    lanes = lanes_for(network.plan.weight.format, network.inputs)
    weights, bars = network.weights.astype(lanes.weights), limits(network)
    responses = np.zeros((spikes.images, network.neurons), dtype=np.int32)
    out = np.zeros((spikes.images if raster else 0, spikes.steps, network.neurons), dtype=np.uint8)
    seeds, taps = _seeds(network), network.plan.lfsr.tap_array()
    stochastic = any(site.draw_bits for site in path[:6])

    def part(first: int, last: int) -> None:
        room: dict[str, Any] = {name: np.zeros(network.neurons, dtype=np.int64) for name in ("sums", "v")}
        layer.respond(
            responses[first:last],
            out[first:last] if raster else None,
            weights,
            spikes.starts[first * spikes.steps : last * spikes.steps + 1],
            spikes.indices,
            spikes.steps,
            bars,
            path,
            lanes.chunk,
            np.zeros(network.neurons, dtype=lanes.sums),
            room["sums"],
            room["v"],
            np.zeros(network.neurons, dtype=np.int64) if network.refractory_steps else None,
            np.zeros(network.neurons, dtype=np.uint8),
            seeds,
            np.zeros(len(SITES), dtype=np.int64),
            taps,
            np.zeros((len(SITES), network.neurons), dtype=np.int64) if stochastic else None,
        )

    edges = [spikes.images * n // threads for n in range(threads + 1)]
    if threads == 1:
        part(0, spikes.images)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(part, edges[:-1], edges[1:]))
    return responses, out


def _seeds(network: QuantisedNetwork) -> NDArray[np.int64]:
    return np.array([register.seed for register in site_registers(network.plan)], dtype=np.int64)


def _check_inputs(network: QuantisedNetwork, spikes: Spikes) -> None:
    if spikes.inputs != network.inputs:
        raise ConfigError(f"spikes must be of {network.inputs} inputs, not {spikes.inputs}")


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
