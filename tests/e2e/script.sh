#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# dmsc card script: the scripts that come with us run green, mismatches are told with file and line,
# and the reports are what their readers take.
set -eu
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3 xmllint
cd "$work"

card=sim:$scripts/example.json
junit() { # FILE
  xmllint --noout --schema "$DMSC_SOURCE_ROOT/tests/data/reports/junit.xsd" "$1" 2>xmllint.log ||
    bad "${command[*]}: $1 is no JUnit report: $(cat xmllint.log)"
}
# Numbered without gaps, a plan that fits, details between --- and ... behind what is not ok.
cat >tap.py <<'END'
import re, sys
lines = open(sys.argv[1], encoding="utf-8").read().split("\n")
assert lines[0] == "TAP version 13" and lines[-1] == "", "frame"
n, plan, inside, failed = 0, None, False, 0
for line in lines[1:-1]:
    if inside:
        inside = line != "  ..."
        assert line == "  ..." or re.fullmatch(r'  \w+: ("([^"\\]|\\.)*"|\d+)', line), line
    elif line == "  ---":
        inside = True
    elif m := re.fullmatch(r"(not )?ok (\d+) - [^#]*", line):
        n += 1
        failed += m[1] is not None
        assert int(m[2]) == n, line
    elif m := re.fullmatch(r"1\.\.(\d+)", line):
        assert plan is None
        plan = int(m[1])
    else:
        assert line.startswith("# ") or line.startswith("Bail out!"), line
assert plan == n and not inside
print(n, failed)
END
tap() { # FILE TESTS FAILED
  if command -v prove >/dev/null; then
    local all=0
    prove --quiet --exec cat "$1" >prove.log 2>&1 || all=1
    grep -q 'Parse errors' prove.log && [ "$(grep -c '^Bail' "$1")" = 0 ] && bad "${command[*]}: $1: $(cat prove.log)"
    [ $all = "$(($3 > 0 || $(grep -c '^Bail' "$1") > 0))" ] || bad "${command[*]}: prove takes $1 for something else"
  fi
  [ "$(python3 tap.py "$1" 2>&1)" = "$2 $3" ] || bad "${command[*]}: $1: $(python3 tap.py "$1" 2>&1 | tail -1)"
}

# --- the scripts that come with us ----------------------------------------------------------------
for script in smoke select-read pin dm-application; do
  for how in "" --all; do
    # shellcheck disable=SC2086
    run 0 "$dmsc" card script "$scripts/$script.pcom" --link "$card" $how
    says '^[0-9]+ commands: [0-9]+ passed, 0 failed$'
    says_not 'FAILED|BROKEN'
    silent err
  done
  run 0 "$dmsc" card script "$scripts/$script.pcom" --link "$card" --json
  json "j['result'] == 'passed' and j['failed'] == 0 and j['passed'] >= 6 and j['broken'] == 0"
  json "all(l['verdict'] in ('done', 'passed') for l in j['lines'])"
  run 0 "$dmsc" card script "$scripts/$script.pcom" --link "$card" --report junit --out report.xml
  junit report.xml
  run 0 "$dmsc" card script "$scripts/$script.pcom" --link "$card" --report tap
  python3 tap.py out >counts || bad "this is no TAP"
  grep -q ' 0$' counts || bad "$script failed"
done
# Not a PIN in any of it.
run 0 "$dmsc" card script "$scripts/pin.pcom" --link "$card" --trace trace --report json --out report.json
for f in out trace report.json; do
  ! grep -qi 31323334 $f || bad "$f shows the PIN"
done
grep -q '^> 0020000108\*\*' trace || bad "the trace has no masked VERIFY"
run 0 "$dmsc" card script "$scripts/pin.pcom" --link "$card" --raw
says '0020000108 ?31323334FFFFFFFF'

# --- plain hex, as scriptor takes it ---
printf '# MF\n00 A4 00 04 02 3F 00\nreset\n00A4000C023F00\n' >plain.txt
run 0 "$dmsc" card script plain.txt --link "$card"
says 'SELECT 00A4000C023F00  ->  9000'

# --- a mismatch -----------------------------------------------------------------------------------
cat >wrong.pcom <<'END'
.POWER_ON
* "quotes" & <tags> # and more
.CALL more.pcom
00A40004022FE2 (9000, 91XX)
00B000000A [98 88 XX 01 00 00 40 03 10 FF] (9000)
.DISPLAY %NOTHING
00A40004023F00 (61XX)
END
printf '; in a file of its own\n\n00A40004027FFE \\\n  (9000)\n' >more.pcom
run 1 "$dmsc" card script wrong.pcom --link "$card"
says '^ +3  SELECT 00A40004027FFE  ->  6A82  FAILED$'
says 'SW 6A82 \(file not found\) instead of 9000'
says 'expected SW  9000$'
says '^1 commands: 0 passed, 1 failed$'
silent err
run 1 "$dmsc" card script wrong.pcom --link "$card" --all
says '^        expected     9888XX010000400310FF$'
says '^        actual       988812010000400310F0$'
says '^ {39}\^\^$'
says '^4 commands: 1 passed, 3 failed$'
says '^1 could not be done$'
run 1 "$dmsc" card script wrong.pcom --link "$card" --all --json
json "j['result'] == 'failed' and (j['passed'], j['failed'], j['broken']) == (1, 3, 1)"
json "[(l['file'], l['line']) for l in j['lines'] if l['verdict'] == 'failed'] == [('more.pcom', 3), ('wrong.pcom', 4), ('wrong.pcom', 5)]"
json "[l for l in j['lines'] if l['verdict'] == 'broken'][0]['error'] == 'DMSC_E_MALFORMED'"
run 1 "$dmsc" card script wrong.pcom --link "$card" --all --report junit --out wrong.xml
junit wrong.xml
[ "$(xmllint --xpath 'count(//failure)' wrong.xml),$(xmllint --xpath 'count(//error)' wrong.xml)" = 3,1 ] || bad "failures in JUnit"
[ "$(xmllint --xpath 'string(//testcase[failure][1]/@file)' wrong.xml)" = more.pcom ] || bad "the file in JUnit"
[ "$(xmllint --xpath 'string(//testcase[failure][1]/@line)' wrong.xml)" = 3 ] || bad "the line in JUnit"
run 1 "$dmsc" card script wrong.pcom --link "$card" --all --report tap --out wrong.tap
tap wrong.tap 5 4
grep -q '^  line: 3$' wrong.tap || bad "the line in TAP"
run 1 "$dmsc" card script wrong.pcom --link "$card" --report json --out wrong.json
python3 -m json.tool wrong.json >/dev/null || bad "the JSON report"

# --- what is refused before the card is touched ---------------------------------------------------
printf '.POWER_ON\n00A40004023F0\n' >bad.pcom
run 6 "$dmsc" card script bad.pcom --link "$card" --trace trace
tells '^  where  bad.pcom:2$'
tells '^  reason script:line'
tells '^  try    '
[ ! -s trace ] || bad "a command was sent"
run 1 "$dmsc" card script nowhere.pcom --link "$card"
tells '^  reason script:file'
printf '.CALL nowhere.pcom\n' >lost.pcom
run 1 "$dmsc" card script lost.pcom --link "$card"
tells 'lost.pcom:1'
printf '.DISPLAY R(1;1)\n' >part.pcom
run 6 "$dmsc" card script part.pcom --link "$card"
tells '^  where  part.pcom:1$'
tells '^  reason script:value'
printf '.CALL self.pcom\n' >self.pcom
run 1 "$dmsc" card script self.pcom --link "$card"
tells '^  reason script:depth'
run 2 "$dmsc" card script plain.txt --link "$card" --report xml
tells 'no such form'
run 2 "$dmsc" card script plain.txt --link "$card" --out x
run 2 "$dmsc" card script plain.txt --link "$card" --json --report tap
run 1 "$dmsc" card script plain.txt --link "$card" --report tap --out /nonexistent/x
tells '^  where  /nonexistent/x'

# --- a card that fails, at each command, is told with its line; with --all the rest goes on ---------
for kind in error timeout removed short long sw=6F00 torn; do
  for n in 1 3 5; do
    got=0
    "$dmsc" card script "$scripts/smoke.pcom" --link "fault:$kind@$n:$card" --report tap --out fault.tap >out 2>err || got=$?
    checks=$((checks + 1)) command=(dmsc card script "fault:$kind@$n")
    [ $got = 1 ] || [ $got = 3 ] || bad "exit status $got"
    [ $got = 1 ] || tells '^  where  .*smoke.pcom:[0-9]+$'
    [ $got = 1 ] || tells '^  why    '
    tap fault.tap "$(grep -cE '^(not )?ok' fault.tap)" 1
    run 1 "$dmsc" card script "$scripts/smoke.pcom" --link "fault:$kind@$n:$card" --all --report junit --out fault.xml
    junit fault.xml
  done
done

# --- Ctrl-C: what was done is reported, the card left as it should be -----------------------------
printf '.POWER_ON\n.BEGIN_LOOP\n80F2000C00 (9000)\n.LOOP 9000000\n' >endless.pcom
(trap - INT; exec "$dmsc" card script endless.pcom --link "$card" --report tap --out endless.tap >/dev/null 2>err) &
pid=$!
sleep 1
kill -INT $pid
got=0
wait $pid || got=$?
checks=$((checks + 1)) command=(dmsc card script endless.pcom)
[ $got = 1 ] || bad "exit status $got after Ctrl-C"
grep -q '^Bail out! stopped' endless.tap || bad "the report does not say that it was stopped"
tap endless.tap "$(grep -c '^ok' endless.tap)" 0

finish
