"""What is explored: a network, the points of a grid, and what they are measured on."""
