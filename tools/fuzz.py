"""Fuzz readers with atheris (pip install atheris): python tools/fuzz.py manifest mem --seconds 60; none named: all.

Coverage guides what is tried. A reader must return, or refuse in one line (FxsnnError), within the time that atheris
gives, and must open nothing for writing outside the folder that it was given; anything else ends the run with the input
that shows it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import struct
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris
import numpy as np

os.environ["NUMBA_DISABLE_JIT"] = "1"  # Numba compiles no kernel that atheris has instrumented
ROOT = Path(__file__).resolve().parent.parent
SET = ROOT / "golden" / "stochastic_none"
LAYERS = ROOT / "golden" / "layers_by_chance"
PARTS = [
    "fxsnn.golden",
    "fxsnn.regress",
    "fxsnn.competitive.plan",
    "fxsnn.competitive.network",
    "fxsnn.io.npz",
    "fxsnn.exploration.candidates",
    "fxsnn.io.documents",
    "fxsnn.digits.grid",
    "fxsnn.recordings.grid",
    "fxsnn.significance.result",
    "fxsnn.number.format",
    "fxsnn.number.signal",
    "fxsnn.data",
    "fxsnn.decolle",
    "fxsnn.nir",
]

with atheris.instrument_imports(include=PARTS, enable_loader_override=False):
    from fuzz_nir import NIR, SIDECAR, nir, sidecar

    from fxsnn.competitive.network import load_network
    from fxsnn.data.aedat import parse_aedat
    from fxsnn.data.binned import load_binned
    from fxsnn.data.gesture import parse_labels
    from fxsnn.data.layouts import parse_csv
    from fxsnn.data.nmnist import load_archive, parse_nmnist
    from fxsnn.digits.grid import parse_grid
    from fxsnn.errors import FxsnnError
    from fxsnn.exploration.candidates import load_exploration
    from fxsnn.exploration.selection import read_plan
    from fxsnn.golden.bundle import read_bundle
    from fxsnn.golden.dumps import read_dumps
    from fxsnn.graph.recorded_inputs import recorded_of
    from fxsnn.io.documents import named
    from fxsnn.io.files import read_text
    from fxsnn.io.npz import pack_npz
    from fxsnn.networks.described import read_described
    from fxsnn.networks.words import plan_of_layers
    from fxsnn.recordings.grid import parse_recorded_grid
    from fxsnn.regress.listed import read_listed
    from fxsnn.regress.lock import read_lock
    from fxsnn.significance.result import load_significance

Reader = Callable[[Path], object]


def dumps(_: Path) -> Reader:
    """Return a reader of dumps of a set's nodes."""
    bundle = read_bundle(SET)
    signals = ["membrane=top.membrane"]

    def read(path: Path) -> object:
        waves = path.suffix == ".vcd"
        return read_dumps(bundle, [path], "", signals if waves else [], "top.clock" if waves else "", [])

    return read


def bundle_with(file: str, held: Path = SET) -> Callable[[Path], Reader]:
    """Return what makes a reader of a bundle one of whose files is the one that is tried."""

    def make(place: Path) -> Reader:
        shutil.copytree(held, place / "set")

        def read(path: Path) -> object:
            shutil.copyfile(path, place / "set" / file)
            return read_bundle(place / "set")

        return read

    return make


def plain(read: Reader) -> Callable[[Path], Reader]:
    """Return what makes a reader of one file."""
    return lambda _: read


def grid(path: Path) -> object:
    """Read a grid of either kind of network."""
    text = read_text(path, "a grid")
    for parse in (parse_grid, parse_recorded_grid):
        with contextlib.suppress(FxsnnError):
            named(path, parse, text)
    return None


def arrays(**held: object) -> str:
    """Return the bytes of an .npz as a text of one byte a character."""
    return pack_npz({name: np.asarray(array) for name, array in held.items()}).decode("latin-1")


def aedat(path: Path) -> object:
    """Read a recording of 128 x 128 cells."""
    return parse_aedat(path.read_bytes(), path.name, 128, 128)


def labels(path: Path) -> object:
    """Read the labels of a gesture's recording."""
    return parse_labels(read_text(path, "labels"), path.name)


# two packets of one event each
AEDAT = b"#!AER-DAT3.1\r\n#!END-HEADER\r\n" + b"".join(
    struct.pack("<HHIIIIII", 1, 1, 8, 4, 0, 1, 1, 1) + struct.pack("<II", 1 | 3 << 2 | 9 << 17, time) for time in (5, 7)
)
ARCHIVE = arrays(
    t_ms=np.array([1, 2], np.uint16),
    addr=np.array([5, 6], np.uint16),
    offsets=np.array([0, 0, 2]),
    labels=np.array([1, 2], np.uint8),
)
BINNED = arrays(frames_on=np.ones((2, 2, 2), np.uint8), label=np.array(1))
CSV = "label," + ",".join(f"pixel{n}" for n in range(784)) + "\n7," + ",".join(["0"] * 784) + "\n"
MIF = "DEPTH=2;\nWIDTH=8;\nADDRESS_RADIX=HEX;\nDATA_RADIX=HEX;\nCONTENT BEGIN\n0:1;\nEND;\n"

# name: the file that is written, a good one to begin with, what makes the reader
READERS: dict[str, tuple[str, Path | str, Callable[[Path], Reader]]] = {
    "manifest": ("manifest.json", SET / "manifest.json", bundle_with("manifest.json")),
    "mem": ("membrane.mem", SET / "membrane.mem", bundle_with("membrane.mem")),
    "dump-mem": ("membrane.mem", SET / "membrane.mem", dumps),
    "dump-coe": ("membrane.coe", "memory_initialization_radix=16;\nmemory_initialization_vector=\n01,02;\n", dumps),
    "dump-mif": ("membrane.mif", MIF, dumps),
    "dump-csv": ("a.csv", "presentation,step,neuron,membrane\n0,0,0,5\n0,0,1,-3\n", dumps),
    "dump-vcd": (
        "a.vcd",
        '$timescale 1ns $end\n$scope module top $end\n$var wire 8 ! membrane $end\n$var wire 1 " clock $end\n'
        '$upscope $end\n$enddefinitions $end\n#0\nb101 !\n0"\n#5\n1"\n',
        dumps,
    ),
    "lock": ("a.lock.json", ROOT / "golden" / "formats.lock.json", plain(read_lock)),
    "list": ("golden.toml", ROOT / "golden" / "formats.toml", plain(read_listed)),
    "network": ("net.npz", ROOT / "golden" / "formats" / "each_subtract.npz", plain(load_network)),
    "plan": ("plan.toml", ROOT / "golden" / "formats" / "each_subtract.toml", plain(read_plan)),
    "candidates": ("c.json", "{}", plain(load_exploration)),
    "significance": ("s.json", '{"tool": "fxsnn", "schema": 1}', plain(load_significance)),
    "grid": ("grid.toml", "weight = ['UQ0.4']\nstate_bits = [4]\n", plain(grid)),
    "archive": ("train.npz", ARCHIVE, plain(load_archive)),
    "binned": ("a.npz", BINNED, plain(lambda path: load_binned(path, 1000))),
    "digits": ("train.csv", CSV, plain(lambda path: parse_csv(path.read_bytes(), path.name))),
    "layers-manifest": ("manifest.json", LAYERS / "manifest.json", bundle_with("manifest.json", LAYERS)),
    "layers-mem": ("layer0_spike.mem", LAYERS / "layer0_spike.mem", bundle_with("layer0_spike.mem", LAYERS)),
    "description": ("net.toml", ROOT / "tools" / "nmnist.toml", plain(read_described)),
    "layers-plan": ("plan.toml", "[[layer]]\nfilters='inputs'\n[layer.weight]\nformat='Q1.3'\n", plain(plan_of_layers)),
    "nmnist": ("0.bin", "0123401235", plain(lambda path: parse_nmnist(path.read_bytes(), path.name))),
    "aedat": (
        "a.aedat",
        AEDAT.decode("latin1"),
        plain(aedat),
    ),
    "nir": ("net.json", NIR, plain(nir)),
    "sidecar": ("net.fxsnn.json", SIDECAR, plain(sidecar)),
    "shown": ("inputs.toml", "images = 'a.npy'\nsteps = 3\n", plain(lambda path: recorded_of(path, (4,)))),
    "labels": ("a.csv", "class,startTime_usec,endTime_usec\n1,5,9\n", plain(labels)),
}


def fuzz(reader: str, place: Path, limits: list[str]) -> None:
    """Fuzz one reader in an empty folder; the process ends with 0, or with another status after a finding."""
    file, good, make = READERS[reader]
    (place / "corpus").mkdir()
    (place / "corpus" / "good").write_bytes(good.encode("latin1") if isinstance(good, str) else good.read_bytes())
    if reader == "list":
        shutil.copytree(ROOT / "golden" / "formats", place / "formats")
    os.chdir(place)
    read, path = make(place), place / file

    def written(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not all(isinstance(given, str) for given in arguments[:2]):
            return
        if set(arguments[1]) & set("wax+") and not Path(arguments[0]).resolve().is_relative_to(place.resolve()):
            raise AssertionError(f"a file outside is opened to be written: {arguments[0]!r}")

    def one(data: bytes) -> None:
        path.write_bytes(data)
        try:
            read(path)
        except FxsnnError as error:
            if "\n" in str(error):
                raise AssertionError("a refusal must be one line") from error

    sys.addaudithook(written)
    always = ["-timeout=10", "-max_len=400000", "-rss_limit_mb=4096"]
    atheris.Setup([sys.argv[0], *limits, *always, str(place / "corpus")], one)
    atheris.Fuzz()


def main() -> None:
    """Fuzz one reader after the other, each in its own process: libFuzzer ends the process that it runs in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readers", nargs="*", metavar="reader", help=f"of {', '.join(READERS)} (default: all)")
    parser.add_argument("--seconds", type=int, default=60, help="each at most; 0: no limit (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=-1, help="how many inputs each at most (default: no limit)")
    parser.add_argument("--seed", type=int, default=0, help="of what is tried; 0: another each time (default)")
    asked = parser.parse_args()
    if unknown := set(asked.readers) - set(READERS):
        parser.error(f"a reader must be one of {', '.join(READERS)}; given {', '.join(sorted(unknown))}")
    limits = [f"-max_total_time={asked.seconds}", f"-runs={asked.runs}", f"-seed={asked.seed}"]
    found = []
    for reader in asked.readers or READERS:
        print(f"fuzzing {reader}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            child = os.fork()
            if not child:
                try:
                    fuzz(reader, Path(folder), limits)
                finally:
                    os._exit(70)  # never reached: libFuzzer ends the process
            if os.waitpid(child, 0)[1]:
                found.append(reader)
    if found:
        sys.exit(f"found something in {', '.join(found)}")


if __name__ == "__main__":
    main()
