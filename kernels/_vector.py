"""The one operation of vectors that is written out: products of 16 or 8 bits, side by side, into sums of 32 bits.

Processors multiply 16-bit words two at a time, or 8-bit words four at a time, and add the products to a 32-bit sum in
one instruction (vpmaddwd, vpdpwssd, vpdpbusd), which is where integers gain on floats. No loop is compiled to that, so
the vectors are handed to LLVM as such: pairs in its own terms, of which every machine has its best code, fours by the
name of the instruction where the processor has it. Elsewhere fours would gain nothing: see QUADS.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numba
from llvmlite import binding, ir  # type: ignore[import-untyped]
from numba.core import cgutils, types

LANES = 16  # sums of a vector: 512 bits; where vectors are narrower LLVM takes several

# whether fours of 8-bit words have an instruction; not where Numba was told to compile for another processor
QUADS = bool(
    binding.get_host_cpu_features().get("avx512vnni") and not (numba.config.CPU_NAME or numba.config.CPU_FEATURES)  # type: ignore[attr-defined]
)

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_SUMS = ir.VectorType(_I32, LANES)


def vectorise(plain: Callable[..., None]) -> None:
    """Let kernels have vectors where they call `plain`, which is `narrow.lay`; without the JIT it stays as it is."""

    @numba.extending.overload(plain, jit_options={"nogil": True, "forceinline": True})
    def _chosen(sums, first, weights, rows, beyond, words, count):  # type: ignore[no-untyped-def]  # noqa: ARG001
        def jitted(sums, first, weights, rows, beyond, words, count):  # type: ignore[no-untyped-def]
            _lay(sums, first, weights, rows, beyond, words, count)  # type: ignore[call-arg]

        return jitted


@numba.extending.intrinsic
def _lay(typing, sums, first, weights, rows, beyond, words, count):  # type: ignore[no-untyped-def]  # noqa: ARG001
    signature = types.void(sums, types.int64, weights, rows, types.int64, words, types.int64)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        def whole(position: int) -> Any:
            return context.make_array(signature.args[position])(context, builder, given[position])

        def at(base: Any, place: Any, kind: Any) -> Any:
            return builder.bitcast(builder.gep(base, [place]), kind.as_pointer())

        def every(vector: Any, picked: list[int]) -> Any:
            return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), _mask(picked))

        def products(column: Any, word: Any, total: Any) -> Any:
            """Return the total with the products of a vector of weights and a word of all inputs added."""
            weight = builder.load(at(weight_list, column, kind), align=1)
            if many == 4 and QUADS:
                both = (builder.bitcast(vector, _SUMS) for vector in (word, weight))
                return builder.call(fused, [total, *both])
            wide = ir.VectorType(_I32, many * LANES)
            unsigned = builder.zext(word, wide) if many == 4 else builder.sext(word, wide)
            found = builder.mul(builder.sext(weight, wide), unsigned)
            parts = [every(found, [*range(n, many * LANES, many)]) for n in range(many)]
            return builder.add(total, functools.reduce(builder.add, parts))

        def lay_some(block: Any, count: int) -> None:
            """Lay all inputs on `count` vectors of sums, which stay in registers meanwhile."""
            places = [builder.add(block, ir.Constant(_I64, n)) for n in range(count)]
            into = [at(held, builder.add(given[1], builder.mul(n, ir.Constant(_I64, LANES))), _SUMS) for n in places]
            values = [builder.load(pointer, align=4) for pointer in into]
            totals = [cgutils.alloca_once_value(builder, value) for value in values]  # type: ignore[no-untyped-call]
            with cgutils.for_range(builder, given[6]) as pair:
                word = builder.load(at(word_list, builder.mul(pair.index, ir.Constant(_I64, many)), taken), align=1)
                word = every(word, [*range(many)] * LANES)
                row = builder.add(builder.load(builder.gep(row_list, [pair.index])), given[4])
                start = builder.mul(row, span)
                for n, total in zip(places, totals, strict=True):
                    column = builder.add(start, builder.mul(n, ir.Constant(_I64, many * LANES)))
                    builder.store(products(column, word, builder.load(total)), total)
            for pointer, total in zip(into, totals, strict=True):
                builder.store(builder.load(total), pointer, align=4)

        bits = signature.args[5].dtype.bitwidth
        many = 32 // bits  # words that are laid side by side
        taken = ir.VectorType(ir.IntType(bits), many)
        kind = ir.VectorType(ir.IntType(signature.args[2].dtype.bitwidth), many * LANES)
        fused = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module, ir.FunctionType(_SUMS, [_SUMS] * 3), "llvm.x86.avx512.vpdpbusd.512"
        )
        held, weight_list, row_list, word_list = (whole(n).data for n in (0, 2, 3, 5))
        span = builder.extract_value(whole(2).shape, 1)
        blocks = builder.sdiv(span, ir.Constant(_I64, many * LANES))
        divides = builder.icmp_signed("==", builder.srem(blocks, ir.Constant(_I64, 6)), ir.Constant(_I64, 0))
        with builder.if_else(divides) as (sixes, fives):
            for branch, together in ((sixes, 6), (fives, 5)):
                with branch:
                    times = builder.sdiv(blocks, ir.Constant(_I64, together))
                    with cgutils.for_range(builder, times) as loop:
                        lay_some(builder.mul(loop.index, ir.Constant(_I64, together)), together)
                    done = builder.mul(times, ir.Constant(_I64, together))
                    with cgutils.for_range(builder, builder.sub(blocks, done)) as loop:
                        lay_some(builder.add(done, loop.index), 1)
        return context.get_dummy_value()

    return signature, generate


def _mask(picked: list[int]) -> Any:
    return ir.Constant(ir.VectorType(_I32, len(picked)), picked)
