"""Learning by local errors in integer arithmetic, of one layer; what it does is written in docs/learning.md.

Maps are flat, channels innermost. Learned weights, their gradients and scales are int64[outputs, kernel height, kernel
width, inputs], so that what lies under a row of the kernel is contiguous. Every cast is a `datapath.Site`; where it is
stochastic it draws from its row of the registers, and words that stay as they are draw nothing.
"""

from typing import NamedTuple

from numpy import int64, signedinteger
from numpy.typing import NDArray

from . import cast, lfsr, rescale  # noqa: F401  (importing cast registers rescale and lfsr for kernels)
from ._jit import jit, jit_within
from .copying import copy
from .site import Site, settle

ERROR, DELTA, GRADIENT, BIAS_GRADIENT, UPDATE, BIAS_UPDATE = range(6)  # rows of the registers


class Fault(NamedTuple):
    """The constants by which a layer finds what its neurons did wrong."""

    error: Site  # what the layer says of a class - target -> error
    delta: Site  # error at the neuron * surrogate -> delta
    target: int  # of the recording's class, in halves
    other: int  # of the other classes, in halves
    one_sided: int  # 1: what exceeds its target, on the side away from the others, is no error
    first: int  # bits of a membrane's magnitude up to which the surrogate is 1
    slope: int  # for each bit more it halves so often
    reach: int  # if more often than this, it is 0


class Change(NamedTuple):
    """The constants by which weights, or biases, change."""

    gradient: Site  # gradient + sum of a step -> gradient
    update: Site  # learned word - scaled gradient -> learned word
    read: Site  # learned word -> word that the layer reads
    most: int  # the largest scale: bits of the gradient's word


@jit_within
def bit_length(word):  # type: ignore[no-untyped-def]
    """Return the bits of a word's magnitude: what a leading-one detector finds, 0 for 0."""
    magnitude, bits = abs(word), 0
    for step in (32, 16, 8, 4, 2, 1):
        if magnitude >> step > 0:
            magnitude >>= step
            bits += step
    return bits + (magnitude > 0)


@jit_within
def drawn(site, registers, row, taps):  # type: ignore[no-untyped-def]
    """Return what one cast adds to the bits it drops, drawn where it is stochastic."""
    if site.draw_bits == 0:
        return site.bias
    registers[row], fresh = lfsr.draw(registers[row], taps[0], taps, site.draw_bits)
    return rescale.draw_bias(fresh, site.draw_bits, site.right)


class Shape(NamedTuple):
    """The sizes of a layer's maps."""

    height: int  # of the inputs
    width: int
    inputs: int
    padding: int
    out_width: int
    outputs: int
    pool: int
    pooled_width: int


class Room(NamedTuple):
    """What a step leaves until the next one overwrites it, and the sums, which `hold` sets to 0."""

    scores: NDArray[int64]  # int64[classes]
    error: NDArray[int64]  # int64[classes]
    delta: NDArray[signedinteger]  # of each output, in words of the sums
    winners: NDArray[int64]  # the neuron of each output
    sums: NDArray[signedinteger]  # [outputs, kernel height, kernel width * inputs]
    bias_sums: NDArray[int64]  # int64[outputs]


@jit
def learn_step(  # type: ignore[no-untyped-def]
    room, pooled, membranes, trace, readout, label, gradient, bias_gradient, fault, sites, shape, registers, taps
):
    """Find what a layer did wrong in the time step that it has done, and add it to its gradients.

    gradient, bias_gradient    int64[words]
    sites                      the casts into both
    """
    if readout.shape[0] > 0:
        read_out(room.scores, pooled, readout)
    else:
        copy(room.scores, membranes)
    find_errors(room.error, room.scores, label, fault, registers, taps)
    send_back(room.delta, room.winners, membranes, readout, room.error, fault, shape, registers, taps)
    gather(room.sums, room.bias_sums, room.delta, room.winners, trace, shape)
    hold(gradient, room.sums.reshape(-1), sites[0], registers, GRADIENT, taps)
    hold(bias_gradient, room.bias_sums, sites[1], registers, BIAS_GRADIENT, taps)


@jit
def read_out(scores, spikes, readout):  # type: ignore[no-untyped-def]
    """Sum the signs of the outputs that spike: int64[classes].

    spikes     uint8[outputs]
    readout    int8[outputs, classes]
    """
    scores[:] = 0
    for place in range(spikes.shape[0]):
        if spikes[place]:
            for k in range(scores.shape[0]):
                scores[k] += readout[place, k]


@jit
def find_errors(error, scores, label, fault, registers, taps):  # type: ignore[no-untyped-def]
    """Compare what the layer says of each class with its target: int64[classes], classes ascending."""
    site = fault.error
    for k in range(error.shape[0]):
        target = fault.target if k == label else fault.other
        total = (scores[k] << site.left) - (int64(target) << site.left_other)
        word = settle(total, site, drawn(site, registers, ERROR, taps))
        if fault.one_sided:
            word = min(word, 0) if k == label else max(word, 0)
        error[k] = word


@jit
def send_back(delta, winners, membranes, readout, error, fault, shape, registers, taps):  # type: ignore[no-untyped-def]
    """Bring the errors back through the readout and the surrogate, outputs ascending.

    Each error goes to the neuron of pool x pool whose membrane is the largest, the first of equal ones: its place is
    put into `winners`, int64[outputs]. A layer without readout takes each class's error to the neuron of the class.
    """
    site, size, width, channels = fault.delta, shape.pool, shape.out_width, shape.outputs
    for place in range(delta.shape[0]):
        channel = place % channels
        y, x = place // channels // shape.pooled_width * size, place // channels % shape.pooled_width * size
        winner = (y * width + x) * channels + channel
        for row in range(y, y + size):
            for column in range(x, x + size):
                neuron = (row * width + column) * channels + channel
                if membranes[neuron] > membranes[winner]:
                    winner = neuron
        winners[place] = winner
        back, halvings = int64(0), 0
        if readout.shape[0] == 0:
            back = error[place]
        else:
            halvings = max(bit_length(membranes[winner]) - fault.first, 0) * fault.slope
            if halvings <= fault.reach:
                for k in range(error.shape[0]):
                    back += readout[place, k] * error[k]
        delta[place] = 0
        if back != 0:
            total = back << (fault.reach - halvings + site.left)
            delta[place] = settle(total, site, drawn(site, registers, DELTA, taps))


@jit
def gather(sums, bias_sums, delta, winners, trace, shape):  # type: ignore[no-untyped-def]
    """Add delta times what lies under the kernel of each winner to the sums of its weights.

    sums         int32 | int64 [outputs, kernel height, kernel width * channels]    as wide as was proved to hold them
    bias_sums    int64[outputs]                                                     delta alone
    trace        int[height * width * channels]                                     of the inputs, in words of the sums
    """
    height, width, channels, padding = shape.height, shape.width, shape.inputs, shape.padding
    outputs, rows, columns = sums.shape[0], sums.shape[1], sums.shape[2] // channels
    for place in range(delta.shape[0]):
        word = delta[place]
        if word == 0:
            continue
        neuron = winners[place]
        n = neuron % outputs
        y, x = neuron // outputs // shape.out_width - padding, neuron // outputs % shape.out_width - padding
        bias_sums[n] += word
        first, last = max(0, -x) * channels, min(columns, width - x) * channels
        for ky in range(max(0, -y), min(rows, height - y)):
            under = ((y + ky) * width + x) * channels
            row, seen = sums[n, ky, first:last], trace[under + first : under + last]
            for cell in range(row.shape[0]):
                row[cell] += word * seen[cell]


@jit
def hold(gradient, sums, site, registers, row, taps):  # type: ignore[no-untyped-def]
    """Add a step's sums to the gradients, int64[words], and set them to 0; a sum of 0 makes no cast."""
    if site.right == 0 and site.overflow == rescale.SATURATE:  # nothing is rounded: a sum of 0 changes nothing
        for i in range(gradient.shape[0]):
            total = gradient[i] + (int64(sums[i]) << site.left_other)
            gradient[i] = min(max(total, site.lowest), site.highest)
            sums[i] = 0
        return
    for i in range(gradient.shape[0]):
        if sums[i] != 0:
            total = (gradient[i] << site.left) + (int64(sums[i]) << site.left_other)
            gradient[i] = settle(total, site, drawn(site, registers, row, taps))
            sums[i] = 0


@jit
def change(learned, read, gradient, scales, moves, forget, left, registers, row, taps):  # type: ignore[no-untyped-def]
    """Move the learned words against their gradients, each scaled by a power of two of its own, and read them.

    learned     int64[words]
    read        int64[words]    as the layer reads them
    gradient    int64[words]    0 afterwards; where it was 0 the learned word stays, without a cast
    scales      int64[words]    bits of the largest gradient, which fall by `forget`, 0 or 1
    left        by how much the rate is above the lowest, as a shift
    """
    for i in range(learned.shape[0]):
        word = gradient[i]
        scale = max(scales[i] - forget, bit_length(word), 0)
        scales[i] = scale
        if word != 0:
            gradient[i] = 0
            site = moves.update
            moved = word << (moves.most - scale + left)
            total = (learned[i] << site.left) - (moved << site.left_other)
            learned[i] = settle(total, site, drawn(site, registers, row, taps))
            read[i] = settle(learned[i] << moves.read.left, moves.read, moves.read.bias)
