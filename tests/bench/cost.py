#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""cost: CPU seconds and the largest resident set (KiB) of a command and all
it started, also of what it left behind: "CPU RSS"."""
import ctypes
import os
import resource
import sys

PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
pid = os.fork()
if pid == 0:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.execvp(sys.argv[1], sys.argv[1:])
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
use = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%.4f %d" % (use.ru_utime + use.ru_stime, use.ru_maxrss))
