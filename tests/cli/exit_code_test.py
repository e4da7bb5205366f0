#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every exit code of the program has its reason, and the command line says what is wrong with it."""
from support import Case, elvis, main, two_machines


class ExitCodeTest(Case):
    def test_a_run_that_succeeds_is_0(self):
        outcome = elvis("run", self.write(two_machines()))
        self.assert_code(outcome, 0)
        self.assertNotEqual(outcome.out, "")

    def test_an_application_that_still_waits_is_1(self):
        outcome = elvis("run", self.write(two_machines(sent=2, wanted=3)))
        self.assert_code(outcome, 1)
        self.assertRegex(outcome.out, r"bob.*2 of 3")

    def test_nobody_to_wait_for_ends_the_run(self):
        self.assert_code(elvis("run", self.write(two_machines(sent=5, wanted=2))), 0)

    def test_a_wrong_command_line_is_2(self):
        path = self.write(two_machines())
        for arguments in (["run", path, "--no-such-flag"], ["no-such-command"], ["run"], [],
                          ["run", path, "--threads", "many"], ["run", path, "--threads", "-1"],
                          ["run", path, "--seed", "lucky"], ["run", path, "--until", "soon"],
                          ["run", path, "--max-events", "few"], ["run", path, "--wall-limit", "10"],
                          ["run", path, "--memory-limit", "big"], ["run", path, "--log", "loud"],
                          ["run", path, "--progress", "maybe"], ["run", path, path],
                          ["list", "cats"], ["check"], ["fmt"]):
            with self.subTest(arguments=arguments[:1] + arguments[2:]):
                outcome = elvis(*arguments)
                self.assert_code(outcome, 2)
                self.assertEqual(outcome.out, "")
                self.assertNotEqual(outcome.err, "")

    def test_an_unknown_flag_is_named(self):
        outcome = elvis("run", self.write(two_machines()), "--no-such-flag")
        self.assertIn("--no-such-flag", outcome.err)

    def test_a_wrong_scenario_is_3(self):
        wrong = two_machines().replace("to='bob'", "to='bobb'").replace("'UDP'", "'UPD'", 1)
        for command in ("run", "check"):
            with self.subTest(command=command):
                outcome = elvis(command, self.write(wrong))
                self.assert_code(outcome, 3)
                self.assertEqual(outcome.out, "")
                self.assertRegex(outcome.err, r"(?m)^\S*sim\.ndl:\d+:\d+: error: .*`UPD`.*`UDP`")
                self.assertRegex(outcome.err, r"(?m)^\S*sim\.ndl:\d+:\d+: error: .*`bobb`.*`bob`")
                self.assertIn("^~~", outcome.err)

    def test_a_scenario_that_is_not_there_is_3(self):
        outcome = elvis("run", self.folder / "absent.ndl")
        self.assert_code(outcome, 3)
        self.assertIn("absent.ndl", outcome.err)

    def test_strict_makes_a_warning_an_error(self):
        path = self.write(two_machines().replace("message_count", "mesage_count"))
        lenient = elvis("run", path)
        self.assert_code(lenient, 0)
        self.assertRegex(lenient.err, r"sim\.ndl:\d+:\d+: warning: .*`message_count`")
        self.assert_code(elvis("run", path, "--strict"), 3)

    def test_a_limit_is_4(self):
        path = self.write(two_machines(sent=1000, wanted=1000))
        self.assert_code(elvis("run", path, "--max-events", "10"), 4)

    def test_an_output_that_cannot_be_written_is_5(self):
        path = self.write(two_machines())
        self.assert_code(elvis("run", path, "--report", self.folder / "absent" / "report.json"), 5)


class HelpTest(Case):
    def test_version_and_help_go_to_standard_output(self):
        for arguments in (["--version"], ["--help"], ["run", "--help"], ["check", "--help"],
                          ["fmt", "--help"], ["list", "--help"]):
            with self.subTest(arguments=arguments):
                outcome = elvis(*arguments)
                self.assert_code(outcome, 0)
                self.assertNotEqual(outcome.out, "")
                self.assertEqual(outcome.err, "")
                self.assert_printable(outcome.raw_out)

    def test_version_is_a_number(self):
        self.assertRegex(elvis("--version").out, r"\d+\.\d+\.\d+")

    def test_help_names_the_commands(self):
        text = elvis("--help").out
        for command in ("run", "check", "fmt", "list"):
            self.assertIn(command, text)

    def test_help_of_run_names_its_options(self):
        text = elvis("run", "--help").out
        for option in ("--threads", "--seed", "--until", "--max-events", "--wall-limit", "--memory-limit",
                       "--set", "--report", "--log", "--log-file", "--progress", "--quiet", "--strict",
                       "--partitions", "--report-detail"):
            self.assertIn(option, text)


if __name__ == "__main__":
    main()
