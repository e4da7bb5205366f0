# SPDX-License-Identifier: MIT
"""Runs programs in fresh processes and says what each run took."""
import contextlib
import dataclasses
import json
import os
import resource
import statistics
import subprocess
import tempfile
import threading
import time


@dataclasses.dataclass
class Sample:
    """One run of a program."""

    wall_s: float
    cpu_s: float
    peak_rss_bytes: int
    code: int
    report: dict  # what it printed, if that is JSON
    reason: str   # why it counts as failed; empty if it does not

    @property
    def cpu_percent(self):
        return 100 * self.cpu_s / self.wall_s if self.wall_s > 0 else 0.0


def _wait(process, timeout):
    """(exit status, usage, whether it was too late) of a child, which is ended when it is late."""
    late = threading.Event()

    def end():
        late.set()
        process.kill()

    timer = threading.Timer(timeout, end)
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        raise
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage, late.is_set()


def _reason(code, errors, is_late, timeout, accepted):
    if is_late:
        return f"did not end within {timeout:g} s"
    if code in accepted:
        return ""
    told = [line for line in errors.splitlines() if line.strip()]
    # A diagnostic names its place first; what matters is the sentence behind it.
    text = told[0].split(": error: ", 1)[-1] if told else "no message"
    return f"ended by signal {-code}: {text}" if code < 0 else f"exit code {code}: {text}"


def run(command, timeout=3600.0, accepted=(0,)):
    """Runs a command to its end."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        try:
            process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=err)
        except OSError as error:
            return Sample(0.0, 0.0, 0, 127, {}, f"can't be started: {error.strerror}")
        code, usage, is_late = _wait(process, timeout)
        wall_s = time.monotonic() - began
        out.seek(0)
        err.seek(0)
        try:
            report = json.loads(out.read())
        except ValueError:
            report = {}
        errors = err.read().decode(errors="replace")
    if not isinstance(report, dict):
        report = {}
    peak = usage.ru_maxrss * 1024
    # The kernel's figure begins with what this script had when it started the process. Where that
    # shows, the program's own one is right.
    if peak <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024:
        told = report.get("run", report)
        own = told.get("peak_rss_bytes", 0) if isinstance(told, dict) else 0
        peak = own or peak
    return Sample(wall_s, usage.ru_utime + usage.ru_stime, peak, code, report,
                  _reason(code, errors, is_late, timeout, accepted))


@contextlib.contextmanager
def on_one_processor():
    """What is started inside runs on one processor: programs of one thread that are compared. Those
    of a virtual machine may differ by half, with what else their cores do, and a program tends to
    come back to the one that it had."""
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, processors)


def alternate(commands, repetitions, timeout=3600.0):
    """Runs commands in turns, so that what disturbs the machine disturbs all of them alike. Returns
    their samples by name; a command that fails once is not run again."""
    samples = {name: [] for name in commands}
    for turn in range(repetitions):
        names = list(commands)
        if turn % 2:
            names.reverse()
        for name in names:
            if samples[name] and samples[name][-1].reason:
                continue
            samples[name].append(run(commands[name], timeout))
    return samples


def summary_of(values):
    """Several measurements of one thing: the median and how far they lie apart."""
    median = statistics.median(values)
    spread = (max(values) - min(values)) / median if median else 0.0
    return {"median": median, "min": min(values), "max": max(values), "spread": spread,
            "all": list(values)}
