#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Keys that never leave the card sign, and an update that one of them signed is done: signing.sh
# BUILD SOURCE. What happens is in clients.sh.
set -eu

req_WI_23a_a_key_of_the_card_authorises_an_operation() {
  "$2/tests/interop/pcscd.sh" "$1" "$2" signing
  echo "REQ:WI-23a"
}
req_WI_23a_a_key_of_the_card_authorises_an_operation "$@"
