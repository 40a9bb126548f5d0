
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

