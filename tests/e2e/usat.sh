#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# dmsc usat decode and dmsc tlv: bytes in words, however they come, and refused with a reason.
set -eu
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3
cd "$work"

# --- what a message is, is seen -----------------------------------------------------------------
run 0 "$dmsc" usat decode D0098103010104820281829000
silent err
says '^Proactive command REFRESH$'
says '^  81  Command details +TS 102 223 8\.6$'
says '^      qualifier +04  UICC reset$'
says '^      destination +82  terminal$'
says_not 'must answer'
run 0 "$dmsc" usat decode D009810301010482028182
cp out without_sw
run 0 "$dmsc" usat decode "d0 09 8103010104 82028182 91 0B"
cmp -s out without_sw || bad "the status word changes what is told"

run 0 "$dmsc" usat decode 801400000C810301210082028281830120
says '^TERMINAL RESPONSE to DISPLAY TEXT: terminal currently unable to process the command$'
run 0 "$dmsc" usat decode 810301210082028281830120
says '^TERMINAL RESPONSE to DISPLAY TEXT'
run 0 "$dmsc" usat decode 80C2000009D3078202018190010500
says '^ENVELOPE \(MENU SELECTION\)$'
says '^      identifier +5$'
run 0 "$dmsc" usat decode 80100000113301E842110C00078000001F2200000003
says '^TERMINAL PROFILE, 17 bytes'
says '^   3\.8  REFRESH$'
says '^  13\.6  number of channels: 1$'
says_not 'DISPLAY TEXT'
run 0 "$dmsc" usat decode --kind profile 0080
says '^   2\.8  DISPLAY TEXT with extension text$'
run 0 "$dmsc" usat decode --kind response 830100
says '^TERMINAL RESPONSE to no command details: performed successfully$'

# --- texts, hostile ones too --------------------------------------------------------------------
run 0 "$dmsc" usat decode D0148103012180820281028D0908041704140420000A
says '^      text +"ЗДР\\n"$'
run 0 "$dmsc" usat decode D00E8103012180820281028D03081B5B
says '^      text +1B5B$|^      text +"'
! grep -q "$(printf '\033')" out || bad "a card talks to the terminal"

# --- what a terminal would answer ---------------------------------------------------------------
run 0 "$dmsc" usat decode D00B810301EE0082028182CD00
says 'A terminal must answer 31, command type not understood'
says '^  CD  Unknown object$'

# --- files, standard input, JSON ----------------------------------------------------------------
printf 'D009 81030101 04\n82028182\n' >hex
printf '\320\011\201\003\001\001\004\202\002\201\202' >raw
for file in hex raw; do
  run 0 "$dmsc" usat decode "$file"
  cmp -s out without_sw || bad "$file is read as something else"
done
"$dmsc" usat decode - <hex >out 2>err || bad "standard input is not read"
cmp -s out without_sw || bad "standard input is read as something else"
run 0 "$dmsc" --json usat decode hex
is_json
json 'j["kind"] == "command" and j["name"] == "REFRESH" and j["qualifier"] == "04"'
json 'j["comprehension"] == "00" and len(j["objects"]) == 2'
json 'j["objects"][0]["fields"][1] == {"name": "type", "number": 1, "meaning": "REFRESH"}'
run 0 "$dmsc" --json usat decode 80100000020080
json 'j["announced"] == [{"byte": 2, "bit": 8, "name": "DISPLAY TEXT with extension text"}]'

# --- refusals -----------------------------------------------------------------------------------
run 6 "$dmsc" usat decode D009810301010482038182
silent out
tells '^dmsc: cannot decode the USAT message'
tells '^  where +object at byte 7, tag 82'
tells '^  why '
tells '^  try '
run 6 "$dmsc" usat decode D00A810301010482028182
tells 'the template is longer than what there is'
run 6 "$dmsc" usat decode FF00
tells 'it is no command'
run 6 "$dmsc" usat decode 123
tells 'a digit has no partner'
run 2 "$dmsc" usat decode no-such-file
tells 'it is no file that can be read and no hex digits'
run 2 "$dmsc" usat decode --kind sms D009810301010482028182
tells 'one of command, response, envelope, profile'
run 6 "$dmsc" --json usat decode FF00
is_json
json 'j["error"]["exit"] == 6'
run 2 "$dmsc" usat decode
run 2 "$dmsc" usat decode --comprehension 00

# --- dmsc tlv -----------------------------------------------------------------------------------
run 0 "$dmsc" tlv 622C8202782183023F00A50C80017183040003A7388701018A01058B032F0601C60C90016083010183010A83010B
says '^62 +File control parameters$'
says '^  82 +File descriptor +7821$'
says '^  A5 +Proprietary information$'
says '^    83 +Amount of available memory +0003A738$'
says '^  C6 +PIN status template$'
says '^    83 +Key reference +0B$'
run 0 "$dmsc" tlv "61094F07A0000000871002FFFF"
says '^  4F +AID +A0000000871002$'
says '^FF +filling, 2 bytes$'
run 0 "$dmsc" tlv 800101A4068301019501088001029700
says '^A4 +Key to be verified$'
says '^97 +Never'
run 0 "$dmsc" --json tlv 61094F07A0000000871002
json 'j["objects"][0]["objects"][0] == {"tag": "4F", "name": "AID", "value": "A0000000871002"}'
run 0 "$dmsc" tlv --comprehension 8D050454657874
says '^      text +"Text"$'
run 0 "$dmsc" tlv 6203820278
says '^ +its objects do not end inside of it$'
run 0 "$dmsc" --json tlv 6203820278
json 'j["objects"][0]["broken"] and j["objects"][0]["value"] == "820278"'
run 6 "$dmsc" tlv 62048202
tells 'an object does not end inside of what there is'
silent out
run 6 "$dmsc" tlv --comprehension 8D0504546578
tells '^  where +object at byte 0, tag 8D'

finish
