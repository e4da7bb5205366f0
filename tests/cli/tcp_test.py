#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""TCP from outside: what tshark and our own laws say of its captures, `--trace tcp`, and its applications."""
import csv
import shutil
import signal
import subprocess
import time
import unittest

from support import INSTRUMENTED, ROOT, SLOWER, Case, Running, elvis, main

SHIPPED = sorted((ROOT / "ndl" / "tcp").glob("*.ndl"))
# What a network without losses and detours never shows.
TROUBLE = " || ".join(f"tcp.analysis.{name}" for name in (
    "retransmission", "fast_retransmission", "spurious_retransmission", "duplicate_ack", "out_of_order",
    "lost_segment", "ack_lost_segment"))
FIELDS = ("tcp.stream", "ip.src", "tcp.srcport", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.flags")
FIN, SYN, RST, ACK = 1, 2, 4, 16
TWO_TO_31, TWO_TO_32 = 1 << 31, 1 << 32


def host(name, *applications, tcp="", count=None):
    lines = [f"    [Machine name='{name}'" + (f" count='{count}'" if count else "") + "]",
             "        [Networks]", "            [Network id='lan']", "        [Protocols]",
             "            [Protocol name='IPv4']", f"            [Protocol name='TCP' {tcp}]", "        [Applications]"]
    return "\n".join(lines + [f"            [Application {text}]" for text in applications]) + "\n"


def world(*machines, link="latency='1ms'", events=""):
    return (f"[Networks]\n    [Network id='lan' {link}]\n        [IP subnet='10.0.0.0/16']\n[Machines]\n"
            + "".join(machines) + events)


def bulk(to="bob", port=80, **more):
    return " ".join([f"name='bulk' to='{to}' port='{port}'", *(f"{key}='{value}'" for key, value in more.items())])


SINK = "name='sink' port='80' verify='true'"


def two_hosts(link="latency='1ms'", alice_tcp="", bob_tcp="", **more):
    return world(host("alice", bulk(**{"bytes": 300_000, "verify": "true", **more}), tcp=alice_tcp),
                 host("bob", SINK, tcp=bob_tcp), link=link)


def is_after(one, other):
    """Whether sequence number `one` is behind `other`."""
    return 0 < (one - other) % TWO_TO_32 < TWO_TO_31


@unittest.skipUnless(shutil.which("tshark"), "tshark is not installed")
class CaptureTest(Case):
    def tshark(self, path, *options):
        outcome = subprocess.run(["tshark", "-r", path, "-o", "tcp.relative_sequence_numbers:FALSE", *options],
                                 capture_output=True, text=True, check=False)
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        return outcome.stdout.splitlines()

    def captured(self, path, *options):
        out = self.folder / path.stem
        outcome = elvis("run", path, "--report", "-", "--pcap", out / "{network}.pcapng", *options)
        self.assert_code(outcome, 0)
        return sorted(out.glob("*.pcapng")), outcome.report()

    def test_streams_obey_their_laws_in_every_shipped_scenario(self):
        for path in SHIPPED:
            with self.subTest(scenario=path.name):
                files, report = self.captured(path)
                if INSTRUMENTED:
                    continue  # they are the same bytes, and tshark takes its time
                totals = report["totals"]
                is_clean = not any(totals[f"frames_{fate}"] for fate in
                                   ("lost", "corrupted", "queue_dropped", "duplicated")) and not totals["drops"]
                for file in files:
                    if is_clean:
                        self.assertEqual(self.tshark(file, "-Y", TROUBLE), [])
                    self.assert_laws(file)

    # No acknowledgement moves backward, and behind a FIN there are no data, in either direction.
    def assert_laws(self, file):
        fields = [option for name in FIELDS for option in ("-e", name)]
        acknowledged, ended = {}, {}
        lines = self.tshark(file, "-Y", "tcp && !icmp", "-T", "fields", *fields)
        self.assertTrue(lines)
        for line in lines:
            stream, source, port, *numbers, flags = line.split("\t")
            sequence, acknowledgement, length = map(int, numbers)
            flags = int(flags, 16)
            end = (stream, source, port)
            if flags & SYN:
                acknowledged.pop(end, None)
                ended.pop(end, None)
            if flags & RST:
                continue
            if flags & ACK:
                before = acknowledged.setdefault(end, acknowledgement)
                self.assertFalse(is_after(before, acknowledgement), f"{file.name}: an ACK moved backward: {line}")
                acknowledged[end] = acknowledgement
            behind = (sequence + length) % TWO_TO_32
            if flags & FIN:
                self.assertEqual(ended.setdefault(end, behind), behind, f"{file.name}: two FINs: {line}")
            elif length and end in ended:
                self.assertFalse(is_after(behind, ended[end]), f"{file.name}: data behind a FIN: {line}")


class TraceTest(Case):
    COLUMNS = ["time_s", "machine", "local", "remote", "state", "cwnd_bytes", "ssthresh_bytes", "in_flight_bytes",
               "srtt_us", "rto_us"]

    def setUp(self):
        super().setUp()
        self.path = self.write(world(
            host("client", bulk(bytes=60_000), bulk(port=81, bytes=40_000), count=6),
            host("bob", "name='sink' port='80'", "name='sink' port='81'"),
            link="latency='uniform(1ms, 2ms)' loss='2%'"))

    def trace(self, *options, code=0, path=None, **more):
        outcome = elvis("run", path or self.path, "-q", "--trace", "tcp", *options, cwd=self.folder, **more)
        self.assert_code(outcome, code)
        return outcome

    def rows(self, name="tcp-trace.csv"):
        text = (self.folder / name).read_text()
        self.assertTrue(text.endswith("\n"), "the last line is whole")
        header, *rows = csv.reader(text.splitlines())
        self.assertEqual(header, self.COLUMNS)
        for row in rows:
            self.assertEqual(len(row), len(self.COLUMNS), row)
        return [dict(zip(header, row)) for row in rows]

    def test_it_tells_how_the_windows_of_all_connections_move(self):
        self.trace()
        rows = self.rows()
        # Also bob's, whose windows are opened by the handshake.
        self.assertEqual({row["machine"] for row in rows}, {"bob"} | {f"client-{i}" for i in range(6)})
        self.assertEqual({row["remote"].split(":")[1] for row in rows if row["machine"] != "bob"}, {"80", "81"})
        times = [float(row["time_s"]) for row in rows]
        self.assertEqual(times, sorted(times))
        self.assertTrue({"open", "recovery"} <= {row["state"] for row in rows})
        self.assertTrue(all(int(row["cwnd_bytes"]) > 0 and int(row["in_flight_bytes"]) >= 0 for row in rows))
        self.assertTrue(any(row["ssthresh_bytes"] for row in rows))
        # As iperf would see it: round trips are between two latencies of 1 to 2 ms and the ACK's delay.
        self.assertTrue(all(2_000 <= int(row["srtt_us"]) < 50_000 for row in rows))

    def test_it_is_the_same_on_any_number_of_threads_and_changes_no_result(self):
        plain = self.run_report(self.path)
        traces = set()
        for threads, partitions in ((1, 1), (1, 4), (2, 2), (3, 8)):
            outcome = elvis("run", self.path, "--report", "-", "--trace", "tcp", "--force", "--threads", threads,
                            "--partitions", partitions, cwd=self.folder)
            self.assert_code(outcome, 0)
            self.assertEqual(outcome.report()["run"]["digest"], plain["run"]["digest"])
            traces.add((self.folder / "tcp-trace.csv").read_bytes())
        self.assertEqual(len(traces), 1)

    def test_connections_are_filtered_by_machine_and_port(self):
        self.trace("--trace-filter", "machine=client-3,port=81", "--trace-file", "one.csv")
        rows = self.rows("one.csv")
        self.assertEqual({(row["machine"], row["remote"].split(":")[1]) for row in rows}, {("client-3", "81")})
        self.trace("--trace-filter", "machine=client", "--trace-file", "group.csv")
        self.assertEqual({row["machine"] for row in self.rows("group.csv")}, {f"client-{i}" for i in range(6)})
        for terms, words in (("machine=nobody", "no machine is called"), ("network=lan", "by machine and port"),
                             ("port=0", "needs a port")):
            outcome = self.trace("--trace-filter", terms, "--trace-file", "none.csv", code=2)
            self.assertIn(words, outcome.err)
        self.assertFalse((self.folder / "none.csv").exists())
        self.assert_code(elvis("run", self.path, "--trace", "udp"), 2)

    def test_no_file_is_lost_to_it(self):
        kept = self.folder / "tcp-trace.csv"
        kept.write_text("mine")
        outcome = self.trace(code=5)
        self.assertIn("--force", outcome.err)
        self.assertEqual(kept.read_text(), "mine")
        self.trace("--force")
        self.assertGreater(len(self.rows()), 10)
        before = self.path.read_text()
        self.trace("--force", "--trace-file", self.path, code=5)
        self.assertEqual(self.path.read_text(), before)
        self.trace("--trace-file", "no/such/folder.csv", code=5)

    def test_no_file_is_lost_to_the_trace_of_an_application(self):
        def run(*options, code=0, trace="cwnd.csv", **more):
            path = self.write(world(host("alice", bulk(bytes=60_000, trace=trace), **more),
                                    host("bob", "name='sink' port='80'")))
            outcome = elvis("run", path, "-q", *options, cwd=self.folder)
            self.assert_code(outcome, code)
            if code == 5:
                self.assertEqual(outcome.err.count("\n"), 1, outcome.err)
            return outcome.err

        kept = self.folder / "cwnd.csv"
        run()
        rows = kept.read_text()
        self.assertTrue(rows.startswith("time_s,local,remote,") and rows.count("\n") > 10)
        kept.write_text("mine")
        told = run(code=5)
        self.assertTrue("`cwnd.csv`" in told and "--force" in told, told)
        # Who is refused for something else finds no file in the way the next time.
        run("--pcap", "cwnd.csv", code=5, trace="new.csv")
        self.assertFalse((self.folder / "new.csv").exists())
        # It is no other file of the run either, nor that of two applications.
        for options in (("--trace", "tcp", "--trace-file", "cwnd.csv"), ("--pcap", "cwnd.csv"), ("--report", "cwnd.csv")):
            for name in ("cwnd.csv", "./cwnd.csv"):
                self.assertIn("another file of this run", run(*options, "--force", code=5, trace=name))
        self.assertIn("another file of this run", run("--force", code=5, count=2))
        self.assertEqual(kept.read_text(), "mine")
        run("--force")
        self.assertEqual(kept.read_text(), rows)
        run(code=5, trace="no/such/folder.csv")
        run(trace="/dev/null")
        run(trace="${name}.csv", count=2)
        self.assertTrue((self.folder / "alice-1.csv").exists())

    def test_a_full_disk_ends_the_run_with_its_own_code(self):
        outcome = self.trace("--trace-file", "/dev/full", code=5)
        self.assertIn("/dev/full", outcome.err)

    def test_a_signal_leaves_whole_lines(self):
        path = self.write(two_hosts(bytes=10 ** 15), "long.ndl")
        running = Running("run", path, "-q", "--trace", "tcp", cwd=self.folder)
        time.sleep(0.7 * (2 if SLOWER > 1 else 1))
        running.signal(signal.SIGINT)
        self.assert_code(running.end(), 130)
        self.assertGreater(len(self.rows()), 100)

    def test_a_machine_that_was_away_is_traced_again(self):
        path = self.write(world(
            host("alice", "name='request_response' to='bob' port='80' count='10' interval='100ms' timeout='300ms'"),
            host("bob", "name='responder' port='80'"),
            events="[Events]\n    [Event at='250ms' machine='alice' set='down']\n"
                   "    [Event at='500ms' machine='alice' set='up']\n"), "events.ndl")
        outcome = elvis("run", path, "-q", "--trace", "tcp", cwd=self.folder)
        self.assert_code(outcome, 0, 1)
        times = [float(row["time_s"]) for row in self.rows() if row["machine"] == "alice"]
        self.assertTrue(any(at < 0.25 for at in times) and any(at > 0.5 for at in times), times)


class ApplicationTest(Case):
    def application(self, report, machine, name=None):
        return next(entry for entry in report["applications"]
                    if entry["machine"] == machine and name in (None, entry["application"]))

    def test_bulk_says_what_iperf_says(self):
        report = self.run_report(two_hosts(link="latency='5ms' throughput='100Mbps' medium='switched'", bytes=2_000_000))
        detail = self.application(report, "alice")["detail"]
        self.assertRegex(detail, r"^2000000 bytes at [0-9.]+ Mbps, 0 retransmissions, rtt 1[0-9.]+/[0-9.]+ ms")
        report = self.run_report(two_hosts(link="latency='5ms' throughput='10Mbps' medium='switched'", bytes=10 ** 9, duration="3s"))
        entry = self.application(report, "alice")
        rate = float(entry["detail"].split(" at ")[1].split()[0])
        self.assertTrue(8.5 < rate < 9.7, entry["detail"])
        self.assertEqual(self.application(report, "bob")["bytes"], entry["bytes"])

    def test_a_message_of_many_segments_survives_loss(self):
        message = "0123456789" * 3_000
        report = self.run_report(world(
            host("alice", f"name='send_message' to='bob' port='80' message='{message}' count='30'"),
            host("bob", "name='forward' local_port='80' to='carol' remote_port='81'"),
            host("carol", f"name='capture' port='81' message='{message}' message_count='30'"),
            link="latency='2ms' loss='3%' duplication='1%' corruption='1%'"))
        carol = self.application(report, "carol")
        self.assertEqual((carol["messages"], carol["bytes"]), (30, 900_000))

    def test_who_is_refused_or_hears_nothing_says_so(self):
        report = self.run_report(world(
            host("alice", bulk(), "name='send_message' to='bob' port='80' message='hi'",
                 "name='request_response' to='bob' port='80'"), host("bob", "name='sink' port='81'")), codes=(1,))
        for name in ("bulk", "send_message", "request_response"):
            entry = self.application(report, "alice", name)
            self.assertEqual(entry["status"], "failed")
            self.assertIn("refused", entry["detail"], entry)
        report = self.run_report(world(
            host("alice", bulk(bytes=10_000_000), tcp="user_timeout='5s'"), host("bob", SINK),
            events="[Events]\n    [Event at='10ms' machine='bob' set='down']\n"), codes=(1,))
        self.assertIn("timed out", self.application(report, "alice")["detail"])

    def test_requests_have_the_sizes_that_were_asked_for(self):
        for sizes, least, most in (("constant", 1_000_000, 1_000_000), ("exponential", 900_000, 1_100_000),
                                   ("pareto", 700_000, 1_600_000)):
            with self.subTest(sizes=sizes):
                report = self.run_report(world(
                    host("alice", "name='request_response' to='bob' port='80' count='100' clients='10' "
                         f"per_connection='100' response_size='1000' sizes='{sizes}'"),
                    host("bob", "name='responder' port='80'")))
                entry = self.application(report, "alice")
                self.assertEqual(entry["messages"], 1_000)
                self.assertTrue(least <= entry["bytes"] <= most, entry)
                self.assertIn("1000 answers over 10 connections", entry["detail"])

    def test_buffers_that_may_grow_fill_a_long_path(self):
        rates = {}
        for grows in ("false", "true"):
            tcp = f"receive_buffer='65536' send_buffer='65536' auto_tune='{grows}'"
            report = self.run_report(two_hosts(link="latency='50ms'", alice_tcp=tcp, bob_tcp=tcp, bytes=5_000_000))
            rates[grows] = float(self.application(report, "alice")["detail"].split(" at ")[1].split()[0])
        self.assertLess(rates["false"], 65_536 * 8 / 0.1 / 1e6 * 1.01)  # a window each round trip
        self.assertGreater(rates["true"], 3 * rates["false"])


if __name__ == "__main__":
    main()
