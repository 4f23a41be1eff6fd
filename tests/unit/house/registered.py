#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No file lies around unused: everything in C is built, every fuzz target has a seed and the
reverse, every vector file is named by a test."""
import json
import pathlib
import re
import sys

import tree


def built_sources(root, build):
  targets = json.loads((build / "meson-info" / "intro-targets.json").read_text(encoding="utf-8"))
  return {pathlib.Path(source).resolve() for target in targets
          for part in target["target_sources"] for source in part.get("sources", [])}


def check_built(root, build):
  known = built_sources(root, build)
  for path in tree.files(root, tree.PRODUCT + ("tests",), {".c"}):
    # With a fuzzer, the program that stands in for it is not built.
    if (root / path).resolve() not in known and path.name != "replay_main.c":
      yield f"{path}:1: no meson.build builds this"


def check_seeds(root):
  targets = {path.stem[len("fuzz_"):] for path in tree.files(root, ("tests/fuzz",), {".c"})
             if path.name.startswith("fuzz_")}
  corpus = root / "tests" / "fuzz" / "corpus"
  seeded = {path.name for path in corpus.glob("*") if any(path.iterdir())}
  for name in sorted(targets - seeded):
    yield f"tests/fuzz/fuzz_{name}.c:1: tests/fuzz/corpus/{name}/ has no seed"
  for name in sorted(seeded - targets):
    yield f"tests/fuzz/corpus/{name}/: no fuzz target of that name"


def check_vectors(root):
  users = "".join(tree.read(root, path)
                  for path in tree.files(root, ("tests",), {".c", ".py", ".build"}))
  for path in tree.files(root, ("tests/vectors",), {".txt"}):
    # By its name, or by what follows the first underscore: in a loop, in a macro.
    names = {path.name, path.stem, path.stem.partition("_")[2]} - {""}
    if not any(re.search(rf"""["'/(]{re.escape(name)}["')]""", users) for name in names):
      yield f"{path}:1: no test names this"


def main():
  root, build = (pathlib.Path(word) for word in sys.argv[1:])
  findings = [*check_built(root, build), *check_seeds(root), *check_vectors(root)]
  for finding in findings:
    print(finding)
  return 1 if findings else 0


if __name__ == "__main__":
  sys.exit(main())
