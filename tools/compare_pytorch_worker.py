"""Time PyTorch; tools/compare_pytorch.py starts this with the Python of PyTorch's own environment.

The equations of a description (docs/events.md), dense and in float32, a batch at a time and as fast as plain PyTorch
does them: one convolution with its bias for each layer and step, states updated in place, nothing kept for gradients.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any


def _layers(torch: Any, held: Any, description: Any, channels_last: bool) -> list[dict[str, Any]]:
    """Return each layer's constants; weights are given as [kernel height, kernel width, inputs, outputs]."""
    found = []
    for number, layer in enumerate(description["layer"]):
        weight = torch.from_numpy(held[f"weights_{number}"]).permute(3, 2, 0, 1).contiguous()
        conv = layer["kind"] == "conv"
        weight = weight.contiguous(memory_format=torch.channels_last) if conv and channels_last else weight
        # a dense layer sees its inputs in the order in which frames are laid out
        matrix = weight.permute(0, 2, 3, 1).reshape(len(weight), -1) if channels_last else weight.reshape(len(weight), -1)
        found.append(
            layer
            | {"weight": weight if conv else matrix.contiguous(), "bias": torch.from_numpy(held[f"biases_{number}"])}
        )
    return found


def _respond(torch: Any, layers: list[dict[str, Any]], frames: Any, burn_in: int, readout: Any, last: bool) -> Any:
    """Return what the last layer says of each class, [recordings, classes], and how many spikes each layer gave.

    frames    float32[steps, batch, channels, height, width], in the layout of the layers
    """
    functional, states, said = torch.nn.functional, [None] * len(layers), 0
    for step in range(len(frames)):
        given = frames[step]
        for number, layer in enumerate(layers):
            conv = layer["kind"] == "conv"
            if not conv and given.dim() == 4:
                given = (given.permute(0, 2, 3, 1) if last else given).reshape(len(given), -1)
            state: Any = states[number]
            if state is None:
                state = states[number] = {name: torch.zeros_like(given) for name in "pq"}
            p, q = state["p"], state["q"]
            p.mul_(layer["alpha"]).add_(q, alpha=1 - layer["alpha"])
            q.mul_(layer["beta"]).add_(given, alpha=1 - layer["beta"])
            if conv:
                u = functional.conv2d(p, layer["weight"], layer["bias"], padding=layer["kernel"] // 2)
            else:
                u = functional.linear(p, layer["weight"], layer["bias"])
            if layer["refractory"]:
                if "r" not in state:
                    state["r"], state["s"] = torch.zeros_like(u), torch.zeros_like(u)
                state["r"].mul_(layer["rho"]).sub_(state["s"], alpha=(1 - layer["rho"]) * layer["refractory"])
                u.add_(state["r"])
            if layer["kind"] == "output":
                given = u
                continue
            given = torch.gt(u, 0, out=state["s"]) if layer["refractory"] else u.gt(0).to(u.dtype)
            if conv and layer["pool"] > 1:
                given = functional.max_pool2d(given, layer["pool"])
        if step >= burn_in:
            if layers[-1]["kind"] != "output":
                whole = given.permute(0, 2, 3, 1) if given.dim() == 4 else given
                given = whole.reshape(len(whole), -1) @ readout
            said = said + given
    return said


def main() -> None:
    """Do every job of the plan and print what was found as JSON."""
    import numpy as np
    import torch

    folder = Path(sys.argv[1])
    plan = json.loads((folder / "work.json").read_text())
    held = np.load(folder / "network.npz", allow_pickle=False)
    counts = np.load(folder / "frames.npy", allow_pickle=False)
    torch.set_num_threads(1)
    description, found, said = plan["description"], [], None
    readout = torch.from_numpy(held["readout"].astype(np.float32))
    whole = torch.from_numpy(counts.astype(np.float32)).permute(1, 0, 4, 2, 3)  # steps outermost
    with torch.no_grad():
        for job in plan["jobs"]:
            last = job["channels_last"]
            layers = _layers(torch, held, description, last)
            parts = []
            for first in range(0, whole.shape[1], job["batch"]):
                part = whole[:, first : first + job["batch"]]
                kept = part.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3) if last else part.contiguous()
                parts.append(kept)

            def turn() -> Any:
                return torch.cat([_respond(torch, layers, p, description["burn_in"], readout, last) for p in parts])

            said = turn()
            times = []
            for _ in range(plan["turns"]):
                start = time.perf_counter()
                turn()
                times.append(time.perf_counter() - start)
            found.append({**job, "ms": 1000 * statistics.median(times) / len(counts)})
            print(f"{job}: {found[-1]['ms']:.3f} ms a recording", file=sys.stderr)
    print(json.dumps({"torch": torch.__version__, "jobs": found, "said": said.tolist()}))


if __name__ == "__main__":
    main()
