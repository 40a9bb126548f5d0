// The network as its configuration says, 3 layers: each takes the pooled spikes of the one before
// in the same step.
//
// start_recording  all states and spikes become 0, LFSRs their seeds; wait for `ready`
// start_step       one time step with the frame that was loaded; wait for `ready`
// load_*           writes one word of a memory, while `ready`: the frame, weights and biases of each layer, the readout
// answer_*         reads the sum of a class over the steps so far, in the same clock
module fxsnn_layers (
  input  logic                                 clock,
  input  logic                                 reset,
  input  logic                                 start_recording,
  input  logic                                 start_step,
  output logic                                 ready,
  input  logic                                 load_input,
  input  logic                                 load_readout,
  input  logic [fxsnn_config::LAYERS-1:0]      load_weight, load_bias,
  input  logic [31:0]                          load_address,
  input  logic [63:0]                          load_word,
  input  logic [31:0]                          answer_address,
  output logic [fxsnn_config::ANSWER_WORD-1:0] answer
);
  logic [fxsnn_config::INPUT_WORD-1:0] frame[0:fxsnn_config::INPUTS-1];
  logic [fxsnn_config::INPUT_WORD-1:0] given0;
  logic ready0, done0, spike0, load_weight0, load_bias0;
  logic [31:0] address0, read0;
  logic ready1, done1, spike1, load_weight1, load_bias1;
  logic [31:0] address1, read1;
  logic ready2, done2, spike2, load_weight2, load_bias2;
  logic [31:0] address2, read2;
  logic take, answer_ready;
  logic [31:0] take_class;
  logic [36:0] membrane;
  assign given0 = frame[address0];
  assign ready = ready0 && ready1 && ready2 && answer_ready;
  always_ff @(posedge clock) if (load_input) frame[load_address] <= load_word[fxsnn_config::INPUT_WORD-1:0];

  assign read0 = address1;
  assign load_weight0 = load_weight[0];
  assign load_bias0 = load_bias[0];
  fxsnn_conv #(
    .X(41), .GIVEN_WORD(2),
    .HEIGHT(5), .WIDTH(6), .CHANNELS(2),
    .KERNEL_HEIGHT(3), .KERNEL_WIDTH(3), .PADDING(1),
    .OUT_HEIGHT(5), .OUT_WIDTH(6), .OUT_CHANNELS(3),
    .POOL(2), .CURRENTS(0),
    .SPIKING(1),
    .WEIGHT_WORD(5), .WEIGHT_FRAC(3), .WEIGHT_SIGNED(1),
    .BIAS_WORD(8), .BIAS_FRAC(26), .BIAS_SIGNED(1),
    .TRACE_WORD(6), .TRACE_FRAC(1), .TRACE_SIGNED(0),
    .TRACE_ROUNDING(fxsnn_modes::STOCHASTIC), .TRACE_OVERFLOW(fxsnn_modes::SATURATE),
    .SYNAPSE_WORD(4), .SYNAPSE_FRAC(1), .SYNAPSE_SIGNED(0),
    .SYNAPSE_ROUNDING(fxsnn_modes::STOCHASTIC), .SYNAPSE_OVERFLOW(fxsnn_modes::SATURATE),
    .REFRACTORY_WORD(5), .REFRACTORY_FRAC(1), .REFRACTORY_SIGNED(1),
    .REFRACTORY_ROUNDING(fxsnn_modes::STOCHASTIC), .REFRACTORY_OVERFLOW(fxsnn_modes::SATURATE),
    .TRACE_LEAK(fxsnn_modes::LEAK_MULTIPLY), .TRACE_LEAK_BITS(0), .TRACE_FACTOR_FRAC(2), .TRACE_FACTOR(64'sd3),
    .SYNAPSE_LEAK(fxsnn_modes::LEAK_MULTIPLY), .SYNAPSE_LEAK_BITS(0), .SYNAPSE_FACTOR_FRAC(1), .SYNAPSE_FACTOR(64'sd1),
    .REFRACTORY_LEAK(fxsnn_modes::LEAK_MULTIPLY), .REFRACTORY_LEAK_BITS(0), .REFRACTORY_FACTOR_FRAC(8), .REFRACTORY_FACTOR(64'sd166),
    .REFRACTORY_STEP(64'sd6),
    .SUM_WORD(16), .MEMBRANE_WORD(40),
    .LFSR_WIDTH(31), .LFSR_TAPS(31'h48000000),
    .SEED_TRACE(31'h17d4a4ef), .SEED_SYNAPSE(31'h46246ca3), .SEED_REFRACTORY(31'h516ad842)
  ) layer0 (
    .clock(clock), .reset(reset), .start_recording(start_recording), .start_step(start_step), .ready(ready0),
    .done(done0), .given_address(address0), .given_word(given0), .read_address(read0),
    .read_spike(spike0), .load_weight(load_weight0), .load_bias(load_bias0),
    .load_address(load_address), .load_word(load_word), .observe_fire(), .observe_neuron(), .observe_membrane(),
    .observe_decay(), .observe_address(), .observe_trace(), .observe_synapse(), .observe_sum(), .observe_refractory(),
    .observe_spike(), .observe_pool(), .observe_window(), .observe_output(), .observe_lfsr_trace(),
    .observe_lfsr_synapse(), .observe_lfsr_refractory()
  );

  assign read1 = address2;
  assign load_weight1 = load_weight[1];
  assign load_bias1 = load_bias[1];
  fxsnn_conv #(
    .X(39), .GIVEN_WORD(1),
    .HEIGHT(2), .WIDTH(3), .CHANNELS(3),
    .KERNEL_HEIGHT(2), .KERNEL_WIDTH(3), .PADDING(0),
    .OUT_HEIGHT(1), .OUT_WIDTH(1), .OUT_CHANNELS(5),
    .POOL(1), .CURRENTS(0),
    .SPIKING(1),
    .WEIGHT_WORD(5), .WEIGHT_FRAC(3), .WEIGHT_SIGNED(1),
    .BIAS_WORD(8), .BIAS_FRAC(26), .BIAS_SIGNED(1),
    .TRACE_WORD(4), .TRACE_FRAC(1), .TRACE_SIGNED(0),
    .TRACE_ROUNDING(fxsnn_modes::STOCHASTIC), .TRACE_OVERFLOW(fxsnn_modes::SATURATE),
    .SYNAPSE_WORD(2), .SYNAPSE_FRAC(1), .SYNAPSE_SIGNED(0),
    .SYNAPSE_ROUNDING(fxsnn_modes::STOCHASTIC), .SYNAPSE_OVERFLOW(fxsnn_modes::SATURATE),
    .REFRACTORY_WORD(5), .REFRACTORY_FRAC(1), .REFRACTORY_SIGNED(1),
    .REFRACTORY_ROUNDING(fxsnn_modes::STOCHASTIC), .REFRACTORY_OVERFLOW(fxsnn_modes::SATURATE),
    .TRACE_LEAK(fxsnn_modes::LEAK_MULTIPLY), .TRACE_LEAK_BITS(0), .TRACE_FACTOR_FRAC(2), .TRACE_FACTOR(64'sd3),
    .SYNAPSE_LEAK(fxsnn_modes::LEAK_MULTIPLY), .SYNAPSE_LEAK_BITS(0), .SYNAPSE_FACTOR_FRAC(1), .SYNAPSE_FACTOR(64'sd1),
    .REFRACTORY_LEAK(fxsnn_modes::LEAK_MULTIPLY), .REFRACTORY_LEAK_BITS(0), .REFRACTORY_FACTOR_FRAC(8), .REFRACTORY_FACTOR(64'sd166),
    .REFRACTORY_STEP(64'sd6),
    .SUM_WORD(14), .MEMBRANE_WORD(38),
    .LFSR_WIDTH(31), .LFSR_TAPS(31'h48000000),
    .SEED_TRACE(31'h48e061dc), .SEED_SYNAPSE(31'h1d61a952), .SEED_REFRACTORY(31'h44b0c8a2)
  ) layer1 (
    .clock(clock), .reset(reset), .start_recording(start_recording), .start_step(done0), .ready(ready1),
    .done(done1), .given_address(address1), .given_word(spike0), .read_address(read1),
    .read_spike(spike1), .load_weight(load_weight1), .load_bias(load_bias1),
    .load_address(load_address), .load_word(load_word), .observe_fire(), .observe_neuron(), .observe_membrane(),
    .observe_decay(), .observe_address(), .observe_trace(), .observe_synapse(), .observe_sum(), .observe_refractory(),
    .observe_spike(), .observe_pool(), .observe_window(), .observe_output(), .observe_lfsr_trace(),
    .observe_lfsr_synapse(), .observe_lfsr_refractory()
  );

  assign load_weight2 = load_weight[2];
  assign load_bias2 = load_bias[2];
  fxsnn_conv #(
    .X(38), .GIVEN_WORD(1),
    .HEIGHT(1), .WIDTH(1), .CHANNELS(5),
    .KERNEL_HEIGHT(1), .KERNEL_WIDTH(1), .PADDING(0),
    .OUT_HEIGHT(1), .OUT_WIDTH(1), .OUT_CHANNELS(3),
    .POOL(1), .CURRENTS(0),
    .SPIKING(0),
    .WEIGHT_WORD(5), .WEIGHT_FRAC(2), .WEIGHT_SIGNED(1),
    .BIAS_WORD(8), .BIAS_FRAC(26), .BIAS_SIGNED(1),
    .TRACE_WORD(4), .TRACE_FRAC(1), .TRACE_SIGNED(0),
    .TRACE_ROUNDING(fxsnn_modes::STOCHASTIC), .TRACE_OVERFLOW(fxsnn_modes::SATURATE),
    .SYNAPSE_WORD(2), .SYNAPSE_FRAC(1), .SYNAPSE_SIGNED(0),
    .SYNAPSE_ROUNDING(fxsnn_modes::STOCHASTIC), .SYNAPSE_OVERFLOW(fxsnn_modes::SATURATE),
    .REFRACTORY_WORD(2), .REFRACTORY_FRAC(1), .REFRACTORY_SIGNED(1),
    .REFRACTORY_ROUNDING(fxsnn_modes::STOCHASTIC), .REFRACTORY_OVERFLOW(fxsnn_modes::SATURATE),
    .TRACE_LEAK(fxsnn_modes::LEAK_MULTIPLY), .TRACE_LEAK_BITS(0), .TRACE_FACTOR_FRAC(2), .TRACE_FACTOR(64'sd3),
    .SYNAPSE_LEAK(fxsnn_modes::LEAK_MULTIPLY), .SYNAPSE_LEAK_BITS(0), .SYNAPSE_FACTOR_FRAC(1), .SYNAPSE_FACTOR(64'sd1),
    .REFRACTORY_LEAK(fxsnn_modes::LEAK_MULTIPLY), .REFRACTORY_LEAK_BITS(0), .REFRACTORY_FACTOR_FRAC(8), .REFRACTORY_FACTOR(64'sd166),
    .REFRACTORY_STEP(64'sd0),
    .SUM_WORD(12), .MEMBRANE_WORD(37),
    .LFSR_WIDTH(31), .LFSR_TAPS(31'h48000000),
    .SEED_TRACE(31'h598f09d1), .SEED_SYNAPSE(31'h611cd05a), .SEED_REFRACTORY(31'h7576a840)
  ) layer2 (
    .clock(clock), .reset(reset), .start_recording(start_recording), .start_step(done1), .ready(ready2),
    .done(done2), .given_address(address2), .given_word(spike1), .read_address(read2),
    .read_spike(spike2), .load_weight(load_weight2), .load_bias(load_bias2),
    .load_address(load_address), .load_word(load_word), .observe_fire(take), .observe_neuron(take_class), .observe_membrane(membrane),
    .observe_decay(), .observe_address(), .observe_trace(), .observe_synapse(), .observe_sum(), .observe_refractory(),
    .observe_spike(), .observe_pool(), .observe_window(), .observe_output(), .observe_lfsr_trace(),
    .observe_lfsr_synapse(), .observe_lfsr_refractory()
  );

  fxsnn_answer #(
    .CLASSES(3), .OUTPUTS(3),
    .BURN_IN(4), .MEMBRANES(1), .MEMBRANE_WORD(37),
    .WORD(37), .SIGNED(1), .ANSWER_WORD(41)
  ) adder (
    .clock(clock), .reset(reset), .start_recording(start_recording), .end_step(done2), .ready(answer_ready),
    .take(take), .take_class(take_class), .membrane(membrane), .spike_address(read2),
    .spike(spike2), .load_readout(load_readout), .load_address(load_address), .load_word(load_word),
    .answer_address(answer_address), .answer(answer)
  );
endmodule
