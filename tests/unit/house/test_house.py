#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The house checks find what they are for: each one is run on a tree with a planted fault."""
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import includes
import limits
import reasons
import registered
import tree
import words

ROOT = pathlib.Path(__file__).resolve().parents[3]
SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"


def load_tool(name):
  loader = importlib.machinery.SourceFileLoader(name.split(".")[0], str(ROOT / "tools" / name))
  module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
  loader.exec_module(module)
  return module


class Planted(unittest.TestCase):
  def setUp(self):
    self.directory = tempfile.TemporaryDirectory()
    self.root = pathlib.Path(self.directory.name)

  def tearDown(self):
    self.directory.cleanup()

  def plant(self, path, text):
    full = self.root / path
    full.parent.mkdir(parents=True, exist_ok=True)
    full.write_text(text, encoding="utf-8")

  def findings(self, check):
    return list(check(self.root))

  def assert_finds(self, check, *parts):
    findings = self.findings(check)
    for part in parts:
      self.assertTrue(any(part in f for f in findings), f"{part!r} is not in {findings}")


class Includes(Planted):
  def test_right_arrows_pass(self):
    self.plant("include/dmsc/bytes.h", "")
    self.plant("apdu/base/ctx.h", "#include <dmsc/bytes.h>\n")
    self.plant("apdu/codec/ber.c", '#include "apdu/base/ctx.h"\n#include <string.h>\n')
    self.plant("host/mo/mo.c", '  #  include "apdu/base/ctx.h"\n')
    self.assertEqual(self.findings(includes.check), [])

  def test_upward_arrow(self):
    self.plant("host/uicc/uicc.h", "")
    self.plant("apdu/codec/ber.c", '\n#include "host/uicc/uicc.h"\n')
    self.assert_finds(includes.check, "apdu/codec/ber.c:2:", "apdu/codec may not see host/uicc")

  def test_sideways_arrow(self):
    self.plant("host/net/http.h", "")
    self.plant("host/dm1/session.c", '#include "host/net/http.h"\n')
    self.assert_finds(includes.check, "host/dm1 may not see host/net")

  def test_public_header_counts_as_its_layer(self):
    self.plant("include/dmsc/bridge.h", "")
    self.plant("host/mo/mo.c", "#include <dmsc/bridge.h>\n")
    self.assert_finds(includes.check, "host/mo may not see host/bridge")

  def test_program_sees_public_headers_only(self):
    self.plant("include/dmsc/bridge.h", "")
    self.plant("apdu/base/ctx.h", "")
    self.plant("host/cli/main.c", '#include <dmsc/bridge.h>\n#include "apdu/base/ctx.h"\n')
    self.assertEqual(len(self.findings(includes.check)), 1)
    self.assert_finds(includes.check, "host/cli may not see apdu/base")

  def test_simulator_is_no_part_of_the_library(self):
    self.plant("apdu/cmd/exchange.h", "")
    self.plant("simulator/uicc/card.c", '#include "apdu/cmd/exchange.h"\n')
    self.assert_finds(includes.check, "simulator/uicc may not see apdu/cmd")

  def test_public_header_without_owner(self):
    self.plant("include/dmsc/new.h", "")
    self.assert_finds(includes.check, "include/dmsc/new.h:1: in no layer")

  def test_folder_without_layer(self):
    self.plant("host/misc/x.c", "")
    self.assert_finds(includes.check, "host/misc/x.c:1: in no layer")

  def test_relative_include(self):
    self.plant("apdu/base/private.h", "")
    self.plant("apdu/base/ctx.c", '#include "private.h"\n')
    self.assert_finds(includes.check, "from the root")

  def test_comment_is_no_include(self):
    self.plant("apdu/base/ctx.c", '/*\n#include "host/mo/x.h"\n*/\n')
    self.assertEqual(self.findings(includes.check), [])

  def test_cycle_of_headers(self):
    self.plant("apdu/base/a.h", '#include "apdu/base/b.h"\n')
    self.plant("apdu/base/b.h", '#include "apdu/base/c.h"\n')
    self.plant("apdu/base/c.h", '#include "apdu/base/a.h"\n')
    self.assert_finds(includes.check, "cycle of headers: apdu/base/a.h -> apdu/base/b.h")

  def test_cycle_of_folders_within_a_layer(self):
    self.plant("host/card/x.c", '#include "host/card/format/f.h"\n')
    self.plant("host/card/x.h", "")
    self.plant("host/card/format/f.h", "")
    self.plant("host/card/format/f.c", '#include "host/card/x.h"\n')
    self.assert_finds(includes.check, "cycle of folders")

  def test_table_with_a_cycle(self):
    with self.assertRaises(ValueError):
      includes.closure({"a": ["b"], "b": ["a"]})

  def test_fences(self):
    self.plant("host/net/tls_mbedtls.c", "#include <mbedtls/ssl.h>\n")
    self.plant("host/card/opensc_reader.c", "#include <libopensc/opensc.h>\n")
    self.assertEqual(self.findings(includes.check), [])
    self.plant("host/net/http.c", "#include <mbedtls/ssl_ciphersuites.h>\n")
    self.plant("host/card/card.c", "#include <libopensc/opensc.h>\n")
    self.plant("host/dm1/engine.c", "#include <time.h>\n")
    self.plant("host/mo/tree.c", "#include <sys/socket.h>\n")
    self.assert_finds(includes.check, "host/net/http.c:1", "host/card/card.c:1",
                      "host/dm1 has no clock", "host/mo does no I/O")


class Words(Planted):
  def test_allocator(self):
    self.plant("apdu/base/alloc.c", SPDX + "void f(void) { free(p); }\n")
    self.assertEqual(self.findings(words.check_words), [])
    self.plant("host/mo/a.c", SPDX + "void *p = malloc (3);\n")
    self.plant("host/mo/b.c", SPDX + "\nvoid g(void) { free(p); }\n")
    self.plant("host/mo/c.c", SPDX + "cb = each(list, free);\n")
    self.assert_finds(words.check_words, "host/mo/a.c:2: malloc", "host/mo/b.c:3: free",
                      "host/mo/c.c:2: free")

  def test_names_that_only_contain_a_word(self):
    self.plant("host/mo/a.c", 'dmsci_free(x); ops->free(x); c.realloc = r; /* free(x) */ s = "gets(";\n'
               "snprintf(b, n, f); xmlFree(p); void h(const char *system);\n")
    self.assertEqual(self.findings(words.check_words), [])

  def test_todo(self):
    self.plant("host/mo/a.c", "/* TODO: later */\n/* TODO #12: later */\n")
    self.assertEqual(len(self.findings(words.check_todo)), 1)

  def test_spdx(self):
    self.plant("host/mo/a.c", "int x;\n")
    self.plant("tools/run", "#!/bin/sh\n# nothing\n")
    self.plant("host/mo/b.c", SPDX)
    self.plant("tools/ok", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n")
    self.assertEqual(len(self.findings(words.check_spdx)), 2)

  def test_long_function_and_file(self):
    self.plant("host/mo/a.c", SPDX + "int f(void)\n{\n" + "    x();\n" * 81 + "}\n")
    self.plant("host/mo/b.c", SPDX + "int x;\n" * 901)
    self.assert_finds(words.check_sizes, "host/mo/a.c:3: a function of 81 lines",
                      "host/mo/b.c:902: more than 900")
    self.plant("host/mo/a.c", SPDX + "int f(void)\n{\n" + "    x();\n" * 80 + "}\n")
    self.plant("host/mo/b.c", SPDX)
    self.assertEqual(self.findings(words.check_sizes), [])


class Limits(Planted):
  HEADER = "struct dmsc_limits {\n    size_t a;  /* size_t x; */\n    unsigned b;\n};\n"

  def test_limits(self):
    self.plant("include/dmsc/limits.h", self.HEADER)
    self.plant("apdu/base/limits.c", "    DEFAULT(a, 1u << 20);\n    DEFAULT(b, 5);\n")
    self.plant("docs/limits.md", "| `a` | 1 048 576 | bytes | why |\n| `b` | 5 | - | why |\n")
    self.assertEqual(self.findings(limits.check), [])
    self.plant("docs/limits.md", "| `a` | 7 | bytes | why |\n| `c` | 5 | - | why |\n")
    self.assert_finds(limits.check, "a is 7, the code says 1048576", "b is missing", "c is no field")


class Reasons(Planted):
  CODE = ('dmsci_why(ctx, "tree:full", "it is");\n/* "tree:comment" */\nreturn "path:there: in words";\n'
          'f(at, "tls:alert:%u"); g("http:%u", "urn:oma"); dmsci_why(ctx, "plain", "x");\n')

  def test_reasons(self):
    self.plant("host/mo/a.c", self.CODE)
    self.plant("host/card/format/mo_index.c", 'dmsci_fields_refuse(job, DMSC_E_ARG,\n  "extent", "x");')
    rows = ("tree:full", "path:there", "tls:alert:N", "http:NNN", "plain", "mox:extent")
    self.plant("docs/reasons.md", "".join(f"| `{name}` | x | |\n" for name in rows))
    self.assertEqual(self.findings(reasons.check), [])
    self.plant("docs/reasons.md", "| `tree:full` | x | |\n| `tree:full` | x | |\n| `tree:gone` | x | |\n")
    self.assert_finds(reasons.check, "tree:full stands twice", "tree:gone is no reason",
                      "a.c:3: path:there is missing", "mo_index.c:1: mox:extent is missing",
                      "tls:alert:* is missing", "http:* is missing", "plain is missing")


class Exports(Planted):
  def test_exports(self):
    exports = load_tool("exports")
    self.plant("include/dmsc/a.h", "DMSC_API DMSC_NODISCARD enum dmsc_err\ndmsc_a(int x);\n"
               "/* DMSC_API void dmsc_not(void); */\nDMSC_API const char *dmsc_b(void);\n"
               "struct s {\n    enum dmsc_err (*slot)(void *impl);\n};\n")
    self.plant("include/dmsc/sim.h", "DMSC_API void dmsc_sim_new(void);\n")
    path = self.root / "libdmsc.map"
    exports.write(self.root, path)
    self.assertEqual(exports.EXPORTED.findall(path.read_text()), ["dmsc_a", "dmsc_b"])
    self.assertEqual(list(exports.check(self.root, path, None)), [])
    self.plant("include/dmsc/a.h", "DMSC_API void dmsc_b(void);\nvoid dmsc_c(void);\n")
    self.assertEqual(list(exports.check(self.root, path, None)),
                     ["include/dmsc/a.h: dmsc_c has no DMSC_API",
                      "dmsc_a is in libdmsc.map and not in include/dmsc"])


class Requirements(Planted):
  def test_requirements(self):
    tool = load_tool("requirements")
    self.plant("docs/requirements.md",
               "| SEC | words | 3 |\n| SEC-001 | x | open |\n| SEC-002 | x | `a/b`, a/c |\n"
               "| SEC-002 | x | none |\n| HLF-001 | x | open |\n")
    rows, _, findings = tool.read_map(self.root / "docs/requirements.md")
    self.assertEqual(len(findings), 3, findings)
    self.plant("docs/requirements.md", "| SEC | words | 3 |\n| SEC-001 | x | open |\n"
               "| SEC-002 | x | `a/b`, a/c |\n| SEC-003 | x | a/none |\n")
    rows, _, findings = tool.read_map(self.root / "docs/requirements.md")
    self.assertEqual(findings, [])
    # Written so that this file itself claims nothing.
    self.plant("tests/b.c", "".join(f'req_{"done"}("{id_}");' for id_ in ("SEC-001", "SEC-002")))
    self.plant("tests/c.py", "pass")
    info = "build/meson-info/"
    self.plant(info + "intro-targets.json", json.dumps([
        {"filename": ["/x/b"], "target_sources": [{"sources": [str(self.root / "tests/b.c")]}]}]))
    self.plant(info + "intro-tests.json", json.dumps([
        {"name": "a/b", "cmd": ["/x/b"]},
        {"name": "a/c", "cmd": ["/usr/bin/python3", str(self.root / "tests/c.py")]}]))
    tests = tool.sources_of_tests(self.root.resolve(), self.root / "build")
    found = list(tool.check(rows, tests, tool.claims_of(tests)))
    self.assertEqual(found, ["a/b: claims SEC-001, which the document calls open",
                             "SEC-002: a/c does not print REQ:" "SEC-002",
                             "SEC-003: the document names a/none, and there is no such test"])
    tool.fill(self.root / "docs/requirements.md", rows, tool.claims_of(tests))
    self.assertIn("| SEC-001 | x | `a/b` |", tree.read(self.root, "docs/requirements.md"))


class Registered(Planted):
  def test_unused_files(self):
    self.plant("host/mo/used.c", "")
    self.plant("host/mo/unused.c", "")
    self.plant("tests/fuzz/fuzz_bare.c", "")
    self.plant("tests/fuzz/corpus/lonely/seed", "")
    self.plant("tests/vectors/a_used.txt", "")
    self.plant("tests/vectors/a_other.txt", "")
    self.plant("tests/unit/a/meson.build", "foreach name : ['used']")
    self.plant("b/meson-info/intro-targets.json", json.dumps([
        {"target_sources": [{"sources": [str(self.root / "host/mo/used.c")]}, {}]}]))
    self.assert_finds(lambda root: registered.check_built(root, root / "b"),
                      "host/mo/unused.c:1: no meson.build", "tests/fuzz/fuzz_bare.c")
    self.assertEqual(len(list(registered.check_built(self.root, self.root / "b"))), 2)
    self.assert_finds(registered.check_seeds, "fuzz_bare.c:1", "corpus/lonely/: no fuzz target")
    self.assertEqual(self.findings(registered.check_vectors),
                     ["tests/vectors/a_other.txt:1: no test names this"])


class Report(Planted):
  LOG = [
      {"name": "dmsc:unit / base/a", "result": "OK", "stdout": "x\nREQ:" "SEC-001\nREQ:" "SCR C-001\n"},
      {"name": "dmsc:unit / base/b", "result": "FAIL", "returncode": 1,
       "stdout": "REQ:" "SEC-002\n", "stderr": "b.c:7: oh\n"},
      {"name": "dmsc:unit / base/c", "result": "TIMEOUT", "stdout": ""},
      {"name": "dmsc:unit / base/d", "result": "SKIP", "stdout": "\nSKIPPED: no reader\n"},
  ]

  def run_report(self, *tests):
    self.plant("build/meson-logs/testlog.json", "".join(json.dumps(t) + "\n" for t in tests))
    result = subprocess.run(
        [sys.executable, str(ROOT / "tools/report.py"), "--requirements", str(self.root / "seen"),
         str(self.root / "build")], capture_output=True, text=True, check=False)
    return result.returncode, result.stdout

  def test_failures_show_and_count(self):
    code, out = self.run_report(*self.LOG)
    self.assertEqual(code, 1)
    self.assertEqual(out.splitlines()[-1], "1 passed, 2 failed, 1 skipped")
    self.assertIn("b.c:7: oh", out)
    self.assertIn("base/d: no reader", out)
    self.assertEqual(tree.read(self.root, "seen"), "SCR C-001\tbase/a\nSEC-001\tbase/a\n")

  def test_all_well(self):
    self.assertEqual(self.run_report(self.LOG[0], self.LOG[3])[0], 0)

  def test_nothing_ran_is_no_success(self):
    self.assertEqual(self.run_report()[0], 1)


class Bench(unittest.TestCase):
  def test_figures_and_budgets(self):
    bench = load_tool("bench")
    found = bench.figures([{"stdout": "x\nBENCH:card_first_read_apdus 9 APDU\n"
                                      "BENCH:wbxml_decode_cost 1 x\nBENCH:other 1e3 ns\n"}])
    with contextlib.redirect_stdout(io.StringIO()) as out:
      missed = bench.show(found)
    self.assertEqual(missed, ["wbxml_decode_cost"])
    self.assertEqual(out.getvalue().count("not measured"), len(bench.BUDGETS) - 2)
    self.assertIn("no budget", out.getvalue())


if __name__ == "__main__":
  unittest.main()
