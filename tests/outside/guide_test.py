#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The code in the guides is the code that is built and run: each block under a comment with a file's name
is found in that file, as it stands."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# <!-- tests/outside/… --> and the block below it; `…` in a line of its own leaves something out.
EXCERPT = re.compile(r"^<!-- (tests/outside/\S+) -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class GuideTest(unittest.TestCase):
    def check(self, guide, least):
        text = (ROOT / "docs" / guide).read_text()
        excerpts = EXCERPT.findall(text)
        self.assertGreaterEqual(len(excerpts), least)
        for path, excerpt in excerpts:
            source = (ROOT / path).read_text()
            for piece in re.split(r"^ *…\n", excerpt, flags=re.MULTILINE):
                with self.subTest(guide=guide, path=path, begins=piece.strip().split("\n")[0]):
                    self.assertIn(piece.strip("\n") + "\n", source)
        return text

    def test_extending(self):
        text = self.check("extending.md", 10)
        for file in ("greet.cpp", "parcel.hpp", "parcel.cpp", "socket.hpp", "socket.cpp", "plugin.cpp",
                     "parcel_test.cpp", "CMakeLists.txt"):
            self.assertIn(f"<!-- tests/outside/plugin/{file} -->", text)

    def test_embedding(self):
        self.check("embedding.md", 3)


if __name__ == "__main__":
    unittest.main()
