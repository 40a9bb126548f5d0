"""The three pages to start from: a reader who follows one to the letter sees what it shows."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from command_line import skip_without_jit
from pages import FENCE, agrees, commands, play, written_again
from simulate import needs_icarus

skip_without_jit()

START = Path(__file__).parent.parent / "docs" / "start"


@pytest.mark.long
@needs_icarus
def test_a_core_by_hand_agrees_with_golden_vectors_and_its_mistake_is_named(tmp_path: Path) -> None:
    assert play(START / "my_rtl.md", tmp_path) > 10


@pytest.mark.long
def test_a_network_comes_to_a_plan_that_fits_a_budget(tmp_path: Path) -> None:
    page = START / "my_network.md"
    assert play(page, tmp_path) > 10
    folder = tmp_path / "my_network"
    assert {"report.html", "chosen.toml", "imported.toml"} <= {path.name for path in folder.iterdir()}
    every = subprocess.run(["make", "-n", "-B", "test"], cwd=folder, capture_output=True, text=True, check=True)
    shown = {command for _, _, text in FENCE.findall(page.read_text()) for command, _ in commands(text)}
    assert {line for line in every.stdout.splitlines() if not line.startswith("rm ")} <= shown


@pytest.mark.long
@needs_icarus
def test_continuous_integration_finds_a_changed_format_and_a_changed_core(tmp_path: Path) -> None:
    assert play(START / "my_ci.md", tmp_path) > 5


# the player itself


def test_dots_stand_for_lines_and_for_a_part_of_a_line() -> None:
    assert agrees(["...", "b ... d", "e"], ["a", "a", "b c d", "e"])
    assert agrees(["a", "..."], ["a"])
    assert not agrees(["a"], ["a", "b"])
    assert not agrees(["...", "b"], ["a", "b", "c"])


def test_a_command_may_take_several_lines() -> None:
    assert [*commands("$ a \\\n  b\nsaid\n$ c\n")] == [("a \\\n  b", ["said"]), ("c", [])]


def test_commands_of_a_program_are_played_where_it_is(tmp_path: Path) -> None:
    page, lines = tmp_path / "page.md", "$ echo one\ntwo\n"
    page.write_text(f"```console no-such-program\n{lines}```\n")
    assert play(page, tmp_path) == 0
    assert written_again(page, tmp_path) == page.read_text()
    page.write_text(f"```console sh\n{lines}```\n")
    with pytest.raises(AssertionError, match=r"\$ echo one\none"):
        play(page, tmp_path)
    assert written_again(page, tmp_path) == "```console sh\n$ echo one\none\n```\n"


def test_a_page_that_shows_another_output_or_file_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo one\ntwo\n```\n")
    with pytest.raises(AssertionError, match=r"\$ echo one\none"):
        play(page, tmp_path)
    (tmp_path / "a.txt").write_text("one\n")
    page.write_text("```text a.txt\ntwo\n```\n")
    with pytest.raises(AssertionError, match=r"a\.txt"):
        play(page, tmp_path)
