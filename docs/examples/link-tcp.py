#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A helper for "dmsc --link exec:...": lines on standard input and output to a card elsewhere.

Here the card is a "dmsc-uicc --front tcp". To reach another kind of card, write the methods of Card
anew: this is all that a helper for QMI, MBIM or a reader on another machine needs. With --channels
the helper opens logical channels by AID, as modems do; without, MANAGE CHANNEL is passed on.

    link-tcp.py [--channels] HOST PORT
"""
import socket
import sys


class Refused(Exception):
    """Of a kind that dmsc knows: removed, reset, timeout, notfound, full, failed; then why."""


class Card:
    def __init__(self, host, port):
        self.connection = socket.create_connection((host, int(port)), timeout=20)
        self.lines = self.connection.makefile("r", encoding="ascii")
        self.channels = {}  # handle -> logical channel
        self.next_handle = 100
        if not self.lines.readline().startswith("dmsc-link 1"):
            raise OSError("nobody there speaks the line protocol")

    def ask(self, line):
        self.connection.sendall((line + "\n").encode("ascii"))
        answer = self.lines.readline().strip()
        if answer == "":
            raise Refused("removed the card is gone")
        if answer.startswith("error "):
            raise Refused(answer[6:])
        return answer

    def power(self, how):
        """cold, reset or off. @return "atr HEX PROTOCOL" or "ok" """
        self.channels = {}
        return self.ask("power " + how)

    def apdu(self, command):
        """One command and its answer, both in hex."""
        return self.ask(command)

    def open(self, aid):
        """Open a logical channel to an application. @return a handle"""
        answer = self.apdu("0070000001")
        if not answer.endswith("9000"):
            raise Refused("full SW " + answer[-4:])
        channel = int(answer[:2], 16)
        select = f"{channel:02X}A4040C{len(aid) // 2:02X}{aid}"
        if not self.apdu(select).startswith("9"):
            self.apdu(f"007080{channel:02X}00")
            raise Refused("notfound")
        self.next_handle += 1
        self.channels[self.next_handle] = channel
        return self.next_handle

    def channel_apdu(self, handle, command):
        """As apdu(), to the application behind a handle; its channel goes into CLA."""
        cla = int(command[:2], 16) | self.channels[handle]
        return self.apdu(f"{cla:02X}{command[2:]}")

    def close(self, handle):
        self.apdu(f"007080{self.channels.pop(handle):02X}00")


def answer(card, words):
    if words[0] == "power":
        return card.power(words[1])
    if words[0] == "open":
        return f"handle {card.open(words[1])}"
    if words[0] == "on":
        return card.channel_apdu(int(words[1]), words[2])
    if words[0] == "close":
        card.close(int(words[1]))
        return "ok"
    return card.apdu(words[0])


def main(arguments):
    channels = arguments[:1] == ["--channels"]
    if len(arguments) != 2 + channels:
        sys.exit(__doc__)
    card = Card(*arguments[channels:])
    print("dmsc-link 1 channels" if channels else "dmsc-link 1", flush=True)
    for line in sys.stdin:
        try:
            print(answer(card, line.split()), flush=True)
        except Refused as why:
            print("error", why, flush=True)
        except (KeyError, IndexError, ValueError):
            print("error failed the helper does not know that", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
