#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scripts/topology writes scenarios that run, in which everybody reaches everybody."""
import subprocess

from support import ROOT, Case, elvis, main

SHAPES = {
    "chain": ("chain", 5), "ring": ("ring", 5), "star": ("star", 4), "tree": ("tree", 2, 3),
    "grid": ("grid", 4, 3), "torus": ("grid", 4, 3, "--torus"), "dumbbell": ("dumbbell", "--hosts", 3),
    "random": ("random", 12, "--links", 20), "waxman": ("waxman", 12), "fat tree": ("fat-tree", 4),
}
# Routers, lines between them, networks with hosts, hosts.
SIZES = {
    "chain": (5, 4, 2, 2), "ring": (5, 5, 5, 5), "star": (5, 4, 4, 4), "tree": (13, 12, 9, 9),
    "grid": (12, 17, 12, 12), "torus": (12, 24, 12, 12), "dumbbell": (2, 1, 2, 6),
    "random": (12, 20, 12, 12), "fat tree": (20, 32, 16, 16),
}
GRAPHML = """<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key attr.name="label" attr.type="string" for="node" id="d1"/>
  <key attr.name="Latitude" attr.type="double" for="node" id="d2"/>
  <key attr.name="Longitude" attr.type="double" for="node" id="d3"/>
  <key attr.name="LinkSpeedRaw" attr.type="double" for="edge" id="d4"/>
  <key attr.name="delay" attr.type="string" for="edge" id="d5"/>
  <graph edgedefault="undirected">
    <node id="0"><data key="d1">Bern</data><data key="d2">46.95</data><data key="d3">7.45</data></node>
    <node id="1"><data key="d1">Genoa 'port' ${x}</data><data key="d2">44.41</data><data key="d3">8.93</data></node>
    <node id="2"><data key="d1">Bern</data></node>
    <edge source="0" target="1"><data key="d4">10000000000.0</data></edge>
    <edge source="1" target="2"><data key="d5">7.5ms</data></edge>
    <edge source="2" target="2"/>
  </graph>
</graphml>
"""


def topology(*words, stdin=None):
    return subprocess.run([ROOT / "scripts" / "topology", *map(str, words)], input=stdin, timeout=120,
                          capture_output=True, text=True, check=False)


class TopologyTest(Case):
    def made(self, *words, **more):
        """The NDL that these words give."""
        done = topology(*words, **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def refused(self, *words, because, **more):
        done = topology(*words, **more)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(because, done.stderr)

    def test_everybody_reaches_everybody(self):
        for name, words in SHAPES.items():
            with self.subTest(shape=name):
                path = self.write(self.made(*words, "--traffic", "all-to-all", "--messages", 2))
                report = self.run_report(path, "--strict")
                captures = [one for one in report["applications"] if one["application"] == "capture"]
                self.assertEqual({one["messages"] for one in captures}, {2 * (len(captures) - 1)})
                self.assertEqual(report["totals"]["drops"], {})
                if name in SIZES:
                    routers, lines, lans, hosts = SIZES[name]
                    self.assertEqual(len(captures), hosts)
                    self.assertEqual(report["scenario"]["machines"], routers + hosts)
                    self.assertEqual(report["scenario"]["networks"], lines + lans)

    def test_what_it_writes_is_in_the_canonical_layout(self):
        for words in SHAPES.values():
            for traffic in ("none", "ping", "pairs", "all-to-all"):
                path = self.write(self.made(*words, "--traffic", traffic))
                self.assert_code(elvis("fmt", "--check", path), 0)

    def test_every_kind_of_traffic_succeeds(self):
        for traffic in ("none", "ping", "pairs"):
            with self.subTest(traffic=traffic):
                path = self.write(self.made("ring", 6, "--hosts", 2, "--traffic", traffic))
                self.run_report(path, "--strict")

    def test_the_same_words_give_the_same_bytes(self):
        for words in (("random", 30), ("waxman", 30)):
            self.assertEqual(self.made(*words), self.made(*words))
            self.assertNotEqual(self.made(*words), self.made(*words, "--seed", 2))

    def test_lines_have_the_properties_that_were_asked_for(self):
        text = self.made("chain", 3, "--latency", "3ms", "--throughput", "1Gbps", "--queue", "64KiB")
        self.assertEqual(text.count("latency='3ms' throughput='1Gbps' queue='64KiB' medium='switched'"), 2)
        text = self.made("dumbbell", "--bottleneck", "2Mbps", "--bottleneck-queue", "codel(50)")
        self.assertEqual(text.count("throughput='2Mbps' queue='codel(50)' medium='switched'"), 1)

    def test_some_routers_may_have_hosts(self):
        text = self.made("grid", 10, 10, "--lans", 10, "--hosts", 3, "--traffic", "pairs")
        report = self.run_report(text, "--strict")
        self.assertEqual(report["scenario"]["machines"], 130)
        self.assertNotIn("host", self.made("grid", 3, 3, "--hosts", 0).split("[Machines]")[1])

    def test_the_shipped_fat_tree_is_what_it_writes(self):
        shipped = (ROOT / "ndl" / "fat-tree.ndl").read_text()
        made = self.made("fat-tree", 8, "--latency", "10us", "--traffic", "all-to-all")
        self.assertTrue(shipped.endswith(made.split("\n", 1)[1]))

    def test_a_graph_is_imported(self):
        path = self.write(GRAPHML, name="net.graphml")
        text = self.made("import", path, "--traffic", "all-to-all")
        self.assertIn("[Machine name='Genoa \\'port\\' \\x24{x}' template='router']", text)
        self.assertIn("[Machine name='Bern 2' template='router']", text)
        # 305 km apart; a line of its own speed.
        self.assertRegex(text, r"id='link-0' latency='15\d\dus' throughput='10000000000bps' medium='switched'")
        self.assertIn("[Network id='link-1' latency='7.5ms']", text)
        self.assertNotIn("link-2", text)
        self.run_report(text, "--strict")
        self.assertEqual(self.made("import", "-", "--traffic", "all-to-all", stdin=GRAPHML).split("\n", 1)[1],
                         text.split("\n", 1)[1])

    def test_attributes_of_edges_need_units(self):
        key = '<key attr.name="bandwidth" attr.type="string" for="edge" id="d6"/><graph'
        text = GRAPHML.replace("<graph ", key + " ").replace("7.5ms</data>", '7.5ms</data><data key="d6">5Mbps</data>')
        self.assertIn("[Network id='link-1' latency='7.5ms' throughput='5Mbps'",
                      self.made("import", "-", stdin=text))
        done = topology("import", "-", stdin=GRAPHML.replace("7.5ms", "7.5"))
        self.assertEqual(done.returncode, 0)
        self.assertIn("without a unit", done.stderr)
        self.assertIn("[Network id='link-1' latency='1ms']", done.stdout)

    def test_what_a_line_cannot_be_is_refused_with_its_place(self):
        path = self.folder / "net.graphml"
        output = self.folder / "net.ndl"
        for old, news in (
                ("7.5ms<", ("-5ms", "-5", "NaN", "inf", "Infinity ms", "0.5ns", "2562048h", "9223372036854775808ns",
                            "uniform(2ms, 1ms)", "uniform(1ms)", "uniform(1ms,)", "weibull(1ms, 2)", "constant(5)",
                            "pareto(1ms, 0)", "lognormal(1ms, 21)", "lognormal(1ms, x)", "empirical(/etc/passwd)")),
                ("7.5ms</data><data key=\"d6\">", ("0bps", "0Mbps", "0.1bps", "-1Mbps", "nan", "18446744073709551616bps")),
                ("10000000000.0<", ("0", "0.5", "-1", "nan", "inf", "1e30", "1e999999999", "18446744073709551616"))):
            for new in news:
                with self.subTest(value=new):
                    text = GRAPHML.replace("<graph ", '<key attr.name="bandwidth" for="edge" id="d6"/><graph ')
                    if "d6" in old:
                        text = text.replace("7.5ms<", f'7.5ms</data><data key="d6">{new}<')
                    else:
                        text = text.replace(old, new + "<")
                    path.write_text(text)
                    ends = "'0' to '1'" if old[0] == "1" else "'1' to '2'"
                    self.refused("import", path, "--output", output, because=f"topology: {path}: the ")
                    self.refused("import", path, "--output", output, because=f"of the edge from {ends} ")
                    self.refused("import", "-", because=f"{new!r}; w", stdin=text)
                    self.assertFalse(output.exists())

    def test_what_is_odd_but_possible_is_imported(self):
        for value in ("0", "0ns", "9223372036854775807ns", "2562047h", "normal(0, 1ms)", "lognormal(1ms, 20)",
                      "pareto(1ms, 0.0000000000000000001)", "constant( 5ms )", "uniform(1ms,1ms)"):
            with self.subTest(latency=value):
                made = self.made("import", "-", stdin=GRAPHML.replace("7.5ms", value))
                self.assertIn(f"[Network id='link-1' latency='{value}']", made)
                self.assert_code(elvis("check", "--strict", self.write(made)), 0)
        for value, rate in (("1", 1), ("9.9e18", 99 * 10**17), ("18446744073709551615", 2**64 - 1), ("1.5", 1)):
            with self.subTest(speed=value):
                made = self.made("import", "-", stdin=GRAPHML.replace("10000000000.0", value))
                self.assertIn(f"throughput='{rate}bps'", made.replace("\n       ", ""))
                self.assert_code(elvis("check", "--strict", self.write(made)), 0)

    def test_a_name_may_have_anything_in_it_but_not_nothing(self):
        odd = "&#9;&#10;&#13;&#127;&#x80;&#x85;&#x9f;&#xa0;&#x2028;&#x202e;&#xfffd;\"\\' # ] ${name} &#x1f600;"
        made = self.made("import", "-", "--traffic", "ping", stdin=GRAPHML.replace(">Bern<", f">a{odd}b<"))
        path = self.write(made)
        self.assert_code(elvis("fmt", "--check", path), 0)
        self.run_report(path, "--strict")
        nameless = GRAPHML.replace('id="2"><data key="d1">Bern</data>', 'id=""><data key="d1"> </data>')
        self.refused("import", "-", because="the node number 3 has neither", stdin=nameless.replace('"2"', '""'))

    def test_a_node_lies_on_earth(self):
        for old, new in (("46.95", "90.5"), ("46.95", "nan"), ("7.45", "-361"), ("7.45", "inf")):
            self.refused("import", "-", because="the node '0' lies nowhere", stdin=GRAPHML.replace(old, new))

    def test_a_key_has_a_default_for_what_says_nothing(self):
        text = GRAPHML.replace('id="d5"/>', 'id="d5"><default> 3ms </default></key>')
        made = self.made("import", "-", stdin=text)
        self.assertIn("[Network id='link-0' latency='3ms' throughput", made)
        self.assertIn("[Network id='link-1' latency='7.5ms']", made)

    def test_a_graph_inside_of_a_node_is_not_left_out_silently(self):
        done = topology("import", "-", stdin=GRAPHML.replace('<node id="2">', '<node id="2"><graph/>'))
        self.assertEqual(done.returncode, 0)
        self.assertIn("inside of nodes are left out", done.stderr)

    def test_a_node_may_be_called_as_hosts_are(self):
        made = self.made("import", "-", "--traffic", "ping", stdin=GRAPHML.replace(">Bern<", ">host-1<"))
        self.run_report(self.write(made), "--strict")

    def test_what_cannot_be_made_is_refused(self):
        self.refused("chain", -1, because="whole number")
        self.refused("chain", 3, "--latency", "5", because="a time with its unit")
        self.refused("chain", 3, "--throughput", "fast", because="a rate with its unit")
        self.refused("chain", 3, "--latency", "0.5ns", because="'0.5ns' is not a multiple of 1ns")
        self.refused("chain", 3, "--throughput", "0bps", because="'0bps' is not at least 1bps")
        self.refused("waxman", 5, "--side", 0, because="more than 0 km")
        self.refused("fat-tree", 7, because="even number of ports")
        self.refused("ring", 2, because="at least 3")
        self.refused("random", 5, "--links", 3, because="from 4 to 10 lines")
        self.refused("grid", 0, 5, because="at least one router")
        self.refused("star", 3, "--lans", 4, because="from 1 to 3 routers")
        self.refused("grid", 200, 200, "--hosts", 1000, because="no room")
        self.refused("import", "-", stdin="<graphml", because="not XML")
        self.refused("import", "-", stdin="<html/>", because="not GraphML")
        for encoding in ("klingon", "gbk", "utf-7"):
            self.refused("import", "-", stdin=GRAPHML.replace("utf-8", encoding), because="save it as UTF-8")
        self.refused("import", "-", because="no source or no target", stdin=GRAPHML.replace('target="1"', ""))
        self.refused("import", self.folder / "none", because="No such file")
        self.refused("import", "-", because="which is not there", stdin=GRAPHML.replace('source="0"', 'source="9"'))


if __name__ == "__main__":
    main()
