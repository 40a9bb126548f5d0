"""What the site adds to the pages in docs/: the page of all commands, from their help, and Markdown as GitHub reads it.

MkDocs calls the functions `on_...` (mkdocs.yml). The pages themselves are plain Markdown, readable where they lie.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from fxsnn.cli import app

COMMANDS = "commands.md"
CHANGES = "changelog.md"
ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^```(\w+)([^\n]*)$", re.MULTILINE)
# GitHub starts a list or a table behind a line of text, Python-Markdown only behind a blank one
STARTS = re.compile(r"^(?!\s*(?:[-*|]|\d+\.) ?)(?=\S)(.+)\n(?=(?:- |\d+\. |\|))", re.MULTILINE)


def on_files(files: Any, config: Any) -> Any:
    """Add the page of all commands, and the changelog, which lies beside the folder of the pages."""
    from mkdocs.structure.files import File  # here: the page can be made without MkDocs

    files.append(File.generated(config, COMMANDS, content=commands_page()))
    files.append(File.generated(config, CHANGES, content=(ROOT / "CHANGELOG.md").read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page as Python-Markdown reads it: names of files are titles of blocks, lists and tables begin anew."""
    parts = re.split(r"(^```.*?^```$)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(FENCE.sub(_fence, part) if part.startswith("```") else STARTS.sub(r"\1\n\n", part) for part in parts)


def _fence(found: re.Match[str]) -> str:
    language, title = found[1], found[2].strip()
    language = "text" if language == "neuron" else language
    return f'```{language} title="{title}"' if title else f"```{language}"


def commands_page() -> str:
    """Return the page: of each command what its help says, its arguments and options, and its example."""
    parts = ["# Commands\n", "Exit status 0 is fine, 1 a finding, 2 a usage or input error.\n"]
    for name, command in sorted(_commands(typer.main.get_command(app))):
        parts.append(f"## fxsnn {name}\n")
        parts.append(re.sub(r"\n(?!\n)[ \t]*", " ", command.help or "").replace("\n", "\n\n") + "\n")
        given = [one for one in command.params if one.param_type_name == "argument"]
        options = [one for one in command.params if one.param_type_name == "option" and one.name != "help"]
        parts.append("| | |\n|---|---|\n" + "".join(_row(one) for one in (*given, *options)))
        example = (command.epilog or "").removeprefix("Example: ")
        parts.append(f"```sh\n{example}\n```\n")
    return "\n".join(parts)


def _commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield before + name, command


def _row(one: Any) -> str:
    if one.param_type_name == "argument":
        said = str(one.metavar or one.name.upper())
    else:
        value = "" if one.is_flag else f" {(one.metavar or one.name).upper().strip('<>')}"
        said = ", ".join([*one.opts, *one.secondary_opts]) + value
    help_text = " ".join((one.help or "").split()).replace("|", "\\|")
    shown = one.show_default
    if isinstance(shown, str):
        help_text += f" Default: {shown}."
    elif shown is not False and one.default not in (None, False, ()) and not callable(one.default):
        help_text += f" Default: {one.default}."
    return f"| `{said}` | {help_text} |\n"


if __name__ == "__main__":
    print(commands_page())
