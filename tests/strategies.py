"""What hypothesis draws: formats, modes, registers and words, with their corners."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fxsnn import Format, Lfsr, Overflow, Rounding
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.data.encode import RateCoding
from fxsnn.number.signal import Leak, Signal

TAPS = ((7, 6), (9, 5), (15, 14), (16, 15, 13, 4), (23, 18), (31, 28), (32, 22, 2, 1), (61, 60, 46, 45))

roundings = st.sampled_from([mode.value for mode in Rounding])
overflows = st.sampled_from([mode.value for mode in Overflow if mode is not Overflow.ERROR])


def formats(max_word: int = 63, max_frac: int = 80) -> st.SearchStrategy[Format]:
    """Formats of 1 to max_word bits with -max_frac to max_frac fractional bits."""
    return st.builds(Format, st.integers(1, max_word), st.integers(-max_frac, max_frac), st.booleans())


def words(fmt: Format) -> st.SearchStrategy[int]:
    """Raw words of a format, corners often."""
    corners = [fmt.lowest, fmt.lowest + 1, -1, 0, 1, fmt.highest - 1, fmt.highest]
    return st.one_of(
        st.integers(fmt.lowest, fmt.highest),
        st.sampled_from([w for w in corners if fmt.lowest <= w <= fmt.highest]),
    )


@st.composite
def lfsrs(draw: st.DrawFn) -> Lfsr:
    """Registers of known polynomials with any seed."""
    taps = draw(st.sampled_from(TAPS))
    return Lfsr(taps, draw(st.integers(1, (1 << taps[0]) - 1)))


FRAC = {"weight": (0, 9), "accumulator": (-1, 9), "membrane": (-1, 8), "theta": (0, 6), "threshold": (0, 6)}


@st.composite
def signals(draw: st.DrawFn, low: int, high: int, *, signed: bool | None = None) -> Signal:
    """A signal of 1 to 12 bits (the counts then are not all overflows) and any modes."""
    word = draw(st.integers(2, 12))
    sign = draw(st.booleans()) if signed is None else signed
    return Signal(
        Format(word, draw(st.integers(low, high)), sign), Rounding(draw(roundings)), Overflow(draw(overflows))
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans over every format, rounding, overflow, leak, accumulate and integrate."""
    kind: Any = draw(st.sampled_from(["multiply", "shift", "none"]))
    leak = Leak(kind, draw(signals(0, 8, signed=False)), shift=draw(st.integers(1, 9)) if kind == "shift" else 0)
    named: dict[str, Any] = {name: draw(signals(*span)) for name, span in FRAC.items()}
    return Plan(
        {**named, "inhibition": draw(signals(-1, 8))},
        {"leak": leak},
        accumulate=draw(st.sampled_from(["exact", "each"])),
        integrate=draw(st.sampled_from(["two-casts", "fused"])),
        fold=draw(st.booleans()),
        lfsr=draw(lfsrs()),
    )


@st.composite
def quantised_networks(draw: st.DrawFn) -> QuantisedNetwork:
    """Small networks of any plan; thresholds low enough that neurons fire."""
    plan = draw(plans())
    inputs, neurons = draw(st.integers(1, 12)), draw(st.integers(1, 7))

    def word(signal: Signal) -> st.SearchStrategy[int]:
        return words(signal.format)

    reset = draw(st.sampled_from(["zero", "value", "subtract"]))
    membrane = plan["membrane"].format
    # few distinct words make ties and near-ties between neurons common
    few = st.sampled_from(draw(st.lists(word(plan["weight"]), min_size=1, max_size=3)))
    weights = draw(arrays(np.int64, (inputs, neurons), elements=draw(st.sampled_from([few, word(plan["weight"])]))))
    small = st.integers(0, plan["threshold"].format.highest // draw(st.sampled_from([1, 4, 64])))
    return QuantisedNetwork(
        plan=plan,
        weights=weights,
        theta=draw(
            arrays(np.int64, neurons, elements=st.just(0) | st.integers(0, min(3, plan["theta"].format.highest)))
        ),
        threshold=draw(small),
        factor=draw(word(plan.leak.factor)) if plan.leak.kind == "multiply" else 1,
        inhibition=draw(word(plan["inhibition"])),
        floor=draw(st.sampled_from([membrane.lowest, max(membrane.lowest, -3), 0])),
        reset_value=draw(word(plan["membrane"])) if reset == "value" else 0,
        reset=reset,
        compare=draw(st.sampled_from(["ge", "gt"])),
        winner=draw(st.sampled_from(["none", "lowest", "largest"])),
        refractory_steps=draw(st.integers(0, 3)),
        refractory_input=draw(st.sampled_from(["ignore", "integrate"])),
        casts={},
    )


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Draw a network that has learned something, with any constants."""
    real = st.floats(-100, 100, width=32)
    coding = RateCoding(draw(st.integers(1, 99)), draw(st.sampled_from([0.25, 1.0])), draw(st.integers(0, 9)))
    inputs, neurons = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    drawn = np.random.default_rng(draw(st.integers(0, 99)))
    return Network(
        drawn.random((inputs, neurons)),
        drawn.random(neurons),
        drawn.integers(-1, 10, neurons),
        draw(real),
        draw(st.floats(0, 1)),
        draw(st.floats(0, 200)),
        draw(real),
        draw(st.sampled_from(["zero", "value", "subtract"])),
        draw(real),
        draw(st.sampled_from(["ge", "gt"])),
        draw(st.sampled_from(["none", "lowest", "largest"])),
        draw(st.integers(0, 9)),
        draw(st.sampled_from(["ignore", "integrate"])),
        coding,
    )


def examples(many: int) -> int:
    """Return how many examples to draw: `many`, or the profile's share of them (see conftest.py), two at least."""
    return max(2, many * settings().max_examples // 100)


def compiled_examples(many: int) -> int:
    """Return how many steps of neurons to draw: two where each is compiled anew, which takes many seconds."""
    return examples(many) if numba.config.DISABLE_JIT else 2  # type: ignore[attr-defined]
