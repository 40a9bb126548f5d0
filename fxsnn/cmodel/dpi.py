"""The model behind SystemVerilog's direct programming interface: C functions, a package that imports them, a bench."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fxsnn.cmodel.model import Model, StateWords
from fxsnn.cmodel.words import STORED

_TYPES = {
    "int8_t": "byte",
    "uint8_t": "byte unsigned",
    "int16_t": "shortint",
    "uint16_t": "shortint unsigned",
    "int32_t": "int",
    "int64_t": "longint",
}
_WRAPPER = """\
/* {prefix} for a SystemVerilog bench: see {prefix}_pkg.sv. There is one state, set by the reset and the begin. */
#include "{prefix}.h"

#include <string.h>

#ifdef __cplusplus
extern "C" {{
#endif

void {prefix}_dpi_reset(void);
int {prefix}_dpi_step(const {given} *in, {said} *out);
{declared}
static {prefix}_state held;

void {prefix}_dpi_reset(void)
{{
    {prefix}_reset(&held);
}}

int {prefix}_dpi_step(const {given} *in, {said} *out)
{{
    return {prefix}_step(&held, in, out);
}}
{defined}
#ifdef __cplusplus
}}
#endif
"""
_BEGUN = """
void {prefix}_dpi_begin({parameters})
{{
    static {prefix}_start start;
{copied}    {prefix}_begin(&held, &start);
}}
"""
_OBSERVED = """
void {name}({type} *words)
{{
    const {prefix}_state *const state = &held;
    memcpy(words, {place}, sizeof {place});
}}
"""
_PACKAGE = """\
// {prefix}: the model in C, {inputs} words in and {outputs} out. Words are raw, of the formats that {prefix}.h states.
package {prefix}_pkg;
  localparam int INPUTS = {inputs};  // {given_format}
  localparam int OUTPUTS = {outputs};  // {said_format}

  // brings the state to rest: before the first step of every input
  import "DPI-C" function void {prefix}_dpi_reset();
{begin}
  // does a time step; 1 where a value has left a word of a signal whose overflow is `error`
  import "DPI-C" function int {prefix}_dpi_step(
    input {given} given [INPUTS],
    output {said} said [OUTPUTS]
  );

  // what the model holds after the step{observed}
endpackage
"""
_IMPORTED = """
  // does that, and gives every state the words that it begins with
  import "DPI-C" function void {prefix}_dpi_begin(
{parameters}
  );
"""
_BENCH = """\
// {prefix}: runs the model beside a core. Words of the input, step after step, come from +inputs=FILE, in decimal;
// without it 20 steps are drawn. What the model answers is printed, a line a step.
//
//   $ verilator --binary --top-module {prefix}_bench {prefix}_pkg.sv {prefix}_bench.sv {prefix}.c {prefix}_dpi.c
//   $ obj_dir/V{prefix}_bench +inputs=inputs.txt
module {prefix}_bench;
  import {prefix}_pkg::*;

  {given} given [INPUTS];
  {said} said [OUTPUTS];
  string name;
  longint word;
  int file, read, steps;

  initial begin
    {prefix}_dpi_reset();
    file = 0;
    if ($value$plusargs("inputs=%s", name) != 0) begin
      file = $fopen(name, "r");
      if (file == 0) $fatal(1, "inputs must be a file that can be read, not %s", name);
    end
    read = 1;
    steps = 0;
    while (read == 1 && (file != 0 || steps < 20)) begin
      for (int n = 0; n < INPUTS && read == 1; n++) begin
        if (file == 0) word = {drawn};
        else begin
          read = $fscanf(file, "%d", word);
          if (read != 1 && n != 0) $fatal(1, "inputs must be whole steps of %0d words, the last has %0d", INPUTS, n);
        end
        given[n] = word[{given_bits}:0];
      end
      if (read == 1) begin
        if ({prefix}_dpi_step(given, said) != 0) $fatal(1, "a value left a word whose overflow is `error`");
        // here the core does the same step, and its words are compared with these
        for (int n = 0; n < OUTPUTS; n++) $write("%0d ", said[n]);
        $write("\\n");
        steps++;
      end
    end
    $finish;
  end
endmodule
"""


def wrapped(model: Model) -> dict[str, str]:
    """Return the files with which a SystemVerilog bench runs a model, by name."""
    prefix = model.prefix
    form, bits = model.given.format, min(model.given.format.word, 32)
    drawn = f"longint'($urandom) & longint'({(1 << bits) - 1})"
    observed = list(_observed(model))
    states = [(f"{name.removeprefix(f'{prefix}_dpi_')}_words", array) for name, array in observed if array.name]
    parameters = ",".join(f"\n    const {array.type} *{name}" for name, array in states)
    words = {
        "prefix": prefix,
        "inputs": model.given.words,
        "outputs": model.said.words,
        "given_format": form.describe(),
        "said_format": model.said.format.describe(),
    }
    in_c = words | {"given": model.given.type, "said": model.said.type}
    in_sv = words | {"given": _TYPES[model.given.type], "said": _TYPES[model.said.type]}
    low = f"({drawn})" if not form.signed else f"({drawn}) + longint'({form.lowest})"
    return {
        f"{prefix}_dpi.c": _WRAPPER.format(
            **in_c,
            declared=(f"void {prefix}_dpi_begin({parameters});\n" if states else "")
            + "".join(f"void {name}({array.type} *words);\n" for name, array in observed),
            defined=(_BEGUN.format(prefix=prefix, parameters=parameters, copied=_copied(states)) if states else "")
            + "".join(
                _OBSERVED.format(name=name, type=array.type, prefix=prefix, place=array.place)
                for name, array in observed
            ),
        ),
        f"{prefix}_pkg.sv": _PACKAGE.format(
            **in_sv,
            begin=_imported(prefix, states),
            observed="".join(
                f'\n  import "DPI-C" function void {name}(output {_TYPES[array.type]} words [{array.words}]);'
                f"  // {array.format.describe()}"
                for name, array in observed
            ),
        ),
        f"{prefix}_bench.sv": _BENCH.format(**in_sv, drawn=low, given_bits=STORED[model.given.type] - 1),
    }


def _copied(states: Iterable[tuple[str, StateWords]]) -> str:
    """Return the lines that copy what states begin with, by the names of the words that are given."""
    lines = list[str]()
    for name, array in states:
        place = f"start.{array.place.removeprefix('state->states.')}"
        lines.append(f"    memcpy({place}, {name}, sizeof {place});\n")
    return "".join(lines)


def _imported(prefix: str, states: Sequence[tuple[str, StateWords]]) -> str:
    """Return the import of the call with which states begin; nothing where a model has no state."""
    lines = [
        f"    input {_TYPES[array.type]} {name} [{array.words}]{',' * (n < len(states))}  // {array.format.describe()}"
        for n, (name, array) in enumerate(states, 1)
    ]
    return _IMPORTED.format(prefix=prefix, parameters="\n".join(lines)) if states else ""


def _observed(model: Model) -> Iterator[tuple[str, StateWords]]:
    """Yield what a bench may look at, each by a function of a name of its own."""
    taken = {f"{model.prefix}_dpi_{call}" for call in ("reset", "begin", "step")}
    for array in model.held:
        stem = f"{model.prefix}_dpi_{array.owner}_{array.name or 'emitted'}"
        name, n = stem, 2
        while name in taken:
            name, n = f"{stem}_{n}", n + 1
        taken.add(name)
        yield name, array
