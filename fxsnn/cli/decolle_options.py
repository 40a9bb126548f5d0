"""Options of networks of layers, which learn with labels from recordings, and what their commands say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fxsnn.cli.options import accuracy, there
from fxsnn.errors import ConfigError

if TYPE_CHECKING:
    from fxsnn.decolle.learn import LocalLearning
    from fxsnn.measure.score import Measured

LayersFile = Annotated[Path, typer.Argument(help="Network of layers, as fxsnn train wrote it (.npz).")]
Recorded = Annotated[Path, typer.Option("--data", help="Folder of event recordings; see fxsnn data.", callback=there)]
Rate = Annotated[
    float | None,
    typer.Option("--rate", help="Of layers: learning rate of Adamax, falling to 0.", show_default="2e-3"),
]
Window = Annotated[
    int | None,
    typer.Option(
        "--window",
        min=0,
        help="Of layers: learn from windows of so many steps that begin anywhere in a recording, as DECOLLE does "
        "(500); 0: all steps, from its begin.",
        show_default="0",
    ),
]


def _regularisation(where: str, usual: str) -> typer.models.OptionInfo:
    text = f"Of layers: what membranes above 0 cost{where}, so that fewer neurons spike (DECOLLE's reg_l)."
    found: typer.models.OptionInfo = typer.Option("--regularisation", min=0.0, help=text, show_default=usual)
    return found


Regularisation = Annotated[float | None, _regularisation(" in float", "1")]
# of networks that learn on through their quantisation
RegularisationOn = Annotated[float | None, _regularisation("", "0.3")]


def folder_of(folder: Path | None) -> Path:
    """Return the folder of recordings to learn from; raises ConfigError where none is named."""
    if folder is None:
        raise ConfigError("a network of layers must learn from recordings: name their folder by --data")
    return folder


def learning_of(
    usual: LocalLearning,
    *,
    passes: int | None = None,
    rate: float | None = None,
    window: int | None = None,
    regularisation: float | None = None,
    seed: int | None = None,
) -> LocalLearning:
    """Return how a network of layers learns: as usual but for what was given."""
    given = {"passes": passes, "rate": rate, "window": window, "regularisation": regularisation, "seed": seed}
    return replace(usual, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


def show_measured(name: str, measured: Measured, colon: str = ":") -> None:
    """Print the accuracy of a network on test recordings."""
    tested = accuracy(measured.accuracy, measured.interval)
    typer.echo(f"{name}{colon} test accuracy {tested} on {measured.images:,} recordings")
