"""Networks of one layer on images: the points of a grid, and what each is worth."""
