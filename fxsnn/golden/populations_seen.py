"""What every step of a population began with and was given, as it is unchanged: each step can be examined alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fxsnn.program.variant import Ints


@dataclass(frozen=True, slots=True)
class Seen:
    """Every step of a population as it is unchanged, by name: int64[presentations * steps, neurons]."""

    states: Mapping[str, Ints]  # their words before it
    arrived: Mapping[str, Ints]


def rows_of(steps: Mapping[str, list[Ints]]) -> dict[str, Ints]:
    """Return words of step after step, int64[presentations, neurons] each, as rows: presentations outermost."""
    return {name: np.stack(words, axis=1).reshape(-1, words[0].shape[1]) for name, words in steps.items()}
