"""The proof that nothing leaves the machine's word: every intermediate of a time step, bounded by its formats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fxsnn.cast import rails
from fxsnn.errors import ConfigError, WidthError
from fxsnn.format import Format
from fxsnn.kernels import rescale
from fxsnn.kernels.datapath import LARGEST, LOWEST, NONE, SUBTRACT, VALUE, ZERO, Datapath, Site
from fxsnn.plan import Signal
from fxsnn.quantise import QuantisedNetwork

_LOWEST, _HIGHEST = -(1 << 63), (1 << 63) - 1
PASS = Site(0, 0, 0, 0, 0, 0, _LOWEST, _HIGHEST, rescale.SATURATE, 0)  # casts nothing

_RESETS = {"zero": ZERO, "value": VALUE, "subtract": SUBTRACT}
_WINNERS = {"none": NONE, "lowest": LOWEST, "largest": LARGEST}

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Lanes:
    """The narrowest words in which weight rows can be summed: `chunk` rows at a time surely fit."""

    weights: type[np.signedinteger]  # the words that hold the weights
    sums: type[np.signedinteger]
    chunk: int


def lanes_for(weight: Format, inputs: int) -> Lanes:
    """Return the narrowest lanes for weights of this format.

    A sum of `chunk` words of magnitude m or less is at most chunk * m, which is kept within the lane.
    Sums of more rows are gathered in int64.
    """
    magnitude = max(-weight.lowest, weight.highest, 1)
    for held, sums in ((np.int8, np.int16), (np.int16, np.int16), (np.int32, np.int32)):
        chunk = np.iinfo(sums).max // magnitude
        if weight.lowest >= np.iinfo(held).min and weight.highest <= np.iinfo(held).max and chunk >= min(32, inputs):
            return Lanes(held, sums, min(chunk, inputs))
    return Lanes(np.int64, np.int64, inputs)


def datapath(network: QuantisedNetwork) -> Datapath:
    """Wire the casts of a time step and prove that no exact intermediate can leave int64.

    Raises
    ------
    WidthError
        An intermediate could, or a cast would drop more than 62 bits; the message names the operation,
        the formats and the bound.
    """
    return _wired(network)[0]


def exact_bits(network: QuantisedNetwork) -> int:
    """Return the bits of a two's complement word that holds every exact intermediate and every word.

    One more than the bounds need, so that a draw can be added to the dropped bits in place.
    """
    proof, plan = _wired(network)[1], network.plan
    signals = (plan.weight, plan.accumulator, plan.membrane, plan.theta, plan.threshold, plan.inhibition)
    words = [signal.format.word for signal in signals] + [plan.leak.factor.format.word]
    needed = max(proof.highest.bit_length(), (-proof.lowest - 1).bit_length(), *words) + 2
    return min(needed, 64)


def _wired(network: QuantisedNetwork) -> tuple[Datapath, Proof]:
    plan = network.plan
    w, a, v = plan.weight.format, plan.accumulator.format, plan.membrane.format
    t, th, g = plan.threshold.format, plan.theta.format, plan.inhibition.format
    multiplies, fused, each = plan.leak.kind == "multiply", plan.integrate == "fused", plan.accumulate == "each"
    spiking_others = max(network.neurons - 1, 0) if network.winner == "none" else 1
    product_frac = v.frac + (plan.leak.factor.format.frac if multiplies else 0)
    if product_frac < v.frac:
        raise ConfigError(
            f"the leak factor's format must have 0 or more fractional bits, not {plan.leak.factor.format.describe()}"
        )
    proof = Proof(plan.lfsr.width)

    total = _times(_range(w), network.inputs, with_zero=True)
    if each:
        every = proof.site("accumulate", plan.accumulator, (_range(a), a), (_range(w), w), "+")
        accumulate = PASS
    else:
        every = PASS
        accumulate = proof.site("accumulate", plan.accumulator, (total, w))

    factor = _range(plan.leak.factor.format) if multiplies else (1, 1)
    product = _product(_range(v), factor)
    product = min(product[0], v.lowest), max(product[1], v.highest)
    proof.check("leak", f"{v.describe()} * {plan.leak.factor.format.describe()}", product)
    scaled = Format(v.word, product_frac, v.signed)  # the place of the product's binary point; its range is `product`
    if fused:
        leak, leaked = PASS, (product, scaled)
    else:
        leak, leaked = proof.site("leak", plan.membrane, (product, scaled)), (_range(v), v)
    integrate = proof.site("integrate", plan.membrane, leaked, (_range(a), a), "+")

    common = max(v.frac, t.frac, th.frac)
    limit = _sum(_shift(_range(t), common - t.frac), _shift(_range(th), common - th.frac))
    proof.check("compare", f"{t.describe()} + {th.describe()}", limit)
    excess = _sum(_shift(_range(v), common - v.frac), (-limit[1], -limit[0]))
    proof.check("compare", f"{v.describe()} - ({t.describe()} + {th.describe()})", excess)

    reset = proof.site("reset", plan.membrane, (_range(v), v), (_range(t), t), "-")
    pull = _times(_range(g), spiking_others, with_zero=True)
    inhibit = proof.site("inhibit", plan.membrane, (_range(v), v), (pull, g), "-")

    path = Datapath(
        each=every,
        accumulate=accumulate,
        leak=leak,
        integrate=integrate,
        reset=reset if network.reset == "subtract" else PASS,
        inhibit=inhibit,
        cast_each=int(each),
        fused=int(fused),
        factor=network.factor,
        leak_shift=plan.leak.shift if plan.leak.kind == "shift" else 0,
        leak_mask=-1 if plan.leak.kind == "shift" else 0,
        compare_left=common - v.frac,
        fires_at=0 if network.compare == "ge" else 1,
        winner=_WINNERS[network.winner],
        reset_kind=_RESETS[network.reset],
        reset_word={"zero": 0, "value": network.reset_value, "subtract": network.threshold}[network.reset],
        refractory_steps=network.refractory_steps,
        refractory_mask=-1 if network.refractory_input == "ignore" else 0,
        inhibition=network.inhibition,
        floor=network.floor,
        simple=0,
    )
    simple = int(not each and network.refractory_steps == 0 and _is_simple(path, proof))
    return path._replace(simple=simple), proof


def _is_simple(path: Datapath, proof: Proof) -> bool:
    """Return whether kernels/simple.py may run this datapath."""
    sites = (path.accumulate, path.leak, path.integrate, path.reset, path.inhibit)
    return (
        proof.lowest >= -(1 << 31)
        and proof.highest < 1 << 31
        and all(s.overflow == rescale.SATURATE and s.draw_bits == 0 and s.right < 32 for s in sites)
        and all(s.if_negative == 0 and s.if_odd == 0 for s in sites)
        and path.leak_shift < 32
    )


def limits(network: QuantisedNetwork) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return threshold + adaptive threshold of every neuron at the comparison's binary point, int64[neurons]."""
    plan = network.plan
    t, th = plan.threshold.format, plan.theta.format
    common = max(plan.membrane.format.frac, t.frac, th.frac)
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
        biases = rescale.biases(into.rounding.code, right)
        self.highest = max(self.highest, total[1] + biases[0])
        lowest, highest = rails(fmt, into.overflow)
        stochastic = into.rounding.code == rescale.STOCHASTIC
        return Site(
            common - source.frac,
            left_other,
            right,
            *biases,
            lowest,
            highest,
            into.overflow.code,
            min(right, self.lfsr_width) if stochastic else 0,
        )


def _range(fmt: Format) -> Range:
    return fmt.lowest, fmt.highest


def _times(bounds: Range, count: int, *, with_zero: bool) -> Range:
    low, high = (min(bounds[0], 0), max(bounds[1], 0)) if with_zero else bounds
    return low * count, high * count


def _shift(bounds: Range, left: int) -> Range:
    return bounds[0] << left, bounds[1] << left


def _sum(first: Range, other: Range) -> Range:
    return first[0] + other[0], first[1] + other[1]


def _product(first: Range, other: Range) -> Range:
    ends = [a * b for a in first for b in other]
    return min(ends), max(ends)
