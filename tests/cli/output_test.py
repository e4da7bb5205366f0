#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Nothing is lost silently on the way out: full disks, closed pipes, folders that are not there."""
import json
import os
import subprocess
import unittest

from support import BINARY, ENDLESS, Case, crowd, elvis, main, two_machines

CROWD = crowd(size=900, sent=1, link="latency='1ms'")


class OutputTest(Case):
    def setUp(self):
        super().setUp()
        self.path = self.write(two_machines())

    def assert_refused(self, outcome, *names):
        self.assert_code(outcome, 5)
        self.assertTrue(any(name in outcome.err for name in names), f"one of {names} is named\n{outcome}")
        self.assert_printable(outcome.raw_err)

    def test_a_summary_onto_a_full_disk_is_5(self):
        with open("/dev/full", "wb") as full:
            self.assert_refused(elvis("run", self.path, stdout=full), "standard output")

    def test_a_report_onto_a_full_disk_is_5(self):
        self.assert_refused(elvis("run", self.path, "--report", "/dev/full"), "/dev/full")
        with open("/dev/full", "wb") as full:
            self.assert_refused(elvis("run", self.path, "--report", "-", stdout=full), "standard output")

    def test_a_log_onto_a_full_disk_is_5(self):
        self.assert_refused(elvis("run", self.path, "--log", "trace", "--log-file", "/dev/full"),
                            "/dev/full")

    def test_what_other_commands_print_onto_a_full_disk_is_5(self):
        for arguments in (["--version"], ["--help"], ["run", "--help"], ["list", "protocols"],
                          ["check", self.path]):
            with self.subTest(arguments=arguments[0]), open("/dev/full", "wb") as full:
                self.assert_refused(elvis(*arguments, stdout=full), "standard output")

    def test_a_report_into_a_folder_that_is_not_there_is_5(self):
        target = self.folder / "absent" / "report.json"
        self.assert_refused(elvis("run", self.path, "--report", target), str(target))

    def test_a_report_onto_a_folder_is_5(self):
        self.assert_refused(elvis("run", self.path, "--report", self.folder), str(self.folder))

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_report_into_a_folder_that_may_not_be_written_is_5(self):
        closed = self.folder / "closed"
        closed.mkdir(mode=0o500)
        self.assert_refused(elvis("run", self.path, "--report", closed / "report.json"), "report.json")

    def test_an_output_that_cannot_be_written_is_told_before_a_long_run(self):
        path = self.write(ENDLESS)
        target = self.folder / "absent" / "report.json"
        self.assert_refused(elvis("run", path, "--report", target, timeout=20), str(target))

    def test_a_log_into_a_folder_that_is_not_there_is_5(self):
        target = self.folder / "absent" / "run.log"
        self.assert_refused(elvis("run", self.path, "--log-file", target), str(target))

    def test_a_closed_standard_output_is_5(self):
        outcome = elvis("run", self.path, stdout=None, before=lambda: os.close(1))
        self.assert_refused(outcome, "standard output")

    def test_a_closed_standard_output_is_nothing_to_a_quiet_run(self):
        self.assert_code(elvis("run", self.path, "-q", stdout=None, before=lambda: os.close(1)), 0)

    def test_a_report_never_mixes_with_what_a_closed_descriptor_would_get(self):
        target = self.folder / "report.json"

        def close_all():
            for descriptor in (0, 1, 2):
                os.close(descriptor)

        outcome = elvis("run", self.path, "--report", target, stdout=None, stderr=None, before=close_all)
        self.assert_code(outcome, 5)
        json.loads(target.read_text())

    def test_a_reader_that_went_away_is_5(self):
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "wb") as gone:
            self.assert_refused(elvis("run", self.path, "--report", "-", stdout=gone), "standard output")

    def test_head_gets_its_line(self):
        # A report larger than a pipe holds: the reader leaves while it is being written.
        path = self.write(CROWD, "crowd.ndl")
        for arguments in ("--report -", ""):
            done = subprocess.run(
                ["bash", "-c", f'"$1" run "$2" {arguments} | head -n 1; exit "${{PIPESTATUS[0]}}"',
                 "head", BINARY, path], stdin=subprocess.DEVNULL, capture_output=True, check=False)
            self.assertIn(done.returncode, (0, 5), done.stderr)
            self.assertEqual(done.stdout.count(b"\n"), 1)

    def test_a_report_to_a_pipe_that_stays_open_is_whole(self):
        self.assertEqual(len(self.run_report(CROWD)["applications"]), 901)


if __name__ == "__main__":
    main()
