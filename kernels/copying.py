"""Copies of arrays whose sizes are known to be equal.

For `into[:] = words` Numba compiles the error of sizes that differ, with its text, into every kernel: some seconds.
"""

from ._jit import jit_within


@jit_within
def copy(into, words):  # type: ignore[no-untyped-def]
    """Overwrite an array with words of the same shape."""
    for n in range(words.size):
        into.flat[n] = words.flat[n]
