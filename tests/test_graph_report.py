"""`fxsnn report` of a network of populations: the page that the other networks have, measured again."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from command_line import Said, run, skip_without_jit
from fxsnn.exploration.candidates import load_exploration
from fxsnn.graph.files import load_graph
from fxsnn.graph.inputs import read_inputs
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.plan import GraphPlan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import quantise_graph
from fxsnn.graph.run import trace
from fxsnn.populations.deciding import Deciding, counts_spikes, deciding
from fxsnn.program.operations import Add, Constant
from test_graph_explore import written

skip_without_jit()


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a network and the candidates that were explored with it."""
    folder = written(tmp_path_factory.mktemp("explored"))
    words = ("--grid", folder / "grid.toml", "--inputs", folder / "shown.npz", "--out", folder / "c.json")
    assert run("explore", folder / "net.toml", *words).status == 0
    return folder


def report(folder: Path, out: Path, *words: object, candidates: str = "c.json", shown: str = "shown.npz") -> Said:
    words = words if "--chosen" in words else ("--max-loss", "0.3", *words)
    return run("report", folder / "net.toml", folder / candidates, "--inputs", folder / shown, "--out", out, *words)


def page_of_one_plan(folder: Path, net: str, plan: str, shown: np.ndarray) -> str:
    """Write a network, a plan and inputs into a folder; return the text of the report on that plan."""
    (folder / "net.toml").write_text(net)
    (folder / "plan.toml").write_text(plan)
    np.save(folder / "shown.npy", shown)
    said = report(folder, folder / "r.html", candidates="plan.toml", shown="shown.npy")
    assert said.status == 0, said.err
    return text_of(folder / "r.html")


def text_of(page: Path) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.read_text())).replace("\u00a0", " ").split())


@pytest.mark.long
def test_the_page_tells_every_candidate_and_the_memory_of_the_choice(explored: Path, tmp_path: Path) -> None:
    said = report(explored, tmp_path / "r.html")
    told = said.err.count("overflow its format") + 1  # and 30 inputs are few
    assert (said.status, said.err.count("warning: ")) == (0, told)
    page, held = text_of(tmp_path / "r.html"), load_exploration(explored / "c.json")
    name = said.out.split()[0]
    n = [entry.name for entry in held.entries].index(name)
    for entry in held.entries:
        assert entry.name in page
    graph, plan = load_graph(explored / "net.toml"), held.plan_as(n, GraphPlan)
    for array in graph_memory(quantise_graph(graph, plan)).arrays:
        assert f"{array.name} " in page
        assert f" {array.words:,} {array.word} {array.bits:,} " in page
    assert "on the 30 inputs it was chosen on" in page
    assert "test inputs" not in page
    assert "Output spikes on the 30 inputs" in page
    assert "mine 5 (rising), out 3 (lif); 60 weights" in page
    assert "fxsnn report net.toml c.json --max-loss 0.3 --inputs shown.npz" in page
    assert "The most active neurons of out: integrated, in the network's units" in page


@pytest.mark.long
def test_distributions_are_of_the_states_of_every_population(explored: Path, tmp_path: Path) -> None:
    assert report(explored, tmp_path / "r.html").status == 0
    page, held = text_of(tmp_path / "r.html"), load_exploration(explored / "c.json")
    chosen = next(n for n, entry in enumerate(held.entries) if f"{entry.name} chosen" in page)
    graph = load_graph(explored / "net.toml")
    network = quantise_graph(graph, held.plan_as(chosen, GraphPlan))
    words = read_inputs(explored / "shown.npz", graph).words
    kept = [trace(network, one)["out"].nodes["membrane"] for one in words[:16]]
    form = network.signals["out"]["membrane"].format
    low, high = (float(form.value(int(pick(kept)))) for pick in (np.min, np.max))
    table = page.split("Range of each format and of the values")[1]
    row = table.split(f"out membrane {form.describe()}")[1][:200]
    assert f"{low:.4g} to {high:.4g}".replace("-", "\u2212") in row
    assert "mine v Q4.5" in table


@pytest.mark.long
def test_one_plan_without_labels_is_a_page_too(explored: Path, tmp_path: Path) -> None:
    held = load_exploration(explored / "c.json")
    assert run("select", explored / "c.json", "--max-loss", "1", "--out", explored / "one.toml").status == 0
    said = report(explored, tmp_path / "r.html", candidates="one.toml", shown="shown.npy")
    assert said.status == 0, said.err
    assert "one is the plan that was given." in text_of(tmp_path / "r.html")
    assert report(explored, tmp_path / "s.html", "--chosen", explored / "one.toml").status == 0
    assert len(held.entries) == 6


@pytest.mark.long
def test_the_page_of_a_choice_has_the_floor_and_the_budget_that_it_was_made_with(
    explored: Path, tmp_path: Path
) -> None:
    chosen = tmp_path / "chosen.toml"
    budget = f"{max(entry.bits for entry in load_exploration(explored / 'c.json').entries)} bits"
    said = run("select", explored / "c.json", "--max-loss", "0.3", "--budget", budget, "--out", chosen)
    assert said.status == 0, said.err
    assert report(explored, tmp_path / "r.html", "--chosen", chosen).status == 0
    page = text_of(tmp_path / "r.html")
    assert "at most 30.00 % lost" in page
    assert said.out.partition("\n")[0] in page  # why, with both
    assert f"fit into {int(budget.split()[0]):,} bits" in page
    assert "stay within 30.00 % of the float network" in page
    assert report(explored, tmp_path / "s.html", "--chosen", chosen, "--max-loss", "0.25").status == 0
    assert "at most 25.00 % lost" in text_of(tmp_path / "s.html")
    assert report(explored, tmp_path / "s.html", "--chosen", chosen, "--budget", budget).complaint == (
        "a choice must be made by a plan or within a budget, not both"
    )


@pytest.mark.long
def test_a_network_that_never_fires_and_stores_no_weights_has_its_page(tmp_path: Path) -> None:
    net = (
        '[input]\nshape = [2, 2, 1]\n[population.out]\nshape = [1, 1, 1]\nneuron = "integrator"\n'
        'choices = { leak = "none" }\n[population.two]\nshape = 2\nneuron = "relay"\n'
        '[[projection]]\nfrom = "input"\nto = "out"\nkind = "sum"\nkernel = 2\n'
        '[[projection]]\nfrom = "out"\nto = "two"\nweights = { raw = [[1, -1]] }\nsignal = "sign"\n'
        '[readout]\nkind = "counts"\n'
    )
    plan = '[signal]\nsign = "Q2.0"\nmembrane = "Q6.0"\n'
    page = page_of_one_plan(tmp_path, net, plan, np.ones((3, 5, 4), np.uint8))
    assert "They emit words and never fire" in page
    assert "out_two weight Q2.0" in page


@pytest.mark.long
def test_several_spikes_a_step_are_counted_and_drawn(tmp_path: Path) -> None:
    net = (
        '[input]\nshape = 1\n[population.out]\nshape = 2\nneuron = "nir_lif"\n'
        'choices = { leak = "none", drive = "none", compare = "ge", spikes = "many", reset = "subtract", '
        'reset_step = "same", bound = "none" }\nconstants = { threshold = 1.0 }\n'
        '[[projection]]\nfrom = "input"\nto = "out"\nweights = { raw = [[3, -1]] }\n[readout]\nkind = "counts"\n'
    )
    plan = '[signal]\nweight = "Q4.0"\nmembrane = "Q6.0"\nthreshold = "UQ1.0"\n'
    page = page_of_one_plan(tmp_path, net, plan, np.ones((3, 5, 1), np.uint8))
    assert "Network of 1 population on shown.npy" in page
    assert "Output spikes: 15 in float, 15 in fixed point, 15 of them common to both" in page
    assert "their membrane after every step; a dot is a spike, or several" in page


def test_a_page_of_other_inputs_or_networks_is_refused(explored: Path, tmp_path: Path) -> None:
    shown = np.load(explored / "shown.npz")
    np.savez(tmp_path / "shown.npz", inputs=1 - shown["inputs"], labels=shown["labels"])
    out, net = tmp_path / "r.html", explored / "net.toml"
    words = ("--inputs", tmp_path / "shown.npz", "--out", out, "--max-loss", "1")
    assert run("report", net, explored / "c.json", *words).complaint.startswith(
        "networks and inputs must be those that the candidates were measured with, "
    )
    assert report(explored, out, "--passes", "2").complaint == (
        "--passes 2 must not be given for a network of populations, which learns nothing"
    )
    assert report(explored, out, "--chosen-network", net).complaint.startswith("a chosen network must be of a choice")
    assert run("report", net, explored / "c.json", "--out", out).complaint == (
        f"--inputs must be given for a network of populations, as '{net}'"
    )
    for name in ("c.json", "shown.npz", "net.toml"):
        assert report(explored, explored / name).complaint == (
            f"an output file must be another one than those that are read, not '{explored / name}'"
        )
    assert not out.exists()


def test_what_is_drawn_is_what_the_text_compares() -> None:
    given = dict.fromkeys(("threshold", "theta", "period", "inhibition", "floor"), 1.0)
    choices = {"accumulate": "exact", "leak": "none", "integrate": "fused", "compare": "ge", "winner": "largest"}
    choices |= {"reset": "zero", "refractory_input": "ignore"}
    competitive = population("one", 3, "competitive", choices, given, {}).neuron
    found = deciding(competitive)
    assert found is not None
    assert (found.node, found.other) == ("integrated", "")
    assert found.threshold is not None
    assert competitive.operations[found.threshold] == Add(
        *(
            ref
            for name in ("threshold", "theta")
            for ref, one in enumerate(competitive.operations)
            if isinstance(one, Constant) and one.name == name
        )
    )
    integrator = population("one", 3, "integrator", {"leak": "none"}, {}, {}).neuron
    assert deciding(integrator) == Deciding("membrane")
    assert deciding(population("one", 3, "relay", {}, {}, {}).neuron) is None


def test_a_number_of_spikes_is_made_of_bits_alone() -> None:
    choices = {"leak": "none", "drive": "none", "compare": "ge", "reset": "zero", "reset_step": "same", "bound": "none"}
    for spikes in ("one", "many"):
        held = population("one", 3, "nir_lif", choices | {"spikes": spikes}, {"threshold": 1.0}, {})
        assert counts_spikes(held.neuron)
    assert not counts_spikes(population("one", 3, "integrator", {"leak": "none"}, {}, {}).neuron)
    assert not counts_spikes(population("one", 3, "relay", {}, {}, {}).neuron)
