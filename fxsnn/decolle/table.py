"""The learning table of a layer: the words in which it learns in integers, and how its learning is wired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from fxsnn.errors import ConfigError
from fxsnn.number.modes import Overflow
from fxsnn.number.signal import Signal, SignalGiven, signal_data, signal_of

LEARNING_SIGNALS = ("learned", "learned_bias", "error", "delta", "gradient")
SHIFTS = ("readout_shift", "first", "slope", "reach", "bias_shift", "forget")
Update = Literal["recording", "step"]


@dataclass(frozen=True, slots=True)
class LayerLearning:
    """Words and shifts of a layer that learns: see docs/learning.md.

    `learned` and `learned_bias` are what learns; weights and biases as they are read are casts of them. `error` is of
    each class, `delta` of each output, `gradient` of each weight and bias.
    """

    learned: Signal
    learned_bias: Signal
    error: Signal
    delta: Signal
    gradient: Signal
    readout_shift: int  # what the layer says of a class is divided by 2 to this power
    first: int = 0  # the surrogate is 1 for membranes of a magnitude below 2 to this power
    slope: int = 2  # and halves so often for each power of two more
    reach: int = 6  # if more often than this it is 0
    bias_shift: int = 0  # a bias moves 2 to this power times as far as a weight
    forget: int = 16  # updates after which each scale falls by one bit
    update: Update = "recording"

    def __post_init__(self) -> None:
        if self.update not in ("recording", "step"):
            raise ConfigError(f"update must be recording or step, not {self.update!r}")
        for name in LEARNING_SIGNALS:
            signal: Signal = getattr(self, name)
            if not signal.format.signed:
                raise ConfigError(f"learning {name} must be signed, not {signal.format.describe()}")
            if signal.overflow is Overflow.ERROR:
                raise ConfigError(
                    f"learning {name} must not have the overflow mode error, which would end the learning"
                )
        for name, low, high in (
            ("readout_shift", 0, 40),
            ("first", -40, 40),
            ("slope", 0, 8),
            ("reach", 0, 40),
            ("bias_shift", -16, 16),
            ("forget", 1, 1 << 20),
        ):
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"{name} must be {low} to {high}, not {getattr(self, name)}")


class LearningText(msgspec.Struct, forbid_unknown_fields=True):
    """A learning table as people write it."""

    learned: SignalGiven
    learned_bias: SignalGiven
    error: SignalGiven
    delta: SignalGiven
    gradient: SignalGiven
    readout_shift: int
    first: int = 0
    slope: int = 2
    reach: int = 6
    bias_shift: int = 0
    forget: int = 16
    update: Update = "recording"


def table_of(given: LearningText | None) -> LayerLearning | None:
    """Return the learning table that a text means; raises ConfigError naming the key."""
    if given is None:
        return None
    signals: Any = {name: signal_of(getattr(given, name), f"learning.{name}") for name in LEARNING_SIGNALS}
    return LayerLearning(**signals, **{name: getattr(given, name) for name in SHIFTS}, update=given.update)


def table_data(table: LayerLearning) -> dict[str, Any]:
    """Return the keys that `LearningText` is read from."""
    signals = {name: signal_data(getattr(table, name)) for name in LEARNING_SIGNALS}
    return signals | {name: getattr(table, name) for name in SHIFTS} | {"update": table.update}
