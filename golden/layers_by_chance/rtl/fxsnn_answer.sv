// What a network of layers answers: of each class a sum over the steps from BURN_IN on, of the membranes of an output
// layer (MEMBRANES), or of the last layer's pooled spikes times their random readout of signs.
//
// start_recording  the sums become 0; wait for `ready`
// take             a membrane of the step at work: `membrane` of the class `take_class`
// end_step         the last layer is done: spikes are read and added; wait for `ready`
module fxsnn_answer #(
  parameter int CLASSES = 2, OUTPUTS = 1, BURN_IN = 1,
  parameter bit MEMBRANES = 1,
  parameter int MEMBRANE_WORD = 16, WORD = 24,  // WORD holds every sum
  parameter bit SIGNED = 1,  // whether a sum can be below 0
  parameter int ANSWER_WORD = 24  // as wide, or wider
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
  output logic [ANSWER_WORD-1:0]   answer
);
  logic [WORD-1:0] sums[0:CLASSES-1];

  localparam logic [1:0] IDLE = 0, CLEAR = 1, ADD = 2;
  logic [1:0] state;
  logic [31:0] k, o, steps, sign_address;  // class, output, steps that have ended
  logic counts, last_class;
  logic signed [WORD-1:0] membrane_x, sign_x;
  logic [WORD-1:0] answer_word;
  localparam logic signed [WORD-1:0] ONE = 1;
  assign counts = steps >= BURN_IN;
  assign last_class = k == CLASSES - 1;
  assign ready = state == IDLE && !start_recording && !end_step;
  assign spike_address = o;
  assign sign_address = o * CLASSES + k;
  if (MEMBRANES) begin : gen_membranes
    assign sign_x = '0;
    if (WORD > MEMBRANE_WORD) begin : gen_wider
      assign membrane_x = {{(WORD - MEMBRANE_WORD) {membrane[MEMBRANE_WORD-1]}}, membrane};
    end else begin : gen_narrower  // a membrane leaves bits of its word unused
      assign membrane_x = membrane[WORD-1:0];
    end
  end else begin : gen_spikes
    logic signs[0:OUTPUTS*CLASSES-1];  // 1 for -1
    always_ff @(posedge clock) if (load_readout) signs[load_address] <= load_word[1];
    assign sign_x = signs[sign_address] ? -ONE : ONE;
    assign membrane_x = '0;
  end
  assign answer_word = sums[answer_address];
  if (ANSWER_WORD > WORD) begin : gen_extended
    assign answer = {{(ANSWER_WORD - WORD) {SIGNED && answer_word[WORD-1]}}, answer_word};
  end else begin : gen_as_held
    assign answer = answer_word;
  end

  always_ff @(posedge clock) begin
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
