"""One time step of a layer of leaky integrate-and-fire neurons in integer arithmetic.

The order is the contract's: accumulate, leak, integrate, compare, choose the winner, reset, count the
refractory period, inhibit. Every cast is a `datapath.Site`, and is counted; every node is kept. What runs fast is
emitted from the neuron's text (see `fxsnn.program.emit`): this is what golden sets are made of, and whose datapath
faults change.
"""

from numpy import int64

from . import lfsr, rescale
from ._jit import jit, jit_within
from .datapath import LARGEST, NONE, SUBTRACT
from .draws import fill_draws

ACCUMULATE, LEAK, INTEGRATE, RESET, INHIBIT = range(5)  # sites: rows of counts, of draws
INEXACT, TIES, OVERFLOWS, CASTS = range(4)  # columns of counts
SUM, CURRENT, LEAKED, INTEGRATED, AFTER_RESET, MEMBRANE, REFRACTORY, SPIKE = range(8)  # nodes of a record
NEVER = -(1 << 62)  # an excess below every other


@jit_within
def settle(value, site, draw):  # type: ignore[no-untyped-def]
    """Return an aligned value as a word of the site's format."""
    rounded = rescale.drop(value, site.right, draw, site.if_negative, site.if_odd)
    return rescale.limit(rounded, site.lowest, site.highest, site.overflow)


@jit
def tally(counts, row, value, site, draw):  # type: ignore[no-untyped-def]
    """Count whether this cast was inexact, a tie, an overflow."""
    rounded = rescale.drop(value, site.right, draw, site.if_negative, site.if_odd)
    rest = value - ((value >> site.right) << site.right)
    counts[row, INEXACT] += rest != 0
    counts[row, TIES] += site.right > 0 and rest == (1 << site.right) >> 1
    counts[row, OVERFLOWS] += rounded < site.lowest or rounded > site.highest
    counts[row, CASTS] += 1


@jit_within
def row(weights, indices, event, stop):  # type: ignore[no-untyped-def]
    """Return the weights of an active input; past the last one the row of zeros that ends the weights."""
    return weights[indices[event] if event < stop else weights.shape[0] - 1]


@jit
def add_rows(lanes, weights, indices, start, stop):  # type: ignore[no-untyped-def]
    """Sum the weight rows of the active inputs into lanes, as wide as was proved to hold the sum.

    lanes      int16 | int32 | int64 [neurons]
    weights    int8 | int16 | int32 | int64 [inputs + 1, neurons]    the last row is zeros
    indices    int[events]    active inputs; start..stop is this step's part
    """
    lanes[:] = 0
    eights = start + ((stop - start) & ~7)
    for event in range(start, eights, 8):  # eight rows at a time: one pass over the lanes for eight additions
        a, b = weights[indices[event]], weights[indices[event + 1]]
        c, d = weights[indices[event + 2]], weights[indices[event + 3]]
        e, f = weights[indices[event + 4]], weights[indices[event + 5]]
        g, h = weights[indices[event + 6]], weights[indices[event + 7]]
        for n in range(lanes.shape[0]):
            lanes[n] += int64(a[n]) + b[n] + c[n] + d[n] + e[n] + f[n] + g[n] + h[n]
    for event in range(eights, stop, 4):  # what is left, filled up with rows of zeros
        a, b = row(weights, indices, event, stop), row(weights, indices, event + 1, stop)
        c, d = row(weights, indices, event + 2, stop), row(weights, indices, event + 3, stop)
        for n in range(lanes.shape[0]):
            lanes[n] += int64(a[n]) + b[n] + c[n] + d[n]


@jit
def accumulate_each(current, weights, indices, start, stop, site, states, taps, draws, counts):  # type: ignore[no-untyped-def]
    """Cast the partial sum after every addition; silent inputs make no addition, no cast and no draw."""
    current[:] = 0
    for event in range(start, stop):
        weight = weights[indices[event]]
        fill_draws(draws[ACCUMULATE], states, ACCUMULATE, taps, site)
        for n in range(current.shape[0]):
            bias = draws[ACCUMULATE, n] if site.draw_bits > 0 else site.bias
            partial = (current[n] << site.left) + (int64(weight[n]) << site.left_other)
            tally(counts, ACCUMULATE, partial, site, bias)
            current[n] = settle(partial, site, bias)


@jit
def integrate(v, sums, refractory, path, draws, counts, node):  # type: ignore[no-untyped-def]
    """Cast the sums, leak and integrate: membranes int64[neurons] in place.

    sums       int[neurons]      exact sums, or synaptic currents where every addition was cast
    draws      int64[sites, neurons]
    node       int64[nodes, neurons]    what is kept of this step
    """
    first, second, third = path.accumulate, path.leak, path.integrate
    for n in range(v.shape[0]):
        bias = draws[ACCUMULATE, n] if first.draw_bits > 0 else first.bias
        bias_leak = draws[LEAK, n] if second.draw_bits > 0 else second.bias
        bias_integrate = draws[INTEGRATE, n] if third.draw_bits > 0 else third.bias
        total = int64(sums[n]) << first.left
        current = settle(total, first, bias)
        product = v[n] * path.factor - ((v[n] >> path.leak_shift) & path.leak_mask)
        leaked = settle(product, second, bias_leak)
        # a refractory neuron that ignores its input leaks only
        heard = current if refractory[n] == 0 else current & ~path.refractory_mask
        combined = (leaked << third.left) + (heard << third.left_other)
        if not path.cast_each:
            tally(counts, ACCUMULATE, total, first, bias)
        if not path.fused:
            tally(counts, LEAK, product, second, bias_leak)
        tally(counts, INTEGRATE, combined, third, bias_integrate)
        node[SUM, n] = sums[n]
        node[CURRENT, n] = current
        node[LEAKED, n] = leaked
        v[n] = settle(combined, third, bias_integrate)


@jit
def greatest_excess(v, limits, refractory, path):  # type: ignore[no-untyped-def]
    """Return the greatest membrane minus threshold, adaptive part included, of all that may fire."""
    best = int64(NEVER)
    for n in range(v.shape[0]):
        excess = (v[n] << path.compare_left) - limits[n]
        best = max(best, excess if refractory[n] == 0 else int64(NEVER))
    return best


@jit
def fire(spikes, v, limits, refractory, path, best):  # type: ignore[no-untyped-def]
    """Mark the neurons that fire, uint8[neurons], and return how many. Ties go to the lowest index."""
    fired = 0
    for n in range(v.shape[0]):
        excess = (v[n] << path.compare_left) - limits[n]
        wins = refractory[n] == 0 and excess >= path.fires_at
        if path.winner == LARGEST:
            wins = wins and excess == best
        if path.winner != NONE:
            wins = wins and fired == 0
        spikes[n] = wins
        fired += wins
    return fired


@jit_within
def count_down(refractory):  # type: ignore[no-untyped-def]
    """Let the counters of the neurons that were refractory run down by one step: int64[neurons]."""
    for n in range(refractory.shape[0]):
        refractory[n] = max(refractory[n] - 1, 0)


@jit_within
def reset(v, spikes, refractory, path, states, taps, draws, counts):  # type: ignore[no-untyped-def]
    """Reset the membranes of the neurons that fired and start their refractory period.

    Computed for every neuron, kept for those that fired: no branch that the processor would have to guess.
    """
    site = path.reset
    for n in range(v.shape[0]):
        word = path.reset_word
        if path.reset_kind == SUBTRACT:
            bias = site.bias
            if spikes[n] and site.draw_bits > 0:
                states[RESET], fresh = lfsr.draw(states[RESET], taps[0], taps, site.draw_bits)
                bias = rescale.draw_bias(fresh, site.draw_bits, site.right)
                draws[RESET, n] = bias
            rest = (v[n] << site.left) - (path.reset_word << site.left_other)
            if spikes[n]:
                tally(counts, RESET, rest, site, bias)
            word = settle(rest, site, bias)
        v[n] = word if spikes[n] else v[n]
        refractory[n] = path.refractory_steps if spikes[n] else refractory[n]


@jit
def inhibit(v, spikes, fired, path, states, taps, draws, counts):  # type: ignore[no-untyped-def]
    """Pull down every neuron once for each spike of the others; no cast and no draw where there is none."""
    site = path.inhibit
    for n in range(v.shape[0]):
        others = fired - int64(spikes[n])
        if others > 0:
            bias = site.bias
            if site.draw_bits > 0:
                states[INHIBIT], fresh = lfsr.draw(states[INHIBIT], taps[0], taps, site.draw_bits)
                bias = rescale.draw_bias(fresh, site.draw_bits, site.right)
                draws[INHIBIT, n] = bias
            pulled = (v[n] << site.left) - ((path.inhibition * others) << site.left_other)
            tally(counts, INHIBIT, pulled, site, bias)
            v[n] = max(settle(pulled, site, bias), path.floor)


@jit_within
def after_integration(spikes, v, limits, refractory, path, states, taps, draws, counts, node):  # type: ignore[no-untyped-def]
    """Compare, choose, reset, count down, inhibit; return how many neurons fired.

    limits     int64[neurons]    threshold + adaptive threshold at the binary point of the comparison
    """
    for n in range(v.shape[0]):
        node[INTEGRATED, n] = v[n]
    spikes[:] = 0
    fired = 0
    best = greatest_excess(v, limits, refractory, path)
    if best >= path.fires_at:
        fired = fire(spikes, v, limits, refractory, path, best)
    count_down(refractory)
    if fired > 0:
        reset(v, spikes, refractory, path, states, taps, draws, counts)
    for n in range(v.shape[0]):
        node[AFTER_RESET, n] = v[n]
    if fired > 0 and path.inhibition != 0:
        inhibit(v, spikes, fired, path, states, taps, draws, counts)
    for n in range(v.shape[0]):
        node[MEMBRANE, n] = v[n]
        node[SPIKE, n] = spikes[n]
        node[REFRACTORY, n] = refractory[n]
    return fired
