// Two neurons that leak by a shift, fed by four inputs: one time step a clock where `valid` is 1.
module core #(parameter INPUTS = 4, NEURONS = 2) (
  input wire clk, reset, valid,
  input wire [INPUTS-1:0] in,
  output reg [NEURONS-1:0] spike
);
  reg signed [5:0] weight [0:INPUTS*NEURONS-1];    // Q2.4, those of input 0 first
  reg signed [10:0] v [0:NEURONS-1];               // Q5.6
  reg signed [15:0] next;                          // holds every sum
  integer i, n;

  initial $readmemh("set/input_hidden.weight.mem", weight);

  always @(posedge clk)
    for (n = 0; n < NEURONS; n = n + 1)
      if (reset) begin
        v[n] <= 0;
        spike[n] <= 0;
      end else if (valid) begin
        next = v[n] - (v[n] >>> 3);
        for (i = 0; i < INPUTS; i = i + 1)
          if (in[i]) next = next + (weight[NEURONS*i + n] <<< 2);    // 4 fractional bits become 6
        if (next > 1023) next = 1023;              // saturates
        if (next < -1024) next = -1024;
        spike[n] <= next >= 256;                   // 4.0
        v[n] <= next >= 256 ? 0 : next;
      end
endmodule
