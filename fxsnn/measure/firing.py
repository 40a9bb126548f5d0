"""How a quantised network fires beside the float network: equal accuracy can hide a silent or a saturated net."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError
from fxsnn.frozen import freeze

WATCHED = 16  # images whose spike trains are compared step by step
_MOST_SPIKES = 1 << 24  # of all images whose trains are kept

# What is warned of. A network that fires half or twice as often has lost the scale of its thresholds. Distances
# are parts of the float network's mean rate, and 2 is the most they can be while as many spikes are fired. The demo's
# candidates that lose at most a point have 0.53 to 1.07 of the spikes and distances of up to 0.48: none is warned of.
QUIET, LOUD = 0.5, 2.0  # of the float network's spikes
FAR, MOVED = 1.0, 0.5  # of the float network's mean rate
SILENCED = 0.1  # more of the neurons than in float


class Firing(msgspec.Struct, frozen=True):
    """Spikes of the fixed-point network against those of the float network, on the same images.

    A neuron's rate is its spikes an image, over all images. `rate_distance` is the mean over neurons of
    how far the two rates lie apart, `earth_movers` the least such mean if neurons may be matched anew: the
    distance between the two distributions of rates. Shares are 0 to 1.
    """

    images: int
    float_spikes: float  # an image, of all neurons together
    fixed_spikes: float
    mean_rate: float  # of the float network's neurons
    rate_distance: float
    earth_movers: float
    float_silent: float  # share of neurons that never fire
    fixed_silent: float
    same_counts: float  # share of images on which every neuron fires equally often
    watched: int  # images whose spike trains were compared
    parted: int  # of these, those whose trains part
    first_step: int | None  # where the first of them part, counted from 0; None where none does
    median_step: float | None  # None where at most half of them part

    def __post_init__(self) -> None:
        if not (self.images >= 1 and 0 <= self.parted <= self.watched):
            raise ValueError(
                f"images must be 1 or more, not {self.images}, and parted must be 0 to watched, not {self.parted}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The float network's spikes, computed once for all candidates.

    responses    int[images, neurons]              spike counts
    inputs       uint8[watched, steps, inputs]     input spikes of the first images
    trains       uint8[watched, steps, neurons]    the network's spikes for them
    """

    responses: NDArray[np.integer]
    inputs: NDArray[np.uint8]
    trains: NDArray[np.uint8]

    def __post_init__(self) -> None:
        freeze(self)

    @classmethod
    def of(cls, fired: Iterable[NDArray[np.uint8]]) -> Reference:
        """Return the spikes of each input, as `gathered` takes them, without input spikes."""
        responses, trains = gathered(fired)
        return cls(responses, np.zeros((0, 0, 0), np.uint8), trains)


def gathered(fired: Iterable[NDArray[np.uint8]]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return the spike counts of all inputs, int64[inputs, neurons], and the trains of the first WATCHED.

    fired    of each input uint8[steps, neurons], 0 or 1; fewer trains are kept of very many neurons and steps
    """
    counts, trains = list[NDArray[np.int64]](), list[NDArray[np.uint8]]()
    for one in fired:
        counts.append(one.sum(axis=0, dtype=np.int64))
        if len(trains) < max(1, min(WATCHED, _MOST_SPIKES // one.size)):
            trains.append(one)
    return np.stack(counts), np.stack(trains)


def compare(float_net: Reference, responses: NDArray[np.integer], trains: NDArray[np.uint8]) -> Firing:
    """Compare counts int[images, neurons] and trains uint8[watched, steps, neurons] with the float network's."""
    ours, other = responses.astype(np.int64), float_net.responses.astype(np.int64)
    if ours.shape != other.shape or trains.shape != float_net.trains.shape:
        raise ConfigError(
            f"spikes must be {list(other.shape)} counts and {list(float_net.trains.shape)} trains as the float "
            f"network's, not {list(ours.shape)} and {list(trains.shape)}"
        )
    images, neurons = other.shape
    sums, float_sums = ours.sum(axis=0), other.sum(axis=0)
    per_neuron = images * neurons  # whole numbers until this one division
    steps = parting(float_net.trains, trains)
    middle = float(np.median(np.where(steps < 0, np.inf, steps))) if len(steps) else np.inf
    return Firing(
        images=images,
        float_spikes=round(int(float_sums.sum()) / images, 3),
        fixed_spikes=round(int(sums.sum()) / images, 3),
        mean_rate=round(int(float_sums.sum()) / per_neuron, 6),
        rate_distance=round(int(np.abs(sums - float_sums).sum()) / per_neuron, 6),
        earth_movers=round(int(np.abs(np.sort(sums) - np.sort(float_sums)).sum()) / per_neuron, 6),
        float_silent=round(int((float_sums == 0).sum()) / neurons, 6),
        fixed_silent=round(int((sums == 0).sum()) / neurons, 6),
        same_counts=round(int((ours == other).all(axis=1).sum()) / images, 6),
        watched=len(steps),
        parted=int((steps >= 0).sum()),
        first_step=int(steps[steps >= 0].min()) if (steps >= 0).any() else None,
        median_step=middle if np.isfinite(middle) else None,
    )


def parting(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return int64[images]: the first step at which spikes [images, steps, neurons] differ, -1 where none does."""
    differ = (first != second).any(axis=2)
    return np.where(differ.any(axis=1), differ.argmax(axis=1), -1).astype(np.int64)


def warning(firing: Firing, scheme: str = "PTQ", image: str = "image") -> str:
    """Say in words what is wrong with how the fixed-point network fires; nothing where it fires as in float.

    A network that learned in integers (ITQ) has neurons of its own: they are not compared with the float network's
    one by one.
    """
    faults = []
    spikes = f"{firing.fixed_spikes:,.2f} spikes {_an(image)}, {firing.float_spikes:,.2f} in float"
    if firing.fixed_spikes < QUIET * firing.float_spikes:
        faults.append(f"it is nearly silent: {spikes}")
    if firing.fixed_spikes > LOUD * firing.float_spikes:
        faults.append(f"it is saturated: {spikes}")
    if firing.fixed_silent > firing.float_silent + SILENCED:
        faults.append(
            f"{100 * firing.fixed_silent:.1f} % of its neurons never fire, {100 * firing.float_silent:.1f} % in float"
        )
    if scheme != "ITQ" and firing.rate_distance > FAR * firing.mean_rate:
        faults.append(f"its neurons' rates are {relative(firing.rate_distance, firing)} off the float network's")
    if firing.earth_movers > MOVED * firing.mean_rate:
        faults.append(
            f"the distribution of its rates is {relative(firing.earth_movers, firing)} off the float network's"
        )
    return f"the choice does not fire as the float network does: {'; '.join(faults)}" if faults else ""


def relative(distance: float, firing: Firing) -> str:
    """Return a distance of rates in units of the float network's mean rate, as people read it."""
    if not firing.mean_rate:
        return "all" if distance else "0.0 %"
    return f"{100 * distance / firing.mean_rate:.1f} %"


def _an(image: str) -> str:
    return f"an {image}" if image[0] in "aeiou" else f"a {image}"


def rows(firing: Firing, scheme: str = "PTQ", image: str = "image") -> list[tuple[str, str, str]]:
    """Return the table of float beside fixed: what, of the float network, of the fixed-point one."""
    first, median = ("never" if n is None else f"{n:g}" for n in (firing.first_step, firing.median_step))
    one_by_one = relative(firing.rate_distance, firing) if scheme != "ITQ" else "none: it learned its own neurons"
    return [
        (f"spikes {_an(image)}", f"{firing.float_spikes:,.2f}", f"{firing.fixed_spikes:,.2f}"),
        ("neurons that never fire", f"{100 * firing.float_silent:.1f} %", f"{100 * firing.fixed_silent:.1f} %"),
        ("distance of neurons' rates, of the mean rate", "", one_by_one),
        ("earth mover's distance of rates, of the mean rate", "", relative(firing.earth_movers, firing)),
        (f"{image}s with the same spike counts", "", f"{100 * firing.same_counts:.1f} %"),
        (f"spike trains that diverge, of {firing.watched} {image}s", "", f"{firing.parted}"),
        ("step at which they diverge, first and median", "", f"{first}, {median}"),
    ]
