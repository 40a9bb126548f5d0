// Population `around`: 4 neurons of lif.neuron, one operation a clock.
//
// start_input   an input begins: states become 0, registers their seeds; wait for `ready`
// start_step    a time step with what the sources emitted; wait for `ready`
// *_source      which word of a source is looked at, by projection; the words are there in the same clock
// done          the last clock of a step
// observe_*     what each neuron computed, for benches; leave them open in a design
module population_around (
  input  logic clock, reset, start_input, start_step,
  output logic ready, done,
  output logic [31:0] into_source,
  input  logic [0:0] into_word,  // of input, 2 steps before
  output logic [31:0] back_source,
  input  logic [0:0] back_word,  // of around, 1 steps before
  output logic [31:0] later_source,
  input  logic [0:0] later_word,  // of around, 3 steps before
  input  logic [31:0] load_neuron,
  input  logic [6:0] load_word,
  input  logic load_membrane,  // while ready: state membrane of this neuron begins with this word
  output logic emits,  // a neuron emits
  output logic [31:0] neuron,  // which one
  output logic [0:0] emitted,
  output logic stores,  // what is held of neuron n is to be
  output logic [0:0] stored,
  // observation
  output logic [0:0] observe,  // bit p: what pass p computes is there
  output logic [30:0] observe_lfsr_0,
  output logic [3:0] observe_draw_0,
  output logic [6:0] observe_leaked,
  output logic [6:0] observe_integrated,
  output logic [0:0] observe_spike,
  output logic [6:0] observe_membrane
);
  localparam logic [2:0] IDLE = 3'd0;  // nothing is done
  localparam logic [2:0] BEGIN = 3'd1;  // states become 0, registers their seeds
  localparam logic [2:0] CLEAR = 3'd2;  // sums become 0
  localparam logic [2:0] ADD_INTO = 3'd3;  // input arrives at current
  localparam logic [2:0] ADD_BACK = 3'd4;  // around arrives at current
  localparam logic [2:0] ADD_LATER = 3'd5;  // around arrives at current
  localparam logic [2:0] PASS_0 = 3'd6;  // pass 0 over the neurons
  logic [2:0] state;
  logic [31:0] n, at;  // the neuron; the one that follows in a pass over them
  logic last, turn, by_source, last_source;
  logic [6:0] membrane_after;
  logic [0:0] spike_emitted;

  // what input brings to neuron n by dense
  logic into_reaches;
  logic into_take;
  logic into_last;
  logic [31:0] into_neuron;
  fxsnn_inputs #(.SOURCES(3), .NEURONS(4), .SAME(0)) into_walk (
    .clock(clock),
    .run(state == ADD_INTO),
    .every(1'b0),
    .active(into_word != 0),
    .source(into_source),
    .reaches(into_reaches),
    .take(into_take),
    .last(into_last),
    .neuron(into_neuron)
  );
  logic [4:0] into_weight[0:11];
  initial $readmemh("into.weight.mem", into_weight);
  logic signed [4:0] into_brought;
  assign into_brought = $signed(into_weight[into_source * 32'd4 + n]);

  // what around brings to neuron n by dense
  logic back_reaches;
  logic back_take;
  logic back_last;
  logic [31:0] back_neuron;
  fxsnn_inputs #(.SOURCES(4), .NEURONS(4), .SAME(0)) back_walk (
    .clock(clock),
    .run(state == ADD_BACK),
    .every(1'b0),
    .active(back_word != 0),
    .source(back_source),
    .reaches(back_reaches),
    .take(back_take),
    .last(back_last),
    .neuron(back_neuron)
  );
  logic [3:0] back_weight[0:15];
  initial $readmemh("back.weight.mem", back_weight);
  logic signed [4:0] back_brought;
  assign back_brought = $signed(back_weight[back_source * 32'd4 + n]) <<< 1;

  // what around brings to neuron n by dense
  logic later_reaches;
  logic later_take;
  logic later_last;
  logic [31:0] later_neuron;
  fxsnn_inputs #(.SOURCES(4), .NEURONS(4), .SAME(0)) later_walk (
    .clock(clock),
    .run(state == ADD_LATER),
    .every(1'b0),
    .active(later_word != 0),
    .source(later_source),
    .reaches(later_reaches),
    .take(later_take),
    .last(later_last),
    .neuron(later_neuron)
  );
  logic [4:0] later_weight[0:15];
  initial $readmemh("later.weight.mem", later_weight);
  logic signed [4:0] later_brought;
  assign later_brought = $signed(later_weight[later_source * 32'd4 + n]);

  // the sums of current
  logic [8:0] current_sums[0:3];
  logic signed [8:0] current;
  assign current = $signed(current_sums[n]);
  logic signed [9:0] current_added;
  assign current_added = $signed(current_sums[n]) + (state == ADD_INTO ? into_brought : state == ADD_BACK ? back_brought : later_brought);
  always_ff @(posedge clock) begin
    if (state == CLEAR) current_sums[n] <= 9'd0;
    if ((state == ADD_INTO && into_take) || (state == ADD_BACK && back_take) || (state == ADD_LATER && later_take)) current_sums[n] <= current_added[8:0];
  end

  // state membrane
  logic [6:0] membrane_words[0:3];
  logic signed [6:0] membrane_before;
  assign membrane_before = $signed(membrane_words[n]);
  always_ff @(posedge clock) begin
    if (state == BEGIN || load_membrane) membrane_words[n] <= load_membrane ? load_word[6:0] : 7'd0;
    if (state == PASS_0) membrane_words[n] <= membrane_after;
  end

  // constant decay
  logic [3:0] decay_words[0:0];
  initial $readmemh("around.decay.mem", decay_words);
  logic signed [4:0] decay;
  assign decay = $signed({1'b0, decay_words[0]});

  // constant threshold
  logic [5:0] threshold_words[0:0];
  initial $readmemh("around.threshold.mem", threshold_words);
  logic signed [6:0] threshold;
  assign threshold = $signed({1'b0, threshold_words[0]});
  logic in_pass_0;
  assign in_pass_0 = state == PASS_0;

  assign stores = (state == PASS_0);
  assign stored = emitted;

  assign n = load_membrane ? load_neuron : state == ADD_INTO ? into_neuron : state == ADD_BACK ? back_neuron : state == ADD_LATER ? later_neuron : at;
  assign last = n == 32'd3;
  assign turn = 1'b1;
  assign by_source = state == ADD_INTO || state == ADD_BACK || state == ADD_LATER;
  assign last_source = (state == ADD_INTO && into_last) || (state == ADD_BACK && back_last) || (state == ADD_LATER && later_last);
  always_ff @(posedge clock) begin
    if (reset) begin
      state <= IDLE;
    end else if (state == IDLE) begin
      at <= '0;
      if (start_input) state <= BEGIN;
      else if (start_step) state <= CLEAR;
    end else if (by_source) begin  // active inputs, and the neurons that each of them reaches
      if (last_source) state <= state + 1'b1;
    end else if (turn) begin
      at <= last ? '0 : at + 1;
      if (last) state <= state == BEGIN || state == PASS_0 ? IDLE : state + 1'b1;
    end
  end
  assign ready = state == IDLE;
  assign emits = state == PASS_0;
  assign done = state == PASS_0 && last;
  assign neuron = n;

  assign observe = {state == PASS_0};
  assign emitted = spike_emitted;
  neuron_around datapath (
    .clock(clock),
    .start(state == BEGIN),
    .membrane_before(membrane_before),
    .decay(decay),
    .current(current),
    .threshold(threshold),
    .in_pass_0(in_pass_0),
    .membrane_after(membrane_after),
    .spike_emitted(spike_emitted),
    .observe_lfsr_0(observe_lfsr_0),
    .observe_draw_0(observe_draw_0),
    .observe_leaked(observe_leaked),
    .observe_integrated(observe_integrated),
    .observe_spike(observe_spike),
    .observe_membrane(observe_membrane)
  );
endmodule
