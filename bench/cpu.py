# SPDX-License-Identifier: Apache-2.0
"""Latency and memory of Bireme beside onnxruntime and OpenVINO, FP32 on the CPU.

All three run interleaved in one process, so that a busy machine slows all alike; ratios are what counts. Peak memory is
measured in a process of its own per library: load plus ten runs.

    python bench/cpu.py [--models FOLDER] [--threads 2,1] [--only resnet50,...] [--rounds 30] [--json FILE]
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

import make_models


def cases(folder):
    """name -> (path, shapes): the benchmark networks, and those of installed packages where they are."""
    image = {"input": (1, 3, 224, 224)}
    text = {k: (1, 128) for k in ("input_ids", "attention_mask", "token_type_ids")}
    found = {n: (os.path.join(folder, n + ".onnx"), text if n == "bert_base" else image) for n in make_models.MODELS}
    try:
        import rapidocr_onnxruntime
        models = os.path.join(os.path.dirname(rapidocr_onnxruntime.__file__), "models")
        found["ppocr_det"] = (os.path.join(models, "ch_PP-OCRv4_det_infer.onnx"), {"x": (1, 3, 640, 640)})
        found["ppocr_rec"] = (os.path.join(models, "ch_PP-OCRv4_rec_infer.onnx"), {"x": (1, 3, 48, 320)})
    except ImportError:
        pass
    try:
        import magika
        found["magika"] = (os.path.join(os.path.dirname(magika.__file__), "models", "standard_v3_3", "model.onnx"), {"bytes": (1, 2048)})
    except ImportError:
        pass
    return found


def feed_for(path, shapes):
    import onnx
    rng = np.random.default_rng(0)
    types = {i.name: i.type.tensor_type.elem_type for i in onnx.load(path, load_external_data=False).graph.input}
    make = {onnx.TensorProto.FLOAT: lambda s: rng.uniform(-1, 1, s).astype(np.float32),
            onnx.TensorProto.INT64: lambda s: np.ones(s, np.int64),
            onnx.TensorProto.INT32: lambda s: rng.integers(0, 256, s).astype(np.int32)}
    return {n: make[types[n]](s) for n, s in shapes.items()}


def bireme_runner(path, shapes, threads, cache):
    import bireme
    engine_file = os.path.join(cache, f"{os.path.basename(os.path.dirname(path))}-{os.path.basename(path)}.{threads}.engine")
    if not os.path.exists(engine_file):
        begin = time.perf_counter()
        bireme.build(path, shapes=shapes, precision="fp32", threads=threads).save(engine_file)
        print(f"  built {os.path.basename(path)} in {time.perf_counter() - begin:.2f} s", file=sys.stderr)
    return bireme.load(engine_file)


def onnxruntime_runner(path, shapes, threads, cache):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda feed: dict(zip((o.name for o in session.get_outputs()), session.run(None, feed)))


def openvino_runner(path, shapes, threads, cache):
    import openvino
    core = openvino.Core()
    model = core.read_model(path)
    model.reshape({n: list(s) for n, s in shapes.items()})
    compiled = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32",
                                                 "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1})
    request = compiled.create_infer_request()
    return request.infer


RUNNERS = {"bireme": bireme_runner, "onnxruntime": onnxruntime_runner, "openvino": openvino_runner}


def available():
    names = []
    for name in RUNNERS:
        try:
            __import__(name)
            names.append(name)
        except ImportError:
            print(f"{name} is not installed: left out", file=sys.stderr)
    return names


def measure(runners, feed, rounds, seconds):
    """Median milliseconds per runner, one run each in turn."""
    times = {n: [] for n in runners}
    for run in runners.values():
        for _ in range(3):
            run(feed)
    begin = time.perf_counter()
    while len(next(iter(times.values()))) < rounds and (time.perf_counter() - begin < seconds or len(next(iter(times.values()))) < 5):
        for name, run in runners.items():
            t = time.perf_counter()
            run(feed)
            times[name].append(1e3 * (time.perf_counter() - t))
    return {n: statistics.median(t) for n, t in times.items()}


def peak_memory(name, case, folder, threads, cache):
    command = [sys.executable, __file__, "--memory-of", name, "--only", case, "--models", folder, "--threads", str(threads), "--cache", cache]
    done = subprocess.run(command, capture_output=True, text=True)
    return float(done.stdout.split()[-1]) if done.returncode == 0 and done.stdout.split() else float("nan")


def memory_of(name, path, shapes, threads, cache):
    feed = feed_for(path, shapes)
    run = RUNNERS[name](path, shapes, threads, cache)
    for _ in range(10):
        run(feed)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="build/bench")
    parser.add_argument("--cache", default=None)
    parser.add_argument("--threads", default="2,1")
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--json", default="")
    parser.add_argument("--memory-of", default="")
    o = parser.parse_args()
    cache = o.cache or o.models
    os.makedirs(cache, exist_ok=True)
    all_cases = cases(o.models)
    only = [n for n in o.only.split(",") if n] or list(all_cases)
    if o.memory_of:
        path, shapes = all_cases[only[0]]
        return memory_of(o.memory_of, path, shapes, int(o.threads), cache)
    make_models.make(o.models, [n for n in only if n in make_models.MODELS])
    names, rows = available(), []
    for threads in map(int, o.threads.split(",")):
        print(f"\n{threads} threads" + "".join(f"{n:>14}" for n in names) + f"{'to fastest peer':>18}" + "" .join(f"{n + ' MiB':>18}" for n in names))
        ratios = []
        for case in only:
            path, shapes = all_cases[case]
            feed = feed_for(path, shapes)
            runners = {n: RUNNERS[n](path, shapes, threads, cache) for n in names}
            ms = measure(runners, feed, o.rounds, o.seconds)
            del runners
            peers = [ms[n] for n in names if n != "bireme"]
            ratio = ms["bireme"] / min(peers) if peers and "bireme" in ms else float("nan")
            ratios.append(ratio)
            memory = {} if o.no_memory else {n: peak_memory(n, case, o.models, threads, cache) for n in names}
            print(f"{case:<16}" + "".join(f"{ms[n]:>11.3f} ms" for n in names) + f"{ratio:>18.3f}" + "".join(f"{memory.get(n, float('nan')):>18.0f}" for n in names), flush=True)
            rows.append({"model": case, "threads": threads, "ms": ms, "ratio": ratio, "memory": memory})
        print(f"geometric mean {float(np.exp(np.mean(np.log(ratios)))):.3f}, worst {max(ratios):.3f}")
    if o.json:
        with open(o.json, "w") as f:
            json.dump(rows, f, indent=1)


if __name__ == "__main__":
    main()
