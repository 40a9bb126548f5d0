"""What the neurons of snnTorch, Sinabs and Lava make of words.

Run by tools/compare_neurons.py in an environment of its own: python compare_neurons_worker.py NAME ASKED SAID
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

Case = dict[str, Any]
MEMBRANE, BETA = 2.0**6, 2.0**8  # words of snnTorch's case: of weights, thresholds and membranes, and of beta


def snntorch(case: Case) -> dict[str, Any]:
    """Run Leaky, whose state_quant floors to the grid of the membrane's words."""
    import snntorch as snn
    import torch

    chosen, constants = case["choices"], case["constants"]
    layer = snn.Leaky(
        beta=torch.tensor(constants["beta"], dtype=torch.float64) / BETA,
        threshold=torch.tensor(constants["threshold"], dtype=torch.float64) / MEMBRANE,
        reset_mechanism=chosen["reset"],
        reset_delay=chosen["reset_delay"] == "yes",
        inhibition=chosen["inhibition"] == "yes",
        state_quant=lambda mem: torch.floor(mem * MEMBRANE) / MEMBRANE,
    )
    came = torch.tensor(case["came"], dtype=torch.float64) / MEMBRANE
    mem, membranes, spikes = torch.zeros_like(came[:1]), [], []
    for one in came:
        spike, mem = layer(one[None], mem)
        membranes.append(mem[0] * MEMBRANE)
        spikes.append(spike[0])
    return {"membrane": torch.stack(membranes).tolist(), "spike": torch.stack(spikes).tolist()}


def sinabs(case: Case) -> dict[str, Any]:
    """Run IAF, whose numbers are the words."""
    import sinabs.layers as sl
    import torch
    from sinabs.activation import MaxSpike, MembraneReset, MembraneSubtract, SingleSpike

    chosen, constants = case["choices"], case["constants"]
    layer = sl.IAF(
        spike_threshold=torch.tensor(constants["threshold"], dtype=torch.float64),
        spike_fn=MaxSpike(constants["most"]) if chosen["spikes"] == "many" else SingleSpike,
        reset_fn=MembraneReset(constants["reset_value"]) if chosen["reset"] == "value" else MembraneSubtract(),
        min_v_mem=constants.get("floor"),
        record_states=True,
    ).double()
    spikes = layer(torch.tensor(case["came"], dtype=torch.float64)[None])[0]
    return {"membrane": layer.recordings["v_mem"][0].tolist(), "spike": spikes.tolist()}


def loihi(case: Case) -> dict[str, Any]:
    """Run PyLifModelBitAcc, which gets what arrives from here and not from another process."""
    from lava.proc.lif.models import PyLifModelBitAcc

    constants, size = case["constants"], len(case["came"][0])
    model = PyLifModelBitAcc({})
    model.u, model.v = np.zeros(size, np.int32), np.zeros(size, np.int32)
    model.du, model.dv, model.vth = constants["du"], constants["dv"], constants["vth"]
    shift = next(n for n in range(8) if abs(constants["bias"] >> n) < 1 << 12 and not constants["bias"] % (1 << n))
    model.bias_mant = np.full(size, constants["bias"] >> shift, np.int16)
    model.bias_exp = np.full(size, shift, np.int16)
    said: dict[str, Any] = {"current": [], "membrane": [], "spike": []}
    for came in case["came"]:
        model.a_in = SimpleNamespace(recv=lambda came=came: np.array(came, np.int32))
        model.s_out = SimpleNamespace(send=lambda spikes: said["spike"].append(spikes.astype(int).tolist()))
        model.run_spk()
        said["current"].append(model.u.tolist())
        said["membrane"].append(model.v.tolist())
    return said


WORKERS = {"snntorch": snntorch, "sinabs": sinabs, "loihi": loihi}


if __name__ == "__main__":
    cases = json.loads(Path(sys.argv[2]).read_text())
    if sys.argv[1] != "loihi":
        import torch

        torch.set_grad_enabled(False)
    Path(sys.argv[3]).write_text(json.dumps([WORKERS[sys.argv[1]](one) for one in cases]))
