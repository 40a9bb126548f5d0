"""Reading NIR from HDF5 that anybody may have written: sizes are checked before anything is allocated."""

from __future__ import annotations

import io
import math
from types import ModuleType
from typing import Any

import numpy as np

from fxsnn.errors import ConfigError, FileError
from fxsnn.io.apart import whole_hdf5
from fxsnn.nir.node import GRAPH, KINDS, Edge, Nested, Node, Value

MOST_BYTES = 1 << 28  # of all arrays together, as float64
MOST_NODES, MOST_EDGES, MOST_DEPTH, MOST_LETTERS = 1 << 12, 1 << 15, 8, 200
# filters of HDF5 itself and h5py's LZF: others are plug-ins, code that is looked for on the machine
FILTERS = {1: "deflate", 2: "shuffle", 3: "fletcher32", 32000: "lzf"}


def parse_nir(data: bytes) -> Nested:
    """Read a file of NIR's, any version's: unknown parameters are left alone, missing ones are reported if they matter.

    HDF5's own library can be led into loops without an end by a damaged file: see `read_nir`.

    Raises
    ------
    ConfigError
        A node is of no known kind, lacks a parameter or holds what is no number.
    FileError
        It is no HDF5, holds no NIR graph, or claims more than can be.
    """
    import h5py  # here: nothing else needs it

    return _Reader(h5py).read(data)


class _Reader:
    """Reads one file; counts what it has read of it."""

    def __init__(self, h5py: ModuleType) -> None:
        self.h5py, self.left, self.nodes = h5py, MOST_BYTES, 0

    def read(self, data: bytes) -> Nested:
        with whole_hdf5("a NIR file"), self.h5py.File(io.BytesIO(data), "r") as file:
            if self.link(file, "node") is None:
                raise FileError("a NIR file must hold the group 'node', it does not")
            root = self.group(file, "node")
            if (kind := self.text(root, "type")) != GRAPH:
                raise FileError(f"a NIR file must hold a {GRAPH}, not {kind!r}")
            return self.graph(root, "", 0)

    def graph(self, group: Any, where: str, depth: int) -> Nested:
        if depth > MOST_DEPTH:
            raise FileError(f"graphs must be at most {MOST_DEPTH} deep inside each other, {where!r} is deeper")
        members = self.group(group, "nodes", where)
        nodes: dict[str, Node] = {}
        for name in members:
            self.nodes += 1
            if self.nodes > MOST_NODES:
                raise FileError(f"a NIR file must have at most {MOST_NODES} nodes, it has more")
            if not isinstance(name, str) or not 1 <= len(name) <= MOST_LETTERS or not name.isprintable():
                raise FileError(f"a node's name must be 1 to {MOST_LETTERS} printable letters, not {name[:40]!r}")
            nodes[name] = self.node(self.group(members, name, where), f"{where}{name}", depth)
        return Nested(nodes, self.edges(group, where))

    def node(self, group: Any, name: str, depth: int) -> Node:
        if (kind := self.text(group, "type", name)) not in KINDS:
            raise ConfigError(f"node {name!r}: type must be one of {', '.join(KINDS)}, not {kind!r}")
        if kind == GRAPH:
            return Node(name, kind, {}, self.graph(group, f"{name}.", depth + 1))
        needs, may = KINDS[kind].needs, KINDS[kind].may
        parameters = {one: self.value(group, one, name) for one in (*needs, *may) if self.link(group, one) is not None}
        found = Node(name, kind, {one: value for one, value in parameters.items() if value is not None})
        if missing := [one for one in needs if one not in found.parameters]:
            raise found.refusal(f"{', '.join(missing)} must be given, {'are' if missing[1:] else 'is'} missing")
        return found

    def edges(self, group: Any, where: str) -> tuple[Edge, ...]:
        """Return the edges; none where the file holds none."""
        if self.link(group, "edges") is None:
            return ()
        found, called = self.dataset(group, "edges", where), f"edges of {where.rstrip('.') or 'the graph'}"
        if found.shape is None or 0 in found.shape:
            return ()
        if len(found.shape) != 2 or found.shape[1] != 2 or found.shape[0] > MOST_EDGES:
            raise FileError(f"{called} must be [edges, 2] and at most {MOST_EDGES}, not {list(found.shape)}")
        self.check_text(found, called)
        return tuple((self.word(a, called), self.word(b, called)) for a, b in found[()])

    def link(self, group: Any, name: str) -> Any:
        """Return what kind of link a name is, none where it is not there; raises FileError for a link elsewhere."""
        found = group.get(name, getlink=True)
        if found is not None and not isinstance(found, self.h5py.HardLink):
            raise FileError(f"{group.name.rstrip('/')}/{name} must be in the file itself, not a link to elsewhere")
        return found

    def group(self, parent: Any, name: str, where: str = "") -> Any:
        found = parent.get(name) if self.link(parent, name) is not None else None
        if not isinstance(found, self.h5py.Group):
            raise FileError(f"{where + name!r} must be a group of HDF5, it is {'an array' if found else 'missing'}")
        return found

    def dataset(self, group: Any, name: str, where: str = "") -> Any:
        """Return an array that is not read yet, whose size and storage are sane."""
        found = group.get(name) if self.link(group, name) is not None else None
        called = f"{where.rstrip('.') or 'the graph'}: {name}"
        if not isinstance(found, self.h5py.Dataset):
            raise FileError(f"{called} must be an array, it is {'missing' if found is None else 'a group'}")
        if found.external or found.is_virtual:
            raise FileError(f"{called} must be stored in the file itself, it is elsewhere")
        listed = found.id.get_create_plist()
        filters = {listed.get_filter(n)[0] for n in range(listed.get_nfilters())}
        if unknown := sorted(filters - set(FILTERS)):
            raise FileError(
                f"{called} must be stored plain or with {', '.join(FILTERS.values())}, not with filter {unknown[0]}"
            )
        size = max(math.prod(found.shape or ()), math.prod(found.chunks or ()))
        if size * max(found.dtype.itemsize, 8) > self.left:
            raise FileError(
                f"{called} must be at most {self.left:,} bytes with what was read before, "
                f"it claims {size * found.dtype.itemsize:,}"
            )
        self.left -= size * 8
        return found

    def text(self, group: Any, name: str, where: str = "") -> str:
        found = self.dataset(group, name, where)
        self.check_text(found, f"{where or 'the graph'}: {name}")
        if found.shape not in ((), (1,)):
            raise FileError(f"{where or 'the graph'}: {name} must be one text, not {list(found.shape or ())}")
        content = found[()]
        return self.word(content if found.shape == () else content[0], f"{where}: {name}")

    def check_text(self, found: Any, called: str) -> None:
        if self.h5py.check_string_dtype(found.dtype) is None:
            raise FileError(f"{called} must be text, not {found.dtype}")

    def word(self, given: Any, called: str) -> str:
        try:
            text = given.decode() if isinstance(given, bytes) else str(given)
        except UnicodeDecodeError:
            raise FileError(f"{called} must be UTF-8 text, not {given[:40]!r}") from None
        if len(text) > MOST_LETTERS:
            raise FileError(f"{called} must be at most {MOST_LETTERS} letters, not {len(text)}")
        return text

    def value(self, group: Any, name: str, where: str) -> Value | None:
        """Return a parameter; none where the file holds an empty one, or a group of something else (`input_type`)."""
        if isinstance(group.get(name), self.h5py.Group):
            return None
        found = self.dataset(group, name, where)
        if found.shape is None or 0 in found.shape:  # snnTorch writes an empty input_type
            return None
        if self.h5py.check_string_dtype(found.dtype) is not None:
            return self.text(group, name, where)
        if found.dtype.kind not in "iufb":
            raise ConfigError(f"node {where!r}: {name} must be numbers, not {found.dtype}")
        numbers = np.asarray(found[()], np.float64)
        if not np.isfinite(numbers).all():
            worst = numbers[~np.isfinite(numbers)].ravel()[0]
            raise ConfigError(f"node {where!r}: {name} must be finite, it holds {worst}")
        return numbers
