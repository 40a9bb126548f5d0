"""What docs/api.md shows is so, and it shows every name of the package."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

import fxsnn

PAGE = Path(__file__).parent.parent / "docs" / "api.md"
SESSION = "\n".join(re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))


def test_the_session_of_the_page_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(SESSION, {}, PAGE.name, str(PAGE), 0)
    said: list[str] = []
    failed, tried = doctest.DocTestRunner().run(test, out=said.append)
    assert (failed, "".join(said)) == (0, "")
    assert tried > 50
    assert {path.name for path in tmp_path.iterdir()} == {
        "set",
        "net.toml",
        "net.arrays.npz",
        "mine.neuron",
        "plan.toml",
    }


@pytest.mark.parametrize("name", fxsnn.__all__)
def test_every_name_is_there_and_on_the_page(name: str) -> None:
    assert getattr(fxsnn, name).__doc__
    assert re.search(rf"\bfxsnn\.{name}\b", PAGE.read_text())


def test_what_is_loaded_later_is_listed_and_no_other_name_is_there() -> None:
    assert {*fxsnn.__all__} <= {*dir(fxsnn)}
    with pytest.raises(AttributeError, match=r"^module 'fxsnn' has no attribute 'lava'$"):
        _ = fxsnn.lava  # type: ignore[attr-defined]
