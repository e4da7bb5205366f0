# SPDX-License-Identifier: MIT
"""NDL of a graph of routers with hosts at them, and of what the hosts do."""
import fractions
import re
import unicodedata

from topologies.graphs import Mistake

LANS, LINKS = 10 << 24, 10 << 24 | 128 << 16  # 10.0.0.0/9 and 10.128.0.0/9
HALF = 1 << 23
PORT = 7
MOST_COLUMNS = 100
HOSTS = re.compile(r"host(-[0-9]+)?")  # what the hosts are called

# What values look like; time_fault() and rate_fault() look closer, and elvis at a queue's.
MODEL = r"|[a-z-]+\(.*\)"
TIME = re.compile(r"0|[0-9]+(\.[0-9]+)?(ns|us|ms|s|min|h)" + MODEL)
RATE = re.compile(r"[0-9]+(\.[0-9]+)?([kMG]?bps|[kMG]?B/s)")
QUEUE = re.compile(r"[0-9]+|[0-9]+(\.[0-9]+)?([kMG]?B|[KMG]iB)" + MODEL)
NUMBER = re.compile(r"[0-9]+(\.[0-9]{1,19})?")
MOST_DIGITS = 24  # before or behind the point

# In the smallest unit.
UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9,
         **{scale + unit: 1000**i * bits for i, scale in enumerate(["", "k", "M", "G"])
            for unit, bits in (("bps", 1), ("B/s", 8))}}
MOST_TIME, MOST_RATE = 2**63 - 1, 2**64 - 1


def _in_smallest(text, most, smallest):
    """A number with its unit, and what is wrong with it."""
    number = re.match(r"[0-9.]+", text).group()
    if max(map(len, number.split("."))) > MOST_DIGITS:
        return 0, "has too many digits"
    value = fractions.Fraction(number) * UNITS[text[len(number):]]
    if value > most:
        return 0, "is too much"
    return value, "" if value.denominator == 1 else f"is not a multiple of {smallest}"


def rate_fault(text):
    """What is wrong with a rate that looks like one; empty if nothing is."""
    value, fault = _in_smallest(text, MOST_RATE, "1bps")
    return fault or ("" if value else "is not at least 1bps")


def _plain_time(text):
    if text == "0":
        return 0, ""
    if "(" in text or not TIME.fullmatch(text):
        return 0, f"has {text!r} where a time belongs"
    return _in_smallest(text, MOST_TIME, "1ns")


def time_fault(text):
    """What is wrong with a latency that looks like one; empty if nothing is."""
    if not text.endswith(")"):
        return _plain_time(text)[1]
    name, _, inside = text[:-1].partition("(")
    parts = [part.strip() for part in inside.split(",")]
    wanted = {"constant": 1, "uniform": 2, "normal": 2, "lognormal": 2, "pareto": 2, "empirical": 1}
    if name not in wanted:
        return f"is none of the distributions {', '.join(wanted)}"
    if len(parts) != wanted[name] or "" in parts:
        return f"does not have as many values as it needs, {wanted[name]}"
    if name == "empirical":
        return ""
    is_shaped = name in ("lognormal", "pareto")
    times = [_plain_time(part) for part in (parts[:1] if is_shaped else parts)]
    fault = next((one for _, one in times if one), "")
    if fault:
        return fault
    if name == "uniform" and times[0][0] > times[1][0]:
        return "has the longer time first"
    if is_shaped and not NUMBER.fullmatch(parts[1]):
        return f"has {parts[1]!r} where a number belongs"
    if name == "lognormal" and float(parts[1]) > 20:
        return "has a sigma above 20"
    return "has no shape above 0" if name == "pareto" and float(parts[1]) == 0 else ""


class Literal(str):
    """Text in which nothing is an expression."""


def quoted(text):
    """A value as NDL has it."""
    plain = text.replace("\\", "\\\\").replace("'", "\\'")
    if isinstance(text, Literal):
        plain = plain.replace("${", "\\x24{")
    return "'" + "".join("".join(f"\\x{byte:02x}" for byte in c.encode()) if unicodedata.category(c) == "Cc" else c
                         for c in plain) + "'"


def section(depth, kind, /, **arguments):
    """A section in the layout of `elvis fmt`; arguments that are None are left out."""
    words = [f"{key}={quoted(value if isinstance(value, str) else str(value))}"
             for key, value in arguments.items() if value is not None]
    text = "    " * depth + "[" + kind
    width = len(text)
    for i, word in enumerate(words):
        closing = i + 1 == len(words)
        if width + 1 + len(word) + closing > MOST_COLUMNS:
            text += "\n" + "    " * (depth + 1) + word
            width = 4 * (depth + 1) + len(word)
        else:
            text += " " + word
            width += 1 + len(word)
    return text + "]\n"


def address(number):
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def network(name, subnet, length, **properties):
    """A network with a pool."""
    return (section(1, "Network", id=name, **properties)
            + section(2, "IP", subnet=f"{address(subnet)}/{length}"))


def templates():
    """What routers have in common, and what hosts have."""
    text = ""
    for name, first, more in (("router", {"forwarding": "true"}, ("ICMP",)), ("host", {}, ("ICMP", "UDP"))):
        text += section(0, "Template", name=name) + section(1, "Protocols")
        text += section(2, "Protocol", name="IPv4", **first)
        text += "".join(section(2, "Protocol", name=one) for one in more)
        if name == "router":
            text += section(1, "Applications")
    return text


def place_of(index, offset, count):
    """The place of the host `offset` behind that with the place `index`, all in a circle."""
    return f"${{({index} + {offset}) % {count}}}"


def start(milliseconds):
    """When a host begins: then, and a part of a millisecond later that differs from host to host."""
    spread = "index * 7919 % 1000000"
    return f"${{{f'{milliseconds}000000 + ' if milliseconds else ''}{spread}}}ns"


def applications(traffic, count, messages):
    """What each of `count` hosts does. Nobody sends to itself."""
    text = section(2, "Applications")
    if count < 2 or traffic == "none":
        return text
    if traffic == "ping":
        return text + section(3, "Application", name="ping", to=f"host-{place_of('index', 1, count)}",
                              count=messages)
    offsets = range(1, count) if traffic == "all-to-all" else (max(1, count // 2),)
    for offset in offsets:
        text += section(3, "Application", name="cbr", to=f"host-{place_of('index', offset, count)}",
                        port=PORT, size=100, count=messages, start=start(offset - offsets[0]))
    wanted = len(offsets) * messages
    return text + section(3, "Application", name="capture", port=PORT, message_count=wanted)


def machine_group(name, count, template):
    """The head of a group. A group of one has its number too."""
    if count == 1:
        return section(1, "Machine", name=f"{name}-0", template=template)
    return section(1, "Machine", name=name, count=count, template=template)


def hosts(count, network_of_index, traffic, messages, gateway=None):
    """All hosts, one group."""
    text = machine_group("host", count, "host") + section(2, "Networks")
    text += section(3, "Network", id=network_of_index, gateway=gateway)
    return text + applications(traffic, count, messages)


def _lan_length(lans, machines):
    """The length of the prefix of each LAN: room for its machines, and for all LANs."""
    bits = max(2, (machines + 1).bit_length())
    if lans << 8 <= HALF:
        bits = max(8, bits)
    if lans << bits > HALF:
        raise Mistake(f"{lans} networks with {machines} machines each have no room in 10.0.0.0/9")
    return 32 - bits


def of_graph(graph, options):
    """NDL of routers that find the shortest paths before the run."""
    if len(graph.links) << 2 > HALF:
        raise Mistake("there are more lines than 10.128.0.0/9 has room for")
    hosted = graph.hosted
    if options.lans is not None:  # evenly among those that may have hosts
        if not 1 <= options.lans <= len(hosted):
            raise Mistake(f"from 1 to {len(hosted)} routers may have hosts")
        hosted = [hosted[i * len(hosted) // options.lans] for i in range(options.lans)]
    if options.hosts == 0:
        hosted = []
    length = _lan_length(max(1, len(hosted)), options.hosts + 1)
    text = templates() + section(0, "Networks", routing="static-shortest-path")
    of_router = [[] for _ in graph.names]
    for i, router in enumerate(hosted):
        text += network(f"lan-{i}", LANS + (i << 32 - length), length, latency=options.lan_latency)
        of_router[router].append(f"lan-{i}")
    for i, link in enumerate(graph.links):
        properties = {"latency": options.latency, "throughput": options.throughput,
                      "queue": options.queue, **link.properties}
        if properties["throughput"] is not None:
            properties["medium"] = "switched"
        text += network(f"link-{i}", LINKS + (i << 2), 30, **properties)
        for end in link.ends:
            of_router[end].append(f"link-{i}")
    text += section(0, "Machines")
    for name, networks in zip(graph.names, of_router):
        text += section(1, "Machine", name=Literal(name), template="router") + section(2, "Networks")
        text += "".join(section(3, "Network", id=one) for one in networks)
    if hosted:
        each = options.hosts
        lan = "lan-${index}" if each == 1 else f"lan-${{index / {each}}}"
        count = each * len(hosted)
        text += hosts(count, lan if count > 1 else "lan-0", options.traffic, options.messages)
    return text
