"""`fxsnn show`: the step of a network's neurons, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import long_without_jit, run
from fxsnn.program.shipped import source

PLAN = """
accumulate = "exact"
integrate = "two-casts"
weight = { format = "Q1.7", rounding = "floor" }
accumulator = { format = "Q6.6", rounding = "floor" }
membrane = { format = "Q4.4", rounding = "floor" }
theta = { format = "UQ4.4" }
threshold = { format = "UQ4.0" }
inhibition = { format = "UQ8.0" }
leak = { kind = "shift", shift = 5 }
"""


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "net.toml"
    path.write_text(run("describe", "mnist").out)
    return path


def shown(network: Path, tmp_path: Path, plan: str) -> str:
    path = tmp_path / "plan.toml"
    path.write_text(plan)
    said = run("show", network, path)
    assert (said.status, said.err) == (0, "")
    return said.out


def test_each_line_is_shown_with_its_width_its_cast_and_its_overflow(network: Path, tmp_path: Path) -> None:
    out = shown(network, tmp_path, PLAN)
    assert out.startswith("competitive.neuron, 400 neurons\n      accumulate: exact\n")
    for line in (
        "      leak_shift: 5\n",
        "      arriving: 784 x Q1.7 (s8); exactly 18 bits, 7 fractional, -784 to 777.875\n",
        "      constant threshold: UQ4.0 (u4), 5\n",
        "current: accumulator = sum\n"
        "      exactly 18 bits, 7 fractional, -784 to 777.875 -> Q6.6 (s12): "
        "drops 1 bit (floor), can overflow (saturate)\n",
        "leaked: membrane = _decayed\n"
        "      exactly 8 bits, 4 fractional, -8 to 7.9375 -> Q4.4 (s8): drops nothing, cannot overflow\n",
        # v - (v >> 5) leaves what is below 32 as it is
        "      membrane stops to leak at 31 (1.9375)\n",
    ):
        assert line in out
    assert "never true" not in out
    assert "cannot fire" not in out


def test_a_neuron_that_cannot_fire_is_told(network: Path, tmp_path: Path) -> None:
    out = shown(network, tmp_path, PLAN.replace("Q4.4", "Q2.6", 1))  # below 2, of a threshold of 5
    assert "      _excess >= 0 is never true\n" in out
    assert "      no neuron can fire at this precision\n" in out


@pytest.mark.parametrize(
    ("emitted", "silent"),
    [
        ("v > 8 or v < -9", True),
        ("v > 8 or v < -7", False),
        ("not (v < 8 and v > -9)", True),
        ("0 if v > 0 else v > 8", True),
        ("1 if v > 0 else v > 8", False),
    ],
)
def test_a_neuron_whose_conditions_together_never_hold_is_told(tmp_path: Path, emitted: str, silent: bool) -> None:
    (tmp_path / "mine.neuron").write_text(f"i: input\nv: state\ns: output\nv: v = i\ns = {emitted}\n")
    network = tmp_path / "net.toml"
    network.write_text(
        '[input]\nshape = 1\n[population.a]\nshape = 1\nneuron = "mine.neuron"\n'
        '[[projection]]\nfrom = "input"\nto = "a"\nweights = [[1.0]]\n'
    )
    out = shown(network, tmp_path, '[signal]\nweight = "Q3.2"\nv = "Q4.2"\n')
    assert ("      no neuron can fire at this precision\n" in out) is silent
    assert ("      v < -9 is never true\n" in out) is ("-9" in emitted and "not" not in emitted)


@long_without_jit
def test_a_rounded_leak_stops_where_half_a_step_is_left(network: Path, tmp_path: Path) -> None:
    plan = PLAN.replace('{ kind = "shift", shift = 5 }', '{ kind = "multiply", format = "UQ0.8" }')
    plan = plan.replace('"Q4.4", rounding = "floor"', '"Q4.4", rounding = "nearest-even"')
    assert "      membrane stops to leak at 16 (1) and at -16 (-1)\n" in shown(network, tmp_path, plan)  # 1 - 1/32
    drawn = shown(network, tmp_path, plan.replace("nearest-even", "stochastic"))
    assert "stops to leak" not in drawn
    assert "drops 8 bits (stochastic) by draws of 8 bits from register 1" in drawn
    other = PLAN.replace('"Q6.6", rounding = "floor"', '"Q6.6", rounding = "stochastic"')
    assert "      membrane stops to leak at 31 (1.9375)\n" in shown(
        network, tmp_path, other
    )  # draws are of the current
    none = PLAN.replace('{ kind = "shift", shift = 5 }', '{ kind = "none" }')
    assert "      membrane does not leak\n" in shown(network, tmp_path, none)


LAYERS = '[[layer]]\nweight = { format = "Q1.3" }\nbias = { format = "Q2.3" }\nsynapse = { format = "UQ3.3" }\n'
LAYERS += 'trace = { format = "UQ4.2", rounding = "floor" }\nrefractory = { format = "Q3.1" }\n'
LAYERS += 'trace_leak = { kind = "shift", shift = 2 }\n'


def test_decolle_networks_are_shown_with_their_filters(tmp_path: Path) -> None:
    network = tmp_path / "net.toml"
    network.write_text(run("describe", "nmnist").out)
    out = shown(network, tmp_path, LAYERS * 2 + LAYERS.replace("[[layer]]", '[[layer]]\nfilters = "currents"'))
    titles = [line for line in out.splitlines() if not line.startswith(" ")]
    assert titles == [
        "layer 0, conv",
        "decolle_filter.neuron, 578 neurons",
        "decolle.neuron, 4,624 neurons",
        "layer 1, conv",
        "decolle_filter.neuron, 1,024 neurons",
        "decolle.neuron, 2,048 neurons",
        "layer 2, output",
        "decolle_currents.neuron, 10 neurons",
    ]
    assert "      trace stops to leak at 3 (0.75)\n" in out


def test_without_a_plan_the_texts_are_shown(network: Path, tmp_path: Path) -> None:
    assert run("show", network).out == source("competitive")
    layers = tmp_path / "layers.toml"
    layers.write_text(run("describe", "nmnist").out)
    assert run("show", layers).out.startswith(source("decolle_filter"))


def test_what_cannot_be_shown_is_refused(network: Path, tmp_path: Path) -> None:
    layers, plan = tmp_path / "layers.toml", tmp_path / "plan.toml"
    layers.write_text(run("describe", "nmnist").out)
    plan.write_text(PLAN)
    assert run("show", layers, plan).complaint == f"a plan must be of layers as its network is, {str(plan)!r} is not"
    plan.write_text(LAYERS)
    assert (
        run("show", network, plan).complaint == f"a plan must be of one layer as its network is, {str(plan)!r} is not"
    )
    assert run("show", tmp_path / "net.txt").status == 2
    plan.write_text(PLAN.replace("Q1.7", "Q20.43"))
    assert run("show", network, plan).complaint.startswith(
        "every exact intermediate must fit int64, but sum = arriving "
    )
