#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# WBXML as it is used: objects out of the tree and in again, any document as XML. libwbxml2 judges
# what we write and write what we read.
set -eu
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3
cd "$work"

material
tree_config dmsc.conf dmsc.db
m() { # STATUS ARGUMENT...
  local status=$1
  shift
  run "$status" "$dmsc" --config dmsc.conf mo "$@"
}
same() { cmp -s "$1" "$2" || bad "$1 and $2 differ"; }

# --- decode -------------------------------------------------------------------------------------
cp "$DMSC_SOURCE_ROOT/tests/fuzz/corpus/wbxml/bootstrap" bootstrap.wbxml
run 0 "$dmsc" wbxml decode bootstrap.wbxml
cp out bootstrap.xml
says '^    <Add>$'
says '^        <Type xmlns="syncml:metinf">application/vnd.syncml.dmtnds\+wbxml</Type>$'
says '^        <Data><!-- WBXML 1.2, -//OMA//DTD-DM-DDF 1.2//EN, public identifier 0x0, UTF-8 -->$'
says '^          <MgmtTree xmlns="syncml:dmddf1.2">$'
says '^                <ACL>Get=dm&amp;Replace=dm&amp;Delete=dm</ACL>$'
silent err
python3 - <<'END' || bad "what is shown is no XML"
import xml.etree.ElementTree as tree
root = tree.parse("bootstrap.xml").getroot()
assert root.tag == "{SYNCML:SYNCML1.2}SyncML"
names = [e.text for e in root.iter("{syncml:dmddf1.2}NodeName")]
assert names == ["Op", "AppID", "ServerID"]
END
checks=$((checks + 1))
"$dmsc" wbxml decode <bootstrap.wbxml >out || bad "wbxml decode of standard input"
same out bootstrap.xml
"$dmsc" wbxml decode - <bootstrap.wbxml >out || bad "wbxml decode -"
same out bootstrap.xml
run 0 "$dmsc" wbxml decode bootstrap.wbxml --json
json "j['bytes'] == 334 and j['xml'] == open('bootstrap.xml').read()"
head -c 100 bootstrap.wbxml >half.wbxml
run 6 "$dmsc" wbxml decode half.wbxml
silent out
tells '^  where  octet 71 of 100$'
tells '^  reason wbxml:truncated$'
tells '^  try    '
run 6 "$dmsc" wbxml decode bootstrap.xml --json
json "j['error']['reason'] == 'wbxml:version' and j['error']['try']"
run 1 "$dmsc" wbxml decode none.wbxml
tells '^  where  none.wbxml$'

# --- objects out and in -------------------------------------------------------------------------
m 0 add ./App/One --type urn:x:example:1.0
m 0 add ./App/One/Name 'one & <two>'
m 0 add ./App/One/Limit 20 --format int
m 0 add ./App/One/Empty ''
m 0 add ./App/One/Text --type application/xml --format xml '<a b="c"/>'
m 0 acl ./App/One 'Get=*&Replace=com.opa.dm'
m 0 export ./App/One --out text.xml
head -c 300 /dev/urandom >octets
m 0 add ./App/One/Octets --format bin --type application/octet-stream --file octets
m 0 export ./App/One --out first.xml
m 0 export ./App/One --wbxml --out first.wbxml
[ "$(stat -c %s first.wbxml)" -lt "$(stat -c %s first.xml)" ] || bad "WBXML is longer than XML"
m 0 export ./App/One --wbxml
same out first.wbxml
run 0 "$dmsc" --config dmsc.conf mo export ./App/One --wbxml --json
json "bytes.fromhex(j['wbxml']) == open('first.wbxml', 'rb').read() and j['uri'] == './App/One'"
m 2 export ./App/One --wbxml --json-mo
m 0 rm ./App/One
m 0 import first.wbxml
says '^imported \./App/One '
m 0 export ./App/One --out second.xml
same first.xml second.xml
m 0 export ./App/One --wbxml --out second.wbxml
same first.wbxml second.wbxml
m 0 get ./App/One/Octets --raw
same octets out
# Merged over itself, and refused as a whole.
m 0 import first.wbxml --mode merge
head -c -1 first.wbxml >half.wbxml
m 6 import half.wbxml --mode replace
tells '^  reason wbxml:truncated$'
m 0 export ./App/One --out third.xml
same first.xml third.xml
run 0 "$dmsc" wbxml decode first.wbxml
says '^      <Value><!-- base64 of 300 octets -->'
says '^      <Value>one &amp; &lt;two&gt;</Value>$'

# --- libwbxml2 ----------------------------------------------------------------------------------
if ! command -v wbxml2xml >/dev/null || ! command -v xml2wbxml >/dev/null; then
  echo "left out: libwbxml2-utils is not here"
else
  m 0 rm ./App/One/Octets
  m 0 export ./App/One --wbxml --out text.wbxml
  # What we write is read: it takes our WBXML for XML, we take its XML.
  run 0 wbxml2xml -k -m 0 -o theirs.xml text.wbxml
  sed -i 's|<!DOCTYPE[^>]*>||' theirs.xml
  m 0 rm ./App/One
  m 0 import theirs.xml
  m 0 export ./App/One --out again.xml
  same text.xml again.xml
  # What it writes is read, in each version, with a string table or without, octets as base64.
  for xml in text first; do
    sed '1s|^|<?xml version="1.0"?><!DOCTYPE MgmtTree PUBLIC "-//OMA//DTD-DM-DDF 1.2//EN" "x">|' $xml.xml >typed.xml
    for form in '-v 1.1' '-v 1.2' '-v 1.3' -n -a; do
      # shellcheck disable=SC2086  # words
      run 0 xml2wbxml -k $form -o theirs.wbxml typed.xml
      m 0 rm ./App/One
      m 0 import theirs.wbxml
      m 0 export ./App/One --out again.xml
      same $xml.xml again.xml
    done
  done
  # A description in either encoding.
  ddf=$DMSC_SOURCE_ROOT/tests/vectors/mo/ddf/thermostat.xml
  run 0 xml2wbxml -o ddf.wbxml "$ddf"
  m 0 describe "$ddf"
  cp out described
  m 0 describe ddf.wbxml
  same out described
  run 0 python3 "$DMSC_SOURCE_ROOT/tests/interop/wbxml.py" "$dmsc" "$DMSC_SOURCE_ROOT/../shared/corpus/dm1"
  cat out
fi

finish
