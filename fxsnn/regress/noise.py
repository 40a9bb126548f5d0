"""Input that is drawn: the same on every machine."""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray


class Random(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Input spikes that are drawn, each input of each step by itself."""

    steps: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 40
    density: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.25
    seed: Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)] = 0

    def spikes(self, images: int, inputs: int) -> NDArray[np.uint8]:
        """Return spikes, uint8[images, steps, inputs], each drawn from 16 bits."""
        drawn = np.random.PCG64(self.seed).random_raw(images * self.steps * inputs) >> 48
        return (drawn < round(self.density * 65536)).astype(np.uint8).reshape(images, self.steps, inputs)
