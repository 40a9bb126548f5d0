"""Faults that an RTL of a layered network might have, and the sets in which each must be found."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """The set in which it is looked for, and the edits that plant it: file, what it says, what it would say."""

    where: str
    edits: tuple[tuple[str, str, str], ...]


CHANCE, CURRENTS = "layers_by_chance", "layers_in_currents"
CAST, LFSR, DECAY, CONV = "fxsnn_cast.sv", "fxsnn_lfsr.sv", "fxsnn_decay.sv", "fxsnn_conv.sv"
ANSWER, TOP = "fxsnn_answer.sv", "fxsnn_layers.sv"


def _fault(file: str, right: str, wrong: str, where: str = CURRENTS) -> Fault:
    return Fault(where, ((file, right, wrong),))


_WIDE = "({} <<< (X - SUM_WORD + {})) >>> (X - SUM_WORD + {})"

FAULTS = {
    # casts
    "wrap for saturate": _fault(CAST, "OVERFLOW == fxsnn_modes::WRAP          ?", "1 ?"),
    "wrap for saturate, by chance": _fault(CAST, "OVERFLOW == fxsnn_modes::WRAP          ?", "1 ?", CHANCE),
    "saturate for wrap": _fault(CAST, "OVERFLOW == fxsnn_modes::WRAP          ?", "0 ?"),
    "saturate for zero": _fault(CAST, "OVERFLOW == fxsnn_modes::SATURATE_ZERO ?", "0 ?"),
    "symmetric for saturate": _fault(CAST, "OVERFLOW == fxsnn_modes::SATURATE_SYMMETRIC && SIGNED", "SIGNED"),
    "saturate for symmetric": _fault(CAST, "OVERFLOW == fxsnn_modes::SATURATE_SYMMETRIC && SIGNED", "0"),
    "saturation before rounding": _fault(
        CAST,
        "assign overflowed = rounded > HIGHEST || rounded < BOTTOM;",
        "assign overflowed = (value >>> (DROP > 0 ? DROP : 0)) > HIGHEST || rounded < BOTTOM;",
        CHANCE,
    ),
    "truncation toward zero": _fault(CAST, ": 1'b0;  // FLOOR", ": rest != '0 && value[X-1];  // FLOOR"),
    "floor for truncation toward zero": _fault(CAST, "rest != '0 && value[X-1]", "1'b0"),
    "ties to even go up": _fault(CAST, "more || (tie && floored[0])", "more || tie"),
    "ties to odd go to even": _fault(CAST, "more || (tie && !floored[0])", "more || (tie && floored[0])"),
    "ties away from 0 go up": _fault(CAST, "more || (tie && !value[X-1])", "more || tie"),
    "ties up go down": _fault(CAST, "NEAREST_UP   ? more || tie", "NEAREST_UP   ? more"),
    "no draw is added": _fault(CAST, "((rest + $signed(fresh)) >>> DROP)", "(rest >>> DROP)"),
    # registers
    "LFSR off by one": _fault(LFSR, "state <= after[COUNT];", "state <= after[COUNT > 0 ? COUNT - 1 : 0];"),
    "LFSR shifted the other way": _fault(
        LFSR, "{after[i][WIDTH-2:0], ^(after[i] & TAPS)}", "{^(after[i] & TAPS), after[i][WIDTH-1:1]}"
    ),
    "draw in reversed order of bits": _fault(
        LFSR, "{drawn[i][X-2:0], ^(after[i] & TAPS)}", "drawn[i] | (X'(^(after[i] & TAPS)) << i)"
    ),
    "LFSR not set to its seed": _fault(LFSR, "if (start) state <= SEED;", "if (start && state === 'x) state <= SEED;"),
    "swapped registers": _fault(CONV, ".SEED(SEED_TRACE)", ".SEED(SEED_SYNAPSE)", CHANCE),
    "draws in swapped order": Fault(
        CHANCE,
        (
            (CONV, "state_address = CURRENTS ? neuron : i;", "state_address = CURRENTS ? neuron : INPUTS - 1 - i;"),
            (
                CONV,
                "given_address = CURRENTS ? under_address : i;",
                "given_address = CURRENTS ? under_address : INPUTS - 1 - i;",
            ),
        ),
    ),
    "a neuron does not draw": _fault(CONV, ".draw(fires)", ".draw(fires && n != 0)"),
    # decay
    "logical for arithmetic shift": _fault(DECAY, "(v >>> LEAK_BITS)", "$signed($unsigned(v) >> LEAK_BITS)"),
    "logical shift in the word": _fault(DECAY, "(v >>> LEAK_BITS)", "$signed(X'(held >> LEAK_BITS))"),
    "shift toward zero": _fault(DECAY, "(v >>> LEAK_BITS)", "(v / (1 <<< LEAK_BITS))"),
    "shift by one more": _fault(DECAY, "(v >>> LEAK_BITS)", "(v >>> (LEAK_BITS + 1))"),
    "no leak": _fault(DECAY, "v - (v >>> LEAK_BITS)", "v"),
    "factor off by one": _fault(DECAY, "v * FACTOR_X", "v * (FACTOR_X + 1'b1)"),
    "product truncated before it is added to": _fault(
        DECAY, "v * FACTOR_X", "((v * FACTOR_X) >>> FACTOR_FRAC) <<< FACTOR_FRAC"
    ),
    "binary points not aligned": _fault(DECAY, "(added <<< (EXACT_FRAC - ADDED_FRAC))", "added"),
    "sign of a state lost": _fault(DECAY, "SIGNED && held[WORD-1]", "1'b0"),
    "nothing is added": _fault(DECAY, "+ (added <<< (EXACT_FRAC - ADDED_FRAC))", ""),
    # order of a step
    "P takes the Q of this step": _fault(CONV, ".added(old_synapse)", ".added(synapse)", CHANCE),
    "M takes the I of this step": _fault(CONV, ".added(old_synapse)", ".added(synapse)"),
    "R takes the spike of this step": _fault(CONV, "taken = fired ?", "taken = drive > 0 ?"),
    "R takes no spike": _fault(CONV, "taken = fired ?", "taken = 0 ?"),
    "R of the step before is compared": _fault(
        CONV,
        "+ (refractory <<<",
        "+ ($signed({{(X - REFRACTORY_WORD) {REFRACTORY_SIGNED && refractory_word[REFRACTORY_WORD-1]}}, "
        "refractory_word}) <<<",
    ),
    "M of the step before is compared": _fault(
        CONV,
        "drive = CURRENTS ? trace : sum;",
        "drive = CURRENTS ? {{(X - TRACE_WORD) {TRACE_SIGNED && trace_word[TRACE_WORD-1]}}, trace_word} : sum;",
    ),
    "a layer begins before the last one has ended": _fault(TOP, ".start_step(done0)", ".start_step(start_step)"),
    # sums
    "accumulator too narrow": _fault(
        CONV, "next_sum = sum + weight * under;", f"next_sum = {_WIDE.format('(sum + weight * under)', 2, 2)};"
    ),
    "accumulator too narrow, by chance": _fault(
        CONV, "next_sum = sum + weight * under;", f"next_sum = {_WIDE.format('(sum + weight * under)', 4, 4)};", CHANCE
    ),
    "lowest bit of the accumulator lost": _fault(
        CONV, "next_sum = sum + weight * under;", "next_sum = ((sum + weight * under) >>> 1) <<< 1;"
    ),
    "sum goes on from neuron to neuron": _fault(
        CONV, "          held_sum <= '0;\n          neuron", "          neuron"
    ),
    "weights are unsigned": _fault(CONV, "WEIGHT_SIGNED && weight_word", "0 && weight_word"),
    "counts are taken as spikes": _fault(CONV, "1'b0}}, given_word};", "1'b0}}, given_word != '0};"),
    # kernel
    "padding off by a row": _fault(CONV, "$signed(ky) - PADDING;", "$signed(ky) - PADDING + 1;"),
    "padding off by a column": _fault(CONV, "$signed(kx) - PADDING;", "$signed(kx) - PADDING - 1;"),
    "no padding of columns": _fault(CONV, "&& column >= 0 && column < WIDTH;", "&& under_address < INPUTS;"),
    "kernel mirrored": _fault(
        CONV,
        "((ky * KERNEL_WIDTH + kx) * CHANNELS + c)",
        "(((KERNEL_HEIGHT - 1 - ky) * KERNEL_WIDTH + KERNEL_WIDTH - 1 - kx) * CHANNELS + c)",
    ),
    "kernel rows and columns swapped": _fault(
        CONV, "((ky * KERNEL_WIDTH + kx) * CHANNELS + c)", "((kx * KERNEL_HEIGHT + ky) * CHANNELS + c)"
    ),
    "input channels swapped": _fault(CONV, "* CHANNELS + c;", "* CHANNELS + CHANNELS - 1 - c;"),
    "input channels of the weights swapped": _fault(
        CONV, "* CHANNELS + c) * OUT_CHANNELS + n", "* CHANNELS + CHANNELS - 1 - c) * OUT_CHANNELS + n"
    ),
    "output channels of the weights swapped": _fault(
        CONV, "* OUT_CHANNELS + n;\n  assign given", "* OUT_CHANNELS + OUT_CHANNELS - 1 - n;\n  assign given"
    ),
    # comparison and pooling
    ">= for >": _fault(CONV, "spike = membrane > 0;", "spike = membrane >= 0;"),
    "fires below 0": _fault(CONV, "spike = membrane > 0;", "spike = membrane < 0;"),
    "bias ignored": _fault(CONV, "+ (bias <<< (COMPARE_FRAC - BIAS_FRAC))", ""),
    "bias not aligned": _fault(CONV, "(bias <<< (COMPARE_FRAC - BIAS_FRAC))", "bias"),
    "R not aligned": _fault(CONV, "(refractory <<< (COMPARE_FRAC - REFRACTORY_FRAC))", "refractory", CHANCE),
    "pooled spikes are kept": _fault(CONV, "(!first_in_window && was_output)", "was_output"),
    "the last spike of a window counts": _fault(CONV, "spike || (!first_in_window && was_output)", "spike"),
    "the first spike of a window counts": _fault(
        CONV, "spike || (!first_in_window && was_output)", "first_in_window ? spike : was_output"
    ),
    "pooling window off by a column": _fault(
        CONV, "window_x <= last_column ? '0 : in_x == POOL - 1", "window_x <= last_column ? '0 : in_x == 0"
    ),
    # recordings
    "traces kept between recordings": _fault(CONV, "if (i < STATES) traces[i]", "if (traces[i] === 'x) traces[i]"),
    "synapses kept between recordings": _fault(
        CONV, "if (i < STATES) synapses[i]", "if (synapses[i] === 'x) synapses[i]"
    ),
    "refractory states kept between recordings": _fault(
        CONV, "i < NEURONS) refractories[i]", "refractories[i] === 'x) refractories[i]"
    ),
    "spikes kept between recordings": _fault(CONV, "i < NEURONS) spikes[i]", "spikes[i] === 1'bx) spikes[i]"),
    "the last states are not cleared": _fault(CONV, "i >= STATES - 1 && i >= NEURONS - 1", "i >= STATES - 1", CHANCE),
    # answer
    "burn-in off by one": _fault(ANSWER, "steps >= BURN_IN", "steps > BURN_IN"),
    "burn-in off by one, by chance": _fault(ANSWER, "steps >= BURN_IN", "steps > BURN_IN", CHANCE),
    "burn-in only once": _fault(ANSWER, "steps <= '0;", "if (steps === 'x) steps <= '0;", CHANCE),
    "answers kept between recordings": _fault(ANSWER, "sums[k] <= '0;", "if (sums[k] === 'x) sums[k] <= '0;"),
    "readout without signs": _fault(ANSWER, "? -ONE : ONE", "? ONE : ONE"),
    "membranes without signs": _fault(
        # two bits: the sum is as wide as a membrane, and an even number of lost signs alone would leave it right
        ANSWER,
        "membrane_x = membrane[WORD-1:0]",
        "membrane_x = {2'b0, membrane[WORD-3:0]}",
        CHANCE,
    ),
}
