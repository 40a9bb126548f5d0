// Self-checking bench: plays input.mem to the layer and compares every node of every step with the bundle's files.
//
// Run it in the bundle's folder. It prints PASS and the number of words compared, or the first word that differs, and
// then ends with an error. A word that is missing in its file is x, and differs.
`timescale 1ns / 1ns
module fxsnn_bench
  import fxsnn_config::*;
;
  localparam int X = 64;
  localparam int WORDS = IMAGES * STEPS * NEURONS;
  localparam int ROWS = IMAGES * STEPS;

  logic clock = 0, reset = 1, start_image = 0, start_step = 0, load_weight = 0, load_theta = 0;
  always #5 clock = !clock;
  logic [INPUTS-1:0] spikes_in = '0;
  logic [NEURONS-1:0] spikes_out;
  logic [31:0] load_address = '0, neuron;
  logic [63:0] load_word = '0;
  logic ready, at_integration, at_end;
  logic signed [X-1:0] sum_x, current_x, leaked_x, integrated_x, membrane_x;
  logic [REFRACTORY_WORD-1:0] refractory_x;
  logic [LFSR_WIDTH-1:0] lfsr_accumulate_x, lfsr_leak_x, lfsr_integrate_x, lfsr_reset_x, lfsr_inhibit_x;

  fxsnn_layer #(
    .X(X), .INPUTS(INPUTS), .NEURONS(NEURONS), .WEIGHT_WORD(WEIGHT_WORD), .WEIGHT_FRAC(WEIGHT_FRAC),
    .WEIGHT_SIGNED(WEIGHT_SIGNED), .CURRENT_WORD(CURRENT_WORD), .CURRENT_FRAC(CURRENT_FRAC),
    .CURRENT_ROUNDING(CURRENT_ROUNDING), .CURRENT_OVERFLOW(CURRENT_OVERFLOW), .CURRENT_SIGNED(CURRENT_SIGNED),
    .MEMBRANE_WORD(MEMBRANE_WORD), .MEMBRANE_FRAC(MEMBRANE_FRAC), .MEMBRANE_ROUNDING(MEMBRANE_ROUNDING),
    .MEMBRANE_OVERFLOW(MEMBRANE_OVERFLOW), .MEMBRANE_SIGNED(MEMBRANE_SIGNED), .THETA_WORD(THETA_WORD),
    .THETA_FRAC(THETA_FRAC), .THETA_SIGNED(THETA_SIGNED), .THRESHOLD_FRAC(THRESHOLD_FRAC), .THRESHOLD(THRESHOLD),
    .INHIBITION_FRAC(INHIBITION_FRAC), .INHIBITION(INHIBITION), .FLOOR_VALUE(FLOOR_VALUE), .LEAK(LEAK),
    .LEAK_BITS(LEAK_BITS), .FACTOR_FRAC(FACTOR_FRAC), .FACTOR(FACTOR), .EACH(EACH), .FUSED(FUSED), .RESET(RESET),
    .RESET_TO(RESET_TO), .WINNER(WINNER), .STRICT(STRICT), .REFRACTORY(REFRACTORY),
    .REFRACTORY_WORD(REFRACTORY_WORD), .REFRACTORY_IGNORES(REFRACTORY_IGNORES), .LFSR_WIDTH(LFSR_WIDTH),
    .LFSR_TAPS(LFSR_TAPS), .SEED_ACCUMULATE(SEED_ACCUMULATE), .SEED_LEAK(SEED_LEAK),
    .SEED_INTEGRATE(SEED_INTEGRATE), .SEED_RESET(SEED_RESET), .SEED_INHIBIT(SEED_INHIBIT)
  ) layer (
    .clock(clock), .reset(reset), .start_image(start_image), .start_step(start_step), .spikes_in(spikes_in),
    .ready(ready), .spikes_out(spikes_out), .load_weight(load_weight), .load_theta(load_theta),
    .load_address(load_address), .load_word(load_word), .observe_integration(at_integration),
    .observe_end(at_end), .observe_neuron(neuron), .observe_sum(sum_x), .observe_current(current_x),
    .observe_leaked(leaked_x), .observe_integrated(integrated_x), .observe_membrane(membrane_x),
    .observe_refractory(refractory_x), .observe_accumulate_lfsr(lfsr_accumulate_x),
    .observe_leak_lfsr(lfsr_leak_x), .observe_integrate_lfsr(lfsr_integrate_x),
    .observe_reset_lfsr(lfsr_reset_x), .observe_inhibit_lfsr(lfsr_inhibit_x)
  );

  logic [WEIGHT_WORD-1:0] weights[0:INPUTS*NEURONS-1];
  logic [THETA_WORD-1:0] theta[0:NEURONS-1];
  logic [INPUTS-1:0] inputs[0:ROWS-1];
  logic [SUM_WORD-1:0] sum[0:WORDS-1];
  logic [CURRENT_WORD-1:0] current[0:WORDS-1];
  logic [LEAKED_WORD-1:0] leaked[0:WORDS-1];
  logic [MEMBRANE_WORD-1:0] integrated[0:WORDS-1], membrane[0:WORDS-1];
  logic [REFRACTORY_WORD-1:0] refractory[0:WORDS-1];
  logic [NEURONS-1:0] spike[0:ROWS-1];
  logic [LFSR_WIDTH-1:0] lfsr_accumulate[0:ROWS-1], lfsr_leak[0:ROWS-1], lfsr_integrate[0:ROWS-1], lfsr_reset[0:ROWS-1],
                         lfsr_inhibit[0:ROWS-1];

  int row, checked, wrong;

  task automatic compare(input string name, input int at, input logic [X-1:0] expected, input logic [X-1:0] got);
    checked++;
    if (expected !== got) begin
      wrong++;
      if (wrong == 1)
        $display("FAIL %s.mem image %0d step %0d neuron %0d: expected %0h, got %0h", name, row / STEPS, row % STEPS,
                 at, expected, got);
    end
  endtask

  always @(posedge clock) begin
    if (at_integration) begin
      compare("sum", neuron, {{(X - SUM_WORD) {1'b0}}, sum[row*NEURONS+neuron]}, low(sum_x, SUM_WORD));
      compare("current", neuron, {{(X - CURRENT_WORD) {1'b0}}, current[row*NEURONS+neuron]},
              low(current_x, CURRENT_WORD));
      compare("leaked", neuron, {{(X - LEAKED_WORD) {1'b0}}, leaked[row*NEURONS+neuron]}, low(leaked_x, LEAKED_WORD));
      compare("integrated", neuron, {{(X - MEMBRANE_WORD) {1'b0}}, integrated[row*NEURONS+neuron]},
              low(integrated_x, MEMBRANE_WORD));
    end
    if (at_end) begin
      compare("membrane", neuron, {{(X - MEMBRANE_WORD) {1'b0}}, membrane[row*NEURONS+neuron]},
              low(membrane_x, MEMBRANE_WORD));
      compare("refractory", neuron, {{(X - REFRACTORY_WORD) {1'b0}}, refractory[row*NEURONS+neuron]},
              {{(X - REFRACTORY_WORD) {1'b0}}, refractory_x});
    end
  end

  function automatic logic [X-1:0] low(input logic signed [X-1:0] value, input int bits);
    low = $unsigned(value) & (bits == X ? '1 : (64'd1 << bits) - 64'd1);
  endfunction

  initial begin
    $readmemh("weights.mem", weights);
    $readmemh("theta.mem", theta);
    $readmemh("input.mem", inputs);
    $readmemh("sum.mem", sum);
    $readmemh("current.mem", current);
    $readmemh("leaked.mem", leaked);
    $readmemh("integrated.mem", integrated);
    $readmemh("membrane.mem", membrane);
    $readmemh("refractory.mem", refractory);
    $readmemh("spike.mem", spike);
    if (DRAWS_ACCUMULATE) $readmemh("lfsr_accumulate.mem", lfsr_accumulate);
    if (DRAWS_LEAK) $readmemh("lfsr_leak.mem", lfsr_leak);
    if (DRAWS_INTEGRATE) $readmemh("lfsr_integrate.mem", lfsr_integrate);
    if (DRAWS_RESET) $readmemh("lfsr_reset.mem", lfsr_reset);
    if (DRAWS_INHIBIT) $readmemh("lfsr_inhibit.mem", lfsr_inhibit);
    @(negedge clock) reset = 0;
    for (int k = 0; k < INPUTS * NEURONS; k++) begin
      load_weight = 1;
      load_address = k;
      load_word = {{(64 - WEIGHT_WORD) {1'b0}}, weights[k]};
      @(negedge clock);
    end
    load_weight = 0;
    for (int k = 0; k < NEURONS; k++) begin
      load_theta = 1;
      load_address = k;
      load_word = {{(64 - THETA_WORD) {1'b0}}, theta[k]};
      @(negedge clock);
    end
    load_theta = 0;
    for (row = 0; row < ROWS; row++) begin
      if (row % STEPS == 0) begin
        start_image = 1;
        @(negedge clock) start_image = 0;
        while (!ready) @(negedge clock);
      end
      spikes_in = inputs[row];
      start_step = 1;
      @(negedge clock) start_step = 0;
      while (!ready) @(negedge clock);
      for (int k = 0; k < NEURONS; k++)
        compare("spike", k, {{(X - 1) {1'b0}}, spike[row][k]}, {{(X - 1) {1'b0}}, spikes_out[k]});
      if (DRAWS_ACCUMULATE) compare("lfsr_accumulate", 0, X'(lfsr_accumulate[row]), X'(lfsr_accumulate_x));
      if (DRAWS_LEAK) compare("lfsr_leak", 0, X'(lfsr_leak[row]), X'(lfsr_leak_x));
      if (DRAWS_INTEGRATE) compare("lfsr_integrate", 0, X'(lfsr_integrate[row]), X'(lfsr_integrate_x));
      if (DRAWS_RESET) compare("lfsr_reset", 0, X'(lfsr_reset[row]), X'(lfsr_reset_x));
      if (DRAWS_INHIBIT) compare("lfsr_inhibit", 0, X'(lfsr_inhibit[row]), X'(lfsr_inhibit_x));
    end
    if (wrong != 0) $fatal(1, "%0d of %0d words differ", wrong, checked);
    $display("PASS %0d words", checked);
    $finish;
  end
endmodule
