#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shell scripts pass shellcheck, stop at the first error and explain themselves."""
import pathlib
import shutil
import subprocess
import sys

import tree


def scripts(root):
  for path in tree.files(root, tree.EVERYTHING, {"", ".sh"}):
    first = tree.read(root, path).split("\n", 1)[0]
    if first.startswith("#!") and first.rsplit("/", 1)[-1].split()[-1] in ("sh", "bash"):
      yield path


def check(root):
  for path in scripts(root):
    text = tree.read(root, path)
    if not any(line.startswith("set -eu") for line in text.split("\n")):
      yield f"{path}:1: no set -eu"
    if path.parts[0] == "tools" and "--help" not in text:
      yield f"{path}:1: no --help"
    result = subprocess.run(
        ["shellcheck", "--external-sources", "--format=gcc", str(path)], check=False,
        capture_output=True, text=True, cwd=root)
    yield from result.stdout.splitlines()


if __name__ == "__main__":
  if shutil.which("shellcheck") is None:
    print("SKIPPED: shellcheck is not installed")
    sys.exit(77)
  tree.main(check, __doc__)
