# SPDX-License-Identifier: MIT
"""What it costs to capture every frame: 1,000 machines, a million frames, whole processes. Beside it
what the kernel takes to make these files with as many bytes, which no program can do without."""
import contextlib
import itertools
import os
import pathlib
import statistics
import tempfile
import time

from benchmarks import measure

MOST_RATIO = 2.0
PATTERNS = ("all.pcapng", "all.pcap", "{network}.pcapng", "{machine}.pcapng", "{machine}-{network}.pcapng")
# One receiver, or as many as senders: half of the frames' copies go to one file, or all are spread.
SHAPES = (("one receiver", 999, 1), ("500 receivers", 500, 500))


def _put_away(folder, turn):
    """ext4 does not use an inode again for a minute after its file was removed, and looks at each of
    them whenever a file is made, which takes longer than all else: so files stay, with nothing in
    them, until all has been measured."""
    for file in folder.iterdir():
        os.truncate(file, 0)
    folder.rename(folder.with_name(f"before-{turn}"))


def _bare(sizes, folder):
    """Seconds to make files of these sizes, with nothing to compute."""
    block = memoryview(bytes(64 << 10))
    folder.mkdir()
    began = time.monotonic()
    files = [os.open(folder / str(i), os.O_WRONLY | os.O_CREAT | os.O_EXCL) for i in range(len(sizes))]
    for at in range(0, max(sizes), len(block)):
        for file, size in zip(files, sizes):
            if at < size:
                os.write(file, block[:size - at])
    for file in files:
        os.close(file)
    return time.monotonic() - began


def _measured(commands, folder, repetitions, timeout):
    """As measure.alternate(), with a new folder for each run; and by name how long files such as it
    wrote take by themselves."""
    samples = {name: [] for name in commands}
    bare = {name: [] for name in commands}
    turns = itertools.count()
    for turn in range(repetitions):
        names = list(commands)
        if turn % 2:
            names.reverse()
        for name in names:
            folder.mkdir()
            samples[name].append(measure.run(commands[name], timeout))
            sizes = [file.stat().st_size for file in folder.iterdir()]
            _put_away(folder, next(turns))
            if sizes:
                bare[name].append(_bare(sizes, folder))
                _put_away(folder, next(turns))
    return samples, bare


def _point(options, found, shape, threads, parent, repetitions):
    name, machines, receivers = shape
    messages = 1_000_000 // machines // (20 if options.is_quick else 1)
    settings = {"machines": machines, "messages": messages, "receivers": receivers}
    place = parent.parent
    point = parent / f"{machines}-{receivers}-{threads}"
    point.mkdir()
    folder = point / "out"
    run = options.programs.run_command("scale/high-bandwidth", threads, settings)
    commands = {"": run}
    for pattern in PATTERNS:
        commands[pattern] = [*run, "--pcap", folder / pattern]
    samples, bare = _measured(commands, folder, repetitions, options.timeout)
    plain = statistics.median(sample.wall_s for sample in samples[""])
    print(f"  {name}, {threads} thread{'s' if threads > 1 else ''}, {place}: "
          f"{plain * 1000:.0f} ms without captures", flush=True)
    for pattern in PATTERNS:
        label = f"{name}, {threads} threads, {place}, {pattern}"
        failed = [sample.reason for sample in samples[pattern] + samples[""] if sample.reason]
        if failed:
            print(f"    {pattern:<30} FAILED: {failed[0]}", flush=True)
            found.add_failed("captures", label, settings, failed[0])
            continue
        walls = [sample.wall_s for sample in samples[pattern]]
        ratio = statistics.median(walls) / plain
        floor = statistics.median(bare[pattern])
        found.add("captures", label, {**settings, "threads": threads, "pattern": pattern},
                  {"wall_s": walls, "run_s": [sample.report["run"]["run_s"] for sample in samples[pattern]],
                   "cpu_s": [sample.cpu_s for sample in samples[pattern]], "files_alone_s": bare[pattern],
                   "plain_wall_s": [sample.wall_s for sample in samples[""]], "ratio": [ratio]}, repetitions)
        found.add_bar("captures", f"{label}: ratio", ratio, MOST_RATIO, ratio <= MOST_RATIO)
        print(f"    {pattern:<30}{statistics.median(walls) * 1000:>8.0f} ms{ratio:>7.2f}"
              f"  {floor * 1000:>5.0f} ms the files alone  {'' if ratio <= MOST_RATIO else 'MISSED'}", flush=True)


def captures(options, found):
    """The same scenario without captures and with each pattern, in turns; in memory, and in the folder
    for temporary files if that is elsewhere."""
    repetitions = options.repetitions or (3 if options.is_quick else 7)
    print(f"captures: wall time of whole processes, medians of {repetitions} runs in turns"
          f"  (bar: {MOST_RATIO} times that without)", flush=True)
    memory = pathlib.Path("/dev/shm")
    places = [str(memory)] if memory.is_dir() else []
    if tempfile.gettempdir() not in places:
        places.append(tempfile.gettempdir())
    with contextlib.ExitStack() as parents:
        for place in places:
            parent = parents.enter_context(tempfile.TemporaryDirectory(prefix="elvis-captures-", dir=place))
            for shape in SHAPES:
                for threads in (options.threads,) if options.threads else (1, 2):
                    _point(options, found, shape, threads, pathlib.Path(parent), repetitions)
