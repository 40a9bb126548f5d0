"""The page in every bundle of a layered network for people who never open Python."""

from __future__ import annotations

from typing import Any

from fxsnn.golden.readme import corners_told

_LEAKS = (("trace", "trace_leak"), ("synapse", "synapse_leak"), ("refractory", "refractory_leak"))


def layers_readme(manifest: dict[str, Any]) -> str:
    """Return the bundle's README.md in Markdown."""
    about = manifest["configuration"]
    described, recordings = about["description"], about["recordings"]
    rows = "\n".join(
        f"| `{f['file']}` | {f['role']} | {f['about']} | {f['format']} ({'s' if f['signed'] else 'u'}{f['word']}) "
        f"| {' x '.join(map(str, f['shape']))} | {f['lines']} |"
        for f in manifest["files"]
    )
    layers = "\n".join(
        _layer(number, layer, plan)
        for number, (layer, plan) in enumerate(zip(described["layer"], about["plan"]["layer"], strict=True))
    )
    casts = "\n".join(
        f"| {site} | {c['casts']} | {c['inexact']} | {c['ties']} | {c['overflows']} |"
        for site, c in manifest["counts"]["casts"].items()
    )
    last = described["layer"][-1]["kind"]
    answer = "the membranes of the last layer" if last == "output" else "output spikes times `readout.mem`"
    clip = described["clip"]
    return f"""# Golden vectors of a network of {len(described["layer"])} layers

Written by {manifest["tool"]}, configuration {manifest["configuration_sha256_16"]}. Nothing here needs Python:

    sh run.sh

plays these vectors to the reference RTL in `rtl/` with Icarus Verilog, or Verilator (`sh run.sh verilator`), and says
`PASS` with the number of words compared. It ends with another status, and says which word failed, if any differs or any
file was altered. To try a layer of your own, put it in the place of `fxsnn_conv` in `rtl/fxsnn_layers.sv`, or apply the
rows of `input.mem` one a step and compare every node after every step; `fxsnn golden diff` holds dumps against them.
`rtl/fxsnn_layers_cocotb.py` is the same bench for cocotb 2 (`sh run.sh cocotb`), to be taken into one of yours.

They are of {_shown(manifest["recordings"], recordings)} each of {described["steps"]} steps of {described["step"]:,} us,
{described["shrink"]} x {described["shrink"]} cells counted together, counts above {clip} taken as {clip}.

All words are raw, masked to their width, two's complement where signed; value = word * 2^-(fractional bits); in Qm.n
the sign bit is counted in m. Files are for `$readmemh`: one word a line, outermost dimension first. A row of inputs and
nodes is one step of one recording; maps are rows x columns x channels, and of `input.mem` channel 0 is darker, 1
brighter.

| file | role | what | format | shape | lines |
|---|---|---|---|---|---|
{rows}

## One time step

Where `begin.mem` is 1 a recording begins: all states and all spikes are 0, LFSRs hold their seeds. Then layer by layer,
the first taking `input.mem`, each other the pooled spikes that the one before gave in this same step (x):
{layers}
A cast first rounds the exact value, then handles overflow. Products and sums inside are exact, binary points are
aligned before they are added. The kernel of a conv layer lies with its middle on the neuron and is not turned over
(weight [r, c] meets the input r - middle rows below and c - middle columns right of the neuron); outside the map the
input is 0. A dense or output layer's kernel is its whole input, and it has one neuron a channel. Steps count from 0.
`answer.mem` is, of each recording and class, {answer}, summed from step {described["burn_in"]} on; the
largest is the answer, the lowest class of equal ones.
{_stochastic(manifest["lfsr"])}
## Reached in these vectors

Spikes by layer: {", ".join(map(str, manifest["counts"]["spikes_by_layer"]))}. Answers: {manifest["counts"]["answers"]}.

{corners_told(manifest["corners"])}
| cast | casts | inexact | ties | overflows |
|---|---|---|---|---|
{casts}
"""


def _shown(given: int, recordings: int) -> str:
    more = "" if given == recordings else f" then {recordings - given} directed at the corners of the arithmetic,"
    return f"{given} {'recording' if given == 1 else 'recordings'},{more}"


def _layer(number: int, layer: dict[str, Any], plan: dict[str, Any]) -> str:
    name = f"layer{number}_"
    inputs = plan["filters"] == "inputs"
    leak = {state: _leak(plan[key], f"{name}{state}_factor", "PQR"[k]) for k, (state, key) in enumerate(_LEAKS)}
    cast = {
        state: f"{plan[state]['format']}, {plan[state]['rounding']}, {plan[state]['overflow']}" for state, _ in _LEAKS
    }
    if inputs:
        first = (
            f"1. P = cast({leak['trace']} + Q), with the Q of the step before ({cast['trace']})\n"
            f"2. Q = cast({leak['synapse']} + x) ({cast['synapse']})\n"
            "3. sum = exact sum of weight * P under the kernel"
        )
        drive = "sum"
    else:
        first = (
            f"1. M = cast({leak['trace'].replace('P', 'M')} + I), with the I of the step before ({cast['trace']})\n"
            "2. sum = exact sum of weight * x under the kernel\n"
            f"3. I = cast({leak['synapse'].replace('Q', 'I')} + sum) ({cast['synapse']})"
        )
        drive = "M"
    spiking = layer["refractory"] > 0
    kick = f" - {name}refractory_step * S), with the spike S of the step before" if spiking else ")"
    pool = layer["pool"]
    pooled = (
        f"\n6. output = 1 where any of {pool} x {pool} neurons spikes; what is left at an edge is cut"
        if pool > 1
        else ""
    )
    return f"""
### Layer {number}: {layer["kind"]}, {layer["channels"]} channels, kernel {layer["kernel"]}, pool {pool}

{first}
4. R = cast({leak["refractory"]}{kick} ({cast["refractory"]})
5. membrane = {drive} + bias + R; S = 1 where membrane > 0{pooled}
"""


def _leak(leak: dict[str, Any], factor: str, state: str) -> str:
    kind = leak["kind"]
    if kind == "multiply":
        return f"{state} * {factor}"
    return f"({state} - ({state} >>> {leak.get('shift')}))" if kind == "shift" else state


def _stochastic(lfsr: dict[str, Any]) -> str:
    if not lfsr["seeds"]:
        return ""
    seeds = "\n".join(f"- `{site}`: {seed}" for site, seed in lfsr["seeds"].items())
    return f"""
## Stochastic rounding

Polynomial {lfsr["polynomial"]}, {lfsr["width"]} bits, taps {lfsr["taps"]}; shift left, the new bit, the exclusive or of
bits tap-1, enters bit 0. A draw of k bits: k shifts; the fresh bits, first one most significant, are added to the k
dropped bits; where more than {lfsr["width"]} bits are dropped, so many are drawn and added at their top. Each cast has
a register of its own, set to its seed at the start of every recording; words of the map ascending, one draw a word.
`*_lfsr_*.mem` hold the registers after each step. Seeds:

{seeds}
"""
