"""`fxsnn report`: from candidates, or one plan, to the page; everything in it is measured again."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fxsnn.engine.progress import Progress
from fxsnn.errors import ConfigError
from fxsnn.exploration.candidate import evaluate
from fxsnn.exploration.candidates import Exploration
from fxsnn.exploration.pareto import Choice
from fxsnn.exploration.point import Point
from fxsnn.exploration.selection import Criteria
from fxsnn.jobs.kinds import opened
from fxsnn.jobs.opened import Compared
from fxsnn.jobs.samples import Samples
from fxsnn.jobs.sources import Sources, check_same, only
from fxsnn.measure.score import Measured
from fxsnn.report import write_report
from fxsnn.report.compose import Outcome, shown_places
from fxsnn.significance import Significance

PTQ = "PTQ"


def report(
    asked: Samples,
    out: Path,
    sources: Sources,
    criteria: Criteria,
    command: str,
    workers: int,
    progress: Progress,
    passes: int | None,
) -> Outcome[Any, Any]:
    """Choose as `fxsnn select` does, measure on test images, recordings or the inputs, and write the report.

    The candidates may be one plan (.toml). A choice that learned on, or in integers, does so again unless its network
    is given.

    passes   that fxsnn explore took to train the choice, where it was; None: as many as it takes unasked

    Raises
    ------
    ConfigError, FileError
        The files are not of one network, or the samples are not those that the candidates were measured on.
    FindingError
        No candidate holds the floor or fits into the budget.
    """
    sources.check(out, *asked.read[1:])
    kind = opened(asked)
    swept = sources.swept(kind.digest)
    given, found = kind.compared(sources, partial(sources.read, criteria, kind.plan), workers, passes)
    if isinstance(given, tuple):
        exploration, choice = given
        entry = exploration.entries[choice.index]
        same = partial(check_same, exploration=exploration, about=found.about, what=kind.many)
        same(str(sources.network), exploration.found, found.score)
        _check_learned(found, entry.name, entry.scheme, kind.learned)
        scheme = PTQ if found.learned else entry.scheme
        point = Point(entry.name, scheme, {}, found.plan_of(exploration, choice.index))
        quantised = _quantised(found, point, progress)
        score = found.bench.measured(quantised, workers)
        name = str(sources.chosen_network) if found.learned else entry.name
        same(name, entry, score, learned="" if entry.scheme == PTQ else entry.name)
    else:
        point = Point(sources.candidates.stem, PTQ, {}, given)
        _check_learned(found, point.name, point.scheme, kind.learned)
        candidate = evaluate(found.bench, point, workers)
        exploration, choice = only(candidate, found.about, found.score)
        quantised, score = found.bench.quantised(point), candidate.score
    known = {"float": found.score, point.name: score} if found.test is found.bench else {}
    tests = measure_front(found, quantised, exploration, choice, workers, progress, known)
    return write_page(out, found, tests, quantised, exploration, choice, criteria, swept, command)


def _check_learned(found: Compared, name: str, scheme: str, how: str) -> None:
    if found.learned is not None and scheme == PTQ:
        raise ConfigError(f"a chosen network must be of a choice that {how}, {name} did not")


def _quantised(found: Compared, point: Point[Any], progress: Progress) -> Any:
    """Return the choice in integers, trained where no network of its own was given."""
    if point.scheme == PTQ:
        return (found.learned or found.bench).quantised(point)
    progress("train", 0, 1)
    quantised = found.bench.quantised(point)
    progress("train", 1, 1)
    return quantised


def measure_front(
    found: Compared,
    quantised: Any,
    exploration: Exploration,
    choice: Choice,
    workers: int,
    progress: Progress,
    known: Mapping[str, Measured] = MappingProxyType({}),
) -> dict[str, Measured]:
    """Measure the float network, the choice and what else of the front needs no training; return them by name.

    quantised    the choice in integers
    known        what is measured already
    """
    networks = {exploration.entries[choice.index].name: quantised}
    for n in shown_places(exploration, choice) if found.apart else ():
        entry = exploration.entries[n]
        if n != choice.index and entry.scheme == PTQ:
            point = Point(entry.name, PTQ, {}, found.plan_of(exploration, n))
            networks[entry.name] = found.bench.quantised(point)
    if not found.apart:
        progress("test", 0, len(networks))
    tests = dict(known) or {"float": found.test.float_classified(workers)}
    for n, (name, network) in enumerate(networks.items()):
        if name not in tests:
            tests[name] = found.test.measured(network, workers)
        progress("test", n + 1, len(networks))
    return tests


def write_page(
    out: Path,
    found: Compared,
    tests: Mapping[str, Measured],
    quantised: Any,
    exploration: Exploration,
    choice: Choice,
    criteria: Criteria,
    swept: Significance | None,
    command: str,
) -> Outcome[Any, Any]:
    """Write the page on what `measure_front` measured, and return what it is of."""
    by = criteria.reward, criteria.max_loss
    outcome = Outcome(exploration, choice, *by, tests, found.network, quantised, swept, found.apart)
    write_report(out, found.story(outcome, command))
    return outcome
