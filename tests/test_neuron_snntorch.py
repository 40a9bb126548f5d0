"""snnTorch's Leaky in every reset mode, written down here from its forward pass in plain integers."""

from __future__ import annotations

from itertools import product

import numpy as np

from command_line import long_with_jit
from neurons_of_others import JIT, compared, driven, plan_of, told

NEURONS, STEPS, SOURCES = 12, 30, 5
# mem has 6 fractional bits and beta 8: their product 14
LOWEST, HIGHEST = -(1 << 11), (1 << 11) - 1


def quantised(word: int, bits: int) -> int:
    """Return a state_quant of a finer word: rounded down, within the rails."""
    return min(max(word >> bits, LOWEST), HIGHEST)


def leaky(mem: list[int], came: list[int], beta: list[int], threshold: list[int], mode: str, delay: bool, alone: bool):  # type: ignore[no-untyped-def]
    """Do snnTorch's forward; return mem as it fires, mem as it is kept, and spikes."""
    reset = [int(m > t) for m, t in zip(mem, threshold, strict=True)]
    base = []
    for n, m in enumerate(mem):
        begun = 0 if mode == "zero" and reset[n] else m
        whole = begun * beta[n] + (came[n] << 8)
        if mode == "subtract":
            whole -= reset[n] * threshold[n] << 8
        elif mode == "zero_all":
            whole -= reset[n] * whole
        base.append(quantised(whole, 8))
    shifted = [m - t for m, t in zip(base, threshold, strict=True)]
    spikes = [int(m > 0) for m in shifted]
    if alone:  # fire_inhibition: the first of the largest
        chosen = shifted.index(max(shifted))
        spikes = [spike * (n == chosen) for n, spike in enumerate(spikes)]
    kept = [*base]
    if not delay:
        for n, m in enumerate(base):
            again = spikes[n] - reset[n]
            if mode == "subtract":
                kept[n] = quantised(m - again * threshold[n], 0)
            elif mode != "none":
                kept[n] = quantised(m - again * m, 0)
    return base, kept, spikes


CASES = [*product(("subtract", "zero", "zero_all", "none"), ("yes", "no"), ("no", "yes"))]


def drive(mode: str, delay: str, inhibition: str, seed: int) -> int:
    rng = np.random.default_rng(seed)
    beta = [0, 256, 255, 128, *(int(word) for word in rng.integers(0, 257, NEURONS - 4))]
    threshold = [0, 1, 64, 64, *(int(word) for word in rng.integers(0, 255, NEURONS - 4))]
    weights = rng.integers(-128, 128, (SOURCES, NEURONS))
    weights[0] = 64  # whole numbers of thresholds: a membrane at its threshold does not fire
    weights[1] = rng.choice([127, -128], NEURONS)
    network = driven(
        "snntorch",
        {"reset": mode, "reset_delay": delay, "inhibition": inhibition},
        {"beta": beta, "threshold": threshold},
        {"current": weights},
        plan=plan_of("snntorch"),
    )
    rows = rng.integers(0, 2, (STEPS, SOURCES))
    rows[:2] = [1, 0, 0, 0, 0]
    rows[5:20, 1] = 1  # as far as the rails where nothing resets
    mem, expected = [0] * NEURONS, []
    for row in rows:
        came = [int(word) for word in row @ weights]
        base, mem, spikes = leaky(mem, came, beta, threshold, mode, delay == "yes", inhibition == "yes")
        expected.append({"integrated": base, "membrane": mem, "spike": spikes})
    return compared(network, rows, expected)


@long_with_jit
def test_every_word_is_that_of_snntorchs_forward_pass() -> None:
    cases = CASES[:1] if JIT else CASES
    count = sum(drive(*case, seed) for seed, case in enumerate(cases))
    assert JIT or count == told("snntorch")
