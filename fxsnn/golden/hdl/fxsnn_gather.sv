// Goes through the words of a source that come to one neuron, one after the other, and neuron after neuron: a clock a
// word, be it silent or not. Maps are rows x columns x channels, channels innermost; a kernel is not turned round: window
// (y, x) begins y * STEP_DOWN rows below the first row of the map with its padding, x * STEP_ACROSS columns beside its
// first column. A group of the map's channels comes to as many of the target's. Where all words come to all neurons, they
// are the channels of a map of one cell; where each comes to the neuron at its own place, they are as many groups.
//
// idle      the neuron that comes next is neuron 0
// run       this projection is served; where it is 0 the next time begins with the first word
// every     all words of the source come to the neuron, whether they reach it or not
// active    the word at `source` is not 0, in the same clock
// next      in the next clock the next neuron is served; behind the last one follows neuron 0
// take      in this clock the word at `source` comes to the neuron; `reaches` says whether it brings anything
// weight    where the weight between them lies: kernel rows outermost, then columns, channels of a group, outputs
// last      the last clock of this neuron
module fxsnn_gather #(
  parameter int ROWS = 1, COLUMNS = 1, CHANNELS = 1,  // of the map
  parameter int ROWS_OUT = 1, COLUMNS_OUT = 1, OUTPUTS = 1,  // windows down and across, channels of the target
  parameter int KERNEL_ROWS = 1, KERNEL_COLUMNS = 1, STEP_DOWN = 1, STEP_ACROSS = 1,
  parameter int ABOVE = 0, BESIDE = 0,  // rows and columns of zeros around the map
  parameter int GROUPS = 1
) (
  input  logic clock, idle, run, every, active, next,
  output logic [31:0] source, weight,
  output logic reaches, take, last
);
  localparam int INSIDE = CHANNELS / GROUPS, OUTSIDE = OUTPUTS / GROUPS;  // channels of a group

  // -- the neuron: its window, its group, its channel in the group ----------------------------------------------------
  logic [31:0] y, x, group, out;
  logic last_out, last_group, last_across, last_down;
  assign last_out = out == OUTSIDE - 1;
  assign last_group = last_out && group == GROUPS - 1;
  assign last_across = last_group && x == COLUMNS_OUT - 1;
  assign last_down = last_across && y == ROWS_OUT - 1;

  // -- the word: counted from the window's first, or from the map's; where it is in the map with its padding ----------
  logic [31:0] under_row, under_column, under_channel;
  logic [31:0] row, column, channel;
  logic on_map, over_rows, over_columns, of_group;
  assign row = (every ? ABOVE : y * STEP_DOWN) + under_row;
  assign column = (every ? BESIDE : x * STEP_ACROSS) + under_column;
  assign channel = (every ? '0 : group * INSIDE) + under_channel;
  assign on_map = row >= ABOVE && row < ABOVE + ROWS && column >= BESIDE && column < BESIDE + COLUMNS;
  assign over_rows = y * STEP_DOWN <= row && row < y * STEP_DOWN + KERNEL_ROWS;
  assign over_columns = x * STEP_ACROSS <= column && column < x * STEP_ACROSS + KERNEL_COLUMNS;
  assign of_group = group * INSIDE <= channel && channel < (group + 1) * INSIDE;
  assign reaches = on_map && over_rows && over_columns && of_group;
  assign source = on_map ? ((row - ABOVE) * COLUMNS + column - BESIDE) * CHANNELS + channel : '0;
  assign weight = !reaches ? '0 : group * OUTSIDE + out
    + (((row - y * STEP_DOWN) * KERNEL_COLUMNS + column - x * STEP_ACROSS) * INSIDE + channel - group * INSIDE) * OUTPUTS;
  assign take = run && active && (every || reaches);

  logic last_channel, last_column;
  assign last_channel = under_channel == (every ? CHANNELS : INSIDE) - 1;
  assign last_column = last_channel && under_column == (every ? COLUMNS : KERNEL_COLUMNS) - 1;
  assign last = run && last_column && under_row == (every ? ROWS : KERNEL_ROWS) - 1;

  always_ff @(posedge clock) begin
    if (idle) begin
      {y, x, group, out} <= '0;
    end else if (next) begin
      out <= last_out ? '0 : out + 1;
      if (last_out) group <= last_group ? '0 : group + 1;
      if (last_group) x <= last_across ? '0 : x + 1;
      if (last_across) y <= last_down ? '0 : y + 1;
    end
    if (!run || last) begin
      {under_row, under_column, under_channel} <= '0;
    end else begin
      under_channel <= last_channel ? '0 : under_channel + 1;
      if (last_channel) under_column <= last_column ? '0 : under_column + 1;
      if (last_column) under_row <= under_row + 1;
    end
  end
endmodule
