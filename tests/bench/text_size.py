#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How large the code of libdmsc.so is as a device ships it: without the workbench, built for size
in a directory of its own, stripped."""
import pathlib
import re
import subprocess
import sys

ROOT, BUILD, OPENSC_HEADERS = sys.argv[1:]
size_build = pathlib.Path(BUILD) / "size"

if not (size_build / "build.ninja").exists():
  subprocess.run(["meson", "setup", str(size_build), ROOT, "--buildtype=minsize",
                  "-Dworkbench=disabled", "-Db_lto=true",
                  f"-Dopensc_headers={OPENSC_HEADERS}"], check=True, stdout=subprocess.DEVNULL)
# The target has the version in its name; the plain names are links to it.
targets = subprocess.run(["ninja", "-C", str(size_build), "-t", "targets", "all"], check=True,
                         capture_output=True, text=True).stdout
library = next(line.split(":")[0] for line in targets.splitlines()
               if re.match(r"libdmsc\.so\.\d+\.\d+\.\d+:", line))
subprocess.run(["ninja", "-C", str(size_build), library], check=True, stdout=subprocess.DEVNULL)
stripped = size_build / "libdmsc.stripped"
subprocess.run(["strip", "-o", str(stripped), str(size_build / library)], check=True)
sizes = subprocess.run(["size", str(stripped)], check=True, capture_output=True, text=True).stdout
print(f"BENCH:libdmsc_text {sizes.splitlines()[1].split()[0]} byte")
