// Finds the largest word of a window of a map, a clock a word, neuron after neuron: rows x columns x channels, channels
// innermost. Window (y, x) begins at row y * STEP_DOWN and column x * STEP_ACROSS.
//
// idle        the neuron that comes next is neuron 0
// run         windows are looked at; where it is 0 the next time begins with the first word of a window
// word        the word at `source`, in the same clock
// complete    `most` is the largest word of the window
// next        in the next clock the next neuron is served; behind the last one follows neuron 0
module fxsnn_window #(
  parameter int COLUMNS = 1, CHANNELS = 1,  // of the map
  parameter int ROWS_OUT = 1, COLUMNS_OUT = 1,  // windows down and across
  parameter int KERNEL_ROWS = 1, KERNEL_COLUMNS = 1, STEP_DOWN = 1, STEP_ACROSS = 1,
  parameter int WORD = 1,
  parameter bit SIGNED = 0
) (
  input  logic clock, idle, run, next,
  input  logic [WORD-1:0] word,
  output logic [31:0] source,
  output logic [WORD-1:0] most,
  output logic complete
);
  logic [31:0] y, x, channel;  // the neuron
  logic [31:0] under_row, under_column;  // in its window
  logic [WORD-1:0] so_far;  // the largest word of the window before this one
  logic first, larger, last_column, last_under, last_channel, last_across, last_down;
  assign source = ((y * STEP_DOWN + under_row) * COLUMNS + x * STEP_ACROSS + under_column) * CHANNELS + channel;
  assign first = under_row == 0 && under_column == 0;
  if (SIGNED) begin : gen_signed
    assign larger = $signed(word) > $signed(so_far);
  end else begin : gen_unsigned
    assign larger = word > so_far;
  end
  assign most = first || larger ? word : so_far;
  assign last_column = under_column == KERNEL_COLUMNS - 1;
  assign last_under = last_column && under_row == KERNEL_ROWS - 1;
  assign last_channel = channel == CHANNELS - 1;
  assign last_across = last_channel && x == COLUMNS_OUT - 1;
  assign last_down = last_across && y == ROWS_OUT - 1;
  assign complete = !run || last_under;

  always_ff @(posedge clock) begin
    if (!run || next) begin
      {under_row, under_column} <= '0;
    end else if (!last_under) begin
      so_far <= most;
      under_column <= last_column ? '0 : under_column + 1;
      if (last_column) under_row <= under_row + 1;
    end
    if (idle) begin
      {y, x, channel} <= '0;
    end else if (next) begin
      channel <= last_channel ? '0 : channel + 1;
      if (last_channel) x <= last_across ? '0 : x + 1;
      if (last_across) y <= last_down ? '0 : y + 1;
    end
  end
endmodule
