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

TOGETHER = 4  # vectors of sums that stay in registers while inputs are laid on them
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
    def _chosen(sums, first, lanes, weights, beyond, turn, offsets, words, starts, cell, wide, back, rows):  # type: ignore[no-untyped-def]  # noqa: ARG001
        def jitted(sums, first, lanes, weights, beyond, turn, offsets, words, starts, cell, wide, back, rows):  # type: ignore[no-untyped-def]
            _lay(sums, first, lanes, weights, beyond, turn, offsets, words, starts, cell, wide, back, rows)  # type: ignore[call-arg]

        return jitted


@numba.extending.intrinsic
def _lay(typing, sums, first, lanes, weights, beyond, turn, offsets, words, starts, cell, wide, back, rows):  # type: ignore[no-untyped-def]  # noqa: ARG001
    whole, lists = types.int64, (offsets, words, starts)
    signature = types.void(sums, whole, whole, weights, whole, whole, *lists, whole, whole, whole, whole)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        def constant(value: int) -> Any:
            return ir.Constant(_I64, value)

        def data(position: int) -> Any:
            return context.make_array(signature.args[position])(context, builder, given[position]).data

        def at(base: Any, place: Any, kind: Any) -> Any:
            return builder.bitcast(builder.gep(base, [place]), kind.as_pointer())

        def every(vector: Any, picked: list[int]) -> Any:
            mask = ir.Constant(ir.VectorType(_I32, len(picked)), picked)
            return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), mask)

        def added(total: Any, column: Any, word: Any) -> Any:
            """Return the sums of a vector with the products of its weights and a word of all inputs added."""
            weight = builder.load(at(weight_list, column, kind), align=1)
            if many == 4 and QUADS:
                both = [builder.bitcast(vector, _SUMS) for vector in (word, weight)]
                return builder.call(fused, [total, *both])
            wider = ir.VectorType(_I32, many * LANES)
            factor = builder.zext(word, wider) if many == 4 else builder.sext(word, wider)
            products = builder.mul(builder.sext(weight, wider), factor)
            parts = [every(products, [*range(n, many * LANES, many)]) for n in range(many)]
            return builder.add(total, functools.reduce(builder.add, parts))

        _, first, lanes, _, beyond, turn, _, _, _, cell, wide, back, rows = given
        bits = signature.args[7].dtype.bitwidth
        many = 32 // bits  # words that are laid side by side
        taken = ir.VectorType(ir.IntType(bits), many)
        kind = ir.VectorType(ir.IntType(signature.args[3].dtype.bitwidth), many * LANES)
        fused = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module, ir.FunctionType(_SUMS, [_SUMS] * 3), "llvm.x86.avx512.vpdpbusd.512"
        )
        sum_list, weight_list, offset_list, word_list, start_list = (data(n) for n in (0, 3, 6, 7, 8))
        totals = [cgutils.alloca_once(builder, _SUMS) for _ in range(TOGETHER)]  # type: ignore[no-untyped-call]
        with cgutils.for_range(builder, builder.sdiv(lanes, constant(LANES * TOGETHER))) as part:
            done = builder.mul(part.index, constant(LANES * TOGETHER))
            for total in totals:
                builder.store(ir.Constant(_SUMS, [0] * LANES), total)
            with cgutils.for_range(builder, rows) as row:
                begin = builder.sub(cell, builder.mul(row.index, back))
                start = builder.load(builder.gep(start_list, [begin]))
                stop = builder.load(builder.gep(start_list, [builder.add(begin, wide)]))
                above = builder.add(beyond, builder.mul(row.index, turn))
                above = builder.add(above, builder.mul(done, constant(many)))
                with cgutils.for_range_slice(builder, start, stop, constant(1)) as (active, _):
                    word = builder.load(at(word_list, builder.mul(active, constant(many)), taken), align=1)
                    word = every(word, [*range(many)] * LANES)
                    column = builder.add(builder.load(builder.gep(offset_list, [active])), above)
                    for n, total in enumerate(totals):
                        place = builder.add(column, constant(n * many * LANES))
                        builder.store(added(builder.load(total), place, word), total)
            for n, total in enumerate(totals):
                place = builder.add(builder.add(first, done), constant(n * LANES))
                builder.store(builder.load(total), at(sum_list, place, _SUMS), align=4)
        return context.get_dummy_value()

    return signature, generate
