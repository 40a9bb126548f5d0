rtl/fxsnn_modes.sv
rtl/fxsnn_config.sv
rtl/fxsnn_cast.sv
rtl/fxsnn_lfsr.sv
rtl/fxsnn_layer.sv
rtl/fxsnn_stdp.sv
rtl/fxsnn_learner.sv
rtl/fxsnn_learner_bench.sv
