#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""check, fmt and list, and what all of them read from standard input."""
import json
import os
import subprocess

from support import BINARY, ROOT, Case, elvis, machine, main, scenario, sender, stable, two_machines

UNTIDY = """# A comment at the top.
[networks]
\t[Network id='lan'
\t\t\tlatency='1ms']   # a comment at the end
\t\t[IP subnet='10.1.0.0/16']


[MACHINES]
    [Machine   name='alice']
\t    [Networks]
            [Network id='lan']
        [Protocols]
            [Protocol name='IPv4']
            # a comment between
            [Protocol name='UDP']
        [Applications]
            [Application name='send_message' message='a  # ] b' to='bob' port='0xbeef']
    [Machine name='bob']
        [Networks]
            [Network id='lan']
        [Protocols]
            [Protocol name='IPv4']
            [Protocol name='UDP']
        [Applications]
            [Application name='capture' port='48879']
"""


class CheckTest(Case):
    def test_check_says_what_would_be_built(self):
        text = two_machines().replace("count='1' interval='1ms'", "ip='10.1.0.77'")
        text += machine("c", sender(), count=40)
        outcome = elvis("check", self.write(text))
        self.assert_code(outcome, 0)
        self.assertEqual(outcome.err, "")
        self.assertRegex(outcome.out, r"\b42 machines\b")
        self.assertRegex(outcome.out, r"\b1 network\b")
        self.assertRegex(outcome.out, r"\d+(\.\d+)? [kKMG]i?B")

    def test_check_tells_addresses_that_were_given_automatically(self):
        text = two_machines().replace("        [IP subnet='10.1.0.0/16']\n", "")
        outcome = elvis("check", self.write(text))
        self.assert_code(outcome, 0)
        self.assertRegex(outcome.out, r"10\.\d+\.\d+\.\d+")

    def test_check_takes_several_files_and_reports_all_of_them(self):
        good = self.write(two_machines(), "good.ndl")
        bad = [self.write(two_machines().replace("to='bob'", f"to='{name}'"), f"{name}.ndl")
               for name in ("bobb", "bop")]
        outcome = elvis("check", bad[0], good, bad[1])
        self.assert_code(outcome, 3)
        self.assertIn("`bobb`", outcome.err)
        self.assertIn("`bop`", outcome.err)

    def test_check_runs_nothing(self):
        self.assert_code(elvis("check", self.write(two_machines(sent=1, wanted=2))), 0)

    def test_check_warns_of_an_address_that_nobody_has(self):
        outcome = elvis("check", self.write(two_machines().replace("to='bob'", "to='10.9.9.9'")))
        self.assert_code(outcome, 0)
        self.assertIn("cannot reach `10.9.9.9`", outcome.err)

    def test_the_shipped_scenarios_are_right(self):
        paths = sorted((ROOT / "ndl").glob("*.ndl"))
        self.assertGreaterEqual(len(paths), 10)
        loop = ROOT / "ndl" / "routing-loop.ndl"  # which goes round in a circle on purpose
        paths.remove(loop)
        outcome = elvis("check", "--strict", *paths)
        self.assert_code(outcome, 0)
        self.assert_code(elvis("check", "--strict", loop), 3)

    def test_parameters_are_set_from_the_command_line(self):
        text = "[Parameters]\n    [Parameter name='n' value='3']\n" + two_machines() + machine(
            "c", sender(), count="${n}")
        path = self.write(text)
        self.assertRegex(elvis("check", path).out, r"\b5 machines\b")
        self.assertRegex(elvis("check", path, "--set", "n=7").out, r"\b9 machines\b")
        for wrong in ("m=7", "n", "=7"):
            outcome = elvis("check", path, "--set", wrong)
            self.assert_code(outcome, 2, 3)
            self.assertNotEqual(outcome.err, "")

    def test_check_warns_where_no_route_leads_and_strict_makes_that_an_error(self):
        text = (ROOT / "ndl" / "two-lans.ndl").read_text().replace(" forwarding='true'", "")
        path = self.write(text)
        tolerant = elvis("check", path)
        self.assert_code(tolerant, 0)
        self.assertIn("warning: ", tolerant.err)
        self.assertIn("`router` is no router", tolerant.err)
        strict = elvis("check", "--strict", path)
        self.assert_code(strict, 3)
        self.assertIn("error: ", strict.err)
        self.assertNotIn("warning: ", strict.err)
        self.assert_code(elvis("check", "--strict", ROOT / "ndl" / "two-lans.ndl"), 0)


class StandardInputTest(Case):
    def given(self, text, *words):
        """(exit code, standard output, standard error) of a command that reads `text`."""
        done = subprocess.run([BINARY, *words], input=text, capture_output=True, timeout=60,
                              cwd=self.folder, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_a_scenario_is_read_from_there(self):
        text = two_machines().encode()
        path = self.write(text.decode())
        code, out, err = self.given(text, "run", "-", "--report", "-")
        self.assertEqual((code, err), (0, ""))
        report = json.loads(out)
        self.assertEqual(report["scenario"]["file"], "-")
        self.assertEqual(report["run"]["digest"], self.run_report(path)["run"]["digest"])
        code, out, err = self.given(text, "check", "-")
        self.assertEqual((code, err), (0, ""))
        self.assertTrue(out.startswith("-: 2 machines, 1 network"), out)

    def test_mistakes_have_their_places(self):
        code, out, err = self.given(b"[Networks]\n    [Netwrok]\n", "run", "-")
        self.assertEqual((code, out), (3, ""))
        self.assertTrue(err.startswith("<standard input>:2:6: error: "), err)

    def test_what_is_included_lies_in_the_present_folder(self):
        self.write(two_machines(), "rest.ndl")
        code, _, err = self.given(b"[Include file='rest.ndl']\n", "run", "-")
        self.assertEqual((code, err), (0, ""))

    def test_it_may_be_closed(self):
        done = subprocess.run([BINARY, "run", "-"], capture_output=True, timeout=60, check=False,
                              preexec_fn=lambda: os.close(0))
        self.assertEqual((done.returncode, done.stdout), (3, b""))
        self.assertIn(b"standard input", done.stderr)


class FmtTest(Case):
    def test_fmt_makes_the_layout_canonical_and_keeps_comments_and_meaning(self):
        path = self.write(UNTIDY)
        before = self.run_report(path)
        self.assert_code(elvis("fmt", "--check", path), 1)
        self.assertEqual(path.read_text(), UNTIDY)

        self.assert_code(elvis("fmt", path), 0)
        tidy = path.read_text()
        self.assertNotEqual(tidy, UNTIDY)
        for comment in ("# A comment at the top.", "# a comment at the end", "# a comment between",
                        "message='a  # ] b'"):
            self.assertIn(comment, tidy)
        self.assertNotIn("\t", tidy)
        self.assert_code(elvis("fmt", "--check", path), 0)
        self.assertEqual(stable(self.run_report(path)), stable(before))

        self.assert_code(elvis("fmt", path), 0)
        self.assertEqual(path.read_text(), tidy)

    def test_fmt_names_the_files_that_would_change(self):
        tidy, untidy = self.write(two_machines(), "tidy.ndl"), self.write(UNTIDY, "untidy.ndl")
        self.assert_code(elvis("fmt", tidy), 0)
        outcome = elvis("fmt", "--check", tidy, untidy)
        self.assert_code(outcome, 1)
        self.assertIn("untidy.ndl", outcome.out + outcome.err)
        self.assertNotIn("/tidy.ndl", outcome.out + outcome.err)

    def test_fmt_leaves_a_wrong_file_alone(self):
        text = UNTIDY.replace("[Protocols]", "[Protocols", 1)
        path = self.write(text)
        self.assert_code(elvis("fmt", path), 3)
        self.assertEqual(path.read_text(), text)

    def test_fmt_keeps_a_files_permissions(self):
        path = self.write(UNTIDY)
        path.chmod(0o640)
        self.assert_code(elvis("fmt", path), 0)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o640)
        self.assertEqual(os.listdir(self.folder), ["sim.ndl"])

    def test_the_shipped_scenarios_are_canonical_but_for_the_papers_own(self):
        paths = [path for path in sorted((ROOT / "ndl").glob("*.ndl")) if path.name != "basic.ndl"]
        self.assert_code(elvis("fmt", "--check", *paths), 0)


class ListTest(Case):
    def test_list_names_what_ndl_can_name(self):
        for what, words in (
                ("protocols", ("IPv4", "ARP", "UDP")),
                ("applications", ("send_message", "capture", "forward", "ping_pong", "message_count",
                                  "local_port", "starter", "255")),
                ("links", ("mtu", "1500", "latency", "throughput", "loss", "corruption"))):
            with self.subTest(what=what):
                outcome = elvis("list", what)
                self.assert_code(outcome, 0)
                self.assertEqual(outcome.err, "")
                for word in words:
                    self.assertIn(word, outcome.out)

    def test_list_without_a_word_is_wrong(self):
        self.assert_code(elvis("list"), 2)


class IncludeTest(Case):
    def test_an_include_is_found_beside_the_including_file(self):
        text = two_machines()
        at = text.index("[Machines]")
        self.write(text[:at], "net.ndl")
        path = self.write("[Include file='net.ndl']\n" + text[at:])
        self.run_report(path, cwd="/")

    def test_an_error_in_an_include_has_the_place_to_edit(self):
        text = scenario(machine("alice", sender(to="alice")))
        at = text.index("[Machines]")
        self.write(text[:at].replace("latency", "latencyy").replace("1ms", "1"), "net.ndl")
        path = self.write("[Include file='net.ndl']\n" + text[at:].replace("'UDP'", "'UPD'"))
        outcome = elvis("check", path)
        self.assert_code(outcome, 3)
        self.assertRegex(outcome.err, r"(?m)^\S*sim\.ndl:\d+:\d+: error")
        self.assertRegex(outcome.err, r"(?m)^\S*net\.ndl:2:\d+: (error|warning)")


if __name__ == "__main__":
    main()
