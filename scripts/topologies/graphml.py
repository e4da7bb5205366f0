# SPDX-License-Identifier: MIT
"""Graphs out of GraphML files, such as those of the Internet Topology Zoo."""
import decimal
import math
import re
import xml.etree.ElementTree as xml

from topologies.graphs import Graph, Link, Mistake, latency_over
from topologies.scenario import HOSTS, MOST_RATE, RATE, TIME, rate_fault, time_fault

# What attributes of an edge are called that say the same, what they have to look like, and what is wrong
# with those that do.
WORDS = {"latency": (("latency", "delay"), TIME, time_fault, "10ms"),
         "throughput": (("bandwidth", "capacity", "throughput"), RATE, rate_fault, "100Mbps")}
# Numbers that can be none of these, whatever their unit is.
IMPOSSIBLE = re.compile(r"-\s*[0-9.].*|[+-]?(nan|inf|infinity)\s*(ns|us|ms|s|min|h|[kmg]?bps|[kmg]?b/s)?",
                        re.IGNORECASE)
EARTH_KM = 6371.0


def _tag(element):
    return element.tag.rpartition("}")[2]


def _children(element, tag):
    return [child for child in element if _tag(child) == tag]


def _defaults(root, kind):
    """What holds for each node or edge that says nothing else, by the names of the keys."""
    return {(key.get("attr.name") or key.get("id") or "").lower(): (default.text or "").strip()
            for key in _children(root, "key") if key.get("for", "all") in (kind, "all")
            for default in _children(key, "default")}


def _values(element, keys, defaults):
    """What the <data> of a node or edge says, by the names of the keys, in small letters."""
    return defaults | {keys.get(data.get("key"), data.get("key")): (data.text or "").strip()
                       for data in _children(element, "data")}


def _place(values, node):
    """Where the node is, if it says so."""
    try:
        degrees = float(values["latitude"]), float(values["longitude"])
    except (KeyError, ValueError):
        return None
    if not (abs(degrees[0]) <= 90 and abs(degrees[1]) <= 360):
        raise Mistake(f"the node {node.get('id')!r} lies nowhere: Latitude {values['latitude']!r} and Longitude"
                      f" {values['longitude']!r}; write degrees, at most 90 and 360, or leave them out")
    return math.radians(degrees[0]), math.radians(degrees[1])


def _kilometres(a, b):
    """Along a great circle."""
    half = (math.sin((b[0] - a[0]) / 2) ** 2
            + math.cos(a[0]) * math.cos(b[0]) * math.sin((b[1] - a[1]) / 2) ** 2)
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _names(nodes, values):
    """What people call the nodes, made unique: a label, or else the id."""
    names, taken = [], set()
    for node, said in zip(nodes, values):
        name = said.get("label") or node.get("id")
        if not name:
            raise Mistake(f"the node number {len(names) + 1} has neither a label nor an id with something in it;"
                          " give it one")
        if name in taken or HOSTS.fullmatch(name):
            name = f"{name} {node.get('id')}"
        while name in taken or HOSTS.fullmatch(name):
            name += "'"
        taken.add(name)
        names.append(name)
    return names


def _speed(text, edge, notes):
    """Bits a second of what should be a number; nothing if it is none."""
    try:
        speed = decimal.Decimal(text)
    except decimal.InvalidOperation:
        notes.append(f"the LinkSpeedRaw of {edge} is no number, and left out: {text!r}")
        return None
    if not speed.is_finite() or not 1 <= speed <= MOST_RATE:
        raise Mistake(f"the LinkSpeedRaw of {edge} is not from 1 to 2^64 - 1 bits a second, but {text!r}; where it"
                      " is not known, leave it out")
    return int(speed)


def _properties(values, edge, ends, notes):
    """Of the line `edge`: its own latency, or that of the distance; its own speed."""
    properties = {}
    for key, (names, form, fault_of, example) in WORDS.items():
        for name in names:
            text = values.get(name, "")
            fault = "cannot be that of a line" if IMPOSSIBLE.fullmatch(text) else ""
            if form.fullmatch(text):
                fault = fault_of(text)
                if text.startswith("empirical"):
                    fault = "is in a file of its own, which is not read here"
                properties[key] = text
            if fault:
                raise Mistake(f"the {name} of {edge} {fault}: {text!r}; write one such as {example}")
            if text and not form.fullmatch(text):
                notes.append(f"the {name} of {edge} is not understood without a unit such as that of"
                             f" {example}, and left out: {values[name]!r}")
    if "latency" not in properties and None not in ends:
        properties["latency"] = latency_over(_kilometres(*ends))
    if values.get("linkspeedraw"):
        speed = _speed(values["linkspeedraw"], edge, notes)
        if speed is not None:
            properties.setdefault("throughput", f"{speed}bps")
    return properties


def read(text):
    """The graph in a file's text; each node has hosts. Loops are left out."""
    try:
        root = xml.fromstring(text)
    except xml.ParseError as error:
        raise Mistake(f"this is not XML: {error}") from error
    except (LookupError, ValueError) as error:
        raise Mistake(f"its encoding is not understood: {error}; save it as UTF-8") from error
    graphs = _children(root, "graph")
    if _tag(root) != "graphml" or len(graphs) != 1:
        raise Mistake("this is not GraphML with one graph in it")
    keys = {key.get("id"): (key.get("attr.name") or key.get("id") or "").lower()
            for key in _children(root, "key")}
    nodes = _children(graphs[0], "node")
    if not nodes or any(node.get("id") is None for node in nodes):
        raise Mistake("the graph has no nodes, or one without an id")
    if _children(graphs[0], "hyperedge"):
        raise Mistake("lines that join more than two nodes are not understood")
    number = {node.get("id"): i for i, node in enumerate(nodes)}
    if len(number) != len(nodes):
        raise Mistake("two nodes have one id")
    values = [_values(node, keys, _defaults(root, "node")) for node in nodes]
    places = [_place(said, node) for node, said in zip(nodes, values)]
    defaults = _defaults(root, "edge")
    links, seen, notes = [], set(), []
    if any(_children(node, "graph") for node in nodes):
        notes.append("graphs inside of nodes are left out")
    for edge in _children(graphs[0], "edge"):
        if None in (edge.get("source"), edge.get("target")):
            raise Mistake("an edge has no source or no target")
        try:
            ends = number[edge.get("source")], number[edge.get("target")]
        except KeyError as error:
            raise Mistake(f"an edge names the node {error}, which is not there") from error
        is_directed = edge.get("directed", graphs[0].get("edgedefault") == "directed") in (True, "true")
        if ends[0] == ends[1] or (is_directed and ends[::-1] in seen):
            continue  # a line and the way back are one
        seen.add(ends)
        said = _values(edge, keys, defaults)
        edge = f"the edge from {edge.get('source')!r} to {edge.get('target')!r}"
        links.append(Link(ends, _properties(said, edge, [places[end] for end in ends], notes)))
    return Graph(_names(nodes, values), links, list(range(len(nodes))), notes)
