// Self-checking bench: plays input.mem to the layer and compares every node of every step with the bundle's files.
//
// Run it in the bundle's folder. It prints PASS and the number of words compared, or what it found: a file that is
// damaged, or the first words of the layer that differ. It then ends with an error.
`timescale 1ns / 1ns
module fxsnn_bench
  import fxsnn_config::*;
;
  localparam int X = EXACT_BITS;
  localparam int EACH_ONE = ROWS * NEURONS;  // words of a node that every neuron has
  localparam int PATIENCE = INPUTS * NEURONS + INPUTS + 5 * NEURONS + 16;  // clocks of the longest step, and some
  localparam int SHOWN = 5;  // differences; more are only counted

  logic clock = 0, reset = 1, start_image = 0, start_step = 0;
  logic load_weight = 0, load_theta = 0, load_membrane = 0, load_refractory = 0;
  always #5 clock = !clock;
  logic [INPUTS-1:0] spikes_in = '0;
  logic [NEURONS-1:0] spikes_out;
  logic [31:0] load_address = '0, neuron;
  logic [63:0] load_word = '0;
  logic ready, at_integration, at_reset, at_end;
  logic signed [X-1:0] sum_x, current_x, leaked_x, integrated_x, after_reset_x, membrane_x;
  logic [X-1:0] draw_accumulate_x, draw_leak_x, draw_integrate_x, draw_reset_x, draw_inhibit_x;
  logic [REFRACTORY_WORD-1:0] refractory_x;
  logic [LFSR_WIDTH-1:0] lfsr_accumulate_x, lfsr_leak_x, lfsr_integrate_x, lfsr_reset_x, lfsr_inhibit_x;

  fxsnn_top layer (
    .clock(clock), .reset(reset), .start_image(start_image), .start_step(start_step), .spikes_in(spikes_in),
    .ready(ready), .spikes_out(spikes_out), .load_weight(load_weight), .load_theta(load_theta),
    .load_membrane(load_membrane), .load_refractory(load_refractory), .load_address(load_address),
    .load_word(load_word), .observe_integration(at_integration), .observe_reset(at_reset), .observe_end(at_end),
    .observe_neuron(neuron), .observe_sum(sum_x), .observe_current(current_x), .observe_leaked(leaked_x),
    .observe_integrated(integrated_x), .observe_after_reset(after_reset_x), .observe_membrane(membrane_x),
    .observe_refractory(refractory_x), .observe_accumulate_draw(draw_accumulate_x), .observe_leak_draw(draw_leak_x),
    .observe_integrate_draw(draw_integrate_x), .observe_reset_draw(draw_reset_x),
    .observe_inhibit_draw(draw_inhibit_x), .observe_accumulate_lfsr(lfsr_accumulate_x),
    .observe_leak_lfsr(lfsr_leak_x), .observe_integrate_lfsr(lfsr_integrate_x), .observe_reset_lfsr(lfsr_reset_x),
    .observe_inhibit_lfsr(lfsr_inhibit_x)
  );

  // -- the bundle ----------------------------------------------------------------------------------------------------
  logic [WEIGHT_WORD-1:0] weights[0:INPUTS*NEURONS-1];
  logic [THETA_WORD-1:0] theta[0:NEURONS-1];
  logic [63:0] threshold[0:0], inhibition[0:0], lowest[0:0], reset_value[0:0], leak_factor[0:0];
  logic [INPUTS-1:0] inputs[0:ROWS-1];
  logic begins[0:ROWS-1];
  logic [MEMBRANE_WORD-1:0] initial_membrane[0:PRESENTATIONS*NEURONS-1];
  logic [REFRACTORY_WORD-1:0] initial_refractory[0:PRESENTATIONS*NEURONS-1];
  logic [SUM_WORD-1:0] sum[0:EACH_ONE-1];
  logic [CURRENT_WORD-1:0] current[0:EACH_ONE-1];
  logic [LEAKED_WORD-1:0] leaked[0:EACH_ONE-1];
  logic [MEMBRANE_WORD-1:0] integrated[0:EACH_ONE-1], after_reset[0:EACH_ONE-1], membrane[0:EACH_ONE-1];
  logic [REFRACTORY_WORD-1:0] refractory[0:EACH_ONE-1];
  logic [NEURONS-1:0] spike[0:ROWS-1];
  logic [LFSR_WIDTH-1:0] lfsr_accumulate[0:ROWS-1], lfsr_leak[0:ROWS-1], lfsr_integrate[0:ROWS-1], lfsr_reset[0:ROWS-1],
                         lfsr_inhibit[0:ROWS-1];
  logic [X-1:0] draw_accumulate[0:EACH_ONE-1], draw_leak[0:EACH_ONE-1], draw_integrate[0:EACH_ONE-1], draw_reset[0:EACH_ONE-1],
                draw_inhibit[0:EACH_ONE-1];

  int row, presentation, step, damaged;

`include "fxsnn_words.svh"  // where `compared` has the words of each node
`include "fxsnn_verdict.svh"
`include "fxsnn_checks.svh"
`include "fxsnn_compare.svh"

  function automatic logic [X-1:0] lowest_bits(input logic signed [X-1:0] value, input int bits);
    lowest_bits = $unsigned(value) & (bits >= X ? '1 : ({{(X - 1) {1'b0}}, 1'b1} << bits) - 1'b1);
  endfunction

  int at;
  assign at = row * NEURONS + neuron;
  always @(posedge clock) begin
    if (at_integration) if (known("observe_neuron", neuron, NEURONS)) begin
      compare("sum", AT_SUM, at, neuron, X'(sum[at]), lowest_bits(sum_x, SUM_WORD));
      compare("current", AT_CURRENT, at, neuron, X'(current[at]), lowest_bits(current_x, CURRENT_WORD));
      compare("leaked", AT_LEAKED, at, neuron, X'(leaked[at]), lowest_bits(leaked_x, LEAKED_WORD));
      compare("integrated", AT_INTEGRATED, at, neuron, X'(integrated[at]), lowest_bits(integrated_x, MEMBRANE_WORD));
      if (DRAWS_ACCUMULATE && !EACH) compare("draw_accumulate", AT_DRAW_ACCUMULATE, at, neuron, draw_accumulate[at], draw_accumulate_x);
      if (DRAWS_LEAK) compare("draw_leak", AT_DRAW_LEAK, at, neuron, draw_leak[at], draw_leak_x);
      if (DRAWS_INTEGRATE) compare("draw_integrate", AT_DRAW_INTEGRATE, at, neuron, draw_integrate[at], draw_integrate_x);
    end
    if (at_reset) if (known("observe_neuron", neuron, NEURONS)) begin
      compare("after_reset", AT_AFTER_RESET, at, neuron, X'(after_reset[at]), lowest_bits(after_reset_x, MEMBRANE_WORD));
      if (DRAWS_RESET) compare("draw_reset", AT_DRAW_RESET, at, neuron, draw_reset[at], draw_reset_x);
    end
    if (at_end) if (known("observe_neuron", neuron, NEURONS)) begin
      compare("membrane", AT_MEMBRANE, at, neuron, X'(membrane[at]), lowest_bits(membrane_x, MEMBRANE_WORD));
      compare("refractory", AT_REFRACTORY, at, neuron, X'(refractory[at]), X'(refractory_x));
      if (DRAWS_INHIBIT) compare("draw_inhibit", AT_DRAW_INHIBIT, at, neuron, draw_inhibit[at], draw_inhibit_x);
    end
  end

  task automatic load(input int address, input logic [63:0] word);
    load_address = address;
    load_word = word;
    @(negedge clock);
  endtask

  task automatic begin_presentation;
    start_image = 1;
    @(negedge clock) start_image = 0;
    wait_until_ready("presentation", presentation, step);
    load_membrane = 1;
    for (int k = 0; k < NEURONS; k++) load(k, 64'(initial_membrane[presentation*NEURONS+k]));
    load_membrane = 0;
    load_refractory = 1;
    for (int k = 0; k < NEURONS; k++) load(k, 64'(initial_refractory[presentation*NEURONS+k]));
    load_refractory = 0;
  endtask

  initial begin
`include "fxsnn_files.svh"  // checks every file, then reads it
    constant("threshold", THRESHOLD_WORD, THRESHOLD, threshold[0]);
    constant("inhibition", INHIBITION_WORD, INHIBITION, inhibition[0]);
    constant("floor", MEMBRANE_WORD, FLOOR_VALUE, lowest[0]);
    constant("reset_value", MEMBRANE_WORD, RESET_TO, reset_value[0]);
    if (LEAK == fxsnn_modes::LEAK_MULTIPLY) constant("leak_factor", FACTOR_WORD, FACTOR, leak_factor[0]);
    tell("comparing");
    @(negedge clock) reset = 0;
    load_weight = 1;
    for (int k = 0; k < INPUTS * NEURONS; k++) load(k, 64'(weights[k]));
    load_weight = 0;
    load_theta = 1;
    for (int k = 0; k < NEURONS; k++) load(k, 64'(theta[k]));
    load_theta = 0;
    presentation = -1;
    for (row = 0; row < ROWS; row++) begin
      step++;
      if (begins[row] !== 1'b0) begin
        presentation++;
        step = 0;
        begin_presentation;
      end
      spikes_in = inputs[row];
      start_step = 1;
      @(negedge clock) start_step = 0;
      wait_until_ready("presentation", presentation, step);
      for (int k = 0; k < NEURONS; k++) compare("spike", AT_SPIKE + k * ROWS, row, k, X'(spike[row][k]), X'(spikes_out[k]));
      if (DRAWS_ACCUMULATE) compare("lfsr_accumulate", AT_LFSR_ACCUMULATE, row, 0, X'(lfsr_accumulate[row]), X'(lfsr_accumulate_x));
      if (DRAWS_LEAK) compare("lfsr_leak", AT_LFSR_LEAK, row, 0, X'(lfsr_leak[row]), X'(lfsr_leak_x));
      if (DRAWS_INTEGRATE) compare("lfsr_integrate", AT_LFSR_INTEGRATE, row, 0, X'(lfsr_integrate[row]), X'(lfsr_integrate_x));
      if (DRAWS_RESET) compare("lfsr_reset", AT_LFSR_RESET, row, 0, X'(lfsr_reset[row]), X'(lfsr_reset_x));
      if (DRAWS_INHIBIT) compare("lfsr_inhibit", AT_LFSR_INHIBIT, row, 0, X'(lfsr_inhibit[row]), X'(lfsr_inhibit_x));
    end
    end_comparing;
  end
endmodule
