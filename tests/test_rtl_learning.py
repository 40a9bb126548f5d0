"""The reference RTL of learning, simulated, equals the kernels and the slow reference; and its bench can fail."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, reject, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from command_line import in_plain_python, long_but, long_with_jit
from fxsnn.competitive.learn import Learning, random_network
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan, parse_plan
from fxsnn.data.encode import RateCoding
from fxsnn.errors import ConfigError, WidthError
from fxsnn.golden.learning import make_learning_bundle
from learning_faults import CONFIGURATIONS, FAULTS
from reference import lfsr_bits
from simulate import needs_icarus, needs_verilator, simulate
from strategies import compiled_examples
from test_itq import blanks, learning_plans, lessons, reference, rules
from test_learn import some_images

GOLDEN = Path(__file__).parent.parent / "golden"
Words = dict[str, list[int]]


def compared(manifest: dict[str, Any]) -> int:
    """Return how many words the bench must compare: those of all nodes."""
    return sum(int(np.prod(entry["shape"])) for entry in manifest["files"] if entry["role"] == "node")


def written(folder: Path, manifest: dict[str, Any]) -> Words:
    """Return the lines of a bundle's files as numbers."""
    return {
        entry["name"]: [int(x, 16) for x in (folder / entry["file"]).read_text().splitlines() if x[0] != "/"]
        for entry in manifest["files"]
    }


def flat(rows: list[list[int]]) -> list[int]:
    return [word for row in rows for word in row]


def register(taps: tuple[int, ...], seed: int, shifts: int) -> int:
    """Return what a register holds after some shifts: the last bits that entered it."""
    state = seed
    for bit in islice(lfsr_bits(taps, seed), shifts):
        state = (state << 1 | bit) & ((1 << taps[0]) - 1)
    return state


def slow_words(network: Network, images: NDArray[np.uint8], learning: Learning, plan: Plan) -> Words:
    """Return what the slow reference makes of every image, by the names of a bundle's files; registers by image."""
    learner = reference(network, learning, plan)
    theta_mask = (1 << plan["theta"].format.word) - 1

    def now() -> Words:
        return {
            "learned": flat(learner.learned),
            "weights": flat(learner.layer.weights),
            "sum": [sum(row[n] for row in learner.layer.weights) for n in range(len(learner.theta))],
            "learned_theta": list(learner.theta),
            "theta": [word & theta_mask for word in learner.layer.theta],
        }

    words = {f"first_{name}": found for name, found in now().items()}
    registers = {"update": learner.updates, "fade": learner.fades, "fold": learner.folds}
    seeds = dict(zip(registers, learner.rule.seeds, strict=True))
    for raster, rate in lessons(network, images, learning, plan):
        spikes = learner.present(raster, rate)
        after = now() | {"spike": [sum(bit << n for n, bit in enumerate(step)) for step in spikes], "rate": [rate]}
        after |= {"count": [sum(column) for column in zip(*spikes, strict=True)], "trace": list(learner.trace)}
        after |= {
            f"lfsr_{site}": [register(plan.lfsr.taps, seeds[site], draws.taken)] for site, draws in registers.items()
        }
        for name, found in after.items():
            words.setdefault(name, []).extend(found)
    return words


@long_with_jit
@needs_icarus
@settings(max_examples=compiled_examples(8), deadline=None, suppress_health_check=list(HealthCheck))
@given(blanks(), rules(), learning_plans(), st.integers(2, 4))
def test_the_rtl_equals_the_kernels_and_the_slow_reference_for_any_configuration(
    tmp_path_factory: pytest.TempPathFactory, network: Network, learning: Learning, plan: Plan, count: int
) -> None:
    images, folder = some_images(count, len(network.weights)), tmp_path_factory.mktemp("rtl") / "set"
    try:
        manifest = make_learning_bundle(folder, network, images, learning, plan)
    except (ConfigError, WidthError):  # a constant that does not fit its format, a cast too wide
        reject()
    said = simulate(folder)
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout == f"PASS {compared(manifest)} words\n"
    event(f"spikes: {min(manifest['counts']['spikes'], 1)}, update: {learning.update}")
    found, steps = written(folder, manifest), network.coding.steps
    for name, words in slow_words(network, images, learning, plan).items():
        if name.startswith("lfsr_"):
            if name in found:
                assert found[name][steps :: steps + 1] == words, name
        else:
            assert found[name] == words, name


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The bundles in which faults are looked for."""
    folder = tmp_path_factory.mktemp("bundles")
    for name, arguments in CONFIGURATIONS.items():
        make_learning_bundle(folder / name, *arguments())
    return {name: folder / name for name in CONFIGURATIONS}


def test_the_committed_bundle_of_learning_is_made_again_byte_for_byte(bundles: dict[str, Path]) -> None:
    made, kept = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (bundles["by chance"], GOLDEN / "learning_by_chance")
    )
    assert made == kept


@needs_icarus
@in_plain_python
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_rtl_plays_what_faults_are_looked_for_in(name: str, bundles: dict[str, Path]) -> None:
    manifest = json.loads((bundles[name] / "manifest.json").read_bytes())
    said = simulate(bundles[name])
    assert (said.returncode, said.stdout, said.stderr) == (0, f"PASS {compared(manifest)} words\n", "")
    assert manifest["counts"]["spikes"] > 10
    assert manifest["counts"]["weights_changed"] > 10


@needs_icarus
@in_plain_python
@pytest.mark.parametrize("fault", long_but(4, *FAULTS))
def test_a_fault_in_the_rtl_is_found(fault: str, bundles: dict[str, Path], tmp_path: Path) -> None:
    where, changes = FAULTS[fault]
    folder = tmp_path / "set"
    shutil.copytree(bundles[where], folder)
    for file, right, wrong in changes:
        text = (folder / "rtl" / file).read_text()
        assert text.count(right) == 1
        (folder / "rtl" / file).write_text(text.replace(right, wrong))
    said = simulate(folder)
    assert said.returncode == 1, said.stdout + said.stderr
    assert re.match(r"FAIL \w+\.mem word \d+, .*: expected [0-9a-f]+, got [0-9a-fxX]+\n", said.stdout)


AT_63_BITS = """
weight = { format = "UQ1.0" }
accumulator = { format = "UQ3.0" }
membrane = { format = "UQ3.0" }
theta = { format = "UQ3.0" }
threshold = { format = "UQ1.0" }
inhibition = { format = "UQ1.0" }
leak = { kind = "none" }
[learning]
weight = { format = "UQ1.0", rounding = "stochastic" }
rate = { format = "UQ0.30" }
constants = { format = "UQ0.31" }
theta = { format = "UQ1.0" }
"""


@needs_icarus
@in_plain_python
def test_a_draw_that_would_leave_the_widest_word_is_added(tmp_path: Path) -> None:
    """The update is almost 4 units of 61 fractional bits: one that adds the whole draw to it is negative."""
    learning = Learning(rate=0.99, slowing=0.0, offset=0.0, softness=0.0, theta_plus=0.0, target=0.0, norm=2.0)
    network = replace(random_network(2, 2), weights=np.ones((2, 2)), threshold=1.0, winner="none", inhibition=0.0)
    network = replace(network, coding=RateCoding(steps=3, peak=1.0))
    images = np.full((4, 2), 255, np.uint8)
    manifest = make_learning_bundle(tmp_path / "set", network, images, learning, parse_plan(AT_63_BITS))
    assert manifest["counts"]["spikes"] == 4 * 3 * 2
    assert simulate(tmp_path / "set").stdout == f"PASS {compared(manifest)} words\n"


@needs_icarus
@in_plain_python
def test_a_word_that_is_flipped_or_missing_is_found(bundles: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(bundles["by chance"], tmp_path / "set")
    path = tmp_path / "set" / "learned.mem"
    lines = path.read_text().splitlines()
    flipped = f"{int(lines[-1], 16) ^ 1:0{len(lines[-1])}x}"
    last = len(lines) - 4  # behind three lines of comment
    path.write_text("\n".join([*lines[:-1], flipped]) + "\n")
    said = simulate(tmp_path / "set")
    assert said.returncode == 1
    assert f"FAIL learned.mem word {last} was altered: its digit 2 is off by " in said.stdout
    assert f"FAIL learned.mem word {last}, after image 3: expected" in said.stdout
    path.write_text("\n".join(lines[:-1]) + "\n")
    said = simulate(tmp_path / "set")
    assert said.returncode == 2
    assert said.stdout.splitlines()[0] == f"FAIL learned.mem must hold {last + 1} words, not {last}"


@needs_icarus
@in_plain_python
@pytest.mark.parametrize("name", long_but(1, *CONFIGURATIONS))
def test_one_altered_digit_in_any_file_is_named(name: str, bundles: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "set"
    shutil.copytree(bundles[name], folder)
    draws, expected = random.Random(5), set()
    for entry in json.loads((folder / "manifest.json").read_bytes())["files"]:
        path = folder / entry["file"]
        lines = path.read_text().splitlines()
        word, bit = draws.randrange(entry["lines"]), draws.randrange(entry["line_bits"])
        lines[3 + word] = f"{int(lines[3 + word], 16) ^ (1 << bit):0{len(lines[3 + word])}x}"
        path.write_text("\n".join(lines) + "\n")
        digit = len(lines[3 + word]) - bit // 4
        expected.add(f"FAIL {entry['file']} word {word} was altered: its digit {digit} is off by ")
    said = simulate(folder)
    assert said.returncode == 1
    assert {re.sub(r"-?\d+$", "", line) for line in said.stdout.splitlines() if "was altered" in line} == expected


@needs_icarus
@in_plain_python
@pytest.mark.parametrize("name", long_but(1, *CONFIGURATIONS))
def test_a_constant_that_is_not_what_the_bench_is_configured_for_is_named(
    name: str, bundles: dict[str, Path], tmp_path: Path
) -> None:
    """Also where the sums over a file's digits, which the bench holds too, would not tell."""
    folder, expected = tmp_path / "set", set()
    shutil.copytree(bundles[name], folder)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for entry in manifest["files"]:
        if entry["role"] == "constant" and entry["shape"] == [1]:
            path = folder / entry["file"]
            *head, line = path.read_text().splitlines()
            word = int(line, 16)
            path.write_text("\n".join([*head, f"{word ^ 1:0{len(line)}x}"]) + "\n")
            expected.add(f"FAIL {entry['file']}: the bench is configured for {word:x}, the file holds {word ^ 1:x}")
    said = simulate(folder)
    assert said.returncode == 1
    assert {line for line in said.stdout.splitlines() if "is configured for" in line} == expected


@pytest.mark.long
@needs_verilator
@in_plain_python
def test_verilator_agrees_with_icarus(bundles: dict[str, Path]) -> None:
    manifest = json.loads((bundles["by chance"] / "manifest.json").read_bytes())
    said = simulate(bundles["by chance"], "verilator")
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.splitlines()[0] == f"PASS {compared(manifest)} words"


def files_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def test_a_bundle_is_made_again_byte_for_byte(bundles: dict[str, Path], tmp_path: Path) -> None:
    for name, arguments in CONFIGURATIONS.items():
        make_learning_bundle(tmp_path / name, *arguments())
        assert dict(files_in(tmp_path / name)) == dict(files_in(bundles[name]))


def test_what_cannot_learn_makes_no_bundle(tmp_path: Path) -> None:
    network, images, learning, plan = CONFIGURATIONS["by chance"]()
    with pytest.raises(ConfigError, match=r"^a plan must have a learning table to learn in integers, not none$"):
        make_learning_bundle(tmp_path / "set", network, images, learning, replace(plan, learning=None))
    short = replace(network, coding=RateCoding(steps=1))
    with pytest.raises(ConfigError, match=r"^there must be an image to learn from, not none$"):
        make_learning_bundle(tmp_path / "set", short, images[:0], learning, plan)
    assert list(tmp_path.iterdir()) == []
