"""Linear nodes of NIR's as projections: the same sums, with weights in a network's order."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from fxsnn.errors import ConfigError
from fxsnn.graph.connect import Kind, Pair, Projection
from fxsnn.graph.given import real
from fxsnn.nir.layout import Reals, Sizes, laid, least, network_shape, places
from fxsnn.nir.node import Node, Reported
from fxsnn.nir.shapes import along, padding, reach, stride


@dataclass(frozen=True, slots=True, eq=False)
class Wire:
    """What becomes a projection.

    weights    real numbers in a network's order; none of pools and of what passes as it is
    bias       what it adds in every step, one each target in a network's order; none where that is nothing
    signal     the name of the weights' signal
    """

    kind: Kind
    weights: Reals | None = None
    bias: Reals | None = None
    signal: str = "weight"
    kernel: Pair = (1, 1)
    stride: Pair | None = None
    padding: Pair = (0, 0)
    groups: int = 1

    def projection(self, name: str, source: str, target: str, given: str, delay: int) -> Projection:
        """Return it between a source and the input `given` of a target."""
        weights, kernel = None if self.weights is None else real(self.weights), (self.kernel, self.stride, self.padding)
        return Projection(name, source, target, given, self.kind, weights, self.signal, delay, *kernel, self.groups)


def wire_of(node: Node, given: Sizes, home: Sizes, shape: Sizes, onto: Sizes, reported: Reported) -> Wire:
    """Return what a linear node does.

    given    what arrives, as the node sees it, and `home`, the map that it is in the network
    shape    what it gives, and `onto`, the map that this is in the network
    """
    match node.kind:
        case "Linear" | "Affine":
            weight = node.numbers("weight")
            weights = np.empty(weight.shape[::-1])
            weights[np.ix_(places(home), places(onto))] = weight.T
            return Wire("dense", weights, _bias(node, shape, onto))
        case "Scale":
            scale = node.numbers("scale")
            if scale.size not in (1, math.prod(shape)):
                raise node.refusal(f"scale must be 1 or {math.prod(shape)} numbers, not {list(scale.shape)}")
            identity(home, onto, node.name)
            numbers = np.broadcast_to(scale.reshape(-1), (math.prod(shape),))
            return Wire("scale", least(laid(numbers, home), home))
        case "Conv1d" | "Conv2d":
            _check_map(node, given, home)
            return _convolution(node, shape, onto, reported)
    _check_map(node, given, home)
    return _pool(node, given)


def foldable(node: Node, gain: Reals, shape: Sizes) -> bool:
    """Say whether a node's weights can be multiplied by what its targets are, one each in NIR's order.

    gain    float64[targets], or one number
    """
    if node.kind.endswith("Pool2d"):
        return bool((gain == 1).all())
    if node.kind.startswith("Conv"):
        channels = gain.reshape(shape[0], -1)
        return bool((channels == channels[:, :1]).all())
    return True


def folded(wire: Wire, gain: Reals, onto: Sizes) -> Wire | None:
    """Return a projection that brings `gain` times as much, one each target in a network's order.

    gain    float64[targets], or one number

    None where its weights are shared by targets of different gains, or it has none.
    """
    bias = None if wire.bias is None else wire.bias * gain
    if (gain == 1).all():
        return wire
    if wire.kind in ("sum", "average", "maximum"):
        return None
    if wire.kind in ("identity", "scale"):
        weights = np.ones(()) if wire.weights is None else wire.weights
        channels = network_shape(onto)[-1]
        whole = np.tile(weights.reshape(-1), len(gain) // weights.size) if weights.size in (1, channels) else weights
        return replace(wire, kind="scale", weights=least(whole * gain, onto), bias=bias)
    assert wire.weights is not None  # noqa: S101  (of dense and conv)
    if wire.kind == "dense":
        return replace(wire, weights=wire.weights * gain, bias=bias)
    channel = gain.reshape(-1, wire.weights.shape[-1])
    return None if (channel != channel[0]).any() else replace(wire, weights=wire.weights * channel[0], bias=bias)


def _bias(node: Node, shape: Sizes, onto: Sizes) -> Reals | None:
    """Return the bias of every target in a network's order; none where it is 0 everywhere or not there."""
    if "bias" not in node.parameters or not node.numbers("bias").any():
        return None
    bias = node.numbers("bias")
    if bias.size != shape[0]:
        raise node.refusal(f"bias must be {shape[0]} numbers, not {list(bias.shape)}")
    cells = math.prod(shape) // shape[0]
    return np.asarray(laid(np.repeat(bias.reshape(-1), cells), onto))


def _check_map(node: Node, given: Sizes, home: Sizes) -> None:
    if given != home:
        raise node.refusal(f"what arrives must be a map of its own, not {list(home)} taken as {list(given)}")


def _convolution(node: Node, shape: Sizes, onto: Sizes, reported: Reported) -> Wire:
    if shape != onto:
        raise node.refusal(f"what it gives must be the map {list(shape)}, not {list(onto)}")
    weight, zeros = node.numbers("weight"), padding(node)
    dilation = along(node, "dilation", 1)
    kernel = np.zeros((*weight.shape[:2], *reach(node)))
    kernel[(slice(None), slice(None), *(slice(None, None, d) for d in dilation))] = weight
    if any(d > 1 for d in dilation):
        reported.note(f"dilation {list(dilation)} is written as zeros in a kernel of {list(reach(node))}", node.name)
    # where one zero more lies behind than before, the kernel gets one in front: a projection's padding is even
    uneven = [after - before for before, after in zeros]
    kernel = np.pad(kernel, ((0, 0), (0, 0), *((n, 0) for n in uneven)))
    if kernel.ndim == 3:
        kernel = kernel[:, :, None]
    pairs = [(1, 1), (0, 0)] if node.kind == "Conv1d" else []
    steps, around = stride(node), tuple(after for _, after in zeros)
    if pairs:
        steps, around = (1, *steps), (0, *around)
    return Wire(
        "conv",
        kernel.transpose(2, 3, 1, 0).copy(),
        _bias(node, shape, onto),
        kernel=(kernel.shape[2], kernel.shape[3]),
        stride=(steps[0], steps[1]),
        padding=(around[0], around[1]),
        groups=node.sizes("groups", 1)[0] if "groups" in node.parameters else 1,
    )


def _pool(node: Node, given: Sizes) -> Wire:
    """Return a pool; over zeros around the map it is a convolution, each channel by itself."""
    kernel, steps, zeros = along(node, "kernel_size", 1), stride(node), padding(node)
    average = node.kind == "AvgPool2d"
    pair = (kernel[0], kernel[1])
    if not any(n for both in zeros for n in both):
        return Wire("average" if average else "sum", kernel=pair, stride=(steps[0], steps[1]))
    weights = np.full((*pair, 1, given[0]), 1 / math.prod(kernel) if average else 1.0)
    around = (zeros[0][0], zeros[1][0])
    return Wire("conv", weights, None, "pool", pair, (steps[0], steps[1]), around, given[0])


def identity(home: Sizes, onto: Sizes, name: str) -> Wire:
    """Return what passes every number as it is."""
    if (places(home) != places(onto)).any():
        raise ConfigError(f"node {name!r}: what arrives must be laid out as {list(onto)}, not as {list(home)}")
    return Wire("identity")
