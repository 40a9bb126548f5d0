"""Images: the full MNIST and what is published as it is, and 5,000 digits of MNIST that a small wheel carries."""
