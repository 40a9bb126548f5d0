"""Pytest fixtures that compare golden sets and configurations in another project's tests.

Nothing of fxsnn is imported until a test asks for it, so that other tests start as fast as before.

    def test_my_core(fxsnn_golden):
        fxsnn_golden("golden/my_core")

    def test_my_formats(fxsnn_regress):
        fxsnn_regress("formats.toml")
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def fxsnn_golden(request: pytest.FixtureRequest) -> Callable[[str | Path], int]:
    """Return a function that checks a golden set, a folder beside the test's file, and returns its number of words.

    Every node is computed again. The test fails with the first word that differs, or with what is wrong with a file.
    """

    def check(folder: str | Path) -> int:
        from fxsnn.errors import FxsnnError
        from fxsnn.golden.check import check_bundle

        place = request.path.parent / folder
        try:
            checked = check_bundle(place)
        except FxsnnError as error:
            pytest.fail(f"{folder}: {error}", pytrace=False)
        if checked.findings:
            pytest.fail(f"{folder}: {checked.findings[0]}", pytrace=False)
        return checked.words

    return check


@pytest.fixture
def fxsnn_regress(request: pytest.FixtureRequest) -> Callable[[str | Path], int]:
    """Return a function that runs a list of configurations, a file beside the test's, and returns their number.

    The test fails with a line for each configuration that gives another bit than its lock recorded.
    """

    def check(listed: str | Path) -> int:
        from fxsnn.errors import FxsnnError
        from fxsnn.regress.suite import regress

        try:
            outcomes = regress(request.path.parent / listed).outcomes
        except FxsnnError as error:
            pytest.fail(f"{listed}: {error}", pytrace=False)
        told = [f"{listed}: {one.name}: {'; '.join(one.why)}" for one in outcomes if not one.agrees]
        if told:
            pytest.fail("\n".join(told), pytrace=False)
        return len(outcomes)

    return check
