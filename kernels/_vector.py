"""The one operation of vectors that is written out: pairs of 16-bit products into sums of 32 bits.

Processors multiply 16-bit words two at a time and add both products to a 32-bit sum in one instruction (vpmaddwd,
vpdpwssd), which is where integers gain on floats. No loop over pairs of words is compiled to it, so the vectors are
handed to LLVM as such: in its own terms, without a word of any processor, so that every machine has its best code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types

TOGETHER = 5  # vectors that stay in registers while all pairs are laid on them
LANES = 16  # sums of a vector: 512 bits; where vectors are narrower LLVM takes several

_I16, _I32, _I64 = ir.IntType(16), ir.IntType(32), ir.IntType(64)
_SUMS, _WIDE = ir.VectorType(_I32, LANES), ir.VectorType(_I32, 2 * LANES)
_PAIR = ir.VectorType(_I16, 2)


def vectorise(plain: Callable[..., None]) -> None:
    """Let kernels have vectors where they call `plain`, which is `narrow.lay`; without the JIT it stays as it is."""

    @numba.extending.overload(plain, jit_options={"nogil": True, "forceinline": True})
    def _chosen(sums, first, weights, rows, beyond, words, pairs):  # type: ignore[no-untyped-def]  # noqa: ARG001
        def jitted(sums, first, weights, rows, beyond, words, pairs):  # type: ignore[no-untyped-def]
            _lay(sums, first, weights, rows, beyond, words, pairs)  # type: ignore[call-arg]

        return jitted


@numba.extending.intrinsic
def _lay(typing, sums, first, weights, rows, beyond, words, pairs):  # type: ignore[no-untyped-def]  # noqa: ARG001
    signature = types.void(sums, types.int64, weights, rows, types.int64, words, types.int64)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        def whole(position: int) -> Any:
            return context.make_array(signature.args[position])(context, builder, given[position])

        def at(base: Any, place: Any, kind: Any) -> Any:
            return builder.bitcast(builder.gep(base, [place]), kind.as_pointer())

        def every(vector: Any, picked: list[int]) -> Any:
            return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), _mask(picked))

        def lay_some(block: Any, count: int) -> None:
            """Lay all pairs on `count` vectors of sums, which stay in registers meanwhile."""
            places = [builder.add(block, ir.Constant(_I64, n)) for n in range(count)]
            into = [at(held, builder.add(given[1], builder.mul(n, ir.Constant(_I64, LANES))), _SUMS) for n in places]
            values = [builder.load(pointer, align=4) for pointer in into]
            totals = [cgutils.alloca_once_value(builder, value) for value in values]  # type: ignore[no-untyped-call]
            with cgutils.for_range(builder, given[6]) as pair:
                word = builder.load(at(word_list, builder.mul(pair.index, ir.Constant(_I64, 2)), _PAIR), align=2)
                factor = builder.sext(every(word, [0, 1] * LANES), _WIDE)
                row = builder.add(builder.load(builder.gep(row_list, [pair.index])), given[4])
                start = builder.mul(row, span)
                for n, total in zip(places, totals, strict=True):
                    column = builder.add(start, builder.mul(n, ir.Constant(_I64, 2 * LANES)))
                    weight = builder.sext(builder.load(at(weight_list, column, kind), align=1), _WIDE)
                    products = builder.mul(weight, factor)
                    evens, odds = (every(products, [*range(odd, 2 * LANES, 2)]) for odd in (0, 1))
                    builder.store(builder.add(builder.load(total), builder.add(evens, odds)), total)
            for pointer, total in zip(into, totals, strict=True):
                builder.store(builder.load(total), pointer, align=4)

        kind = ir.VectorType(ir.IntType(signature.args[2].dtype.bitwidth), 2 * LANES)
        held, weight_list, row_list, word_list = (whole(n).data for n in (0, 2, 3, 5))
        span = builder.extract_value(whole(2).shape, 1)
        blocks = builder.sdiv(span, ir.Constant(_I64, 2 * LANES))
        many = builder.sdiv(blocks, ir.Constant(_I64, TOGETHER))
        with cgutils.for_range(builder, many) as loop:
            lay_some(builder.mul(loop.index, ir.Constant(_I64, TOGETHER)), TOGETHER)
        done = builder.mul(many, ir.Constant(_I64, TOGETHER))
        with cgutils.for_range(builder, builder.sub(blocks, done)) as loop:
            lay_some(builder.add(done, loop.index), 1)
        return context.get_dummy_value()

    return signature, generate


def _mask(picked: list[int]) -> Any:
    return ir.Constant(ir.VectorType(_I32, len(picked)), picked)
