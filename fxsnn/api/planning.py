"""A plan as a mapping: the format, rounding and overflow of every signal, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from os import PathLike
from pathlib import Path
from typing import Self

from fxsnn.errors import UnknownNameError
from fxsnn.graph.plan import GraphPlan, graph_plan_text, read_graph_plan, read_signal
from fxsnn.graph.population import Population
from fxsnn.io.files import check_output, write_text
from fxsnn.measure.ranges import integer_bits
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.signal import Signal

Said = Signal | Format | str
_FRACTIONAL = 8  # bits of a constant that nobody gives a format


class Plan(MutableMapping[str, Signal]):
    """What every signal of a network is in integers.

    A signal is written as a format, a rounding and an overflow, "Q6.6 floor saturate", the latter two nearest-even and
    saturate where they are left out. A name alone holds wherever a population or projection has that signal,
    `plan["hidden.membrane"]` for one of them.
    """

    def __init__(self, signals: Mapping[str, Said] | None = None, *, lfsr: Lfsr | None = None) -> None:
        """Hold these signals; raises ConfigError, which names the one that is none."""
        self.lfsr = lfsr or Lfsr()
        self._signals = dict[str, Signal]()
        for name, signal in (signals or {}).items():
            self[name] = signal

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a plan from a TOML file; raises FileError and ConfigError, which name the file."""
        file = Path(path)
        plan = read_graph_plan(file)
        return cls(plan.signals, lfsr=plan.lfsr)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the plan as TOML, which `load` reads; raises FileError."""
        check_output(Path(path))
        write_text(Path(path), graph_plan_text(self.held()))

    def held(self) -> GraphPlan:
        """Return the plan as a value that does not change any more."""
        return GraphPlan(dict(self._signals), self.lfsr)

    def __getitem__(self, name: str) -> Signal:
        """Return a signal; raises UnknownNameError, a KeyError, where the plan has none of this name."""
        if name not in self._signals:
            raise UnknownNameError(f"a signal must be one of {', '.join(self) or 'none'}, not {name!r}")
        return self._signals[name]

    def __setitem__(self, name: str, signal: Said) -> None:
        """Set a signal; raises ConfigError where it is none."""
        if isinstance(signal, Format):
            signal = Signal(signal)
        self._signals[name] = signal if isinstance(signal, Signal) else read_signal(signal, name)

    def __delitem__(self, name: str) -> None:
        """Forget a signal; raises as reading it does."""
        self[name]
        del self._signals[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._signals)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._signals)

    def __repr__(self) -> str:
        """Show the signals as people write them."""
        return f"Plan({ {name: str(signal) for name, signal in self.items()} })"


def formats_of_constants(populations: Iterable[Population], plan: Plan) -> dict[str, Format]:
    """Return formats that hold the constants in real numbers whose signals a plan lacks; not of states or casts."""
    bounds = dict[str, tuple[float, float]]()
    for one in populations:
        neuron = one.neuron
        others = {signal for signal, _ in neuron.states.values()} | {cast.signal for cast in neuron.casts}
        for name, signal in neuron.constants.items():
            given, known = one.constants[name], signal in plan or f"{one.name}.{signal}" in plan
            if given.form == "real" and not known and signal in neuron.signals and signal not in others:
                low, high = bounds.get(signal, (0.0, 0.0))
                bounds[signal] = min(low, float(given.values.min())), max(high, float(given.values.max()))
    found = {name: integer_bits(ends, exact=True) for name, ends in bounds.items()}
    return {name: Format(max(bits, 0) + _FRACTIONAL, _FRACTIONAL, signed) for name, (bits, signed) in found.items()}
