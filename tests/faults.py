"""Faults as RTL has them, and small networks in which each makes a difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.number.modes import Overflow, Rounding
from sets import SETS


class Fault(NamedTuple):
    """A text of the RTL and what a mistaken one would say instead; `networks` are those it is looked for in."""

    file: str
    right: str
    wrong: str
    networks: tuple[str, ...]


def _set(name: str) -> QuantisedNetwork:
    return SETS[name]()[0]


def _rounding(mode: str) -> QuantisedNetwork:
    """A network of both signs with this rounding in the membrane, which drops bits of its current and its leak."""
    network = _set("stochastic_none")
    plan = network.plan
    membrane = replace(plan["membrane"], rounding=Rounding(mode), overflow=Overflow.SATURATE)
    accumulator = replace(plan["accumulator"], rounding=Rounding(mode), overflow=Overflow.SATURATE)
    return replace(network, plan=plan.changed(membrane=membrane, accumulator=accumulator), reset="subtract")


def fault_inputs(network: QuantisedNetwork) -> NDArray[np.int64]:
    """Return inputs of which few, some or most words are active, int64[inputs, steps, words]."""
    rng = np.random.default_rng(network.inputs)
    return (rng.random((9, 24, network.inputs)) < np.repeat([0.1, 0.4, 0.9], 3)[:, None, None]).astype(np.int64)


NETWORKS: dict[str, Callable[[], QuantisedNetwork]] = {
    **{name: lambda name=name: _set(name) for name in SETS},  # type: ignore[misc]
    **{mode.value: lambda mode=mode: _rounding(mode.value) for mode in Rounding},  # type: ignore[misc]
}

CAST, LAYER, LFSR = "fxsnn_cast.sv", "fxsnn_layer.sv", "fxsnn_lfsr.sv"
SIGNED = ("floor", "nearest-even")
FAULTS = {
    "wrap for saturate": Fault(CAST, "= !overflowed             ? rounded", "= 1 ? wrapped", SIGNED),
    "wrap for saturate at the top": Fault(
        CAST, ": rounded > HIGHEST         ? HIGHEST", ": rounded > HIGHEST ? wrapped", SIGNED
    ),
    "wrap for saturate at the bottom": Fault(CAST, "              : BOTTOM;", "              : wrapped;", SIGNED),
    "saturate for wrap": Fault(
        CAST,
        "== fxsnn_modes::WRAP          ? wrapped",
        "== fxsnn_modes::WRAP ? (rounded > HIGHEST ? HIGHEST : LOWEST)",
        ("stochastic_none",),
    ),
    "symmetric for plain saturation": Fault(
        CAST, "fxsnn_modes::SATURATE_SYMMETRIC && SIGNED ? -HIGHEST", "OVERFLOW && SIGNED ? -HIGHEST", SIGNED
    ),
    "plain for symmetric saturation": Fault(
        CAST,
        "fxsnn_modes::SATURATE_SYMMETRIC && SIGNED ? -HIGHEST",
        "fxsnn_modes::SATURATE_SYMMETRIC && SIGNED ? LOWEST",
        ("stochastic_none",),
    ),
    "saturate for saturate-zero": Fault(
        CAST, "OVERFLOW == fxsnn_modes::SATURATE_ZERO ? '0", "0 ? '0", ("each_subtract",)
    ),
    "one too low a top": Fault(
        CAST,
        "rounded > HIGHEST || rounded < BOTTOM",
        "rounded >= HIGHEST || rounded < BOTTOM",
        ("stochastic_none", "each_subtract"),
    ),
    "saturation before rounding": Fault(
        CAST,
        "assign rounded = floored + $signed({{(X - 1){1'b0}}, up});",
        "assign rounded = floored >= HIGHEST ? HIGHEST : floored + $signed({{(X - 1){1'b0}}, up});",
        ("each_subtract",),
    ),
    "> for >=": Fault(LAYER, "!(STRICT && excess == '0)", "excess != '0", ("largest_zero", "each_subtract")),
    ">= for >": Fault(LAYER, "!(STRICT && excess == '0)", "1'b1", ("stochastic_none",)),
    "logical for arithmetic shift in the leak": Fault(
        LAYER, "v - (v >>> LEAK_BITS)", "v - (v >> LEAK_BITS)", ("each_subtract",)
    ),
    "leak truncated toward zero": Fault(
        LAYER, "v - (v >>> LEAK_BITS)", "v - v / (64'sd1 <<< LEAK_BITS)", ("each_subtract",)
    ),
    "logical for arithmetic shift in a cast": Fault(
        CAST,
        "assign half = ONE <<< (DROP - 1);\n    assign floored = value >>> DROP;",
        "assign half = ONE <<< (DROP - 1);\n    assign floored = value >> DROP;",
        SIGNED,
    ),
    "logical for arithmetic shift in a stochastic cast": Fault(
        CAST,
        "assign rounded = floored + ((rest + $signed(fresh)) >>> DROP);",
        "assign rounded = $signed(value >> DROP) + ((rest + $signed(fresh)) >>> DROP);",
        ("stochastic",),
    ),
    "truncation toward zero for floor": Fault(CAST, ": 1'b0;  // FLOOR", ": rest != '0 && value[X-1];", ("floor",)),
    "floor for truncation toward zero": Fault(CAST, "rest != '0 && value[X-1]", "1'b0", ("zero",)),
    "ceil of exact values": Fault(
        CAST, "fxsnn_modes::CEIL         ? rest != '0", "fxsnn_modes::CEIL ? 1'b1", ("ceil",)
    ),
    "negative ties of nearest-away go up": Fault(
        CAST, "more || (tie && !value[X-1])", "more || tie", ("nearest-away",)
    ),
    "negative ties of nearest-zero go down": Fault(CAST, "more || (tie && value[X-1])", "more", ("nearest-zero",)),
    "ties of nearest-even go up": Fault(CAST, "more || (tie && floored[0])", "more || tie", ("nearest-even",)),
    "ties of nearest-odd go to even": Fault(
        CAST, "more || (tie && !floored[0])", "more || (tie && floored[0])", ("nearest-odd",)
    ),
    "ties of nearest-up go down": Fault(
        CAST, "fxsnn_modes::NEAREST_UP   ? more || tie", "fxsnn_modes::NEAREST_UP ? more", ("nearest-up",)
    ),
    "ties of nearest-down go up": Fault(
        CAST, "fxsnn_modes::NEAREST_DOWN ? more", "fxsnn_modes::NEAREST_DOWN ? more || tie", ("nearest-down",)
    ),
    "rounded to nearest where floor is asked": Fault(CAST, ": 1'b0;  // FLOOR", ": more || tie;", ("floor",)),
    "sum not cleared": Fault(LAYER, "sums[n] <= '0;", "if (new_image) sums[n] <= '0;", ("largest_zero",)),
    "reset to zero for subtract": Fault(
        LAYER,
        "fxsnn_modes::RESET_VALUE ? RESET_X : reset_word",
        "fxsnn_modes::RESET_VALUE ? RESET_X : '0",
        ("each_subtract",),
    ),
    "reset to zero for a value": Fault(
        LAYER, "fxsnn_modes::RESET_VALUE ? RESET_X", "fxsnn_modes::RESET_VALUE ? '0", ("stochastic_none",)
    ),
    "stale refractory counter": Fault(LAYER, "refractory - 1'b1", "refractory", ("largest_zero",)),
    "refractory period one too short": Fault(
        LAYER,
        "refractories[n] <= REFRACTORY[REFRACTORY_WORD-1:0];",
        "refractories[n] <= REFRACTORY[REFRACTORY_WORD-1:0] - 1'b1;",
        ("largest_zero",),
    ),
    "a refractory neuron fires": Fault(
        LAYER, "candidate = refractory == '0 &&", "candidate =", ("largest_zero", "stochastic_none")
    ),
    "a refractory neuron hears": Fault(
        LAYER, "REFRACTORY_IGNORES && refractory != '0 ? '0", "0 ? '0", ("largest_zero",)
    ),
    "a refractory neuron does not hear": Fault(
        LAYER, "REFRACTORY_IGNORES && refractory != '0 ? '0", "refractory != '0 ? '0", ("stochastic_none",)
    ),
    "theta ignored": Fault(LAYER, "- (theta <<< (COMPARE_FRAC - THETA_FRAC))", "", ("largest_zero",)),
    "inhibited by its own spike": Fault(
        LAYER, "spikes_count - {31'b0, fired[n]}", "spikes_count", ("stochastic_none",)
    ),
    "inhibited once for many spikes": Fault(LAYER, "(others * INHIBITION_X)", "INHIBITION_X", ("stochastic_none",)),
    "no floor under inhibition": Fault(
        LAYER, "inhibit_word < FLOOR_X ? FLOOR_X : inhibit_word", "inhibit_word", ("stochastic_none",)
    ),
    "the first for the largest winner": Fault(
        LAYER, "WINNER == fxsnn_modes::WINNER_LARGEST && excess > best_x", "0", ("largest_zero",)
    ),
    "every candidate fires": Fault(
        LAYER, "if (WINNER == fxsnn_modes::WINNER_NONE) begin", "if (1) begin", ("each_subtract",)
    ),
    "membranes kept between presentations": Fault(
        LAYER, "if (load_membrane) membranes", "if (0) membranes", ("largest_zero",)
    ),
    "off-by-one LFSR": Fault(
        LFSR, "state <= after[COUNT]", "state <= after[COUNT > 0 ? COUNT - 1 : 0]", ("stochastic_none",)
    ),
    "LFSR shifted the other way": Fault(
        LFSR,
        "{after[i][WIDTH-2:0], ^(after[i] & TAPS)}",
        "{^(after[i] & TAPS), after[i][WIDTH-1:1]}",
        ("stochastic_none",),
    ),
    "draw in reversed order of bits": Fault(
        LFSR, "{drawn[i][X-2:0], ^(after[i] & TAPS)}", "drawn[i] | (X'(^(after[i] & TAPS)) << i)", ("stochastic_none",)
    ),
    "LFSR not set to its seed": Fault(
        LFSR, "if (start) state <= SEED;", "if (start && state === 'x) state <= SEED;", ("stochastic_none",)
    ),
    "a draw where nothing is inhibited": Fault(
        LAYER, "draw_inhibit = state == INHIBIT && inhibits", "draw_inhibit = state == INHIBIT", ("stochastic_none",)
    ),
    "swapped registers": Fault(LAYER, ".SEED(SEED_INTEGRATE)", ".SEED(SEED_INHIBIT)", ("stochastic_none",)),
    "draws of neurons in swapped order": Fault(
        LAYER,
        "assign draw_integrate = state == INTEGRATE;",
        "assign draw_integrate = state == INTEGRATE && !last_neuron;",
        ("stochastic_none",),
    ),
}
