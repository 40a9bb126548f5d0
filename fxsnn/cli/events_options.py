"""Options that commands of `fxsnn events` share, and what all of them say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fxsnn.cli.options import percent, spread, there

if TYPE_CHECKING:
    from fxsnn.score import Measured

Recorded = Annotated[Path, typer.Option("--data", help="Folder of recordings; see fxsnn events data.", callback=there)]
Weight = Annotated[int, typer.Option(min=1, max=24, help="Bits of a weight, sign included.")]
State = Annotated[
    int, typer.Option(min=-4, max=24, help="Fractional bits of synaptic states, traces, refractory states.")
]
WeightRounding = Annotated[str, typer.Option(help="How weights are rounded: TR, RN, SR or one of ours.")]
StateRounding = Annotated[str, typer.Option(help="How states are rounded in every step.")]
Filters = Annotated[str, typer.Option(help="What decays: inputs (traces) or currents (of neurons).")]
TrainedFile = Annotated[
    Path, typer.Argument(help="Network, as fxsnn events train wrote it (.npz).", show_default=False)
]

Regularisation = Annotated[
    float, typer.Option(min=0.0, help="What membranes above 0 cost, so that fewer neurons spike (DECOLLE's reg_l).")
]
Window = Annotated[
    int,
    typer.Option(
        "--window",
        min=0,
        help="Learn from windows of so many steps that begin anywhere in a recording, as DECOLLE does (500); "
        "0: all steps, from its begin.",
    ),
]
PassesOn = Annotated[
    int, typer.Option("--passes", min=1, max=1000, help="Passes of networks that learn on through their quantisation.")
]


def tell(name: str, told: Measured) -> None:
    """Say what a network is worth on test recordings."""
    typer.echo(
        f"{name}: test accuracy {percent(told.accuracy)} (95 % interval {spread(told.interval)} %) on "
        f"{told.images:,} recordings"
    )
