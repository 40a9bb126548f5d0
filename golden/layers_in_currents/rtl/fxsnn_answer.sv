// What a network of layers answers: of each class a sum over the steps from BURN_IN on, of the membranes of an output
// layer (MEMBRANES), or of the last layer's pooled spikes times their random readout of signs.
//
// start_recording  the sums become 0; wait for `ready`
// take             a membrane of the step at work: `membrane` of the class `take_class`
// end_step         the last layer is done: spikes are read and added; wait for `ready`
module fxsnn_answer #(
  parameter int CLASSES = 2, OUTPUTS = 1, BURN_IN = 1,
  parameter bit MEMBRANES = 1,
  parameter int MEMBRANE_WORD = 16, WORD = 24
) (
  input  logic                     clock,
  input  logic                     reset,
  input  logic                     start_recording,
  input  logic                     end_step,
  output logic                     ready,
  input  logic                     take,
  input  logic [31:0]              take_class,
  input  logic [MEMBRANE_WORD-1:0] membrane,
  output logic [31:0]              spike_address,
  input  logic                     spike,
  input  logic                     load_readout,
  input  logic [31:0]              load_address,
  input  logic [63:0]              load_word,
  input  logic [31:0]              answer_address,
  output logic [WORD-1:0]          answer
);
  logic [WORD-1:0] sums[0:CLASSES-1];
  logic [1:0] signs[0:OUTPUTS*CLASSES-1];  // 1 or -1

  localparam logic [1:0] IDLE = 0, CLEAR = 1, ADD = 2;
  logic [1:0] state;
  logic [31:0] k, o, steps, sign_address;  // class, output, steps that have ended
  logic counts, last_class;
  logic [1:0] sign;
  logic signed [WORD-1:0] membrane_x, sign_x;
  assign counts = steps >= BURN_IN;
  assign last_class = k == CLASSES - 1;
  assign ready = state == IDLE && !start_recording && !end_step;
  assign spike_address = o;
  assign sign_address = o * CLASSES + k;
  assign sign = signs[sign_address];
  assign sign_x = {{(WORD - 2) {sign[1]}}, sign};
  if (MEMBRANES) begin : gen_membranes
    assign membrane_x = {{(WORD - MEMBRANE_WORD) {membrane[MEMBRANE_WORD-1]}}, membrane};
  end else begin : gen_spikes
    assign membrane_x = '0;
  end
  assign answer = sums[answer_address];

  always_ff @(posedge clock) begin
    if (load_readout) signs[load_address] <= load_word[1:0];
    if (reset) begin
      state <= IDLE;
    end else begin
      case (state)
        IDLE: begin
          k <= '0;
          o <= '0;
          if (MEMBRANES && take && counts) sums[take_class] <= sums[take_class] + membrane_x;
          if (start_recording) begin
            steps <= '0;
            state <= CLEAR;
          end else if (end_step) begin
            steps <= steps + 1;
            if (!MEMBRANES && counts) state <= ADD;
          end
        end
        CLEAR: begin
          sums[k] <= '0;
          k <= k + 1;
          if (last_class) state <= IDLE;
        end
        default: begin  // ADD
          if (spike) sums[k] <= sums[k] + sign_x;
          k <= last_class ? '0 : k + 1;
          if (last_class) o <= o + 1;
          if (last_class && o == OUTPUTS - 1) state <= IDLE;
        end
      endcase
    end
  end
endmodule
