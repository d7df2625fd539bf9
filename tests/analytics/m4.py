#!/usr/bin/env python3
"""m4.py - the forecasts on a folder of the M4 layout.

  m4.py BENCH PROGRAM

BENCH/m4/{Hourly,Weekly}-{train,test,naive2}*.csv, scored by m4_score.py and
ttf_score.py of BENCH/score.  A limit counts as crossed when 35 % of the
courses cross it (a miss costs more than a warning too many); the time is the
median of those.
"""
import csv
import glob
import os
import subprocess
import sys
import tempfile

# What the frequency says: horizon, seasons, period of MASE, what must be.
KINDS = (("Hourly", "hourly", 48, 24, 168, 24, .52, .78),
         ("Weekly", "weekly", 13, 52, 0, 1, .83, .70))


def one(bench, kind, part):
    found = sorted(glob.glob("%s/m4/%s-%s*.csv" % (bench, kind, part)))
    return found[0] if found else None


def write(path, rows):
    with open(path, "w", newline="") as f:
        csv.writer(f).writerows(rows)


def score(bench, script, *args):
    return subprocess.run([sys.executable, bench + "/score/" + script, *args],
                          text=True, capture_output=True, check=True).stdout


def run(bench, program, tmp, row):
    kind, rule, horizon, season, season2, period, must, must_f1 = row
    train, test, naive2 = (one(bench, kind, p)
                           for p in ("train", "test", "naive2"))
    if not (train and test and naive2):
        print("M4 %s: left out, no data" % kind)
        return
    import m4_score
    import ttf_score
    series = m4_score.read(train)
    levels = ttf_score.RULES[rule][0]
    text = "".join("%s %d %s %d %s\n" % (
        name, len(y), " ".join(map(repr, y)), len(levels),
        " ".join(repr(ttf_score.level(y, rule, k)) for k in levels))
        for name, y in series.items())
    out = subprocess.run([program, "forecast", str(horizon), str(season),
                          str(season2)], input=text, text=True,
                         capture_output=True, check=True).stdout
    parts, crossings = ([], [], []), []
    for line in out.splitlines():
        name, *v = line.split()
        for i in range(3):
            parts[i].append([name] + v[i * horizon:(i + 1) * horizon])
        v = v[3 * horizon:]
        for i, k in enumerate(levels):
            sure = float(v[2 * i]) >= .35
            crossings.append([name, k, v[2 * i + 1] if sure else ""])
    files = [os.path.join(tmp, n) for n in ("p50", "low", "high", "cross")]
    for path, rows in zip(files, parts + (crossings,)):
        write(path, rows)
    line = score(bench, "m4_score.py", "--train", train, "--test", test,
                 "--naive2", naive2, "--m", str(period), "--forecast",
                 files[0], "--lower", files[1], "--upper", files[2]).strip()
    print("M4 %s: %s" % (kind, line))
    word = line.split()
    got = dict(zip(word[::2], word[1::2]))
    line = score(bench, "ttf_score.py", "--train", train, "--test", test,
                 "--rule", rule, "--crossings", files[3]).strip()
    print("  time to full: " + line)
    f1 = float(line.split("F1 ")[1].split()[0])

    def say(what, good):
        print("must %s %s: %sreached" % (kind, what, "" if good else "not "))

    say("OWA %.2f" % must, float(got["OWA"]) <= must)
    say("time to full F1 %.2f" % must_f1, f1 >= must_f1)
    if kind == "Hourly":
        say("coverage 93-97 %", .93 <= float(got["coverage"]) <= .97)
        say("MSIS 10", float(got["MSIS"]) <= 10)


def main():
    bench, program = sys.argv[1:]
    sys.path.insert(0, os.path.join(bench, "score"))
    with tempfile.TemporaryDirectory() as tmp:
        for row in KINDS:
            run(bench, program, tmp, row)


if __name__ == "__main__":
    main()
