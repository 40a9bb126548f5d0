"""Run the 64-128-128 network of DECOLLE in integers on one real gesture, and write fxsnn's report of it.

    python tools/gesture_inference.py --data FILE --out DIR    # FILE: right_hand_wave_60x60_180steps.npz

The recording is one of DVS128 Gesture, binned to 60 x 60 cells in 180 steps of 16.6 ms, brighter events only; the data
set itself cannot be had everywhere, so that the network is not trained: its weights are drawn, scaled until every layer
spikes. What is shown is that the full size runs, how it spikes in float and in integers, and what it holds, array by
array. Written to DIR: net.npz, and for each number of bits a plan and a report, as

    fxsnn plan net.npz --weight 8 --state 4 --out w8-s4.toml
    fxsnn report net.npz w8-s4.toml --data FILE --out w8-s4.html

write them.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from msgspec.structs import replace

from fxsnn.cli.options import CORES
from fxsnn.data.binned import load_binned
from fxsnn.decolle.network import random_layers, save_layers
from fxsnn.decolle.ready import ready
from fxsnn.exploration.planned import Asked
from fxsnn.exploration.selection import criteria
from fxsnn.jobs.kinds import write_plan
from fxsnn.jobs.report import report
from fxsnn.jobs.samples import Samples, samples_for
from fxsnn.jobs.sources import Sources
from fxsnn.measure.memory import bits_text

STEP = 16_600  # microseconds


def main() -> None:
    """Write the network, its plans and reports, and print what they come to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the recording")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--steps", type=int, default=180, help="how many of the 180 steps (default: all)")
    asked = parser.parse_args()
    given = load_binned(asked.data, STEP)
    ours = ready("decolle", 11)
    slow = tuple(replace(layer, alpha=0.75, beta=0.5) for layer in ours.layer)  # steps of 16.6 ms in place of 1 ms
    sensor = {"height": given.height, "width": given.width, "shrink": 2, "clip": 7}
    described = replace(ours, layer=slow, **sensor, step=STEP, steps=asked.steps, burn_in=0)
    asked.out.mkdir(parents=True, exist_ok=True)
    network = asked.out / "net.npz"
    save_layers(random_layers(described, 0, gain=10.0), network)
    print(f"{len(given.times):,} events; {asked.steps} steps of {described.inputs(0)} cells")
    for words in (Asked(8, 4), Asked(4, 1)):
        plan = asked.out / f"w{words.weight}-s{words.state}.toml"
        write_plan(Samples(network, "layers"), plan, words, None)
        page = plan.with_suffix(".html")
        command = f"fxsnn report {network.name} {plan.name} --data {asked.data.name} --out {page.name}"
        begun = time.perf_counter()
        what, sources = samples_for(network, asked.data, False, None), Sources(network, plan)
        found = report(what, page, sources, criteria(), command, CORES, lambda *_: None, None)
        entry = found.chosen
        print(
            f"{page}: {bits_text(entry.bits)}, {entry.saving:.2f} times less than with 32-bit words; "
            f"{time.perf_counter() - begun:.1f} s with the page"
        )


if __name__ == "__main__":
    main()
