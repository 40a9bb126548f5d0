// One layer of leaky integrate-and-fire neurons, one operation a clock: the order of operations is that of
// docs/arithmetic.md, "One time step of a layer". Plain on purpose: one datapath serves all neurons in turn.
//
// start_image   membranes and refractory counters become 0, LFSRs their seeds; wait for `ready`
// start_step    one time step with `spikes_in`; wait for `ready`
// spikes_out    of the step that has ended
// load_*        writes one word of a memory, while `ready`: weights (inputs outermost), thetas, and the state, should
//               it not begin with 0
// observe_*     what each neuron computed, for benches; leave them open in a design
module fxsnn_layer #(
  parameter int X = 64,  // bits of exact intermediates, signed
  parameter int INPUTS = 4,
  parameter int NEURONS = 4,
  parameter int WEIGHT_WORD = 8, WEIGHT_FRAC = 7,
  parameter bit WEIGHT_SIGNED = 1,
  parameter int SUM_WORD = 16,  // that holds every sum of weights; where each addition is cast, CURRENT_WORD
  parameter int CURRENT_WORD = 8, CURRENT_FRAC = 4, CURRENT_ROUNDING = fxsnn_modes::FLOOR, CURRENT_OVERFLOW = fxsnn_modes::SATURATE,
  parameter bit CURRENT_SIGNED = 1,
  parameter int MEMBRANE_WORD = 8, MEMBRANE_FRAC = 4, MEMBRANE_ROUNDING = fxsnn_modes::FLOOR, MEMBRANE_OVERFLOW = fxsnn_modes::SATURATE,
  parameter bit MEMBRANE_SIGNED = 1,
  parameter int THETA_WORD = 8, THETA_FRAC = 4,
  parameter bit THETA_SIGNED = 0,
  parameter int THRESHOLD_FRAC = 4,
  parameter longint THRESHOLD = 16,
  parameter int INHIBITION_FRAC = 4,
  parameter longint INHIBITION = 0,
  parameter longint FLOOR_VALUE = 0,  // the least membrane that inhibition leaves
  parameter int LEAK = fxsnn_modes::LEAK_NONE, LEAK_BITS = 0,  // of a shift
  parameter int FACTOR_FRAC = 8,
  parameter longint FACTOR = 0,
  parameter bit EACH = 0,  // a cast after every addition
  parameter bit FUSED = 0,  // leak and integration share one cast
  parameter int RESET = fxsnn_modes::RESET_ZERO,
  parameter longint RESET_TO = 0,
  parameter int WINNER = fxsnn_modes::WINNER_NONE,
  parameter int EXCESS_WORD = 16,  // that holds by how much any membrane exceeds its threshold
  parameter bit STRICT = 0,  // fire above the threshold, not at it
  parameter int REFRACTORY = 0, REFRACTORY_WORD = 1,
  parameter bit REFRACTORY_IGNORES = 1,  // a refractory neuron takes no current
  parameter int LFSR_WIDTH = 31,
  parameter logic [LFSR_WIDTH-1:0] LFSR_TAPS = 31'h48000000,
  parameter logic [LFSR_WIDTH-1:0] SEED_ACCUMULATE = 1, SEED_LEAK = 1, SEED_INTEGRATE = 1, SEED_RESET = 1,
                                   SEED_INHIBIT = 1
) (
  input  logic                         clock,
  input  logic                         reset,
  input  logic                         start_image,
  input  logic                         start_step,
  input  logic [INPUTS-1:0]            spikes_in,
  output logic                         ready,
  output logic [NEURONS-1:0]           spikes_out,
  input  logic                         load_weight,
  input  logic                         load_theta,
  input  logic                         load_membrane,
  input  logic                         load_refractory,
  input  logic [31:0]                  load_address,
  input  logic [63:0]                  load_word,
  // observation
  output logic                         observe_integration,
  output logic                         observe_reset,
  output logic                         observe_end,
  output logic [31:0]                  observe_neuron,
  output logic signed [X-1:0]          observe_sum, observe_current, observe_leaked, observe_integrated,
  output logic signed [X-1:0]          observe_after_reset, observe_membrane,
  output logic [X-1:0]                 observe_accumulate_draw, observe_leak_draw, observe_integrate_draw,
                                       observe_reset_draw, observe_inhibit_draw,
  output logic [REFRACTORY_WORD-1:0]   observe_refractory,
  output logic [LFSR_WIDTH-1:0]        observe_accumulate_lfsr, observe_leak_lfsr, observe_integrate_lfsr,
                                       observe_reset_lfsr, observe_inhibit_lfsr
);
  // A cast that is aligned drops what the finer of its terms has beyond the word.
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

  localparam int EACH_FRAC = larger(WEIGHT_FRAC, CURRENT_FRAC);
  localparam bit SUM_SIGNED = EACH ? CURRENT_SIGNED : WEIGHT_SIGNED;
  localparam int SUM_FRAC = EACH ? CURRENT_FRAC : WEIGHT_FRAC;
  localparam int ACCUMULATE_DROP = (EACH ? EACH_FRAC : WEIGHT_FRAC) - CURRENT_FRAC;
  localparam int LEAKED_FRAC = MEMBRANE_FRAC + (LEAK == fxsnn_modes::LEAK_MULTIPLY && FUSED ? FACTOR_FRAC : 0);
  localparam int LEAK_DROP = LEAK == fxsnn_modes::LEAK_MULTIPLY ? FACTOR_FRAC : 0;
  localparam int INTEGRATE_FRAC = larger(LEAKED_FRAC, CURRENT_FRAC);
  localparam int INTEGRATE_DROP = INTEGRATE_FRAC - MEMBRANE_FRAC;
  localparam int COMPARE_FRAC = larger(MEMBRANE_FRAC, larger(THRESHOLD_FRAC, THETA_FRAC));
  localparam int RESET_FRAC = larger(MEMBRANE_FRAC, THRESHOLD_FRAC);
  localparam int RESET_DROP = RESET_FRAC - MEMBRANE_FRAC;
  localparam int INHIBIT_FRAC = larger(MEMBRANE_FRAC, INHIBITION_FRAC);
  localparam int INHIBIT_DROP = INHIBIT_FRAC - MEMBRANE_FRAC;

  // constants as exact numbers
  localparam logic signed [X-1:0] THRESHOLD_X = THRESHOLD[X-1:0];
  localparam logic signed [X-1:0] INHIBITION_X = INHIBITION[X-1:0];
  localparam logic signed [X-1:0] FLOOR_X = FLOOR_VALUE[X-1:0];
  localparam logic signed [X-1:0] RESET_X = RESET_TO[X-1:0];

  // -- memories ------------------------------------------------------------------------------------------------------
  logic [WEIGHT_WORD-1:0] weights[0:INPUTS*NEURONS-1];
  logic [THETA_WORD-1:0] thetas[0:NEURONS-1];
  logic [SUM_WORD-1:0] sums[0:NEURONS-1];  // of the step so far: exact, or as accumulated
  logic [MEMBRANE_WORD-1:0] membranes[0:NEURONS-1];

  // -- control -------------------------------------------------------------------------------------------------------
  localparam logic [2:0] IDLE = 0, CLEAR = 1, ACCUMULATE = 2, INTEGRATE = 3, FIRE = 4, INHIBIT = 5;
  logic [2:0] state;
  logic new_image;
  logic [31:0] i, n;
  logic [INPUTS-1:0] active;
  logic [NEURONS-1:0] fired;  // who fires, or of several candidates who would win so far
  logic [$clog2(NEURONS+1)-1:0] spikes;  // of this step, where every candidate fires
  logic [EXCESS_WORD-1:0] best;  // excess of who would win: not negative

  logic last_neuron, last_input;
  assign last_neuron = n == NEURONS - 1;
  assign last_input = i == INPUTS - 1;
  assign ready = state == IDLE && !start_image && !start_step;
  assign spikes_out = fired;

  // -- reading: words become exact numbers -----------------------------------------------------------------------------
  logic [WEIGHT_WORD-1:0] weight_word;
  logic [THETA_WORD-1:0] theta_word;
  logic [SUM_WORD-1:0] sum_word;
  logic [MEMBRANE_WORD-1:0] membrane_word;
  logic signed [X-1:0] weight, theta, v, sum;
  logic [REFRACTORY_WORD-1:0] refractory;
  assign weight_word = weights[i*NEURONS+n];
  assign theta_word = thetas[n];
  assign membrane_word = membranes[n];
  assign weight = {{(X - WEIGHT_WORD) {WEIGHT_SIGNED && weight_word[WEIGHT_WORD-1]}}, weight_word};
  assign theta = {{(X - THETA_WORD) {THETA_SIGNED && theta_word[THETA_WORD-1]}}, theta_word};
  assign v = {{(X - MEMBRANE_WORD) {MEMBRANE_SIGNED && membrane_word[MEMBRANE_WORD-1]}}, membrane_word};
  assign sum_word = sums[n];
  assign sum = {{(X - SUM_WORD) {SUM_SIGNED && sum_word[SUM_WORD-1]}}, sum_word};

  // -- 1. accumulate ---------------------------------------------------------------------------------------------------
  logic signed [X-1:0] to_accumulate, current, accumulated;
  logic [X-1:0] accumulate_fresh;
  assign to_accumulate = EACH ? (sum <<< (EACH_FRAC - CURRENT_FRAC)) + (weight <<< (EACH_FRAC - WEIGHT_FRAC)) : sum;
  fxsnn_cast #(
    .X(X), .DROP(ACCUMULATE_DROP), .WORD(CURRENT_WORD), .SIGNED(CURRENT_SIGNED), .ROUNDING(CURRENT_ROUNDING),
    .OVERFLOW(CURRENT_OVERFLOW)
  ) accumulate_cast (
    .value(to_accumulate), .fresh(accumulate_fresh), .word(current), .overflowed()
  );

  assign accumulated = EACH ? current : sum + weight;

  // -- 2. leak -----------------------------------------------------------------------------------------------------------
  logic signed [X-1:0] leak, leaked, leak_word;
  logic [X-1:0] leak_fresh;
  assign leak = LEAK == fxsnn_modes::LEAK_MULTIPLY ? v * $signed(FACTOR[X-1:0]) : LEAK == fxsnn_modes::LEAK_SHIFT ? v - (v >>> LEAK_BITS) : v;
  fxsnn_cast #(
    .X(X), .DROP(LEAK_DROP), .WORD(MEMBRANE_WORD), .SIGNED(MEMBRANE_SIGNED), .ROUNDING(MEMBRANE_ROUNDING),
    .OVERFLOW(MEMBRANE_OVERFLOW)
  ) leak_cast (
    .value(leak), .fresh(leak_fresh), .word(leak_word), .overflowed()
  );
  // cast even where nothing is dropped: a symmetric membrane loaded with the most negative word saturates here
  assign leaked = FUSED ? leak : leak_word;

  // -- 3. integrate ------------------------------------------------------------------------------------------------------
  logic signed [X-1:0] step_current, taken, to_integrate, integrated;
  logic [X-1:0] integrate_fresh;
  assign step_current = EACH ? sum : current;
  assign taken = REFRACTORY_IGNORES && refractory != '0 ? '0 : step_current;
  assign to_integrate = (leaked <<< (INTEGRATE_FRAC - LEAKED_FRAC)) + (taken <<< (INTEGRATE_FRAC - CURRENT_FRAC));
  fxsnn_cast #(
    .X(X), .DROP(INTEGRATE_DROP), .WORD(MEMBRANE_WORD), .SIGNED(MEMBRANE_SIGNED), .ROUNDING(MEMBRANE_ROUNDING),
    .OVERFLOW(MEMBRANE_OVERFLOW)
  ) integrate_cast (
    .value(to_integrate), .fresh(integrate_fresh), .word(integrated), .overflowed()
  );

  // -- 4. candidates -------------------------------------------------------------------------------------------------------
  logic signed [X-1:0] excess, best_x;
  logic candidate, wins;
  assign excess = (integrated <<< (COMPARE_FRAC - MEMBRANE_FRAC)) - (THRESHOLD_X <<< (COMPARE_FRAC - THRESHOLD_FRAC))
                - (theta <<< (COMPARE_FRAC - THETA_FRAC));
  assign best_x = {{(X - EXCESS_WORD) {1'b0}}, best};
  assign candidate = refractory == '0 && !excess[X-1] && !(STRICT && excess == '0);
  // -- 5. winner
  assign wins = candidate && (fired == '0 || (WINNER == fxsnn_modes::WINNER_LARGEST && excess > best_x));

  // -- 6. reset ------------------------------------------------------------------------------------------------------------
  logic signed [X-1:0] to_reset, reset_word, after_reset;
  logic [X-1:0] reset_fresh;
  logic fires;
  assign fires = fired[n];
  assign to_reset = (v <<< (RESET_FRAC - MEMBRANE_FRAC)) - (THRESHOLD_X <<< (RESET_FRAC - THRESHOLD_FRAC));
  fxsnn_cast #(
    .X(X), .DROP(RESET_DROP), .WORD(MEMBRANE_WORD), .SIGNED(MEMBRANE_SIGNED), .ROUNDING(MEMBRANE_ROUNDING),
    .OVERFLOW(MEMBRANE_OVERFLOW)
  ) reset_cast (
    .value(to_reset), .fresh(reset_fresh), .word(reset_word), .overflowed()
  );
  assign after_reset = !fires ? v : RESET == fxsnn_modes::RESET_ZERO ? '0 : RESET == fxsnn_modes::RESET_VALUE ? RESET_X : reset_word;

  // -- the refractory period: who fires begins it, all others have a step less of it
  if (REFRACTORY == 0) begin : gen_ready
    assign refractory = '0;
  end else begin : gen_refractory
    logic [REFRACTORY_WORD-1:0] refractories[0:NEURONS-1];
    assign refractory = refractories[n];
    always_ff @(posedge clock) begin
      if (load_refractory) refractories[load_address] <= load_word[REFRACTORY_WORD-1:0];
      if (state == CLEAR && new_image) refractories[n] <= '0;
      if (state == FIRE && fires) refractories[n] <= REFRACTORY[REFRACTORY_WORD-1:0];
      else if (state == FIRE && refractory != '0) refractories[n] <= refractory - 1'b1;
    end
  end

  // -- 7. inhibition ---------------------------------------------------------------------------------------------------------
  logic signed [X-1:0] others, to_inhibit, inhibit_word, inhibited;
  logic [X-1:0] inhibit_fresh;
  logic inhibits;
  logic [31:0] spikes_count, others_count;
  assign spikes_count = WINNER == fxsnn_modes::WINNER_NONE ? 32'(spikes) : {31'b0, fired != '0};
  assign others_count = spikes_count - {31'b0, fired[n]};
  assign others = $signed(X'(others_count));
  assign inhibits = INHIBITION != 0 && others != '0;
  assign to_inhibit = (v <<< (INHIBIT_FRAC - MEMBRANE_FRAC)) - ((others * INHIBITION_X) <<< (INHIBIT_FRAC - INHIBITION_FRAC));
  fxsnn_cast #(
    .X(X), .DROP(INHIBIT_DROP), .WORD(MEMBRANE_WORD), .SIGNED(MEMBRANE_SIGNED), .ROUNDING(MEMBRANE_ROUNDING),
    .OVERFLOW(MEMBRANE_OVERFLOW)
  ) inhibit_cast (
    .value(to_inhibit), .fresh(inhibit_fresh), .word(inhibit_word), .overflowed()
  );
  assign inhibited = !inhibits ? v : inhibit_word < FLOOR_X ? FLOOR_X : inhibit_word;

  // -- stochastic rounding: every cast has a register of its own -----------------------------------------------------------
  logic clear_registers, draw_accumulate, draw_leak, draw_integrate, draw_reset, draw_inhibit;
  assign clear_registers = state == IDLE && start_image;
  assign draw_accumulate = EACH ? state == ACCUMULATE && active[0] : state == INTEGRATE;
  assign draw_leak = state == INTEGRATE && LEAK == fxsnn_modes::LEAK_MULTIPLY && !FUSED;
  assign draw_integrate = state == INTEGRATE;
  assign draw_reset = state == FIRE && fires && RESET == fxsnn_modes::RESET_SUBTRACT;
  assign draw_inhibit = state == INHIBIT && inhibits;
  fxsnn_lfsr #(
    .WIDTH(LFSR_WIDTH), .TAPS(LFSR_TAPS), .SEED(SEED_ACCUMULATE), .X(X), .COUNT(draws(CURRENT_ROUNDING, ACCUMULATE_DROP)),
    .TOP(top(ACCUMULATE_DROP))
  ) accumulate_lfsr (
    .clock(clock), .start(clear_registers), .draw(draw_accumulate), .fresh(accumulate_fresh), .state(observe_accumulate_lfsr)
  );
  fxsnn_lfsr #(
    .WIDTH(LFSR_WIDTH), .TAPS(LFSR_TAPS), .SEED(SEED_LEAK), .X(X), .COUNT(draws(MEMBRANE_ROUNDING, LEAK_DROP)),
    .TOP(top(LEAK_DROP))
  ) leak_lfsr (
    .clock(clock), .start(clear_registers), .draw(draw_leak), .fresh(leak_fresh), .state(observe_leak_lfsr)
  );
  fxsnn_lfsr #(
    .WIDTH(LFSR_WIDTH), .TAPS(LFSR_TAPS), .SEED(SEED_INTEGRATE), .X(X), .COUNT(draws(MEMBRANE_ROUNDING, INTEGRATE_DROP)),
    .TOP(top(INTEGRATE_DROP))
  ) integrate_lfsr (
    .clock(clock), .start(clear_registers), .draw(draw_integrate), .fresh(integrate_fresh), .state(observe_integrate_lfsr)
  );
  fxsnn_lfsr #(
    .WIDTH(LFSR_WIDTH), .TAPS(LFSR_TAPS), .SEED(SEED_RESET), .X(X), .COUNT(draws(MEMBRANE_ROUNDING, RESET_DROP)),
    .TOP(top(RESET_DROP))
  ) reset_lfsr (
    .clock(clock), .start(clear_registers), .draw(draw_reset), .fresh(reset_fresh), .state(observe_reset_lfsr)
  );
  fxsnn_lfsr #(
    .WIDTH(LFSR_WIDTH), .TAPS(LFSR_TAPS), .SEED(SEED_INHIBIT), .X(X), .COUNT(draws(MEMBRANE_ROUNDING, INHIBIT_DROP)),
    .TOP(top(INHIBIT_DROP))
  ) inhibit_lfsr (
    .clock(clock), .start(clear_registers), .draw(draw_inhibit), .fresh(inhibit_fresh), .state(observe_inhibit_lfsr)
  );

  // -- the sequence --------------------------------------------------------------------------------------------------------
  always_ff @(posedge clock) begin
    if (load_weight) weights[load_address] <= load_word[WEIGHT_WORD-1:0];
    if (load_theta) thetas[load_address] <= load_word[THETA_WORD-1:0];
    if (load_membrane) membranes[load_address] <= load_word[MEMBRANE_WORD-1:0];
    n <= last_neuron ? '0 : n + 1;
    if (reset) begin
      state <= IDLE;
      fired <= '0;
    end else begin
      case (state)
        IDLE: begin
          i <= '0;
          n <= '0;
          active <= spikes_in;
          spikes <= '0;
          new_image <= start_image;
          if (start_image || start_step) state <= CLEAR;
        end
        CLEAR: begin
          sums[n] <= '0;
          if (new_image) membranes[n] <= '0;
          if (last_neuron) state <= new_image ? IDLE : ACCUMULATE;
        end
        ACCUMULATE: begin  // silent inputs take one clock and add nothing
          if (active[0]) sums[n] <= accumulated[SUM_WORD-1:0];
          if (last_neuron || !active[0]) begin
            n <= '0;
            i <= i + 1;
            active <= active >> 1;
            if (last_input) state <= INTEGRATE;
            if (last_input) fired <= '0;
          end
        end
        INTEGRATE: begin
          membranes[n] <= integrated[MEMBRANE_WORD-1:0];
          if (WINNER == fxsnn_modes::WINNER_NONE) begin
            fired[n] <= candidate;
            if (candidate) spikes <= spikes + 1'b1;
          end else if (wins) begin
            fired <= '0;
            fired[n] <= 1'b1;
            best <= excess[EXCESS_WORD-1:0];
          end
          if (last_neuron) state <= FIRE;
        end
        FIRE: begin
          membranes[n] <= after_reset[MEMBRANE_WORD-1:0];
          if (last_neuron) state <= INHIBIT;
        end
        default: begin  // INHIBIT
          membranes[n] <= inhibited[MEMBRANE_WORD-1:0];
          if (last_neuron) state <= IDLE;
        end
      endcase
    end
  end

  assign observe_neuron = n;
  assign observe_integration = state == INTEGRATE;
  assign observe_sum = sum;
  assign observe_current = step_current;
  assign observe_leaked = leaked;
  assign observe_integrated = integrated;
  assign observe_accumulate_draw = accumulate_fresh;
  assign observe_leak_draw = leak_fresh;
  assign observe_integrate_draw = integrate_fresh;
  assign observe_reset = state == FIRE;
  assign observe_after_reset = after_reset;
  assign observe_reset_draw = draw_reset ? reset_fresh : '0;
  assign observe_end = state == INHIBIT;
  assign observe_inhibit_draw = draw_inhibit ? inhibit_fresh : '0;
  assign observe_membrane = inhibited;
  assign observe_refractory = refractory;
endmodule
