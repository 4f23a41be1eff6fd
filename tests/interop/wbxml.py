#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""dmsc wbxml decode against libwbxml2: each tag of each page, and messages of others.

    wbxml.py DMSC CORPUS

Documents are compared by the names and the text of their elements, white space around it aside.
Without the corpus, which is not published, its messages are left out.
"""
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

DMSC, CORPUS = sys.argv[1], pathlib.Path(sys.argv[2])
DDF = b"\x02\x00\x00\x6a\x1b-//OMA//DTD-DM-DDF 1.2//EN\x00"
# What stands in front of the tags, their page, their root; whether we know more of them: to DM a
# document of SyncML 1.1 may have the tags of 1.2.
PAGES = [
    ("SyncML 1.2", b"\x02\xa4\x01\x6a\x00", b"", b"\x6d", False),
    ("SyncML 1.1", b"\x02\x9f\x53\x6a\x00", b"", b"\x6d", True),
    ("MetInf", b"\x02\xa4\x01\x6a\x00", b"\x00\x01", b"\x6d", False),
    ("DDF", DDF, b"\x00\x02", b"\x00\x02\x60", False),
    ("DevInf 1.2", b"\x02\xa4\x03\x6a\x00", b"", b"\x4a", False),
    ("DevInf 1.1", b"\x02\x9f\x54\x6a\x00", b"", b"\x4a", False),
]


def fail(text):
  print("FAILED: " + text)
  sys.exit(1)


def ours(document):
  done = subprocess.run([DMSC, "wbxml", "decode", "-"], input=document, capture_output=True,
                        check=False)
  return done.stdout if done.returncode == 0 else None


def theirs(document):
  with tempfile.NamedTemporaryFile() as file:
    file.write(document)
    file.flush()
    done = subprocess.run(["wbxml2xml", "-m", "0", "-o", "-", file.name], capture_output=True,
                          check=True)
  # It writes this as the name of a reserved tag.
  return done.stdout.replace(b"<Reserved for future use/>", b"<unknown/>")


def local(name):
  return name.rpartition("}")[2]


def plain(text):
  """libwbxml2 writes a CR as it is, so that it reads as a line feed, and +wbxml as +xml."""
  return text.strip().replace("\r\n", "\n").replace("+wbxml", "+xml")


def elements(xml):
  return [(local(e.tag), plain(e.text or "")) for e in tree.fromstring(xml).iter()]


def tags(name, front, page, root, superset):
  """Which tokens are tags, and of which names."""
  tokens = range(5, 0x40)

  def document(some):
    return front + root + page + bytes(some) + b"\x01"

  names = [tag for tag, text in elements(theirs(document(tokens)))][1:]
  # libwbxml2 gives a token that it does not know this name.
  known = [token for token, tag in zip(tokens, names) if tag != "unknown"]
  mine = ours(document(known))
  if mine is None:
    fail(f"{name}: a tag is refused")
  if [tag for tag, text in elements(mine)][1:] != [tag for tag in names if tag != "unknown"]:
    fail(f"{name}: a tag has another name")
  for token in tokens:
    if token not in known and not superset and ours(document([token])) is not None:
      fail(f"{name}: {token:02X} is a tag")
  return len(known)


def compare(path, document):
  if elements(ours(document) or b"<none/>") != elements(theirs(document)):
    fail(f"{path}: libwbxml2 reads something else")


def messages():
  count = 0
  for path in sorted(CORPUS.glob("libwbxml/syncml/*.xml")) + sorted(CORPUS.glob("libwbxml/ddf/*")):
    with tempfile.NamedTemporaryFile() as file:
      subprocess.run(["xml2wbxml", "-o", file.name, path], check=True, capture_output=True)
      document = pathlib.Path(file.name).read_bytes()
    compare(path, document)
    count += 1
  for path in sorted(CORPUS.glob("motorola-engine/dm1*/*.wbxml")):
    compare(path, path.read_bytes())
    count += 1
  return count


def main():
  total = sum(tags(*page) for page in PAGES)
  print(f"{total} tags are the same")
  print(f"{messages()} documents of others are read" if CORPUS.is_dir()
        else "left out: the corpus is not here")


main()
