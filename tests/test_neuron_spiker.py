"""Spiker+'s neuron, written down here from the components of its generated VHDL in plain integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from command_line import long_with_jit
from neurons_of_others import JIT, compared, driven, plan_of, told

NEURONS, STEPS, SOURCES = 12, 30, 6
BITS = 10


def add_sub(a: int, b: int, subtract: bool = False) -> int:
    """Return what the saturating adder of so many bits gives."""
    exact = a - b if subtract else a + b
    return min(max(exact, -(1 << BITS - 1)), (1 << BITS - 1) - 1)


def lif(v: int, exciting: list[int], inhibiting: list[int], v_th: int, v_reset: int, shift: int, mode: str):  # type: ignore[no-untyped-def]
    """Go through the states of the control unit; return the membrane when it is compared, at the end, and the spike."""
    for weight in (*exciting, *inhibiting):
        v = add_sub(v, weight)
    compared = v
    shifted = v >> shift
    if v > v_th:  # the state `fire`
        if mode == "fixed":
            return compared, v_reset, 1
        return compared, add_sub(v, v_th, subtract=True) if mode == "subtractive" else add_sub(v, shifted), 1
    return compared, add_sub(v, shifted, subtract=True), 0


CASES = [
    *zip(("subtractive", "fixed", "none") * 3, ("yes", "yes", "no") * 3, (4, 0, 12, 12, 4, 3, 1, 2, 4), strict=True)
]


def drive(mode: str, recurrent: str, shift: int, seed: int) -> int:
    rng = np.random.default_rng(seed)
    v_th = [0, 511, -512, 16, *(int(word) for word in rng.integers(-100, 300, NEURONS - 4))]
    v_reset = [0, *(int(word) for word in rng.integers(-60, 60, NEURONS - 1))]
    weights = rng.integers(-32, 32, (SOURCES, NEURONS))
    weights[0], weights[1], weights[2] = 16, 511, -512  # to a rail and away from it: the order matters
    weights[1:3, 6:] //= 8
    lateral = rng.integers(-32, 8, (NEURONS, NEURONS))
    constants: dict[str, Any] = {"v_th": v_th} | ({"v_reset": v_reset} if mode == "fixed" else {})
    network = driven(
        "spiker",
        {"reset": mode, "recurrent": recurrent},
        constants,
        {"exciting": weights},
        plan=plan_of("spiker", weight="Q10.0"),
        numbers={"shift": shift},
        own={"inhibiting": lateral} if recurrent == "yes" else None,
        delay=2,
    )
    rows = rng.integers(0, 2, (STEPS, SOURCES))
    rows[:3] = [1, 0, 0, 0, 0, 0]
    rows[STEPS // 2] = 0  # nothing comes: it leaks all the same
    v, expected = [0] * NEURONS, list[dict[str, list[int]]]()
    for row in rows:
        fired = expected[-2]["spike"] if len(expected) > 1 else [0] * NEURONS
        before, after = [0] * NEURONS, [0] * NEURONS
        for n in range(NEURONS):
            exciting = [int(weights[i, n]) for i in range(SOURCES) if row[i]]
            inhibiting = [int(lateral[i, n]) for i in range(NEURONS) if fired[i] and recurrent == "yes"]
            before[n], v[n], after[n] = lif(v[n], exciting, inhibiting, v_th[n], v_reset[n], shift, mode)
        expected.append({"integrated": before, "membrane": [*v], "spike": after})
    return compared(network, rows, expected)


@long_with_jit
def test_every_word_is_that_of_the_generated_vhdl() -> None:
    count = sum(drive(*case, seed) for seed, case in enumerate(CASES[:1] if JIT else CASES))
    assert JIT or count == told("spiker")
