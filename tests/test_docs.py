"""What the pages say of the arithmetic is enough to compute the same words; what they name exists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import floor
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from command_line import skip_without_jit
from decolle_networks import layer_nodes
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import parse_plan
from fxsnn.competitive.quantised import quantise
from fxsnn.decolle.description import Description, Layer, parse_description
from fxsnn.decolle.emulate import respond_layers
from fxsnn.decolle.network import random_layers
from fxsnn.decolle.plan import parse_decolle_plan
from fxsnn.decolle.quantise import QuantisedLayers, quantise_layers
from fxsnn.digits.grid import Grid, parse_grid
from fxsnn.errors import ConfigError
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from reference_decolle import every_layer

skip_without_jit()

ROOT = Path(__file__).parent.parent
GENERATED = [(ROOT / "docs" / name).resolve() for name in ("commands.md", "changelog.md")]  # by tools/site_hooks.py
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "golden").rglob("*.md")})


# docs/arithmetic.md, "Seeds", "Stochastic rounding" and "Parameters", written down from the page alone


def seed_of(plan_seed: int, stream: int, width: int) -> int:
    whole = 1 << 64
    z = (plan_seed + (stream + 1) * 0x9E3779B97F4A7C15) % whole
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % whole
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % whole
    return 1 + (z ^ (z >> 31)) % ((1 << width) - 1)


def draws(taps: tuple[int, ...], seed: int) -> Iterator[int]:
    """Yield draws of all bits of the register: as many shifts, the first fresh bit most significant."""
    width, register = taps[0], seed
    while True:
        value = 0
        for _ in range(width):
            fresh = 0
            for tap in taps:
                fresh ^= register >> (tap - 1) & 1
            register = (register << 1 | fresh) % (1 << width)
            value = value << 1 | fresh
        yield value


def stochastic(real: NDArray[np.float64], fmt: Format, taps: tuple[int, ...], plan_seed: int, stream: int) -> list[int]:
    """Round real numbers by chance and saturate."""
    drawn = draws(taps, seed_of(plan_seed, stream, taps[0]))
    return [
        min(
            max(floor(Fraction(x) * Fraction(2) ** fmt.frac + Fraction(next(drawn), 2 ** taps[0])), fmt.lowest),
            fmt.highest,
        )
        for x in real.reshape(-1).tolist()
    ]


BY_CHANCE = """
weight = { format = "Q1.3", rounding = "SR" }
accumulator = { format = "Q3.3" }
membrane = { format = "Q4.2", rounding = "SR" }
theta = { format = "UQ2.2", rounding = "SR" }
threshold = { format = "UQ2.2", rounding = "SR" }
inhibition = { format = "UQ2.2", rounding = "SR" }
leak = { kind = "multiply", format = "UQ0.5", rounding = "SR" }
[lfsr]
taps = %s
seed = 21
"""


@pytest.mark.parametrize("taps", [(31, 28), (5, 3), (61, 60, 46, 45)], ids=str)
def test_parameters_rounded_by_chance_can_be_computed_from_the_page(taps: tuple[int, ...]) -> None:
    plan = parse_plan(BY_CHANCE % [*taps])
    drawn = np.random.default_rng(3)
    network = Network(
        drawn.normal(0, 0.6, (5, 4)),
        drawn.uniform(0, 4, 4),
        np.zeros(4, np.int64),
        threshold=1.3,
        decay=0.7,
        inhibition=0.9,
        floor=-2.4,
        reset="value",
        reset_value=0.4,
    )
    found = quantise(network, plan)
    signals = {
        5: ("weights", network.weights, plan["weight"]),
        6: ("theta", network.theta, plan["theta"]),
        7: ("threshold", np.array(network.threshold), plan["threshold"]),
        8: ("inhibition", np.array(network.inhibition), plan["inhibition"]),
        9: ("factor", np.array(network.decay), plan.leak.factor),
        10: ("reset_value", np.array(network.reset_value), plan["membrane"]),
    }
    for stream, (name, real, signal) in signals.items():
        expected = stochastic(real, signal.format, taps, 21, stream)
        assert np.asarray(getattr(found, name)).reshape(-1).tolist() == expected, name
    assert found.floor == -10  # -9.6, to the nearest word
    assert quantise(replace(network, floor=-1000.0), plan).floor == plan["membrane"].format.lowest


LAYERS = """
[lfsr]
taps = [15, 14]
seed = 9
""" + "".join(
    """
[[layer]]
weight = { format = "Q1.3", rounding = "SR" }
bias = { format = "Q3.3", rounding = "SR" }
synapse = { format = "UQ4.2", rounding = "floor" }
trace = { format = "UQ5.2", rounding = "floor" }
refractory = { format = "Q5.3", rounding = "SR" }
trace_leak = { kind = "multiply", format = "UQ0.4", rounding = "SR" }
synapse_leak = { kind = "multiply", format = "UQ0.5", rounding = "SR" }
refractory_leak = { kind = "multiply", format = "UQ0.6", rounding = "SR" }
"""
    for _ in range(2)
)
DESCRIBED = Description(
    (Layer("conv", 2, 3, refractory=0.7), Layer("output", 2, refractory=0.0)),
    2,
    height=3,
    width=3,
    clip=3,
    steps=4,
    burn_in=2,
)


def test_constants_of_a_layer_and_their_seeds_can_be_computed_from_the_page() -> None:
    network, plan = random_layers(DESCRIBED, 4), parse_decolle_plan(LAYERS)
    found = quantise_layers(network, plan)
    for number, (layer, words) in enumerate(zip(every_layer(found), plan.layers, strict=True)):
        described, first = DESCRIBED.layer[number], 9 * number
        unit = 1 / ((1 - described.alpha) * (1 - described.beta))
        for stream, got, real, fmt in (
            (3, layer.weights, network.weights[number].astype(np.float64), words["weight"].format),
            (4, layer.bias, network.biases[number].astype(np.float64) * unit, words["bias"].format),
            (
                5,
                layer.refractory,
                np.array((1 - described.rho) * described.refractory * unit),
                words["refractory"].format,
            ),
            (6, layer.factors[0], np.array(described.alpha), words.leaks["trace_leak"].factor.format),
            (7, layer.factors[1], np.array(described.beta), words.leaks["synapse_leak"].factor.format),
            (8, layer.factors[2], np.array(described.rho), words.leaks["refractory_leak"].factor.format),
        ):
            assert np.asarray(got).reshape(-1).tolist() == stochastic(real, fmt, (15, 14), 9, first + stream)
        assert [register.seed for register in layer.registers] == [seed_of(9, first + n, 15) for n in range(3)]


def test_the_kernel_is_not_turned_over_and_steps_count_from_0() -> None:
    network = quantise_layers(random_layers(DESCRIBED, 4), parse_decolle_plan(LAYERS))
    first, last = every_layer(network)
    assert first.geometry.outputs == (3, 3, 2)  # nine neurons a channel, for a kernel as large as the map
    assert last.geometry.outputs == (1, 1, 2)  # and one
    frames = np.random.default_rng(1).integers(0, 4, (1, 4, 3, 3, 2), dtype=np.uint16)
    layers = layer_nodes(network, frames[0])
    for number, pad in ((0, 1), (1, 0)):
        weights, nodes = every_layer(network)[number].weights, layers[number]
        rows, columns, inputs, outputs = weights.shape
        height, width, _ = every_layer(network)[number].geometry.outputs
        for step in range(4):
            given = nodes["trace"][step].reshape(3, 3, inputs)
            expected = [
                sum(
                    int(weights[r, c, i, o]) * int(given[y + r - pad, x + c - pad, i])
                    for r, c, i in product(range(rows), range(columns), range(inputs))
                    if 0 <= y + r - pad < 3 and 0 <= x + c - pad < 3
                )
                for y, x, o in product(range(height), range(width), range(outputs))
            ]
            assert nodes["sum"][step].tolist() == expected
    assert respond_layers(network, frames).tolist() == [member_sums(network, layers[1])]


def member_sums(network: QuantisedLayers, nodes: Mapping[str, NDArray[np.int64]]) -> list[int]:
    """Return the sums of the output layer's membranes from step `burn_in` on."""
    layer = every_layer(network)[1]
    plan = layer.plan
    fracs = (
        plan["trace"].format.frac + plan["weight"].format.frac,
        plan["refractory"].format.frac,
        plan["bias"].format.frac,
    )
    common = max(fracs)
    parts = (nodes["sum"], nodes["refractory"], layer.bias[None])
    total = sum(part << (common - frac) for part, frac in zip(parts, fracs, strict=True))
    return [int(n) for n in np.asarray(total)[DESCRIBED.burn_in :].sum(axis=0)]


def test_a_register_has_2_to_61_bits() -> None:
    assert Lfsr((61, 60, 46, 45), 1).width == 61
    assert Lfsr((2, 1), 1).width == 2
    for taps in ((62, 61), (1,)):
        with pytest.raises(ConfigError, match=r"^taps must be two or more falling exponents, 61 to 1, not "):
            Lfsr(taps, 1)


def test_an_output_layer_must_say_that_its_refractory_is_0() -> None:
    text = "classes = 2\n[[layer]]\nkind = 'output'\nchannels = 2\n"
    with pytest.raises(ConfigError, match="an output layer must have a refractory of 0: it does not spike"):
        parse_description(text)
    assert parse_description(text + "refractory = 0.0\n").layer[0].refractory == 0


def test_the_grid_that_explore_takes_is_the_one_of_the_page() -> None:
    page = (ROOT / "docs" / "files.md").read_text()
    (said,) = re.findall(r"Without `--grid`, `fxsnn explore` takes (.*?) points", page, re.DOTALL)
    (demo,) = re.findall(r"The grid of the demo:\n```toml\n(.*?)```", page, re.DOTALL)
    changed = dict(re.findall(r"`(\w+) = (\[.*?\])`", said, re.DOTALL))
    assert len(changed) == 3
    for name, values in changed.items():
        demo = re.sub(rf"^{name} = \[[^\n]*", f"{name} = {values}", demo, flags=re.MULTILINE)
    assert msgspec.to_builtins(parse_grid(demo)) == msgspec.to_builtins(Grid())
    assert said.split()[-1] == str(Grid().points)


@pytest.mark.parametrize("name", ["stochastic_none", "layers_by_chance", "layers_in_currents", "learning_by_chance"])
def test_a_golden_set_states_the_seeds_of_its_casts_and_parameters(name: str) -> None:
    manifest = json.loads((ROOT / "golden" / name / "manifest.json").read_text())
    lfsr, plan = manifest["lfsr"], manifest["configuration"]["plan"]
    single = ("accumulate", "leak", "integrate", "reset", "inhibit")
    parameters = ("weights", "theta", "threshold", "inhibition", "leak_factor", "reset_value", "first_learned")
    streams = {site: n for n, site in enumerate((*single, *parameters, "update", "fade", "fold"))}
    if "layers" in name:
        casts = ("trace", "synapse", "refractory")
        constants = ("weights", "biases", "refractory_step", *(f"{cast}_factor" for cast in casts))
        streams = {f"layer{n}_{of}": 9 * n + k for n in range(3) for k, of in enumerate((*casts, *constants))}
    for kind in ("seeds", "parameter_seeds"):
        for of, seed in lfsr[kind].items():
            assert seed == f"{seed_of(plan['lfsr']['seed'], streams[of], lfsr['width']):#x}", of


# links and names


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    found: set[str] = set()
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for heading in re.findall(r"^#+ +(.*)$", text, re.MULTILINE):
        plain = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading).strip().lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_resolves(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        place = page if not target else (page.parent / target)
        assert place.exists() or place.resolve() in GENERATED, link
        if anchor:
            assert anchor in anchors(place), link


def test_every_file_of_ours_that_is_named_exists() -> None:
    folders = [ROOT / name for name in ("docs", "fxsnn", "kernels", "tests", "tools")]
    kinds = {".py", ".md", ".toml", ".sv", ".sh"}
    ours = [path for folder in folders for path in folder.rglob("*") if path.suffix in kinds]
    ours += [ROOT / name for name in ("README.md", "Makefile", "pyproject.toml")]
    name = re.compile(r"(?<![\w/.-])(?:docs|tools|tests|kernels|fxsnn)/[\w/]+\.(?:py|md|toml|sv|sh|css|html)\b")
    named = {(path.name, found) for path in ours for found in name.findall(path.read_text())}
    assert len(named) > 30
    assert {(where, found) for where, found in named if not (ROOT / found).exists()} == set()
