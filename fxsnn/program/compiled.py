"""From a neuron under formats to its compiled step: the source in a file, and the data that a plan stands for.

The source is stored beside the machine code, named by its digest, where a person can open it.
"""

from __future__ import annotations

import functools
import hashlib
import linecache
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.frozen import freeze
from fxsnn.io.files import write_text
from fxsnn.kernels._jit import CACHE_FOLDER
from fxsnn.kernels.called import address
from fxsnn.kernels.site import Site
from fxsnn.number.modes import Overflow
from fxsnn.program import operations as op
from fxsnn.program.emit import Emitted, emit, fixed
from fxsnn.program.emit_source import Structure, Word
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program
from fxsnn.program.variant import Variant
from fxsnn.program.vector import Player

_HEADER = '''"""Emitted from {name}."""
import numpy as np
from numpy import add, int16, int32, int64, left_shift, multiply, right_shift, subtract
from fxsnn.kernels import cast
from fxsnn.kernels._jit import jit
from fxsnn.kernels.draws import Drawn, fill_draws
from fxsnn.kernels.lfsr import draw
from fxsnn.kernels.rescale import draw_bias, drop, limit
'''
_WORDS: dict[int, type[np.signedinteger[Any]]] = {16: np.int16, 32: np.int32, 64: np.int64}
_LOADING = threading.Lock()
Array = NDArray[np.integer[Any]]
Constants = Mapping[str, int | list[int] | NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A neuron's step as a kernel, and its data under a plan."""

    name: str
    emitted: Emitted
    words: NDArray[np.int64]
    fixed: NDArray[Any]  # int16 | int32 | int64 [rows, neurons]
    fracs: tuple[int, ...]  # fractional bits of its rows
    word: type[np.signedinteger[Any]]  # of all that the step keeps
    draws: bool

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def step(self) -> Callable[..., None]:
        """The step alone."""
        return _step(self.name, self.emitted.source)

    def called(self, out: Array, weights: Array, indices: Array, inputs: int = 1) -> Any:
        """Return the step as kernels take it that call it with such arrays.

        inputs    how many the sums are of, where they are not of one
        """
        types = self.word, out.dtype, weights.dtype, indices.dtype
        return _called(self.name, self.emitted.source, types, several=inputs > 1, draws=self.draws)

    def room(self) -> NDArray[Any]:
        """Return what the step keeps, at rest: int[rows, neurons]."""
        return np.zeros((self.emitted.kept, self.fixed.shape[1]), self.word)

    def draw_room(self) -> NDArray[np.int64] | None:
        """Return room for draws, int64[streams, neurons], or nothing where no cast draws."""
        return np.zeros((self.emitted.streams, self.fixed.shape[1]), np.int64) if self.draws else None


def compiled(program: Program, constants: Constants, nonzero: frozenset[str] = frozenset()) -> Compiled:
    """Return a program's step as a kernel with its data.

    constants    raw words by name: one for all neurons, or int64[neurons]
    nonzero      states that may begin with something else than 0
    """
    neuron = program.neuron
    zeros = frozenset(name for name in neuron.constants if isinstance(constants[name], int) and constants[name] == 0)
    arrays = frozenset(name for name in neuron.constants if not isinstance(constants[name], int))
    sites = {cast.round: program.site(cast) for cast in neuron.casts}
    drawing = [neuron.operations[ref] for ref, site in sites.items() if site.draw_bits]
    guarded = [isinstance(cast, op.Round) and cast.guard is not None for cast in drawing]
    structure = Structure(
        neuron,
        zeros,
        arrays,
        bits=_bits(program, sites.values()),
        saturates=all(site.overflow == Overflow.SATURATE.code for site in sites.values()),
        draws=not all(guarded),
        guarded_draws=any(guarded),
        nonzero=nonzero,
    )
    emitted = _emitted(structure)
    known = _known(program, constants, emitted.operations)
    words = np.array([_word(word, program, known, sites) for word in emitted.words], dtype=np.int64)
    word = _WORDS[structure.bits]
    words = np.clip(words, np.iinfo(word).min, np.iinfo(word).max)  # rails beyond are never met
    rows = [np.broadcast_to(known[ref], program.neurons) for ref in emitted.rows]
    own = np.stack(rows).astype(word) if rows else np.zeros((0, program.neurons), word)
    fracs = tuple(program.wires[ref].frac for ref in emitted.rows)
    return Compiled(neuron.title, emitted, words, own, fracs, word, bool(drawing))


def _bits(program: Program, sites: Iterable[Site]) -> int:
    """Return the bits of the narrowest words in which the step can be computed.

    Fewer than 64 hold every word and intermediate, and every cast saturates and rounds by a bias alone.
    """
    low, high = program.reached
    bounds = [(low, high), (-program.neurons, program.neurons), *((wire.low, wire.high) for wire in program.wires)]
    bounds += [(signal.format.lowest, signal.format.highest) for signal in program.signals.values()]
    shifts = [*program.numbers.values(), *(site.right for site in sites)]
    if all(
        site.overflow == Overflow.SATURATE.code and site.draw_bits == site.if_negative == site.if_odd == 0
        for site in sites
    ):
        for bits in (16, 32):
            most = 1 << bits - 1
            if all(-most <= low and high < most for low, high in bounds) and all(shift < bits for shift in shifts):
                return bits
    return 64


_emitted = functools.lru_cache(maxsize=1024)(emit)


@functools.lru_cache(maxsize=1024)
def _step(name: str, source: str) -> Callable[..., Any]:
    """Return a step that is compiled when it is called, or when its address is asked for."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    module = _loaded(f"fxsnn_{name}_{digest}", f"{_HEADER.format(name=name)}\n\n{source}")
    found: Callable[..., Any] = module.step
    return found


@functools.lru_cache(maxsize=1024)
def _called(name: str, source: str, types: tuple[Any, Any, Any, Any], *, several: bool, draws: bool) -> Any:
    """Return the step for arrays of these types: of what it keeps, of what it emits, of weights, of indices."""
    word, out, weights, indices = types
    rows, numbers = np.zeros((0, 0), word), np.zeros(0, np.int64)
    return address(
        _step(name, source),
        sums=rows if several else np.zeros(0, word),
        kept=rows,
        fixed=rows,
        out=np.zeros(0, out),
        words=numbers,
        registers=numbers,
        taps=numbers,
        draws=np.zeros((0, 0), np.int64) if draws else None,
        weights=np.zeros((0, 0), weights),
        indices=np.zeros(0, indices),
        start=0,
        stop=0,
    )


def _loaded(title: str, text: str) -> ModuleType:
    """Return a module made of a text, which is written to a file beside the machine code where there is a place.

    It is made once, and never freed: addresses of its step are in use, by several threads.
    """
    with _LOADING:
        if title not in sys.modules:
            _load(title, text)
        return sys.modules[title]


def _load(title: str, text: str) -> None:
    path = Path(CACHE_FOLDER or "<emitted>") / f"{title}.py"
    if not CACHE_FOLDER:
        linecache.cache[str(path)] = len(text), None, text.splitlines(keepends=True), str(path)
    elif not path.exists():  # machine code knows its source by the time of the file
        write_text(path, text)
    module = ModuleType(title)
    module.__file__ = str(path)
    sys.modules[title] = module  # where numba looks for what a kernel names
    try:
        exec(compile(text, str(path), "exec"), module.__dict__)  # noqa: S102  (emitted by this package)
    except BaseException:
        del sys.modules[title]
        raise


def _known(program: Program, constants: Constants, operations: Mapping[Ref, op.Operation]) -> dict[Ref, Array]:
    """Return what follows from constants alone, int64[1 or neurons], at the binary points that bounds give.

    operations    those that are left
    """
    alone = {ref: operations[ref] for ref in fixed(operations)}
    words = {name: np.atleast_1d(np.asarray(constants[name], np.int64)) for name in program.neuron.constants}
    player = Player(Variant(program, alone, {ref: float(ref) for ref in alone}, {}, {}, -1), words, 1)
    found = dict[Ref, Array]()
    for ref, (made,) in player.step({}).items():
        found[ref] = made << program.wires[ref].frac - player.fracs[ref] if made.any() else made
    return found


def _word(word: Word, program: Program, known: Mapping[Ref, Array], sites: Mapping[Ref, Site]) -> int:
    """Return what a plan and constants make of a word that a source names."""
    kind, refs, signal = word
    wires = program.wires
    match kind:
        case "fixed":
            return int(known[refs[0]].item())
        case "left" | "whole":
            whole = kind == "whole"
            at = [wires[ref].frac for ref in (refs if whole else refs[1:])]
            at += [program.signals[signal].format.frac] if signal else []
            return max(at) - (0 if whole else wires[refs[0]].frac)
        case "product":
            return wires[refs[0]].frac - sum(wires[ref].frac for ref in refs[1:])
    return int(getattr(sites[refs[0]], kind))
