"""No command replaces a file that it reads: refused before any work, by one function for all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import run, skip_without_jit

skip_without_jit()

NOTHING = "fxsnn: an output file must be another one than those that are read, not "


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with a file of every name that the commands are given, and work in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name in ("net.npz", "net.toml", "plan.toml", "grid.toml", "found.json", "c.json", "shown.npz", "learned.npz"):
        (tmp_path / name).write_text(name)
    (tmp_path / "link.npz").symlink_to("net.npz")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        "train net.toml --out {net.toml}",
        "train --plan plan.toml --out {plan.toml}",
        "train net.toml --itq UQ0.4 --out net.npz {net.toml}",  # where the plan goes
        "train net.toml --data data --out {net.toml}",
        "train net.toml --data data --weight 4 --out net.npz {net.toml}",
        "train net.toml --data data --itq 8 --out net.npz {net.toml}",
        "train net.toml --data data --itq 8 --learn-on learned.npz --out {learned.npz}",
        "refine net.npz plan.toml --data data --out {net.npz}",
        "refine net.npz plan.toml --data data --out {link.npz}",
        "refine net.npz plan.toml --data data --out {plan.toml}",
        "explore net.npz --strategy paper --significance found.json --out {found.json}",
        "explore net.toml --inputs shown.npz --strategy paper --significance found.json --out {found.json}",
        "explore net.npz --data data --strategy paper --significance found.json --out {found.json}",
        "report net.npz c.json --out {c.json}",
        "report net.npz c.json --significance found.json --out {found.json}",
        "report net.npz c.json --chosen plan.toml --out {plan.toml}",
        "report net.npz c.json --chosen-network learned.npz --out {learned.npz}",
        "report net.toml c.json --inputs shown.npz --out {shown.npz}",
        "select c.json --out {c.json}",
    ],
)  # fmt: skip
def test_an_output_never_replaces_what_is_read(folder: Path, words: str) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    given, told = list[str](), ""
    for word in words.split():
        told = word.strip("{}") if word.startswith("{") else told
        if not (word.startswith("{") and given[-1].endswith(".npz")):
            given.append(word.strip("{}"))
    said = run(*given)
    if words.startswith("select"):  # which reads its candidates first
        assert said.status == 2
    else:
        assert (said.status, said.err) == (2, f"{NOTHING}{told!r}\n")
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


@pytest.mark.parametrize(
    "words",
    [
        "golden make set/net.npz set/plan.toml --out set",
        "golden make net.npz set/plan.toml --out set",
        "golden make net.toml plan.toml --inputs set/shown.npz --out set",
        "golden learn --plan set/plan.toml --out set",
        "demo --grid set/grid.toml --out set",
        "demo set/net.toml --data data --out set",
    ],
)
def test_a_folder_that_is_read_from_is_not_replaced(folder: Path, words: str) -> None:
    (folder / "set").mkdir()
    for name in ("net.npz", "net.toml", "plan.toml", "grid.toml", "shown.npz"):
        (folder / "set" / name).write_text(name)
    for manifest in ("manifest.json", "candidates.json"):
        (folder / "set" / manifest).write_text("fxsnn")
    said = run(*words.split())
    assert (said.status, said.err) == (
        2, "fxsnn: an output folder must be another one than those that are read from, not 'set'\n"
    )  # fmt: skip
    assert len([*(folder / "set").iterdir()]) == 7


@pytest.mark.parametrize("option", ["--learn-from", "--learn-seed"])
def test_options_of_the_sweep_of_learning_are_refused_without_it(folder: Path, option: str) -> None:
    for network in ("net.npz", "net.toml"):
        words = ("significance", network, "--out", "out.json", option, "1000")
        shown = ("--inputs", "shown.npz") if network == "net.toml" else ()
        assert run(*words, *shown).complaint == f"{option} 1000 must be given with --learning alone"
    assert not (folder / "out.json").exists()
