#!/usr/bin/env python3
"""nab.py - the detector on a folder of the Numenta layout.

  nab.py BENCH PROGRAM

BENCH/nab/data/**.csv and BENCH/nab/combined_windows*.json are converted to
columns, PROGRAM (build/bench/analytics) judges each file on its own, in
order, and BENCH/score/nab_score.py scores the alarms.  Printed: the score at
the best threshold (how the benchmark is defined), at the threshold 1 that the
tool ships, and with the threshold of the other four fifths of the files; and
how often the calibrated score passes 0.99 outside of the labelled windows.
"""
import csv
import datetime
import glob
import os
import subprocess
import sys


def epoch(stamp):
    t = datetime.datetime.fromisoformat(stamp)
    return (t - datetime.datetime(1970, 1, 1)).total_seconds()


def judge(program, path):
    with open(path, newline="") as f:
        rows = [r for r in list(csv.reader(f))[1:] if r]
    text = "".join("%.3f %s\n" % (epoch(r[0]), r[1]) for r in rows)
    out = subprocess.run([program, "detect"], input=text, text=True,
                         capture_output=True, check=True).stdout
    pairs = [tuple(map(float, line.split())) for line in out.splitlines()]
    return [p[0] for p in pairs], [p[1] for p in pairs]


def main():
    bench, program = sys.argv[1:]
    sys.path.insert(0, os.path.join(bench, "score"))
    import nab_score as nab
    windows = {}
    for path in sorted(glob.glob(bench + "/nab/combined_windows*.json")):
        windows.update(nab.load_windows(path))
    data = os.path.join(bench, "nab", "data")
    files = sorted(f for f in windows
                   if os.path.exists(os.path.join(data, f)))
    rare, alarm = {}, {}
    for f in files:
        rare[f], alarm[f] = judge(program, os.path.join(data, f))
    corpus = nab.Corpus(data, windows, files)
    points = corpus.points(alarm)
    normal = [rare[f][i] for f in files for i, w, _ in corpus.geo[f] if w < 0]

    def part(keep):
        c = nab.Corpus(data, windows, keep)
        return c, c.points({f: alarm[f] for f in keep})

    best, ships, folds = [], [], []
    for profile in nab.PROFILES:
        best.append(corpus.normalise(corpus.sweep(points, profile)[0],
                                     profile))
        ships.append(corpus.normalise(corpus.at(points, profile, 1.0)[0],
                                      profile))
        raw = 0
        for k in range(5):
            other, other_points = part([f for i, f in enumerate(files)
                                        if i % 5 != k])
            held, held_points = part(files[k::5])
            raw += held.at(held_points, profile,
                           other.sweep(other_points, profile)[1])[0]
        folds.append(corpus.normalise(raw, profile))
    print("%-42s %8s %7s %7s" % ("NAB, %d files, %d windows" % (
        len(files), corpus.total_windows), "standard", "low FP", "low FN"))
    for what, row in (("at the best threshold", best),
                      ("at the threshold that ships", ships),
                      ("threshold of the other files, 5 folds", folds)):
        print("  %-40s %8.1f %7.1f %7.1f" % ((what,) + tuple(row)))
    print("  score > 0.99 outside the windows: %.2f %% of the rows" % (
        100 * sum(s > 0.99 for s in normal) / len(normal)))
    print("must NAB 72 / 68 / 76: %sreached" % (
        "" if all(b >= m for b, m in zip(best, (72, 68, 76))) else "not "))


if __name__ == "__main__":
    main()
