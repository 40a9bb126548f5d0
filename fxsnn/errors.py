"""Every error a user can cause: one line saying what must hold and what was given."""

from collections.abc import Iterator
from contextlib import contextmanager


def printable(text: str) -> str:
    """Return a text as one line of what can be shown: other characters, which a file may bring, by their escapes."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in " ".join(text.split()))


def as_given(value: float) -> str:
    """Return a number with every digit that distinguishes it from others, as it was given.

    >>> as_given(0.5), as_given(1.0), as_given(1000001.25), as_given(1e-7)
    ('0.5', '1', '1000001.25', '1e-07')
    """
    return repr(float(value)).removesuffix(".0")


def many(count: int, noun: str) -> str:
    """Return a number of things in words.

    >>> many(1, "step"), many(2000, "step")
    ('1 step', '2,000 steps')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


class FxsnnError(Exception):
    """Base of all errors that fxsnn raises on purpose. Its text is one line, whatever a file brought into it."""

    table: tuple[str, int] | None = None  # of a document: its name, and its number among those of that name

    def __str__(self) -> str:
        return " ".join(Exception.__str__(self).splitlines())  # that of KeyError would quote it


class FormatError(FxsnnError, ValueError):
    """A number format or the name of a mode that does not exist."""


class OverflowDetectedError(FxsnnError, ValueError):
    """A value left its format and the overflow mode is `error`."""


class WidthError(FxsnnError, ValueError):
    """A configuration whose exact intermediate could leave int64."""


class ConfigError(FxsnnError, ValueError):
    """A configuration or argument that cannot be used."""


class UnknownNameError(ConfigError, KeyError):
    """A name by which nothing is stored; the message lists those that are."""


class NeuronError(ConfigError):
    """A neuron's text that cannot be read; the message begins with file, line and column."""


class FindingError(ConfigError):
    """What was asked for is not there: a finding, not a mistake."""


class FloorError(FindingError):
    """No candidate holds the accuracy floor."""


class BudgetError(FindingError):
    """No candidate fits into the memory budget."""


class FileError(FxsnnError, OSError):
    """A file that is missing, truncated, altered or of the wrong kind."""


@contextmanager
def naming(what: str) -> Iterator[None]:
    """Let errors raised in the block begin with what they are of."""
    try:
        yield
    except FxsnnError as error:
        named = type(error)(f"{what}: {error}")
        named.table = error.table
        raise named from None


@contextmanager
def of_table(name: str, number: int) -> Iterator[None]:
    """Let errors raised in the block know of which table of a document they are."""
    try:
        yield
    except FxsnnError as error:
        error.table = name, number
        raise
