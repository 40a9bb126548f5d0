"""Time PyTorch; tools/compare_pytorch.py starts this with the Python of PyTorch's own environment.

The equations of a description (docs/events.md), dense and in float32, on one thread, a batch at a time and as fast as
plain PyTorch does them: one convolution with its bias for each layer and step, states updated in place, nothing kept
for gradients, all tensors in the layout of the job. A line on standard input is a job to be done once; a line on
standard output says how many seconds of its thread that took. After the last one it says what the networks said.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any


def constants(torch: Any, held: Any, description: Any, channels_last: bool) -> list[dict[str, Any]]:
    """Return each layer with its weights, held as [kernel height, kernel width, inputs, outputs], as tensors."""
    found = []
    for number, layer in enumerate(description["layer"]):
        weight = torch.from_numpy(held[f"weights_{number}"]).permute(3, 2, 0, 1).contiguous()
        if layer["kind"] != "conv":  # sees its inputs in the order of `flat`
            ordered = weight.permute(0, 2, 3, 1) if channels_last else weight
            weight = ordered.reshape(len(weight), -1).contiguous()
        elif channels_last:
            weight = weight.contiguous(memory_format=torch.channels_last)
        found.append(layer | {"weight": weight, "bias": torch.from_numpy(held[f"biases_{number}"])})
    return found


def flat(maps: Any, channels_last: bool) -> Any:
    """Return the words of every recording in the order in which they lie."""
    if maps.dim() < 4:
        return maps
    return (maps.permute(0, 2, 3, 1) if channels_last else maps).reshape(len(maps), -1)


def respond(torch: Any, layers: list[dict[str, Any]], frames: Any, burn_in: int, readout: Any, last: bool) -> Any:
    """Return what the last layer says of each class, [recordings, classes].

    frames    float32[steps, recordings, channels, height, width], each step in the layout of the layers
    """
    functional, states, said = torch.nn.functional, [dict[str, Any]() for _ in layers], 0
    for step in range(len(frames)):
        given = frames[step]
        for layer, state in zip(layers, states, strict=True):
            conv, refractory = layer["kind"] == "conv", layer["refractory"]
            given = given if conv else flat(given, last)
            if not state:
                state |= {"p": torch.zeros_like(given), "q": torch.zeros_like(given)}
            state["p"].mul_(layer["alpha"]).add_(state["q"], alpha=1 - layer["alpha"])
            state["q"].mul_(layer["beta"]).add_(given, alpha=1 - layer["beta"])
            if conv:
                u = functional.conv2d(state["p"], layer["weight"], layer["bias"], padding=layer["kernel"] // 2)
            else:
                u = functional.linear(state["p"], layer["weight"], layer["bias"])
            if refractory:
                if "r" not in state:
                    state |= {"r": torch.zeros_like(u), "s": torch.zeros_like(u)}
                state["r"].mul_(layer["rho"]).sub_(state["s"], alpha=(1 - layer["rho"]) * refractory)
                u.add_(state["r"])
            if layer["kind"] == "output":
                given = u
                continue
            given = torch.gt(u, 0, out=state["s"]) if refractory else u.gt(0).to(u.dtype)
            if layer["pool"] > 1:
                given = functional.max_pool2d(given, layer["pool"])
        if step >= burn_in:
            said = said + (given if layers[-1]["kind"] == "output" else functional.linear(flat(given, last), readout))
    return said


class Job:
    """A batch and a layout, ready to be timed."""

    def __init__(self, torch: Any, held: Any, description: Any, frames: Any, batch: int, channels_last: bool) -> None:
        self.torch, self.last, self.burn_in = torch, channels_last, description["burn_in"]
        self.layers = constants(torch, held, description, channels_last)
        parts = [frames[:, first : first + batch] for first in range(0, frames.shape[1], batch)]
        if channels_last:
            self.parts = [part.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3) for part in parts]
        else:
            self.parts = [part.contiguous() for part in parts]
        self.readout = torch.from_numpy(held["readout"]).float().permute(3, 0, 1, 2)  # classes, height, width, channels
        order = self.readout if channels_last else self.readout.permute(0, 3, 1, 2)
        self.readout = order.reshape(len(order), -1).contiguous()

    def turn(self) -> Any:
        """Show all recordings once."""
        said = [respond(self.torch, self.layers, part, self.burn_in, self.readout, self.last) for part in self.parts]
        return self.torch.cat(said)


def main() -> None:
    """Do every job that is asked for."""
    import numpy as np
    import torch

    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    description = json.loads((folder / "work.json").read_text())["description"]
    held = np.load(folder / "network.npz", allow_pickle=False)
    frames = torch.from_numpy(np.load(folder / "frames.npy", allow_pickle=False).astype(np.float32))
    frames = frames.permute(1, 0, 4, 2, 3)  # steps outermost, channels before places
    jobs: dict[str, Job] = {}
    said = None
    with torch.no_grad():
        for line in sys.stdin:
            if line not in jobs:
                asked = json.loads(line)
                jobs[line] = Job(torch, held, description, frames, asked["batch"], asked["channels_last"])
            start = time.process_time()
            said = jobs[line].turn()
            print(json.dumps({"seconds": time.process_time() - start}), flush=True)
    print(json.dumps({"torch": torch.__version__, "said": [] if said is None else said.tolist()}))


if __name__ == "__main__":
    main()
