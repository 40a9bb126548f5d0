"""What a study is a study of: who would go on with it must have the same network, data, grid and strategy."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from typing import Any

import msgspec
import numpy as np

from fxsnn.data.digits import Digits
from fxsnn.errors import ConfigError
from fxsnn.grid import Grid
from fxsnn.network import Network
from fxsnn.splits import Splits

SCHEMA = 1
_WHAT = {
    "schema": "schema",
    "fxsnn": "fxsnn",
    "network": "the network",
    "data": "the data",
    "grid": "the grid",
    "learner": "the learning",
    "strategy": "the strategy",
    "trials": "trials",
    "seed": "the seed",
    "significance": "the significance file",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """The study's own attributes, all text or numbers."""

    fxsnn: str
    network: str  # SHA-256 of its arrays and constants
    data: str  # SHA-256 of the digits that ranges, and those that accuracies, are measured on
    digits: str  # the same in words
    grid: str  # JSON
    learner: str
    strategy: str
    trials: int
    seed: int
    significance: str  # SHA-256 of the file, or nothing
    schema: int = SCHEMA  # the last one: see board.py


def identify(
    network: Network,
    splits: Splits,
    digits: str,
    grid: Grid,
    strategy: str,
    *,
    profiled: int,
    learner: str = "",
    trials: int = 0,
    seed: int = 0,
    significance: bytes = b"",
) -> Identity:
    """Return what a study of this network and these digits is; `profiled` is of how many digits ranges are taken."""
    return Identity(
        fxsnn=version("fxsnn"),
        network=digest_of_network(network),
        data=_digest_of_digits(splits.training, splits.labelling, profiled),
        digits=digits,
        grid=msgspec.json.encode(grid).decode(),
        learner=learner,
        strategy=strategy,
        trials=trials,
        seed=seed,
        significance=hashlib.sha256(significance).hexdigest() if significance else "",
    )


def check_same(identity: Identity, held: Mapping[str, Any], shown: str) -> None:
    """Refuse a study of something else: one line that names the first thing which differs."""
    given = asdict(identity)
    for name, what in _WHAT.items():
        if held.get(name) != given[name]:
            told = f": {given[name]!r} is not its {held.get(name)!r}" if _is_short(name) else ""
            raise ConfigError(
                f"a study must be gone on with as it was begun, but {what} of {shown!r} is another one{told}; "
                "name a new file with --study"
            )


def digest_of_network(network: Network) -> str:
    """Return the SHA-256 of the arrays and constants that inference needs; labels are found anew."""
    digest = hashlib.sha256()
    for field in fields(Network):
        value = getattr(network, field.name)
        if field.name == "labels":
            continue
        if isinstance(value, np.ndarray):
            digest.update(f"{field.name} {value.dtype.str} {value.shape}\n".encode())
            digest.update(np.ascontiguousarray(value).tobytes())
        else:
            digest.update(f"{field.name} {value!r}\n".encode())
    return digest.hexdigest()


def _digest_of_digits(training: Digits, labelling: Digits, profiled: int) -> str:
    digest = hashlib.sha256()
    for array in (training.images[:profiled], labelling.images, labelling.labels):
        digest.update(f"{array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _is_short(name: str) -> bool:
    return name in ("schema", "fxsnn", "strategy", "trials", "seed")
