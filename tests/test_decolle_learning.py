"""Local learning of layered networks: gradients, what it learns, files, and the commands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from command_line import long_with_jit, long_without_jit, needs_jit, run
from decolle_networks import layer_nodes
from fxsnn.data.recordings import Recordings
from fxsnn.decolle.description import Description, Geometry, Layer, description_text, parse_description
from fxsnn.decolle.emulate import count_casts, respond_layers
from fxsnn.decolle.forward import LayerAtWork
from fxsnn.decolle.inventory import decolle_memory
from fxsnn.decolle.learn import (
    Adamax,
    LocalLearning,
    frames_in_parts,
    frames_of,
    lessons,
    local_gradients,
    scores,
    train_layers,
)
from fxsnn.decolle.network import DecolleNetwork, load_layers, random_layers, save_layers
from fxsnn.decolle.ptq import Words, grids_of, plan_layers
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.errors import ConfigError, FileError
from fxsnn.io.npz import pack_npz, unpack_npz
from fxsnn.measure.memory import baseline

NET = """
classes = 3
height = 6
width = 6
clip = 2
step = 1000
steps = 6
burn_in = 1
[[layer]]
kind = "conv"
channels = 4
kernel = 3
pool = 2
[[layer]]
kind = "dense"
channels = 8
[[layer]]
kind = "output"
channels = 3
refractory = 0.0
"""


def recordings(count: int, seed: int = 0) -> Recordings:
    """Each class makes events in two rows of its own, and a few anywhere."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 3).astype(np.uint8)
    times, addresses = [], []
    for label in labels:
        own = rng.integers(0, 2, 30) * 36 + (2 * label + rng.integers(0, 2, 30)) * 6 + rng.integers(0, 6, 30)
        address = np.concatenate([own, rng.integers(0, 72, 5)])
        order = np.sort(rng.integers(0, 6000, 35))
        times.append(order)
        addresses.append(address)
    offsets = np.arange(count + 1, dtype=np.int64) * 35
    flat = np.concatenate(times).astype(np.int32), np.concatenate(addresses).astype(np.int32)
    return Recordings("some", *flat, offsets, labels, 6, 6)


# -- the description -------------------------------------------------------------------------------------------------


def test_shapes_follow_from_the_layers() -> None:
    described = parse_description(NET)
    assert [described.inputs(n) for n in range(4)] == [(6, 6, 2), (3, 3, 4), (1, 1, 8), (1, 1, 3)]
    assert [described.geometry(n).weights for n in range(3)] == [(3, 3, 2, 4), (3, 3, 4, 8), (1, 1, 8, 3)]
    assert parse_description(description_text(described)) == described


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("classes = 3", "", "Object missing required field `classes`"),
        ("classes = 3", "classes =", "a network's description must be TOML: "),
        ("classes = 3", "classes = 3\nclass = 1", "Object contains unknown field `class`"),
        ("kernel = 3", "kernel = 4", "a kernel must be of an odd number of cells, not 4"),
        ("channels = 8", "channels = 8\nkernel = 3", "a layer of kind dense must have neither kernel nor pool"),
        ("refractory = 0.0", "", "an output layer must have a refractory of 0: it does not spike"),
        ("channels = 3", "channels = 4", "an output layer must be the last one, of 3 channels"),
        ('kind = "dense"\nchannels = 8', 'kind = "output"\nchannels = 3\nrefractory = 0.0', "must be the last one"),
        ("pool = 2", "pool = 7", "layer 1 must have neurons left after pooling"),
        ("burn_in = 1", "burn_in = 6", "burn_in must be less than the 6 steps, not 6"),
        ("channels = 4", "channels = 4\nalpha = 1.0", "Expected `float` < 1.0"),
    ],
)
def test_a_description_that_cannot_be_is_refused(right: str, wrong: str, message: str) -> None:
    text = NET.replace(right, wrong, 1)
    assert text != NET
    with pytest.raises(ConfigError) as caught:
        parse_description(text)
    assert message in str(caught.value)


def test_a_description_that_leaves_no_neuron_is_refused() -> None:
    with pytest.raises(ValueError, match="the last layer must have neurons left after pooling"):
        Description((Layer("conv", 2, 3, 7),), 2, height=6, width=6)
    with pytest.raises(ValueError, match="a network must have one layer or more"):
        Description((), 2)


# -- learning --------------------------------------------------------------------------------------------------------


def at_work(network: DecolleNetwork, number: int, rng: np.random.Generator) -> LayerAtWork:
    """A layer in the middle of something, in float64 so that differences can be told."""
    described = network.description
    geometry = described.geometry(number)
    weights: Any = network.weights[number].astype(np.float64)
    bias: Any = rng.normal(size=geometry.outputs[2]) * 0.1
    layer = LayerAtWork.at_rest(described.layer[number], geometry, weights, bias, 5)
    for _ in range(3):
        layer.advance(rng.random((5, *geometry.inputs)))  # type: ignore[arg-type]
    return layer


@long_with_jit
def test_the_gradient_of_an_output_layer_is_that_of_its_cross_entropy() -> None:
    network = random_layers(parse_description(NET), 1)
    layer = at_work(network, 2, np.random.default_rng(0))
    target: Any = np.eye(3)[[0, 1, 2, 0, 1]]
    gradient, of_bias = local_gradients(layer, network.readouts[2], layer.spikes, LocalLearning(), target)

    def loss(weights: Any, bias: Any) -> float:
        membranes = layer.under.T @ weights.reshape(-1, 3) + bias
        powers = np.exp(membranes)
        return float(-np.log((powers / powers.sum(axis=1, keepdims=True) * target).sum(axis=1)).mean())

    for place in np.ndindex(*layer.weights.shape):
        more: Any = layer.weights.copy()
        more[place] += 1e-6
        found = (loss(more, layer.bias) - loss(layer.weights, layer.bias)) / 1e-6
        assert gradient[place] == pytest.approx(found, abs=1e-4)
    assert of_bias.shape == (3,)
    assert of_bias.sum() == pytest.approx(0, abs=1e-6)


@long_with_jit
@pytest.mark.parametrize("regularisation", [0.0, 3.0])
def test_the_gradient_of_a_spiking_layer_passes_readout_surrogate_and_pooling(regularisation: float) -> None:
    """Written out neuron by neuron, from the rule's own equations."""
    network = random_layers(parse_description(NET), 2)
    layer = at_work(network, 0, np.random.default_rng(1))
    readout = network.readouts[0].astype(float) * 0.7 / np.sqrt(36)
    target = np.eye(3)[[0, 1, 2, 0, 1]]
    expected = np.zeros(layer.weights.shape)
    columns = layer.under.T.reshape(5, 6, 6, 3, 3, 2)
    spikes = np.zeros((5, 3, 3, 4))
    highest = {}
    for b, y, x, c in np.ndindex(5, 3, 3, 4):
        window = [(2 * y + dy, 2 * x + dx) for dy in range(2) for dx in range(2)]
        highest[b, y, x, c] = max(window, key=lambda at, b=b, c=c: layer.membranes[b, *at, c])  # type: ignore[misc]
        spikes[b, y, x, c] = layer.membranes[b, *highest[b, y, x, c], c] > 0
    for b in range(5):
        error = np.clip(spikes[b].reshape(-1) @ readout - target[b], -1, 1) / 5
        back = (readout @ error).reshape(3, 3, 4)
        for y, x, c in np.ndindex(3, 3, 4):
            at = highest[b, y, x, c]
            slope = back[y, x, c] / (10 * abs(layer.membranes[b, *at, c]) + 1) ** 2
            expected[:, :, :, c] += slope * columns[b, at[0], at[1]]
    of_bias = np.zeros(4)
    for b, y, x, c in np.ndindex(layer.membranes.shape):
        if layer.membranes[b, y, x, c] > -0.01:  # of all neurons, pooled or not
            expected[:, :, :, c] += regularisation / (5 * 36 * 4) * columns[b, y, x]
            of_bias[c] += regularisation / (5 * 36 * 4)
    given: Any = spikes
    wanted: Any = target
    learning = LocalLearning(readout_gain=0.7, regularisation=regularisation)
    gradient, found = local_gradients(layer, network.readouts[0], given, learning, wanted)
    assert gradient == pytest.approx(expected, abs=1e-5)
    unregularised = local_gradients(layer, network.readouts[0], given, replace(learning, regularisation=0.0), wanted)[1]
    assert found - unregularised == pytest.approx(of_bias, abs=1e-5)


def test_adamax_is_that_of_its_paper() -> None:
    values = np.array([1.0, -2.0], np.float32)
    optimiser = Adamax(values, 0.9, 0.5)
    mean, most = np.zeros(2), np.zeros(2)
    expected = np.array([1.0, -2.0])
    for t, gradient in enumerate([[0.5, -0.1], [0.1, 0.2], [0.0, 0.4]], 1):
        mean = 0.9 * mean + 0.1 * np.array(gradient)
        most = np.maximum(0.5 * most, np.abs(gradient))
        expected -= 0.01 / (1 - 0.9**t) * mean / most
        optimiser.step(np.array(gradient, np.float32), 0.01)
    assert values == pytest.approx(expected, abs=1e-5)


def taught(train: Recordings) -> DecolleNetwork:
    """A network that has learned; without the JIT only a little, which takes as long."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return train_layers(random_layers(parse_description(NET), 0), train.part(np.arange(6)), LocalLearning(1, 3))
    return train_layers(
        random_layers(parse_description(NET), 0), train, LocalLearning(30, 24, 1e-2, regularisation=0.0)
    )


@pytest.fixture(scope="module")
def trained() -> DecolleNetwork:
    return taught(recordings(240))


def accuracy(said: Any, shown: Recordings) -> float:
    return float((said.argmax(axis=1) == shown.labels).mean())


@needs_jit
def test_it_learns_to_tell_classes_apart(trained: DecolleNetwork) -> None:
    test = recordings(60, seed=1)
    untrained = accuracy(scores(random_layers(trained.description, 0), test, np.arange(60)), test)
    assert accuracy(scores(trained, test, np.arange(60)), test) > 0.85 > 0.6 > untrained


@pytest.mark.long
@needs_jit
def test_training_twice_gives_the_same_network(trained: DecolleNetwork) -> None:
    told: list[tuple[int, int]] = []
    again = train_layers(
        random_layers(trained.description, 0),
        recordings(240),
        LocalLearning(30, 24, 1e-2, regularisation=0.0),
        lambda *at: told.append(at),
        threads=3,
    )
    assert all((a == b).all() for a, b in zip(again.weights, trained.weights, strict=True))
    assert told[-1] == (7200, 7200)
    other = train_layers(again, recordings(240), LocalLearning(1, 24, 2e-2, window=4, seed=1))
    assert not (other.weights[0] == again.weights[0]).all()


def test_every_recording_is_learned_once_a_pass() -> None:
    network = random_layers(parse_description(NET), 0)
    learning = LocalLearning(2, 25, window=5)
    given = list(lessons(network, recordings(60), learning))
    assert [len(chosen) for chosen, _ in given] == [25, 25, 10] * 2
    for turn in (given[:3], given[3:]):
        assert sorted(np.concatenate([chosen for chosen, _ in turn]).tolist()) == list(range(60))
    assert given[0][0].tolist() != given[3][0].tolist()


def test_a_window_of_training_is_counted_from_where_it_begins() -> None:
    network, given = random_layers(parse_description(NET), 0), recordings(60)
    duration = 2000  # two steps of 1 ms, in recordings of six: begins are drawn from 0 to two windows before the end
    for chosen, begins in lessons(network, given, LocalLearning(1, 25, window=2)):
        assert begins is not None
        assert (begins >= 0).all()
        assert (begins <= np.maximum(given.lasting()[chosen] - 2 * duration, 0)).all()
        frames = frames_of(network, given, chosen, begins, 2)
        assert frames.shape == (len(chosen), 2, 6, 6, 2)
        for n, (k, begin) in enumerate(zip(chosen, begins, strict=True)):
            times = given.times[given.offsets[k] : given.offsets[k + 1]]
            assert frames[n].sum() <= ((times >= begin) & (times < begin + duration)).sum()
            assert (frames[n] == frames_of(network, given, np.array([k]), np.array([begin]))[0, :2]).all()
    assert [begins for _, begins in lessons(network, given, LocalLearning(1, 60))] == [None]
    with pytest.raises(ConfigError, match=r"^a training window must be of more steps than the burn-in of 1, not 1$"):
        train_layers(network, given, LocalLearning(1, window=1))
    with pytest.raises(ConfigError, match=r"^a window must be 0 to 65,536 steps, not -1$"):
        LocalLearning(window=-1)


def test_a_window_is_as_long_as_is_asked_for() -> None:
    described, given = parse_description(NET), recordings(60)
    assert given.lasting().max() <= 2 * 3000  # so that windows of three steps begin with the recording
    short = parse_description(NET.replace("steps = 6", "steps = 3"))
    in_windows = train_layers(random_layers(described, 0), given, LocalLearning(1, 24, 2e-2, window=3))
    expected = train_layers(random_layers(short, 0), given, LocalLearning(1, 24, 2e-2))
    assert all((a == b).all() for a, b in zip(in_windows.weights, expected.weights, strict=True))


def test_of_equal_pooled_membranes_the_first_is_taught() -> None:
    about = Layer("conv", 2, 3, 2)
    geometry = Geometry((4, 4, 1), (3, 3), 1, (4, 4, 2), 2)
    layer = LayerAtWork.at_rest(about, geometry, np.zeros((3, 3, 1, 2), np.float32), np.zeros(2, np.float32), 1)
    spikes = layer.advance(np.zeros((1, 4, 4, 1), np.float32))  # every membrane is 0
    readout = np.where(np.arange(24).reshape(8, 3) % 5 < 2, 1, -1).astype(np.int8)
    target = np.eye(3, dtype=np.float32)[[1]]
    _, found = local_gradients(layer, readout, spikes, LocalLearning(regularisation=0.0), target)
    signs = readout / np.sqrt(8)
    expected = (-target @ signs.T).reshape(4, 2).sum(axis=0)
    assert found == pytest.approx(expected, abs=1e-6)


def test_frames_come_in_parts_that_memory_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    network, given = random_layers(parse_description(NET), 0), recordings(60)
    whole = frames_of(network, given, np.arange(60))
    for room, size in ((1 << 26, 60), (6 * 72 * 7, 7), (1, 1)):
        monkeypatch.setattr("fxsnn.decolle.learn.MOST_COUNTS", room)
        parts = list(frames_in_parts(network, given, np.arange(60)))
        assert len(parts[0]) == size
        assert (np.concatenate(parts) == whole).all()


@pytest.mark.long
@needs_jit
@pytest.mark.parametrize("filters", ["inputs", "currents"])
def test_wide_words_say_what_the_float_network_says(trained: DecolleNetwork, filters: Any) -> None:
    test = recordings(60, seed=2)
    words = Words(16, 10, state_rounding="nearest-even", filters=filters)
    quantised = quantise_layers(trained, plan_layers(trained, words))
    said = respond_layers(quantised, frames_of(trained, test, np.arange(60)))
    in_float = scores(trained, test, np.arange(60))
    assert (said.argmax(axis=1) == in_float.argmax(axis=1)).mean() >= 0.95
    counts = count_casts(quantised, frames_of(trained, test, np.arange(1)))
    assert all(cast["overflows"] == 0 for cast in counts.values())


@needs_jit
def test_learning_through_the_quantisation_makes_up_for_it(trained: DecolleNetwork) -> None:
    train, test = recordings(240), recordings(120, seed=3)
    plan = plan_layers(trained, Words(3, 1))
    frames = frames_of(trained, test, np.arange(120))

    def measured(network: DecolleNetwork) -> float:
        return accuracy(respond_layers(quantise_layers(network, plan), frames), test)

    through = train_layers(
        trained, train, LocalLearning(8, 24, 1e-2, regularisation=0.0), grids=grids_of(trained, plan)
    )
    assert measured(through) > 0.9 > 0.85 > measured(trained)  # float sums differ between machines: wide margins
    # what it computed in training is what integers compute: all decays but rho are exact
    grids = grids_of(trained, plan)
    assert [grid.weight.step for grid in grids] == [2.0 ** -layer["weight"].format.frac for layer in plan.layers]


def test_memory_is_counted_array_by_array(trained: DecolleNetwork) -> None:
    memory = decolle_memory(quantise_layers(trained, plan_layers(trained, Words(4, 2))))
    held = {array.name: (array.words, array.word) for array in memory.arrays}
    assert held["input frame"] == (72, 2)
    assert held["layer 0 weights"] == (72, 4)
    assert held["layer 0 biases"] == (4, 8)
    assert held["layer 0 synaptic states"] == (72, 4)  # up to 2 / (1 - 0.5), two fractional bits
    assert held["layer 0 traces"] == (72, 6)  # up to 4 / (1 - 0.75)
    assert held["layer 0 refractory states"] == (144, 6)  # down to -8, which the sign bit reaches
    assert held["layer 0 spikes before pooling"] == (144, 1)
    assert held["layer 0 output spikes"] == (36, 1)
    assert held["layer 1 traces"] == (36, 5)
    assert "layer 1 spikes before pooling" not in held
    assert "layer 2 refractory states" not in held
    assert "layer 2 output spikes" not in held
    assert "random readout" not in held
    assert baseline(memory).bits > 4 * memory.bits
    currents = decolle_memory(quantise_layers(trained, plan_layers(trained, Words(4, 2, filters="currents"))))
    assert {a.name: a.words for a in currents.arrays}["layer 0 membrane potentials"] == 144


def test_what_cannot_be_learned_through_is_refused(trained: DecolleNetwork) -> None:
    with pytest.raises(ConfigError, match="a network must learn with filters of its inputs, not of its currents"):
        grids_of(trained, plan_layers(trained, Words(filters="currents")))
    with pytest.raises(ConfigError, match="a network must learn with rounding down or to nearest, not stochastic"):
        grids_of(trained, plan_layers(trained, Words(state_rounding="SR")))
    with pytest.raises(ConfigError, match="a weight must be 1 to 24 bits, not 0"):
        Words(0)
    with pytest.raises(ConfigError, match="a state must have -4 to 24 fractional bits, not 25"):
        Words(state=25)
    with pytest.raises(ConfigError, match="passes, batch and seed must be 1, 1 and 0 or more, not 0, 50 and 0"):
        LocalLearning(0)
    with pytest.raises(ConfigError, match="rate must be above 0 and at most 1, .* not 0, 0 and 0.95$"):
        LocalLearning(rate=0.0)
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match=f"^regularisation must be 0 or more, not {wrong:g}$"):
            LocalLearning(regularisation=wrong)


@needs_jit
def test_regularisation_leaves_fewer_spikes_and_the_answers(trained: DecolleNetwork) -> None:
    test = recordings(60, seed=2)
    learning = LocalLearning(30, 24, 1e-2, regularisation=0.5)
    quiet = train_layers(random_layers(parse_description(NET), 0), recordings(240), learning)
    spikes = []
    for network in (quiet, trained):
        assert (scores(network, test, np.arange(60)).argmax(axis=1) == test.labels).mean() >= 0.9
        quantised = quantise_layers(network, plan_layers(network, Words(16, 10)))
        told = layer_nodes(quantised, frames_of(network, test, np.arange(1))[0])
        spikes.append(sum(float(nodes["spike"].mean()) for nodes in told[:2]))
    assert spikes[0] < 0.8 * spikes[1]


def test_recordings_of_another_sensor_or_of_more_classes_are_refused(trained: DecolleNetwork) -> None:
    wrong = recordings(3)
    with pytest.raises(ConfigError, match="recordings must be of 6 x 6 cells, not 6 x 12"):
        scores(trained, replace(wrong, width=12), np.arange(3))
    with pytest.raises(ConfigError, match="labels must be 0 to 2, not 3"):
        scores(trained, replace(wrong, labels=wrong.labels + np.uint8(1)), np.arange(3))


# -- files and commands ----------------------------------------------------------------------------------------------


def test_a_network_survives_its_file(trained: DecolleNetwork, tmp_path: Path) -> None:
    save_layers(trained, tmp_path / "net.npz")
    held = load_layers(tmp_path / "net.npz")
    assert held.description == trained.description
    for name in ("weights", "biases", "readouts"):
        pairs = zip(getattr(held, name), getattr(trained, name), strict=True)
        assert all((a == b).all() and a.dtype == b.dtype for a, b in pairs)
    data = (tmp_path / "net.npz").read_bytes()
    arrays = unpack_npz(data)
    for damaged in (
        b"",
        data[:-30],
        pack_npz(arrays | {"format": np.asarray("fxsnn layered network 9")}),
        pack_npz(arrays | {"description": np.asarray(str(arrays["description"]).replace("kind", "kund"))}),
        pack_npz({name: array for name, array in arrays.items() if name != "biases_1"}),
        pack_npz(arrays | {"weights_0": arrays["weights_0"] * np.float32(np.nan)}),
    ):
        (tmp_path / "bad.npz").write_bytes(damaged)
        with pytest.raises(FileError, match=r"^a layered network must "):
            load_layers(tmp_path / "bad.npz")


@pytest.mark.parametrize("name", ["weights", "biases", "readouts"])
def test_arrays_that_do_not_fit_are_refused(trained: DecolleNetwork, name: str) -> None:
    held = getattr(trained, name)
    changes: list[Any] = [{name: held[:-1]}, {name: (held[0][..., :-1], *held[1:])}]
    for change in changes:
        with pytest.raises(ConfigError, match=r"of 3 layers|of layer 0 must be "):
            replace(trained, **change)


def write(folder: Path, shown: Recordings, split: str) -> None:
    """As N-MNIST's files, the sensor's corner."""
    for n in range(len(shown)):
        part = slice(shown.offsets[n], shown.offsets[n + 1])
        polarity, place = np.divmod(shown.addresses[part], 36)
        rows = zip(place % 6, place // 6, polarity, shown.times[part], strict=True)
        path = folder / split / str(shown.labels[n]) / f"{n:05}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(bytes([x, y]) + (int(p) << 23 | int(t)).to_bytes(3, "big") for x, y, p, t in rows))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of N-MNIST, and a network for it."""
    place = tmp_path_factory.mktemp("events")
    write(place, recordings(60), "Train")
    write(place, recordings(24, seed=1), "Test")
    (place / "net.toml").write_text(NET.replace("height = 6\nwidth = 6\n", "shrink = 3\n"))
    said = run(
        "train",
        place / "net.toml",
        "--data",
        place,
        "--out",
        place / "net.npz",
        "--passes",
        1,
        "--rate",
        0.02,
    )
    assert said.status == 0, said.err
    assert "net.npz: float test accuracy " in said.out
    return place


@long_without_jit
def test_the_commands_train_plan_and_emulate(folder: Path) -> None:
    said = run("data", folder)
    assert said.status == 0
    assert "N-MNIST train, 60 recordings" in said.out
    said = run("plan", folder / "net.npz", "--weight", 8, "--out", folder / "plan.toml")
    assert said.status == 0, said.err
    assert " times less, " in said.out
    once = run("emulate", folder / "net.npz", folder / "plan.toml", "--data", folder, "--workers", 2)
    assert once.status == 0, once.err
    assert once.out.splitlines()[1].startswith("fixed: test accuracy ")
    assert "on 24 recordings" in once.out
    assert once == run("emulate", folder / "net.npz", folder / "plan.toml", "--data", folder, "--workers", 1)
    some = run("emulate", folder / "net.npz", folder / "plan.toml", "--data", folder, "--images", 7)
    assert "on 7 recordings" in some.out


@long_without_jit
def test_a_network_can_be_trained_through_its_quantisation(folder: Path) -> None:
    words = ["train", folder / "net.toml", "--data", folder, "--out", folder / "q.npz", "--passes", 1]
    said = run(*words, "--weight", 4, "--state", 1)
    assert said.status == 0, said.err
    assert said.out.endswith("q.toml: the plan that it learned by\n")
    assert run("emulate", folder / "q.npz", folder / "q.toml", "--data", folder).status == 0


def test_a_description_to_begin_with_is_printed() -> None:
    said = run("describe", "decolle", "--classes", 11)
    described = parse_description(said.out)
    assert [described.geometry(n).weights for n in range(3)] == [(7, 7, 2, 64), (7, 7, 64, 128), (7, 7, 128, 128)]
    assert [described.inputs(n) for n in range(4)] == [(32, 32, 2), (16, 16, 64), (16, 16, 128), (8, 8, 128)]
    assert described.classes == 11
    assert parse_description(run("describe", "nmnist").out).layer[-1].channels == 10
    assert run("describe", "lenet").complaint.startswith("a network must be a file that can be read, not 'lenet' ")


@long_without_jit
def test_bad_input_is_refused_in_one_line(folder: Path, tmp_path: Path) -> None:
    net, plan = folder / "net.npz", folder / "net.toml"
    assert "a folder of recordings must hold N-MNIST as " in run("data", tmp_path).complaint
    assert run("emulate", net, plan, "--data", folder).complaint.startswith(f"'{plan}': a plan of layers must")
    assert run("emulate", plan, plan, "--data", folder).complaint == (
        f"--data {folder} must not be given for a network of populations, which takes --inputs"
    )
    complaint = run("train", net, "--data", folder, "--out", tmp_path / "x.npz").complaint
    assert " must " in complaint
    complaint = run("plan", net, "--filters", "both", "--out", tmp_path / "p.toml").complaint
    assert complaint == "filters must be inputs or currents, not 'both'"
    assert not list(tmp_path.iterdir())
