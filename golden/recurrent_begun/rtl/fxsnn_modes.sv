// Roundings, overflows and wirings of a layer, as docs/arithmetic.md defines them.
package fxsnn_modes;
  // Rounding: what a cast does to dropped bits.
  localparam int FLOOR = 0, ZERO = 1, CEIL = 2, NEAREST_UP = 3, NEAREST_DOWN = 4, NEAREST_ZERO = 5,
                 NEAREST_AWAY = 6, NEAREST_EVEN = 7, NEAREST_ODD = 8, STOCHASTIC = 9;
  // Overflow: what becomes of a rounded value outside the format.
  localparam int SATURATE = 0, SATURATE_SYMMETRIC = 1, SATURATE_ZERO = 2, WRAP = 3;
  // Leak.
  localparam int LEAK_MULTIPLY = 0, LEAK_SHIFT = 1, LEAK_NONE = 2;
  // Reset of a neuron that fires.
  localparam int RESET_ZERO = 0, RESET_VALUE = 1, RESET_SUBTRACT = 2;
  // Winner among the candidates of a step.
  localparam int WINNER_NONE = 0, WINNER_LOWEST = 1, WINNER_LARGEST = 2;
endpackage
