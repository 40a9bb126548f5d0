"""Compare texts with the neurons of snnTorch, Sinabs, Lava and hls4ml themselves, word for word.

Random words go through a text and through the other side's own code: of snnTorch and Sinabs as real numbers of 64 bits,
in an environment of its own as tools/nir_frameworks.py makes it; of Lava as its integers, with Python 3.10; of hls4ml
in a program of its C++ templates and ap_fixed, from a checkout of its repository. Exit status 1: a word differs; 2:
what is needed cannot be made.

Example: python tools/compare_neurons.py --python310 python3.10 --hls4ml ~/hls4ml
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from nir_frameworks import FRAMEWORKS, TORCH, install
from numpy.typing import NDArray
from peer_environment import environment, outside
from platformdirs import user_cache_path

from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import quantise_graph
from fxsnn.graph.run import trace

WORKER = Path(__file__).with_name("compare_neurons_worker.py")
TEMPLATES = Path(__file__).with_name("compare_neurons.cpp")
LAVA = "lava-nc==0.10.0"
NEURONS, STEPS, SOURCES = 12, 200, 5
Words = NDArray[np.int64]
# words of snnTorch and Sinabs stay off the rails, which their real numbers do not have
PLANS = {
    "snntorch": 'weight = "Q4.6"\nmembrane = "Q14.6 floor"\nbeta = "UQ1.8"\nthreshold = "UQ4.6"\n',
    "sinabs": 'weight = "Q13.0"\nmembrane = "Q24.0"\nthreshold = "UQ15.0"\nspikes = "UQ10.0"\nreset_value = "Q16.0"\n',
    "loihi": 'weight = "Q19.0"\ncurrent = "Q25.0 zero wrap"\nmembrane = "Q24.0 zero saturate-symmetric"\n'
    'du = "UQ0.12"\ndv = "UQ0.12"\nbias = "Q21.0"\nvth = "UQ17.0"\nwait = "UQ6.0"\n',
    "hls4ml": 'weight = "Q5.12"\nresult = "Q5.9 floor wrap"\nmembrane = "Q6.10 floor wrap"\nbeta = "Q2.10"\n'
    'threshold = "Q6.10"\n',
}


@dataclass(frozen=True)
class Case:
    """A text under choices, and raw words: constants, [neurons] or one, and weights, [sources, neurons]."""

    name: str
    choices: dict[str, str]
    constants: dict[str, Any]
    weights: Words
    rows: Words = field(default_factory=lambda: np.random.default_rng(0).integers(0, 2, (STEPS, SOURCES)))

    def ours(self) -> dict[str, list[list[int]]]:
        """Return the words of the text, [steps, neurons] of each state and of what is emitted."""
        constants = {key: raw(np.array(words)) for key, words in self.constants.items()}
        one = population(self.name, NEURONS, self.name, self.choices, constants)
        wire = Projection("given", "input", self.name, one.neuron.inputs[0], weights=raw(self.weights))
        network = quantise_graph(Graph((SOURCES,), (one,), (wire,)), parse_graph_plan(f"[signal]\n{PLANS[self.name]}"))
        kept = trace(network, self.rows)[self.name]
        return {state: kept.nodes[state].tolist() for state in one.neuron.states} | {"spike": kept.emitted.tolist()}

    def given(self) -> dict[str, Any]:
        """Return what the framework gets: what arrives in each step, [steps, neurons], is in words of the weights."""
        came = (self.rows @ self.weights).tolist()
        return {"choices": self.choices, "constants": self.constants, "came": came}


def snntorch_cases(rng: np.random.Generator) -> list[Case]:
    """Return every reset that snnTorch's code has; what its documentation alone has, zero_all, is not among them."""
    found = []
    for reset, delay, inhibition in product(("subtract", "zero", "none"), ("yes", "no"), ("no", "yes")):
        constants = {
            "beta": rng.integers(0, 257, NEURONS).tolist(),
            "threshold": rng.integers(1, 512, NEURONS).tolist(),
        }
        choices = {"reset": reset, "reset_delay": delay, "inhibition": inhibition}
        found.append(Case("snntorch", choices, constants, rng.integers(-200, 256, (SOURCES, NEURONS))))
    return found


def sinabs_cases(rng: np.random.Generator) -> list[Case]:
    """Return MaxSpike and SingleSpike, each reset, with a floor and without."""
    found = []
    for spikes, reset, bound in product(("many", "single"), ("subtract", "value"), ("floor", "none")):
        constants: dict[str, Any] = {"threshold": rng.integers(1, 1024, NEURONS).tolist()}
        constants |= {"most": int(rng.integers(2, 1024))} if spikes == "many" else {}
        constants |= {"reset_value": int(rng.integers(-40, 40))} if reset == "value" else {}
        constants |= {"floor": int(rng.integers(-2000, 1))} if bound == "floor" else {}
        choices = {"spikes": spikes, "reset": reset, "bound": bound}
        found.append(Case("sinabs", choices, constants, rng.integers(-512, 1024, (SOURCES, NEURONS))))
    return found


def loihi_cases(rng: np.random.Generator) -> list[Case]:
    """Return LIF under random decays, biases and thresholds, with currents that wrap and membranes at their rails."""
    found = []
    for _ in range(8):
        constants = {name: int(rng.choice([0, 4095, *rng.integers(0, 4096, 6)])) for name in ("du", "dv")}
        constants |= {"ds_offset": 1, "dm_offset": 0, "vth": int(rng.integers(0, 1 << 17))}
        constants["bias"] = int(rng.integers(-4095, 4096) << rng.integers(0, 8))
        found.append(
            Case(
                "loihi",
                {"edge": "lava", "refractory": "none"},
                constants,
                rng.integers(-(1 << 15), 1 << 15, (SOURCES, NEURONS)),
            )
        )
    return found


def hls4ml_cases(rng: np.random.Generator) -> list[Case]:
    """Return LIFNeuron and IFNeuron with each reset, on sums and membranes that wrap."""
    found = []
    for leak, reset in product(("multiply", "none"), ("subtract", "zero")):
        constants = {"threshold": rng.integers(1, 8192, NEURONS).tolist()}
        constants |= {"beta": rng.integers(0, 1025, NEURONS).tolist()} if leak == "multiply" else {}
        choices = {"leak": leak, "reset": reset, "accumulate": "exact", "drive": "none"}
        found.append(Case("hls4ml", choices, constants, rng.integers(-(1 << 15), 1 << 16, (SOURCES, NEURONS))))
    return found


def of_python(cases: list[Case], python: Path) -> list[dict[str, Any]]:
    """Return what the framework of some cases makes of them in its environment."""
    with tempfile.TemporaryDirectory() as folder:
        asked, said = Path(folder, "asked.json"), Path(folder, "said.json")
        asked.write_text(json.dumps([one.given() for one in cases]))
        subprocess.run([str(python), str(WORKER), cases[0].name, str(asked), str(said)], env=outside(), check=True)
        found: list[dict[str, Any]] = json.loads(said.read_text())
    return found


def of_templates(cases: list[Case], checkout: Path) -> list[dict[str, Any]]:
    """Return what hls4ml's templates make of some cases."""
    templates, found = checkout / "hls4ml" / "templates" / "vivado", []
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "neurons")
        built = ["g++", "-std=c++17", "-O1", "-w", f"-I{templates / 'ap_types'}", f"-I{templates}"]
        if subprocess.run([*built, str(TEMPLATES), "-o", str(program)], check=False).returncode:
            print(f"hls4ml's templates could not be compiled: {templates}", file=sys.stderr)
            sys.exit(2)
        for one in cases:
            asked = [[one.choices["leak"] == "multiply", one.choices["reset"] == "zero", len(one.rows)]]
            asked += [one.constants.get("beta", [0] * NEURONS), one.constants["threshold"], *(one.rows @ one.weights)]
            text = "\n".join(" ".join(str(int(word)) for word in row) for row in asked)
            said = subprocess.run([str(program)], input=text, text=True, capture_output=True, check=True).stdout
            words = np.array(said.split(), np.int64).reshape(len(one.rows), NEURONS, 2)
            found.append({"membrane": words[..., 0].tolist(), "spike": words[..., 1].tolist()})
    return found


def compared(cases: list[Case], theirs: list[dict[str, Any]]) -> int:
    """Say how many words of some cases agree with theirs; return how many do not."""
    count = differ = 0
    for case, found in zip(cases, theirs, strict=True):
        for name, words in case.ours().items():
            wrong = int((np.array(words) != np.array(found[name])).sum())
            count, differ = count + np.array(words).size, differ + wrong
            if wrong:
                print(f"{case.name} {case.choices}: {wrong} words of {name} differ")
    fired = sum(int(np.array(one["spike"]).sum()) for one in theirs)
    print(f"{cases[0].name}: {count:,} words, {differ:,} differ; {fired:,} spikes in {len(cases)} cases")
    return differ


def main() -> None:
    """Make the environments, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cached = user_cache_path("fxsnn")
    parser.add_argument(
        "--env", type=Path, default=cached / "nir-frameworks", help="environment of snnTorch and Sinabs"
    )
    parser.add_argument("--torch", default=TORCH, help="what pip installs as torch, its options too")
    parser.add_argument("--python310", help="Python 3.10, for Lava: without it Lava is left out")
    parser.add_argument("--lava-env", type=Path, default=cached / "lava", help="environment of Lava")
    parser.add_argument("--hls4ml", type=Path, help="checkout of hls4ml: without it hls4ml is left out")
    given = parser.parse_args()
    made = " ".join((given.torch, *FRAMEWORKS))
    rng = np.random.default_rng(16)
    python = environment(given.env, "the frameworks'", made, lambda python: install(given.torch, python))
    differ = sum(compared(some, of_python(some, python)) for some in (snntorch_cases(rng), sinabs_cases(rng)))
    if given.python310:

        def lava(python: Path) -> list[list[str]]:
            made = [given.python310, "-m", "venv", "--clear", str(python.parent.parent)]
            return [made, [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-q", LAVA]]

        cases = loihi_cases(rng)
        differ += compared(cases, of_python(cases, environment(given.lava_env, "Lava's", LAVA, lava)))
    if given.hls4ml:
        cases = hls4ml_cases(rng)
        differ += compared(cases, of_templates(cases, given.hls4ml))
    sys.exit(bool(differ))


if __name__ == "__main__":
    main()
