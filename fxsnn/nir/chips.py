"""Neurons of chips, generators and frameworks for nodes of NIR's: each node in the constants of theirs.

A constant whose unit is that of weights and membranes is `scaled`: it grows with them. All else stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import as_given
from fxsnn.nir.layout import Reals
from fxsnn.nir.node import Reported

Has = Literal["must", "may", "never"]


@dataclass(frozen=True, slots=True, eq=False)
class Leaky:
    """What a node does in a step. All numbers are one each neuron, float64[neurons].

    decay        of the membrane; 1 where nothing leaks
    synapse      the decay of its current; none without one
    drive        what is added to the membrane in every step
    reset        zero, value or subtract; in the same step, the next, or again: see `Asked`
    looped       whether it projects to itself
    read         whether the network's answer is read here, and it projects nowhere
    """

    name: str
    decay: Reals
    synapse: Reals | None
    drive: Reals
    threshold: Reals
    value: Reals
    floor: Reals | None
    reset: str
    reset_step: str
    many: bool
    looped: bool
    read: bool


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """A node in a neuron's own terms.

    factor    what its weights are multiplied by besides, one each neuron
    """

    choices: dict[str, str]
    scaled: dict[str, Reals]
    plain: dict[str, Reals] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    factor: Reals | None = None


@dataclass(frozen=True, slots=True)
class Chip:
    """What a neuron has and does.

    take        a node in its terms; what it does otherwise is reported
    signals     the words of its page, as a plan has them; `weight` is that of its weights
    positive    of weights that are all 0 or more, where they have a format of their own
    input       the input of its text that takes all, and that which takes its own spikes where there is one
    compare     gt: fires above its threshold; ge: at it too
    resets      what it does where a node resets to zero, to a value, or by subtraction
    steps       the resets' steps that it has
    leaks, current    whether a node must or may leak, or have a synaptic current
    bias        whether it can be driven in every step: by a constant, by the layer before it, or not
    many, floor      whether it can spike several times a step, or keeps its membrane above a floor
    grows       whether weights are multiplied up to the largest words of their format, and not only down
    threshold   the constant that is its threshold, and by what its text multiplies it
    late        whether what it emits arrives in the next step
    otherwise   what it always does otherwise
    """

    take: Callable[[Leaky, Reported], Taken]
    signals: Mapping[str, str]
    input: str
    resets: Mapping[str, str]
    compare: Literal["gt", "ge"] = "gt"
    own_input: str = ""
    positive: str = ""
    steps: tuple[str, ...] = ("same",)
    leaks: Has = "may"
    current: Has = "never"
    bias: Literal["constant", "before", "never"] = "never"
    many: bool = False
    floor: bool = False
    grows: bool = True
    threshold: str = "threshold"
    shift: int = 1
    late: bool = False
    otherwise: tuple[str, ...] = ()


def _loihi(node: Leaky, _told: Reported) -> Taken:
    falls = np.zeros_like(node.decay) if node.synapse is None else node.synapse
    unit = 1 / 4096
    decays = {"du": 1 - falls - unit, "dv": 1 - node.decay, "ds_offset": falls * 0 + unit, "dm_offset": falls * 0}
    return Taken({"edge": "lava", "refractory": "none"}, {"vth": node.threshold, "bias": node.drive * 64}, decays)


def _snntorch(node: Leaky, reported: Reported) -> Taken:
    delayed = node.reset_step == "next"
    if node.reset == "subtract" and node.reset_step == "same":
        reported.differ(
            "who begins a step above its threshold, as after a reset by subtraction, must be above it twice to fire",
            node.name,
        )
    kept = "subtract" if node.reset == "subtract" else "zero_all" if delayed else "zero"
    choices = {"reset": kept, "reset_delay": "yes" if delayed else "no", "inhibition": "no"}
    return Taken(choices, {"threshold": node.threshold}, {"beta": node.decay})


def _sinabs(node: Leaky, _told: Reported) -> Taken:
    choices = {"spikes": "many" if node.many else "single"}
    choices |= {"reset": "subtract" if node.reset == "subtract" else "value"}
    choices |= {"bound": "none" if node.floor is None else "floor"}
    scaled = {"threshold": node.threshold, "reset_value": node.threshold * 0}
    if node.floor is not None:
        scaled["floor"] = node.floor
    return Taken(choices, scaled, {"most": np.full_like(node.threshold, 31)})


def _spiker(node: Leaky, reported: Reported) -> Taken:
    if node.reset == "subtract":
        reported.differ(
            "who fires does not leak in that step, so that more is left after a reset by subtraction", node.name
        )
    shift = _shifts(node.decay, "the membrane's decay", node.name, reported, 62)
    choices = {"reset": "subtractive" if node.reset == "subtract" else "fixed"}
    choices |= {"recurrent": "yes" if node.looped else "no"}
    # a node's membrane leaks in the step after its reset, this one's has leaked before
    scaled = {"v_th": node.threshold, "v_reset": node.value * (1 - np.ldexp(1.0, -shift))}
    return Taken(choices, scaled, numbers={"shift": int(shift[0])})


def _hls4ml(node: Leaky, _told: Reported) -> Taken:
    choices = {"leak": "multiply" if (node.decay != 1).any() else "none", "accumulate": "exact"}
    choices |= {"reset": "subtract" if node.reset == "subtract" else "zero"}
    choices |= {"drive": "constant" if node.drive.any() else "none"}
    return Taken(choices, {"threshold": node.threshold, "bias": node.drive}, {"beta": node.decay})


def _xylo(node: Leaky, reported: Reported) -> Taken:
    falls = np.zeros_like(node.decay) if node.synapse is None else node.synapse
    own, syn = (
        _shifts(decay, f"the {which}'s decay", node.name, reported, 15)
        for decay, which in ((node.decay, "membrane"), (falls, "current"))
    )
    # its current decays before the membrane takes it up, a node's does not: weights make up for it
    factor = 1 / np.maximum(1 - np.ldexp(1.0, -syn), 0.5)
    if (syn == 0).any():
        reported.differ("a current decays by a half at least, as none is left where it decays at once", node.name)
    syn = np.maximum(syn, 1)
    choices = {"core": "v2" if node.drive.any() else "v1", "layer": "readout" if node.read else "hidden"}
    alike = (own == own[0]).all() and (syn == syn[0]).all()
    if not node.read:
        reported.differ("a hidden neuron spikes up to 31 times in a step, while it is at its threshold", node.name)
    shifts = {"syn_1": syn, "syn_2": syn, "mem": own}
    return Taken(
        choices | {"dash": "one" if alike else "each"},
        {"v_th": node.threshold, "bias": node.drive},
        {} if alike else {f"factor_{name}": np.ldexp(1.0, -shift) for name, shift in shifts.items()},
        {f"dash_{name}": int(shift[0]) for name, shift in shifts.items()} if alike else {},
        factor,
    )


def _quantisenc(node: Leaky, reported: Reported) -> Taken:
    kept = {"zero": "zero", "value": "rest", "subtract": "subtract"}[node.reset]
    if kept == "rest":
        reported.differ("what arrives in the step of a spike is added to v_reset", node.name)
    ones = np.ones_like(node.decay)
    plain = {"decay_rate": 1 - node.decay, "grow_rate": ones, "refractory_period": ones * 0}
    plain |= {"lowest": ones * -8, "unit": ones / 16}
    return Taken({"reset": kept}, {"vth": node.threshold, "vrest": node.value}, plain)


def _shifts(decay: Reals, which: str, name: str, reported: Reported, most: int) -> NDArray[np.int64]:
    """Return the shifts by which a state decays, int64[neurons]; report where that is another decay."""
    shift = nearest_shift(decay, most)
    can_be = 1 - np.ldexp(1.0, -shift)
    if ((off := abs(can_be - decay)) > 1e-6).any():
        worst = int(off.argmax())
        reported.differ(f"{which} is 1 - 2^-shift: {as_given(decay[worst])} becomes {as_given(can_be[worst])}", name)
    return shift


def nearest_shift(decay: Reals, most: int = 62) -> NDArray[np.int64]:
    """Return the shift by which 1 - 2**-shift is nearest to a decay, int64[neurons], at most so much."""
    can_be = 1 - np.ldexp(1.0, -np.arange(most + 1))
    found: NDArray[np.int64] = np.argmin(abs(can_be - decay[:, None]), axis=1)
    return found


_ZERO = {"zero": "zero", "value": "zero", "subtract": "zero"}
_TWO = _ZERO | {"subtract": "subtract"}
_ALL = {"zero": "zero", "value": "value", "subtract": "subtract"}
_FIXED = "Q6.10 floor wrap"
CHIPS: dict[str, Chip] = {
    "loihi": Chip(
        _loihi,
        {"weight": "Q9.-1", "current": "Q25.0 zero wrap", "membrane": "Q24.0 zero saturate-symmetric"}
        | {"du": "UQ0.12", "dv": "UQ0.12", "bias": "Q21.0", "vth": "UQ17.0"},
        "arriving",
        _ZERO,
        positive="UQ8.0",
        current="may",
        bias="constant",
        threshold="vth",
        shift=64,
        late=True,
    ),
    "xylo": Chip(
        _xylo,
        {"weight": "Q8.0", "current": "Q16.0 floor saturate", "membrane": "Q16.0 floor saturate", "v_th": "UQ15.0"}
        | {"bias": "Q16.0", "spikes": "UQ5.0", "factor": "UQ1.15", "shifted": "Q16.0 floor saturate"},
        "synapse_1",
        dict.fromkeys(_ALL, "subtract"),
        "ge",
        current="must",
        bias="constant",
        many=True,
        threshold="v_th",
        otherwise=("a word above 0 decays by 1 at least",),
    ),
    "spiker": Chip(
        _spiker,
        {"weight": "Q6.0", "membrane": "Q10.0 floor saturate"},
        "exciting",
        _ALL,
        own_input="inhibiting",
        leaks="must",
        threshold="v_th",
        otherwise=("the membrane saturates after every weight that is added",),
    ),
    "hls4ml": Chip(
        _hls4ml,
        dict.fromkeys(("weight", "bias", "result", "accumulator", "membrane", "beta", "threshold"), _FIXED),
        "arriving",
        _TWO,
        "ge",
        bias="constant",
        grows=False,
        otherwise=("sums and membranes wrap round",),
    ),
    "snntorch": Chip(
        _snntorch,
        {"weight": "Q2.6", "membrane": "Q6.6 floor saturate", "beta": "UQ1.8", "threshold": "UQ2.6"},
        "current",
        _TWO,
        steps=("same", "next", "again"),
        bias="before",
    ),
    "sinabs": Chip(
        _sinabs,
        {"weight": "Q8.0", "membrane": "Q16.0 floor saturate", "threshold": "UQ15.0", "spikes": "UQ10.0"}
        | {"reset_value": "Q16.0"},
        "arriving",
        _TWO,
        "ge",
        leaks="never",
        bias="before",
        many=True,
        floor=True,
    ),
    "quantisenc": Chip(
        _quantisenc,
        {"weight": "Q1.4", "membrane": "Q4.4 floor saturate", "magnitude": "UQ3.4 floor wrap", "presence": "UQ1.0"}
        | {"wait": "UQ8.0"},
        "arriving",
        _ALL,
        threshold="vth",
        otherwise=("it fires in the step after its membrane passed the threshold",),
    ),
}
