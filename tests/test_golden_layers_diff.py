"""A dump of somebody's RTL of layers: under which semantics it would not differ."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from command_line import run, skip_without_jit
from fxsnn.errors import ConfigError, WidthError
from fxsnn.golden.bundle import LayersBundle, read_bundle
from fxsnn.golden.causes import Cause, words_under
from fxsnn.golden.check import computed
from fxsnn.golden.contents import Vector
from fxsnn.golden.diff import diff
from fxsnn.golden.dump import Dumped, dumped, nodes_of, pattern_word
from fxsnn.golden.layers import Shown, layers_layout, layers_words
from fxsnn.golden.layers_causes import layers_causes
from fxsnn.golden.layers_play import Semantics, played
from fxsnn.golden.memfile import hex_lines
from fxsnn.layered.quantise import QuantisedLayers
from fxsnn.modes import Rounding
from layered_networks import LAYERED_SETS, frames_for, quantised_layers
from reference import round_fraction

skip_without_jit()


GOLDEN = Path(__file__).parent.parent / "golden"
Words = dict[str, NDArray[np.int64]]


def opened(name: str) -> LayersBundle:
    bundle = read_bundle(GOLDEN / name)
    assert isinstance(bundle, LayersBundle)
    return bundle


def diffed(bundle: LayersBundle, words: Words) -> tuple[int, list[str]]:
    """Return how many words of all nodes but the registers differ, and the causes that are named."""
    nodes = [node for node in nodes_of(bundle).values() if "lfsr_" not in node.name]
    found = diff(bundle, [as_dumped(node, words[node.name]) for node in nodes])
    return (found.difference.words if found.difference else 0), list(found.causes)


def as_dumped(node: Vector, words: NDArray[np.int64]) -> Dumped:
    mask, bits = (1 << node.format.word) - 1, node.format.word
    return dumped(node, [pattern_word(int(w) & mask, bits, node, node.name) for w in words.reshape(-1)], node.name)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_layers(), st.integers(0, 1000))
def test_what_changes_nothing_equals_the_kernels(network: QuantisedLayers, seed: int) -> None:
    shown = Shown.of(frames_for(network, 2, seed))
    try:
        layers_layout(network, 2)
        expected = layers_words(network, shown)[0]
    except (WidthError, ConfigError):
        reject()
    words = played(network, shown, Semantics())
    assert words.keys() == expected.keys()
    assert [name for name in words if words[name].tolist() != expected[name].tolist()] == []


@pytest.mark.parametrize("name", LAYERED_SETS)
def test_a_set_s_own_nodes_match(name: str) -> None:
    nodes = list(nodes_of(opened(name)).values())
    said = run("golden", "diff", GOLDEN / name, *(GOLDEN / name / node.file for node in nodes))
    words = sum(int(np.prod(node.shape)) for node in nodes)
    assert (said.status, said.err, said.out) == (0, "", f"all {words:,} words match\n")


@pytest.mark.parametrize("name", LAYERED_SETS)
def test_the_changes_are_many_and_each_has_a_name_of_its_own(name: str) -> None:
    bundle = opened(name)
    names = [cause.name for cause in layers_causes(bundle.network, bundle.stimuli)]
    assert len(set(names)) == len(names) > 200


@pytest.mark.parametrize("name", LAYERED_SETS)
def test_every_change_of_semantics_is_named_as_the_cause_of_what_it_dumps(name: str) -> None:
    bundle = opened(name)
    nodes = {one: node for one, node in nodes_of(bundle).items() if "lfsr_" not in one}
    expected, seen = computed(bundle), 0
    dumps: dict[str, Words] = {}
    for cause in layers_causes(bundle.network, bundle.stimuli):
        words = words_under(cause)
        assert words is not None, cause.name
        dumps[cause.name] = words
    held = [Cause(called, lambda words=words: words) for called, words in dumps.items()]  # type: ignore[misc]
    with mock.patch("fxsnn.golden.diff.layers_causes", return_value=held):
        for called, words in list(dumps.items())[::16]:  # each is held against all
            differ = sum(int((words[one] != expected[one]).sum()) for one in nodes)
            found, causes = diffed(bundle, words)
            assert (found > 0) == (differ > 0), called
            # named are those that give the very same words
            same = [other for other, given in dumps.items() if equal(nodes, given, words)]
            assert causes == (same if differ else [])
            seen += differ > 0
    assert seen >= 12


def equal(nodes: dict[str, Vector], one: Words, other: Words) -> bool:
    return all((as_held(node, one[name]) == as_held(node, other[name])).all() for name, node in nodes.items())


def as_held(node: Vector, words: NDArray[np.int64]) -> NDArray[np.int64]:
    return words & ((1 << node.format.word) - 1)


def test_a_network_changed_by_hand_is_named() -> None:
    bundle = opened("layers_in_currents")
    first = bundle.network.layers[0]
    plan = replace(first.plan, trace=replace(first.plan.trace, rounding=Rounding.FLOOR))
    changed = replace(bundle.network, layers=(replace(first, plan=plan), *bundle.network.layers[1:]))
    words = layers_words(changed, bundle.stimuli)[0]
    few = [
        one for one in layers_causes(bundle.network, bundle.stimuli) if one.name.startswith("layer 0: trace rounding")
    ]
    with mock.patch("fxsnn.golden.diff.layers_causes", return_value=few):
        differ, causes = diffed(bundle, words)
    assert differ > 100
    assert "layer 0: trace rounding = floor" in causes
    assert len(causes) < len(few)


def semantics(name: str = "layers_in_currents", **changed: Any) -> tuple[LayersBundle, Words]:
    bundle = opened(name)
    return bundle, played(bundle.network, bundle.stimuli, Semantics(**changed))


def by_recording(bundle: LayersBundle, words: NDArray[np.int64]) -> NDArray[np.int64]:
    steps = bundle.network.description.steps
    return words.reshape(len(words) // steps, steps, *words.shape[1:])


def test_a_membrane_of_0_fires_where_it_is_not_below() -> None:
    _, words = semantics(fires_at_zero=True)
    for number in range(3):
        assert (words[f"layer{number}_spike"] == (words[f"layer{number}_membrane"] >= 0)).all()
        assert (words[f"layer{number}_membrane"] == 0).any()


def test_a_refractory_state_that_takes_the_spikes_of_its_step_is_a_step_early() -> None:
    bundle, words = semantics(prompt_refractory=True)
    early = by_recording(bundle, words["layer0_refractory"])
    right = by_recording(bundle, bundle.words["layer0_refractory"])
    old = semantics(old_refractory=True)[1]
    assert (early[:, 0] != right[:, 0]).any()
    # its rounding is the same at every step: what is compared is what the right one has in the step after
    membrane = by_recording(bundle, words["layer0_membrane"])
    assert (by_recording(bundle, old["layer0_membrane"])[:, 0] == membrane[:, 0]).all()
    spikes = by_recording(bundle, words["layer0_spike"])
    assert ((early[:, 0] < 0) == (spikes[:, 0] > 0)).all()


def test_a_refractory_state_of_the_step_before_is_compared() -> None:
    bundle, words = semantics(old_refractory=True)
    layer = bundle.network.layers[0]
    r, m = by_recording(bundle, words["layer0_refractory"]), by_recording(bundle, words["layer0_trace"])
    before = np.concatenate([np.zeros_like(r[:, :1]), r[:, :-1]], axis=1)
    # Q4.1 of M, Q3.2 of R and of the bias: two fractional bits are compared
    expected = (m << 1) + layer.bias + before
    assert (by_recording(bundle, words["layer0_membrane"]) == expected).all()


@pytest.mark.parametrize(("pool", "place"), [("first", (0, 0)), ("last", (1, 1))])
def test_one_neuron_of_a_window_speaks_for_it(pool: str, place: tuple[int, int]) -> None:
    _, words = semantics("layers_by_chance", pool=pool)
    spikes = words["layer0_spike"][:, :4, :6]
    assert (words["layer0_output"] == spikes[:, place[0] :: 2, place[1] :: 2]).all()


def test_layers_that_are_late_take_the_spikes_of_the_step_before() -> None:
    bundle, words = semantics(late_layers=True)
    given = by_recording(bundle, words["layer0_output"])
    sums = by_recording(bundle, words["layer1_sum"])
    assert not sums[:, 0].any()
    assert (sums[:, 1:] == given[:, :-1] @ bundle.network.layers[1].weights[0, 0]).all()
    assert sums.any()


def test_what_is_not_reset_goes_on() -> None:
    bundle, words = semantics(reset_registers=False)
    assert (words["layer0_lfsr_synapse"][:6] == bundle.words["layer0_lfsr_synapse"][:6]).all()
    assert (words["layer0_lfsr_synapse"][6:] != bundle.words["layer0_lfsr_synapse"][6:]).all()
    _, words = semantics(reset_states=False)
    trace, synapse = by_recording(bundle, words["layer2_trace"]), by_recording(bundle, words["layer2_synapse"])
    assert ((trace[1:, 0] > 0) >= (synapse[:-1, -1] > 1)).all()
    assert trace[1:, 0].any()
    assert not by_recording(bundle, bundle.words["layer2_trace"])[:, 0].any()


def test_a_shift_is_logical_in_the_word() -> None:
    bundle = opened("layers_in_currents")
    cause = next(
        one
        for one in layers_causes(bundle.network, bundle.stimuli)
        if one.name == "trace leak shift = logical, in the word"
    )
    words = words_under(cause)
    assert words is not None
    m, i = (by_recording(bundle, words[f"layer0_{name}"]) for name in ("trace", "synapse"))
    for before, current, after in zip(m[:, :-1].flat, i[:, :-1].flat, m[:, 1:].flat, strict=True):
        exact = Fraction(int(before) - ((int(before) & 31) >> 2)) + Fraction(int(current), 2)
        nearest = round_fraction(exact, "nearest-away")
        assert after == max(-15, min(15, nearest))
    assert (m < 0).any()


def test_a_flipped_word_has_no_cause() -> None:
    bundle = opened("layers_in_currents")
    words = {name: held.copy() for name, held in computed(bundle).items()}
    words["layer1_trace"].reshape(-1)[40] ^= 1
    assert diffed(bundle, words) == (1, [])


def test_a_cause_is_told_at_the_command_line(tmp_path: Path) -> None:
    bundle = opened("layers_in_currents")
    _, words = semantics(fires_at_zero=True)
    dumps = []
    for name in ("layer0_spike", "layer0_refractory", "layer1_spike"):
        node = nodes_of(bundle)[name]
        dumps.append(tmp_path / node.file)
        dumps[-1].write_text("\n".join(hex_lines(words[name].reshape(-1).tolist(), node.bits)) + "\n")
    said = run("golden", "diff", GOLDEN / "layers_in_currents", *dumps)
    assert said.status == 1
    assert said.out.startswith("first     layer")
    assert re.search(r"^cause     all [0-9,]+ words match with membrane >= 0 fires$", said.out, re.M)
