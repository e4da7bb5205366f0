#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""SIGINT and SIGTERM end a run within a second, with everything written that was to be written."""
import json
import signal
import time

import jsonschema

from support import ENDLESS, ROOT, SLOWER, Case, Running, machine, main, scenario, sender

SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text())
PROMPT = 1.0 * SLOWER


class SignalTest(Case):
    def interrupted(self, text, number, *options, after=0.7):
        running = Running("run", self.write(text), *options)
        time.sleep(after * (2 if SLOWER > 1 else 1))
        self.assertFalse(running.is_over(), "the run was over before the signal")
        sent = time.monotonic()
        running.signal(number)
        outcome = running.end(20 * SLOWER)
        self.assertLess(time.monotonic() - sent, PROMPT, str(outcome))
        return outcome

    def test_a_signal_ends_a_run_with_a_complete_report(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            for threads in ("1", "2"):
                with self.subTest(signal=number.name, threads=threads):
                    outcome = self.interrupted(ENDLESS, number, "--report", "-", "--threads", threads)
                    self.assert_code(outcome, code)
                    report = outcome.report()
                    jsonschema.validate(report, SCHEMA, jsonschema.Draft202012Validator)
                    self.assertEqual(report["run"]["status"], "interrupted")
                    self.assertGreater(report["run"]["events"], 0)
                    bob = [e for e in report["applications"] if e["machine"] == "bob"][0]
                    self.assertGreater(bob["messages"], 0)

    def test_a_signal_leaves_a_report_file_and_a_summary(self):
        target = self.folder / "report.json"
        outcome = self.interrupted(ENDLESS, signal.SIGINT, "--report", target)
        self.assert_code(outcome, 130)
        self.assertEqual(json.loads(target.read_text())["run"]["status"], "interrupted")
        self.assertIn("bob", outcome.out)

    def test_many_partitions_stop_together(self):
        outcome = self.interrupted(ENDLESS, signal.SIGTERM, "--report", "-", "--threads", "3",
                                   "--partitions", "2")
        self.assert_code(outcome, 143)
        self.assertEqual(outcome.report()["run"]["status"], "interrupted")

    def test_a_signal_ends_the_building_of_a_large_world(self):
        large = scenario(machine("c", sender(to="10.1.255.1", count=1000, interval="1ms"),
                                 count=60_000 if SLOWER > 1 else 1_000_000))
        running = Running("run", self.write(large), "--report", "-", "--threads", "1")
        time.sleep(0.2)
        sent = time.monotonic()
        running.signal(signal.SIGINT)
        outcome = running.end(60)
        self.assert_code(outcome, 130)
        # Taking a million machines down takes its time as well.
        self.assertLess(time.monotonic() - sent, 2 * PROMPT, str(outcome))


if __name__ == "__main__":
    main()
