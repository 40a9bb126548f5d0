"""Networks of any neurons: populations and the projections between them, as values and as files."""
