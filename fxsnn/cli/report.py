"""`fxsnn report`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from fxsnn.cli.options import (
    CORES,
    AnyNetwork,
    AsJson,
    AskedLoss,
    AskedMu,
    CountedBy,
    Data,
    InputsFile,
    Mnist,
    MostMemory,
    RewardForm,
    Workers,
    accuracy,
    foreign,
    progress_bars,
    warn,
)
from fxsnn.cli.tables import say, show_json

_SHOWN = {"one layer": "test images", "layers": "test recordings", "populations": "inputs"}
_STAGES = {"train": "training (networks)", "test": "testing (candidates)"}


def report(
    network: AnyNetwork,
    candidates: Annotated[Path, typer.Argument(help="Candidates of fxsnn explore (JSON), or one plan (TOML).")],
    out: Annotated[Path, typer.Option("--out", help="Page to write (HTML).")],
    reward: RewardForm = None,
    mu: AskedMu = None,
    max_loss: AskedLoss = None,
    budget: MostMemory = None,
    by: CountedBy = None,
    chosen: Annotated[
        Path | None, typer.Option("--chosen", help="Plan of the choice (TOML), one of the candidates'.")
    ] = None,
    chosen_network: Annotated[
        Path | None,
        typer.Option(
            "--chosen-network",
            help="Network of a choice that learned in integers (.npz); if not given, it is trained again.",
        ),
    ] = None,
    significance: Annotated[
        Path | None, typer.Option("--significance", help="Result of fxsnn significance (JSON).")
    ] = None,
    passes: Annotated[
        int | None,
        typer.Option(
            "--passes",
            min=1,
            max=1000,
            help="Passes that fxsnn explore took to train the choice.",
            show_default="as there",
        ),
    ] = None,
    folder: Data = None,
    mnist: Mnist = False,
    inputs: InputsFile = None,
    workers: Workers = CORES,
    as_json: AsJson = False,
) -> None:
    """Choose as select does, measure the choice on test images, recordings or --inputs, and write a report (HTML)."""
    from fxsnn.data.learned import note
    from fxsnn.jobs.report import report
    from fxsnn.jobs.samples import samples_for
    from fxsnn.jobs.sources import Sources
    from fxsnn.measure.score import measured_to_data
    from fxsnn.measure.ties import small_sample

    source = samples_for(network, folder, mnist, inputs)
    if source.kind == "populations":
        foreign(source.kind, {"--passes": passes})
    sources = Sources(network, candidates, chosen, chosen_network, significance)
    sources.check(out)
    asked = sources.asked(reward, mu, max_loss, budget, by)
    given = {"--reward": reward, "--mu": mu, "--max-loss": max_loss, "--budget": budget, "--by": by}
    files = {"--chosen": chosen, "--chosen-network": chosen_network, "--significance": significance}
    given |= {name: path.name for name, path in files.items() if path}
    words = ["fxsnn", "report", network.name, candidates.name]
    words += [word for name, value in given.items() if value is not None for word in (name, str(value))]
    if source.kind == "one layer":
        words += ["--mnist"] * (mnist or folder is not None)
    else:
        words += ["--inputs" if source.kind == "populations" else "--data", source.found.name or "."]
    words += [] if passes is None else ["--passes", str(passes)]
    with progress_bars(_STAGES) as progress:
        found = report(source, out, sources, asked, shlex.join(words), workers, progress, passes)
    floating, fixed = (found.tests[name] for name in ("float", found.chosen.name))
    if as_json:
        measured = {"float": measured_to_data(floating), "fixed": measured_to_data(fixed)}
        show_json({"written": str(out), "chosen": found.chosen.name, "reason": found.choice.reason, **measured})
    else:
        say(found.choice.reason)
        in_float, in_fixed = (accuracy(one.accuracy, one.interval) for one in (floating, fixed))
        say(f"On {fixed.images:,} {_SHOWN[source.kind]}: float {in_float}, {found.chosen.name} {in_fixed}.")
        typer.echo(f"{out}: open it in a browser")
    warn(small_sample(found.chosen.images, found.chosen.interval), note(network))
