"""What is emitted from a neuron's text and compiled with the loops that name it: see `fxsnn.program.compiled`."""

from typing import Any

ADDS_EACH = False  # whether every active input makes an addition, and a cast, of its own


def step(*arguments: Any) -> None:
    """Do a time step of every neuron; see `fxsnn.program.emit` for the arguments."""
    raise NotImplementedError
