#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Profiles are what card-scripts/profile.schema.json says: ours, those of the tests, and dumps.

    schema.py ROOT DMSC_UICC
"""
import json
import pathlib
import subprocess
import sys

try:
  import jsonschema
except ImportError:
  print("SKIPPED: the Python module jsonschema is not installed")
  sys.exit(77)

BROKEN = [
  {"files": {"3F00/2F01": {"type": "transparent", "size": 70000}}},
  {"files": {"3F00/2F01": {"type": "hash"}}},
  {"files": {"3F00/2F01": {"type": "transparent", "content": {"imsi": "x"}}}},
  {"files": {"3F00/7F01": {"type": "adf", "pins": {"01": {"value": "1234"}}}}},
  {"pins": {"99": {"value": "1234"}}},
  {"colour": "red"},
]


def main():
  root, program = pathlib.Path(sys.argv[1]), sys.argv[2]
  schema = json.loads((root / "card-scripts/profile.schema.json").read_text(encoding="utf-8"))
  validator = jsonschema.Draft202012Validator(schema)
  validator.check_schema(schema)
  names = [path for path in sorted((root / "card-scripts").glob("*.json"))
           if ".schema." not in path.name] + sorted((root / "tests/vectors").glob("sim_*.json"))
  bad = 0
  for path in names:
    if "files" not in json.loads(path.read_text(encoding="utf-8")):
      continue  # another kind of file
    dump = subprocess.run([program, path, "--check", "--dump", "-"], capture_output=True, check=False)
    texts = {path.name: path.read_bytes()}
    if dump.returncode == 0:
      texts[path.name + ", dumped"] = dump.stdout
    for name, text in texts.items():
      for error in validator.iter_errors(json.loads(text)):
        print(f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
        bad += 1
  for profile in BROKEN:
    if validator.is_valid(profile):
      print(f"good, but should not be: {profile}")
      bad += 1
  print(f"{len(names)} profiles, {bad} mistakes")
  sys.exit(bad > 0)


main()
