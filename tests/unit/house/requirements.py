#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/requirements.md is complete, and says of every test what the test says of itself."""
import subprocess
import sys

ROOT, BUILD = sys.argv[1:]
result = subprocess.run([sys.executable, f"{ROOT}/tools/requirements", "--check", "--root", ROOT,
                         "--build", BUILD], check=False)
if result.returncode == 0:
  print("REQ:WI-16")
sys.exit(result.returncode)
