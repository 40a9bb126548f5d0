"""Rate coding: one comparison a pixel and step, of a 16-bit draw with the limit of the pixel's value.

A draw is a function of its counter and the image's keys alone, so that neither the order of the images
nor the number of threads changes a spike. The hash is the two-round multiply-xorshift of 32-bit words
known as lowbias32 (C. Wellons), the counter spread by the golden ratio first, and the second key added
between the rounds; without it the streams of two images could be stretches of one sequence. Each half
of a hash is one draw.

All of it is done in int64: words stay below 2**32 and the multipliers below 2**31 in magnitude, so that
no product leaves int64, compiled or not.
"""

import numpy as np
from numpy import int64, uint8, uint16
from numpy.typing import NDArray

from ._jit import jit

WORD = 0xFFFFFFFF
HALF = 0xFFFF
GOLDEN = 0x9E3779B1 - (1 << 32)  # the same multiplier modulo 2**32, small enough for int64
FIRST = 0x7FEB352D
SECOND = 0x846CA68B - (1 << 32)


@jit
def draw_spikes(
    starts: NDArray[int64],
    indices: NDArray[uint16],
    images: NDArray[uint8],
    keys: NDArray[int64],
    limits: NDArray[int64],
    steps: int,
) -> None:
    """Write the spikes of all images, step after step, pixels ascending.

    starts     int64[images*steps+1]    where the events of each step begin; the last is their number
    indices    uint16[events+2]         at least steps * non-zero pixels + 2, the last two are scratch
    images     uint8[images, pixels]
    keys       int64[images, 2]         in 0..2**32-1
    limits     int64[256]               a pixel of this value fires where the draw, 0..65535, is below
    """
    active = np.empty(images.shape[1] + 1, uint16)
    below = np.empty(images.shape[1] + 1, int64)
    event = 0
    starts[0] = 0
    for image in range(images.shape[0]):
        first, second = keys[image, 0], keys[image, 1]
        count = 0
        for pixel in range(images.shape[1]):
            if images[image, pixel] > 0:
                active[count] = pixel
                below[count] = limits[images[image, pixel]]
                count += 1
        # an odd last pixel is paired with one that never fires
        active[count] = 0
        below[count] = 0
        pairs = (count + 1) // 2
        for step in range(steps):
            for pair in range(pairs):
                draws = ((step * pairs + pair) * GOLDEN + first) & WORD
                draws = ((draws ^ (draws >> 16)) * FIRST) & WORD
                draws = ((draws ^ (draws >> 15)) + second) & WORD
                draws = (draws * SECOND) & WORD
                draws ^= draws >> 16
                # written always, kept sometimes: no branch for the processor to guess
                indices[event] = active[2 * pair]
                event += (draws & HALF) < below[2 * pair]
                indices[event] = active[2 * pair + 1]
                event += (draws >> 16) < below[2 * pair + 1]
            starts[image * steps + step + 1] = event
