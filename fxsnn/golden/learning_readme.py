"""The page in every bundle of learning for people who never open Python."""

from __future__ import annotations

from typing import Any

from fxsnn.golden.contents import file_rows


def learning_readme(manifest: dict[str, Any]) -> str:
    """Return the README.md of a bundle of learning in Markdown."""
    about = manifest["configuration"]
    table, rule, lfsr = about["plan"]["learning"], about["learning"], manifest["lfsr"]
    fade = {
        "multiply": "trace = cast_t(trace * fade_factor), inputs ascending",
        "shift": f"trace = cast_t(trace - (trace >> {table['fade'].get('shift')})), inputs ascending",
        "none": "nothing",
    }[table["fade"]["kind"]]
    each = rule["update"] == "spike"
    casts = {
        name: f"{signal['format']}, {signal['rounding']}, {signal['overflow']}"
        for name, signal in (
            ("w", table["weight"]),
            ("r", about["plan"]["weight"]),
            ("t", table["trace"]),
            ("f", about["plan"]["theta"]),
        )
    }
    seeds = "".join(f"- `{site}`: {seed}\n" for site, seed in lfsr["seeds"].items())
    stochastic = (
        f"""
## Stochastic rounding

Polynomial {lfsr["polynomial"]}, {lfsr["width"]} bits; shift {lfsr["shift"]}.
A draw: {lfsr["draw"]}.
Order: {lfsr["order"]}. `lfsr_*.mem` hold learning's registers after each step, and in one more line after each image.
One draw an input, ascending, for an update or a fade, one draw a fold, however small the change. Seeds:

{seeds}"""
        if seeds
        else ""
    )
    return f"""# Golden vectors of learning: {about["neurons"]} neurons, {about["inputs"]} inputs

Written by {manifest["tool"]}, configuration {manifest["configuration_sha256_16"]}. Nothing here needs Python:

    sh run.sh

plays these vectors to the reference RTL in `rtl/` with Icarus Verilog, or Verilator (`sh run.sh verilator`), and says
`PASS` with the number of words compared, or the first word that differs, and then ends with another status.
`rtl/fxsnn_stdp.sv` is the learning, `rtl/fxsnn_layer.sv` the layer that it teaches, `rtl/fxsnn_learner.sv` both.

All words are raw, masked to their width; value = word * 2^-(fractional bits). Files are for `$readmemh`: one word a
line, outermost dimension first. In `input.mem` and `spike.mem` a line is one step, its bit i being input or neuron i.
{rule["presentations"]} images of {about["steps"][0]} steps; {manifest["counts"]["spikes"]} spikes;
{manifest["counts"]["weights_changed"]} of {about["inputs"] * about["neurons"]} learned weights end as other words.

| file | role | what | format | shape | lines |
|---|---|---|---|---|---|
{file_rows(manifest["files"])}

## What is learned

Before the first image: each weight = cast_r(learned weight); each neuron's sum of weights; fold of every neuron,
ascending. At the start of an image membranes, refractory counters, traces and counts are 0. Then, each step:

1. the layer's step, with the thetas of the end of the last step: docs/arithmetic.md, formats and modes in manifest.json
2. fade: {fade}
3. the trace of each active input becomes trace_one
4. for each neuron that fired, ascending: count + 1; learned theta + rise, at most its highest word;
   {"update with k = 1; " if each else ""}fold

When the image ends, for each neuron, ascending: {"" if each else "if its count is not 0, update with k = count; "}\
learned theta - fall, at least 0; fold.

Update, for each input ascending, active or not, all of it exact up to the cast:
learned = cast_w(learned + rate * k * (trace - offset - softness * learned)); then weight = cast_r(learned), and the
neuron's sum anew.

Fold: theta = cast_f((threshold + learned theta) * sum / {rule["norm"]:g} - threshold).

cast_w: {casts["w"]}. cast_r: {casts["r"]}. cast_t: {casts["t"]}. cast_f: {casts["f"]}.
A cast first rounds the exact value, then handles overflow. Products and sums inside are exact.
{stochastic}"""
