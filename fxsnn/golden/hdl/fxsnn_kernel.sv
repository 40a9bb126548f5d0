// Goes through the words of a map, one after the other, and for each that is active through the windows of a kernel that
// lie over it: a silent word takes a clock, an active one a clock for every neuron that it reaches. Maps are rows x columns
// x channels, channels innermost; a kernel is not turned round: window (y, x) begins y * STEP_DOWN rows below the first row
// of the map with its padding, x * STEP_ACROSS columns beside its first column. A group of the map's channels comes to as
// many of the target's.
//
// run       this projection is served; where it is 0 the next time begins with word 0
// every     an active word comes to all neurons, one after the other, whether it reaches them or not
// active    the word at `source` is not 0, in the same clock
// take      in this clock the word at `source` comes to `neuron`; `reaches` says whether it brings anything there
// weight    where the weight between them lies: kernel rows outermost, then columns, channels of a group, outputs
// last      the last clock
module fxsnn_kernel #(
  parameter int ROWS = 1, COLUMNS = 1, CHANNELS = 1,  // of the map
  parameter int ROWS_OUT = 1, COLUMNS_OUT = 1, OUTPUTS = 1,  // windows down and across, channels of the target
  parameter int KERNEL_ROWS = 1, KERNEL_COLUMNS = 1, STEP_DOWN = 1, STEP_ACROSS = 1,
  parameter int ABOVE = 0, BESIDE = 0,  // rows and columns of zeros around the map
  parameter int GROUPS = 1
) (
  input  logic clock, run, every, active,
  output logic [31:0] source, neuron, weight,
  output logic reaches, take, last
);
  localparam int INSIDE = CHANNELS / GROUPS, OUTSIDE = OUTPUTS / GROUPS;  // channels of a group
  // the first window over the map's first row, and over its first column: the first that does not end in the padding
  localparam int FIRST_DOWN = ABOVE < KERNEL_ROWS ? 0 : (ABOVE - KERNEL_ROWS + STEP_DOWN) / STEP_DOWN;
  localparam int FIRST_ACROSS = BESIDE < KERNEL_COLUMNS ? 0 : (BESIDE - KERNEL_COLUMNS + STEP_ACROSS) / STEP_ACROSS;

  // -- the word: its row and column in the map with its padding, its group, its channel in the group -------------------
  logic [31:0] row, column, group, channel;
  logic [31:0] first_down, first_across;  // the first windows that do not end before it
  logic last_channel, last_group, last_column;
  assign last_channel = channel == INSIDE - 1;
  assign last_group = last_channel && group == GROUPS - 1;
  assign last_column = last_group && column == BESIDE + COLUMNS - 1;

  // -- the window, and the output channel -----------------------------------------------------------------------------
  logic [31:0] further_down, further_across, further_out;  // counted from the first
  logic [31:0] y, x, out;
  logic over_rows, over_columns, of_group;
  assign y = (every ? '0 : first_down) + further_down;
  assign x = (every ? '0 : first_across) + further_across;
  assign out = (every ? '0 : group * OUTSIDE) + further_out;
  assign over_rows = y < ROWS_OUT && y * STEP_DOWN <= row && row < y * STEP_DOWN + KERNEL_ROWS;
  assign over_columns = x < COLUMNS_OUT && x * STEP_ACROSS <= column && column < x * STEP_ACROSS + KERNEL_COLUMNS;
  assign of_group = group * OUTSIDE <= out && out < (group + 1) * OUTSIDE;
  assign reaches = over_rows && over_columns && of_group;
  assign neuron = (y * COLUMNS_OUT + x) * OUTPUTS + out;
  assign weight = (((row - y * STEP_DOWN) * KERNEL_COLUMNS + column - x * STEP_ACROSS) * INSIDE + channel) * OUTPUTS + out;

  logic last_out, last_across, last_down, last_neuron;
  assign last_out = further_out == (every ? OUTPUTS : OUTSIDE) - 1;
  assign last_across = last_out && (x >= COLUMNS_OUT - 1 || (!every && (x + 1) * STEP_ACROSS > column));
  assign last_down = last_across && (y >= ROWS_OUT - 1 || (!every && (y + 1) * STEP_DOWN > row));
  assign take = run && active && (every || reaches);
  assign last_neuron = !take || last_down;
  assign last = run && last_neuron && source == ROWS * COLUMNS * CHANNELS - 1;

  always_ff @(posedge clock) begin
    if (!run || last_neuron) begin
      {further_down, further_across, further_out} <= '0;
    end else begin
      further_out <= last_out ? '0 : further_out + 1;
      if (last_out) further_across <= last_across ? '0 : further_across + 1;
      if (last_across) further_down <= further_down + 1;
    end
    if (!run || last) begin
      {source, group, channel} <= '0;
      row <= ABOVE;
      column <= BESIDE;
      first_down <= FIRST_DOWN;
      first_across <= FIRST_ACROSS;
    end else if (last_neuron) begin
      source <= source + 1;
      channel <= last_channel ? '0 : channel + 1;
      if (last_channel) group <= last_group ? '0 : group + 1;
      if (last_group) begin
        column <= last_column ? BESIDE : column + 1;
        if (last_column) first_across <= FIRST_ACROSS;
        else if (first_across * STEP_ACROSS + KERNEL_COLUMNS <= column + 1) first_across <= first_across + 1;
      end
      if (last_column) begin
        row <= row + 1;
        if (first_down * STEP_DOWN + KERNEL_ROWS <= row + 1) first_down <= first_down + 1;
      end
    end
  end
endmodule
