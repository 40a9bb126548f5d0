"""Networks of populations on inputs of one's own: grids of plans, what a plan is worth, which signals are narrowed."""
