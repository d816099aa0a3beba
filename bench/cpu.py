# SPDX-License-Identifier: Apache-2.0
"""Latency and memory of Bireme beside onnxruntime and OpenVINO on the CPU, in FP32, or in BF16 as a permission
(onnxruntime has none and stays in FP32).

All three run interleaved in one process, so that a busy machine slows all alike; ratios are what counts. Peak memory is
measured in a process of its own per library: load plus ten runs.

    python bench/cpu.py [--models FOLDER] [--threads 2,1] [--only resnet50,...] [--precision fp32|bf16] [--rounds 30]
        [--json FILE]
"""

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import time

import numpy as np


MADE = ("resnet50", "mobilenet_v2", "efficientnet_b0", "efficientnet_lite0", "vgg16", "inception_v3", "densenet121", "vit_b16",
        "bert_base", "minilm", "detector", "unet_small")  # by make_models.py
PACKAGED = {  # name -> package, file, shapes
    "ppocr_det": ("rapidocr_onnxruntime", "models/ch_PP-OCRv4_det_infer.onnx", {"x": (1, 3, 640, 640)}),
    "ppocr_rec": ("rapidocr_onnxruntime", "models/ch_PP-OCRv4_rec_infer.onnx", {"x": (1, 3, 48, 320)}),
    "magika": ("magika", "models/standard_v3_3/model.onnx", {"bytes": (1, 2048)}),
}


def cases(folder):
    """name -> (path, shapes). Packages are found, not imported: what they import would count as memory."""
    sizes = {"inception_v3": 299, "detector": 640, "unet_small": 256}
    text = {k: (1, 128) for k in ("input_ids", "attention_mask", "token_type_ids")}
    found = {n: (os.path.join(folder, n + ".onnx"),
                 text if n in ("bert_base", "minilm") else {"input": (1, 3, sizes.get(n, 224), sizes.get(n, 224))}) for n in MADE}
    for name, (package, file, shapes) in PACKAGED.items():
        spec = importlib.util.find_spec(package)
        if spec:
            found[name] = (os.path.join(os.path.dirname(spec.origin), file), shapes)
    return found


def feed_for(shapes):
    """Images are real numbers, tokens are ones, bytes are bytes. (The model is not read: that would count as memory.)"""
    rng = np.random.default_rng(0)
    kinds = {"input": "image", "x": "image", "bytes": "bytes"}
    make = {"image": lambda s: rng.uniform(-1, 1, s).astype(np.float32),
            "text": lambda s: np.ones(s, np.int64),
            "bytes": lambda s: rng.integers(0, 256, s).astype(np.int32)}
    return {n: make[kinds.get(n, "text")](s) for n, s in shapes.items()}


def bireme_runner(path, shapes, threads, cache, precision):
    import bireme
    name = f"{os.path.basename(os.path.dirname(path))}-{os.path.basename(path)}.{precision}.{threads}.engine"
    engine_file = os.path.join(cache, name)
    if not os.path.exists(engine_file):
        begin = time.perf_counter()
        bireme.build(path, shapes=shapes, precision=precision, threads=threads).save(engine_file)
        print(f"  built {os.path.basename(path)} in {time.perf_counter() - begin:.2f} s", file=sys.stderr)
    return bireme.load(engine_file)


def onnxruntime_runner(path, shapes, threads, cache, precision):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.force_spinning_stop", "1")  # between runs: others run then
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda feed: dict(zip((o.name for o in session.get_outputs()), session.run(None, feed)))


def openvino_runner(path, shapes, threads, cache, precision):
    import openvino
    core = openvino.Core()
    model = core.read_model(path)
    model.reshape({n: list(s) for n, s in shapes.items()})
    compiled = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": {"fp32": "f32"}.get(precision, precision),
                                                 "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "ENABLE_CPU_PINNING": False})
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


class Others:
    """Share of the machine that other processes took while this was open."""

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
        idle, own = ticks[3] + ticks[4], resource.getrusage(resource.RUSAGE_SELF)
        return sum(ticks) - idle, idle, own.ru_utime + own.ru_stime


def measure(runners, feed, rounds, seconds):
    """Median milliseconds per runner, one run each in turn."""
    times = {n: [] for n in runners}
    for run in runners.values():
        for _ in range(3):
            run(feed)
    begin = time.perf_counter()
    while len(next(iter(times.values()))) < rounds and (time.perf_counter() - begin < seconds or len(next(iter(times.values()))) < 5):
        for name, run in runners.items():
            time.sleep(0.01)  # the threads of the library before still spin for a while
            run(feed)  # not timed: wakes this one's threads and brings its data into the caches
            t = time.perf_counter()
            run(feed)
            times[name].append(1e3 * (time.perf_counter() - t))
    return {n: statistics.median(t) for n, t in times.items()}


def peak_memory(name, case, folder, threads, cache, precision):
    command = [sys.executable, __file__, "--memory-of", name, "--only", case, "--models", folder, "--threads", str(threads), "--cache", cache, "--precision", precision]
    done = subprocess.run(command, capture_output=True, text=True)
    return float(done.stdout.split()[-1]) if done.returncode == 0 and done.stdout.split() else float("nan")


def memory_of(name, path, shapes, threads, cache, precision):
    feed = feed_for(shapes)
    run = RUNNERS[name](path, shapes, threads, cache, precision)
    for _ in range(10):
        run(feed)
    with open("/proc/self/status") as f:  # ru_maxrss would count the parent's memory at the fork, too
        print(next(int(line.split()[1]) / 1024 for line in f if line.startswith("VmHWM")))


def built(path, shapes, threads, cache=b"", level=None):
    """Seconds of one build by the command line's steps, all in this process."""
    import bireme
    logger = bireme.Logger(bireme.Logger.ERROR)
    begin = time.perf_counter()
    builder = bireme.Builder(logger)
    network = builder.create_network(0)
    parser = bireme.OnnxParser(network, logger)
    if not parser.parse_from_file(path):
        raise RuntimeError(parser.get_error(0).desc())
    config = builder.create_builder_config()
    config.num_threads = threads
    config.clear_flag(bireme.BuilderFlag.TF32)
    if level is not None:
        config.builder_optimization_level = level
    timing = config.create_timing_cache(cache)
    config.set_timing_cache(timing, False)
    profile = builder.create_optimization_profile()
    for name, shape in shapes.items():
        profile.set_shape(name, shape, shape, shape)
    config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    seconds = time.perf_counter() - begin
    if plan is None:
        raise RuntimeError("the build failed")
    return seconds, bytes(timing.serialize())


def compiled_by_openvino(path, shapes, threads):
    """Seconds that OpenVINO takes to read and compile a model, the smaller of two; nan where it is not installed."""
    try:
        import openvino  # noqa: F401
    except ImportError:
        return float("nan")
    times = []
    for _ in range(2):
        begin = time.perf_counter()
        openvino_runner(path, shapes, threads, None, "fp32")
        times.append(time.perf_counter() - begin)
    return min(times)


def startup(path, shapes, threads, cache, json_file):
    """Build times beside OpenVINO's, and what loading a saved engine and its first run cost beyond the median."""
    import bireme
    timed, full = built(path, shapes, threads)
    again = min(built(path, shapes, threads, cache=full)[0] for _ in range(2))
    quick = min(built(path, shapes, threads, level=0)[0] for _ in range(2))
    print(f"build: {timed:.2f} s with timing, {again:.2f} s with a full timing cache, {quick:.2f} s at level 0")
    peer = compiled_by_openvino(path, shapes, threads)
    print(f"OpenVINO: read and compiled in {peer:.2f} s")
    bireme_runner(path, shapes, threads, cache, "fp32")
    feed, extra = feed_for(shapes), []
    for _ in range(5):
        begin = time.perf_counter()
        run = bireme_runner(path, shapes, threads, cache, "fp32")
        run(feed)
        first = 1e3 * (time.perf_counter() - begin)
        times = []
        for _ in range(15):
            begin = time.perf_counter()
            run(feed)
            times.append(1e3 * (time.perf_counter() - begin))
        extra.append(first - statistics.median(times))
        del run
    print(f"saved engine: load and first run take {statistics.median(extra):.1f} ms more than a median run")
    if json_file:
        with open(json_file, "w") as f:
            json.dump({"timed": timed, "cached": again, "level0": quick, "openvino": peer, "load": statistics.median(extra)}, f)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="build/bench")
    parser.add_argument("--cache", default=None)
    parser.add_argument("--threads", default="2,1")
    parser.add_argument("--only", default="")
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16"))
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--json", default="")
    parser.add_argument("--memory-of", default="")
    parser.add_argument("--startup", action="store_true", help="build and load times of the first model instead")
    o = parser.parse_args()
    cache = o.cache or o.models
    os.makedirs(cache, exist_ok=True)
    all_cases = cases(o.models)
    only = [n for n in o.only.split(",") if n] or list(all_cases)
    if o.memory_of:
        path, shapes = all_cases[only[0]]
        return memory_of(o.memory_of, path, shapes, int(o.threads), cache, o.precision)
    missing = [n for n in only if n in MADE and not os.path.exists(all_cases[n][0])]
    if missing:
        subprocess.run([sys.executable, os.path.join(os.path.dirname(__file__), "make_models.py"), o.models, *missing], check=True)
    if o.startup:
        path, shapes = all_cases[only[0]]
        return startup(path, shapes, int(o.threads.split(",")[0]), cache, o.json)
    names, rows = available(), []
    for threads in map(int, o.threads.split(",")):
        print(f"\n{threads} threads" + "".join(f"{n:>14}" for n in names) + f"{'to fastest peer':>18}" + "" .join(f"{n + ' MiB':>18}" for n in names) + "   others")
        ratios = []
        for case in only:
            path, shapes = all_cases[case]
            feed = feed_for(shapes)
            runners = {n: RUNNERS[n](path, shapes, threads, cache, o.precision) for n in names}
            with Others() as others:
                ms = measure(runners, feed, o.rounds, o.seconds)
            del runners
            peers = [ms[n] for n in names if n != "bireme"]
            ratio = ms["bireme"] / min(peers) if peers and "bireme" in ms else float("nan")
            ratios.append(ratio)
            memory = {} if o.no_memory else {n: peak_memory(n, case, o.models, threads, cache, o.precision) for n in names}
            print(f"{case:<16}" + "".join(f"{ms[n]:>11.3f} ms" for n in names) + f"{ratio:>18.3f}" + "".join(f"{memory.get(n, float('nan')):>18.0f}" for n in names) +
                  f"{others.percent:>9.0f} %", flush=True)
            rows.append({"model": case, "threads": threads, "precision": o.precision, "ms": ms, "ratio": ratio, "memory": memory, "others": others.percent})
        print(f"geometric mean {float(np.exp(np.mean(np.log(ratios)))):.3f}, worst {max(ratios):.3f}")
    if o.json:
        with open(o.json, "w") as f:
            json.dump(rows, f, indent=1)


if __name__ == "__main__":
    main()
