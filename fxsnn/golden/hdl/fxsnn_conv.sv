// One layer of a network of layers, one multiplication a clock: convolution, decaying states, comparison, pooling, in
// the order of docs/events.md, "In integers". A dense layer is a convolution whose kernel is its whole input. Plain on
// purpose: one datapath serves all cells in turn. Maps are rows x columns x channels, channels innermost.
//
// start_recording  states and spikes become 0, LFSRs their seeds; wait for `ready`
// start_step       one time step; wait for `ready`. `done` is 1 in its last clock
// given_*          reads a word of the map that the layer takes, in the same clock
// read_*           reads a pooled spike of the step that has ended, in the same clock
// load_*           writes one word of a memory, while `ready`: weights (kernel rows outermost, then columns, inputs,
//                  outputs) and biases
// observe_*        what was computed for each cell, for benches; leave them open in a design
module fxsnn_conv #(
  parameter int X = 64,  // bits of exact intermediates, signed
  parameter int GIVEN_WORD = 1,  // what it takes: counts, or spikes
  parameter int HEIGHT = 4, WIDTH = 4, CHANNELS = 2,
  parameter int KERNEL_HEIGHT = 3, KERNEL_WIDTH = 3, PADDING = 1,
  parameter int OUT_HEIGHT = 4, OUT_WIDTH = 4, OUT_CHANNELS = 2,
  parameter int POOL = 1,
  parameter bit SPIKING = 1,  // an output layer does not
  parameter bit CURRENTS = 0,  // synaptic current and membrane of each neuron decay, not traces of each input
  parameter int WEIGHT_WORD = 8, WEIGHT_FRAC = 7,
  parameter bit WEIGHT_SIGNED = 1,
  parameter int BIAS_WORD = 8, BIAS_FRAC = 4,
  parameter bit BIAS_SIGNED = 1,
  parameter int TRACE_WORD = 8, TRACE_FRAC = 4, TRACE_ROUNDING = fxsnn_modes::FLOOR, TRACE_OVERFLOW = fxsnn_modes::SATURATE,
  parameter bit TRACE_SIGNED = 1,
  parameter int SYNAPSE_WORD = 8, SYNAPSE_FRAC = 4, SYNAPSE_ROUNDING = fxsnn_modes::FLOOR, SYNAPSE_OVERFLOW = fxsnn_modes::SATURATE,
  parameter bit SYNAPSE_SIGNED = 1,
  parameter int REFRACTORY_WORD = 8, REFRACTORY_FRAC = 4, REFRACTORY_ROUNDING = fxsnn_modes::FLOOR, REFRACTORY_OVERFLOW = fxsnn_modes::SATURATE,
  parameter bit REFRACTORY_SIGNED = 1,
  parameter int TRACE_LEAK = fxsnn_modes::LEAK_NONE, TRACE_LEAK_BITS = 0, TRACE_FACTOR_FRAC = 8,
  parameter int SYNAPSE_LEAK = fxsnn_modes::LEAK_NONE, SYNAPSE_LEAK_BITS = 0, SYNAPSE_FACTOR_FRAC = 8,
  parameter int REFRACTORY_LEAK = fxsnn_modes::LEAK_NONE, REFRACTORY_LEAK_BITS = 0, REFRACTORY_FACTOR_FRAC = 8,
  parameter longint TRACE_FACTOR = 0, SYNAPSE_FACTOR = 0, REFRACTORY_FACTOR = 0,
  parameter longint REFRACTORY_STEP = 0,  // what a spike takes in the next step; 0: R stays 0 and is not kept
  parameter int SUM_WORD = 16, MEMBRANE_WORD = 16,  // that hold every sum and every membrane
  parameter int LFSR_WIDTH = 31,
  parameter logic [LFSR_WIDTH-1:0] LFSR_TAPS = 31'h48000000,
  parameter logic [LFSR_WIDTH-1:0] SEED_TRACE = 1, SEED_SYNAPSE = 1, SEED_REFRACTORY = 1
) (
  input  logic                       clock,
  input  logic                       reset,
  input  logic                       start_recording,
  input  logic                       start_step,
  output logic                       ready,
  output logic                       done,
  output logic [31:0]                given_address,
  input  logic [GIVEN_WORD-1:0]      given_word,
  input  logic [31:0]                read_address,
  output logic                       read_spike,
  input  logic                       load_weight,
  input  logic                       load_bias,
  input  logic [31:0]                load_address,
  input  logic [63:0]                load_word,
  // observation
  output logic                       observe_decay,  // of trace and synapse, at their address
  output logic [31:0]                observe_address,
  output logic [TRACE_WORD-1:0]      observe_trace,
  output logic [SYNAPSE_WORD-1:0]    observe_synapse,
  output logic                       observe_fire,  // of a neuron
  output logic [31:0]                observe_neuron,
  output logic [SUM_WORD-1:0]        observe_sum,
  output logic [REFRACTORY_WORD-1:0] observe_refractory,
  output logic [MEMBRANE_WORD-1:0]   observe_membrane,
  output logic                       observe_spike,
  output logic                       observe_pool,  // of a window, with its last neuron
  output logic [31:0]                observe_window,
  output logic                       observe_output,
  output logic [LFSR_WIDTH-1:0]      observe_lfsr_trace, observe_lfsr_synapse, observe_lfsr_refractory
);
  function automatic int larger(input int a, input int b);
    larger = a > b ? a : b;
  endfunction

  localparam int INPUTS = HEIGHT * WIDTH * CHANNELS, NEURONS = OUT_HEIGHT * OUT_WIDTH * OUT_CHANNELS;
  localparam int STATES = CURRENTS ? NEURONS : INPUTS;
  localparam int POOLED_HEIGHT = OUT_HEIGHT / POOL, POOLED_WIDTH = OUT_WIDTH / POOL;  // the rest at an edge is cut
  localparam int WEIGHTS = KERNEL_HEIGHT * KERNEL_WIDTH * CHANNELS * OUT_CHANNELS;
  localparam int OUTPUTS = POOLED_HEIGHT * POOLED_WIDTH * OUT_CHANNELS;
  localparam bit SUM_SIGNED = WEIGHT_SIGNED || (!CURRENTS && TRACE_SIGNED);
  localparam int HELD_WORD = SUM_SIGNED ? SUM_WORD : SUM_WORD - 1;  // no sum is negative: its sign is not held
  localparam int SUM_FRAC = WEIGHT_FRAC + (CURRENTS ? 0 : TRACE_FRAC);
  localparam int DRIVE_FRAC = CURRENTS ? TRACE_FRAC : SUM_FRAC;
  localparam int COMPARE_FRAC = larger(DRIVE_FRAC, larger(BIAS_FRAC, REFRACTORY_FRAC));
  localparam logic signed [X-1:0] STEP_X = REFRACTORY_STEP[X-1:0];

  // -- memories ------------------------------------------------------------------------------------------------------
  logic [WEIGHT_WORD-1:0] weights[0:WEIGHTS-1];
  logic [BIAS_WORD-1:0] biases[0:OUT_CHANNELS-1];
  logic [TRACE_WORD-1:0] traces[0:STATES-1];
  logic [SYNAPSE_WORD-1:0] synapses[0:STATES-1];

  // -- control -------------------------------------------------------------------------------------------------------
  localparam logic [2:0] IDLE = 0, CLEAR = 1, DECAY = 2, SUM = 3, FIRE = 4;
  logic [2:0] state;
  logic [31:0] i;  // a word, in CLEAR and DECAY
  logic [31:0] y, x, n, neuron;  // row, column and channel of a neuron, and all three in one number
  logic [31:0] ky, kx, c;  // row, column and channel under the kernel
  logic [31:0] window_y, window_x, in_y, in_x;  // the window that a neuron is pooled in, and the place in it
  logic last_channel, last_column, last_under, last_under_channel, last_under_column;
  assign last_channel = n == OUT_CHANNELS - 1;
  assign last_column = x == OUT_WIDTH - 1;
  assign last_under_channel = c == CHANNELS - 1;
  assign last_under_column = kx == KERNEL_WIDTH - 1;
  assign last_under = last_under_channel && last_under_column && ky == KERNEL_HEIGHT - 1;
  assign ready = state == IDLE && !start_recording && !start_step;
  assign done = state == FIRE && neuron == NEURONS - 1;

  // -- the sum under the kernel: outside of the map all is 0 -------------------------------------------------------------
  logic signed [31:0] row, column;
  logic [31:0] under_address, state_address, weight_address;
  logic [WEIGHT_WORD-1:0] weight_word;
  logic [TRACE_WORD-1:0] under_word;
  logic on_map;
  logic [HELD_WORD-1:0] held_sum;
  logic signed [X-1:0] weight, given, under, sum, next_sum;
  assign row = $signed(y) + $signed(ky) - PADDING;
  assign column = $signed(x) + $signed(kx) - PADDING;
  assign on_map = row >= 0 && row < HEIGHT && column >= 0 && column < WIDTH;
  assign under_address = ($unsigned(row) * WIDTH + $unsigned(column)) * CHANNELS + c;
  assign weight_address = ((ky * KERNEL_WIDTH + kx) * CHANNELS + c) * OUT_CHANNELS + n;
  assign given_address = CURRENTS ? under_address : i;
  assign weight_word = weights[weight_address];
  assign under_word = traces[under_address];
  assign weight = {{(X - WEIGHT_WORD) {WEIGHT_SIGNED && weight_word[WEIGHT_WORD-1]}}, weight_word};
  assign sum = {{(X - HELD_WORD) {SUM_SIGNED && held_sum[HELD_WORD-1]}}, held_sum};
  assign next_sum = sum + weight * under;
  assign given = {{(X - GIVEN_WORD) {1'b0}}, given_word};
  if (CURRENTS) begin : gen_under_given
    assign under = on_map ? given : '0;
  end else begin : gen_under_trace
    assign under = on_map ? {{(X - TRACE_WORD) {TRACE_SIGNED && under_word[TRACE_WORD-1]}}, under_word} : '0;
  end

  // -- decaying states: P and Q of an input, or M and I of a neuron ------------------------------------------------------
  logic seed, decays, fires;
  logic [TRACE_WORD-1:0] trace_word;
  logic [SYNAPSE_WORD-1:0] synapse_word;
  logic signed [X-1:0] old_synapse, come, trace, synapse;
  assign seed = state == IDLE && start_recording;
  assign decays = state == (CURRENTS ? FIRE : DECAY);
  assign fires = state == FIRE;
  assign state_address = CURRENTS ? neuron : i;
  assign trace_word = traces[state_address];
  assign synapse_word = synapses[state_address];
  assign old_synapse = {{(X - SYNAPSE_WORD) {SYNAPSE_SIGNED && synapse_word[SYNAPSE_WORD-1]}}, synapse_word};
  assign come = CURRENTS ? sum : given;
  fxsnn_decay #(
    .X(X), .WORD(TRACE_WORD), .FRAC(TRACE_FRAC), .SIGNED(TRACE_SIGNED), .ROUNDING(TRACE_ROUNDING),
    .OVERFLOW(TRACE_OVERFLOW), .LEAK(TRACE_LEAK), .LEAK_BITS(TRACE_LEAK_BITS), .FACTOR_FRAC(TRACE_FACTOR_FRAC),
    .FACTOR(TRACE_FACTOR), .ADDED_FRAC(SYNAPSE_FRAC), .LFSR_WIDTH(LFSR_WIDTH), .LFSR_TAPS(LFSR_TAPS), .SEED(SEED_TRACE)
  ) trace_decay (
    .clock(clock), .start(seed), .draw(decays), .held(trace_word), .added(old_synapse), .result(trace),
    .register(observe_lfsr_trace)
  );
  fxsnn_decay #(
    .X(X), .WORD(SYNAPSE_WORD), .FRAC(SYNAPSE_FRAC), .SIGNED(SYNAPSE_SIGNED), .ROUNDING(SYNAPSE_ROUNDING),
    .OVERFLOW(SYNAPSE_OVERFLOW), .LEAK(SYNAPSE_LEAK), .LEAK_BITS(SYNAPSE_LEAK_BITS),
    .FACTOR_FRAC(SYNAPSE_FACTOR_FRAC), .FACTOR(SYNAPSE_FACTOR), .ADDED_FRAC(CURRENTS ? SUM_FRAC : 0),
    .LFSR_WIDTH(LFSR_WIDTH), .LFSR_TAPS(LFSR_TAPS), .SEED(SEED_SYNAPSE)
  ) synapse_decay (
    .clock(clock), .start(seed), .draw(decays), .held(synapse_word), .added(come), .result(synapse),
    .register(observe_lfsr_synapse)
  );

  // -- the refractory state: a spike of the step before takes from it ------------------------------------------------------
  logic fired, spike, was_output;  // was_output: of the window, a step before or of the neurons so far
  logic [REFRACTORY_WORD-1:0] refractory_word;
  logic signed [X-1:0] taken, refractory;
  if (REFRACTORY_STEP == 0) begin : gen_at_rest
    assign fired = 1'b0;
    assign refractory_word = '0;
  end else begin : gen_refractory
    logic [REFRACTORY_WORD-1:0] refractories[0:NEURONS-1];
    assign refractory_word = refractories[neuron];
    always_ff @(posedge clock) begin
      if (state == CLEAR && i < NEURONS) refractories[i] <= '0;
      if (fires) refractories[neuron] <= refractory[REFRACTORY_WORD-1:0];
    end
    if (POOL == 1) begin : gen_outputs
      assign fired = was_output;
    end else begin : gen_spikes
      logic spikes[0:NEURONS-1];
      assign fired = spikes[neuron];
      always_ff @(posedge clock) begin
        if (state == CLEAR && i < NEURONS) spikes[i] <= 1'b0;
        if (fires) spikes[neuron] <= spike;
      end
    end
  end
  assign taken = fired ? -STEP_X : '0;
  fxsnn_decay #(
    .X(X), .WORD(REFRACTORY_WORD), .FRAC(REFRACTORY_FRAC), .SIGNED(REFRACTORY_SIGNED), .ROUNDING(REFRACTORY_ROUNDING),
    .OVERFLOW(REFRACTORY_OVERFLOW), .LEAK(REFRACTORY_LEAK), .LEAK_BITS(REFRACTORY_LEAK_BITS),
    .FACTOR_FRAC(REFRACTORY_FACTOR_FRAC), .FACTOR(REFRACTORY_FACTOR), .ADDED_FRAC(REFRACTORY_FRAC),
    .LFSR_WIDTH(LFSR_WIDTH), .LFSR_TAPS(LFSR_TAPS), .SEED(SEED_REFRACTORY)
  ) refractory_decay (
    .clock(clock), .start(seed), .draw(fires), .held(refractory_word), .added(taken), .result(refractory),
    .register(observe_lfsr_refractory)
  );

  // -- comparison, exact -----------------------------------------------------------------------------------------------
  logic [BIAS_WORD-1:0] bias_word;
  logic signed [X-1:0] bias, drive, membrane;
  assign bias_word = biases[n];
  assign bias = {{(X - BIAS_WORD) {BIAS_SIGNED && bias_word[BIAS_WORD-1]}}, bias_word};
  assign drive = CURRENTS ? trace : sum;
  assign membrane = (drive <<< (COMPARE_FRAC - DRIVE_FRAC)) + (bias <<< (COMPARE_FRAC - BIAS_FRAC))
                  + (refractory <<< (COMPARE_FRAC - REFRACTORY_FRAC));
  assign spike = membrane > 0;

  // -- pooling: any spike of a window ----------------------------------------------------------------------------------
  logic [31:0] window;
  logic in_window, first_in_window, last_in_window, pooled;
  assign window = (window_y * POOLED_WIDTH + window_x) * OUT_CHANNELS + n;
  assign in_window = window_y < POOLED_HEIGHT && window_x < POOLED_WIDTH;
  assign first_in_window = in_y == 0 && in_x == 0;
  assign last_in_window = in_y == POOL - 1 && in_x == POOL - 1;
  assign pooled = spike || (!first_in_window && was_output);
  if (SPIKING) begin : gen_spiking
    logic outputs[0:OUTPUTS-1];
    assign was_output = outputs[window];
    assign read_spike = outputs[read_address];
    always_ff @(posedge clock) begin
      if (state == CLEAR && i < OUTPUTS) outputs[i] <= 1'b0;
      if (fires && in_window) outputs[window] <= pooled;
    end
  end else begin : gen_silent
    assign was_output = 1'b0;
    assign read_spike = 1'b0;
  end

  // -- the sequence --------------------------------------------------------------------------------------------------------
  always_ff @(posedge clock) begin
    if (load_weight) weights[load_address] <= load_word[WEIGHT_WORD-1:0];
    if (load_bias) biases[load_address] <= load_word[BIAS_WORD-1:0];
    if (reset) begin
      state <= IDLE;
    end else begin
      if (decays) begin
        traces[state_address] <= trace[TRACE_WORD-1:0];
        synapses[state_address] <= synapse[SYNAPSE_WORD-1:0];
      end
      case (state)
        IDLE: begin
          {i, y, x, n, neuron, ky, kx, c} <= '0;
          {window_y, window_x, in_y, in_x} <= '0;
          held_sum <= '0;
          if (start_recording) state <= CLEAR;
          else if (start_step) state <= CURRENTS ? SUM : DECAY;
        end
        CLEAR: begin
          if (i < STATES) traces[i] <= '0;
          if (i < STATES) synapses[i] <= '0;
          i <= i + 1;
          if (i >= STATES - 1 && i >= NEURONS - 1) state <= IDLE;
        end
        DECAY: begin
          i <= i + 1;
          if (i == INPUTS - 1) state <= SUM;
        end
        SUM: begin
          held_sum <= next_sum[HELD_WORD-1:0];
          c <= last_under_channel ? '0 : c + 1;
          if (last_under_channel) kx <= last_under_column ? '0 : kx + 1;
          if (last_under_channel && last_under_column) ky <= last_under ? '0 : ky + 1;
          if (last_under) state <= FIRE;
        end
        default: begin  // FIRE
          held_sum <= '0;
          neuron <= neuron + 1;
          n <= last_channel ? '0 : n + 1;
          if (last_channel) begin
            x <= last_column ? '0 : x + 1;
            in_x <= last_column || in_x == POOL - 1 ? '0 : in_x + 1;
            window_x <= last_column ? '0 : in_x == POOL - 1 ? window_x + 1 : window_x;
          end
          if (last_channel && last_column) begin
            y <= y + 1;
            in_y <= in_y == POOL - 1 ? '0 : in_y + 1;
            if (in_y == POOL - 1) window_y <= window_y + 1;
          end
          state <= done ? IDLE : SUM;
        end
      endcase
    end
  end

  assign observe_decay = decays;
  assign observe_address = state_address;
  assign observe_trace = trace[TRACE_WORD-1:0];
  assign observe_synapse = synapse[SYNAPSE_WORD-1:0];
  assign observe_fire = fires;
  assign observe_neuron = neuron;
  assign observe_sum = sum[SUM_WORD-1:0];
  assign observe_refractory = refractory[REFRACTORY_WORD-1:0];
  assign observe_membrane = membrane[MEMBRANE_WORD-1:0];
  assign observe_spike = spike;
  assign observe_pool = fires && in_window && last_in_window;
  assign observe_window = window;
  assign observe_output = pooled;
endmodule
