"""Faults that an RTL of a network of populations might have, and the sets in which each must be found."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """The set in which it is looked for, the file, what it says, and what it would say."""

    where: str
    file: str
    right: str
    wrong: str


LAYERS, RECURRENT, CUBA, COMPETITIVE, UNSEEN = "lif_layers", "recurrent", "cuba", "competitive", "unseen"
MAPS, WORDS = "maps", "words_on_maps"
NETWORK, INPUTS, KERNEL, WINDOW = "fxsnn_network.sv", "fxsnn_inputs.sv", "fxsnn_kernel.sv", "fxsnn_window.sv"
ALONE, GATHER = "one_by_one", "fxsnn_gather.sv"

FAULTS = {
    # casts
    "floor for nearest": Fault(LAYERS, "fxsnn_cast.sv", "more || (tie && floored[0])", "1'b0"),
    "saturation for wrap": Fault(LAYERS, "fxsnn_cast.sv", "OVERFLOW == fxsnn_modes::WRAP          ?", "0 ?"),
    "saturation for symmetric": Fault(
        LAYERS, "fxsnn_cast.sv", "OVERFLOW == fxsnn_modes::SATURATE_SYMMETRIC && SIGNED", "0"
    ),
    "another rounding in one cast": Fault(
        CUBA,
        "neuron_west.sv",
        "             .ROUNDING(fxsnn_modes::NEAREST_ODD)",
        ".ROUNDING(fxsnn_modes::NEAREST_EVEN)",
    ),
    "one bit more dropped": Fault(LAYERS, "neuron_one.sv", ".DROP(4)", ".DROP(5)"),
    "a narrow adder": Fault(
        LAYERS,
        "neuron_three.sv",
        "assign integrated_exact = membrane_before + current;",
        "logic signed [4:0] low;\n  assign low = membrane_before + current;\n  assign integrated_exact = low;",
    ),
    "no draw is added": Fault(RECURRENT, "fxsnn_cast.sv", "((rest + $signed(fresh)) >>> DROP)", "(rest >>> DROP)"),
    # registers of casts that draw
    "another seed": Fault(RECURRENT, "neuron_around.sv", "31'h17d4a4ef", "31'h17d4a4ee"),
    "registers that run on": Fault(
        RECURRENT, "fxsnn_lfsr.sv", "if (start) state <= SEED;", "if (state === 'x) state <= SEED;"
    ),
    "a draw in every pass": Fault(
        COMPETITIVE, "neuron_layer.sv", "assign draws_2 = in_pass_0;", "assign draws_2 = 1'b1;"
    ),
    "a draw for every second addition": Fault(
        COMPETITIVE,
        "neuron_layer.sv",
        "assign draws_0 = in_current;",
        "assign draws_0 = in_current & arriving_each[0];",
    ),
    "drawn once more in a later pass": Fault(
        COMPETITIVE, "neuron_layer.sv", "in_pass_0 ? integrated_word : integrated_kept", "integrated_word"
    ),
    # the text
    "compared strictly": Fault(
        LAYERS, "neuron_one.sv", "integrated >= threshold_aligned", "integrated > threshold_aligned"
    ),
    "compared without sign": Fault(
        LAYERS,
        "neuron_two.sv",
        "integrated >= threshold_aligned",
        "$unsigned(integrated) >= $unsigned(threshold_aligned)",
    ),
    "divided for shifted": Fault(LAYERS, "neuron_two.sv", "membrane_before >>> 2", "membrane_before / 4"),
    "another shift": Fault(LAYERS, "neuron_two.sv", "membrane_before >>> 2", "membrane_before >>> 1"),
    "no leak": Fault(LAYERS, "neuron_one.sv", "membrane_before * decay", "membrane_before <<< 4"),
    "reset to 0 for subtraction": Fault(LAYERS, "neuron_one.sv", "spike ? membrane_33 :", "spike ? 1'sd0 :"),
    "subtracted before integration": Fault(
        LAYERS, "neuron_one.sv", "membrane_33_exact = integrated -", "membrane_33_exact = leaked -"
    ),
    "binary points apart": Fault(CUBA, "neuron_east.sv", "(arriving <<< ", "(arriving >>> "),
    "the current of the step before": Fault(
        CUBA, "neuron_east.sv", "leaked + (current <<< 1)", "leaked + (current_before <<< 1)"
    ),
    "the bit of another condition": Fault(UNSEEN, "neuron_always.sv", "tran_ & lowest", "tran_ | lowest"),
    "no absolute value": Fault(UNSEEN, "neuron_always.sv", "drive < 1'sd0 ? -drive : drive", "drive"),
    "the greater for the lesser": Fault(UNSEEN, "neuron_always.sv", " < module_ ? ", " > module_ ? "),
    # reductions
    "the last of equal ones": Fault(
        COMPETITIVE, "population_layer.sv", "spike_value > spike_best", "spike_value >= spike_best"
    ),
    "the last for the first": Fault(COMPETITIVE, "population_behind.sv", "spike_of && !spike_found", "spike_of"),
    "a count that goes on": Fault(
        UNSEEN, "population_always.sv", "if (state == IDLE) many_register", "if (reset) many_register"
    ),
    "a winner that stays": Fault(
        COMPETITIVE, "population_behind.sv", "if (state == IDLE) spike_found", "if (reset) spike_found"
    ),
    # active inputs
    "another's weights": Fault(
        LAYERS, "population_two.sv", "b_weight[b_source * 32'd4 + n]", "b_weight[n * 32'd4 + b_source]"
    ),
    "the neighbour's weight": Fault(
        LAYERS, "population_two.sv", "b_weight[b_source * 32'd4 + n]", "b_weight[b_source * 32'd4 + (n ^ 1)]"
    ),
    "weights without sign": Fault(
        RECURRENT, "population_around.sv", "logic signed [4:0] back_brought", "logic [4:0] back_brought"
    ),
    "the last source left out": Fault(LAYERS, INPUTS, "source == SOURCES - 1", "source == SOURCES - 2"),
    "the last neuron left out": Fault(LAYERS, "population_one.sv", "last = n == 32'd4", "last = n == 32'd3"),
    "a weight too few": Fault(LAYERS, INPUTS, "beside == NEURONS - 1", "beside == NEURONS - 2"),
    "one to all for one to one": Fault(UNSEEN, INPUTS, "!SAME || neuron == source", "1'b1"),
    "one to one for one by one": Fault(UNSEEN, INPUTS, "alone = SAME && !every", "alone = SAME"),
    "silent sources added": Fault(LAYERS, "population_one.sv", "a_word != 0", "1'b1"),
    "sums that are kept": Fault(LAYERS, "population_one.sv", "if (state == CLEAR)", "if (state == BEGIN)"),
    "states that are kept": Fault(LAYERS, "population_one.sv", "if (state == BEGIN)", "if (reset)"),
    "a state written late": Fault(
        UNSEEN, "population_always.sv", "if (state == PASS_2) reg_words", "if (state == PASS_1) reg_words"
    ),
    "one input as it is for two": Fault(
        UNSEEN, "population_serial.sv", "y_reaches ? $signed({1'b0, y_word})", "1'b1 ? $signed({1'b0, y_word})"
    ),
    # delays
    "a step late": Fault(RECURRENT, NETWORK, "row_around - 32'd1", "row_around - 32'd2"),
    "a delay left out": Fault(CUBA, NETWORK, "age >= 1 ?", "1'b0 ?"),
    "spikes of the input before": Fault(CUBA, NETWORK, "age >= 1 ?", "1'b1 ?"),
    "a row too few": Fault(RECURRENT, NETWORK, "row_around == 32'd3", "row_around == 32'd2"),
    "the spikes of this step": Fault(CUBA, NETWORK, "row_west >= 32'd1 ? row_west - 32'd1", "1'b1 ? row_west"),
    "the input a step late": Fault(
        LAYERS, NETWORK, "emitted_input[load_address]", "emitted_input[(load_address + 1) % 6]"
    ),
    # kernels over maps
    "a kernel turned round": Fault(
        MAPS,
        KERNEL,
        "(row - y * STEP_DOWN) * KERNEL_COLUMNS",
        "(KERNEL_ROWS - 1 + y * STEP_DOWN - row) * KERNEL_COLUMNS",
    ),
    "rows of a kernel for columns": Fault(
        WORDS,
        KERNEL,
        "(row - y * STEP_DOWN) * KERNEL_COLUMNS + column - x * STEP_ACROSS",
        "(column - x * STEP_ACROSS) * KERNEL_ROWS + row - y * STEP_DOWN",
    ),
    "no zeros above": Fault(MAPS, KERNEL, "row <= ABOVE", "row <= 0"),
    "no zeros beside": Fault(MAPS, KERNEL, "last_column ? BESIDE : column + 1", "last_column ? 0 : column + 1"),
    "a row of windows too few": Fault(MAPS, KERNEL, "y >= ROWS_OUT - 1", "y >= ROWS_OUT - 2"),
    "a window over the edge": Fault(MAPS, KERNEL, "x >= COLUMNS_OUT - 1", "x >= COLUMNS_OUT"),
    "windows a cell apart": Fault(WORDS, KERNEL, "x * STEP_ACROSS <= column", "x <= column"),
    "a window one cell wider": Fault(
        WORDS, KERNEL, "x * STEP_ACROSS + KERNEL_COLUMNS;", "x * STEP_ACROSS + KERNEL_COLUMNS + 1;"
    ),
    "the first window late": Fault(
        MAPS,
        KERNEL,
        "first_down * STEP_DOWN + KERNEL_ROWS <= row + 1",
        "first_down * STEP_DOWN + KERNEL_ROWS < row + 1",
    ),
    "windows of the row before": Fault(MAPS, KERNEL, "if (last_column) first_across", "if (1'b0) first_across"),
    "rows of the source for those of windows": Fault(MAPS, KERNEL, "y * COLUMNS_OUT + x", "y * COLUMNS + x"),
    "one group for all": Fault(MAPS, KERNEL, "(every ? '0 : group * OUTSIDE)", "32'd0"),
    "weights of another channel": Fault(MAPS, KERNEL, "* INSIDE + channel)", "* INSIDE + group)"),
    "the last channel left out": Fault(
        MAPS, KERNEL, "(every ? OUTPUTS : OUTSIDE) - 1", "(every ? OUTPUTS : OUTSIDE) - 2"
    ),
    "the last cell left out": Fault(
        MAPS, KERNEL, "source == ROWS * COLUMNS * CHANNELS - 1", "source == ROWS * COLUMNS * CHANNELS - 2"
    ),
    "no cast where a cell does not reach": Fault(WORDS, KERNEL, "(every || reaches)", "reaches"),
    "every neuron reached": Fault(WORDS, "population_kept.sv", "far_reaches ? ", "1'b1 ? "),
    "weights of a channel for those of a neuron": Fault(
        MAPS, "population_edges.sv", "threshold_words[n % 32'd4]", "threshold_words[n / 32'd30]"
    ),
    # pooling
    "the least for the largest": Fault(
        WORDS, WINDOW, "$signed(word) > $signed(so_far)", "$signed(word) < $signed(so_far)"
    ),
    "the largest without sign": Fault(WORDS, WINDOW, "$signed(word) > $signed(so_far)", "word > so_far"),
    "the window before goes on": Fault(MAPS, WINDOW, "first || larger", "larger"),
    "the last column of a window left out": Fault(
        MAPS, WINDOW, "under_column == KERNEL_COLUMNS - 1", "under_column + 2 > KERNEL_COLUMNS - 1"
    ),
    "windows that overlap": Fault(MAPS, WINDOW, "x * STEP_ACROSS + under_column", "x + under_column"),
    "a window's first word for all": Fault(MAPS, "population_pooled.sv", "turn = pool_complete", "turn = 1'b1"),
    "every word of a window added": Fault(
        WORDS, "population_mixed.sv", "state == ADD_BEST && turn", "state == ADD_BEST"
    ),
    "an average a bit too high": Fault(WORDS, "population_mixed.sv", "$signed(best_most) <<< 1", "$signed(best_most)"),
    # neurons that are served one after the other
    "words of the padding": Fault(ALONE, GATHER, "row >= ABOVE && ", ""),
    "windows of the first row": Fault(ALONE, GATHER, "if (last_across) y", "if (1'b0) y"),
    "weights of the first channel": Fault(ALONE, GATHER, "group * OUTSIDE + out", "group * OUTSIDE"),
    "the first group for all": Fault(ALONE, GATHER, "(every ? '0 : group * INSIDE)", "'0"),
    "a window for the whole map": Fault(ALONE, GATHER, "(every ? ROWS : KERNEL_ROWS) - 1", "KERNEL_ROWS - 1"),
    "no cast of what does not reach": Fault(ALONE, GATHER, "(every || reaches)", "reaches"),
    "the sum of the neuron before": Fault(ALONE, "population_last.sv", "if (state == CLEAR)", "if (state == BEGIN)"),
    "one neuron's inputs for all": Fault(ALONE, "population_last.sv", "state == PASS_0 ? CLEAR : state;", "state;"),
    "an average without its weight": Fault(MAPS, "population_blurred.sv", "blur_weight[0]", "4'd1"),
}
