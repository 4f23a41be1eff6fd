#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every reason name that the code tells is in docs/reasons.md, and each name there is in the code."""
import re

import tree

SOURCES = ("host", "apdu")
PAGE = "docs/reasons.md"

NAME = r"[a-z][a-z0-9-]*:[a-z][a-z0-9-]*"
# "group:name", "group:name: and words", "group:name:%s"; "http:%u" has its name from the server.
LITERAL = re.compile(r'"(' + NAME + r')(:%\w+)?(?::? [^"]*)?"|"(http):%u"')
# Names that are put together: the call takes the second half.
COMPOSED = re.compile(r'\b(dmsci_json_wrong|dmsci_fields_refuse)\([^;"]*?"([a-z][a-z0-9-]*)"')
# Of these files the group is known; what both call is of both.
LISTS = {"ma_list": ("mal",), "mo_index": ("mox",)}
# Names without a group stand where a reason is given.
PLAIN = re.compile(r'\{ DMSC_[A-Z_]+, "([a-z-]+)",\s*"|\breason = "([a-z-]+)"|'
                   r'\bdmsci_why\([^;"]*?"([a-z-]+)"')
# Rows of rights and of others, which begin alike.
NOT_PLAIN = re.compile(r"DMSC_RIGHT_")
# The same shape, and no reason: names of XML namespaces, of objects and devices.
NOT_REASONS = re.compile(r"urn:|syncml:(devinf|dmddf|dmddf1|metinf)$")

ROW = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)


def groups_of(path, call):
  if call == "dmsci_json_wrong":
    return ("profile",)
  return next((groups for stem, groups in LISTS.items() if path.name.startswith(stem)),
              ("mal", "mox"))


def literal_name(match):
  if match.group(3):
    return "http:*"
  return match.group(1) + (":*" if match.group(2) else "")


def names_in(path, code):
  """(name, offset); what is put into a name is a star."""
  for match in LITERAL.finditer(code):
    name = literal_name(match)
    if not NOT_REASONS.match(name):
      yield name, match.start()
  for match in COMPOSED.finditer(code):
    for group in groups_of(path, match.group(1)):
      yield f"{group}:{match.group(2)}", match.start()
  for match in PLAIN.finditer(code):
    if not NOT_PLAIN.search(match.group()):
      yield next(filter(None, match.groups())), match.start()


def check(root):
  told = set()
  rows = [re.sub(r":[A-Z]+$", ":*", name) for name in ROW.findall(tree.read(root, PAGE))]
  for name in sorted({name for name in rows if rows.count(name) > 1}):
    yield f"{PAGE}: {name} stands twice"
  for path in tree.files(root, SOURCES, {".c", ".h"}):
    code = tree.code_only(tree.read(root, path), keep_strings=True)
    for name, offset in names_in(path, code):
      if name not in rows and name not in told:
        yield f"{path}:{tree.line_of(code, offset)}: {name} is missing in {PAGE}"
      told.add(name)
  if not told:
    yield "host, apdu: no reason was found"
  for name in rows:
    if name not in told:
      yield f"{PAGE}: {name} is no reason of the sources"


if __name__ == "__main__":
  tree.main(check, __doc__)
