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
  if grep -q "^< DB" "$work/trace"; then fail "CK and IK are in the trace"; fi
  grep -q '^< \*\*.*9000' "$work/trace" || fail "no masked answer in the trace"
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

# openssl with a public key says whether a signature is one.
verify() { # PUBLIC_PEM
  openssl dgst -sha256 -verify "$1" -signature "$work/signature" "$work/text" >"$work/out" 2>&1 ||
    fail "the signature is wrong"
}

sign() {
  rm -f "$work/signature"
  pkcs11-tool --login --pin 1234 --id "$1" --sign --mechanism "$2" --signature-format openssl \
    --input-file "$work/text" --output-file "$work/signature" >"$work/out" 2>&1 ||
    fail "pkcs11-tool did not sign with key $1"
}

# On T=0, strict, through the driver of dmsc; the certificates and public keys on the card are the
# judges' input, openssl is the judge.
# Firmware whose package was signed inside the card, by a key that never leaves it and whose
# certificate is the card's: begun, vouched for, done. Signed by the other key it is not.
update_with_key() {
  local kind own=$1 other=$2
  for kind in "$own" "$other"; do
    pkcs15-tool --read-certificate "$kind" --output "$work/code$kind.pem" >"$work/out" 2>&1 ||
      fail "certificate $kind was not read"
    openssl x509 -in "$work/code$kind.pem" -outform DER -out "$work/code$kind.der"
  done
  rm -f "$work"/firmware.db*
  (cd "$work" && "$build/docs/firmware" firmware.db text signature "code$own.der") >"$work/out" 2>&1 ||
    fail "the update was not begun"
  grep -q '^state 100: ' "$work/out" || fail "the update was not done"
  (cd "$work" && "$build/docs/firmware" firmware.db text signature "code$other.der") >"$work/out" 2>&1 ||
    fail "the second update was not begun"
  grep -q '^forgets the package$' "$work/out" || fail "a package that nobody vouches for was kept"
}

test_signing() {
  local kind
  command -v pkcs11-tool >/dev/null || skip "pkcs11-tool is not installed"
  use_module
  head -c 3000 /dev/urandom >"$work/text"
  start_card "$source/card-scripts/signing.json"
  expect "RSA key" pkcs15-tool --list-keys
  expect "EC certificate" pkcs15-tool --list-certificates
  expect "initialized, needs-padding" pkcs15-tool --list-pins
  for kind in 01 02; do
    pkcs15-tool --read-certificate "$kind" --output "$work/cert.pem" >"$work/out" 2>&1 ||
      fail "certificate $kind was not read"
    openssl x509 -in "$work/cert.pem" -pubkey -noout >"$work/public$kind.pem"
    pkcs15-tool --read-public-key "$kind" --output "$work/read.pem" >"$work/out" 2>&1 ||
      fail "public key $kind was not read"
    cmp "$work/read.pem" "$work/public$kind.pem" || fail "another public key came"
  done
  sign 01 SHA256-RSA-PKCS
  verify "$work/public01.pem"
  update_with_key 01 02
  sign 02 ECDSA-SHA256
  verify "$work/public02.pem"
  update_with_key 02 01
  # pkcs15-crypt, which has no PKCS#11 in between, makes the very same RSA signature.
  sign 01 SHA256-RSA-PKCS
  cp "$work/signature" "$work/first"
  openssl dgst -sha256 -binary -out "$work/digest" "$work/text"
  pkcs15-crypt --sign --key 01 --sha-256 --pkcs1 --pin 1234 --raw --input "$work/digest" \
    --output "$work/signature" >"$work/out" 2>&1 || fail "pkcs15-crypt did not sign"
  cmp "$work/first" "$work/signature" || fail "pkcs15-crypt made another signature"
  if pkcs11-tool --login --pin 4321 --id 01 --sign --mechanism SHA256-RSA-PKCS \
    --input-file "$work/text" --output-file "$work/signature" >"$work/out" 2>&1; then
    fail "it signs with a wrong PIN"
  fi
  # ADM1, then a key pair each, and the public keys where PKCS#15 says they are.
  expect "SW1=0x69, SW2=0x82" opensc-tool -s 00A4040C0CA000000063504B43532D3135 -s 0047800005B603840103
  expect "7F 49 43 86 41 04" opensc-tool -s 00A4040C0CA000000063504B43532D3135 \
    -s 0020000A084444444444444444 -s 0047800005B60384010300
  expect "7F 49 82 01 09 81 82 01 00" opensc-tool -s 00A4040C0CA000000063504B43532D3135 \
    -s 0020000A084444444444444444 -s 0047800005B60384010400
  for kind in 03 04; do
    pkcs15-tool --read-public-key "$kind" --output "$work/public$kind.pem" >"$work/out" 2>&1 ||
      fail "public key $kind was not read"
  done
  sign 03 ECDSA-SHA256
  verify "$work/public03.pem"
  sign 04 SHA256-RSA-PKCS
  verify "$work/public04.pem"
  stop_card
  echo "RSA and EC keys of the card sign for pkcs11-tool, and openssl agrees; so do generated ones"
}

# What shows an answer in several ways is asked without its spaces.
expect_hex() { # DIGITS COMMAND...
  local digits=$1
  shift
  "$@" >"$work/out" 2>&1 || fail "$* ended with $?"
  tr -d ' \n' <"$work/out" | grep -qiF -- "$digits" || fail "$*: \"$digits\" is missing"
}

# pcscd looks for cards three times a second: another one in between would be the same to it.
change_card() {
  stop_card
  sleep 1
}

# Unmodified tools, each in its own way, on one strict card in T=0.
test_judges() {
  local aid=F0444D53432D554943430100
  for tool in pcsc_scan scriptor opensc-explorer pkcs11-tool; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
  done
  use_module
  start_card "$source/card-scripts/example.json"
  # opensc-explorer in script mode: into the application, a file out of it.
  printf '%s\n' "cd aid:$aid" "info 6F10" "get 6F10 $work/got" "apdu 00 B2 01 0C 04" quit \
    >"$work/explorer"
  opensc-explorer "$work/explorer" >"$work/out" 2>&1 || fail "opensc-explorer ended with $?"
  grep -q "File ID:.*6F10\|file.*6F10\|6F10" "$work/out" || fail "opensc-explorer: no EF 6F10"
  head -c 31 "$work/got" | grep -qF '{"./Vendor/Fleet":{"poll":3600' ||
    fail "opensc-explorer: another content came"
  change_card
  start_card "$source/card-scripts/signing.json"
  expect "UICC signing" pkcs15-tool --list-info
  expect "EC key" pkcs15-tool --list-keys
  expect "RSA certificate" pkcs15-tool --list-certificates
  expect "PIN1" pkcs15-tool --list-pins
  expect "UICC signing" pkcs11-tool --list-slots
  expect "login required" pkcs11-tool --list-token-slots
  expect "ECDSA-SHA256" pkcs11-tool --list-mechanisms
  expect "Certificate Object; type = X.509 cert" pkcs11-tool --list-objects
  expect "Private Key Object; EC" pkcs11-tool --login --pin 1234 --list-objects
  if pkcs15-tool --verify-pin --pin 9999 >"$work/out" 2>&1; then fail "a wrong PIN is right"; fi
  expect "SW1=0x63, SW2=0xC2" opensc-tool -s 0020000100
  change_card
  unset LD_PRELOAD
  start_card "$source/card-scripts/example.json"
  # scriptor: commands from a file, answers with 61xx as they come.
  printf '%s\n' "00 A4 04 0C 0C F0 44 4D 53 43 2D 55 49 43 43 01 00" "00 B2 01 0C 30" \
    "00 A4 00 04 02 6F 01" "00 C0 00 00 1C" "00 20 00 01" "00 88 00 81" >"$work/script"
  expect_hex "444D100600000009AFC79B44306064310000000700000009DB8A6F341E8019C5012600736955B9000000000" \
    scriptor -p T=0 "$work/script"
  grep -q "61 1C" "$work/out" || fail "scriptor: no 61xx for SELECT"
  grep -q "63 C3" "$work/out" || fail "scriptor: no tries of PIN1"
  grep -q "69 85" "$work/out" || fail "scriptor: AUTHENTICATE without an application"
  # pcsc_scan: the ATR, taken apart without a complaint about its check byte.
  timeout 5 pcsc_scan >"$work/out" 2>&1 || true
  grep -q "3B 9F 96 80 1F 87 80 31 E0 73 FE 21 1B 67 4A 35 75 30 35 02 65 F8" "$work/out" ||
    fail "pcsc_scan: the ATR is missing"
  grep -q "TCK = F8 (correct checksum)" "$work/out" || fail "pcsc_scan: another check byte"
  stop_card
  echo "pcsc_scan, scriptor, opensc-explorer, pkcs15-tool and pkcs11-tool take it for a card"
}
