#!/usr/bin/python3
"""math.py - lib/math held against scipy and numpy.

  math.py TEST_TREND TEST_PEAKS    (the unit tests, asked to "judge")

Random series, with ties and without; one line for each thing that differs.
"""
import subprocess
import sys

import numpy as np
from scipy import stats


def cases():
    g = np.random.default_rng(20)
    for n in (16, 25, 60, 200):
        for ties in (False, True):
            for slope in (0, 0.05):
                x = np.cumsum(g.uniform(.1, 2, n))
                y = slope * x + g.normal(size=n)
                yield (np.round(x), np.round(y, 1)) if ties else (x, y)


def benjamini_hochberg(p, q):
    p = np.sort(p)
    good = np.nonzero(p <= q * np.arange(1, len(p) + 1) / len(p))[0]
    return np.sum(p <= p[good[-1]]) if len(good) else 0


def tails(program):
    """Peaks over 1 as generalised Pareto by moments, beside scipy's own."""
    g = np.random.default_rng(21)
    data, want = [], []
    for shape in (.05, .2, .35):
        for n in (200, 5000):
            v = np.where(g.uniform(size=n) < .2, 1 + stats.genpareto.rvs(
                shape, scale=2, size=n, random_state=g), 0)
            data.append((v, 40.0))
            over = v[v >= 1] - 1
            # The prior: 10 peaks among 10,000, exponential of mean 1.5.
            count = len(over) + 10
            m = (over.sum() + 15) / count
            var = ((over ** 2).sum() + 10 * 2 * 1.5 ** 2) / count - m * m
            c, scale = .5 * (1 - m * m / var), .5 * m * (1 + m * m / var)
            if c < 1e-6:
                c, scale = 0, m
            rate = count / (n + 10000)
            tail = stats.genpareto(c, scale=scale)
            want.append((-np.log10(rate * tail.sf(39)),
                         1 + tail.isf(1e-6 / rate)))
    text = "".join("%d %s %r\n" % (len(v), " ".join(map(repr, v.tolist())), z)
                   for v, z in data)
    out = subprocess.run([program, "judge"], input=text, text=True,
                         capture_output=True, check=True).stdout
    got = [list(map(float, line.split())) for line in out.splitlines()]
    if len(got) == len(want) and np.allclose(got, want, rtol=1e-6):
        return 0
    print("tails: %s, scipy %s" % (got, want))
    return 1


def main():
    data = list(cases())
    text = "".join("%d %s %s\n" % (len(x), " ".join(map(repr, x.tolist())),
                                   " ".join(map(repr, y.tolist())))
                   for x, y in data)
    out = subprocess.run([sys.argv[1], "judge"], input=text, text=True,
                         capture_output=True, check=True).stdout
    answers = [list(map(float, line.split())) for line in out.splitlines()]
    assert len(answers) == len(data), "an answer a case"
    bad = 0
    for (x, y), got in zip(data, answers):
        sen = stats.theilslopes(y, x, 0.95)
        tau, p = stats.kendalltau(x, y, method="asymptotic")
        r = stats.pearsonr(x, y)[0]
        # Fisher's transformation, as the tool does for any n.
        pr = 2 * stats.norm.sf(np.arctanh(abs(r)) * np.sqrt(len(x) - 3))
        want = [sen[0], sen[2], sen[3], sen[1], tau, p, r, pr,
                benjamini_hochberg(np.abs(y) % 1, 0.5)]
        for name, a, b in zip(("slope", "low", "high", "intercept", "tau",
                               "p of tau", "r", "p of r", "selected"),
                              got, want):
            if not np.isclose(a, b, rtol=1e-6, atol=1e-12):
                print("%d points: %s %.12g, scipy %.12g" % (len(x), name, a,
                                                           b))
                bad = 1
    sys.exit(bad or tails(sys.argv[2]))


if __name__ == "__main__":
    main()
