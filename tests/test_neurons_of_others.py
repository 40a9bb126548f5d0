"""The texts that come along are listed, two of them are compared line by line, and one more takes few files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from command_line import run
from fxsnn.program.shipped import names, shipped, source
from neurons_of_others import PAGE, plan_of, section

ROOT = Path(__file__).parent.parent
OTHERS = re.findall(r"^## `(\w+)`", PAGE.read_text(), re.MULTILINE)


def test_the_neurons_are_listed_with_states_parameters_and_a_sentence() -> None:
    said = run("neurons", "--json")
    assert (said.status, said.err) == (0, "")
    entries = {entry["name"]: entry for entry in json.loads(said.out)}
    assert tuple(entries) == names()
    assert entries["lif"] == {
        "name": "lif",
        "sentence": "LIF: the leaky integrate-and-fire neuron that most people have.",
        "inputs": ["current"],
        "states": ["membrane"],
        "choices": {"leak": ["none", "shift", "multiply"], "reset": ["zero", "value", "subtract"]},
        "constants": ["threshold", "reset_value", "decay"],
        "numbers": ["leak_shift"],
        "emits": "spike",
        "parameters": ["leak", "reset", "threshold", "reset_value", "decay", "leak_shift"],
    }
    out = run("neurons").out
    for name, entry in entries.items():
        assert entry["sentence"].endswith(".")
        assert name in out
        assert entry["sentence"] in out


def test_a_neuron_is_shown_by_its_name_or_its_file(tmp_path: Path) -> None:
    assert run("show", "loihi").out == source("loihi")
    mine = tmp_path / "mine.neuron"
    mine.write_text(source("relay"))
    assert run("show", mine).out == source("relay")


def test_the_lines_in_which_two_texts_differ_are_told(tmp_path: Path) -> None:
    text = source("lif").replace("spike = integrated >= threshold", "spike = integrated > threshold  # not at it")
    mine = tmp_path / "mine.neuron"
    mine.write_text("# mine\n\n" + text)
    said = run("show", "lif", "--against", mine)
    assert (said.status, said.err) == (0, "")
    numbers = [
        next(n for n, line in enumerate(one.splitlines(), 1) if "spike =" in line) for one in (text, "\n\n" + text)
    ]
    assert [" ".join(line.split()) for line in said.out.splitlines()] == [
        f"lif.neuron and {mine}: 25 lines in both, 1 of the first alone, 1 of the second",
        f"- lif.neuron:{numbers[0]} spike = integrated >= threshold",
        f"+ {mine}:{numbers[1]} spike = integrated > threshold",
    ]
    mine.write_text(source("lif").replace("#", "# not"))
    assert run("show", mine, "--against", "lif").out == f"{mine} and lif.neuron: the same 26 lines\n"


def test_a_chip_differs_from_lif_in_lines_that_both_texts_have() -> None:
    lines = run("show", "lif", "--against", "loihi").out.splitlines()[1:]
    assert {line[0] for line in lines} == {"-", "+"}
    for line in lines:
        _, place, told = line.split(maxsplit=2)
        file, number = place.split(":")
        assert told in shipped(file.removesuffix(".neuron")).source.splitlines()[int(number) - 1]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("show", "lif", "plan.toml"), "a plan must be of a network, 'lif' is a neuron"),
        (("show", "lif", "plan.toml", "--against", "loihi"), "--against must be without a plan, not with 'plan.toml'"),
        (("show", "lif", "--against", "nobody"), f"a neuron must be one of {', '.join(names())}, not 'nobody'"),
        (
            ("show", "net.npz", "--against", "lif"),
            f"--against must be of a neuron, 'net.npz' is none: one of {', '.join(names())}, or a file",
        ),
    ],
)
def test_what_is_no_neuron_is_refused(words: tuple[str, ...], complaint: str) -> None:
    said = run(*words)
    assert (said.status, said.complaint) == (2, complaint)


def test_every_neuron_of_others_has_a_section_with_a_plan_a_number_of_words_and_a_row() -> None:
    table = PAGE.read_text().partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == OTHERS
    for name in OTHERS:
        assert re.search(r"Proved: [\d,]+ words", section(name))
        assert plan_of(name).startswith("[signal]\n")


def test_one_neuron_more_touches_at_most_five_files() -> None:
    """What names a neuron of others is its text, two pages and its test: who imports or compares frameworks aside."""
    files = [
        path
        for folder in ("fxsnn", "kernels", "tests", "docs", "tools")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".neuron", ".md", ".toml")
        and not {"nir", "compare"} & {*path.parts, *path.stem.split("_")}
    ]
    files += [ROOT / "pyproject.toml", ROOT / "MANIFEST.in", ROOT / "README.md"]
    texts = {path: path.read_text() for path in files}
    for name in OTHERS:
        named = {path for path, text in texts.items() if re.search(rf"[`\"]{name}(\.neuron)?[`\"]", text)}
        touched = {path.relative_to(ROOT).as_posix() for path in named if path != Path(__file__)}
        touched.add(f"fxsnn/neurons/{name}.neuron")
        assert touched == {
            f"fxsnn/neurons/{name}.neuron",
            "docs/neurons.md",
            "docs/neurons_of_others.md",
            f"tests/test_neuron_{name}.py",
        }
