"""Arrays of frozen objects: nobody writes in them, or an object that cannot change would."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Literal

KERNELS_TAKE: tuple[Literal["C", "W"], ...] = (
    "C",
    "W",
)  # for np.require: a kernel is compiled once more for arrays that cannot be written


def freeze(record: Any, *, copy: bool = False) -> None:
    """Let no array in the fields of a frozen dataclass be written, also in tuples, lists and dictionaries of them.

    The caller's own arrays stay as they are: the record holds views of them, which cost nothing. What is run again
    and again must not change under its owner either and takes copies.

    copy    hold copies of the arrays that can be written
    """
    for field in fields(record):
        object.__setattr__(record, field.name, _frozen(getattr(record, field.name), copy))


def _frozen(value: Any, copy: bool) -> Any:
    import numpy as np  # here: the command line begins without it

    if isinstance(value, np.ndarray):
        if not value.flags.writeable:
            return value
        array = value.copy() if copy else value.view()
        array.flags.writeable = False
        return array
    if type(value) in (tuple, list):
        return type(value)(_frozen(part, copy) for part in value)
    if type(value) is dict:
        return {name: _frozen(part, copy) for name, part in value.items()}
    return value
