#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# dmsc ota: the worked example byte for byte, the counter on the disk, a card that answers, refusals.
set -eu
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3
cd "$work"

keys() { # COUNTER: a fresh key file
  cat >card.ota <<EOT
# the example card
spi = 1619
kic = 22
kid = 22
tar = 444D53
kic-key = 200102030405060708090A0B0C0D0E0F
kid-key = 201102030405060708090A0B0C0D0E0F
counter = $1 # the last one
EOT
  chmod 600 card.ota
}
cat >script.txt <<'EOT'
# SELECT, then UPDATE RECORD
00A4040C 0C F0444D53432D554943430100
00DC000B30 444D10040000000AAFC79B4430606431000000070000000ADB8A6F34C3A6B1CA012600736955C71000000000B6384D1E
EOT
packet=00681516192222444D53188CE9733386846AF1DD423FA85966A3198FE6B03150270BB86B5CAD181918B874185797EBF0D7121866086E93DEC34B3145E67078034843914B5D13A378A3614DF533F81B742D4E9B972400F5B62CD245A560F2BEB378754DD3D362F21077B4
por=027100002412444D53739E846DCBAADAE12BDC6B86291D67382C4F4EC0F528195FFE675AAF646FDCEA

# --- the worked example -------------------------------------------------------------------------
keys 0
run 0 "$dmsc" ota wrap script.txt --keys card.ota
silent err
says "^$packet\$"
grep -q '^counter = 1 # the last one$' card.ota || bad "the counter is not in the file"
[ "$(stat -c %a card.ota)" = 600 ] || bad "others can read the key file now"
run 0 "$dmsc" ota unwrap "$packet" --keys card.ota
says '^integrity +CC of 8 bytes, right'
says '^counter +1, must be higher'
says '^ +command +00A4040C0CF0444D53432D554943430100$'
run 0 "$dmsc" ota unwrap "$packet"
says '^integrity +CC of 8 bytes, not checked'
says 'not known without the keys'
run 0 "$dmsc" ota unwrap "$por" --keys card.ota
says '^status +00 done'
says '^ +answer +9000 +done'
run 0 "$dmsc" ota unwrap "$por" --keys card.ota --json
is_json
json 'j["status"] == "00" and j["authenticated"] and j["counter"] == 1'
json 'j["items"][1]["sw"] == "9000"'
run 0 "$dmsc" ota unwrap 027100000B0AB0001000000000000006
says '^status +06 unidentified security error'
grep -q '^counter = 1 ' card.ota || bad "reading has changed the counter"

# --- every form; long scripts -------------------------------------------------------------------
for i in $(seq 40); do echo "00B0000$((i % 10))0A"; done >long.txt
run 0 "$dmsc" ota wrap long.txt --keys card.ota --json
is_json
json 'len(j["sms"]) == 2 and len(j["envelopes"]) == 2 and j["counter"] == 2'
run 0 "$dmsc" ota wrap long.txt --keys card.ota --as sms
mapfile -t messages <out
[ ${#messages[@]} = 2 ] || bad "${#messages[@]} messages"
run 0 "$dmsc" ota unwrap "${messages[1]}" "${messages[0]}" --keys card.ota --json
json 'j["counter"] == 3 and len(j["items"]) == 40 and j["address"] == "12345678"'
run 6 "$dmsc" ota unwrap "${messages[1]}"
tells 'of 2 parts some are missing'
printf 'chain first\n00A40004023F0000\n' >chain.txt
run 0 "$dmsc" ota wrap chain.txt --keys card.ota --format expanded --tar B00010
cp out expanded
run 0 "$dmsc" ota unwrap "$(cat expanded)" --keys card.ota
says '^TAR +B00010'
says '^ +script chaining +01 +first script'

# --- refusals cost no counter, and tell no key ----------------------------------------------------
before=$(cat card.ota)
run 6 "$dmsc" ota wrap chain.txt --keys card.ota
tells 'where +line 1'
run 2 "$dmsc" ota wrap script.txt --keys card.ota --format other
run 2 "$dmsc" ota wrap script.txt --keys card.ota --as other
run 2 "$dmsc" ota wrap script.txt --keys card.ota --tar 12
run 2 "$dmsc" ota wrap script.txt
tells '--keys FILE'
run 1 "$dmsc" ota wrap nothing.txt --keys card.ota
run 6 "$dmsc" ota unwrap "${packet%4}5" --keys card.ota
tells 'reason +ota:check'
run 6 "$dmsc" ota unwrap 0011
run 6 "$dmsc" ota unwrap nonsense --json
is_json
json 'j["error"]["code"] == "DMSC_E_MALFORMED"'
[ "$before" = "$(cat card.ota)" ] || bad "a refusal has changed the key file"
chmod 640 card.ota
run 6 "$dmsc" ota wrap script.txt --keys card.ota
tells 'reason +file:not-private'
chmod 600 card.ota
ln -s card.ota link.ota
run 6 "$dmsc" ota wrap script.txt --keys link.ota
tells 'why +it is a link'
run 6 "$dmsc" ota wrap script.txt --keys .
tells 'why +it is no plain file'
sed 's/^kid-key.*/kid-key = 2011/' card.ota >short.ota
chmod 600 short.ota
run 6 "$dmsc" ota wrap script.txt --keys short.ota
tells 'where +short.ota, line 7'
if grep -q 2011 err; then bad "the message shows a key"; fi
sed 's/^kid = 22/kid = 29/' card.ota >other.ota # a key for AES, an algorithm with three DES keys
chmod 600 other.ota
run 6 "$dmsc" ota wrap script.txt --keys other.ota
tells 'where +other.ota'
tells 'reason +ota:key'
run 6 "$dmsc" ota unwrap "${packet/2222444D53/2229444D53}" --keys card.ota
tells 'reason +ota:key'
keys 1099511627774
run 1 "$dmsc" ota wrap script.txt --keys card.ota
tells 'block the card'
silent out

# --- no packet leaves when the counter cannot be saved -----------------------------------------
keys 7
mkdir card.ota.new
run 1 "$dmsc" ota wrap script.txt --keys card.ota
silent out
tells 'save the counter'
rmdir card.ota.new
if [ "$(id -u)" != 0 ]; then # root writes anywhere
  mkdir locked
  cp card.ota locked/
  chmod 500 locked
  run 1 "$dmsc" ota wrap script.txt --keys locked/card.ota
  silent out
  chmod 700 locked
fi
grep -q '^counter = 7 ' card.ota || bad "the counter went up"

# --- to a card: the software UICC, which has an application at this TAR -----------------------------
link=sim:$DMSC_SOURCE_ROOT/tests/vectors/sim_ota.json
keys 0
run 0 "$dmsc" ota deliver script.txt --keys card.ota --link "$link"
says '^status +00 done'
says '^integrity +8 bytes, right'
says '^ +answer +9000 +done'
{ echo 00A40004026F01 && for i in 1 2 3 4; do echo 00B2010430; done; } >read.txt
run 0 "$dmsc" ota deliver read.txt --keys card.ota --link "$link" --format expanded --json
is_json
json 'j["status"] == "00" and [i["name"] for i in j["items"]] == ["executed"] + 5 * ["answer"]'
json 'all(i["value"][:4] == "444D" for i in j["items"][2:])'
grep -q '^counter = 2 ' card.ota || bad "the counter of a delivery is not in the file"
# The answer by SMS-SUBMIT, in two messages that the card sends.
sed 's/^spi.*/spi = 1639/' card.ota >submit.ota
chmod 600 submit.ota
run 0 "$dmsc" ota deliver read.txt --keys submit.ota --link "$link" --format indefinite --trace trace
says '^status +00 done'
[ "$(grep -c '> 80120000.. .*FETCH' trace)" = 2 ] || bad "the answer did not come in two messages"
for i in $(seq 20); do echo 00B2010430; done >>read.txt
run 0 "$dmsc" ota deliver read.txt --keys card.ota --link "$link" --trace trace
says '^ +executed +19'
[ "$(grep -c '> 80C2' trace)" = 2 ] || bad "a long script did not go in two messages"
# Refusals of the card, each in words.
run 3 "$dmsc" ota deliver read.txt --keys card.ota --link "$link" --tar 010203
says '^status +09 the TAR is unknown'
says '^integrity +none: in clear'
echo 00B000000A >>read.txt
run 3 "$dmsc" ota deliver read.txt --keys card.ota --link "$link"
says '^ +answer +6981 '
sed 's/^kid-key.*/kid-key = 00000000000000000000000000000000/' card.ota >wrong.ota
chmod 600 wrong.ota
run 3 "$dmsc" ota deliver script.txt --keys wrong.ota --link "$link" --json
json 'j["status"] == "01" and not j["authenticated"] and "KID" in j["try"]'
sed 's/^spi.*/spi = 0619/' card.ota >weak.ota
chmod 600 weak.ota
run 3 "$dmsc" ota deliver script.txt --keys weak.ota --link "$link"
says '^status +0A the security level is not enough'
sed 's/^spi.*/spi = 1602/' card.ota >quiet.ota
chmod 600 quiet.ota
run 0 "$dmsc" ota deliver script.txt --keys quiet.ota --link "$link"
says 'SPI asks for no answer'

# A card without remote management takes the ENVELOPE and is silent.
run 3 "$dmsc" ota deliver script.txt --keys card.ota --link "sim:$scripts/example.json" --json
is_json
json 'j["error"]["reason"] == "card:no-answer" and j["error"]["exit"] == 3'

# --- many at a time -----------------------------------------------------------------------------
keys 100
pids=()
for i in $(seq 12); do
  "$dmsc" ota wrap script.txt --keys card.ota >"p$i" 2>>err &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || bad "one of many failed"; done
grep -q '^counter = 112 ' card.ota || bad "counters were lost"
[ "$(cat p? p?? | sort -u | wc -l)" = 12 ] || bad "a packet came twice"

finish
