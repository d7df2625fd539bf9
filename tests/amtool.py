#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Made-up route trees: amtool and nc-notify -T must name the same receivers.

usage: amtool.py TREES SETS

An Alertmanager route sends an alert to the deepest node that matches, the
first of siblings unless one says continue.  As rules in a row that is, for
each node: all matchers on the way to it, and none of the siblings before
those that end the search, and none of its own children.
"""
import itertools
import json
import random
import subprocess
import sys

LABELS = {"severity": ["crit", "warn", "info"], "host": ["hv1", "hv2"],
    "team": ["storage", "net", ""], "rack": ["r1", "r2", ""]}
NOT = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
rng = random.Random(7)


def matcher():
    name = rng.choice(list(LABELS))
    values = [v for v in LABELS[name] if v]
    op = rng.choice(list(NOT))
    if op in ("=", "!="):
        return name, op, rng.choice(values)
    return name, op, rng.choice(["|".join(values[:2]), values[0][0] + ".*",
        ".*" + values[-1][-1]])


class Node:
    def __init__(self, depth, names, root=False):
        self.name = "c%d" % next(names)
        self.matchers = [] if root else [matcher()
            for _ in range(rng.randint(1, 2))]
        self.goes_on = not root and rng.random() < 0.4
        self.children = [Node(depth - 1, names)
            for _ in range(rng.randint(0, 3) if depth else 0)]

    def tree(self):
        node = {"receiver": self.name, "continue": self.goes_on,
            "routes": [c.tree() for c in self.children]}
        if self.matchers:
            node["matchers"] = ['%s%s"%s"' % m for m in self.matchers]
        return node

    def names(self):
        return [self.name] + [n for c in self.children for n in c.names()]

    def rules(self, must, never):
        """must: matchers on the way; never: nodes of which none matches."""
        must = must + self.matchers
        out = []
        for way in itertools.product(*(n.matchers
                for n in never + self.children)):
            out.append((must + [(n, NOT[o], v) for n, o, v in way],
                self.name))
        before = list(never)
        for c in self.children:
            out += c.rules(must, before)
            if not c.goes_on:
                before = before + [c]
        return out


def ours(conditions, name):
    text = " ".join('%s %s "%s"' % (n, o, "^(%s)$" % v if "~" in o else v)
        for n, o, v in conditions)
    return "match %s to %s" % (text or "*", name)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True,
        text=True).stdout.strip().splitlines()


compared = 0
for tree in range(int(sys.argv[1])):
    root = Node(2, itertools.count(), root=True)
    with open("am.yml", "w") as f:
        json.dump({"route": {**root.tree(), "continue": False},
            "receivers": [{"name": n} for n in root.names()]}, f)
    with open("nc.conf", "w") as f:
        f.write("channel rest local syslog\n")
        for n in root.names():
            f.write('channel %s exec "/bin/true"\n' % n)
        # So that critical alerts reach somebody, whatever the tree says.
        f.write("match to rest\n")
        for r in root.rules([], []):
            f.write(ours(*r) + "\n")
    for _ in range(int(sys.argv[2])):
        labels = {k: rng.choice(v) for k, v in LABELS.items()}
        fields = ["%s=%s" % (k, v) for k, v in labels.items() if v]
        theirs = set(run("amtool", "config", "routes", "test",
            "--config.file=am.yml", *fields)[-1].split(","))
        last = run("nc-notify", "-T", "-c", "nc.conf", *fields)[-1]
        mine = set(last.split(", ")) - {"rest"}
        if theirs != mine:
            print("tree %d %s: amtool %s, nc-notify %s" % (tree, fields,
                sorted(theirs), sorted(mine)))
            sys.exit(1)
        compared += 1
print("%d decisions agree" % compared)
