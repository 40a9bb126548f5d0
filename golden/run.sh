#!/bin/sh
# Plays every set here to its RTL: sh run.sh, or sh run.sh verilator. Ends with status 0 if all pass.
cd "$(dirname "$0")" || exit 2
status=0
for bench in */run.sh; do
  said=$(sh "$bench" "$@" 2>&1) || status=1
  echo "$(dirname "$bench"): $(echo "$said" | grep -E 'PASS|FAIL|FATAL|needs|must' | head -n 1)"
done
exit $status
