#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every ceiling has a default and a line in docs/limits.md that says the same number."""
import re

import tree

FIELD = re.compile(r"^\s*(?:size_t|unsigned|uint\w+|int\w*)\s+(\w+);", re.MULTILINE)
DEFAULT = re.compile(r"^\s*DEFAULT\((\w+), ([^)]*)\);", re.MULTILINE)
ROW = re.compile(r"^\| *`(\w+)` *\| *([\d ]+?) *\| *([^|]+?) *\| *([^|]+?) *\|$", re.MULTILINE)


def number(expression):
  """1u << 20 or 65536"""
  value = 1
  parts = re.sub(r"(?<=\d)[uUlL]+", "", expression).split("<<")
  value = int(parts[0], 0)
  for shift in parts[1:]:
    value <<= int(shift, 0)
  return value


def check(root):
  header = tree.code_only(tree.read(root, "include/dmsc/limits.h"))
  fields = FIELD.findall(header)
  defaults = {name: number(value)
              for name, value in DEFAULT.findall(tree.read(root, "apdu/base/limits.c"))}
  rows = {}
  for name, value, _unit, _reason in ROW.findall(tree.read(root, "docs/limits.md")):
    if name in rows:
      yield f"docs/limits.md: {name} stands twice"
    rows[name] = int(value.replace(" ", ""))
  if not fields:
    yield "include/dmsc/limits.h: no field was found"
  for name in fields:
    if name not in defaults:
      yield f"apdu/base/limits.c: {name} has no default"
    elif name not in rows:
      yield f"docs/limits.md: {name} is missing (field, default, unit, reason)"
    elif rows[name] != defaults[name]:
      yield f"docs/limits.md: {name} is {rows[name]}, the code says {defaults[name]}"
  for name in rows:
    if name not in fields:
      yield f"docs/limits.md: {name} is no field of struct dmsc_limits"


if __name__ == "__main__":
  tree.main(check, __doc__)
