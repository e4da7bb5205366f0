#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What reaches a terminal: no control byte of a scenario, colour only where it is wanted, progress."""
import errno
import os
import pty
import re
import threading

from support import CONTROL, ENDLESS, Case, Running, elvis, main, two_machines

EVIL = r"\x1b[31mevil\x07\x08\x9b\n\x0d\x7f"
COLOUR = re.compile(rb"\x1b\[[0-9;]*m")


class NameTest(Case):
    """Names come from files that nobody vouches for."""

    def outputs(self, text, *options, codes):
        path = self.write(text)
        log = self.folder / "run.log"
        with self.writes_nothing_else("run.log"):
            outcome = elvis("run", path, "--log", "trace", "--log-file", log, *options, cwd=self.folder)
        self.assert_code(outcome, *codes)
        logged = log.read_bytes()
        log.unlink()
        return outcome.raw_out, outcome.raw_err, logged

    def test_names_are_printed_without_their_control_bytes(self):
        text = two_machines(sent=2, wanted=3, sender_name="al" + EVIL, capture_name="bo" + EVIL)
        for options in ((), ("--report", "-"), ("--progress", "on")):
            with self.subTest(options=options):
                for raw in self.outputs(text, *options, codes=(1,)):
                    self.assert_printable(raw)

    def test_check_prints_names_without_their_control_bytes(self):
        outcome = elvis("check", self.write(two_machines(sender_name="al" + EVIL)))
        self.assert_printable(outcome.raw_out + outcome.raw_err)

    def test_diagnostics_print_names_and_lines_without_their_control_bytes(self):
        for text in (two_machines().replace("to='bob'", f"to='{EVIL}'"),
                     two_machines().replace("to='bob'", "to='\x1b[31mbo\x9bb\x07'"),
                     two_machines().replace("'IPv4'", f"'IPv4{EVIL}'"),
                     two_machines().replace("latency=", "\x1b[2Jlatency=")):
            outcome = elvis("check", self.write(text))
            self.assert_code(outcome, 3)
            self.assert_printable(outcome.raw_err)

    def test_file_names_are_printed_without_their_control_bytes(self):
        for name in ("a\x1b[31mb.ndl", "a\nb.ndl"):
            outcome = elvis("run", self.folder / name)
            self.assert_code(outcome, 3)
            self.assert_printable(outcome.raw_err)
            path = self.write(two_machines().replace("to='bob'", "to='bobb'"), name)
            self.assert_printable(elvis("check", path).raw_err)
        self.assert_printable(elvis("run", self.folder, "--report", self.folder / "\x1b[2J" / "a").raw_err)

    def test_arguments_are_printed_without_their_control_bytes(self):
        path = self.write(two_machines())
        for arguments in (["--set", "\x1b[31m=1"], ["--until", "\x1b[31m"], ["--\x1b[31m"]):
            outcome = elvis("run", path, *arguments)
            self.assertNotEqual(outcome.code, 0)
            self.assert_printable(outcome.raw_err)

    def test_a_name_is_no_path(self):
        text = two_machines(sender_name="../../escaped", capture_name="/dev/null")
        self.outputs(text, codes=(0,))


class Terminal:
    """A pseudoterminal that keeps what is written to it."""

    def __init__(self):
        self.ours, self.theirs = pty.openpty()
        self.seen = b""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            try:
                read = os.read(self.ours, 65536)
            except OSError as error:  # the last writer closed it
                assert error.errno == errno.EIO, error
                return
            if not read:
                return
            self.seen += read

    def close(self):
        os.close(self.theirs)
        self.reader.join(5)
        os.close(self.ours)
        return self.seen


class ColourTest(Case):
    def diagnostics_on_a_terminal(self, **environment):
        path = self.write(two_machines().replace("to='bob'", "to='bobb'"))
        terminal = Terminal()
        Running("check", path, stderr=terminal.theirs,
                environment={"TERM": "xterm-256color", **environment}).end()
        return terminal.close()

    def test_no_colour_on_a_pipe(self):
        path = self.write(two_machines().replace("to='bob'", "to='bobb'"))
        self.assertIsNone(CONTROL.search(elvis("check", path).raw_err))

    def test_no_color_is_heeded(self):
        seen = self.diagnostics_on_a_terminal(NO_COLOR="1")
        self.assertIn(b"error", seen)
        self.assertIsNone(COLOUR.search(seen), seen)


class ProgressTest(Case):
    def test_short_runs_show_none(self):
        self.assertEqual(elvis("run", self.write(two_machines()), "--progress", "on").err, "")

    def test_lines_on_a_pipe(self):
        outcome = elvis("run", self.write(ENDLESS), "--progress", "on", "--wall-limit", "3s", "--log", "off")
        self.assert_code(outcome, 4)
        self.assert_printable(outcome.raw_err)
        lines = outcome.err.splitlines()
        self.assertTrue(1 <= len(lines) <= 10, outcome.err)

    def test_none_when_off(self):
        outcome = elvis("run", self.write(ENDLESS), "--progress", "off", "--wall-limit", "2500ms")
        self.assert_code(outcome, 4)
        self.assertLessEqual(len(outcome.err.splitlines()), 1, outcome.err)  # the limit's own words

    def test_a_line_on_a_terminal_that_is_taken_away_at_the_end(self):
        terminal = Terminal()
        outcome = Running("run", self.write(ENDLESS), "--wall-limit", "2500ms", stderr=terminal.theirs,
                          environment={"TERM": "xterm"}).end()
        seen = terminal.close()
        self.assert_code(outcome, 4)
        self.assertIn(b"\r", seen.replace(b"\r\n", b""), "a live line")
        self.assert_printable(outcome.raw_out)

    def test_names_stay_clean_on_a_terminal(self):
        path = self.write(two_machines(sent=2, wanted=3, capture_name="bo" + EVIL))
        terminal = Terminal()
        Running("run", path, stdout=terminal.theirs, stderr=terminal.theirs,
                environment={"NO_COLOR": "1"}).end()
        self.assert_printable(terminal.close().replace(b"\r\n", b"\n"))


if __name__ == "__main__":
    main()
