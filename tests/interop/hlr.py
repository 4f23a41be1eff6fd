#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An authentication centre for hostapd's eap_sim_db socket, with a Milenage of its own over the
AES of openssl:

  hlr.py SOCKET K OPC SQN_FILE

Answers AKA-REQ-AUTH with a fresh vector and takes AKA-AUTS; SQN_FILE keeps the last SQN (hex)."""
import os
import pathlib
import secrets
import socket
import subprocess
import sys

AMF = bytes.fromhex("8000")


def aes(key, block):
  done = subprocess.run(["openssl", "enc", "-aes-128-ecb", "-K", key.hex(), "-nopad"],
                        input=block, capture_output=True, check=True)
  return done.stdout


def xor(a, b):
  return bytes(x ^ y for x, y in zip(a, b))


class Milenage:
  """TS 35.206 clause 4.1."""
  def __init__(self, key, opc):
    self.key, self.opc = key, opc

  def out(self, text, rotation, constant, more=bytes(16)):
    turned = xor(text, self.opc)
    turned = xor(turned[rotation:] + turned[:rotation], more)
    turned = turned[:15] + bytes([turned[15] ^ constant])
    return xor(aes(self.key, turned), self.opc)

  def temp(self, rand):
    return aes(self.key, xor(rand, self.opc))

  def macs(self, rand, sqn, amf):
    out = self.out(sqn + amf + sqn + amf, 8, 0, self.temp(rand))
    return out[:8], out[8:]

  def vector(self, rand, sqn):
    temp = self.temp(rand)
    out = self.out(temp, 0, 1)
    autn = xor(sqn, out[:6]) + AMF + self.macs(rand, sqn, AMF)[0]
    return autn, self.out(temp, 8, 4), self.out(temp, 4, 2), out[8:]

  def resync(self, rand, auts):
    sqn = xor(auts[:6], self.out(self.temp(rand), 12, 8)[:6])
    return sqn if self.macs(rand, sqn, bytes(2))[1] == auts[6:] else None


def main():
  path, key, opc, sqn_file = sys.argv[1:]
  subscriber = Milenage(bytes.fromhex(key), bytes.fromhex(opc))
  stored = pathlib.Path(sqn_file)
  server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
  server.bind(path)
  while True:
    text, client = server.recvfrom(1024)
    words = text.decode().split()
    print(words[0], words[1], flush=True)
    if words[0] == "AKA-REQ-AUTH":
      sqn = (int(stored.read_text(), 16) + 1).to_bytes(6, "big")
      stored.write_text(sqn.hex())
      rand = secrets.token_bytes(16)
      parts = (rand,) + subscriber.vector(rand, sqn)
      answer = " ".join(["AKA-RESP-AUTH", words[1]] + [part.hex() for part in parts])
      server.sendto(answer.encode(), client)
    elif words[0] == "AKA-AUTS":
      sqn = subscriber.resync(bytes.fromhex(words[3]), bytes.fromhex(words[2]))
      print("resynchronised" if sqn else "AUTS is wrong", flush=True)
      if sqn:
        stored.write_text(sqn.hex())


if __name__ == "__main__":
  try:
    main()
  except KeyboardInterrupt:
    os._exit(0)
