"""The jobs behind the command line: train, emulate, explore, select, memory, golden and demo, from files to files."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from command_line import Said, run, skip_without_jit, small_splits
from fxsnn.competitive.learn import Learning, random_network
from fxsnn.competitive.network import load_network, save_network
from fxsnn.competitive.plan import parse_plan, plan_from_data, plan_text
from fxsnn.digits.bench import IntegerLearner, evaluate, prepare
from fxsnn.digits.profiled import ANY, plan_in
from fxsnn.digits.splits import part
from fxsnn.exploration.candidates import Entry, entry_of, load_exploration
from fxsnn.exploration.point import Point
from fxsnn.measure.ties import pack, paired_difference, unpack

skip_without_jit()


GRID = """
weight = ["UQ0.8", "UQ0.2"]
state_bits = [4]
weight_rounding = ["RN"]
state_rounding = ["TR"]
leak = ["shift 5"]
fold = [true]
"""
PLAN = """
weight = { format = "UQ0.4" }
accumulator = { format = "UQ5.4" }
membrane = { format = "UQ6.4" }
theta = { format = "UQ2.4" }
threshold = { format = "UQ3.3" }
inhibition = { format = "UQ7.0" }
"""
DEMO = ["--neurons", "6", "--passes", "2", "--max-loss", "1", "--sweep", "0", "--workers", "1"]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fxsnn.jobs.digits.open_splits", lambda *_: small_splits())
    monkeypatch.setattr("fxsnn.jobs.digits_demo.open_splits", lambda *_: small_splits())
    monkeypatch.setattr("fxsnn.jobs.digits_training.open_splits", lambda *_: small_splits())


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return written(tmp_path / "plan.toml", PLAN)


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    return written(tmp_path / "grid.toml", GRID)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    save_network(random_network(784, 4), tmp_path / "net.npz")
    return tmp_path / "net.npz"


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def done(*words: object) -> Said:
    said = run(*words)
    assert said.status == 0, said.err
    return said


def contents(folder: Path, *, but: str = "") -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != but)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_jobs_follow_each_other_from_digits_to_checked_golden_vectors(tmp_path: Path, grid: Path) -> None:
    net, candidates, chosen, golden = (tmp_path / name for name in ("net.npz", "c.json", "chosen.toml", "golden"))
    said = done("train", "--neurons", "6", "--passes", "2", "--out", net)
    assert re.fullmatch(
        r"\S+net\.npz: 6 neurons that learned in float, test accuracy 100\.00 % \(95 % interval "
        r"61\.0-100\.0 %\) on 6 images, [\d.]+ spikes an image\n",
        said.out,
    )
    assert said.err.endswith("labelling (images): 1 of 1\n")
    assert set(load_network(net).labels.tolist()) == {-1, 0, 1, 2}

    said = done("explore", net, "--grid", grid, "--out", candidates)
    assert said.out.splitlines()[0].split() == [
        "on",
        "the",
        "Pareto",
        "front",
        "accuracy",
        "95",
        "%",
        "interval",
        "memory,",
        "bits",
        "saving",
    ]
    assert said.out.splitlines()[-1] == (
        f"{candidates}: 2 candidates; float 100.00 %; 12 training images (of 18 small images), "
        "by 4-fold cross-validation"
    )
    assert [entry.on_front for entry in load_exploration(candidates).entries] == [False, True]

    said = done("select", candidates, "--max-loss", "0", "--out", chosen)
    reason = "w2.2-RN-v10.4-TR-fold has the highest additive reward "
    assert said.out.startswith(reason)
    assert said.out.endswith(f"{chosen}: its plan\n")
    assert parse_plan(chosen.read_text())["weight"].format.word == 2

    said = done("emulate", net, chosen, "--workers", "2")
    assert said.out.splitlines()[0].startswith(
        "float: test accuracy 100.00 % (95 % interval 61.0-100.0 %) on 6 images, "
    )
    assert said.out.splitlines()[1].startswith(
        "fixed: test accuracy 100.00 % (95 % interval 61.0-100.0 %) on 6 images, "
    )
    assert [line.split()[0] for line in said.out.splitlines()[5:10]] == [
        "accumulate",
        "leak",
        "integrate",
        "reset",
        "inhibit",
    ]

    said = done("golden", "make", net, chosen, "--images", "2", "--out", golden)
    words = re.fullmatch(
        r"\S+golden: (\d+) files, ([\d,]+) words; inputs: \d+, steps of each: \d+; "
        r"[\d,]+ spikes, [\d,]+ overflows, [\d,]+ ties\n"
        r"\d+ corners of the arithmetic are reached, \d+ cannot be; the bench: sh \S+golden/run.sh\n",
        said.out,
    )
    assert words
    assert done("golden", "check", golden).out == f"{golden}: {words[2]} words in {words[1]} files agree\n"


@pytest.mark.long
def test_a_network_that_learned_in_integers_is_run_by_the_plan_beside_it(tmp_path: Path) -> None:
    net, plan, again = (tmp_path / name for name in ("net.npz", "net.toml", "again.npz"))
    said = done("train", "--neurons", "6", "--passes", "3", "--itq", "UQ0.3", "--out", net)
    first, second = said.out.splitlines()
    assert first.startswith(f"{net}: 6 neurons that learned in integers, test accuracy ")
    assert second == f"{plan}: its plan"
    learning = parse_plan(plan.read_text()).learning
    assert learning
    assert str(learning.weight) == "UQ0.5 stochastic saturate"
    assert set(np.unique(load_network(net).weights * 8)) <= set(range(8))
    accuracy = first.split("test accuracy ")[1].split(" (")[0]
    assert f"fixed: test accuracy {accuracy} " in done("emulate", net, plan).out

    done("train", "--neurons", "6", "--passes", "3", "--plan", plan, "--out", again)
    assert again.read_bytes() == net.read_bytes()
    assert names(tmp_path) == ["again.npz", "net.npz", "net.toml"]


@pytest.mark.long
def test_candidates_quantised_in_training_are_found_beside_the_others_and_can_be_trained_again(tmp_path: Path) -> None:
    net, candidates, chosen, again = (tmp_path / name for name in ("net.npz", "c.json", "chosen.toml", "again.npz"))
    done("train", "--neurons", "6", "--passes", "2", "--seed", "3", "--out", net)
    both = written(tmp_path / "both.toml", GRID.replace('"UQ0.8", "UQ0.2"', '"UQ0.3"') + 'scheme = ["PTQ", "ITQ"]\n')
    done("explore", net, "--grid", both, "--passes", "2", "--out", candidates)
    entries = load_exploration(candidates).entries
    assert [entry.scheme for entry in entries] == ["PTQ", "ITQ"]
    assert entries[1].name == f"{entries[0].name}-ITQ"
    assert entries[1].formats["learning weight"] == "UQ0.11 (u11)"  # rounded to nearest: 8 bits more than are read

    held = json.loads(candidates.read_bytes())
    held["candidates"] = held["candidates"][1:]
    written(candidates, json.dumps(held))
    done("select", candidates, "--max-loss", "1", "--out", chosen)
    done("train", "--neurons", "6", "--passes", "2", "--seed", "3", "--plan", chosen, "--out", again)
    learner = IntegerLearner(load_network(net), small_splits().training.images, Learning(passes=2, seed=3))
    expected = learner.train(parse_plan(chosen.read_text()))
    assert load_network(again).weights.tolist() == expected.weights.tolist()
    task, _ = prepare(load_network(net), small_splits(), 1)
    measured = evaluate(expected, Point("again", "PTQ", {}, parse_plan(chosen.read_text())), task)
    assert entry_of(measured).spikes_per_image == entries[1].spikes_per_image
    assert entry_of(measured).right == entries[1].right


def test_what_integers_cannot_learn_by_is_refused(tmp_path: Path, plan: Path) -> None:
    words = ["train", "--neurons", "2", "--out", tmp_path / "n.npz"]
    assert run(*words, "--plan", plan).complaint == ("a plan must have a learning table to learn in integers, not none")
    assert run(*words, "--plan", plan, "--itq", "UQ0.2").complaint == (
        "a network must learn by a plan or by a weight's format, not both"
    )
    assert run(*words, "--itq", "Q1.3").complaint == "a weight that learns must be unsigned, not Q1.3 (s4)"
    assert run(*words, "--itq", "UQ0.4", "--learned-bits", "3").complaint == (
        "learned weights must be as wide as the 4 bits read, not 3"
    )
    assert names(tmp_path) == ["plan.toml"]


@pytest.mark.long
def test_learning_is_written_as_golden_vectors(tmp_path: Path, plan: Path) -> None:
    out, words = tmp_path / "set", ["golden", "learn", "--images", "2", "--neurons", "2"]
    said = done(*words, "--itq", "UQ0.3", "--out", out)
    assert re.fullmatch(
        rf"{out}: 25 files, [\d,]+ words; \d+ spikes, [\d,]+ learned weights changed; the bench: sh {out}/run.sh\n",
        said.out,
    )
    manifest = json.loads((out / "manifest.json").read_bytes())
    assert manifest["configuration"]["plan"]["weight"]["format"] == "UQ0.3"
    assert manifest["configuration"]["steps"] == [100, 100]
    # the network that is written down is the one that `fxsnn train` makes of these images
    trained, splits = tmp_path / "net.npz", small_splits()
    first = part(splits.training, 0, 2)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("fxsnn.jobs.digits_training.open_splits", lambda *_: replace(splits, training=first))
        done("train", "--neurons", "2", "--itq", "UQ0.3", "--out", trained)
    last = [int(line, 16) for line in (out / "weights.mem").read_text().splitlines()[-784 * 2 :]]
    assert (load_network(trained).weights.reshape(-1) * 8).tolist() == last
    before = contents(out)
    done(*words, "--out", out)
    assert json.loads((out / "manifest.json").read_bytes())["configuration"]["plan"]["weight"]["format"] == "UQ0.4"
    assert contents(out) != before
    assert run(*words, "--plan", plan, "--out", out).complaint == (
        "a plan must have a learning table to learn in integers, not none"
    )
    assert run("golden", "check", out).complaint == (
        "manifest.json must be of schema 1 to 2, not 'learning 1': vectors of learning are played by their own bench, "
        "sh run.sh"
    )


@pytest.mark.long
def test_a_wrong_golden_word_is_a_finding_named_first(tmp_path: Path, network: Path, plan: Path) -> None:
    done("golden", "make", network, plan, "--out", tmp_path / "golden")
    path = tmp_path / "golden" / "membrane.mem"
    lines = path.read_text().splitlines()
    right = lines[3]
    lines[3] = "001" if right != "001" else "002"  # what the set says, and what is computed anew is as before
    path.write_text("\n".join(lines) + "\n")
    said = run("golden", "check", tmp_path / "golden")
    assert said.status == 1
    place = "presentation 0, step 0, neuron 0"
    assert said.out.startswith(f"membrane.mem word 0, {place}: expected {lines[3]} (raw ")
    assert f"), computed {right} (raw " in said.out.splitlines()[0]


@pytest.mark.long
def test_the_demo_writes_all_it_names_and_again_the_same(tmp_path: Path, grid: Path) -> None:
    out = tmp_path / "demo"
    said = done("demo", "--out", out, "--grid", grid, *DEMO)
    assert names(out) == ["candidates.json", "chosen.toml", "golden", "network.npz", "report.html"]
    lines = said.out.splitlines()
    assert lines[0].split() == [
        "network",
        "weights",
        "membrane",
        "leak",
        "accuracy",
        "95",
        "%",
        "interval",
        "test",
        "accuracy",
        "bits",
        "saving",
    ]
    assert lines[2].split()[-7:] == ["100.00", "%", "75.7-100.0", "100.00", "%", "152,022", "1.00", "x"][-7:]
    assert lines[3].endswith("<- chosen")
    assert lines[5] == (
        "Accuracy is measured on 12 training images (of 18 small images), by 4-fold cross-validation; "
        "test accuracy on 6 images that nothing was chosen by."
    )
    held = json.loads((out / "candidates.json").read_bytes())
    assert lines[6] == "Roundings in names: TR: floor, RN: nearest-up."
    assert lines[8] == held["selection"]["reason"]
    assert [line.split()[0] for line in lines[10:]] == [
        str(out / name) for name in ("report.html", "candidates.json", "chosen.toml", "golden", "network.npz")
    ]
    assert held["selection"] | {"reason": ""} == {
        "chosen": "w2.2-RN-v10.4-TR-fold",
        "reward": "additive",
        "mu": 0.5,
        "reason": "",
    }
    chosen = next(entry for entry in held["candidates"] if entry["name"] == held["selection"]["chosen"])
    assert plan_from_data(chosen["plan"]) == parse_plan((out / "chosen.toml").read_text())
    assert "fxsnn demo --neurons 6 --passes 2 --seed 0 --mu 0.5 --max-loss 1 --grid grid.toml --sweep 0" in (
        out / "report.html"
    ).read_text().replace("\u00a0", " ")
    done("golden", "check", out / "golden")

    before = contents(out)
    done("demo", "--out", out, "--grid", grid, *DEMO[:-1], "3")  # the former one is replaced
    assert contents(out) == before


@pytest.mark.long
def test_each_stage_of_the_demo_is_told(tmp_path: Path, grid: Path) -> None:
    told = done("demo", "--out", tmp_path / "demo", "--grid", grid, *DEMO).err.splitlines()
    assert told == [
        "training (images): 12 of 24",
        "training (images): 24 of 24",
        "exploring (candidates): 1 of 2",
        "exploring (candidates): 2 of 2",
        "testing (candidates): 1 of 1",
        "writing (golden set, report): 1 of 2",
        "writing (golden set, report): 2 of 2",
    ]


@pytest.mark.long
def test_a_demo_that_fails_at_its_end_leaves_what_was_there(
    tmp_path: Path, grid: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "demo"
    done("demo", "--out", out, "--grid", grid, *DEMO)
    before = contents(out)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fxsnn.jobs.report.write_report", stop)
    assert run("demo", "--out", out, "--grid", grid, *DEMO, "--seed", "1").status == 130
    assert contents(out) == before
    assert names(tmp_path) == ["demo", "grid.toml"]


def test_a_floor_that_nobody_holds_is_a_finding(tmp_path: Path, network: Path, grid: Path) -> None:
    done("explore", network, "--grid", grid, "--out", tmp_path / "c.json")
    held = json.loads((tmp_path / "c.json").read_bytes())
    held["baseline"]["accuracy"] = 1.0
    for entry in held["candidates"]:
        entry["accuracy"] = 0.5
    written(tmp_path / "c.json", json.dumps(held))
    said = run("select", tmp_path / "c.json", "--out", tmp_path / "chosen.toml")
    assert (said.status, said.out) == (1, "")
    assert said.err == (
        "fxsnn: a candidate must reach 99.00 % (the float network's 100.00 % less 1.00 %), "
        "but the best, w8.8-RN-v8.4-TR-fold, has 50.00 %\n"
    )
    assert not (tmp_path / "chosen.toml").exists()


def test_the_reward_and_mu_of_the_command_line_decide(tmp_path: Path, network: Path, grid: Path) -> None:
    done("explore", network, "--grid", grid, "--out", tmp_path / "c.json")
    words = ["select", tmp_path / "c.json", "--out", tmp_path / "p.toml", "--max-loss", "1"]
    assert " multiplicative reward (" in done(*words, "--reward", "multiplicative", "--mu", "10").out
    assert re.search(
        r" has the highest accuracy \(\d+\.\d\d %\) of the 2 of 2 candidates that stay within 100\.00 % of ",
        done(*words, "--mu", "0").out,
    )
    assert run(*words, "--reward", "best").complaint == "the reward must be additive or multiplicative, not 'best'"
    assert run(*words, "--mu", "inf").complaint == "mu must be 0 to 1e+06, not inf"


@pytest.fixture
def three(tmp_path: Path, network: Path, grid: Path) -> Path:
    """Give an exploration of three candidates whose right answers are made up: two tie, the smallest is far off."""
    grid.write_text(GRID.replace('["UQ0.8", "UQ0.2"]', '["UQ0.8", "UQ0.3", "UQ0.2"]'))
    done("explore", network, "--grid", grid, "--out", tmp_path / "c.json")
    held = json.loads((tmp_path / "c.json").read_bytes())
    for entry, right in zip((held["baseline"], *held["candidates"]), (52, 50, 49, 30), strict=True):
        marks = pack(np.arange(60) < right)
        entry |= {"accuracy": right / 60, "right": marks}
        if entry is not held["baseline"]:
            entry |= {"correct": right, "images": 60}
    return written(tmp_path / "c.json", json.dumps(held))


def test_the_most_accurate_within_a_budget_is_chosen(tmp_path: Path, three: Path) -> None:
    large, middle, small = load_exploration(three).entries
    baseline = load_exploration(three).baseline.bits
    words = ["select", three, "--out", tmp_path / "p.toml"]
    assert small.bits < 8_000 < middle.bits < 16_000 < large.bits
    said = done(*words, "--budget", "2KiB").out
    assert said.splitlines()[0] == (
        f"{middle.name} has the highest accuracy (81.67 %) of the 2 of 3 candidates that fit into 16,384 bits "
        f"(2.0 KiB): {baseline / middle.bits:.1f} times less memory, "
        "-5.00 points of accuracy. It misses the usual floor, 1.00 % below the "
        "float network: the budget costs accuracy. The choice is within noise of the float network "
        f"({against_float(three, middle)}). "
        f"{large.name} (83.33 %, {large.bits:,} bits) ties with it and is more accurate."
    )
    assert parse_plan((tmp_path / "p.toml").read_text())["weight"].format.word == 3
    assert done(*words, "--budget", "10,000 bits").out.startswith("w2.2-")
    assert done(*words, "--budget", "4 kB", "--max-loss", "0.04").out.startswith("w8.8-")
    # with a reward that is asked for, memory counts within the budget too
    assert done(*words, "--budget", "4 kB", "--mu", "20").out.startswith("w2.2-")
    assert done(*words, "--budget", "4 kB", "--reward", "multiplicative").out.startswith("w2.2-")
    allocated = [entry.allocated_bits for entry in load_exploration(three).entries]
    said = done(*words, "--budget", f"{max(allocated)} bits", "--by", "allocated").out
    assert f" that fit into {max(allocated):,} bits (" in said
    assert " as allocated: " in said


def against_float(candidates: Path, entry: Entry) -> str:
    """Return the test and the interval by which a candidate is compared with the float network."""
    right = load_exploration(candidates).found.right
    assert right
    assert entry.right
    _, (low, high) = paired_difference(unpack(entry.right, entry.images), unpack(right, entry.images))
    return f"paired McNemar test at 5 %; 95 % interval {100 * low:+.2f} to {100 * high:+.2f} points"


def test_a_choice_says_what_ties_with_it_and_holds_less(tmp_path: Path, three: Path) -> None:
    small, middle, large = sorted(load_exploration(three).entries, key=lambda entry: entry.bits)
    said = done("select", three, "--out", tmp_path / "p.toml", "--max-loss", "1", "--mu", "0").out
    assert said.splitlines()[0].endswith(
        f" The choice is within noise of the float network ({against_float(three, large)}). "
        f"{middle.name} (81.67 %, {middle.bits:,} bits) ties with it and holds less memory."
    )
    said = done("select", three, "--out", tmp_path / "p.toml", "--budget", "1 kB").out
    assert said.splitlines()[0].endswith(
        f" The choice is worse than the float network beyond noise ({against_float(three, small)})."
    )


def test_how_the_choice_fires_is_a_table_and_what_is_wrong_a_warning(tmp_path: Path, three: Path) -> None:
    held = json.loads(three.read_bytes())
    held["candidates"][2]["firing"] |= {"float_spikes": 20.0, "fixed_spikes": 1.5, "images": 12}
    written(three, json.dumps(held))
    lines = done("select", three, "--out", tmp_path / "p.toml", "--budget", "1 kB").out.splitlines()
    firing = lines.index(next(line for line in lines if line.startswith("firing on ")))
    assert lines[firing].split() == ["firing", "on", "12", "images", "float", "fixed"]
    assert lines[firing + 2].split() == ["spikes", "an", "image", "20.00", "1.50"]
    assert lines[firing + 10].startswith(
        "Warning: the choice does not fire as the float network does: "
        "it is nearly silent: 1.50 spikes an image, 20.00 in float"
    )
    assert lines[-1] == f"{tmp_path / 'p.toml'}: its plan"
    lines = done("select", three, "--out", tmp_path / "p.toml", "--budget", "4 kB").out.splitlines()
    assert not any(line.startswith("Warning") for line in lines)


def test_a_budget_into_which_nothing_fits_is_a_finding(tmp_path: Path, three: Path) -> None:
    words = ["select", three, "--out", tmp_path / "p.toml"]
    _, _, small = load_exploration(three).entries
    said = run(*words, "--budget", "100 bits")
    assert (said.status, said.out) == (1, "")
    assert said.err == (
        f"fxsnn: a candidate must fit into 100 bits (12 B), but the smallest, {small.name}, holds {small.bits:,} bits "
        f"({small.bits / 8:.0f} B)\n"
    )
    said = run(*words, "--budget", "1 kB", "--max-loss", "0.01")
    assert said.status == 1
    assert said.err.startswith("fxsnn: a candidate that fits into 8,000 bits (1000 B) must reach 85.67 % ")
    assert not (tmp_path / "p.toml").exists()


def test_a_budget_that_cannot_be_read_is_refused(tmp_path: Path, three: Path) -> None:
    words = ["select", three, "--out", tmp_path / "p.toml"]
    assert run(*words, "--budget", "64 KB").complaint == (
        "a budget must read like '64 KiB', '60 kB', '120 kbit' or '500000 bits', not '64 KB'"
    )
    assert run(*words, "--budget", "1 kB", "--by", "words").complaint == (
        "a budget must count bits or allocated, not 'words'"
    )
    assert run(*words, "--by", "bits").complaint == (
        "a budget must be given to count it by bits or allocated, not none"
    )


def test_ties_on_the_front_are_told_in_the_table_and_in_words(
    tmp_path: Path, network: Path, grid: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 12 images cannot tell networks apart, and random weights give a front of several
    grid.write_text(GRID.replace('["UQ0.8", "UQ0.2"]', '["UQ0.8", "UQ0.3", "UQ0.2", "UQ0.1"]'))
    done("explore", network, "--grid", grid, "--out", tmp_path / "c.json")
    found = load_exploration(tmp_path / "c.json")
    entries = [
        msgspec.structs.replace(entry, on_front=True, right=pack(np.arange(12) < 6 + n), correct=6 + n)
        for n, entry in enumerate(found.entries)
    ]
    made = replace(found, entries=tuple(entries))
    monkeypatch.setattr("fxsnn.study.session.assemble", lambda *_: made)
    lines = done("explore", network, "--grid", grid, "--out", tmp_path / "c.json").out.splitlines()
    smallest = min(entries, key=lambda entry: entry.bits).name
    assert lines[0].split()[-2:] == ["ties", "with"]
    assert [line.split()[-1] for line in lines[2:6]] == [*[smallest] * 3, "x"]
    names = [entry.name for entry in entries if entry.name != smallest]
    assert lines[6] == "roundings in names: TR: floor, RN: nearest-up"
    assert lines[7] == (
        f"{names[0]}, {names[1]} and {names[2]} are within noise of {smallest}: tie (paired McNemar test at 5 %)"
    )


def test_memory_is_counted_as_a_table_and_as_json(plan: Path) -> None:
    words = ["memory", plan, "--inputs", "100", "--neurons", "50", "--refractory-steps", "3", "--reset", "value"]
    lines = done(*words).out.splitlines()
    assert lines[0].split() == ["array", "words", "bits", "a", "word", "bits", "allocated", "bits", "(ramb18)"]
    assert lines[2].split() == ["weights", "5,000", "4", "20,000", "36,864"]
    assert lines[-3].split() == ["total", "21,653", "38,517"]
    assert lines[-2:] == [
        "21,653 bits (2.6 KiB); with 32-bit words 166,774 bits (20.4 KiB): 7.70 times less, 6.71 times as allocated",
        "ramb18: 2 blocks of 18,432 bits, and 1,653 bits in flip-flops",
    ]
    held = json.loads(done(*words, "--json", "--macro", "sram-32x1024").out)
    assert held["macro"] == "sram-32x1024"
    assert held["bits"] == sum(array["words"] * array["word"] for array in held["arrays"]) == 21_653
    assert (held["blocks"], held["block_bits"], held["allocated_bits"]) == (1, 32_768, 32_768 + 1_653)


def test_what_learning_stores_is_a_second_table(plan: Path) -> None:
    plan.write_text(plan_text(plan_in(ANY, "UQ0.4", "SR", 9)))
    words = ["memory", plan, "--inputs", "100", "--neurons", "50", "--steps", "300"]
    found = json.loads(done(*words, "--json").out)
    learning = found["while_learning"]
    words_of = {array["name"]: (array["words"], array["word"]) for array in learning["arrays"]}
    assert words_of["weights"] == (5000, 9)
    assert words_of["spike counts"] == (50, 9)
    assert learning["bits"] > found["bits"] == sum(array["bits"] for array in found["arrays"])
    assert learning["bits"] == sum(words * bits for words, bits in words_of.values())
    first, second = done(*words).out.split("\nwhile learning\n")
    assert f"{found['bits']:,}" in first.splitlines()[-2]
    assert f"{learning['bits']:,}" in second.splitlines()[-2]
    assert second.splitlines()[-2].startswith(f"{learning['bits']:,} bits (")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--macro", "ddr"], "macro must be one of sram-32x1024, ramb18, not 'ddr'"),
        (["--reset", "none"], "reset must be zero, value or subtract, not 'none'"),
    ],
)
def test_a_memory_or_reset_that_does_not_exist_is_refused(plan: Path, words: list[str], complaint: str) -> None:
    assert run("memory", plan, *words).complaint == complaint


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"a = 1", "a plan must have the documented keys: Object contains unknown field `a`"),
        (b"[weight", "a plan must be TOML: Expected ']' at the end of a table declaration (at end of document)"),
        (b"weight = 1", "a plan must have the documented keys: Expected `str | object`, got `int` - at `$.weight`"),
        (PLAN.replace("UQ0.4", "Q0.0").encode(), "weight: word must be 1 to 63 bits, not 0"),
        (PLAN.replace("UQ0.4", "Q64.0").encode(), "weight: word must be 1 to 63 bits, not 64"),
        (
            PLAN.replace('"UQ7.0"', '"UQ7.0", rounding = "up"').encode(),
            "inhibition: rounding must be one of floor, zero, ceil, nearest-up, nearest-down, nearest-zero, "
            "nearest-away, nearest-even, nearest-odd, stochastic (or another family's name for it), not 'up'",
        ),
    ],
)
def test_a_wrong_plan_is_refused_with_its_file_and_key(tmp_path: Path, text: bytes, complaint: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(text)
    assert run("memory", path).complaint == f"{str(path)!r}: {complaint}"


def test_a_plan_that_is_no_text_or_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(b"\xff\xfe")
    assert run("memory", path).complaint == f"a plan must be UTF-8 text, {str(path)!r} is not: it is UTF-16"
    path.write_bytes(b"\x80")
    assert run("memory", path).complaint == f"a plan must be UTF-8 text, {str(path)!r} is not: invalid start byte"
    path.write_bytes(bytes(1_048_577))
    assert run("memory", path).complaint == f"a plan must be at most 1,048,576 bytes, {str(path)!r} is larger"


def test_a_network_of_another_size_than_the_digits_is_refused(tmp_path: Path, plan: Path) -> None:
    path, out = tmp_path / "ten.npz", tmp_path / "out"
    save_network(random_network(10, 4), path)
    complaint = f"a network must have 784 inputs, one a pixel, {str(path)!r} has 10"
    assert run("emulate", path, plan).complaint == complaint
    assert run("golden", "make", path, plan, "--out", out).complaint == complaint
    assert run("explore", path, "--out", out).complaint == complaint
    assert not out.exists()


def test_a_plan_whose_intermediate_leaves_int64_is_refused_with_the_operation(network: Path, tmp_path: Path) -> None:
    plan = written(tmp_path / "wide.toml", PLAN.replace('"UQ0.4"', '"UQ20.40"'))
    complaint = (
        "every exact intermediate must fit int64, but sum = arriving "
        "(arriving 784 x UQ20.40 (u60); competitive.neuron:29:5) "
        "can need 71 bits (raw 0 to 903890459611768028400)"
    )
    assert run("emulate", network, plan).complaint == complaint
    assert run("golden", "make", network, plan, "--out", tmp_path / "golden").complaint == complaint


def test_a_value_that_leaves_its_format_where_that_is_an_error_is_refused(network: Path, tmp_path: Path) -> None:
    plan = written(tmp_path / "p.toml", PLAN.replace('"UQ3.3"', '"UQ1.3", overflow = "error"'))
    assert run("emulate", network, plan).complaint == (
        "threshold: all values must lie in UQ1.3 (u4), 0 to 1.875; 1 did not"
    )


def test_more_golden_images_than_there_are_digits_are_refused(tmp_path: Path, network: Path, plan: Path) -> None:
    words = ["golden", "make", network, plan, "--out", tmp_path / "golden", "--images"]
    assert run(*words, "7").complaint == "images must be a part of 0 to 6, not 0 to 7"


@pytest.mark.parametrize("command", ["train", "explore"])
def test_an_output_that_cannot_be_written_is_refused_before_the_work(
    tmp_path: Path, network: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: object) -> None:
        raise AssertionError("the work has begun")

    monkeypatch.setattr("fxsnn.jobs.digits.open_splits", work)
    words = [command, *([network] if command == "explore" else []), "--out"]
    missing = tmp_path / "missing" / "out"
    assert run(*words, missing).complaint == (
        f"an output file must be in a folder that can be written, not {str(missing)!r} (No such file or directory)"
    )
    assert run(*words, tmp_path).complaint == (
        f"an output file must be a regular file or a new name, not {str(tmp_path)!r}"
    )
    assert names(tmp_path) == ["net.npz"]


def test_a_folder_that_the_demo_did_not_make_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    mine = written(tmp_path / "mine" / "candidates.json", "mine")
    assert run("demo", "--out", tmp_path / "mine").complaint == (
        f"an output folder must be new, empty or made by fxsnn (with 'candidates.json'), not {str(tmp_path / 'mine')!r}"
    )
    assert run("demo", "--out", mine).complaint == (
        f"an output folder must be a folder or a new name, not the file {str(mine)!r}"
    )
    missing = tmp_path / "missing" / "demo"
    assert run("demo", "--out", missing).complaint == (
        f"an output folder must be where fxsnn can write, not {str(missing)!r} (No such file or directory)"
    )
    assert contents(tmp_path) == {"mine/candidates.json": b"mine"}


def test_a_seed_too_large_is_refused(tmp_path: Path) -> None:
    words = ["train", "--out", tmp_path / "n.npz", "--neurons", "2", "--seed", str(1 << 63)]
    assert run(*words).complaint == "seed must be 0 to 2**63 - 1, not 9223372036854775808"


def test_a_network_that_no_format_holds_is_refused(tmp_path: Path, network: Path, grid: Path) -> None:
    held = load_network(network)
    save_network(replace(held, threshold=1e300), network)
    place = "weight UQ0.8, state_bits 4, weight_rounding RN, state_rounding TR, leak shift 5, fold True"
    said = run("explore", network, "--grid", grid, "--out", tmp_path / "c.json")
    assert said.complaint == f"{place}: word must be 1 to 63 bits, not 1001"
    save_network(replace(held, theta=np.full(4, 1.7e308), threshold=1.7e308), network)
    with np.errstate(over="ignore"):
        said = run("explore", network, "--grid", grid, "--out", tmp_path / "c.json")
    assert said.complaint.startswith(f"{place}: a signal's range must be finite to give it bits, not 0 to inf")


@pytest.mark.long
def test_what_digits_are_there_is_told_without_the_network(tmp_path: Path) -> None:
    lines = done("data", "--data", tmp_path).out.splitlines()
    assert lines[0].split() == ["data", "set", "images", "state", "place"]
    assert lines[2].startswith("5,000 digits of MNIST train")
    row = lines[3].split()
    assert row[:4] == ["MNIST", "train", "-", "missing"]
    assert "".join(row[4:]) in str(tmp_path)
