"""The report: one self-contained HTML page with what was tried, what was chosen and why."""

from fxsnn.report.page import write_report
from fxsnn.report.story import Story

__all__ = ["Story", "write_report"]
