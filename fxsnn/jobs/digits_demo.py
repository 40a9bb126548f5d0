"""The main job from end to end: images, training, exploration, choice, golden vectors, report."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from fxsnn.competitive.learn import Learning, random_network, train
from fxsnn.competitive.network import Network, save_network
from fxsnn.competitive.plan import Plan, plan_text
from fxsnn.competitive.quantised import quantise
from fxsnn.competitive.ranges import profile, spreads
from fxsnn.data.encode import encode
from fxsnn.digits.evaluate import explore
from fxsnn.digits.grid import Grid, make_points
from fxsnn.digits.groups import significance
from fxsnn.digits.splits import Splits, labelling_task, learned_digits, part
from fxsnn.digits.story import compose
from fxsnn.digits.task import PROFILED, about, measure_all, measured_ranges, prepare
from fxsnn.engine.progress import Progress
from fxsnn.errors import ConfigError
from fxsnn.exploration.candidate import Candidate
from fxsnn.exploration.candidates import Exploration, gather, to_json
from fxsnn.exploration.pareto import Choice, Reward
from fxsnn.exploration.selection import Criteria, choice_text, choose
from fxsnn.golden.make import make_bundle
from fxsnn.io.files import new_folder
from fxsnn.measure.score import Score
from fxsnn.report import write_report
from fxsnn.report.compose import Outcome, shown_places
from fxsnn.report.drawing import check_drawing
from fxsnn.significance import Significance
from fxsnn.significance import to_json as significance_json

LONGEST, FOLDS = 8, 4  # bits of the words in the demo's significance sweep, and the fewest images it takes

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
    significance_images: int = 500  # labelling images of the sweep in the report; 0: no sweep

    def __post_init__(self) -> None:
        if self.significance_images and not self.significance_images >= FOLDS:
            raise ConfigError(
                f"significance must be swept on {FOLDS} or more images, or 0, not {self.significance_images}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What a demo run found; `tests` maps names to scores on images that nothing was chosen by."""

    exploration: Exploration
    choice: Choice
    tests: dict[str, Score]
    golden_words: int


def run_demo(out: Path, splits: Splits, settings: Settings, command: str, progress: Progress) -> Result:
    """Do the whole job and write its files into the folder `out`, which appears when all is done.

    Written: network.npz, candidates.json, chosen.toml, golden/, significance.json (where a sweep is asked
    for), report.html. `command` is named in the report. Choices are made on validation images; the test
    images are only reported on.

    Raises
    ------
    FxsnnError
        The folder cannot be used, or no candidate holds the accuracy floor.
    """
    check_drawing()
    learned = learned_digits(splits)
    with new_folder(out, "candidates.json") as place:
        network = _trained(splits, settings, progress)
        task, float_score = prepare(network, splits, settings.workers)
        network = replace(network, labels=float_score.labels)
        save_network(network, place / "network.npz", learned)

        points = make_points(settings.grid, measured_ranges(network, splits))
        done = 0

        def tell(_: Candidate[Plan]) -> None:
            nonlocal done
            done += 1
            progress("explore", done, len(points))

        candidates = explore(network, points, task, settings.workers, tell)
        exploration = gather(about(splits), float_score, candidates)
        asked = Criteria(settings.reward, settings.max_loss, None)
        choice = choose(exploration, asked.reward, asked.max_loss)
        (place / "candidates.json").write_bytes(to_json(exploration, choice, settings.reward))
        chosen = candidates[choice.index]
        (place / "chosen.toml").write_bytes((plan_text(chosen.plan) + choice_text(asked)).encode())

        networks = {}
        for n in shown_places(exploration, choice):
            networks[candidates[n].name] = quantise(network, candidates[n].plan)
        quantised = networks[chosen.name]
        tests = measure_all(network, networks, task, splits, settings.workers, progress)
        swept = _swept(place, network, splits, settings, progress) if settings.significance_images else None
        shown = encode(splits.test.images[: settings.golden_images], network.coding)
        manifest = make_bundle(place / "golden", quantised, shown)
        progress("write", 1, 2)
        outcome = Outcome(exploration, choice, settings.reward, settings.max_loss, tests, network, quantised, swept)
        write_report(place / "report.html", compose(outcome, splits, command, _facts(splits, settings)))
        progress("write", 2, 2)
    return Result(exploration, choice, tests, sum(entry["lines"] for entry in manifest["files"]))


def _trained(splits: Splits, settings: Settings, progress: Progress) -> Network:
    blank = random_network(splits.training.images.shape[1], settings.neurons, settings.learning.seed)
    return train(blank, splits.training.images, settings.learning, lambda done, total: progress("train", done, total))


def _swept(place: Path, network: Network, splits: Splits, settings: Settings, progress: Progress) -> Significance:
    """Sweep the parameters on the first labelling images, up to words of 8 bits, and write significance.json."""
    images = min(settings.significance_images, len(splits.labelling))
    splits = replace(splits, labelling=part(splits.labelling, 0, images))
    profiled = encode(splits.training.images[:PROFILED], network.coding)
    found = significance(
        network,
        profile(network, profiled),
        spreads(network, profiled),
        labelling_task(splits, network.coding),
        about(splits),
        hashlib.sha256((place / "network.npz").read_bytes()).hexdigest(),
        settings.max_loss,
        settings.grid.seed,
        settings.workers,
        lambda done, total: progress("sweep", done, total),
        LONGEST,
    )
    (place / "significance.json").write_bytes(significance_json(found))
    return found


def _facts(splits: Splits, settings: Settings) -> dict[str, str]:
    learning = settings.learning
    return {
        "learned from": f"{len(splits.training):,} images, {learning.passes} passes, no labels",
        "seeds": f"learning {learning.seed}, stochastic rounding {settings.grid.seed:#x}",
    }
