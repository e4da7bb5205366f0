# SPDX-License-Identifier: MIT
"""Graphs of routers: the well-known shapes, and random ones that depend on a seed alone."""
import dataclasses
import math
import random

# Light in glass goes 200 km in a millisecond, about.
NS_PER_KM = 5_000


class Mistake(Exception):
    """What a person asked for can't be made; the text says why."""


@dataclasses.dataclass
class Link:
    """A line between two routers; what is set here goes before what is asked for all lines."""

    ends: tuple
    properties: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Graph:
    """Routers by number, their names, the lines between them, those that have hosts, and what was not
    understood."""

    names: list
    links: list
    hosted: list
    notes: list = dataclasses.field(default_factory=list)

    def __post_init__(self):
        for link in self.links:
            assert link.ends[0] != link.ends[1] and max(link.ends) < len(self.names)


def _plain(count, pairs, hosted=None):
    """A graph whose routers have no names of their own."""
    if count < 1:
        raise Mistake("there must be at least one router")
    return Graph([f"router-{i}" for i in range(count)], [Link(pair) for pair in pairs],
                 list(range(count)) if hosted is None else hosted)


def chain(count):
    """One behind the other; hosts at the two ends."""
    return _plain(count, [(i, i + 1) for i in range(count - 1)], sorted({0, count - 1}))


def ring(count):
    """A chain that closes."""
    if count < 3:
        raise Mistake("a ring has at least 3 routers")
    return _plain(count, [(i, (i + 1) % count) for i in range(count)])


def star(count):
    """`count` routers with hosts round one that has none."""
    return _plain(count + 1, [(0, i + 1) for i in range(count)], list(range(1, count + 1)))


def tree(depth, fanout):
    """A root, and `fanout` routers below each down to `depth`; hosts at the leaves."""
    pairs, level, count = [], [0], 1
    for _ in range(depth):
        below = []
        for parent in level:
            for _ in range(fanout):
                pairs.append((parent, count))
                below.append(count)
                count += 1
        level = below
    return _plain(count, pairs, level)


def grid(width, height, wraps=False):
    """Routers in rows and columns; `wraps` joins the edges, which makes a torus."""
    pairs = []
    for y in range(height):
        for x in range(width):
            if x + 1 < width or (wraps and width > 2):
                pairs.append((y * width + x, y * width + (x + 1) % width))
            if y + 1 < height or (wraps and height > 2):
                pairs.append((y * width + x, (y + 1) % height * width + x))
    return _plain(width * height, pairs)


def dumbbell(bottleneck):
    """Two routers with hosts, and one line that all of them share."""
    graph = _plain(2, [(0, 1)])
    graph.links[0].properties.update(bottleneck)
    return graph


def uniform(count, links, seed):
    """A random tree, so that everybody reaches everybody, and then random lines up to `links`."""
    if not count - 1 <= links <= count * (count - 1) // 2:
        raise Mistake(f"{count} routers have from {count - 1} to {count * (count - 1) // 2} lines")
    luck = random.Random(seed)
    pairs = {(int(luck.random() * i), i) for i in range(1, count)}
    while len(pairs) < links:
        a, b = int(luck.random() * count), int(luck.random() * count)
        if a != b:
            pairs.add((min(a, b), max(a, b)))
    return _plain(count, sorted(pairs))


def waxman(count, alpha, beta, side_km, seed):
    """Waxman 1988: routers anywhere in a square, two of them joined with the probability
    alpha * exp(-distance / (beta * diagonal)); latency by distance. What falls apart is joined where
    it is nearest."""
    if not (0 < side_km < 1e6 and 0 <= alpha <= 1 and 0 < beta < math.inf):
        raise Mistake("--side is more than 0 km, --alpha from 0 to 1, --beta more than 0")
    luck = random.Random(seed)
    places = [(luck.random() * side_km, luck.random() * side_km) for _ in range(count)]
    diagonal = side_km * math.sqrt(2)

    def distance(a, b):
        return math.dist(places[a], places[b])

    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)
             if luck.random() < alpha * math.exp(-distance(a, b) / (beta * diagonal))]
    parts = Parts(count)
    for pair in pairs:
        parts.join(*pair)
    while parts.count > 1:
        near = [a for a in range(count) if parts.of(a) == parts.of(0)]
        far = [b for b in range(count) if parts.of(b) != parts.of(0)]
        pair = min(((min(a, b), max(a, b)) for a in near for b in far),
                   key=lambda two: (distance(*two), two))
        pairs.append(pair)
        parts.join(*pair)
    graph = _plain(count, sorted(pairs))
    for link in graph.links:
        link.properties["latency"] = latency_over(distance(*link.ends))
    return graph


def latency_over(kilometres):
    """The time that light takes, in NDL; at least a microsecond."""
    return f"{max(1, round(kilometres * NS_PER_KM / 1_000))}us"


class Parts:
    """Which of `size` things are joined with each other."""

    def __init__(self, size):
        self._above = list(range(size))
        self.count = size

    def of(self, one):
        """The number of the part that `one` is in."""
        while self._above[one] != one:
            self._above[one] = self._above[self._above[one]]
            one = self._above[one]
        return one

    def join(self, a, b):
        """Makes one part of two."""
        a, b = self.of(a), self.of(b)
        if a != b:
            self._above[max(a, b)] = min(a, b)
            self.count -= 1
