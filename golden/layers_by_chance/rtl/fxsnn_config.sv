package fxsnn_config;
  localparam int ROWS = 56;
  localparam int STEPS = 8;
  localparam int LAYERS = 3;
  localparam int INPUTS = 60;
  localparam int INPUT_WORD = 2;
  localparam int CLASSES = 3;
  localparam int ANSWER_WORD = 41;
  localparam int EXACT_BITS = 42;
  localparam int LFSR_WIDTH = 31;
  localparam int PATIENCE = 1991;
endpackage
