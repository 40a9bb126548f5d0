// The network: each population does its step with what the others emitted, one after the other.
//
// start_input   an input begins: states become 0, nothing was emitted before, LFSRs hold their seeds; wait for `ready`
// load_input    writes a word of the input of the next step, while `ready`
// load_state    writes a word with which a neuron begins, while `ready`; load_memory is its state:
//               0  around.membrane
// start_step    one time step; wait for `ready`
// read          a neuron's word is there from which the answer is read: which neuron's, and the word
// held_*        while `ready`: the word of neuron `load_address` of a population that sends to no other
module fxsnn_network (
  input  logic clock, reset, start_input, start_step,
  output logic ready, read,
  output logic [31:0] read_neuron,
  input  logic load_input,
  input  logic [31:0] load_address,
  input  logic [0:0] load_word,
  input  logic load_state,
  input  logic [31:0] load_memory,
  input  logic [6:0] load_state_word,
  output logic [0:0] read_word
);
  logic ready_around, done_around, emits_around;
  logic [31:0] neuron_around;
  logic [0:0] word_around;
  logic stores_around;
  logic [0:0] stored_around;
  assign ready = ready_around;

  logic [1:0] age;  // steps since the input began, up to 3
  always_ff @(posedge clock) begin
    if (reset || start_input) age <= 2'd0;
    else if (done_around && age != 2'd3) age <= age + 1'b1;
  end

  // what input emitted, in this step and 2 before
  logic [0:0] emitted_input[0:8];
  logic [31:0] row_input;  // of this step
  always_ff @(posedge clock) begin
    if (reset || start_input) row_input <= '0;
    else if (done_around) row_input <= row_input == 32'd2 ? '0 : row_input + 1;
  end
  always_ff @(posedge clock) begin
    if (load_input) emitted_input[row_input * 32'd3 + load_address] <= load_word;
  end

  // what around emitted, in this step and 3 before
  logic [0:0] emitted_around[0:15];
  logic [31:0] row_around;  // of this step
  always_ff @(posedge clock) begin
    if (reset || start_input) row_around <= '0;
    else if (done_around) row_around <= row_around == 32'd3 ? '0 : row_around + 1;
  end
  always_ff @(posedge clock) begin
    if (stores_around) emitted_around[row_around * 32'd4 + neuron_around] <= stored_around;
  end

  logic [31:0] source_into;
  logic [0:0] from_into;
  assign from_into = age >= 2 ? emitted_input[(row_input >= 32'd2 ? row_input - 32'd2 : row_input + 32'd1) * 32'd3 + source_into] : '0;
  logic [31:0] source_back;
  logic [0:0] from_back;
  assign from_back = age >= 1 ? emitted_around[(row_around >= 32'd1 ? row_around - 32'd1 : row_around + 32'd3) * 32'd4 + source_back] : '0;
  logic [31:0] source_later;
  logic [0:0] from_later;
  assign from_later = age >= 3 ? emitted_around[(row_around >= 32'd3 ? row_around - 32'd3 : row_around + 32'd1) * 32'd4 + source_later] : '0;
  assign read_neuron = neuron_around;
  assign read = emits_around;
  assign read_word = word_around;
  population_around of_around (
    .clock(clock),
    .reset(reset),
    .start_input(start_input),
    .start_step(start_step),
    .ready(ready_around),
    .done(done_around),
    .into_source(source_into),
    .back_source(source_back),
    .later_source(source_later),
    .into_word(from_into),
    .back_word(from_back),
    .later_word(from_later),
    .load_neuron(load_address),
    .load_word(load_state_word[6:0]),
    .load_membrane(load_state && load_memory == 32'd0),
    .emits(emits_around),
    .neuron(neuron_around),
    .emitted(word_around),
    .stores(stores_around),
    .stored(stored_around),
    .observe(),
    .observe_lfsr_0(),
    .observe_draw_0(),
    .observe_leaked(),
    .observe_integrated(),
    .observe_spike(),
    .observe_membrane()
  );
endmodule
