#!/usr/bin/env python3
"""petshop.py - root causes on a folder of the PetShop layout.

  petshop.py BENCH BINDIR

BENCH/rca/petshop/SCENARIO/{graph.csv,noissue/,PART/issue_*/}: the past is
noissue, the incident metrics.csv, the symptom and its metric target.json.
Each node that has that metric is a service; nc-analyze cause is told when the
incident began and where it shows, as an operator would, and with --topology
who calls whom.  Scored as rca_score.py of BENCH/score does.
"""
import csv
import json
import os
import sys
import tempfile

from records import analyze, mean, sample, verdict

STEP, BEGIN = 300, 1763769600
# As they would be named here.
METRICS = {"latency": "latency_seconds", "availability": "availability_ratio"}


def rows(path):
    with open(path, newline="") as f:
        return list(csv.reader(f))


def number(text):
    try:
        v = float(text)
    except ValueError:
        return None
    return v if v == v else None


def edges(path):
    table = rows(path)
    return [(r[0], table[0][j]) for r in table[1:]
            for j in range(1, len(r)) if number(r[j])]


def columns_in_time(path, what):
    """{node: {row: value}}, and how many rows."""
    table = rows(path)
    lines = [r for r in table[3:] if number(r[0]) is not None]
    out = {}
    for j in range(1, len(table[0])):
        if (table[1][j], table[2][j]) == what:
            v = {i: number(r[j]) for i, r in enumerate(lines)}
            out[table[0][j]] = {i: x for i, x in v.items() if x is not None}
    return out, len(lines)


def ranking(bindir, tmp, case, graph):
    with open(os.path.join(case, "target.json")) as f:
        target = json.load(f)["target"]
    scenario = os.path.dirname(os.path.dirname(case))
    what = target["metric"], target["agg"]
    now, m = columns_in_time(os.path.join(case, "metrics.csv"), what)
    past, n = columns_in_time(os.path.join(scenario, "noissue",
                                           "metrics.csv"), what)
    nodes = sorted(now)
    at = {name: "n%d" % i for i, name in enumerate(nodes)}
    metric = METRICS.get(target["metric"], target["metric"])
    # The past is of another day: it is put right before the incident.
    start = BEGIN - n * STEP

    def lines():
        for part, count, first in ((past, n, start), (now, m, BEGIN)):
            for i in range(count):
                for name in nodes:
                    if i in part.get(name, {}):
                        yield sample(first + i * STEP, "shop", "service",
                                     at[name], STEP, {metric: part[name][i]})

    args = []
    if graph:
        topology = os.path.join(tmp, "edges")
        with open(topology, "w") as f:
            for a, b in edges(os.path.join(scenario, "graph.csv")):
                if a in at and b in at:
                    f.write("service{id=%s} -> service{id=%s}\n" % (at[a],
                                                                   at[b]))
        args = ["--topology", topology]
    words = "cause,since=@%d" % BEGIN
    if target["node"] in at:
        words += ",symptom=service{id=%s}" % at[target["node"]]
    words += ",direction=" + ("down" if metric == "availability_ratio" else
                              "up")
    last = None
    for r in analyze(bindir, lines(), *args, words):
        last = r if r["kind"] == "cause" else last
    return [nodes[int(x["id"][1:])] for x in (last or {"suspects": ()})[
        "suspects"]]


def main():
    bench, bindir = sys.argv[1:]
    sys.path.insert(0, os.path.join(bench, "score"))
    import rca_score
    root = os.path.join(bench, "rca", "petshop")
    answers = rca_score.petshop(root)
    for graph, must, goal in ((True, (.60, .85), (.75, .95)),
                              (False, (.35, .67), (.45, .75))):
        place = []
        with tempfile.TemporaryDirectory() as tmp:
            for case in answers:
                order = ranking(bindir, tmp, os.path.join(root, case), graph)
                wanted = answers[case][0]
                place.append(order.index(wanted) + 1 if wanted in order
                             else 999)
        ac = [mean([float(p <= k) for p in place]) for k in (1, 3, 5)]
        name = "with" if graph else "without"
        print("PetShop %s graph: %d issues  AC@1 %.3f  AC@3 %.3f  AC@5 %.3f"
              "  (one issue is %.3f)" % (name, len(place), *ac,
                                         1 / len(place)))
        for what, want in (("must", must), ("goal", goal)):
            verdict((what, "PetShop %s graph %.2f / %.2f" % (name, *want)),
                    ac[0] >= want[0] and ac[1] >= want[1])


if __name__ == "__main__":
    main()
