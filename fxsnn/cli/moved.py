"""What the commands of the group `fxsnn events`, which is gone, are called now.

Where all options kept their names, a former command line does what it did: scripts go on. Any other one is refused.
"""

from __future__ import annotations

from typing import Any

from fxsnn.cli.commands import Group
from fxsnn.errors import ConfigError

FORMER_GROUP = "events"
# by command: the options that have other names without the group
MOVED: dict[str, tuple[str, ...]] = {
    "data": (),
    "describe": (),
    "train": (
        "--itq takes the bits of a weight, as in --itq 8",
        "--weight-rounding is --rounding",
        "--learned is --learned-bits",
        "--from is --learn-on",
    ),
    "plan": (),
    "refine": (),
    "explore": (),
    "demo": ("--significance is --sweep",),
    "emulate": ("--recordings is --images",),
}


def moved(words: list[str]) -> str:
    """Return what to give in place of `fxsnn events` and these words."""
    name, (*first, last) = words[0] if words else "", MOVED
    if name not in MOVED:
        return (
            f"the commands of fxsnn {FORMER_GROUP} must be given without it: fxsnn {', '.join(first)} or {last} takes "
            "networks of layers and event recordings too"
        )
    renamed = "; ".join(MOVED[name])
    return f"fxsnn {FORMER_GROUP} {name} must be given as fxsnn {name} now ({renamed}): see fxsnn {name} --help"


class Commands(Group):
    """The commands; a former one does what it did, or the error names the one to use."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the words begin with, as click does; raises ConfigError for a former one."""
        if args and args[0] == FORMER_GROUP:
            if args[1:] and args[1] in MOVED and not MOVED[args[1]]:
                return super().resolve_command(ctx, args[1:])
            raise ConfigError(moved(args[1:]))
        return super().resolve_command(ctx, args)
