# SPDX-License-Identifier: Apache-2.0
"""Latency of Bireme beside onnxruntime and OpenVINO on any ONNX files, to find networks that nobody tuned for.

Each model has a process of its own, in which all run in turns (see cpu.py); the ratio is the median of Bireme's time to
that of the faster peer in the same round; "best" compares the shortest runs, which say more on a busy machine. Inputs are those
of the first case in NAME.npz beside NAME.onnx (keys "0/input", as tests/exports/export.py writes them), else random, with
the extents that --shapes gives, else the smallest sensible ones: 1 for what is open, 224 for the open extents of an
image. A table sorted by ratio comes last; a peer that cannot load a model is told there.

    python bench/sweep.py FILE... [--shapes x:1x3x224x224,...] [--threads 2] [--precision fp32|bf16|fp16] [--rounds 6]
        [--seconds 2] [--limit 120] [--slowest 1] [--json FILE]   # FILE of earlier runs is added to
    python bench/sweep.py --json FILE --markdown
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

import engines
import runners
import timing


def extents(given, name, shape):
    if name in given:
        return given[name]
    image = len(shape) == 4 and not any(isinstance(d, int) and d > 4 for d in shape[2:])
    return tuple(d if isinstance(d, int) and d > 0 else 224 if image and axis > 1 else 1 for axis, d in enumerate(shape))


def feed_of(path, given):
    """name -> array of the inputs of a model."""
    recorded = os.path.splitext(path)[0] + ".npz"
    if not given and os.path.exists(recorded):
        with np.load(recorded) as arrays:
            return {k[2:]: np.ascontiguousarray(v) for k, v in arrays.items() if k.startswith("0/")}
    import onnx
    graph, rng = onnx.load(path, load_external_data=False).graph, np.random.default_rng(0)
    weights, feed = {w.name for w in graph.initializer}, {}
    for i in graph.input:
        if i.name in weights:
            continue
        kind = i.type.tensor_type
        shape = extents(given, i.name, [d.dim_value or d.dim_param for d in kind.shape.dim])
        dtype = onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)
        feed[i.name] = rng.uniform(-1, 1, shape).astype(dtype) if dtype.kind == "f" else np.ones(shape, dtype)
    return feed


def measured(path, a):
    """A row, in this process."""
    given = {n: tuple(map(int, s.split("x"))) for n, s in (t.rsplit(":", 1) for t in a.shapes.split(",") if t)}
    feed, o = feed_of(path, given), runners.Options(a.threads, a.precision)
    plan, seconds, _ = engines.build(path, {n: v.shape for n, v in feed.items()}, a.threads, a.precision)
    engine = engines.Engine(plan)
    row = {"build": seconds, "steps": len(engine.layers()), "refused": {}}
    running = {"bireme": engine.bind(feed)}
    for name in [n for n in runners.available() if n != "bireme"]:
        try:
            running[name] = runners.RUNNERS[name](path, feed, o)
            running[name]()
        except Exception as e:  # whatever a peer throws
            row["refused"][name] = (str(e).strip() or repr(e)).splitlines()[0][:120]
            running.pop(name, None)
    for run in running.values():
        run()
        begin = time.perf_counter()
        run()
        if time.perf_counter() - begin > a.slowest:
            raise RuntimeError(f"a run takes more than {a.slowest:g} s")
    with timing.Others() as others:
        times = timing.interleaved(running, 20 * a.rounds, a.seconds, a.rounds)
    ms = {n: statistics.median(t) for n, t in times.items()}
    peers = [n for n in ms if n != "bireme"]
    ratio, low, high = timing.ratio(times["bireme"], times[min(peers, key=ms.get)]) if peers else (float("nan"),) * 3
    best = min(times["bireme"]) / min(min(times[p]) for p in peers) if peers else float("nan")
    return {**row, "ms": ms, "ratio": ratio, "low": low, "high": high, "best": best, "others": others.percent}


def row_of(path, a):
    """A row, by a process of its own."""
    command = [sys.executable, __file__, path, "--one", "--threads", str(a.threads), "--precision", a.precision, "--rounds", str(a.rounds),
               "--seconds", str(a.seconds), "--slowest", str(a.slowest), "--shapes", a.shapes]
    row = {"model": os.path.splitext(os.path.basename(path))[0], "threads": a.threads, "precision": a.precision}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=a.limit)
        if done.returncode == 0:
            return {**row, **json.loads(done.stdout.splitlines()[-1])}
        row["failed"] = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1][:160]
    except subprocess.TimeoutExpired:
        row["failed"] = f"took more than {a.limit:g} s"
    return row


def line(r):
    if "failed" in r:
        return f"{r['model']:<50} {r['failed']}"
    ms = "".join(f"{r['ms'][n]:>10.3f}" if n in r["ms"] else f"{'-':>10}" for n in runners.RUNNERS)
    return f"{r['model']:<50}{ms}{r['ratio']:>8.3f}{r['low']:>7.2f}{r['high']:>6.2f}{r['best']:>7.2f}{r['steps']:>6} {r['others']:>4.0f} %" + \
        "".join(f"; {n}: {why}" for n, why in r["refused"].items())


def by_ratio(rows):
    return sorted((r for r in rows if "ratio" in r and r["ratio"] == r["ratio"]), key=lambda r: -r["ratio"])


def markdown(rows):
    names = list(runners.RUNNERS)
    yield "| model | " + " | ".join(f"{n} ms" for n in names) + " | to the faster peer | shortest runs | steps | others' load |"
    yield "|---" * (len(names) + 5) + "|"
    for r in by_ratio(rows):
        cells = [f"{r['ms'][n]:.2f}" if n in r["ms"] else "cannot" for n in names]
        yield f"| {r['model']} | " + " | ".join(cells) + f" | {r['ratio']:.2f} | {r['best']:.2f} | {r['steps']} | {r['others']:.0f} % |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--shapes", default="")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="fp32", choices=tuple(engines.PRECISIONS))
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=2, help="of a model's rounds: fast ones have up to 20 times as many")
    parser.add_argument("--limit", type=float, default=120, help="seconds that a model may take in all")
    parser.add_argument("--slowest", type=float, default=1, help="seconds of a run above which a model is left out")
    parser.add_argument("--json", default="")
    parser.add_argument("--markdown", action="store_true", help="write the table of --json, measure nothing")
    parser.add_argument("--one", action="store_true", help="measure the only file in this process")
    a = parser.parse_args()
    if a.one:
        print(json.dumps(measured(a.files[0], a)))
        return
    kept = {}
    if a.json and os.path.exists(a.json):
        with open(a.json) as f:
            kept = {(r["model"], r["threads"], r["precision"]): r for r in json.load(f)}
    if a.markdown:
        print("\n".join(markdown(kept.values())))
        return
    rows = []
    for path in a.files:
        rows.append(row_of(path, a))
        print(line(rows[-1]), flush=True)
        kept[rows[-1]["model"], a.threads, a.precision] = rows[-1]
        if a.json:
            with open(a.json, "w") as f:
                json.dump(list(kept.values()), f, indent=1)
    print(f"\n{'':<50}{''.join(f'{n:>10.9}' for n in runners.RUNNERS)}{'ratio':>8}{'95 %':>13}{'best':>7}{'steps':>6}{'others':>7}")
    for r in by_ratio(rows):
        print(line(r))
    print(f"geometric mean {timing.geometric_mean([r['ratio'] for r in by_ratio(rows)]):.3f} of {len(by_ratio(rows))}")


if __name__ == "__main__":
    main()
