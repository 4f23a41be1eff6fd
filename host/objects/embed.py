#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the descriptions of ddf/ as a C table, so that the library needs no file: embed.py OUT DDF..."""
import pathlib
import sys
import xml.etree.ElementTree

# Later versions of an object that have the same nodes: another identifier is all that differs.
ALIKE = {
    "devinfo-1.1": ("devinfo-1.0", "urn:oma:mo:oma-dm-devinfo:1.1"),
    "devdetail-1.1": ("devdetail-1.0", "urn:oma:mo:oma-dm-devdetail:1.1"),
    "dmacc-1.1": ("dmacc-1.0", "urn:oma:mo:oma-dm-dmacc:1.1"),
}
OCCURRENCE = {"One": (1, "1"), "ZeroOrOne": (0, "1"), "ZeroOrMore": (0, "UINT32_MAX"),
              "OneOrMore": (1, "UINT32_MAX")}


def only(element, name):
  """The one child of this name: our own files leave nothing out."""
  found = element.findall(name)
  if len(found) != 1:
    sys.exit(f"a {element.tag} has {len(found)} elements {name}")
  return found[0]


def literal(text):
  return '"' + (text or "").replace("\\", "\\\\").replace('"', '\\"') + '"'


def row(node, depth):
  properties = only(node, "DFProperties")
  access = "|".join(f"DMSC_ACCESS_{a.tag.upper()}" for a in only(properties, "AccessType")) or "0"
  least, most = OCCURRENCE[only(properties, "Occurrence")[0].tag]
  types = [t.text for t in only(properties, "DFType") if t.text]
  # NUL behind each, an empty one at the end, which the literal has by itself.
  listed = '""' if not types else " ".join(literal(t) + ' "\\0"' for t in types)
  default = properties.find("DefaultValue")
  return "{ %s, DMSC_FORMAT_%s, %s, %s, %d, %s, %s, %s, %d }" % (
      literal(only(node, "NodeName").text), only(properties, "DFFormat")[0].tag.upper(), access,
      "true" if only(properties, "Scope")[0].tag == "Permanent" else "false", least, most, listed,
      literal(default.text if default is not None else ""), depth)


def rows(node, depth):
  yield row(node, depth)
  for child in node.findall("Node"):
    yield from rows(child, depth + 1)


def main():
  out, *files = sys.argv[1:]
  tables, objects = [], {}
  for file in map(pathlib.Path, files):
    top = only(xml.etree.ElementTree.parse(file).getroot(), "Node")
    table = list(rows(top, 0))
    name = file.stem.replace("-", "_").replace(".", "_")
    tables.append(f"static const struct dmsc_ddf_node {name}[] = {{\n  " + ",\n  ".join(table) + "\n};")
    moid = only(only(only(top, "DFProperties"), "DFType"), "DDFName").text
    objects[file.stem] = (moid, only(top, "Path").text, name)
  for name, (like, moid) in ALIKE.items():
    objects[name] = (moid, *objects[like][1:])
  lines = [f"  {{ {{ {literal(n)}, {literal(m)} }}, {literal(p)}, {t}, DMSCI_ARRAY_LEN({t}) }},"
           for n, (m, p, t) in sorted(objects.items())]
  pathlib.Path(out).write_text("\n".join([
      "/* Made by host/objects/embed.py. */", '#include "host/objects/objects.h"', *tables,
      "const struct dmsci_object dmsci_objects[] = {", *lines, "};",
      "const size_t dmsci_object_count = DMSCI_ARRAY_LEN(dmsci_objects);", ""]))


main()
