#!/usr/bin/env python3
"""nab.py - anomalies on a folder of the Numenta layout.

  nab.py BENCH BINDIR

BENCH/nab/data/**.csv and BENCH/nab/combined_windows*.json: each file becomes
the samples of a host of its own, as they are, in order; nc-analyze is asked
for the score of each sample, and BENCH/score/nab_score.py scores the alarms.
Printed: the score at the best threshold (how the benchmark is defined), at
the one that detects by default, and with the threshold of the other four
fifths of the files (folds.py searches all other numbers anew as well); and
how often the calibrated score passes 0.99 outside of the labelled windows.
"""
import csv
import datetime
import glob
import os
import sys

from records import analyze, deviation, mean, sample, verdict


def epoch(stamp):
    t = datetime.datetime.fromisoformat(stamp)
    return (t - datetime.datetime(1970, 1, 1)).total_seconds()


def rows(path):
    """(ts, value) of each row; where a clock went back, ts goes on."""
    with open(path, newline="") as f:
        data = [(epoch(r[0]), float(r[1])) for r in list(csv.reader(f))[1:]
                if r]
    steps = sorted(b[0] - a[0] for a, b in zip(data, data[1:])) or [1]
    step = steps[len(steps) // 2]
    last, out = None, []
    for ts, v in data:
        if last is not None and ts <= last:
            ts = last + step / 1000
        out.append((ts, v))
        last = ts
    return step, out


def corpus(bench):
    """Scorer, windows, files and the folder of the data."""
    sys.path.insert(0, os.path.join(bench, "score"))
    import nab_score as nab
    windows = {}
    for path in sorted(glob.glob(bench + "/nab/combined_windows*.json")):
        windows.update(nab.load_windows(path))
    data = os.path.join(bench, "nab", "data")
    files = sorted(f for f in windows
                   if os.path.exists(os.path.join(data, f)))
    return nab, windows, files, data


def judge(bindir, data, files):
    """{file: scores}, {file: alarms}, a number a row."""
    at, rare, alarm = {}, {}, {}
    read = {f: rows(os.path.join(data, f)) for f in files}
    for f, (_, values) in read.items():
        at[f] = {round(ts, 3): i for i, (ts, _) in enumerate(values)}
        rare[f] = [0.0] * len(values)
        alarm[f] = [0.0] * len(values)

    def lines():
        for f, (step, values) in read.items():
            for ts, v in values:
                yield sample(round(ts, 3), f, "probe", "nab", step,
                             {"value": v})

    for r in analyze(bindir, lines(), "anomaly,scores=all"):
        if r["kind"] != "anomaly" or r["state"] != "score":
            continue
        i = at[r["host"]][round(r["ts"], 3)]
        rare[r["host"]][i] = r["score"]
        alarm[r["host"]][i] = r["alarm"]
    return rare, alarm


def main():
    bench, bindir = sys.argv[1:]
    nab, windows, files, data = corpus(bench)
    rare, alarm = judge(bindir, data, files)
    whole = nab.Corpus(data, windows, files)
    points = whole.points(alarm)
    normal = [rare[f][i] for f in files for i, w, _ in whole.geo[f] if w < 0]

    def part(keep):
        c = nab.Corpus(data, windows, keep)
        return c, c.points({f: alarm[f] for f in keep})

    best, ships, folds, each = [], [], [], []
    for profile in nab.PROFILES:
        best.append(whole.normalise(whole.sweep(points, profile)[0], profile))
        ships.append(whole.normalise(whole.at(points, profile, 1.0)[0],
                                     profile))
        raw, fold = 0, []
        for k in range(5):
            other, other_points = part([f for i, f in enumerate(files)
                                        if i % 5 != k])
            held, held_points = part(files[k::5])
            got = held.at(held_points, profile,
                          other.sweep(other_points, profile)[1])[0]
            raw += got
            fold.append(held.normalise(got, profile))
        folds.append(whole.normalise(raw, profile))
        each.append(deviation(fold))
    print("%-42s %8s %7s %7s" % ("NAB, %d files, %d windows" % (
        len(files), whole.total_windows), "standard", "low FP", "low FN"))
    for what, row in (("at the best threshold", best),
                      ("at the threshold 1", ships),
                      ("threshold of the other files, 5 folds", folds),
                      ("deviation of the folds", each)):
        print("  %-40s %8.1f %7.1f %7.1f" % ((what,) + tuple(row)))
    print("  score > 0.99 outside the windows: %.2f %% of the rows" % (
        100 * mean([s > 0.99 for s in normal])))
    for what, want in (("must", (72, 68, 76)), ("goal", (80, 76, 84))):
        verdict((what, "NAB %d / %d / %d" % want),
                all(b >= w for b, w in zip(best, want)))


if __name__ == "__main__":
    main()
