"""The one operation of vectors that is written out: pairs of 16-bit products into sums of 32 bits.

Processors multiply 16-bit words two at a time and add both products to a 32-bit sum in one instruction (vpmaddwd,
vpdpwssd), which is where integers gain on floats. No loop over pairs of words is compiled to it, so the vectors are
handed to LLVM as such: in its own terms, without a word of any processor, so that every machine has its best code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils, types

LANES = 16  # sums of a vector: 512 bits; where vectors are narrower LLVM takes several

_I16, _I32, _I64 = ir.IntType(16), ir.IntType(32), ir.IntType(64)
_SUMS, _WORDS, _WIDE = ir.VectorType(_I32, LANES), ir.VectorType(_I16, 2 * LANES), ir.VectorType(_I32, 2 * LANES)
_PAIR, _LIST = ir.VectorType(_I16, 2), ir.VectorType(_I32, LANES)


def vectorise(plain: Callable[..., None]) -> None:
    """Let kernels have vectors where they call `plain`, which is `narrow.lay`; without the JIT it stays as it is."""

    @numba.extending.overload(plain, jit_options={"nogil": True, "forceinline": True})
    def _chosen(sums, first, weights, one, other, words, at):  # type: ignore[no-untyped-def]  # noqa: ARG001
        def jitted(sums, first, weights, one, other, words, at):  # type: ignore[no-untyped-def]
            _lay(sums, first, weights, one, other, words, at)

        return jitted


@numba.extending.intrinsic
def _lay(typing, sums, first, weights, one, other, words, at):  # type: ignore[no-untyped-def]  # noqa: ARG001
    signature = types.void(sums, types.int64, weights, types.int64, types.int64, words, types.int64)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        def whole(position: int) -> Any:
            return context.make_array(signature.args[position])(context, builder, given[position])

        def load(base: Any, place: Any, kind: Any, align: int) -> Any:
            pointer = builder.bitcast(builder.gep(base, [place]), kind.as_pointer())
            return builder.load(pointer, align=align)

        def every(vector: Any, picked: list[int]) -> Any:
            return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), _mask(picked))

        weighing = whole(2)
        span = builder.extract_value(weighing.shape, 1)
        factors = []
        for n in (0, 2):
            pair = load(whole(5).data, builder.add(given[6], ir.Constant(_I64, n)), _PAIR, 2)
            factors.append(builder.sext(every(pair, [0, 1] * LANES), _WIDE))
        starts = [builder.mul(row, span) for row in (given[3], given[4])]
        with cgutils.for_range(builder, builder.sdiv(span, ir.Constant(_I64, 2 * LANES))) as loop:
            place = builder.add(given[1], builder.mul(loop.index, ir.Constant(_I64, LANES)))
            pointer = builder.bitcast(builder.gep(whole(0).data, [place]), _SUMS.as_pointer())
            total = builder.load(pointer, align=4)
            for start, factor in zip(starts, factors, strict=True):
                column = builder.add(start, builder.mul(loop.index, ir.Constant(_I64, 2 * LANES)))
                products = builder.mul(builder.sext(load(weighing.data, column, _WORDS, 2), _WIDE), factor)
                evens, odds = every(products, [*range(0, 2 * LANES, 2)]), every(products, [*range(1, 2 * LANES, 2)])
                total = builder.add(total, builder.add(evens, odds))
            builder.store(total, pointer, align=4)
        return context.get_dummy_value()

    return signature, generate


def _mask(picked: list[int]) -> Any:
    return ir.Constant(ir.VectorType(_I32, len(picked)), picked)
