# SPDX-License-Identifier: MIT
"""Streams over TCP: a gigabyte over one connection, a thousand connections, and short ones."""
from benchmarks import measure
from benchmarks.programs import median

GIGABYTE = 1_000_000_000
MOST_S = 0.35          # for a gigabyte at MTU 1500
MOST_LARGEST_S = 0.1   # at the largest MTU
MOST_THREADS = 1.05    # two threads against one
MOST_RATIO = 2.5       # a frame against the yardstick's message

# Name, scenario, threads, settings, bar in seconds.
STREAMS = (
    ("gigabyte", "tcp/bulk", 1, {"bytes": GIGABYTE}, MOST_S),
    ("gigabyte verified", "tcp/bulk", 1, {"bytes": GIGABYTE, "verify": "true"}, None),
    ("gigabyte mtu=65535", "tcp/bulk", 1, {"bytes": GIGABYTE, "mtu": 65535}, MOST_LARGEST_S),
    ("gigabyte loss=0.1%", "tcp/bulk", 1, {"bytes": GIGABYTE, "loss": "0.1%"}, None),
    ("gigabyte threads=2", "tcp/bulk", 2, {"bytes": GIGABYTE}, None),
    ("star of 1,000", "tcp/star", 1, {"machines": 1_000, "bytes": 1_000_000}, None),
)
SHORT = ((100, 100), (100, 1_000), (100, 10_000))  # machines, connections of each
HELD = ((100, 100), (100, 1_000), (100, 10_000))
MOST_GROWTH = 1.5      # of the time for a connection from 100,000 to 1,000,000, which no cache holds
MOST_HELD_BYTES = 400_000_000  # of 100,000 connections, with their applications


def _run(options, found, name, command, settings, repetitions):
    samples = [measure.run(command, options.timeout) for _ in range(repetitions)]
    for sample in samples:
        if sample.reason or not sample.report:
            found.add_failed("tcp", name, settings, sample.reason or "printed no report")
            print(f"  {name:<32} FAILED: {sample.reason}", flush=True)
            return None
    run_s = [sample.report["run"]["run_s"] for sample in samples]
    frames = samples[0].report["totals"]["frames_sent"]
    values = {"run_s": run_s, "ns_per_frame": [seconds * 1e9 / max(1, frames) for seconds in run_s],
              "peak_rss_bytes": [sample.peak_rss_bytes for sample in samples]}
    return found.add("tcp", name, settings, values, repetitions)


def _print(name, point, bar=None):
    is_held = bar is None or median(point, "run_s") <= bar
    print(f"  {name:<32}{median(point, 'run_s'):>8.3f} s{median(point, 'ns_per_frame'):>8.0f} ns a frame"
          f"{median(point, 'peak_rss_bytes') / 1e6:>8.0f} MB"
          f"  {'' if bar is None else f'(bar: {bar} s)'} {'' if is_held else 'MISSED'}", flush=True)
    return is_held


def _streams(options, found, repetitions):
    points = {}
    for name, scenario, threads, settings, bar in STREAMS:
        if options.is_quick:
            settings = {**settings, "bytes": settings["bytes"] // 100}
        command = options.programs.run_command(scenario, threads, settings)
        point = _run(options, found, name, command, {**settings, "threads": threads}, repetitions)
        if point is None:
            continue
        points[name] = point
        is_held = _print(name, point, None if options.is_quick else bar)
        if bar is not None and not options.is_quick:
            found.add_bar("tcp", f"{name}: run_s", median(point, "run_s"), bar, is_held)
    return points


def _yardstick_ratio(options, found, point):
    sample = measure.run([options.programs.yardstick, 2, 1_000_000, 1, "time"], options.timeout)
    if sample.reason or not sample.report:
        return
    message = sample.report["run_s"] * 1e9 / 2_000_000
    ratio = median(point, "ns_per_frame") / message
    found.add_bar("tcp", "gigabyte: ratio to the yardstick", ratio, MOST_RATIO, ratio <= MOST_RATIO)
    print(f"  a frame takes {ratio:.2f} of the yardstick's message ({message:.0f} ns; bar {MOST_RATIO})")


def _connections(options, found, repetitions, scenario, sizes, what):
    first = None
    for machines, clients in sizes[:1] if options.is_quick else sizes:
        count = machines * clients
        settings = {"machines": machines, "clients": clients}
        name = f"{count:,} connections ({scenario})"
        repeated = repetitions if count <= 100_000 else 1
        point = _run(options, found, name, options.programs.run_command(scenario, 1, settings), settings, repeated)
        if point is None:
            continue
        _print(name, point)
        each = median(point, "run_s") * 1e9 / count
        memory = median(point, "peak_rss_bytes")
        print(f"  {'':<32}{each:>8.0f} ns and {memory / count:.0f} bytes a connection that {what}")
        if first is None or count == 100_000:
            first = each
        elif not options.is_quick:
            found.add_bar("tcp", f"{name}: growth of its time", each / first, MOST_GROWTH, each / first <= MOST_GROWTH)
        if scenario == "tcp/hold" and count == 100_000:
            found.add_bar("tcp", f"{name}: peak", memory, MOST_HELD_BYTES, memory <= MOST_HELD_BYTES)


def tcp(options, found):
    """Streams of bytes over TCP."""
    repetitions = options.repetitions or (1 if options.is_quick else 5)
    print(f"tcp: medians of {repetitions} runs", flush=True)
    points = _streams(options, found, repetitions)
    one, two = points.get("gigabyte"), points.get("gigabyte threads=2")
    if one and two and not options.is_quick:
        ratio = median(two, "run_s") / median(one, "run_s")
        found.add_bar("tcp", "gigabyte: two threads to one", ratio, MOST_THREADS, ratio <= MOST_THREADS)
    if one and not options.is_quick:
        _yardstick_ratio(options, found, one)
    _connections(options, found, repetitions, "tcp/short", SHORT, "opens, exchanges 1 KB and closes")
    _connections(options, found, repetitions, "tcp/hold", HELD, "opens, exchanges 1 KB and stays open")
