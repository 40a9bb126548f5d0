"""The samples that a command presents to a network, by the network's kind; checked before any work begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fxsnn.competitive.description import Competitive
from fxsnn.errors import ConfigError
from fxsnn.io.files import check_folder, check_output
from fxsnn.networks.described import Kind, kind_of, read_described
from fxsnn.report.drawing import check_drawing


@dataclass(frozen=True, slots=True)
class Samples:
    """A network's file, its kind, and where the samples that are presented to it come from.

    place    a folder of images or of recordings, or the file of a network of populations' inputs; for images it
             may be None: then they are those that fxsnn ships, or the full MNIST
    """

    network: Path
    kind: Kind
    place: Path | None = None
    mnist: bool = False

    @property
    def read(self) -> tuple[Path, ...]:
        """The files that are read, which nothing may replace; images and recordings lie in folders."""
        return (self.network, self.found) if self.kind == "populations" else (self.network,)

    @property
    def found(self) -> Path:
        """The place, which networks of images alone may do without; raises ConfigError."""
        if self.place is None:
            raise ConfigError(f"a network of {self.kind} must be shown something, as {str(self.network)!r}")
        return self.place


def samples_for(network: Path, data: Path | None, mnist: bool, inputs: Path | None, *, needed: bool = True) -> Samples:
    """Return the samples for a network, checked to be of the sort that its kind takes.

    needed    whether recordings must be among them

    Raises
    ------
    FileError
        The network's file cannot be read.
    ConfigError
        The samples of its kind are missing, or others are given.
    """
    if inputs is not None and network.suffix != ".toml":
        raise ConfigError(f"--inputs must be given for a network of populations (.toml) alone, not {str(network)!r}")
    kind = kind_of(network)
    if kind == "one layer":
        return Samples(network, kind, data, mnist)
    if kind == "layers":
        if mnist:
            raise ConfigError("--mnist must not be given for a network of layers, which takes recordings by --data")
        if data is None and needed:
            raise ConfigError("a network of layers must be shown recordings: name their folder by --data")
        return Samples(network, kind, data)
    if mnist or data is not None:
        option = "--mnist" if mnist else f"--data {data}"
        raise ConfigError(f"{option} must not be given for a network of populations, which takes --inputs")
    if inputs is None:
        raise ConfigError(f"--inputs must be given for a network of populations, as {str(network)!r}")
    return Samples(network, kind, inputs)


def kind_to_train(out: Path, description: Path | None, with_plan: bool, *read: Path | None) -> Kind:
    """Return the kind of network that a description is of, once it is sure that nothing that is read is replaced.

    with_plan    a plan is written beside the network
    """
    for path in (out, out.with_suffix(".toml"))[: 1 + with_plan]:
        check_output(path, description, *read)
    return _kind_described(description)


def kind_of_demo(out: Path, description: Path | None, *read: Path | None) -> Kind:
    """Return the kind of network that a demo is of, once it is sure that it replaces nothing that is read."""
    check_drawing()
    check_folder(out, description, *read)
    kind = _kind_described(description)
    if kind == "one layer" and description is not None:
        raise ConfigError(f"a demo from a description must be of a network of layers, {str(description)!r} is of one")
    return kind


def _kind_described(description: Path | None) -> Kind:
    one = description is None or isinstance(read_described(description), Competitive)
    return "one layer" if one else "layers"
