"""Every change that `golden diff` tries can be played to the end, or has no order in which a step could be done."""

from __future__ import annotations

import pytest

from changes_played import played
from command_line import skip_without_jit
from population_sets import POPULATION_SETS

skip_without_jit()

LONG = ("one_by_one", "words_on_maps")


@pytest.mark.parametrize("name", ["unseen", *(pytest.param(name, marks=pytest.mark.long) for name in LONG)])
def test_a_change_is_played_or_has_no_order(name: str) -> None:
    played(POPULATION_SETS[name]()[0])
