#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# dmsc is killed while it writes to a card that keeps its state in a file: whenever that happens, the
# card reads as it was before or as it was to become.
set -eu
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3
cd "$work"

material
# The second profile differs in the list, in a body, and in the number of objects.
python3 - <<'END'
import json
profile = json.load(open("profile.json"))
json.dump(profile, open("a.json", "w"))
profile["authorities"][1]["priority"] = 9
profile["objects"][1]["file"] = "ims-b.xml"
profile["objects"].append({"id": 5, "type": "0x21", "path": "./More", "encoding": "tnds-xml", "file": "note.xml", "owner": 1, "pool": 0, "flags": []})
json.dump(profile, open("b.json", "w"))
text = open("ims.xml").read()
open("ims-b.xml", "w").write(text.replace("2000", "4000"))
END
config dmsc.conf dmsc.db

link() { printf 'sim:%s/blank.json,state=%s' "$scripts" "$work/card.state"; }
d() { "$dmsc" --config dmsc.conf --link "$(link)" "$@"; }

# What a device that sees the card for the first time makes of it.
look() { # FILE
  rm -f dmsc.db*
  d card info --json >info.json 2>&1 || { echo "no card" >"$1"; return; }
  if grep -q not-provisioned info.json; then
    echo "not provisioned" >"$1"
    return
  fi
  d sync --json >sync.json 2>&1 || { { echo "sync failed"; cat sync.json; } >"$1"; return; }
  # The generation counts up with every round: it is no part of what the card says.
  { d mo export . && d ma ls --json && d cert ls --json; } >"$1" 2>&1
}

# kill_at SIGNAL COMMAND PROFILE: when the trace shows the COMMAND th APDU
cat >kill_at.py <<'END'
import signal, subprocess, sys
name, command, line = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
signal.signal(signal.SIGINT, signal.default_int_handler)
child = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
for text in child.stderr:
    command -= text.startswith("> ")
    if command == 0:
        child.send_signal(getattr(signal, "SIG" + name))
        break
child.stderr.read()
child.wait()
END
kill_at() {
  python3 kill_at.py "$1" "$2" "$dmsc" --config dmsc.conf --link "$(link)" card provision "$3" \
    --trace - >provision.out 2>&1
}

apdus() { python3 -c 'import json; print(json.load(open("out"))["apdus"])'; }
run 0 d card provision a.json --json
first=$(apdus)
look a.want
run 0 d card provision b.json --json
next=$(apdus)
look b.want
cmp -s a.want b.want && bad "both profiles look the same"
grep -q 'Timer_T1' a.want || bad "the card does not read"
rm -f card.state
look blank.want
[ "$(cat blank.want)" = "not provisioned" ] || bad "a blank card is not blank"

# Spread over all of it, and each of the last ones, where the new generation comes into force.
points="10 40 60 80 90 -5 -4 -3 -2 -1 -0"
command_at() { # POINT APDUS
  case $1 in -*) echo $(($2 + $1)) ;; *) echo $(($2 * $1 / 100)) ;; esac
}

seen=
for signal in KILL INT; do
  for at in $points; do
    checks=$((checks + 2))
    rm -f card.state
    kill_at $signal "$(command_at "$at" "$first")" a.json
    look is
    if cmp -s is blank.want; then seen="$seen blank"; elif cmp -s is a.want; then seen="$seen whole"; else
      cp is out
      cp provision.out err
      bad "killed by $signal at $at of $first a blank card is neither blank nor whole"
    fi
    # And from one generation to the next; what the kill before left is mended on the way.
    d card provision a.json >out 2>err || bad "provisioning after a kill"
    kill_at $signal "$(command_at "$at" "$next")" b.json
    look is
    if cmp -s is a.want; then seen="$seen old"; elif cmp -s is b.want; then seen="$seen new"; else
      cp is out
      cp provision.out err
      bad "killed by $signal at $at of $next the card is neither old nor new"
    fi
  done
done
for end in blank whole old new; do
  [[ "$seen " == *" $end "* ]] || bad "no kill left the card $end"
done
echo "seen:$seen"
# shellcheck disable=SC2012  # our own names
[ "$(ls -d card.state* | wc -l)" = 1 ] || bad "files were left behind: $(ls -d card.state*)"
finish
