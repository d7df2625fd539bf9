"""records - what the converters share: numbers to records, programs run as a
user would, their records back.  Nothing is decided here.
"""
import json
import math
import os
import subprocess


def sample(ts, host, entity, id_, interval, values):
    return json.dumps({"v": 1, "kind": "sample", "ts": ts, "host": host,
                       "source": "bench", "entity": entity, "id": id_,
                       "interval": interval, "values": values},
                      separators=(",", ":")) + "\n"


def analyze(bindir, lines, *args):
    """The records of nc-analyze alone, for an iterable of lines."""
    program = os.path.join(bindir, "nc-analyze")
    p = subprocess.Popen([program, "-q", "-o", "--self", "0", *args],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         text=True)
    pid = os.fork()
    if pid == 0:
        p.stdout.close()
        p.stdin.writelines(lines)
        p.stdin.close()
        os._exit(0)
    p.stdin.close()
    for line in p.stdout:
        yield json.loads(line)
    os.waitpid(pid, 0)
    # Rows of equal time in the data are late to a series: status 1.
    if p.wait() not in (0, 1):
        raise SystemExit("%s: status %d" % (program, p.returncode))


def mean(v):
    return sum(v) / len(v)


def deviation(v):
    return math.sqrt(sum((x - mean(v)) ** 2 for x in v) / max(1, len(v) - 1))


def verdict(what, good):
    print("  %-4s %-44s %sreached" % (what[0], what[1], "" if good else "not "))
