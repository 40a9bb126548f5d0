"""A step that is compiled by itself and called by its address, so that what calls it is compiled once for all steps.

Without the JIT a step is handed over and called as the function that it is.
"""

from collections.abc import Callable
from typing import Any

from ._jit import numba

types = numba.core.types
_READ = ("fixed", "words", "taps", "weights", "indices")  # arrays that a step does not change


def call(
    step: Any,
    sums: Any,
    kept: Any,
    fixed: Any,
    out: Any,
    words: Any,
    registers: Any,
    taps: Any,
    draws: Any,
    weights: Any,
    indices: Any,
    start: Any,
    stop: Any,
) -> None:
    """Do a time step of every neuron; see `fxsnn.program.emit` for the arguments."""
    step(sums, kept, fixed, out, words, registers, taps, draws, weights, indices, start, stop)


def address(step: Callable[..., None], **arguments: Any) -> Any:
    """Return what `call` takes for arguments of these types: the address of a compiled step."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return step
    given = {name: numba.typeof(one) for name, one in arguments.items()}  # type: ignore[no-untyped-call]
    result = step.get_compile_result(_signature(given))  # type: ignore[attr-defined]
    return result.library.get_pointer_to_function(result.fndesc.llvm_func_name)


def _signature(given: dict[str, Any]) -> Any:
    """Return the types of a step, of the arguments of a call: one for arrays that may be written and that may not."""
    arrays = {name: one for name, one in given.items() if isinstance(one, types.Array)}
    as_taken = {name: types.Array(one.dtype, one.ndim, "C", readonly=name in _READ) for name, one in arrays.items()}
    return types.void(*(given | as_taken).values())


@numba.extending.overload(call, jit_options={"nogil": True, "forceinline": True})
def _chosen(step, sums, kept, fixed, out, words, registers, taps, draws, weights, indices, start, stop):  # type: ignore[no-untyped-def]  # noqa: ARG001
    def jitted(step, sums, kept, fixed, out, words, registers, taps, draws, weights, indices, start, stop):  # type: ignore[no-untyped-def]
        _called(step, sums, kept, fixed, out, words, registers, taps, draws, weights, indices, start, stop)  # type: ignore[call-arg]

    return jitted


@numba.extending.intrinsic
def _called(typing, step, sums, kept, fixed, out, words, registers, taps, draws, weights, indices, start, stop):  # type: ignore[no-untyped-def]  # noqa: ARG001
    given = {"sums": sums, "kept": kept, "fixed": fixed, "out": out, "words": words, "registers": registers}
    given |= {"taps": taps, "draws": draws, "weights": weights, "indices": indices}
    taken = _signature(given | {"start": types.int64, "stop": types.int64}).args

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:  # noqa: ARG001
        function = context.call_conv.get_function_type(types.none, taken)
        step = builder.inttoptr(values[0], function.as_pointer())
        context.call_conv.call_function(builder, step, types.none, taken, values[1:])
        return context.get_dummy_value()

    return types.void(types.int64, *taken), generate
