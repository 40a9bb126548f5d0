"""The page in every bundle for people who never open Python."""

from __future__ import annotations

from typing import Any


def _lengths(steps: list[int], images: int) -> str:
    shown, aimed = f"{images} of {steps[0]} steps, encoded images", steps[images:]
    if not aimed:
        return f"{shown}."
    return f"{shown}; then {len(aimed)} of {aimed[0]} steps, directed at the corners of the arithmetic."


def corners_told(corners: dict[str, Any]) -> str:
    """Return what the vectors reach, and why some corners are not among it."""
    reached = [name for name, about in corners.items() if about["reached"]]
    rows = "\n".join(f"| {name} | {corners[name]['reached']} | {_first(corners[name])} |" for name in reached)
    text = f"| corner | times | first |\n|---|---|---|\n{rows}\n"
    never = [name for name, about in corners.items() if "because" in about]
    if never:
        text += "\nNo input and no state can reach these:\n\n"
        text += "\n".join(f"- {name} ({corners[name]['because']})" for name in never) + "\n"
    missed = [name for name, about in corners.items() if not about["reached"] and "because" not in about]
    if missed:
        text += "\n**Not reached**, so that these vectors may not find a fault there:\n\n"
        text += "\n".join(f"- {name}" for name in missed) + "\n"
    return text


def _first(about: dict[str, Any]) -> str:
    return f"presentation {about['presentation']}, step {about['step']}, neuron {about['neuron']}"


def readme(manifest: dict[str, Any]) -> str:
    """Return the bundle's README.md in Markdown."""
    about = manifest["configuration"]
    plan, counts, steps = about["plan"], manifest["counts"], about["steps"]
    rows = "\n".join(
        f"| `{f['file']}` | {f['role']} | {f['about']} | {f['format']} ({'s' if f['signed'] else 'u'}{f['word']}) "
        f"| {' x '.join(map(str, f['shape']))} | {f['lines']} |"
        for f in manifest["files"]
    )
    leak = {
        "multiply": "v * leak_factor",
        "shift": f"v - (v >>> {plan['leak'].get('shift')}), an arithmetic shift, exact in the membrane's grid",
        "none": "v",
    }[plan["leak"]["kind"]]
    seeds = "\n".join(f"- `{site}`: {seed}" for site, seed in manifest["lfsr"]["seeds"].items())
    casts = {
        name: f"{plan[name]['format']}, {plan[name]['rounding']}, {plan[name]['overflow']}"
        for name in ("accumulator", "membrane")
    }
    integrate = (
        "v1 = cast_v(leak); v2 = cast_v(v1 + current)"
        if plan["integrate"] == "two-casts"
        else "v2 = cast_v(leak + current), one cast; `leaked.mem` is the exact leak"
    )
    accumulate = (
        "sum = exact sum of the weights of the active inputs; current = cast_a(sum)"
        if plan["accumulate"] == "exact"
        else "current = 0, then for every active input, ascending: current = cast_a(current + weight), for all "
        "neurons before the next input; a silent input makes no cast (`sum.mem` repeats the result)"
    )
    reset = {
        "zero": "v = 0",
        "value": "v = reset_value",
        "subtract": "v = cast_v(v2 - threshold), without theta",
    }[about["reset"]]
    winner = {
        "none": "every candidate fires",
        "lowest": "only the candidate of lowest index fires",
        "largest": "only the candidate with the largest v2 - (threshold + theta) fires, ties go to the lowest index",
    }[about["winner"]]
    hears = (
        "takes current as 0 in step 3"
        if about["refractory_input"] == "ignore"
        else "integrates its current as others do"
    )
    stochastic = (
        f"""
## Stochastic rounding

Polynomial {manifest["lfsr"]["polynomial"]}, {manifest["lfsr"]["width"]} bits; shift {manifest["lfsr"]["shift"]}.
A draw: {manifest["lfsr"]["draw"]}.
Order: {manifest["lfsr"]["order"]}. `lfsr_*.mem` hold the registers after each step. Seeds:

{seeds}
"""
        if seeds
        else ""
    )
    return (
        f"""# Golden vectors of {about["neurons"]} neurons, {about["inputs"]} inputs

Written by {manifest["tool"]}, configuration {manifest["configuration_sha256_16"]}. Nothing here needs Python:

    sh run.sh

plays these vectors to the reference RTL in `rtl/` with Icarus Verilog, or Verilator (`sh run.sh verilator`), and says
`PASS` with the number of words compared. It ends with another status, and says which word failed, if any differs or any
file was altered: flip a digit and see. To try a layer of your own, put it in the place of `fxsnn_layer` in
`rtl/fxsnn_top.sv`, or apply the rows of `input.mem` one a step and compare every node after every step.
`rtl/fxsnn_cocotb.py` is the same bench for cocotb 2 (`sh run.sh cocotb`), to be taken into a test bench of yours.

All words are raw, masked to their width, two's complement where signed; value = word * 2^-(fractional bits); in Qm.n
the sign bit is counted in m. Files are for `$readmemh`: one word a line, outermost dimension first; a row is one step.
In `input.mem` and `spike.mem` a line is one row, its bit i being input or neuron i.

There are {sum(steps):,} rows in {len(steps)} presentations: {_lengths(steps, manifest["images"])}

| file | role | what | format | shape | lines |
|---|---|---|---|---|---|
{rows}

## One time step

Where `begin.mem` is 1 a presentation begins: membranes and refractory counters take the next row of
`initial_membrane.mem` and `initial_refractory.mem`, LFSRs their seeds. Then, for every neuron:

1. accumulate: {accumulate}
2. leak: {leak}
3. integrate: {integrate}
4. candidates: not refractory and v2 {">=" if about["compare"] == "ge" else ">"} threshold + theta, compared exactly
   (binary points aligned)
5. winner: {winner}
6. a neuron that was refractory (counter above 0) {hears}, cannot fire, and its counter falls by 1
7. a neuron that fires: {reset}; counter = {about["refractory_steps"]}
8. inhibition, skipped if the constant is 0: a neuron with k > 0 spikes of others in this step gets
   v = max(cast_v(v - k * inhibition), floor)

cast_a: into the accumulator, {casts["accumulator"]}. cast_v: into the membrane, {casts["membrane"]}.
A cast first rounds the exact value, then handles overflow. Products and sums inside are exact.
{stochastic}
## Reached in these vectors

{counts["spikes"]} spikes; membranes that met their threshold exactly: {counts["threshold_equalities"]}.

{corners_told(manifest["corners"])}
| cast | casts | inexact | ties | overflows |
|---|---|---|---|---|
"""
        + "\n".join(
            f"| {site} | {c['casts']} | {c['inexact']} | {c['ties']} | {c['overflows']} |"
            for site, c in counts["casts"].items()
        )
        + "\n"
    )
