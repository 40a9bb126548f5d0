"""Sinabs' IAF with several spikes a step and a floor, written down here from its functions in plain integers."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from command_line import long_with_jit
from fxsnn.populations.deciding import counts_spikes
from fxsnn.program.shipped import neuron
from neurons_of_others import JIT, compared, driven, plan_of, told

NEURONS, STEPS, SOURCES = 12, 24, 5
LOWEST, HIGHEST = -(1 << 15), (1 << 15) - 1


def within(word: int) -> int:
    return min(max(word, LOWEST), HIGHEST)


def iaf(v: int, came: int, threshold: int, most: int, reset: int | None, floor: int | None) -> tuple[int, int, int]:
    """Return the membrane before and after its reset, and the spikes; most 0 is SingleSpike, without a reset value."""
    v = before = within(v + came)
    several = min(v // threshold, most) if v > 0 else 0
    spikes = several if most else int(v - threshold >= 0)
    v = within(v - spikes * threshold if reset is None else v * (spikes == 0) + reset)
    return before, v if floor is None else max(v, floor), spikes


CASES = [*product(("many", "single"), ("subtract", "value"), ("floor", "none"))]


def drive(spikes: str, reset: str, bound: str, seed: int) -> int:
    rng = np.random.default_rng(seed)
    threshold = [1, 16, 32, *(int(word) for word in rng.integers(1, 1024, NEURONS - 3))]
    threshold[0] = 33  # at most 992 of it up to the rail
    most = [1023, 1, 31, 2, *(int(word) for word in rng.choice([1023, 15, 1], NEURONS - 4))]
    values = [int(word) for word in rng.integers(-40, 40, NEURONS)]
    floors = [-16, 0, *(int(word) for word in rng.integers(-2000, 1, NEURONS - 2))]
    weights = rng.integers(-512, 512, (SOURCES, NEURONS))
    weights[0] = 16
    weights[1] = rng.choice([(1 << 14) - 1, -(1 << 14)], NEURONS)
    weights[1, 0] = (1 << 14) - 1
    constants: dict[str, Any] = {"threshold": threshold}
    constants |= {"most": most} if spikes == "many" else {}
    constants |= {"reset_value": values} if reset == "value" else {}
    constants |= {"floor": floors} if bound == "floor" else {}
    choices = {"spikes": spikes, "reset": reset, "bound": bound}
    network = driven("sinabs", choices, constants, {"arriving": weights}, plan=plan_of("sinabs", weight="Q15.0"))
    rows = rng.integers(0, 2, (STEPS, SOURCES))
    rows[:3] = [1, 0, 0, 0, 0]
    rows[10:14, 1] = 1
    v, expected = [0] * NEURONS, []
    for row in rows:
        before, fired = [0] * NEURONS, [0] * NEURONS
        for n in range(NEURONS):
            before[n], v[n], fired[n] = iaf(
                v[n],
                int(row @ weights[:, n]),
                threshold[n],
                most[n] if spikes == "many" else 0,
                values[n] if reset == "value" else None,
                floors[n] if bound == "floor" else None,
            )
        expected.append({"integrated": before, "membrane": [*v], "spike": fired})
    if spikes == "many":
        assert max(max(words["spike"]) for words in expected) > 31
    return compared(network, rows, expected)


@long_with_jit
def test_every_word_is_that_of_sinabs_functions() -> None:
    count = sum(drive(*case, seed) for seed, case in enumerate(CASES[:1] if JIT else CASES))
    assert JIT or count == told("sinabs")


def test_its_output_counts_spikes_as_reports_draw_them() -> None:
    for spikes in ("many", "single"):
        choices = {"spikes": spikes, "reset": "subtract", "bound": "floor"}
        assert counts_spikes(neuron("sinabs", **choices))
