"""Write what is committed in golden/ again: python tools/regenerate_golden.py.

Sets of one layer and of layers stay as former versions wrote them: what is written now is read as well as they are.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # the sets are described where their tests are

from fxsnn.competitive.network import save_network  # noqa: E402
from fxsnn.golden.learning import make_learning_bundle  # noqa: E402
from fxsnn.golden.populations_make import make_graph_bundle  # noqa: E402
from fxsnn.golden.rtl import script  # noqa: E402
from learning_faults import CONFIGURATIONS  # noqa: E402
from population_sets import committed  # noqa: E402
from sets import SOURCES  # noqa: E402


def main() -> None:
    """Write a set of populations and one of learning, what the regression of formats runs, and a script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "golden", help="folder of the sets (default: %(default)s)")
    out = parser.parse_args().out
    (out / "formats").mkdir(parents=True, exist_ok=True)
    (out / "run.sh").write_text(script("run_all.sh"), "ascii")
    for name, (network, plan) in SOURCES.items():
        save_network(network, out / "formats" / f"{name}.npz")
        (out / "formats" / f"{name}.toml").write_text(plan.lstrip())
    network_of_populations, inputs, start = committed()
    make_graph_bundle(out / "recurrent_begun", network_of_populations, inputs, start=start)
    make_learning_bundle(out / "learning_by_chance", *CONFIGURATIONS["by chance"]())


if __name__ == "__main__":
    main()
