"""Every error a user can cause: one line saying what must hold and what was given."""


class FxsnnError(Exception):
    """Base of all errors that fxsnn raises on purpose. Its text is one line, whatever a file brought into it."""

    def __str__(self) -> str:
        return " ".join(super().__str__().splitlines())


class FormatError(FxsnnError, ValueError):
    """A number format or the name of a mode that does not exist."""


class OverflowDetectedError(FxsnnError, ValueError):
    """A value left its format and the overflow mode is `error`."""


class WidthError(FxsnnError, ValueError):
    """A configuration whose exact intermediate could leave int64."""


class ConfigError(FxsnnError, ValueError):
    """A configuration or argument that cannot be used."""


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
