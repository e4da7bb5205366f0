#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Packet captures: right for tshark, the same on any number of threads, and never where they must not be."""
import collections
import os
import re
import resource
import shutil
import signal
import struct
import subprocess
import time
import unittest

from support import ENDLESS, INSTRUMENTED, ROOT, Case, Running, capture, crowd, elvis, machine, main
from support import scenario, sender, two_machines

SHIPPED = sorted([*(ROOT / "ndl").glob("*.ndl"), *(ROOT / "ndl" / "tcp").glob("*.ndl")])
if INSTRUMENTED:  # tshark takes its time as well
    SHIPPED = SHIPPED[::3]
CHECKSUMS = [option for name in ("ip", "udp", "tcp") for option in ("-o", f"{name}.check_checksum:TRUE")]
# What tells a wrong packet: the first two if they are there, checksums by their status.
SIGNS = ("_ws.malformed", "udp.length.bad", "ip.checksum.status", "udp.checksum.status", "tcp.checksum.status",
         "icmp.type")
BAD = "0"


class Packet:
    def __init__(self, interface, nanoseconds, data, options):
        self.interface, self.nanoseconds, self.data = interface, nanoseconds, data
        self.comment = options.get(1, b"").decode()
        self.flags = struct.unpack("<I", options[2])[0] if 2 in options else 0


def options_of(data):
    found, at = {}, 0
    while at < len(data):
        code, length = struct.unpack_from("<HH", data, at)
        if code == 0:
            return found
        found[code] = data[at + 4:at + 4 + length]
        at += 4 + (length + 3) // 4 * 4
    return found


def read_pcapng(path):
    """The interfaces' names and the packets of a file, which must end with a whole block."""
    data, at, interfaces, packets = path.read_bytes(), 0, [], []
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert length % 4 == 0 and struct.unpack_from("<I", data, at + length - 4)[0] == length, (path, at)
        body = data[at + 8:at + length - 4]
        if kind == 1:
            found = options_of(body[8:])
            assert found[9] == b"\x09", "times are in nanoseconds"
            interfaces.append(found[2].decode())
        elif kind == 6:
            interface, high, low, size, original = struct.unpack_from("<5I", body)
            assert size == original
            packets.append(Packet(interfaces[interface], high << 32 | low, body[20:20 + size],
                                  options_of(body[20 + (size + 3) // 4 * 4:])))
        at += length
    assert at == len(data), f"{path} ends in a half block"
    return interfaces, packets


def captured(folder):
    return sorted(folder.rglob("*.pcap*"))


def all_bytes(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in captured(folder)}


class SmallCase(Case):
    def setUp(self):
        super().setUp()
        self.path = self.write(two_machines(sent=3, wanted=3))
        self.out = self.folder / "out"

    def run_capture(self, pattern, *options, path=None, codes=(0,), **more):
        outcome = elvis("run", path or self.path, "-q", "--pcap", self.out / pattern, *options, **more)
        self.assert_code(outcome, *codes)
        self.assert_printable(outcome.raw_err)
        return outcome


@unittest.skipUnless(shutil.which("tshark"), "tshark is not installed")
class TsharkTest(SmallCase):
    def tshark(self, path, *options):
        outcome = subprocess.run(["tshark", "-r", path, *CHECKSUMS, *options], capture_output=True, text=True)
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        return outcome.stdout.splitlines()

    def packets(self, path, *fields, most=1_000_000):
        """Of the first packets the fields, and whether they are wrong. (tshark takes long to start: once for both.)"""
        words = [word for field in (*fields, *SIGNS) for word in ("-e", field)]
        for line in self.tshark(path, "-c", str(most), "-T", "fields", *words):
            *values, malformed, bad_length, ip, udp, tcp, icmp = line.split("\t")
            # A quoted segment is cut off, and its checksum with it.
            sums = [ip, udp] if icmp else [ip, udp, tcp]
            yield values, bool(malformed or bad_length) or any(BAD in status.split(",") for status in sums)

    def test_every_shipped_scenario_is_captured_as_it_is(self):
        for path in SHIPPED:
            with self.subTest(scenario=path.name):
                self.out = self.folder / path.parent.name / path.stem
                file = self.out / "all.pcapng"
                outcome = elvis("run", path, "--report", "-", "--pcap", file)
                self.assert_code(outcome, 0, 1)
                frames, sizes = collections.Counter(), collections.Counter()
                for (network, size), is_wrong in self.packets(file, "frame.interface_name", "frame.len"):
                    self.assertFalse(is_wrong)
                    frames[network] += 1
                    sizes[network] += int(size)
                for network in outcome.report()["networks"]:
                    self.assertEqual(frames[network["id"]], network["frames_sent"])
                    self.assertEqual(sizes[network["id"]], network["bytes_sent"])

    def test_every_machine_of_a_shipped_scenario_sees_what_it_sent_and_received(self):
        for path in SHIPPED:
            with self.subTest(scenario=path.name):
                self.out = self.folder / path.parent.name / path.stem
                outcome = elvis("run", path, "--report", "-", "--pcap", self.out / "all-{machine}.pcapng")
                self.assert_code(outcome, 0, 1)
                totals = outcome.report()["totals"]
                sent = received = sent_bytes = received_bytes = 0
                for file in captured(self.out):
                    for packet in read_pcapng(file)[1]:
                        outbound = packet.flags & 3 == 2
                        sent += outbound
                        received += not outbound
                        sent_bytes += len(packet.data) * outbound
                        received_bytes += len(packet.data) * (not outbound)
                # Only what a network corrupted may look wrong, and nothing that was sent.
                merged = self.folder / f"{path.parent.name}-{path.stem}.pcapng"
                subprocess.run(["mergecap", "-w", merged, *captured(self.out)[:300]], check=True)
                seen = self.packets(merged, "frame.packet_flags_direction", most=20_000)
                wrong = [direction for (direction,), is_wrong in seen if is_wrong]
                self.assertNotIn("0x00000002", wrong)
                self.assertLessEqual(len(wrong), totals["frames_corrupted"])
                self.assertEqual((sent, sent_bytes), (totals["frames_sent"], totals["bytes_sent"]))
                self.assertEqual((received, received_bytes),
                                 (totals["frames_delivered"], totals["bytes_delivered"]))

    def test_times_are_right_to_the_nanosecond(self):
        path = self.write(scenario(
            machine("alice", sender(count=3, interval="1s", start="1234567891ns")),
            machine("bob", capture(message_count=3)), link="latency='7ns'"))
        self.run_capture("{machine}.pcapng", path=path)
        times = {name: self.tshark(self.out / f"{name}.pcapng", "-T", "fields", "-e", "frame.time_epoch")
                 for name in ("alice", "bob")}
        self.assertEqual(times["alice"], [f"{second}.234567891" for second in (1, 2, 3)])
        self.assertEqual(times["bob"], [f"{second}.234567898" for second in (1, 2, 3)])

    def test_a_classic_capture_is_readable_with_nanoseconds(self):
        path = self.write(scenario(machine("alice", sender(start="5ns")), machine("bob", capture())))
        self.run_capture("all.pcap", path=path)
        self.assertEqual((self.out / "all.pcap").read_bytes()[:4], bytes.fromhex("4d3cb2a1"))
        self.assertEqual(self.tshark(self.out / "all.pcap", "-T", "fields", "-e", "frame.time_epoch"),
                         ["0.000000005"])

    def test_an_interface_has_a_name_and_a_description(self):
        self.run_capture("{machine}.pcapng")
        seen = self.tshark(self.out / "alice.pcapng", "-T", "fields", "-e", "frame.interface_name", "-e",
                           "frame.interface_description")
        self.assertEqual(seen, ["alice/lan\tmachine alice on network lan"] * 3)


class ContentTest(SmallCase):
    def test_files_are_the_same_on_any_number_of_threads_and_partitions(self):
        path = self.write(crowd(size=60, sent=20, link="latency='uniform(1ms, 3ms)' loss='10%' corruption='5%'"))
        for pattern in ("{network}.pcapng", "{machine}.pcapng", "all.pcap"):
            runs = []
            for options in (["--threads", "1"], ["--threads", "2"], ["--threads", "3"],
                            ["--threads", "2", "--partitions", "7"]):
                self.out = self.folder / f"out{time.monotonic_ns()}"
                self.run_capture(pattern, *options, path=path, codes=(0, 1))
                runs.append(all_bytes(self.out))
            for other in runs[1:]:
                self.assertTrue(other == runs[0], f"{pattern}: the bytes differ")

    def test_files_are_the_same_where_partitions_are_united_for_a_while(self):
        runs = []
        for threads in ("1", "2"):  # rip has so few events in a window that two do not stay two
            self.out = self.folder / f"out{threads}"
            self.run_capture("{machine}.pcapng", "--threads", threads, path=ROOT / "ndl" / "rip.ndl")
            runs.append(all_bytes(self.out))
        self.assertTrue(runs[0] == runs[1], "the bytes differ")

    def test_frames_come_in_the_order_of_time(self):
        self.run_capture("all.pcapng", "--threads", "2", "--partitions", "4", path=self.write(crowd()),
                         codes=(0, 1))
        times = [packet.nanoseconds for packet in read_pcapng(self.out / "all.pcapng")[1]]
        self.assertEqual(times, sorted(times))

    def test_captures_change_no_result(self):
        path = self.write(crowd(size=20, sent=5))
        plain = self.run_report(path, codes=(0, 1))
        with_captures = self.run_report(path, "--pcap", self.out / "{machine}.pcapng", codes=(0, 1))
        self.assertEqual(plain["run"]["digest"], with_captures["run"]["digest"])

    def test_what_a_network_does_to_a_frame_is_a_comment(self):
        path = self.write(two_machines(sent=400, wanted=400, link="latency='1ms' loss='10%' corruption='10%'"))
        outcome = elvis("run", path, "--report", "-", "--pcap", self.out / "x.pcapng")
        counters = outcome.report()["networks"][0]
        comments = [packet.comment for packet in read_pcapng(self.out / "x.pcapng")[1]]
        self.assertEqual(comments.count("lost on the way to bob"), counters["frames_lost"])
        corrupted = [comment for comment in comments if comment.startswith("corrupted on the way to bob, byte")]
        self.assertEqual(len(corrupted), counters["frames_corrupted"])

    def test_what_a_queue_drops_is_a_comment_whyever(self):
        off = "[Events]\n    [Event at='1s' machine='alice' set='down']\n"
        for queue, events in (("2", ""), ("codel(100, 1ms, 10ms)", ""), ("100", off), ("codel(100)", off)):
            with self.subTest(queue=queue, events=events):
                link = f"throughput='8kbps' medium='switched' queue='{queue}'"
                path = self.write(two_machines(sent=50, wanted=50, link=link).rstrip("\n") + "\n" + events)
                outcome = elvis("run", path, "--report", "-", "--force", "--pcap", self.out / "x.pcapng")
                self.assert_code(outcome, 1)
                dropped = outcome.report()["networks"][0]["frames_queue_dropped"]
                comments = [packet.comment for packet in read_pcapng(self.out / "x.pcapng")[1]]
                self.assertEqual(len(comments), 50)
                self.assertGreater(dropped, 0)
                self.assertEqual(comments.count("dropped by a queue"), dropped)

    def test_corrupted_bytes_are_those_that_the_comment_names(self):
        path = self.write(two_machines(sent=300, wanted=300, link="latency='1ms' corruption='20%'"))
        self.run_capture("{machine}.pcapng", path=path, codes=(0, 1))
        self.run_capture("{network}.pcapng", path=path, codes=(0, 1))
        sent = read_pcapng(self.out / "lan.pcapng")[1]
        received = {packet.nanoseconds: packet for packet in read_pcapng(self.out / "bob.pcapng")[1]}
        compared = 0
        for packet in sent:
            other = received.get(packet.nanoseconds + 1_000_000)
            if other is None or "more" in packet.comment:
                continue
            differ = [place for place, pair in enumerate(zip(packet.data, other.data)) if pair[0] != pair[1]]
            self.assertEqual(differ, list(map(int, re.findall(r"\d+", packet.comment))))
            compared += 1
        self.assertGreater(compared, 200)

    def test_a_drop_is_a_comment_on_what_was_received(self):
        path = self.write(scenario(machine("alice", sender(port=7)), machine("bob", capture())))
        self.run_capture("{machine}.pcapng", path=path, codes=(1,))
        self.assertEqual([packet.comment for packet in read_pcapng(self.out / "bob.pcapng")[1]],
                         ["dropped: no_listener"])
        self.assertEqual([packet.comment for packet in read_pcapng(self.out / "alice.pcapng")[1]], [""])

    def test_filters_choose_machines_networks_protocols_and_ports(self):
        path = self.write(scenario(machine("alice", sender(count=2), sender(to="carol", port=53)),
                                   machine("bob", capture(message_count=2)), machine("carol", capture(port=53))))
        for terms, frames in (("machine=bob", 2), ("machine=alice", 3), ("machine=carol,machine=bob", 3),
                              ("machine=carol,bob", 3), ("port=53,54", 1), ("port=53", 1), ("port=0xbeef", 2), ("protocol=udp", 3), ("protocol=arp", 0),
                              ("protocol=udp,port=53,machine=bob", 0), ("network=lan", 3)):
            with self.subTest(terms=terms):
                self.run_capture("all.pcapng", "--force", "--pcap-filter", terms, path=path)
                self.assertEqual(len(read_pcapng(self.out / "all.pcapng")[1]), frames)
        self.out = self.folder / "each"
        self.run_capture("{machine}.pcapng", "--pcap-filter", "machine=bob", path=path)
        self.assertEqual([file.name for file in captured(self.out)], ["bob.pcapng"])

    def test_a_filter_without_captures_is_2(self):
        outcome = elvis("run", self.path, "--pcap-filter", "protocol=udp")
        self.assert_code(outcome, 2)
        self.assertIn("--pcap-filter", outcome.err)
        self.assert_code(elvis("run", self.path, "--trace-filter", "port=80"), 2)

    def test_a_wrong_filter_or_pattern_is_2(self):
        for options in (["--pcap-filter", "machine"], ["--pcap-filter", "colour=red"],
                        ["--pcap-filter", "port=70000"], ["--pcap-filter", "protocol=x25"],
                        ["--pcap-filter", "machine=nobody"], ["--pcap-filter", "network=none"]):
            with self.subTest(options=options):
                self.run_capture("x.pcapng", *options, codes=(2,))
        for pattern in ("{host}.pcapng", "{machine}/../x.pcapng", "{machine", "{network}/"):
            with self.subTest(pattern=pattern):
                outcome = elvis("run", self.path, "--pcap", f"{self.out}/{pattern}")
                self.assert_code(outcome, 2)
        self.assertEqual(captured(self.folder), [])


class ScenarioFileTest(SmallCase):
    def text(self, file, name="alice", count=""):
        return two_machines(sent=2, wanted=2).replace("[Machine name='alice'",
                                                      f"[Machine name='{name}' pcap='{file}'{count}")

    def test_a_machine_names_its_own_file(self):
        path = self.write(self.text("deep/alice.pcapng"))
        outcome = elvis("run", path, "-q", "--pcap-folder", self.out)
        self.assert_code(outcome, 0)
        interfaces, packets = read_pcapng(self.out / "deep" / "alice.pcapng")
        self.assertEqual((interfaces, len(packets)), (["alice/lan"], 2))

    def test_machines_that_name_one_file_share_it(self):
        path = self.write(two_machines(sent=2, wanted=2).replace(
            "[Machine name='alice'", "[Machine name='alice' pcap='both.pcapng'").replace(
            "[Machine name='bob'", "[Machine name='bob' pcap='both.pcapng'"))
        self.assert_code(elvis("run", path, "-q", "--pcap-folder", self.out), 0)
        interfaces, packets = read_pcapng(self.out / "both.pcapng")
        self.assertEqual((interfaces, len(packets)), (["alice/lan", "bob/lan"], 4))

    def test_a_group_has_a_file_for_each_machine(self):
        path = self.write(scenario(machine("hub", capture(message_count=3)),
                                   machine("c", sender(to="hub"), count=3).replace(
                                       "count='3'", "count='3' pcap='${name}.pcapng'")))
        self.assert_code(elvis("run", path, "-q", "--pcap-folder", self.out), 0)
        self.assertEqual([file.name for file in captured(self.out)], [f"c-{i}.pcapng" for i in range(3)])

    def test_a_file_elsewhere_is_a_mistake_in_the_scenario(self):
        for file in ("/elvis-escape.pcapng", "../x.pcapng", "a/../../x.pcapng", "a//x", "", "./x", "a\\x00b"):
            with self.subTest(file=file):
                outcome = elvis("run", self.write(self.text(file)), "--pcap-folder", self.out)
                self.assert_code(outcome, 3)
                self.assertIn("`pcap`", outcome.err)
        self.assertEqual(captured(self.folder), [])

    def test_a_link_does_not_lead_out_of_the_folder(self):
        self.out.mkdir()
        outside = self.folder / "outside"
        outside.mkdir()
        (self.out / "link").symlink_to(outside)
        (self.out / "file.pcapng").symlink_to(outside / "file.pcapng")
        for file in ("link/x.pcapng", "file.pcapng"):
            with self.subTest(file=file):
                outcome = elvis("run", self.write(self.text(file)), "-q", "--pcap-folder", self.out, "--force")
                self.assert_code(outcome, 5)
        self.assertEqual(list(outside.iterdir()), [])


class SafetyTest(SmallCase):
    def test_a_name_does_not_lead_out_of_the_folder(self):
        for name in ("../evil", "/etc/evil", "..", ".", ".hidden", "a/b", "x" * 300, "tab\\there"):
            with self.subTest(name=name):
                path = self.write(scenario(machine(name, sender()), machine("bob", capture())))
                self.out = self.folder / f"out{time.monotonic_ns()}" / "in"
                self.run_capture("{machine}.pcapng", path=path)
                self.assertEqual(len(captured(self.out)), 2)
                self.assertTrue(all(file.parent == self.out for file in captured(self.out.parent)))
                self.assertTrue(all(not file.name.startswith(".") for file in captured(self.out)))

    def test_names_that_come_to_one_file_share_it(self):
        path = self.write(scenario(machine("a-b", sender(to="a")), machine("a", capture(), network="b-lan")).replace(
            "[Machines]", "    [Network id='b-lan']\n[Machines]", 1))
        self.run_capture("{machine}-{network}.pcapng", path=path, codes=(0, 1))
        interfaces, _ = read_pcapng(self.out / "a-b-lan.pcapng")
        self.assertEqual(interfaces, ["a-b/lan", "a/b-lan"])

    def test_a_file_is_overwritten_only_by_force(self):
        self.out.mkdir()
        file = self.out / "lan.pcapng"
        for pattern in ("{network}.pcapng", "lan.pcapng"):
            file.write_text("precious")
            outcome = self.run_capture(pattern, codes=(5,))
            self.assertIn("--force", outcome.err)
            self.assertEqual(file.read_text(), "precious")
            self.run_capture(pattern, "--force")
            self.assertEqual(len(read_pcapng(file)[1]), 3)

    def test_no_capture_is_another_file_of_the_run(self):
        before = self.path.read_bytes()
        self.assert_code(elvis("run", self.path, "--pcap", self.path, "--force"), 2)
        self.assert_code(elvis("run", self.path, "--pcap", f"{self.folder}/./{self.path.name}", "--force"), 5)
        self.assert_code(elvis("run", self.path, "--pcap", self.out, "--report", self.out), 2)
        self.assertEqual(self.path.read_bytes(), before)

    def test_a_full_disk_is_5(self):
        outcome = elvis("run", self.path, "--pcap", "/dev/full")
        self.assert_code(outcome, 5)
        self.assertIn("/dev/full", outcome.err)

    def test_a_disk_that_fills_up_ends_the_run_and_leaves_what_is_there(self):
        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_003, 2_000_003))

        for name in ("x.pcapng", "x.pcap"):
            with self.subTest(name=name):
                outcome = self.run_capture(name, path=self.write(ENDLESS), codes=(5,), before=small_files,
                                           timeout=60)
                self.assertIn(name, outcome.err)
                size = (self.out / name).stat().st_size
                self.assertTrue(1_900_000 < size <= 2_000_003, size)
        self.assertGreater(len(read_pcapng(self.out / "x.pcapng")[1]), 10_000)

    def test_a_signal_leaves_a_complete_capture(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            running = Running("run", self.write(ENDLESS), "--pcap", self.out / f"{code}.pcapng", "--report", "-",
                              "--wall-limit", "20s")
            # As soon as something was captured: a second's frames take longer to read than to write.
            file = self.out / f"{code}.pcapng"
            for _ in range(1000):
                if file.exists() and file.stat().st_size >= 100_000:
                    break
                time.sleep(0.01)
            running.signal(number)
            outcome = running.end()
            self.assert_code(outcome, code)
            _, packets = read_pcapng(self.out / f"{code}.pcapng")
            self.assertEqual(len(packets), outcome.report()["totals"]["frames_sent"])

    @unittest.skipIf(INSTRUMENTED, "memory bounds hold for the release build")
    def test_memory_does_not_grow_with_the_capture(self):
        path = self.write(two_machines(sent=300_000, wanted=300_000, interval="1us", message="x" * 500))
        plain = elvis("run", path, "-q")
        outcome = self.run_capture("{network}.pcapng", path=path)
        self.assertGreater((self.out / "lan.pcapng").stat().st_size, 150_000_000)
        self.assertLess(outcome.rss_bytes, plain.rss_bytes + 40_000_000)

    def test_more_files_than_may_be_open_are_written_in_turn(self):
        def few_descriptors():
            resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))

        size = 300
        path = self.write(scenario(machine("hub", capture(message_count=size * 5)),
                                   machine("c", sender(to="hub", count=5, interval="1ms"), count=size)))
        self.run_capture("{machine}.pcapng", path=path, before=few_descriptors)
        files = captured(self.out)
        self.assertEqual(len(files), size + 1)
        self.assertEqual(sum(len(read_pcapng(file)[1]) for file in files), 2 * 5 * size)

    def test_files_of_machines_that_do_nothing_have_a_header(self):
        path = self.write(scenario(machine("hub", capture(message_count=1)), machine("one", sender(to="hub")),
                                   machine("idle", count=300)))
        self.run_capture("{machine}.pcapng", path=path)
        files = captured(self.out)
        self.assertEqual(len(files), 302)
        self.assertEqual(sum(len(read_pcapng(file)[0]) for file in files), 302)

    def test_a_file_that_cannot_be_made_ends_the_run_whichever_it_is(self):
        path = self.write(scenario(machine("c", count=300)))
        for place in (0, 299):
            with self.subTest(place=place):
                blocked = self.out / f"c-{place}.pcapng"
                blocked.mkdir(parents=True)
                outcome = self.run_capture("{machine}.pcapng", "--force", path=path, codes=(5,))
                self.assertIn(blocked.name, outcome.err)
                blocked.rmdir()

    def test_nothing_is_touched_if_the_last_of_many_files_exists(self):
        path = self.write(scenario(machine("c", count=300)))
        self.out.mkdir()
        (self.out / "c-299.pcapng").write_text("precious")
        self.run_capture("{machine}.pcapng", path=path, codes=(5,))
        self.assertEqual([file.name for file in captured(self.out)], ["c-299.pcapng"])

    def test_too_many_files_are_refused_with_a_hint(self):
        path = self.write(scenario(machine("c", count=70_000), pool="10.0.0.0/8"))
        outcome = self.run_capture("{machine}.pcapng", path=path, codes=(2,))
        self.assertIn("--pcap-filter", outcome.err)
        self.assertEqual(captured(self.folder), [])


if __name__ == "__main__":
    main()
