// A layer that learns: fxsnn_layer, and fxsnn_stdp, which writes changed weights and thetas through the layer's load port.
//
// load_*           the host's first learned weights, inputs outermost, and first learned thetas
// start_learning   once, after loading; wait for `ready`
// start_image      wait for `ready`; then for each step
// start_step       one time step with `spikes_in`, and what is learned from it; wait for `ready`
// end_image        what is learned when an image ends; wait for `ready`
// rate             of the image, held from start_image until end_image has ended
// spikes_out       of the step that has ended
// *_lfsr           learning's registers, for benches; leave them open in a design
module fxsnn_learner #(
  // as of fxsnn_layer; weights are unsigned
  parameter int X = 64,
  parameter int INPUTS = 4,
  parameter int NEURONS = 4,
  parameter int WEIGHT_WORD = 4, WEIGHT_FRAC = 4,
  parameter int SUM_WORD = 16,
  parameter int CURRENT_WORD = 8, CURRENT_FRAC = 4, CURRENT_ROUNDING = fxsnn_modes::FLOOR,
  parameter int CURRENT_OVERFLOW = fxsnn_modes::SATURATE,
  parameter bit CURRENT_SIGNED = 0,
  parameter int MEMBRANE_WORD = 12, MEMBRANE_FRAC = 4, MEMBRANE_ROUNDING = fxsnn_modes::FLOOR,
  parameter int MEMBRANE_OVERFLOW = fxsnn_modes::SATURATE,
  parameter bit MEMBRANE_SIGNED = 0,
  parameter int THETA_WORD = 12, THETA_FRAC = 4,
  parameter bit THETA_SIGNED = 0,
  parameter int THRESHOLD_FRAC = 0,
  parameter longint THRESHOLD = 5,
  parameter int INHIBITION_FRAC = 0,
  parameter longint INHIBITION = 0,
  parameter longint FLOOR_VALUE = 0,
  parameter int LEAK = fxsnn_modes::LEAK_NONE, LEAK_BITS = 0,
  parameter int FACTOR_FRAC = 8,
  parameter longint FACTOR = 0,
  parameter bit EACH = 0,
  parameter bit FUSED = 0,
  parameter int RESET = fxsnn_modes::RESET_ZERO,
  parameter longint RESET_TO = 0,
  parameter int WINNER = fxsnn_modes::WINNER_NONE,
  parameter int EXCESS_WORD = 16,
  parameter bit STRICT = 0,
  parameter int REFRACTORY = 0, REFRACTORY_WORD = 1,
  parameter bit REFRACTORY_IGNORES = 1,
  parameter int LFSR_WIDTH = 31,
  parameter logic [LFSR_WIDTH-1:0] LFSR_TAPS = 31'h48000000,
  parameter logic [LFSR_WIDTH-1:0] SEED_ACCUMULATE = 1, SEED_LEAK = 1, SEED_INTEGRATE = 1, SEED_RESET = 1,
                                   SEED_INHIBIT = 1,
  // as of fxsnn_stdp
  parameter int LEARNED_WORD = 12, LEARNED_FRAC = 12, LEARNED_ROUNDING = fxsnn_modes::FLOOR,
  parameter int LEARNED_OVERFLOW = fxsnn_modes::SATURATE,
  parameter int WEIGHT_ROUNDING = fxsnn_modes::FLOOR, WEIGHT_OVERFLOW = fxsnn_modes::SATURATE,
  parameter int TRACE_WORD = 1, TRACE_FRAC = 0, TRACE_ROUNDING = fxsnn_modes::FLOOR,
  parameter int TRACE_OVERFLOW = fxsnn_modes::SATURATE,
  parameter longint TRACE_ONE = 1,
  parameter int FADE = fxsnn_modes::LEAK_NONE, FADE_BITS = 0,
  parameter int FADE_FRAC = 8,
  parameter longint FADE_FACTOR = 0,
  parameter int RATE_WORD = 16, RATE_FRAC = 16,
  parameter int CONSTANTS_FRAC = 8,
  parameter longint OFFSET = 64, SOFTNESS = 154,
  parameter int LEARNED_THETA_WORD = 24, LEARNED_THETA_FRAC = 16,
  parameter longint RISE = 2048, FALL = 1,
  parameter int NORM_LOG2 = 6,
  parameter int TOTAL_WORD = 6,
  parameter int THETA_ROUNDING = fxsnn_modes::FLOOR, THETA_OVERFLOW = fxsnn_modes::SATURATE,
  parameter int COUNT_WORD = 7,
  parameter bit EACH_SPIKE = 0,
  parameter logic [LFSR_WIDTH-1:0] SEED_UPDATE = 1, SEED_FADE = 1, SEED_FOLD = 1
) (
  input  logic                  clock,
  input  logic                  reset,
  input  logic                  load_learned,
  input  logic                  load_learned_theta,
  input  logic [31:0]           load_address,
  input  logic [63:0]           load_word,
  input  logic                  start_learning,
  input  logic                  start_image,
  input  logic                  start_step,
  input  logic                  end_image,
  input  logic [INPUTS-1:0]     spikes_in,
  input  logic [RATE_WORD-1:0]  rate,
  output logic                  ready,
  output logic [NEURONS-1:0]    spikes_out,
  output logic [LFSR_WIDTH-1:0] update_lfsr, fade_lfsr, fold_lfsr
);
  logic layer_ready, stdp_ready, stepping, learn_step;
  logic [INPUTS-1:0] heard;
  assign learn_step = stepping && layer_ready;
  assign ready = layer_ready && stdp_ready && !stepping;

  always_ff @(posedge clock) begin
    if (start_step) heard <= spikes_in;
    if (reset || learn_step) stepping <= 1'b0;
    else if (start_step) stepping <= 1'b1;
  end

  logic write_weight, write_theta;
  logic [31:0] write_address;
  logic [WEIGHT_WORD-1:0] weight_word;
  logic [THETA_WORD-1:0] theta_word;
  logic [63:0] write_word;
  assign write_word = write_theta ? {{(64 - THETA_WORD) {1'b0}}, theta_word} : {{(64 - WEIGHT_WORD) {1'b0}}, weight_word};

  fxsnn_layer #(
    .X(X), .INPUTS(INPUTS), .NEURONS(NEURONS), .WEIGHT_WORD(WEIGHT_WORD), .WEIGHT_FRAC(WEIGHT_FRAC),
    .WEIGHT_SIGNED(1'b0), .SUM_WORD(SUM_WORD), .CURRENT_WORD(CURRENT_WORD), .CURRENT_FRAC(CURRENT_FRAC),
    .CURRENT_ROUNDING(CURRENT_ROUNDING), .CURRENT_OVERFLOW(CURRENT_OVERFLOW), .CURRENT_SIGNED(CURRENT_SIGNED),
    .MEMBRANE_WORD(MEMBRANE_WORD), .MEMBRANE_FRAC(MEMBRANE_FRAC), .MEMBRANE_ROUNDING(MEMBRANE_ROUNDING),
    .MEMBRANE_OVERFLOW(MEMBRANE_OVERFLOW), .MEMBRANE_SIGNED(MEMBRANE_SIGNED), .THETA_WORD(THETA_WORD),
    .THETA_FRAC(THETA_FRAC), .THETA_SIGNED(THETA_SIGNED), .THRESHOLD_FRAC(THRESHOLD_FRAC), .THRESHOLD(THRESHOLD),
    .INHIBITION_FRAC(INHIBITION_FRAC), .INHIBITION(INHIBITION), .FLOOR_VALUE(FLOOR_VALUE), .LEAK(LEAK),
    .LEAK_BITS(LEAK_BITS), .FACTOR_FRAC(FACTOR_FRAC), .FACTOR(FACTOR), .EACH(EACH), .FUSED(FUSED), .RESET(RESET),
    .RESET_TO(RESET_TO), .WINNER(WINNER), .EXCESS_WORD(EXCESS_WORD), .STRICT(STRICT), .REFRACTORY(REFRACTORY),
    .REFRACTORY_WORD(REFRACTORY_WORD), .REFRACTORY_IGNORES(REFRACTORY_IGNORES), .LFSR_WIDTH(LFSR_WIDTH),
    .LFSR_TAPS(LFSR_TAPS), .SEED_ACCUMULATE(SEED_ACCUMULATE), .SEED_LEAK(SEED_LEAK),
    .SEED_INTEGRATE(SEED_INTEGRATE), .SEED_RESET(SEED_RESET), .SEED_INHIBIT(SEED_INHIBIT)
  ) layer (
    .clock(clock), .reset(reset), .start_image(start_image), .start_step(start_step), .spikes_in(spikes_in),
    .ready(layer_ready), .spikes_out(spikes_out), .load_weight(write_weight), .load_theta(write_theta),
    .load_membrane(1'b0), .load_refractory(1'b0), .load_address(write_address), .load_word(write_word),
    .observe_integration(), .observe_reset(), .observe_end(), .observe_neuron(), .observe_sum(), .observe_current(),
    .observe_leaked(), .observe_integrated(), .observe_after_reset(), .observe_membrane(), .observe_accumulate_draw(),
    .observe_leak_draw(), .observe_integrate_draw(), .observe_reset_draw(), .observe_inhibit_draw(),
    .observe_refractory(), .observe_accumulate_lfsr(), .observe_leak_lfsr(), .observe_integrate_lfsr(),
    .observe_reset_lfsr(), .observe_inhibit_lfsr()
  );

  fxsnn_stdp #(
    .X(X), .INPUTS(INPUTS), .NEURONS(NEURONS), .LEARNED_WORD(LEARNED_WORD), .LEARNED_FRAC(LEARNED_FRAC),
    .LEARNED_ROUNDING(LEARNED_ROUNDING), .LEARNED_OVERFLOW(LEARNED_OVERFLOW), .WEIGHT_WORD(WEIGHT_WORD),
    .WEIGHT_FRAC(WEIGHT_FRAC), .WEIGHT_ROUNDING(WEIGHT_ROUNDING), .WEIGHT_OVERFLOW(WEIGHT_OVERFLOW),
    .TRACE_WORD(TRACE_WORD), .TRACE_FRAC(TRACE_FRAC), .TRACE_ROUNDING(TRACE_ROUNDING),
    .TRACE_OVERFLOW(TRACE_OVERFLOW), .TRACE_ONE(TRACE_ONE), .FADE(FADE), .FADE_BITS(FADE_BITS),
    .FADE_FRAC(FADE_FRAC), .FADE_FACTOR(FADE_FACTOR), .RATE_WORD(RATE_WORD), .RATE_FRAC(RATE_FRAC),
    .CONSTANTS_FRAC(CONSTANTS_FRAC), .OFFSET(OFFSET), .SOFTNESS(SOFTNESS), .LEARNED_THETA_WORD(LEARNED_THETA_WORD),
    .LEARNED_THETA_FRAC(LEARNED_THETA_FRAC), .RISE(RISE), .FALL(FALL), .THRESHOLD_FRAC(THRESHOLD_FRAC),
    .THRESHOLD(THRESHOLD), .NORM_LOG2(NORM_LOG2), .TOTAL_WORD(TOTAL_WORD), .THETA_WORD(THETA_WORD),
    .THETA_FRAC(THETA_FRAC), .THETA_ROUNDING(THETA_ROUNDING), .THETA_OVERFLOW(THETA_OVERFLOW),
    .THETA_SIGNED(THETA_SIGNED), .COUNT_WORD(COUNT_WORD), .EACH_SPIKE(EACH_SPIKE), .LFSR_WIDTH(LFSR_WIDTH),
    .LFSR_TAPS(LFSR_TAPS), .SEED_UPDATE(SEED_UPDATE), .SEED_FADE(SEED_FADE), .SEED_FOLD(SEED_FOLD)
  ) stdp (
    .clock(clock), .reset(reset), .load_learned(load_learned), .load_learned_theta(load_learned_theta),
    .load_address(load_address), .load_word(load_word), .start_learning(start_learning), .start_image(start_image),
    .start_step(learn_step), .end_image(end_image), .spikes_in(heard), .spikes_out(spikes_out), .rate(rate),
    .ready(stdp_ready), .write_weight(write_weight), .write_theta(write_theta), .write_address(write_address),
    .weight_word(weight_word), .theta_word(theta_word), .update_lfsr(update_lfsr), .fade_lfsr(fade_lfsr),
    .fold_lfsr(fold_lfsr)
  );
endmodule
