  logic [4:0] layer0_weights[0:53];
  logic [7:0] layer0_biases[0:2];
  logic [4:0] layer0_refractory_step[0:0];
  logic [1:0] layer0_trace_factor[0:0];
  logic [0:0] layer0_synapse_factor[0:0];
  logic [7:0] layer0_refractory_factor[0:0];
  logic [4:0] layer1_weights[0:89];
  logic [7:0] layer1_biases[0:4];
  logic [4:0] layer1_refractory_step[0:0];
  logic [1:0] layer1_trace_factor[0:0];
  logic [0:0] layer1_synapse_factor[0:0];
  logic [7:0] layer1_refractory_factor[0:0];
  logic [4:0] layer2_weights[0:14];
  logic [7:0] layer2_biases[0:2];
  logic [1:0] layer2_refractory_step[0:0];
  logic [1:0] layer2_trace_factor[0:0];
  logic [0:0] layer2_synapse_factor[0:0];
  logic [7:0] layer2_refractory_factor[0:0];
  logic [1:0] inputs[0:3359];
  logic [0:0] begins[0:55];
  logic [5:0] layer0_trace[0:3359];
  logic [3:0] layer0_synapse[0:3359];
  logic [15:0] layer0_sum[0:5039];
  logic [4:0] layer0_refractory[0:5039];
  logic [39:0] layer0_membrane[0:5039];
  logic [0:0] layer0_spike[0:5039];
  logic [0:0] layer0_output[0:1007];
  logic [30:0] layer0_lfsr_trace[0:55];
  logic [30:0] layer0_lfsr_synapse[0:55];
  logic [30:0] layer0_lfsr_refractory[0:55];
  logic [3:0] layer1_trace[0:1007];
  logic [1:0] layer1_synapse[0:1007];
  logic [13:0] layer1_sum[0:279];
  logic [4:0] layer1_refractory[0:279];
  logic [37:0] layer1_membrane[0:279];
  logic [0:0] layer1_spike[0:279];
  logic [30:0] layer1_lfsr_trace[0:55];
  logic [30:0] layer1_lfsr_synapse[0:55];
  logic [30:0] layer1_lfsr_refractory[0:55];
  logic [3:0] layer2_trace[0:279];
  logic [1:0] layer2_synapse[0:279];
  logic [11:0] layer2_sum[0:167];
  logic [1:0] layer2_refractory[0:167];
  logic [36:0] layer2_membrane[0:167];
  logic [0:0] layer2_spike[0:167];
  logic [30:0] layer2_lfsr_trace[0:55];
  logic [30:0] layer2_lfsr_synapse[0:55];
  logic [30:0] layer2_lfsr_refractory[0:55];
  logic [40:0] answer[0:20];

  int place0;
  always @(posedge clock) begin  // layer 0
    if (network.layer0.observe_decay) if (known("layer0.observe_address", network.layer0.observe_address, 60)) begin
      place0 = network.layer0.observe_address;
      compare("layer0_trace", AT_LAYER0_TRACE, row * 60 + place0, place0, X'(layer0_trace[row * 60 + place0]), X'(network.layer0.observe_trace));
      compare("layer0_synapse", AT_LAYER0_SYNAPSE, row * 60 + place0, place0, X'(layer0_synapse[row * 60 + place0]), X'(network.layer0.observe_synapse));
    end
    if (network.layer0.observe_fire) if (known("layer0.observe_neuron", network.layer0.observe_neuron, 90)) begin
      place0 = network.layer0.observe_neuron;
      compare("layer0_sum", AT_LAYER0_SUM, row * 90 + place0, place0, X'(layer0_sum[row * 90 + place0]), X'(network.layer0.observe_sum));
      compare("layer0_refractory", AT_LAYER0_REFRACTORY, row * 90 + place0, place0, X'(layer0_refractory[row * 90 + place0]), X'(network.layer0.observe_refractory));
      compare("layer0_membrane", AT_LAYER0_MEMBRANE, row * 90 + place0, place0, X'(layer0_membrane[row * 90 + place0]), X'(network.layer0.observe_membrane));
      compare("layer0_spike", AT_LAYER0_SPIKE, row * 90 + place0, place0, X'(layer0_spike[row * 90 + place0]), X'(network.layer0.observe_spike));
    end
    if (network.layer0.observe_pool) if (known("layer0.observe_window", network.layer0.observe_window, 18)) begin
      place0 = network.layer0.observe_window;
      compare("layer0_output", AT_LAYER0_OUTPUT, row * 18 + place0, place0, X'(layer0_output[row * 18 + place0]), X'(network.layer0.observe_output));
    end
  end
  int place1;
  always @(posedge clock) begin  // layer 1
    if (network.layer1.observe_decay) if (known("layer1.observe_address", network.layer1.observe_address, 18)) begin
      place1 = network.layer1.observe_address;
      compare("layer1_trace", AT_LAYER1_TRACE, row * 18 + place1, place1, X'(layer1_trace[row * 18 + place1]), X'(network.layer1.observe_trace));
      compare("layer1_synapse", AT_LAYER1_SYNAPSE, row * 18 + place1, place1, X'(layer1_synapse[row * 18 + place1]), X'(network.layer1.observe_synapse));
    end
    if (network.layer1.observe_fire) if (known("layer1.observe_neuron", network.layer1.observe_neuron, 5)) begin
      place1 = network.layer1.observe_neuron;
      compare("layer1_sum", AT_LAYER1_SUM, row * 5 + place1, place1, X'(layer1_sum[row * 5 + place1]), X'(network.layer1.observe_sum));
      compare("layer1_refractory", AT_LAYER1_REFRACTORY, row * 5 + place1, place1, X'(layer1_refractory[row * 5 + place1]), X'(network.layer1.observe_refractory));
      compare("layer1_membrane", AT_LAYER1_MEMBRANE, row * 5 + place1, place1, X'(layer1_membrane[row * 5 + place1]), X'(network.layer1.observe_membrane));
      compare("layer1_spike", AT_LAYER1_SPIKE, row * 5 + place1, place1, X'(layer1_spike[row * 5 + place1]), X'(network.layer1.observe_spike));
    end
  end
  int place2;
  always @(posedge clock) begin  // layer 2
    if (network.layer2.observe_decay) if (known("layer2.observe_address", network.layer2.observe_address, 5)) begin
      place2 = network.layer2.observe_address;
      compare("layer2_trace", AT_LAYER2_TRACE, row * 5 + place2, place2, X'(layer2_trace[row * 5 + place2]), X'(network.layer2.observe_trace));
      compare("layer2_synapse", AT_LAYER2_SYNAPSE, row * 5 + place2, place2, X'(layer2_synapse[row * 5 + place2]), X'(network.layer2.observe_synapse));
    end
    if (network.layer2.observe_fire) if (known("layer2.observe_neuron", network.layer2.observe_neuron, 3)) begin
      place2 = network.layer2.observe_neuron;
      compare("layer2_sum", AT_LAYER2_SUM, row * 3 + place2, place2, X'(layer2_sum[row * 3 + place2]), X'(network.layer2.observe_sum));
      compare("layer2_refractory", AT_LAYER2_REFRACTORY, row * 3 + place2, place2, X'(layer2_refractory[row * 3 + place2]), X'(network.layer2.observe_refractory));
      compare("layer2_membrane", AT_LAYER2_MEMBRANE, row * 3 + place2, place2, X'(layer2_membrane[row * 3 + place2]), X'(network.layer2.observe_membrane));
      compare("layer2_spike", AT_LAYER2_SPIKE, row * 3 + place2, place2, X'(layer2_spike[row * 3 + place2]), X'(network.layer2.observe_spike));
    end
  end

  task automatic compare_registers;
    compare("layer0_lfsr_trace", AT_LAYER0_LFSR_TRACE, row, 0, X'(layer0_lfsr_trace[row]), X'(network.layer0.observe_lfsr_trace));
    compare("layer0_lfsr_synapse", AT_LAYER0_LFSR_SYNAPSE, row, 0, X'(layer0_lfsr_synapse[row]), X'(network.layer0.observe_lfsr_synapse));
    compare("layer0_lfsr_refractory", AT_LAYER0_LFSR_REFRACTORY, row, 0, X'(layer0_lfsr_refractory[row]), X'(network.layer0.observe_lfsr_refractory));
    compare("layer1_lfsr_trace", AT_LAYER1_LFSR_TRACE, row, 0, X'(layer1_lfsr_trace[row]), X'(network.layer1.observe_lfsr_trace));
    compare("layer1_lfsr_synapse", AT_LAYER1_LFSR_SYNAPSE, row, 0, X'(layer1_lfsr_synapse[row]), X'(network.layer1.observe_lfsr_synapse));
    compare("layer1_lfsr_refractory", AT_LAYER1_LFSR_REFRACTORY, row, 0, X'(layer1_lfsr_refractory[row]), X'(network.layer1.observe_lfsr_refractory));
    compare("layer2_lfsr_trace", AT_LAYER2_LFSR_TRACE, row, 0, X'(layer2_lfsr_trace[row]), X'(network.layer2.observe_lfsr_trace));
    compare("layer2_lfsr_synapse", AT_LAYER2_LFSR_SYNAPSE, row, 0, X'(layer2_lfsr_synapse[row]), X'(network.layer2.observe_lfsr_synapse));
    compare("layer2_lfsr_refractory", AT_LAYER2_LFSR_REFRACTORY, row, 0, X'(layer2_lfsr_refractory[row]), X'(network.layer2.observe_lfsr_refractory));
  endtask

  task automatic load_constants;
    load_weight[0] = 1;
    for (int k = 0; k < 54; k++) load(k, 64'(layer0_weights[k]));
    load_weight[0] = 0;
    load_bias[0] = 1;
    for (int k = 0; k < 3; k++) load(k, 64'(layer0_biases[k]));
    load_bias[0] = 0;
    load_weight[1] = 1;
    for (int k = 0; k < 90; k++) load(k, 64'(layer1_weights[k]));
    load_weight[1] = 0;
    load_bias[1] = 1;
    for (int k = 0; k < 5; k++) load(k, 64'(layer1_biases[k]));
    load_bias[1] = 0;
    load_weight[2] = 1;
    for (int k = 0; k < 15; k++) load(k, 64'(layer2_weights[k]));
    load_weight[2] = 0;
    load_bias[2] = 1;
    for (int k = 0; k < 3; k++) load(k, 64'(layer2_biases[k]));
    load_bias[2] = 0;
  endtask
