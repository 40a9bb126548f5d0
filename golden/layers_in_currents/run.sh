#!/bin/sh
# Runs the bench of this bundle: sh run.sh, or sh run.sh icarus, or sh run.sh verilator; or, in an environment with
# cocotb and Icarus Verilog, sh run.sh cocotb.
# It ends with PASS and status 0, or with what differs and another status. Nothing is left in the bundle.
set -u
cd "$(dirname "$0")" || exit 2
simulator=${1:-}
if [ -z "$simulator" ]; then
  if command -v iverilog >/dev/null; then simulator=icarus
  elif command -v verilator >/dev/null; then simulator=verilator
  else echo "needs Icarus Verilog (iverilog) or Verilator, and neither is on the PATH"; exit 2; fi
fi
built=$(mktemp -d) || exit 2
trap 'rm -rf "$built"' EXIT
case $simulator in
  icarus)
    iverilog -g2012 -o "$built/bench.vvp" -f rtl/bench.f || exit 2
    vvp -n "$built/bench.vvp" ;;
  verilator)
    verilator --binary --timing -Wno-fatal -Wno-WIDTH --top-module fxsnn_layers_bench --Mdir "$built" -f rtl/bench.f \
      >"$built/log" 2>&1 || { cat "$built/log"; exit 2; }
    "$built/Vfxsnn_layers_bench" ;;
  cocotb)
    [ -f rtl/fxsnn_cocotb.py ] || { echo "this bundle must be run with icarus or verilator: it has no cocotb bench"; exit 2; }
    "${PYTHON:-python3}" rtl/fxsnn_cocotb.py ;;
  *) echo "the simulator must be icarus, verilator or cocotb, not $simulator"; exit 2 ;;
esac
