"""Networks of populations in Python: what `fxsnn` names in `__all__` beside formats and casts; see docs/api.md."""
