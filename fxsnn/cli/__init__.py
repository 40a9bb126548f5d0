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
    "fxsnn",
    cls=Commands,
    help="Bit-accurate fixed-point emulation of spiking neural networks.",
    epilog="Start with: fxsnn demo --out demo-out",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
golden_app = App("fxsnn golden", help="Golden vectors for RTL teams: make, check and compare them.")
export_app = App("fxsnn export", help="Write a network under a plan as C or NIR.")


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


DEMO = "demo-out/network.npz demo-out/chosen.toml"
app.add("demo", job.demo, "--out demo-out")
app.add("new", new.new, "rtl my_rtl")
app.add("data", networks.data, "--json")
app.add("describe", networks.describe, "mnist > net.toml")
app.add("plan", networks.plan, "net.toml --inputs spikes.npz --out plan.toml")
app.add("train", training.train, "--neurons 100 --passes 1 --out net.npz")
app.add("refine", decolle_training.refine, "net.npz plan.toml --data ~/NMNIST --out on.npz")
app.add("emulate", emulating.emulate, f"{DEMO} --json")
app.add("import", nir.import_nir, "net.nir --from snntorch --out net.toml")
app.add("show", show.show, f"{DEMO}, or: fxsnn show lif --against loihi")
app.add("neurons", show.neurons, "--json")
app.add("explore", search.explore, "demo-out/network.npz --out candidates.json")
app.add("select", search.select, "demo-out/candidates.json --max-loss 0.01 --out chosen.toml")
app.add("memory", search.memory, "demo-out/chosen.toml --neurons 400 --macro ramb18")
app.add("report", report.report, "demo-out/network.npz demo-out/candidates.json --out report.html")
app.add("significance", significance.significance, "demo-out/network.npz --images 1000 --out significance")
app.add("ranges", significance.ranges, "demo-out/network.npz --images 64")
app.add("regress", regress.regress, "golden/formats.toml")
app.add("cast", calculator.cast, "0.7 --to Q1.7 --rounding SC_RND --overflow wrap", ignore_unknown_options=True)
app.add("cache", cache.cache, "--remove")
golden_app.add("make", golden.make, f"{DEMO} --images 1 --out golden-set")
golden_app.add("learn", golden.learn, "--itq UQ0.4 --images 2 --out learning-set")
golden_app.add("check", golden.check, "demo-out/golden")
golden_app.add("diff", golden.diff, "demo-out/golden demo-out/golden/membrane.mem")
export_app.add("c", export.c, "net.toml plan.toml --out model")
export_app.add("nir", export.nir, "net.toml plan.toml --out net.nir")
export_app.add("nir-data", export.nir_data, "golden-set --out trace.nir")
app.add_typer(golden_app)
app.add_typer(export_app)

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
