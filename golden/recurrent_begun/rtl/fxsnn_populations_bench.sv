// Self-checking bench: plays input.mem to the network of populations and compares every node of every step with the
// bundle's files.
//
// Run it in the bundle's folder. It prints PASS and the number of words compared, or what it found: a file that is
// damaged, or the first words of the network that differ. It then ends with an error.
`timescale 1ns / 1ns
module fxsnn_populations_bench
  import fxsnn_config::*;
;
  localparam int X = WIDEST;
  localparam int SHOWN = 5;  // differences; more are only counted

  logic clock = 0, reset = 1, start_input = 0, start_step = 0, load_input = 0, ready;
  always #5 clock = !clock;
  logic [31:0] load_address = '0;
  logic [INPUT_WORD-1:0] load_word = '0;
  logic load_state = 0;
  logic [31:0] load_memory = '0;
  logic [STATE_WORD-1:0] load_state_word = '0;

  fxsnn_network network (
    .load_state(load_state), .load_memory(load_memory), .load_state_word(load_state_word),
    .clock(clock), .reset(reset), .start_input(start_input), .start_step(start_step), .ready(ready),
    .read(), .read_neuron(), .load_input(load_input), .load_address(load_address), .load_word(load_word), .read_word()
  );

  int row, presentation, step, damaged, at;

`include "fxsnn_words.svh"  // where `compared` has the words of each node
`include "fxsnn_verdict.svh"
`include "fxsnn_checks.svh"
`include "fxsnn_compare.svh"
`include "fxsnn_nodes.svh"  // the files' words, and what each population is compared with

  initial begin
`include "fxsnn_files.svh"  // checks every file, then reads what is compared
    tell("comparing");
    @(negedge clock) reset = 0;
    presentation = -1;
    for (row = 0; row < ROWS; row++) begin
      step++;
      if (begins[row] !== 1'b0) begin
        presentation++;
        step = 0;
        start_input = 1;
        @(negedge clock) start_input = 0;
        wait_until_ready("presentation", presentation, step);
        load_states;
      end
      load_input = 1;
      for (int k = 0; k < INPUTS; k++) begin
        load_address = k;
        load_word = inputs[row*INPUTS+k];
        @(negedge clock);
      end
      load_input = 0;
      start_step = 1;
      @(negedge clock) start_step = 0;
      wait_until_ready("presentation", presentation, step);
      compare_registers;
    end
    end_comparing;
  end
endmodule
