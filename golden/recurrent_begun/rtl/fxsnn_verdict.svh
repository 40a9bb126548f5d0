// What all benches of golden sets share: is every word compared once, is the design ready in time, what is said at the
// end. RTL under test may print anything and may end the simulation; so run.sh goes by a file that the bench writes.
//
// Used here: clock, ready, PATIENCE, SHOWN, and of fxsnn_words.svh WORDS, compared, check_every_word.
  int checked, wrong, missing, repeated;  // words

  // Says in the file that run.sh names how far the bench came.
  task automatic tell(input string what);
    string name;
    int file;
    if ($value$plusargs("verdict=%s", name)) begin
      file = $fopen(name, "w");
      $fdisplay(file, "%s %0d words", what, checked);
      $fclose(file);
    end
  endtask

  // Is an address that the design shows one of `size`; if not, what it shows is compared with nothing.
  function automatic bit known(input string name, input logic [31:0] address, input int size);
    known = ^address !== 1'bx && address < size;
    if (!known) begin
      wrong++;
      if (wrong <= SHOWN) $display("FAIL %s must be 0 to %0d, not %0d", name, size - 1, address);
    end
  endfunction

  // Counts a word that is about to be compared; `first` is where `compared` has its file's first word.
  task automatic mark(input string name, input int first, input int word);
    checked++;
    if (compared[first+word]) begin
      repeated++;
      if (repeated <= SHOWN) $display("FAIL %s.mem word %0d was compared more than once", name, word);
    end
    compared[first+word] = 1;
  endtask

  // Finds the words of a file that were not compared.
  task automatic check_compared(input string name, input int first, input int words);
    for (int k = 0; k < words; k++)
      if (!compared[first+k]) begin
        missing++;
        if (missing <= SHOWN) $display("FAIL %s.mem word %0d was not compared", name, k);
      end
  endtask

  task automatic wait_until_ready(input string unit, input int number, input int step);
    int clocks;
    clocks = 0;
    while (ready !== 1'b1) begin
      @(negedge clock);
      clocks++;
      if (clocks > PATIENCE) begin
        $display("FAIL %s %0d step %0d: the design is not ready after %0d clocks", unit, number, step, clocks);
        $fatal(1, "no word after this one was compared");
      end
    end
  endtask

  task automatic end_comparing;
    check_every_word;
    if (wrong != 0) $fatal(1, "%0d words differ or were altered, %0d were compared", wrong, checked);
    if (missing + repeated != 0)
      $fatal(1, "of %0d words %0d were not compared, and %0d comparisons were repeated", WORDS, missing, repeated);
    $display("PASS %0d words", checked);
    tell("PASS");
    $finish;
  endtask
