"""candidates.json: the same exploration, the same bytes; read back whole, or refused in one line."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from command_line import skip_without_jit, small_splits
from fxsnn.competitive.learn import random_network, respond
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.ranges import profile
from fxsnn.competitive.watching import reference
from fxsnn.data.encode import RateCoding, encode
from fxsnn.digits.bench import Task, explore
from fxsnn.digits.grid import Grid, make_points
from fxsnn.errors import FileError, FxsnnError
from fxsnn.exploration.candidate import Candidate
from fxsnn.exploration.candidates import MACRO, Exploration, gather, load_exploration, to_json
from fxsnn.exploration.pareto import Reward, front, select
from fxsnn.exploration.selection import choose
from fxsnn.measure.memory import baseline
from fxsnn.measure.score import Score, cross_validate
from fxsnn.measure.ties import pack
from strategies import examples

skip_without_jit()


GRID = Grid(
    weight=("UQ0.8", "UQ0.2"), state_bits=(4, 0), weight_rounding=("SR",), state_rounding=("RN",), fold=(False,)
)


@pytest.fixture(scope="module")
def measured() -> tuple[Score, list[Candidate[Plan]]]:
    digits, network = small_splits().labelling, random_network(784, 4)
    spikes = encode(digits.images, RateCoding(steps=20))
    points = make_points(GRID, profile(network, spikes))
    responses = respond(network, spikes)
    task = Task(spikes, digits.labels, float_net=reference(network, spikes, responses))
    return cross_validate(responses, digits.labels, 4), explore(network, points, task)


@pytest.fixture
def exploration(measured: tuple[Score, list[Candidate[Plan]]]) -> Exploration:
    return gather("12 small images", *measured)


@pytest.fixture
def content(exploration: Exploration) -> dict[str, Any]:
    held = json.loads(to_json(exploration))
    assert isinstance(held, dict)
    return held


def loaded(folder: Path, content: object) -> Exploration:
    (folder / "candidates.json").write_text(json.dumps(content))
    return load_exploration(folder / "candidates.json")


def test_an_entry_says_all_that_was_found(
    measured: tuple[Score, list[Candidate[Plan]]], exploration: Exploration
) -> None:
    _, candidates = measured
    for entry, candidate in zip(exploration.entries, candidates, strict=True):
        assert entry.name == candidate.name
        assert (entry.scheme, entry.weight_rounding, entry.state_rounding) == ("PTQ", "stochastic", "nearest-up")
        assert entry.correct / entry.images == entry.accuracy == candidate.accuracy
        assert entry.interval == tuple(round(bound, 6) for bound in candidate.score.interval)
        assert entry.bits == candidate.bits
        assert entry.allocated_bits == candidate.memory.allocated(MACRO)
        assert entry.saving == round(baseline(candidate.memory).bits / candidate.bits, 4)
        assert entry.right == pack(candidate.score.right)
        assert entry.firing == candidate.firing is not None
    assert [n for n, entry in enumerate(exploration.entries) if entry.on_front] == sorted(front(candidates))


def test_the_baseline_is_the_float_network_in_words_of_32_bits(
    measured: tuple[Score, list[Candidate[Plan]]], exploration: Exploration
) -> None:
    float_score, candidates = measured
    assert exploration.baseline.accuracy == float_score.accuracy
    assert exploration.baseline.bits == max(baseline(candidate.memory).bits for candidate in candidates)


def test_what_is_written_is_read_back(
    measured: tuple[Score, list[Candidate[Plan]]], exploration: Exploration, tmp_path: Path
) -> None:
    path = tmp_path / "candidates.json"
    path.write_bytes(to_json(exploration))
    held = load_exploration(path)
    assert (held.data, held.found, held.entries) == (exploration.data, exploration.found, exploration.entries)
    assert [held.plan_of(n) for n in range(4)] == [candidate.plan for candidate in measured[1]]
    assert to_json(held) == path.read_bytes()


def test_a_file_of_before_ties_and_firing_is_read(content: dict[str, Any], tmp_path: Path) -> None:
    del content["baseline"]["right"]
    for entry in content["candidates"]:
        del entry["right"], entry["firing"]
    held = loaded(tmp_path, content)
    assert held.found.right is None
    assert {(entry.right, entry.firing) for entry in held.entries} == {(None, None)}
    choice = choose(held, Reward(), 1.0)
    assert choice == select(held.entries, held.baseline, Reward(), 1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"right": "AA=="}, "what is right must be 12 bits in base64, not 'AA==' (4 letters)"),
        ({"right": "AAA="}, "the bits of what is right must be 5 ones"),
        ({"allocated_bits": 0}, f"accuracy must be 0 to 1 and bits 1 to {1 << 50:,}, not 0.5 and 0"),
        ({"firing": {}}, "Object missing required field `images`"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    content: dict[str, Any], tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    content["candidates"][0] |= {"correct": 5, "accuracy": 0.5, "right": None} | changes
    with pytest.raises(FileError) as error:
        loaded(tmp_path, content)
    assert message in str(error.value)


def test_watched_images_that_part_more_often_than_there_are_any_are_refused(
    content: dict[str, Any], tmp_path: Path
) -> None:
    content["candidates"][0]["firing"] |= {"watched": 3, "parted": 4}
    with pytest.raises(FileError, match="parted must be 0 to watched"):
        loaded(tmp_path, content)


def test_a_choice_is_told_where_there_is_one(exploration: Exploration, content: dict[str, Any]) -> None:
    assert "selection" not in content
    reward = Reward("multiplicative", 2.0)
    choice = select(exploration.entries, exploration.baseline, reward, 1.0)
    held = json.loads(to_json(exploration, choice, reward))
    assert held.pop("selection") == {
        "chosen": exploration.entries[choice.index].name,
        "reward": "multiplicative",
        "mu": 2.0,
        "reason": choice.reason,
    }
    assert held == content


def test_a_file_that_counted_memory_otherwise_is_refused(content: dict[str, Any], tmp_path: Path) -> None:
    content["schema"] = 1
    with pytest.raises(FileError) as error:
        loaded(tmp_path, content)
    path = str(tmp_path / "candidates.json")
    assert str(error.value) == (
        f"candidates must be of schema 2, whose memory is counted as now, {path!r} is of 1; "
        "run fxsnn explore or demo again"
    )


BITS = "accuracy must be 0 to 1 and bits 1 to 1,125,899,906,842,624, not "


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("schema",), 3, "Invalid enum value 3 - at `$.schema`"),
        (("candidates",), {}, "Expected `array`, got `object` - at `$.candidates`"),
        (("baseline", "bits"), 0, f"{BITS}0.5 and 0 - at `$.baseline`"),
        (("baseline", "accuracy"), 7.5, f"{BITS}7.5 and 10 - at `$.baseline`"),
        (("candidates", 1, "bits"), 10**30, f"{BITS}0.5 and {10**30:,} - at `$.candidates[1]`"),
        (("candidates", 1, "bits"), 1.5, "Expected `int`, got `float` - at `$.candidates[1].bits`"),
        (("candidates", 0, "accuracy"), -0.1, f"{BITS}-0.1 and 10 - at `$.candidates[0]`"),
        (("candidates", 0, "accuracy"), "high", "Expected `float`, got `str` - at `$.candidates[0].accuracy`"),
        (("candidates", 0, "name"), "\x1b[31m", "a name must be printable, not '\\x1b[31m' - at `$.candidates[0]`"),
        (("candidates", 0, "plan"), [], "Expected `object`, got `array` - at `$.candidates[0].plan`"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    content: dict[str, Any], tmp_path: Path, place: tuple[Any, ...], value: object, message: str
) -> None:
    for entry in (content["baseline"], *content["candidates"]):
        entry |= {"accuracy": 0.5, "bits": 10}
    inner: Any = content
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    with pytest.raises(FileError) as error:
        loaded(tmp_path, content)
    path = str(tmp_path / "candidates.json")
    assert str(error.value) == f"candidates must be what fxsnn explore wrote, {path!r} is not: {message}"


@pytest.mark.parametrize(
    "text", ["", "[", "[]", "null", "{}", "[" * 100_000, '{"tool": NaN}', "\x00", '{"a": "\udcff"}']
)
def test_what_is_no_candidates_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "candidates.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(FileError) as error:
        load_exploration(path)
    assert str(error.value).startswith(f"candidates must be what fxsnn explore wrote, {str(path)!r} is not: ")
    assert "\n" not in str(error.value)


@settings(max_examples=examples(50), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_damage_is_refused_or_harmless(exploration: Exploration, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(to_json(exploration))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "candidates.json"
    path.write_bytes(content)
    with contextlib.suppress(FxsnnError):  # and nothing else
        held = load_exploration(path)
        choice = select(held.entries, held.baseline, Reward("additive", 0.5), 1.0)
        held.plan_of(choice.index)


def test_a_candidate_without_a_usable_plan_is_named(content: dict[str, Any], tmp_path: Path) -> None:
    content["candidates"][0]["plan"]["weight"]["format"] = "Q0.0"
    held, name = loaded(tmp_path, content), content["candidates"][0]["name"]
    with pytest.raises(FileError) as error:
        held.plan_of(0)
    assert str(error.value) == f"candidate {name!r} must hold a plan: weight: word must be 1 to 63 bits, not 0"
