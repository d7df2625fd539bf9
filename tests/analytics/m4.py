#!/usr/bin/env python3
"""m4.py - forecasts and times to full on a folder of the M4 layout.

  m4.py BENCH BINDIR

BENCH/m4/{Hourly,Weekly}-{train,test,naive2}*.csv: each series becomes samples
an hour or a week apart that end at one instant; nc-analyze is asked once, at
the end, and its records are scored by m4_score.py and ttf_score.py of
BENCH/score.  A limit counts as crossed from a probability of 0.35 on (a miss
costs more than a warning too many).
"""
import csv
import glob
import os
import subprocess
import sys
import tempfile

from records import analyze, deviation, mean, sample, verdict

# What the frequency says: horizon, step, period of MASE; must and goal of
# OWA and of F1.
KINDS = (("Hourly", "hourly", 48, 3600, 24, (.52, .47), (.78, .85)),
         ("Weekly", "weekly", 13, 604800, 1, (.83, .80), (.70, .75)))
END = 1763769600  # a Saturday's end; the data say nothing of theirs
METRIC = "demand_per_second"  # never below 0, as in M4
LIKELY = .35


def one(bench, kind, part):
    found = sorted(glob.glob("%s/m4/%s-%s*.csv" % (bench, kind, part)))
    return found[0] if found else None


def write(path, rows):
    with open(path, "w", newline="") as f:
        csv.writer(f).writerows(rows)


def score(bench, script, *args):
    return subprocess.run([sys.executable, bench + "/score/" + script, *args],
                          text=True, capture_output=True, check=True).stdout


def lines(series, step):
    for name, y in series.items():
        start = END - len(y) * step
        for i, v in enumerate(y):
            yield sample(start + i * step, "bench", "service", name, step,
                         {METRIC: v})


def crossings(bindir, series, step, horizon, level):
    """[(id, steps or "")] for one limit of each series."""
    limits = []
    for name in series:
        limits += ["--full", "service{id=%s}:%s=%r" % (name, METRIC,
                                                       level[name])]
    last = END - step
    for r in analyze(bindir, lines(series, step),
                     "full,every=end,horizon=%ds" % (horizon * step),
                     "--only-series", "service:" + METRIC, *limits):
        when = next((r[p] for p in ("p50", "p10") if r[p] != "never"), None)
        sure = r["probability"] >= LIKELY and when is not None
        yield r["id"], round((when - last) / step) if sure else ""


def run(bench, bindir, tmp, row):
    kind, rule, horizon, step, period, owa, f1 = row
    train, test, naive2 = (one(bench, kind, p)
                           for p in ("train", "test", "naive2"))
    if not (train and test and naive2):
        print("M4 %s: left out, no data" % kind)
        return
    import m4_score
    import ttf_score
    series = m4_score.read(train)
    parts = {"p50": [], "low": [], "high": []}
    for r in analyze(bindir, lines(series, step),
                     "forecast,every=end,horizon=%ds" % (horizon * step),
                     "--only-series", "service:" + METRIC):
        for key, rows in parts.items():
            rows.append([r["id"]] + r[key])
    cross = []
    for k in ttf_score.RULES[rule][0]:
        level = {n: ttf_score.level(y, rule, k) for n, y in series.items()}
        cross += [[n, k, s] for n, s in
                  crossings(bindir, series, step, horizon, level)]
    files = {n: os.path.join(tmp, n) for n in (*parts, "cross")}
    for name, path in files.items():
        write(path, parts.get(name, cross))
    text = score(bench, "m4_score.py", "--train", train, "--test", test,
                 "--naive2", naive2, "--m", str(period), "--forecast",
                 files["p50"], "--lower", files["low"], "--upper",
                 files["high"]).strip()
    print("M4 %s: %s" % (kind, text))
    got = dict(zip(text.split()[::2], map(float, text.split()[1::2])))
    text = score(bench, "ttf_score.py", "--train", train, "--test", test,
                 "--rule", rule, "--crossings", files["cross"]).strip()
    print("  time to full: " + text)
    reached = float(text.split("F1 ")[1].split()[0])
    spread(m4_score, (train, test, naive2, files["p50"]), period)
    for i, what in enumerate(("must", "goal")):
        verdict((what, "%s OWA %.2f" % (kind, owa[i])), got["OWA"] <= owa[i])
        verdict((what, "%s time to full F1 %.2f" % (kind, f1[i])),
                reached >= f1[i])
        if kind != "Hourly":
            continue
        low, high, msis = ((.93, .97, 10), (.94, .96, 7.5))[i]
        verdict((what, "coverage %.0f-%.0f %%" % (100 * low, 100 * high)),
                low <= got["coverage"] <= high)
        verdict((what, "MSIS %g" % msis), got["MSIS"] <= msis)


def spread(m4, paths, period):
    """OWA of each fifth of the series: how much it depends on which."""
    train, test, naive2, mine = (m4.read(p) for p in paths)
    names, owa = sorted(test), []
    for k in range(5):
        part = {n: test[n] for n in names[k::5]}
        s, e, _ = m4.point(train, part, mine, period)
        s2, e2, _ = m4.point(train, part, naive2, period)
        owa.append((s / s2 + e / e2) / 2)
    print("  OWA of fifths of the series: %.3f, deviation %.3f" % (
        mean(owa), deviation(owa)))


def main():
    bench, bindir = sys.argv[1:]
    sys.path.insert(0, os.path.join(bench, "score"))
    with tempfile.TemporaryDirectory() as tmp:
        for row in KINDS:
            run(bench, bindir, tmp, row)


if __name__ == "__main__":
    main()
