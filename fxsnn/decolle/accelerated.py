"""Training by local errors on an accelerator, by PyTorch: the rule of `learn`, for networks too large for a processor.

Sums are PyTorch's, in an order of its own: two machines, and this and `learn.train_layers`, part in the last bits and
then in single spikes. What is trained here is as good, but nobody gets the same bytes again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from fxsnn.data.recordings import Recordings
from fxsnn.decolle.description import Geometry, Layer
from fxsnn.decolle.learn import MARGIN, STEEPNESS, LocalLearning, check_sensor, frames_of, lessons
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.errors import ConfigError

Tensor = Any  # torch.Tensor: torch is not imported unless it is asked for


def train_accelerated(
    network: DecolleNetwork,
    recordings: Recordings,
    learning: LocalLearning,
    device: str,
    progress: Callable[[int, int], None] | None = None,
) -> DecolleNetwork:
    """Train on recordings as `learn.train_layers` does, on a device of PyTorch's: cuda, cuda:1, mps, cpu.

    Raises
    ------
    ConfigError
        PyTorch is not installed, has no such device, or the recordings do not fit the network.
    """
    torch = _torch(device)
    check_sensor(network, recordings)
    described = network.description

    def tensor(array: Any) -> Tensor:
        return torch.tensor(array, dtype=torch.float32, device=device)

    weights = [tensor(array).permute(3, 2, 0, 1).contiguous() for array in network.weights]
    biases = [tensor(array) for array in network.biases]
    readouts = [tensor(array) for array in network.readouts]
    adamax = torch.optim.Adamax([*weights, *biases], betas=(learning.momentum, learning.forgetting))
    total, done = learning.passes * len(recordings), 0
    with torch.no_grad():
        for chosen, begins in lessons(network, recordings, learning):
            steps = learning.window or described.steps
            frames = tensor(frames_of(network, recordings, chosen, begins, steps)).permute(1, 0, 4, 2, 3)
            target = tensor(np.eye(described.classes)[recordings.labels[chosen]])
            layers = [
                _Layer(torch, layer, described.geometry(number), weights[number], biases[number], len(chosen), device)
                for number, layer in enumerate(described.layer)
            ]
            adamax.param_groups[0]["lr"] = learning.rate * (1 - done / total)
            for step in range(steps):
                given = frames[step]
                for number, layer in enumerate(layers):
                    given = layer.advance(given)
                    if step >= described.burn_in:
                        gradients = layer.gradients(readouts[number], given, learning, target)
                        weights[number].grad, biases[number].grad = gradients
                if step >= described.burn_in:
                    adamax.step()
            done += len(chosen)
            if progress:
                progress(done, total)
    return DecolleNetwork(
        described,
        tuple(np.ascontiguousarray(array.permute(2, 3, 1, 0).cpu().numpy()) for array in weights),
        tuple(array.cpu().numpy() for array in biases),
        network.readouts,
    )


def _torch(device: str) -> Any:
    try:
        import torch
    except ImportError:
        raise ConfigError("PyTorch must be installed to train on a device: pip install 'fxsnn[accelerator]'") from None
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f"the device must be one that PyTorch has, not {device!r} ({_first(error)})") from None
    return torch


def _first(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


class _Layer:
    """A layer at work on a batch, channels first: see `forward.LayerAtWork`."""

    def __init__(
        self, torch: Any, layer: Layer, geometry: Geometry, weights: Tensor, bias: Tensor, batch: int, device: str
    ) -> None:
        self.torch, self.layer, self.geometry, self.weights, self.bias = torch, layer, geometry, weights, bias
        (height, width, channels), (rows, columns, outputs) = geometry.inputs, geometry.outputs
        self.traces = torch.zeros((batch, channels, height, width), device=device)
        self.synapses = self.traces.clone()
        self.refractory = torch.zeros((batch, outputs, rows, columns), device=device)
        self.spikes = self.refractory.clone()
        self.membranes = self.refractory

    def advance(self, given: Tensor) -> Tensor:
        """Do a time step; return the pooled spikes."""
        layer, functional = self.layer, self.torch.nn.functional
        self.traces = layer.alpha * self.traces + (1 - layer.alpha) * self.synapses
        self.synapses = layer.beta * self.synapses + (1 - layer.beta) * given
        self.refractory = layer.rho * self.refractory - (1 - layer.rho) * layer.refractory * self.spikes
        drive = functional.conv2d(self.traces, self.weights, self.bias, padding=self.geometry.padding)
        self.membranes = drive + self.refractory
        self.spikes = (self.membranes > 0).float()
        return functional.max_pool2d(self.spikes, self.geometry.pool)

    def gradients(
        self, readout: Tensor, pooled: Tensor, learning: LocalLearning, target: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the gradients of weights and bias; see `learn.local_gradients`."""
        torch, batch, geometry = self.torch, len(target), self.geometry
        if self.layer.kind == "output":
            rows = (torch.softmax(self.membranes.reshape(batch, -1), dim=1) - target).reshape(self.membranes.shape)
        else:
            signs = readout * (learning.readout_gain / math.sqrt(len(readout)))
            error = (pooled.permute(0, 2, 3, 1).reshape(batch, -1) @ signs - target).clamp(-1, 1)
            back = (error @ signs.T).reshape(batch, *geometry.pooled).permute(0, 3, 1, 2)
            functional, size = torch.nn.functional, self.membranes.shape[2:]
            _, highest = functional.max_pool2d(self.membranes, geometry.pool, return_indices=True)
            rows = functional.max_unpool2d(back.contiguous(), highest, geometry.pool, output_size=list(size))
            rows = rows / (STEEPNESS * self.membranes.abs() + 1) ** 2
            neurons = self.membranes[0].numel()
            rows = rows + learning.regularisation / neurons * (self.membranes > -MARGIN)
        rows = rows / batch
        of_weights = torch.nn.grad.conv2d_weight(self.traces, self.weights.shape, rows, padding=geometry.padding)
        return of_weights, rows.sum(dim=(0, 2, 3))
