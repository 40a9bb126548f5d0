package fxsnn_config;
  localparam int ROWS = 42;
  localparam int STEPS = 6;
  localparam int LAYERS = 3;
  localparam int INPUTS = 30;
  localparam int INPUT_WORD = 2;
  localparam int CLASSES = 3;
  localparam int ANSWER_WORD = 7;
  localparam int EXACT_BITS = 16;
  localparam int LFSR_WIDTH = 15;
  localparam int PATIENCE = 1067;
endpackage
