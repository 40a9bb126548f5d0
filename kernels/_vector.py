"""The operations of vectors that are written out: products of 16 or 8 bits into sums of 32 or 16.

Processors multiply 16-bit words two at a time, or 8-bit words four at a time, and add the products to a 32-bit sum in
one instruction (vpmaddwd, vpdpwssd, vpdpbusd), or 8-bit words two at a time into 16 bits (vpmaddubsw), which is where
integers gain on floats. No loop is compiled to that, so the vectors are handed to LLVM as such: in its own terms, or by
the name of the instruction where the processor has it and LLVM would not find it. Elsewhere fours would gain nothing:
see QUADS.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import binding, ir  # type: ignore[import-untyped]

from ._jit import numba

cgutils, types = numba.core.cgutils, numba.core.types

TOGETHER = 4  # vectors of sums that stay in registers while inputs are laid on them
BYTES = 64  # of a vector: 512 bits; where vectors are narrower LLVM takes several

_CPU_GIVEN = numba.config.CPU_NAME or numba.config.CPU_FEATURES  # type: ignore[attr-defined]
_HAS = {} if _CPU_GIVEN else binding.get_host_cpu_features()  # nothing is known of another processor

QUADS = bool(_HAS.get("avx512vnni"))  # whether fours of 8-bit words have an instruction
_PAIRS = bool(_HAS.get("avx512bw"))  # whether pairs of them have

_COMPRESSES = bool(_HAS.get("avx512f"))  # whether elements that are picked can be put side by side

_I32, _I64 = ir.IntType(32), ir.IntType(64)


def vectorise_gather(plain: Callable[..., None]) -> None:
    """Let kernels have vectors where they call `plain`, which is `narrow.gather`; without the JIT it stays as it is."""

    @numba.extending.overload(plain, jit_options={"nogil": True, "forceinline": True})
    def _chosen(sums, first, lanes, weights, beyond, offsets, words, start, stop):  # type: ignore[no-untyped-def]  # noqa: ARG001
        def jitted(sums, first, lanes, weights, beyond, offsets, words, start, stop):  # type: ignore[no-untyped-def]
            _gather(sums, first, lanes, weights, beyond, offsets, words, start, stop)  # type: ignore[call-arg]

        return jitted


def vectorise_scatter(plain: Callable[..., None]) -> None:
    """Do so where they call `narrow.scatter`."""

    @numba.extending.overload(plain, jit_options={"nogil": True, "forceinline": True})
    def _chosen(sums, first, lanes, row, weights, kernel, words, active):  # type: ignore[no-untyped-def]  # noqa: ARG001
        def jitted(sums, first, lanes, row, weights, kernel, words, active):  # type: ignore[no-untyped-def]
            _scatter(sums, first, lanes, row, weights, kernel, words, active)  # type: ignore[call-arg]

        return jitted


def vectorise_compact(plain: Callable[..., Any], compiled: Callable[..., Any]) -> None:
    """Do so where they call `narrow.compact`; `compiled` is the same for processors without an instruction."""

    @numba.extending.overload(plain, jit_options={"nogil": True, "forceinline": True})
    def _chosen(active, offsets, found, pairs, places, first, count):  # type: ignore[no-untyped-def]  # noqa: ARG001
        def jitted(active, offsets, found, pairs, places, first, count):  # type: ignore[no-untyped-def]
            return _compact(active, offsets, found, pairs, places, first, count)  # type: ignore[call-arg]

        return jitted if _COMPRESSES else compiled


class _Vectors:
    """Code for vectors of sums, of the widths of the arrays of a call."""

    def __init__(self, builder: Any, sums: Any, weights: Any, words: Any) -> None:
        self.builder = builder
        self.many = sums.dtype.bitwidth // words.dtype.bitwidth  # words that are laid side by side
        self.lanes = 8 * BYTES // sums.dtype.bitwidth  # sums of a vector
        self.bits = words.dtype.bitwidth
        self.sums = ir.VectorType(ir.IntType(sums.dtype.bitwidth), self.lanes)
        self.taken = ir.VectorType(ir.IntType(self.bits), self.many)
        self.weights = ir.VectorType(ir.IntType(weights.dtype.bitwidth), self.many * self.lanes)

    def constant(self, value: int) -> Any:
        """Return an index."""
        return ir.Constant(_I64, value)

    def at(self, base: Any, place: Any, kind: Any) -> Any:
        """Return where a vector lies."""
        return self.builder.bitcast(self.builder.gep(base, [place]), kind.as_pointer())

    def every(self, vector: Any, picked: Sequence[int]) -> Any:
        """Return some elements of a vector."""
        mask = ir.Constant(ir.VectorType(_I32, len(picked)), picked)
        return self.builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), mask)

    def word(self, base: Any, active: Any) -> Any:
        """Return the inputs of one pair or four, again and again."""
        place = self.builder.mul(active, self.constant(self.many))
        return self.every(
            self.builder.load(self.at(base, place, self.taken), align=1), [*range(self.many)] * self.lanes
        )

    def added(self, total: Any, base: Any, column: Any, word: Any) -> Any:
        """Return a vector of sums with the products of its weights and a word of all inputs added."""
        builder = self.builder
        weight = builder.load(self.at(base, column, self.weights), align=1)
        if self.many == 4 and QUADS:
            both = [builder.bitcast(vector, self.sums) for vector in (word, weight)]
            return builder.call(self._named("vpdpbusd", self.sums, [self.sums] * 3), [total, *both])
        if self.bits == 8 and self.many == 2 and _PAIRS:
            name, kinds = "pmaddubs.w", [word.type, weight.type]
            return builder.add(total, builder.call(self._named(name, self.sums, kinds), [word, weight]))
        wider = ir.VectorType(self.sums.element, self.many * self.lanes)
        factor = builder.zext(word, wider) if self.bits == 8 else builder.sext(word, wider)
        products = builder.mul(builder.sext(weight, wider), factor)
        parts = [self.every(products, [*range(n, self.many * self.lanes, self.many)]) for n in range(self.many)]
        return builder.add(total, functools.reduce(builder.add, parts))

    def _named(self, name: str, result: Any, given: Sequence[Any]) -> Any:
        kind = ir.FunctionType(result, given)
        return cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.x86.avx512.{name}.512")  # type: ignore[no-untyped-call]


def data_of(context: Any, builder: Any, signature: Any, given: Any) -> Callable[[int], Any]:
    """Return what gives the words of the array at a position of a call."""
    return lambda position: context.make_array(signature.args[position])(context, builder, given[position]).data


@numba.extending.intrinsic
def _gather(typing, sums, first, lanes, weights, beyond, offsets, words, start, stop):  # type: ignore[no-untyped-def]  # noqa: ARG001
    whole = types.int64
    signature = types.void(sums, whole, whole, weights, whole, offsets, words, whole, whole)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        _, first, lanes, _, beyond, _, _, start, stop = given
        vectors = _Vectors(builder, *(signature.args[n] for n in (0, 3, 6)))
        constant, data = vectors.constant, data_of(context, builder, signature, given)
        sum_list, weight_list, offset_list, word_list = (data(n) for n in (0, 3, 5, 6))

        def summed(done: Any, count: int) -> None:
            """Sum up for `count` vectors, `done` sums from the first one on."""
            totals = [cgutils.alloca_once(builder, vectors.sums) for _ in range(count)]  # type: ignore[no-untyped-call]
            for total in totals:
                builder.store(ir.Constant(vectors.sums, [0] * vectors.lanes), total)
            shifted = builder.add(beyond, builder.mul(done, constant(vectors.many)))
            with cgutils.for_range_slice(builder, start, stop, constant(1)) as (active, _):
                word = vectors.word(word_list, active)
                offset = builder.sext(builder.load(builder.gep(offset_list, [active])), _I64)
                column = builder.add(offset, shifted)
                for n, total in enumerate(totals):
                    place = builder.add(column, constant(n * vectors.many * vectors.lanes))
                    builder.store(vectors.added(builder.load(total), weight_list, place, word), total)
            for n, total in enumerate(totals):
                place = builder.add(builder.add(first, done), constant(n * vectors.lanes))
                builder.store(builder.load(total), vectors.at(sum_list, place, vectors.sums), align=2)

        several, one = constant(vectors.lanes * TOGETHER), constant(vectors.lanes)
        with cgutils.for_range(builder, builder.sdiv(lanes, several)) as part:
            summed(builder.mul(part.index, several), TOGETHER)
        rest = builder.mul(builder.sdiv(lanes, several), several)
        with cgutils.for_range(builder, builder.sdiv(builder.sub(lanes, rest), one)) as part:
            summed(builder.add(rest, builder.mul(part.index, one)), 1)
        return context.get_dummy_value()

    return signature, generate


@numba.extending.intrinsic
def _scatter(typing, sums, first, lanes, row, weights, kernel, words, active):  # type: ignore[no-untyped-def]  # noqa: ARG001
    whole = types.int64
    signature = types.void(sums, whole, whole, whole, weights, whole, words, whole)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        _, first, lanes, row, _, kernel, _, active = given
        vectors = _Vectors(builder, *(signature.args[n] for n in (0, 4, 6)))
        constant, data = vectors.constant, data_of(context, builder, signature, given)
        sum_list, weight_list, word_list = (data(n) for n in (0, 4, 6))
        word = vectors.word(word_list, active)
        several = builder.sdiv(lanes, constant(vectors.lanes))
        with cgutils.for_range(builder, kernel) as line, cgutils.for_range(builder, several) as part:
            done = builder.mul(part.index, constant(vectors.lanes))
            place = builder.add(builder.add(first, builder.mul(line.index, row)), done)
            column = builder.mul(builder.add(builder.mul(line.index, lanes), done), constant(vectors.many))
            into = vectors.at(sum_list, place, vectors.sums)
            total = vectors.added(builder.load(into, align=2), weight_list, column, word)
            builder.store(total, into, align=2)
        return context.get_dummy_value()

    return signature, generate


@numba.extending.intrinsic
def _compact(typing, active, offsets, found, pairs, places, first, count):  # type: ignore[no-untyped-def]  # noqa: ARG001
    whole = types.int64
    signature = whole(active, offsets, whole, pairs, places, whole, whole)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        lanes = 8 * BYTES // 32
        data = data_of(context, builder, signature, given)
        active_list, offset_list, pair_list, place_list = (data(n) for n in (0, 1, 3, 4))
        _, _, found, _, _, first, count = given
        bits = signature.args[3].dtype.bitwidth
        kind, wide = ir.VectorType(ir.IntType(bits), lanes), ir.VectorType(_I32, lanes)
        lane = ir.Constant(wide, [*range(lanes)])

        def at(base: Any, place: Any, kind: Any) -> Any:
            return builder.bitcast(builder.gep(base, [place]), kind.as_pointer())

        def compressed(vector: Any, mask: Any) -> Any:
            """Return the elements that are picked, side by side."""
            picks = ir.FunctionType(wide, [wide, wide, mask.type])
            name = "llvm.x86.avx512.mask.compress.v16i32"
            function = cgutils.get_or_insert_function(builder.module, picks, name)  # type: ignore[no-untyped-call]
            return builder.call(function, [vector, ir.Constant(wide, None), mask])

        place = cgutils.alloca_once_value(builder, found)  # type: ignore[no-untyped-call]
        stop = builder.add(first, count)
        with cgutils.for_range_slice(builder, first, stop, ir.Constant(_I64, lanes)) as (start, _):
            here = builder.load(at(pair_list, start, kind), align=2)
            there = builder.load(at(place_list, start, wide), align=4)
            rest = builder.trunc(builder.sub(stop, start), _I32)
            limit = builder.insert_element(ir.Constant(wide, ir.Undefined), rest, ir.Constant(_I32, 0))
            limit = builder.shuffle_vector(limit, ir.Constant(wide, ir.Undefined), ir.Constant(wide, [0] * lanes))
            mask = builder.and_(
                builder.icmp_signed("!=", here, ir.Constant(kind, [0] * lanes)), builder.icmp_signed("<", lane, limit)
            )
            now = builder.load(place)
            kept = compressed(builder.zext(here, wide) if bits < 32 else here, mask)
            builder.store(builder.trunc(kept, kind) if bits < 32 else kept, at(active_list, now, kind), align=2)
            builder.store(compressed(there, mask), at(offset_list, now, wide), align=4)
            many = builder.ctpop(builder.bitcast(mask, ir.IntType(lanes)))
            builder.store(builder.add(now, builder.zext(many, _I64)), place)
        return builder.load(place)

    return signature, generate
