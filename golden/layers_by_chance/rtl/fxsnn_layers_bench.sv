// Self-checking bench: plays input.mem to the network of layers and compares every node of every step with the bundle's
// files, and the answer after every recording.
//
// Run it in the bundle's folder. It prints PASS and the number of words compared, or what it found: a file that is
// damaged, or the first words of the network that differ. It then ends with an error.
`timescale 1ns / 1ns
module fxsnn_layers_bench
  import fxsnn_config::*;
;
  localparam int X = EXACT_BITS;
  localparam int SHOWN = 5;  // differences; more are only counted

  logic clock = 0, reset = 1, start_recording = 0, start_step = 0, ready;
  always #5 clock = !clock;
  logic load_input = 0, load_readout = 0;
  logic [LAYERS-1:0] load_weight = '0, load_bias = '0;
  logic [31:0] load_address = '0, answer_address = '0;
  logic [63:0] load_word = '0;
  logic [ANSWER_WORD-1:0] answer_x;

  fxsnn_layers network (
    .clock(clock), .reset(reset), .start_recording(start_recording), .start_step(start_step), .ready(ready),
    .load_input(load_input), .load_readout(load_readout), .load_weight(load_weight), .load_bias(load_bias),
    .load_address(load_address), .load_word(load_word), .answer_address(answer_address), .answer(answer_x)
  );

  int row, presentation, step, damaged, at;

  task automatic load(input int address, input logic [63:0] word);
    load_address = address;
    load_word = word;
    @(negedge clock);
  endtask

`include "fxsnn_words.svh"  // where `compared` has the words of each node
`include "fxsnn_verdict.svh"
`include "fxsnn_checks.svh"
`include "fxsnn_compare.svh"
`include "fxsnn_nodes.svh"  // the files' words, what each layer is compared with, the loading of constants

  initial begin
`include "fxsnn_files.svh"  // checks every file, then reads it
    tell("comparing");
    @(negedge clock) reset = 0;
    load_constants;
    presentation = -1;
    for (row = 0; row < ROWS; row++) begin
      step++;
      if (begins[row] !== 1'b0) begin
        presentation++;
        step = 0;
        start_recording = 1;
        @(negedge clock) start_recording = 0;
        wait_until_ready("presentation", presentation, step);
      end
      load_input = 1;
      for (int k = 0; k < INPUTS; k++) load(k, 64'(inputs[row*INPUTS+k]));
      load_input = 0;
      start_step = 1;
      @(negedge clock) start_step = 0;
      wait_until_ready("presentation", presentation, step);
      compare_registers;
      if (step == STEPS - 1)
        for (int k = 0; k < CLASSES; k++) begin
          answer_address = k;
          @(negedge clock);
          at = presentation * CLASSES + k;
          compare("answer", AT_ANSWER, at, k, X'(answer[at]), X'(answer_x));
        end
    end
    end_comparing;
  end
endmodule
