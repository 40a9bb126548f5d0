"""Pytest fixtures that compare golden sets and configurations in another project's tests.

Nothing of fxsnn is imported until a test asks for it, so that other tests start as fast as before.

    def test_my_core(fxsnn_golden):
        words = fxsnn_golden("golden/my_core")  # int: how many words were computed again and are the same

    def test_my_formats(fxsnn_regress):
        configurations = fxsnn_regress("formats.toml")  # int: how many were run and gave every recorded bit
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def _failing(file: str | Path) -> Iterator[None]:
    """Fail the test with an error of fxsnn's in one line, which names the file."""
    from fxsnn.errors import FxsnnError

    try:
        yield
    except FxsnnError as error:
        raise pytest.fail.Exception(f"{file}: {error}", pytrace=False) from None


@pytest.fixture
def fxsnn_golden(request: pytest.FixtureRequest) -> Callable[[str | Path], int]:
    """Return a function that checks a golden set and returns how many words were compared, an int.

    It takes the set's folder, as str or Path, beside the test's file. Every node is computed again. The test fails, in
    one line, with the first word that differs, or with what is wrong with a file.
    """

    def check(folder: str | Path) -> int:
        from fxsnn.golden.check import check_bundle

        with _failing(folder):
            checked = check_bundle(request.path.parent / folder)
        if checked.findings:
            pytest.fail(f"{folder}: {checked.findings[0]}", pytrace=False)
        return checked.words

    return check


@pytest.fixture
def fxsnn_regress(request: pytest.FixtureRequest) -> Callable[[str | Path], int]:
    """Return a function that runs a list of configurations and returns how many there are, an int.

    It takes the list's file, as str or Path, beside the test's. The test fails with a line for each configuration that
    gives another bit than its lock recorded, or in one line with what is wrong with a file.
    """

    def check(listed: str | Path) -> int:
        from fxsnn.regress.suite import regress

        with _failing(listed):
            outcomes = regress(request.path.parent / listed).outcomes
        told = [f"{listed}: {one.name}: {'; '.join(one.why)}" for one in outcomes if not one.agrees]
        if told:
            pytest.fail("\n".join(told), pytrace=False)
        return len(outcomes)

    return check
