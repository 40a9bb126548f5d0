"""The command line: parse, call one library function, print. Exit status 0, 1 a finding, 2 a usage or input error."""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import Annotated

import typer

from fxsnn.cli import (
    cache,
    calculator,
    decolle_training,
    emulating,
    export,
    golden,
    job,
    networks,
    new,
    nir,
    regress,
    report,
    search,
    show,
    significance,
    training,
)
from fxsnn.cli.commands import App
from fxsnn.cli.moved import Commands
from fxsnn.cli.stopping import Stopping
from fxsnn.errors import FindingError, FxsnnError, printable

app = App(
    name="fxsnn",
    cls=Commands,
    help="Bit-accurate fixed-point emulation of spiking neural networks.",
    epilog="Start with: fxsnn demo --out demo-out",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # here: it costs what no other command should pay

        typer.echo(f"fxsnn {version('fxsnn')}")
        raise typer.Exit


@app.callback()
def _fxsnn(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    del version  # printed by its callback


job.register(app)
new.register(app)
networks.register(app)
training.register(app)
decolle_training.register(app)
emulating.register(app)
nir.register(app)
show.register(app)
search.register(app)
report.register(app)
significance.register(app)
golden.register(app)
export.register(app)
regress.register(app)
calculator.register(app)
cache.register(app)

# what every complaint about arguments is, wherever this typer keeps its click
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]


def main() -> None:
    """Run the command line; every foreseen error is one line and exit status 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a path may hold what the terminal cannot show
    os.environ["MPLBACKEND"] = "agg"  # a notebook sets another for all that it starts, which may not be installed here
    with Stopping() as stopping:
        status = _run()
    sys.exit(128 + stopping.number if stopping.number else status)


def _run() -> int:
    try:
        status = app(standalone_mode=False, prog_name="fxsnn")
        if sys.stdout:
            sys.stdout.flush()  # a full disk is reported here, not by the interpreter as it leaves
    except _UsageError as error:
        return _complain(_complaint(error))
    except FindingError as error:
        return _complain(str(error), status=1)
    except FxsnnError as error:
        return _complain(str(error))
    except BrokenPipeError:
        return _unread()
    except SystemExit as stopped:  # typer and rich leave with 1 where the reader of our output has gone
        return _unread() if stopped.code == 1 else int(stopped.code or 0)
    except OSError as error:  # what no reader or writer of ours has put into better words
        place = repr(error.filename) if error.filename else "the output"
        return _complain(f"what is read or written must be usable, {place} is not: {error.strerror or error}")
    except ImportError as error:
        if error.name != "numba":
            raise
        return _complain(str(error))
    except MemoryError:
        return _complain("the job must fit into memory, but it does not")
    except (KeyboardInterrupt, typer.Abort):  # newer typers return 130
        return 128 + signal.SIGINT
    return status or 0


def _complaint(error: Exception) -> str:
    """Return what typer says of an argument, what was given, and where to read on; nothing where it gave help."""
    text = str(error.format_message()).rstrip(".")  # type: ignore[attr-defined]
    if not text:
        return ""
    errors = getattr(error.__cause__, "errors", None)  # older typers say it in the text
    given = errors()[0]["input"] if errors else None
    context = getattr(error, "ctx", None)
    return (
        f"{text[0].lower()}{text[1:]}"
        f"{f', not {given!r}' if given is not None else ''}"
        f"{f' (see {context.command_path} --help)' if context else ''}"
    )


def _complain(message: str, status: int = 2) -> int:
    if message:
        print(f"fxsnn: {printable(message)}", file=sys.stderr)
    return status


def _unread() -> int:
    """Let what is still to be printed go nowhere: who reads the first lines only has what they wanted."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
