"""No module but those of a network's own rule names a state of a neuron, and plans take their names from the texts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import skip_without_jit
from fxsnn.competitive.plan import Plan
from fxsnn.decolle.plan import LayerPlan
from fxsnn.program.build import build
from fxsnn.program.grammar import Text
from fxsnn.program.shipped import names, shipped

skip_without_jit()

ROOT = Path(__file__).parent.parent / "fxsnn"
# what serves every neuron; beside it stand the two networks of Q-SpiNN, with what makes and shows their plans, and
# conversions of other people's neurons
OF_ALL = (
    *("api", "cmodel", "data", "engine", "graph", "hdl", "io", "jobs", "measure", "networks", "number", "populations"),
    *("program", "significance", "storages", "study"),
)


def states_of(text: Text) -> set[str]:
    """Return the states of a text, each choice made in all of its ways; `u` and `v` are too short to be sought."""
    most = max(map(len, text.choices.values()), default=1)
    steps = (build(text, {name: ways[n % len(ways)] for name, ways in text.choices.items()}) for n in range(most))
    return {state for step in steps for state in step.states if len(state) > 1}


def named(source: str) -> Iterator[str]:
    """Yield what a source names in its texts, docstrings aside, and its attributes."""
    tree = ast.parse(source)
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


@pytest.fixture(scope="module")
def states() -> set[str]:
    return {state for name in names() for state in states_of(shipped(name))}


def test_the_states_are_found(states: set[str]) -> None:
    assert {"membrane", "refractory", "trace", "synapse", "fired", "wait"} < states


@pytest.mark.parametrize("folder", OF_ALL)
def test_what_serves_every_neuron_names_no_state(folder: str, states: set[str]) -> None:
    found = {path.name: {*named(path.read_text())} & states for path in (ROOT / folder).glob("*.py")}
    assert {name: words for name, words in found.items() if words} == {}


def test_a_state_that_is_named_is_found() -> None:
    assert {*named('"""Of the membrane."""\nx = plan.membrane\ny = plan["trace"]')} == {"membrane", "trace"}


@pytest.mark.parametrize(("plan", "text"), [(Plan, "competitive"), (LayerPlan, "decolle_currents")])
def test_a_plan_has_the_signals_of_the_text(plan: type[Plan | LayerPlan], text: str) -> None:
    known = {"weight", *plan.SIGNALS, *(leak.replace("leak", "factor") for leak in plan.LEAKS)}
    # of a neuron's counter the network says how wide it is, and a bit has no format
    assert known == {"weight", *shipped(text).signals} - {"bit", *({"refractory"} if text == "competitive" else set())}
