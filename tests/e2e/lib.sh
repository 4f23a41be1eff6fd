# SPDX-License-Identifier: Apache-2.0
# For the tests of the programs, which source it: a working folder, checks, and skipping aloud.
# shellcheck shell=bash
set -eu

: "${DMSC_SOURCE_ROOT:?}" "${DMSC_BUILD:?}"
# shellcheck disable=SC2034  # used by the tests
dmsc=$DMSC_BUILD/host/cli/dmsc scripts=$DMSC_SOURCE_ROOT/card-scripts
work=$(mktemp -d "${TMPDIR:-/tmp}/dmsc-e2e.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
# Nothing of whoever runs the test: no configuration, no state.
export HOME=$work/home XDG_STATE_HOME=$work/state
unset XDG_CONFIG_HOME OPENSC_CONF
mkdir "$HOME"

checks=0 failures=0

skip() { printf '\nSKIPPED: %s\n' "$*"; exit 77; }
need() { for tool in "$@"; do command -v "$tool" >/dev/null || skip "$tool is not installed"; done; }

bad() { # TEXT
  failures=$((failures + 1))
  printf 'FAILED: %s\n' "$1"
  sed 's/^/    out | /' "$work/out"
  sed 's/^/    err | /' "$work/err"
}
# run STATUS COMMAND...: the output goes to files, the exit status must be STATUS
run() {
  local want=$1 got=0
  shift
  command=("${1##*/}" "${@:2}")
  checks=$((checks + 1))
  "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
  [ "$got" = "$want" ] || bad "exit status $got instead of $want: ${command[*]}"
}
says() { grep -qE -- "$1" "$work/out" || bad "${command[*]}: the output does not say: $1"; }
says_not() { ! grep -qE -- "$1" "$work/out" || bad "${command[*]}: the output must not say: $1"; }
tells() { grep -qE -- "$1" "$work/err" || bad "${command[*]}: standard error does not say: $1"; }
silent() { [ ! -s "$work/$1" ] || bad "${command[*]}: $1 is not empty"; }
is_json() { python3 -m json.tool "$work/out" >/dev/null 2>&1 || bad "${command[*]}: this is no JSON"; }
# json EXPRESSION: true of the output, which is j
json() {
  python3 -c 'import json, sys; j = json.load(open(sys.argv[1])); sys.exit(not eval(sys.argv[2]))' \
    "$work/out" "$1" 2>/dev/null || bad "${command[*]}: not so: $1"
}
finish() {
  echo "$checks commands, $failures failed checks"
  [ "$failures" = 0 ] && [ "$checks" -gt 0 ]
}
