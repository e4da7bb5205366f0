#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Same scenario, same seed: the same digest and the same report, however it is run."""
import os
import unittest

from support import INSTRUMENTED, ROOT, Case, crowd, machine, main, capture, scenario, sender, stable, two_machines

PADDING = os.environ.get("ELVIS_PADDING", "")  # a library that makes addresses random; "" without one


def two_networks():
    """Crowds on two networks and machines on both, with luck and a shared medium."""
    def both(text):
        return text.replace("            [Network id='lan']\n",
                            "            [Network id='lan']\n            [Network id='wan']\n")

    text = scenario(
        machine("hub", capture(message_count=1500)),
        both(machine("relay", "name='forward' to='hub' local_port='7' remote_port='0xbeef'", count=3)),
        machine("near", sender(to="hub", message="near ${index}", count=10, interval="70us",
                               start="${index % 7}us"), count=50),
        machine("far", sender(to="relay-1", message="far ${index}", count=20, interval="130us")
                .replace("0xbeef", "7"), network="wan", count=50),
        link="latency='200us' loss='3%' throughput='20Mbps'")
    return text.replace("[Machines]", "    [Network id='wan' latency='uniform(500us, 2ms)' corruption='1%']\n"
                        "        [IP subnet='10.2.0.0/16']\n[Machines]")


SCENARIOS = {
    "two machines": two_machines(sent=50, wanted=50),
    "a crowd": crowd(),
    "no latency at all": crowd(link=""),
    "a shared medium": crowd(link="latency='10us' throughput='8Mbps'"),
    "two networks": two_networks(),
}


class DeterminismTest(Case):
    def reports(self, text, variants, **more):
        path = self.write(text)
        return [stable(self.run_report(path, *options, codes=(0, 1), **more)) for options in variants]

    def assert_equal_reports(self, text, variants, **more):
        first, *others = self.reports(text, variants, **more)
        for options, other in zip(variants[1:], others):
            self.assertEqual(first["run"]["digest"], other["run"]["digest"], options)
            self.assertEqual(first, other, options)

    def test_threads_do_not_show(self):
        for name, text in SCENARIOS.items():
            with self.subTest(scenario=name):
                self.assert_equal_reports(text, [("--threads", n) for n in ("1", "2", "3", "8")])

    def test_partitions_do_not_show(self):
        for name, text in SCENARIOS.items():
            with self.subTest(scenario=name):
                self.assert_equal_reports(text, [("--partitions", n, "--threads", t) for n, t in (
                    ("1", "1"), ("2", "1"), ("2", "2"), ("3", "2"), ("7", "3"), ("50", "2"))])

    def test_threads_do_not_show_where_work_is_parallel(self):
        size = 60 if INSTRUMENTED else 400
        for name, settings in (("high-bandwidth", (f"machines={size}", "receivers=40", "messages=20")),
                               ("ping-pongs", (f"pairs={size // 2}",)), ("grid", (f"hosts={size // 10}",))):
            options = [word for setting in settings for word in ("--set", setting)]
            digests = {self.run_report(ROOT / "ndl" / "scale" / f"{name}.ndl", "--threads", threads,
                                       *options)["run"]["digest"] for threads in (1, 2, 3, 4, 8)}
            self.assertEqual(len(digests), 1, name)

    def test_repetition_does_not_show(self):
        self.assert_equal_reports(SCENARIOS["two networks"], [("--threads", "2")] * 5)

    def test_logs_and_progress_do_not_show(self):
        self.assert_equal_reports(crowd(size=20), [
            (), ("--log", "trace", "--log-file", self.folder / "log"), ("--progress", "on"),
            ("--report-detail", "full")])

    def test_seeds_show_where_luck_plays(self):
        for name in ("a crowd", "two networks"):
            with self.subTest(scenario=name):
                reports = self.reports(SCENARIOS[name], [("--seed", n) for n in ("1", "2", "3")])
                self.assertEqual(len({report["run"]["digest"] for report in reports}), 3)

    def test_seed_1_is_the_default(self):
        self.assert_equal_reports(crowd(size=20), [(), ("--seed", "1")])

    def test_seeds_do_not_show_without_luck(self):
        self.assert_equal_reports(SCENARIOS["two machines"], [()])
        one, two = self.reports(SCENARIOS["two machines"], [("--seed", "1"), ("--seed", "2")])
        self.assertEqual(one["totals"], two["totals"])
        self.assertEqual(one["applications"], two["applications"])

    def test_a_message_shows(self):
        one, two = (self.run_report(two_machines(message=m))["run"]["digest"] for m in ("hello", "hello!"))
        self.assertNotEqual(one, two)

    def test_messages_of_the_same_checksum_show_in_a_full_digest_alone(self):
        for link in ("latency='1ms'", "latency='1ms' throughput='8Mbps'"):  # a plain network, and another
            texts = [two_machines(message=m, link=link) for m in ("abcd", "cdab")]
            for digest, count in (("normal", 1), ("full", 2)):
                digests = {self.run_report(text, "--digest", digest)["run"]["digest"] for text in texts}
                self.assertEqual(len(digests), count, (link, digest))

    @unittest.skipIf(INSTRUMENTED or not PADDING, "sanitizers bring their own allocator")
    def test_addresses_of_memory_do_not_show(self):
        for name in ("a crowd", "two networks"):
            with self.subTest(scenario=name):
                path = self.write(SCENARIOS[name])
                plain = stable(self.run_report(path, "--threads", "2", codes=(0, 1)))
                for seed in ("1", "2", "3"):
                    padded = stable(self.run_report(
                        path, "--threads", "2", codes=(0, 1),
                        environment={"LD_PRELOAD": PADDING, "ELVIS_PADDING_SEED": seed}))
                    self.assertEqual(plain, padded)


if __name__ == "__main__":
    main()
