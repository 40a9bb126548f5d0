"""The main job from end to end: digits, training, exploration, choice, golden vectors, report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from fxsnn import emulate, learn
from fxsnn.candidates import MACRO, Exploration, gather, to_json
from fxsnn.cast import to_float
from fxsnn.data.digits import Digits
from fxsnn.encode import Spikes, encode
from fxsnn.explore import Candidate, Task, explore
from fxsnn.files import new_folder
from fxsnn.firing import reference
from fxsnn.golden.make import make_bundle
from fxsnn.grid import Grid, make_points
from fxsnn.learn import Learning, random_network, record, train
from fxsnn.memory import memory_to_data
from fxsnn.network import Network, save_network
from fxsnn.pareto import Choice, Reward, percent
from fxsnn.plan import Plan, plan_text
from fxsnn.quantise import QuantisedNetwork, quantise
from fxsnn.ranges import Ranges, profile
from fxsnn.report import Story, write_report
from fxsnn.score import Score, cross_validate, score
from fxsnn.selection import choose
from fxsnn.splits import Splits
from fxsnn.ties import tied_with_smaller

_UNTOLD = ("plan", "correct", "images", "right", "firing")
PROFILED = 64  # images whose signals' ranges are looked at

# decay is 1 - 2**-5: the leak by shift is exact and needs no multiplier
DEMO_GRID = Grid(weight=("UQ0.8", "UQ0.4", "UQ0.3", "UQ0.2", "UQ0.1"), state_bits=(4, 2, 0), leak=("shift 5",))


@dataclass(frozen=True, slots=True)
class Settings:
    """What a demo run may be asked to change; the defaults are the published ones."""

    neurons: int = 400
    learning: Learning = Learning(passes=5)  # noqa: RUF009  (frozen)
    grid: Grid = DEMO_GRID
    reward: Reward = Reward("additive", 0.5)  # noqa: RUF009  (frozen)
    max_loss: float = 0.01
    workers: int = 1
    golden_images: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What a demo run found; `tests` maps names to scores on digits that nothing was chosen by."""

    exploration: Exploration
    choice: Choice
    tests: dict[str, Score]
    golden_words: int


Progress = Callable[[str, int, int], None]  # stage, done, total


def run_demo(out: Path, splits: Splits, settings: Settings, command: str, progress: Progress) -> Result:
    """Do the whole job and write its files into the folder `out`, which appears when all is done.

    Written: network.npz, candidates.json, chosen.toml, golden/, report.html. `command` is told in the
    report. Choices are made on validation digits; the test digits are only reported on.

    Raises
    ------
    FxsnnError
        The folder cannot be used, or no candidate holds the accuracy floor.
    """
    with new_folder(out, "candidates.json") as place:
        network = _trained(splits, settings, progress)
        task, float_score = prepare(network, splits, settings.workers)
        network = replace(network, labels=float_score.labels)
        save_network(network, place / "network.npz")

        points = make_points(settings.grid, measured_ranges(network, splits))
        done = 0

        def tell(_: Candidate) -> None:
            nonlocal done
            done += 1
            progress("explore", done, len(points))

        candidates = explore(network, points, task, settings.workers, tell)
        exploration = gather(about(splits), float_score, candidates)
        choice = choose(exploration, settings.reward, settings.max_loss)
        (place / "candidates.json").write_bytes(to_json(exploration, choice, settings.reward))
        chosen = candidates[choice.index]
        (place / "chosen.toml").write_bytes(plan_text(chosen.plan).encode())

        plans = {point.name: point.plan for point in points}
        tests = _tested(network, splits, task, exploration, choice.index, plans, settings.workers, progress)
        quantised = quantise(network, chosen.plan)
        shown = encode(splits.test.images[: settings.golden_images], network.coding)
        manifest = make_bundle(place / "golden", quantised, shown)
        progress("write", 1, 2)
        facts = _facts(splits, network, settings, command)
        write_report(
            place / "report.html",
            _story(exploration, choice, tests, network, quantised, chosen, settings, facts, shown, splits),
        )
        progress("write", 2, 2)
    return Result(exploration, choice, tests, sum(entry["lines"] for entry in manifest["files"]))


def prepare(network: Network, splits: Splits, workers: int) -> tuple[Task, Score]:
    """Encode the digits that candidates are compared on, and cross-validate the float network on them."""
    spikes = encode(splits.labelling.images, network.coding)
    responses = learn.respond(network, spikes, workers)
    task = Task(spikes, splits.labelling.labels, float_net=reference(network, spikes, responses))
    return task, cross_validate(responses, task.labels, task.folds, task.rule)


def measured_ranges(network: Network, splits: Splits) -> Ranges:
    """Return how large each signal grows on the first training digits."""
    return profile(network, encode(splits.training.images[:PROFILED], network.coding))


def measure(network: Network | QuantisedNetwork, task: Task, test: Spikes, digits: Digits, workers: int) -> Score:
    """Label the neurons by all of the task's digits and measure on the test digits."""
    run = emulate.respond if isinstance(network, QuantisedNetwork) else learn.respond
    labelling, held_out = (run(network, spikes, workers) for spikes in (task.spikes, test))  # type: ignore[arg-type]
    return score(labelling, task.labels, held_out, digits.labels, task.rule)


def _trained(splits: Splits, settings: Settings, progress: Progress) -> Network:
    blank = random_network(splits.training.images.shape[1], settings.neurons, settings.learning.seed)
    return train(blank, splits.training.images, settings.learning, lambda done, total: progress("train", done, total))


def _tested(
    network: Network,
    splits: Splits,
    task: Task,
    exploration: Exploration,
    chosen: int,
    plans: dict[str, Plan],
    workers: int,
    progress: Progress,
) -> dict[str, Score]:
    """Measure the float network, the Pareto front and the choice on the test digits."""
    test = encode(splits.test.images, network.coding)
    names = [entry.name for n, entry in enumerate(exploration.entries) if entry.on_front or n == chosen]
    tests = {"float": measure(network, task, test, splits.test, workers)}
    for n, name in enumerate(names):
        tests[name] = measure(quantise(network, plans[name]), task, test, splits.test, workers)
        progress("test", n + 1, len(names))
    return tests


def about(splits: Splits) -> str:
    """Say in words on what and how accuracies are measured."""
    return f"{len(splits.labelling):,} training digits (of {splits.name}), by 4-fold cross-validation"


def _facts(splits: Splits, network: Network, settings: Settings, command: str) -> tuple[tuple[str, str], ...]:
    coding, learning = network.coding, settings.learning
    return (
        ("command", command),
        ("fxsnn", version("fxsnn")),
        ("digits", splits.name),
        ("learned from", f"{len(splits.training):,} digits, {learning.passes} passes, no labels"),
        ("chosen by", f"4-fold cross-validation on {len(splits.labelling):,} training digits"),
        ("reported on", f"{len(splits.test):,} test digits, used for nothing else"),
        ("network", f"{len(network.weights)} inputs, {len(network.theta)} neurons, winner takes all"),
        ("rate coding", f"{coding.steps} steps, at most {coding.peak:g} spikes a step, seed {coding.seed}"),
        ("seeds", f"learning {learning.seed}, stochastic rounding {settings.grid.seed:#x}"),
        ("reward", f"{settings.reward.form}, mu = {settings.reward.mu:g}, at most {percent(settings.max_loss)} lost"),
        ("block RAM", f"{MACRO.name}, arrays below {MACRO.registers_below} bits in registers"),
    )


def _story(
    exploration: Exploration,
    choice: Choice,
    tests: dict[str, Score],
    network: Network,
    quantised: QuantisedNetwork,
    chosen: Candidate,
    settings: Settings,
    facts: tuple[tuple[str, str], ...],
    shown: Spikes,
    splits: Splits,
) -> Story:
    floor = exploration.found.accuracy - settings.max_loss
    entries: list[dict[str, Any]] = []
    shown_rows = [n for n, entry in enumerate(exploration.entries) if entry.on_front or n == choice.index]
    ties = tied_with_smaller(exploration.entries, shown_rows)
    for n, entry in enumerate(exploration.entries):
        row = {name: getattr(entry, name) for name in entry.__struct_fields__ if name not in _UNTOLD}
        row |= {
            "reward": settings.reward.of(entry, exploration.baseline),
            "meets_floor": entry.accuracy >= floor - 1e-12,
            "chosen": n == choice.index,
            "ties_with": exploration.entries[ties[n]].name if n in ties else None,
        }
        entries.append(row | _test_of(tests, entry.name))
    found = exploration.found
    return Story(
        title="Fixed-point exploration of a spiking network",
        summary=choice.reason,
        facts=facts,
        baseline={"name": "float", "accuracy": found.accuracy, "interval": list(found.interval), "bits": found.bits}
        | _test_of(tests, "float"),
        candidates=tuple(entries),
        memory=memory_to_data(chosen.memory, MACRO),
        firing=chosen.firing,
        floor=floor,
        confusion=tests[chosen.name].confusion,
        weights_float=network.weights,
        weights_fixed=to_float(quantised.weights, quantised.plan.weight.format),
        traces=_traces(network, quantised, shown, int(splits.test.labels[0])),
    )


def _test_of(tests: dict[str, Score], name: str) -> dict[str, Any]:
    if name not in tests:
        return {}
    return {"test_accuracy": tests[name].accuracy, "test_interval": list(tests[name].interval)}


def _traces(network: Network, quantised: QuantisedNetwork, shown: Spikes, digit: int) -> dict[str, Any]:
    run, fixed = record(network, shown), emulate.emulate(quantised, shown)
    plan = quantised.plan
    membrane = plan.membrane.format
    threshold = to_float(quantised.threshold, plan.threshold.format)
    return {
        "input": shown.raster()[0],
        "float_membrane": run.before,
        "fixed_membrane": to_float(fixed.nodes["integrated"], membrane),
        "float_spikes": run.spikes,
        "fixed_spikes": fixed.nodes["spike"].astype(np.uint8),
        "threshold": network.threshold + network.theta,
        "fixed_threshold": threshold + to_float(quantised.theta, plan.theta.format),
        "lowest": float(membrane.value(membrane.lowest)),
        "highest": float(membrane.value(membrane.highest)),
        "digit": digit,
    }
