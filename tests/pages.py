"""Plays a page of the docs as a reader would: its files, its commands one after the other, and what they print.

A block `console` holds commands behind `$ ` and what each prints, on either stream; `...` stands for any lines. One
that names a program (```console ghdl) is played where that program is there.
Any other block that names a file (```verilog core.v) shows it, whole or a part of it, or is what the reader writes.
`python tests/pages.py docs/start/my_rtl.md` writes the page again with what its commands print now.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

FENCE = re.compile(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the commands of a console block, and the lines under each."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, said = part.partition("\n")
        while command.endswith("\\"):
            more, _, said = said.partition("\n")
            command = f"{command}\n{more}"
        yield command, said.splitlines()


def there(name: str) -> bool:
    """Say whether a console block is played: what it names, if anything, is a program that is there."""
    return not name or shutil.which(name) is not None


def agrees(expected: list[str], found: list[str]) -> bool:
    """Say whether the lines are those expected; a line `...` stands for any lines, in a line for any part of it."""
    parts = [
        "(?:.*\n)*?" if line == "..." else re.escape(line.rstrip() + "\n").replace(r"\.\.\.", ".*") for line in expected
    ]
    return re.fullmatch("".join(parts), "".join(line.rstrip() + "\n" for line in found)) is not None


class Player:
    """A shell that keeps its folder and the last exit status, and finds the commands of this interpreter first."""

    def __init__(self, folder: Path) -> None:
        self.where = folder
        self.status = 0
        kept = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
        self.environment = kept | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        self.environment |= {"TERM": "dumb", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}

    def said(self, command: str) -> list[str]:
        """Return the lines that a command prints."""
        if command == "echo $?":
            return [str(self.status)]
        if command.startswith("cd "):
            self.where = self.where / command.removeprefix("cd ")
            assert self.where.is_dir(), command
            return []
        ran = subprocess.run(
            ["sh", "-c", command],
            cwd=self.where,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.status = ran.returncode
        return ran.stdout.splitlines()


def play(page: Path, folder: Path) -> int:
    """Do what a page says; return the number of commands, AssertionError where one prints something else."""
    player, count = Player(folder), 0
    for kind, name, text in FENCE.findall(page.read_text()):
        if kind == "console":
            for command, expected in commands(text) if there(name) else ():
                found = player.said(command)
                assert agrees(expected, found), "\n".join([f"$ {command}", *found])
                count += 1
        elif name:
            file = player.where / name
            if file.exists():
                assert text in file.read_text(), name
            else:
                file.write_text(text)
    return count


def written_again(page: Path, folder: Path) -> str:
    """Return the text of a page with what its commands print now; what agrees stays as it is."""
    player = Player(folder)

    def again(found: re.Match[str]) -> str:
        kind, name, text = found.groups()
        if kind == "console" and not there(name):
            return found[0]
        if kind != "console":
            if name and not (player.where / name).exists():
                (player.where / name).write_text(text)
            return found[0]
        lines: list[str] = []
        for command, expected in commands(text):
            said = player.said(command)
            lines += [f"$ {command}", *(expected if agrees(expected, said) else [line.rstrip() for line in said])]
        return "\n".join([f"```console {name}".rstrip(), *lines, "```"])

    return FENCE.sub(again, page.read_text())


if __name__ == "__main__":
    for argument in map(Path, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as made:
            argument.write_text(written_again(argument, Path(made)))
