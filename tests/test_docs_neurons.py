"""What docs/neurons.md shows is so."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from command_line import skip_with_jit
from fxsnn.program.build import build
from fxsnn.program.grammar import parse
from fxsnn.program.shipped import names

skip_with_jit()

PAGE = Path(__file__).parent.parent / "docs" / "neurons.md"
FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_texts_of_the_page_are_neurons() -> None:
    found = [(options, text) for kind, options, text in FENCE.findall(PAGE.read_text()) if kind == "neuron"]
    assert len(found) == 3
    for options, text in found:
        assert build(parse(text, PAGE.name), dict(option.split("=") for option in options.split())).casts


def test_the_sessions_of_the_page_print_what_they_say() -> None:
    sessions = "\n".join(text for kind, _, text in FENCE.findall(PAGE.read_text()) if kind == "python")
    test = doctest.DocTestParser().get_doctest(sessions, {}, PAGE.name, str(PAGE), 0)
    said: list[str] = []
    failed, tried = doctest.DocTestRunner().run(test, out=said.append)
    assert (failed, "".join(said)) == (0, "")
    assert tried > 10


def test_the_page_names_every_neuron_that_comes_along() -> None:
    table = PAGE.read_text().partition("## Neurons that come along")[2]
    assert sorted(
        set(
            re.findall(
                r"`(\w+)`", "\n".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
            )
        )
    ) == list(names())
