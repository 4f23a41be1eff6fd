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
# At least one; more than one.
OCCURRENCE = {"One": (1, 0), "ZeroOrOne": (0, 0), "ZeroOrMore": (0, 1), "OneOrMore": (1, 1)}


class Texts:
  """Strings one behind the other, each once; the first is empty, and so is a list of none."""

  def __init__(self):
    self.all, self.places, self.size = ["", ""], {"": 0}, 2

  def place(self, *strings):
    """One string, or a list of them with an empty one at its end."""
    strings = strings or ("",)
    key = "\0".join(strings)
    if key not in self.places:
      self.places[key] = self.size
      self.all += strings
      self.size += sum(len(s.encode()) + 1 for s in strings)
    return self.places[key]

  def types(self, types):
    return self.place(*types, "") if types else 0


def only(element, name):
  """The one child of this name: our own files leave nothing out."""
  found = element.findall(name)
  if len(found) != 1:
    sys.exit(f"a {element.tag} has {len(found)} elements {name}")
  return found[0]


def literal(text):
  return '"' + (text or "").replace("\\", "\\\\").replace('"', '\\"') + '"'


def row(texts, node, depth):
  properties = only(node, "DFProperties")
  access = "|".join(f"DMSC_ACCESS_{a.tag.upper()}" for a in only(properties, "AccessType")) or "0"
  least, many = OCCURRENCE[only(properties, "Occurrence")[0].tag]
  default = properties.find("DefaultValue")
  return "{ %d, %d, %d, DMSC_FORMAT_%s, %s, %d, %d, %d, %d }" % (
      texts.place(only(node, "NodeName").text or ""),
      texts.types([t.text for t in only(properties, "DFType") if t.text]),
      texts.place((default.text if default is not None else "") or ""),
      only(properties, "DFFormat")[0].tag.upper(), access, depth,
      only(properties, "Scope")[0].tag == "Permanent", least, many)


def rows(texts, node, depth):
  yield row(texts, node, depth)
  for child in node.findall("Node"):
    yield from rows(texts, child, depth + 1)


def main():
  out, *files = sys.argv[1:]
  tables, objects, texts = [], {}, Texts()
  for file in map(pathlib.Path, files):
    top = only(xml.etree.ElementTree.parse(file).getroot(), "Node")
    table = list(rows(texts, top, 0))
    name = file.stem.replace("-", "_").replace(".", "_")
    tables.append(f"static const struct dmsci_ddf_row {name}[] = {{\n  " + ",\n  ".join(table) + "\n};")
    moid = only(only(only(top, "DFProperties"), "DFType"), "DDFName").text
    objects[file.stem] = (moid, only(top, "Path").text, name)
  for name, (like, moid) in ALIKE.items():
    objects[name] = (moid, *objects[like][1:])
  lines = [f"  {{ {{ {literal(n)}, {literal(m)} }}, {literal(p)}, {t}, DMSCI_ARRAY_LEN({t}) }},"
           for n, (m, p, t) in sorted(objects.items())]
  pathlib.Path(out).write_text("\n".join([
      "/* Made by host/objects/embed.py. */", '#include "host/objects/objects.h"',
      "const char dmsci_object_text[] =", *("  " + literal(t) + ' "\\0"' for t in texts.all), ";",
      *tables,
      "const struct dmsci_object dmsci_objects[] = {", *lines, "};",
      "const size_t dmsci_object_count = DMSCI_ARRAY_LEN(dmsci_objects);", ""]))


main()
