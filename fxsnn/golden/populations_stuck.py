"""Find bits of a stored state that never change: a wire that is cut, a register with fewer bits than its word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from fxsnn.golden.populations_mutant import changed
from fxsnn.golden.populations_mutate import NetworkMutation
from fxsnn.golden.populations_play import Theatre
from fxsnn.golden.populations_target import Target, fitted
from fxsnn.number.format import Format
from fxsnn.program.mutate_guards import stored
from fxsnn.program.variant import Make


def stuck(theatre: Theatre, targets: Sequence[Target], names: Sequence[str]) -> Iterator[NetworkMutation]:
    """Yield bits of states that are stored as 0 or as 1, and high bits that are not stored, as dumped words suggest.

    The first step in which dumped words of a state differ says which bits: those of all its words that do.
    """
    for target in targets:
        program = theatre.network.programs.get(target.population)
        if program is None or target.population not in names or target.name not in program.neuron.states:
            continue
        form = program.signals[program.neuron.states[target.name][0]].format
        line = max(one.line for one in program.neuron.statements if one.name == target.name)
        called = f"{theatre.called(target.population)}line {line}, {target.name}: "
        for fault, make in _suspected(target, form):
            apply = changed("variants", target.population, partial(stored, name=target.name, make=make))
            yield NetworkMutation(f"{called}{fault}", "", target.population, apply)


def _suspected(target: Target, form: Format) -> Iterator[tuple[str, Make]]:
    wrong = target.wrong(target.expected) & target.defined
    steps = np.flatnonzero(wrong.any(axis=(0, 2)))
    if not len(steps):
        return
    here = wrong[:, steps[0]]
    mask = (1 << form.word) - 1
    got, wanted = target.words[:, steps[0]][here] & mask, target.expected[:, steps[0]][here] & mask
    differ = int(np.bitwise_or.reduce(got ^ wanted))
    bit = differ.bit_length() - 1
    if differ == 1 << bit:
        for value in (0, 1):
            if ((got >> bit) & 1 == value).all():
                yield f"bit {bit} stored as {value}", _with(form, differ, value << bit)
    kept = (differ & -differ).bit_length() - 1  # all bits above these may be missing
    if kept:
        yield f"only its {kept} lowest bits stored", lambda x: fitted(x & ((1 << kept) - 1), form)


def _with(form: Format, bits: int, value: int) -> Make:
    """Return what stores some bits as they are in a value."""
    return lambda x: fitted((x & ~bits) | value, form)
