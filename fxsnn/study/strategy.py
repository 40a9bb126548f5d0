"""Which points of a grid are tried: all, those that single-signal analysis leaves, or those a sampler asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

from fxsnn.errors import ConfigError
from fxsnn.exploration.candidate import Values
from fxsnn.exploration.point import Point, Value

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler

Name = Literal["grid", "paper", "narrow", "nsga2", "tpe", "random"]
NAMES: tuple[Name, ...] = get_args(Name)
SAMPLERS: tuple[Name, ...] = ("nsga2", "tpe", "random")
GENERATION = 16  # points that a sampler asks for at once, before it is told any of their results


class Strategy(Protocol):
    """What is still to be done, given what has been done."""

    @property
    def points(self) -> Sequence[Point[Any]]:
        """The points that there are so far, in order."""

    @property
    def axes(self) -> Mapping[str, Sequence[Value]]:
        """The values of each of their properties."""

    def against(self, accuracy: float) -> None:
        """Take what the float network reaches, before anything else is asked."""

    def pending(self, results: Mapping[str, Values]) -> list[Point[Any]]:
        """Return the points that are to be evaluated now, in order; none when the study is finished."""

    @property
    def total(self) -> int:
        """How many points there will be."""

    def done(self, results: Mapping[str, Values]) -> int:
        """Return how many of the total are done."""


class Every:
    """Each of these points, once."""

    def __init__(self, points: Sequence[Point[Any]], axes: Mapping[str, Sequence[Value]]) -> None:
        self.points, self.axes = tuple(points), axes

    def against(self, accuracy: float) -> None:
        """Need nothing of it."""

    @property
    def total(self) -> int:
        """How many points there are."""
        return len(self.points)

    def pending(self, results: Mapping[str, Values]) -> list[Point[Any]]:
        """Return the points without a result."""
        return [point for point in self.points if point.name not in results]

    def done(self, results: Mapping[str, Values]) -> int:
        """Return how many points have a result."""
        return sum(point.name in results for point in self.points)


class Sampled(Every):
    """What a sampler asks for, in generations.

    A generation depends on the seed and on the results of those before it, whatever the order in which
    these came: every machine that computes it finds the same. A point that is asked for again counts again, but
    its result is known.
    """

    def __init__(
        self, points: Sequence[Point[Any]], axes: Mapping[str, Sequence[Value]], name: Name, trials: int, seed: int
    ):
        import optuna

        super().__init__(points, axes)
        self._places = {tuple(point.values.values()): point for point in points}
        self._distributions: dict[str, BaseDistribution] = {
            axis: optuna.distributions.CategoricalDistribution(tuple(values)) for axis, values in axes.items()
        }
        self._trials = trials
        # in memory: the study that is kept holds results, this one is what the sampler learns from
        self._study: Study = optuna.create_study(directions=("maximize", "minimize"), sampler=_sampler(name, seed))
        self._asked: list[tuple[int, Point[Any]]] = []  # the generation that waits for results
        self._given = 0

    @property
    def total(self) -> int:
        """How many points are asked for."""
        return self._trials

    def pending(self, results: Mapping[str, Values]) -> list[Point[Any]]:
        """Return the points of the present generation without a result."""
        while all(point.name in results for _, point in self._asked):
            for number, point in self._asked:
                self._study.tell(number, results[point.name])
            self._given += len(self._asked)
            size = min(GENERATION, self._trials - self._given)
            if size == 0:
                self._asked = []
                return []
            self._asked = [self._ask() for _ in range(size)]
        wanted = {point.name: point for _, point in self._asked if point.name not in results}
        return list(wanted.values())

    def done(self, results: Mapping[str, Values]) -> int:
        """Return how many of the points asked for have a result."""
        return self._given + sum(point.name in results for _, point in self._asked)

    def _ask(self) -> tuple[int, Point[Any]]:
        trial = self._study.ask(self._distributions)
        return trial.number, self._places[tuple(trial.params[axis] for axis in self.axes)]


def check_strategy(name: str, trials: int, significance: object) -> Name:
    """Refuse a strategy that does not exist or misses what it needs."""
    if name not in NAMES:
        raise ConfigError(f"the strategy must be one of {', '.join(NAMES)}, not {name!r}")
    if name in SAMPLERS and trials < 1:
        raise ConfigError(f"the strategy {name} must have --trials of 1 or more, not {trials}")
    if name not in SAMPLERS and trials:
        raise ConfigError(f"--trials must be given to a sampler ({', '.join(SAMPLERS)}), not to the strategy {name}")
    if (name == "paper") != (significance is not None):
        needed = "must have" if name == "paper" else "must not have"
        raise ConfigError(f"the strategy {name} {needed} --significance FILE")
    return next(known for known in NAMES if known == name)


def _sampler(name: Name, seed: int) -> BaseSampler:
    from optuna import samplers

    if name == "nsga2":
        return samplers.NSGAIISampler(population_size=GENERATION, seed=seed)
    if name == "tpe":
        return samplers.TPESampler(n_startup_trials=GENERATION, seed=seed)
    return samplers.RandomSampler(seed=seed)
