"""What `fxsnn select` and `fxsnn memory` do with files; neither needs a kernel, so neither loads Numba."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from fxsnn.competitive.inventory import memory, of_size, while_learning
from fxsnn.competitive.plan import Plan, plan_from_data
from fxsnn.decolle.plan import DecollePlan
from fxsnn.errors import ConfigError
from fxsnn.exploration.candidates import Entry, Exploration, Found, load_exploration
from fxsnn.exploration.pareto import ACCURACY, USUAL_LOSS, USUAL_MU, Choice, Reward, percent, select
from fxsnn.exploration.planned import Planned, parse_planned, planned_text
from fxsnn.exploration.shortened import picked, shortened
from fxsnn.graph.plan import GraphPlan, plan_of_kind
from fxsnn.io.documents import named, parse_toml
from fxsnn.io.files import check_output, read_text, write_text
from fxsnn.measure.budget import Budget, parse_budget
from fxsnn.measure.macro import MACROS, macro_of
from fxsnn.measure.memory import Memory, memory_to_data
from fxsnn.measure.ties import TEST, paired_difference, tied, unpack
from fxsnn.number.signal import ChoiceText


@dataclass(frozen=True, slots=True)
class Criteria:
    """By what a candidate is chosen. `max_loss` None: no floor; `budget` None: any memory."""

    reward: Reward
    max_loss: float | None
    budget: Budget | None


def criteria(
    form: str | None = None,
    mu: float | None = None,
    max_loss: float | None = None,
    budget: str | None = None,
    by: str | None = None,
    plan: Path | None = None,
) -> Criteria:
    """Return what somebody asks for; what is None takes its default, or what a plan says that it was chosen with.

    Without a budget the reward weighs memory against accuracy. Within a budget memory costs nothing: unless
    a reward is asked for the most accurate is chosen, and unless a floor is asked for there is none.

    Raises FileError and ConfigError where the plan cannot be read.
    """
    if plan is not None and (written := choice_written(plan)) is not None:
        form, budget, by = form or written.reward, budget or written.budget, by or written.by
        mu, max_loss = written.mu if mu is None else mu, written.max_loss if max_loss is None else max_loss
    if by is not None and budget is None:
        raise ConfigError("a budget must be given to count it by bits or allocated, not none")
    limit = None if budget is None else parse_budget(budget, by or "bits")
    given = form is not None or mu is not None or budget is None
    reward = Reward(form or "additive", USUAL_MU if mu is None else mu) if given else ACCURACY  # type: ignore[arg-type]
    return Criteria(reward, USUAL_LOSS if max_loss is None and budget is None else max_loss, limit)


def choice_text(asked: Criteria) -> str:
    """Return what a choice was made with as a table of TOML that stands behind its plan; see `criteria`."""
    table: dict[str, Any] = {"reward": asked.reward.form, "mu": asked.reward.mu}
    table |= {} if asked.max_loss is None else {"max_loss": asked.max_loss}
    table |= {} if asked.budget is None else {"budget": f"{asked.budget.bits} bits", "by": asked.budget.by}
    return "\n" + tomli_w.dumps({"choice": table})


def choice_written(plan: Path) -> ChoiceText | None:
    """Return what fxsnn select wrote behind a plan, if it did; raises as `criteria`."""
    return named(plan, _choice_in, read_text(plan, "a plan"))


def _choice_in(text: str) -> ChoiceText | None:
    """Return what a plan's text says that its choice was made with, or none."""
    found = parse_toml(text, "a plan").get("choice")
    try:
        return None if found is None else msgspec.convert(found, ChoiceText)
    except msgspec.ValidationError as error:
        raise ConfigError(f"choice must be what fxsnn select wrote: {error}") from None


@dataclass(frozen=True, slots=True)
class Selected:
    """What was chosen, by what it was measured, and its plan."""

    choice: Choice
    entry: Entry
    found: Found  # the float network that it is compared with
    plan: Planned
    number: int  # of the candidate in the file, 1 the first
    called: str  # in the reason: `#12` where names are long

    @property
    def shown(self) -> tuple[str, str]:
        """What is presented to networks of its kind, where their firing is compared: one, and on how many."""
        if isinstance(self.plan, GraphPlan):
            return "input", "inputs"
        return ("recording", "recordings") if isinstance(self.plan, DecollePlan) else ("image", "images")


def select_candidate(candidates: Path, out: Path, asked: Criteria, name: str | None = None) -> Selected:
    """Choose from candidates.json, or take the one of a name or number, `#12`; write its plan and what was asked for.

    Raises
    ------
    FloorError, BudgetError
        No candidate holds the floor or fits into the budget.
    ConfigError
        No candidate has this name or number.
    """
    exploration = load_exploration(candidates)
    check_output(out, candidates)
    brief = shortened(exploration)
    if name is None:
        choice = choose(brief, asked.reward, asked.max_loss, asked.budget)
    else:
        index = picked(exploration, name)
        choice = Choice(index, _chosen_because(brief, index, "name"))
    index = choice.index
    plan = exploration.plan_of(index)
    write_text(out, planned_text(plan) + ("" if name else choice_text(asked)))
    entry = exploration.entries[index]
    return Selected(choice, entry, exploration.found, plan, index + 1, brief.entries[index].name)


def selected_to_data(selected: Selected, out: Path) -> dict[str, Any]:
    """Return what was chosen as plain data: why, by what it was measured, its plan, and where that was written."""
    entry, baseline = msgspec.to_builtins(selected.entry), selected.found
    del entry["right"]  # a bit an input, of use to `report` alone
    against = {"accuracy": baseline.accuracy, "interval": list(baseline.interval), "bits": baseline.bits}
    reason = {"reason": selected.choice.reason, "number": selected.number}
    return {**reason, **entry, "float": against, "written": str(out)}


def choice_of(found: Exploration, plan: Path, learned: bool = False) -> Choice:
    """Return the candidate that somebody chose by its plan; raises ConfigError where no candidate has it.

    learned    whether one that was quantised after training is not meant, where several have the plan
    """
    chosen = named(plan, parse_planned, read_text(plan, "a plan"))
    places = sorted(range(len(found.entries)), key=lambda n: learned and found.entries[n].scheme == "PTQ")
    for n in places:
        if found.plan_of(n) == chosen:
            return Choice(n, _chosen_because(found, n, "plan"))
    raise ConfigError(f"a chosen plan must be one of the candidates', {str(plan)!r} is not")


def _chosen_because(found: Exploration, n: int, by: str) -> str:
    """Return the reason for a candidate that somebody took by its name or plan."""
    entry = found.entries[n]
    change = 100 * (entry.accuracy - found.found.accuracy)
    return (
        f"{entry.name} was chosen by its {by}: {found.found.bits / entry.bits:.1f} times less memory, "
        f"{change:+.2f} points of accuracy. {_said_of_ties(found, entry)}"
    ).rstrip()


def choose(found: Exploration, reward: Reward, max_loss: float | None, budget: Budget | None = None) -> Choice:
    """Choose, and say in the reason which candidates are as good but for noise; raises as `pareto.select` does."""
    choice = select(found.entries, found.baseline, reward, max_loss, budget)
    ties = _said_of_ties(found, found.entries[choice.index])
    return Choice(choice.index, f"{choice.reason} {ties}" if ties else choice.reason)


def _said_of_ties(found: Exploration, chosen: Entry) -> str:
    """Say whether the float network ties with the choice, and which candidates of less memory or more accuracy do."""
    if chosen.right is None:
        return ""
    parts = []
    if found.found.right and len(found.found.right) == len(chosen.right):
        within = tied(chosen.right, found.found.right)
        side = "better" if chosen.accuracy > found.found.accuracy else "worse"
        noise = "is within noise of the float network" if within else f"is {side} than the float network beyond noise"
        _, (low, high) = paired_difference(*(unpack(bits, chosen.images) for bits in (chosen.right, found.found.right)))
        parts.append(f"The choice {noise} ({TEST}; 95 % interval {100 * low:+.2f} to {100 * high:+.2f} points).")
    others = [entry for entry in found.entries if entry is not chosen and tied(chosen.right, entry.right)]
    smaller = sorted((e for e in others if e.bits < chosen.bits), key=lambda e: (e.bits, -e.accuracy))
    better = sorted((e for e in others if e.accuracy > chosen.accuracy), key=lambda e: (-e.accuracy, e.bits))
    for group, one, several in (
        (smaller, "holds less memory", "hold less memory"),
        (better, "is more accurate", "are more accurate"),
    ):
        if group:
            more = f" and {len(group) - 1:,} more" if len(group) > 1 else ""
            verb, what = ("tie", several) if more else ("ties", one)
            first = f"{group[0].name} ({percent(group[0].accuracy)}, {group[0].bits:,} bits)"
            parts.append(f"{first}{more} {verb} with it and {what}.")
    return " ".join(parts)


def count_memory(
    plan: Path, inputs: int, neurons: int, refractory_steps: int, reset: str, macro: str, steps: int = 100
) -> dict[str, Any]:
    """Count the memory of a network of this size under a plan, which inhibits and lets the largest excess win."""
    macro_of(macro)
    if reset not in ("zero", "value", "subtract"):
        raise ConfigError(f"reset must be zero, value or subtract, not {reset!r}")
    words = plan_of_one_layer(plan)
    return counted(memory(of_size(words, inputs, neurons, refractory_steps, reset, True)), words, macro, steps)


def counted(found: Memory, plan: Plan, macro: str, steps: int) -> dict[str, Any]:
    """Return a count as plain data; under `while_learning` what learning by the plan stores, where it has a table.

    steps    of a presentation, which count only where the plan has a learning table
    """
    data = memory_to_data(found, MACROS[macro])
    if plan.learning is not None:
        data["while_learning"] = memory_to_data(while_learning(found, plan, steps), MACROS[macro])
    return data


def plan_of_one_layer(plan: Path) -> Plan:
    """Read the plan of a network that learns without labels; ConfigError for one of layers."""
    words = named(plan, parse_planned, read_text(plan, "a plan"))
    if not isinstance(words, Plan):
        kind = "populations" if isinstance(words, GraphPlan) else "layers"
        raise ConfigError(f"a plan of {kind}, as {str(plan)!r}, must be counted with --network of {kind}")
    return words


def read_plan(path: Path) -> Plan:
    """Read the plan of a network of one layer; raises FileError or ConfigError, one line, as `plan_of_kind`."""
    return plan_of_kind(path, "one layer", plan_from_data)
