#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each public header stands on its own, as C99 and as C++."""
import pathlib
import shutil
import subprocess
import sys

import tree

LANGUAGES = [("C99", ["-x", "c", "-std=c99"], "cc"), ("C++", ["-x", "c++", "-std=c++11"], "clang")]
STRICT = ["-fsyntax-only", "-Wall", "-Wextra", "-pedantic-errors", "-Werror"]


def check(root):
  for path in tree.files(root, ("include",), {".h"}):
    for name, flags, compiler in LANGUAGES:
      if shutil.which(compiler) is None:
        print(f"SKIPPED: {name}: {compiler} is not installed")
        continue
      result = subprocess.run([compiler, *flags, *STRICT, f"-I{root / 'include'}", "-"],
                              input=f"#include <{path.relative_to('include')}>\n", check=False,
                              capture_output=True, text=True)
      if result.returncode != 0:
        yield f"{path}: not valid {name} on its own:\n{result.stderr}"


if __name__ == "__main__":
  tree.main(check, __doc__)
