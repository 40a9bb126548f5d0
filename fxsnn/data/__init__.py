"""Handwritten digits: the full MNIST, and 5,000 of its digits that a small wheel carries."""
