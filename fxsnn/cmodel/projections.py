"""What projections bring, as C: added to the sums of an input, or one active input after the other."""

from __future__ import annotations

import math
from collections.abc import Iterable

from fxsnn.cmodel.words import indented, kind, stored_format, table, times, width_for
from fxsnn.graph.connect import Projection, windows
from fxsnn.graph.engine import is_bits
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.program.wires import Wire

Functions = dict[str, list[str]]  # by name


def weights_table(network: QuantisedGraph, projection: Projection) -> list[str]:
    """Return the weights of a projection as a table."""
    words, form = network.weights[projection.name], network.signals[projection.name][projection.signal].format
    shape = f" {list(words.shape)}" if words.ndim else ""
    about = f"weights of {projection.name}{shape}, {form.describe()}"
    return table(f"weights_{projection.name}", stored_format(form), words.reshape(-1).tolist(), about)


def rows_of(network: QuantisedGraph, source: str) -> int:
    """Return of how many steps what a population or the input emits is kept."""
    return 1 + max((one.delay for one in network.graph.projections if one.source == source), default=0)


class Bringing:
    """A projection as C."""

    def __init__(self, network: QuantisedGraph, projection: Projection, wire: Wire) -> None:
        """Take a projection to an input at whose binary point `wire` words are to arrive, and within its ends."""
        self._network, self._projection, self._wire = network, projection, wire
        source, target = network.graph.shape_at(projection.source), network.graph[projection.target].shape
        self._shape, self._words, self._neurons = source, math.prod(source), math.prod(target)
        self._from = stored_format(network.formats[projection.source])
        self._width = width_for(wire.low, wire.high)
        self._kind = kind(self._width)
        left = wire.frac - network.frac(projection)
        self._left = left
        self._one = is_bits(network.formats[projection.source]) and left == 0  # what is active is 1

    @property
    def functions(self) -> Functions:
        """The function that adds to sums, and what it calls."""
        name, shape = self._projection.name, f"{self._projection.kind} of {list(self._shape)}"
        bodies = {"dense": self._dense, "conv": self._conv, "sum": self._pool, "average": self._pool}
        body = bodies.get(self._projection.kind, self._each_to_each)()
        return (self._most() if self._projection.kind == "maximum" else {}) | {
            f"bring_{name}": [
                f"/* {name}: {shape} to {self._neurons} neurons */",
                f"static void bring_{name}(const {self._from} *from, {self._kind} *sums)",
                *_block(body),
                "",
            ]
        }

    def one_by_one(self, call: str) -> tuple[Functions, list[str]]:
        """Return functions, and the lines that do a call, of a place for what arrives, for every active word of `from`.

        Neurons that it does not reach are brought 0; a maximum comes whole.
        """
        name = self._projection.name
        if self._projection.kind == "maximum":
            return self._most(), _loop("n", self._neurons, [call.format(self._placed(f"most_{name}(from, n)"))])
        inner = _loop("n", self._neurons, [call.format(f"word * reach_{name}(m, n)")])
        return self._reach(), _loop("m", self._words, self._active(inner, one=False))

    # what is added to sums

    def _active(self, body: list[str], *, one: bool, at: str = "m") -> list[str]:
        """Return what is done where a word is not 0; it is not named where it is known to be 1."""
        named = [] if one else [f"const {self._kind} word = {self._word(at)};"]
        return [f"if (from[{at}] != 0) {{", *indented([*named, *body]), "}"]

    def _word(self, at: str) -> str:
        return self._placed(f"from[{at}]")

    def _placed(self, text: str) -> str:
        """Return a word at the binary point of the sum."""
        return times(text, self._left, self._width)

    def _dense(self) -> list[str]:
        name = self._projection.name
        kept = stored_format(self._network.signals[name][self._projection.signal].format)
        adding = "row[n]" if self._one else "word * row[n]"
        row = f"const {kept} *row = &weights_{name}[m * {self._neurons}u];"
        inner = [row, *_loop("n", self._neurons, [f"sums[n] += {adding};"])]
        return _loop("m", self._words, self._active(inner, one=self._one))

    def _conv(self) -> list[str]:
        one, (rows, columns, channels) = self._projection, self._shape
        (down, across), (above, beside) = windows(one, self._shape), one.padding
        outputs = self._neurons // (down * across)
        inputs, group = channels // one.groups, outputs // one.groups
        weight = f"weights_{one.name}[((ky * {one.kernel[1]}u + kx) * {inputs}u + c % {inputs}u) * {outputs}u + o]"
        adding = weight if self._one else f"word * {weight}"
        add = [
            f"const size_t first = c / {inputs}u * {group}u;",
            f"for (size_t o = first; o < first + {group}u; o++) {{",
            f"    sums[(oy * {across}u + ox) * {outputs}u + o] += {adding};",
            "}",
        ]
        inside = [
            "/* what lies outside has wrapped round to a large number */",
            f"const size_t y = oy * {one.steps[0]}u + ky - {above}u;",
            f"const size_t x = ox * {one.steps[1]}u + kx - {beside}u;",
            f"const size_t m = (y * {columns}u + x) * {channels}u + c;",
            f"if (y < {rows}u && x < {columns}u && from[m] != 0) {{",
            *indented([*([] if self._one else [f"const {self._kind} word = {self._word('m')};"]), *add]),
            "}",
        ]
        return _loops({"oy": down, "ox": across, "ky": one.kernel[0], "kx": one.kernel[1], "c": channels}, inside)

    def _pool(self) -> list[str]:
        one, (down, across), channels = self._projection, windows(self._projection, self._shape), self._shape[2]
        weight = f" * weights_{one.name}[0]" if one.weighed else ""
        body = [
            f"{self._kind} total = 0;",
            *_loops({"ky": one.kernel[0], "kx": one.kernel[1]}, [f"total += from[{self._under()}];"]),
            f"sums[(oy * {across}u + ox) * {channels}u + c] += {self._placed('total' + weight)};",
        ]
        return _loops({"oy": down, "ox": across, "c": channels}, body)

    def _each_to_each(self) -> list[str]:
        one = self._projection
        match one.kind:
            case "maximum":
                word = self._placed(f"most_{one.name}(from, n)")
            case "scale":
                word = f"{self._word('n')} * {self._scale()}"
            case _:
                word = self._word("n")
        return _loop("n", self._neurons, [f"sums[n] += {word};"])

    def _under(self) -> str:
        """Return the place of a word under a window of a map."""
        (step_down, step_across), (_, columns, channels) = self._projection.steps, self._shape
        return f"((oy * {step_down}u + ky) * {columns}u + ox * {step_across}u + kx) * {channels}u + c"

    def _scale(self) -> str:
        many = self._network.weights[self._projection.name].size
        at = "0" if many == 1 else "n" if many == self._neurons else f"n % {many}u"
        return f"weights_{self._projection.name}[{at}]"

    def _most(self) -> Functions:
        one, (_, across), channels = self._projection, windows(self._projection, self._shape), self._shape[2]
        search = [
            f"const {self._kind} word = from[{self._under()}];",
            "most = word > most ? word : most;",
        ]
        body = [
            f"const size_t oy = n / {across * channels}u, ox = n / {channels}u % {across}u, c = n % {channels}u;",
            f"{self._kind} most = from[{self._under().replace(' + ky', '').replace(' + kx', '')}];",
            *_loops({"ky": one.kernel[0], "kx": one.kernel[1]}, search),
            "return most;",
        ]
        head = f"static {self._kind} most_{one.name}(const {self._from} *from, size_t n)"
        return {f"most_{one.name}": [f"/* the largest word under window n of {one.name} */", head, *_block(body), ""]}

    # what an active word brings to a neuron

    def _reach(self) -> Functions:
        one, name = self._projection, self._projection.name
        match one.kind:
            case "dense":
                body = [f"return weights_{name}[m * {self._neurons}u + n];"]
            case "identity":
                body = ["return m == n ? 1 : 0;"]
            case "scale":
                body = [f"return m == n ? {self._scale()} : 0;"]
            case _:
                body = self._reach_of_windows()
        head = f"static {self._kind} reach_{name}(size_t m, size_t n)"
        about = f"/* by what a word m of {one.source} comes to neuron n, by {name} */"
        return {f"reach_{name}": [about, head, *_block(body), ""]}

    def _reach_of_windows(self) -> list[str]:
        one, (_, columns, channels) = self._projection, self._shape
        down, across = windows(one, self._shape)
        outputs = self._neurons // (down * across)
        inputs, group = channels // one.groups, outputs // one.groups
        weight, same = "1", "c == o"
        if one.kind == "conv":
            weight = f"weights_{one.name}[((ky * {one.kernel[1]}u + kx) * {inputs}u + c % {inputs}u) * {outputs}u + o]"
            same = f"c / {inputs}u == o / {group}u"
        elif one.weighed:
            weight = f"weights_{one.name}[0]"
        return [
            f"const size_t c = m % {channels}u, o = n % {outputs}u;",
            "/* what lies outside the kernel has wrapped round to a large number */",
            f"const size_t oy = n / {across * outputs}u, ox = n / {outputs}u % {across}u;",
            f"const size_t ky = m / {columns * channels}u + {one.padding[0]}u - oy * {one.steps[0]}u;",
            f"const size_t kx = m / {channels}u % {columns}u + {one.padding[1]}u - ox * {one.steps[1]}u;",
            f"return ky < {one.kernel[0]}u && kx < {one.kernel[1]}u && {same} ? {weight} : 0;",
        ]


def _block(body: Iterable[str]) -> list[str]:
    return ["{", *indented(body), "}"]


def _loop(name: str, count: int, body: list[str]) -> list[str]:
    return [f"for (size_t {name} = 0; {name} < {count}u; {name}++) {{", *indented(body), "}"]


def _loops(counts: dict[str, int], body: list[str]) -> list[str]:
    """Return loops within each other, the first outermost."""
    for name, count in reversed(counts.items()):
        body = _loop(name, count, body)
    return body
