# SPDX-License-Identifier: MIT
"""The two experiments of the Elvis paper, as far as memory reaches: one message a machine (low
bandwidth) and a thousand (high bandwidth)."""
from benchmarks import machine, programs

PAPER_RANGE = tuple(range(1000, 10_001, 1000))
LARGER = (20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000)


def sizes(options, most):
    """Numbers of machines: those of the paper, and further up to the maximum."""
    if options.sizes:
        return options.sizes
    limit = options.max_machines or most
    if options.is_quick:
        return tuple(n for n in (1000, 10_000, 100_000) if n <= limit)
    return tuple(n for n in PAPER_RANGE + LARGER if n <= limit)


def repetitions(options, events):
    """Fewer for what takes long; times of short runs scatter more."""
    if options.repetitions:
        return options.repetitions
    if options.is_quick:
        return 1
    return 1 if events >= 100_000_000 else 3 if events >= 5_000_000 else 5


def low_bandwidth(options, found):
    """N machines send one message each to one receiver."""
    scenario, threads = "scale/low-bandwidth", options.threads or machine.cores()
    print(f"low-bandwidth: one message a machine, {threads} threads", flush=True)
    for count in sizes(options, 1_000_000):
        parameters = {"scenario": scenario, "machines": count, "messages": 1, "threads": threads}
        command = options.programs.run_command(scenario, threads, {"machines": count})
        programs.measure_points(found, "low-bandwidth", [(f"machines={count}", parameters, command)],
                                repetitions(options, 2 * count), options.timeout)


def high_bandwidth(options, found):
    """N machines send 1,000 messages each, to one receiver and to one for every ten of them."""
    scenario, threads = "scale/high-bandwidth", options.threads or machine.cores()
    messages = options.messages or (100 if options.is_quick else 1000)
    print(f"high-bandwidth: {messages} messages a machine, {threads} threads", flush=True)
    for count in sizes(options, 100_000):
        for receivers in (1, max(2, count // 10)):
            settings = {"machines": count, "messages": messages, "receivers": receivers}
            parameters = {"scenario": scenario, "threads": threads, **settings}
            suffix = "" if receivers == 1 else " receivers=many"
            programs.measure_points(
                found, "high-bandwidth",
                [(f"machines={count}{suffix}", parameters,
                  options.programs.run_command(scenario, threads, settings))],
                repetitions(options, 2 * count * messages), options.timeout)
