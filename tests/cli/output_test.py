#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Nothing is lost silently on the way out: full disks, closed pipes, folders that are not there."""
import json
import os
import resource
import subprocess
import unittest

from support import BINARY, ENDLESS, ROOT, Case, crowd, elvis, machine, main, scenario, two_machines

CROWD = crowd(size=900, sent=1, link="latency='1ms'")


def small_files(size):
    """What a child does so that its files cannot grow beyond `size` bytes: a disk that fills up. The signal
    that comes with it would end the program."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


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

    def test_a_report_that_does_not_fit_is_5_and_leaves_the_old_one(self):
        target = self.folder / "report.json"
        target.write_text("old")
        self.assert_refused(elvis("run", self.path, "-q", "--report", target, before=small_files(100)), "report.json")
        self.assertEqual(target.read_text(), "old")
        self.assertEqual(len(list(self.folder.iterdir())), 2, "nothing else stays")

    def test_a_log_that_does_not_fit_is_5(self):
        target = self.folder / "run.log"
        self.assert_refused(elvis("run", self.path, "-q", "--log", "trace", "--log-file", target,
                                  before=small_files(100)), "run.log")
        self.assertEqual(target.stat().st_size, 100)

    def test_a_file_that_is_formatted_stays_as_it_was_if_the_new_one_does_not_fit(self):
        text = self.path.read_text().replace("    ", "\t")
        self.path.write_text(text)
        self.assert_refused(elvis("fmt", self.path, before=small_files(100)), self.path.name)
        self.assertEqual(self.path.read_text(), text)
        self.assertEqual(len(list(self.folder.iterdir())), 1, "nothing else stays")

    def test_what_does_not_fit_into_the_file_that_standard_output_is_is_5(self):
        scripts = sorted((ROOT / "tests" / "packetdrill" / "scripts" / "udp").glob("*.pkt"))
        for arguments in (["run", self.path], ["run", self.path, "--report", "-"], ["list", "applications"],
                          ["check", self.path], ["--help"], ["packetdrill", *scripts]):
            with self.subTest(arguments=arguments[0]), open(self.folder / "out", "wb") as out:
                self.assert_refused(elvis(*arguments, stdout=out, before=small_files(10)), "standard output")

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


class ApplicationFileTest(Case):
    """What an application writes: `trace` of bulk."""

    def setUp(self):
        super().setUp()
        bulk = "name='bulk' to='bob' port='80' bytes='3000000' trace='{}'"
        text = scenario(machine("alice", bulk), machine("bob", "name='sink' port='80'"),
                        link="latency='1ms' loss='1%'").replace("UDP", "TCP")
        self.path = self.write(text.format("cwnd.csv"))
        self.onto_full = self.write(text.format("/dev/full"), "full.ndl")
        self.trace = self.folder / "cwnd.csv"

    def run_here(self, *options, path=None, **more):
        return elvis("run", path or self.path, "-q", *options, cwd=self.folder, **more)

    def whole(self):
        self.assert_code(self.run_here(), 0)
        data = self.trace.read_bytes()
        self.trace.unlink()
        return data

    def assert_refused_once(self, outcome, name):
        self.assert_code(outcome, 5)
        self.assertEqual(outcome.err.count("cannot be written"), 1, outcome.err)
        self.assertIn(name, outcome.err)

    def test_a_disk_that_fills_is_5_and_leaves_whole_lines(self):
        whole = self.whole()
        self.assertGreater(len(whole), 40_000)
        self.assert_refused_once(self.run_here(before=small_files(30_000)), "cwnd.csv")
        data = self.trace.read_bytes()
        self.assertTrue(whole.startswith(data) and data.endswith(b"\n"))
        self.assertGreater(len(data), 29_800)

    def test_a_full_disk_is_5_also_for_an_application_that_does_not_end(self):
        for options in ([], ["--until", "50ms"], ["--max-events", "500"]):
            with self.subTest(options=options):
                self.assert_refused_once(self.run_here(*options, path=self.onto_full), "/dev/full")

    def test_a_run_that_is_ended_has_written_what_was_until_then(self):
        whole = self.whole()
        self.assert_code(self.run_here("--until", "50ms"), 1)
        data = self.trace.read_bytes()
        self.assertTrue(whole.startswith(data) and data.endswith(b"\n"))
        self.assertGreater(data.count(b"\n"), 10)

    def test_a_machine_that_is_switched_on_again_goes_on_with_its_file(self):
        text = self.path.read_text() + ("[Events]\n    [Event at='20ms' machine='alice' set='down']\n"
                                        "    [Event at='30ms' machine='alice' set='up']\n")
        self.path.write_text(text)
        self.assert_code(self.run_here(), 0, 1)
        lines = self.trace.read_text().splitlines()
        times = [float(line.split(",")[0]) for line in lines[1:]]
        self.assertEqual(times, sorted(times))
        self.assertTrue(times[0] < 0.02 and times[-1] > 0.03)


if __name__ == "__main__":
    main()
