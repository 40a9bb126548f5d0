"""A network as a list of layers: what people write in TOML, and the shapes that follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, get_args

import msgspec
import tomli_w

from fxsnn.io.documents import documented, parse_toml

MOST_NEURONS = 1 << 22  # of a layer
MOST_STEPS = 1 << 16
Shape = tuple[int, int, int]  # height, width, channels
Kind = Literal["conv", "dense", "output"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_Size = Annotated[int, msgspec.Meta(ge=1, le=4096)]
_Decay = Annotated[float, msgspec.Meta(ge=0, lt=1)]


class Layer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A layer of leaky integrate-and-fire neurons; a dense one is a convolution whose kernel is its whole input.

    An output layer is a dense one that does not spike: its membranes, summed over time, are the network's answer.

    In a time step, with input x (counts or spikes): P = alpha P + (1 - alpha) Q, then Q = beta Q + (1 - beta) x;
    R = rho R - (1 - rho) refractory S with the spikes S of the step before; U = convolution of P + bias + R;
    S = [U > 0]. The output is the maximum of U over pool x pool neurons, as a spike where that is above 0 (DECOLLE,
    Kaiser et al. 2020, without its gains).
    """

    kind: Kind
    channels: _Size
    kernel: Annotated[int, msgspec.Meta(ge=1, le=63)] = 1  # cells in either direction, odd; of conv
    pool: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1  # neurons in either direction; the rest at an edge is cut off
    alpha: _Decay = 0.75  # decays of the membrane, of the synapse, of the refractory state
    beta: _Decay = 0.5
    rho: _Decay = 0.65
    refractory: Annotated[float, msgspec.Meta(ge=0, le=1 << 20)] = 1.0

    def __post_init__(self) -> None:
        if self.kind == "conv" and self.kernel % 2 == 0:
            raise ValueError(f"a kernel must be of an odd number of cells, not {self.kernel}")
        if self.kind != "conv" and (self.kernel != 1 or self.pool != 1):
            raise ValueError(f"a layer of kind {self.kind} must have neither kernel nor pool")
        if self.kind == "output" and self.refractory != 0:
            raise ValueError("an output layer must have a refractory of 0: it does not spike")


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A network on event data: how recordings become frames, the layers, and when it is read."""

    layer: tuple[Layer, ...]
    classes: Annotated[int, msgspec.Meta(ge=2, le=1000)]
    height: _Size = 34  # of the sensor
    width: _Size = 34
    shrink: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1  # cells of shrink x shrink are counted together
    clip: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 65_535  # counts above it are taken as it; 1: spikes
    step: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] = 10_000  # microseconds of a time step
    steps: Annotated[int, msgspec.Meta(ge=1, le=MOST_STEPS)] = 30
    burn_in: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 3  # first steps, in which nothing is learned or read
    schema: Literal[1] = 1

    def __post_init__(self) -> None:
        if not self.layer:
            raise ValueError("a network must have one layer or more")
        if self.burn_in >= self.steps:
            raise ValueError(f"burn_in must be less than the {self.steps} steps, not {self.burn_in}")
        for number, layer in enumerate(self.layer):
            height, width, channels = self.inputs(number)
            if layer.kind == "output" and (number + 1 < len(self.layer) or layer.channels != self.classes):
                raise ValueError(f"an output layer must be the last one, of {self.classes} channels")
            if height < 1 or width < 1:
                raise ValueError(f"layer {number} must have neurons left after pooling")
            if max(height * width * channels, height * width * layer.channels) > MOST_NEURONS:
                raise ValueError(f"layer {number} must have at most {MOST_NEURONS:,} inputs and neurons")
        if 0 in self.inputs(len(self.layer)):
            raise ValueError("the last layer must have neurons left after pooling")

    def inputs(self, number: int) -> Shape:
        """Return the shape of what layer `number` takes; of as many as there are layers: what the last one gives."""
        shape: Shape = (-(-self.height // self.shrink), -(-self.width // self.shrink), 2)
        for layer in self.layer[:number]:
            height, width, _ = shape
            pooled = (height // layer.pool, width // layer.pool)
            shape = (*(pooled if layer.kind == "conv" else (1, 1)), layer.channels)
        return shape

    def geometry(self, number: int) -> Geometry:
        """Return what a convolution of layer `number` needs to know."""
        layer, inputs = self.layer[number], self.inputs(number)
        if layer.kind != "conv":
            return Geometry(inputs, (inputs[0], inputs[1]), 0, (1, 1, layer.channels), 1)
        outputs = (inputs[0], inputs[1], layer.channels)
        return Geometry(inputs, (layer.kernel, layer.kernel), layer.kernel // 2, outputs, layer.pool)


class Described(Protocol):
    """A network of a description, in real numbers or in integers."""

    @property
    def description(self) -> Description:
        """What it is."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """The shapes of a layer. `outputs` is before pooling, one a neuron."""

    inputs: Shape
    kernel: tuple[int, int]
    padding: int
    outputs: Shape
    pool: int

    @property
    def weights(self) -> tuple[int, int, int, int]:
        """The shape of the weights: kernel height and width, input channels, output channels."""
        return (*self.kernel, self.inputs[2], self.outputs[2])

    @property
    def pooled(self) -> Shape:
        """The shape of what the layer gives."""
        return (self.outputs[0] // self.pool, self.outputs[1] // self.pool, self.outputs[2])


def parse_description(text: str) -> Description:
    """Read a network's description from TOML.

    Raises
    ------
    ConfigError
        The text is not TOML, a key is missing, unknown or of the wrong type, or the layers do not fit; it is named.
    """
    return description_from_data(parse_toml(text, "a network's description"))


def description_from_data(data: Any) -> Description:
    """Read a description from the tables of a TOML or JSON document; raises as `parse_description` does."""
    return documented(data, Description, "a network's description")


def description_text(description: Description) -> str:
    """Return TOML that `parse_description` reads back to an equal description."""
    return tomli_w.dumps(msgspec.to_builtins(description))
