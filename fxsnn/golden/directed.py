"""Stimuli that reach the corners: short presentations from states and inputs that are aimed at them.

What is aimed may miss, so each presentation is run, and kept only if it reaches a corner that none before
it did. The draws are of PCG64's raw words: the same stimuli on every machine, with every version of NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import OverflowDetectedError
from fxsnn.frozen import freeze
from fxsnn.golden.corners import cast_corners, coverage
from fxsnn.golden.reach import impossible
from fxsnn.golden.stimuli import Stimuli, play
from fxsnn.prepare import prepare, rounded, sites_of
from fxsnn.quantised import QuantisedNetwork
from fxsnn.width import limits

STEPS = 4  # of a presentation
TRIALS = 1500
PATIENCE = 300  # trials in a row without a new corner, after which the search ends
_ORDERS = 48  # orders in which inputs are added up, in search of sums at corners of their cast


class Draws:
    """Integers that are the same everywhere."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def below(self, bound: int, size: int) -> NDArray[np.int64]:
        """Return int64[size] from 0 to bound - 1, for bounds below 2**31 nearly uniform."""
        return ((self._bits.random_raw(size) >> 33).astype(np.int64) * bound) >> 31

    def one(self, bound: int) -> int:
        """Return one integer from 0 to bound - 1."""
        return int(self.below(bound, 1)[0])

    def word(self, low: int, high: int, size: int) -> NDArray[np.int64]:
        """Return words from low to high."""
        raw = (self._bits.random_raw(size) >> 2).astype(np.int64)
        return low + raw % min(high - low + 1, 1 << 62)

    def order(self, size: int) -> NDArray[np.int64]:
        """Return an order of `size` things."""
        return np.argsort(self._bits.random_raw(size), kind="stable")


@dataclass(frozen=True, slots=True, eq=False)
class _Aims:
    """What presentations are put together from."""

    network: QuantisedNetwork
    rows: list[NDArray[np.uint8]]  # input spikes whose sums lie at corners
    targets: NDArray[np.float64]  # of the membrane before the comparison, in its raw words, [targets, neurons]

    def __post_init__(self) -> None:
        freeze(self)


def directed(network: QuantisedNetwork, seed: int = 0, trials: int = TRIALS) -> Stimuli | None:
    """Return short presentations that together reach every corner that the search found a way to.

    None if there is no corner left to reach, which no network of one or more inputs is known to have.
    """
    draws, cannot = Draws(seed), impossible(network)
    aims = _aims(network, draws)
    found: Stimuli | None = None
    reached: set[str] = set()
    since = 0
    for _ in range(trials):
        trial = _presentation(aims, draws)
        try:
            covered = coverage(network, trial, play(network, trial))
        except OverflowDetectedError:  # under the overflow mode `error`
            covered = {}
        new = {name for name, corner in covered.items() if corner.count} - reached
        since = 0 if new else since + 1
        if new:
            reached |= new
            found = trial if found is None else found.then(trial)
        if since > PATIENCE or (covered and not covered.keys() - reached - cannot.keys()):
            break
    return found


def _aims(network: QuantisedNetwork, draws: Draws) -> _Aims:
    path, fmt = prepare(network).path, network.plan.membrane.format
    unit, levels = 1 << path.compare_left, limits(network)
    ends = [fmt.lowest, fmt.lowest - 1, 2 * fmt.lowest, fmt.highest, fmt.highest + 1, 2 * fmt.highest, 0, -1]
    targets = [np.full(network.neurons, end, dtype=np.float64) for end in ends]
    targets += [levels / unit + offset for offset in (-1, 0, 0, 0, 1)]
    targets.append((levels / unit + fmt.highest) / 2)
    site = sites_of(network)["inhibit"]
    pull = network.inhibition * 2.0 ** (site.left_other - site.left)
    targets += [np.full(network.neurons, pull + end) for end in (fmt.lowest - 1, fmt.lowest, network.floor)]
    rows = [np.zeros(network.inputs, np.uint8), np.ones(network.inputs, np.uint8)]
    if network.plan.accumulate == "exact":
        rows += _sums_at_corners(network, draws)
    return _Aims(network, rows, np.array(targets))


def _sums_at_corners(network: QuantisedNetwork, draws: Draws) -> list[NDArray[np.uint8]]:
    """Return input spikes whose sums reach corners of the accumulator's cast."""
    site, rows, reached = sites_of(network)["accumulate"], [], set()
    for trial in range(_ORDERS):
        order = draws.order(network.inputs)
        if trial % 3:  # of one sign for one neuron: far up or down
            weights = network.weights[order, draws.one(network.neurons)]
            order = order[weights > 0 if trial % 3 == 1 else weights < 0]
        if not len(order):
            continue
        sums = np.cumsum(network.weights[order], axis=0) << site.left
        # a register drawn for a search would not be the layer's: any draw will do to look for sums
        anything = draws.word(0, (1 << site.right) - 1, sums.size).reshape(sums.shape) if site.draw_bits else None
        for corner, where in cast_corners(site, sums, anything):
            if corner not in reached and where.any():
                reached.add(corner)
                row = np.zeros(network.inputs, np.uint8)
                row[order[: int(np.unravel_index(int(where.argmax()), where.shape)[0]) + 1]] = 1
                rows.append(row)
    return rows


def _presentation(aims: _Aims, draws: Draws) -> Stimuli:
    network = aims.network
    raster = np.stack([_row(aims, draws) for _ in range(STEPS)])
    refractory = np.zeros(network.neurons, dtype=np.int64)
    if network.refractory_steps and draws.one(2):
        some = draws.below(4, network.neurons) == 0
        least = draws.word(1, network.refractory_steps, network.neurons)
        refractory = np.where(some, np.where(draws.below(2, network.neurons) == 0, 1, least), 0)
    return Stimuli(raster, (STEPS,), _membranes(aims, draws, raster[0])[None], refractory[None])


def _row(aims: _Aims, draws: Draws) -> NDArray[np.uint8]:
    network, kind = aims.network, draws.one(8)
    if kind < 4:
        return aims.rows[draws.one(len(aims.rows))]
    if kind == 4:  # of one sign for one neuron
        weights = network.weights[:, draws.one(network.neurons)]
        chosen = weights > 0 if draws.one(2) else weights < 0
        return (chosen & (draws.below(8, network.inputs) > draws.one(8))).astype(np.uint8)
    few = draws.one(network.inputs + 1) if kind < 7 else 1
    return (draws.below(network.inputs, network.inputs) < few).astype(np.uint8)


def _membranes(aims: _Aims, draws: Draws, row: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return membranes to begin with: each neuron aims at something else."""
    network = aims.network
    fmt, neurons = network.plan.membrane.format, network.neurons
    corners = np.array([fmt.lowest, fmt.lowest + 1, -1, 0, 1, fmt.highest - 1, fmt.highest])
    corners = corners[(corners >= fmt.lowest) & (corners <= fmt.highest)]
    powers = (2 * draws.word(-64, 63, neurons) + 1) << draws.below(min(fmt.word, 50), neurons)
    aimed = _before(aims, row)[draws.below(len(aims.targets), neurons), np.arange(neurons)]
    near = np.clip(aimed, max(fmt.lowest, -(1 << 62)), min(fmt.highest, 1 << 62)).astype(np.int64)
    near += draws.word(-1, 1, neurons)
    choices = [
        corners[draws.below(len(corners), neurons)],
        draws.word(fmt.lowest, fmt.highest, neurons),
        powers,  # a tie needs a word that ends in one 1 and zeros
        *[near] * 3,
    ]
    if draws.one(4) == 0:  # all neurons alike: candidates of equal excess
        choices = choices[3:4]
    chosen = np.stack(choices)[draws.below(len(choices), neurons), np.arange(neurons)]
    begin: NDArray[np.int64] = np.clip(chosen, fmt.lowest, fmt.highest)
    return begin


def _before(aims: _Aims, row: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return about which membranes become the targets in one step with these input spikes."""
    network = aims.network
    plan, path, site = network.plan, prepare(network).path, sites_of(network)["integrate"]
    sums = row.astype(np.int64) @ network.weights
    accumulate = sites_of(network)["accumulate"]
    current = sums * 2.0 ** (plan.accumulator.format.frac - plan.weight.format.frac)
    if plan.accumulate == "exact" and not accumulate.draw_bits:
        current = np.clip(rounded(sums << accumulate.left, accumulate, None), accumulate.lowest, accumulate.highest)
    kept = 1.0
    if plan.leak.kind == "multiply":
        kept = path.factor * 2.0**-plan.leak.factor.format.frac
    elif plan.leak.kind == "shift":
        kept = 1 - 2.0**-plan.leak.shift
    heard = current * 2.0 ** (site.left_other - site.right)
    before: NDArray[np.float64] = np.round((aims.targets - heard) / (kept or 1.0))
    return before
