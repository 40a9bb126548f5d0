"""Weights and constants as they are given: in real numbers, as raw words, or as the bits of words in a memory file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.errors import ConfigError, FxsnnError, naming
from fxsnn.frozen import freeze
from fxsnn.number.cast import check_words, from_float_counted, to_float
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.signal import Signal

Shape = tuple[int, ...]
Form = Literal["real", "raw", "bits"]


class Counted(NamedTuple):
    """How many numbers were no words of their format when they were cast."""

    inexact: int = 0
    ties: int = 0
    overflows: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Numbers as they are given.

    values    float64 of real numbers; int64 of raw words, and of their bits
    form      bits: two's complement in a word whose width the format says, as `$readmemh` reads it
    shaped    whether the values have a shape of their own, which a list of words has not
    origin    where they come from, for messages
    """

    values: NDArray[np.float64] | NDArray[np.int64]
    form: Form = "real"
    shaped: bool = True
    origin: str = ""

    def __post_init__(self) -> None:
        wanted = np.float64 if self.form == "real" else np.int64
        if self.values.dtype != wanted:
            raise ConfigError(f"{self._of()}{self.form} numbers must be {np.dtype(wanted)}, not {self.values.dtype}")
        if self.form == "real" and not np.isfinite(self.values).all():
            worst = self.values[~np.isfinite(self.values)].ravel()[0]
            raise ConfigError(f"{self._of()}every number must be finite, not {worst}")
        freeze(self, copy=True)

    def within(self, shapes: tuple[Shape, ...], what: str) -> Given:
        """Return the same in one of these shapes; raises ConfigError, which names `what`, where it is of none."""
        values = self.values
        if values.shape in shapes:
            return self
        same = [shape for shape in shapes if int(np.prod(shape)) == values.size]
        if self.shaped or not same:
            wanted = " or ".join(str(list(shape)) if shape else "one number" for shape in dict.fromkeys(shapes))
            given = list(values.shape) if self.shaped else f"{values.size} numbers"
            hint = " (transpose them)" if self.shaped and values.T.shape in shapes else ""
            raise ConfigError(f"{self._of()}{what} must be {wanted}, not {given}{hint}")
        return Given(values.reshape(same[-1]), self.form, origin=self.origin)

    def words(self, signal: Signal, lfsr: Lfsr, what: str) -> tuple[NDArray[np.int64], Counted]:
        """Return raw words of a signal; real numbers are cast, drawing from a register of their own.

        Raises
        ------
        ConfigError
            A raw word is none of the format.
        OverflowDetectedError
            A number leaves the format and the overflow mode is `error`.
        """
        form = signal.format
        try:
            if self.form == "real":
                cast = from_float_counted(self.values, form, signal.rounding, signal.overflow, lfsr=lfsr)
                return cast.raw, Counted(cast.inexact, cast.ties, cast.overflows)
            words = self.values.astype(np.int64, copy=False)
            if self.form == "bits":
                _check_bits(what, words, form)
                half = 1 << form.word - 1  # taken twice: 2**63 is no int64
                words = np.where(words > form.highest, words - half - half, words)
            check_words(what, words, form)
        except FxsnnError as error:
            named = "" if str(error).startswith(what) else f"{what}: "
            raise type(error)(f"{self._of()}{named}{error}") from None
        return words, Counted()

    def reals(self, signal: Signal | None, what: str) -> NDArray[np.float64]:
        """Return the numbers as real ones; raises ConfigError for raw words without a signal."""
        if self.form == "real":
            return self.values.astype(np.float64, copy=False)
        if signal is None:
            raise ConfigError(f"{self._of()}{what} must be real numbers where there is no plan, not raw words")
        return to_float(self.words(signal, Lfsr(), what)[0], signal.format)

    def _of(self) -> str:
        return f"{self.origin}: " if self.origin else ""


def real(values: ArrayLike) -> Given:
    """Return real numbers as they are given; raises ConfigError where they are none.

    values    float64 of any shape
    """
    array = _array(values)
    if array.dtype.kind not in "iuf":
        raise ConfigError(f"numbers must be real, not {array.dtype}")
    return Given(array.astype(np.float64, copy=False))


def raw(words: ArrayLike) -> Given:
    """Return raw words as they are given; raises ConfigError where they are no integers of 64 bits.

    words    int64 of any shape
    """
    array = _array(words)
    if array.dtype.kind not in "iu" or (array.dtype.kind == "u" and array.size and int(array.max()) >= 1 << 63):
        raise ConfigError(f"raw words must be integers of at most 63 bits, not {array.dtype}")
    return Given(array.astype(np.int64, copy=False), "raw")


def given_of(value: Given | ArrayLike, what: str) -> Given:
    """Return what is given; what is not said to be raw is real. Raises ConfigError, which names `what`.

    value    float64 of any shape, or what `raw` or `real` returned
    """
    with naming(what):
        return value if isinstance(value, Given) else real(value)


def _array(values: ArrayLike) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError:
        raise ConfigError("numbers must be in lists of equal lengths") from None


def _check_bits(what: str, bits: NDArray[np.int64], form: Format) -> None:
    wrong = (bits < 0) | (bits >> form.word != 0)
    if wrong.any():
        place = tuple(int(n) for n in np.argwhere(wrong)[0])
        raise ConfigError(f"{what}{list(place)} must fit {form.word} bits of {form.describe()}, not {bits[place]:x}")
