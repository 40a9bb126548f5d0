"""Networks of snnTorch, Sinabs, Norse, SpikingJelly: export them by their own exporters, run them, keep the spikes.

Run by tools/nir_frameworks.py in an environment of its own: python nir_frameworks_worker.py FOLDER [EXPORTED]
EXPORTED holds what fxsnn made of files of the same names: the frameworks read both, and must give the same spikes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nir
import norse.torch
import numpy as np
import sinabs.layers as sl
import sinabs.nir
import snntorch as snn
import torch
from snntorch.export_nir import export_to_nir
from snntorch.import_nir import import_from_nir
from spikingjelly.activation_based import functional, neuron
from spikingjelly.activation_based.nir_exchange import export_to_nir as spikingjelly_to_nir

SEED = 2
STEPS, INPUTS, HIDDEN, OUTPUTS = 60, 6, 8, 4


def snntorch_networks() -> Iterator[tuple[str, Any]]:
    """Yield networks of two layers: a factor of its own for every neuron, each kind of reset, in time and late."""

    def layers(name: str, scale: float, make: Callable[[int], Any]) -> tuple[str, Any]:
        torch.manual_seed(SEED)
        network = torch.nn.Sequential(
            torch.nn.Linear(INPUTS, HIDDEN), make(HIDDEN), torch.nn.Linear(HIDDEN, OUTPUTS), make(OUTPUTS)
        )
        for layer in network:
            if isinstance(layer, torch.nn.Linear):
                layer.weight.mul_(scale)
                layer.bias.abs_()  # so that the neurons of the last layer fire, too
        return name, network

    def leaky(reset: str, delay: bool) -> Callable[[int], Any]:
        return lambda n: snn.Leaky(
            beta=torch.linspace(0.6, 0.9, n),
            threshold=torch.ones(n),
            reset_mechanism=reset,
            reset_delay=delay,
            init_hidden=True,
        )

    def synaptic(reset: str, delay: bool) -> Callable[[int], Any]:
        return lambda n: snn.Synaptic(
            alpha=torch.linspace(0.3, 0.6, n),
            beta=torch.linspace(0.6, 0.9, n),
            threshold=torch.ones(n),
            reset_mechanism=reset,
            reset_delay=delay,
            init_hidden=True,
        )

    def recurrent(n: int) -> Any:
        return snn.RSynaptic(
            alpha=torch.linspace(0.3, 0.6, n),
            beta=torch.linspace(0.6, 0.9, n),
            linear_features=n,
            threshold=torch.ones(n),
            reset_mechanism="subtract",
            init_hidden=True,
        )

    yield layers("snntorch_leaky_subtract", 1.0, leaky("subtract", False))
    yield layers("snntorch_leaky_subtract_again", 3, leaky("subtract", False))
    yield layers("snntorch_leaky_subtract_delayed", 3, leaky("subtract", True))
    yield layers("snntorch_leaky_zero_delayed", 3, leaky("zero", True))
    yield layers("snntorch_synaptic_zero", 3, synaptic("zero", False))
    yield layers("snntorch_recurrent_subtract_delayed", 3, recurrent)


def sinabs_network() -> Any:
    """Return a network of convolutions and pools, whose neurons emit several spikes a step above a floor."""

    def neurons() -> Any:
        return sl.IAFSqueeze(batch_size=1, min_v_mem=-1.0, spike_threshold=1.0)

    network = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, (3, 3), stride=(2, 2), padding=(1, 1), bias=False),
        neurons(),
        torch.nn.Conv2d(4, 6, (3, 3), padding=(1, 1), bias=False),
        neurons(),
        sl.SumPool2d((2, 2)),
        torch.nn.Flatten(),
        torch.nn.Linear(24, 5, bias=False),
        neurons(),
    )
    for layer in network:
        if hasattr(layer, "weight"):
            layer.weight.mul_(4)
    return network


def norse_networks() -> Iterator[tuple[str, Any]]:
    """Yield networks of two layers of Norse: a membrane alone, and one with a synaptic current."""

    def layers(name: str, scale: float, make: Callable[[int], Any]) -> tuple[str, Any]:
        torch.manual_seed(SEED)
        network = norse.torch.SequentialState(
            torch.nn.Linear(INPUTS, HIDDEN), make(HIDDEN), torch.nn.Linear(HIDDEN, OUTPUTS), make(OUTPUTS)
        )
        for layer in network.children():
            if isinstance(layer, torch.nn.Linear):
                layer.weight.mul_(scale)
                layer.bias.abs_()
        return name, network

    def ones(n: int) -> dict[str, Any]:
        return {"v_th": torch.ones(n), "v_leak": torch.zeros(n), "v_reset": torch.zeros(n)}

    def box(n: int) -> Any:
        return norse.torch.LIFBoxCell(norse.torch.LIFBoxParameters(tau_mem_inv=torch.linspace(100, 400, n), **ones(n)))

    def with_current(n: int) -> Any:
        taus = {"tau_mem_inv": torch.linspace(100, 400, n), "tau_syn_inv": torch.linspace(300, 600, n)}
        return norse.torch.LIFCell(norse.torch.LIFParameters(**taus, **ones(n)))

    yield layers("norse_box", 12, box)
    yield layers("norse_current", 6, with_current)


def spikingjelly_networks() -> Iterator[tuple[str, Any]]:
    """Yield networks of two layers of SpikingJelly: a decay that takes the input too or not, none, and a current."""
    makes: dict[str, tuple[int, Callable[[], Any]]] = {
        "lif": (9, lambda: neuron.LIFNode(tau=4.0, v_threshold=0.8, v_reset=0.1)),
        "lif_whole": (3, lambda: neuron.LIFNode(tau=4.0, decay_input=False, v_reset=0.0)),
        "if": (3, lambda: neuron.IFNode(v_reset=-0.1)),
        "current": (3, lambda: neuron.CUBALIFNode(c_decay=0.5, v_decay=0.75, v_reset=0.0)),
    }
    for name, (scale, make) in makes.items():
        torch.manual_seed(SEED)
        network = torch.nn.Sequential(torch.nn.Linear(INPUTS, HIDDEN), make(), torch.nn.Linear(HIDDEN, OUTPUTS), make())
        for layer in network:
            if isinstance(layer, torch.nn.Linear):
                layer.weight.mul_(scale)
                layer.bias.abs_()
        yield f"spikingjelly_{name}", network


def kept(folder: Path, name: str, graph: Any, inputs: Any, spikes: Any) -> None:
    """Write a graph and what the framework made of it."""
    nir.write(folder / f"{name}.nir", graph)
    np.savez(folder / f"{name}.npz", inputs=inputs.numpy().astype(np.uint8), spikes=spikes.numpy().astype(np.uint8))
    print(name, int(spikes.sum()), "spikes")


def main(folder: Path) -> None:
    """Write all."""
    torch.manual_seed(SEED)
    torch.set_grad_enabled(False)
    inputs = (torch.rand(STEPS, INPUTS) < 0.4).float()
    for name, network in snntorch_networks():
        spikes = torch.cat([network(one[None]) for one in inputs])
        kept(folder, name, export_to_nir(network, inputs[:1], ignore_dims=[0]), inputs, spikes)
    frames = (torch.rand(20, 2, 8, 8) < 0.3).float()
    network = sinabs_network()
    spikes = network(frames)
    graph = sinabs.nir.to_nir(network, frames[:1])
    graph.infer_types()  # without it convolutions have no input_shape, and cannot be written
    kept(folder, "sinabs_convolutions", graph, frames, spikes)
    for name, network in norse_networks():
        state, spikes = None, []
        for one in inputs:
            spike, state = network(one[None], state)
            spikes.append(spike)
        graph = norse.torch.to_nir(network, inputs[:1], dt=1)  # it writes tau times dt: 1 leaves it in seconds
        kept(folder, name, graph, inputs, torch.cat(spikes))
    for name, network in spikingjelly_networks():
        graph = spikingjelly_to_nir(network, inputs[:1])
        functional.reset_net(network)
        kept(folder, name, graph, inputs, torch.cat([network(one[None]) for one in inputs]))


def played(path: Path, inputs: Any) -> Any:
    """Return the spikes of a file as its framework reads and runs it, flat."""
    graph = nir.read(path)
    if path.stem.startswith("sinabs"):
        found = sinabs.nir.from_nir(graph, batch_size=1)(inputs)
        return (found[0] if isinstance(found, tuple) else found).flatten()
    ours = path.stem.startswith("norse")
    network, state, spikes = norse.torch.from_nir(graph, dt=0.001) if ours else import_from_nir(graph), None, []
    shape = graph.nodes["input"].output_type["output"].tolist()  # Norse writes an axis of 1 before its neurons
    for one in inputs:
        spike, state = network(one.reshape(1, *shape) if ours else one[None], state)
        spikes.append(spike.flatten())
    return torch.cat(spikes)


def compared(folder: Path, exported: Path) -> bool:
    """Say whether each file that was exported gives the spikes that its framework gives of the file of its own.

    Norse reads a file of its own as another network, which spikes less: what it recorded is taken.
    """
    torch.set_grad_enabled(False)
    alike = True
    for path in sorted(exported.glob("*.nir")):
        recorded = np.load(folder / f"{path.stem}.npz")
        inputs, spikes = torch.tensor(recorded["inputs"]).float(), torch.tensor(recorded["spikes"]).flatten()
        own = spikes if path.stem.startswith("norse") else played(folder / path.name, inputs)
        ours = played(path, inputs)
        alike = alike and bool((own == ours).all()) and bool(own.any())
        print(path.stem, int(own.sum()), "spikes,", int((own != ours).sum()), "differ as exported")
    return alike


if __name__ == "__main__":
    if sys.argv[2:]:
        sys.exit(not compared(Path(sys.argv[1]), Path(sys.argv[2])))
    main(Path(sys.argv[1]))
