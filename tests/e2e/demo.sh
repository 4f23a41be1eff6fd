#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The demo as a test, with the programs of this build. Arguments go to tools/demo.
set -eu
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need openssl python3
shims=$work/shims
mkdir "$shims"

# A card driver that was built with a sanitizer wants its runtime first in programs of others.
module=$(sed -n 's/.*module *= *\(.*\);.*/\1/p' "$DMSC_BUILD/host/card/opensc.conf" 2>/dev/null | tr -d '" ')
runtime=$(ldd "${module:-/nonexistent}" 2>/dev/null | awk '/lib(clang_rt\.)?asan/ { print $3 }' || true)
if [ -n "$runtime" ]; then
  for tool in opensc-tool pkcs15-tool; do
    real=$(command -v $tool) || continue
    printf '#!/bin/sh\nLD_PRELOAD=%s ASAN_OPTIONS=detect_leaks=0 exec %s "$@"\n' "$runtime" "$real" >"$shims/$tool"
    chmod +x "$shims/$tool"
  done
fi
PATH=$shims:$PATH

case " $* " in *' --in-process '*) ;; *)
  need pcscd opensc-tool pkcs15-tool
  find /usr/lib /usr/local/lib -name 'libifdvpcd.so*' 2>/dev/null | grep -q . ||
    skip "the virtual reader (vsmartcard-vpcd) is not installed"
  if [ "$(id -u)" != 0 ] && ! "$dmsc" readers >/dev/null 2>&1; then
    skip "no PC/SC service runs, and only root can start one"
  fi
  ;;
esac
"$DMSC_SOURCE_ROOT/tools/demo" --no-setup "$@"
