# SPDX-License-Identifier: MIT
"""A fat tree: switches with k ports in three layers, with k³ / 4 hosts.

Between pods there are k² / 4 paths that are equally long. Which one a datagram takes follows from
where it goes, as in Al-Fares, Loukissas and Vahdat (SIGCOMM 2008, 3.5): to each host of a pod leads a
trunk of its own, so that traffic among all hosts uses every line alike. What decides that comes first
in an address, so that few routes say it: the host with place h at edge switch e of pod p has
10.h.e.(4 p + 2), and is reached by aggregation switch h of each pod and that switch's core
(e + h) mod (k / 2).
"""
from topologies.graphs import Mistake
from topologies.scenario import hosts, machine_group, network, section, templates

MOST_PORTS = 64


def _networks(k, options):
    half = k // 2
    line = {"latency": options.latency, "throughput": options.throughput, "queue": options.queue,
            "medium": None if options.throughput is None else "switched"}
    text = section(0, "Networks")
    for name in ("access", "up", "trunk"):
        for number in range(k * half * half):
            pod, switch, port = number // half // half, number // half % half, number % half
            octets = {"access": (port, switch, pod), "up": (64 + pod, switch, port),
                      "trunk": (128 + pod, switch, port)}[name]
            text += network(f"{name}-{number}", 10 << 24 | octets[0] << 16 | octets[1] << 8 | octets[2] << 2,
                            30, **line)
    return text


def _group(name, count, networks, routes):
    text = machine_group(name, count, "router") + section(2, "Networks")
    text += "".join(section(3, "Network", id=one) for one in networks)
    text += section(2, "Routes")
    return text + "".join(section(3, "Route", to=to, via=via) for to, via in routes)


def fat_tree(k, options):
    """NDL of a fat tree of switches with `k` ports each."""
    if k % 2 or not 4 <= k <= MOST_PORTS:
        raise Mistake(f"a fat tree has switches with an even number of ports, 4 to {MOST_PORTS}")
    half = k // 2
    pod = f"index / {half}"
    every = range(half)
    text = templates() + _networks(k, options) + section(0, "Machines")
    text += _group(
        "edge", k * half,
        [f"access-${{index * {half} + {port}}}" for port in every]
        + [f"up-${{index * {half} + {port}}}" for port in every],
        [(f"10.{h}.0.0/16", f"aggregation-${{{pod} * {half} + {h}}}") for h in every])
    text += _group(
        "aggregation", k * half,
        [f"up-${{({pod} * {half} + {e}) * {half} + index % {half}}}" for e in every]
        + [f"trunk-${{index * {half} + {port}}}" for port in every],
        [(f"10.${{index % {half}}}.{e}.${{{pod} * 4}}/30", f"edge-${{{pod} * {half} + {e}}}")
         for e in every]
        + [(f"10.${{index % {half}}}.{e}.0/24",
            f"core-${{index % {half} * {half} + (index + {e}) % {half}}}") for e in every])
    text += _group(
        "core", half * half,
        [f"trunk-${{({p} * {half} + {pod}) * {half} + index % {half}}}" for p in range(k)],
        [(f"10.${{{pod}}}.${{(index + {half} - {pod}) % {half}}}.{4 * p}/30",
          f"aggregation-${{{p} * {half} + {pod}}}") for p in range(k)])
    return text + hosts(k * half * half, "access-${index}", options.traffic, options.messages,
                        gateway=f"edge-${{index / {half}}}")
