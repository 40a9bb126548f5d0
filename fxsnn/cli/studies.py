"""What `fxsnn explore` prints: the command that resumes its study, and what it found."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from fxsnn.cli.options import TIES, percent, spread, warn
from fxsnn.cli.tables import say, show, show_json, table
from fxsnn.engine.work import DEATHS
from fxsnn.errors import FindingError

NAMED = 3  # points that cannot run whose reasons are printed

if TYPE_CHECKING:
    from fxsnn.exploration.candidates import Exploration
    from fxsnn.study.session import Finished
    from fxsnn.study.storage import Place


@contextlib.contextmanager
def going_on(place: Place) -> Iterator[None]:
    """Print the command that resumes the study, where the block is interrupted or terminated."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        words = shlex.join(["fxsnn", *(word.replace(place.text, place.shown) for word in sys.argv[1:])])
        secret = "" if place.text == place.shown else ", its password in place of ***"
        typer.echo(f"fxsnn: interrupted; evaluated points are stored, resume with{secret}: {words}", err=True)
        raise


def show_finished(finished: Finished, out: Path, study: str, network: Path, as_json: bool) -> None:
    """Print the Pareto front of an exploration, what ties on it, and how much there was to do."""
    from fxsnn.data.learned import note
    from fxsnn.exploration.shortened import shortened
    from fxsnn.measure.overflows import lines_of_many

    found = shortened(finished.exploration)
    if as_json:
        show_json(_to_data(finished, out, study))
    else:
        _print(found, finished, out, study)
    if finished.aside or finished.unfit:
        why = list(finished.unfit[:NAMED])
        why += [f"{len(finished.unfit) - NAMED:,} more cannot run"] * (len(finished.unfit) > NAMED)
        why += [f"{DEATHS} workers died of each of {', '.join(finished.aside)}"] * bool(finished.aside)
        raise FindingError(f"every point must have a result, but {'; '.join(why)}; set aside")
    warn(*lines_of_many((entry.name, entry.overflows or {}) for entry in found.entries), note(network))


def _to_data(finished: Finished, out: Path, study: str) -> dict[str, Any]:
    """Return what an exploration found as plain data, with the candidates on the Pareto front."""
    import msgspec

    found = finished.exploration
    front = [msgspec.to_builtins(entry) for entry in found.entries if entry.on_front]
    for row in front:
        del row["right"], row["plan"]  # of use to `report` and `select` alone, which read them in the file
    reached = {"accuracy": found.found.accuracy, "interval": list(found.found.interval), "bits": found.found.bits}
    counts = {"candidates": len(found.entries), "evaluated": finished.evaluated, "set_aside": list(finished.aside)}
    return {"written": str(out), "study": study, "data": found.data, "float": reached, **counts, "front": front}


def _print(found: Exploration, finished: Finished, out: Path, study: str) -> None:
    """Print what an exploration found; candidates of long names by numbers, with a column for each signal."""
    from fxsnn.exploration.shortened import signals_apart
    from fxsnn.measure.ties import TEST, tie_lines, tied_with_smaller
    from fxsnn.number.modes import spelled_out

    front = [n for n, entry in enumerate(found.entries) if entry.on_front]
    ties = tied_with_smaller(found.entries, front)
    tied = TIES[: bool(ties)]
    apart = {} if found is finished.exploration else signals_apart(found, front)
    rows = table("on the Pareto front", *apart, ">accuracy", ">95 % interval", ">memory, bits", ">saving", *tied)
    for row, n in enumerate(front):
        entry = found.entries[n]
        rows.add_row(
            entry.name,
            *(words[row] for words in apart.values()),
            percent(entry.accuracy),
            spread(entry.interval),
            f"{entry.bits:,}",
            f"{entry.saving:.2f} x",
            *(found.entries[ties[n]].name if n in ties else "" for _ in tied),
        )
    show(rows)
    if roundings := spelled_out(found.entries[n].name for n in front):
        say(f"roundings in names: {roundings}")
    for line in tie_lines(found.entries, front):
        say(f"{line} ({TEST})")
    say(f"{out}: {len(found.entries)} candidates; float {percent(found.found.accuracy)}; {found.data}")
    if not (finished.evaluated or finished.aside or finished.unfit):
        say(f"{study}: nothing was left to evaluate")
