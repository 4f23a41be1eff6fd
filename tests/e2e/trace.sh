#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# dmsc trace: a recorded trace as chart, page, JSON and packets; no secret in any of them.
set -eu
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3 xmllint
cd "$work"

card=sim:$scripts/example.json
pin=31323334FFFFFFFF

# --- recorded, shown ------------------------------------------------------------------------------
run 0 "$dmsc" card script "$scripts/pin.pcom" --link "$card" --trace pin.txt
run 0 "$dmsc" card script "$scripts/pin.pcom" --link "$card" --trace raw.txt --trace-raw
run 0 "$dmsc" card script "$scripts/dm-application.pcom" --link "$card" --trace dm.txt
grep -q '^! cold 3B9F.* T=0   # at 20..-..-..T..:..:..\....Z over sim$' pin.txt || bad "no line for the reset"
grep -q '^! off' pin.txt || bad "no line for power off"
run 0 "$dmsc" trace show pin.txt
says 'cold reset, T=0'
says 'SELECT application USIM'
says 'VERIFY PIN, PIN 1: how many tries are left'
says '0020000108\*{16} -+>\|'
says '63C2 verification failed, 2 tries left'
says '^[0-9]+ exchanges, [0-9]+ resets$'
# Both lines of the chart stand straight.
[ "$(grep -E '^.{11}\|' out | sed -E 's/ [0-9]+ ms$//' | awk '{ print length($0) }' | sort -u | wc -l)" = 1 ] ||
  bad "the chart is crooked"
run 0 "$dmsc" trace show dm.txt
says 'SELECT EF.DMHDR \(channel 1\)'
says 'MANAGE CHANNEL: open one, it is 1'
run 0 "$dmsc" trace show dm.txt --json
json "[s['title'] for s in j if s['kind'] == 'exchange'][1] == 'SELECT application DMSC (channel 1)'"
json "all('ms' in s and 'sw' in s for s in j if s['kind'] == 'exchange')"
run 0 "$dmsc" trace show dm.txt --html --out dm.html
xmllint --html --noout dm.html 2>xmllint.log || bad "the page: $(cat xmllint.log)"
! grep -qiE 'src=|href=|<script|url\(' dm.html || bad "the page needs something from elsewhere"
grep -q 'SELECT EF.DMHDR (channel 1)' dm.html || bad "the page has no names"

# What was recorded raw is masked when it is shown, unless asked for.
for how in "" --html --json; do
  # shellcheck disable=SC2086
  run 0 "$dmsc" trace show raw.txt $how
  says_not "$pin"
  # shellcheck disable=SC2086
  run 0 "$dmsc" trace show raw.txt --raw $how
  says "$pin"
done
run 0 "$dmsc" trace export raw.txt --pcapng --out raw.pcapng
! grep -qa 1234 raw.pcapng || bad "the packets show the PIN"
run 0 "$dmsc" trace export raw.txt --pcapng --raw --out open.pcapng
grep -qa 1234 open.pcapng || bad "--raw masks"

# A script or a card does not talk to the browser or the terminal.
printf '# <script>alert(1)</script> \033[31m\n> 00A40004023F00\n< 9000\n' >evil.txt
run 0 "$dmsc" trace show evil.txt --html
says '&lt;script&gt;'
says_not '<script'
run 0 "$dmsc" trace show evil.txt
! grep -q "$(printf '\033')" out || bad "control characters reach the terminal"
run 0 bash -c "'$dmsc' trace show - <evil.txt"
says 'SELECT MF'

# --- played back: the same commands, the same answers -------------------------------------------
for script in smoke select-read pin dm-application; do
  run 0 "$dmsc" card script "$scripts/$script.pcom" --link "$card" --trace first.txt
  run 0 "$dmsc" card script "$scripts/$script.pcom" --link replay:first.txt --trace second.txt
  says ' passed, 0 failed$'
  sed 's/ *#.*//' first.txt >first
  sed 's/ *#.*//' second.txt >second
  cmp -s first second || bad "$script: the trace that was played back differs"
  [ "$(wc -l <first)" -gt 10 ] || bad "$script: the trace is short"
done

# --- what is refused ------------------------------------------------------------------------------
printf '> 00A40004023F00\n< 90\nnonsense\n' >bad.txt
run 6 "$dmsc" trace show bad.txt
tells '^  where  line 3$'
tells '^  reason trace:line'
tells '^  try    '
head -c 70000 /dev/zero | tr '\0' '#' >endless.txt
run 6 "$dmsc" trace show endless.txt
tells 'a line of it has no end'
run 1 "$dmsc" trace show nowhere.txt
tells '^  where  nowhere.txt$'
run 2 "$dmsc" trace export pin.txt
tells 'the form is not said'
run 2 "$dmsc" trace show pin.txt --html --json

# --- tshark judges the packets --------------------------------------------------------------------
cat >usat.txt <<'END'
! cold 3B9F96801F878031E073FE211B674A357530350265F8 T=0   # at 2026-01-31T17:45:00.250Z over sim
> 801000000BFFFFFFFF7F9F00DFFF0003   # TERMINAL PROFILE
< 911E   # 3 ms at 0.020 s
> 801200001E   # FETCH
< D01C8103014001820281820500350103390205783C0301CC3E05217F0000019000   # 2 ms at 0.030 s
> 801400000F810301400182028281830100380281009000
< 9000
> 00A40804027FFF   # SELECT
< 6122
> 00A40400 07 A0000000871002 00
< 9000
> 00200001083132333435363738
< 9000
> 0070000001
< 019000
> 00F20000
< 6C22
> 00B0000010
< 6982
> 00B2010426
< 6A83
> 00C0000010
< 6F00
> 80C2000005D603190105
< 9000
! off
END
python3 - <<'END'
# Lengths as they must be.
import re
text = open("usat.txt").read()
fetch = "8103014001" + "82028182" + "0500" + "350103" + "39020578" + "3C0301CC3E" + "3E05217F000001"
text = re.sub(r"< D01C\w+", "< D0%02X%s9000" % (len(fetch) // 2, fetch), text)
text = text.replace("911E", "91%02X" % (len(fetch) // 2 + 2)).replace("801200001E", "80120000%02X" % (len(fetch) // 2 + 2))
resp = "8103014001" + "82028281" + "830100" + "38028100" + "350103" + "39020578"
text = re.sub(r"> 801400000F\w+", "> 80140000%02X%s" % (len(resp) // 2, resp), text)
open("usat.txt", "w").write(text)
END
run 0 "$dmsc" trace show usat.txt
says 'FETCH: OPEN CHANNEL'
says 'TERMINAL RESPONSE: OPEN CHANNEL, 00 '
run 0 "$dmsc" trace export usat.txt --pcapng --out usat.pcapng
if command -v tshark >/dev/null; then
  run 0 tshark -r usat.pcapng -V
  says 'GSM SIM 11.11'
  says 'SELECT'
  says 'FETCH'
  says 'OPEN CHANNEL'
  says_not '[Mm]alformed|Exception|checksum incorrect|\[Bad'
  says 'Arrival Time.*2026'
  says '8 bytes are masked and stand as 2A'
  says 'P3 is 26; no data came'
  says 'Security status not satisfied'
  says 'cold reset T=0, ATR 3B9F96801F878031E073FE211B674A357530350265F8'
  run 0 tshark -r usat.pcapng -T fields -e frame.time_epoch
  [ "$(head -1 out)" = 1769881500.267000000 ] || bad "the first time"
  for f in pin dm raw; do
    run 0 "$dmsc" trace export $f.txt --pcapng --out $f.pcapng
    run 0 tshark -r $f.pcapng -V
    says 'GSM SIM 11.11'
    says_not '[Mm]alformed|Exception'
    run 0 tshark -r $f.pcapng -Y '_ws.expert.severity >= 0x400000' -T fields -e frame.number
    silent out
  done
else
  echo "left out: tshark is not installed"
fi

finish
