"""Numbers: formats, rounding and overflow modes, the register behind stochastic rounding, casts, signals."""
