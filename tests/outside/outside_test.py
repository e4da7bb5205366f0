#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The installed package from outside: plug-ins, and a program with the simulator in it."""
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("ELVIS_BUILD", HERE.parent.parent / "build" / "release"))
CMAKE = os.environ.get("ELVIS_CMAKE", "cmake")
COMPILER = os.environ.get("ELVIS_COMPILER", "clang++-19")

FOLDER = None  # of this test: prefix, projects, scenarios
PREFIX = None


def call(*arguments, code=0, **options):
    done = subprocess.run([str(argument) for argument in arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options)
    if done.returncode != code:
        raise AssertionError(f"{arguments}: exit code {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
    return done


def configure(project, *more, compiler=COMPILER, code=0):
    return call(CMAKE, "-S", HERE / project, "-B", FOLDER / project, "-G", "Ninja",
                f"-DCMAKE_CXX_COMPILER={compiler}", f"-DCMAKE_PREFIX_PATH={PREFIX}", *more, code=code)


def setUpModule():
    global FOLDER, PREFIX
    FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="elvis-outside-"))
    unittest.addModuleCleanup(shutil.rmtree, FOLDER)
    # What is installed is moved once, as nothing in it may know where it was.
    call(CMAKE, "--install", BUILD, "--prefix", FOLDER / "installed")
    PREFIX = FOLDER / "elvis"
    (FOLDER / "installed").rename(PREFIX)
    for project in ("plugin", "embed", "broken"):
        configure(project)
        call("ninja", "-C", FOLDER / project)


def elvis(*arguments, code=0, **options):
    return call(PREFIX / "bin" / "elvis", *arguments, code=code, **options)


def plugin(name):
    return FOLDER / ("broken" if name in ("broken", "needy", "other", "reliant") else "plugin") / f"lib{name}.so"


def machine(name, *applications, protocol=(), count=1):
    lines = [f"    [Machine name='{name}' count='{count}' auto-protocol='true']",
             "        [Networks]", "            [Network id='lan']", "        [Protocols]"]
    protocols = [protocol] if isinstance(protocol, str) else protocol
    lines += [f"            [Protocol {text}]" for text in protocols]
    lines += ["        [Applications]"] + [f"            [Application {text}]" for text in applications]
    return "\n".join(lines) + "\n"


def write(name, *machines, link="latency='1ms'"):
    path = FOLDER / name
    path.write_text(f"[Networks]\n    [Network id='lan' {link}]\n[Machines]\n" + "".join(machines))
    return path


def parcels(name, link, count=300, more=""):
    return write(name, machine("sender", f"name='post' to='box' port='9' message='Hello' count='{count}'",
                               protocol=f"name='Parcel' timeout='10ms' {more}"),
                 machine("box", f"name='mailbox' port='9' count='{count}'"), link=link)


class PackageTest(unittest.TestCase):
    def test_no_file_of_the_package_names_a_folder_of_the_build(self):
        files = [*PREFIX.rglob("*.cmake"), *PREFIX.rglob("*.pc")]
        self.assertGreaterEqual(len(files), 5)
        for path in files:
            for folder in (BUILD, HERE.parent.parent, FOLDER / "installed"):
                self.assertNotIn(str(folder), path.read_text(), path)

    def test_what_is_installed_is_all_there(self):
        for path in ("bin/elvis", "include/elvis/plugin.hpp", "include/elvis/simulation.hpp",
                     "include/elvis/stamp.hpp", "share/man/man1/elvis.1",
                     "share/bash-completion/completions/elvis", "share/doc/elvis/LICENSE", "share/doc/elvis/docs/extending.md"):
            self.assertTrue((PREFIX / path).is_file(), path)

    def test_headers_include_all_that_they_need(self):
        # In their order and in the reverse one: who relies on another header is found by one of them.
        headers = sorted(str(path.relative_to(PREFIX / "include")) for path in
                         (PREFIX / "include").rglob("*.hpp") if path.parent.name != "asio")
        self.assertGreater(len(headers), 100)
        for order in (headers, headers[::-1]):
            source = FOLDER / "all.cpp"
            source.write_text("".join(f"#include <{header}>\n" for header in order))
            call(COMPILER, "-std=c++20", "-fsyntax-only", "-I", PREFIX / "include", source)

    def test_pkg_config_knows_it(self):
        if not shutil.which("pkg-config"):
            text = next(PREFIX.rglob("elvis.pc")).read_text()
            self.assertIn("-lelvis_simulation -lelvis_", text)
            return
        folder = next(PREFIX.rglob("elvis.pc")).parent
        environment = {**os.environ, "PKG_CONFIG_PATH": str(folder)}
        flags = call("pkg-config", "--cflags", "--libs", "elvis", env=environment).stdout.split()
        objects = [path for path in (FOLDER / "embed").rglob("main.cpp.o")]
        program = FOLDER / "by-pkg-config"
        call(COMPILER, *objects, *flags, "-o", program)
        call(program)

    def test_another_version_is_not_taken(self):
        source = FOLDER / "asks"
        source.mkdir()
        for version, fits in (("0.1", True), ("0.2", False), ("1.0", False)):
            (source / "CMakeLists.txt").write_text(
                "cmake_minimum_required(VERSION 3.25)\nproject(asks LANGUAGES CXX)\n"
                f"find_package(elvis {version} REQUIRED)\n")
            call(CMAKE, "-S", source, "-B", source / "build", "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={COMPILER}",
                 f"-DCMAKE_PREFIX_PATH={PREFIX}", code=0 if fits else 1)

    @unittest.skipUnless(os.environ.get("ELVIS_GCC_12"), "there is no g++ 12")
    def test_a_compiler_that_miscompiles_is_refused(self):
        source = FOLDER / "embed-gcc"
        done = call(CMAKE, "-S", HERE / "embed", "-B", source, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={PREFIX}",
                    f"-DCMAKE_CXX_COMPILER={os.environ['ELVIS_GCC_12']}", code=1)
        self.assertIn("miscompiles", done.stderr)


class PluginTest(unittest.TestCase):
    def test_an_application_in_one_file_runs(self):
        path = write("greet.ndl", machine("ann", "name='greet' to='bob' port='7' count='3'"),
                     machine("bob", "name='capture' port='7' message_count='3' message='hello from ann'"))
        report = json.loads(elvis("run", "--plugin", plugin("greet"), path, "--report", "-").stdout)
        self.assertEqual(report["run"]["status"], "succeeded")
        greeter = report["applications"][0]
        self.assertEqual((greeter["application"], greeter["messages"], greeter["bytes"]), ("greet", 3, 42))
        self.assertEqual(greeter["last_ns"] - greeter["first_ns"], 2_000_000_000)

    def test_what_a_plugin_brings_is_listed_and_checked_as_our_own(self):
        both = ("--plugin", plugin("greet"), "--plugin", plugin("parcel"))
        applications = elvis("list", "applications", *both).stdout
        self.assertIn("capture: ", applications)
        self.assertIn("greet: says hello to a machine\n", applications)
        self.assertRegex(applications, r"    interval +time +default 1s +the time between two greetings\n")
        self.assertRegex(elvis("list", "protocols", *both).stdout, r"    window +number 1 to 65535 +default 16 ")
        wrong = write("wrong.ndl", machine("ann", "name='greet' to='bobb' port='0' cuont='3'"),
                      machine("bob", "name='mailbx' port='7'", protocol="name='Parcel' window='0'"))
        error = elvis("check", *both, wrong, code=3).stderr
        self.assertIn("wrong.ndl:9:43: error: no machine is called `bobb`; did you mean `bob`?", error)
        self.assertIn("wrong.ndl:9:55: error: `port` needs a port from 1 to 65535, got `0`", error)
        self.assertIn("did you mean `count`?", error)
        self.assertIn("unknown application `mailbx`; did you mean `mailbox`?", error)
        self.assertIn("wrong.ndl:14:45: error: `window` needs a whole number from 1 to 65535, got `0`", error)
        bare = write("bare.ndl", machine("ann", "name='mailbox' port='7'"))
        bare.write_text(bare.read_text().replace("auto-protocol='true'", "").replace(
            "        [Protocols]\n", "        [Protocols]\n            [Protocol name='IPv4']\n"))
        self.assertIn("`mailbox` needs the protocol `Parcel`, which the machine does not have",
                      elvis("check", *both, bare, code=3).stderr)

    def test_memory_is_foreseen_for_machines_of_a_plugin(self):
        few, many = (write(f"many-{count}.ndl", machine("box", "name='mailbox' port='7'", count=count))
                     for count in (1, 1_000_000))
        sizes = [re.search(r"about (\S+) (\wB)", elvis("check", "--plugin", plugin("parcel"), path).stdout)
                 for path in (few, many)]
        self.assertEqual([size[2] for size in sizes], ["MB", "GB"])

    def test_parcels_arrive_once_and_in_order_whatever_gets_lost(self):
        for link in ("latency='1ms'", "latency='1ms' loss='20%' duplication='10%' reordering='20%, 5ms'",
                     "latency='1ms' corruption='10%' throughput='1Mbps'"):
            path = parcels("loss.ndl", link)
            run = ("run", "--plugin", plugin("parcel"), path, "--report", "-", "--seed", "5")
            report = json.loads(elvis(*run).stdout)
            self.assertEqual(report["run"]["status"], "succeeded", link)
            for application in report["applications"]:
                self.assertEqual((application["messages"], application["bytes"]), (300, 1500), link)
            # The same result on two threads and in two partitions.
            again = json.loads(elvis(*run, "--threads", "2", "--partitions", "2").stdout)
            self.assertEqual(again["run"]["digest"], report["run"]["digest"])
            self.assertEqual(again["applications"], report["applications"])

    def test_who_gets_no_receipt_learns_it(self):
        run = ("run", "--plugin", plugin("parcel"))
        lost = parcels("down.ndl", "latency='1ms' loss='100%'", more="attempts='3'")
        self.assertIn("timed out", elvis(*run, lost, code=1).stdout)
        # Nobody at the port, nobody with the protocol: ICMP tells both at once.
        both = ("name='Parcel'", "name='ICMP'")
        for there, word in ((both, "refused"), ("name='ICMP'", "protocol")):
            nobody = write("nobody.ndl", machine("sender", "name='post' to='box' port='9' message='x'",
                                                 protocol=both), machine("box", protocol=there))
            done = elvis(*run, nobody, "--report", "-", code=1)
            report = json.loads(done.stdout)
            self.assertEqual(report["applications"][0]["status"], "failed")
            self.assertIn(word, report["applications"][0]["detail"])
            self.assertLess(report["run"]["sim_time_ns"], 10_000_000)

    def test_its_packets_are_right_to_the_byte(self):
        call(FOLDER / "plugin" / "parcel_test")

    @unittest.skipUnless(shutil.which("tshark"), "tshark is not installed")
    def test_captures_show_it_to_others(self):
        capture = FOLDER / "lan.pcapng"
        elvis("run", "--plugin", plugin("parcel"), parcels("capture.ndl", "latency='1ms'", count=2),
              "--pcap", capture, "--force")
        rows = call("tshark", "-r", capture, "-o", "ip.check_checksum:TRUE", "-Y", "ip.proto == 253", "-T", "fields",
                    "-e", "ip.checksum.status", "-e", "ip.len", "-e", "data").stdout.split("\n")[:-1]
        self.assertEqual(len(rows), 4)  # two parcels and their receipts
        kinds = []
        for row in rows:
            status, length, data = row.split("\t")
            self.assertEqual(status, "1")
            payload = bytes.fromhex(data)
            self.assertEqual(int(length), 20 + len(payload))
            source, destination, _, number, kind = struct.unpack("!HHIIB", payload[:13])
            self.assertIn(9, (source, destination))
            kinds.append((kind, number, payload[16:]))
        self.assertEqual(sorted(kinds), [(1, 0, b"Hello"), (1, 1, b"Hello"), (2, 0, b""), (2, 1, b"")])


class BrokenPluginTest(unittest.TestCase):
    SCENARIO = None

    def assert_refused(self, path, *words, **environment):
        scenario = write("empty.ndl", machine("a"))
        for command in (("run", scenario), ("check", scenario), ("list", "applications")):
            done = elvis(*command, "--plugin", path, code=2, env={**os.environ, **environment})
            self.assertEqual(done.stdout, "")
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertTrue(done.stderr.startswith("elvis: the plug-in `"), done.stderr)
            for word in words:
                self.assertIn(word, done.stderr)

    def test_a_plugin_that_was_built_against_something_else_is_refused(self):
        for how, words in (
                ("magic", "is a plug-in of another kind than those of Elvis 0.1.0: build it again"),
                ("version", "was built for Elvis 0.0.9, and this is 0.1.0: build it again"),
                ("headers", "was built with other headers of Elvis 0.1.0 than this program: build it again"),
                ("layout", "lay data out differently (Some Compiler 1.0; this program: "),
                ("null", "brings nothing"),
                ("throws", "could not say what it brings, it threw: no licence")):
            self.assert_refused(plugin("broken"), words, BROKEN=how)

    def test_a_plugin_that_brings_what_cannot_be_is_refused(self):
        for how, words in (
                ("taken", "brings the application `Capture`, which is there already"),
                ("needy", "brings the application `needy`, which needs `Nobody`: there is no such protocol"),
                ("lacking", "brings the application `lacking`, which lacks `make_options` or `run`"),
                ("number", "brings the protocol `Idle`, which has the number of `UDP`"),
                ("planned", "brings the protocol `dns`, which is there already")):
            self.assert_refused(plugin("broken"), words, BROKEN=how)

    def test_what_is_no_plugin_is_refused(self):
        self.assert_refused(plugin("other"), "is not a plug-in of Elvis: it has no function `elvis_plugin`")
        self.assert_refused(HERE / "outside_test.py", "is not a shared library")
        self.assert_refused(FOLDER / "nothing.so", "cannot be opened: No such file or directory")
        self.assert_refused(plugin("needy"), "needs `elvis::travel_back_in_time(int)`, which is neither")
        self.assert_refused("", "needs the name of a file")
        self.assert_refused(FOLDER, "is a directory")
        self.assert_refused(PREFIX / "bin" / "elvis", "is a program, not a shared library")

    def test_a_plugin_whose_library_is_lost_is_refused(self):
        (FOLDER / "broken" / "liblost.so").rename(FOLDER / "broken" / "hidden.so")
        self.assert_refused(plugin("reliant"),
                            "needs the library `liblost.so`, which cannot be opened: No such file or directory")

    def test_what_would_harm_the_loader_is_refused(self):
        whole = plugin("greet").read_bytes()
        cut = FOLDER / "cut.so"
        for size in (0, 20, 64, 5_000, len(whole) // 2):
            cut.write_bytes(whole[:size])
            self.assert_refused(cut, "")
        self.assert_refused(cut, "is not a whole file: its end is missing")
        os.mkfifo(FOLDER / "pipe.so")
        self.assert_refused(FOLDER / "pipe.so", "is not a shared library")

    def test_a_plugin_is_loaded_once(self):
        done = elvis("list", "applications", "--plugin", plugin("greet"), "--plugin", plugin("greet"), code=2)
        self.assertIn("brings the application `greet`, which is there already, from `", done.stderr)

    def test_a_plugin_in_the_present_folder_needs_no_path(self):
        out = elvis("list", "applications", "--plugin", "libgreet.so", cwd=plugin("greet").parent).stdout
        self.assertIn("greet: ", out)


class EmbeddingTest(unittest.TestCase):
    def test_a_program_with_the_simulator_in_it_gives_the_same_on_any_number_of_threads(self):
        one, two = (call(FOLDER / "embed" / "embed", threads).stdout for threads in (1, 2))
        lines = one.split("\n")
        self.assertEqual(lines[:3], two.split("\n")[:3])
        times = [float(re.search(r"([\d.]+) ms an answer", line)[1]) for line in lines[:3]]
        self.assertTrue(5 <= times[0] < times[1] < times[2], times)
        report = json.loads(one[one.index("{"):])
        self.assertEqual(report["schema"], "elvis.report/1")
        self.assertEqual(report["run"]["status"], "succeeded")
        self.assertEqual([(one["application"], one["messages"]) for one in report["applications"]],
                         [("capture", 1), ("say", 1)])
        self.assertEqual(report["scenario"]["parameters"], {"port": "7"})

    def test_a_program_written_for_asio_runs_on_simulated_machines(self):
        one, two = (call(FOLDER / "embed" / "shout", threads).stdout for threads in (1, 2))
        self.assertEqual(one, two)
        self.assertRegex(one, r"\A(HELLO\nGOOD BYE\n){3}digest [0-9a-f]{16}\n\Z")

    def test_a_program_with_the_simulator_in_it_loads_plugins(self):
        host = FOLDER / "embed" / "host"
        report = json.loads(call(host, plugin("greet")).stdout)
        self.assertEqual([(one["application"], one["messages"]) for one in report["applications"]],
                         [("greet", 3), ("capture", 3)])
        self.assertIn("greet", call(host, code=1).stderr)
        self.assertIn("cannot be opened", call(host, FOLDER / "nothing.so", code=1).stderr)


if __name__ == "__main__":
    unittest.main()
