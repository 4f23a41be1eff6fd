#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Forbidden words, SPDX lines, and sizes: what the style asks of every file."""
import re

import tree

# Word -> where it may stand. Members and designated initialisers of that name are no use of it.
ALLOCATOR = ("apdu/base/alloc.c",)
FORBIDDEN = {
    "malloc": ALLOCATOR, "calloc": ALLOCATOR, "realloc": ALLOCATOR, "reallocarray": ALLOCATOR,
    "free": ALLOCATOR, "strdup": (), "strndup": (), "asprintf": (), "vasprintf": (),
    "memcpy": (), "memmove": ALLOCATOR, "strcpy": (), "strncpy": (), "strcat": (), "strncat": (),
    "stpcpy": (), "sprintf": (), "vsprintf": (), "gets": (), "alloca": (), "setjmp": (),
    "longjmp": (), "system": (), "popen": (), "getenv": ("host/cli/", "host/daemon/",
                                                         "simulator/server/", "simulator/uicc/main"),
}
# (file, word) -> reason. Each one is a debt that somebody looked at.
EXCEPTIONS = {}

# Called, or handed on as a value.
USE = re.compile(r"(?<![\w.*])(?<!->)(" + "|".join(FORBIDDEN) + r")\b(?=\s*\()|"
                 r"(?<=[=,(] )(malloc|calloc|realloc|free)\b(?=\s*[,;)])")
TODO = re.compile(r"\b(TODO|FIXME|XXX)\b(?!.{0,12}#\d)")
SPDX = "SPDX-License-Identifier: Apache-2.0"

FUNCTION_LINES = 80
FILE_LINES = 900


def check_words(root):
  for path in tree.files(root, tree.PRODUCT, {".c", ".h"}):
    code = tree.code_only(tree.read(root, path))
    for match in USE.finditer(code):
      word = match.group(1) or match.group(2)
      allowed = any(str(path).startswith(home) for home in FORBIDDEN[word])
      if not allowed and (str(path), word) not in EXCEPTIONS:
        yield f"{path}:{tree.line_of(code, match.start())}: {word} is forbidden here"


def check_todo(root):
  for path in tree.files(root, tree.PRODUCT, {".c", ".h"}):
    text = tree.read(root, path)
    for match in TODO.finditer(text):
      yield f"{path}:{tree.line_of(text, match.start())}: {match.group(1)} without an issue"


def sources(root):
  yield from tree.files(root, tree.EVERYTHING, {".c", ".h", ".py", ".build", ".sh"})
  for top in ("tools", ".ci"):
    yield from (path for path in tree.files(root, (top,), {""}))
  yield from (p.relative_to(root) for p in (root / "meson.build", root / "meson_options.txt")
              if p.is_file())


def check_spdx(root):
  for path in sources(root):
    head = tree.read(root, path).split("\n", 3)[:3]
    first = head[0] if not head[0].startswith("#!") else "\n".join(head[1:])
    if SPDX not in first:
      yield f"{path}:1: the SPDX line is missing at the top"


def functions(code):
  """(first line, lines of the body): a function's braces stand alone in the first column."""
  start = None
  for number, line in enumerate(code.split("\n"), 1):
    if line.rstrip() == "{":
      start = number
    elif start is not None and line.rstrip() == "}":
      yield start, number - start - 1
      start = None


def check_sizes(root):
  for path in tree.files(root, tree.PRODUCT + ("tests",), {".c", ".h"}):
    text = tree.read(root, path)
    lines = text.count("\n")
    if lines > FILE_LINES:
      yield f"{path}:{lines}: more than {FILE_LINES} lines: two reasons to change"
    for start, length in functions(tree.code_only(text)):
      if length > FUNCTION_LINES:
        yield f"{path}:{start}: a function of {length} lines; {FUNCTION_LINES} are the most"


def worst(root):
  """The longest function and file, for the curious."""
  longest = max(((length, f"{path}:{start}")
                 for path in tree.files(root, tree.PRODUCT, {".c"})
                 for start, length in functions(tree.code_only(tree.read(root, path)))),
                default=(0, "-"))
  largest = max(((tree.read(root, path).count("\n"), str(path))
                 for path in tree.files(root, tree.PRODUCT, {".c", ".h"})), default=(0, "-"))
  return f"longest function: {longest[0]} lines, {longest[1]}; " \
         f"largest file: {largest[0]} lines, {largest[1]}"


def check(root):
  print(worst(root))
  yield from check_words(root)
  yield from check_todo(root)
  yield from check_spdx(root)
  yield from check_sizes(root)


if __name__ == "__main__":
  tree.main(check, __doc__)
