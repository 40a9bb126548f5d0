package fxsnn_config;
  localparam int ROWS = 8;
  localparam int INPUTS = 3;
  localparam int INPUT_WORD = 1;
  localparam int WIDEST = 31;
  localparam int PATIENCE = 81;
  localparam int STATE_WORD = 7;
endpackage
