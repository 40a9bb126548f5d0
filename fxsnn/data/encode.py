"""Rate coding: grey values become trains of spikes, the same on every machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError
from fxsnn.frozen import KERNELS_TAKE, freeze

_CHUNK = 64  # images whose spikes are drawn into one buffer


@dataclass(frozen=True, slots=True)
class RateCoding:
    """A pixel of value p spikes in each step with probability peak * p / 255, independently.

    The probability is rounded to a multiple of 2**-16, the resolution of the draws.
    """

    steps: int = 100
    peak: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= 1 << 16:
            raise ConfigError(f"steps must be 1 to 65,536, not {self.steps}")
        if not 0 < self.peak <= 1:
            raise ConfigError(f"peak must be a probability above 0, not {self.peak}")
        if not 0 <= self.seed < 1 << 63:
            raise ConfigError(f"seed must be 0 to 2**63 - 1, not {self.seed}")


@dataclass(frozen=True, slots=True, eq=False)
class Spikes:
    """The input spikes of a number of images, as lists of the inputs that are active in each step.

    Step t of image m holds indices[starts[m*steps + t] : starts[m*steps + t + 1]].
    """

    starts: NDArray[np.int64]  # int64[images*steps+1], from 0 to events, never falling
    indices: NDArray[Any]  # uint16[events], ascending within each step; int64 for more than 65,536 inputs
    images: int
    steps: int
    inputs: int

    def __post_init__(self) -> None:
        starts, indices = self.starts, self.indices
        if self.images < 0 or self.steps < 0 or self.inputs < 1:
            raise ConfigError(
                "spikes must be of 0 or more images, 0 or more steps and 1 or more inputs, "
                f"not {self.images}, {self.steps} and {self.inputs}"
            )
        if starts.dtype != np.int64 or starts.shape != (self.images * self.steps + 1,):
            raise ConfigError(f"starts must be int64[images*steps+1], not {starts.dtype}{list(starts.shape)}")
        kind = np.dtype(np.uint16 if self.inputs <= 1 << 16 else np.int64)
        if indices.dtype != kind or indices.ndim != 1:
            raise ConfigError(f"indices must be {kind}[events], not {indices.dtype}{list(indices.shape)}")
        if starts[0] != 0 or starts[-1] != len(indices) or (starts[1:] < starts[:-1]).any():
            raise ConfigError("starts must rise from 0 to the number of events")
        if (indices >= self.inputs).any() or (indices < 0).any():
            raise ConfigError(f"indices must be 0 to {self.inputs - 1}, which are the inputs")
        fresh = np.zeros(len(indices) + 1, bool)
        fresh[starts] = True
        if not (fresh[1:-1] | (indices[1:] > indices[:-1])).all():
            raise ConfigError("indices must be ascending within each step")
        object.__setattr__(self, "starts", np.ascontiguousarray(starts))
        object.__setattr__(self, "indices", np.ascontiguousarray(indices))
        freeze(self)

    def part(self, images: range) -> Spikes:
        """Return the spikes of some images, one after the other."""
        starts = self.starts[images.start * self.steps : images.stop * self.steps + 1]
        return Spikes(starts - starts[0], self.indices[starts[0] : starts[-1]], len(images), self.steps, self.inputs)

    def raster(self) -> NDArray[np.uint8]:
        """Return uint8[images, steps, inputs], 1 where an input spikes."""
        raster = np.zeros((self.images * self.steps, self.inputs), np.uint8)
        raster[np.repeat(np.arange(self.images * self.steps), np.diff(self.starts)), self.indices] = 1
        return raster.reshape(self.images, self.steps, self.inputs)


def encode(images: NDArray[np.uint8], coding: RateCoding, presentation: int = 0) -> Spikes:
    """Turn uint8[images, inputs] into spikes.

    The draws depend on the seed, the bytes of the image and `presentation` only: an image gets the same
    spikes in any batch, and others when it is presented again under another number.
    """
    from fxsnn.kernels.poisson import draw_spikes  # Numba: not for those who only read a coding

    if images.dtype != np.uint8 or images.ndim != 2 or not 1 <= images.shape[1] <= 1 << 16:
        raise ConfigError(f"images must be uint8[images, inputs], not {images.dtype}{list(images.shape)}")
    if not 0 <= presentation < 1 << 63:
        raise ConfigError(f"presentation must be 0 to 2**63 - 1, not {presentation}")
    limits = np.round(np.arange(256) * (coding.peak / 255) * 65536).astype(np.int64)
    keys = _keys(images, coding.seed, presentation)
    all_starts, all_indices, events = [np.zeros(1, np.int64)], [np.zeros(0, np.uint16)], 0
    for first in range(0, len(images), _CHUNK):
        chunk = np.require(images[first : first + _CHUNK], requirements=KERNELS_TAKE)
        starts = np.empty(len(chunk) * coding.steps + 1, np.int64)
        indices = np.empty(np.count_nonzero(chunk) * coding.steps + 2, np.uint16)
        draw_spikes(starts, indices, chunk, keys[first : first + _CHUNK], limits, coding.steps)
        all_starts.append(starts[1:] + events)
        all_indices.append(indices[: starts[-1]].copy())  # lets the buffer go
        events += int(starts[-1])
    return Spikes(np.concatenate(all_starts), np.concatenate(all_indices), len(images), coding.steps, images.shape[1])


def _keys(images: NDArray[np.uint8], seed: int, presentation: int) -> NDArray[np.int64]:
    # two words of 32 bits an image
    started = hashlib.blake2b(seed.to_bytes(8, "little") + presentation.to_bytes(8, "little"), digest_size=8)
    digests = bytearray()
    for image in images:
        digest = started.copy()
        digest.update(image.tobytes())
        digests += digest.digest()
    return np.frombuffer(digests, "<u4").reshape(len(images), 2).astype(np.int64)
