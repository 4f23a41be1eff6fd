#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The applet of the software UICC pulls a file from a web server of others (Python's), through the
# bearer independent protocol that "dmsc card usat" serves:
#
#   bip_pull.sh BUILD SOURCE
set -eu
build=$1 source=$2

skip() { echo "SKIPPED: $*"; exit 77; }
fail() { echo "FAIL: $*"; sed 's/^/  | /' "$work"/*.log; exit 1; }

command -v python3 >/dev/null || skip "python3 is not installed"
work=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

mkdir "$work/served"
# Several SEND DATA and RECEIVE DATA: more than one TERMINAL RESPONSE holds.
python3 -c 'print("{\"generation\": 10, \"text\": \"" + "x" * 900 + "\"}")' >"$work/served/mo.json"
python3 - "$work/served" >"$work/server.log" 2>&1 <<'END' &
import functools, http.server, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
print("port", server.server_port, flush=True)
server.serve_forever()
END
server=$!
for _ in $(seq 100); do grep -q "^port" "$work/server.log" && break; sleep 0.1; done
port=$(sed -n 's/^port //p' "$work/server.log")
[ -n "$port" ] || fail "the server did not start"

cat >"$work/card.json" <<END
{ "base": "$source/card-scripts/blank.json",
  "toolkit": { "applet": { "url": "http://127.0.0.1:$port/mo.json", "file": "3F00/7F4D/6F10" },
               "rules": [ { "on": "start", "pull": true } ] } }
END
printf '[usat]\nconnect = tcp:127.0.0.1:%s\n' "$port" >"$work/dmsc.conf"
"$build/host/cli/dmsc" card usat --for 6 --config "$work/dmsc.conf" \
  --link "sim:$work/card.json,state=$work/state.json" >"$work/usat.log" 2>&1 ||
  fail "dmsc card usat ended with $?"
grep -q "GET /mo.json HTTP/1.0\" 200" "$work/server.log" || fail "the server was not asked"
for command in "OPEN CHANNEL" "SEND DATA" "RECEIVE DATA" "CLOSE CHANNEL"; do
  grep -q "$command" "$work/usat.log" || fail "no $command"
done
python3 - "$work" <<'END' || fail "another content is in the file"
import json, pathlib, sys
work = pathlib.Path(sys.argv[1])
state = json.loads((work / "state.json").read_text())
content = bytes.fromhex(state["files"]["3F00/7F4D/6F10"]["content"])
sys.exit(content != (work / "served" / "mo.json").read_bytes())
END
echo "the applet pulled $(wc -c <"$work/served/mo.json") bytes over BIP into its file"
