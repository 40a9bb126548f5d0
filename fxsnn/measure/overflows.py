"""Signals whose casts overflow so often that their formats do not suit the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MOST = 0.001  # of a signal's casts; as many as the cheaper proposal of `ranges` lets saturate
Overflows = Mapping[str, float]  # share of its casts, by signal and cast


def overflowing_in(counts: Mapping[str, Mapping[str, int]]) -> dict[str, float]:
    """Return the same of counts by cast."""
    return above({name: [found["casts"], found["overflows"]] for name, found in counts.items()})


def lines(found: Mapping[str, float]) -> list[str]:
    """Return what there is to say of one network, a line a signal."""
    return [f"{signal}: {_percent(share)} of the casts overflow its format" for signal, share in found.items()]


def lines_of_many(found: Iterable[tuple[str, Mapping[str, float]]]) -> list[str]:
    """Return what there is to say of candidates, by name: a line a signal, with the largest share."""
    candidates = list(found)
    signals = dict.fromkeys(signal for _, shares in candidates for signal in shares)
    lines = []
    for signal in signals:
        of = [(shares[signal], name) for name, shares in candidates if signal in shares]
        share, name = max(of, key=lambda one: one[0])
        lines.append(
            f"{signal}: more than {_percent(MOST)} of the casts overflow its format in {len(of):,} of "
            f"{len(candidates):,} candidates, most in {name}: {_percent(share)}"
        )
    return lines


def above(counts: Mapping[str, list[int]]) -> dict[str, float]:
    """Return the share of casts that overflow where it is above MOST, of [casts, overflows] by signal and cast."""
    shares = {signal: overflows / max(1, casts) for signal, (casts, overflows) in counts.items()}
    return {signal: round(share, 6) for signal, share in shares.items() if share > MOST}


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
