#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scripts/bench measures, records what fails as well, and tells two results apart."""
import copy
import importlib.util
import json
import os
import signal
import subprocess
import time
import unittest

from support import BINARY, ROOT, SLOWER, Case, main, release_only

HAS_MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None


def bench(*arguments, timeout=60 * SLOWER):
    return subprocess.run([ROOT / "scripts" / "bench", *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=timeout, check=False)


class SuiteTest(Case):
    def suite(self, name, *options, code=0, program=BINARY, draws=False):
        """Runs a suite and returns its document."""
        options += () if draws else ("--no-figures",)
        done = bench(name, "--elvis", program, "--yardstick", self.folder / "none", "--out", self.folder,
                     *options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.printed = done.stdout
        return json.loads((self.folder / f"{name}.json").read_text())

    def fake(self, text):
        """A program that is not elvis."""
        path = self.write("#!/bin/sh\n" + text, name="fake")
        path.chmod(0o755)
        return path

    def test_a_result_has_its_form(self):
        document = self.suite("low-bandwidth", "--sizes", "50,100", "--repetitions", "3", "--threads", "1")
        self.assertEqual(document["schema"], "elvis.bench/1")
        self.assertEqual(document["suite"], "low-bandwidth")
        self.assertFalse(document["is_quick"])
        self.assertLessEqual({"cpu", "cores", "memory_bytes", "kernel", "architecture"},
                             set(document["machine"]))
        self.assertRegex(document["git"]["revision"], r"^([0-9a-f]{40}|unknown)$")
        self.assertEqual([point["name"] for point in document["points"]],
                         ["machines=50", "machines=100"])
        for point in document["points"]:
            self.assertEqual((point["status"], point["reason"], point["repetitions"]), ("ok", "", 3))
            self.assertLessEqual({"wall_s", "cpu_percent", "peak_rss_bytes", "rss_per_machine_bytes",
                                  "messages_per_s"}, set(point["values"]))
            for value in point["values"].values():
                self.assertEqual(len(value["all"]), 3)
                self.assertEqual(value["median"], sorted(value["all"])[1])
                self.assertLessEqual(value["min"], value["median"])
                self.assertLessEqual(value["median"], value["max"])
        per_machine = document["points"][1]["values"]["rss_per_machine_bytes"]["median"]
        peak = document["points"][1]["values"]["peak_rss_bytes"]["median"]
        self.assertAlmostEqual(per_machine, peak / 101)

    def test_high_bandwidth_has_one_receiver_and_many(self):
        document = self.suite("high-bandwidth", "--sizes", "40", "--messages", "5", "--repetitions", "1")
        self.assertEqual([point["parameters"]["receivers"] for point in document["points"]], [1, 4])
        self.assertTrue(all(point["status"] == "ok" for point in document["points"]))

    @unittest.skipUnless(HAS_MATPLOTLIB, "figures need matplotlib")
    def test_figures_are_drawn(self):
        self.suite("low-bandwidth", "--sizes", "1000,20000", "--repetitions", "1", draws=True)
        for quantity in ("time", "memory", "memory-per-machine", "cpu"):
            for span in ("", "-to-the-maximum"):
                for suffix in ("svg", "png"):
                    path = self.folder / "figures" / f"low-bandwidth-{quantity}{span}.{suffix}"
                    self.assertGreater(path.stat().st_size, 1000, path)
        self.assertIn("the paper", (self.folder / "figures" / "low-bandwidth-memory.svg").read_text())

    def test_what_does_not_fit_is_recorded_and_the_rest_is_measured(self):
        document = self.suite("low-bandwidth", "--sizes", "50,1500000000,60", "--repetitions", "1", code=1)
        self.assertEqual([point["status"] for point in document["points"]], ["ok", "failed", "ok"])
        failed = document["points"][1]
        self.assertRegex(failed["reason"], r"^exit code 3: the scenario needs about .* free")
        self.assertEqual(failed["values"], {})
        self.assertIn("failed: low-bandwidth machines=1500000000", self.printed)

    def test_failures_say_why(self):
        for text, reason in (("echo 'a message' >&2; exit 5", "exit code 5: a message"),
                             ("kill -9 $$", "ended by signal 9: no message"),
                             ("exit 0", "printed no report"), ("echo '[1]'", "printed no report")):
            with self.subTest(program=text):
                document = self.suite("low-bandwidth", "--sizes", "5", code=1, program=self.fake(text))
                self.assertEqual(document["points"][0]["reason"], reason)

    def test_what_nobody_foresaw_is_recorded_and_nothing_is_lost(self):
        # The first size is measured; then the program prints a report that lacks half of it.
        program = self.fake(f'case "$*" in *machines=60*) echo \'{{"run": {{}}}}\' ;; *) exec {BINARY} "$@" ;; esac')
        document = self.suite("low-bandwidth", "--sizes", "50,60", "--repetitions", "1", code=1, program=program)
        self.assertEqual([(point["name"], point["status"]) for point in document["points"]],
                         [("machines=50", "ok"), ("the rest", "failed")])
        self.assertIn("KeyError", document["points"][1]["reason"])

    @unittest.skipUnless(HAS_MATPLOTLIB, "figures need matplotlib")
    def test_figures_of_nothing_but_failures_are_drawn(self):
        for size in ("5", "5000"):
            self.suite("low-bandwidth", "--sizes", size, code=1, draws=True, program=self.fake("exit 5"))
            self.assertRegex(self.printed, r"[48] figures beside it")

    def test_a_folder_that_can_not_be_written_is_told_before_anything_is_measured(self):
        self.write("", name="file")
        (self.folder / "low-bandwidth.json").mkdir()
        for out in (self.folder / "file", self.folder / "file" / "below", self.folder, "/proc/none"):
            done = bench("low-bandwidth", "--sizes", "5", "--elvis", self.fake("touch $0.ran"), "--out", out)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertRegex(done.stderr, rf"^bench: {out} can't be written: [A-Z].*\n$")
        self.assertFalse((self.folder / "fake.ran").exists())

    def test_figures_that_can_not_be_written_leave_the_results(self):
        self.write("", name="figures")
        if not HAS_MATPLOTLIB:
            self.skipTest("figures need matplotlib")
        document = self.suite("low-bandwidth", "--sizes", "50", "--repetitions", "1", code=1, draws=True)
        self.assertEqual([point["status"] for point in document["points"]], ["ok"])
        self.assertIn("failed: low-bandwidth figures: ", self.printed)

    def test_whoever_stops_it_gets_what_was_measured(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                (self.folder / "started").unlink(missing_ok=True)
                program = self.fake(f'case "$*" in *machines=60*) touch {self.folder}/started; exec sleep 600 ;; '
                                    f'*) exec {BINARY} "$@" ;; esac')
                process = subprocess.Popen(
                    [ROOT / "scripts" / "bench", "low-bandwidth", "--sizes", "50,60", "--repetitions", "1",
                     "--elvis", program, "--out", self.folder], stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                while not (self.folder / "started").exists():
                    self.assertIsNone(process.poll())
                    time.sleep(0.02)
                process.send_signal(number)
                printed = process.communicate(timeout=60 * SLOWER)[0]
                self.assertEqual(process.returncode, 1, printed)
                self.assertNotIn("Traceback", printed)
                document = json.loads((self.folder / "low-bandwidth.json").read_text())
                self.assertEqual([(point["name"], point["reason"]) for point in document["points"]],
                                 [("machines=50", ""), ("the rest", "interrupted")])

    def test_times_that_are_none_are_refused(self):
        for name, *options in (("soak", "--minutes", "-1"), ("soak", "--minutes", "nan"),
                               ("udp", "--timeout", "0"), ("udp", "--timeout", "inf"),
                               ("compare", "a", "b", "--threshold", "-0.1"),
                               ("compare", "a", "b", "--threshold", "nan")):
            done = bench(name, *options)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertIn(f"argument {options[-2]}: invalid", done.stderr)

    def test_a_run_that_does_not_end_is_ended(self):
        document = self.suite("low-bandwidth", "--sizes", "5", "--timeout", "0.3", code=1,
                              program=self.fake("exec sleep 600"))
        self.assertEqual(document["points"][0]["reason"], "did not end within 0.3 s")

    def test_a_program_that_is_not_there_is_recorded(self):
        document = self.suite("udp", "--sizes", "10", "--repetitions", "1", code=1)
        self.assertRegex(document["points"][0]["reason"], "^time: can't be started: No such file")

    def test_streams_are_measured(self):
        document = self.suite("tcp", "--quick")
        names = [point["parameters"] for point in document["points"]]
        self.assertTrue(all(point["status"] == "ok" for point in document["points"]), names)

    def test_determinism_holds_for_some_seeds(self):
        document = self.suite("determinism", "--seeds", "3")
        self.assertEqual(document["points"][0]["values"]["digests"]["median"], 3)
        self.assertEqual(len(document["bars"]), 2)

    def test_a_missed_bar_shows_in_the_exit_code(self):
        report = {"run": {"digest": "same"}}
        same = self.fake(f"echo '{json.dumps(report)}'")
        document = self.suite("determinism", "--seeds", "3", code=1, program=same)
        self.assertEqual([bar["is_held"] for bar in document["bars"]], [True, False])

    @release_only
    def test_expected_memory_is_what_runs_take(self):
        document = self.suite("estimate", "--sizes", "1000,100000")
        names = {point["parameters"]["scenario"] for point in document["points"]}
        self.assertLessEqual({"basic", "many-to-one", "scale/low-bandwidth", "scale/grid"}, names)
        self.assertEqual(len(document["bars"]), len(document["points"]))

    @release_only
    def test_a_soak_watches_memory(self):
        document = self.suite("soak", "--minutes", "0.04", "--sizes", "50")
        self.assertEqual(document["points"][0]["status"], "ok")
        self.assertLess(document["points"][0]["values"]["growth"]["median"], 0.01)

    @release_only
    def test_a_soak_that_ends_early_is_recorded(self):
        document = self.suite("soak", "--minutes", "0.04", code=1, program=self.fake("sleep 0.2; exit 3"))
        self.assertRegex(document["points"][0]["reason"], "^exit code 3")


class CompareTest(Case):
    def document(self, **wall_s):
        """A result with a point for each name."""
        points = [{"suite": "low-bandwidth", "name": name, "parameters": {}, "status": "ok", "reason": "",
                   "repetitions": 1, "values": {"wall_s": {"median": seconds}, "speedup": {"median": 2.0}}}
                  for name, seconds in wall_s.items()]
        return {"schema": "elvis.bench/1", "suite": "low-bandwidth", "is_quick": False, "began": "",
                "machine": {}, "git": {}, "points": points, "bars": []}

    def compare(self, old, new, *options):
        paths = [self.write(json.dumps(document), name=name)
                 for document, name in ((old, "old.json"), (new, "new.json"))]
        return bench("compare", *paths, *options)

    def test_equal_results_are_no_regression(self):
        done = self.compare(self.document(a=1.0, b=2.0), self.document(a=1.0, b=2.0))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("4 compared, 0 worse", done.stdout)

    def test_a_regression_beyond_the_threshold_is_one(self):
        old = self.document(a=1.0, b=2.0)
        for seconds, options, code in ((1.09, (), 0), (1.11, (), 1), (0.5, (), 0),
                                       (1.11, ("--threshold", "0.2"), 0),
                                       (1.21, ("--threshold", "0.2"), 1)):
            with self.subTest(seconds=seconds, options=options):
                done = self.compare(old, self.document(a=seconds, b=2.0), *options)
                self.assertEqual(done.returncode, code, done.stdout + done.stderr)
                self.assertEqual("WORSE" in done.stdout, code == 1)
                self.assertIn(f"{seconds:.3f}", done.stdout)

    def test_what_should_be_large_is_worse_when_small(self):
        old, new = self.document(a=1.0), self.document(a=1.0)
        new["points"][0]["values"]["speedup"]["median"] = 1.5
        self.assertEqual(self.compare(old, new).returncode, 1)
        self.assertEqual(self.compare(new, old).returncode, 0)
        self.assertEqual(self.compare(old, new, "--metric", "wall_s").returncode, 0)

    def test_a_point_that_is_gone_or_fails_now_is_a_regression(self):
        old = self.document(a=1.0, b=2.0)
        failing = copy.deepcopy(old)
        failing["points"][1].update(status="failed", reason="exit code 70: a bug", values={})
        for new, told in ((self.document(a=1.0), "not there any more"), (failing, "exit code 70: a bug")):
            done = self.compare(old, new)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"LOST: {told}", done.stdout)

    def test_what_failed_before_is_not_held_against_the_new(self):
        old = self.document(a=1.0, b=2.0)
        old["points"][1].update(status="failed", reason="exit code 3", values={})
        self.assertEqual(self.compare(old, self.document(a=1.0, b=9.0)).returncode, 0)

    def test_other_machines_are_noted(self):
        new = self.document(a=1.0)
        new["machine"] = {"cpu": "another"}
        self.assertIn("note: the two differ in `machine`", self.compare(self.document(a=1.0), new).stdout)

    def test_other_files_are_refused(self):
        whole = self.document(a=1.0)
        no_points = {key: value for key, value in whole.items() if key != "points"}
        no_name = {**whole, "points": [{"suite": "low-bandwidth"}]}
        no_number = copy.deepcopy(whole)
        no_number["points"][0]["values"]["wall_s"]["median"] = "fast"
        broken = [json.dumps(document) for document in (no_points, no_name, no_number,
                                                        {**whole, "points": None}, {**whole, "points": [1]})]
        for text in ("{}", "no JSON", "[]", "\0", "[" * 100_000, *broken):
            path = self.write(text, name="bad.json")
            done = bench("compare", path, path)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(bench("compare", os.devnull + "x", os.devnull).returncode, 2)
        self.assertEqual(self.compare(self.document(a=1.0), self.document()).returncode, 1)
        self.assertEqual(self.compare(self.document(), self.document(a=1.0)).returncode, 2)


if __name__ == "__main__":
    main()
