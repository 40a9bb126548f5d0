"""Loihi's neuron against Lava's fixed-point LIF, written down here from its equations in plain integers."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from command_line import in_plain_python, long_with_jit
from neurons_of_others import JIT, compared, driven, plan_of, told

NEURONS, STEPS = 20, 40
RAIL = 1 << 23


def toward_zero(product: int, bits: int) -> int:
    return product >> bits if product >= 0 else -(-product >> bits)


def lava(u: int, v: int, a_in: int, du: int, dv: int, bias: int, vth: int, word: bool) -> tuple[int, int, int, int]:
    """Return the current, the membrane before and after its reset, and the spike, by Lava's order of operations."""
    u = toward_zero(u * (4096 - du), 12) + (a_in << 6)
    if word:
        u = (u + RAIL) % (2 * RAIL) - RAIL
    elif u > RAIL:
        u -= 2 * RAIL
    elif u <= -RAIL:
        u += 2 * RAIL
    v = toward_zero(v * (4096 - dv), 12) + u + bias
    v = min(max(v, 1 - RAIL), RAIL - 1)
    spike = int(v > vth << 6)
    return u, v, 0 if spike else v, spike


CASES = [("lava", "none"), ("word", "counter"), ("word", "none"), ("lava", "counter")]


def drive(edge: str, refractory: str, seed: int) -> int:
    rng = np.random.default_rng(seed)

    def drawn(low: int, high: int, *corners: int) -> list[int]:
        found = rng.integers(low, high, NEURONS, endpoint=True)
        found[: len(corners)] = rng.permutation(corners)
        return [int(word) for word in found]

    decays = {name: drawn(0, 4095, 0, 0, 4095, 1, 4094, 2048) for name in ("du", "dv")}
    offsets = {name: drawn(0, 1) for name in ("ds_offset", "dm_offset")}
    bias = drawn(-(1 << 20), (1 << 20) - 1, 0, 0, 0, 0, 1, -1, -(1 << 20), 4095 << 7)
    vth = drawn(0, 131071, 0, 131071, 131071, 131071)
    period = drawn(0, 5, 0, 1)
    # sums of 19 bits: one active input alone brings the current to a rail, to either side of it, or round it
    weights = rng.integers(-(1 << 12), 1 << 12, (6, NEURONS))
    weights[0] = rng.choice([1 << 17, -(1 << 17), (1 << 17) - 1, 1 - (1 << 17), (1 << 17) + 1], NEURONS)
    weights[1] = rng.integers(-(1 << 18) + (1 << 15), (1 << 18) - (1 << 15), NEURONS)
    constants: dict[str, Any] = {**decays, **offsets, "bias": bias, "vth": vth}
    if refractory == "counter":
        constants["period"] = period
    current = "Q25.0 zero wrap" if edge == "lava" else "Q24.0 zero wrap"
    plan = plan_of("loihi", weight="Q19.0", current=current)
    network = driven("loihi", {"edge": edge, "refractory": refractory}, constants, {"arriving": weights}, plan=plan)
    rows = np.zeros((STEPS, 6), np.int64)
    for row in rows[1:]:
        row[rng.integers(0, 6)] = 1
        row[2:] |= rng.integers(0, 2, 4)
        if row[0]:
            row[1] = 0
    rows[1] = [1, 0, 0, 0, 0, 0]

    u, v, wait = [0] * NEURONS, [0] * NEURONS, [0] * NEURONS
    expected = []
    for row in rows:
        before, spikes = [0] * NEURONS, [0] * NEURONS
        for n in range(NEURONS):
            a_in = int(row @ weights[:, n])
            held = v[n]
            du, dv = decays["du"][n] + offsets["ds_offset"][n], decays["dv"][n] + offsets["dm_offset"][n]
            u[n], before[n], v[n], spikes[n] = lava(u[n], held, a_in, du, dv, bias[n], vth[n], edge == "word")
            if refractory == "counter":
                if wait[n]:  # Lava's time of the spike plus the period is not over
                    before[n], spikes[n] = held, int(held > vth[n] << 6)
                    v[n] = 0 if spikes[n] else held
                wait[n] = period[n] if spikes[n] else max(wait[n] - 1, 0)
        words = {"current": [*u], "integrated": before, "membrane": [*v], "spike": spikes}
        expected.append(words | ({"wait": [*wait]} if refractory == "counter" else {}))
    currents = {word for words in expected for word in words["current"]}
    assert (RAIL in currents, -RAIL in currents) == (edge == "lava", edge == "word")
    membranes = {word for words in expected for word in words["integrated"]}
    assert {RAIL - 1, 1 - RAIL} <= membranes  # both rails were met
    return compared(network, rows, expected)


@long_with_jit
def test_every_word_is_that_of_lavas_fixed_point_model() -> None:
    count = sum(drive(*case, seed) for case, seed in product(CASES[:1] if JIT else CASES, range(2)))
    assert JIT or count == told("loihi")


@in_plain_python
@pytest.mark.parametrize(("a_in", "lava", "word"), [(1 << 17, 1 << 23, -(1 << 23)), (-(1 << 17), 1 << 23, -(1 << 23))])
def test_the_edge_of_the_current_is_lavas_or_that_of_a_word(a_in: int, lava: int, word: int) -> None:
    for edge, expected, form in (("lava", lava, "Q25.0 zero wrap"), ("word", word, "Q24.0 zero wrap")):
        constants = {"du": 0, "dv": 0, "ds_offset": 1, "dm_offset": 0, "bias": 0, "vth": 0}
        plan = plan_of("loihi", weight="Q19.0", current=form)
        choices = {"edge": edge, "refractory": "none"}
        network = driven("loihi", choices, constants, {"arriving": np.array([[a_in]])}, plan=plan)
        spike = int(expected > 0)
        words = {"current": [expected], "membrane": [0 if spike else 1 - (1 << 23)], "spike": [spike]}
        assert compared(network, np.array([[1]]), [words]) == 3
