"""`fxsnn explore`, `select` and `memory`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fxsnn.cli.decolle_options import Rate, RegularisationOn, Window, learning_of
from fxsnn.cli.options import (
    CORES,
    AnyNetwork,
    AsJson,
    AskedLoss,
    AskedMu,
    Cluster,
    CountedBy,
    Data,
    InputsFile,
    Mnist,
    MostMemory,
    PlanFile,
    Processes,
    RewardForm,
    Start,
    Workers,
    accuracy,
    engine_of,
    foreign,
    percent,
    progress_bars,
    warn,
)
from fxsnn.cli.studies import going_on, show_finished
from fxsnn.cli.tables import say, show, show_json, show_rows, table
from fxsnn.errors import ConfigError

if TYPE_CHECKING:
    from fxsnn.exploration.planned import Planned
    from fxsnn.measure.firing import Firing
    from fxsnn.measure.memory import Memory

MOST = (1 << 31) - 1  # inputs, neurons or steps; as far as a network's own counters reach
USUAL_SIZE: dict[str, Any] = {"inputs": 784, "neurons": 400, "refractory_steps": 0, "reset": "zero", "steps": 100}


def explore(
    network: AnyNetwork,
    out: Annotated[Path, typer.Option("--out", help="Candidates to write (JSON).")],
    grid: Annotated[Path | None, typer.Option("--grid", help="Grid (TOML); without it the default one.")] = None,
    study: Annotated[
        str | None,
        typer.Option(
            "--study",
            help="Where results are stored: FILE.db (SQLite), FILE.journal or a PostgreSQL URL; without it, "
            "OUT with the ending .db.",
        ),
    ] = None,
    study_name: Annotated[
        str | None,
        typer.Option(
            "--study-name",
            help="Name of the study where it is kept: studies of several names may share a database or file.",
            show_default="fxsnn",
        ),
    ] = None,
    strategy: Annotated[
        str,
        typer.Option(
            help="grid: every point; narrow: removes one bit at a time, beginning at the first point; "
            "paper: few bits above the fewest; or a sampler: nsga2, tpe, random."
        ),
    ] = "grid",
    max_loss: Annotated[
        float | None,
        typer.Option(
            "--max-loss", min=0, max=1, help="With narrow: accuracy that may be lost, as a share.", show_default="0.01"
        ),
    ] = None,
    trials: Annotated[
        int, typer.Option(min=0, max=100_000, help="Points that a sampler evaluates.", show_default=False)
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, max=(1 << 32) - 1, help="Seed of the sampler.")] = 0,
    significance: Annotated[
        Path | None, typer.Option("--significance", help="With paper: the fewest bits of each signal (JSON).")
    ] = None,
    passes: Annotated[
        int | None,
        typer.Option(
            min=1, max=1000, help="Passes of networks that are trained (further).", show_default="1; of layers 2"
        ),
    ] = None,
    rate: Rate = None,
    window: Window = None,
    regularisation: RegularisationOn = None,
    folder: Data = None,
    mnist: Mnist = False,
    inputs: InputsFile = None,
    workers: Workers = CORES,
    processes: Processes = False,
    cluster: Cluster = None,
    as_json: AsJson = False,
) -> None:
    """Quantise the network at the points of a grid and measure each candidate.

    Candidates are measured on images, on every eighth training recording, which the network did not learn from, or on
    --inputs. Results are stored in an Optuna study; the same command with the same study resumes it. If a worker is
    killed, another one repeats its point. In names TR is the rounding floor, RN nearest-up, SR stochastic.
    """
    from fxsnn.decolle.learn import LEARNING_ON
    from fxsnn.jobs.kinds import explore
    from fxsnn.jobs.samples import samples_for
    from fxsnn.study.session import settings_of

    settings = settings_of(study, out, strategy, trials, seed, significance, max_loss, study_name)
    engine = engine_of(processes, cluster)
    asked = samples_for(network, folder, mnist, inputs)
    if asked.kind != "layers":
        foreign(asked.kind, {"--rate": rate, "--window": window, "--regularisation": regularisation})
    if asked.kind == "populations":
        foreign(asked.kind, {"--passes": passes})
    learning = learning_of(LEARNING_ON, passes=passes, rate=rate, window=window, regularisation=regularisation)
    with going_on(settings.place), progress_bars({"explore": "exploring (candidates)"}) as progress:
        finished = explore(asked, out, grid, settings, learning, passes or 1, workers, progress, engine)
    show_finished(finished, out, settings.place.shown, network, as_json)


def select(
    candidates: Annotated[Path, typer.Argument(help="Candidates of fxsnn explore (JSON).")],
    out: Annotated[Path, typer.Option("--out", help="Plan of the choice to write (TOML).")],
    reward: RewardForm = None,
    mu: AskedMu = None,
    max_loss: AskedLoss = None,
    budget: MostMemory = None,
    by: CountedBy = None,
    candidate: Annotated[
        str | None, typer.Option("--candidate", help="Take this one: its name, or its number as '#12'.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Choose the candidate of highest reward that meets the accuracy floor, or the most accurate within a budget.

    What it was chosen with is written behind the plan, where `fxsnn report --chosen` reads it.
    """
    from fxsnn.exploration.selection import criteria, select_candidate, selected_to_data
    from fxsnn.measure.memory import bits_text
    from fxsnn.measure.ties import small_sample

    given = {"--reward": reward, "--mu": mu, "--max-loss": max_loss, "--budget": budget, "--by": by}
    if candidate is not None and (others := [name for name, value in given.items() if value is not None]):
        raise ConfigError(f"{others[0]} must not be given with --candidate {candidate}, which says what is chosen")
    selected = select_candidate(candidates, out, criteria(reward, mu, max_loss, budget, by), candidate)
    warn(small_sample(selected.entry.images, selected.entry.interval))
    if as_json:
        show_json(selected_to_data(selected, out))
        return
    chosen, found = selected.entry, selected.found
    say(selected.choice.reason)
    called = chosen.name if selected.called == chosen.name else f"{selected.called}, {chosen.name}"
    say(
        f"{called}: accuracy {accuracy(chosen.accuracy, chosen.interval)}, float "
        f"{percent(found.accuracy)}; memory {bits_text(chosen.bits)}, with 32-bit words {bits_text(found.bits)}: "
        f"{chosen.saving:.2f} times less; as allocated {bits_text(chosen.allocated_bits)}"
    )
    _show_plan(selected.plan)
    if chosen.firing:
        _show_firing(chosen.firing, chosen.scheme, selected.shown)
    say(f"{out}: its plan")


def _show_plan(plan: Planned) -> None:
    from fxsnn.exploration.planned import signal_rows

    typer.echo()
    show_rows(("signal of the choice", "format", "rounding", "overflow"), signal_rows(plan))


def _show_firing(found: Firing, scheme: str, names: tuple[str, str]) -> None:
    from fxsnn.measure import firing

    one, many = names
    typer.echo()
    show_rows((f"firing on {found.images:,} {many}", ">float", ">fixed"), firing.rows(found, scheme, one))
    typer.echo()
    if warning := firing.warning(found, scheme, one):
        say(f"Warning: {warning}\n")


def memory(
    plan: PlanFile,
    network: Annotated[
        Path | None,
        typer.Option(help="Network or description (.npz, .toml) whose size is used; a plan of layers needs it."),
    ] = None,
    inputs: Annotated[int | None, typer.Option(min=1, max=MOST, help="Inputs.", show_default="784")] = None,
    neurons: Annotated[int | None, typer.Option(min=1, max=MOST, help="Neurons.", show_default="400")] = None,
    refractory_steps: Annotated[
        int | None, typer.Option(min=0, max=MOST, help="Refractory period in steps.", show_default="0")
    ] = None,
    reset: Annotated[str | None, typer.Option(help="Reset: zero, value or subtract.", show_default="zero")] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=1, max=MOST, help="Steps an image, for a plan that learns.", show_default="100"),
    ] = None,
    macro: Annotated[str, typer.Option(help="Memory to allocate in: ramb18 or sram-32x1024.")] = "ramb18",
    start: Start = None,
    as_json: AsJson = False,
) -> None:
    """Count the memory of a network under a plan, array by array, in pure bits and as allocated.

    A plan with a learning table is counted twice: as it infers, and while it learns.
    """
    size = {"inputs": inputs, "neurons": neurons, "refractory_steps": refractory_steps, "reset": reset, "steps": steps}
    asked = {name: value for name, value in size.items() if value is not None}
    if network is None:
        if start is not None:
            raise ConfigError("--start must be given beside --network, whose states it names")
        from fxsnn.exploration.selection import count_memory

        found = count_memory(plan, **(USUAL_SIZE | asked), macro=macro)
    elif asked:
        first = next(iter(asked)).replace("_", "-")
        raise ConfigError(f"--{first} must not be given beside --network, which says it")
    else:
        from fxsnn.networks.counting import memory_of

        found = memory_of(plan, network, macro, warn, start)
    if as_json:
        show_json(found)
        return
    show_memory(found, macro)
    if "while_learning" in found:
        typer.echo("\nwhile learning")
        show_memory(found["while_learning"], macro)


def in_ramb18(found: Memory) -> dict[str, Any]:
    """Return a memory as plain data, allocated in the blocks that are counted where no others are named."""
    from fxsnn.measure.macro import MACROS
    from fxsnn.measure.memory import memory_to_data

    return memory_to_data(found, MACROS["ramb18"])


def show_memory(found: dict[str, Any], macro: str = "ramb18") -> None:
    """Print a memory, as `memory_to_data` returns it, array by array."""
    from fxsnn.measure.memory import bits_text

    rows = table("array", ">words", ">bits a word", ">bits", f">allocated bits ({macro})")
    for array in found["arrays"]:
        numbers = (array["words"], array["word"], array["bits"], array["allocated_bits"])
        rows.add_row(array["name"], *(f"{number:,}" for number in numbers))
    rows.add_section()
    rows.add_row("total", "", "", f"{found['bits']:,}", f"{found['allocated_bits']:,}")
    show(rows)
    typer.echo(
        f"{bits_text(found['bits'])}; with 32-bit words {bits_text(found['baseline_bits'])}: "
        f"{found['saving']:.2f} times less, {found['allocated_saving']:.2f} times as allocated"
    )
    registers = found["allocated_bits"] - found["blocks"] * found["block_bits"]
    typer.echo(
        f"{macro}: {found['blocks']:,} blocks of {found['block_bits']:,} bits, and {registers:,} bits in flip-flops"
    )
