"""Candidates: points of a grid, what each is worth, the Pareto front, the choice."""
