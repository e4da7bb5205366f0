#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What docs/porting.md shows of a source stands in that source, to the letter; and it shows something of
each version of the chat."""
import pathlib
import re
import sys
import unittest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "porting.md"
EXCERPT = re.compile(r"^From `([^`\n]+)`:\n\n```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class ExcerptsTest(unittest.TestCase):
    def excerpts(self):
        return EXCERPT.findall(GUIDE.read_text())

    def test_each_excerpt_is_verbatim(self):
        for path, text in self.excerpts():
            source = (ROOT / path).read_text()
            for part in text.split("…\n"):  # what is left out
                with self.subTest(source=path, part=part[:60]):
                    self.assertIn(part.strip("\n"), source)

    def test_each_version_is_shown(self):
        shown = {path for path, _ in self.excerpts()}
        for source in (ROOT / "tests" / "porting").glob("chat_*.cpp"):
            if not source.name.endswith("_test.cpp") and source.name != "chat_test.cpp":
                self.assertIn(f"tests/porting/{source.name}", shown)


if __name__ == "__main__":
    unittest.main()
