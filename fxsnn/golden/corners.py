"""The corners that vectors must reach to find the usual faults of an RTL, and which of them were reached.

Random inputs hardly ever saturate, tie or meet a threshold exactly; vectors without those pass an RTL that
does them wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fxsnn.golden.stimuli import Played, Stimuli
from fxsnn.prepare import Site, limited, prepare, rounded, sites_of
from fxsnn.quantised import QuantisedNetwork
from fxsnn.width import limits

Where = NDArray[np.bool_]  # bool[rows, neurons], or [rows, additions, neurons] of a cast after every addition
Words = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reached:
    """How often a corner was reached, and the row and neuron of the first time (-1 if never)."""

    count: int
    row: int = -1
    neuron: int = -1


def coverage(network: QuantisedNetwork, stimuli: Stimuli, played: Played) -> dict[str, Reached]:
    """Return every corner that this network's configuration has, in a fixed order."""
    found: dict[str, Reached] = {}
    for presentation, (first, last) in enumerate(pairwise(stimuli.edges)):  # one at a time: the rows may be many
        for name, where in corners(network, stimuli.only(presentation), played.only(first, last)):
            before, count = found.get(name, Reached(0)), int(np.count_nonzero(where))
            if count and not before.count:
                place = np.unravel_index(int(where.argmax()), where.shape)
                before = Reached(0, first + int(place[0]), int(place[-1]))
            found[name] = replace(before, count=before.count + count)
    return found


def corners(network: QuantisedNetwork, stimuli: Stimuli, played: Played) -> Iterator[tuple[str, Where]]:
    """Yield each corner with where it was reached."""
    plan = network.plan
    v, refractory = played.before(stimuli, "membrane"), played.before(stimuli, "refractory")
    yield "input: no input is active", _by_row(stimuli.raster.sum(axis=1) == 0)
    yield "input: all inputs are active", _by_row(stimuli.raster.sum(axis=1) == network.inputs)
    for name, (made, exact, draws) in _casts(network, stimuli, played, v, refractory):
        site = sites_of(network)[name]
        for corner, where in cast_corners(site, exact, draws):
            yield f"{name}: {corner}", where & made
    fmt = plan.membrane.format
    yield "leak: the highest membrane", v == fmt.highest
    if fmt.signed:
        yield "leak: the most negative membrane", v == fmt.lowest
    if plan.leak.kind == "shift":
        dropped = (v & ((1 << plan.leak.shift) - 1)) != 0
        yield "leak: shifts bits out of a positive membrane", dropped & (v > 0)
        if fmt.signed:
            yield "leak: shifts bits out of a negative membrane", dropped & (v < 0)
    yield from _firing_corners(network, played, refractory)
    yield from _inhibition_corners(network, played)


def cast_corners(site: Site, exact: Words, draws: Words | None) -> Iterator[tuple[str, Where]]:
    """Yield the corners of one cast: what it drops, and where the result lies."""
    result = rounded(exact, site, draws)
    yield from _dropping_corners(site, exact, result)
    yield "at the top", result == site.highest
    yield "over the top", result > site.highest
    yield "far over the top", result > 2 * site.highest + 1
    if site.right:
        yield "rounds over the top", (result == site.highest + 1) & (exact >> site.right == site.highest)
    yield "at the bottom", result == site.lowest
    yield "one below the bottom", result == site.lowest - 1
    yield "under the bottom", result < site.lowest
    yield "far under the bottom", result < min(2 * site.lowest, -site.highest - 1)


def _dropping_corners(site: Site, exact: Words, result: Words) -> Iterator[tuple[str, Where]]:
    if not site.right:
        return
    floor = exact >> site.right
    rest, half = exact - (floor << site.right), (1 << site.right) >> 1
    for sign, signed in (("positive", exact > 0), ("negative", exact < 0)):
        if site.draw_bits:
            yield f"{sign}, the draw carries", signed & (result > floor)
            yield f"{sign}, the draw does not carry", signed & (result == floor) & (rest > 0)
            continue
        for parity, odd in (("even", 0), ("odd", 1)):
            yield f"{sign}, tie above an {parity} word", signed & (rest == half) & (floor & 1 == odd)
        if site.right > 1:
            yield f"{sign}, less than half a unit dropped", signed & (rest > 0) & (rest < half)
            yield f"{sign}, more than half a unit dropped", signed & (rest > half)


def _casts(
    network: QuantisedNetwork, stimuli: Stimuli, played: Played, v: Words, refractory: Words
) -> Iterator[tuple[str, tuple[Where, Words, Words | None]]]:
    """Yield each cast with where it was made, its exact value at its binary point, and what it drew."""
    nodes, draws, plan = played.nodes, played.draws, network.plan
    path, sites = prepare(network).path, sites_of(network)
    everywhere = np.ones(v.shape, dtype=np.bool_)
    if plan.accumulate == "exact":
        site = sites["accumulate"]
        yield "accumulate", (everywhere, nodes["sum"] << site.left, draws.get("accumulate"))
    elif not sites["accumulate"].draw_bits:  # partial sums that were rounded stochastically are not kept
        made, partial = partial_sums(network, stimuli)
        yield "accumulate", (made, partial, None)
    if plan.integrate == "two-casts" and plan.leak.kind == "multiply":
        yield "leak", (everywhere, v * path.factor, draws.get("leak"))
    site = sites["integrate"]
    heard = np.where((refractory > 0) & (network.refractory_input == "ignore"), 0, nodes["current"])
    exact = (nodes["leaked"] << site.left) + (heard << site.left_other)
    yield "integrate", (everywhere, exact, draws.get("integrate"))
    fired = nodes["spike"] > 0
    if network.reset == "subtract":
        site = sites["reset"]
        exact = (nodes["integrated"] << site.left) - (network.threshold << site.left_other)
        yield "reset", (fired, exact, draws.get("reset"))
    if network.inhibition:
        site, others = sites["inhibit"], fired.sum(axis=1, keepdims=True) - fired
        exact = (nodes["after_reset"] << site.left) - ((network.inhibition * others) << site.left_other)
        yield "inhibit", (others > 0, exact, draws.get("inhibit"))


def partial_sums(network: QuantisedNetwork, stimuli: Stimuli) -> tuple[Where, Words]:
    """Return the partial sums under the casts after every addition, and where one was made.

    int64[rows, most active inputs of a row, neurons]; for roundings that do not draw.
    """
    site = sites_of(network)["accumulate"]
    most = int(stimuli.raster.sum(axis=1).max())
    exact = np.zeros((stimuli.rows, max(most, 1), network.neurons), dtype=np.int64)
    made = np.zeros(exact.shape, dtype=np.bool_)
    for row in range(stimuli.rows):
        current = np.zeros(network.neurons, dtype=np.int64)
        for place, i in enumerate(np.flatnonzero(stimuli.raster[row])):
            exact[row, place] = (current << site.left) + (network.weights[i] << site.left_other)
            made[row, place] = True
            current = limited(rounded(exact[row, place], site, None), site)
    return made, exact


def _firing_corners(network: QuantisedNetwork, played: Played, refractory: Words) -> Iterator[tuple[str, Where]]:
    nodes, path = played.nodes, prepare(network).path
    excess = (nodes["integrated"] << path.compare_left) - limits(network)
    unit, ready, fired = 1 << path.compare_left, refractory == 0, nodes["spike"] > 0
    yield "compare: at the threshold", ready & (excess == 0)
    if network.compare == "ge":
        yield "compare: fires at the threshold", fired & (excess == 0)
    else:  # and no other neuron fires, so that this one is seen not to
        yield "compare: does not fire at the threshold", ready & (excess == 0) & ~fired.any(axis=1, keepdims=True)
    yield "compare: just below the threshold", ready & (excess < 0) & (excess >= -unit)
    yield "compare: just above the threshold", ready & (excess > 0) & (excess <= unit)
    if network.refractory_steps:
        yield "refractory: at or above the threshold", ~ready & (excess >= 0)
        yield "refractory: an input current", ~ready & (nodes["current"] != 0)
        yield "refractory: the counter runs out", (refractory == 1) & (nodes["refractory"] == 0)
        yield "refractory: begins", fired & (nodes["refractory"] == network.refractory_steps)
    yield "reset: above the threshold", fired & (excess > 0)
    if network.winner != "none":
        able = ready & (excess >= path.fires_at)
        yield "winner: of several candidates", fired & (able.sum(axis=1, keepdims=True) > 1)
    if network.winner == "largest":
        first = able & (able.cumsum(axis=1) == 1)
        yield "winner: not the first candidate", fired & ~first
        best = np.where(able, excess, -(1 << 62)).max(axis=1, keepdims=True)
        yield "winner: first of several equal ones", fired & ((able & (excess == best)).sum(axis=1, keepdims=True) > 1)


def _inhibition_corners(network: QuantisedNetwork, played: Played) -> Iterator[tuple[str, Where]]:
    if not network.inhibition:
        return
    fired = played.nodes["spike"] > 0
    others = fired.sum(axis=1, keepdims=True) - fired
    yield "inhibit: by one other neuron", (others == 1) & ~fired
    if network.winner == "none":
        yield "inhibit: by several other neurons", others > 1
        yield "inhibit: a neuron that fired", fired & (others > 0)
    at_floor = played.nodes["membrane"] == network.floor
    yield "inhibit: down to the floor", (others > 0) & at_floor & (played.nodes["after_reset"] != network.floor)
    yield "inhibit: not down to the floor", (others > 0) & ~at_floor


def _by_row(where: NDArray[np.bool_]) -> Where:
    return where[:, None]
