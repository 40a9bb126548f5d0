"""Models in C, compiled and run: what they keep at every step, beside what the interpreter keeps."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fxsnn.cmodel.model import Model, c_model
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.number.modes import Overflow
from fxsnn.program.interpret import Run, Step
from interpreted import interpreted

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-pedantic")
OPTIONS = {  # by compiler; clang's sanitizers are in a package of their own
    "gcc": ("-O1", "-fsanitize=undefined", "-fno-sanitize-recover=all"),
    "clang": ("-O2",),
}

# set where the compilers must be there: then nothing is skipped
needs_clang = pytest.mark.skipif(
    shutil.which("clang") is None and "FXSNN_TEST_CLANG" not in os.environ, reason="needs clang"
)
needs_arm = pytest.mark.skipif(
    shutil.which("arm-none-eabi-gcc") is None and "FXSNN_TEST_ARM" not in os.environ, reason="needs arm-none-eabi-gcc"
)


def compiled(
    folder: Path, model: Model, compiler: str = "gcc", start: Mapping[str, Sequence[int]] | None = None
) -> Path:
    """Compile a model, with what prints its state after each step of the inputs on its standard input.

    start    by `population.state` the words that states begin with; without it the model is reset
    """
    (folder / f"{model.prefix}.h").write_text(model.header)
    (folder / f"{model.prefix}.c").write_text(model.source)
    (folder / "main.c").write_text(_main(model, start))
    program = folder / compiler
    files = [f"{model.prefix}.c", "main.c"]
    done = subprocess.run(
        [compiler, *STRICT, *OPTIONS[compiler], *files, "-o", program.name],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return program


def printed(program: Path, inputs: NDArray[np.int64]) -> list[list[list[int]]]:
    """Return what a compiled model keeps and answers after every step: of each step the rows of `expected`."""
    words = " ".join(map(str, inputs.reshape(-1).tolist()))
    done = subprocess.run([program], input=words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    rows = [[int(word) for word in line.split()] for line in done.stdout.splitlines()]
    each = len(rows) // len(inputs)
    return [rows[n : n + each] for n in range(0, len(rows), each)]


def expected(network: QuantisedGraph, model: Model, inputs: NDArray[np.int64]) -> list[list[list[int]]]:
    """Return what the interpreter keeps of one input, int64[steps, words], in the order in which models print it."""
    graph = network.graph
    refused = {one.name: list[int]() for one in graph.populations}

    def then(name: str, run: Run, step: Step) -> None:
        del step
        program = network.programs[name]
        left = (one.round for one in program.neuron.casts if program.signals[one.signal].overflow is Overflow.ERROR)
        refused[name].append(sum(run.counts[ref].overflows for ref in left))

    done = {name: steps for name, (_, steps) in interpreted(network, inputs, then).items()}
    return [
        [
            [int(any(left[t] for left in refused.values()))],
            *(
                done[held.owner][t].states[held.name] if held.name else done[held.owner][t].emitted
                for held in model.held
            ),
            *([done[one.owner][t].registers[one.stream]] for one in model.registers),
            done[graph.read.name][t].emitted,
        ]
        for t in range(len(inputs))
    ]


def agrees(network: QuantisedGraph, inputs: NDArray[np.int64], folder: Path, compiler: str = "gcc") -> Model:
    """Assert that a network's model keeps and answers what the interpreter does, at every step of one input."""
    model = c_model(network, "net")
    found, wanted = printed(compiled(folder, model, compiler), inputs), expected(network, model, inputs)
    names = (
        ["refused"]
        + [f"{held.owner}.{held.name}" for held in model.held]
        + [one.place for one in model.registers]
        + ["out"]
    )
    for t, (one, other) in enumerate(zip(found, wanted, strict=True)):
        assert dict(zip(names, one, strict=True)) == dict(zip(names, other, strict=True)), t
    return model


def _begin(model: Model, start: Mapping[str, Sequence[int]] | None) -> str:
    """Return the call with which a model begins."""
    if start is None:
        return f"{model.prefix}_reset(state);"
    places = {f"{one.owner}.{one.name}": one.place.removeprefix("state->states.") for one in model.held if one.name}
    given = [f".{places[name]} = {{{', '.join(map(str, words))}}}" for name, words in start.items()]
    return (
        f"const {model.prefix}_start begun = {{{', '.join(given) or '0'}}};\n    {model.prefix}_begin(state, &begun);"
    )


def _main(model: Model, start: Mapping[str, Sequence[int]] | None) -> str:
    prefix, upper = model.prefix, model.prefix.upper()

    def show(place: str, words: int) -> str:
        return f'for (k = 0; k < {words}; k++) printf("%lld ", (long long){place}[k]);\n        puts("");'

    lines = [show(held.place, held.words) for held in model.held]
    lines += [f'printf("%lld\\n", (long long){one.place});' for one in model.registers]
    lines.append(show("out", model.said.words))
    return f"""#include <stdio.h>
#include "{prefix}.h"
static {prefix}_state held;
static {model.given.type} in[{upper}_INPUTS];
static {model.said.type} out[{upper}_OUTPUTS];
int main(void)
{{
    {prefix}_state *const state = &held;
    int k;
    {_begin(model, start)}
    for (;;) {{
        for (k = 0; k < {upper}_INPUTS; k++) {{
            long long word;
            if (scanf("%lld", &word) != 1) return 0;
            in[k] = ({model.given.type})word;
        }}
        printf("%d\\n", {prefix}_step(state, in, out));
        {(chr(10) + " " * 8).join(lines)}
    }}
}}
"""
