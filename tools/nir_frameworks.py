"""Make the NIR files of tests/nir_recorded, and their spikes, by the exporters of the frameworks that read NIR.

They are snnTorch, Sinabs, Norse, SpikingJelly and Spyx.

Then they read what fxsnn exports of some of these: their spikes must be those that they give of their own files.

The frameworks get environments of their own, made once in the folder --env and, of Spyx, the folder spyx beside it.
Exit status 2: one cannot be made.

Example: python tools/nir_frameworks.py --out tests/nir_recorded
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from peer_environment import environment, outside
from platformdirs import user_cache_path

WORKER = Path(__file__).with_name("nir_frameworks_worker.py")
TORCH = "torch==2.13.0"
# without what they name: snnTorch names nothing, Sinabs an older nir that its own code does not need, Norse and
# SpikingJelly torchvision
FRAMEWORKS = ("nir==1.0.8", "nirtorch==2.6", "snntorch==1.0.0", "sinabs==3.1.3", "norse==1.1.0", "spikingjelly==2.0.0")
EXPORTED = {  # what is exported again, whose it is, and the dt that this framework takes a file to be of
    "snntorch_leaky_subtract_again": ("snntorch", "0.0001"),
    "snntorch_synaptic_zero": ("snntorch", "0.0001"),
    "norse_current": ("norse", "0.001"),
    "sinabs_convolutions": ("sinabs", "1"),
}
SPYX = ("spyx==1.0.0", "nir==1.0.8")
SPYX_NEEDS = ("jax==0.10.2", "flax==0.12.8", "optax==0.2.8", "grain==0.2.18", "h5py")  # not what it trains with
NEEDS = ("numpy", "h5py", "matplotlib", "pbr", "loguru")


def install(torch: str, python: Path) -> list[list[str]]:
    """Return the commands that make the frameworks' environment; `torch` is a requirement and pip's options for it."""
    return installed(python, [*torch.split()], [*NEEDS], ["--no-deps", *FRAMEWORKS])


def installed(python: Path, *asked: list[str]) -> list[list[str]]:
    """Return the commands that make an environment in which pip has installed one list after the other."""
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    return [[sys.executable, "-m", "venv", "--clear", str(python.parent.parent)], *([*pip, *one] for one in asked)]


def main() -> None:
    """Make the environment and the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.add_argument("--env", type=Path, default=user_cache_path("fxsnn") / "nir-frameworks", help="environment")
    parser.add_argument("--torch", default=TORCH, help="what pip installs as torch, its options too")
    given = parser.parse_args()
    made = " ".join((given.torch, *FRAMEWORKS))
    python = environment(given.env, "the frameworks'", made, lambda python: install(given.torch, python))
    spyx = environment(
        given.env.parent / "spyx",
        "Spyx's",
        " ".join((*SPYX, *SPYX_NEEDS)),
        lambda python: installed(python, [*SPYX_NEEDS], ["--no-deps", *SPYX]),
    )
    given.out.mkdir(parents=True, exist_ok=True)
    subprocess.run([str(spyx), str(WORKER.with_name("nir_spyx_worker.py")), str(given.out)], env=outside(), check=True)
    worker = [str(python), str(WORKER), str(given.out)]
    if status := subprocess.run(worker, env=outside(), check=False).returncode:
        sys.exit(status)
    with tempfile.TemporaryDirectory() as folder:
        for name, (framework, dt) in EXPORTED.items():
            export(given.out / f"{name}.nir", Path(folder), framework, dt)
        sys.exit(subprocess.run([*worker, folder], env=outside(), check=False).returncode)


def export(path: Path, folder: Path, framework: str, dt: str) -> None:
    """Import what a framework wrote, and export it again under a plan of wide words."""
    network, plan = folder / f"{path.stem}.toml", folder / "plan.toml"
    words = ("weight", "bias", "membrane", "current", "threshold", "decay", "membrane_decay", "current_decay")
    plan.write_text("[signal]\n" + "".join(f'{name} = "Q8.20"\n' for name in words))
    for command in (
        ["import", str(path), "--from", framework, "--out", str(network)],
        ["export", "nir", str(network), str(plan), "--dt", dt, "--out", str(folder / path.name)],
    ):
        subprocess.run([sys.executable, "-m", "fxsnn", *command], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
