"""Commands and their help: it shows the kind of each value, and a narrow terminal cuts nothing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from functools import partial
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

PANELS = 80  # columns that boxes around options need: in fewer they cut names, and plain help does not


class Command(TyperCommand):
    """A command whose help shows what kind of value an option takes, and nothing where it takes none."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the arguments and options, --help among them."""
        return with_kinds_of_values(super().get_params(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help: in boxes where they find room, else in plain lines."""
        if shutil.get_terminal_size().columns < PANELS:
            self.rich_markup_mode = None
        super().format_help(ctx, formatter)


class Group(TyperGroup):
    """A group of commands, whose own options are shown in the same way."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options, --help among them."""
        return with_kinds_of_values(super().get_params(ctx))


class App(typer.Typer):
    """A command line of such commands and groups, or one of these groups; `path` is what its commands follow."""

    def __init__(self, path: str, cls: type[Group] = Group, **settings: Any) -> None:
        self._path = path
        super().__init__(name=path.split()[-1], cls=cls, no_args_is_help=True, **settings)

    def add(self, name: str, command: Callable[..., None], example: str, **context: Any) -> None:
        """Register a function as a command, whose help ends with an example of what follows its name."""
        epilog = f"Example: {self._path} {name} {example}"
        self.command(name, cls=Command, epilog=epilog, context_settings=context)(command)


def with_kinds_of_values(params: list[Any]) -> list[Any]:
    """Return parameters whose help shows the kind of one value: `<path>`, not a list or a range; none of a flag."""
    for param in params:
        if getattr(param, "is_flag", False) and param.metavar is None:
            param.metavar = ""
        elif hasattr(param, "display_type") and "display_type" not in vars(param):
            param.display_type = partial(_kind, param.display_type)
    return params


def _kind(display_type: Callable[[Any], str], ctx: Any) -> str:
    return re.sub(r"list\[(.*)\]|(.*) range", r"\1\2", display_type(ctx)).lower()
