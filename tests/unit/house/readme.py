#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The transcript in README.md tells the steps that tools/demo makes, word for word and in order."""
import argparse
import pathlib
import re
import sys


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path("."))
  root = parser.parse_args().root
  demo = (root / "tools" / "demo").read_text(encoding="utf-8")
  readme = (root / "README.md").read_text(encoding="utf-8")
  made = re.findall(r'^\s*step "(.*)"$', demo, re.MULTILINE)
  told = re.findall(r"^ ?\d+  (.*?) \.\.\. ok", readme, re.MULTILINE)
  for here, there in zip(made, told):
    if here != there:
      print(f"README.md tells: {there}\ntools/demo does: {here}")
      return 1
  if len(made) != len(told) or not made or f"{len(made)} steps, {len(made)} passed" not in readme:
    print(f"README.md tells {len(told)} steps, tools/demo makes {len(made)}")
    return 1
  return 0


if __name__ == "__main__":
  sys.exit(main())
