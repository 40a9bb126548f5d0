"""The command line: parse, call one library function, print. Exit status 0, 1 a finding, 2 a usage or input error."""

from __future__ import annotations

import sys

import typer

from fxsnn.cli import calculator, golden, job, networks, search
from fxsnn.errors import FxsnnError

app = typer.Typer(
    name="fxsnn",
    help="Bit-accurate fixed-point emulation of spiking neural networks.",
    epilog="Start with: fxsnn demo --out demo-out",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
job.register(app)
networks.register(app)
search.register(app)
golden.register(app)
calculator.register(app)


def main() -> None:
    """Run the command line; every foreseen error is one line and exit status 2."""
    try:
        app()
    except FxsnnError as error:
        sys.exit(_told(str(error)))
    except BrokenPipeError:  # the reader of our output has gone
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:  # what no reader or writer of ours has put into better words
        sys.exit(_told(f"a file must be one that can be used: {error}"))
    except MemoryError:
        sys.exit(_told("the job must fit into memory, but it does not"))


def _told(message: str) -> int:
    print(f"fxsnn: {' '.join(message.split())}", file=sys.stderr)
    return 2
