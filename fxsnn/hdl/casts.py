"""The casts of a neuron's step: instances of fxsnn_cast and, where they round by chance, of fxsnn_lfsr."""

from __future__ import annotations

from fxsnn.hdl.values import Values
from fxsnn.hdl.words import declared, fraction, mode_name, signed_bits, vector
from fxsnn.program.neuron import Cast
from fxsnn.program.operations import Ref
from fxsnn.program.wires import ANYWHERE


class Casts(Values):
    """The module while its casts are written."""

    def _dropped(self, cast: Cast) -> int:
        """Return how many bits a cast drops; below 0 if it adds some."""
        exact = self.wire(self.program.neuron.rounding(cast).a)
        return 0 if exact.frac == ANYWHERE else exact.frac - self.program.signals[cast.signal].format.frac

    def exact_bits(self, cast: Cast) -> int:
        """Return how wide fxsnn_cast takes a value."""
        exact, rounded = self.wire(self.program.neuron.rounding(cast).a), self.wire(cast.round)
        ends = signed_bits(min(exact.low, rounded.low), max(exact.high, rounded.high))
        return max(ends, self._dropped(cast) + 2, self.program.signals[cast.signal].format.word + 1, 2)

    def cast(self, cast: Cast) -> None:
        """Write a cast."""
        name, signal = self.naming.of[cast.limit], self.program.signals[cast.signal]
        bits, drops = self.exact_bits(cast), self._dropped(cast)
        ref = self.program.neuron.rounding(cast).a
        exact = self.naming.of.get(ref, "")
        if self.made.get(ref) != bits:
            exact = self.names.take(f"{name}_wide")
            self.add(f"{vector(bits, signed=True)} {exact};", f"assign {exact} = {self.value(ref)};")
        fresh = self._draw(cast, bits) if cast.limit in self.passes.drawing else f"{bits}'d0"
        word = self.names.take(f"{name}_word")
        self.add(
            f"{vector(bits, signed=True)} {word};",
            f"fxsnn_cast #(.X({bits}), .DROP({drops}), .WORD({signal.format.word}), "
            f".SIGNED({int(signal.format.signed)}),",
            f"             .ROUNDING(fxsnn_modes::{mode_name(signal.rounding.value)}), "
            f".OVERFLOW(fxsnn_modes::{mode_name(signal.overflow.value)}))",
            f"  {self.names.take(f'cast_{name}')} (.value({exact}), .fresh({fresh}), .word({word}), .overflowed());",
            f"{declared(self.wire(cast.limit))} {name};{fraction(self.wire(cast.limit))}",
        )
        self.add(f"assign {name} = {self.now_or_kept(cast.limit, word)};")

    def now_or_kept(self, ref: Ref, made: str) -> str:
        """Return a value: as it is made now, or as it was kept of the pass that made it."""
        if ref not in self.waiting:
            return made
        name, kind, done = self.naming.of[ref], declared(self.wire(ref)), self.waiting[ref]
        drawn = ref in self.passes.drawing
        about = f"{name} as it was {'drawn' if drawn else 'made'} in pass {done}"
        kept = self.kept[ref] = self.take(f"{name}_kept", kind, about)
        if drawn:
            return f"{self._when(done)} ? {made} : {kept}"
        return f"{self._enable(f'after_pass_{done}', f'1 once pass {done} has ended')} ? {kept} : {made}"

    def _draw(self, cast: Cast, bits: int) -> str:
        """Add a cast's register and what benches see of it; return what it adds."""
        stream, site, rounding = cast.stream, self.program.site(cast), self.program.neuron.rounding(cast)
        assert stream is not None  # noqa: S101  (so says the proof)
        within = next((one for one in self.passes.regions if one.carry < cast.round < one.done), None)
        made = self.passes.made[cast.limit]
        when = self._when(made) if within is None else self._in_region(self.naming.of[within.done])
        draws, fresh, register = (self.names.take(f"{part}_{stream}") for part in ("draws", "fresh", "register"))
        lfsr = self.registers[stream]
        taps = sum(1 << tap - 1 for tap in lfsr.taps)
        self.add(
            f"logic {draws};",
            f"assign {draws} = {when}{'' if rounding.guard is None else f' & {self.bit(rounding.guard)}'};",
            f"{vector(bits)} {fresh};",
            f"{vector(lfsr.width)} {register};",
            f"fxsnn_lfsr #(.WIDTH({lfsr.width}), .TAPS({lfsr.width}'h{taps:x}), .SEED({lfsr.width}'h{lfsr.seed:x}), "
            f".X({bits}), .COUNT({site.draw_bits}), .TOP({site.right - site.draw_bits}))",
            f"  {self.names.take(f'lfsr_{stream}')} (.clock(clock), .start(start), .draw({draws}), .fresh({fresh}), "
            f".state({register}));",
        )
        self.register_ports[stream] = self.give(f"observe_lfsr_{stream}", vector(lfsr.width), register)
        if within is None:
            self.draws[stream] = self.give(
                f"observe_draw_{stream}", vector(site.right), f"{draws} ? {fresh} : {bits}'d0"
            )
        return fresh

    def _when(self, number: int) -> str:
        return self._enable(f"in_pass_{number}", f"1 in pass {number}")

    def _in_region(self, name: str) -> str:
        return self._enable(f"in_{name}", f"1 where an active input comes to {name}")

    def _enable(self, name: str, about: str) -> str:
        if name not in self.enables:
            self.enables[name] = self.take(name, "logic", about)
        return self.enables[name]
