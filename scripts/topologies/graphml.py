# SPDX-License-Identifier: MIT
"""Graphs out of GraphML files, such as those of the Internet Topology Zoo."""
import math
import xml.etree.ElementTree as xml

from topologies.graphs import Graph, Link, Mistake, latency_over
from topologies.scenario import HOSTS, RATE, TIME

# What attributes of an edge are called that say the same, and what they have to look like.
WORDS = {"latency": (("latency", "delay"), TIME, "10ms"),
         "throughput": (("bandwidth", "capacity", "throughput"), RATE, "100Mbps")}
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


def _place(values):
    try:
        place = math.radians(float(values["latitude"])), math.radians(float(values["longitude"]))
    except (KeyError, ValueError):
        return None
    return place if all(map(math.isfinite, place)) else None


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
        if name in taken or HOSTS.fullmatch(name):
            name = f"{name} {node.get('id')}"
        while name in taken or HOSTS.fullmatch(name):
            name += "'"
        taken.add(name)
        names.append(name)
    return names


def _properties(values, ends, notes):
    """Of a line: its own latency, or that of the distance; its own speed."""
    properties = {}
    for key, (names, form, example) in WORDS.items():
        for name in names:
            if form.fullmatch(values.get(name, "")):
                properties[key] = values[name]
            elif values.get(name):
                notes.append(f"the {name} of an edge is not understood without a unit such as that of"
                             f" {example}, and left out: {values[name]!r}")
    if "latency" not in properties and None not in ends:
        properties["latency"] = latency_over(_kilometres(*ends))
    try:
        speed = int(float(values.get("linkspeedraw", "0")))
    except (ValueError, OverflowError):
        speed = 0
    if speed > 0 and "throughput" not in properties:
        properties["throughput"] = f"{speed}bps"
    return properties


def read(text):
    """The graph in a file's text; each node has hosts. Loops are left out."""
    try:
        root = xml.fromstring(text)
    except xml.ParseError as error:
        raise Mistake(f"this is not XML: {error}") from error
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
    places = [_place(said) for said in values]
    defaults = _defaults(root, "edge")
    links, seen, notes = [], set(), []
    if any(_children(node, "graph") for node in nodes):
        notes.append("graphs inside of nodes are left out")
    for edge in _children(graphs[0], "edge"):
        try:
            ends = number[edge.get("source")], number[edge.get("target")]
        except KeyError as error:
            raise Mistake(f"an edge names the node {error}, which is not there") from error
        is_directed = edge.get("directed", graphs[0].get("edgedefault") == "directed") in (True, "true")
        if ends[0] == ends[1] or (is_directed and ends[::-1] in seen):
            continue  # a line and the way back are one
        seen.add(ends)
        said = _values(edge, keys, defaults)
        links.append(Link(ends, _properties(said, [places[end] for end in ends], notes)))
    return Graph(_names(nodes, values), links, list(range(len(nodes))), notes)
