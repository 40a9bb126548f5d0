"""The proof that nothing leaves the machine's word: every intermediate of a time step, bounded by its formats."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from fxsnn.errors import ConfigError, WidthError
from fxsnn.format import Format
from fxsnn.kernels import rescale
from fxsnn.kernels.site import Site
from fxsnn.plan import SIGNALS, Signal
from fxsnn.program.program import Program, bind, site_of
from fxsnn.program.shipped import neuron
from fxsnn.program.wires import Range as Range
from fxsnn.program.wires import arriving
from fxsnn.quantised import SITES, QuantisedNetwork

_LOWEST, _HIGHEST = -(1 << 63), (1 << 63) - 1
PASS = Site(0, 0, 0, 0, 0, 0, _LOWEST, _HIGHEST, rescale.SATURATE, 0)  # casts nothing

SPIKES = Format(1, 0, signed=False)
_PROVED: WeakKeyDictionary[QuantisedNetwork, Program] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Lanes:
    """The narrowest words in which weight rows can be summed: `chunk` rows at a time surely fit."""

    weights: type[np.signedinteger]  # the words that hold the weights
    sums: type[np.signedinteger]
    chunk: int


def lanes_for(lowest: int, highest: int, inputs: int) -> Lanes:
    """Return the narrowest lanes for weights between two words.

    A sum of `chunk` words of magnitude m or less is at most chunk * m, which is kept within the lane.
    Sums of more rows are gathered in wider words.
    """
    magnitude = max(-lowest, highest, 1)
    for held, sums in ((np.int8, np.int16), (np.int16, np.int16), (np.int32, np.int32)):
        chunk = np.iinfo(sums).max // magnitude
        if lowest >= np.iinfo(held).min and highest <= np.iinfo(held).max and chunk >= min(32, inputs):
            return Lanes(held, sums, max(min(chunk, inputs), 1))
    return Lanes(np.int64, np.int64, max(inputs, 1))


def fits_together(lowest: int, highest: int, word: type[np.signedinteger]) -> int:
    """Return how many weights between two words surely add up to a word of a type: 4, 2 or 1 of them."""
    held = np.iinfo(word)
    return next((n for n in (4, 2) if n * lowest >= held.min and n * highest <= held.max), 1)


def program_of(network: QuantisedNetwork) -> Program:
    """Return the network's neuron under its plan, proved once for each network: networks never change.

    Raises
    ------
    WidthError
        An intermediate could leave int64, or a cast would drop more than 62 bits; the message names the operation,
        the formats and the bound.
    """
    found = _PROVED.get(network)
    if found is None:
        found = _PROVED[network] = _proved(network)
    return found


def _proved(network: QuantisedNetwork) -> Program:
    plan = network.plan
    factor = plan.leak.factor.format
    if plan.leak.kind == "multiply" and factor.frac < 0:
        raise ConfigError(f"the leak factor's format must have 0 or more fractional bits, not {factor.describe()}")
    return bind(
        neuron(
            "competitive",
            accumulate=plan.accumulate,
            leak=plan.leak.kind,
            integrate=plan.integrate,
            compare=network.compare,
            winner=network.winner,
            reset=network.reset,
            refractory_input=network.refractory_input,
        ),
        {
            **{name: getattr(plan, name) for name in SIGNALS},
            "factor": plan.leak.factor,
            "refractory": Signal(Format(max(network.refractory_steps.bit_length(), 1), 0, signed=False)),
        },
        {"arriving": arriving(plan.weight.format, SPIKES, network.inputs)},
        network.neurons,
        numbers={"leak_shift": plan.leak.shift},
        lfsr_width=plan.lfsr.width,
    )


def constants_of(network: QuantisedNetwork) -> dict[str, int | list[int]]:
    """Return the words of the neuron's constants: one for all neurons, or one each."""
    return {
        "threshold": network.threshold,
        "theta": network.theta.tolist(),
        "period": network.refractory_steps,
        "inhibition": network.inhibition,
        "floor": network.floor,
        "factor": network.factor,
        "reset_value": network.reset_value,
    }


def sites_of(network: QuantisedNetwork) -> dict[str, Site]:
    """Return the casts that a time step makes, by name; raises as `program_of`."""
    program = program_of(network)
    return {SITES[one.stream]: program.site(one) for one in program.neuron.casts if one.stream is not None}


def exact_bits(network: QuantisedNetwork) -> int:
    """Return the bits of a two's complement word that holds every exact intermediate and every word.

    One more than the bounds need, so that a draw can be added to the dropped bits in place.
    """
    plan = network.plan
    lowest, highest = program_of(network).reached
    signals: list[Signal] = [getattr(plan, name) for name in SIGNALS]
    words = [signal.format.word for signal in (*signals, plan.leak.factor)]
    return min(64, max(highest.bit_length(), (-lowest - 1).bit_length(), *words) + 2)


def limits(network: QuantisedNetwork) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return threshold + adaptive threshold of every neuron at the comparison's binary point, int64[neurons]."""
    common, plan = program_of(network).named("_excess").frac, network.plan
    t, th = plan.threshold.format, plan.theta.format
    return (network.threshold << (common - t.frac)) + (network.theta << (common - th.frac))


class Proof:
    """Builds the sites of a datapath and refuses what could leave int64."""

    def __init__(self, lfsr_width: int) -> None:
        self.lfsr_width = lfsr_width
        self.lowest = self.highest = 0  # of all intermediates so far

    def check(self, operation: str, formats: str, bounds: Range) -> None:
        """Refuse an operation whose exact result could leave int64."""
        self.lowest, self.highest = min(self.lowest, bounds[0]), max(self.highest, bounds[1])
        if bounds[0] < _LOWEST or bounds[1] > _HIGHEST:
            bits = max(bounds[1].bit_length(), (-bounds[0] - 1).bit_length()) + 1
            raise WidthError(
                f"every exact intermediate must fit int64, but {operation} ({formats}) can need {bits} bits "
                f"(raw {bounds[0]} to {bounds[1]})"
            )

    def site(
        self,
        operation: str,
        into: Signal,
        first: tuple[Range, Format],
        other: tuple[Range, Format] | None = None,
        sign: str = "",
    ) -> Site:
        """Return the cast of first (+ or - other) into a signal."""
        fmt = into.format
        (bounds, source), names = first, first[1].describe()
        common = max(source.frac, other[1].frac if other else source.frac, fmt.frac)
        total = _shift(bounds, common - source.frac)
        left_other = 0
        if other:
            left_other = common - other[1].frac
            pulled = _shift(other[0], left_other)
            names += f" {sign} {other[1].describe()}"
            self.check(operation, names, pulled)
            total = _sum(total, pulled if sign == "+" else (-pulled[1], -pulled[0]))
        self.check(operation, f"{names} -> {fmt.describe()}", total)
        right = common - fmt.frac
        if right > rescale.SHIFT_MAX:
            raise WidthError(
                f"a cast must drop at most {rescale.SHIFT_MAX} bits, but {operation} ({names} -> {fmt.describe()}) "
                f"drops {right}"
            )
        return site_of(common - source.frac, left_other, right, into, self.lfsr_width)


def _shift(bounds: Range, left: int) -> Range:
    return bounds[0] << left, bounds[1] << left


def _sum(first: Range, other: Range) -> Range:
    return first[0] + other[0], first[1] + other[1]
