// The layer as fxsnn_config describes it: what a bench plays to, and what is synthesised. Of `observe_*` nothing need stay.
module fxsnn_top (
  input  logic        clock, reset, start_image, start_step,
  input  logic        load_weight, load_theta, load_membrane, load_refractory,
  input  logic [31:0] load_address,
  input  logic [63:0] load_word,
  input  logic [fxsnn_config::INPUTS-1:0]  spikes_in,
  output logic [fxsnn_config::NEURONS-1:0] spikes_out,
  output logic        ready,
  // observation
  output logic        observe_integration, observe_reset, observe_end,
  output logic [31:0] observe_neuron,
  output logic signed [fxsnn_config::EXACT_BITS-1:0] observe_sum, observe_current, observe_leaked, observe_integrated,
                                                     observe_after_reset, observe_membrane,
  output logic [fxsnn_config::EXACT_BITS-1:0] observe_accumulate_draw, observe_leak_draw, observe_integrate_draw,
                                              observe_reset_draw, observe_inhibit_draw,
  output logic [fxsnn_config::REFRACTORY_WORD-1:0] observe_refractory,
  output logic [fxsnn_config::LFSR_WIDTH-1:0] observe_accumulate_lfsr, observe_leak_lfsr, observe_integrate_lfsr,
                                              observe_reset_lfsr, observe_inhibit_lfsr
);
  fxsnn_layer #(
    .X(fxsnn_config::EXACT_BITS), .INPUTS(fxsnn_config::INPUTS), .NEURONS(fxsnn_config::NEURONS),
    .WEIGHT_WORD(fxsnn_config::WEIGHT_WORD), .WEIGHT_FRAC(fxsnn_config::WEIGHT_FRAC),
    .WEIGHT_SIGNED(fxsnn_config::WEIGHT_SIGNED), .SUM_WORD(fxsnn_config::SUM_WORD), .CURRENT_WORD(fxsnn_config::CURRENT_WORD),
    .CURRENT_FRAC(fxsnn_config::CURRENT_FRAC), .CURRENT_ROUNDING(fxsnn_config::CURRENT_ROUNDING),
    .CURRENT_OVERFLOW(fxsnn_config::CURRENT_OVERFLOW), .CURRENT_SIGNED(fxsnn_config::CURRENT_SIGNED),
    .MEMBRANE_WORD(fxsnn_config::MEMBRANE_WORD), .MEMBRANE_FRAC(fxsnn_config::MEMBRANE_FRAC),
    .MEMBRANE_ROUNDING(fxsnn_config::MEMBRANE_ROUNDING), .MEMBRANE_OVERFLOW(fxsnn_config::MEMBRANE_OVERFLOW),
    .MEMBRANE_SIGNED(fxsnn_config::MEMBRANE_SIGNED), .THETA_WORD(fxsnn_config::THETA_WORD),
    .THETA_FRAC(fxsnn_config::THETA_FRAC), .THETA_SIGNED(fxsnn_config::THETA_SIGNED),
    .THRESHOLD_FRAC(fxsnn_config::THRESHOLD_FRAC), .THRESHOLD(fxsnn_config::THRESHOLD),
    .INHIBITION_FRAC(fxsnn_config::INHIBITION_FRAC), .INHIBITION(fxsnn_config::INHIBITION),
    .FLOOR_VALUE(fxsnn_config::FLOOR_VALUE), .LEAK(fxsnn_config::LEAK), .LEAK_BITS(fxsnn_config::LEAK_BITS),
    .FACTOR_FRAC(fxsnn_config::FACTOR_FRAC), .FACTOR(fxsnn_config::FACTOR), .EACH(fxsnn_config::EACH),
    .FUSED(fxsnn_config::FUSED), .RESET(fxsnn_config::RESET), .RESET_TO(fxsnn_config::RESET_TO),
    .WINNER(fxsnn_config::WINNER), .EXCESS_WORD(fxsnn_config::EXCESS_WORD), .STRICT(fxsnn_config::STRICT), .REFRACTORY(fxsnn_config::REFRACTORY),
    .REFRACTORY_WORD(fxsnn_config::REFRACTORY_WORD), .REFRACTORY_IGNORES(fxsnn_config::REFRACTORY_IGNORES),
    .LFSR_WIDTH(fxsnn_config::LFSR_WIDTH), .LFSR_TAPS(fxsnn_config::LFSR_TAPS),
    .SEED_ACCUMULATE(fxsnn_config::SEED_ACCUMULATE), .SEED_LEAK(fxsnn_config::SEED_LEAK),
    .SEED_INTEGRATE(fxsnn_config::SEED_INTEGRATE), .SEED_RESET(fxsnn_config::SEED_RESET),
    .SEED_INHIBIT(fxsnn_config::SEED_INHIBIT)
  ) layer (
    .clock(clock), .reset(reset), .start_image(start_image), .start_step(start_step), .spikes_in(spikes_in),
    .ready(ready), .spikes_out(spikes_out), .load_weight(load_weight), .load_theta(load_theta),
    .load_membrane(load_membrane), .load_refractory(load_refractory), .load_address(load_address),
    .load_word(load_word), .observe_integration(observe_integration), .observe_reset(observe_reset),
    .observe_end(observe_end), .observe_neuron(observe_neuron), .observe_sum(observe_sum),
    .observe_current(observe_current), .observe_leaked(observe_leaked), .observe_integrated(observe_integrated),
    .observe_after_reset(observe_after_reset), .observe_membrane(observe_membrane),
    .observe_accumulate_draw(observe_accumulate_draw), .observe_leak_draw(observe_leak_draw),
    .observe_integrate_draw(observe_integrate_draw), .observe_reset_draw(observe_reset_draw),
    .observe_inhibit_draw(observe_inhibit_draw), .observe_refractory(observe_refractory),
    .observe_accumulate_lfsr(observe_accumulate_lfsr), .observe_leak_lfsr(observe_leak_lfsr),
    .observe_integrate_lfsr(observe_integrate_lfsr), .observe_reset_lfsr(observe_reset_lfsr),
    .observe_inhibit_lfsr(observe_inhibit_lfsr)
  );
endmodule
