// A time step of a neuron of population `around`, from lif.neuron.
//
// Every value is exact, two's complement, as wide as it is proved to be, and extended by its sign: what is cut off of
// it repeats that. Bits are one wire. `x_exact` is a value before its cast, `<<<` brings binary points together,
// `x_before` is the state x as the step before left it, `x_12` what x stands for after line 12, where it changes.
module neuron_around (
  input  logic clock,
  input  logic start,  // registers become their seeds
  input  logic signed [6:0] membrane_before,  // state, as the step before left it
  input  logic signed [4:0] decay,  // constant
  input  logic signed [8:0] current,  // the exact sum of what arrives
  input  logic signed [6:0] threshold,  // constant
  input  logic in_pass_0,  // 1 in pass 0
  output logic [6:0] membrane_after,
  output logic [0:0] spike_emitted,
  output logic [30:0] observe_lfsr_0,
  output logic [3:0] observe_draw_0,
  output logic [6:0] observe_leaked,
  output logic [6:0] observe_integrated,
  output logic [0:0] observe_spike,
  output logic [6:0] observe_membrane
);

  // line 18: leaked: membrane[0] = membrane * decay
  logic signed [10:0] leaked_exact;  // 7 fractional bits
  assign leaked_exact = membrane_before * decay;
  logic draws_0;
  assign draws_0 = in_pass_0;
  logic [10:0] fresh_0;
  logic [30:0] register_0;
  fxsnn_lfsr #(.WIDTH(31), .TAPS(31'h48000000), .SEED(31'h17d4a4ef), .X(11), .COUNT(4), .TOP(0))
    lfsr_0 (.clock(clock), .start(start), .draw(draws_0), .fresh(fresh_0), .state(register_0));
  assign observe_lfsr_0 = register_0;
  assign observe_draw_0 = draws_0 ? fresh_0 : 11'd0;
  logic signed [10:0] leaked_word;
  fxsnn_cast #(.X(11), .DROP(4), .WORD(7), .SIGNED(1),
               .ROUNDING(fxsnn_modes::STOCHASTIC), .OVERFLOW(fxsnn_modes::SATURATE))
    cast_leaked (.value(leaked_exact), .fresh(fresh_0), .word(leaked_word), .overflowed());
  logic signed [6:0] leaked;  // 3 fractional bits
  assign leaked = leaked_word;

  // line 24: integrated: membrane[1] = leaked + current
  logic signed [9:0] integrated_exact;  // 3 fractional bits
  assign integrated_exact = leaked + (current <<< 1);
  logic signed [9:0] integrated_word;
  fxsnn_cast #(.X(10), .DROP(0), .WORD(7), .SIGNED(1),
               .ROUNDING(fxsnn_modes::STOCHASTIC), .OVERFLOW(fxsnn_modes::SATURATE))
    cast_integrated (.value(integrated_exact), .fresh(10'd0), .word(integrated_word), .overflowed());
  logic signed [6:0] integrated;  // 3 fractional bits
  assign integrated = integrated_word;

  // line 25: spike = integrated >= threshold
  logic signed [7:0] threshold_aligned;
  assign threshold_aligned = threshold <<< 1;
  logic spike;
  assign spike = integrated >= threshold_aligned;

  // line 33: membrane: membrane[2] = integrated - threshold
  logic signed [8:0] membrane_33_exact;  // 3 fractional bits
  assign membrane_33_exact = integrated - (threshold <<< 1);
  logic signed [8:0] membrane_33_word;
  fxsnn_cast #(.X(9), .DROP(0), .WORD(7), .SIGNED(1),
               .ROUNDING(fxsnn_modes::STOCHASTIC), .OVERFLOW(fxsnn_modes::SATURATE))
    cast_membrane_33 (.value(membrane_33_exact), .fresh(9'd0), .word(membrane_33_word), .overflowed());
  logic signed [6:0] membrane_33;  // 3 fractional bits
  assign membrane_33 = membrane_33_word;
  logic signed [6:0] membrane;  // 3 fractional bits
  assign membrane = spike ? membrane_33 : integrated;

  // the states at the end of the step, and what is emitted
  assign membrane_after = membrane;
  assign spike_emitted = spike;

  // for benches; leave them open in a design
  assign observe_leaked = leaked;
  assign observe_integrated = integrated;
  assign observe_spike = spike;
  assign observe_membrane = membrane;
endmodule
