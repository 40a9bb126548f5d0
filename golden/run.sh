#!/bin/sh
# Plays every set here to its RTL: sh run.sh, or sh run.sh verilator. Ends with status 0 if all pass, with 1 if words
# differ, with 2 if any cannot be run, with 128 + n where it, or what it started, got signal n.

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

STOP_BY=TERM # of a set's run.sh, which ends what it has started
worst=0
for bench in */run.sh; do
  [ -f "$bench" ] || refuse "run.sh must be in the folder of the sets"
  sh "./$bench" "$@" >"$built/said" 2>&1 &
  wait "$!"
  status=$?
  case $status in
    0) line=$(grep 'PASS [0-9]* words' "$built/said") ;;
    *) line=$(grep -e '^FAIL' -e FATAL -e needs -e must -e nothing "$built/said" | head -n 1) ;;
  esac
  echo "${bench%/run.sh}: ${line:-ended with status $status}" || exit 2
  [ $status -le 128 ] || exit $status
  [ $status -le $worst ] || worst=$status
done
exit $worst
