# SPDX-License-Identifier: Apache-2.0
"""What a model costs beside its latency, with Bireme, onnxruntime and OpenVINO on the CPU: memory, build and load times, steps.

Every figure is taken in a process of its own, the smallest of a few where it is a time.
- peak and steady MiB: resident memory while a model is loaded (Bireme: its saved engine) and run ten times, and after that;
- load ms: of a saved engine with all checksums verified, and its first run, above what a median run takes;
- steps of one inference, conversions of formats among them. OpenVINO's are the nodes that its own profile reports as executed,
  but for parameters, constants and results;
- build s: parsing and building at level 0, with a full timing cache, and with timing; OpenVINO's reading and compiling.

    python bench/footprint.py [--models FOLDER] [--threads 2] [--only resnet50,...] [--precision fp32|bf16|fp16] [--json FILE]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import engines
import models
import runners
import timing


def memory(name, path, shapes, o):
    """[peak, steady] MiB."""
    run = runners.RUNNERS[name](path, models.feed_for(shapes), o)
    for _ in range(10):
        run()
    with open("/proc/self/status") as f:  # ru_maxrss would count the parent's memory at the fork, too
        told = dict(line.split(":", 1) for line in f)
    return [int(told[k].split()[0]) / 1024 for k in ("VmHWM", "VmRSS")]


def builds(path, shapes, o):
    """Seconds at level 0, with a full timing cache, with timing."""
    def seconds(**how):
        return engines.build(path, shapes, o.threads, o.precision, **how)[1:]
    timed, cache = seconds()
    return {"timed": timed, "cached": min(seconds(cache=cache)[0] for _ in range(3)), "level0": min(seconds(level=0)[0] for _ in range(3))}


def compile_openvino(path, shapes, o):
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        runners.compiled(path, shapes, o)
        times.append(time.perf_counter() - begin)
    return min(times)


def load(path, shapes, o):
    """Milliseconds of loading and a first run, less those of a median run; the median of five."""
    file, feed, extra = engines.stored(path, shapes, o.threads, o.cache, o.precision), models.feed_for(shapes), []
    for _ in range(5):
        begin = time.perf_counter()
        run = engines.Engine(file).bind(feed)
        run()
        first, times = time.perf_counter() - begin, []
        for _ in range(15):
            begin = time.perf_counter()
            run()
            times.append(time.perf_counter() - begin)
        extra.append(1e3 * (first - statistics.median(times)))
    return statistics.median(extra)


def steps(path, shapes, o):
    """[steps, conversions among them]"""
    layers = engines.Engine(engines.stored(path, shapes, o.threads, o.cache, o.precision)).layers()
    return [len(layers), sum(layer["LayerType"] == "Reformat" for layer in layers)]


def steps_openvino(path, shapes, o):
    import openvino
    request = runners.compiled(path, shapes, o, PERF_COUNT=True).create_infer_request()
    for name, array in models.feed_for(shapes).items():
        request.set_tensor(name, openvino.Tensor(array))
    request.infer()
    kinds = [p.node_type for p in request.profiling_info if str(p.status).endswith("EXECUTED")]
    return len([k for k in kinds if k not in ("Parameter", "Input", "Output", "Result", "Const", "Constant")])


PROBES = {"memory": memory, "builds": builds, "compile_openvino": compile_openvino, "load": load, "steps": steps,
          "steps_openvino": steps_openvino}


def probe(a, model, what, *first):
    """A figure, from a process of its own; None when it failed."""
    command = [sys.executable, __file__, "--probe", what, "--of", ",".join(first), "--only", model, "--models", a.models,
               "--threads", str(a.threads), "--cache", a.cache, "--precision", a.precision]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(f"{model}: {what}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def row(a, model, names):
    r = {"model": model, "threads": a.threads, "precision": a.precision}
    peers = "openvino" in names
    with timing.Others() as others:
        r["steps"] = probe(a, model, "steps")  # builds the engine that the others load
        r["memory"] = {n: probe(a, model, "memory", n) for n in names}
        r["load"] = probe(a, model, "load")
        r["builds"] = probe(a, model, "builds")
        r["steps_openvino"] = probe(a, model, "steps_openvino") if peers else None
        r["compile_openvino"] = probe(a, model, "compile_openvino") if peers else None
    r["others"] = others.percent
    return r


def table(rows, names):
    """Lines of a table in Markdown."""
    def n(value, form="{:.0f}"):
        return "-" if value is None else form.format(value)
    yield "| model | " + " | ".join(f"peak MiB: {p}" if p == names[0] else p for p in names) + " | " + \
        " | ".join(f"steady: {p}" if p == names[0] else p for p in names) + \
        " | load ms | steps (conversions) | OpenVINO | build s: level 0 | full cache | timed | OpenVINO |"
    yield "|---|" + "---|" * (2 * len(names) + 7)
    for r in rows:
        cells = [n((r["memory"].get(p) or [None, None])[k]) for k in (0, 1) for p in names]
        b = r["builds"] or {}
        cells += [n(r["load"]), f"{r['steps'][0]} ({r['steps'][1]})" if r["steps"] else "-", n(r["steps_openvino"])]
        cells += [n(b.get(k), "{:.2f}") for k in ("level0", "cached", "timed")] + [n(r["compile_openvino"], "{:.2f}")]
        yield f"| {r['model']} | " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="build/bench")
    parser.add_argument("--cache", default=None, help="folder of engines (default: that of the models)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--precision", default="fp32", choices=tuple(engines.PRECISIONS))
    parser.add_argument("--json", default="")
    parser.add_argument("--probe", default="", choices=("", *PROBES), help="take one figure in this process")
    parser.add_argument("--of", default="", help="of which library")
    a = parser.parse_args()
    a.cache = a.cache or a.models
    if a.probe:
        path, shapes = models.cases(a.models)[a.only]
        shapes = models.batched(shapes, 1)
        first = [a.of] if a.of else []
        print(json.dumps(PROBES[a.probe](*first, path, shapes, runners.Options(a.threads, a.precision, a.cache))))
        return
    os.makedirs(a.cache, exist_ok=True)
    names, rows = runners.available(), []
    for model in models.chosen(a.models, a.only):
        rows.append(row(a, model, names))
        lines = list(table(rows[-1:], names))
        print("\n".join(lines if len(rows) == 1 else lines[2:]) + f"  <!-- others {rows[-1]['others']:.0f} % -->", flush=True)
    if a.json:
        with open(a.json, "w") as f:
            json.dump(rows, f, indent=1)


if __name__ == "__main__":
    main()
