# SPDX-License-Identifier: MIT
"""The paper's Figures 4 to 14 with our figures in them: time, memory, memory a machine and CPU use
over the number of machines, for both experiments, in the paper's range and up to the maximum."""
import pathlib

from benchmarks.programs import median

# What the paper says in its text; its curves are not given as numbers.
PAPER_BYTES_PER_MACHINE = 16_000
PAPER_FULL = (20_000, 16e9)  # machines that send 1,000 messages, and the memory that they filled
PAPER_CPU_PERCENT = (40, 42)
PAPER_RANGE = (1000, 10_000)

QUANTITIES = (
    ("time", "wall_s", 1, "execution time [s]"),
    ("memory", "peak_rss_bytes", 1e-6, "peak memory [MB]"),
    ("memory-per-machine", "rss_per_machine_bytes", 1, "memory per machine [bytes]"),
    ("cpu", "cpu_percent", 1, "CPU use [% of one core]"),
)
SERIES = {
    "low-bandwidth": (("one message a machine", lambda p: True),),
    "high-bandwidth": (
        ("one receiver", lambda p: p["parameters"]["receivers"] == 1),
        ("many receivers", lambda p: p["parameters"]["receivers"] != 1)),
}


def _pyplot():
    """matplotlib without a display, or None where it is missing."""
    try:
        import matplotlib
    except ImportError:
        return None
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "elvis"  # the same figure is the same file
    from matplotlib import pyplot
    return pyplot


def _draw_paper(axes, suite, quantity, low, high):
    """What the paper says about the quantity, where its text gives a number."""
    style = {"color": "tab:red", "label": "the paper"}
    if quantity == "memory-per-machine" and suite == "low-bandwidth":
        axes.axhline(PAPER_BYTES_PER_MACHINE, linestyle="--", **style)
    elif quantity == "memory" and suite == "low-bandwidth":
        axes.plot([low, high], [n * PAPER_BYTES_PER_MACHINE * 1e-6 for n in (low, high)],
                  linestyle="--", **style)
    elif quantity == "memory" and suite == "high-bandwidth" and high >= PAPER_FULL[0]:
        axes.plot([PAPER_FULL[0]], [PAPER_FULL[1] * 1e-6], marker="x", linestyle="none", **style)
    elif quantity == "memory-per-machine" and suite == "high-bandwidth" and high >= PAPER_FULL[0]:
        axes.plot([PAPER_FULL[0]], [PAPER_FULL[1] / PAPER_FULL[0]], marker="x", linestyle="none", **style)
    elif quantity == "cpu":
        axes.axhspan(*PAPER_CPU_PERCENT, alpha=0.5, **style)


def _draw_failed(axes, points):
    """Numbers of machines that could not be measured, at the lower edge."""
    counts = sorted({point["parameters"]["machines"] for point in points if point["status"] != "ok"})
    if counts:
        axes.plot(counts, [0.03] * len(counts), marker="v", linestyle="none", color="black",
                  transform=axes.get_xaxis_transform(), label="failed or does not fit")


def _figure(pyplot, suite, points, quantity, is_wide, path):
    name, value, scale, label = quantity
    counts = [point["parameters"]["machines"] for point in points]
    figure, axes = pyplot.subplots(figsize=(6.4, 4.2), layout="constrained")
    for title, belongs in SERIES[suite]:
        own = [point for point in points if point["status"] == "ok" and belongs(point)]
        if not own:
            continue
        x = [point["parameters"]["machines"] for point in own]
        y = [median(point, value) * scale for point in own]
        spread = [[(median(point, value) - point["values"][value]["min"]) * scale for point in own],
                  [(point["values"][value]["max"] - median(point, value)) * scale for point in own]]
        axes.errorbar(x, y, yerr=spread, marker="o", markersize=3.5, capsize=2, label=title)
    _draw_paper(axes, suite, name, min(counts), max(counts))
    _draw_failed(axes, points)
    if is_wide:
        axes.set_xscale("log")
        # Where nothing could be measured there is nothing to scale by.
        if name != "cpu" and any(point["status"] == "ok" for point in points):
            axes.set_yscale("log")
    if not is_wide or name == "cpu":
        axes.set_ylim(bottom=0)
    axes.set_xlabel("machines")
    axes.set_ylabel(label)
    axes.set_title(f"{suite}: {label.split(' [')[0]}")
    axes.grid(alpha=0.3)
    axes.legend()
    for suffix in (".svg", ".png"):
        metadata = {"Date": None} if suffix == ".svg" else None
        figure.savefig(path.with_suffix(suffix), dpi=150, metadata=metadata)
    pyplot.close(figure)


def draw(document, folder):
    """Draws all that a document has points for; returns the files' names without endings."""
    # What is recorded of a suite that was interrupted is no point of a figure.
    drawable = [point for point in document["points"] if "machines" in point["parameters"]]
    wanted = [suite for suite in SERIES if any(point["suite"] == suite for point in drawable)]
    if not wanted:
        return []
    pyplot = _pyplot()
    if pyplot is None:
        print("bench: no figures without matplotlib: scripts/setup bench installs it")
        return []
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for suite in wanted:
        points = [point for point in drawable if point["suite"] == suite]
        within = [point for point in points
                  if PAPER_RANGE[0] <= point["parameters"]["machines"] <= PAPER_RANGE[1]]
        # The paper's range, then all of it; only the latter where no size is in that range.
        for own, is_wide in ((within, False), (points, True)):
            if not own:
                continue
            for quantity in QUANTITIES:
                name = f"{suite}-{quantity[0]}" + ("-to-the-maximum" if is_wide else "")
                _figure(pyplot, suite, own, quantity, is_wide, folder / name)
                drawn.append(name)
    return drawn
