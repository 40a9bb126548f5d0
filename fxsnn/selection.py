"""What `fxsnn select` and `fxsnn memory` do with files; neither needs a kernel, so neither loads Numba."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from fxsnn.candidates import load_exploration
from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.files import read_bytes, write_text
from fxsnn.memory import MACROS, inventory, memory_to_data
from fxsnn.pareto import Choice, Reward, select
from fxsnn.plan import Plan, parse_plan, plan_text


def select_candidate(candidates: Path, out: Path, form: str, mu: float, max_loss: float) -> Choice:
    """Choose from candidates.json and write the plan of the choice."""
    found = load_exploration(candidates)
    choice = select(found.entries, found.baseline, Reward(form, mu), max_loss)  # type: ignore[arg-type]
    write_text(out, plan_text(found.plan_of(choice.index)))
    return choice


def count_memory(
    plan: Path, inputs: int, neurons: int, refractory_steps: int, reset: str, macro: str
) -> dict[str, Any]:
    """Count the memory of a network of this size under a plan."""
    if macro not in MACROS:
        raise ConfigError(f"macro must be one of {', '.join(MACROS)}, not {macro!r}")
    if reset not in ("zero", "value", "subtract"):
        raise ConfigError(f"reset must be zero, value or subtract, not {reset!r}")
    return memory_to_data(inventory(read_plan(plan), inputs, neurons, refractory_steps, reset, True), MACROS[macro])


def read_plan(path: Path) -> Plan:
    """Read a plan; raises FileError or ConfigError, one line."""
    return named(path, parse_plan, read_text(path, "a plan"))


Held = TypeVar("Held")


def named(path: Path, parse: Callable[[str], Held], text: str) -> Held:
    """Parse the text of a file; errors name the file."""
    try:
        return parse(text)
    except FxsnnError as error:
        raise type(error)(f"{str(path)!r}: {error}") from None


def read_text(path: Path, what: str) -> str:
    """Read a UTF-8 text of at most 1 MiB; `what` names it in errors."""
    try:
        return read_bytes(path, what, most=1 << 20).decode()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{what} must be UTF-8 text, {str(path)!r} is not: {error.reason}") from None
