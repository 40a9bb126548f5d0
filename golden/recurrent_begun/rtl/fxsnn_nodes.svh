  logic [0:0] inputs[0:23];
  logic [0:0] begins[0:7];
  logic [3:0] words_of_around_draw_0[0:31];
  logic [30:0] words_of_around_lfsr_0[0:7];
  logic [6:0] words_of_around_leaked[0:31];
  logic [6:0] words_of_around_integrated[0:31];
  logic [0:0] words_of_around_spike[0:31];
  logic [6:0] words_of_around_membrane[0:31];
  logic [6:0] words_of_around_initial_membrane[0:3];

  always @(posedge clock) begin
    if (network.of_around.observe[0]) if (known("around.neuron", network.of_around.neuron, 4)) begin
      at = row * 4 + network.of_around.neuron;
      compare("around.leaked", AT_around_leaked, at, network.of_around.neuron, X'(words_of_around_leaked[at]), X'(network.of_around.observe_leaked));
      compare("around.integrated", AT_around_integrated, at, network.of_around.neuron, X'(words_of_around_integrated[at]), X'(network.of_around.observe_integrated));
      compare("around.spike", AT_around_spike, at, network.of_around.neuron, X'(words_of_around_spike[at]), X'(network.of_around.observe_spike));
      compare("around.membrane", AT_around_membrane, at, network.of_around.neuron, X'(words_of_around_membrane[at]), X'(network.of_around.observe_membrane));
      compare("around.draw.0", AT_around_draw_0, at, network.of_around.neuron, X'(words_of_around_draw_0[at]), X'(network.of_around.observe_draw_0));
    end
  end

  task automatic compare_registers;
    compare("around.lfsr.0", AT_around_lfsr_0, row, 0, X'(words_of_around_lfsr_0[row]), X'(network.of_around.observe_lfsr_0));
  endtask

  task automatic load_states;
    load_state = 1;
    load_memory = 0;
    for (int k = 0; k < 4; k++) begin
      load_address = k;
      load_state_word = STATE_WORD'(words_of_around_initial_membrane[presentation*4+k]);
      @(negedge clock);
    end
    load_state = 0;
  endtask
