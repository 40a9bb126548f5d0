// What benches of golden sets of inference share: is a word the one that is expected.
//
// Used here: X, SHOWN, presentation, step, and fxsnn_verdict.svh.
  // `first` is where `compared` has the file's first word, `word` which word it is, `at` the neuron.
  task automatic compare(input string name, input int first, input int word, input int at,
                         input logic [X-1:0] expected, input logic [X-1:0] got);
    mark(name, first, word);
    if (expected !== got) begin
      wrong++;
      if (wrong <= SHOWN)
        $display("FAIL %s.mem presentation %0d step %0d neuron %0d (word %0d): expected %0h, got %0h", name,
                 presentation, step, at, word, expected, got);
    end
  endtask
