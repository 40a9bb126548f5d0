"""Time BindsNET; tools/compare_bindsnet.py starts this with the Python of BindsNET's own environment.

The package's own `__init__` imports everything that BindsNET has, down to Atari games. Only that file is passed
over, by putting an empty package in its place: network, models, learning and encodings are BindsNET's as they are.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import statistics
import sys
import time
import types
from pathlib import Path
from typing import Any


def _import_parts() -> tuple[Any, Any]:
    found = importlib.util.find_spec("bindsnet")
    if found is None or found.submodule_search_locations is None:
        raise SystemExit("BindsNET must be installed beside this Python")
    package = types.ModuleType("bindsnet")
    package.__path__ = list(found.submodule_search_locations)
    sys.modules["bindsnet"] = package
    importlib.import_module("bindsnet.network")  # first: its parts import each other in a circle
    models = importlib.import_module("bindsnet.models")
    encodings = importlib.import_module("bindsnet.encoding.encodings")
    return models.DiehlAndCook2015v2, encodings.bernoulli


def main() -> None:
    """Do every job of the plan and print what was found as JSON."""
    import numpy as np
    import torch

    plan = json.loads(Path(sys.argv[1]).read_text())
    images = torch.from_numpy(np.load(Path(sys.argv[1]).with_name("digits.npy"), allow_pickle=False)).float() / 255
    diehl_and_cook, bernoulli = _import_parts()
    steps, shape = plan["steps"], (1, 28, 28)
    spikes_in, spikes_out = [], []

    def encoded(part: Any) -> Any:
        spikes = bernoulli(part, time=steps, max_prob=plan["max_prob"])
        return spikes.view(steps, len(part), *shape)

    def present(network: Any, batch: int, count: bool = False) -> None:
        for first in range(0, len(images), batch):
            spikes = encoded(images[first : first + batch].clone())
            network.run({"X": spikes}, time=steps)
            if count:
                spikes_in.append(float(spikes.sum()))
                spikes_out.append(float(network.monitors["Y"].get("s").sum()))
            network.reset_state_variables()

    found = []
    for job in plan["jobs"]:
        torch.manual_seed(plan["seed"])
        torch.set_num_threads(job["threads"])
        # as in BindsNET's example eth_mnist
        network = diehl_and_cook(
            n_inpt=784,
            n_neurons=plan["neurons"],
            inh=120.0,
            dt=1.0,
            norm=78.4,
            nu=(1e-4, 1e-2),
            theta_plus=0.05,
            inpt_shape=shape,
        )
        network.train(job["kind"] == "train")
        with torch.no_grad():
            present(network, job["batch"])
            times = []
            for _ in range(plan["turns"]):
                start = time.perf_counter()
                present(network, job["batch"])
                times.append(time.perf_counter() - start)
        found.append({**job, "ms": 1000 * statistics.median(times) / len(images)})
        print(f"{job}: {found[-1]['ms']:.2f} ms a digit", file=sys.stderr)
    monitors = importlib.import_module("bindsnet.network.monitors")
    network.add_monitor(monitors.Monitor(network.layers["Y"], ["s"], time=steps), name="Y")
    present(network, 1, count=True)
    told = {"bindsnet": importlib.metadata.version("bindsnet"), "torch": torch.__version__, "jobs": found}
    told |= {"input_spikes": sum(spikes_in) / len(images), "output_spikes": sum(spikes_out) / len(images)}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
