#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A pcscd of our own, in namespaces of its own, with our card in its virtual reader. Then a test:
#
#   pcscd.sh BUILD SOURCE tools    general tools take it for a card: ATR, commands, PKCS#15
#   pcscd.sh BUILD SOURCE module   a provisioned card, through the module that dmsc brings for OpenSC
#   pcscd.sh BUILD SOURCE aka      EAP-AKA of wpa_supplicant against hostapd, with AUTHENTICATE
#   pcscd.sh BUILD SOURCE signing  keys of the card sign for pkcs11-tool; openssl verifies
#   pcscd.sh BUILD SOURCE judges   pcsc_scan, scriptor, opensc-explorer, pkcs15-tool, pkcs11-tool
#   pcscd.sh BUILD SOURCE rate     commands a second against a card that answers 9000 to everything
#   pcscd.sh BUILD SOURCE link_rate  commands a second through our link against bare calls
#   pcscd.sh BUILD SOURCE link     the link pcsc: conformance, cards that come and go, other clients
#
# Needs root (unshare), pcscd, vpcd and the OpenSC tools; without them it is skipped, and says so.
set -eu
build=$1 source=$2 what=$3

skip() { echo "SKIPPED: $*"; exit 77; }
fail() { echo "FAIL: $*"; if [ -s "$work/out" ]; then sed 's/^/  | /' "$work/out"; fi; exit 1; }

if [ -z "${PCSCD_SH_INSIDE:-}" ]; then
  command -v pcscd >/dev/null || skip "pcscd is not installed"
  [ -e /usr/lib/pcsc/drivers/serial/libifdvpcd.so ] || skip "vsmartcard-vpcd is not installed"
  command -v opensc-tool >/dev/null || skip "opensc is not installed"
  unshare -m -n true 2>/dev/null || skip "no right to make namespaces (root has it)"
  PCSCD_SH_INSIDE=1 exec unshare -m -n -- "$0" "$@"
fi

work=$(mktemp -d)
children=
cleanup() {
  local child
  for child in $children; do kill "$child" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

wait_for() { # what to run until it is true, ten seconds at most
  for _ in $(seq 200); do "$@" >/dev/null 2>&1 && return 0; sleep 0.05; done
  return 1
}

start_pcscd() {
  ip link set lo up || skip "no loopback in the namespace"
  mkdir -p /run/pcscd "$work/run"
  mount --bind "$work/run" /run/pcscd || skip "no bind mount"
  cat >"$work/reader.conf" <<END
FRIENDLYNAME "Virtual PCD"
DEVICENAME   /dev/null:0x8C7B
LIBPATH      /usr/lib/pcsc/drivers/serial/libifdvpcd.so
CHANNELID    0x8C7B
END
  # Newer ones ask polkit, which is not in here.
  pcscd --help 2>&1 | grep -q -- --disable-polkit && options=--disable-polkit
  # shellcheck disable=SC2086
  pcscd --foreground ${options:-} --config "$work/reader.conf" >"$work/pcscd.log" 2>&1 &
  children="$children $!"
  export PCSCLITE_CSOCK_NAME=$work/run/pcscd.comm
  wait_for test -S "$PCSCLITE_CSOCK_NAME" || fail "pcscd did not start: $(tail -1 "$work/pcscd.log")"
}

start_card() { # PROFILE OPTION...
  rm -f "$work/ready"
  "$build/simulator/uicc/dmsc-uicc" "$@" --ready-file "$work/ready" >"$work/card.log" 2>&1 &
  card=$!
  children="$children $card"
  wait_for test -s "$work/ready" || { cp "$work/card.log" "$work/out"; fail "the card is not in the reader"; }
}

stop_card() {
  kill "$card" || fail "dmsc-uicc is gone"
  wait "$card" || fail "dmsc-uicc ended with $?"
}

expect() { # TEXT COMMAND...
  local text=$1
  shift
  "$@" >"$work/out" 2>&1 || fail "$* ended with $?"
  grep -qiF -- "$text" "$work/out" || fail "$*: \"$text\" is missing"
}

test_tools() {
  export OPENSC_CONF=$work/opensc.conf
  echo 'app default { enable_default_driver = true; card_drivers = default; }' >"$OPENSC_CONF"
  cat >"$work/card.json" <<END
{ "base": "$source/card-scripts/example.json", "files": {
  "3F00/7F4D/5031": { "content": "A7 06 30 04 04 02 6430" },
  "3F00/7F4D/5032": { "content": "30 24 02 01 00 04 0A 988812010000400310F0 0C 04 646D7363 80 09 444D53432055494343 03 02 04 10" },
  "3F00/7F4D/6430": { "content": "30 26 30 07 0C 05 4D414C2D41 30 13 0C 04 444D5343 06 0B 2B0601040181FD59444D01 A1 06 30 04 04 02 6F02" } } }
END
  start_card "$work/card.json" --lenient
  expect "3b:9f:96:80:1f:87:80:31:e0:73:fe:21:1b:67:4a:35:75:30:35:02:65:f8" opensc-tool -a
  expect "98 88 12 01 00 00 40 03 10 F0" opensc-tool -s 00B082000A
  expect "44 4D 10 06 00 00 00 09" opensc-tool -s 00A4040C0CF0444D53432D554943430100 -s 00B2010C30
  expect "DMSC UICC" pkcs15-tool --aid F0444D53432D554943430100 --dump
  expect "1.3.6.1.4.1.32473.68.77.1" pkcs15-tool --aid F0444D53432D554943430100 --list-data-objects
  stop_card
  # T=1: the ATR says so, and the reader believes it.
  start_card "$work/card.json" --t1
  expect "3b:9f:96:81:1f:87:80:31:e0:73:fe:21:1b:67:4a:35:75:30:35:02:65:f9" opensc-tool -a
  expect "62 17 82 02 41 21 83 02 2F E2" opensc-tool -s 00A40004022FE200
  stop_card
  # Strict: P2=00 is refused as a UICC refuses it.
  start_card "$work/card.json"
  expect "SW1=0x6A, SW2=0x86" opensc-tool -s 00A40000023F00
  stop_card
  # What is written outlives the process.
  start_card "$work/card.json" --state "$work/state.json"
  expect "SW1=0x63, SW2=0xC2" opensc-tool -s 002000010830303030FFFFFFFF
  kill -KILL "$card"
  wait "$card" 2>/dev/null || true
  start_card "$work/card.json" --state "$work/state.json"
  expect "SW1=0x63, SW2=0xC2" opensc-tool -s 0020000100
  stop_card
  echo "general tools read the card: ATR, commands in T=0 and T=1, PKCS#15, state"
}

use_module() {
  local sanitizer
  export OPENSC_CONF=$build/host/card/opensc.conf
  # A module with a sanitizer wants it in the program from the start.
  sanitizer=$(ldd "$build/host/card/libdmsc-opensc.so" | sed -n 's/.*=> \(.*lib[at]san[^ ]*\) .*/\1/p')
  if [ -n "$sanitizer" ]; then export LD_PRELOAD=$sanitizer ASAN_OPTIONS=detect_leaks=0; fi
}

# The card is strict here, as real ones are: it is our driver that asks as a UICC wants to be asked.
test_module() {
  local id
  printf '44 44 44 44 44 44 44 44\n' >"$work/adm"
  printf '<MgmtTree><VerDTD>1.2</VerDTD></MgmtTree>' >"$work/mo.xml"
  for name in issuer ca device; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
      -subj "/CN=dmsc $name" -keyout "$work/$name.key" -out "$work/$name.pem" 2>/dev/null ||
      skip "openssl made no certificates"
  done
  chmod 600 "$work"/adm "$work"/*.key
  cat >"$work/profile.json" <<END
{ "signing_key": "issuer.key",
  "authorities": [{ "id": 1, "name": "OpA", "authority": "dm.opa.example", "server_ids": ["com.opa.dm"],
    "pins": [{ "ca_spki_of": "ca.pem" }], "scopes": [{ "type": "any", "path": ".", "rights": ["Get"] }],
    "flags": ["enabled"] }],
  "objects": [{ "id": 1, "type": "DMAcc", "path": "./DMAcc/OpA", "encoding": "tnds-xml", "file": "mo.xml" }],
  "certificates": [{ "file": "ca.pem", "usage": "trusted", "label": "OpA DM CA" },
    { "file": "device.pem", "usage": "device", "label": "Device identity" }] }
END
  "$build/host/cli/dmsc" --link "sim:$source/card-scripts/blank.json,state=$work/state.json" \
    card provision "$work/profile.json" --adm-file "$work/adm" >"$work/out" 2>&1 ||
    fail "the card was not provisioned"
  use_module
  start_card "$source/card-scripts/blank.json" --state "$work/state.json"
  expect "UICC" opensc-tool --name
  expect "OpA DM CA" pkcs15-tool --list-certificates
  expect "Path           : 3f007f4d4552" pkcs15-tool --list-certificates
  expect "Device identity" pkcs15-tool --aid F0444D53432D554943430100 --list-certificates
  id=$(sed -n '/OpA DM CA/,/^$/s/.*ID  *: //p' "$work/out" | head -1)
  pkcs15-tool --read-certificate "$id" --output "$work/read.pem" >"$work/out" 2>&1 ||
    fail "certificate $id was not read"
  [ "$(openssl x509 -in "$work/read.pem" -outform DER | sha256sum)" = \
    "$(openssl x509 -in "$work/ca.pem" -outform DER | sha256sum)" ] || fail "another certificate came"
  expect "1.3.6.1.4.1.32473.68.77.2" pkcs15-tool --list-data-objects
  expect "4D 41 4C 10 00 00 00 01" pkcs15-tool --read-data-object MAL-A
  stop_card
  echo "a strict card, provisioned by dmsc, is read by unmodified OpenSC tools through our module"
}

test_rate() {
  start_card "$source/card-scripts/example.json"
  "$build/tests/bench/bench_pcscd" card 35964 &
  children="$children $!"
  wait_for opensc-tool --reader 1 --atr || fail "the card that answers 9000 is not in its reader"
  "$build/tests/bench/bench_pcscd" run 200 >"$work/out" 2>&1 || fail "no measurement"
  cat "$work/out"
}

# shellcheck source=tests/interop/clients.sh
. "$source/tests/interop/clients.sh"

test_link_rate() {
  start_card "$source/card-scripts/example.json"
  "$build/tests/bench/bench_pcscd" link 200 >"$work/out" 2>&1 || fail "no measurement"
  cat "$work/out"
}

test_link() {
  start_card "$source/card-scripts/example.json"
  DMSC_SOURCE_ROOT=$source DMSC_UICC=$build/simulator/uicc/dmsc-uicc \
    "$build/tests/unit/link/test_link_pcscd" || fail "the link pcsc over a real service"
}

# Measured on one processor: which of the processes the scheduler puts where would count three times
# as much as what they do.
if [ "${what%rate}" != "$what" ]; then
  taskset -cp "$(taskset -cp $$ | sed 's/.*[ ,-]//')" $$ >/dev/null 2>&1 || echo "no taskset"
fi
start_pcscd
"test_$what"
