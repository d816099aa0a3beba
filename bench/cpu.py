# SPDX-License-Identifier: Apache-2.0
"""Latency of Bireme beside onnxruntime and OpenVINO on the CPU: in FP32, or in BF16 or FP16 as a permission (onnxruntime has
none and stays in FP32, OpenVINO has BF16).

All run in turns in one process, on inputs and into outputs allocated before, so that a busy machine slows all alike;
ratios are what counts. The ratio is the median over the rounds of Bireme's time to that of the faster peer in the same
round, with its 95 % bounds: the bar is that the lower one is at most 1.0. "of roof" is the share that Bireme's time has of
what operations and bytes of its layers allow on this machine (`bireme bench --layers`). Memory, build times and
steps: footprint.py.

Results are held against onnxruntime's in FP32: more than 1e-3 of an output's largest magnitude, or 0.1 in BF16 and FP16, is told,
and beside it that magnitude and how far OpenVINO's results of the same precision are off. Where all of an output is small, as a
detector's probabilities on random inputs, rounding alone takes a large part of it, and the peer shows that; a fixed measure, as 1 for
probabilities, would be blind to errors in a softmax of a thousand classes.

    python bench/cpu.py [--models FOLDER] [--threads 2,1] [--batches 1,8] [--only resnet50,...]
        [--precision fp32|bf16|fp16] [--dynamic] [--rounds 20] [--json FILE]

--dynamic: instead, an engine for a batch from 1 to twice as much, tuned for it, beside the engine for it alone; the bar
is a ratio of at most 1.05.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import numpy as np

import engines
import models
import runners
import timing


def command_line():
    """The program `bireme` of the package in use, else the one in PATH; None where there is none."""
    import bireme
    beside = os.path.join(os.path.dirname(os.path.realpath(bireme._native.module.__file__)), "..", "..", "bin", "bireme")
    return os.path.normpath(beside) if os.path.exists(beside) else shutil.which("bireme")


def roof(engine_file, shapes):
    """Milliseconds that the engine takes at least on this machine; nan where that cannot be told."""
    program = command_line()
    if not program:
        return float("nan")
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        given = ",".join(f"{n}:{'x'.join(map(str, s))}" for n, s in shapes.items())
        done = subprocess.run([program, "bench", engine_file, "--shapes", given, "--iterations", "5", "--duration", "0", "--warmUp", "0",
                               "--exportLayers", out.name], capture_output=True, text=True)
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            return float("nan")
        return json.load(open(out.name))["roofMilliseconds"]


def beside_peers(path, shapes, names, o, rounds, seconds):
    """A row: times, ratio to the faster peer with its bounds, share of the roof."""
    feed = models.feed_for(shapes)
    running = {n: runners.RUNNERS[n](path, feed, o) for n in names}
    with timing.Others() as others:
        times = timing.interleaved(running, rounds, seconds)
    check(running, o.precision, path)
    ms = {n: statistics.median(t) for n, t in times.items()}
    peers = [n for n in names if n != "bireme"]
    faster = min(peers, key=ms.get) if peers else None
    ratio, low, high = timing.ratio(times["bireme"], times[faster]) if faster else (float("nan"),) * 3
    least = roof(engines.stored(path, shapes, o.threads, o.cache, o.precision), shapes)
    return {"ms": ms, "ratio": ratio, "low": low, "high": high, "peer": faster, "rounds": len(times["bireme"]),
            "roof": least / ms["bireme"], "others": others.percent}


def check(running, precision, path):
    """Tells when Bireme's results are not those of onnxruntime, and how far the other peer's are from them."""
    if "onnxruntime" not in running:
        return
    tolerance = 1e-3 if precision == "fp32" else 0.1
    for name, want in running["onnxruntime"].outputs.items():
        largest = float(np.max(np.abs(want.astype(np.float64)), initial=0))
        off = {n: difference(r.outputs[name], want, largest) for n, r in running.items() if n != "onnxruntime" and name in r.outputs}
        worst = off.pop("bireme")
        if not worst <= tolerance:
            print(f"{os.path.basename(path)}: {name} differs from onnxruntime's by {worst:.2g} of its largest magnitude, {largest:.2g}" +
                  "".join(f"; {n}'s by {w:.2g}" for n, w in off.items()), file=sys.stderr)


def difference(have, want, largest):
    """The largest difference in parts of `largest`."""
    return float(np.max(np.abs(have.astype(np.float64) - want.astype(np.float64)), initial=0)) / max(1e-6, largest)


def static_and_dynamic(path, shapes, batch, o, rounds, seconds):
    """A row: an engine for ranges beside one for the extents that both are tuned for and run on."""
    fixed = models.batched(shapes, batch)
    feed = models.feed_for(fixed)
    files = {"static": engines.stored(path, fixed, o.threads, o.cache, o.precision),
             "dynamic": engines.stored(path, models.ranges(shapes, batch), o.threads, o.cache, o.precision, "dynamic")}
    running = {n: engines.Engine(f).bind(feed) for n, f in files.items()}
    with timing.Others() as others:
        times = timing.interleaved(running, rounds, seconds)
    ratio, low, high = timing.ratio(times["dynamic"], times["static"])
    return {"ms": {n: statistics.median(t) for n, t in times.items()}, "ratio": ratio, "low": low, "high": high,
            "rounds": len(times["static"]), "others": others.percent}


def show(title, names, rows):
    """Prints the head of a table, then each row as it comes; gives the rows."""
    print(f"\n{title:<26}" + "".join(f"{n:>15}" for n in names) + f"{'ratio':>8}{'95 % bounds':>17}{'of roof':>9}{'others':>9}", flush=True)
    done = []
    for r in rows:
        print(f"{r['model']:<26}" + "".join(f"{r['ms'][n]:>12.3f} ms" for n in names) +
              f"{r['ratio']:>8.3f}{r['low']:>9.3f}{r['high']:>8.3f}" +
              (f"{100 * r['roof']:>7.0f} %" if "roof" in r else f"{'':>9}") + f"{r['others']:>7.0f} %", flush=True)
        done.append(r)
    ratios = [r["ratio"] for r in done]
    print(f"geometric mean {timing.geometric_mean(ratios):.3f}, worst {max(ratios):.3f}, "
          f"lower bound above 1 on {sum(r['low'] > 1 for r in done)} of {len(done)}", flush=True)
    return done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="build/bench")
    parser.add_argument("--cache", default=None, help="folder of engines (default: that of the models)")
    parser.add_argument("--threads", default="2,1")
    parser.add_argument("--batches", default="1")
    parser.add_argument("--only", default="")
    parser.add_argument("--precision", default="fp32", choices=tuple(engines.PRECISIONS))
    parser.add_argument("--dynamic", action="store_true")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20, help="of one row, at most, but six rounds")
    parser.add_argument("--json", default="")
    a = parser.parse_args()
    cache = a.cache or a.models
    os.makedirs(cache, exist_ok=True)
    chosen = models.chosen(a.models, a.only)
    names, rows = ["static", "dynamic"] if a.dynamic else runners.available(), []
    for threads in map(int, a.threads.split(",")):
        o = runners.Options(threads, a.precision, cache)
        for batch in map(int, a.batches.split(",")):
            def measured():
                for model, (path, shapes) in chosen.items():
                    row = static_and_dynamic(path, shapes, batch, o, a.rounds, a.seconds) if a.dynamic else \
                        beside_peers(path, models.batched(shapes, batch), names, o, a.rounds, a.seconds)
                    yield {"model": model, "threads": threads, "batch": batch, "precision": a.precision, "dynamic": a.dynamic, **row}
            rows += show(f"{threads} threads, batch {batch}, {a.precision}", names, measured())
    if a.json:
        with open(a.json, "w") as f:
            json.dump(rows, f, indent=1)


if __name__ == "__main__":
    main()
