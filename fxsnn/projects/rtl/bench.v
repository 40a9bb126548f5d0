`timescale 1ns / 1ns
// Presents set/input.mem to the core, a time step a clock, resets it where set/begin.mem says that an input begins, and
// writes what the core stores after each step, and a waveform.
module bench #(parameter STEPS = 1);
  localparam INPUTS = 4, NEURONS = 2;
  reg clk = 0, reset = 0, valid = 0, after = 0;
  reg [INPUTS-1:0] in = 0;
  wire [NEURONS-1:0] spike;
  core #(INPUTS, NEURONS) core (clk, reset, valid, in, spike);

  reg presented [0:STEPS*INPUTS-1];
  reg begins [0:STEPS-1];
  integer t, i, n, v_file, spike_file;
  always #5 clk = ~clk;
  always @(posedge clk) after <= valid;             // 1 once a step is done
  genvar k;
  generate for (k = 0; k < NEURONS; k = k + 1) begin : neuron    // arrays are left out of waveforms
    wire [10:0] v = core.v[k];
  end endgenerate

  initial begin
    $readmemh("set/input.mem", presented);
    $readmemh("set/begin.mem", begins);
    v_file = $fopen("dump/hidden.v.mem");
    spike_file = $fopen("dump/hidden.spike.mem");
    $dumpfile("dump/waves.vcd");
    $dumpvars(0, bench);
    for (t = 0; t < STEPS; t = t + 1) begin
      if (begins[t]) begin
        reset = 1;
        @(negedge clk) reset = 0;
      end
      for (i = 0; i < INPUTS; i = i + 1) in[i] = presented[INPUTS*t + i];
      valid = 1;
      @(negedge clk) valid = 0;
      for (n = 0; n < NEURONS; n = n + 1) begin
        $fdisplay(v_file, "%h", core.v[n]);
        $fdisplay(spike_file, "%h", spike[n]);
      end
    end
    @(negedge clk) $finish;
  end
endmodule
