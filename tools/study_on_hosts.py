"""Run one exploration on five hosts and compare its bytes with those of one thread.

    sudo python tools/study_on_hosts.py

The hosts are network namespaces of this machine (iproute2), each with an address of its own: a Dask scheduler in the
first, workers in the second and third, a PostgreSQL server in the fourth (/usr/lib/postgresql), the command outside.
Exit status 1 if the bytes differ.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

FXSNN = [sys.executable, "-P", "-c", "from fxsnn.cli import main; main()"]
DASK = [sys.executable, "-P", "-m", "dask"]
BRIDGE = "fxsnnbr"
ADDRESS = "10.77.17.{}"
SCHEDULER, DATABASE = ADDRESS.format(11), ADDRESS.format(14)


def main() -> int:
    """Do it and say what came out."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        for number in range(4):
            stack.enter_context(host(number))
        log = stack.enter_context((folder / "log").open("wb"))

        def begin(number: int, *words: str) -> None:
            command = ["ip", "netns", "exec", f"fxsnn{number}", *words]
            process = subprocess.Popen(command, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.terminate)

        begin(0, *DASK, "scheduler", "--host", SCHEDULER, "--port", "8786", "--no-dashboard")
        for number in (1, 2):
            local = ["--nthreads", "1", "--no-dashboard", "--local-directory", str(folder / f"dask{number}")]
            begin(number, *DASK, "worker", f"tcp://{SCHEDULER}:8786", "--host", ADDRESS.format(11 + number), *local)
        database(folder, lambda *words: begin(3, *words))

        grid, network = folder / "grid.toml", str(folder / "net.npz")
        grid.write_text(
            'weight = ["UQ0.4", "UQ0.3"]\nstate_bits = [4, 3]\nleak = ["shift 5"]\nfold = [true]\n'
            'weight_rounding = ["RN", "SR"]\nstate_rounding = ["TR"]\n'
        )
        subprocess.run([*FXSNN, "train", "--neurons", "16", "--out", network], check=True, stdout=log)
        words = [*FXSNN, "explore", network, "--grid", str(grid)]
        alone, together = folder / "alone.json", folder / "together.json"
        subprocess.run([*words, "--workers", "1", "--out", str(alone)], check=True, stdout=log)
        study = f"postgresql://postgres@{DATABASE}/postgres"
        cluster = ["--cluster", f"tcp://{SCHEDULER}:8786", "--study", study, "--out", str(together)]
        began = time.monotonic()
        subprocess.run([*words, *cluster], check=True, stdout=log)
        same = alone.read_bytes() == together.read_bytes()
        print(f"{'the same' if same else 'OTHER'} {len(alone.read_bytes()):,} bytes on five hosts as in one thread, "
              f"{time.monotonic() - began:.0f} s")  # fmt: skip
        return 0 if same else 1


@contextlib.contextmanager
def host(number: int) -> Iterator[None]:
    """Have a namespace with an address of its own for the block; the first one brings the bridge, with ours."""
    name, inside, outside = f"fxsnn{number}", f"fxsnni{number}", f"fxsnno{number}"
    with contextlib.ExitStack() as stack:
        if number == 0:
            ip(f"link add {BRIDGE} type bridge")
            stack.callback(ip, f"link delete {BRIDGE}")
            ip(f"address add {ADDRESS.format(1)}/24 dev {BRIDGE}")
            ip(f"link set {BRIDGE} up")
        ip(f"netns add {name}")
        stack.callback(ip, f"netns delete {name}")
        ip(f"link add {outside} type veth peer name {inside} netns {name}")
        ip(f"link set {outside} master {BRIDGE} up")
        ip(f"-n {name} address add {ADDRESS.format(11 + number)}/24 dev {inside}")
        ip(f"-n {name} link set {inside} up")
        ip(f"-n {name} link set lo up")
        yield


def ip(words: str) -> None:
    """Run `ip`."""
    subprocess.run(["ip", *words.split()], check=True)


def database(folder: Path, begin: Callable[..., None]) -> None:
    """Make a PostgreSQL database and begin its server, which root may not run."""
    (*_, binaries) = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    known = {entry.pw_name for entry in pwd.getpwall()}
    user, data = "postgres" if "postgres" in known else "nobody", folder / "data"
    data.mkdir()
    shutil.chown(data, user)
    made = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-N"]
    subprocess.run(made, user=user, cwd=data, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"HOME": "/"})
    with (data / "pg_hba.conf").open("a") as allowed:
        allowed.write("host all all 10.77.17.0/24 trust\n")
    server = [str(binaries / "postgres"), "-D", str(data), "-c", f"listen_addresses={DATABASE}"]
    begin("setpriv", f"--reuid={user}", "--clear-groups", *server, "-c", "unix_socket_directories=")
    time.sleep(3)


if __name__ == "__main__":
    sys.exit(main())
