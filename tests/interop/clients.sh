#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# More tests for pcscd.sh, which reads this: client stacks and tools of others that use the card.
set -eu
: "${work:?}" "${source:?}" "${build:?}"

aka_k=465b5ce8b199b49faa5f0a2ee238a6bc
aka_opc=cd63cb71954a9f4e48a5994e37a02baf

start_radius() { # OPC
  rm -f "$work/hlr.sock"
  python3 "$source/tests/interop/hlr.py" "$work/hlr.sock" "$aka_k" "$1" "$work/sqn" >"$work/hlr.log" 2>&1 &
  hlr=$!
  children="$children $hlr"
  wait_for test -S "$work/hlr.sock" || fail "the authentication centre did not start: $(tail -1 "$work/hlr.log")"
  echo '"0"* AKA' >"$work/eap_user"
  echo '127.0.0.1 secret' >"$work/radius_clients"
  cat >"$work/hostapd.conf" <<END
driver=none
radius_server_clients=$work/radius_clients
radius_server_auth_port=1812
eap_server=1
eap_user_file=$work/eap_user
eap_sim_db=unix:$work/hlr.sock
END
  hostapd "$work/hostapd.conf" >"$work/hostapd.log" 2>&1 &
  hostapd=$!
  children="$children $hostapd"
  wait_for grep -q "AP-ENABLED\|ACTIVE\|Completing interface" "$work/hostapd.log" ||
    { cp "$work/hostapd.log" "$work/out"; fail "hostapd did not start"; }
}

stop_radius() {
  kill "$hostapd" "$hlr"
  wait "$hostapd" "$hlr" 2>/dev/null || true
}

# The supplicant looks for the USIM in EF(DIR), verifies the PIN, reads EF(IMSI) and EF(AD), and
# answers the challenge with AUTHENTICATE; T=0 with 61xx and 6Cxx.
test_aka() {
  command -v eapol_test >/dev/null || skip "eapoltest is not installed"
  command -v hostapd >/dev/null || skip "hostapd is not installed"
  echo ff9bb4d0b606 >"$work/sqn"
  cat >"$work/eapol.conf" <<END
network={
  key_mgmt=WPA-EAP
  eap=AKA
  pin="1234"
  pcsc=""
}
END
  start_card "$source/tests/vectors/sim_auth.json" --trace "$work/trace"
  start_radius "$aka_opc"
  expect "SUCCESS" eapol_test -c "$work/eapol.conf" -s secret -t 20
  grep -q "^> 00880081" "$work/trace" || fail "no AUTHENTICATE was sent"
  grep -q "^< 61" "$work/trace" || fail "no 61xx: not T=0?"
  # A centre that lost its counter is told the card's, and goes on from there.
  echo 000000000000 >"$work/sqn"
  expect "SUCCESS" eapol_test -c "$work/eapol.conf" -s secret -t 20
  grep -q "resynchronised" "$work/hlr.log" || fail "there was no AUTS"
  stop_radius
  # Another operator: the card refuses the MAC.
  start_radius 00000000000000000000000000000000
  if eapol_test -c "$work/eapol.conf" -s secret -t 20 >"$work/out" 2>&1; then
    fail "a wrong OPc is accepted"
  fi
  grep -q "^< 9862" "$work/trace" || fail "the card did not answer 9862"
  stop_radius
  stop_card
  echo "EAP-AKA of wpa_supplicant and hostapd: success, resynchronisation, failure with another OPc"
}
