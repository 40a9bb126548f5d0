"""What the commands of the group `fxsnn events`, which is gone, are called now.

Where all options kept their names, a former command line does what it did: scripts go on. Any other one is refused.
"""

from __future__ import annotations

from typing import Any

from fxsnn.cli.commands import Group
from fxsnn.errors import ConfigError

FORMER_GROUP = "events"
# by the former command: the one that does its work, and the options that have other names there
MOVED: dict[str, tuple[str, tuple[str, ...]]] = {
    "data": ("fxsnn data", ()),
    "describe": ("fxsnn describe", ()),
    "train": (
        "fxsnn train",
        (
            "--itq takes the bits of a weight, as in --itq 8",
            "--weight-rounding is --rounding",
            "--learned is --learned-bits",
            "--from is --learn-on",
        ),
    ),
    "plan": ("fxsnn plan", ()),
    "refine": ("fxsnn refine", ()),
    "explore": ("fxsnn explore", ()),
    "demo": ("fxsnn demo", ("--significance is --sweep",)),
    "emulate": ("fxsnn emulate", ("--recordings is --images",)),
}


def moved(words: list[str]) -> str:
    """Return what to give in place of `fxsnn events` and these words."""
    name = words[0] if words else ""
    if name not in MOVED:
        commands = [command.removeprefix("fxsnn ").split()[0] for command, _ in MOVED.values()]
        return (
            f"the commands of fxsnn {FORMER_GROUP} must be given without it: fxsnn {', '.join(commands[:-1])} or "
            f"{commands[-1]} takes networks of layers and event recordings too"
        )
    command, options = MOVED[name]
    return f"fxsnn {FORMER_GROUP} {name} must be given as {command} now ({'; '.join(options)}): see {command} --help"


class Commands(Group):
    """The commands; a former one does what it did, or the error names the one to use."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the words begin with, as click does; raises ConfigError for a former one."""
        if args and args[0] == FORMER_GROUP:
            if args[1:] and args[1] in MOVED and not MOVED[args[1]][1]:
                return super().resolve_command(ctx, args[1:])
            raise ConfigError(moved(args[1:]))
        return super().resolve_command(ctx, args)
