"""What docs/networks.md shows is so."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

from command_line import needs_jit, run

PAGE = Path(__file__).parent.parent / "docs" / "networks.md"
FENCE = re.compile(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, name, text in FENCE.findall(PAGE.read_text()):
        if kind == "toml" and name:  # another one is an example of a format
            (tmp_path / name).write_text(text)
    rng = np.random.default_rng(7)
    np.save(tmp_path / "edges.npy", rng.normal(0.3, 0.4, (3, 3, 1, 2)))
    np.savetxt(tmp_path / "hidden.csv", rng.normal(0.4, 0.5, (8, 3)), delimiter=",")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("folder")
def test_the_session_of_the_page_prints_what_it_says() -> None:
    session = "\n".join(text for kind, _, text in FENCE.findall(PAGE.read_text()) if kind == "python")
    test = doctest.DocTestParser().get_doctest(session, {}, PAGE.name, str(PAGE), 0)
    said: list[str] = []
    failed, tried = doctest.DocTestRunner().run(test, out=said.append)
    assert (failed, "".join(said)) == (0, "")
    assert tried > 15


@pytest.mark.usefixtures("folder")
def test_the_example_is_shown() -> None:
    out = run("show", "net.toml", "plan.toml").out
    assert [line for line in out.splitlines() if not line.startswith(" ")] == [
        "population edges",
        "lif.neuron, 32 neurons",
        "population pooled",
        "relay.neuron, 8 neurons",
        "population hidden",
        "lif.neuron, 3 neurons",
    ]
    assert "      current: 8 x Q2.4 (s6) + 3 x Q2.1 (s3); exactly 10 bits, 4 fractional, -22 to 20" in out
    assert run("show", "net.toml").out.count("# LIF: ") == 1


@pytest.mark.long
@needs_jit
@pytest.mark.usefixtures("folder")
def test_the_commands_on_a_network_of_populations_work() -> None:
    section = PAGE.read_text().split("## Commands\n")[1].split("\n## ")[0]
    np.savez("spikes.npz", inputs=np.random.default_rng(7).random((9, 9, 4, 4, 1)) < 0.4, labels=np.ones(9, np.int64))
    net = Path("net.toml").read_text()
    raw = "{ raw = [[0, -2, -2], [-2, 0, -2], [-2, -2, 0]] }"
    assert raw in net
    Path("float.toml").write_text(net.replace(raw, "[[0, -1, -1], [-1, 0, -1], [-1, -1, 0]]"))
    for words in re.findall(r"^fxsnn ([^#\n]*)", section, re.MULTILINE):
        said = run(*words.split())
        assert (said.status, words) == (0, words)
    assert all(Path(name).exists() for name in ("chosen.toml", "significance/significance.json"))


@pytest.mark.usefixtures("folder")
def test_the_commands_on_golden_vectors_work() -> None:
    section = PAGE.read_text().split("## Golden vectors\n")[1].split("\n## ")[0]
    make, check, diff = re.findall(r"^fxsnn (.*)$", section, re.MULTILINE)
    np.savez("spikes.npz", inputs=np.random.default_rng(7).random((3, 9, 4, 4, 1)) < 0.4, labels=np.arange(3))
    assert run(*make.split()).out.startswith("golden-set: 19 files, ")
    assert run(*check.split()).status == 0
    Path("hidden.membrane.mem").write_bytes(Path("golden-set", "hidden.membrane.mem").read_bytes())
    page = Path("golden-set", "README.md").read_text()
    directed = re.search(r"2 inputs, which `inputs.npz` holds, then (\d+) directed at the corners ", page)
    assert directed
    words = (2 + int(directed[1])) * 9 * 3
    assert (run(*diff.split()).status, run(*diff.split()).out) == (0, f"all {words} words match\n")
    assert "\n3. `hidden`, step by step, since a cycle joins them or leads back\n" in page
    assert "    lif.neuron, 32 neurons\n" in page
