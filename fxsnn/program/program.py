"""A neuron under formats, proved; and its casts as kernels take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fxsnn.errors import NeuronError
from fxsnn.kernels import rescale
from fxsnn.kernels.site import Site
from fxsnn.number.cast import rails
from fxsnn.number.format import WORD_MAX, Format, bits_of
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Signal
from fxsnn.program import operations as op
from fxsnn.program.bounds import Bounds
from fxsnn.program.neuron import BIT, Cast, Neuron
from fxsnn.program.wires import ANYWHERE, Arrival, Range, Wire

_KEPT = "0"  # a state that no text can name


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A neuron under formats: every operation with its bounds."""

    neuron: Neuron
    signals: Mapping[str, Signal]
    arrivals: Mapping[str, Arrival]
    numbers: Mapping[str, int]
    neurons: int
    lfsr_width: int
    wires: tuple[Wire, ...]  # of every operation
    reach: tuple[Range, ...]  # of every operation: ends of all that it computes on its way, a rounding's bias too

    def named(self, name: str) -> Wire:
        """Return the bounds of what a name stands for at the end of a step."""
        return self.wires[self.neuron.names[name]]

    def knowing(self, values: Mapping[str, Range]) -> Program:
        """Return the same with bounds that follow from the ends of constants' values, not of their formats."""
        given = self.neuron, self.signals, self.arrivals, self.neurons
        return bind(*given, numbers=self.numbers, lfsr_width=self.lfsr_width, values=values)

    def keeping(self, name: str, called: str = _KEPT) -> tuple[Program, str]:
        """Return the same where a state is the value of a name after the step, and that state, `called` so if new.

        A state that is stored as it was computed is there already; any other value becomes a state that nobody reads.
        """
        neuron, ref = self.neuron, self.neuron.names[name]
        signal, stored = neuron.states.get(name, ("", -1))
        if stored == ref and signal != BIT and self.wires[ref].frac == self.signals[signal].format.frac:
            return self, name
        wire = self.wires[ref]
        bits = min(max(bits_of(wire.low, wire.high), 1), WORD_MAX)
        form = Format(bits, 0 if wire.frac == ANYWHERE else wire.frac)
        kept = replace(neuron, states={**neuron.states, called: (called, ref)})
        return replace(self, neuron=kept, signals={**self.signals, called: Signal(form)}), called

    @property
    def reached(self) -> Range:
        """The ends of all that is computed."""
        return min(0, *(low for low, _ in self.reach)), max(0, *(high for _, high in self.reach))

    def site(self, cast: Cast) -> Site:
        """Return a cast as kernels take it."""
        into, exact = self.signals[cast.signal], self.neuron.rounding(cast).a
        source = self.neuron.operations[exact]
        refs = (source.a, source.b) if isinstance(source, op.Add | op.Subtract) else (exact,)
        fracs = [self.wires[ref].frac for ref in refs]
        common = max(*fracs, into.format.frac)
        lefts = [common - frac if frac != ANYWHERE else 0 for frac in fracs]
        return site_of(lefts[0], lefts[1] if len(lefts) > 1 else 0, common - into.format.frac, into, self.lfsr_width)


def site_of(left: int, left_other: int, right: int, into: Signal, lfsr_width: int) -> Site:
    """Return the cast that brings operands to a common binary point by shifts and drops `right` bits of the result."""
    rounding, overflow = into.rounding.code, into.overflow
    draws = min(right, lfsr_width) if into.rounding is Rounding.STOCHASTIC else 0
    return Site(
        left, left_other, right, *rescale.biases(rounding, right), *rails(into.format, overflow), overflow.code, draws
    )


def bind(
    neuron: Neuron,
    signals: Mapping[str, Signal],
    arrivals: Mapping[str, Arrival],
    neurons: int,
    *,
    numbers: Mapping[str, int] | None = None,
    lfsr_width: int = 31,
    values: Mapping[str, Range] | None = None,
) -> Program:
    """Return the neuron under formats, proved.

    signals    format and modes of every signal of the neuron
    arrivals   what comes, by input
    neurons    of the population
    numbers    by name
    values     ends of what constants are, by name, where they are known; else all words of their formats

    Raises
    ------
    WidthError
        An exact intermediate could leave int64, a cast would drop more than 62 bits, or a state that is not cast does
        not provably fit its word; the message names the statement, its line, the formats and the bound.
    NeuronError
        A signal has no format.
    """
    _check_given(neuron, signals, arrivals, numbers or {})
    binder = Bounds(neuron, signals, arrivals, numbers or {}, neurons, values or {})
    for ref in range(len(neuron.operations)):
        binder.bound(ref)
    for name, (signal, ref) in neuron.states.items():
        binder.check_kept(name, signal, ref)
    return Program(
        neuron, binder.signals, arrivals, numbers or {}, neurons, lfsr_width, tuple(binder.wires), tuple(binder.reach)
    )


def _check_given(
    neuron: Neuron, signals: Mapping[str, Signal], arrivals: Mapping[str, Arrival], numbers: Mapping[str, int]
) -> None:
    wanted = ((neuron.signals, signals, "signal", "a format"), (neuron.inputs, arrivals, "input", "a projection"))
    for names, given, kind, what in (*wanted, (neuron.numbers, numbers, "number", "a value")):
        for name in names:
            if name not in given:
                raise NeuronError(f"{neuron.first(name)}: the {kind} {name} must be given {what}, which it is not")
