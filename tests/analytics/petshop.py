#!/usr/bin/env python3
"""petshop.py - root causes on a folder of the PetShop layout.

  petshop.py BENCH PROGRAM

BENCH/rca/petshop/SCENARIO/{graph.csv,noissue/,PART/issue_*/}: the past is
noissue, the incident metrics.csv, the symptom and its metric target.json.
Suspects are the nodes that have that metric; a caller depends on whom it
calls.  Scored by rca_score.py of BENCH/score, with the graph and without.
"""
import csv
import glob
import json
import os
import subprocess
import sys


def rows(path):
    with open(path, newline="") as f:
        return list(csv.reader(f))


def number(text):
    try:
        v = float(text)
    except ValueError:
        return None
    return v if v == v else None


def columns(path, metric, statistic):
    """{node: values} of that metric."""
    table = rows(path)
    out = {}
    for j in range(1, len(table[0])):
        if (table[1][j], table[2][j]) == (metric, statistic):
            v = [number(r[j]) for r in table[3:] if number(r[0]) is not None]
            out[table[0][j]] = [x for x in v if x is not None]
    return out


def edges(path):
    table = rows(path)
    return [(r[0], table[0][j]) for r in table[1:]
            for j in range(1, len(r)) if number(r[j])]


def question(case, graph):
    with open(os.path.join(case, "target.json")) as f:
        target = json.load(f)["target"]
    scenario = os.path.dirname(os.path.dirname(case))
    what = target["metric"], target["agg"]
    now = columns(os.path.join(case, "metrics.csv"), *what)
    past = columns(os.path.join(scenario, "noissue", "metrics.csv"), *what)
    nodes = sorted(now)
    at = {n: i for i, n in enumerate(nodes)}
    pairs = [(at[a], at[b]) for a, b in
             edges(os.path.join(scenario, "graph.csv"))
             if a in at and b in at] if graph else []
    # What is bad: more latency, less availability.
    way = -1 if target["metric"] == "availability" else 1
    text = "%d %d %d\n" % (at.get(target["node"], -1), len(nodes), len(pairs))
    for n in nodes:
        text += "%d %d %s %d %s\n" % (
            way, len(past.get(n, [])), " ".join(map(repr, past.get(n, []))),
            len(now[n]), " ".join(map(repr, now[n])))
    return nodes, text + "".join("%d %d\n" % p for p in pairs)


def main():
    bench, program = sys.argv[1:]
    sys.path.insert(0, os.path.join(bench, "score"))
    import rca_score
    root = os.path.join(bench, "rca", "petshop")
    answers = rca_score.petshop(root)
    for graph, must in ((True, (.60, .85)), (False, (.35, .67))):
        asked = {c: question(os.path.join(root, c), graph) for c in answers}
        out = subprocess.run([program], text=True, check=True,
                             input="".join(t for _, t in asked.values()),
                             capture_output=True).stdout.splitlines()
        place = []
        for (case, (nodes, _)), line in zip(asked.items(), out):
            order = [nodes[int(w.split(":")[0])] for w in line.split()]
            wanted = answers[case][0]
            place.append(order.index(wanted) + 1 if wanted in order else 999)
        ac = [sum(p <= k for p in place) / len(place) for k in (1, 3, 5)]
        name = "with" if graph else "without"
        print("PetShop %s graph: %d issues  AC@1 %.3f  AC@3 %.3f  AC@5 %.3f"
              % (name, len(place), *ac))
        print("must PetShop %s graph %.2f / %.2f: %sreached" % (
            name, *must,
            "" if ac[0] >= must[0] and ac[1] >= must[1] else "not "))


if __name__ == "__main__":
    main()
