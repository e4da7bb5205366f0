# SPDX-License-Identifier: MIT
"""The programs that are measured: built here unless they are named."""
import pathlib
import subprocess
import sys

from benchmarks import measure
from benchmarks.machine import ROOT

BUILD = ROOT / "build" / "release"
SCENARIOS = ROOT / "ndl"


def build(*targets):
    """Builds targets of the release preset."""
    subprocess.run([ROOT / "scripts" / "setup", "bench"], check=True)
    command = f'source "{ROOT}/scripts/common.sh" && build release -DELVIS_BENCH=ON "$@"'
    if subprocess.run(["bash", "-c", command, "build", *targets], check=False).returncode != 0:
        sys.exit(1)


class Programs:
    """Where `elvis` and `yardstick` are."""

    def __init__(self, elvis=None, yardstick=None):
        self._elvis = pathlib.Path(elvis).resolve() if elvis else None
        self._yardstick = pathlib.Path(yardstick).resolve() if yardstick else None

    @property
    def elvis(self):
        if self._elvis is None:
            build("elvis")
            self._elvis = BUILD / "apps" / "elvis"
        return self._elvis

    @property
    def yardstick(self):
        if self._yardstick is None:
            build("yardstick")
            self._yardstick = BUILD / "bench" / "yardstick"
        return self._yardstick

    def run_command(self, scenario, threads, settings=None, *options):
        """`elvis run` with the report on standard output. `scenario` is a name under ndl/ or a path."""
        path = scenario if isinstance(scenario, pathlib.Path) else SCENARIOS / f"{scenario}.ndl"
        command = [self.elvis, "run", path, "--threads", threads, "--report", "-", "--progress", "off"]
        for name, value in (settings or {}).items():
            command += ["--set", f"{name}={value}"]
        return command + list(options)


def values_of(samples):
    """Lists of measurements by name, of samples of `elvis run`."""
    values = {"wall_s": [], "cpu_percent": [], "build_s": [], "run_s": [], "peak_rss_bytes": [],
              "rss_per_machine_bytes": [], "messages_per_s": []}
    for sample in samples:
        run, totals = sample.report["run"], sample.report["totals"]
        machines = max(1, sample.report["scenario"]["machines"])
        values["wall_s"].append(sample.wall_s)
        values["cpu_percent"].append(sample.cpu_percent)
        values["build_s"].append(run["build_s"])
        values["run_s"].append(run["run_s"])
        values["peak_rss_bytes"].append(sample.peak_rss_bytes)
        values["rss_per_machine_bytes"].append(sample.peak_rss_bytes / machines)
        # A run too short to be timed has no rate.
        values["messages_per_s"].append(totals["frames_delivered"] / max(run["run_s"], 1e-6))
    return values


def record(found, suite, name, parameters, samples):
    """Adds the samples of one point to the results, or why there are none; tells people as well."""
    failed = [sample for sample in samples if sample.reason or "run" not in sample.report]
    if failed or not samples:
        reason = failed[0].reason or "printed no report" if failed else "never ran"
        print(f"  {name:<34} FAILED: {reason}", flush=True)
        return found.add_failed(suite, name, parameters, reason)
    point = found.add(suite, name, parameters, values_of(samples), len(samples))
    show(point)
    return point


def median(point, value):
    return point["values"][value]["median"]


def show(point):
    """One line about a measured point."""
    per_machine = median(point, "rss_per_machine_bytes")
    print(f"  {point['name']:<34}{median(point, 'wall_s'):>9.3f} s{median(point, 'cpu_percent'):>7.0f} %"
          f"{median(point, 'peak_rss_bytes') / 1e6:>10.1f} MB{per_machine:>9.0f} B/machine"
          f"{median(point, 'messages_per_s') / 1e6:>9.2f} M messages/s", flush=True)


def measure_points(found, suite, points, repetitions, timeout=3600.0):
    """Measures `points`, (name, parameters, command), one after the other."""
    for name, parameters, command in points:
        samples = []
        for _ in range(repetitions):
            samples.append(measure.run(command, timeout))
            if samples[-1].reason:
                break
        record(found, suite, name, parameters, samples)
