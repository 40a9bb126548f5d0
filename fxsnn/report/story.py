"""The content of a report as plain data, and the words and units in which it writes numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError
from fxsnn.frozen import freeze
from fxsnn.measure.distributions import Distribution
from fxsnn.measure.firing import Firing
from fxsnn.significance import Significance

NBSP = "\u00a0"  # between a number and its unit: they stay on one line
SCHEMES = {
    "PTQ": "quantised after training",
    "ITQ": "learned in integers",
    "straight-through": "learned on in float, through its quantisation",
}


@dataclass(frozen=True, slots=True)
class Words:
    """What a report calls the samples that a network was presented."""

    one: str = "image"
    many: str = "images"
    input: str = "spike"


IMAGES = Words()
RECORDINGS = Words("recording", "recordings", "event")
INPUTS = Words("input", "inputs")


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """The content of a report. Accuracies are shares, 0 to 1; memory is in bits.

    `baseline` holds name, accuracy, interval and bits of the float network; a candidate holds name,
    scheme, weight_rounding, state_rounding, formats, accuracy, interval, bits, saving, reward, on_front,
    meets_floor and chosen. Both may hold test_accuracy and test_interval, a candidate also allocated_bits,
    spikes_per_image, and ties_with: the name of the smallest that a point of the front ties with. The choice
    may hold difference_interval, the 95 % interval of its difference to the float network, and ties_with_float,
    and of test images both with the prefix test_. `memory` is what `fxsnn.measure.memory.memory_to_data` returns for
    the chosen network.

    `traces` is one presented image: "input" uint8[steps, inputs]; "float_spikes" and "fixed_spikes"
    uint8[steps, neurons]; "float_membrane" and "fixed_membrane" float64[steps, neurons], before the reset
    and in real units; "threshold" float64[neurons], and "fixed_threshold" where the fixed-point network's differ;
    "lowest" and "highest", the membrane format's range, where membranes have one; "class", a number.
    """

    title: str
    summary: str  # the reason for the choice
    facts: tuple[tuple[str, str], ...]  # settings, as name and value
    baseline: Mapping[str, Any]
    candidates: tuple[Mapping[str, Any], ...]
    memory: Mapping[str, Any]
    firing: Firing | None  # of the chosen network; None: not reported
    floor: float | None  # the accuracy a candidate must reach; None: any will do
    confusion: NDArray[np.int64]  # int64[classes, classes], a row for each true class
    weights_float: NDArray[np.float64]  # float64[inputs, neurons]; none, where they are no picture of the input
    weights_fixed: NDArray[np.float64]  # float64[inputs, neurons], in real units
    traces: Mapping[str, Any]
    distributions: tuple[Distribution, ...]
    significance: Significance | None = None  # None: not reported
    words: Words = IMAGES
    state: str = "membrane"  # the signal whose format stands for the states'
    states: str = "membranes and currents"  # what the distributions are of
    fields: str = "neurons"  # whose weights are shown
    neurons: str = "neurons"  # whose membranes and spikes are shown
    fired_on: str = "images the choice was made on"
    membranes_caption: str = ""  # caption of the membranes, where no format stores them as they are drawn
    steps: Mapping[str, Sequence[str]] = field(default_factory=dict)  # lines of the neurons' time step, by owner

    def __post_init__(self) -> None:
        chosen = sum(bool(candidate["chosen"]) for candidate in self.candidates)
        if chosen != 1:
            raise ConfigError(f"a report must have exactly one chosen candidate, not {chosen}")
        if self.weights_float.shape != self.weights_fixed.shape:
            raise ConfigError(
                f"float and fixed weights must have one shape, not {list(self.weights_float.shape)} "
                f"and {list(self.weights_fixed.shape)}"
            )
        freeze(self)

    @property
    def choice(self) -> Mapping[str, Any]:
        """The chosen candidate."""
        return next(candidate for candidate in self.candidates if candidate["chosen"])


def most_active(traces: Mapping[str, Any], most: int = 3) -> list[int]:
    """Return the neurons that fire most in the two networks together, then those whose membrane rises highest."""
    spikes = traces["float_spikes"].sum(axis=0, dtype=np.int64) + traces["fixed_spikes"].sum(axis=0, dtype=np.int64)
    peaks = np.maximum(traces["float_membrane"].max(axis=0), traces["fixed_membrane"].max(axis=0))
    return [int(n) for n in np.lexsort((-peaks, -spikes))[:most]]


def formats_of(candidate: Mapping[str, Any], signal: str) -> list[str]:
    """Return the different formats that a signal has, in each layer or population that has it, as they are written.

    >>> formats_of({"formats": {"layer 0 weight": "Q0.4 (s4)", "layer 1 weight": "Q-1.5 (s4)"}}, "weight")
    ['Q0.4 (s4)', 'Q-1.5 (s4)']
    """
    found = (text for name, text in candidate["formats"].items() if name == signal or name.endswith(f" {signal}"))
    return list(dict.fromkeys(found))


def percent(share: float, digits: int = 2) -> str:
    """Return a share as people read it.

    >>> percent(0.8712).replace(NBSP, " ")
    '87.12 %'
    """
    return f"{100 * share:.{digits}f}{NBSP}%"


def span(interval: Sequence[float]) -> str:
    """Return a confidence interval.

    >>> span([0.85, 0.891]).replace(NBSP, " ")
    '85.0 % to 89.1 %'
    """
    return f"{percent(interval[0], 1)} to {percent(interval[1], 1)}"


def change(interval: Sequence[float]) -> str:
    """Return the interval of a difference of accuracies, with signs.

    >>> change([-0.012, 0.004]).replace(NBSP, " ")
    '\u22121.20 to +0.40 points'
    """
    return " to ".join(points(end) for end in interval).replace(f"{NBSP}points", "", 1)


def share_in(share: float, interval: Sequence[float]) -> str:
    """Return a share in percent, its interval in brackets.

    >>> share_in(0.8712, [0.85, 0.891])
    '87.12 (85.0 to 89.1)'
    """
    return f"{100 * share:.2f} ({100 * interval[0]:.1f} to {100 * interval[1]:.1f})"


def points_in(difference: float, interval: Sequence[float] | None) -> str:
    """Return a difference of accuracies in points, its interval in brackets where it is known.

    >>> points_in(-0.004, [-0.012, 0.004])
    '\u22120.40 (\u22121.20 to +0.40)'
    """
    known = [difference, *(interval or ())]
    texts = [points(one).removesuffix(f"{NBSP}points") for one in known]
    return texts[0] + (f" ({texts[1]} to {texts[2]})" if interval else "")


def points(change: float) -> str:
    """Return a difference of accuracies, with its sign.

    >>> points(-0.004).replace(NBSP, " ")
    '\u22120.40 points'
    """
    text = f"{100 * change:+.2f}"
    return ("0.00" if float(text) == 0 else text.replace("-", "\u2212")) + f"{NBSP}points"


def size(bits: float) -> str:
    """Return a memory in bytes with a binary prefix.

    >>> size(1_310_720).replace(NBSP, " ")
    '160.0 KiB'
    """
    kib = bits / 8 / 1024
    if kib < 1:
        return f"{bits / 8:.0f}{NBSP}B"
    return f"{kib:.1f}{NBSP}KiB" if kib < 1024 else f"{kib / 1024:.2f}{NBSP}MiB"


def describe(candidate: Mapping[str, Any]) -> str:
    """Return a candidate's full configuration and what it is worth, one fact a line."""
    standing = [
        text
        for text, holds in (
            ("chosen", candidate["chosen"]),
            ("on the Pareto front", candidate["on_front"]),
            ("below the accuracy floor", not candidate["meets_floor"]),
        )
        if holds
    ]
    lines = [
        candidate["name"] + (f" ({', '.join(standing)})" if standing else ""),
        f"{SCHEMES.get(candidate['scheme'], 'quantised')} ({candidate['scheme']})",
        f"accuracy {percent(candidate['accuracy'])}, 95{NBSP}% interval {span(candidate['interval'])}",
    ]
    if candidate.get("ties_with"):
        lines.append(f"within noise of {candidate['ties_with']}, which is smaller")
    if "test_accuracy" in candidate:
        lines.append(f"on test images {percent(candidate['test_accuracy'])}, {span(candidate['test_interval'])}")
    return "\n".join(
        [
            *lines,
            f"memory {candidate['bits']:,} bits ({size(candidate['bits'])}), {candidate['saving']:.2f} times less; "
            f"reward {candidate['reward']:.4f}",
            f"rounding: weights {candidate['weight_rounding']}, states {candidate['state_rounding']}",
            ", ".join(f"{signal} {text}" for signal, text in candidate["formats"].items()),
        ]
    )
