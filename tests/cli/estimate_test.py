#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`elvis check` says what memory runs take, also of scenarios that are built otherwise than those that ship."""
import re

from support import Case, elvis, main, release_only

UNITS = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}
LAN = "id='lan' latency='1ms'"


def scenario(*groups, network=LAN):
    """NDL of groups of machines on one network, each (count, protocols, applications)."""
    text = f"[Networks]\n    [Network {network}]\n        [IP subnet='10.0.0.0/8']\n[Machines]\n"
    for name, (count, protocols, *applications) in zip("rst", groups):
        text += f"    [Machine name='{name}' count='{count}']\n        [Networks]\n            [Network id='lan']\n"
        text += "        [Protocols]\n" + "".join(f"            [Protocol name='{one}']\n"
                                                  for one in protocols.split())
        text += "        [Applications]\n" + "".join(f"            [Application name='{one}']\n"
                                                     for one in applications)
    return text


def to_one(count, sender, protocols="IPv4 UDP", receiver="capture' port='7' message_count='{}"):
    """NDL of machines that all send to one, which hears `count` messages."""
    return scenario((1, protocols, receiver.format(count)),
                    (count, protocols, sender.replace("to=''", "to='r'")))


def each(count, sender, protocols="IPv4 UDP", receiver="capture' port='7", **more):
    """NDL of machines that each send to one of their own."""
    return scenario((count, protocols, receiver),
                    (count, protocols, sender.replace("to=''", "to='r-${index}'")), **more)


SCENARIOS = {
    "all at once": to_one(20_000, "send_message' to='' port='7' message='x' count='20"),
    "small intervals": to_one(
        20_000, "send_message' to='' port='7' message='x' count='20' interval='100us"),
    "one after the other": to_one(
        20_000, "send_message' to='' port='7' message='x' start='${index}us"),
    "many begin in one window": to_one(
        50_000, "send_message' to='' port='7' message='x' start='${index % 1000}us"),
    "a constant rate": to_one(
        20_000, "cbr' to='' port='7' size='500' count='10' interval='10ms", receiver="sink' port='7"),
    "a flood": to_one(5_000, "udp_flood' to='' port='7' size='500' count='10", receiver="sink' port='7"),
    "echoes": each(10_000, "ping' to='' count='3' interval='10ms", "IPv4 ICMP", "ping' to='s-${index}"),
    "who has it?": each(10_000, "send_message' to='' port='7' message='x", "IPv4 ARP UDP"),
    "fragments": each(10_000, f"send_message' to='' port='7' message='{'x' * 5000}"),
    "own media": each(10_000, "send_message' to='' port='7' message='x",
                      network=LAN + " throughput='10Gbps' medium='switched'"),
    "questions": to_one(10_000, "socket_client' to='' port='7' count='3' interval='10ms' id='${index}",
                        receiver="socket_server' port='7"),
    "messages over TCP": each(5_000, "send_message' to='' port='7' message='x", "IPv4 TCP"),
    "ping-pong over TCP": scenario(
        (5_000, "IPv4 TCP", "ping_pong' starter='true' to='s-${index}' local_port='7' remote_port='7' count='4"),
        (5_000, "IPv4 TCP", "ping_pong' starter='false' to='r-${index}' local_port='7' remote_port='7")),
    "streams": each(500, "bulk' to='' port='7' bytes='1000000", "IPv4 TCP", "sink' port='7"),
    "streams with little room": each(
        1_000, "bulk' to='' port='7' bytes='300000", "IPv4 TCP", "sink' port='7",
        network=LAN + " throughput='100Mbps' medium='switched' queue='100'"),
    "connections one after the other": to_one(
        10_000, "request_response' to='' port='7' count='1' start='${index * 10}us", "IPv4 TCP",
        "responder' port='7"),
    "a group": scenario((20_000, "IPv4 UDP", "capture' port='7' group='239.1.1.1"),
                        (1, "IPv4 UDP", "send_message' to='239.1.1.1' port='7' message='x' start='1s")),
    "many applications": scenario(
        (3_000, "IPv4 UDP", *(f"capture' port='{port}" for port in range(1, 11))),
        (3_000, "IPv4 UDP", *(f"send_message' to='r-${{index}}' port='{port}' message='x' start='{port}ms"
                              for port in range(1, 11)))),
}


@release_only
class EstimateTest(Case):
    def test_runs_take_what_was_expected(self):
        for name, text in SCENARIOS.items():
            with self.subTest(scenario=name):
                path = self.write(text)
                checked = elvis("check", path)
                self.assertEqual(checked.code, 0, checked)
                told = re.search(r"expected memory: about ([0-9.]+) ([kMGT]?B)", checked.out)
                expected = float(told[1]) * UNITS[told[2]]
                for threads in ("1", "2"):
                    taken = self.run_report(path, "--threads", threads)["run"]["peak_rss_bytes"]
                    self.assertGreater(expected / taken, 0.75, f"{expected} of {taken}")
                    self.assertLess(expected / taken, 1.25, f"{expected} of {taken}")


if __name__ == "__main__":
    main()
