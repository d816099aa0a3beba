# SPDX-License-Identifier: Apache-2.0
"""Times that are compared: runs in turns, ratios of neighbours, and what other processes took meanwhile."""

import math
import os
import resource
import statistics
import time


class Others:
    """Share of the machine that other processes, children that ended left out, took while this was open."""

    def __enter__(self):
        self.begin = self.now()
        return self

    def __exit__(self, *_):
        busy, idle, own = (b - a for a, b in zip(self.begin, self.now()))
        self.percent = 100 * max(0, busy - own) / max(1e-9, busy + idle)

    @staticmethod
    def now():
        with open("/proc/stat") as f:
            ticks = [int(t) / os.sysconf("SC_CLK_TCK") for t in f.readline().split()[1:9]]
        idle, own = ticks[3] + ticks[4], [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(ticks) - idle, idle, sum(u.ru_utime + u.ru_stime for u in own)


def interleaved(runners, rounds, seconds, least=6):
    """Milliseconds of every round per runner. In each round all run once, the one who begins changing; a run that is not
    timed goes before each: it wakes the library's threads and brings its data into the caches."""
    times = {n: [] for n in runners}
    for run in runners.values():
        for _ in range(3):
            run()
    names, begin, done = list(runners), time.perf_counter(), 0
    while done < rounds and (time.perf_counter() - begin < seconds or done < least):
        for name in names[done % len(names):] + names[:done % len(names)]:
            run = runners[name]
            time.sleep(0.01)  # the threads of the library before still spin for a while
            run()
            t = time.perf_counter()
            run()
            times[name].append(1e3 * (time.perf_counter() - t))
        done += 1
    return times


def ratio(own, other):
    """(median, lower and upper 95 % bound of the median) of the ratios of neighbouring times; the bounds are order
    statistics, so nothing is assumed of how times are spread. With fewer than six rounds there are none (nan)."""
    r = sorted(a / b for a, b in zip(own, other))
    n, below, k = len(r), 0.0, 0
    while (below := below + math.comb(n, k) / 2 ** n) <= 0.025:
        k += 1
    bounds = (r[k - 1], r[n - k]) if k else (math.nan, math.nan)
    return statistics.median(r), *bounds


def geometric_mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else math.nan
