# SPDX-License-Identifier: MIT
"""What was measured, as JSON of the form `elvis.bench/1`.

    {"schema": "elvis.bench/1", "suite": "low-bandwidth", "is_quick": false, "began": "2026-01-31T12:00:00Z",
     "machine": {"cpu": …, "cores": …, "memory_bytes": …, "kernel": …, "architecture": …},
     "git": {"revision": …, "is_modified": …},
     "points": [
       {"suite": "low-bandwidth", "name": "machines=1000", "parameters": {"machines": 1000, …},
        "status": "ok | failed | unavailable", "reason": "", "repetitions": 5,
        "values": {"wall_s": {"median": …, "min": …, "max": …, "spread": …, "all": […]}, …}}],
     "bars": [{"suite": …, "name": …, "value": …, "bar": …, "is_held": …}]}

A point that failed or was not available has no values and says why.
"""
import datetime
import errno
import json
import math
import os
import pathlib
import tempfile

from benchmarks import machine, measure

SCHEMA = "elvis.bench/1"


class Results:
    """What one call of scripts/bench measured."""

    def __init__(self, suite, is_quick):
        self.suite, self.is_quick = suite, is_quick
        self.began = datetime.datetime.now(datetime.timezone.utc)
        self.points = []
        self.bars = []

    def add(self, suite, name, parameters, values, repetitions):
        """A point that was measured; `values` has a list of measurements for each name."""
        point = {"suite": suite, "name": name, "parameters": parameters, "status": "ok", "reason": "",
                 "repetitions": repetitions,
                 "values": {key: measure.summary_of(all_of) for key, all_of in values.items()}}
        self.points.append(point)
        return point

    def add_failed(self, suite, name, parameters, reason, status="failed"):
        """A point for which there are no figures, and why."""
        point = {"suite": suite, "name": name, "parameters": parameters, "status": status,
                 "reason": reason, "repetitions": 0, "values": {}}
        self.points.append(point)
        return point

    def add_bar(self, suite, name, value, bar, is_held):
        """A promise and whether it was kept."""
        self.bars.append({"suite": suite, "name": name, "value": value, "bar": bar,
                          "is_held": bool(is_held)})

    def of(self, suite):
        return [point for point in self.points if point["suite"] == suite]

    def has_failed(self):
        return any(point["status"] != "ok" for point in self.points) or any(
            not bar["is_held"] for bar in self.bars)

    def document(self):
        return {"schema": SCHEMA, "suite": self.suite, "is_quick": self.is_quick,
                "began": self.began.strftime("%Y-%m-%dT%H:%M:%SZ"), "machine": machine.facts(),
                "git": machine.revision(), "points": self.points, "bars": self.bars}

    def path_in(self, folder):
        """Where write() writes."""
        return pathlib.Path(folder) / f"{self.suite}.json"

    def prepare(self, folder):
        """Makes `folder` if there is none, and tries whether write() will be able to write there:
        OSError says why not, before anything is measured in vain."""
        path = self.path_in(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        with tempfile.TemporaryFile(dir=path.parent):
            pass

    def write(self, folder):
        """Writes the document to `folder` and returns its path."""
        path = self.path_in(folder)
        path.write_text(json.dumps(self.document(), indent=1) + "\n", encoding="utf-8")
        return path


def read(path):
    """A document from a file; ValueError says what is wrong with it."""
    try:
        document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        if document["schema"] != SCHEMA:
            raise KeyError("schema")
        for point in document["points"]:
            _check(point)
        return {"machine": document["machine"], "is_quick": document["is_quick"], **document}
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path} has not the form {SCHEMA}") from error


def _check(point):
    """Whether a point of a file can be compared; any error says that it can't."""
    texts = point["suite"], point["name"], point["status"], point["reason"]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("text")
    for value in point["values"].values():
        if not math.isfinite(value["median"]):
            raise ValueError("median")
