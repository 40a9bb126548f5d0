  localparam int AT_SUM = 0;
  localparam int AT_CURRENT = 576;
  localparam int AT_LEAKED = 1152;
  localparam int AT_INTEGRATED = 1728;
  localparam int AT_AFTER_RESET = 2304;
  localparam int AT_MEMBRANE = 2880;
  localparam int AT_REFRACTORY = 3456;
  localparam int AT_SPIKE = 4032;
  localparam int AT_DRAW_ACCUMULATE = 0;  // not in this bundle
  localparam int AT_DRAW_LEAK = 0;  // not in this bundle
  localparam int AT_DRAW_INTEGRATE = 0;  // not in this bundle
  localparam int AT_DRAW_RESET = 0;  // not in this bundle
  localparam int AT_DRAW_INHIBIT = 0;  // not in this bundle
  localparam int AT_LFSR_ACCUMULATE = 0;  // not in this bundle
  localparam int AT_LFSR_LEAK = 0;  // not in this bundle
  localparam int AT_LFSR_INTEGRATE = 0;  // not in this bundle
  localparam int AT_LFSR_RESET = 0;  // not in this bundle
  localparam int AT_LFSR_INHIBIT = 0;  // not in this bundle
  localparam int WORDS = 4608;
  bit compared[0:WORDS-1];

  task automatic check_every_word;
    check_compared("sum", AT_SUM, 576);
    check_compared("current", AT_CURRENT, 576);
    check_compared("leaked", AT_LEAKED, 576);
    check_compared("integrated", AT_INTEGRATED, 576);
    check_compared("after_reset", AT_AFTER_RESET, 576);
    check_compared("membrane", AT_MEMBRANE, 576);
    check_compared("refractory", AT_REFRACTORY, 576);
    check_compared("spike", AT_SPIKE, 576);
  endtask
