"""What a layer does with rows of 8-bit weights and with its raster, in vectors that are written out; see `_vector`.

Sums of 16 bits are two for each vector of 8-bit weights, and no loop is compiled to sums that stay in registers while
rows are added. Each vector is read as words of 16 bits, of two weights each: the words are summed, and so are their
high halves, and what both sums leave is the sum of the low halves. Where the sum of a few rows surely
fits 8 bits they are added in 8 bits first. Nor is a loop compiled to a table of where the ones of eight cells are,
which lists them without a branch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from ._jit import numba
from ._vector import BYTES, cgutils, data_of, types

TOGETHER = (4, 2, 1)  # rows that may be added in 8 bits
_VECTORS = 2  # of weights, whose sums stay in registers
_I8, _I16, _I32, _I64 = (ir.IntType(bits) for bits in (8, 16, 32, 64))


def _index(value: int) -> Any:
    return ir.Constant(_I64, value)


def _all(builder: Any, word: Any, many: int) -> Any:
    """Return a vector of a word that is computed."""
    some = ir.Constant(ir.VectorType(word.type, many), ir.Undefined)
    first = builder.insert_element(some, word, ir.Constant(_I32, 0))
    return builder.shuffle_vector(first, some, ir.Constant(ir.VectorType(_I32, many), [0] * many))


def vectorise_list_sixteen(plain: Callable[..., Any]) -> None:
    """Do so where they call `layer.list_sixteen`."""

    @numba.extending.overload(plain, jit_options={"nogil": True, "forceinline": True})
    def _chosen(indices, event, line, first):  # type: ignore[no-untyped-def]  # noqa: ARG001
        def jitted(indices, event, line, first):  # type: ignore[no-untyped-def]
            return _list_sixteen(indices, event, line, first)  # type: ignore[call-arg]

        return jitted


def vectorise_sum_rows(plain: Callable[..., None]) -> None:
    """Let kernels have vectors where they call `plain`, which is `layer.sum_rows`, on 8-bit weights."""

    @numba.extending.overload(plain, jit_options={"nogil": True, "forceinline": True})
    def _chosen(sums, lanes, weights, indices, start, stop, chunk, together):  # type: ignore[no-untyped-def]  # noqa: ARG001
        def jitted(sums, lanes, weights, indices, start, stop, chunk, together):  # type: ignore[no-untyped-def]  # noqa: ARG001
            _sum_rows(sums, weights, indices, start, stop, chunk, together)  # type: ignore[call-arg]

        return jitted if (weights.dtype, lanes.dtype) == (types.int8, types.int16) else plain


class _Sums:
    """Code for the sums of rows of 8-bit weights, some vectors at a time."""

    def __init__(self, builder: Any, width: Any, weights: Any, indices: Any) -> None:
        self.builder, self.width, self.weights, self.indices = builder, width, weights, indices
        self.bytes, self.words = ir.VectorType(_I8, BYTES), ir.VectorType(_I16, BYTES // 2)

    def every(self, value: int) -> Any:
        """Return a vector of one word."""
        return ir.Constant(self.words, [value] * (BYTES // 2))

    def index(self, event: Any) -> Any:
        """Return the row of an active input."""
        return self.builder.zext(self.builder.load(self.builder.gep(self.indices, [event])), _I64)

    def added(self, first: Any, rows: Sequence[Any], totals: Sequence[tuple[Any, Any]]) -> None:
        """Add rows whose sum fits 8 bits, from a column on, to sums of words and of their high halves."""
        builder = self.builder
        places = [builder.gep(self.weights, [builder.add(builder.mul(row, self.width), first)]) for row in rows]
        for n, (words, high) in enumerate(totals):
            total = builder.bitcast(
                self.every(128), self.bytes
            )  # low halves are 0 or more: they take nothing of the high
            for place in places:
                vector = builder.bitcast(builder.gep(place, [_index(n * BYTES)]), self.bytes.as_pointer())
                total = builder.add(total, builder.load(vector, align=1))
            both = builder.bitcast(total, self.words)
            builder.store(builder.add(builder.load(words), both), words)
            builder.store(builder.add(builder.load(high), builder.ashr(both, self.every(8))), high)

    def summed(self, first: Any, start: Any, stop: Any, together: int, vectors: int) -> list[Any]:
        """Return the sums of the rows of some events, a vector int16[BYTES] for each vector of weights."""
        builder = self.builder
        totals = [(self._nothing(), self._nothing()) for _ in range(vectors)]
        whole = builder.add(start, builder.and_(builder.sub(stop, start), _index(-together)))
        with cgutils.for_range_slice(builder, start, whole, _index(together)) as (event, _):
            self.added(first, [self.index(builder.add(event, _index(n))) for n in range(together)], totals)
        with cgutils.for_range_slice(builder, whole, stop, _index(1)) as (event, _):
            self.added(first, [self.index(event)], totals)
        made = builder.add(builder.sdiv(builder.sub(whole, start), _index(together)), builder.sub(stop, whole))
        low_added = _all(builder, builder.trunc(builder.shl(made, _index(7)), _I16), BYTES // 2)
        found = []
        for words, high in totals:
            odd = builder.load(high)
            even = builder.sub(builder.sub(builder.load(words), builder.shl(odd, self.every(8))), low_added)
            places = [place for n in range(BYTES // 2) for place in (n, n + BYTES // 2)]
            found.append(builder.shuffle_vector(even, odd, ir.Constant(ir.VectorType(_I32, BYTES), places)))
        return found

    def _nothing(self) -> Any:
        place = cgutils.alloca_once(self.builder, self.words)  # type: ignore[no-untyped-call]
        self.builder.store(self.every(0), place)
        return place


@numba.extending.intrinsic
def _sum_rows(typing, sums, weights, indices, start, stop, chunk, together):  # type: ignore[no-untyped-def]  # noqa: ARG001
    whole = types.int64
    signature = types.void(sums, weights, indices, whole, whole, whole, whole)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        sums, weights, indices = (context.make_array(signature.args[n])(context, builder, given[n]) for n in range(3))
        _, _, _, start, stop, chunk, together = given
        width = builder.extract_value(weights.shape, 1)
        kind = ir.VectorType(ir.IntType(signature.args[0].dtype.bitwidth), BYTES)
        adder = _Sums(builder, width, weights.data, indices.data)

        def least(a: Any, b: Any) -> Any:
            return builder.select(builder.icmp_signed("<", a, b), a, b)

        def add(first: Any, part: Any, last: Any, count: int, vectors: int) -> None:
            """Add the sums of some events, from a column on; those of the first part overwrite what is there."""
            for n, found in enumerate(adder.summed(first, part, last, count, vectors)):
                wide = found if kind.element.width == 16 else builder.sext(found, kind)
                place = builder.gep(sums.data, [builder.add(first, _index(n * BYTES))])
                place = builder.bitcast(place, kind.as_pointer())
                before = builder.select(
                    builder.icmp_signed("==", part, start), ir.Constant(kind, None), builder.load(place, align=8)
                )
                builder.store(builder.add(before, wide), place, align=8)

        one = builder.add(start, _index(1))
        with cgutils.for_range_slice(
            builder, start, builder.select(builder.icmp_signed("<", one, stop), stop, one), chunk
        ) as (part, _):
            last = least(builder.add(part, chunk), stop)
            for count in TOGETHER:
                with builder.if_then(builder.icmp_signed("==", together, _index(count))):
                    several = _index(_VECTORS * BYTES)
                    whole = builder.mul(builder.sdiv(width, several), several)
                    with cgutils.for_range_slice(builder, _index(0), whole, several) as (first, _):
                        add(first, part, last, count, _VECTORS)
                    with cgutils.for_range_slice(builder, whole, width, _index(BYTES)) as (first, _):
                        add(first, part, last, count, 1)
        return context.get_dummy_value()

    return signature, generate


# the places of the bits of a byte that are 1, ascending, a byte each
_PLACES = [sum(place << 8 * n for n, place in enumerate(k for k in range(8) if byte >> k & 1)) for byte in range(256)]


@numba.extending.intrinsic
def _list_sixteen(typing, indices, event, line, first):  # type: ignore[no-untyped-def]  # noqa: ARG001
    signature = types.uint64(indices, types.uint64, line, types.uint64)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        _, event, _, first = given
        data = data_of(context, builder, signature, given)
        word = ir.IntType(signature.args[0].dtype.bitwidth)
        kind, cells = ir.VectorType(word, 8), ir.VectorType(_I8, 16)
        line = builder.load(builder.bitcast(builder.gep(data(2), [first]), cells.as_pointer()), align=1)
        active = builder.bitcast(builder.trunc(line, ir.VectorType(ir.IntType(1), 16)), _I16)  # bit k is cell k
        table = cgutils.global_constant(builder, "fxsnn_places", ir.Constant(ir.ArrayType(_I64, 256), _PLACES))  # type: ignore[no-untyped-call]
        for half in (0, 8):
            byte = builder.trunc(builder.lshr(active, ir.Constant(_I16, half)), _I8)
            places = builder.load(builder.gep(table, [_index(0), builder.zext(byte, _I64)]))
            places = builder.zext(builder.bitcast(places, ir.VectorType(_I8, 8)), kind)
            start = builder.add(first, _index(half))
            found = builder.add(_all(builder, builder.trunc(start, word) if word.width < 64 else start, 8), places)
            builder.store(found, builder.bitcast(builder.gep(data(0), [event]), kind.as_pointer()), align=1)
            event = builder.add(event, builder.zext(builder.ctpop(byte), _I64))
        return event

    return signature, generate
