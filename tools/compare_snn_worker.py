"""Time sinabs and snnTorch; tools/compare_snn.py starts this with the Python of their own environment.

Networks in float32 on one thread, without gradients, as the libraries' own examples write them: a linear layer for all
steps at once and then the neurons' layer, which goes through the steps; snnTorch step by step too, as its tutorials do.
A line on standard input is a job to be done once; a line on standard output says how many seconds of its thread that
took. After the last one it says versions and how many spikes there were.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

DECAY = 15 / 16


def linear(torch: Any, weights: Any) -> Any:
    """Return a linear layer of weights, [inputs, neurons]."""
    found = torch.nn.Linear(*weights.shape, bias=False)
    found.weight.copy_(torch.from_numpy(weights.T.copy()))
    return found


def sinabs_network(torch: Any, layers: list[Any], back: Any) -> Callable[[Any], Any]:
    """Return the spikes of the last layer, [batch, steps, neurons], of a raster [batch, steps, inputs]."""
    import sinabs.activation
    import sinabs.layers

    settings: dict[str, Any] = {"tau_mem": -1 / torch.log(torch.tensor(DECAY)), "norm_input": False}
    settings["spike_fn"] = sinabs.activation.SingleSpike
    if back is not None:
        whole = torch.nn.Sequential(
            layers[0], sinabs.layers.LIFRecurrent(rec_connect=torch.nn.Sequential(back), **settings)
        )
    else:
        whole = torch.nn.Sequential(*(part for one in layers for part in (one, sinabs.layers.LIF(**settings))))

    def run(raster: Any) -> Any:
        for part in whole:
            if hasattr(part, "reset_states"):
                part.reset_states()
        return whole(raster)

    return run


def snntorch_network(torch: Any, layers: list[Any], back: Any, at_once: bool) -> Callable[[Any], Any]:
    """Return the spikes of the last layer, [batch, steps, neurons], of a raster [batch, steps, inputs]."""
    import snntorch

    if back is not None:
        neurons: list[Any] = [snntorch.RLeaky(beta=DECAY, linear_features=back.weight.shape[0])]
        neurons[0].recurrent.weight.copy_(back.weight)
        neurons[0].recurrent.bias.zero_()
    else:
        neurons = [snntorch.Leaky(beta=DECAY) for _ in layers]

    def begin(one: Any) -> Any:
        return one.init_rleaky() if back is not None else (one.init_leaky(),)

    def layer_by_layer(raster: Any) -> Any:
        given = raster
        for wire, one in zip(layers, neurons, strict=True):
            currents, state, spikes = wire(given).transpose(0, 1), begin(one), []
            for current in currents:
                state = one(current, *state)
                spikes.append(state[0])
                state = state if back is not None else state[1:]
            given = torch.stack(spikes, 1)
        return given

    def step_by_step(raster: Any) -> Any:
        states, told = [begin(one) for one in neurons], []
        for given in raster.transpose(0, 1):
            for n, (wire, one) in enumerate(zip(layers, neurons, strict=True)):
                found = one(wire(given), *states[n])
                given, states[n] = found[0], found if back is not None else found[1:]
            told.append(given)
        return torch.stack(told, 1)

    return layer_by_layer if at_once else step_by_step


def main() -> None:
    """Do every job that is asked for."""
    import numpy as np
    import torch

    torch.set_num_threads(1)
    held = np.load(Path(sys.argv[1]) / "work.npz", allow_pickle=False)
    spikes = {}
    with torch.no_grad():
        raster = torch.from_numpy(held["raster"].astype(np.float32))
        feed = [linear(torch, held["first"]), linear(torch, held["second"])]
        recurrent = [feed[0]], linear(torch, held["back"])
        ready = {}
        for network, layers, back in (("feed", feed, None), ("recurrent", *recurrent)):
            ready[network, "sinabs"] = sinabs_network(torch, layers, back)
            ready[network, "snnTorch"] = snntorch_network(torch, layers, back, at_once=True)
            ready[network, "snnTorch, step by step"] = snntorch_network(torch, layers, back, at_once=False)
        for line in sys.stdin:
            job = json.loads(line)
            given = raster[: job["batch"]]
            start = time.process_time()
            said = ready[job["network"], job["name"]](given)
            print(json.dumps({"seconds": time.process_time() - start}), flush=True)
            spikes[f"{job['network']}, {job['name']}"] = float(said.sum() / len(given))
    versions = {name: importlib.metadata.version(name) for name in ("torch", "sinabs", "snntorch")}
    print(json.dumps({"versions": versions, "spikes": spikes}))


if __name__ == "__main__":
    main()
