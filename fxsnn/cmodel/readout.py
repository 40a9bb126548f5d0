"""The readout in C: what the answers are of the steps that were done, and the class, as `graph.reading` has them."""

from __future__ import annotations

from fxsnn.cmodel.words import indented, stored, table
from fxsnn.graph.network import Graph
from fxsnn.graph.reading import classes


def readout_header(graph: Graph, prefix: str) -> list[str]:
    """Return what the header declares of it."""
    answer = _answer(graph)
    lines = [
        "/* What the readout makes of the steps of an input. */",
        "typedef struct {",
        f"    int64_t answers[{prefix.upper()}_OUTPUTS]; /* {answer} */",
        "    uint32_t steps; /* that were taken up */",
        f"}} {prefix}_readout;",
        "",
        "/* Begin an input. */",
        f"{_reset(prefix)};",
        "",
        f"/* Take up a step: after {prefix}_step, with the same state. Answers must not leave 64 bits. */",
        f"{_take(prefix)};",
        "",
    ]
    if graph.readout.kind == "none":
        return lines
    which = "earliest" if graph.readout.kind == "first" else "largest"
    which = f"class whose neurons answer {which} on average" if graph.readout.kind == "labels" else f"{which} answer"
    return [*lines, f"/* Return the class: the {which}, the lowest index of equal ones. */", f"{_class(prefix)};", ""]


def readout_source(graph: Graph, prefix: str, word: str) -> list[str]:
    """Return its functions.

    word    what is read of neuron n in a step, as C writes it of a pointer `state`
    """
    outputs = f"{prefix.upper()}_OUTPUTS"
    loop = f"for (n = 0; n < {outputs}; n++) {{"
    lines = list[str]()
    if graph.readout.labels is not None:
        labels = graph.readout.labels.tolist()
        lines += table("labels", stored(min(labels), max(labels)), labels, "the class of each neuron, -1 for none")
    lines += [
        f"{_reset(prefix)}",
        "{",
        "    memset(readout, 0, sizeof *readout);",
        "}",
        "",
        f"{_take(prefix)}",
        "{",
        "    const int64_t at = readout->steps;",
        "    int32_t n;",
        f"    {loop}",
        f"        const int64_t word = {word};",
        *indented(_taken(graph), 2),
        "    }",
        "    readout->steps++;",
        *(["    (void)state;"] if "state" not in word else []),
        *(["    (void)at;"] if not any("at" in line.split() or "(at" in line for line in _taken(graph)) else []),
        "}",
        "",
    ]
    if graph.readout.kind == "none":
        return lines
    body = (
        _vote(classes(graph.readout, graph.read.size), loop) if graph.readout.kind == "labels" else _best(graph, loop)
    )
    return [*lines, _class(prefix), "{", *indented(body), "}", ""]


def _reset(prefix: str) -> str:
    return f"void {prefix}_readout_reset({prefix}_readout *readout)"


def _take(prefix: str) -> str:
    return f"void {prefix}_readout_take({prefix}_readout *readout, const {prefix}_state *state)"


def _class(prefix: str) -> str:
    return f"int32_t {prefix}_class(const {prefix}_readout *readout)"


def _answer(graph: Graph) -> str:
    """Say in words what the answers are."""
    readout, name = graph.readout, graph.read.name
    since = f" from step {readout.skip} on" if readout.skip else ""
    if readout.kind == "first":
        return f"the first step{since} in which a neuron of {name} emits anything but 0, else the number of steps"
    what = f"{readout.node or 'what is emitted'} of {name}"
    over = {"last": f"the last {what}", "maximum": f"the largest {what}{since}"}
    return over.get(readout.over if readout.node else "", f"the sum of {what}{since}")


def _taken(graph: Graph) -> list[str]:
    """Return what is done with a neuron's word."""
    readout, skip = graph.readout, graph.readout.skip
    if readout.kind == "first":  # a neuron that has not fired answers the number of steps
        return [
            f"if (readout->answers[n] == at && (word == 0 || at < {skip})) {{",
            "    readout->answers[n]++;",
            "}",
        ]
    done = "readout->answers[n] += word;"
    if readout.kind == "node" and readout.over == "last":
        done = "readout->answers[n] = word;"
    if readout.kind == "node" and readout.over == "maximum":
        condition = f"at == {skip} || (at > {skip} && word > readout->answers[n])"
        return [f"if ({condition}) {{", "    readout->answers[n] = word;", "}"]
    return [f"if (at >= {skip}) {{", f"    {done}", "}"]


def _best(graph: Graph, loop: str) -> list[str]:
    sign = "<" if graph.readout.kind == "first" else ">"
    return [
        "int32_t n, best = 0;",
        loop,
        f"    if (readout->answers[n] {sign} readout->answers[best]) {{",
        "        best = n;",
        "    }",
        "}",
        "return best;",
    ]


def _vote(many: int, loop: str) -> list[str]:
    """Return the comparison of means as quotients and remainders, which cannot leave 64 bits."""
    return [
        "int64_t quotient = 0, rest = 0, neurons = 1;",
        "int32_t c, n, best = 0;",
        f"for (c = 0; c < {many}; c++) {{",
        "    int64_t sum = 0, count = 0, whole, left;",
        *indented([loop, "    if (labels[n] == c) {", "        sum += readout->answers[n];", "        count++;"]),
        *indented(["    }", "}", "count = count == 0 ? 1 : count; /* nobody votes: 0 */"]),
        "    whole = sum / count;",
        "    left = sum % count;",
        "    if (left < 0) {",
        "        whole--;",
        "        left += count;",
        "    }",
        "    if (c == 0 || whole > quotient || (whole == quotient && left * neurons > rest * count)) {",
        "        best = c;",
        "        quotient = whole;",
        "        rest = left;",
        "        neurons = count;",
        "    }",
        "}",
        "return best;",
    ]
