#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A file that is too long for memory, into the tree and out again: interrupted, killed, gone on with.
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
on_the_way() { # octets that are there; 0 when there is no transfer
  "$dmsc" --config dmsc.conf mo transfers --json |
    python3 -c 'import json,sys; r=json.load(sys.stdin); print(r[0]["have"] if r else 0)'
}
# stop SIGNAL OCTETS ARGUMENT...: run it, and stop it when so much is there
stop() {
  local signal=$1 octets=$2
  shift 2
  checks=$((checks + 1))
  command=(dmsc mo "$@")
  "$dmsc" --config dmsc.conf mo "$@" >out 2>err &
  local pid=$!
  while [ "$(on_the_way)" -lt "$octets" ]; do
    kill -0 $pid 2>/dev/null || bad "it ended before it could be stopped"
  done
  kill "-$signal" $pid
  status=0
  wait $pid 2>/dev/null || status=$?
}

head -c 48M /dev/urandom >image
m 0 transfers
says '^nothing is on its way$'

stop KILL 1000000 add ./App/Image --format bin --type image/x-test --file image
m 1 get ./App/Image
m 0 transfers
says '^\./App/Image +local +[0-9]+ +50331648 '
before=$(on_the_way)
stop INT $((before + 1000000)) add ./App/Image --format bin --type image/x-test --file image
[ $status = 75 ] || bad "interrupted: $status"
says "^going on at $before of 50331648 bytes\$"
tells '^  why    it was interrupted at [0-9]+ of 50331648 bytes$'
tells '^  try    the same command goes on from there'
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
m 0 ls ./App

# Another content begins anew; what will not do is not kept.
stop KILL 1000000 set ./App/Image --file image
touch image
m 0 set ./App/Image --file image
! grep -q 'going on' out || bad "another content was gone on with"
m 1 add ./App/Image --format bin --file image
tells '^  why    it is there already$'
stop KILL 1000000 set ./App/Image --file image
m 0 drop ./App/Image
says '^forgot what had come for \./App/Image$'
m 1 drop ./App/Image
tells '^  try    dmsc mo transfers shows them$'
m 6 add ./App/Text --format chr --file image
tells '^  reason format:chr'
m 0 transfers
says '^nothing is on its way$'
head -c 65M /dev/zero >long
m 1 set ./App/Image --file long
tells '^  reason large:size'
# shellcheck disable=SC2016  # for the inner shell
run 1 bash -c '"$0" --config dmsc.conf mo set ./App/Image --file - <image' "$dmsc"
tells '^  why    it is longer than a node or an object may be$'
m 0 rm ./App
m 0 ls .

finish
