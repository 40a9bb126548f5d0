"""The main job from end to end: images, training, exploration, choice, golden vectors, report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from fxsnn.competitive.learn import Learning, random_network, train
from fxsnn.competitive.network import Network, save_network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import quantise
from fxsnn.data.encode import encode
from fxsnn.digits.bench import about, explore, measured_ranges, prepare
from fxsnn.digits.grid import Grid, make_points
from fxsnn.digits.groups import wide_of_images
from fxsnn.digits.splits import Splits, learned_digits, open_splits, part
from fxsnn.engine.progress import Progress
from fxsnn.errors import ConfigError, as_given
from fxsnn.exploration.candidate import Candidate
from fxsnn.exploration.candidates import Exploration, gather
from fxsnn.exploration.pareto import Choice, Reward
from fxsnn.exploration.selection import Criteria
from fxsnn.golden.make import make_bundle
from fxsnn.io.files import new_folder
from fxsnn.jobs.demo import write_choice, write_swept
from fxsnn.jobs.digits import compared_on, read_grid
from fxsnn.jobs.report import measure_front, write_page
from fxsnn.measure.score import Measured
from fxsnn.report.drawing import check_drawing
from fxsnn.significance import Significance

FOLDS = 4  # the fewest images that the demo's significance sweep takes

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
    tests: Mapping[str, Measured]
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
    learned, workers = learned_digits(splits), settings.workers
    with new_folder(out, "candidates.json") as place:
        network = _trained(splits, settings, progress)
        task, float_score = prepare(network, splits, workers)
        network = replace(network, labels=float_score.labels)
        save_network(network, place / "network.npz", learned)

        points = make_points(settings.grid, measured_ranges(network, splits))
        done = 0

        def report_done(_: Candidate[Plan]) -> None:
            nonlocal done
            done += 1
            progress("explore", done, len(points))

        candidates = explore(network, points, task, workers, report_done)
        exploration = gather(about(splits), float_score, candidates)
        criteria = Criteria(settings.reward, settings.max_loss, None)
        choice = write_choice(place, exploration, candidates, criteria)
        quantised = quantise(network, candidates[choice.index].plan)
        found = compared_on(splits, network, task, float_score, _facts(splits, settings))
        tests = measure_front(found, quantised, exploration, choice, workers, progress)
        swept = _swept(place, network, splits, settings, progress) if settings.significance_images else None
        images = encode(splits.test.images[: settings.golden_images], network.coding)
        manifest = make_bundle(place / "golden", quantised, images)
        progress("write", 1, 2)
        page = place / "report.html"
        write_page(page, found, tests, quantised, exploration, choice, criteria, swept, command)
        progress("write", 2, 2)
    return Result(exploration, choice, tests, sum(entry["lines"] for entry in manifest["files"]))


def _trained(splits: Splits, settings: Settings, progress: Progress) -> Network:
    blank = random_network(splits.training.images.shape[1], settings.neurons, settings.learning.seed)
    return train(blank, splits.training.images, settings.learning, partial(progress, "train"))


def _swept(place: Path, network: Network, splits: Splits, settings: Settings, progress: Progress) -> Significance:
    """Sweep the parameters on the first labelling images, and write significance.json."""
    images = min(settings.significance_images, len(splits.labelling))
    splits = replace(splits, labelling=part(splits.labelling, 0, images))
    wide = wide_of_images(network, splits, settings.grid.seed, settings.workers)
    return write_swept(place, wide, about(splits), settings.max_loss, settings.workers, progress)


def _facts(splits: Splits, settings: Settings) -> dict[str, str]:
    learning = settings.learning
    return {
        "learned from": f"{len(splits.training):,} images, {learning.passes} passes, no labels",
        "seeds": f"learning {learning.seed}, stochastic rounding {settings.grid.seed:#x}",
    }


def demo_job(
    out: Path,
    data: Path | None,
    mnist: bool,
    neurons: int,
    passes: int,
    seed: int,
    mu: float,
    max_loss: float,
    grid: Path | None,
    swept: int,
    workers: int,
    progress: Progress,
) -> Result:
    """Run the demo with the options of a command line."""
    settings = Settings(
        neurons=neurons,
        learning=Learning(passes=passes, seed=seed),
        grid=DEMO_GRID if grid is None else read_grid(grid),
        reward=Reward("additive", mu),
        max_loss=max_loss,
        workers=workers,
        significance_images=swept,
    )
    command = f"fxsnn demo --neurons {neurons} --passes {passes} --seed {seed}"
    command += f" --mu {as_given(mu)} --max-loss {as_given(max_loss)}"
    command += f" --grid {grid.name}" if grid else ""
    if swept != Settings().significance_images:
        command += f" --sweep {swept}"
    command += " --mnist" if mnist or data is not None else ""
    return run_demo(out, open_splits(data, mnist), settings, command, progress)
