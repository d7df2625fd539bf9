#!/usr/bin/env python3
"""folds.py - the detector where no number of it has seen the file.

  folds.py BENCH PROGRAM [SEED...]

For each fifth of the files of BENCH/nab every number of the detector and its
threshold are searched anew on the other four, from a start by chance; the
scores of the five held out parts, put together, are printed per seed of the
search.  PROGRAM is build/bench/analytics_folds.
"""
import os
import subprocess
import sys

from nab import corpus, rows
from records import deviation, mean, verdict

TRIALS = "240"


def question(whole, data, files):
    for f in files:
        geo = {i: (w, v) for i, w, v in whole.geo[f]}
        _, values = rows(os.path.join(data, f))
        yield "%d %d\n" % (len(values), len(whole.wins[f]))
        for i, (ts, v) in enumerate(values):
            yield "%.3f %r %d %r\n" % (ts, v, *geo.get(i, (-2, 0)))


def main():
    bench, program, *seeds = sys.argv[1:]
    nab, windows, files, data = corpus(bench)
    whole = nab.Corpus(data, windows, files)
    text = "".join(question(whole, data, files))
    table, spread = [], []
    print("%-42s %8s %7s %7s" % ("NAB, 5 folds, all numbers chosen anew",
                                 "standard", "low FP", "low FN"))
    for seed in seeds or ("1", "2", "3"):
        out = subprocess.run([program, seed, TRIALS], input=text, text=True,
                             stdout=subprocess.PIPE, check=True).stdout
        alarm, line = [{}, {}, {}], iter(out.splitlines())
        for f in files:
            part = [tuple(map(float, next(line).split()))
                    for _ in range(whole.n[f])]
            for p in range(3):
                alarm[p][f] = [x[p] for x in part]
        row, each = [], []
        for p, profile in enumerate(nab.PROFILES):
            points = whole.points(alarm[p])
            row.append(whole.normalise(whole.at(points, profile, 1.0)[0],
                                       profile))
            fold = []
            for k in range(5):
                c = nab.Corpus(data, windows, files[k::5])
                held = c.points({f: alarm[p][f] for f in files[k::5]})
                fold.append(c.normalise(c.at(held, profile, 1.0)[0], profile))
            each.append(deviation(fold))
        table.append(row)
        spread.append(each)
        print("  %-40s %8.1f %7.1f %7.1f" % ("seed " + seed, *row))
    columns = list(zip(*table))
    print("  %-40s %8.1f %7.1f %7.1f" % ("mean", *map(mean, columns)))
    print("  %-40s %8.1f %7.1f %7.1f" % ("deviation of the seeds",
                                         *map(deviation, columns)))
    print("  %-40s %8.1f %7.1f %7.1f" % ("deviation of the folds",
                                         *map(mean, zip(*spread))))
    for what, want in (("must", (62, 56, 66)), ("goal", (68, 62, 72))):
        verdict((what, "NAB, 5 folds %d / %d / %d" % want),
                all(mean(c) >= w for c, w in zip(columns, want)))


if __name__ == "__main__":
    main()
