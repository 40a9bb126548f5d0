"""What the README and the docs say is tried: Python, TOML, commands."""

from __future__ import annotations

import doctest
import re
import shutil
import tomllib
from pathlib import Path

import msgspec
import pytest
import typer.main
from msgspec.structs import replace

from command_line import skip_without_jit
from fxsnn import Overflow, Rounding
from fxsnn.cli import app
from fxsnn.competitive.plan import plan_from_data
from fxsnn.decolle.ready import ready
from fxsnn.digits.grid import parse_grid
from fxsnn.jobs.digits_demo import DEMO_GRID
from fxsnn.networks.described import described_by_name, parse_described
from fxsnn.recordings.grid import RecordedGrid, parse_recorded_grid
from pages import play
from simulate import needs_icarus

skip_without_jit()


ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)


def test_the_readme_s_python_prints_what_it_says() -> None:
    result = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert result.attempted > 5
    assert result.failed == 0


@pytest.mark.long
@needs_icarus
def test_the_readme_s_commands_print_what_it_says(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "golden" / "each_subtract", tmp_path / "golden" / "each_subtract")
    network = Path("tests", "nir_recorded", "norse_current.nir")
    (tmp_path / network).parent.mkdir(parents=True)
    shutil.copy(ROOT / network, tmp_path / network)
    assert play(ROOT / "README.md", tmp_path) == 12


def test_the_plan_in_the_docs_is_a_plan() -> None:
    plan, lines, grid, words = blocks(ROOT / "docs" / "files.md", "toml")
    data = tomllib.loads(plan)
    for name in ("accumulator", "membrane", "theta", "threshold", "inhibition"):
        data[name] = data["weight"]
    assert plan_from_data(data).leak.kind == "multiply"
    in_lines = plan_from_data({name: part for name, part in data.items() if name != "learning"} | tomllib.loads(lines))
    assert (str(in_lines["membrane"]), in_lines.leak.shift) == ("Q6.4 floor saturate", 5)
    assert msgspec.to_builtins(parse_grid(grid)) == msgspec.to_builtins(DEMO_GRID)
    assert parse_grid(grid + words).points == 2 * DEMO_GRID.points


def test_the_descriptions_and_the_grid_of_events_are_such() -> None:
    single, layers, grid = blocks(ROOT / "docs" / "events.md", "toml")
    assert parse_described(single) == described_by_name("mnist", 10)
    assert parse_described(layers) == replace(ready("nmnist", 10), layer=ready("nmnist", 10).layer[:1])
    assert parse_recorded_grid(grid) == RecordedGrid()


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_the_docs_exists_with_its_options(page: Path) -> None:
    group = typer.main.get_command(app)
    for line in re.findall(r"(?:^|`|&& |^\$ )fxsnn ([a-z][^`\n#&]*)", page.read_text(), re.MULTILINE):
        words = line.split()
        command = group
        while words and hasattr(command, "commands") and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        assert not hasattr(command, "commands"), line
        known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
        assert {word for word in words if word.startswith("--")} <= known, line


def test_every_mode_is_in_the_docs() -> None:
    text = (ROOT / "docs" / "arithmetic.md").read_text()
    for mode in (*Rounding, *Overflow):
        assert f"| `{mode.value}` |" in text
