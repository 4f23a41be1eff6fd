#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions that one more round costs, counted by callgrind: the same number on every machine.

    instructions.py NAME UNITS PROGRAM ARGUMENT [MINUS]
    instructions.py NAME of PROGRAM ARGUMENT OTHER

Runs PROGRAM ARGUMENT N for two N and prints (difference of instructions) / (difference of N) / UNITS
as BENCH:NAME. With MINUS the same is done for PROGRAM MINUS N, and what is printed is the difference.
With "of" it is how many times the instructions of PROGRAM OTHER N.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

FEW, MANY = 200, 1200


def instructions(program, argument, rounds):
  with tempfile.TemporaryDirectory() as directory:
    out = pathlib.Path(directory) / "out"
    subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", program, argument,
                    str(rounds)], check=True, capture_output=True)
    return int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE).group(1))


def each(program, argument):
  more = instructions(program, argument, MANY) - instructions(program, argument, FEW)
  return more / (MANY - FEW)


def main():
  name, units, program, argument, *others = sys.argv[1:]
  try:
    cost, other = each(program, argument), sum(each(program, o) for o in others)
  except FileNotFoundError:
    print("SKIPPED: valgrind is not installed")
    sys.exit(77)
  if units == "of":
    print(f"BENCH:{name} {cost / other:.3f} x")
  else:
    print(f"BENCH:{name} {(cost - other) / int(units):.1f} instruction")


if __name__ == "__main__":
  main()
