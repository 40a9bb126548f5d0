"""Numba kernels: plain loops over integers (and floats where networks learn), each stating the hardware it is."""
