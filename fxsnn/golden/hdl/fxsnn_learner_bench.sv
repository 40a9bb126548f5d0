// Self-checking bench: plays input.mem to the learner and compares what it has learned with the bundle's files: spikes
// and learning's registers after every step, everything that is stored after every image.
//
// Run it in the bundle's folder. It prints PASS and the number of words compared, or the first word that differs, and
// then ends with an error. So it does where a file is damaged, was altered, or holds another constant.
`timescale 1ns / 1ns
module fxsnn_learner_bench;
  import fxsnn_config::*;
  localparam int X = 64;
  localparam int WEIGHTS = INPUTS * NEURONS;
  localparam int PATIENCE = 4 * INPUTS * NEURONS + 8 * INPUTS + 16 * NEURONS + 64;  // clocks of any work, and some
  localparam int SHOWN = 5;  // differences; more are only counted
  localparam int REGISTERS = IMAGES * (STEPS + 1);  // after each step, and after the image

  logic clock = 0, reset = 1, start_learning = 0, start_image = 0, start_step = 0, end_image = 0;
  logic load_learned = 0, load_learned_theta = 0, ready;
  always #5 clock = !clock;
  logic [INPUTS-1:0] spikes_in = '0;
  logic [NEURONS-1:0] spikes_out;
  logic [31:0] load_address = '0;
  logic [63:0] load_word = '0;
  logic [RATE_WORD-1:0] rate_now = '0;
  logic [LFSR_WIDTH-1:0] update_lfsr, fade_lfsr, fold_lfsr;

  fxsnn_learner #(
    .X(X), .INPUTS(INPUTS), .NEURONS(NEURONS), .WEIGHT_WORD(WEIGHT_WORD), .WEIGHT_FRAC(WEIGHT_FRAC),
    .SUM_WORD(SUM_WORD), .CURRENT_WORD(CURRENT_WORD), .CURRENT_FRAC(CURRENT_FRAC), .CURRENT_ROUNDING(CURRENT_ROUNDING),
    .CURRENT_OVERFLOW(CURRENT_OVERFLOW), .CURRENT_SIGNED(CURRENT_SIGNED), .MEMBRANE_WORD(MEMBRANE_WORD),
    .MEMBRANE_FRAC(MEMBRANE_FRAC), .MEMBRANE_ROUNDING(MEMBRANE_ROUNDING), .MEMBRANE_OVERFLOW(MEMBRANE_OVERFLOW),
    .MEMBRANE_SIGNED(MEMBRANE_SIGNED), .THETA_WORD(THETA_WORD), .THETA_FRAC(THETA_FRAC), .THETA_SIGNED(THETA_SIGNED),
    .THRESHOLD_FRAC(THRESHOLD_FRAC), .THRESHOLD(THRESHOLD), .INHIBITION_FRAC(INHIBITION_FRAC),
    .INHIBITION(INHIBITION), .FLOOR_VALUE(FLOOR_VALUE), .LEAK(LEAK), .LEAK_BITS(LEAK_BITS),
    .FACTOR_FRAC(FACTOR_FRAC), .FACTOR(FACTOR), .EACH(EACH), .FUSED(FUSED), .RESET(RESET), .RESET_TO(RESET_TO),
    .WINNER(WINNER), .EXCESS_WORD(EXCESS_WORD), .STRICT(STRICT), .REFRACTORY(REFRACTORY), .REFRACTORY_WORD(REFRACTORY_WORD),
    .REFRACTORY_IGNORES(REFRACTORY_IGNORES), .LFSR_WIDTH(LFSR_WIDTH), .LFSR_TAPS(LFSR_TAPS),
    .SEED_ACCUMULATE(SEED_ACCUMULATE), .SEED_LEAK(SEED_LEAK), .SEED_INTEGRATE(SEED_INTEGRATE), .SEED_RESET(SEED_RESET),
    .SEED_INHIBIT(SEED_INHIBIT), .LEARNED_WORD(LEARNED_WORD), .LEARNED_FRAC(LEARNED_FRAC),
    .LEARNED_ROUNDING(LEARNED_ROUNDING), .LEARNED_OVERFLOW(LEARNED_OVERFLOW), .WEIGHT_ROUNDING(WEIGHT_ROUNDING),
    .WEIGHT_OVERFLOW(WEIGHT_OVERFLOW), .TRACE_WORD(TRACE_WORD), .TRACE_FRAC(TRACE_FRAC),
    .TRACE_ROUNDING(TRACE_ROUNDING), .TRACE_OVERFLOW(TRACE_OVERFLOW), .TRACE_ONE(TRACE_ONE), .FADE(FADE),
    .FADE_BITS(FADE_BITS), .FADE_FRAC(FADE_FRAC), .FADE_FACTOR(FADE_FACTOR), .RATE_WORD(RATE_WORD),
    .RATE_FRAC(RATE_FRAC), .CONSTANTS_FRAC(CONSTANTS_FRAC), .OFFSET(OFFSET), .SOFTNESS(SOFTNESS),
    .LEARNED_THETA_WORD(LEARNED_THETA_WORD), .LEARNED_THETA_FRAC(LEARNED_THETA_FRAC), .RISE(RISE), .FALL(FALL),
    .NORM_LOG2(NORM_LOG2), .TOTAL_WORD(TOTAL_WORD), .THETA_ROUNDING(THETA_ROUNDING), .THETA_OVERFLOW(THETA_OVERFLOW),
    .COUNT_WORD(COUNT_WORD), .EACH_SPIKE(EACH_SPIKE), .SEED_UPDATE(SEED_UPDATE), .SEED_FADE(SEED_FADE),
    .SEED_FOLD(SEED_FOLD)
  ) learner (
    .clock(clock), .reset(reset), .load_learned(load_learned), .load_learned_theta(load_learned_theta),
    .load_address(load_address), .load_word(load_word), .start_learning(start_learning), .start_image(start_image),
    .start_step(start_step), .end_image(end_image), .spikes_in(spikes_in), .rate(rate_now), .ready(ready),
    .spikes_out(spikes_out), .update_lfsr(update_lfsr), .fade_lfsr(fade_lfsr), .fold_lfsr(fold_lfsr)
  );

  logic [LEARNED_WORD-1:0] first_learned[0:WEIGHTS-1], learned[0:IMAGES*WEIGHTS-1];
  logic [LEARNED_THETA_WORD-1:0] first_learned_theta[0:NEURONS-1], learned_theta[0:IMAGES*NEURONS-1];
  logic [WEIGHT_WORD-1:0] first_weights[0:WEIGHTS-1], weights[0:IMAGES*WEIGHTS-1];
  logic [TOTAL_WORD-1:0] first_sum[0:NEURONS-1], sum[0:IMAGES*NEURONS-1];
  logic [THETA_WORD-1:0] first_theta[0:NEURONS-1], theta[0:IMAGES*NEURONS-1];
  logic [COUNT_WORD-1:0] count[0:IMAGES*NEURONS-1];
  logic [TRACE_WORD-1:0] trace[0:IMAGES*INPUTS-1];
  logic [RATE_WORD-1:0] rate[0:IMAGES-1];
  logic [INPUTS-1:0] inputs[0:ROWS-1];
  logic [NEURONS-1:0] spike[0:ROWS-1];
  logic [63:0] threshold[0:0], inhibition[0:0], lowest[0:0], reset_value[0:0], leak_factor[0:0];
  logic [63:0] offset[0:0], softness[0:0], rise[0:0], fall[0:0], trace_one[0:0], fade_factor[0:0];
  logic [LFSR_WIDTH-1:0] lfsr_update[0:REGISTERS-1], lfsr_fade[0:REGISTERS-1], lfsr_fold[0:REGISTERS-1];

  int image = -1, step = -1, damaged;

`include "fxsnn_words.svh"  // where `compared` has the words of each node
`include "fxsnn_verdict.svh"
`include "fxsnn_checks.svh"

  // `first` is where `compared` has the file's first word, `at` which word it is.
  task automatic compare(input string name, input int first, input int at, input logic [X-1:0] expected, input logic [X-1:0] got);
    mark(name, first, at);
    if (expected !== got || ^expected === 1'bx) begin
      wrong++;
      if (wrong <= SHOWN) begin
        if (image < 0) $display("FAIL %s.mem word %0d, before the first image: expected %0h, got %0h", name, at, expected, got);
        else if (step < 0) $display("FAIL %s.mem word %0d, after image %0d: expected %0h, got %0h", name, at, image, expected, got);
        else $display("FAIL %s.mem word %0d, image %0d step %0d: expected %0h, got %0h", name, at, image, step, expected, got);
      end
    end
  endtask

  task automatic compare_registers(input int at);
    if (DRAWS_UPDATE) compare("lfsr_update", AT_LFSR_UPDATE, at, X'(lfsr_update[at]), X'(update_lfsr));
    if (DRAWS_FADE) compare("lfsr_fade", AT_LFSR_FADE, at, X'(lfsr_fade[at]), X'(fade_lfsr));
    if (DRAWS_FOLD) compare("lfsr_fold", AT_LFSR_FOLD, at, X'(lfsr_fold[at]), X'(fold_lfsr));
  endtask

  task automatic compare_image;
    int at;
    for (int k = 0; k < WEIGHTS; k++) begin
      at = image * WEIGHTS + k;
      compare("learned", AT_LEARNED, at, X'(learned[at]), X'(learner.stdp.learned[k]));
      compare("weights", AT_WEIGHTS, at, X'(weights[at]), X'(learner.layer.weights[k]));
    end
    for (int k = 0; k < NEURONS; k++) begin
      at = image * NEURONS + k;
      compare("count", AT_COUNT, at, X'(count[at]), X'(learner.stdp.counts[k]));
      compare("sum", AT_SUM, at, X'(sum[at]), X'(learner.stdp.sums[k]));
      compare("learned_theta", AT_LEARNED_THETA, at, X'(learned_theta[at]), X'(learner.stdp.learned_thetas[k]));
      compare("theta", AT_THETA, at, X'(theta[at]), X'(learner.layer.thetas[k]));
    end
    for (int k = 0; k < INPUTS; k++) begin
      at = image * INPUTS + k;
      compare("trace", AT_TRACE, at, X'(trace[at]), X'(learner.stdp.traces[k]));
    end
  endtask

  initial begin
`include "fxsnn_files.svh"  // checks every file, then reads it
    constant("threshold", THRESHOLD_WORD, THRESHOLD, threshold[0]);
    constant("inhibition", INHIBITION_WORD, INHIBITION, inhibition[0]);
    constant("floor", MEMBRANE_WORD, FLOOR_VALUE, lowest[0]);
    constant("reset_value", MEMBRANE_WORD, RESET_TO, reset_value[0]);
    if (LEAK == fxsnn_modes::LEAK_MULTIPLY) constant("leak_factor", FACTOR_WORD, FACTOR, leak_factor[0]);
    constant("offset", CONSTANTS_WORD, OFFSET, offset[0]);
    constant("softness", CONSTANTS_WORD, SOFTNESS, softness[0]);
    constant("rise", LEARNED_THETA_WORD, RISE, rise[0]);
    constant("fall", LEARNED_THETA_WORD, FALL, fall[0]);
    constant("trace_one", TRACE_WORD, TRACE_ONE, trace_one[0]);
    if (FADE == fxsnn_modes::LEAK_MULTIPLY) constant("fade_factor", FADE_WORD, FADE_FACTOR, fade_factor[0]);
    tell("comparing");
    @(negedge clock) reset = 0;
    load_learned = 1;
    for (int k = 0; k < WEIGHTS; k++) begin
      load_address = k;
      load_word = 64'(first_learned[k]);
      @(negedge clock);
    end
    load_learned = 0;
    load_learned_theta = 1;
    for (int k = 0; k < NEURONS; k++) begin
      load_address = k;
      load_word = 64'(first_learned_theta[k]);
      @(negedge clock);
    end
    load_learned_theta = 0;
    start_learning = 1;
    @(negedge clock) start_learning = 0;
    wait_until_ready("image", image, step);
    for (int k = 0; k < WEIGHTS; k++)
      compare("first_weights", AT_FIRST_WEIGHTS, k, X'(first_weights[k]), X'(learner.layer.weights[k]));
    for (int k = 0; k < NEURONS; k++) begin
      compare("first_sum", AT_FIRST_SUM, k, X'(first_sum[k]), X'(learner.stdp.sums[k]));
      compare("first_theta", AT_FIRST_THETA, k, X'(first_theta[k]), X'(learner.layer.thetas[k]));
    end
    for (image = 0; image < IMAGES; image++) begin
      rate_now = rate[image];
      start_image = 1;
      @(negedge clock) start_image = 0;
      wait_until_ready("image", image, step);
      for (step = 0; step < STEPS; step++) begin
        spikes_in = inputs[image*STEPS+step];
        start_step = 1;
        @(negedge clock) start_step = 0;
        wait_until_ready("image", image, step);
        for (int k = 0; k < NEURONS; k++)
          compare("spike", AT_SPIKE + k * ROWS, image * STEPS + step, X'(spike[image*STEPS+step][k]), X'(spikes_out[k]));
        compare_registers(image * (STEPS + 1) + step);
      end
      step = -1;
      end_image = 1;
      @(negedge clock) end_image = 0;
      wait_until_ready("image", image, step);
      compare_image();
      compare_registers(image * (STEPS + 1) + STEPS);
    end
    end_comparing;
  end
endmodule
