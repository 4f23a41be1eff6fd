#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# dmsc as people and programs use it: help, exit codes, the four parts of an error, JSON, traces.
set -eu
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3
cd "$work"

# --- help ---------------------------------------------------------------------------------------
globals='--link --config --json --trace --trace-raw --version --help'
names_globals() { for option in $globals; do says "^  $option( |$)"; done; says '^  -v '; }

run 0 "$dmsc" --version
says '^dmsc [0-9]'
run 0 "$dmsc" --help
names_globals
says '^  75  try again later'
cp out help
run 0 "$dmsc" help
cmp -s out help || bad "dmsc help and dmsc --help differ"
run 2 "$dmsc"
says '^Commands:'

mapfile -t commands < <(sed -nE 's/^  dmsc ([a-z]+( [a-z-]+)?) .*/\1/p' help)
[ ${#commands[@]} -ge 14 ] || bad "dmsc --help lists ${#commands[@]} commands"
run 0 "$dmsc" help man
cp out dmsc.1
for c in "${commands[@]}"; do
  # shellcheck disable=SC2086  # a noun and a verb
  run 0 "$dmsc" $c --help
  silent err
  says "^dmsc $c( |$)"
  says "^  dmsc ${c%% *}.*" # an example
  names_globals
  grep -q "^\.SS dmsc $c" dmsc.1 || bad "the man page has no dmsc $c"
  # Every option that is named here is taken, and every other one is not.
  mapfile -t own < <(sed -n '/^Options of this command/,/^Options everywhere/s/^  --\([a-z-]*\).*/\1/p' out)
  for option in server dry-run ma right out adm-file pin-file raw for all report keys format tar as kind comprehension html pcapng file type mode json-mo wbxml; do
    case $option in dry-run | raw | all | universal | comprehension | html | pcapng | json-mo | wbxml) words="--$option" ;; *) words="--$option x" ;; esac
    if [[ " ${own[*]} " == *" $option "* ]]; then
      # shellcheck disable=SC2086
      run 0 "$dmsc" $c $words --help
    else
      # shellcheck disable=SC2086
      run 2 "$dmsc" $c $words
      tells "does not take the option: $option"
    fi
  done
done
for noun in card cert mo ma; do
  run 0 "$dmsc" $noun --help
  says "^  dmsc $noun "
  run 2 "$dmsc" $noun
done

if command -v man >/dev/null && man --version 2>&1 | grep -q man; then
  run 0 env LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z dmsc.1
  silent err
elif command -v groff >/dev/null; then
  run 0 groff -man -ww -z dmsc.1
  silent err
else
  echo "left out: neither man nor groff is installed"
fi
for page in "$DMSC_SOURCE_ROOT"/docs/man/*.[1-8]; do
  command -v groff >/dev/null || continue
  run 0 groff -man -ww -z "$page"
  silent err
done

# --- the command line ---------------------------------------------------------------------------
wrong() { # WHY COMMAND LINE...: usage, as text and as JSON
  local why=$1
  shift
  run 2 "$dmsc" "$@"
  silent out
  tells '^dmsc: cannot '
  tells "^  why    $why"
  tells '^  try    '
  run 2 "$dmsc" "$@" --json
  silent err
  json "j['error']['code'] == 'DMSC_E_ARG' and j['error']['exit'] == 2 and j['error']['why']"
}
wrong 'there is no such command: nonsense' nonsense
wrong 'there is no such command: nonsense' card nonsense
wrong 'there is no such option: --nonsense' card info --nonsense
wrong 'there is no such option: -x' card info -x
wrong 'wrong number of arguments, it wants: PATH' card read
wrong 'there is no such command: bogus' help bogus
wrong 'there is no such command: bogus' help mo bogus
run 2 "$dmsc" card read
tells '^  try    dmsc card read --help$'
run 0 "$dmsc" mo set --help
cp out help
run 0 "$dmsc" help mo set
cmp -s out help || bad "dmsc help mo set and dmsc mo set --help differ"
! grep -E '^.{110,}' help || bad "a line of the help is too long"
run 0 "$dmsc" help mo
says '^  dmsc mo set '
run 0 "$dmsc" cert ls
says '^no certificates are provisioned'
wrong 'wrong number of arguments' card info something
wrong 'wrong number of arguments' sync now
wrong '--ma ID and --right NAME' ma check ./DevInfo
wrong '--ma ID and --right NAME' ma check --ma '' --right Get ./DevInfo
wrong 'there is no such right' ma check --ma x --right Nonsense ./DevInfo
run 6 "$dmsc" mo ls --config none.conf
tells '^  where  none.conf'
tells '^  try    --config names a file'
wrong 'there is no such way to a card' card info --link nonsense:0
run 2 "$dmsc" card info --link
tells 'this option wants an argument'

# --- standard output that takes nothing --------------------------------------------------------
full() { # COMMAND LINE...
  checks=$((checks + 1))
  command=(dmsc "$@")
  local got=0
  : >out
  XDG_STATE_HOME=$work/full "$dmsc" "$@" >/dev/full 2>err </dev/null || got=$?
  [ $got = 1 ] || bad "exit status $got instead of 1: ${command[*]}"
  tells '^dmsc: cannot write the output: '
  tells '^  where  standard output$'
  tells '^  why    No space left on device'
  tells '^  try    '
}
if [ -c /dev/full ]; then
  for line in help 'help man' --version 'mo --help' 'mo set --help' 'mo ls' 'mo ls --json' 'mo export' 'mo get ./DevInfo/Man --raw'; do
    # shellcheck disable=SC2086  # words
    full $line
    ! grep -q 'was done' err || bad "${command[*]}: nothing was to be done"
  done
  full mo add ./App/Full 1
  tells 'the command itself was done$'
  run 0 env XDG_STATE_HOME="$work/full" "$dmsc" mo get ./App/Full
else
  echo "left out: there is no /dev/full"
fi

# --- a card of our own: secrets that no other output has by chance --------------------------------
pin=80257913 adm=A1B2C3D4E5F60718
cat >card.json <<END
{ "base": "$scripts/blank.json",
  "pins": { "01": { "name": "PIN1", "value": "$pin", "tries": 3, "unblock": { "value": "12345678", "tries": 10 } },
            "0A": { "name": "ADM1", "hex": "$adm", "tries": 10 } } }
END
material
echo "$pin" >pin1
echo "$adm" >adm1
# A PEM file, this time.
{ echo '-----BEGIN PUBLIC KEY-----'; base64 issuer.pub; echo '-----END PUBLIC KEY-----'; } >issuer.pem
mv issuer.pem issuer.pub
cat >dmsc.conf <<END
[store]
path = dmsc.db
[device]
manufacturer = Example
key = device.key
[trust]
issuer_key = issuer.pub
[card]
pin_file = pin1
adm1_file = adm1
link = sim:$work/card.json,state=$work/state.json
END
all=()
d() { # STATUS ARGUMENT...: both forms, and no secret in either
  local status=$1
  shift
  run "$status" "$dmsc" --config dmsc.conf "$@" --json --trace trace
  all+=("$*")
  is_json
  silent err
  if [ "$status" != 0 ] && ! grep -q '"verdict"' out; then
    json "set(j['error']) >= {'code', 'exit', 'what', 'where', 'why', 'try', 'reason', 'text'}"
    json "j['error']['exit'] == $status and j['error']['what'] and j['error']['why']"
  fi
  no_secret
  cp out out.json
  run "$status" "$dmsc" --config dmsc.conf "$@" --trace trace
  no_secret
  if [ "$status" != 0 ] && ! grep -q '^verdict' out; then
    silent out
    tells '^dmsc: cannot .*: '
    tells '^  why    '
  fi
}
no_secret() {
  # As text, and as what goes over the wire.
  if cat out err trace 2>/dev/null | grep -iqE "$pin|$(printf %s "$pin" | od -An -tx1 | tr -d ' \n')|$adm|never-shown"; then
    bad "${command[*]}: a secret was shown"
  fi
}

# --- the life of a card -------------------------------------------------------------------------
d 0 card info
says '^DM application +none \(card:not-provisioned\)'
says '^PIN1 +needed, 3 tries left'
d 3 sync
tells '^  reason card:not-provisioned'
tells '^  try    '
run 0 "$dmsc" --config dmsc.conf card provision profile.json --json --trace trace
is_json
json "j['generation'] == 1 and j['apdus'] > 10"
no_secret
grep -q '^> 0.20000A08\*\*' trace || bad "the trace does not show a masked VERIFY of ADM1"
d 0 card info
says '^generation +1'
d 0 card ls
says '^DMSC/6F01 +EF.DMHDR +cyclic +4 x 48'
d 0 card read 3F00/2FE2
says '988812010000400310F0'
d 0 card read DMSC/6F01
d 3 card read DMSC/6F11
tells 'PIN'
d 0 card read DMSC/6F10
d 0 card apdu 00A40004023F00 80F2000000
run 0 "$dmsc" --config dmsc.conf card apdu 00A40004023F00 80F2000000 --json
json "[a['sw'] for a in j] == ['9000', '9000'] and j[0]['data'] == j[1]['data']"
json "j[0]['clause'] == 'TS 102 221 10.2.1'"
d 0 card apdu 00A40004029999
says '^SW 6A82  no file or application of this name can be reached from here \(TS 102 221 8.4.1\)'
# What the card says, in words.
d 0 card info
says '^ATR '
says '^  offers +T=0'
says '^  logical channels +4'
says '^keys of the MF .*PIN1 '
run 0 "$dmsc" --config dmsc.conf card info --json
json "j['atr_explained']['logical_channels'] == 4 and 'T=0' in j['atr_explained']['protocols']"
json "[k for k in j['keys'] if k['name'] == 'PIN1' and k['enabled']]"
d 0 card ls 3F00/2FE2
says '^3F00/2FE2 +EF\(ICCID\) .*read: always; update: never'
run 0 "$dmsc" --config dmsc.conf card ls DMSC --json
json "[f for f in j if f['path'] == 'DMSC/6F11' and f['access']['read'].startswith('PIN1')]"
d 1 card ls ISIM
tells 'none of the files'
d 0 card file 3F00
says '^keys +PIN1 enabled'
says '^free memory '
says '^access rule +record [0-9]+ of EF\(ARR\) 2F06'
d 0 card file USIM
says '^application +USIM'
d 0 card file 3F00/2F00
says '^record length +[0-9]'
run 0 "$dmsc" --config dmsc.conf card file ICCID --json
json "j['size'] == 10 and j['sfi'] == '02' and j['access']['update'] == 'never' and j['life_cycle'] == 'activated'"
d 3 card file 3F00/9999
# By name, with its meaning; one record; what is no record; a folder.
d 0 card read ICCID
says '^  ICCID: 8988211000000430010$'
run 0 "$dmsc" --config dmsc.conf card read iccid --json
json "j['path'] == '3F00/2FE2' and j['decoded'] == [{'name': 'ICCID', 'value': '8988211000000430010'}]"
d 0 card read 3F00/2F00 --record 1
says '^record 1$'
says '^  application: '
d 2 card read ICCID --record 1
d 2 card read ICCID --record x
d 6 card read DMSC
tells 'it is a folder'
# Written, read back, written as it was; what does not fit is not sent.
run 0 "$dmsc" --config dmsc.conf card read 3F00/2F05 --raw
was=$(od -An -tx1 out | tr -d ' \n')
d 3 card update 3F00/2F05 6672
tells 'the card wants PIN1 for it'
tells '^  where  3F00/2F05 EF\(PL\)'
d 3 card update USIM/SPN 00 --pin-file pin1
tells 'the card wants ADM1 for it'
tells '^  try .*--adm-file'
d 0 card update PL 6672 --pin-file pin1
d 0 card read PL
says '^  language: fr'
d 0 card update PL "$was" --pin-file pin1
d 2 card update PL 66726672667266726672667266726672667266726672667266726672667266726672 --adm-file adm1
d 6 card update PL zz --adm-file adm1
d 2 card update DMSC/6F01 00 --adm-file adm1
# PINs, from files.
printf '4321\n' >newpin
chmod 600 newpin
d 0 card verify-pin --pin-file pin1
says '^PIN1 is verified'
d 0 card verify-pin ADM1 --adm-file adm1
d 0 card verify-pin 0A --adm-file adm1
d 2 card verify-pin PIN9 --pin-file pin1
d 2 card change-pin PIN1 --pin-file pin1
tells 'new-pin-file'
run 0 "$dmsc" --config dmsc.conf card change-pin PIN1 --pin-file pin1 --new-pin-file newpin
run 3 "$dmsc" --config dmsc.conf card verify-pin PIN1 --pin-file pin1
tells '2 tries are left'
run 0 "$dmsc" --config dmsc.conf card change-pin PIN1 --pin-file newpin --new-pin-file pin1
run 0 "$dmsc" --config dmsc.conf card disable-pin --pin-file pin1
says '^PIN1 is disabled'
run 3 "$dmsc" --config dmsc.conf card disable-pin --pin-file pin1
tells '^dmsc: cannot disable PIN1: '
d 0 card info
says '^PIN1 +not needed'
run 0 "$dmsc" --config dmsc.conf card enable-pin --pin-file pin1 --json
json "j == {'key': 'PIN1', 'reference': 1, 'is': 'enabled'}"
d 2 card unblock-pin PIN1 --new-pin-file newpin
# Keys of a secure channel: refused where others can read them or they are none.
printf 'enc 00\nmac\n' >scp
chmod 644 scp
run 6 "$dmsc" --config dmsc.conf card info --scp03-keys scp
tells 'file:not-private'
chmod 600 scp
run 6 "$dmsc" --config dmsc.conf card info --scp03-keys scp
tells 'it lacks the keys|is not understood'
secure=sim:$DMSC_SOURCE_ROOT/tests/vectors/sim_scp03.json
key_file() { # KEY
  printf '%s\n' '# test keys' 'aid A0000005591010FFFFFFFF8900000100' 'version 30' 'level 33' 'mode S8' \
    "enc $1" 'mac 101112131415161718191A1B1C1D1E1F # the second' >scp
}
key_file 000102030405060708090A0B0C0D0E0F
run 0 "$dmsc" card apdu 80F2000000 --link "$secure" --scp03-keys scp --trace trace
says '^SW 9000'
grep -q '^> 84F20000' trace || bad "the command did not go protected"
! grep -q '000102030405060708090A0B' trace || bad "a key is in the trace"
run 0 "$dmsc" card file 3F00 --link "$secure" --scp03-keys scp --json
json "j['file_id'] == '3F00'"
run 0 "$dmsc" card info --link "$secure" --scp03-keys scp
says '^ICCID +8988211000000430010'
run 0 "$dmsc" card ls 3F00/2FE2 --link "$secure" --scp03-keys scp
says 'read: always; update: never'
key_file 000102030405060708090A0B0C0D0E0E
run 4 "$dmsc" card apdu 80F2000000 --link "$secure" --scp03-keys scp
tells '^  reason scp03:untrusted'
d 3 card read 3F00/9999
d 2 card read 9999
d 6 card apdu 00
d 6 card apdu zz
run 6 "$dmsc" --config dmsc.conf card apdu 80F2000000 zz --trace trace
! grep -q '^>' trace || bad "a command was sent before all were read"
# The toolkit: what the profile lists is served, shown as it happens, and nothing of it is left.
cat >toolkit.json <<END
{ "base": "$scripts/blank.json", "proactive": [
  "D009 8103010200 82028182", "D010 8103020101 82028182 9205013F002FE2", "D00D 8103030300 82028182 84020101",
  "D00C 8103040500 82028182 990104", "D009 810305F000 82028182" ] }
END
run 0 "$dmsc" --config dmsc.conf --link sim:toolkit.json card usat --for 2 --trace trace
silent err
says '^  1  02 00  MORE TIME +00  '
says '^  2  01 01  REFRESH +00  '
says 'to be read again: 3F002FE2'
says '^  4  05 00  SET UP EVENT LIST +30  '
says '^3 commands done, 2 refused'
grep -q '^> 80F2000C' trace || bad "the card was not polled as it asked"
run 0 "$dmsc" --config dmsc.conf --link sim:toolkit.json card usat --for 1 --json
silent err
python3 -c '
import json
j = [json.loads(line) for line in open("out")]
assert [o.get("result") for o in j] == ["00", "00", "00", "30", "31", None], j
assert j[1]["refresh"]["files"] == ["3F002FE2"] and not j[1]["refresh"]["reset"], j
assert (j[-1]["done"], j[-1]["refused"]) == (3, 2), j
' || bad "card usat --json"
"$dmsc" --config dmsc.conf --link sim:toolkit.json card usat >out 2>err &
usat=$!
for _ in $(seq 100); do
  grep -q 'SET UP EVENT LIST' out && break
  sleep 0.1
done
kill -INT $usat
wait $usat || bad "card usat does not end well on an interrupt"
says '^3 commands done, 2 refused'
d 2 card usat --for 0
printf '[usat]\nconnect = tcp:192.0.2.1\n' >usat.conf
run 6 "$dmsc" --config usat.conf --link sim:toolkit.json card usat --for 1
tells '^  where  usat.conf:2'
tells '^  why    connect is tcp:ADDRESS'

run 0 "$dmsc" --config dmsc.conf card read 3F00/2FE2 --raw
[ "$(od -An -tx1 out | tr -d ' \n')" = 988812010000400310f0 ] || bad "card read --raw"

d 0 sync --dry-run
d 0 ma ls
says 'no MA list is in force'
d 0 sync
says '^card AFC79B4430606431, generation 1: nothing changed' # the first one was with --json
says '^cost: 3 APDUs, 85 bytes'
d 0 mo ls
says '^\./3GPP_IMS/Timer_T1 +int +2000'
d 0 mo ls ./3GPP_IMS
d 0 mo get ./3GPP_IMS/Timer_T1
says '^value +2000'
d 0 mo get ./DevInfo/Man
says '^value +Example'
run 0 "$dmsc" --config dmsc.conf mo get ./3GPP_IMS/Timer_T1 --raw
[ "$(cat out)" = 2000 ] || bad "mo get --raw"
d 1 mo get ./NoSuchNode
tells '^  where  \./NoSuchNode'
tells '^  try    '
d 6 mo get './a%'
d 0 mo export ./3GPP_IMS
says '<Value>2000</Value>'
run 0 "$dmsc" --config dmsc.conf mo export ./3GPP_IMS --out ims-out.xml
grep -q '<Value>2000</Value>' ims-out.xml || bad "mo export --out"
run 1 "$dmsc" --config dmsc.conf mo export ./3GPP_IMS --out /nonexistent/x
d 0 mo export .
d 0 ma ls
says '^1 +OpA +com.opa.dm, com.opa.dm2 .*admitted'
d 0 ma check --ma com.opa.dm --right Get ./DevInfo
says '^verdict +allowed'
d 4 ma check --ma com.opa.dm --right Exec ./DevInfo
says '^reason +ma:right'
d 4 ma check --ma org.stranger --right Get ./DevInfo
says '^reason +ma:unlisted'
d 0 cert ls
says '^uicc-[0-9]+ +OpA test CA +ca +com.opa.dm, com.opa.dm2, fleet-dm +active '
name=$(sed -n 's/^\(uicc-[0-9]*\) .*OpA test CA.*/\1/p' out)
d 0 cert show "$name"
says '^usage +ca$'
says '^may use it +com.opa.dm, com.opa.dm2, fleet-dm$'
says '^provisioned by +the issuer of the card$'
says "^object +\./Cert/$name\$"
d 0 cert show "$name" --json
json "j['usage'] == 'ca' and j['state'] == 'active' and j['trusted'] and j['scope'] == ['com.opa.dm', 'com.opa.dm2', 'fleet-dm'] and j['ma'] == ''"
d 0 cert show "$(python3 -c 'import json,sys; print(json.load(open("out"))["sha256"][:12])')"
d 1 cert show nothing
tells '^dmsc: cannot find the certificate'
d 4 session --server org.stranger
tells '^  reason ma:unlisted'
tells '^  try    '


# Without --server: one result for each admitted account, and the exit status of the first failure.
run 1 "$dmsc" --config dmsc.conf session --json
silent err
json "[(s['server'], s['completed'], s['error']['reason']) for s in j] == [('com.opa.dm', False, 'cred:none')]"
run 1 "$dmsc" --config dmsc.conf session
says 'session with com.opa.dm failed'
tells '^  reason cred:none'
tells '^  try    '

# --- exit 5: the network ---
if command -v openssl >/dev/null; then
  openssl req -x509 -new -key device.key -subj /CN=device -days 2 -out device.pem 2>/dev/null
  python3 - <<'END'
import json
profile = json.load(open("profile.json"))
profile["certificates"].append({"file": "device.pem", "usage": "device", "label": "Device"})
json.dump(profile, open("net.json", "w"))
END
  printf '[net]\nresolve = dm.opa.example:443:127.0.0.1:1\ntimeout_ms = 2000\n' | cat dmsc.conf - >net.conf
  run 0 "$dmsc" --config net.conf card provision net.json
  run 5 "$dmsc" --config net.conf session --server com.opa.dm
  tells '^  where  https://dm.opa.example/dm'
  tells '^  reason net:'
  tells '^  try    '
  run 5 "$dmsc" --config net.conf session --server com.opa.dm --json
  json "j['error']['exit'] == 5 and j['error']['code'] == 'DMSC_E_NET'"
  run 5 "$dmsc" --config net.conf session --json
  json "j[0]['error']['code'] == 'DMSC_E_NET'"
else
  echo "left out: openssl is not installed"
fi

# --- exit 75: somebody else is at it ---
python3 - <<'END' &
import pathlib, sqlite3, time
store = sqlite3.connect("dmsc.db", isolation_level=None)
store.execute("begin immediate")
pathlib.Path("locked").touch()
for _ in range(600):
    if pathlib.Path("done").exists():
        break
    time.sleep(0.05)
END
for _ in $(seq 200); do [ -e locked ] && break; sleep 0.05; done
run 75 "$dmsc" --config dmsc.conf mo add ./Later
tells '^  why    '
run 75 "$dmsc" --config dmsc.conf mo add ./Later --json
json "j['error']['code'] == 'DMSC_E_AGAIN' and j['error']['exit'] == 75"
# A card that is as it was is nothing to write.
run 0 "$dmsc" --config dmsc.conf sync
touch "$work/done"
wait

# --- exit 3: the card ---------------------------------------------------------------------------
export PCSCLITE_CSOCK_NAME=/nonexistent
run 3 "$dmsc" readers
tells '^  reason pcsc:no-service'
tells '^  try    '
run 3 "$dmsc" readers --json
json "j['error']['reason'] == 'pcsc:no-service' and j['error']['exit'] == 3"
run 3 "$dmsc" card info
unset PCSCLITE_CSOCK_NAME

tries() { # HOW MANY
  run 0 "$dmsc" --config dmsc.conf card info
  says "^PIN1 +needed, $1 tries left"
}
echo 11111111 >wrong
chmod 600 wrong
tries 3
run 3 "$dmsc" --config dmsc.conf card read DMSC/6F11 --pin-file wrong
tells '2 tries are left'
tells '^  try    '
tries 2 # once, not twice
run 3 "$dmsc" --config dmsc.conf card read DMSC/6F11 --pin-file wrong --json
json "j['error']['code'] == 'DMSC_E_PIN' and j['error']['sw'] == '63C1'"
tries 1
run 0 "$dmsc" --config dmsc.conf card read DMSC/6F11 --pin-file pin1
tries 3
run 3 "$dmsc" --config dmsc.conf card provision profile.json --adm-file wrong
tells 'ADM1'

# --- exit 6: what was handed in -----------------------------------------------------------------
printf '[store]\nnonsense = 1\n' >bad.conf
run 6 "$dmsc" --config bad.conf mo ls
tells '^  where  bad.conf:2$'
tells '^  reason config:line'
tells '^  try    '
run 6 "$dmsc" --config bad.conf mo ls --json
json "j['error']['code'] == 'DMSC_E_CONFIG' and j['error']['where'] == 'bad.conf:2'"
run 6 "$dmsc" --config /nonexistent.conf mo ls
tells 'No such file'
echo '{ "nonsense": 1 }' >bad.json
run 6 "$dmsc" --config dmsc.conf card provision bad.json
tells '^  where  .*bad.json'
tells '^  reason profile:'
run 1 "$dmsc" --config dmsc.conf card provision /nonexistent.json
tells '^  reason profile:file'
chmod 644 pin1
run 6 "$dmsc" --config dmsc.conf sync
tells '^  reason file:not-private'
tells '^  try    chmod 600 '
chmod 600 pin1

# --- a trace is for its owner, and shows secrets only when asked to -------------------------------
run 0 "$dmsc" --config dmsc.conf card read DMSC/6F11 --pin-file pin1 --trace trace --trace-raw
grep -q "$(printf %s "$pin" | od -An -tx1 | tr -d ' \n')" trace || bad "--trace-raw masks"
[ "$(stat -c %a trace)" = 600 ] || { rm -f trace; run 0 "$dmsc" --config dmsc.conf card info --trace trace; }
[ "$(stat -c %a trace)" = 600 ] || bad "a trace is readable for others"
run 1 "$dmsc" --config dmsc.conf card info --trace /nonexistent/trace
tells '^  where  /nonexistent/trace'

# --- the cards that come with us ----------------------------------------------------------------
for card in blank example; do
  for c in 'card info' 'card ls' 'card read 3F00/2FE2' 'card read USIM/6F05' 'card apdu 80F2000000'; do
    # shellcheck disable=SC2086
    run 0 "$dmsc" $c --link "sim:$scripts/$card.json" --trace trace
    # shellcheck disable=SC2086
    run 0 "$dmsc" $c --link "sim:$scripts/$card.json" --json
    is_json
  done
done
run 4 "$dmsc" sync --link "sim:$scripts/example.json"
tells '^  reason mal:no-issuer-key'
tells '^  try    '

# --- what a card or a server says does not talk to the terminal ------------------------------------
printf '<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>Note</NodeName><RTProperties><Format><chr/></Format></RTProperties><Value>a\tb\xc2\x9b31m\xe2\x82\xac</Value></Node></MgmtTree>' >note.xml
rm -f dmsc.db* state.json
run 0 "$dmsc" --config dmsc.conf card provision profile.json
run 0 "$dmsc" --config dmsc.conf sync
run 0 "$dmsc" --config dmsc.conf mo get ./Note
says '^value +a\?b\?31m€$'
run 0 "$dmsc" --config dmsc.conf mo ls ./Note
says 'a\?b\?31m€'
run 0 "$dmsc" --config dmsc.conf mo get ./Note --json
json "j['value'] == 'a\tb\x9b31m\u20ac'"

finish
