#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The example application of docs/examples against a store on disk, and what dmsc then shows.
set -eu

build=${DMSC_BUILD:?}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

die() { printf 'application: %s\n' "$*" >&2; exit 1; }

"$build/docs/thermostat" state.db 21 > first
cat > expected <<'EOT'
measured 19, wanted 21
replace ./App/Thermostat/Wanted by local:thermostat
replace ./App/Thermostat/Measured by local:thermostat
EOT
diff expected first || die 'the first run says something else than its documentation'

# Again: the object is its own, and what did not change is not written.
"$build/docs/thermostat" state.db 22 > second
grep -qx 'measured 19, wanted 22' second || die 'the second run'
[ "$(wc -l < second)" = 2 ] || die 'the second run wrote what had not changed'

# What it refuses is not kept.
if "$build/docs/thermostat" state.db 123456789 2> refused; then die 'a long value was taken'; fi

printf '[store]\npath = %s/state.db\n' "$dir" > dmsc.conf
"$build/host/cli/dmsc" mo get ./App/Thermostat/Wanted --config "$dir/dmsc.conf" > node
grep -Eqx 'value +22' node || die 'the tree holds another value'
# No server may see it, and dmsc says why.
if "$build/host/cli/dmsc" ma check --ma com.opa.dm --right Get ./App/Thermostat \
    --config "$dir/dmsc.conf" > verdict; then die 'a server that is not listed may'; fi
grep -q 'ma:no-list' verdict || die 'the reason is another'
