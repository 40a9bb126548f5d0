"""How much the precision of each parameter matters: every group of them narrowed alone, all else in float."""

from fxsnn.significance.result import Significance, load_significance, to_json

__all__ = ["Significance", "load_significance", "to_json"]
