"""Damage HDF5 and read it: python tools/fuzz_hdf5.py --runs 2000. Of tests/nir_recorded, and one in SHD's layout.

Bytes are flipped, cut off, put in, or replaced by what sizes and addresses go wrong with. Each file is read, and a
network made of it, in a process with the limits of `fxsnn.apart`. That process must come to an end by itself; where
HDF5's library ends it, the command, whose reader has a process of its own, must refuse the file in one line, with exit
status 2. What does otherwise is written to --out, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from fxsnn.data.shd import parse_shd
from fxsnn.errors import FxsnnError
from fxsnn.io import apart
from fxsnn.nir.conventions import Asked
from fxsnn.nir.convert import converted
from fxsnn.nir.hdf5 import parse_nir
from fxsnn.nir.read import SECONDS
from fxsnn.nir.save import network_text

ROOT = Path(__file__).resolve().parent.parent
READ, REFUSED, BROKE = 0, 2, 3  # exit statuses of the process that reads
WORDS = (0, 1, 0x7F, 0xFF, 1 << 31, (1 << 32) - 1, 1 << 40, (1 << 63) - 1, (1 << 64) - 1)
DT = 1e-4  # at which the decay of none of the files is below 0
NETWORK = """[input]
shape = 3
[population.a]
shape = 3
neuron = "relay"
[[projection]]
from = "input"
to = "a"
kind = "identity"
"""


def nir(data: bytes) -> None:
    """Read a network and write it down, as `fxsnn import` does."""
    network_text(converted(parse_nir(data), Asked(dt=DT)), "net.arrays.npz", "net.nir")


def spikes(data: bytes) -> None:
    """Read recordings."""
    parse_shd(data)


def shd() -> bytes:
    """Return two recordings in SHD's layout."""
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file["labels"] = np.array([1, 0], np.uint16)
        for name, kind in (("times", np.float16), ("units", np.uint16)):
            one = file.create_dataset(f"spikes/{name}", 2, h5py.vlen_dtype(kind), compression="gzip")
            one[0], one[1] = np.array([0, 1, 2], kind), np.array([1], kind)
    return held.getvalue()


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Return a file with one to four things wrong."""
    held = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(held))
        match chance.randrange(6):
            case 0:
                held[at] ^= 1 << chance.randrange(8)
            case 1:
                held[at] = chance.randrange(256)
            case 2:  # a size or an address, which HDF5 writes in 2, 4 or 8 bytes
                size = chance.choice((2, 4, 8))
                held[at : at + size] = (chance.choice(WORDS) & (1 << 8 * size) - 1).to_bytes(size, "little")
            case 3:
                other = chance.randrange(len(held))
                held[at : at + 16] = held[other : other + 16]
            case 4:
                del held[at : at + chance.choice((1, 8, len(held)))]
            case 5:
                held[at:at] = bytes(chance.randrange(256) for _ in range(chance.choice((1, 8))))
        if not held:
            break
    return bytes(held)


def ended(read: Callable[[bytes], None], data: bytes, told: Path) -> int:
    """Read a file in a process of its own; return its exit status, below 0 a signal's; `told` has what it wrote."""
    child = os.fork()
    if not child:
        status = BROKE
        with contextlib.suppress(BaseException), told.open("w") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            apart._limit(SECONDS, apart.MEMORY)
            try:
                read(data)
                status = READ
            except FxsnnError as error:
                status = BROKE if "\n" in str(error) else REFUSED
                print(error)
            except BaseException:
                traceback.print_exc()
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def refused(kind: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Give a file to a command."""
    words = ["import", str(path), "--dt", str(DT), "--out", str(path.with_name("out.toml"))]
    if kind == "shd":
        path.with_name("net.toml").write_text(NETWORK)
        words = ["ranges", str(path.with_name("net.toml")), "--inputs", str(path)]
    return subprocess.run([sys.executable, "-m", "fxsnn", *words], capture_output=True, text=True, check=False)


def main() -> None:
    """Damage as many files as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="damaged files (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the damage (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("fuzz-hdf5"), help="for what is found (default: %(default)s)")
    asked = parser.parse_args()
    good = [("nir", path.read_bytes()) for path in sorted((ROOT / "tests" / "nir_recorded").glob("*.nir"))]
    good.append(("shd", shd()))
    readers, seen, found = {"nir": nir, "shd": spikes}, Counter[str](), 0
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "told")
        for kind, data in good:
            if ended(readers[kind], data, told) != READ:
                sys.exit(f"an undamaged file must be read, but {told.read_text()}")
        for run in range(asked.runs):
            chance = random.Random(f"{asked.seed}.{run}")
            kind, data = chance.choice(good)
            data, path = damaged(data, chance), Path(folder, f"{run}.{kind.replace('shd', 'h5')}")
            status = ended(readers[kind], data, told)
            last = told.read_text(errors="replace").strip()
            if status in (READ, REFUSED):
                seen["read" if status == READ else "refused"] += 1
                continue
            if status < 0 or "MemoryError" in last:  # of HDF5's library: the reader's own process must hold it
                seen[f"ended by signal {-status}" if status < 0 else "out of memory"] += 1
                path.write_bytes(data)
                done = refused(kind, path)
                if done.returncode == READ or (done.returncode == REFUSED and done.stderr.count("\n") == 1):
                    continue
                last = f"exit status {done.returncode}: {done.stdout}{done.stderr}"
            found += 1
            asked.out.mkdir(exist_ok=True)
            (asked.out / path.name).write_bytes(data)
            print(f"{asked.out / path.name}: {last}", file=sys.stderr)
    print("; ".join(f"{count:,} {what}" for what, count in sorted(seen.items())))
    if found:
        sys.exit(f"found {found:,}")


if __name__ == "__main__":
    main()
