"""Corners of networks of populations: counted as by hand, never where they are proved impossible, and aimed at."""

from __future__ import annotations

import itertools
import json
import shutil
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from command_line import long_with_jit
from command_line import run as command
from fxsnn.golden import graph_directed, graph_ranges
from fxsnn.golden.check import check_bundle
from fxsnn.golden.corners import Reached
from fxsnn.golden.graph_corners import Sites
from fxsnn.golden.graph_directed import Covered, cover, trials_for
from fxsnn.golden.graph_reach import unreachable
from fxsnn.golden.graph_tally import UNSEEN, chosen, reached, refused, tallied
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.golden.populations_play import Theatre
from fxsnn.graph.connect import bring
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.population import INPUT, population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.rows import bring_rows
from fxsnn.graph.run import run, trace
from fxsnn.program import operations as op
from fxsnn.program.grammar import parse
from fxsnn.program.interpret import Run, Step
from fxsnn.program.program import Program
from fxsnn.program.variant import Ints
from fxsnn.program.wires import ANYWHERE
from interpreted import interpreted
from population_sets import POPULATION_SETS, _dense
from populations_drawn import any_networks, drawn_networks, inputs_for
from strategies import compiled_examples

few = settings(max_examples=compiled_examples(6), deadline=None, suppress_health_check=list(HealthCheck))


def counted(network: QuantisedGraph, inputs: Ints) -> dict[str, Reached]:
    return reached(tallied(network, inputs), inputs.shape[1])


def accepted(network: QuantisedGraph, seed: int) -> Ints:
    """Return inputs that leave no format whose overflow mode is `error`."""
    form, inputs = network.graph.format, inputs_for(network, seed)
    inputs = np.concatenate([inputs, np.full_like(inputs[:1], form.highest), np.full_like(inputs[:1], form.lowest)])
    kept = inputs[~refused(network, tallied(network, inputs))]
    assume(len(kept) > 0)
    return kept


# counted


def value(program: Program, ref: int, word: int) -> Fraction:
    frac = program.wires[ref].frac
    return Fraction(word) / (1 if frac == ANYWHERE else Fraction(2) ** frac)


def corners_of_a_cast(program: Program, ref: int, step: Step, n: int) -> list[str]:
    """Return the corners of the cast that ends in a Limit, of a neuron in a step, from their definitions."""
    cast = next(one for one in program.neuron.casts if one.limit == ref)
    made = program.neuron.operations[cast.round]
    assert isinstance(made, op.Round)
    guarded = [] if made.guard is None else ["is made" if step.values[made.guard][n] else "is not made"]
    if guarded == ["is not made"]:
        return guarded
    site, signal = program.site(cast), program.signals[cast.signal]
    units = value(program, made.a, step.values[made.a][n]) * Fraction(2) ** signal.format.frac
    result, floor, low, high = step.values[cast.round][n], units // 1, site.lowest, site.highest
    rest, sign = units - floor, "positive" if units > 0 else "negative"
    found = list(guarded)
    if units != 0 and site.right and site.draw_bits:
        if result > floor or rest > 0:
            found.append(f"{sign}, the draw {'carries' if result > floor else 'does not carry'}")
    elif units != 0 and site.right and rest == Fraction(1, 2):
        found.append(f"{sign}, tie above an {'odd' if floor % 2 else 'even'} word")
    elif units != 0 and site.right and rest > 0:
        found.append(f"{sign}, {'less' if rest < Fraction(1, 2) else 'more'} than half a unit dropped")
    tests = {
        "at the top": result == high,
        "over the top": result > high,
        "far over the top": result > 2 * high + 1,
        "rounds over the top": bool(site.right) and result == high + 1 and floor == high,
        "at the bottom": result == low,
        "one below the bottom": result == low - 1,
        "under the bottom": result < low,
        "far under the bottom": result < min(2 * low, -high - 1),
    }
    return found + [name for name, holds in tests.items() if holds]


def still(program: Program, ref: int) -> bool:
    """Say whether a value is made of constants alone."""
    one = program.neuron.operations[ref]
    if isinstance(one, op.LEAVES):
        return isinstance(one, op.Constant | op.Literal | op.Number)
    return not isinstance(one, op.Round) and all(still(program, part) for _, part in op.operands(one))


def is_seen(program: Program, ref: int, step: Step, n: int) -> bool:
    """Say whether the joined bit that is read changes if this one is flipped."""
    neuron, bit, flipped = program.neuron, step.values[ref][n], 1 - step.values[ref][n]
    kept = {neuron.output[1], *neuron.nodes.values(), *(last for _, last in neuron.states.values())}
    while ref not in kept:
        readers = [k for k, one in enumerate(neuron.operations) for _, part in op.operands(one) if part == ref]
        if len(readers) != 1 or not isinstance(neuron.operations[readers[0]], op.Both | op.Either | op.Not):
            break
        one = neuron.operations[readers[0]]
        others = [step.values[part][n] for _, part in op.operands(one) if part != ref]
        if isinstance(one, op.Not):
            bit, flipped = 1 - bit, 1 - flipped
        else:
            join = min if isinstance(one, op.Both) else max
            bit, flipped = join([bit, *others]), join([flipped, *others])
        ref = readers[0]
    return bit != flipped


def corners_of_a_comparison(program: Program, ref: int, step: Step, n: int) -> list[str]:
    one = program.neuron.operations[ref]
    assert isinstance(one, op.Compare)
    x, y = (value(program, part, step.values[part][n]) for part in (one.a, one.b))
    fracs = [program.wires[part].frac for part in (one.a, one.b)]
    frac = max(fracs)
    for varies, other in zip(fracs, (one.b, one.a), strict=True):
        if still(program, other) and varies != ANYWHERE:
            frac = varies
            break
    away, unit = x - y, 1 / (Fraction(2) ** frac)
    near = "at the limit" if away == 0 else f"just {'above' if away > 0 else 'below'} the limit"
    found = [near] if abs(away) <= unit and is_seen(program, ref, step, n) else []
    return [*found, "holds" if op.RELATIONS[one.relation](x, y) else "does not hold"]


def by_hand(network: QuantisedGraph, inputs: Ints) -> Counter[str]:
    """Count the corners of casts and comparisons, in texts that take no input one by one, in plain integers."""
    found: Counter[str] = Counter()
    named = {name: Sites(program).named for name, program in network.programs.items()}

    def then(name: str, run: Run, step: Step) -> None:
        program = run.program
        for ref, said in named[name].items():
            kind = type(program.neuron.operations[ref])
            for n in range(program.neurons):
                corners = corners_of_a_cast(program, ref, step, n) if kind is op.Limit else []
                corners += corners_of_a_comparison(program, ref, step, n) if kind is op.Compare else []
                found.update(f"{name}: {said}: {corner}" for corner in corners)

    for shown in inputs:
        interpreted(network, shown, then)
    return found


@long_with_jit
@few
@given(drawn_networks(), st.integers(0, 1000))
def test_corners_of_casts_and_comparisons_are_counted_as_by_hand(network: QuantisedGraph, seed: int) -> None:
    assume(not any(one.neuron.one_by_one for one in network.graph.populations))
    inputs = accepted(network, seed)
    expected = by_hand(network, inputs)
    ours = set[str]()
    for name, program in network.programs.items():
        cornered = [(program.neuron.operations[ref], said) for ref, said in Sites(program).named.items()]
        ours |= {f"{name}: {said}: " for one, said in cornered if isinstance(one, op.Limit | op.Compare)}
    counts = {name: corner.count for name, corner in counted(network, inputs).items()}
    assert {name: n for name, n in counts.items() if n and f"{name.rpartition(': ')[0]}: " in ours} == dict(expected)


SERIAL = """# Every active input is met by a membrane that is cast.
come: input
v: state
spike: output
v: v[0] = v + each(come)
spike = v > 1
"""


def serial() -> QuantisedGraph:
    """Return one neuron that casts after every addition, into -2 to 1.5 in halves, of weights in quarters."""
    one = population("one", 1, parse(SERIAL, "serial.neuron"))
    wires = (_dense("to", "input", "one", "come", [[3], [3], [-1], [6]]),)
    return quantise_graph(Graph((4,), (one,), wires), parse_graph_plan('[signal]\nweight = "Q2.2"\nv = "Q2.1 floor"'))


def test_corners_of_what_is_cast_for_every_active_input_are_counted_input_by_input() -> None:
    inputs = np.array([[[1, 1, 1, 0], [0, 0, 0, 0], [1, 0, 0, 1]], [[0, 0, 1, 0]] * 3])
    # in quarters, cast to halves: 3 -> 2, 2 + 3 -> 4, 4 - 1 -> 2; then 2 + 3 -> 4, 4 + 6 -> 6, which is the top;
    # of the second input -1 -> -2, -2 - 1 -> -4, -4 - 1 -> -6
    found = counted(serial(), inputs)
    said = "one: v, line 5: "
    assert found[f"{said}positive, tie above an odd word"] == Reached(2, 0, 0)
    assert found[f"{said}positive, tie above an even word"] == Reached(2, 0, 0)
    assert found[f"{said}negative, tie above an odd word"] == Reached(2, 3, 0)
    assert found[f"{said}negative, tie above an even word"] == Reached(1, 4, 0)
    assert found[f"{said}over the top"] == Reached(1, 2, 0)
    assert found[f"{said}under the bottom"] == Reached(0)
    assert found["one: each come: below 0"] == Reached(4, 0, 0)
    assert found["one: spike, line 6: v > 1: just below the limit"] == Reached(2, 0, 0)


@pytest.mark.parametrize("name", POPULATION_SETS)
def test_what_is_played_for_corners_emits_what_the_network_does(name: str) -> None:
    network, inputs = POPULATION_SETS[name]()
    inputs = inputs[:2, :8]
    emitted = {INPUT: inputs} | {
        one.name: np.zeros((*inputs.shape[:2], one.size), np.int64) for one in network.graph.populations
    }
    played = Theatre(network, emitted, {}, (8,) * len(inputs)).observe(lambda *_: None)
    for n, one in enumerate(inputs):
        for population_name, kept in trace(network, one).items():
            assert played[population_name][n].tolist() == kept.emitted.tolist(), population_name


@pytest.mark.parametrize("name", ["maps", "words_on_maps", "unseen"])
def test_what_a_projection_brings_in_many_steps_is_what_it_brings_in_each(name: str) -> None:
    network, _ = POPULATION_SETS[name]()
    for one, most in itertools.product(
        network.graph.projections, (9, 1 << 52)
    ):  # words that float64 adds up, and others
        shape = network.graph.shape_at(one.source)
        rows = np.random.default_rng(3).integers(-most, most, (5, int(np.prod(shape))))
        weights = network.weights.get(one.name)
        expected = [bring(one, weights, row, shape).tolist() for row in rows]
        assert bring_rows(one, weights, rows, shape).tolist() == expected, one.name


# impossible


@few
@given(any_networks, st.integers(0, 1000), st.booleans())
def test_what_is_said_to_be_out_of_reach_is_never_reached(network: QuantisedGraph, seed: int, wide: bool) -> None:
    inputs = accepted(network, seed)
    with pytest.MonkeyPatch.context() as patch:
        if wide:  # as of a network that is too large to be followed step by step
            patch.setattr(graph_ranges, "MOST_WORK", 0)
        cannot = unreachable(network, inputs.shape[1])
    assert {
        name: cannot[name] for name, corner in counted(network, inputs).items() if corner.count and name in cannot
    } == {}


def lif(inputs: int = 3, weights: Any = ((8,), (5,), (-6,)), overflow: str = "saturate") -> QuantisedGraph:
    """Return one LIF neuron of weights in quarters that loses its threshold of 2."""
    constants = {"threshold": raw(8), "decay": raw(12)}
    one = population("one", 1, "lif", {"leak": "multiply", "reset": "subtract"}, constants)
    plan = (
        f'[signal]\nweight = "Q3.2"\nmembrane = "Q3.3 nearest-even {overflow}"\ndecay = "UQ0.4"\nthreshold = "UQ3.2"\n'
    )
    return quantise_graph(
        Graph((inputs,), (one,), (_dense("to", "input", "one", "current", weights),)), parse_graph_plan(plan)
    )


def test_reasons_follow_from_weights_and_from_how_far_steps_go_from_rest() -> None:
    cannot = unreachable(lif(weights=((2,), (1,), (0,))), 3)
    assert cannot["one: current, what arrives: below 0"] == "it is never below 0"
    # in eighths 6 arrive at most: 6, 5 + 6, 9 + 6 of what is left of it, which stays below the threshold of 16
    assert cannot["one: spike, line 25: integrated >= threshold: holds"].startswith("the difference is ")
    assert cannot["one: membrane, line 33: is made"] == "its condition never holds"
    assert cannot["one: membrane, line 33: over the top"] == "it is never made"
    assert cannot["one: integrated, line 24: over the top"] == "its value is at most 15 after rounding"
    refusing = unreachable(lif(overflow="error"), 9)
    assert refusing["one: integrated, line 24: over the top"] == "an overflow is refused"
    assert "one: integrated, line 24: at the top" not in refusing


# directed


Layers = tuple[QuantisedGraph, Ints, Covered]


@pytest.fixture(scope="module")
def layers() -> Layers:
    """Three layers of LIF neurons, an input, and what is directed at their corners."""
    network, inputs = POPULATION_SETS["lif_layers"]()
    inputs = inputs[:1, :12]
    return network, inputs, cover(network, inputs, aimed=True)


def test_directed_inputs_reach_what_the_given_ones_do_not(layers: Layers) -> None:
    network, inputs, first = layers
    alone = cover(network, inputs, aimed=False)
    assert len(alone.directed) == 0
    counts = [{name for name, corner in found.reached.items() if corner.count} for found in (alone, first)]
    assert counts[0] < counts[1]
    missed = first.reached.keys() - counts[1] - first.cannot.keys()
    assert len(missed) <= 2, missed
    # what was counted while they were looked for is what the whole set reaches
    assert dict(first.reached) == counted(network, np.concatenate([inputs, first.directed]))
    left = {name for name in alone.reached if name.endswith(UNSEEN)}
    assert left
    assert left <= counts[1]
    assert not left & counts[0]  # nothing follows the one input that is given


def test_each_directed_input_reaches_what_none_before_it_does(layers: Layers) -> None:
    network, inputs, found = layers
    tallies = tallied(network, np.concatenate([inputs, found.directed]))
    for n in range(len(inputs) + 1, len(inputs) + len(found.directed) - 1):  # but the first and the last, always there
        before, own = (
            {name for name, tally in chosen(tallies, rows).items() if tally.many.any()} for rows in (range(n), [n])
        )
        assert own - before, n


def test_a_fault_that_only_a_corner_reveals_is_found_with_directed_inputs_alone() -> None:
    right, wrong = lif(), lif(overflow="wrap")  # a membrane that wraps where it should saturate
    inputs = np.zeros((2, 6, 3), np.int64)
    inputs[:, ::3, 1] = 1
    aimed = cover(right, inputs, aimed=True).directed
    assert run(right, inputs).said.tolist() == run(wrong, inputs).said.tolist()
    kept = [[trace(network, one)["one"].nodes["integrated"].tolist() for one in aimed] for network in (right, wrong)]
    assert kept[0] != kept[1]


def test_an_overflow_that_is_refused_is_not_aimed_at() -> None:
    network, inputs = lif(overflow="error"), np.zeros((1, 6, 3), np.int64)
    found = cover(network, inputs, aimed=True)
    assert len(found.directed) > 0
    run(network, found.directed)  # refuses nothing
    assert found.reached["one: integrated, line 24: over the top"].count == 0
    assert found.reached["one: spike, line 25: integrated >= threshold: holds"].count > 0


def test_no_input_is_directed_where_each_takes_long() -> None:
    assert trials_for(lif(), 50) == 480
    assert trials_for(lif(), 5_000) < 480
    assert trials_for(lif(), 50_000) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph_directed, "MOST_WORK", 1 << 16)
        assert len(cover(lif(), np.zeros((1, 50, 3), np.int64), aimed=True).directed) == 0


# sets


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network, a plan and inputs in files, and the sets made of them with directed inputs and without."""
    place = tmp_path_factory.mktemp("corners")
    made = make_graph_bundle(place / "files", lif(), np.ones((2, 5, 3), np.int64), aimed=False)
    assert made["inputs"] == made["configuration"]["inputs"] == 2
    for name, options in (("set", ()), ("plain", ("--no-directed",))):
        files = (place / "files" / one for one in ("net.toml", "plan.toml"))
        said = command(
            "golden", "make", *files, "--inputs", place / "files" / "inputs.npz", *options, "--out", place / name
        )
        assert said.status == 0
        manifest = json.loads((place / name / "manifest.json").read_bytes())
        missed = [one for one, about in manifest["corners"].items() if not about["reached"] and "because" not in about]
        warned = "warning: not reached, so that these vectors may not find a fault there: "
        assert said.err.splitlines() == [f"{warned}{one}" for one in missed if not options]
        reached_by = sum(about["reached"] > 0 for about in manifest["corners"].values())
        never = len(unreachable(lif(), 5).keys() & manifest["corners"].keys())
        told = f"{reached_by} corners of the arithmetic are reached, {never} cannot be; the bench: sh "
        assert (told in said.out) == (not options)
        assert missed
    return place


def manifest_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_bytes()))


def test_a_set_states_the_inputs_that_are_given_and_those_that_are_directed(folder: Path) -> None:
    plain, aimed = manifest_of(folder / "plain"), manifest_of(folder / "set")
    assert (plain["inputs"], plain["configuration"]["inputs"], aimed["inputs"]) == (2, 2, 2)
    directed = aimed["configuration"]["inputs"] - 2
    assert directed >= 2
    page = (folder / "set" / "README.md").read_text()
    assert f"There are 2 inputs, which `inputs.npz` holds, then {directed} directed at the corners " in page
    assert "There are 2 inputs, which `inputs.npz` holds. Each is " in (folder / "plain" / "README.md").read_text()
    about = aimed["corners"]["one: integrated, line 24: over the top"]
    row = f"| one: integrated, line 24: over the top | {about['reached']} | presentation {about['presentation']}, "
    assert f"{row}step {about['step']}, neuron 0 |" in page
    words = [line for line in (folder / "set" / "one.integrated.mem").read_text().splitlines() if line[:2] != "//"]
    assert words[5 * about["presentation"] + about["step"]] == "1f"  # it saturates there
    assert "\nNo input and no state can reach these:\n" in page


def test_a_set_with_directed_inputs_checks_and_is_made_again_from_itself(folder: Path, tmp_path: Path) -> None:
    for name, options in (("set", ()), ("plain", ("--no-directed",))):
        held = folder / name
        assert check_bundle(held).findings == ()
        files = (held / one for one in ("net.toml", "plan.toml"))
        command("golden", "make", *files, "--inputs", held / "inputs.npz", "--out", tmp_path / name, *options)
        assert {path.name: path.read_bytes() for path in (tmp_path / name).glob("*.*")} == {
            path.name: path.read_bytes() for path in held.glob("*.*")
        }
        assert f"--out ../again{''.join(f' {one}' for one in options)}\n" in (held / "README.md").read_text()


def test_a_set_from_before_corners_checks_and_a_number_of_inputs_that_cannot_be_is_named(
    folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder / "set", tmp_path / "set")
    manifest = manifest_of(folder / "set")
    for changed, findings in (
        ({"corners": None, "inputs": None}, ()),
        ({"inputs": 99}, (f"manifest.json must state inputs of 1 to {manifest['configuration']['inputs']}, not 99",)),
    ):
        held = {name: about for name, about in (manifest | changed).items() if about is not None}
        (tmp_path / "set" / "manifest.json").write_text(json.dumps(held))
        assert check_bundle(tmp_path / "set").findings == findings
