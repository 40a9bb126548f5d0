"""What NIR leaves open: how a differential equation becomes a step, and what a spike does. Asked for, or guessed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError, as_given
from fxsnn.nir.node import SPIKING, Node, Reported

Decay = Literal["euler", "exponential"]
Gain = Literal["euler", "hold", "rockpool", "norse", "step", "plain"]
Reset = Literal["zero", "value", "subtract"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for; none where it is left open.

    dt            seconds of a step
    decay         euler: 1 - dt / tau; exponential: exp(-dt / tau)
    gain          what arrives is multiplied by. euler: r dt / tau; hold: r (1 - exp(-dt / tau)), the exact answer to
                  what stays as it is for a step; rockpool: r dt / tau exp(dt / tau), which undoes what Rockpool writes;
                  norse: as euler, but a synaptic current takes all; step: r; plain: 1, as Spyx does not use r and w_in.
                  Where there is no tau: r dt, r of step and norse, 1 of plain
    reset         of a membrane that fired: to zero, to v_reset, or by the threshold
    reset_step    same: in the step of the spike; next: in the next one, as snnTorch's reset_delay; again: in the same,
                  but a membrane that is above the threshold after it fires only where it is above it twice, as with
                  snnTorch's reset_delay=False and subtraction (of other resets: same); spyx: same of CubaLIF, else next
    compare       gt: fires above the threshold; ge: at it too
    spikes        one in a step; or many: as many times as the membrane holds the threshold, at most 31
    floor         none; threshold: the membrane is kept at -v_threshold or more; if: that of IF alone; or a number
    current       same: a membrane takes up the current of its own step; before: that of the step before
    arrives       same: what is emitted arrives at neurons in the same step; next: in the next one, the input too;
                  emitted: what neurons emit in the next one, the input in the same
    scale         membranes and thresholds of spiking neurons are multiplied by it: the same spikes in other units
    output        the output that is read of a graph that has several
    """

    dt: float | None = None
    decay: str | None = None
    gain: str | None = None
    reset: str | None = None
    reset_step: str | None = None
    compare: str | None = None
    spikes: str | None = None
    floor: str | None = None
    current: str | None = None
    arrives: str | None = None
    scale: float = 1.0
    framework: str | None = None
    output: str | None = None

    def __post_init__(self) -> None:
        for name, known in OPEN.items():
            given = getattr(self, name)
            number = name == "floor" and given not in (None, *known) and _is_number(given)
            if given is not None and given not in known and not number:
                wanted = ", ".join(known) + (" or a number" if name == "floor" else "")
                raise ConfigError(f"--{name.replace('_', '-')} must be one of {wanted}, not {given!r}")
        if self.framework is not None and self.framework not in OF_FRAMEWORK:
            raise ConfigError(f"--from must be one of {', '.join(OF_FRAMEWORK)}, not {self.framework!r}")
        for option, given in (("--dt", self.dt), ("--scale", self.scale)):
            if given is not None and not (math.isfinite(given) and given > 0):
                raise ConfigError(f"{option} must be a number above 0, not {given!r}")

    def filled(self) -> Asked:
        """Return the same with what a framework does where nothing else is asked for."""
        if self.framework is None:
            return self
        own = OF_FRAMEWORK[self.framework]
        return replace(self, **{name: value for name, value in own.items() if getattr(self, name) is None})


OPEN: dict[str, tuple[str, ...]] = {
    "decay": get_args(Decay),
    "gain": get_args(Gain),
    "reset": get_args(Reset),
    "reset_step": ("same", "next", "again", "spyx"),
    "compare": ("gt", "ge"),
    "spikes": ("one", "many"),
    "floor": ("none", "threshold", "if"),
    "current": ("same", "before"),
    "arrives": ("same", "next", "emitted"),
}
# what is taken where nobody says, and who does otherwise; `reset` and `dt` depend on the file
DEFAULTS: dict[str, tuple[str, str]] = {
    "reset_step": ("same", "snnTorch resets in the next step unless reset_delay=False"),
    "compare": ("gt", "Sinabs, SpikingJelly and hls4ml fire at the threshold too: ge"),
    "spikes": ("one", "Sinabs and Rockpool may emit many in a step"),
    "floor": ("none", "Sinabs reads IF with a floor of -v_threshold, which is in no file"),
    "current": ("same", "recurrent cells of Norse take up the current of the step before"),
    "arrives": ("same", "Lava's arrive in the next step"),
}
# what each framework does otherwise with a network that it writes or reads; what is not here the file states
_OWN: dict[str, dict[str, Any]] = {
    "snntorch": {"dt": 1e-4, "decay": "euler", "gain": "euler", "reset": "subtract", "reset_step": "again"},
    "norse": {"dt": 1e-3, "decay": "euler", "gain": "norse", "reset": "value"},
    "rockpool": {"decay": "exponential", "gain": "rockpool", "reset": "subtract"},
    "sinabs": {"dt": 1.0, "decay": "exponential", "gain": "step", "reset": "subtract"}
    | {"compare": "ge", "spikes": "many", "floor": "if"},
    "lava": {"decay": "euler", "gain": "euler", "reset": "zero", "arrives": "next"},
    "spikingjelly": {"dt": 1e-4, "decay": "euler", "gain": "euler", "reset": "value", "compare": "ge"},
    "spyx": {"dt": 1.0, "decay": "euler", "gain": "plain", "reset": "subtract", "reset_step": "spyx"}
    | {"arrives": "emitted"},
}
OF_FRAMEWORK = {name: {one: usual for one, (usual, _) in DEFAULTS.items()} | own for name, own in _OWN.items()}


@dataclass(frozen=True, slots=True)
class Conventions:
    """What is done: nothing is left open. dt is none where no node needs it."""

    dt: float | None
    decay: str
    gain: str
    gain_asked: bool  # else r of 1 where there is no tau is a step's
    reset: str | None  # none: by each node's v_reset
    reset_step: str
    compare: str
    spikes: str
    floor: str
    current: str
    arrives: str
    scale: float

    def __post_init__(self) -> None:
        if self.spikes == "many" and (self.compare, self.reset_step) != ("ge", "same"):
            raise ConfigError(
                "--spikes many must come with --compare ge and --reset-step same, "
                f"not {self.compare} and {self.reset_step}"
            )

    def seconds(self, node: Node) -> float:
        """Return dt; raises ConfigError where it is not known, naming the node that needs it."""
        if self.dt is None:
            raise node.refusal("--dt must be given, the file does not state it")
        return self.dt


def settled(nodes: Iterable[Node], asked: Asked, reported: Reported) -> Conventions:
    """Return what is done, of what is asked for, of the framework that is named, and of guesses, which are reported.

    Raises
    ------
    ConfigError
        dt can be guessed of nothing, or what is asked for does not go together.
    """
    listed, given = tuple(nodes), asked.filled()
    leaky = [node for node in listed if _taus(node)]
    guess = _guessed(leaky, reported) if given.dt is None and leaky else Guess(given.dt)
    if leaky and guess.dt is None:
        raise leaky[0].refusal(
            "--dt must be given: tau / r is not one number above 0 of all nodes, so the file does not state it"
        )
    spiking = any(node.kind in SPIKING for node in listed)
    kinds = {node.kind for node in listed}
    relevant = {
        "reset_step": spiking,
        "compare": spiking or "Threshold" in kinds,
        "spikes": bool(kinds & {"IF", "LIF"}),
        "floor": spiking,
        "current": bool(kinds & {"CubaLI", "CubaLIF"}),
        "arrives": bool(listed),
    }
    found = {}
    for name, (default, others) in DEFAULTS.items():
        value = getattr(given, name)
        if value is None and relevant[name]:
            reported.assume(f"{name.replace('_', ' ')}: {default} ({others}; --{name.replace('_', '-')})")
        found[name] = value or default
    if given.decay is None and leaky and guess.decay is None:
        reported.assume("decay: euler, 1 - dt / tau (Rockpool, Sinabs: exponential, exp(-dt / tau); --decay)")
    if given.decay is None and guess.decay:
        reported.assume(f"decay: {guess.decay}, as {guess.by} does (--decay)")
    if given.gain is None and leaky:
        reported.assume(f"gain of what arrives: {guess.gain or 'euler'} (--gain)")
    return Conventions(
        dt=guess.dt,
        decay=given.decay or guess.decay or "euler",
        gain=given.gain or guess.gain or "euler",
        gain_asked=given.gain is not None,
        reset=given.reset,
        scale=given.scale,
        **found,
    )


@dataclass(frozen=True, slots=True)
class Guess:
    """dt as the parameters of nodes imply it, and how the framework that writes them so makes a step."""

    dt: float | None
    decay: str | None = None
    gain: str | None = None
    by: str = ""


def _taus(node: Node) -> tuple[str, ...]:
    return tuple(name for name in ("tau", "tau_mem") if name in node.parameters)


def taus(node: Node, name: str, size: int) -> NDArray[np.float64]:
    """Return a time constant for each of so many neurons, float64[neurons]; ConfigError where one is not above 0."""
    found = node.each(name, size)
    if (found <= 0).any():
        raise node.refusal(f"{name} must be above 0, not {as_given(found.min())}")
    return found


def _guessed(nodes: Iterable[Node], reported: Reported) -> Guess:
    """Guess dt of r, which frameworks write in ways of their own."""
    pairs = []
    for node in nodes:
        for name in _taus(node):
            size = max(node.numbers(name).size, node.numbers("r").size)
            pairs.append(np.stack([taus(node, name, size), node.each("r", size)]))
    tau, r = np.unique(np.concatenate(pairs, axis=1), axis=1)
    if (r <= 0).any():
        return Guess(None)
    if (r == 1).all():
        if (tau >= 1).all():
            reported.assume(
                "dt: 1, as r is 1 and tau is 1 or more: tau seems to be in steps, as Sinabs writes it (--dt)"
            )
            return Guess(1.0, "exponential", "step", "Sinabs")
        reported.assume(
            "dt: 0.0001 s; r is 1, as Norse writes it, which says nothing of dt "
            "(Norse runs 0.001 s if nothing is said; --dt)"
        )
        return Guess(1e-4)
    by_tau, by_exponential = tau / r, tau * _solved(r)
    plain, rockpool = _common(by_tau), _common(by_exponential)
    if rockpool is not None and (plain is None or (_is_round(rockpool) and not _is_round(plain))):
        reported.assume(f"dt: {rockpool:g} s, as r is tau / dt exp(-dt / tau), as Rockpool writes it (--dt)")
        return Guess(rockpool, "exponential", "rockpool", "Rockpool")
    if plain is not None:
        reported.assume(f"dt: {plain:g} s, as r is tau / dt, as snnTorch writes it (--dt)")
        return Guess(plain, "euler", "euler", "snnTorch")
    return Guess(None)


def _common(found: NDArray[np.float64]) -> float | None:
    """Return what all are but for float32's last bits: a round number if it is near one; none where they differ."""
    low, high = float(found.min()), float(found.max())
    if not (math.isfinite(high) and low > 0 and high <= low * (1 + 1e-4)):
        return None
    near = float(f"{float(np.median(found)):.2g}")
    return near if abs(near / float(np.median(found)) - 1) < 1e-4 else float(np.median(found))


def _is_round(value: float) -> bool:
    return float(f"{value:.2g}") == value


def _solved(r: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return x of exp(-x) / x = r, by Newton's method on x + log(x) + log(r), which is concave and rises."""
    target = -np.log(r)
    x = np.where(target < 0, np.exp(np.minimum(target, 0.0)), np.maximum(target, 0.5))
    for _ in range(60):
        x = np.maximum(x - (x + np.log(x) - target) / (1 + 1 / x), x / 16)
    return x


def _is_number(given: str) -> bool:
    try:
        return math.isfinite(float(given))
    except ValueError:
        return False
