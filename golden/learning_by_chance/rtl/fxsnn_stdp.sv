// Learning in integers, one operation a clock: the order of operations is that of docs/learning.md, "Order of
// operations". It owns learned weights, learned thetas, traces, counts, sums and three registers; the weights and thetas
// that the layer reads are the layer's, and every change of one is written to it.
//
// load_*           the host's first learned weights, inputs outermost, and first learned thetas
// start_learning   the registers go to their seeds, all weights are read, summed and folded; wait for `ready`
// start_image      traces and counts become 0; wait for `ready`
// start_step       what follows a step of the layer: `spikes_in` its active inputs, `spikes_out` who fired; wait for `ready`
// end_image        weights change, thetas fall; wait for `ready`
// rate             of the image, held from start_image until end_image has ended
// write_*          a weight or a theta for the layer
module fxsnn_stdp #(
  parameter int X = 64,  // bits of exact intermediates, signed
  parameter int INPUTS = 4,
  parameter int NEURONS = 4,
  parameter int LEARNED_WORD = 12, LEARNED_FRAC = 12, LEARNED_ROUNDING = fxsnn_modes::FLOOR,
  parameter int LEARNED_OVERFLOW = fxsnn_modes::SATURATE,
  parameter int WEIGHT_WORD = 4, WEIGHT_FRAC = 4, WEIGHT_ROUNDING = fxsnn_modes::FLOOR,
  parameter int WEIGHT_OVERFLOW = fxsnn_modes::SATURATE,
  parameter int TRACE_WORD = 1, TRACE_FRAC = 0, TRACE_ROUNDING = fxsnn_modes::FLOOR,
  parameter int TRACE_OVERFLOW = fxsnn_modes::SATURATE,
  parameter longint TRACE_ONE = 1,  // the trace of an active input
  parameter int FADE = fxsnn_modes::LEAK_NONE, FADE_BITS = 0,  // of a shift
  parameter int FADE_FRAC = 8,
  parameter longint FADE_FACTOR = 0,
  parameter int RATE_WORD = 16, RATE_FRAC = 16,
  parameter int CONSTANTS_FRAC = 8,
  parameter longint OFFSET = 64, SOFTNESS = 154,
  parameter int LEARNED_THETA_WORD = 24, LEARNED_THETA_FRAC = 16,
  parameter longint RISE = 2048, FALL = 1,
  parameter int THRESHOLD_FRAC = 0,
  parameter longint THRESHOLD = 5,
  parameter int NORM_LOG2 = 6,
  parameter int TOTAL_WORD = 6,  // of a sum of weights
  parameter int THETA_WORD = 8, THETA_FRAC = 4, THETA_ROUNDING = fxsnn_modes::FLOOR,
  parameter int THETA_OVERFLOW = fxsnn_modes::SATURATE,
  parameter bit THETA_SIGNED = 0,
  parameter int COUNT_WORD = 7,
  parameter bit EACH_SPIKE = 0,  // weights change at each spike, not once an image
  parameter int LFSR_WIDTH = 31,
  parameter logic [LFSR_WIDTH-1:0] LFSR_TAPS = 31'h48000000,
  parameter logic [LFSR_WIDTH-1:0] SEED_UPDATE = 1, SEED_FADE = 1, SEED_FOLD = 1
) (
  input  logic                   clock,
  input  logic                   reset,
  input  logic                   load_learned,
  input  logic                   load_learned_theta,
  input  logic [31:0]            load_address,
  input  logic [63:0]            load_word,
  input  logic                   start_learning,
  input  logic                   start_image,
  input  logic                   start_step,
  input  logic                   end_image,
  input  logic [INPUTS-1:0]      spikes_in,
  input  logic [NEURONS-1:0]     spikes_out,
  input  logic [RATE_WORD-1:0]   rate,
  output logic                   ready,
  output logic                   write_weight,
  output logic                   write_theta,
  output logic [31:0]            write_address,
  output logic [WEIGHT_WORD-1:0] weight_word,
  output logic [THETA_WORD-1:0]  theta_word,
  output logic [LFSR_WIDTH-1:0]  update_lfsr, fade_lfsr, fold_lfsr
);
  function automatic int larger(input int a, input int b);
    larger = a > b ? a : b;
  endfunction
  // Bits that a cast draws, and how far up they are added.
  function automatic int draws(input int rounding, input int drop);
    draws = rounding == fxsnn_modes::STOCHASTIC && drop > 0 ? (drop > LFSR_WIDTH ? LFSR_WIDTH : drop) : 0;
  endfunction
  function automatic int top(input int drop);
    top = drop > LFSR_WIDTH ? drop - LFSR_WIDTH : 0;
  endfunction

  localparam int DRIVE_FRAC = larger(TRACE_FRAC, CONSTANTS_FRAC + larger(LEARNED_FRAC, 0));
  localparam int UPDATE_FRAC = larger(RATE_FRAC + DRIVE_FRAC, LEARNED_FRAC);
  localparam int UPDATE_DROP = UPDATE_FRAC - LEARNED_FRAC;
  localparam int READ_DROP = LEARNED_FRAC - WEIGHT_FRAC;
  localparam int FADE_DROP = FADE == fxsnn_modes::LEAK_MULTIPLY ? FADE_FRAC : 0;
  localparam int LIMIT_FRAC = larger(THRESHOLD_FRAC, LEARNED_THETA_FRAC);
  localparam int PRODUCT_FRAC = LIMIT_FRAC + WEIGHT_FRAC + NORM_LOG2;  // dividing by the norm is this shift
  localparam int FOLD_FRAC = larger(PRODUCT_FRAC, THRESHOLD_FRAC);
  localparam int FOLD_DROP = FOLD_FRAC - THETA_FRAC;

  // constants as exact numbers, at the binary points at which they are used
  localparam logic signed [X-1:0] OFFSET_X = OFFSET <<< (DRIVE_FRAC - CONSTANTS_FRAC);
  localparam logic signed [X-1:0] SOFTNESS_X = SOFTNESS;
  localparam logic signed [X-1:0] FACTOR_X = FADE_FACTOR;
  localparam logic signed [X-1:0] RISE_X = RISE;
  localparam logic signed [X-1:0] FALL_X = FALL;
  localparam logic signed [X-1:0] THRESHOLD_X = THRESHOLD;
  localparam logic [TRACE_WORD-1:0] ONE = TRACE_ONE[TRACE_WORD-1:0];
  localparam logic [LEARNED_THETA_WORD-1:0] HIGHEST_THETA = '1;

  // -- memories ------------------------------------------------------------------------------------------------------
  logic [LEARNED_WORD-1:0] learned[0:INPUTS*NEURONS-1];
  logic [LEARNED_THETA_WORD-1:0] learned_thetas[0:NEURONS-1];
  logic [TRACE_WORD-1:0] traces[0:INPUTS-1];
  logic [COUNT_WORD-1:0] counts[0:NEURONS-1];
  logic [TOTAL_WORD-1:0] sums[0:NEURONS-1];  // of the weights as they are read

  // -- control -------------------------------------------------------------------------------------------------------
  localparam logic [3:0] IDLE = 0, CLEAR = 1, READ = 2, FADING = 3, SET = 4, SPIKE = 5, CHANGE = 6, UPDATE = 7, FALLING = 8,
                         FOLD = 9;
  logic [3:0] state;
  localparam logic [1:0] BEGINNING = 0, STEP = 1, ENDING = 2;
  logic [1:0] work;  // whose folds these are
  logic [31:0] i, n, address;
  logic [NEURONS-1:0] fired;
  logic [TOTAL_WORD-1:0] total;

  logic last_neuron, last_input;
  assign last_neuron = n == NEURONS - 1;
  assign last_input = i == INPUTS - 1;
  assign ready = state == IDLE && !start_learning && !start_image && !start_step && !end_image;
  assign address = i * NEURONS + n;

  // -- reading: words become exact numbers, none of them negative ------------------------------------------------------
  logic signed [X-1:0] w, theta, trace, count, rate_x;
  assign w = $signed({{(X - LEARNED_WORD) {1'b0}}, learned[address]});
  assign theta = $signed({{(X - LEARNED_THETA_WORD) {1'b0}}, learned_thetas[n]});
  assign trace = $signed({{(X - TRACE_WORD) {1'b0}}, traces[i]});
  assign count = $signed({{(X - COUNT_WORD) {1'b0}}, counts[n]});
  assign rate_x = $signed({{(X - RATE_WORD) {1'b0}}, rate});

  // -- 2. fade -------------------------------------------------------------------------------------------------------
  logic signed [X-1:0] to_fade, faded;
  logic [X-1:0] fade_fresh;
  assign to_fade = FADE == fxsnn_modes::LEAK_MULTIPLY ? trace * FACTOR_X : trace - (trace >>> FADE_BITS);
  fxsnn_cast #(
    .X(X), .DROP(FADE_DROP), .WORD(TRACE_WORD), .SIGNED(1'b0), .ROUNDING(TRACE_ROUNDING), .OVERFLOW(TRACE_OVERFLOW)
  ) fade_cast (
    .value(to_fade), .fresh(fade_fresh), .word(faded), .overflowed()
  );

  // -- 4. spikes, and the fall at the end of an image ------------------------------------------------------------------
  logic signed [X-1:0] highest, risen, fallen;
  assign highest = $signed({{(X - LEARNED_THETA_WORD) {1'b0}}, HIGHEST_THETA});
  assign risen = theta + RISE_X > highest ? highest : theta + RISE_X;
  assign fallen = theta > FALL_X ? theta - FALL_X : '0;

  // -- update ----------------------------------------------------------------------------------------------------------
  logic signed [X-1:0] amount, drive, to_update, updated;
  logic [X-1:0] update_fresh;
  assign amount = EACH_SPIKE ? rate_x : rate_x * count;
  assign drive = (trace <<< (DRIVE_FRAC - TRACE_FRAC)) - OFFSET_X
               - ((SOFTNESS_X * w) <<< (DRIVE_FRAC - CONSTANTS_FRAC - LEARNED_FRAC));
  assign to_update = (w <<< UPDATE_DROP) + ((amount * drive) <<< (UPDATE_FRAC - RATE_FRAC - DRIVE_FRAC));
  fxsnn_cast #(
    .X(X), .DROP(UPDATE_DROP), .WORD(LEARNED_WORD), .SIGNED(1'b0), .ROUNDING(LEARNED_ROUNDING),
    .OVERFLOW(LEARNED_OVERFLOW)
  ) update_cast (
    .value(to_update), .fresh(update_fresh), .word(updated), .overflowed()
  );

  // -- what the layer reads of a learned weight ------------------------------------------------------------------------
  logic signed [X-1:0] now, read;
  logic [X-1:0] no_draw;
  logic [TOTAL_WORD-1:0] sum;
  assign no_draw = '0;  // its rounding must not draw
  assign now = state == READ ? w : updated;
  fxsnn_cast #(
    .X(X), .DROP(READ_DROP), .WORD(WEIGHT_WORD), .SIGNED(1'b0), .ROUNDING(WEIGHT_ROUNDING), .OVERFLOW(WEIGHT_OVERFLOW)
  ) read_cast (
    .value(now), .fresh(no_draw), .word(read), .overflowed()
  );
  assign weight_word = read[WEIGHT_WORD-1:0];
  assign sum = (i == '0 ? '0 : total) + read[TOTAL_WORD-1:0];

  // -- fold --------------------------------------------------------------------------------------------------------------
  logic signed [X-1:0] limit, product, to_fold, folded;
  logic [X-1:0] fold_fresh;
  assign limit = (THRESHOLD_X <<< (LIMIT_FRAC - THRESHOLD_FRAC)) + (theta <<< (LIMIT_FRAC - LEARNED_THETA_FRAC));
  assign product = limit * $signed({{(X - TOTAL_WORD) {1'b0}}, sums[n]});
  assign to_fold = (product <<< (FOLD_FRAC - PRODUCT_FRAC)) - (THRESHOLD_X <<< (FOLD_FRAC - THRESHOLD_FRAC));
  fxsnn_cast #(
    .X(X), .DROP(FOLD_DROP), .WORD(THETA_WORD), .SIGNED(THETA_SIGNED), .ROUNDING(THETA_ROUNDING), .OVERFLOW(THETA_OVERFLOW)
  ) fold_cast (
    .value(to_fold), .fresh(fold_fresh), .word(folded), .overflowed()
  );
  assign theta_word = folded[THETA_WORD-1:0];

  // -- to the layer --------------------------------------------------------------------------------------------------------
  assign write_weight = state == READ || state == UPDATE;
  assign write_theta = state == FOLD;
  assign write_address = write_theta ? n : address;

  // -- stochastic rounding: learning's registers go on from image to image --------------------------------------------------
  logic seed, draw_update, draw_fade, draw_fold;
  assign seed = state == IDLE && start_learning;
  assign draw_update = state == UPDATE;
  assign draw_fade = state == FADING;
  assign draw_fold = state == FOLD;
  fxsnn_lfsr #(
    .WIDTH(LFSR_WIDTH), .TAPS(LFSR_TAPS), .SEED(SEED_UPDATE), .X(X), .COUNT(draws(LEARNED_ROUNDING, UPDATE_DROP)),
    .TOP(top(UPDATE_DROP))
  ) update_register (
    .clock(clock), .start(seed), .draw(draw_update), .fresh(update_fresh), .state(update_lfsr)
  );
  fxsnn_lfsr #(
    .WIDTH(LFSR_WIDTH), .TAPS(LFSR_TAPS), .SEED(SEED_FADE), .X(X), .COUNT(draws(TRACE_ROUNDING, FADE_DROP)),
    .TOP(top(FADE_DROP))
  ) fade_register (
    .clock(clock), .start(seed), .draw(draw_fade), .fresh(fade_fresh), .state(fade_lfsr)
  );
  fxsnn_lfsr #(
    .WIDTH(LFSR_WIDTH), .TAPS(LFSR_TAPS), .SEED(SEED_FOLD), .X(X), .COUNT(draws(THETA_ROUNDING, FOLD_DROP)),
    .TOP(top(FOLD_DROP))
  ) fold_register (
    .clock(clock), .start(seed), .draw(draw_fold), .fresh(fold_fresh), .state(fold_lfsr)
  );

  // -- the sequence --------------------------------------------------------------------------------------------------------
  logic [INPUTS-1:0] active;
  always_ff @(posedge clock) begin
    if (load_learned) learned[load_address] <= load_word[LEARNED_WORD-1:0];
    if (load_learned_theta) learned_thetas[load_address] <= load_word[LEARNED_THETA_WORD-1:0];
    if (reset) begin
      state <= IDLE;
    end else begin
      case (state)
        IDLE: begin
          i <= '0;
          n <= '0;
          active <= spikes_in;
          fired <= spikes_out;
          work <= start_learning ? BEGINNING : start_step ? STEP : ENDING;
          if (start_learning) state <= READ;
          else if (start_image) state <= CLEAR;
          else if (start_step) state <= FADE == fxsnn_modes::LEAK_NONE ? SET : FADING;
          else if (end_image) state <= CHANGE;
        end
        CLEAR: begin
          if (i < INPUTS) traces[i] <= '0;
          if (i < NEURONS) counts[i] <= '0;
          i <= i + 1;
          if (i >= INPUTS - 1 && i >= NEURONS - 1) state <= IDLE;
        end
        FADING: begin
          traces[i] <= faded[TRACE_WORD-1:0];
          i <= last_input ? '0 : i + 1;
          if (last_input) state <= SET;
        end
        SET: begin
          if (active[0]) traces[i] <= ONE;
          active <= active >> 1;
          i <= last_input ? '0 : i + 1;
          if (last_input) state <= SPIKE;
        end
        SPIKE: begin  // a silent neuron takes one clock
          fired <= fired >> 1;
          if (fired[0]) begin
            counts[n] <= counts[n] + 1'b1;
            learned_thetas[n] <= risen[LEARNED_THETA_WORD-1:0];
            state <= EACH_SPIKE ? UPDATE : FOLD;
          end else begin
            n <= n + 1;
            if (last_neuron) state <= IDLE;
          end
        end
        CHANGE: state <= !EACH_SPIKE && count != '0 ? UPDATE : FALLING;
        READ, UPDATE: begin
          if (state == UPDATE) learned[address] <= updated[LEARNED_WORD-1:0];
          total <= sum;
          i <= last_input ? '0 : i + 1;
          if (last_input) begin
            sums[n] <= sum;
            state <= work == ENDING ? FALLING : FOLD;
          end
        end
        FALLING: begin
          learned_thetas[n] <= fallen[LEARNED_THETA_WORD-1:0];
          state <= FOLD;
        end
        default: begin  // FOLD
          n <= n + 1;
          state <= last_neuron ? IDLE : work == BEGINNING ? READ : work == STEP ? SPIKE : CHANGE;
        end
      endcase
    end
  end
endmodule
