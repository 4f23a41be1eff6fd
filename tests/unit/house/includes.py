#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may include whom: the one table of arrows (design: folders), checked line by line."""
import fnmatch
import re

import tree

# Layer -> the layers directly below it. A layer may also use all that those may use.
BELOW = {
    "apdu/base": [],
    "apdu/crypto": ["apdu/base"],
    "apdu/codec": ["apdu/base", "apdu/crypto"],
    "apdu/cmd": ["apdu/codec"],
    "apdu/trace": ["apdu/cmd"],
    "apdu/link": ["apdu/trace"],
    "apdu/script": ["apdu/link"],
    "host/uicc": ["apdu/link"],
    "host/credential": ["apdu/base"],
    "host/card": ["host/uicc", "host/credential"],
    # Secret values of the tree are sealed before SQLite sees them.
    "host/store": ["apdu/base", "host/credential"],
    "host/wbxml": ["apdu/base"],
    "host/mo": ["host/store", "host/wbxml"],
    "host/alert": ["host/mo"],
    "host/authority": ["host/alert"],
    "host/certs": ["host/authority", "host/credential"],
    "host/app": ["host/certs"],
    "host/objects": ["host/certs"],
    "host/sync": ["host/card", "host/authority", "host/credential"],
    "host/syncml": ["host/authority", "host/wbxml"],
    "host/security": ["host/authority"],
    "host/dm1": ["host/syncml", "host/security"],
    "host/dm2": ["host/syncml", "host/security"],
    "host/net": ["apdu/base", "host/credential"],
    "host/bridge": ["host/app", "host/objects", "host/sync", "host/dm1", "host/dm2", "host/net", "host/credential",
                    "apdu/script"],
}
# These stand beside the library: of the layers they may use exactly the ones named here.
BESIDE = {
    "host/cli": [],
    "host/daemon": [],
    "simulator/uicc": ["apdu/base", "apdu/crypto", "apdu/codec"],
    "simulator/server": ["apdu/base", "host/syncml"],
}
# Public headers are all that these see of the library besides the line above.
ANY_PUBLIC = {"host/cli", "host/daemon", "simulator/uicc", "simulator/server"}

# Whose word a public header is. It may include what its layer may include.
OWNER = {
    "access.h": "apdu/codec",
    "alert.h": "host/alert",
    "apdu.h": "apdu/codec",
    "atr.h": "apdu/codec",
    "app.h": "host/app",
    "authority.h": "host/authority",
    "bridge.h": "host/bridge",
    "bytes.h": "apdu/base",
    "card.h": "host/card",
    "cat.h": "host/uicc",
    "client_uri.h": "host/mo",
    "code.h": "host/objects",
    "cert.h": "host/certs",
    "ctx.h": "apdu/base",
    "ddf.h": "host/mo",
    "dm1.h": "host/dm1",
    "dmsc.h": "host/bridge",
    "ef.h": "apdu/codec",
    "efdir.h": "apdu/codec",
    "env.h": "host/app",
    "err.h": "apdu/base",
    "fcp.h": "apdu/codec",
    "fumo.h": "host/objects",
    "grant.h": "host/authority",
    "inbox.h": "host/mo",
    "large.h": "host/mo",
    "limits.h": "apdu/base",
    "link.h": "apdu/link",
    "ma.h": "host/authority",
    "mo.h": "host/mo",
    "mo_json.h": "host/mo",
    "mo_ops.h": "host/mo",
    "objects.h": "host/objects",
    "ota.h": "apdu/codec",
    "peer.h": "apdu/base",
    "scomo.h": "host/objects",
    "script.h": "apdu/script",
    "scp03.h": "apdu/link",
    "secret.h": "apdu/base",
    "sim.h": "simulator/uicc",
    "store.h": "host/store",
    "sync.h": "host/sync",
    "trace.h": "apdu/trace",
    "uicc.h": "host/uicc",
    "uicc_admin.h": "host/uicc",
    "uicc_auth.h": "host/uicc",
    "uicc_rules.h": "host/uicc",
    "usat.h": "apdu/codec",
    "usat_describe.h": "apdu/codec",
    "wbxml.h": "host/wbxml",
}
# The MA list is read from the card, so the card layer fills its structures.
ALSO = {("host/card", "dmsc/ma.h"), ("host/card", "dmsc/authority.h")}

# Headers of others that only some files may see.
FENCED = {
    "mbedtls/ssl*.h": ["host/net/tls_mbedtls.c"],
    "libopensc/*": ["host/card/opensc_*.c", "host/card/opensc_*.h"],
    "scconf/*": ["host/card/opensc_*.c"],
    "common/*": ["host/card/opensc_*.c"],
    "winscard.h": ["apdu/link/pcsc/*"],
    "sqlite3.h": ["host/store/*"],
    "setjmp.h": [],
    "alloca.h": [],
}
# Codecs and engines: no clock, no socket, no file.
NO_IO = ["apdu/crypto", "apdu/codec", "apdu/cmd", "apdu/trace", "host/authority", "host/mo",
         "host/syncml", "host/wbxml", "host/security", "host/dm1", "host/dm2"]
IO_HEADERS = {"sys/time.h", "sys/socket.h", "netdb.h", "poll.h", "sys/select.h", "unistd.h",
              "fcntl.h", "netinet/in.h", "arpa/inet.h", "pthread.h"}
NO_CLOCK = ["host/dm1", "host/dm2"]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)', re.MULTILINE)


def layer_of(path):
  """apdu/base/x.c -> apdu/base; include/dmsc/x.h -> its owner; None when nobody owns it."""
  parts = str(path).split("/")
  if parts[:2] == ["include", "dmsc"]:
    return OWNER.get("/".join(parts[2:]))
  layer = "/".join(parts[:2])
  return layer if layer in BELOW or layer in BESIDE else None


def closure(below):
  """Layer -> all layers at or below it. Fails when the table has a cycle."""
  reached = {}

  def visit(layer, path):
    if layer in path:
      raise ValueError("the table of arrows has a cycle: " + " -> ".join(path + [layer]))
    if layer not in reached:
      own = {layer}
      for lower in below[layer]:
        own |= visit(lower, path + [layer])
      reached[layer] = own
    return reached[layer]

  for layer in below:
    visit(layer, [])
  return reached


ALLOWED = closure(BELOW)
ALLOWED.update({layer: {layer, *lower} for layer, lower in BESIDE.items()})


def includes_of(root, path):
  """(line, name, quoted) of every include line."""
  text = tree.code_only(tree.read(root, path), keep_strings=True)
  for match in INCLUDE.finditer(text):
    yield tree.line_of(text, match.start()), match.group(1) or match.group(2), bool(match.group(1))


def is_public(name):
  return name.startswith("dmsc/")


def wrong_arrow(layer, name):
  """Why this layer may not include that header of ours; None when it may."""
  if is_public(name):
    if name[5:] not in OWNER:
      return "public header without an owner in the table of this check"
    if layer in ANY_PUBLIC or (layer, name) in ALSO:
      return None
  target = layer_of("include/" + name if is_public(name) else name)
  if target is None:
    return "no layer of the table"
  if target not in ALLOWED[layer]:
    return f"{layer} may not see {target}"
  return None


def fenced(path, name):
  for pattern, homes in FENCED.items():
    if fnmatch.fnmatch(name, pattern) and not any(fnmatch.fnmatch(str(path), h) for h in homes):
      return "only for " + (", ".join(homes) or "nobody")
  layer = layer_of(path)
  if layer in NO_IO and name in IO_HEADERS:
    return f"{layer} does no I/O"
  if layer in NO_CLOCK and name == "time.h":
    return f"{layer} has no clock: time is handed in"
  return None


def check_line(root, path, layer, name, quoted):
  if quoted and not (root / name).is_file():
    return "internal includes are written from the root of the tree"
  if not quoted and not is_public(name):
    return fenced(path, name)
  if quoted and name.startswith("include/"):
    return "public headers are included as <dmsc/...>"
  return wrong_arrow(layer, name)


def find_cycle(edges):
  """One cycle of a graph {node: {node: place}}, as a list of nodes; None when there is none."""
  done = set()
  for start in sorted(edges):
    stack = [(start, iter(sorted(edges.get(start, ()))))]
    path = [start]
    while stack:
      node, rest = stack[-1]
      following = next(rest, None)
      if following is None:
        done.add(node)
        stack.pop()
        path.pop()
      elif following in path:
        return path[path.index(following):] + [following]
      elif following not in done:
        path.append(following)
        stack.append((following, iter(sorted(edges.get(following, ())))))
  return None


def report_cycle(kind, edges):
  cycle = find_cycle(edges)
  if cycle is not None:
    places = [edges[a][b] for a, b in zip(cycle, cycle[1:])]
    yield f"{places[0]}: cycle of {kind}: " + " -> ".join(cycle) + " (" + ", ".join(places) + ")"


def check(root):
  folders, headers = {}, {}
  for path in tree.files(root, tree.PRODUCT, {".c", ".h"}):
    layer = layer_of(path)
    if layer is None:
      yield f"{path}:1: in no layer of the table of arrows (tests/unit/house/includes.py)"
      continue
    for line, name, quoted in includes_of(root, path):
      place = f"{path}:{line}"
      wrong = check_line(root, path, layer, name, quoted)
      if wrong is not None:
        yield f"{place}: includes {name}: {wrong}"
      target = "include/" + name if is_public(name) else name
      if not quoted and not is_public(name):
        continue
      if path.suffix == ".h":
        headers.setdefault(str(path), {}).setdefault(target, place)
      if path.parts[0] != "include" and not is_public(name):
        here, there = str(path.parent), target.rsplit("/", 1)[0]
        if here != there:
          folders.setdefault(here, {}).setdefault(there, place)
  yield from report_cycle("folders", folders)
  yield from report_cycle("headers", headers)


if __name__ == "__main__":
  tree.main(check, __doc__)
