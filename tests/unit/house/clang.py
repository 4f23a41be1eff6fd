#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The other compiler has nothing to say either: every C file through clang, warnings fatal."""
import concurrent.futures
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

# What asks for output, or what only gcc knows.
DROPPED = {"-c", "-MD", "-MMD"}
DROPPED_WITH_VALUE = {"-o", "-MQ", "-MF", "-MT"}


def syntax_only(command):
  words = shlex.split(command)
  words = words[2:] if pathlib.Path(words[0]).name == "ccache" else words[1:]
  kept, skip = [], False
  for word in words:
    if skip:
      skip = False
    elif word in DROPPED_WITH_VALUE:
      skip = True
    elif word not in DROPPED and not word.startswith(("-fsanitize", "-fdiagnostics")):
      kept.append(word)
  return ["clang", "-fsyntax-only", "-Werror", "-Wno-unknown-warning-option", *kept]


def compile_one(entry):
  result = subprocess.run(syntax_only(entry["command"]), cwd=entry["directory"], check=False,
                          capture_output=True, text=True)
  return result.stderr if result.returncode != 0 else ""


def main():
  if shutil.which("clang") is None:
    print("SKIPPED: clang is not installed")
    return 77
  database = pathlib.Path(sys.argv[1]) / "compile_commands.json"
  entries = [entry for entry in json.loads(database.read_text(encoding="utf-8"))
             if entry["file"].endswith(".c")]
  with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    complaints = [text for text in pool.map(compile_one, entries) if text]
  print("".join(complaints), end="")
  print(f"{len(entries)} files")
  return 1 if complaints or not entries else 0


if __name__ == "__main__":
  sys.exit(main())
