"""Write the committed golden sets again, and what their regression runs: python tools/regenerate_golden.py."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # the sets are described where their tests are

from fxsnn.golden.learning import make_learning_bundle  # noqa: E402
from fxsnn.golden.make import make_bundle  # noqa: E402
from fxsnn.golden.rtl import script  # noqa: E402
from fxsnn.network import save_network  # noqa: E402
from learning_faults import CONFIGURATIONS  # noqa: E402
from sets import SETS, SOURCES  # noqa: E402


def main() -> None:
    """Write every set into a folder of its own and say what it reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "golden", help="folder of the sets (default: %(default)s)")
    out = parser.parse_args().out
    (out / "formats").mkdir(parents=True, exist_ok=True)
    (out / "run.sh").write_text(script("run_all.sh"), "ascii")
    for name, (network, plan) in SOURCES.items():
        save_network(network, out / "formats" / f"{name}.npz")
        (out / "formats" / f"{name}.toml").write_text(plan.lstrip())
    make_learning_bundle(out / "learning_by_chance", *CONFIGURATIONS["by chance"]())
    for name, build in SETS.items():
        counts = make_bundle(out / name, *build())["counts"]
        overflows = sum(site["overflows"] for site in counts["casts"].values())
        ties = sum(site["ties"] for site in counts["casts"].values())
        print(
            f"{name}: {counts['spikes']} spikes, {counts['threshold_equalities']} threshold equalities, "
            f"{ties} ties, {overflows} overflows"
        )


if __name__ == "__main__":
    main()
