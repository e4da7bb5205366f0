# SPDX-License-Identifier: MIT
"""What a hop through a router costs, on one thread, beside the yardstick, whose routers are bare."""
import pathlib
import subprocess
import tempfile

from benchmarks import measure
from benchmarks.machine import ROOT
from benchmarks.programs import median

MOST_RATIO = 2.5

# Name, words for scripts/topology, messages of each flow, and what is like it for the yardstick:
# senders, receivers, routers, hops.
SHAPES = (
    ("chain of 16, one flow", ("chain", 16, "--traffic", "pairs"), 100_000, (2, 2, 16, 16)),
    ("chain of 16, 200 flows", ("chain", 16, "--hosts", 100, "--traffic", "pairs"), 1000, (200, 200, 16, 16)),
    ("fat tree, 128 flows", ("fat-tree", 8, "--traffic", "pairs"), 2000, (128, 128, 80, 5)),
    ("fat tree, 16,256 flows", ("fat-tree", 8, "--traffic", "all-to-all"), 20, (16_256, 128, 80, 5)),
)


def _seconds_a_frame(name, sample):
    if name == "elvis":
        return sample.report["run"]["run_s"] / sample.report["totals"]["frames_sent"]
    return sample.report["run_s"] / sample.report["frames"]


def _commands(options, path, messages, likeness):
    senders, receivers, routers, hops = likeness
    commands = {"elvis": options.programs.run_command(path, 1)}
    for order in ("time", "machine"):
        commands[order] = [options.programs.yardstick, senders, messages, receivers, order, routers, hops]
    return commands


def _point(options, found, shape, folder, repetitions):
    name, words, messages, likeness = shape
    if options.is_quick:
        messages = max(1, messages // 20)
    path = pathlib.Path(folder) / "forwarding.ndl"
    words = [*map(str, words), "--messages", str(messages), "--output", path]
    if words[0] == "chain":
        words += ["--lan-latency", "1ms"]
    subprocess.run([ROOT / "scripts" / "topology", *words], check=True)
    commands = _commands(options, path, messages, likeness)
    with measure.on_one_processor():
        samples = measure.alternate(commands, repetitions, options.timeout)
    for program, all_of in samples.items():
        for sample in all_of:
            if sample.reason or not sample.report:
                reason = f"{program}: {sample.reason or 'printed no report'}"
                print(f"  {name:<26} FAILED: {reason}", flush=True)
                found.add_failed("forwarding", name, {}, reason)
                return
    times = {key: [_seconds_a_frame(key, sample) for sample in all_of] for key, all_of in samples.items()}
    medians = {key: measure.summary_of(value)["median"] for key, value in times.items()}
    fastest = min(("time", "machine"), key=lambda order: medians[order])
    ratio = medians["elvis"] / medians[fastest]
    point = found.add("forwarding", name, {"messages": messages, "yardstick": fastest}, {
        "ns_per_hop": [seconds * 1e9 for seconds in times["elvis"]], "ratio": [ratio],
        "yardstick_ns_per_hop": [seconds * 1e9 for seconds in times[fastest]]}, repetitions)
    found.add_bar("forwarding", f"{name}: ratio", ratio, MOST_RATIO, ratio <= MOST_RATIO)
    print(f"  {name:<26}{median(point, 'ns_per_hop'):>7.1f} ns{median(point, 'yardstick_ns_per_hop'):>9.1f} ns"
          f" (by {fastest}){'':<{8 - len(fastest)}}{ratio:>6.2f}  {'' if ratio <= MOST_RATIO else 'MISSED'}",
          flush=True)


def forwarding(options, found):
    """The program and the yardstick in turns."""
    repetitions = options.repetitions or (3 if options.is_quick else 7)
    print(f"forwarding: a hop on one thread, medians of {repetitions} runs in turns\n"
          f"  {'':<26}{'elvis':>10}{'yardstick':>12}{'ratio':>21}  (bar: {MOST_RATIO})", flush=True)
    with tempfile.TemporaryDirectory(prefix="elvis-bench-") as folder:
        for shape in SHAPES:
            _point(options, found, shape, folder, repetitions)
