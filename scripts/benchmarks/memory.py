# SPDX-License-Identifier: MIT
"""What things weigh: the table of docs/memory.md, and whether `elvis check` foresees it."""
import pathlib
import re
import subprocess
import tempfile

from benchmarks import measure, programs

LEAST_ESTIMATE, MOST_ESTIMATE = 0.75, 1.25

# Scenarios with a parameter for their size, in one or several ways: its name, machines (or connections)
# for each unit of it, other settings, and the most that the scenario allows or a run of minutes takes.
SIZED = {
    "arp-lan": (("machines", 1, {}, 100_000),),
    "many-to-one": (("senders", 1, {}, 10_000_000),),
    "telephone": (("players", 1, {}, 60_000),),
    "scale/low-bandwidth": (("machines", 1, {}, 10_000_000),),
    "scale/high-bandwidth": (("machines", 1, {"messages": 5}, 10_000_000),
                             ("machines", 1, {"messages": 1}, 1_000_000),
                             ("machines", 1, {"messages": 5, "receivers": 1000}, 1_000_000)),
    "scale/ping-pongs": (("pairs", 2, {"throws": 2}, 5_000_000),),
    "scale/grid": (("hosts", 16, {"messages": 10}, 10_000_000),),
    "scale/chat": (("machines", 1, {"messages": 3}, 10_000_000),),
    "tcp/hold": (("clients", 4, {}, 60_000), ("clients", 100, {"machines": 100}, 10_000),
                 ("clients", 100, {"machines": 100, "hold": "0s"}, 10_000)),
    "tcp/short": (("clients", 10, {}, 60_000), ("machines", 1, {"clients": 1}, 60_000)),
    "tcp/star": (("machines", 1, {}, 10_000),),
}
UNITS = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}

ENDPOINT = "[Application name='{}' port='7' {}]"
SENDER = ENDPOINT.format("send_message", "message='Hello!' to='10.0.0.1' {}")
CAPTURE = ENDPOINT.format("capture", "message_count='1000000'")
STILL = "count='2' interval='1h' start='1h'"


def scenario(machines, applications=(), networks=1, protocols=("IPv4", "UDP"), sink=False):
    """NDL of many machines alike, perhaps with one that hears them all in front."""
    text = "[Networks]\n"
    text += "".join(f"    [Network id='n{i}' latency='1min']\n        [IP subnet='{10 + i}.0.0.0/8']\n"
                    for i in range(networks))
    text += "[Machines]\n"
    groups = [(1, (CAPTURE,))] if sink else []
    for number, (count, own) in enumerate(groups + [(machines, applications)]):
        text += f"    [Machine name='g{number}' count='{count}']\n        [Networks]\n"
        text += "".join(f"            [Network id='n{i}']\n" for i in range(networks))
        text += "        [Protocols]\n"
        text += "".join(f"            [Protocol name='{name}']\n" for name in protocols)
        text += "        [Applications]\n" + "".join(f"            {line}\n" for line in own)
    return text


def many_networks(count):
    """NDL of one machine and many networks."""
    text = "[Networks]\n" + "".join(f"    [Network id='n{i}']\n" for i in range(count))
    return text + ("[Machines]\n    [Machine]\n        [Networks]\n            [Network id='n0']\n"
                   "        [Protocols]\n            [Protocol name='IPv4']\n        [Applications]\n")


def _messages(count):
    return scenario(1000, (SENDER.format(f"count='{count}'"),), sink=True)


# Memory comes in large pages, so few things would not show.
MANY = (500_000, 1_000_000)

# What is weighed: a scenario for a number of things, the two numbers, how many there are for each
# unit of the number, and what each unit has besides, which is taken off.
WEIGHTS = (
    ("idle machine", scenario, MANY, 1, ()),
    ("tap beyond the first", lambda n: scenario(n, networks=9), (125_000, 250_000), 8, ("idle machine",)),
    ("ARP", lambda n: scenario(n, protocols=("IPv4", "ARP", "UDP")), MANY, 1, ("idle machine",)),
    ("application that waits", lambda n: scenario(n, (SENDER.format(STILL),)), MANY, 1,
     ("idle machine",)),
    ("bound UDP socket", lambda n: scenario(n, (CAPTURE,)), MANY, 1,
     ("idle machine", "application that waits")),
    ("message in flight", _messages, (400, 800), 1000, ()),
    ("network", many_networks, (50_000, 100_000), 1, ()),
)


def _peak(options, text, threads=1):
    """Peak bytes of a run of NDL text, without the minute that messages take: (bytes, reason)."""
    with tempfile.TemporaryDirectory(prefix="elvis-bench-") as folder:
        path = pathlib.Path(folder) / "weighed.ndl"
        path.write_text(text, encoding="utf-8")
        command = options.programs.run_command(path, threads, None, "--until", "1s")
        sample = measure.run(command, options.timeout, accepted=(0, 1))
    return sample.peak_rss_bytes, sample.reason


def weigh(options, found):
    """Slopes of peak memory between two sizes."""
    print("memory: bytes for each", flush=True)
    weights = {}
    for name, make, (few, many), each, others in WEIGHTS:
        if options.is_quick:
            few, many = few // 10, many // 10
        (low, low_reason), (high, high_reason) = (_peak(options, make(n)) for n in (few, many))
        parameters = {"from": few, "to": many}
        reason = low_reason or high_reason
        if not reason and any(other not in weights for other in others):
            reason = "what it is compared with could not be weighed"
        if reason:
            print(f"  {name:<24} FAILED: {reason}", flush=True)
            found.add_failed("memory", name, parameters, reason)
            continue
        unit = (high - low) / (many - few) - sum(weights[other] for other in others)
        weights[name] = unit / each
        found.add("memory", name, parameters, {"bytes": [weights[name]]}, 1)
        print(f"  {name:<24}{weights[name]:>10.1f}", flush=True)


def estimate_of(text):
    """Bytes that `elvis check` says it expects."""
    told = re.search(r"expected memory: about ([0-9.]+) ([kMGT]?B)", text)
    return float(told[1]) * UNITS[told[2]] if told else 0.0


def _points(options):
    """(scenario, settings) of all scenarios that ship, at all sizes."""
    most = options.max_machines or (10_000 if options.is_quick else 1_000_000)
    sizes = options.sizes or [n for n in (1000, 10_000, 100_000, 1_000_000) if n <= most]
    for path in sorted(programs.SCENARIOS.rglob("*.ndl")):
        name = path.relative_to(programs.SCENARIOS).with_suffix("").as_posix()
        if name not in SIZED:
            yield name, {}
            continue
        for parameter, each, settings, allowed in SIZED[name]:
            for machines in sizes:
                if 1 <= machines // each <= allowed:
                    yield name, {parameter: machines // each, **settings}


def estimates(options, found):
    """The expected memory of every scenario that ships beside the peak of its run."""
    print(f"memory: expected and measured\n  {'':<56}{'expected':>12}{'measured':>12}{'ratio':>8}",
          flush=True)
    threads = options.threads or 2
    for scenario_name, settings in _points(options):
        name = scenario_name + "".join(f" {key}={value}" for key, value in settings.items())
        parameters = {"scenario": scenario_name, "threads": threads, **settings}
        command = options.programs.run_command(scenario_name, threads, settings)
        check = [str(command[0]), "check", str(command[2])]
        check += [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        told = subprocess.run(check, capture_output=True, text=True, check=False)
        expected = estimate_of(told.stdout)
        sample = measure.run(command, options.timeout)
        reason = sample.reason or ("" if expected else "`elvis check` names no memory")
        if reason:
            print(f"  {name:<56} FAILED: {reason}", flush=True)
            found.add_failed("memory", name, parameters, reason)
            continue
        ratio = expected / sample.peak_rss_bytes
        is_held = LEAST_ESTIMATE <= ratio <= MOST_ESTIMATE
        found.add("memory", name, parameters, {
            "expected_bytes": [expected], "peak_rss_bytes": [sample.peak_rss_bytes],
            "expected_to_measured": [ratio]}, 1)
        found.add_bar("memory", f"{name}: expected / measured", ratio,
                      [LEAST_ESTIMATE, MOST_ESTIMATE], is_held)
        print(f"  {name:<56}{expected / 1e6:>9.1f} MB{sample.peak_rss_bytes / 1e6:>9.1f} MB{ratio:>8.2f}"
              f"{'' if is_held else '  MISSED'}", flush=True)


def memory(options, found):
    """Weighs things, then compares estimates with runs."""
    weigh(options, found)
    estimates(options, found)
