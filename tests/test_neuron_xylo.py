"""Xylo's neuron and its layers, written down here from what its simulator does, in plain integers."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pytest

from changes_played import played
from command_line import long_with_jit, once
from neurons_of_others import JIT, compared, driven, plan_of, told

NEURONS, STEPS, SOURCES = 8, 34, 6


def safe_add(x: int, y: int) -> int:
    return min(max(x + y, -32768), 32767)


def int16(word: int) -> int:
    return (word + 32768) % 65536 - 32768


def decay(word: int, dash: int) -> int:
    found = word >> dash
    return found or (word > 0) - (word < 0)


@dataclass
class Neuron:
    dash_mem: int
    dash_syns: tuple[int, int]
    v_th: int
    bias: int
    v_mem: int = 0
    i_syns: list[int] = field(default_factory=lambda: [0, 0])

    def receive(self, weight: int, synapse: int) -> None:
        self.i_syns[synapse] = safe_add(self.i_syns[synapse], weight)

    def evolve(self, core: str, most: int) -> int:
        self.i_syns = [i - decay(i, dash) for i, dash in zip(self.i_syns, self.dash_syns, strict=True)]
        if core == "v1":
            self.v_mem -= decay(self.v_mem, self.dash_mem)
            self.v_mem = safe_add(self.v_mem, sum(self.i_syns))
        else:
            change = safe_add(int16(-decay(self.v_mem, self.dash_mem)), sum(self.i_syns))
            self.v_mem = safe_add(self.v_mem, safe_add(change, self.bias))
        spikes = 0
        while self.v_mem >= self.v_th and spikes < most:
            spikes += 1
            self.v_mem -= self.v_th
        return spikes


CASES = [*product(("v2", "v1"), ("hidden", "readout"), ("one", "each"))]


def drive(core: str, layer: str, dash: str, seed: int) -> int:
    rng = np.random.default_rng(seed)
    dashes = rng.integers(0, 8, (3, 1 if dash == "one" else NEURONS)) + np.zeros((3, NEURONS), np.int64)
    if dash == "each":
        dashes[:, 0] = 0  # a word decays to 0 at once, but for the lowest one's change in v2
        dashes[2, 1] = 15
    v_th = [0, 1, 32767, *(int(word) for word in rng.integers(50, 3000, NEURONS - 3))]
    bias = [0, *(int(word) for word in rng.integers(-200, 200, NEURONS - 1))]
    weights = [rng.integers(-128, 128, (SOURCES, NEURONS)) for _ in range(2)]
    weights[0][0], weights[0][1] = 127, -128
    own = rng.integers(-128, 128, (NEURONS, NEURONS))
    constants: dict[str, Any] = {"v_th": v_th} | ({"bias": bias} if core == "v2" else {})
    names, numbers = ("dash_syn_1", "dash_syn_2", "dash_mem"), dict[str, int]()
    if dash == "one":
        numbers = {name: int(dashes[n, 0]) for n, name in enumerate(names)}
    else:
        factors = ("factor_syn_1", "factor_syn_2", "factor_mem")
        constants |= {name: [1 << 15 - int(d) for d in dashes[n]] for n, name in enumerate(factors)}
    network = driven(
        "xylo",
        {"core": core, "layer": layer, "dash": dash},
        constants,
        {"synapse_1": weights[0], "synapse_2": weights[1]},
        plan=plan_of("xylo", weight="Q12.-4"),  # shifted up by 4 bits
        numbers=numbers,
        own={"synapse_1": own} if layer == "hidden" else None,
        given="UQ4.0",
    )
    rows = rng.integers(0, 3, (STEPS, SOURCES)) * rng.integers(0, 2, (STEPS, SOURCES))
    rows[8:16] = [15, 0, 0, 0, 0, 0]
    rows[20:28] = [0, 15, 0, 0, 0, 0]
    rows[30:33] = 0

    neurons = [
        Neuron(int(dashes[2, n]), (int(dashes[0, n]), int(dashes[1, n])), v_th[n], bias[n]) for n in range(NEURONS)
    ]
    recurrent, expected = [0] * NEURONS, []
    for row in rows:
        for n, one in enumerate(neurons):
            for i in range(SOURCES):
                for _ in range(int(row[i])):
                    for synapse in range(2):
                        one.receive(int(weights[synapse][i, n]) << 4, synapse)
            for i in range(NEURONS if layer == "hidden" else 0):
                for _ in range(recurrent[i]):
                    one.receive(int(own[i, n]) << 4, 0)
        recurrent = [one.evolve(core, 31 if layer == "hidden" else 1) for one in neurons]
        expected.append(
            {
                "current_1": [one.i_syns[0] for one in neurons],
                "current_2": [one.i_syns[1] for one in neurons],
                "membrane": [one.v_mem for one in neurons],
                "spike": recurrent,
            }
        )
    return compared(network, rows, expected)


@long_with_jit
def test_every_word_is_that_of_xylos_simulator() -> None:
    count = sum(drive(*case, seed) for seed, case in enumerate(CASES[:1] if JIT else CASES))
    assert JIT or count == told("xylo")


@pytest.mark.long
@once
def test_every_change_of_two_synapses_is_played_or_has_no_order() -> None:
    rng = np.random.default_rng(3)
    network = driven(
        "xylo",
        {"core": "v2", "layer": "hidden", "dash": "one"},
        {"v_th": [0, 1, 32767, *range(500, 1000, 100)], "bias": [5] * NEURONS},
        {f"synapse_{n}": rng.integers(-128, 128, (SOURCES, NEURONS)) for n in (1, 2)},
        plan=plan_of("xylo", weight="Q12.-4"),
        numbers={"dash_syn_1": 2, "dash_syn_2": 3, "dash_mem": 1},
        own={"synapse_1": rng.integers(-128, 128, (NEURONS, NEURONS))},
        given="UQ4.0",
    )
    played(network)
