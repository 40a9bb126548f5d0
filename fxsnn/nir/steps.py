"""A neuron of NIR's as a step: its text, choices and constants, and what its weights are multiplied by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fxsnn.errors import as_given
from fxsnn.nir.conventions import Conventions, taus
from fxsnn.nir.layout import Reals
from fxsnn.nir.node import CUBA, SPIKING, Node, Reported


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A text under choices.

    constants    real numbers, one each neuron in NIR's order; without `bias`, which is known once projections are
    gain         what weights and biases that arrive are multiplied by, one each
    pull         what v_leak adds in every step to what `bias` holds, one each; all 0 where it drives the membrane apart
    """

    text: str
    choices: dict[str, str]
    constants: dict[str, Reals]
    gain: Reals
    pull: Reals


def step_of(node: Node, size: int, rules: Conventions, reported: Reported) -> Step:
    """Return how a neuron of NIR's does a step.

    Raises
    ------
    ConfigError
        A parameter has another shape, a decay leaves 0 to 1, or dt is needed and not known; the node is named.
    """
    if node.kind == "Threshold":
        threshold = node.each("threshold", size)
        choices = {"compare": rules.compare}
        return Step("nir_threshold", choices, {"threshold": threshold}, np.ones(size), np.zeros(size))
    if node.kind in CUBA:
        return _with_current(node, size, rules, reported)
    plain = rules.gain == "plain"
    r, scale = np.ones(size) if plain else node.each("r", size), rules.scale if node.kind in SPIKING else 1.0
    constants: dict[str, Reals] = {}
    pull = np.zeros(size)
    leaks = "tau" in node.parameters
    if leaks:
        tau = taus(node, "tau", size)
        decay = constants["decay"] = _decay(node, "tau", tau, rules, reported)
        gain = r * _share(tau, decay, rules, node)
        pull = (1 - decay) * node.each("v_leak", size) * scale
    elif rules.gain in ("step", "norse", "plain") or (not rules.gain_asked and (r == 1).all()):
        gain = r
        if not rules.gain_asked:
            reported.assume(
                "r is 1 and taken as a step's, as Sinabs writes it (by NIR's equation a step adds r dt; --gain euler)",
                node.name,
            )
    else:
        gain = r * rules.seconds(node)
    choices = {"leak": "multiply" if leaks else "none"}
    if node.kind in SPIKING:
        choices |= {"spikes": rules.spikes}
        _fire(node, size, rules, reported, choices, constants)
    return Step("nir_lif" if node.kind in SPIKING else "nir_li", choices, constants, _plain(gain * scale), pull)


def _with_current(node: Node, size: int, rules: Conventions, reported: Reported) -> Step:
    """Return the step of a neuron with a synaptic current, in whose units w_in and r are."""
    syn, mem = taus(node, "tau_syn", size), taus(node, "tau_mem", size)
    falls, leaks = _decay(node, "tau_syn", syn, rules, reported), _decay(node, "tau_mem", mem, rules, reported)
    w_in = node.each("w_in", size) if "w_in" in node.parameters else np.ones(size)
    if "w_in" not in node.parameters:
        reported.assume("w_in is 1, it is missing", node.name)
    scale = rules.scale if node.kind in SPIKING else 1.0
    # Rockpool adds a spike before the current decays in the same step, Norse adds all of it
    whole = {"rockpool": falls, "norse": np.ones(size)}
    into = whole[rules.gain] if rules.gain in whole else _share(syn, falls, rules, node)
    gain = w_in * into * node.each("r", size) * _share(mem, leaks, rules, node)
    gain = scale * (np.ones(size) if rules.gain == "plain" else gain)
    constants = {"current_decay": falls, "membrane_decay": leaks}
    choices = {"taken": rules.current, "pull": "none"}
    rest = (1 - leaks) * node.each("v_leak", size) * scale
    if rest.any():
        choices["pull"], constants["rest"] = "constant", rest
    if node.kind == "CubaLIF":
        if rules.spikes == "many":
            reported.note("one spike a step: many are for LIF and IF alone", node.name)
        _fire(node, size, rules, reported, choices, constants)
    text = "nir_cuba_lif" if node.kind == "CubaLIF" else "nir_cuba_li"
    return Step(text, choices, constants, _plain(gain), np.zeros(size))


def _fire(
    node: Node, size: int, rules: Conventions, reported: Reported, choices: dict[str, str], constants: dict[str, Reals]
) -> None:
    """Add what a spike needs: threshold, reset and floor."""
    threshold = constants["threshold"] = node.each("v_threshold", size) * rules.scale
    value = node.each("v_reset", size) * rules.scale if "v_reset" in node.parameters else None
    reset = rules.reset
    if reset is None:
        reset = "zero" if value is None or not value.any() else "value"
        why = "v_reset is missing" if value is None else f"v_reset is {'0' if reset == 'zero' else 'given'}"
        reported.assume(
            f"reset to {reset}, as {why} (snnTorch, Rockpool and Sinabs subtract the threshold, which no file says; "
            "--reset)",
            node.name,
        )
    elif reset == "value":
        if value is None:
            reported.assume("v_reset is 0, it is missing", node.name)
        reset = "zero" if value is None or not value.any() else "value"
    elif value is not None and value.any():
        reported.note(f"v_reset is not used, as the reset is asked to be {reset}", node.name)
    if reset == "value" and value is not None:
        constants["reset_value"] = value
    step = "same" if rules.reset_step == "again" and reset != "subtract" else rules.reset_step
    step = {"spyx": "same" if node.kind in CUBA else "next"}.get(step, step)
    choices |= {"reset": reset, "reset_step": step, "compare": rules.compare, "bound": "none"}
    if rules.floor != "none" and (rules.floor != "if" or node.kind == "IF"):
        choices["bound"] = "floor"
        constants["floor"] = (
            -threshold if rules.floor in ("threshold", "if") else np.full(size, float(rules.floor)) * rules.scale
        )
    if (threshold <= 0).any():
        reported.note(f"a threshold is {as_given(threshold.min())}: who is at rest may fire in every step", node.name)


def _plain(gain: Reals) -> Reals:
    """Return factors without float32's last bits where they are 1 but for these, as when r is tau / dt."""
    return np.where(abs(gain - 1) < 1e-6, 1.0, gain)


def _decay(node: Node, name: str, tau: Reals, rules: Conventions, reported: Reported) -> Reals:
    """Return the factors by which a state decays in a step."""
    dt = rules.seconds(node)
    found = 1 - dt / tau if rules.decay == "euler" else np.exp(-dt / tau)
    if (found < 0).any():
        raise node.refusal(
            f"a decay must be 0 to 1, dt {as_given(dt)} and {name} {as_given(tau.min())} make it "
            f"{as_given(found.min())} by 1 - dt / {name}; see --dt and --decay"
        )
    if (found == 0).any() or not (found > 1e-9).all():
        reported.note(f"the decay of {name} {as_given(tau.min())} is 0, a step forgets all before it", node.name)
    return found


def _share(tau: Reals, decay: Reals, rules: Conventions, node: Node) -> Reals:
    """Return what of the input a step takes up, without r."""
    x = rules.seconds(node) / tau
    match rules.gain:
        case "hold":
            return 1 - decay if rules.decay == "exponential" else -np.expm1(-x)
        case "rockpool":
            return x * np.exp(x)
        case "step" | "plain":
            return np.ones_like(x)
    return x
