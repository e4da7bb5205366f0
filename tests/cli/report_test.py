#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The JSON report is what its schema says, and its numbers are those of the run."""
import json
import unittest

import jsonschema

from support import (ROOT, Case, capture, crowd, elvis, machine, main, scenario, sender, stable,
                     two_machines)

SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text())


class ReportTest(Case):
    def valid_report(self, *arguments, **more):
        report = self.run_report(*arguments, **more)
        jsonschema.validate(report, SCHEMA, jsonschema.Draft202012Validator)
        return report

    def test_the_report_on_standard_output_is_all_that_is_there(self):
        report = self.valid_report(two_machines())
        self.assertEqual(report["schema"], "elvis.report/1")
        self.assertEqual(report["run"]["status"], "succeeded")

    def test_the_report_in_a_file_leaves_the_summary_on_standard_output(self):
        path = self.write(two_machines())
        target = self.folder / "report.json"
        with self.writes_nothing_else("report.json"):
            outcome = elvis("run", path, "--report", target)
        self.assert_code(outcome, 0)
        self.assertNotEqual(outcome.out, "")
        report = json.loads(target.read_text())
        jsonschema.validate(report, SCHEMA, jsonschema.Draft202012Validator)
        self.assertEqual(stable(report), stable(self.valid_report(path)))

    def test_an_older_report_is_replaced_whole(self):
        path, target = self.write(two_machines()), self.folder / "report.json"
        target.write_text("x" * 100_000)
        self.assert_code(elvis("run", path, "--report", target), 0)
        json.loads(target.read_text())

    def test_quiet_prints_nothing(self):
        outcome = elvis("run", self.write(two_machines()), "--quiet")
        self.assert_code(outcome, 0)
        self.assertEqual(outcome.out + outcome.err, "")

    def test_scenario_and_run_are_described(self):
        report = self.valid_report(two_machines(), "--seed", "7", "--threads", "2")
        self.assertEqual(report["scenario"]["machines"], 2)
        self.assertEqual(report["scenario"]["networks"], 1)
        self.assertEqual(report["run"]["seed"], 7)
        self.assertEqual(report["run"]["threads"], 2)

    def test_a_message_arrives_after_the_latency_exactly(self):
        report = self.valid_report(two_machines(message="hello", link="latency='3ms'"))
        alice, bob = sorted(report["applications"], key=lambda entry: entry["machine"])
        self.assertEqual((alice["machine"], alice["application"], alice["status"]),
                         ("alice", "send_message", "done"))
        self.assertEqual((bob["machine"], bob["application"], bob["status"]), ("bob", "capture", "done"))
        self.assertEqual((bob["messages"], bob["bytes"]), (1, 5))
        self.assertEqual((bob["first_ns"], bob["last_ns"]), (3_000_000, 3_000_000))

    def test_a_rate_is_kept_to_the_nanosecond(self):
        # "hello" with its UDP, IPv4 and link headers is 5 + 8 + 20 + 14 = 47 bytes.
        for rate, frame_ns in (("8Mbps", 47_000), ("125MB/s", 376), ("1Gbps", 376), ("1kB/s", 47_000_000)):
            with self.subTest(rate=rate):
                report = self.valid_report(two_machines(
                    sent=10, wanted=10, interval="0s", link=f"latency='1ms' throughput='{rate}'"))
                bob = [entry for entry in report["applications"] if entry["machine"] == "bob"][0]
                self.assertEqual(bob["first_ns"], 1_000_000 + frame_ns)
                self.assertEqual(bob["last_ns"], 1_000_000 + 10 * frame_ns)

    def test_who_waits_says_for_what(self):
        report = self.valid_report(two_machines(sent=2, wanted=3), codes=(1,))
        self.assertEqual(report["run"]["status"], "unsatisfied")
        bob = [entry for entry in report["applications"] if entry["machine"] == "bob"][0]
        self.assertEqual(bob["status"], "waiting")
        self.assertIn("2 of 3", bob["detail"])

    def test_a_server_serves(self):
        report = self.valid_report(scenario(
            machine("alice", sender(to="carol")),
            machine("carol", "name='forward' to='bob' local_port='0xbeef' remote_port='0xbeef'"),
            machine("bob", capture())))
        carol = [entry for entry in report["applications"] if entry["machine"] == "carol"][0]
        self.assertEqual(carol["status"], "serving")

    def test_no_frame_is_lost_silently(self):
        for link in ("latency='1ms'", "latency='1ms' loss='20%'", "latency='uniform(1ms, 9ms)'",
                     "latency='1ms' throughput='1Mbps'", "latency='1ms' corruption='20%'"):
            with self.subTest(link=link):
                # One more wanted than sent: the run ends when nothing is left to happen.
                report = self.valid_report(two_machines(sent=500, wanted=501, link=link), codes=(1,))
                totals = report["totals"]
                self.assertEqual(totals["frames_sent"], 500)
                self.assertEqual(
                    totals["frames_sent"] + totals["frames_duplicated"] + totals["frames_copied"],
                    totals["frames_delivered"] + totals["frames_lost"] + totals["frames_queue_dropped"]
                    + totals["frames_unknown_destination"])
                bob = [e for e in report["applications"] if e["machine"] == "bob"][0]
                self.assertEqual(bob["messages"] + sum(totals["drops"].values()),
                                 totals["frames_delivered"])

    def test_totals_are_the_sum_of_the_networks(self):
        report = self.valid_report(crowd(size=200), codes=(0, 1))
        for field in ("frames_sent", "frames_delivered", "frames_lost", "bytes_sent", "bytes_delivered"):
            self.assertEqual(report["totals"][field],
                             sum(network[field] for network in report["networks"]), field)
        self.assertEqual(report["networks"][0]["taps"], 201)

    def test_a_drop_has_a_name(self):
        # The run ends with the last message sent, when the first has arrived where nobody listens.
        report = self.valid_report(scenario(
            machine("alice", sender(to="bob", count=2, interval="10ms")), machine("bob")))
        self.assertEqual(report["totals"]["drops"], {"no_listener": 1})

    def test_luck_that_loses_is_counted(self):
        report = self.valid_report(two_machines(sent=2000, wanted=2001, link="loss='25%'"), codes=(1,))
        self.assertTrue(400 <= report["totals"]["frames_lost"] <= 600, report["totals"])

    def test_corruption_is_noticed_by_checksums(self):
        report = self.valid_report(
            two_machines(sent=2000, wanted=2001, link="latency='1ms' corruption='25%'"), codes=(1,))
        self.assertTrue(400 <= report["totals"]["frames_corrupted"] <= 600, report["totals"])
        self.assertGreater(report["totals"]["drops"].get("bad_checksum", 0), 200)

    def test_large_groups_are_summed_unless_asked_for(self):
        text = crowd(size=1500, sent=1, link="latency='1ms'")
        summed = self.valid_report(text)
        group = [e for e in summed["applications"] if e["application"] == "send_message"]
        self.assertEqual([entry["machines"] for entry in group], [1500])
        full = self.valid_report(text, "--report-detail", "full")
        self.assertEqual(len([e for e in full["applications"] if e["application"] == "send_message"]), 1500)
        self.assertEqual(summed["run"]["digest"], full["run"]["digest"])

    def test_parameters_are_reported(self):
        text = "[Parameters]\n    [Parameter name='count' value='3']\n" + two_machines(
            sent="${count}", wanted="${count}")
        for options, count in (((), "3"), (("--set", "count=5"), "5")):
            report = self.valid_report(text, *options)
            self.assertEqual(str(report["scenario"]["parameters"]["count"]), count)
            self.assertEqual(report["totals"]["frames_sent"], int(count))


class SchemaTest(unittest.TestCase):
    def test_the_schema_is_one(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_the_schema_can_refuse(self):
        with self.assertRaises(jsonschema.ValidationError):
            jsonschema.validate({"schema": "elvis.report/1"}, SCHEMA, jsonschema.Draft202012Validator)


if __name__ == "__main__":
    main()
