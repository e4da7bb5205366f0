# SPDX-License-Identifier: MIT
"""What holds at scale: one result for any number of threads, and memory that does not grow."""
import pathlib
import subprocess
import time

from benchmarks import measure

SCENARIO = "scale/mixed"
THREADS = (1, 2, 4)
LEAST_DISTINCT = 0.99
MOST_GROWTH = 0.01


def determinism(options, found):
    """Many seeds of a scenario full of luck: one digest a seed, whatever the threads."""
    seeds = options.seeds or (10 if options.is_quick else 200)
    parameters = {"scenario": SCENARIO, "seeds": seeds}
    print(f"determinism: {SCENARIO}, {seeds} seeds on {', '.join(map(str, THREADS))} threads",
          flush=True)
    digests, differing = set(), []
    for seed in range(1, seeds + 1):
        own = set()
        for threads in THREADS:
            command = options.programs.run_command(SCENARIO, threads, None, "--seed", seed)
            sample = measure.run(command, options.timeout)
            if sample.reason or "run" not in sample.report:
                reason = f"seed {seed}, {threads} threads: {sample.reason or 'printed no report'}"
                print(f"  FAILED: {reason}", flush=True)
                found.add_failed("determinism", SCENARIO, parameters, reason)
                return
            own.add(sample.report["run"]["digest"])
        if len(own) != 1:
            differing.append(seed)
        digests |= own
    found.add("determinism", SCENARIO, parameters, {"digests": [len(digests)]}, 1)
    found.add_bar("determinism", "seeds with more than one digest", len(differing), 0, not differing)
    least = int(LEAST_DISTINCT * seeds)
    found.add_bar("determinism", "distinct digests", len(digests), least, len(digests) >= least)
    print(f"  seeds with more than one digest: {differing or 'none'}; "
          f"{len(digests)} distinct digests (at least {least})", flush=True)


def _resident(pid):
    """Resident bytes of a process that runs."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def soak(options, found):
    """Machines that chat for a long time: memory does not grow after the first minute."""
    minutes = options.minutes or (1 if options.is_quick else 30)
    machines = options.sizes[0] if options.sizes else 20_000
    warm_s = min(60.0, minutes * 60 / 4)
    parameters = {"scenario": "scale/chat", "machines": machines, "minutes": minutes}
    settings = {"machines": machines, "messages": 2_000_000_000}
    command = options.programs.run_command("scale/chat", options.threads or 2, settings,
                                           "--wall-limit", f"{round(minutes * 60_000)}ms")
    print(f"soak: {machines} machines chat for {minutes:g} minutes", flush=True)
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    began, samples, shown = time.monotonic(), [], 1
    try:
        while process.poll() is None:
            passed = time.monotonic() - began
            try:
                resident = _resident(process.pid)
            except OSError:
                break  # it ends this very moment
            if resident:
                samples.append((passed, resident))
            if passed >= shown * 60:
                print(f"  {passed / 60:>5.1f} min {resident / 1e6:>9.2f} MB", flush=True)
                shown += max(1, round(minutes / 10))
            time.sleep(min(1.0, warm_s / 10))
        errors = process.communicate()[1]
    finally:
        process.kill()
    warm = [resident for passed, resident in samples if passed >= warm_s]
    # The run is ended by its wall limit, which is exit code 4.
    if process.returncode != 4 or len(warm) < 2:
        reason = f"exit code {process.returncode}: {errors.strip() or 'ended too early'}"
        print(f"  FAILED: {reason}", flush=True)
        found.add_failed("soak", "scale/chat", parameters, reason)
        return
    # While the process ends it gives memory back, which must not hide growth: the most counts.
    growth = max(warm) / warm[0] - 1
    found.add("soak", "scale/chat", parameters,
              {"first_rss_bytes": [warm[0]], "last_rss_bytes": [max(warm)], "growth": [growth]}, 1)
    found.add_bar("soak", "growth of memory", growth, MOST_GROWTH, growth < MOST_GROWTH)
    print(f"  grew by {growth:.3%} from {warm[0] / 1e6:.2f} MB after {warm_s:g} s"
          f"{'' if growth < MOST_GROWTH else '  MISSED'}", flush=True)
