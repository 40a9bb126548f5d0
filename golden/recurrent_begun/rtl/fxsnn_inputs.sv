// Goes through the words of a source, one after the other: a silent word takes a clock, an active one a clock for every
// neuron that it reaches. That is all of them, or where SAME is 1 the one at its own place.
//
// run       this projection is served; where it is 0 the next time begins with word 0
// every     an active word comes to all neurons, one after the other, whether it reaches them or not
// active    the word at `source` is not 0, in the same clock
// take      in this clock the word at `source` comes to `neuron`; `reaches` says whether it brings anything there
// last      the last clock
module fxsnn_inputs #(
  parameter int SOURCES = 1, NEURONS = 1,
  parameter bit SAME = 0
) (
  input  logic clock, run, every, active,
  output logic [31:0] source, neuron,
  output logic reaches, take, last
);
  logic [31:0] beside;  // how many neurons the word has come to
  logic alone, last_neuron;
  assign alone = SAME && !every;
  assign neuron = alone ? source : beside;
  assign reaches = !SAME || neuron == source;
  assign take = run && active;
  assign last_neuron = !active || alone || beside == NEURONS - 1;
  assign last = run && last_neuron && source == SOURCES - 1;

  always_ff @(posedge clock) begin
    beside <= !run || last_neuron ? '0 : beside + 1;
    if (!run || last) source <= '0;
    else if (last_neuron) source <= source + 1;
  end
endmodule
