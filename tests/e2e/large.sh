#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A file that is too long for memory, into the tree and out again: interrupted, killed, gone on with.
set -eu
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need python3
cd "$work"

material
for store in one two three; do tree_config $store.conf $store.db; done
store=one
m() { # STATUS ARGUMENT...
  local status=$1
  shift
  run "$status" "$dmsc" --config $store.conf mo "$@"
}
on_the_way() { # octets that are there
  "$dmsc" --config $store.conf mo transfers --json |
    python3 -c 'import json,sys; r=json.load(sys.stdin); print(r[0]["have"] if r else 0)'
}
size() { stat -c %s $store.db 2>/dev/null || echo 0; }
# stop SIGNAL ARGUMENT...: run it, and stop it when the file of the store, which has no room to give
# again, has grown by some megabytes. Sets status.
stop() {
  local signal=$1 enough=$(($(size) + 8000000)) pid
  shift
  checks=$((checks + 1))
  command=(dmsc mo "$@")
  "$dmsc" --config $store.conf mo "$@" >out 2>err &
  pid=$!
  while [ "$(size)" -lt $enough ] && kill -0 $pid 2>/dev/null; do :; done
  kill "-$signal" $pid 2>/dev/null || bad "it ended before it could be stopped"
  status=0
  wait $pid 2>/dev/null || status=$?
}

head -c 48M /dev/urandom >image
m 0 transfers
says '^nothing is on its way$'

stop KILL add ./App/Image --format bin --type image/x-test --file image
m 1 get ./App/Image
m 0 transfers
says '^\./App/Image +local +[0-9]+ +50331648 '
before=$(on_the_way)
[ "$before" -gt 4000000 ] || bad "only $before octets were kept"
stop INT add ./App/Image --format bin --type image/x-test --file image
[ $status = 75 ] || bad "interrupted: $status"
says "^going on at $before of 50331648 bytes\$"
tells '^  why    it was interrupted at [0-9]+ of 50331648 bytes$'
tells '^  try    the same command goes on from there'
[ "$(on_the_way)" -gt "$before" ] || bad "nothing came after $before octets"
m 0 add ./App/Image --format bin --type image/x-test --file image
says '^going on at [0-9]+ of 50331648 bytes$'
says '^added \./App/Image \(50331648 bytes\)$'
m 0 transfers
says '^nothing is on its way$'
m 0 get ./App/Image --raw
cmp -s image out || bad "the value is not the file"
m 0 get ./App/Image
says '^size +50331648$'
says '^large +yes: --raw writes it$'
m 0 get ./App/Image --json
json "j['large'] is True"
m 0 ls ./App
says '^\./App/Image +bin +\(large, 50331648 bytes\)'
m 1 add ./App/Image --format bin --file image
tells '^  why    it is there already$'

# What will not do is not kept.
m 6 add ./App/Text --format chr --file image
tells '^  reason format:chr'
m 0 transfers
says '^nothing is on its way$'
head -c 65M /dev/zero >long
m 1 set ./App/Image --file long
tells '^  reason large:size'
tells '^  try    .*limits.large_value, bytes: 67108864$'
# shellcheck disable=SC2016  # for the inner shell
run 1 bash -c '"$0" --config one.conf mo set ./App/Image --file - <image' "$dmsc"
tells '^  why    standard input is taken up to 1048576 bytes$'
tells '^  try    name a regular file: --file FILE is taken in pieces$'
m 6 add ./App/Int --format int --file image
tells '^  where  \./App/Int$'
tells '^  try    '
m 0 rm ./App
m 0 ls .

# Another content begins anew.
store=two
m 0 add ./Image x --format bin
stop KILL set ./Image --file image
touch image
m 0 set ./Image --file image
says_not 'going on'
says '^set \./Image \(50331648 bytes\)$'

store=three
m 0 add ./Image x --format bin
stop KILL set ./Image --file image
m 0 drop ./Image
says '^forgot what had come for \./Image$'
m 1 drop ./Image
tells '^  where  \./Image$'
tells '^  try    dmsc mo transfers shows them$'
m 0 get ./Image --raw
[ "$(cat out)" = x ] || bad "the value did not stay"

# An export has no large value in it, and says so.
head -c 2M /dev/urandom >small
m 0 add ./App/Small --format bin --file small
m 0 add ./App/Name x
for form in '' --json-mo --wbxml; do
  # shellcheck disable=SC2086  # a flag or none
  m 0 export ./App $form --out object
  tells '^dmsc: left out: \./App/Small, 2097152 bytes: dmsc mo get \./App/Small --raw > FILE keeps it$'
  m 0 rm ./App
  m 0 import object
  m 1 get ./App/Small
  m 0 get ./App/Name
  m 0 add ./App/Small --format bin --file small
  # shellcheck disable=SC2086
  m 0 export ./App $form --json
  silent err
  json "j['left_out'] == ['./App/Small']"
done
m 1 export ./App/Small
tells '^  where  \./App/Small$'
tells '^  try    dmsc mo get \./App/Small --raw > FILE keeps it$'

finish
