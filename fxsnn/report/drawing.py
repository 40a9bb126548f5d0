"""matplotlib is imported where something is drawn, and before the work that a drawing is of."""

from __future__ import annotations

import logging

from fxsnn.errors import ConfigError


class _Said(logging.Handler):
    """Keep what matplotlib says while it starts, in the place of lines on standard error."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def check_drawing() -> None:
    """Import matplotlib, and let its warnings go: they are of settings that fxsnn does not take and of its cache.

    Raises
    ------
    ConfigError
        matplotlib's configuration cannot be read.
    """
    log, said = logging.getLogger("matplotlib"), _Said()
    propagated, log.propagate = log.propagate, False
    log.addHandler(said)
    try:
        import matplotlib.figure  # noqa: F401  what a figure imports may warn too
    except (UnicodeDecodeError, OSError) as error:
        told = said.lines[-1] if said.lines else str(error)  # the name of the file is in the former alone
        raise ConfigError(f"matplotlib must be able to read its configuration (matplotlibrc): {told}") from None
    finally:
        log.removeHandler(said)
        log.propagate = propagated
