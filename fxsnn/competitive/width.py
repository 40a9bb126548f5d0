"""The proof that nothing leaves the machine's word: every intermediate of a time step, bounded by its formats."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from fxsnn.competitive.plan import SIGNALS
from fxsnn.competitive.quantised import SITES, QuantisedNetwork
from fxsnn.errors import ConfigError
from fxsnn.kernels.site import Site
from fxsnn.number.format import Format
from fxsnn.number.signal import Signal
from fxsnn.program.program import Program, bind
from fxsnn.program.shipped import neuron
from fxsnn.program.wires import arriving

SPIKES = Format(1, 0, signed=False)
_PROVED: WeakKeyDictionary[QuantisedNetwork, Program] = WeakKeyDictionary()


def program_of(network: QuantisedNetwork) -> Program:
    """Return the network's neuron under its plan, proved once for each network: networks never change.

    Raises
    ------
    WidthError
        An intermediate could leave int64, or a cast would drop more than 62 bits; the message names the operation,
        the formats and the bound.
    """
    found = _PROVED.get(network)
    if found is None:
        found = _PROVED[network] = _proved(network)
    return found


def _proved(network: QuantisedNetwork) -> Program:
    plan = network.plan
    factor = plan.leak.factor.format
    if plan.leak.kind == "multiply" and factor.frac < 0:
        raise ConfigError(f"the leak factor's format must have 0 or more fractional bits, not {factor.describe()}")
    return bind(
        neuron(
            "competitive",
            accumulate=plan.accumulate,
            leak=plan.leak.kind,
            integrate=plan.integrate,
            compare=network.compare,
            winner=network.winner,
            reset=network.reset,
            refractory_input=network.refractory_input,
        ),
        {
            **{name: getattr(plan, name) for name in SIGNALS},
            "factor": plan.leak.factor,
            "refractory": Signal(Format(max(network.refractory_steps.bit_length(), 1), 0, signed=False)),
        },
        {"arriving": arriving(plan.weight.format, SPIKES, network.inputs)},
        network.neurons,
        numbers={"leak_shift": plan.leak.shift},
        lfsr_width=plan.lfsr.width,
    )


def constants_of(network: QuantisedNetwork) -> dict[str, int | list[int]]:
    """Return the words of the neuron's constants: one for all neurons, or one each."""
    return {
        "threshold": network.threshold,
        "theta": network.theta.tolist(),
        "period": network.refractory_steps,
        "inhibition": network.inhibition,
        "floor": network.floor,
        "factor": network.factor,
        "reset_value": network.reset_value,
    }


def sites_of(network: QuantisedNetwork) -> dict[str, Site]:
    """Return the casts that a time step makes, by name; raises as `program_of`."""
    program = program_of(network)
    return {SITES[one.stream]: program.site(one) for one in program.neuron.casts if one.stream is not None}


def exact_bits(network: QuantisedNetwork) -> int:
    """Return the bits of a two's complement word that holds every exact intermediate and every word.

    One more than the bounds need, so that a draw can be added to the dropped bits in place.
    """
    plan = network.plan
    lowest, highest = program_of(network).reached
    signals: list[Signal] = [getattr(plan, name) for name in SIGNALS]
    words = [signal.format.word for signal in (*signals, plan.leak.factor)]
    return min(64, max(highest.bit_length(), (-lowest - 1).bit_length(), *words) + 2)


def limits(network: QuantisedNetwork) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return threshold + adaptive threshold of every neuron at the comparison's binary point, int64[neurons]."""
    common, plan = program_of(network).named("_excess").frac, network.plan
    t, th = plan.threshold.format, plan.theta.format
    return (network.threshold << (common - t.frac)) + (network.theta << (common - th.frac))
