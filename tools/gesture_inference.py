"""Run the 64-128-128 network of DECOLLE in integers on one real gesture, and count its memory array by array.

    python tools/gesture_inference.py --data DIR    # a folder with right_hand_wave_60x60_180steps.npz

The recording is one of DVS128 Gesture, binned to 60 x 60 cells in 180 steps of 16.6 ms, brighter events only; the data
set itself cannot be had everywhere, so that the network is not trained: its weights are drawn, scaled until every layer
spikes. What is shown is that the full size runs, how it spikes in float and in integers, and what it holds.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from fxsnn.data.recordings import Recordings
from fxsnn.layered.emulate import emulate_layers
from fxsnn.layered.inventory import layered_memory
from fxsnn.layered.learn import at_rest, frames_of
from fxsnn.layered.network import LayeredNetwork, random_layers
from fxsnn.layered.ptq import Words, plan_layers
from fxsnn.layered.quantise import quantise_layers
from fxsnn.layered.ready import ready
from fxsnn.memory import baseline
from fxsnn.npz import unpack_npz

STEP = 16_600  # microseconds
MOST = 1 << 28


def recording(folder: Path) -> Recordings:
    """Return the recording, each counted event at the begin of its step."""
    path = folder / "right_hand_wave_60x60_180steps.npz"
    frames = unpack_npz(path.read_bytes(), MOST)["frames_on"].astype(np.int64)
    times, y, x = np.nonzero(frames)
    counts = frames[times, y, x]
    place = (60 + y) * 60 + x  # of the second polarity
    events = np.repeat(times * STEP, counts).astype(np.int32), np.repeat(place, counts).astype(np.int32)
    return Recordings("a gesture", *events, np.array([0, len(events[0])]), np.array([1], np.uint8), 60, 60)


def main() -> None:
    """Print what the network does and holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the recording")
    parser.add_argument("--steps", type=int, default=180, help="how many of the 180 steps (default: all)")
    asked = parser.parse_args()
    given = recording(asked.data)
    ours = ready("decolle", 11)
    slow = tuple(replace(layer, alpha=0.75, beta=0.5) for layer in ours.layer)  # steps of 16.6 ms in place of 1 ms
    described = replace(
        ours, layer=slow, height=60, width=60, shrink=2, clip=7, step=STEP, steps=asked.steps, burn_in=0
    )
    network = random_layers(described, 0, gain=10.0)
    frames = frames_of(network, given, np.arange(1))
    print(f"{len(given.times):,} events; {asked.steps} steps of {described.inputs(0)} cells")
    rates = float_spikes(network, frames)
    for words in (Words(8, 4), Words(4, 1)):
        quantised = quantise_layers(network, plan_layers(network, words))
        begun = time.perf_counter()
        trace = emulate_layers(quantised, frames)
        seconds = time.perf_counter() - begun
        memory = layered_memory(quantised)
        print(
            f"\n{words}: {seconds:.1f} s, {baseline(memory).bits / memory.bits:.2f} times less than with 32-bit words"
        )
        for number, nodes in enumerate(trace.nodes):
            spikes = nodes["spike"].mean()
            print(
                f"  layer {number}: {100 * spikes:.3f} % of neurons spike a step, in float {100 * rates[number]:.3f} %"
            )
        for array in memory.arrays:
            print(f"  {array.name:32} {array.words:>10,} words of {array.word:>2} bits {array.bits:>12,} bits")
        print(f"  {'total':32} {'':29} {memory.bits:>12,} bits, {memory.bits / 8 / 1024:,.1f} KiB")


def float_spikes(network: LayeredNetwork, frames: np.ndarray[tuple[int, ...], np.dtype[np.uint16]]) -> list[float]:
    """Return the share of neurons that spike in a step, by layer."""
    layers = at_rest(network, network.weights, network.biases, 1)
    found = [0.0] * len(layers)
    for step in range(frames.shape[1]):
        given = frames[:, step].astype(np.float32)
        for number, layer in enumerate(layers):
            given = layer.advance(given)
            found[number] += float(layer.spikes.sum())
    sizes = [math.prod(layer.geometry.outputs) * frames.shape[1] for layer in layers]
    return [count / size for count, size in zip(found, sizes, strict=True)]


if __name__ == "__main__":
    main()
