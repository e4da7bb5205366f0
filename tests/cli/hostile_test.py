#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Input that means harm, or is simply wrong, gets a clear error, soon and in little memory."""
import os
import unittest

from support import INSTRUMENTED, SLOWER, Case, elvis, machine, main, scenario, sender, two_machines

SECONDS = 2.0 * SLOWER  # of the processors
BYTES = 256 * 1024 * 1024
MEGA = 1024 * 1024
LARGE = 10 if INSTRUMENTED else 200  # megabytes of the largest input


class HostileTest(Case):
    def assert_refused(self, path, *words, codes=(3,), **more):
        for command in ("check", "run"):
            with self.subTest(command=command):
                outcome = elvis(command, path, timeout=30 * SLOWER, **more)
                self.assert_code(outcome, *codes)
                self.assertEqual(outcome.out, "")
                self.assert_printable(outcome.raw_err)
                self.assertLess(len(outcome.raw_err), 50_000, "at most 20 diagnostics")
                for word in words:
                    self.assertIn(word, outcome.err)
                self.assertLess(outcome.cpu_seconds, SECONDS, str(outcome))
                if not INSTRUMENTED:
                    self.assertLess(outcome.rss_bytes, BYTES, str(outcome))

    def write_large(self, begin, piece, count, end=""):
        path = self.folder / "large.ndl"
        with open(path, "wb") as file:
            file.write(begin.encode())
            block = piece.encode() * 1000
            for _ in range(count // 1000):
                file.write(block)
            file.write(end.encode())
        return path

    def test_more_machines_than_there_are_numbers(self):
        for count in (str(2**63), str(2**64), str(2**64 + 1), str(2**32), "9" * 5000, "0", "-1", "1e9"):
            self.assert_refused(self.write(two_machines() + machine("c", sender(), count=count)), ":")

    def test_counts_whose_sum_wraps(self):
        largest = 2**32 - 1
        crowds = "".join(machine(f"c{k}", sender(), count=largest) for k in range(5))
        self.assert_refused(self.write(two_machines() + crowds), codes=(3, 4))

    def test_machines_that_do_not_fit_into_memory(self):
        self.assert_refused(self.write(two_machines() + machine("c", sender(), count=2**32 - 1)),
                            "needs about", codes=(3, 4))

    def test_deep_nesting(self):
        self.assert_refused(self.write("".join("\t" * level + "[Machine]\n" for level in range(30))))
        path = self.folder / "deep.ndl"
        with open(path, "w", encoding="ascii") as file:
            for level in range(2_000 if INSTRUMENTED else 15_000):
                file.write("\t" * level + "[Machine]\n")
        self.assert_refused(path)

    def test_deep_parentheses(self):
        for depth in (100, 100_000):
            text = "${" + "(" * depth + "1" + ")" * depth + "}"
            outcome = elvis("check", self.write(two_machines(message=text)), timeout=30 * SLOWER)
            self.assert_code(outcome, 0, 3)
            self.assertLess(outcome.cpu_seconds, SECONDS)

    def test_templates_that_use_each_other(self):
        text = ("[Template name='a' template='b']\n    [Protocols]\n        [Protocol name='IPv4']\n"
                "[Template name='b' template='a']\n    [Protocols]\n        [Protocol name='UDP']\n")
        self.assert_refused(self.write(text + two_machines().replace("'alice'", "'alice' template='a'")))

    def test_a_file_that_includes_itself(self):
        self.assert_refused(self.write("[Include file='sim.ndl']\n" + two_machines()), "sim.ndl:1")

    def test_includes_that_double(self):
        for level in range(40):
            self.write(f"[Include file='{level + 1}.ndl']\n" * 2, f"{level}.ndl")
        self.write("", "40.ndl")
        self.assert_refused(self.folder / "0.ndl", codes=(3,))

    def test_a_very_long_line(self):
        self.assert_refused(self.write_large("[Networks", "x" * 1024, LARGE * 1024))
        self.assert_refused(self.write_large("[Networks]\n    [Network id='", "x" * 1024, LARGE * 1024))

    def test_a_million_mistakes(self):
        path = self.write_large("[Networks]\n", "    [Networc id='5']\n", 50_000 if INSTRUMENTED else 1_000_000)
        self.assert_refused(path, "errors")

    def test_bytes_that_are_no_text(self):
        good = two_machines()
        for raw in (os.urandom(100_000), good.encode("utf-16"), good.encode("utf-16-be"),
                    good.replace("hello", "hel\0lo").encode(), good.encode() + b"\xff\n",
                    good.replace("hello", "h\xe9llo").encode("latin-1"), b"\0" * MEGA, b"\x7fELF" + b"\1" * 999,
                    b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80"):
            self.assert_refused(self.write(raw), "sim.ndl")

    def test_an_empty_file(self):
        for text in ("", "\n\n", "# nothing\n", "\ufeff"):
            outcome = elvis("run", self.write(text))
            self.assert_code(outcome, 0, 3)

    def test_what_is_no_file(self):
        self.assert_refused(self.folder, str(self.folder.name))
        fifo = self.folder / "fifo.ndl"
        os.mkfifo(fifo)
        self.assert_refused(fifo, "fifo.ndl")
        self.assert_refused("/dev/zero", "/dev/zero")
        self.assert_refused("/proc/self/mem", "/proc/self/mem")
        self.assert_refused("", codes=(2, 3))

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_a_file_that_may_not_be_read(self):
        path = self.write(two_machines())
        path.chmod(0)
        self.assert_refused(path, "sim.ndl")

    def test_valid_text_takes_linear_time(self):
        def seconds(megabytes):
            piece = machine("", sender()).replace(" name=''", "")
            path = self.write_large(two_machines(), piece, max(1000, megabytes * MEGA // len(piece)))
            outcome = elvis("check", path, "--memory-limit", "64GB", timeout=120 * SLOWER)
            self.assert_code(outcome, 0, 4)
            return outcome.cpu_seconds

        small, large = (2, 8) if INSTRUMENTED else (25, 100)
        few, many = seconds(small), seconds(large)
        self.assertLess(many, 8 * few + 1, "four times the text")

    def test_a_comment_of_100_megabytes(self):
        path = self.write_large(two_machines() + "#", "comment ", 1_000_000 if INSTRUMENTED else 12_000_000)
        self.assert_refused(path, "the line is longer than")

    def test_addresses_without_end(self):
        text = scenario(machine("alice", sender(to="alice")), pool="0.0.0.0/1").replace(
            "[IP subnet='0.0.0.0/1']", "[IP range='0.0.0.0-255.255.255.255']")
        outcome = elvis("check", self.write(text), timeout=30 * SLOWER)
        self.assert_code(outcome, 0, 3)
        self.assertLess(outcome.cpu_seconds, SECONDS)
        if not INSTRUMENTED:
            self.assertLess(outcome.rss_bytes, BYTES)


if __name__ == "__main__":
    main()
