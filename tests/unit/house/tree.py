# SPDX-License-Identifier: Apache-2.0
"""What the house checks share: the files of the tree, C source without comments, findings."""
import argparse
import pathlib
import re
import sys

PRODUCT = ("apdu", "host", "simulator", "include")
EVERYTHING = PRODUCT + ("tests", "tools", ".ci", "docs", "card-scripts")


def files(root, tops, suffixes):
  """Paths relative to the root, sorted; build directories are never below the tops."""
  found = []
  for top in tops:
    for path in (root / top).rglob("*"):
      if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts:
        found.append(path.relative_to(root))
  return sorted(found)


def read(root, path):
  return (root / path).read_text(encoding="utf-8", errors="replace")


TOKEN = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def code_only(text, keep_strings=False):
  """C source with comments (and strings) blanked; line numbers stay what they were."""
  def blank(match):
    token = match.group()
    if keep_strings and token[0] in "\"'":
      return token
    return token[0] + re.sub(r"[^\n]", " ", token[1:-1]) + token[-1] if token[0] in "\"'" else \
        re.sub(r"[^\n]", " ", token)
  return TOKEN.sub(blank, text)


def line_of(text, offset):
  return text.count("\n", 0, offset) + 1


def main(check, description):
  """Run a check over --root; it yields findings, "file:line: what is wrong"."""
  parser = argparse.ArgumentParser(description=description)
  parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path("."))
  options = parser.parse_args()
  findings = list(check(options.root))
  for finding in findings:
    print(finding)
  sys.exit(1 if findings else 0)
