# SPDX-License-Identifier: MIT
"""Compares two results: by how much each point became slower, larger, or faster."""
from benchmarks import results

# What is compared, and which way is better.
LESS_IS_BETTER = ("wall_s", "run_s", "peak_rss_bytes", "bytes", "ratio")
MORE_IS_BETTER = ("messages_per_s", "speedup")


def _points(document):
    return {(point["suite"], point["name"]): point for point in document["points"]}


def _worsening(key, old, new):
    """By which factor `new` is worse than `old`; below 1 it is better."""
    if old <= 0 or new <= 0:
        return 1.0
    return new / old if key in LESS_IS_BETTER else old / new


def differences(old, new, metrics=None):
    """(point, value, old, new, factor of worsening) for all that both documents have."""
    olds, news = _points(old), _points(new)
    for key, old_point in olds.items():
        new_point = news.get(key)
        if new_point is None or old_point["status"] != "ok" or new_point["status"] != "ok":
            continue
        for value in metrics or LESS_IS_BETTER + MORE_IS_BETTER:
            if value in old_point["values"] and value in new_point["values"]:
                before = old_point["values"][value]["median"]
                after = new_point["values"][value]["median"]
                yield " ".join(key), value, before, after, _worsening(value, before, after)


def lost(old, new):
    """Points that were measured once and are not any more, with the reason."""
    news = _points(new)
    for key, point in _points(old).items():
        if point["status"] != "ok":
            continue
        now = news.get(key)
        if now is None:
            yield " ".join(key), "not there any more"
        elif now["status"] != "ok":
            yield " ".join(key), now["reason"] or now["status"]


def compare(old_path, new_path, threshold, metrics=None):
    """Prints ratios; returns 1 if something became worse by more than `threshold`, 2 if the files
    can't be compared, else 0."""
    try:
        old, new = results.read(old_path), results.read(new_path)
    except (OSError, ValueError) as error:
        print(f"bench: {error}")
        return 2
    for what in ("machine", "is_quick"):
        if old[what] != new[what]:
            print(f"note: the two differ in `{what}`: {old[what]} and {new[what]}")
    worse, count = 0, 0
    print(f"{'point':<44}{'value':<18}{'old':>14}{'new':>14}{'new / old':>11}")
    for name, value, before, after, factor in differences(old, new, metrics):
        count += 1
        is_worse = factor > 1 + threshold
        worse += is_worse
        ratio = after / before if before else float("nan")
        print(f"{name:<44}{value:<18}{before:>14.6g}{after:>14.6g}{ratio:>11.3f}"
              + ("  WORSE" if is_worse else ""))
    for name, reason in lost(old, new):
        worse += 1
        print(f"{name:<44}LOST: {reason}")
    if count == 0 and worse == 0:
        print("bench: the two have no point in common")
        return 2
    print(f"{count} compared, {worse} worse by more than {threshold:.0%}")
    return 1 if worse else 0
