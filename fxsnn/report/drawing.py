"""matplotlib is imported where something is drawn, and before the work that a drawing is of."""

from __future__ import annotations

import logging

from fxsnn.errors import ConfigError


class _Warned(logging.Handler):
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
    log, warned = logging.getLogger("matplotlib"), _Warned()
    propagated, log.propagate = log.propagate, False
    log.addHandler(warned)
    try:
        import matplotlib.figure  # noqa: F401  what a figure imports may warn too
    except (UnicodeDecodeError, OSError) as error:
        reason = warned.lines[-1] if warned.lines else str(error)  # the name of the file is in the former alone
        raise ConfigError(f"matplotlib must be able to read its configuration (matplotlibrc): {reason}") from None
    finally:
        log.removeHandler(warned)
        log.propagate = propagated
