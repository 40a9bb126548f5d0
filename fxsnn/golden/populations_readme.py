"""The page in every golden set of a network of populations for people who never open Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fxsnn.golden.contents import Vector, file_rows, stems_of
from fxsnn.golden.populations import initial
from fxsnn.golden.writing import unreached
from fxsnn.graph.connect import Projection
from fxsnn.graph.population import Population
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.program.page import page

_KINDS = {
    "dense": "every word of {source} times its weight to the neuron",
    "conv": "the kernel {kernel} laid over {source}, {steps} cells apart, with {padding} zeros around, {groups} of "
    "channels, not turned round (weight [r, c] meets the cell r rows below and c columns right of the window's first)",
    "sum": "the windows of {kernel} cells of {source}, {steps} apart",
    "average": "the windows of {kernel} cells of {source}, {steps} apart, {average}",
    "maximum": "the largest of the windows of {kernel} cells of {source}, {steps} apart",
    "identity": "every word of {source} as it is",
    "scale": "every word of {source} times its weight",
}

_BENCH = """Nothing here needs Python:

    sh run.sh

plays these vectors to the RTL in `rtl/` with Icarus Verilog, or Verilator (`sh run.sh verilator`), and says `PASS` with
the number of words compared: every word of every node, once. It ends with another status, and says which word failed,
if any differs or any file was altered. Of each population, `rtl/neuron_*.sv` is the datapath, emitted from its text
line by line, and `rtl/population_*.sv` what serves the neurons with it one after the other: the weights of every
active input are added to the sums of the neurons that it reaches, a clock each; a silent one takes a clock. (With
`outer = "neurons"` each neuron in turn looks at all that can come to it, a clock a word, and one sum is kept.) Then the
text is done in one pass over the neurons, or in more where it counts or compares them. `rtl/fxsnn_network.sv` is the
network, with a memory of what each source emitted for as many steps as a delay says, and outputs `held_*` by which the
words of populations that send to no other are read between two steps. Weights and constants are read
from the `.mem` files in the working folder by `$readmemh`; all of it can be synthesised. Outputs called `observe_*` are
for benches."""


def graph_readme(
    manifest: dict[str, Any], network: QuantisedGraph, vectors: Sequence[Vector], *, aimed: bool = True
) -> str:
    """Return the set's README.md in Markdown.

    vectors    the files of words that the manifest describes
    aimed      whether inputs were directed at corners
    """
    called = stems_of(vectors)
    graph, about, counts = network.graph, manifest["configuration"], manifest["counts"]
    stages = "\n".join(
        f"{number}. {', '.join(f'`{name}`' for name in stage.populations)}"
        f"{', step by step, since a cycle joins them or leads back' if stage.stepwise else ''}"
        for number, stage in enumerate(graph.stages, 1)
    )
    populations = "\n".join(_population(network, one, called) for one in graph.populations)
    casts = "\n".join(
        f"| {cast} | {c['casts']} | {c['inexact']} | {c['ties']} | {c['overflows']} |"
        for cast, c in counts["casts"].items()
    )
    spikes = ", ".join(f"`{name}` {many}" for name, many in counts["spikes_by_population"].items()) or "none"
    classes = f" Classes: {counts['classes']}." if "classes" in counts else ""
    steps, start = about["steps"], " --start start.npz" * ("start" in about)
    return f"""# Golden vectors of a network of {len(graph.populations)} population{"s" * (len(graph.populations) > 1)}

Written by {manifest["tool"]}, configuration {manifest["configuration_sha256_16"]}, from the network `net.toml` with its
neurons' texts, and the plan `plan.toml`, which lie here too.

{_BENCH}

To compare RTL of your own, apply the rows of `input.mem` one a step to it, write what its nodes hold after every step,
and `fxsnn golden diff` says where they first differ. `fxsnn golden check` computes every word here again; this makes
the same set again:

    fxsnn golden make net.toml plan.toml --inputs inputs.npz{start} --out ../again{"" if aimed else " --no-directed"}

{_presentations(manifest["inputs"], about["inputs"])} Each is a presentation of {steps} step{"s" * (steps > 1)}.

All words are raw, masked to their width, two's complement where signed; value = word * 2^-(fractional bits); in Qm.n
the sign bit is counted in m. Files are for `$readmemh`: one word a line, outermost dimension first. A row of inputs
and nodes is one step of one input, all steps of the first input first; within it neurons ascend, and maps are rows x
columns x channels.

| file | role | what | format | shape | lines |
|---|---|---|---|---|---|
{file_rows(manifest["files"])}

## One time step

Where `begin.mem` is 1 an input begins: {_states(about, called)}, nothing was emitted before, LFSRs hold their seeds.
Steps count from 0. The populations do a step in this order, each with what the others emitted in the same step, or as
many steps before as a delay says; what would be from before step 0 is 0:

{stages}

What the projections bring to one input of a population is added at a common binary point, exactly. Then comes the
text of the neuron, line by line: under each line stands how wide its exact value is, and what a cast does. A cast first
rounds the exact value, then handles overflow; products and sums are exact. `>>` is an arithmetic shift. A state is read
as the step before left it until a line assigns it. A cast under an `if` is made, and counted, where the condition
holds.
{populations}
{_stochastic(manifest["lfsr"])}
## Answers

`answers.mem`: {next(f["about"] for f in manifest["files"] if f["name"] == "answers")}, of each input and neuron.
{_class(network)}
## Reached in these vectors

Spikes: {spikes}.{classes}

{_corners(manifest)}
| cast | casts | inexact | ties | overflows |
|---|---|---|---|---|
{casts}
"""


def _states(about: dict[str, Any], called: Mapping[str, str]) -> str:
    files = ", ".join(f"`{called[initial(name)]}.mem`" for name in about.get("start", ()))
    return f"states hold the words of {files}, one row an input, all others are 0" if files else "all states are 0"


def _presentations(given: int, inputs: int) -> str:
    first = "There is 1 input" if given == 1 else f"There are {given} inputs"
    if given == inputs:
        return f"{first}, which `inputs.npz` holds."
    return f"{first}, which `inputs.npz` holds, then {inputs - given} directed at the corners of the arithmetic."


def _population(network: QuantisedGraph, one: Population, called: Mapping[str, str]) -> str:
    graph = network.graph
    brought = "\n".join(
        f"- to `{given}`, {projection.name}: {_projection(projection, called)}"
        for given in one.neuron.inputs
        for projection in graph.into(one.name, given)
    )
    lines = "\n".join(f"    {line}" for line in page(network.programs[one.name], network.each(one.name)))
    return f"""
### `{one.name}`: {" x ".join(map(str, one.shape))} neurons, emits `{called[f"{one.name}.{one.neuron.output[0]}"]}.mem`

{brought}

{lines}"""


def _projection(one: Projection, called: Mapping[str, str]) -> str:
    def cells(pair: tuple[int, int]) -> str:
        return " x ".join(map(str, pair))

    average = "their sum times one weight" if one.weighed else f"the binary point {one.halvings} bits higher"
    text = _KINDS[one.kind].format(
        source=f"`{one.source}`",
        kernel=cells(one.kernel),
        steps=cells(one.steps),
        padding=cells(one.padding),
        groups="one group" if one.groups == 1 else f"{one.groups} groups",
        average=average,
    )
    weights = f", weights `{called[f'{one.name}.{one.signal}']}.mem`" if one.weighed else ""
    delay = f", emitted {one.delay} step{'s' * (one.delay > 1)} before" if one.delay else ""
    return f"{text}{weights}{delay}"


def _stochastic(lfsr: dict[str, Any]) -> str:
    if not lfsr["seeds"]:
        return ""
    seeds = "\n".join(f"- `{name}`: {seed}" for name, seed in lfsr["seeds"].items())
    return f"""
## Stochastic rounding

Polynomial {lfsr["polynomial"]}, {lfsr["width"]} bits, taps {lfsr["taps"]}; shift left, the new bit, the exclusive or of
bits tap-1, enters bit 0. A draw of k bits: k shifts; the fresh bits, first one most significant, are added to the k
dropped bits; where more than {lfsr["width"]} bits are dropped, so many are drawn and added at their top. Each cast that
draws has a register of its own, set to its seed where an input begins; neurons ascending, one draw a cast that is made.
The files named here hold the registers after each step. Seeds:

{seeds}
"""


def _class(network: QuantisedGraph) -> str:
    readout = network.graph.readout
    if readout.kind == "none":
        return ""
    if readout.kind == "labels":
        return (
            "`classes.mem`: the answers of the neurons of each class of `labels.csv` are averaged, and the class of "
            "the largest average is taken, of equal ones the lowest.\n"
        )
    which = "earliest" if readout.kind == "first" else "largest"
    return f"`classes.mem`: the neuron whose answer is the {which}, of equal ones the lowest.\n"


def _corners(manifest: dict[str, Any]) -> str:
    """Return what the vectors reach, and why some corners are not among it."""
    corners = manifest["corners"]
    first = "| {} | {reached} | presentation {presentation}, step {step}, neuron {neuron} |"
    rows = "\n".join(first.format(name, **about) for name, about in corners.items() if about["reached"])
    text = f"| corner | times | first |\n|---|---|---|\n{rows}\n"
    never = [name for name, about in corners.items() if "because" in about]
    if never:
        text += "\nNo input and no state can reach these:\n\n"
        text += "\n".join(f"- {name} ({corners[name]['because']})" for name in never) + "\n"
    if missed := unreached(manifest):
        text += "\n**Not reached**, so that these vectors may not find a fault there:\n\n"
        text += "\n".join(f"- {name}" for name in missed) + "\n"
    return text
