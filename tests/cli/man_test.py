#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The manual page and the completion of bash say what the program says."""
import functools
import re
import subprocess
import unittest

from support import BINARY, INSTRUMENTED, ROOT, Case, elvis, main

PAGE = ROOT / "apps" / "elvis.1"
COMMANDS = ("run", "check", "fmt", "list", "packetdrill")


@functools.cache
def help_of(*command):
    return elvis(*command, "--help").out


def subcommands():
    return re.findall(r"^  ([a-z]+) ", help_of().split("Subcommands:\n")[1], re.MULTILINE)


def options(command):
    """`--name VALUE` of each, from --help."""
    found = re.findall(r"^  ((?:-\w,)?--[^ ]+(?: [A-Za-z=|0-9]+)?)(?: \.\.\.| Needs:|  |$| [a-z])",
                       help_of(command).split("Options:\n")[1], re.MULTILINE)
    return {re.sub(r"^-\w,", "", one) for one in found} - {"--help"}


def section(kind, name):
    match = re.search(rf"^\.{kind} {name}\n(.*?)(?=^\.{kind}|\Z|^\.SH)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return match[1]


def items(text):
    """The first lines of .TP and .TQ paragraphs, without markup."""
    lines = re.findall(r"^\.T[PQ]\n\.[BIR]+ (.*)$", text, re.MULTILINE)
    plain = [re.sub(r"\\f.", "", line).replace("\\", "").replace('"', "").replace(" , ", ", ") for line in lines]
    return [re.sub(r"^-\w *, *", "", re.sub(r" +", " ", line)) for line in plain]


@unittest.skipIf(INSTRUMENTED, "the same in every build")
class ManTest(Case):
    def test_the_page_has_every_command(self):
        self.assertEqual(items(section("SH", "COMMANDS")), subcommands())
        self.assertEqual(re.findall(r"^\.SS (\w+)$", PAGE.read_text(), re.MULTILINE), list(COMMANDS))

    def test_the_page_has_every_option_and_no_other(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                self.assertEqual(set(items(section("SS", command))), options(command))
        self.assertGreater(len(options("run")), 20)

    def test_the_page_has_every_exit_code(self):
        codes = re.findall(r"^  \w+ = (\d+),", (ROOT / "apps" / "exit_code.hpp").read_text(), re.MULTILINE)
        self.assertGreater(len(codes), 5)
        self.assertEqual(items(section("SH", "EXIT STATUS")), codes)

    def test_its_markup_is_right(self):
        done = subprocess.run(["groff", "-man", "-Tascii", "-ww", "-b", "-z", str(PAGE)], check=True,
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.stderr, "")


@unittest.skipIf(INSTRUMENTED, "the same in every build")
class CompletionTest(Case):
    def complete(self, *words):
        script = (f'source "{ROOT / "apps" / "elvis.bash"}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _elvis; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "--norc", "-c", script, "bash", BINARY, *words], check=True, cwd=ROOT,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.stderr, "")
        return [word for word in done.stdout.split("\n") if word]

    def test_bash_completes_commands_options_values_and_files(self):
        self.assertEqual(self.complete(""), [*subcommands(), "--help", "--version"])
        self.assertEqual(self.complete("pa"), ["packetdrill"])
        for command in COMMANDS:
            names = {option.split(" ")[0] for option in options(command)}
            self.assertEqual({word for word in self.complete(command, "--")} - {"--help"}, names)
        self.assertEqual(self.complete("run", "--thr"), ["--threads"])
        self.assertEqual(self.complete("run", "x.ndl", "-q", "--progress", ""), ["auto", "on", "off"])
        self.assertEqual(self.complete("run", "--digest", "f"), ["full"])
        self.assertEqual(self.complete("list", ""), ["protocols", "applications", "links"])
        self.assertEqual(self.complete("run", "--report", "READ"), ["README.md"])
        self.assertEqual(self.complete("check", "README.md", "CONTR"), ["CONTRIBUTING.md"])
        self.assertEqual(self.complete("nonsense", "--x"), [])


if __name__ == "__main__":
    main()
