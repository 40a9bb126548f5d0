"""A network in real numbers and a plan make a network in raw integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan
from fxsnn.errors import ConfigError, naming
from fxsnn.frozen import freeze
from fxsnn.number.cast import CastResult, check_words, from_float_counted, to_float
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Overflow
from fxsnn.number.signal import Signal

# Streams of the plan's LFSR: the five casts of a time step come first, as neurons/competitive.neuron numbers them
SITES = ("accumulate", "leak", "integrate", "reset", "inhibit")
# and then the parameters
PARAMETERS = ("weights", "theta", "threshold", "inhibition", "leak factor", "reset value")
FIRST_LEARNING_STREAM = len(SITES) + len(PARAMETERS)  # those of learning: see itq.py


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class QuantisedNetwork:
    """A network whose every parameter is a raw word of its format in `plan`. Its arrays cannot be changed.

    `floor` and `reset_value` are words of the membrane. `casts` says for each constant how many of its
    words were inexact, ties and overflows.

    Raises ConfigError, which names it, where a word is not one of its format.
    """

    plan: Plan
    weights: NDArray[np.int64]  # int64[inputs, neurons]
    theta: NDArray[np.int64]  # int64[neurons]
    threshold: int
    factor: int  # of a multiplying leak, else 1
    inhibition: int
    floor: int
    reset_value: int
    reset: str
    compare: str
    winner: str
    refractory_steps: int
    refractory_input: str
    casts: dict[str, tuple[int, int, int]]

    def __post_init__(self) -> None:
        freeze(self, copy=True)
        if self.weights.ndim != 2 or self.theta.shape != self.weights.shape[1:]:
            raise ConfigError(
                "weights and theta must be of [inputs, neurons] and [neurons], "
                f"not {[*self.weights.shape]} and {[*self.theta.shape]}"
            )
        for name, signal in constant_signals(self.plan).items():
            check_words(name, getattr(self, name), signal.format)

    @property
    def inputs(self) -> int:
        """The number of inputs."""
        return int(self.weights.shape[0])

    @property
    def neurons(self) -> int:
        """The number of neurons."""
        return int(self.weights.shape[1])


def site_registers(plan: Plan) -> tuple[Lfsr, ...]:
    """Return the register of each cast of a time step as it stands at the start of every image."""
    return tuple(plan.lfsr.derive(stream) for stream in range(len(SITES)))


def parameter_register(plan: Plan, name: str) -> Lfsr:
    """Return the register that a parameter draws from where its rounding is stochastic."""
    return plan.lfsr.derive(len(SITES) + PARAMETERS.index(name))


def constant_signals(plan: Plan) -> dict[str, Signal]:
    """Return of which signal each constant of a network is a word; there is a factor where the leak multiplies."""
    same = {name: plan[name] for name in ("theta", "threshold", "inhibition")}
    factor = {"factor": plan.leak.factor} if plan.leak.kind == "multiply" else {}
    return {"weights": plan["weight"], **same, **factor, "floor": plan["membrane"], "reset_value": plan["membrane"]}


def parameter_signals(plan: Plan) -> dict[str, Signal]:
    """Return what each parameter is cast into, but for the floor, which nothing rounds by chance."""
    called = {"factor": "leak factor", "reset_value": "reset value"}
    return {called.get(name, name): one for name, one in constant_signals(plan).items() if name != "floor"}


def quantise(network: Network, plan: Plan) -> QuantisedNetwork:
    """Cast every parameter of the network into its format.

    A stochastic parameter draws from a stream of its own, inputs outermost: see docs/arithmetic.md.

    Raises
    ------
    OverflowDetectedError
        A parameter that is used leaves its format and the overflow mode is `error`; the message names it.
    ConfigError
        A parameter is not finite.
    """
    casts: dict[str, tuple[int, int, int]] = {}

    signals = parameter_signals(plan)

    def word(name: str, value: ArrayLike) -> NDArray[np.int64]:
        signal, lfsr = signals[name], parameter_register(plan, name)
        overflow = signal.overflow
        if name == "reset value" and network.reset != "value" and overflow is Overflow.ERROR:
            overflow = Overflow.SATURATE  # nothing reads it, and nothing is refused for it
        with naming(name):
            result: CastResult = from_float_counted(value, signal.format, signal.rounding, overflow, lfsr=lfsr)
        casts[name] = (result.inexact, result.ties, result.overflows)
        return result.raw

    multiplies = plan.leak.kind == "multiply"
    weights = word("weights", network.weights)
    theta = folded_theta(network, weights, plan["weight"].format) if plan.fold else network.theta
    return QuantisedNetwork(
        plan=plan,
        weights=weights,
        theta=word("theta", theta),
        threshold=int(word("threshold", network.threshold)),
        factor=int(word("leak factor", network.decay)) if multiplies else 1,
        inhibition=int(word("inhibition", network.inhibition)),
        floor=_clamped(plan["membrane"], network.floor),
        reset_value=int(word("reset value", network.reset_value)),
        reset=network.reset,
        compare=network.compare,
        winner=network.winner,
        refractory_steps=network.refractory_steps,
        refractory_input=network.refractory_input,
        casts=casts,
    )


def folded_theta(network: Network, weights: NDArray[np.int64], fmt: Format) -> NDArray[np.float64]:
    """Return the theta that makes up for what rounding did to the sum of each neuron's weights.

    If the weights of a neuron were all scaled by c, its membrane would be c times as large at every step, and
    a firing threshold of c * (threshold + theta) would leave its spikes as they were. Rounding to few bits
    scales sums so (truncation shrinks them; one bit may do anything), and theta is a stored constant of each
    neuron, so that the scale costs no memory and no operation. c is the ratio of the sums of magnitudes;
    a neuron one of whose sums is 0 keeps its theta.

    weights    int64[inputs, neurons]    raw words of `fmt`
    """
    before = np.add.reduce(np.abs(network.weights), axis=0)  # row by row: the same order on every machine
    after = np.add.reduce(np.abs(to_float(weights, fmt)), axis=0)
    scale = np.divide(after, before, out=np.ones_like(before), where=(before > 0) & (after > 0))
    folded: NDArray[np.float64] = scale * (network.threshold + network.theta) - network.threshold
    return folded


def _clamped(membrane: Signal, floor: float) -> int:
    """Return the floor as a membrane word: a floor below the format never binds and becomes its lowest word."""
    return int(from_float_counted(floor, membrane.format, "nearest-even", "saturate").raw)
