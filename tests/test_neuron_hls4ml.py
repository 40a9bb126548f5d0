"""hls4ml's LIFNeuron and IFNeuron in ap_fixed, written down here from their templates in plain integers."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from command_line import long_with_jit
from neurons_of_others import JIT, compared, driven, plan_of, told

NEURONS, STEPS, SOURCES = 12, 24, 6
MEMBRANE, RESULT, ACCUMULATOR = (16, 10), (14, 9), (12, 6)  # bits, and how many are fractional
WEIGHT, BETA, THRESHOLD = 12, 10, 10  # fractional bits


def ap_fixed(word: int, frac: int, into: tuple[int, int]) -> int:
    """Return a word as ap_fixed takes it where nothing is said: AP_TRN, AP_WRAP."""
    bits, own = into
    moved = word << own - frac if own >= frac else word >> frac - own
    return (moved + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


CASES = [*product(("multiply", "none"), ("subtract", "zero"), ("exact", "each"), ("constant", "none"))]


def drive(leak: str, reset: str, accumulate: str, drive_by: str, seed: int) -> int:
    rng = np.random.default_rng(seed)
    beta = [0, 1023, 512, *(int(word) for word in rng.integers(0, 1024, NEURONS - 3))]
    threshold = [0, 1024, 512, *(int(word) for word in rng.integers(1, 8192, NEURONS - 3))]
    bias = [int(word) for word in rng.integers(-300, 300, NEURONS)]
    weights = rng.integers(-(1 << 13), 1 << 13, (SOURCES, NEURONS))
    weights[0], weights[1] = 4096, 2048
    weights[2, :6] = (1 << 15) - 1  # the sum wraps, and so does the membrane
    constants: dict[str, Any] = {"threshold": threshold}
    constants |= {"beta": beta} if leak == "multiply" else {}
    constants |= {"bias": bias} if drive_by == "constant" else {}
    choices = {"leak": leak, "reset": reset, "accumulate": accumulate, "drive": drive_by}
    signals = {"weight": "Q4.12", "membrane": "Q6.10 floor wrap", "result": "Q5.9 floor wrap"}
    signals |= {"accumulator": "Q6.6 floor wrap", "beta": "UQ0.10", "threshold": "Q6.10", "bias": "Q4.10"}
    network = driven("hls4ml", choices, constants, {"arriving": weights}, plan=plan_of("hls4ml", **signals))
    rows = rng.integers(0, 2, (STEPS, SOURCES))
    rows[:2] = [1, 0, 0, 0, 0, 0]
    mem, expected = [0] * NEURONS, []
    for row in rows:
        data, before, fired = [0] * NEURONS, [0] * NEURONS, [0] * NEURONS
        for n in range(NEURONS):
            own = bias[n] if drive_by == "constant" else 0
            if accumulate == "each":
                acc = ap_fixed(own, 10, ACCUMULATOR)
                for i in range(SOURCES):
                    if row[i]:
                        product_ = ap_fixed(int(weights[i, n]), WEIGHT, ACCUMULATOR)
                        acc = ap_fixed(acc + product_, ACCUMULATOR[1], ACCUMULATOR)
                data[n] = ap_fixed(acc, ACCUMULATOR[1], RESULT)
            else:
                data[n] = ap_fixed(int(row @ weights[:, n]) + (own << 2), WEIGHT, RESULT)
            v = ap_fixed(mem[n] * beta[n], 10 + BETA, MEMBRANE) if leak == "multiply" else mem[n]
            v = ap_fixed(v + ap_fixed(data[n], RESULT[1], MEMBRANE), 10, MEMBRANE)
            before[n], fired[n] = v, int(v >= threshold[n])
            if fired[n]:
                v = ap_fixed(v - threshold[n], THRESHOLD, MEMBRANE) if reset == "subtract" else 0
            mem[n] = v
        expected.append({"data": data, "integrated": before, "membrane": [*mem], "spike": fired})
    return compared(network, rows, expected)


@long_with_jit
def test_every_word_is_that_of_hls4mls_templates() -> None:
    count = sum(drive(*case, seed) for seed, case in enumerate(CASES[:1] if JIT else CASES))
    assert JIT or count == told("hls4ml")
