#!/bin/sh
# Plays every set here to its RTL: sh run.sh, or sh run.sh verilator. Ends with status 0 if all pass, with 1 if words
# differ, with 2 if any cannot be run, with 128 + n where it, or what it started, got signal n.
. ./begin.sh
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
