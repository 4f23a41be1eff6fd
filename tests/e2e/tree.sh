#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# dmsc mo and dmsc ma as the device's owner uses them: change the tree, carry objects in and out,
# look at authorities. What is refused changes nothing.
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
  [ "$status" = 0 ] || tells '^dmsc: cannot '
  [ "$status" = 0 ] || tells '^  why    '
  [ "$status" = 0 ] || tells '^  try    '
}
keep() { m 0 export . --out "$1"; }
same() { cmp -s "$1" "$2" || bad "$1 and $2 differ"; }
# no STATUS REASON ARGUMENT...: refused with a reason, and the tree is as it was
no() {
  local status=$1 reason=$2
  shift 2
  keep was.xml
  m "$status" "$@"
  silent out
  [ -z "$reason" ] || tells "^  reason $reason"
  run "$status" "$dmsc" --config dmsc.conf mo "$@" --json
  silent err
  json "j['error']['exit'] == $status and j['error']['why'] and j['error']['try']"
  keep is.xml
  same was.xml is.xml
}

# --- add, set, rm -------------------------------------------------------------------------------
m 0 add ./App/One --type urn:x:example:1.0
says '^added \./App/One \(1 node\)$'
m 0 add ./App/One/Name one
m 0 add ./App/One/Limit 20 --format int
m 0 add ./App/One/On true --format bool
m 0 add ./App/One/Text --type application/json '{"a":[1,2]}'
head -c 300 /dev/urandom >octets
m 0 add ./App/One/Octets --format bin --type application/octet-stream --file octets
m 0 get ./App/One/Octets --raw
same octets out
no 1 '' get ./App/One --raw
run 2 "$dmsc" --config dmsc.conf mo get ./App/One/Octets --raw --json
json "j['error']['try'] == '--raw or --json, not both'"
m 0 ls ./App/One
says '^\./App/One/Octets +bin +\(300 bytes\)'
m 0 get ./App/One
says '^type +urn:x:example:1.0$'
says_not '^(size|allows|title) '
m 0 get ./DevInfo
says '^allows +Get'
run 0 "$dmsc" --config dmsc.conf mo get ./App/One --json
json "'size' not in j and 'Replace' in j['access'] and j['title'] == ''"
m 0 set ./App/One/Limit -- -5
m 0 get ./App/One/Limit
says '^value +-5$'
printf 'two & <three>' >name
run 0 bash -c '"$@" <name' - "$dmsc" --config dmsc.conf mo set ./App/One/Name --file - --json
json "j == {'uri': './App/One/Name', 'done': 'set', 'bytes': 13}"
m 0 get ./App/One/Name --raw
same name out
no 6 format:int set ./App/One/Limit many
no 6 format:bool add ./App/One/Other maybe --format bool
no 6 uri:empty-segment set ./App//Limit 1
no 1 '' set ./App/One/Missing 1
no 1 node:interior set ./App/One 1
no 1 node:exists add ./App/One/Limit 1
no 1 node:leaf add ./App/One/Limit/Below 1
no 2 '' set ./App/One/Limit
no 2 '' set ./App/One/Limit 1 --file octets
no 2 '' add ./App/One/New 1 --format text
no 2 '' add ./App/One/New 1 --format node
no 1 '' set ./App/One/Limit --file /nonexistent
no 1 node:root rm .
no 1 node:permanent rm ./DevInfo

# --- ACL ----------------------------------------------------------------------------------------
m 0 acl ./App/One/Limit
says '^own ACL +none: it is inherited$'
says '^which is that of +\.$'
m 0 acl ./App/One 'Get=*&Replace=com.opa.dm'
m 0 acl ./App/One/Limit
says '^ACL in force +Get=\*&Replace=com\.opa\.dm$'
says '^which is that of +\./App/One$'
run 0 "$dmsc" --config dmsc.conf mo acl ./App/One/Limit --json
json "j == {'uri': './App/One/Limit', 'acl': '', 'effective_acl': 'Get=*&Replace=com.opa.dm', 'from': './App/One'}"
m 0 acl ./App/One/Limit 'Get=*'
m 0 acl ./App/One/Limit ''
says '^own ACL +none'
no 6 acl:malformed acl ./App/One 'Everything=*'
no 1 acl:root acl . ''

# --- TNDS out and in ----------------------------------------------------------------------------
m 0 import ims.xml
says '^imported \./3GPP_IMS \(3 nodes\)$'
for top in ./App/One ./3GPP_IMS; do
  m 0 export $top --out first.xml
  m 0 rm $top
  says "^deleted $top \("
  no 1 '' get $top
  m 0 import first.xml
  m 0 export $top --out second.xml
  same first.xml second.xml
done
no 1 node:exists import ims.xml
no 1 node:exists import ims.xml --mode add
m 0 set ./3GPP_IMS/Timer_T1 2500
m 0 add ./3GPP_IMS/Extra 1
m 0 import ims.xml --mode merge
m 0 get ./3GPP_IMS/Timer_T1
says '^value +2000$'
m 0 get ./3GPP_IMS/Extra
run 0 "$dmsc" --config dmsc.conf mo import ims.xml --mode replace --json
json "j == {'uri': './3GPP_IMS', 'done': 'imported', 'nodes': 3}"
no 1 '' get ./3GPP_IMS/Extra
m 0 import account.xml ./DMAcc
m 0 get ./DMAcc/OpA/ServerID
says '^value +com.opa.dm$'
# One bad value at the end undoes what stood before it.
sed 's|2000|soon|; s|3GPP_IMS|New|' ims.xml >bad.xml
no 6 format:int import bad.xml
printf '<!DOCTYPE x [<!ENTITY a "b">]><MgmtTree/>' >doctype.xml
no 6 xml:doctype import doctype.xml
no 6 '' import octets
: >empty
no 6 '' import empty
no 1 '' import /nonexistent
no 2 '' import ims.xml --mode everything

# --- where an export goes ---------------------------------------------------------------------------
m 0 export ./App/One
head -c -1 out >wanted.xml # a terminal wants a line end, a file has none
m 0 export ./App/One --out -
cmp -s <(head -c -1 out) wanted.xml || bad "--out - is not standard output"
mkdir place
echo old >place/file
chmod 640 place/file
ln -s place/file link
m 0 export ./App/One --out link
[ -L link ] || bad "a symbolic link was replaced"
same place/file wanted.xml
[ "$(stat -c %a place/file)" = 640 ] || bad "the mode of the file is another"
mkfifo fifo
cat fifo >through &
m 0 export ./App/One --out fifo
wait $!
[ -p fifo ] || bad "a FIFO was replaced"
same through wanted.xml
m 1 export ./App/One --out place
tells '^  where  place$'
m 1 export ./App/One --out nowhere/file
tells '^  why    No such file or directory$'
chmod 500 place
if [ -w place ]; then
  echo "left out: root may write everywhere"
else
  m 1 export ./App/One --out place/file
  tells '^  where  .*place/file$'
  same place/file wanted.xml
fi
chmod 700 place
[ "$(ls place)" = file ] || bad "something was left: $(ls place)"

# --- the Inbox: the device chooses the place -------------------------------------------------------
m 0 import account.xml --inbox
says '^placed \./DMAcc/OpA-2 \(urn:oma:mo:oma-dm-dmacc:1\.0\)$'
m 0 get ./DMAcc/OpA-2/ServerID
says '^value +com.opa.dm$'
run 0 "$dmsc" --config dmsc.conf mo import account.xml --inbox --json
json "j == {'done': 'placed', 'objects': [{'uri': './DMAcc/OpA-3', 'mo': 'urn:oma:mo:oma-dm-dmacc:1.0'}]}"
m 0 rm ./DMAcc/OpA-2
m 0 rm ./DMAcc/OpA-3
sed 's/oma-dm-dmacc:1.0/unheard-of:1.0/' account.xml >unheard.xml
no 6 inbox:unknown import unheard.xml --inbox
no 1 inbox:node import account.xml ./Inbox
no 1 inbox:node add ./Inbox/x 1
m 1 add ./Inbox/x 1
tells '^  try    dmsc mo import FILE --inbox'
m 1 add "./$(printf 'a/%.0s' $(seq 200))a" 1
tells '^  try    .*limits.uri_'
no 2 '' import account.xml --inbox --mode merge
no 2 '' import account.xml ./DMAcc --inbox
echo '{"A":{}}' >object.json
no 6 '' import object.json --inbox

# --- documents in leaves ---------------------------------------------------------------------------
m 0 add ./App/One/Json '{"a":[1]}' --type application/json
no 6 format:json set ./App/One/Json '{"a":[1}'
m 0 add ./App/One/Xml '<a/>' --format xml --type text/xml
no 6 format:xml set ./App/One/Xml '<a>'
no 6 xml:doctype set ./App/One/Xml '<!DOCTYPE a><a/>'
m 0 rm ./App/One/Json
m 0 rm ./App/One/Xml

# A judge of others: the document type of OMA. It knows no namespaces, so it refuses the attribute
# xmlns of ours, and nothing else.
dtd=$DMSC_SOURCE_ROOT/../shared/corpus/dm1/hostap-hs20/dm_ddf-v1_2.dtd
if [ -f "$dtd" ] && command -v xmllint >/dev/null; then
  for top in . ./App/One ./3GPP_IMS ./DMAcc ./DevInfo; do
    m 0 export $top --out dtd.xml
    sed -i 's/ xmlns="syncml:dmddf1.2"//' dtd.xml
    run 0 xmllint --nonet --noout --dtdvalid "$dtd" dtd.xml
  done
  sed -i 's|<VerDTD>1.2</VerDTD>||' dtd.xml
  run 3 xmllint --nonet --noout --dtdvalid "$dtd" dtd.xml
else
  echo "left out: the published document type, or xmllint, is not here"
fi

# --- JSON out and in ----------------------------------------------------------------------------
for top in ./App/One ./3GPP_IMS; do
  m 0 export $top --json-mo --out first.json
  m 0 rm $top
  m 0 import first.json "${top%/*}"
  m 0 export $top --json-mo --out second.json
  same first.json second.json
done
m 0 export ./App/One --json-mo
json "j['One']['Limit'] == -5 and j['One']['On'] is True and j['One']['Name'] == 'two & <three>'"
json "j['One']['Text'] == {'\$fmt': 'json', '\$v': {'a': [1, 2]}}"
run 0 "$dmsc" --config dmsc.conf mo export ./App/One --json-mo --json
json "j['uri'] == './App/One' and j['mo']['One']['Limit'] == -5"
printf '\n {"One":{"Limit":7}}' >merge.json
m 0 import merge.json ./App --mode merge
m 0 get ./App/One/Limit
says '^value +7$'
printf '{"One":' >half.json
no 6 json:syntax import half.json
m 6 import half.json
tells '^  where  half\.json: line '
printf '{"One":{"Limit":"many"}}' >wrong.json
no 6 format:int import wrong.json ./App --mode merge

# --- secrets: set, never read --------------------------------------------------------------------
secret='hush-9f41'
printf %s "$secret" >secret
leaf=./DMAcc/OpA/AppAuth/1/AAuthSecret
m 0 set $leaf --file secret
says_not "$secret"
run 0 "$dmsc" --config dmsc.conf mo ls $leaf --json
json "j[0]['verno'] == 1 and j[0]['value'] == '(secret)'"
no 4 secret get $leaf
no 4 secret export $leaf
no 4 secret get $leaf --raw
for command in 'ls' 'export' 'export --json-mo' 'get ./DMAcc/OpA/AppAuth/1' 'find *//x'; do
  # shellcheck disable=SC2086  # words
  "$dmsc" --config dmsc.conf mo $command >out 2>err || true
  ! grep -q "$secret" out err || bad "mo $command shows a secret"
done
! grep -q "$secret" dmsc.db* || bad "a secret is in the store as it is"
run 0 "$dmsc" --config dmsc.conf ma audit --json
json "any(a['who'] == 'local:' and a['reason'] == 'secret' and a['where'] == '$leaf' for a in j)"

# --- find ---------------------------------------------------------------------------------------
m 0 add ./App/Two --type urn:x:find:1.0
m 0 add ./App/Two/ID north
m 0 add ./App/Three --type urn:x:find:1.0
m 0 add ./App/Three/ID south
m 0 find 'urn:oma:mo:oma-dm-devinfo:1.0//DevId'
says '^\./DevInfo/DevId +chr +urn:x:1'
run 0 "$dmsc" --config dmsc.conf mo find 'urn:x:find:1.0/*/ID' --json
json "[n['uri'] for n in j] == ['./App/Three/ID', './App/Two/ID']"
run 0 "$dmsc" --config dmsc.conf mo find 'urn:x:find:1.0/(x)/?nv=(x)/ID:north' --json
json "[n['uri'] for n in j] == ['./App/Two']"
no 1 client-uri:ambiguous find 'urn:x:find:1.0//ID'
no 1 client-uri:nothing find 'urn:x:nowhere:1.0//ID'
m 1 find 'urn:x:nowhere:1.0//ID'
tells '^  where  urn:x:nowhere:1\.0//ID$'
tells '^  try    dmsc mo kinds'
no 6 client-uri: find 'urn:x:find:1.0'

# --- describe: no store, no state ----------------------------------------------------------------
cat >good.ddf <<'END'
<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>App</NodeName><Path>./Vendor</Path>
<DFProperties><AccessType><Get/></AccessType><DFFormat><node/></DFFormat><Occurrence><One/></Occurrence>
<Scope><Permanent/></Scope><DFType><DDFName>urn:x:app:1.0</DDFName></DFType></DFProperties>
<Node><NodeName>Mode</NodeName><DFProperties><AccessType><Get/><Replace/></AccessType><DefaultValue>fast</DefaultValue>
<DFFormat><chr/></DFFormat><Occurrence><ZeroOrOne/></Occurrence><DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>
</Node></MgmtTree>
END
mkdir bare
run 0 env XDG_STATE_HOME="$work/bare" "$dmsc" mo describe good.ddf
says '^describes \./Vendor/App: 2 nodes, 0 defects$'
says '^App +1 +node +Get +urn:x:app:1.0 +yes +-$'
says '^  Mode +0\.\.1 +chr +Get, ?Replace +text/plain +no +fast$'
[ -z "$(ls bare)" ] || bad "mo describe made a state"
run 0 "$dmsc" mo describe good.ddf --json
json "j['place'] == './Vendor/App' and j['defects'] == [] and [n['depth'] for n in j['nodes']] == [0, 1]"
json "j['nodes'][1]['default'] == 'fast' and j['nodes'][1]['access'] == ['Get', 'Replace']"
sed 's|<DFFormat><chr/></DFFormat>||' good.ddf >defect.ddf
run 0 "$dmsc" mo describe defect.ddf
says '^warning: ddf:no-format  1 time: .*Mode$'
run 0 "$dmsc" mo describe
says '^fumo-1\.0 +urn:oma:mo:oma-fumo:1\.0$'
run 0 "$dmsc" mo describe dmacc-1.2
says '^  SrvID +1 +chr +Get +text/plain +no +-$'
run 0 "$dmsc" mo describe urn:oma:mo:oma-dm-dmacc:1.2 --ddf
cp out dmacc.ddf
run 0 "$dmsc" mo describe dmacc.ddf --ddf
cmp -s out dmacc.ddf || bad "a description that was written is another when it is read"
if [ -f "$dtd" ] && command -v xmllint >/dev/null; then
  run 0 xmllint --nonet --noout --dtdvalid "$dtd" dmacc.ddf
fi
run 1 "$dmsc" mo describe devinfo-7.0
tells '^  try    dmsc mo describe lists the names'
run 6 "$dmsc" mo describe octets
tells '^  try    '
run 6 "$dmsc" mo describe dmsc.conf --json
json "j['error']['exit'] == 6"

# --- kinds: the same as a server reads -----------------------------------------------------------
m 0 kinds
says '^features: prio tmpdel .*tls12$'
says '^urn:oma:mo:oma-dm-devinfo:1\.0 +\./DevInfo$'
m 0 kinds --json
json "any(o['moid'] == 'urn:oma:mo:oma-dm-devdetail:1.0' and o['instances'] == ['./DevDetail'] for o in j['objects'])"
json "'uicc' not in j['features'] and 'tls12' in j['features']"

# --- an object that goes takes with it what was kept about it ------------------------------------
thermostat=$DMSC_BUILD/docs/thermostat
printf '[store]\npath = app.db\n' >app.conf
cat >other.xml <<'END'
<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>App</NodeName><RTProperties><Format><node/></Format></RTProperties>
<Node><NodeName>Other</NodeName><Value>1</Value></Node></Node></MgmtTree>
END
for away in 'rm ./App/Thermostat' 'import other.xml --mode replace'; do
  run 0 "$thermostat" app.db 21
  run 0 "$dmsc" --config app.conf mo ls ./DACMO
  says '/Owner +chr +local:thermostat'
  # shellcheck disable=SC2086  # words
  run 0 "$dmsc" --config app.conf mo $away
  run 1 "$dmsc" --config app.conf mo get ./App/Thermostat
  run 0 "$dmsc" --config app.conf mo ls ./DACMO
  says_not 'thermostat'
done

# --- two at one store -----------------------------------------------------------------------------
# An import is stopped while it holds the store; the others are told who does. Killed, it has done
# nothing; left to go on, all of it.
python3 - <<'END'
nodes = "".join("<Node><NodeName>n%d</NodeName><Value>%d</Value></Node>" % (i, i) for i in range(6000))
open("many.xml", "w").write("<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>Many</NodeName>"
                            "<RTProperties><Format><node/></Format></RTProperties>" + nodes + "</Node></MgmtTree>")
END
cat >held.py <<'END'
import os, signal, sqlite3, subprocess, sys, time
name, line = sys.argv[1], sys.argv[2:]
child = subprocess.Popen(line)
def held():
    other = sqlite3.connect("dmsc.db", isolation_level=None, timeout=0)
    try:
        other.execute("begin immediate")
        other.execute("rollback")
        return False
    except sqlite3.OperationalError:
        return True
    finally:
        other.close()
def writer():
    try:
        return int(open("dmsc.db-writer").read() or 0)
    except ValueError:
        return 0
while child.poll() is None:
    os.kill(child.pid, signal.SIGSTOP)
    if writer() == child.pid and held():
        break
    os.kill(child.pid, signal.SIGCONT)
    time.sleep(0.01)
else:
    sys.exit("the import was never seen at work")
open("stopped", "w").write(str(child.pid))
while not os.path.exists("go"):
    time.sleep(0.02)
os.kill(child.pid, getattr(signal, name))
sys.exit(child.wait() != (0 if name == "SIGCONT" else -signal.SIGKILL))
END
keep before.xml
for signal in SIGKILL SIGCONT; do
  rm -f stopped go
  python3 held.py $signal "$dmsc" --config dmsc.conf mo import many.xml >held.out 2>&1 &
  held=$!
  for _ in $(seq 600); do
    [ -s stopped ] && break
    sleep 0.05
  done
  [ -s stopped ] || bad "nobody holds the store"
  m 75 set ./App/One/Limit 9
  tells "^  why    process $(cat stopped) writes"
  run 75 "$dmsc" --config dmsc.conf mo rm ./App --json
  json "j['error']['code'] == 'DMSC_E_AGAIN' and j['error']['reason'] == 'store:busy'"
  # Who reads does not wait, and sees what was there before.
  m 0 get ./DevInfo/DevId
  m 0 ls ./App
  m 0 find urn:oma:mo:oma-dm-devinfo:1.0//DevId
  m 0 transfers
  for reader in 'ma ls' 'ma audit' 'cert ls' 'env ls'; do
    # shellcheck disable=SC2086  # two words
    run 0 "$dmsc" --config dmsc.conf $reader
  done
  touch go
  wait $held || bad "the import: $(cat held.out)"
  if [ $signal = SIGKILL ]; then
    keep after.xml
    same before.xml after.xml
  fi
done
m 0 get ./Many/n5999
says '^value +5999$'
m 0 get ./App/One/Limit
says '^value +7$'
m 0 set ./App/One/Limit 9

# --- what the device says of itself is not set by hand ---------------------------------------------
no 4 access-type set ./DevInfo/Lang de
no 4 access-type set ./DevDetail/LrgObj false
no 4 access-type add ./Cert/mine --type urn:oma:mo:x-dmsc-cert:1.0
no 4 access-type add ./VirMO/x 1
keep whole.xml
m 0 import whole.xml --mode merge
says '^left as they are: [0-9]+ nodes that the device keeps itself$'

# --- authorities ----------------------------------------------------------------------------------
python3 - <<'END'
import json
profile = json.load(open("profile.json"))
profile["authorities"][0]["scopes"][1]["rights"].append("Delegate")
def entry(id, name, rights, **more):
    return dict(id=id, name=name.upper(), authority=name + ".example", server_ids=[name], priority=id, flags=["enabled"],
                pins=[{"ca_spki_sha256": "AB" * 32}], scopes=[dict(type="3GPP_IMS", path=".", rights=rights)], **more)
profile["authorities"] += [
    entry(3, "helper", ["Get", "Add", "Exec"], delegated_by=1, depth=1),
    entry(4, "old", ["Get"], not_before="2020-01-01T00:00:00Z", not_after="2021-01-01T00:00:00Z")]
json.dump(profile, open("ma.json", "w"))
END
config ma.conf ma.db "sim:$scripts/blank.json,state=$work/state.json"
a() { # STATUS ARGUMENT...
  local status=$1
  shift
  run "$status" "$dmsc" --config ma.conf "$@"
}
a 0 card provision ma.json
a 1 ma show 1
tells '^  try    dmsc ma ls'
a 0 sync
a 0 mo acl ./3GPP_IMS 'Get=*&Add=helper+com.opa.dm&Exec=helper'

a 0 ma show helper
says '^name +HELPER$'
says '^pinned by +CA key ABABABABABABABAB\.\.\.$'
says '^delegated +by 1 \(OpA\), depth 1$'
says '^standing now +admitted$'
says '^1 +3GPP IMS +\. +Get, Add, Exec$'
# Exec is in its scope and in the ACL, but who delegated has it not.
says '^1 +helper +\./3GPP_IMS +Get\+Add +-$'
a 0 ma show 4
says '^valid until +2021-01-01T00:00:00Z$'
says '^standing now +ma:expired$'
says '^none of it can be used now'
a 0 ma show 3 --json
json "j['scopes'][0]['effective'] == [{'server_id': 'helper', 'node': './3GPP_IMS', 'rights': ['Get', 'Add']}]"
json "j['pins'] == [{'kind': 'CA key', 'sha256': 'AB' * 32}] and j['delegated'] == {'by': 1, 'name': 'OpA', 'depth': 1}"
# Nobody owns it: by the rules of DM 2.0 it is nobody's.
json "j['scopes'][0]['effective_dm2'] == [] and j['account_moids'] == {}"
a 0 ma show 3
says '^SCOPE +SERVER ID +NODE +MAY IN DM 1.X +IN DM 2.0$'
says '^1 +helper +\./3GPP_IMS +Get\+Add +-$'
# com.opa.dm2 is another name of the same entry, which the ACL does not have.
a 0 ma show com.opa.dm2 --json
json "{e['server_id']: e['rights'] for e in j['scopes'][1]['effective'] if 'Add' in e['rights']}.keys() == {'com.opa.dm'}"
a 0 ma ls
says '^3 +HELPER .* admitted +\./3GPP_IMS Get\+Add \(2\.0: none\)$'
says '^4 +OLD .* ma:expired +-$'
a 0 ma ls --json
json "j[2]['scopes'][0]['effective'][0]['rights'] == ['Get', 'Add'] and j[3]['scopes'][0]['effective'] == []"
# What is shown is what the decision point says.
python3 -c '
import json
for ma in json.load(open("out")):
    for scope in ma["scopes"]:
        for e in scope["effective"]:
            for right in e["rights"]:
                print(e["server_id"], right, e["node"] + ("/new" if right == "Add" else ""))
' >claims
[ -s claims ] || bad "nobody may do anything"
while read -r server right node; do a 0 ma check --ma "$server" --right "$right" "$node"; done <claims
a 4 ma check --ma helper --right Exec ./3GPP_IMS
# Looking is no attempt.
a 0 ma audit --json
json "j == []"
for id in 9 nobody 0x1 257 ''; do
  a 1 ma show -- "$id"
  tells '^dmsc: cannot find the authority: not found$'
  tells '^  try    '
done


# --- environments ---------------------------------------------------------------------------------
printf '[app]\nenvironment = player:car\n[env]\nname = car:guest\n' >>ma.conf
a 0 env add phone
a 0 env ls
says '^NAME +KIND +OBJECTS BELOW +STATE$'
says '^car +guest +\./Env/car +enabled$'
says '^phone +(- +)?\./Env/phone +enabled$'
a 0 mo add ./Env/car/Radio --type urn:x:radio:1.0
a 0 mo add ./Env/phone/Radio --type urn:x:radio:1.0
a 0 mo find 'urn:x:radio:1.0/Env.car.Radio/'
says '\./Env/car/Radio'
a 0 env disable car --json
json "j == {'name': 'car', 'is': 'disabled'}"
a 4 ma check --ma local:player --right Get ./Env/phone/Radio
says '^reason +env:disabled$'
a 4 ma check --ma local:other --right Get ./Env/car/Radio
says '^reason +env:disabled$'
a 4 ma check --ma local:other --right Get ./Env/phone/Radio
says '^reason +dacmo:grant$'
a 4 ma check --ma com.opa.dm --right Get ./Env/car/Radio
says '^reason +env:disabled$'
a 0 ma check --ma com.opa.dm --right Get ./Env/phone/Radio
# What the configuration lists stays as its operator left it.
a 0 env ls --json
json "[(e['name'], e['enabled']) for e in j] == [('car', False), ('phone', True)]"
a 0 env enable car
a 0 ma check --ma com.opa.dm --right Get ./Env/car/Radio
a 0 env rm phone

# --- what DM 2.0 adds -----------------------------------------------------------------------------
# Where there is no instance, whoever is listed may make one, if its account asks for the kind.
a 0 mo rm ./3GPP_IMS
a 0 ma show com.opa.dm --json
json "[(e['server_id'], e['node'], e['rights']) for e in j['scopes'][1]['effective_dm2']] == [(s, './3GPP_IMS', ['Add']) for s in ('com.opa.dm', 'com.opa.dm2')]"
a 0 ma ls
says '^1 +OpA .*\./3GPP_IMS Get\+Add \(2\.0: Add\)'
a 0 mo add ./DMAcc/H --type urn:oma:mo:oma-dm-dmacc:1.2
a 0 mo add ./DMAcc/H/SrvID com.opa.dm
a 0 mo add ./DMAcc/H/Perm/1/MOID urn:x:other:1.0
a 0 ma show com.opa.dm --json
json "[e['server_id'] for e in j['scopes'][1]['effective_dm2']] == ['com.opa.dm2'] and j['account_moids'] == {'com.opa.dm': ['urn:x:other:1.0']}"

e() { # STATUS REASON ARGUMENT...
  run "$1" "$dmsc" --config ma.conf env "${@:3}"
  tells '^dmsc: cannot change the list of environments'
  tells "^  reason $2"
  tells '^  try    '
}
a 6 ma check --ma com.opa.dm --right Get ./DMAcc//
tells '^  where  \./DMAcc//$'
tells '^  try    a LocURI is names'

e 1 env:exists add car
e 2 env:name add a/b
e 1 env:unknown enable phone
e 1 env:unknown disable phone
e 1 env:unknown rm phone

finish
