"""The page in every bundle for people who never open Python."""

from __future__ import annotations

from typing import Any


def readme(manifest: dict[str, Any]) -> str:
    """Return the bundle's README.md in Markdown."""
    about = manifest["configuration"]
    plan, counts = about["plan"], manifest["counts"]
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

Written by {manifest["tool"]}, configuration {manifest["configuration_sha256_16"]}. To match: load the constants, apply
the rows of `input.mem` one a step, compare every node after every step. All words are raw, masked to their width,
two's complement where signed; value = word * 2^-(fractional bits); in Qm.n the sign bit is counted in m. Files are
for `$readmemh`: one word a line, outermost dimension first (image, step, neuron). In `input.mem` and `spike.mem` a
line is one step, its bit i being input or neuron i.

| file | role | what | format | shape | lines |
|---|---|---|---|---|---|
{rows}

## One time step

All membranes and refractory counters are 0 at the start of every image. Then, for every neuron:

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

| cast | casts | inexact | ties | overflows |
|---|---|---|---|---|
"""
        + "\n".join(
            f"| {site} | {c['casts']} | {c['inexact']} | {c['ties']} | {c['overflows']} |"
            for site, c in counts["casts"].items()
        )
        + "\n"
    )
