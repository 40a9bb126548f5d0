"""Commands and their help: an option that takes no value shows no type, and a narrow terminal cuts nothing."""

from __future__ import annotations

import shutil
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

PANELS = 80  # columns that boxes around options need: in fewer they cut names, and plain help does not


class Command(TyperCommand):
    """A command whose help shows what kind of value an option takes, and nothing where it takes none."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the arguments and options, --help among them."""
        return without_types_of_flags(super().get_params(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help: in boxes where they find room, else in plain lines."""
        if shutil.get_terminal_size().columns < PANELS:
            self.rich_markup_mode = None
        super().format_help(ctx, formatter)


class Group(TyperGroup):
    """A group of commands, whose own options are shown in the same way."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options, --help among them."""
        return without_types_of_flags(super().get_params(ctx))


class App(typer.Typer):
    """A command line of such commands and groups."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"cls": Group} | settings)

    def command(self, name: str | None = None, **settings: Any) -> Any:
        """Return the decorator that registers a function as a command."""
        return super().command(name, **{"cls": Command} | settings)


def without_types_of_flags(params: list[Any]) -> list[Any]:
    """Return parameters of which those that take no value show no type in their help, and lists that of an item."""
    for param in params:
        if getattr(param, "multiple", False) and param.metavar is None:
            param.metavar = "<str>"
        if getattr(param, "is_flag", False) and param.metavar is None:
            param.metavar = ""
    return params
