"""The docs become a site without a link or an anchor that leads nowhere, and its page of commands has all of them."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from command_line import long_but, skip_without_jit
from fxsnn.cli import app

skip_without_jit()

ROOT = Path(__file__).parent.parent


def build(config: Path, place: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "mkdocs", "build", "--config-file", str(config), "--site-dir", str(place)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    said = build(ROOT / "mkdocs.yml", place)
    assert (said.returncode, "WARNING" in said.stderr) == (0, False), said.stderr  # -q would not even count them
    return place


def test_every_page_is_in_the_site(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert {path for path in pages if not (site / path).exists()} == set()


def test_the_page_of_commands_has_every_command_with_every_option(site: Path) -> None:
    page = html.unescape(re.sub(r"<[^>]*>", "", (site / "commands.html").read_text()))
    groups = [("fxsnn", typer.main.get_command(app))]
    while groups:
        name, command = groups.pop()
        if hasattr(command, "commands"):
            groups += [(f"{name} {one}", found) for one, found in command.commands.items()]
            continue
        section = page.partition(f"\n{name}¶\n")[2].partition("¶\n")[0]
        options = {option for one in command.params if one.param_type_name == "option" for option in one.opts}
        assert {option for option in options - {"--help", "-h"} if option not in section} == set(), name


def test_the_changelog_is_a_page(site: Path) -> None:
    assert "The form is that of" in (site / "changelog.html").read_text()


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    loaded = re.compile(r"""<(?:script|link|img)[^>]*(?:src|href)=["']?(https?:[^"' >]*)""")
    assert {found for page in site.rglob("*.html") for found in loaded.findall(page.read_text())} == set()


def test_lists_and_tables_begin_behind_a_line_of_text_as_on_github(site: Path) -> None:
    assert "A dump is</p>\n<ul>\n<li>a <code>.mem</code>" in (site / "files.html").read_text()


@pytest.mark.parametrize("link", long_but(1, "none.md", "#none", "other.md#none"))
def test_a_link_that_leads_nowhere_is_an_error(link: str, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(f"# One\n\n[a link]({link})\n")
    (tmp_path / "docs" / "other.md").write_text("# Other\n")
    config = f"INHERIT: {ROOT / 'mkdocs.yml'}\ndocs_dir: docs\nhooks: []\nnav: [index.md, other.md]\n"
    (tmp_path / "mkdocs.yml").write_text(config)
    said = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert said.returncode == 1
    assert link.partition("#")[2] in said.stderr
