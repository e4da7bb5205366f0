# SPDX-License-Identifier: MIT
"""The paper's Table 1: what sockets cost against sessions used directly."""
from benchmarks import measure, programs

# Name, groups of machines, messages of each; sizes that run for about a second.
WORKLOADS = (("basic", 2_000, 500), ("ping_pong", 2_000, 400), ("server", 60, 500))
# Asio's own coroutines cost something wherever they run: what that is shows beside plain handlers.
BARS = {"coroutines": 1.05, "asio": 1.15, "asio_callbacks": 1.15}


def _ratios(samples, api):
    """Each turn's time against the sessions' of the same turn."""
    return [sample.report["run_s"] / plain.report["run_s"]
            for sample, plain in zip(samples[api], samples["sessions"])]


def _failure(samples):
    """Why an API's runs don't count, or nothing."""
    for sample in samples:
        if sample.reason or not sample.report:
            return sample.reason or "printed no report"
    return ""


def _workload(options, found, program, workload, repetitions):
    name, groups, count = workload
    if options.is_quick:
        groups, count = max(1, groups // 20), max(1, count // 10)
    settings = {"groups": groups, "count": count}
    commands = {api: [program, name, api, groups, count] for api in ("sessions", *BARS)}
    with measure.on_one_processor():
        samples = measure.alternate(commands, repetitions, options.timeout)
    if reason := _failure(samples["sessions"]):
        found.add_failed("sockets", f"{name}: sessions", settings, reason)
        return
    plain = measure.summary_of([sample.report["run_s"] for sample in samples["sessions"]])["median"]
    messages = samples["sessions"][0].report["messages"]
    found.add("sockets", f"{name}: sessions", settings,
              {"run_s": [sample.report["run_s"] for sample in samples["sessions"]]}, repetitions)
    for api, bar in BARS.items():
        reason = _failure(samples[api])
        if not reason and samples[api][0].report["messages"] != messages:
            reason = "did other work than the sessions"
        if reason:
            found.add_failed("sockets", f"{name}: {api}", settings, reason)
            print(f"  {name:<12}{api:<16} FAILED: {reason}", flush=True)
            continue
        times = [sample.report["run_s"] for sample in samples[api]]
        median = measure.summary_of(times)["median"]
        ratio = median / plain
        found.add("sockets", f"{name}: {api}", settings,
                  {"run_s": times, "ratio": _ratios(samples, api)}, repetitions)
        is_held = ratio <= bar
        if not options.is_quick:
            found.add_bar("sockets", f"{name}: {api}", ratio, bar, is_held)
        print(f"  {name:<12}{api:<16}{plain * 1e9 / messages:>8.0f} ns{median * 1e9 / messages:>10.0f} ns"
              f"{(ratio - 1) * 100:>+9.1f} %  (bar: {(bar - 1) * 100:+.0f} %)"
              f"{'' if is_held or options.is_quick else '  MISSED'}", flush=True)


def sockets(options, found):
    """Basic, Ping Pong and Server with sessions, coroutines, and both ways of Asio, in turns."""
    programs.build("sockets")
    repetitions = options.repetitions or (3 if options.is_quick else 11)
    print(f"sockets: a message on one thread, medians of {repetitions} runs in turns\n"
          f"  {'':<28}{'sessions':>11}{'sockets':>13}", flush=True)
    for workload in WORKLOADS:
        _workload(options, found, programs.BUILD / "bench" / "sockets", workload, repetitions)
