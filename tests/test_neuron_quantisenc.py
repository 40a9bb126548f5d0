"""QUANTISENC's neuron, written down here wire by wire from its Verilog: words are bits without a sign."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from command_line import in_plain_python, long_with_jit
from neurons_of_others import JIT, compared, driven, plan_of, told

NEURONS, STEPS, SOURCES = 12, 40, 6
N, Q = 8, 4  # bits of a word, and how many of them are fractional
ALL, SIGN = (1 << N) - 1, 1 << N - 1


def bits(word: int) -> int:
    return word & ALL


def word(found: int) -> int:
    return found - (1 << N) if found & SIGN else found


def negated(a: int) -> int:  # twos_complement
    return (~a + 1) & ALL


def qadd(a: int, b: int) -> int:
    extended = ((a & SIGN) << 1 | a) + ((b & SIGN) << 1 | b) & (1 << N + 1) - 1
    top = extended >> N - 1
    if top == 0b01:
        return SIGN - 1
    return SIGN | 1 if top == 0b10 else extended & ALL


def qmult(a: int, b: int) -> int:
    low = SIGN - 1
    multiplicand = a & SIGN | (low - (a & low) + 1 & low) if a & SIGN else a
    multiplier = b & SIGN | (low - (b & low) + 1 & low) if b & SIGN else b
    whole = (multiplicand & low) * (multiplier & low)
    kept = whole >> Q & low
    sign = (a ^ b) & SIGN
    result = sign | ((low - kept + 1) & low if sign else kept)
    if kept == 0 and multiplier > 0 and multiplicand > 0:  # called underflow
        return ALL
    return low if whole >> N - 1 + Q else result


@dataclass
class Lif:
    vth: int
    decay_rate: int
    grow_rate: int
    vrest: int
    refractory_period: int
    reset_mechanism: int
    vmem: int = 0
    refr_cnt: int = 0

    def clock(self, inspk: bool, activation: int) -> int:
        decay_n = negated(qmult(self.vmem, self.decay_rate))
        grow = qmult(activation, self.grow_rate)
        vmem_decay_n = qadd(self.vmem, decay_n)
        vmem_grow_decay_n = qadd(vmem_decay_n, grow)
        vth_n = negated(self.vth)
        vmem_sub = qadd(self.vmem, vth_n)
        greater = vmem_sub != 0 and not vmem_sub & SIGN
        mechanism = self.reset_mechanism
        if self.refr_cnt > 0:
            self.refr_cnt -= 1
            self.vmem = vmem_decay_n if mechanism == 0 else self.vmem
            return 0
        if not greater:
            self.vmem = vmem_grow_decay_n if inspk else vmem_decay_n
            return 0
        self.refr_cnt = self.refractory_period
        if inspk:
            rested = qadd(self.vrest, qadd(grow, decay_n))
            self.vmem = {0: vmem_grow_decay_n, 1: qadd(vmem_grow_decay_n, vth_n), 2: 0}.get(mechanism, rested)
        else:
            self.vmem = {0: vmem_decay_n, 1: vmem_sub, 2: 0}.get(mechanism, vmem_decay_n)
        return 1


RESETS = ("subtract", "none", "zero", "rest")


def drive(reset: str, seed: int) -> int:
    rng = np.random.default_rng(seed)

    def drawn(low: int, high: int, *corners: int) -> list[int]:
        return [*corners, *(int(one) for one in rng.integers(low, high, NEURONS - len(corners), endpoint=True))]

    vth, vrest = drawn(-10, 60, 16, 0, 127, -128), drawn(-128, 127, -128, 127)
    decay_rate, grow_rate = drawn(0, 16, 3, 3, 3, 0, 3, -128, 127), drawn(1, 32, 16, 16, 16, 16, 0, 16, 127)
    period = drawn(0, 4, 0, 0, 1, 2)
    weights = rng.integers(-16, 16, (SOURCES, NEURONS))
    weights[0] = 8
    constants: dict[str, Any] = {"vth": vth, "decay_rate": decay_rate, "grow_rate": grow_rate}
    constants |= {"refractory_period": period, "lowest": -128, "unit": 1} | (
        {"vrest": vrest} if reset == "rest" else {}
    )
    plan = plan_of("quantisenc", weight="Q6.4") if seed % 2 else plan_of("quantisenc", weight="Q4.4")
    if seed % 2 == 0:  # an accumulator that saturates
        weights[1:3, :6] = [[127], [-128]]
    else:
        weights[1:3] *= 16
        weights = np.clip(weights, -128, 127)
    network = driven("quantisenc", {"reset": reset}, constants, {"arriving": weights}, plan=plan)
    rows = rng.integers(0, 2, (STEPS, SOURCES)) * rng.integers(0, 2, (STEPS, 1))
    rows[:2] = [1, 0, 0, 0, 0, 0]
    rows[20:30] *= rng.integers(0, 2, SOURCES)

    mechanism = {"none": 0, "subtract": 1, "zero": 2, "rest": 3}[reset]
    neurons = [
        Lif(bits(vth[n]), bits(decay_rate[n]), bits(grow_rate[n]), bits(vrest[n]), period[n], mechanism)
        for n in range(NEURONS)
    ]
    expected = []
    for row in rows:
        psum, fired = [0] * NEURONS, [0] * NEURONS
        for n, one in enumerate(neurons):
            for i in range(SOURCES):
                if row[i]:
                    psum[n] = qadd(psum[n], bits(int(weights[i, n])))
            fired[n] = one.clock(bool(row.any()), psum[n])
        expected.append(
            {
                "activation": [word(one) for one in psum],
                "membrane": [word(one.vmem) for one in neurons],
                "wait": [one.refr_cnt for one in neurons],
                "spike": fired,
            }
        )
    return compared(network, rows, expected)


@long_with_jit
def test_every_word_is_that_of_the_verilog() -> None:
    cases = [("subtract", 0)] if JIT else [*product(RESETS, range(2))]
    count = sum(drive(*case) for case in cases)
    assert JIT or count == told("quantisenc")


@in_plain_python
def test_every_product_of_two_words_is_that_of_the_verilog() -> None:
    """Every membrane's decay at every rate, through networks of 256 neurons that begin a step at their own word."""
    words = np.arange(-128, 128)
    rows = np.array([[1, 0], [0, 0]])
    for rate in (-128, -17, -1, 0, 1, 3, 16, 127):
        # the first step brings a neuron to a word of its own: activation times a grow rate of 1
        weights = np.array([words, np.zeros(256, np.int64)])
        constants: dict[str, Any] = {"vth": 127, "decay_rate": rate, "grow_rate": 16, "refractory_period": 0}
        constants |= {"lowest": -128, "unit": 1}
        network = driven(
            "quantisenc", {"reset": "zero"}, constants, {"arriving": weights}, plan=plan_of("quantisenc", weight="Q4.4")
        )
        neurons = [Lif(127, bits(rate), 16, 0, 0, 2) for _ in words]
        expected = []
        for row in rows:
            fired = [
                one.clock(bool(row.any()), bits(int(own)) if row.any() else 0)
                for one, own in zip(neurons, words, strict=True)
            ]
            expected.append({"membrane": [word(one.vmem) for one in neurons], "spike": fired})
        assert compared(network, rows, expected) == 1024
