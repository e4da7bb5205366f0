# SPDX-License-Identifier: MIT
"""Threads never hurt, and help where work is parallel: time on two threads against time on one."""
import concurrent.futures
import statistics

from benchmarks import measure, programs

MOST_SLOWDOWN = 1.05
LEAST_SPEEDUP = 1.7

# What is parallel, at sizes that are worth measuring.
PARALLEL = (
    ("many receivers", "scale/high-bandwidth",
     {"machines": 20_000, "messages": 100, "receivers": 2000}),
    ("grid of networks", "scale/grid", {"hosts": 250, "messages": 400}),
    ("10,000 ping-pongs", "scale/ping-pongs", {"pairs": 10_000}),
)
QUICK = (
    ("many receivers", "scale/high-bandwidth", {"machines": 5000, "messages": 40, "receivers": 500}),
    ("grid of networks", "scale/grid", {"hosts": 50, "messages": 200}),
    ("1,000 ping-pongs", "scale/ping-pongs", {"pairs": 1000}),
)
# Shipped scenarios are small; with these they run long enough to be timed.
LARGER = {
    "many-to-one": {"senders": 200_000},
    "telephone": {"players": 50_000},
    "scale/low-bandwidth": {"machines": 200_000},
    "scale/high-bandwidth": {"machines": 10_000, "messages": 100},
    "scale/ping-pongs": {"pairs": 2000},
    "scale/grid": {"hosts": 100, "messages": 100},
    "scale/chat": {"machines": 10_000, "messages": 40},
}


def shipped():
    """Names of all scenarios that ship."""
    folder = programs.SCENARIOS
    return [path.relative_to(folder).with_suffix("").as_posix()
            for path in sorted(folder.rglob("*.ndl"))]


def _speedup_of_processes(command, repetitions, timeout):
    """What two processors give to two runs that share nothing but the machine: the most that two
    threads can gain just now. None if a run fails."""
    alone, beside = [], []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for _ in range(repetitions):
            runs = [measure.run(command, timeout)]
            runs += pool.map(lambda _: measure.run(command, timeout), range(2))
            if any("run" not in sample.report for sample in runs):
                return None
            alone.append(runs[0].report["run"]["run_s"])
            beside.append(max(sample.report["run"]["run_s"] for sample in runs[1:]))
    return 2 * statistics.median(alone) / max(statistics.median(beside), 1e-9)


def _measure(options, found, name, scenario, settings, least, is_parallel=False):
    """Both thread counts in turns; the point that was added, or None."""
    commands = {threads: options.programs.run_command(scenario, threads, settings)
                for threads in (1, 2)}
    # The shorter a run, the more of them: a few seconds for each scenario.
    first = measure.run(commands[2], options.timeout)
    repetitions = max(least, min(10 * least, round(1.5 / max(first.wall_s, 0.001))))
    samples = measure.alternate(commands, repetitions, options.timeout)
    parameters = {"scenario": scenario, **settings}
    failed = next((sample.reason or "printed no report" for all_of in samples.values()
                   for sample in all_of if sample.reason or "run" not in sample.report), "")
    if failed:
        print(f"  {name:<22} FAILED: {failed}", flush=True)
        found.add_failed("threads", name, parameters, failed)
        return None
    values = {}
    for threads, prefix in ((1, ""), (2, "two_threads_")):
        values[f"{prefix}wall_s"] = [sample.wall_s for sample in samples[threads]]
        values[f"{prefix}run_s"] = [sample.report["run"]["run_s"] for sample in samples[threads]]
    medians = {key: statistics.median(all_of) for key, all_of in values.items()}
    values["ratio"] = [medians["two_threads_wall_s"] / medians["wall_s"]]
    values["speedup"] = [medians["run_s"] / max(medians["two_threads_run_s"], 1e-9)]
    if is_parallel:
        most = _speedup_of_processes(commands[1], repetitions, options.timeout)
        if most is not None:
            values["most_speedup"] = [most]
    point = found.add("threads", name, parameters, values, repetitions)
    digests = {sample.report["run"]["digest"] for all_of in samples.values() for sample in all_of}
    found.add_bar("threads", f"{name}: different digests", len(digests), 1, len(digests) == 1)
    return point


def _show(point, bar, is_held):
    times = {key: value["median"] for key, value in point["values"].items()}
    print(f"  {point['name']:<22}{times['wall_s'] * 1e3:>10.1f}{times['two_threads_wall_s'] * 1e3:>10.1f}"
          f"{times['ratio']:>8.2f}{times['run_s'] * 1e3:>12.1f}{times['two_threads_run_s'] * 1e3:>10.1f}"
          f"{times['speedup']:>9.2f}   {bar}{'' if is_held else '  MISSED'}", flush=True)


def threads(options, found):
    """Measures every shipped scenario on one and two threads, and the parallel ones by their gain."""
    least = options.repetitions or (3 if options.is_quick else 7)
    print(f"threads: medians of {least} and more runs in turns; the whole process, and the simulation\n"
          f"  {'milliseconds':<22}{'1 thread':>10}{'2':>10}{'2 / 1':>8}{'1 thread':>12}{'2':>10}"
          f"{'faster':>9}   bar", flush=True)
    for scenario in shipped():
        settings = {} if options.is_quick else LARGER.get(scenario, {})
        point = _measure(options, found, scenario, scenario, settings, least)
        if point is not None:
            ratio = programs.median(point, "ratio")
            is_held = ratio <= MOST_SLOWDOWN
            found.add_bar("threads", f"{scenario}: 2 threads / 1", ratio, MOST_SLOWDOWN, is_held)
            _show(point, f"2 / 1 <= {MOST_SLOWDOWN}", is_held)
    for name, scenario, settings in QUICK if options.is_quick else PARALLEL:
        point = _measure(options, found, name, scenario, settings, least, is_parallel=True)
        if point is not None:
            speedup = programs.median(point, "speedup")
            is_held = speedup >= LEAST_SPEEDUP
            found.add_bar("threads", f"{name}: speed-up", speedup, LEAST_SPEEDUP, is_held)
            most = f" (two processes: {programs.median(point, 'most_speedup'):.2f})" \
                if "most_speedup" in point["values"] else ""
            _show(point, f"{LEAST_SPEEDUP} times faster{most}", is_held)
