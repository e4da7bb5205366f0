#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The shipped scenarios give the reports in tests/golden, digest and all.

ELVIS_UPDATE_GOLDEN=1 writes them anew: read the difference before you keep it.
"""
import hashlib
import json
import os

from support import INSTRUMENTED, ROOT, Case, elvis, main, stable

GOLDEN = ROOT / "tests" / "golden"
UPDATE = os.environ.get("ELVIS_UPDATE_GOLDEN", "") not in ("", "0")
SHIPPED = ("basic", "forward", "ping_pong", "broadcast", "telephone", "lossy", "corrupt", "latency",
           "throughput", "many-to-one", "bursts", "switched", "bottleneck", "outage",
           "two-lans", "chain", "path-mtu", "routing-loop", "dumbbell", "fat-tree",
           "tcp/bulk", "tcp/messages", "tcp/lossy", "tcp/fairness", "tcp/requests", "tcp/narrow-path",
           "tcp/star", "tcp/short", "tcp/marks", "tcp/dctcp", "sockets/client-server", "sockets/tcp-stream",
           "sockets/throughput", "scale/low-bandwidth", "scale/high-bandwidth",
           "scale/ping-pongs", "scale/grid", "scale/chat", "scale/mixed")

MOST_APPLICATIONS = 2_000  # of which a golden report tells one by one

RUNS = ((), ("--threads", "1"), ("--threads", "2"), ("--threads", "3"), ("--threads", "4"),
        ("--threads", "8"), ("--threads", "2", "--partitions", "4"))
if INSTRUMENTED:  # what is equal without instruments is so with them, only much later
    RUNS = ((), ("--threads", "3"))


def scenarios():
    """The scenarios under ndl/, by name: "basic", "scale/grid"."""
    folder = ROOT / "ndl"
    return {path.relative_to(folder).with_suffix("").as_posix(): path
            for path in sorted(folder.rglob("*.ndl"))}


def condensed(report):
    """The report; instead of very many applications, how many there are of each kind, and a digest."""
    entries = report["applications"]
    if len(entries) <= MOST_APPLICATIONS:
        return report
    kinds = [f"{entry['application']}: {entry['status']}" for entry in entries]
    digest = hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()
    return {**report, "applications": [{"sha256": digest,
                                        **{kind: kinds.count(kind) for kind in sorted(set(kinds))}}]}


def text_of(report):
    """JSON with a line for each network and application, so that differences read well."""
    parts = []
    for key, value in report.items():
        if isinstance(value, list):
            rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in value)
            parts.append(f' "{key}": [\n{rows}\n ]')
        else:
            parts.append(f' "{key}": {json.dumps(value, ensure_ascii=False)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


class GoldenTest(Case):
    def test_the_scenarios_that_ship_are_there(self):
        self.assertLessEqual(set(SHIPPED), set(scenarios()))

    def test_every_scenario_gives_its_golden_report(self):
        for name, path in scenarios().items():
            golden = GOLDEN / f"{name}.json"
            for options in RUNS:
                with self.subTest(scenario=name, options=options):
                    outcome = elvis("run", path.relative_to(ROOT), "--report", "-", *options, cwd=ROOT)
                    self.assert_code(outcome, 0)
                    report = condensed(stable(outcome.report()))
                    if UPDATE and not options:
                        golden.parent.mkdir(parents=True, exist_ok=True)
                        golden.write_text(text_of(report))
                    self.assertTrue(golden.exists(), f"make {golden} with ELVIS_UPDATE_GOLDEN=1")
                    self.assertEqual(report, json.loads(golden.read_text()))

    def test_every_golden_report_has_its_scenario(self):
        for golden in GOLDEN.rglob("*.json"):
            name = golden.relative_to(GOLDEN).with_suffix("").as_posix()
            self.assertIn(name, scenarios(), golden.name)


if __name__ == "__main__":
    main()
