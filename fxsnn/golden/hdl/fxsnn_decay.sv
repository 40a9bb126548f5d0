// One decaying state of a layer: it leaks, something is added, and the exact sum is cast once. Combinational, but for
// the register of a stochastic cast.
//
// held       the word of the step before
// added      exact, with ADDED_FRAC fractional bits
// result     the word of this step, sign- or zero-extended to X bits
// start      sets the register to its seed; `draw` takes what this cast has drawn
//
// X must hold every exact intermediate, and two bits more than the cast drops.
module fxsnn_decay #(
  parameter int X = 64,
  parameter int WORD = 8, FRAC = 4, ROUNDING = fxsnn_modes::FLOOR, OVERFLOW = fxsnn_modes::SATURATE,
  parameter bit SIGNED = 1,
  parameter int LEAK = fxsnn_modes::LEAK_NONE, LEAK_BITS = 0,  // of a shift
  parameter int FACTOR_FRAC = 8,
  parameter longint FACTOR = 0,
  parameter int ADDED_FRAC = 0,
  parameter int LFSR_WIDTH = 31,
  parameter logic [LFSR_WIDTH-1:0] LFSR_TAPS = 31'h48000000,
  parameter logic [LFSR_WIDTH-1:0] SEED = 1
) (
  input  logic                  clock,
  input  logic                  start,
  input  logic                  draw,
  input  logic [WORD-1:0]       held,
  input  logic signed [X-1:0]   added,
  output logic signed [X-1:0]   result,
  output logic [LFSR_WIDTH-1:0] register
);
  function automatic int larger(input int a, input int b);
    larger = a > b ? a : b;
  endfunction

  // all is brought to the binary point of the finest; what that has beyond the word is dropped
  localparam int LEAKED_FRAC = FRAC + (LEAK == fxsnn_modes::LEAK_MULTIPLY ? FACTOR_FRAC : 0);
  localparam int EXACT_FRAC = larger(FRAC, larger(LEAKED_FRAC, ADDED_FRAC));
  localparam int DROP = EXACT_FRAC - FRAC;
  localparam bit DRAWS = ROUNDING == fxsnn_modes::STOCHASTIC && DROP > 0;
  localparam int COUNT = !DRAWS ? 0 : DROP > LFSR_WIDTH ? LFSR_WIDTH : DROP;  // bits that are drawn
  localparam int TOP = DROP > LFSR_WIDTH ? DROP - LFSR_WIDTH : 0;  // how far up they are added
  localparam logic signed [X-1:0] FACTOR_X = FACTOR[X-1:0];

  logic signed [X-1:0] v, leaked, exact;
  logic [X-1:0] fresh;
  assign v = {{(X - WORD) {SIGNED && held[WORD-1]}}, held};
  assign leaked = LEAK == fxsnn_modes::LEAK_MULTIPLY ? v * FACTOR_X
                : LEAK == fxsnn_modes::LEAK_SHIFT    ? v - (v >>> LEAK_BITS)
                : v;
  assign exact = (leaked <<< (EXACT_FRAC - LEAKED_FRAC)) + (added <<< (EXACT_FRAC - ADDED_FRAC));
  fxsnn_cast #(
    .X(X), .DROP(DROP), .WORD(WORD), .SIGNED(SIGNED), .ROUNDING(ROUNDING), .OVERFLOW(OVERFLOW)
  ) cast (
    .value(exact), .fresh(fresh), .word(result), .overflowed()
  );
  fxsnn_lfsr #(
    .WIDTH(LFSR_WIDTH), .TAPS(LFSR_TAPS), .SEED(SEED), .X(X), .COUNT(COUNT), .TOP(TOP)
  ) lfsr (
    .clock(clock), .start(start), .draw(draw), .fresh(fresh), .state(register)
  );
endmodule
