// A Fibonacci LFSR: it shifts left, and the new bit, the exclusive or of the tapped bits, enters bit 0.
//
// A draw is COUNT shifts; the fresh bits, the first of them most significant, are what a stochastic cast adds. Where a
// cast drops more bits than the register has, COUNT is the register's width and TOP moves them to the top.
// `start` sets the register to its seed, `draw` takes what `fresh` shows.
module fxsnn_lfsr #(
  parameter int WIDTH = 31,
  parameter logic [WIDTH-1:0] TAPS = 31'h48000000,  // bit t - 1 for each tap t
  parameter logic [WIDTH-1:0] SEED = 1,
  parameter int X = 64,
  parameter int COUNT = 1,
  parameter int TOP = 0
) (
  input  logic             clock,
  input  logic             start,
  input  logic             draw,
  output logic [X-1:0]     fresh,
  output logic [WIDTH-1:0] state
);
  logic [WIDTH-1:0] after[COUNT+1];
  logic [X-1:0] drawn[COUNT+1];
  assign after[0] = state;
  assign drawn[0] = '0;
  for (genvar i = 0; i < COUNT; i++) begin : gen_shift
    assign after[i+1] = {after[i][WIDTH-2:0], ^(after[i] & TAPS)};
    assign drawn[i+1] = {drawn[i][X-2:0], ^(after[i] & TAPS)};
  end
  assign fresh = drawn[COUNT] << TOP;

  if (COUNT == 0) begin : gen_constant  // it never moves
    assign state = SEED;
  end else begin : gen_register
    always_ff @(posedge clock) begin
      if (start) state <= SEED;
      else if (draw) state <= after[COUNT];
    end
  end
endmodule
