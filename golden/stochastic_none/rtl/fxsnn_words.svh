  localparam int AT_SUM = 0;
  localparam int AT_CURRENT = 608;
  localparam int AT_LEAKED = 1216;
  localparam int AT_INTEGRATED = 1824;
  localparam int AT_AFTER_RESET = 2432;
  localparam int AT_MEMBRANE = 3040;
  localparam int AT_REFRACTORY = 3648;
  localparam int AT_SPIKE = 4256;
  localparam int AT_LFSR_ACCUMULATE = 4864;
  localparam int AT_LFSR_INTEGRATE = 4940;
  localparam int AT_LFSR_INHIBIT = 5016;
  localparam int AT_DRAW_ACCUMULATE = 5092;
  localparam int AT_DRAW_INTEGRATE = 5700;
  localparam int AT_DRAW_INHIBIT = 6308;
  localparam int AT_DRAW_LEAK = 0;  // not in this bundle
  localparam int AT_DRAW_RESET = 0;  // not in this bundle
  localparam int AT_LFSR_LEAK = 0;  // not in this bundle
  localparam int AT_LFSR_RESET = 0;  // not in this bundle
  localparam int WORDS = 6916;
  bit compared[0:WORDS-1];

  task automatic check_every_word;
    check_compared("sum", AT_SUM, 608);
    check_compared("current", AT_CURRENT, 608);
    check_compared("leaked", AT_LEAKED, 608);
    check_compared("integrated", AT_INTEGRATED, 608);
    check_compared("after_reset", AT_AFTER_RESET, 608);
    check_compared("membrane", AT_MEMBRANE, 608);
    check_compared("refractory", AT_REFRACTORY, 608);
    check_compared("spike", AT_SPIKE, 608);
    check_compared("lfsr_accumulate", AT_LFSR_ACCUMULATE, 76);
    check_compared("lfsr_integrate", AT_LFSR_INTEGRATE, 76);
    check_compared("lfsr_inhibit", AT_LFSR_INHIBIT, 76);
    check_compared("draw_accumulate", AT_DRAW_ACCUMULATE, 608);
    check_compared("draw_integrate", AT_DRAW_INTEGRATE, 608);
    check_compared("draw_inhibit", AT_DRAW_INHIBIT, 608);
  endtask
