#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Limits end a run where they say, with a report; the end of simulated time is no failure."""
from support import (ENDLESS, SLOWER, Case, crowd, elvis, machine, main, release_only, scenario, sender,
                     stable, two_machines)


class LimitTest(Case):
    def test_max_events_is_4(self):
        report = self.run_report(ENDLESS, "--max-events", "1000", codes=(4,))
        self.assertEqual(report["run"]["status"], "limit")
        self.assertGreaterEqual(report["run"]["events"], 1000)
        self.assertLess(report["run"]["events"], 1_000_000)

    def test_max_events_ends_every_run_at_the_same_place(self):
        path = self.write(crowd(size=200))
        reports = [stable(self.run_report(path, "--max-events", "3000", "--threads", threads,
                                          "--partitions", partitions, codes=(4,)))
                   for threads, partitions in (("1", "1"), ("2", "2"), ("3", "5"))]
        self.assertEqual(reports[0], reports[1])
        self.assertEqual(reports[0], reports[2])

    def test_max_events_that_suffice_change_nothing(self):
        path = self.write(two_machines())
        self.assertEqual(stable(self.run_report(path)),
                         stable(self.run_report(path, "--max-events", "1000000")))

    def test_wall_limit_is_4_in_time(self):
        outcome = elvis("run", self.write(ENDLESS), "--wall-limit", "1s", "--report", "-")
        self.assert_code(outcome, 4)
        self.assertEqual(outcome.report()["run"]["status"], "limit")
        self.assertGreater(outcome.seconds, 0.9)
        self.assertLess(outcome.seconds, 5 * SLOWER)

    def test_the_limit_that_was_reached_is_named(self):
        outcome = elvis("run", self.write(ENDLESS), "--max-events", "1000")
        self.assert_code(outcome, 4)
        self.assertIn("max-events", outcome.out + outcome.err)

    def test_until_is_no_failure(self):
        self.assertEqual(self.run_report(two_machines(), "--until", "10s")["run"]["status"], "succeeded")

    def test_until_leaves_waiting_who_waits(self):
        report = self.run_report(two_machines(sent=10, wanted=10, interval="1s"), "--until", "5500ms",
                                 codes=(1,))
        self.assertEqual(report["run"]["status"], "unsatisfied")
        self.assertLessEqual(report["run"]["sim_time_ns"], 5_500_000_000)
        self.assertEqual(report["totals"]["frames_sent"], 6)

    def test_until_includes_its_own_moment(self):
        # Sent at 0, 1 s, 2 s; each arrives a millisecond later.
        path = self.write(two_machines(sent=3, wanted=3, interval="1s"))
        for until, messages in (("2s", 2), ("2000999us", 2), ("2001ms", 3)):
            with self.subTest(until=until):
                report = self.run_report(path, "--until", until, codes=(0, 1))
                bob = [e for e in report["applications"] if e["machine"] == "bob"][0]
                self.assertEqual(bob["messages"], messages)

    def test_a_world_that_cannot_fit_is_not_begun(self):
        path = self.write(scenario(machine("c", sender(to="10.1.255.1"), count=4_000_000_000)))
        for command in ("run", "check"):
            with self.subTest(command=command):
                outcome = elvis(command, path, timeout=20)
                self.assert_code(outcome, 3, 4)
                self.assertRegex(outcome.err, r"needs about [\d.]+ [TG]i?B")
                self.assertLess(outcome.cpu_seconds, 2 * SLOWER)

    def test_memory_limit_is_compared_before_anything_is_built(self):
        path = self.write(scenario(machine("c", sender(to="10.1.255.1"), count=1_000_000)))
        outcome = elvis("run", path, "--memory-limit", "64MB", timeout=20)
        self.assert_code(outcome, 3, 4)
        self.assertIn("needs about", outcome.err)
        self.assertLess(outcome.cpu_seconds, 2 * SLOWER)

    @release_only
    def test_memory_limit_ends_a_run_that_grows(self):
        # Everything that is sent is under way for an hour.
        growing = two_machines(sent=100_000_000, wanted=100_000_000, interval="1us", link="latency='1h'")
        outcome = elvis("run", self.write(growing), "--memory-limit", "200MB", "--report", "-")
        self.assert_code(outcome, 4)
        self.assertEqual(outcome.report()["run"]["status"], "limit")
        self.assertLess(outcome.rss_bytes, 400e6)


if __name__ == "__main__":
    main()
