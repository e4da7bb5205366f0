# SPDX-License-Identifier: MIT
"""Facts about the computer and the sources, to go with what was measured."""
import os
import pathlib
import platform
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def _first_field(path, name):
    """The value of the first line `name: value` of a file of /proc, or an empty text."""
    try:
        for line in pathlib.Path(path).read_text(errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    except OSError:
        pass
    return ""


def memory_bytes(field="MemTotal"):
    """Memory of the machine by its name in /proc/meminfo, 0 if unknown."""
    value = _first_field("/proc/meminfo", field).removesuffix(" kB")
    return int(value) * 1024 if value.isdigit() else 0


def cores():
    """How many threads can run at the same time."""
    return len(os.sched_getaffinity(0))


def facts():
    """The machine: what times and sizes depend on."""
    system = _first_field("/proc/cpuinfo", "model name") or platform.processor()
    return {"cpu": system, "cores": cores(), "memory_bytes": memory_bytes(),
            "kernel": platform.release(), "architecture": platform.machine()}


def _git(*arguments):
    done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def revision():
    """The sources: which revision, and whether files differ from it."""
    return {"revision": _git("rev-parse", "HEAD") or "unknown",
            "is_modified": bool(_git("status", "--porcelain", "--untracked-files=no"))}
