# SPDX-License-Identifier: MIT
"""What the tests of the program share: running it from outside, and scenarios to run."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("ELVIS_BINARY", str(ROOT / "build" / "release" / "apps" / "elvis"))
# Sanitizers and coverage make everything slower and larger: bounds of time widen, of memory do not hold.
INSTRUMENTED = os.environ.get("ELVIS_INSTRUMENTED", "") not in ("", "OFF", "0")
SLOWER = 15 if INSTRUMENTED else 1

# What a person should never meet on a terminal: control bytes but for line feed and tab, in ASCII and C1.
CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")

# What differs from run to run, and may.
VOLATILE = {"run": ("threads", "partitions", "build_s", "run_s", "peak_rss_bytes"), "elvis": ("build",)}


class Outcome:
    """How one run of the program went."""

    def __init__(self, code, out, err, seconds, cpu_seconds, rss_bytes):
        self.code, self.seconds, self.rss_bytes = code, seconds, rss_bytes
        # Of the processors: the same however busy the machine is with something else.
        self.cpu_seconds = cpu_seconds
        self.raw_out, self.raw_err = out, err
        self.out, self.err = out.decode(errors="replace"), err.decode(errors="replace")

    def report(self):
        return json.loads(self.raw_out)

    def __str__(self):
        return (f"exit code {self.code} after {self.seconds:.2f} s, {self.cpu_seconds:.2f} s of the processors\n"
                f"--- standard output\n{self.out[-3000:]}\n--- standard error\n{self.err[-3000:]}")


class Running:
    """The program while it runs; `end` waits for it."""

    def __init__(self, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=None,
                 environment=None, before=None):
        self.began = time.monotonic()
        # Its own group: a test that gives up ends the program and nothing else.
        self.process = subprocess.Popen(
            [BINARY, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
            cwd=cwd, env={**os.environ, **(environment or {})}, preexec_fn=before,
            start_new_session=True)
        self.read = {}
        self.readers = []
        for name in ("stdout", "stderr"):
            stream = getattr(self.process, name)
            if stream is not None:
                reader = threading.Thread(target=self._drain, args=(name, stream), daemon=True)
                reader.start()
                self.readers.append(reader)

    def _drain(self, name, stream):
        with stream:
            self.read[name] = stream.read()

    def is_over(self):
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def signal(self, number):
        # On a busy machine the program may take its time before it sees to signals.
        deadline = time.monotonic() + 10 * SLOWER
        while not self._catches(number) and not self.is_over() and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(self.process.pid, number)  # not yet waited for, so the number is still its own

    def _catches(self, number):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        caught = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
        return caught is None or int(caught[1], 16) >> (number - 1) & 1 != 0

    def end(self, timeout=60 * SLOWER):
        """Waits; a program that does not end in time is ended, and the test with it."""
        late = threading.Timer(timeout, lambda: os.killpg(self.process.pid, signal.SIGKILL))
        late.start()
        # wait4 tells this child's own peak memory, getrusage only the largest of all children.
        _, status, usage = os.wait4(self.process.pid, 0)
        seconds = time.monotonic() - self.began
        late.cancel()
        self.process.returncode = os.waitstatus_to_exitcode(status)
        for reader in self.readers:
            reader.join()
        outcome = Outcome(self.process.returncode, self.read.get("stdout", b""),
                          self.read.get("stderr", b""), seconds,
                          usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
        if seconds >= timeout:
            raise AssertionError(f"elvis did not end within {timeout} s\n{outcome}")
        return outcome


def elvis(*arguments, timeout=60 * SLOWER, **options):
    """Runs the program to its end."""
    return Running(*arguments, **options).end(timeout)


def stable(report):
    """The report without what may differ from run to run."""
    kept = json.loads(json.dumps(report))
    for part, fields in VOLATILE.items():
        for field in fields:
            kept.get(part, {}).pop(field, None)
    return kept


# ===== Scenarios =====

def machine(name, *applications, network="lan", count=None):
    lines = [f"    [Machine name='{name}'" + (f" count='{count}'" if count else "") + "]",
             "        [Networks]", f"            [Network id='{network}']",
             "        [Protocols]", "            [Protocol name='IPv4']", "            [Protocol name='UDP']",
             "        [Applications]"]
    return "\n".join(lines + [f"            [Application {text}]" for text in applications]) + "\n"


def scenario(*machines, link="latency='1ms'", pool="10.1.0.0/16"):
    return (f"[Networks]\n    [Network id='lan' {link}]\n        [IP subnet='{pool}']\n[Machines]\n"
            + "".join(machines))


def sender(to="bob", message="hello", **more):
    arguments = {"message": message, "to": to, "port": "0xbeef", **more}
    return "name='send_message' " + " ".join(f"{key}='{value}'" for key, value in arguments.items())


def capture(**more):
    arguments = {"port": "0xbeef", **more}
    return "name='capture' " + " ".join(f"{key}='{value}'" for key, value in arguments.items())


def two_machines(sent=1, wanted=1, link="latency='1ms'", interval="1ms", message="hello",
                 sender_name="alice", capture_name="bob"):
    """`sender_name` sends `sent` messages, `capture_name` waits for `wanted`."""
    return scenario(
        machine(sender_name, sender(to=capture_name, message=message, count=sent, interval=interval)),
        machine(capture_name, capture(message_count=wanted)), link=link)


def crowd(size=40 if INSTRUMENTED else 200, sent=20, link="latency='uniform(1ms, 3ms)' loss='10%'"):
    """Many senders and one that listens, with luck in it."""
    return scenario(
        machine("hub", capture(message_count=size * sent)),
        machine("c", sender(to="hub", message="hi ${index}", count=sent, interval="1ms",
                            start="${index}us"), count=size), link=link)


# Runs for hours unless something ends it.
ENDLESS = two_machines(sent=2_000_000_000, wanted=2_000_000_000)


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="elvis-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, text, name="sim.ndl"):
        path = self.folder / name
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text, encoding="utf-8")
        return path

    def assert_code(self, outcome, *codes):
        self.assertIn(outcome.code, codes, str(outcome))

    def assert_printable(self, raw):
        found = CONTROL.search(raw)
        self.assertIsNone(found, f"a control byte was printed: {raw[-2000:]!r}")

    def run_report(self, text_or_path, *options, codes=(0,), **more):
        """Runs a scenario and returns its report."""
        path = text_or_path if isinstance(text_or_path, pathlib.Path) else self.write(text_or_path)
        outcome = elvis("run", path, "--report", "-", *options, **more)
        self.assert_code(outcome, *codes)
        return outcome.report()

    @contextlib.contextmanager
    def writes_nothing_else(self, *expected):
        """Nothing but `expected` appears in the test's folder."""
        before = set(os.listdir(self.folder))
        yield
        self.assertEqual(set(os.listdir(self.folder)) - before, set(expected))


def release_only(test):
    return unittest.skipIf(INSTRUMENTED, "its bounds hold for the release build")(test)


def main():
    if not os.access(BINARY, os.X_OK):
        sys.exit(f"there is no program {BINARY}: build it, or name another by ELVIS_BINARY")
    unittest.main()
