"""Networks of layers on recordings: the points of a grid, and what each is worth."""
