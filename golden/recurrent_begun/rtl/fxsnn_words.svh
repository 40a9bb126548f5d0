  localparam int AT_around_draw_0 = 0;
  localparam int AT_around_lfsr_0 = 32;
  localparam int AT_around_leaked = 40;
  localparam int AT_around_integrated = 72;
  localparam int AT_around_spike = 104;
  localparam int AT_around_membrane = 136;
  localparam int WORDS = 168;
  bit compared[0:WORDS-1];

  task automatic check_every_word;
    check_compared("around.draw.0", AT_around_draw_0, 32);
    check_compared("around.lfsr.0", AT_around_lfsr_0, 8);
    check_compared("around.leaked", AT_around_leaked, 32);
    check_compared("around.integrated", AT_around_integrated, 32);
    check_compared("around.spike", AT_around_spike, 32);
    check_compared("around.membrane", AT_around_membrane, 32);
  endtask
