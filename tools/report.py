#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Read the test logs of build directories: what failed, what was left out, what was proved."""
import argparse
import json
import pathlib
import re
import sys

PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP"}
TAIL = 200  # lines of a failed test that are shown


def read_log(build):
  """The tests of the last run in a build directory, as dictionaries of meson."""
  path = pathlib.Path(build) / "meson-logs" / "testlog.json"
  if not path.exists():
    sys.exit(f"report: no test ran in {build}: {path} is missing")
  with path.open(encoding="utf-8", errors="replace") as lines:
    return [json.loads(line) for line in lines if line.strip()]


def short_name(test):
  """meson writes "suite / name"."""
  return test["name"].rsplit(" / ", 1)[-1]


def output(test):
  return (test.get("stdout") or "") + (test.get("stderr") or "")


def show_failure(build, test):
  lines = output(test).splitlines()
  print(f"\n==== {build}: {short_name(test)}: {test['result']}, exit {test.get('returncode')}")
  if len(lines) > TAIL:
    print(f"(the last {TAIL} of {len(lines)} lines)")
  print("\n".join(lines[-TAIL:]))


def show_skips(skips):
  """Say aloud what was left out, once for each reason."""
  if skips:
    print("\nleft out:")
    for name, reason in sorted(skips):
      print(f"  {name}: {reason}")


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--requirements", metavar="FILE",
                      help="write the requirement ids that passing tests printed, with the test")
  parser.add_argument("builds", nargs="+", metavar="BUILD")
  options = parser.parse_args()

  counts = {"passed": 0, "failed": 0, "skipped": 0}
  proved, skips = set(), set()
  for build in options.builds:
    for test in read_log(build):
      name, text = short_name(test), output(test)
      reasons = re.findall(r"^SKIPPED: (.*)$", text, re.MULTILINE)
      if test["result"] in PASSED:
        counts["passed"] += 1
        proved.update((id_, name) for id_ in re.findall(r"^REQ:(\S.*\S)\s*$", text, re.MULTILINE))
      elif test["result"] in SKIPPED:
        counts["skipped"] += 1
        reasons = reasons or ["no reason given"]
      else:
        counts["failed"] += 1
        show_failure(build, test)
      skips.update((name, reason) for reason in reasons)

  if options.requirements:
    with open(options.requirements, "w", encoding="utf-8") as out:
      out.writelines(f"{id_}\t{name}\n" for id_, name in sorted(proved))
  show_skips(skips)
  print("\n{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
  return 0 if counts["failed"] == 0 and counts["passed"] > 0 else 1


if __name__ == "__main__":
  sys.exit(main())
