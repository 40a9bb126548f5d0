"""The file that exploration writes and selection reads: candidates.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from fxsnn.competitive.plan import Plan
from fxsnn.decolle.plan import DecollePlan
from fxsnn.errors import FileError, FxsnnError, as_given
from fxsnn.exploration.pareto import Baseline, Choice, Reward, front
from fxsnn.exploration.planned import Planned, facts_of, planned_from_data
from fxsnn.graph.plan import GraphPlan
from fxsnn.io.documents import fitted, parse_json
from fxsnn.io.files import read_bytes
from fxsnn.measure.firing import Firing
from fxsnn.measure.macro import MACROS
from fxsnn.measure.memory import baseline
from fxsnn.measure.score import Measured
from fxsnn.measure.ties import pack, unpack

if TYPE_CHECKING:
    from fxsnn.exploration.candidate import Candidate

SCHEMA = 2  # 1 counted memory otherwise
MOST_BITS = 1 << 50  # of a network's memory; more was not counted by fxsnn
MACRO = MACROS["ramb18"]
_KINDS: dict[type[Any], str] = {
    Plan: "a network that learns without labels",
    DecollePlan: "a network of layers",
    GraphPlan: "a network of populations",
}
PlanT = TypeVar("PlanT", Plan, DecollePlan, GraphPlan)


class Entry(msgspec.Struct, frozen=True):
    """A candidate as the file holds it. Accuracies are shares, memory is in bits."""

    name: str
    scheme: str
    weight_rounding: str
    state_rounding: str
    formats: dict[str, str]
    correct: int
    images: int
    accuracy: float
    interval: tuple[float, float]
    spikes_per_image: float | None  # of output neurons, where they are counted
    bits: int
    allocated_bits: int
    saving: float
    on_front: bool
    plan: dict[str, Any]
    right: str | None = None  # which images: one bit each, as `ties.pack` writes them
    firing: Firing | None = None  # against the float network
    overflows: dict[str, float] | None = None  # shares of a signal's casts, where they are above overflows.MOST

    def __post_init__(self) -> None:
        _check(self.accuracy, self.bits)
        _check(self.accuracy, self.allocated_bits)
        if self.right is not None and unpack(self.right, self.images).sum() != self.correct:
            raise ValueError(f"the bits of what is right must be {self.correct:,} ones")
        if not self.name.isprintable():
            raise ValueError(f"a name must be printable, not {self.name!r}")


class Found(msgspec.Struct, frozen=True):
    """The float network that candidates are compared with; its memory is counted with 32-bit words."""

    accuracy: float
    interval: tuple[float, float]
    bits: int
    spikes_per_image: float | None
    right: str | None = None  # as of an entry

    def __post_init__(self) -> None:
        _check(self.accuracy, self.bits)


class _File(msgspec.Struct, frozen=True):
    tool: str
    schema: Literal[2]
    data: str
    baseline: Found
    candidates: list[Entry]


@dataclass(frozen=True, slots=True, eq=False)
class Exploration:
    """What candidates.json holds."""

    data: str  # what was measured, in words
    found: Found
    entries: tuple[Entry, ...]

    @property
    def baseline(self) -> Baseline:
        """The float network as rewards take it."""
        return Baseline(self.found.accuracy, self.found.bits)

    def plan_of(self, index: int) -> Planned:
        """Return the plan of one candidate."""
        try:
            return planned_from_data(self.entries[index].plan)
        except FxsnnError as error:
            raise FileError(f"candidate {self.entries[index].name!r} must hold a plan: {error}") from None

    def plan_as(self, index: int, kind: type[PlanT]) -> PlanT:
        """Return the plan of one candidate, which must be of this kind of network; FileError if it is of another."""
        plan = self.plan_of(index)
        if not isinstance(plan, kind):
            wanted, given = _KINDS[kind], _KINDS[type(plan)].replace("a network that", "one that").rpartition(" of ")[2]
            raise FileError(f"candidate {self.entries[index].name!r} must be of {wanted}, not of {given}")
        return plan


def gather(data: str, float_score: Measured, candidates: Sequence[Candidate[Any]]) -> Exploration:
    """Return the exploration's result; `data` says in words what was measured."""
    largest = max(baseline(candidate.memory).bits for candidate in candidates)
    return assemble(data, found_of(float_score, largest), [entry_of(candidate) for candidate in candidates])


def assemble(data: str, found: Found, entries: Sequence[Entry]) -> Exploration:
    """Return the exploration of these entries, of which those on the Pareto front are marked."""
    kept = set(front(entries))
    return Exploration(
        data, found, tuple(msgspec.structs.replace(entry, on_front=n in kept) for n, entry in enumerate(entries))
    )


def found_of(float_score: Measured, bits: int) -> Found:
    """Return the float network's entry; `bits` is its memory with 32-bit words."""
    return Found(
        float_score.accuracy,
        _rounded(float_score.interval),
        bits,
        _spikes(float_score),
        pack(float_score.right),
    )


def entry_of(candidate: Candidate[Any]) -> Entry:
    """Return a candidate's entry; whether it is on the front is known only among others."""
    plan, score = facts_of(candidate.plan), candidate.score
    return Entry(
        name=candidate.name,
        scheme=candidate.scheme,
        weight_rounding=plan.weight_rounding,
        state_rounding=plan.state_rounding,
        formats=plan.formats,
        correct=score.correct,
        images=score.images,
        accuracy=score.accuracy,
        interval=_rounded(score.interval),
        spikes_per_image=_spikes(score),
        bits=candidate.bits,
        allocated_bits=candidate.memory.allocated(MACRO),
        saving=round(baseline(candidate.memory).bits / candidate.bits, 4),
        on_front=False,
        plan=plan.data,
        right=pack(score.right),
        firing=candidate.firing,
        overflows=None if candidate.overflows is None else dict(candidate.overflows),
    )


def to_json(exploration: Exploration, choice: Choice | None = None, reward: Reward | None = None) -> bytes:
    """Return the file's bytes: the same exploration, the same bytes."""
    content: dict[str, Any] = {
        "tool": f"fxsnn {version('fxsnn')}",
        "schema": SCHEMA,
        "data": exploration.data,
        "baseline": msgspec.to_builtins(exploration.found),
        "candidates": [msgspec.to_builtins(entry) for entry in exploration.entries],
    }
    if choice and reward:
        content["selection"] = {
            "chosen": exploration.entries[choice.index].name,
            "reward": reward.form,
            "mu": reward.mu,
            "reason": choice.reason,
        }
    return (json.dumps(content, indent=1) + "\n").encode("ascii")


def load_exploration(path: Path) -> Exploration:
    """Read candidates.json; raises FileError, one line, for anything else."""
    must = f"candidates must be what fxsnn explore wrote, {str(path)!r} is not"
    data = parse_json(read_bytes(path, "candidates"), must)
    _refuse_old(data, path)
    content = fitted(data, _File, must)
    return Exploration(content.data, content.baseline, tuple(content.candidates))


def _refuse_old(data: Any, path: Path) -> None:
    """Refuse a file whose memory was counted otherwise: its bits would not be those of any command of today."""
    schema = data.get("schema") if isinstance(data, dict) else None
    if isinstance(schema, int) and 0 < schema < SCHEMA:
        raise FileError(
            f"candidates must be of schema {SCHEMA}, whose memory is counted as now, {str(path)!r} is of {schema}; run "
            "fxsnn explore or demo again"
        )


def _check(accuracy: float, bits: int) -> None:
    if not 0 <= accuracy <= 1 or not 1 <= bits <= MOST_BITS:
        raise ValueError(f"accuracy must be 0 to 1 and bits 1 to {MOST_BITS:,}, not {as_given(accuracy)} and {bits:,}")


def _spikes(score: Measured) -> float | None:
    return None if score.spikes_per_image is None else round(score.spikes_per_image, 3)


def _rounded(interval: tuple[float, float]) -> tuple[float, float]:
    return round(interval[0], 6), round(interval[1], 6)
