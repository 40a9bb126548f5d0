"""One work tree's half of compare_trees.py: names of work on stdin, seconds and digests on stdout.

It uses what both trees have, 947e75a and those after it.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def of(*places: str) -> Any:
    """Return what this tree has at the first of these places that it has, `module:name` below fxsnn."""
    for place in places:
        module, _, name = place.partition(":")
        with suppress(ModuleNotFoundError):
            return getattr(import_module(f"fxsnn.{module}"), name)
    raise SystemExit(f"a tree must have one of {', '.join(places)}")


def of_layers(module: str, name: str, before: str = "") -> Any:
    """Return what is of networks of layers, which had another folder."""
    return of(f"decolle.{module}:{name}", f"layered.{module}:{before or name}")


Recordings = of("data.recordings:Recordings")
Format, Rounding = of("number.format:Format", "format:Format"), of("number.modes:Rounding", "modes:Rounding")
Leak, Signal = (of(f"number.signal:{name}", f"plan:{name}") for name in ("Leak", "Signal"))
LearningPlan, Plan = (of(f"competitive.plan:{name}", f"plan:{name}") for name in ("LearningPlan", "Plan"))
QuantisedNetwork = of("competitive.quantised:QuantisedNetwork", "quantise:QuantisedNetwork")
run_raster = of("competitive.emulate:run_raster", "emulate:run_raster")
save_network = of("competitive.network:save_network", "network:save_network")
Learning, random_network, train = (
    of(f"competitive.learn:{name}", f"learn:{name}") for name in ("Learning", "random_network", "train")
)
train_itq = of("competitive.itq:train", "itq:train")
respond_layers = of_layers("emulate", "respond_layers")
IntegerLearning, train_in_integers = of_layers("itq", "IntegerLearning"), of_layers("itq", "train_in_integers")
Lesson, plan_learning = of_layers("itq_plan", "Lesson"), of_layers("itq_plan", "plan_learning")
LocalLearning, train_layers = of_layers("learn", "LocalLearning"), of_layers("learn", "train_layers")
DecolleNetwork = of_layers("network", "DecolleNetwork", "LayeredNetwork")
random_layers, seen = of_layers("network", "random_layers"), of_layers("network", "seen")
Words, plan_layers = of_layers("ptq", "Words"), of_layers("ptq", "plan_layers")
quantise_layers, ready = of_layers("quantise", "quantise_layers"), of_layers("ready", "ready")

FLOOR = Signal(Format(16, 8), Rounding.FLOOR)


def plan_of(leak: Any, learning: Any = None, **signals: Any) -> Any:
    """Return a plan: signals are fields of it in older trees, and named in one field in newer ones."""
    if "signals" in Plan.__dataclass_fields__:
        return Plan(signals, {"leak": leak}, learning=learning)
    return Plan(**signals, leak=leak, learning=learning)


PLAN = plan_of(
    weight=Signal(Format(8, 7)),
    accumulator=FLOOR,
    membrane=FLOOR,
    theta=Signal(Format(1, 8, signed=False)),
    threshold=Signal(Format(16, 8)),
    inhibition=Signal(Format(1, 8, signed=False)),
    leak=Leak("multiply", Signal(Format(4, 4, signed=False))),
)
MOMENT = 0.2  # seconds
FXSNN = [sys.executable, "-P", "-c", "from fxsnn.cli import main; main()"]
GRID = """weight = ["UQ0.8", "UQ0.6", "UQ0.4", "UQ0.3", "UQ0.2"]
state_bits = [8, 6, 4, 3, 2]
weight_rounding = ["RN", "TR"]
state_rounding = ["RN", "TR"]
leak = ["multiply UQ0.8"]
fold = [false, true]
"""


@cache
def batch(images: int) -> Callable[[], NDArray[Any]]:
    """Return the benchmark's layer at work on so many images."""
    rng = np.random.default_rng(0)
    raster = (rng.random((images, 100, 784)) < 0.1).astype(np.uint8)
    weights = rng.integers(-16, 48, (784, 400))
    one = QuantisedNetwork(
        plan=PLAN,
        weights=weights,
        theta=np.zeros(400, np.int64),
        threshold=256,
        factor=15,
        inhibition=0,
        floor=0,
        reset_value=0,
        reset="subtract",
        compare="ge",
        winner="none",
        refractory_steps=0,
        refractory_input="ignore",
        casts={},
    )
    return lambda: run_raster(one, raster)


@cache
def stdp(integers: bool) -> Callable[[], NDArray[Any]]:
    """Return a pass of learning over 500 random digits."""
    weight = Signal(Format(4, 4, signed=False))
    wide = Signal(Format(20, 8), Rounding.FLOOR)
    plan = plan_of(
        leak=PLAN.leak,
        weight=weight,
        accumulator=wide,
        membrane=wide,
        theta=Signal(Format(16, 8, signed=False)),
        threshold=Signal(Format(16, 4, signed=False)),
        inhibition=Signal(Format(12, 0, signed=False)),
        learning=LearningPlan(Signal(Format(8, 8, signed=False), Rounding.STOCHASTIC)),
    )
    if integers:
        return lambda: train_itq(random_network(784, 400), images(500), Learning(), plan).weights
    return lambda: train(random_network(784, 400), images(500), Learning()).weights


@cache
def layers(filters: str) -> Callable[[], NDArray[Any]]:
    """Return inference of N-MNIST's layers, of random weights, on two random recordings."""
    described = ready("nmnist", 10)
    rng, numbers = np.random.default_rng(2), range(len(described.layer))
    shapes = [described.geometry(number).weights for number in numbers]
    network = DecolleNetwork(
        described,
        tuple(rng.normal(0, 0.2, shape).astype(np.float32) for shape in shapes),
        tuple(rng.normal(0, 0.1, shape[-1]).astype(np.float32) for shape in shapes),
        tuple(
            rng.choice(np.array([-1, 1], np.int8), (seen(described, number), described.classes)) for number in numbers
        ),
    )
    quantised = quantise_layers(network, plan_layers(network, Words(4, 2, filters=filters)))
    geometry = described.geometry(0)
    frames = (rng.random((2, described.steps, *geometry.inputs)) < 0.02).astype(np.uint16)
    return lambda: respond_layers(quantised, frames)


@cache
def decolle_learn(integers: bool) -> Callable[[], NDArray[Any]]:
    """Return a pass of learning of N-MNIST's layers over six random recordings."""
    described, rng, events = ready("nmnist", 10), np.random.default_rng(3), 6 * 4000
    recordings = Recordings(
        "random",
        np.sort(rng.integers(0, 300_000, (6, 4000))).reshape(events).astype(np.int32),
        rng.integers(0, 2 * 34 * 34, events).astype(np.int32),
        np.arange(7, dtype=np.int64) * 4000,
        np.arange(6, dtype=np.uint8),
        34,
        34,
    )
    blank = random_layers(described, 0)
    if integers:
        plan = plan_learning(blank, Words(8, 4, "SR"), Lesson(16), trained=False)
        return lambda: flat(train_in_integers(blank, recordings, plan, IntegerLearning(1, 6)))
    return lambda: flat(train_layers(blank, recordings, LocalLearning(passes=1, rate=2e-3)))


def flat(network: Any) -> NDArray[Any]:
    """Return all words that were learned."""
    return np.concatenate([one.reshape(-1) for one in (*network.weights, *network.biases)])


def study() -> tuple[float, bytes]:
    """Explore 200 points of a network of 16 neurons, by the command."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_network(train(random_network(784, 16), images(200), Learning()), folder / "net.npz")
        (folder / "grid.toml").write_text(GRID)
        words = ["explore", "net.npz", "--grid", "grid.toml", "--out", "c.json", "--workers", "1"]
        taken, _ = command(*words, folder=folder)
        found = json.loads((folder / "c.json").read_text())
    return taken, json.dumps([[entry["name"], entry["correct"]] for entry in found["candidates"]]).encode()


def command(*words: str, folder: Path | None = None) -> tuple[float, bytes]:
    """Run a command of this tree; return its seconds, and nothing else that must be the same."""
    began = time.perf_counter()
    subprocess.run([*FXSNN, *words], check=True, capture_output=True, cwd=folder)
    return time.perf_counter() - began, b""


def images(count: int) -> NDArray[np.uint8]:
    """Return random images, most of them dark."""
    return (np.random.default_rng(1).random((count, 784)) ** 6 * 255).astype(np.uint8)


def timed(work: Callable[[], NDArray[Any]]) -> tuple[float, bytes]:
    """Do a piece of work, again and again for a moment; return its least seconds, and what it computed."""
    taken, until = list[float](), time.perf_counter() + MOMENT
    while not taken or time.perf_counter() < until:
        began = time.perf_counter()
        found = work()
        taken.append(time.perf_counter() - began)
    return min(taken), found.tobytes()


WORK: dict[str, Callable[[], tuple[float, bytes]]] = {
    "batch 1": lambda: timed(batch(1)),
    "batch 64": lambda: timed(batch(64)),
    "STDP in float": lambda: timed(stdp(False)),
    "STDP in integers": lambda: timed(stdp(True)),
    "layers, inputs": lambda: timed(layers("inputs")),
    "layers, currents": lambda: timed(layers("currents")),
    "layers learn in float": lambda: timed(decolle_learn(False)),
    "layers learn in integers": lambda: timed(decolle_learn(True)),
    "study": study,
    "help": lambda: command("--help"),
}

if __name__ == "__main__":
    for line in sys.stdin:
        seconds, computed = WORK[line.strip()]()
        print(json.dumps({"seconds": seconds, "digest": hashlib.sha256(computed).hexdigest()}), flush=True)
