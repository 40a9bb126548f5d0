"""fxsnn regress: a list of configurations against its lock."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_line import run, skip_without_jit, small_splits
from fxsnn.competitive.emulate import Trace, emulate, respond
from fxsnn.competitive.network import save_network
from fxsnn.competitive.plan import plan_from_data, plan_to_data
from fxsnn.competitive.quantised import SITES, quantise
from fxsnn.digits.splits import Splits
from fxsnn.errors import FileError, FxsnnError
from fxsnn.number.signal import Leak
from fxsnn.regress import suite
from fxsnn.regress.compare import changes
from fxsnn.regress.listed import Configuration
from fxsnn.regress.listed import read_listed as read_any
from fxsnn.regress.lock import THIS, Lock, lock_path, read_lock, write_lock
from fxsnn.regress.record import ORDER, SHORT, Record, record
from sets import SOURCES
from strategies import examples

skip_without_jit()


GOLDEN = Path(__file__).parent.parent / "golden"
SETS = tuple(SOURCES)


def read_listed(path: Path) -> list[Configuration]:
    """Read a list of networks that learn without labels."""
    return [one for one in read_any(path) if isinstance(one, Configuration)]


LISTED = """
schema = 1
[default]
images = 2
random = { steps = 12, density = 0.4 }
"""
ENTRY = """
[[configuration]]
name = "{0}"
network = "formats/{0}.npz"
plan = "formats/{0}.toml"
"""


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """Three configurations, accepted."""
    shutil.copytree(GOLDEN / "formats", tmp_path / "formats")
    path = tmp_path / "list.toml"
    path.write_text(LISTED + "".join(map(ENTRY.format, SETS)))
    assert run("regress", path, "--accept").status == 0
    return path


def no_digits(_: bool) -> Splits:
    raise AssertionError("no digits are asked for")


def edit(path: Path, right: str, wrong: str) -> None:
    text = path.read_text()
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong))


@pytest.mark.long
def test_the_committed_configurations_agree_with_their_lock() -> None:
    names = [one.name for one in read_listed(GOLDEN / "formats.toml") if one.data == "random"]
    only = [word for name in names for word in ("--only", name)]
    said = run("regress", GOLDEN / "formats.toml", *only)
    assert (said.status, said.err) == (0, ""), said.out
    assert (
        said.out.splitlines()[-1]
        == f"{len(names)} of {len(names)} configurations agree with formats.lock.json (written by {THIS})"
    )


@pytest.mark.parametrize("name", SETS)
def test_the_committed_networks_and_plans_are_those_of_the_sets(name: str, tmp_path: Path) -> None:
    network, plan = SOURCES[name]
    save_network(network, tmp_path / "net.npz")
    assert (GOLDEN / "formats" / f"{name}.npz").read_bytes() == (tmp_path / "net.npz").read_bytes()
    assert (GOLDEN / "formats" / f"{name}.toml").read_text() == plan.lstrip()


def test_all_committed_configurations_agree_whatever_the_workers() -> None:
    said = [run("regress", GOLDEN / "formats.toml", "--workers", workers) for workers in (1, 5)]
    assert said[0] == said[1]
    assert said[0].status == 0, said[0].out
    assert len(said[0].out.splitlines()) == 1 + 12


def test_what_agrees_is_told_in_a_line_each(listed: Path) -> None:
    said = run("regress", listed)
    assert (said.status, said.err) == (0, "")
    written = re.sub(r"\d+", "N", THIS)
    assert [re.sub(r"\d+", "N", line) for line in said.out.splitlines()] == [
        *(f"ok  {name}: N spikes" for name in SETS),
        f"N of N configurations agree with list.lock.json (written by {written})",
    ]


def test_a_changed_bit_is_told_in_one_line_that_names_the_first_node(listed: Path) -> None:
    path = listed.parent / "formats" / "each_subtract.toml"
    edit(path, '"nearest-away"', '"floor"')
    said = run("regress", listed)
    assert (said.status, said.err) == (1, "")
    lines = said.out.splitlines()
    assert [line.split()[0] for line in lines] == ["ok", "ok", "FAIL", "2"]
    assert re.fullmatch(
        r"FAIL  each_subtract: plan.accumulator.rounding nearest-away -> floor; "
        r"first node: sum at presentation 0, step \d+;.* spikes \d+ -> \d+",
        lines[2],
    )
    assert lines[3] == f"2 of 3 configurations agree with list.lock.json (written by {THIS}), 1 do not"


def test_what_is_asked_for_otherwise_fails_even_where_every_word_is_the_same(listed: Path) -> None:
    listed.write_text(listed.read_text().replace("[default]", "[default]\nchange.membrane.overflow = 'saturate'"))
    said = run("regress", listed)
    assert said.status == 1
    assert "FAIL  stochastic_none: plan.membrane.overflow saturate-symmetric -> saturate; " in said.out
    edit(listed, "density = 0.4", "density = 0.4000001")
    assert "random.density 0.4 -> 0.4000001; every word is as recorded" in run("regress", listed).out


def test_the_lock_is_the_same_bytes_every_time(listed: Path) -> None:
    path = lock_path(listed)
    held = path.read_bytes()
    assert run("regress", listed, "--accept", "--workers", 1).status == 0
    assert path.read_bytes() == held
    path.unlink()
    assert run("regress", listed, "--accept", "--jobs", 3).status == 0
    assert path.read_bytes() == held
    assert [name for name in listed.parent.iterdir() if name.name.startswith(".")] == []


def test_who_wrote_the_lock_is_told(listed: Path) -> None:
    lock = lock_path(listed)
    held = json.loads(lock.read_text())
    for tool, told in (
        ({"tool": "fxsnn 0.0.9\x1b"}, f"(written by fxsnn 0.0.9\\x1b, this is {THIS})"),
        ({}, f"(written by an unknown version, this is {THIS})"),
    ):
        lock.write_text(json.dumps({name: value for name, value in held.items() if name != "tool"} | tool))
        said = run("regress", listed)
        assert said.status == 0
        assert said.out.endswith(f" configurations agree with list.lock.json {told}\n")
    lock.unlink()
    said = run("regress", listed)
    assert said.status == 1
    assert said.out.endswith(" 0 of 3 configurations agree with list.lock.json (which is not there), 3 do not\n"[1:])


def test_junit_xml_holds_a_test_case_a_configuration_and_the_line_of_what_fails(listed: Path) -> None:
    edit(listed.parent / "formats" / "each_subtract.toml", '"nearest-away"', '"floor"')
    path = listed.parent / "told.xml"
    said = run("regress", listed, "--junit", path)
    assert said.status == 1
    root = ElementTree.parse(path).getroot()  # noqa: S314  (we wrote it)
    (suite,) = root
    assert (root.tag, root.attrib, suite.tag) == ("testsuites", {}, "testsuite")
    counted = {name: suite.attrib[name] for name in ("name", "tests", "failures", "errors")}
    assert counted == {"name": "list.toml", "tests": "3", "failures": "1", "errors": "0"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
    assert [child.tag for child in suite] == ["properties", *["testcase"] * 3, "system-out", "system-err"]
    cases = suite.findall("testcase")
    assert [(case.attrib["classname"], case.attrib["name"]) for case in cases] == [
        ("fxsnn.regress.list", name) for name in SETS
    ]
    assert all(float(case.attrib["time"]) > 0 for case in cases)
    failures = {case.attrib["name"]: case.findall("failure") for case in cases}
    (failure,) = failures.pop("each_subtract")
    line = next(line for line in said.out.splitlines() if line.startswith("FAIL"))
    assert f"FAIL  each_subtract: {failure.attrib['message']}" == line
    assert failure.text == failure.attrib["message"]
    assert "first node: sum at presentation 0, step " in line
    assert list(failures.values()) == [[], []]
    assert [p.attrib for p in suite.iter("property")] == [
        {"name": "fxsnn", "value": THIS},
        {"name": "lock written by", "value": THIS},
    ]
    assert run("regress", listed, "--accept", "--junit", path).status == 0
    assert b"<failure" not in path.read_bytes()


@pytest.mark.long
def test_junit_xml_is_not_written_over_the_list_or_its_lock_nor_after_an_error(listed: Path) -> None:
    for path in (listed, lock_path(listed)):
        held = path.read_bytes()
        assert run("regress", listed, "--junit", path).complaint == (
            f"--junit must be another file than the list and its lock, not {str(path)!r}"
        )
        assert path.read_bytes() == held
    assert run("regress", listed, "--junit", listed.parent).complaint.startswith("an output file must be ")
    listed.write_text("schema = 2")
    assert run("regress", listed, "--junit", listed.parent / "told.xml").status == 2
    assert not (listed.parent / "told.xml").exists()


def test_only_some_are_run_and_accepted(listed: Path) -> None:
    before = read_lock(lock_path(listed)).records
    edit(listed, "density = 0.4", "density = 0.3")
    said = run("regress", listed, "--accept", "--only", "each_subtract")
    assert said.status == 0
    assert said.out.startswith(
        "accepted  each_subtract: random.density 0.4 -> 0.3; input spikes of presentation 0 changed; "
    )
    assert said.out.endswith(f"\nlist.lock.json is written: 1 changed; it was written by {THIS}\n")
    after = read_lock(lock_path(listed)).records
    assert list(after) == list(before)
    assert [name for name in before if after[name] != before[name]] == ["each_subtract"]
    assert run("regress", listed, "--only", "each_subtract").status == 0
    assert run("regress", listed).status == 1


def test_what_is_new_or_gone_is_a_finding_until_it_is_accepted(listed: Path) -> None:
    edit(listed, 'name = "largest_zero"', 'name = "another"')
    said = run("regress", listed)
    assert said.status == 1
    first, *_, last, _ = said.out.splitlines()
    assert re.fullmatch(r"FAIL  another: not recorded yet \(\d+ spikes\)", first)
    assert last == "FAIL  largest_zero: recorded, but no longer listed"
    said = run("regress", listed, "--accept")
    assert said.status == 0
    first, *_, gone, last = said.out.splitlines()
    assert re.fullmatch(r"recorded  another \(\d+ spikes\), new", first)
    assert gone == "removed  largest_zero, no longer listed"
    assert last == f"list.lock.json is written: 2 as before, 1 new, 1 removed; it was written by {THIS}"
    assert run("regress", listed).status == 0
    assert list(read_lock(lock_path(listed)).records) == ["another", *SETS[1:]]


def test_the_result_as_json(listed: Path) -> None:
    edit(listed.parent / "formats" / "largest_zero.toml", '"UQ7.0"', '"UQ6.0"')
    said = run("regress", listed, "--json")
    assert said.status == 1
    told = json.loads(said.out)
    assert told["accepted"] is False
    assert [bool(one["why"]) for one in told["configurations"]] == [True, False, False]
    assert told["configurations"][0]["why"][0] == "plan.inhibition.format UQ7.0 -> UQ6.0"


def test_a_refusal_is_recorded_and_its_end_is_a_finding(listed: Path) -> None:
    with listed.open("a") as file:
        file.write("change.accumulator = { format = 'Q1.4', overflow = 'error' }\n")
    said = run("regress", listed)
    assert said.status == 1
    refusal = r"OverflowDetectedError: accumulate must stay within Q1\.4 \(s5\), but left it \d+ times"
    assert re.search(f"; runs -> {refusal}\n", said.out)
    assert run("regress", listed, "--accept").status == 0
    assert re.search(f"\nok  each_subtract: refused as recorded: {refusal}\n", run("regress", listed).out)
    edit(listed, "'Q1.4'", "'Q40.4'")
    assert re.search(f"{refusal} -> runs\n", run("regress", listed).out)


def test_digits_are_told_right_or_wrong(listed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "open_splits", lambda *_: small_splits())
    text = LISTED.replace("random = { steps = 12, density = 0.4 }", "data = 'digits'\nlabelling = 12\ncoding.steps = 9")
    listed.write_text(text + ENTRY.format("digits"))
    assert run("regress", listed, "--accept").status == 0
    (one,) = read_listed(listed)
    splits, network = small_splits(), quantise(one.network, one.plan)
    from fxsnn.data.encode import encode
    from fxsnn.measure.score import score

    learned, shown = (respond(network, encode(d.images, one.network.coding)) for d in (splits.labelling, splits.test))
    correct = score(learned, splits.labelling.labels, shown[:2], splits.test.labels[:2]).correct
    assert one.network.coding.steps == 9
    spikes = int(shown[:2].sum())
    assert run("regress", listed).out.startswith(f"ok  digits: {spikes} spikes, {correct} of 2 images right\n")
    held = read_lock(lock_path(listed)).records["digits"]
    assert (held.correct, held.images) == (correct, 2)
    other = Record(**{name: getattr(held, name) for name in held.__struct_fields__} | {"correct": 2 - correct + 1})
    assert changes(other, held)[0] == f"accuracy {other.correct}/2 -> {correct}/2"


# -- the first node that differs is the first --------------------------------------------------------------------------

CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "membrane": st.fixed_dictionaries(
            {"rounding": st.sampled_from(["floor", "ceil", "zero", "nearest-even", "SR"])},
            optional={"overflow": st.sampled_from(["wrap", "saturate", "saturate-zero", "saturate-symmetric"])},
        ),
        "accumulator": st.fixed_dictionaries({"rounding": st.sampled_from(["floor", "nearest-up", "SR"])}),
        "threshold": st.fixed_dictionaries({"format": st.sampled_from(["UQ2.2", "UQ2.0", "UQ1.3"])}),
        "inhibition": st.fixed_dictionaries({"format": st.sampled_from(["UQ2.0", "UQ0.4"])}),
        "accumulate": st.sampled_from(["exact", "each"]),
        "integrate": st.sampled_from(["fused", "two-casts"]),
        "lfsr": st.fixed_dictionaries({"seed": st.integers(1, 1000)}),
    },
)


def changed(one: Configuration, change: dict[str, Any], **fields: Any) -> Configuration:
    data = plan_to_data(one.plan)
    for name, value in change.items():
        data[name] = {**data[name], **value} if isinstance(value, dict) else value
    values = {name: getattr(one, name) for name in Configuration.__slots__}
    return Configuration(**values | {"plan": plan_from_data(data)} | fields)


def nodes_of(trace: Trace) -> dict[str, Any]:
    drawn = [n for n, site in enumerate(SITES) if site in trace.draws]
    return {
        **trace.nodes,
        **{f"{site} draw": words for site, words in trace.draws.items()},
        **({"lfsr": trace.registers[:, drawn]} if drawn else {}),
    }


@pytest.mark.long
@settings(max_examples=examples(40), deadline=None)
@given(st.sampled_from(SETS), CHANGES)
def test_the_first_node_that_differs_is_named(name: str, change: dict[str, Any]) -> None:
    one = next(c for c in read_listed(GOLDEN / "formats.toml") if c.plan == _plan(name) and c.data == "random")
    one = changed(one, {}, images=2, traced=2)
    other = changed(one, change)
    try:
        networks = [quantise(c.network, c.plan) for c in (one, other)]
        before, after = record(one, no_digits), record(other, no_digits)
    except FxsnnError:
        return
    if after.refused:
        return
    from fxsnn.regress.record import _inputs

    spikes = _inputs(one, no_digits)[0]
    expected = ""
    for image in range(2):
        old, new = (nodes_of(emulate(network, spikes, image)) for network in networks)
        for step in range(one.random.steps):
            for node in ORDER:
                both = node in old and node in new
                same = both and old[node].shape == new[node].shape and (old[node][step] == new[node][step]).all()
                if both and not same and not expected:
                    expected = f"first node: {node} at presentation {image}, step {step}"
    told = [text for text in changes(before, after) if text.startswith("first node")]
    assert told == ([expected] if expected else [])


def _plan(name: str) -> Any:
    from fxsnn.exploration.selection import read_plan

    return read_plan(GOLDEN / "formats" / f"{name}.toml")


def test_a_change_of_any_field_of_a_record_is_told(listed: Path) -> None:
    for held in read_lock(lock_path(listed)).records.values():
        values = {name: getattr(held, name) for name in Record.__struct_fields__}
        flips: dict[str, Any] = {
            "inputs": flipped(held.inputs),
            "responses": flipped(held.responses),
            "words": flipped(held.words),
            "spikes": held.spikes + 1,
            "correct": 1,
            "refused": "WidthError: too wide",
        }
        for name, words in held.constants.items():
            flips[f"constants {name}"] = held.constants | {name: words + "1"}
        for node, words in held.nodes[1].items():
            flips[f"nodes {node}"] = [held.nodes[0], held.nodes[1] | {node: flipped(words)}]
        for name, wrong in flips.items():
            told = changes(held, Record(**values | {name.split()[0]: wrong}))
            assert told, name
            if name.startswith("nodes"):
                step = held.nodes[1][name.removeprefix("nodes ")].__len__() // SHORT - 1
                assert told[0] == f"first node: {name.removeprefix('nodes ')} at presentation 1, step {step}"
        assert changes(held, held) == []


def flipped(digests: str) -> str:
    return digests[:-1] + ("0" if digests[-1] != "0" else "1")


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("schema = 1", "schema = 2", "Invalid enum value 2 - at `$.schema`"),
        ("schema = 1", "schema =", "a list of configurations must be TOML"),
        ("[default]", "[defaults]", "Object contains unknown field `defaults`"),
        ('name = "largest_zero"', 'name = "each_subtract"', "must differ, 'each_subtract' is used twice"),
        ('name = "largest_zero"', 'name = "a\\nb"', "must be printable, without spaces around it, not 'a\\nb'"),
        ('"formats/largest_zero.npz"', '"../net.npz"', "configuration 'largest_zero': a file name must stay inside "),
        ('"formats/largest_zero.npz"', '"/etc/passwd"', "configuration 'largest_zero': a file name must stay inside "),
        ('"formats/largest_zero.npz"', '"none.npz"', "configuration 'largest_zero': a network must be a file "),
        ('"formats/largest_zero.npz"', '"formats/largest_zero.toml"', "a network of populations must have the tables"),
        (
            '"formats/largest_zero.toml"',
            '"../plan.toml"',
            "configuration 'largest_zero': a file name must stay inside ",
        ),
        ('"formats/largest_zero.toml"', '"none.toml"', "configuration 'largest_zero': a plan must be a file "),
        ("images = 2", "images = 0", "Expected `int` >= 1 - at `$.images`"),
        ("images = 2", "images = 2\ntraced = 3", "traced must be at most the 2 images, not 3"),
        ("images = 2", "images = 2\nlabelling = 3", "labelling and coding must be left out where data is random"),
        ("images = 2", "images = 2\nchange.membrane.form = 'Q1.1'", "Object contains unknown field `form`"),
        ("images = 2", "images = 2\nchange.membrane.format = 'Q'", "configuration 'largest_zero': membrane: "),
        (
            "images = 2",
            "images = 2\nchange.choice.mu = 0.3",
            "change must be of what a plan computes with, not of choice, with what it was chosen",
        ),
        (
            "images = 2",
            "images = 2\nchange.learning.weight.format = 'UQ0.9'",
            "change must be of what a plan computes with, not of learning, which runs nothing here",
        ),
        (
            'name = "largest_zero"',
            'name = "largest_zero"\ndata = "digits"\nrandom.steps = 9',
            "random must be left out of a configuration of data: nothing is drawn",
        ),
        (
            "images = 2",
            "images = 2\nchange.leak.kind = 'none'\nchange.leak.shift = 3",
            "leak.shift must be given where",
        ),
        ("images = 2", "images = 2\nchange.membrane = 7", "Expected `str | object`, got `int` - at `$.membrane`"),
        ("images = 2", "images = 2\nconstants.reset = 'never'", "Invalid enum value 'never' - at `$.constants.reset`"),
        (
            "images = 2",
            "images = 2\nconstants.decay = 2.0",
            "decay must be the part of the membrane that ",
        ),
        ("images = 2", "images = 2\nconstants.theta = 2.0", "Object contains unknown field `theta`"),
        ("density = 0.4", "density = nan", "Expected `float` >= 0.0 - at `$.random.density`"),
    ],
)
def test_a_bad_list_is_refused_in_one_line(listed: Path, right: str, wrong: str, message: str) -> None:
    edit(listed, right, wrong)
    held = lock_path(listed).read_bytes()
    for words in ((), ("--accept",)):
        complaint = run("regress", listed, *words).complaint
        assert message in complaint
        assert "list.toml" in complaint
    assert lock_path(listed).read_bytes() == held


@pytest.mark.parametrize("plan", ['[signal]\nweight = "Q1.3"\n', '[[layer]]\nweight = "Q1.3"\n'])
def test_a_plan_of_another_kind_of_network_is_refused(listed: Path, plan: str) -> None:
    (listed.parent / "formats" / f"{SETS[0]}.toml").write_text(plan)
    complaint = run("regress", listed).complaint
    file = str(listed.parent / "formats" / f"{SETS[0]}.toml")
    assert complaint == (
        f"{str(listed)!r}: configuration {SETS[0]!r}: a plan must be of one layer as its network is, {file!r} is not"
    )


def test_a_change_of_the_kind_of_leak_leaves_out_the_keys_of_the_former_one(listed: Path) -> None:
    def leaks(change: str) -> set[Leak]:
        other = listed.with_name("other.toml")
        other.write_text(listed.read_text().replace("images = 2", f"images = 2\n{change}"))
        return {one.plan.leak for one in read_listed(other)}

    assert {one.kind for one in leaks("")} == {"multiply", "shift"}
    assert leaks("change.leak = { kind = 'shift', shift = 3 }") == {Leak("shift", shift=3)}
    assert leaks("change.leak.kind = 'none'") == {Leak("none")}


def test_a_name_that_is_not_listed_is_refused(listed: Path) -> None:
    assert run("regress", listed, "--only", "lif").complaint == (
        "a configuration must be one that is listed (largest_zero, stochastic_none, each_subtract), not 'lif'"
    )


def test_a_list_that_is_not_there_or_empty_is_refused(listed: Path) -> None:
    assert run("regress", listed.parent / "x.toml").complaint.startswith("a list of configurations must be a file ")
    listed.write_text("schema = 1\nconfiguration = []\n")
    assert "a list of configurations must hold one or more, not none" in run("regress", listed).complaint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-20], "a lock must be what fxsnn regress wrote, 'list.lock.json' is not: "),
        (lambda _: "", "a lock must be what fxsnn regress wrote, 'list.lock.json' is not: "),
        (
            lambda text: text.replace('"schema": 1', '"schema": 2'),
            "a lock must be of schema 1, 'list.lock.json' is of 2",
        ),
        (lambda text: text.replace('"schema": 1', '"schema": -1'), "a lock must be what fxsnn regress wrote, "),
        (
            lambda text: text.replace('"spikes": ', '"spikes": 1', 1),
            "a lock must be unaltered, ",
        ),
        (lambda text: text.replace('"record": {', '"record": {"a": 1, ', 1), "Object contains unknown field `a`"),
        (lambda _: "[" * 100_000, "a lock must be what fxsnn regress wrote, "),
    ],
)
def test_a_damaged_lock_is_refused_in_one_line(listed: Path, change: Callable[[str], str], message: str) -> None:
    path = lock_path(listed)
    text = change(path.read_text())
    assert text != path.read_text()
    path.write_text(text)
    for words in ((), ("--accept",)):
        assert message in run("regress", listed, *words).complaint
    assert path.read_text() == text


@settings(max_examples=examples(150), deadline=None)
@given(st.data())
def test_no_damage_to_a_lock_goes_unseen_or_crashes(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    place = tmp_path_factory.mktemp("fuzz") / "a.lock.json"
    one = Record({"data": "random"}, {"weights": "0" * 8}, "1" * 8, [{"sum": "2" * 16}], "3" * 8, 7, words="4" * 64)
    write_lock(place, Lock({"one": one}))
    held = bytearray(place.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(held) - 1))
        held[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=3))
    place.write_bytes(held)
    with contextlib.suppress(FileError):
        assert read_lock(place).records in ({}, {"one": one})


def test_random_input_spikes_have_the_density_that_is_asked_for(listed: Path) -> None:
    from fxsnn.regress.record import _inputs

    edit(listed, "steps = 12, density = 0.4", "steps = 2000, density = 0.25")
    raster = _inputs(read_listed(listed)[0], no_digits)[0].raster()
    assert raster.shape == (2, 2000, 16)
    assert np.isclose(raster.mean(), 0.25, atol=0.01)
