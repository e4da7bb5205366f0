# SPDX-License-Identifier: MIT
"""A UDP message end to end on one thread, beside the yardstick (bench/yardstick.cpp)."""
from benchmarks import measure
from benchmarks.programs import median

MOST_RATIO = 1.5

# Senders, messages of each. Receivers are one, or one for ten senders.
SIZES = ((10_000, 100), (100_000, 100), (1_000_000, 10))
QUICK_SIZES = ((10_000, 20), (100_000, 5))


def _point(options, found, senders, messages, receivers, repetitions):
    settings = {"machines": senders, "messages": messages, "receivers": receivers}
    yardstick = [options.programs.yardstick, senders, messages, receivers]
    commands = {
        "elvis": options.programs.run_command("scale/high-bandwidth", 1, settings),
        "time": yardstick + ["time"],
        "machine": yardstick + ["machine"],
    }
    with measure.on_one_processor():
        samples = measure.alternate(commands, repetitions, options.timeout)
    name = f"senders={senders} receivers={'1' if receivers == 1 else 'many'}"
    for program, all_of in samples.items():
        for sample in all_of:
            if sample.reason or not sample.report:
                reason = f"{program}: {sample.reason or 'printed no report'}"
                print(f"  {name:<36} FAILED: {reason}", flush=True)
                found.add_failed("udp", name, settings, reason)
                return
    count = senders * messages
    times = {"elvis": [sample.report["run"]["run_s"] for sample in samples["elvis"]]}
    for order in ("time", "machine"):
        times[order] = [sample.report["run_s"] for sample in samples[order]]
    medians = {key: measure.summary_of(value)["median"] for key, value in times.items()}
    fastest = min(("time", "machine"), key=lambda order: medians[order])
    ratio = medians["elvis"] / medians[fastest]
    values = {"run_s": times["elvis"], "ratio": [ratio],
              "ns_per_message": [seconds * 1e9 / count for seconds in times["elvis"]],
              "yardstick_ns_per_message": [seconds * 1e9 / count for seconds in times[fastest]],
              "peak_rss_bytes": [sample.peak_rss_bytes for sample in samples["elvis"]]}
    point = found.add("udp", name, {**settings, "yardstick": fastest}, values, repetitions)
    found.add_bar("udp", f"{name}: ratio", ratio, MOST_RATIO, ratio <= MOST_RATIO)
    print(f"  {name:<36}{median(point, 'ns_per_message'):>8.0f} ns"
          f"{median(point, 'yardstick_ns_per_message'):>10.0f} ns (by {fastest}){'':<{8 - len(fastest)}}"
          f"{ratio:>6.2f}  {'' if ratio <= MOST_RATIO else 'MISSED'}", flush=True)


def udp(options, found):
    """The program and the yardstick in turns, for one receiver and for many."""
    repetitions = options.repetitions or (3 if options.is_quick else 7)
    print(f"udp: a message end to end on one thread, medians of {repetitions} runs in turns\n"
          f"  {'':<36}{'elvis':>11}{'yardstick':>13}{'ratio':>21}  (bar: {MOST_RATIO})", flush=True)
    sizes = QUICK_SIZES if options.is_quick else SIZES
    if options.sizes:
        sizes = [(senders, options.messages or 10) for senders in options.sizes]
    for senders, messages in sizes:
        for receivers in (1, max(2, senders // 10)):
            _point(options, found, senders, messages, receivers, repetitions)
