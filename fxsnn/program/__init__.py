"""A neuron's text, read, bound to formats, proved and run: see docs/neurons.md."""
