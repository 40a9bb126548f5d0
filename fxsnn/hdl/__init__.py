"""SystemVerilog of populations: the datapath of a neuron emitted from its text, and what serves it event by event."""
