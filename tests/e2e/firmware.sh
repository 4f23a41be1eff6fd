#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/examples/firmware.c: a signed package is installed, another is refused. Keys, certificate and
# signatures are of openssl.
set -eu

build=${DMSC_BUILD:?}
command -v openssl >/dev/null || { echo "skipped: no openssl"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

die() { echo "FAILED: $*"; exit 1; }
for who in own other; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $who.key \
    -subj "/CN=$who" -days 2 -outform DER -out $who.der 2>/dev/null
done
head -c 300000 /dev/urandom > package
openssl dgst -sha256 -sign own.key -out own.sig package
openssl dgst -sha256 -sign other.key -out other.sig package

"$build/docs/firmware" state.db package own.sig own.der > first
diff first - <<END || die 'the update'
downloads package
installs a package of SHA-256 $(sha256sum package | cut -c1-4)...
state 100: Update Successful / No Data
to tell com.example.ma: downloadandupdate job-1 200
END
cmp -s package slot || die 'the slot holds something else'

# Signed by somebody else: downloaded, looked at, forgotten; the state before is kept.
"$build/docs/firmware" state.db package other.sig own.der > second
diff second - <<'END' || die 'a package of another'
downloads package
forgets the package
state 20: Download Failed
to tell com.example.ma: downloadandupdate job-1 404
END
[ ! -e slot.new ] || die 'a refused package is left'

# A certificate that is none: not even downloaded.
if "$build/docs/firmware" state.db package own.sig own.sig > third 2> refused; then die 'garbage'; fi
[ ! -s third ] || die 'something was begun'
grep -q 'code:key' refused || die "$(cat refused)"
# No such package.
"$build/docs/firmware" state.db nowhere own.sig own.der > fourth
grep -qx 'to tell com.example.ma: downloadandupdate job-1 412' fourth || die "$(cat fourth)"
echo "firmware: all as told"
