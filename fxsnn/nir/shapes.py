"""The shape of what every node gives, in NIR's order of axes: from the input on, and from what neurons say."""

from __future__ import annotations

import math

from fxsnn.errors import many
from fxsnn.graph.connect import MOST_CELLS
from fxsnn.nir.flat import Flat
from fxsnn.nir.layout import Sizes
from fxsnn.nir.node import NEURONS, Node, Reported

MOST_WEIGHTS = 1 << 25  # of a kernel
MOST = 1 << 22  # numbers that a node gives


def shapes_of(flat: Flat, reported: Reported) -> dict[str, Sizes]:
    """Return what every node gives, of one to three axes.

    Raises
    ------
    ConfigError
        Shapes do not fit, or one follows from nothing; the node is named.
    """
    found: dict[str, Sizes] = {}
    came: dict[str, Sizes | None] = {}
    left = list(flat.nodes)
    while left:  # a node of a cycle may say its shape before all that comes to it is known
        waiting = []
        for name in left:
            came[name] = next((found[one] for one in flat.before[name] if one in found), None)
            shape = _given_by(flat.nodes[name], came[name])
            if shape is None:
                waiting.append(name)
                continue
            found[name] = _checked(flat.nodes[name], shape)
            edges = [(a, name) for a in flat.before[name]] + [(name, b) for b in flat.behind[name] if b != name]
            for a, b in edges:
                if a in found and b in found:
                    _fit(flat.nodes[b], a, found[a], _expected(flat.nodes[b], came[b], found[b]), reported)
        if len(waiting) == len(left):
            raise flat.nodes[waiting[0]].refusal("a shape must follow from it or from what arrives, none does")
        left = waiting
    return found


def _expected(node: Node, came: Sizes | None, shape: Sizes) -> Sizes:
    """Return what must arrive at a node that gives a shape."""
    if node.kind in ("Linear", "Affine"):
        return (node.numbers("weight").shape[1],)
    return shape if came is None or node.kind in (*NEURONS, "Scale", "Delay") else came


def _fit(node: Node, source: str, given: Sizes, expected: Sizes, reported: Reported) -> None:
    if math.prod(expected) != math.prod(given):
        raise node.refusal(f"what arrives must be {list(expected)}, {source!r} gives {list(given)}")
    if expected != given:
        reported.note(f"{list(given)} of {source!r} is taken as {list(expected)}", node.name)


def _checked(node: Node, shape: Sizes) -> Sizes:
    if not 1 <= len(shape) <= 3 or min(shape) < 1 or math.prod(shape) > MOST:
        raise node.refusal(
            f"a shape must be of 1 to 3 axes of 1 or more and of at most {MOST:,} numbers, not {list(shape)}"
        )
    return shape


def _given_by(node: Node, given: Sizes | None) -> Sizes | None:
    """Return what a node gives when this arrives; none where that is not known and it says nothing itself."""
    match node.kind:
        case "Input":
            if "shape" not in node.parameters:
                raise node.refusal("shape must be given, it is missing")
            return node.sizes("shape", 3)
        case "Output":
            return _output(node, given)
        case "Linear" | "Affine":
            weight = node.numbers("weight")
            if weight.ndim != 2 or 0 in weight.shape:
                raise node.refusal(f"weight must be [outputs, inputs], not {list(weight.shape)}")
            return (weight.shape[0],)
        case "Flatten":
            return None if given is None else _flattened(node, given)
        case "Conv1d" | "Conv2d":
            return None if given is None else _convolved(node, given)
        case "SumPool2d" | "AvgPool2d":
            return None if given is None else _pooled(node, given)
    return _own(node, given)


def _own(node: Node, given: Sizes | None) -> Sizes | None:
    """Return the shape of neurons, of Scale and of Delay: of what arrives, or of their largest parameter."""
    names = [name for name in node.parameters if not isinstance(node.parameters[name], str)]
    shape = max((node.numbers(name).shape for name in names), key=math.prod, default=())
    if math.prod(shape) > 1 and (given is None or math.prod(given) != math.prod(shape)):
        return shape
    if math.prod(shape) > 1 and given != shape and len(shape) <= 3:
        return shape
    return given


def _output(node: Node, given: Sizes | None) -> Sizes | None:
    """Return the shape of the output: what arrives, however many axes of 1 it is written with."""
    if given is None or "shape" not in node.parameters:
        return given
    shape = node.sizes("shape", 8)
    if math.prod(shape) != math.prod(given):
        raise node.refusal(f"shape must be that of what arrives, {list(given)}, not {list(shape)}")
    return given


def _flattened(node: Node, given: Sizes) -> Sizes:
    """Return a shape with the axes from start_dim to end_dim made one; both count without the batch."""
    ends = []
    for name, else_ in (("start_dim", 1), ("end_dim", -1)):
        found = int(node.sizes(name, 1, -8)[0]) if name in node.parameters else else_
        ends.append(found + len(given) if found < 0 else found)
    first, last = ends
    if len(given) == 1:
        return given
    if not 0 <= first <= last < len(given):
        raise node.refusal(f"start_dim and end_dim must be axes of {list(given)} in order, not {first} and {last}")
    return (*given[:first], math.prod(given[first : last + 1]), *given[last + 1 :])


def axes(node: Node) -> int:
    """Return over how many axes a kernel is laid."""
    return 1 if node.kind == "Conv1d" else 2


def along(node: Node, name: str, fallback: int, least: int = 1) -> tuple[int, ...]:
    """Return a size along each axis of a kernel: one for all or one each."""
    count = axes(node)
    found = node.sizes(name, count, least) if name in node.parameters else (fallback,)
    return found * count if len(found) == 1 else found


def _convolved(node: Node, given: Sizes) -> Sizes:
    weight, count = node.numbers("weight"), axes(node)
    if weight.ndim != count + 2 or 0 in weight.shape:
        wanted = "[outputs, inputs of a group, " + ("cells]" if count == 1 else "rows, columns]")
        raise node.refusal(f"weight must be {wanted}, not {list(weight.shape)}")
    groups = node.sizes("groups", 1)[0] if "groups" in node.parameters else 1
    if len(given) != count + 1 or given[0] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise node.refusal(
            f"what arrives must be {weight.shape[1] * groups} channels of {count} axes for a weight "
            f"{list(weight.shape)} and {many(groups, 'group')}, not {list(given)}"
        )
    if "input_shape" in node.parameters and along(node, "input_shape", 0) != given[1:]:
        raise node.refusal(f"input_shape must be that of what arrives, {list(given[1:])}")
    return (weight.shape[0], *_windows(node, given[1:], reach(node), padding(node)))


def reach(node: Node) -> tuple[int, ...]:
    """Return how many cells a kernel of a convolution lies over, gaps of its dilation among them."""
    weight = node.numbers("weight")
    cells = tuple((n - 1) * d + 1 for n, d in zip(weight.shape[2:], along(node, "dilation", 1), strict=True))
    return _bounded(node, cells, math.prod(weight.shape[:2]))


def _bounded(node: Node, cells: tuple[int, ...], each: int) -> tuple[int, ...]:
    """Return the cells of a kernel; raises ConfigError where they are more than anybody means: they are made whole."""
    if max(cells) > MOST_CELLS or math.prod(cells) * each > MOST_WEIGHTS:
        raise node.refusal(
            f"a kernel must lie over at most {MOST_CELLS} cells and {MOST_WEIGHTS:,} weights, not over {list(cells)}"
        )
    return cells


def padding(node: Node) -> tuple[tuple[int, int], ...]:
    """Return the zeros before and after a map along each axis."""
    parameter = node.parameters.get("padding", "valid")
    if isinstance(node.parameters.get("padding"), str) and not node.kind.startswith("Conv"):
        raise node.refusal(f"padding must be a number, not {parameter!r}")
    if isinstance(parameter, str) and parameter == "same":
        if any(n != 1 for n in along(node, "stride", 1)):
            raise node.refusal("padding must be a number where a stride is not 1, not 'same'")
        return tuple(((n - 1) // 2, n // 2) for n in reach(node))
    if isinstance(parameter, str) and parameter != "valid":
        raise node.refusal(f"padding must be a number, 'same' or 'valid', not {parameter!r}")
    return tuple((n, n) for n in ((0,) * axes(node) if isinstance(parameter, str) else along(node, "padding", 0, 0)))


def _pooled(node: Node, given: Sizes) -> Sizes:
    if len(given) != 3:
        raise node.refusal(f"what arrives must be [channels, rows, columns], not {list(given)}")
    kernel = _bounded(node, along(node, "kernel_size", 1), given[0])
    return (given[0], *_windows(node, given[1:], kernel, padding(node)))


def stride(node: Node) -> tuple[int, ...]:
    """Return from how many cells to the next window: of pooling its own size where nothing is said."""
    if "stride" in node.parameters or node.kind.startswith("Conv"):
        return along(node, "stride", 1)
    return along(node, "kernel_size", 1)


def _windows(node: Node, cells: Sizes, kernel: Sizes, zeros: tuple[tuple[int, int], ...]) -> Sizes:
    found = tuple(
        (n + before + after - k) // s + 1
        for n, k, s, (before, after) in zip(cells, kernel, stride(node), zeros, strict=True)
    )
    if min(found) < 1:
        raise node.refusal(f"a kernel over {list(kernel)} cells must fit what arrives, {list(cells)}")
    return found
