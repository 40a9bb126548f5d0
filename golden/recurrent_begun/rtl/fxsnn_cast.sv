// One cast: drop fractional bits by a rounding, then handle overflow. Combinational.
//
// value   exact, with DROP fractional bits more than the word has (DROP < 0: as many fewer)
// fresh   for STOCHASTIC: DROP random bits, added to the dropped ones
// word    the result, sign- or zero-extended to X bits
//
// X must hold value, DROP + 2 bits, and value << -DROP.
module fxsnn_cast #(
  parameter int X = 64,
  parameter int DROP = 0,
  parameter int WORD = 8,
  parameter bit SIGNED = 1,
  parameter int ROUNDING = fxsnn_modes::FLOOR,
  parameter int OVERFLOW = fxsnn_modes::SATURATE
) (
  input  logic signed [X-1:0] value,
  input  logic        [X-1:0] fresh,
  output logic signed [X-1:0] word,
  output logic                overflowed
);
  localparam logic signed [X-1:0] ONE = 1;
  localparam logic signed [X-1:0] HIGHEST = (ONE <<< (SIGNED ? WORD - 1 : WORD)) - ONE;
  localparam logic signed [X-1:0] LOWEST = SIGNED ? -HIGHEST - ONE : '0;
  localparam logic signed [X-1:0] BOTTOM = OVERFLOW == fxsnn_modes::SATURATE_SYMMETRIC && SIGNED ? -HIGHEST : LOWEST;

  logic signed [X-1:0] rounded;

  if (DROP <= 0) begin : gen_widen
    assign rounded = value <<< -DROP;
  end else if (ROUNDING == fxsnn_modes::STOCHASTIC) begin : gen_stochastic
    logic signed [X-1:0] floored, rest;
    assign floored = value >>> DROP;
    assign rest = value - (floored <<< DROP);  // only the dropped bits meet the draw: value + fresh might leave X bits
    assign rounded = floored + ((rest + $signed(fresh)) >>> DROP);
  end else begin : gen_round
    logic signed [X-1:0] floored, rest, half;
    logic more, tie, up;
    assign half = ONE <<< (DROP - 1);
    assign floored = value >>> DROP;
    assign rest = value - (floored <<< DROP);  // 0 to 2**DROP - 1
    assign more = rest > half;
    assign tie = rest == half;
    assign up = ROUNDING == fxsnn_modes::CEIL         ? rest != '0
              : ROUNDING == fxsnn_modes::ZERO         ? rest != '0 && value[X-1]
              : ROUNDING == fxsnn_modes::NEAREST_UP   ? more || tie
              : ROUNDING == fxsnn_modes::NEAREST_DOWN ? more
              : ROUNDING == fxsnn_modes::NEAREST_ZERO ? more || (tie && value[X-1])
              : ROUNDING == fxsnn_modes::NEAREST_AWAY ? more || (tie && !value[X-1])
              : ROUNDING == fxsnn_modes::NEAREST_EVEN ? more || (tie && floored[0])
              : ROUNDING == fxsnn_modes::NEAREST_ODD  ? more || (tie && !floored[0])
              : 1'b0;  // FLOOR
    assign rounded = floored + $signed({{(X - 1){1'b0}}, up});
  end

  logic signed [X-1:0] wrapped;
  assign wrapped = SIGNED ? (rounded <<< (X - WORD)) >>> (X - WORD)
                          : $signed($unsigned(rounded <<< (X - WORD)) >> (X - WORD));
  assign overflowed = rounded > HIGHEST || rounded < BOTTOM;
  assign word = !overflowed             ? rounded
              : OVERFLOW == fxsnn_modes::WRAP          ? wrapped
              : OVERFLOW == fxsnn_modes::SATURATE_ZERO ? '0
              : rounded > HIGHEST         ? HIGHEST
              : BOTTOM;
endmodule
