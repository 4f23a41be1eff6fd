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
# Into the working folder: what a card is provisioned from (tests/data/sync), the keys of issuer and
# device, and the PINs of a blank card.
material() {
  cp "$DMSC_SOURCE_ROOT"/tests/data/sync/* .
  cp issuer.key device.key # any private key will do
  echo 1234 >pin1
  echo 4444444444444444 >adm1
  chmod 600 pin1 adm1 device.key
  # The public half of the test key, as a SubjectPublicKeyInfo: SEC1 has it at its end.
  python3 - <<'END'
import base64, re
der = base64.b64decode(re.sub(r"-----[^-]*-----|\s", "", open("issuer.key").read()))
open("issuer.pub", "wb").write(bytes.fromhex("3059301306072A8648CE3D020106082A8648CE3D030107034200") + der[-65:])
END
}
# tree_config FILE STORE: a configuration of a tree without a card
tree_config() {
  cat >"$1" <<END
[store]
path = $2
[device]
id = urn:x:1
key = device.key
END
}
# config FILE STORE [LINK]: a configuration that names this material
config() {
  cat >"$1" <<END
[store]
path = $2
[device]
id = urn:x:1
key = device.key
[card]
pin_file = pin1
adm1_file = adm1
${3:+link = $3}
[trust]
issuer_key = issuer.pub
END
}
finish() {
  echo "$checks commands, $failures failed checks"
  [ "$failures" = 0 ] && [ "$checks" -gt 0 ]
}
