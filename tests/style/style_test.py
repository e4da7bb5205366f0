#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The tree keeps the house style, and each rule of it can fail."""
import pathlib
import shutil
import tempfile
import unittest

import style

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HEAD = "// SPDX-License-Identifier: MIT\n"
HEADER = HEAD + "// What this file answers for.\n#pragma once\n"


class TreeTest(unittest.TestCase):
    def test_the_tree_keeps_the_style(self):
        breaches = style.check_tree(ROOT)
        if breaches:
            self.fail(f"{len(breaches)} breaches\n{style.text_of(breaches)}")

    def test_the_tree_is_seen(self):
        seen = {path.as_posix() for path in style.files(ROOT)}
        for path in ("CMakeLists.txt", "include/elvis/util/result.hpp", "src/util/result.cpp",
                     "scripts/test", "tests/style/style.py"):
            self.assertIn(path, seen)

    def test_every_layer_of_cmake_is_known(self):
        layers = {line.split("(")[1].split()[0] for line in
                  (ROOT / "CMakeLists.txt").read_text().splitlines() if line.startswith("elvis_layer(")}
        self.assertEqual(layers, set(style.BELOW))


class RuleTest(unittest.TestCase):
    """Small bad trees: each breaks one rule, at a known line."""

    def breaches(self, **files):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = pathlib.Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            shutil.copy(ROOT / ".clang-format", folder)
            return [(b.rule, b.path.as_posix(), b.line) for b in style.check_tree(folder)]

    def assert_breach(self, rule, name, line, text, **others):
        self.assertEqual(self.breaches(**{name: text}, **others), [(rule, name, line)])

    def test_good_files_have_no_breach(self):
        self.assertEqual(self.breaches(**{
            "include/elvis/graph/tap.hpp": HEADER + '\n#include "elvis/wire/message.hpp"\n',
            "src/graph/tap.cpp": HEAD + '#include "elvis/graph/tap.hpp"\n\n#include <map>\n',
            "src/sim/engine.cpp": HEAD + "#include <boost/asio/post.hpp>\n",
            "src/report/json.cpp": HEAD + '#include "elvis/report/json.hpp"\n\n'
                                           "#include <nlohmann/json.hpp>\n",
            "include/elvis/report/json.hpp": HEADER + "\n#include <nlohmann/json_fwd.hpp>\n",
            "apps/main.cpp": HEAD + "#include <CLI/CLI.hpp>\n",
            "tests/graph/tap_test.cpp": HEAD + "TEST(Tap, SendsAFrame) {}\n",
            "scripts/run": "#!/usr/bin/env bash\n# SPDX-License-Identifier: MIT\n",
        }), [])

    def test_includes_go_one_way(self):
        for layer, other in (("util", "sim"), ("sim", "wire"), ("wire", "sim"), ("graph", "protocols"),
                             ("protocols", "sockets"), ("sockets", "applications"),
                             ("applications", "builder"), ("ndl", "sim"), ("ndl", "builder"),
                             ("builder", "report"), ("report", "protocols"), ("report", "ndl")):
            with self.subTest(layer=layer, other=other):
                self.assert_breach("layers", f"src/{layer}/a.cpp", 2,
                                   HEAD + f'#include "elvis/{other}/b.hpp"\n')

    def test_a_new_layer_must_be_declared(self):
        self.assert_breach("layers", "src/magic/a.cpp", 1, HEAD)

    def test_heavy_headers_stay_out(self):
        for header in ("boost/asio/io_context.hpp", "boost/asio.hpp", "nlohmann/json.hpp",
                       "CLI/CLI.hpp", "spdlog/spdlog.h"):
            with self.subTest(header=header):
                self.assert_breach("heavy-headers", "include/elvis/report/a.hpp", 5,
                                   HEADER + f"\n#include <{header}>\n")
                self.assert_breach("heavy-headers", "src/sim/partition.cpp", 2,
                                   HEAD + f"#include <{header}>\n")

    def test_no_clock_and_no_unseeded_luck(self):
        for word in ("std::chrono::steady_clock::now()", "std::random_device{}()", "std::rand()",
                     "getpid()", "std::this_thread::get_id()"):
            with self.subTest(word=word):
                self.assert_breach("clock", "src/graph/a.cpp", 2, HEAD + f"auto a = {word};\n")
        self.assertEqual(self.breaches(**{"src/sim/engine.cpp": HEAD + "auto a = getpid();\n"}), [])

    def test_nothing_is_thrown(self):
        self.assert_breach("throw", "src/util/a.cpp", 3, HEAD + "void a() {\n  throw 1;\n}\n")

    def test_headers_are_included_once(self):
        self.assert_breach("pragma-once", "include/elvis/util/a.hpp", 1, HEAD + "// What it is.\n")

    def test_headers_open_with_a_sentence(self):
        self.assert_breach("opening", "include/elvis/util/a.hpp", 2, HEAD + "#pragma once\n")

    def test_headers_open_no_namespace(self):
        self.assert_breach("using-namespace", "include/elvis/util/a.hpp", 4,
                           HEADER + "using namespace elvis;\n")
        self.assert_breach("using-namespace", "src/util/a.cpp", 2, HEAD + "using namespace std;\n")

    def test_nothing_is_detail(self):
        self.assert_breach("detail", "src/util/a.cpp", 2, HEAD + "namespace elvis::detail {}\n")

    def test_a_source_includes_its_own_header_first(self):
        self.assert_breach("own-header", "src/util/a.cpp", 2,
                           HEAD + '#include <map>\n\n#include "elvis/util/a.hpp"\n',
                           **{"include/elvis/util/a.hpp": HEADER})
        self.assert_breach("own-header", "src/util/a.cpp", 2, HEAD + '#include <map>\n\n#include "a.hpp"\n',
                           **{"src/util/a.hpp": HEADER})

    def test_files_are_short(self):
        self.assert_breach("length", "include/elvis/util/a.hpp", 301, HEADER + "//\n" * 298)
        self.assert_breach("length", "src/util/a.cpp", 601, HEAD + "//\n" * 600)

    def test_sources_name_their_licence(self):
        self.assert_breach("spdx", "src/util/a.cpp", 1, "#include <map>\n")
        self.assert_breach("spdx", "scripts/a", 2, "#!/usr/bin/env bash\ntrue\n")

    def test_python_is_debians(self):
        self.assert_breach("python", "scripts/a", 1,
                           "#!/usr/bin/env python3\n# SPDX-License-Identifier: MIT\n")

    def test_nothing_is_left_undone(self):
        for mark in ("FIX" + "ME", "TO" + "DO", "XX" + "X", "HA" + "CK"):
            with self.subTest(mark=mark):
                self.assert_breach("marks", "docs/a.md", 2, f"\n{mark} later\n")

    def test_no_path_of_one_machine(self):
        for folder in ("wo" + "rk", "ho" + "me", "t" + "mp"):
            with self.subTest(folder=folder):
                self.assert_breach("machine-path", "docs/a.md", 1, f"see `/{folder}/a`\n")

    def test_test_names_are_sentences(self):
        self.assert_breach("test-name", "tests/util/a_test.cpp", 2, HEAD + "TEST(A, Basic) {}\n")
        self.assert_breach("test-name", "tests/util/a_test.cpp", 2, HEAD + "TEST(A, Is_Good) {}\n")

    def test_tests_are_not_switched_off(self):
        self.assert_breach("switched-off", "tests/util/a_test.cpp", 2, HEAD + "// DISABLED" + "_\n")

    @unittest.skipUnless(shutil.which("clang-format-19"), "clang-format-19 is not installed")
    def test_sources_are_laid_out(self):
        self.assert_breach("format", "src/util/a.cpp", 2, HEAD + "int   a;\n")


if __name__ == "__main__":
    unittest.main()
