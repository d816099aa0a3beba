# SPDX-License-Identifier: Apache-2.0
"""Latency of Bireme on a GPU beside PyTorch, each contestant in a process of its own, in turn.

Every figure is the median time of one CUDA-graph replay by the GPU's clock; data stay on the device. Peers are PyTorch
eager captured in a CUDA graph, and the same network with BatchNorm folded (ResNet-50 with cuDNN's fused convolutions).
"ort*" is onnxruntime as recorded on another day, on an H200 only (recorded.py says how); no mean counts it.
The roof is the least time of the network's products: per layer, operations over the peak of the unit that does them, or
bytes over the memory's bandwidth, whichever is larger.

PP-OCR (--only ppocr_det,ppocr_rec) comes from the package rapidocr_onnxruntime, or lies in the folder of models already;
PyTorch runs its files node by node, as "folded" with what a user would fold by hand.

    python bench/gpu.py [--bireme build/release/bin/bireme] [--models FOLDER] [--only resnet50,...]
                        [--precisions fp16,tf32,fp32] [--batches 1,8,32,128] [--rounds 3] [--json FILE] [--streams 4]

"MB" is the device memory in use at the end of a contestant's run (weights, scratch, the CUDA context and the libraries'
code), less what was in use before; nothing else may use the GPU meanwhile. --streams N adds Bireme's throughput with 1, 2,
4, ... N contexts of one engine.
"""

import argparse
import concurrent.futures
import json
import math
import os
import re
import statistics
import subprocess
import sys

import make_models
import recorded
from gpu_models import BANDWIDTH, inputs_of, model_file, roof
from gpu_peers import NOT_FOLDED, PEERS


# --- Bireme -----------------------------------------------------------------------------------------------------------


def bireme_engine(args, model, precision, batch):
    path = model_file(args.models, model, precision)
    engine = os.path.join(args.models, f"{model}_{precision}_{batch}.engine")
    shapes = [f"{n}:{'x'.join(map(str, s))}" for n, s in inputs_of(model, batch).items()]
    command = [args.bireme, "build", path, "-o", engine, "--device", "gpu", "--shapes", *shapes]
    if precision == "tf32":
        command += ["--precision", "tf32"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=args.limit)
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip().splitlines()[-1])
    return engine, shapes


def bireme_time(args, engine, shapes):
    done = subprocess.run([args.bireme, "bench", engine, "--duration", "0.2", "--iterations", "100", "--shapes", *shapes],
                          capture_output=True, text=True, timeout=args.limit)
    return measured(done, r"gpu ms: .*median ([0-9.]+)")


def measured(done, pattern):
    """Milliseconds by the pattern, and MB of device memory in use."""
    time, memory = (re.search(r, done.stdout) for r in (pattern, r"device memory: ([0-9]+) MB"))
    if done.returncode or not time or not memory:
        raise RuntimeError((done.stderr or done.stdout or "no output").strip().splitlines()[-1])
    return float(time.group(1)), int(memory.group(1))


def bireme_throughput(args, engine, shapes):
    """Runs per second by number of streams."""
    done = subprocess.run([args.bireme, "bench", engine, "--duration", "0.5", "--streams", str(args.streams), "--shapes", *shapes],
                          capture_output=True, text=True, timeout=args.limit)
    return {int(n): float(r) for n, r in re.findall(r"^(\d+) streams?: ([0-9.]+) runs/s", done.stdout, re.MULTILINE)}


def memory_in_use():
    """MB, by all processes."""
    query = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    return int(subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()[0])


def peer_time(args, name, model, precision, batch):
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gpu_peers.py")
    command = [sys.executable, program, name, model, precision, str(batch), "--models", args.models]
    done = subprocess.run(command, capture_output=True, text=True, timeout=args.limit)
    return measured(done, r"median ([0-9.]+)")


# --- the table --------------------------------------------------------------------------------------------------------


def gpu_name():
    done = subprocess.run(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"], capture_output=True, text=True)
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 else "unknown GPU"


def case(args, model, precision, batch, bandwidth):
    row = {"model": model, "precision": precision, "batch": batch, "errors": {}}
    contestants = {}
    try:
        engine, shapes = bireme_engine(args, model, precision, batch)
        contestants["bireme"] = lambda: bireme_time(args, engine, shapes)
        row["roof"] = roof(model_file(args.models, model, precision), inputs_of(model, batch), precision, bandwidth)
    except (RuntimeError, subprocess.TimeoutExpired) as e:
        row["errors"]["bireme"] = str(e)
    for name in args.peers:
        if name == "torch" or model not in NOT_FOLDED:  # those have no BatchNorm, or it is folded
            contestants[name] = lambda name=name: peer_time(args, name, model, precision, batch)
    times, memory = {n: [] for n in contestants}, {}
    for _ in range(args.rounds):
        for name, run in contestants.items():
            if name in row["errors"]:
                continue
            try:
                ms, memory[name] = run()
                times[name].append(ms)
            except (RuntimeError, subprocess.TimeoutExpired, AttributeError) as e:
                row["errors"][name] = str(e)
    row.update({n: statistics.median(t) for n, t in times.items() if t})
    row["recorded"] = recorded.onnxruntime_ms(args.gpu, model, precision, batch)
    good = [n for n in contestants if n not in row["errors"]]
    row["memory"] = {n: mb - args.memory_before for n, mb in memory.items()}
    if args.streams and "bireme" in good:
        row["runs_per_second"] = bireme_throughput(args, engine, shapes)
    return row


def ratio(row):
    peers = [row[p] for p in PEERS if p in row]
    return row["bireme"] / min(peers) if "bireme" in row and peers else None


def means(rows):
    """Geometric mean, worst and number of the ratios to the best peer, and how many are above 0.95, by precision and over all."""
    ratios = {}
    for r in rows:
        if ratio(r) is not None:
            for key in (r["precision"], "all"):
                ratios.setdefault(key, []).append(ratio(r))
    return {key: (math.exp(statistics.mean(map(math.log, v))), max(v), len(v), sum(x > 0.95 for x in v)) for key, v in ratios.items()}


def show(row):
    cells = [f"{row[n]:9.3f}" if n in row else "        -" for n in ("bireme", *PEERS)]
    beside = f"{ratio(row):6.2f}" if ratio(row) is not None else "     -"
    roofs = f"{row['roof']:8.3f} {row['bireme'] / row['roof']:5.1f}" if "bireme" in row and row.get("roof") else " " * 14
    memory = row["memory"]
    peers = [memory[p] for p in PEERS if p in memory]
    megabytes = f"{memory.get('bireme', '-'):>6} {min(peers) if peers else '-':>6}"
    runs = " ".join(f"{r:8.0f}" for r in row.get("runs_per_second", {}).values())
    cells.append(f"{row['recorded']:9.3f}" if row["recorded"] else "        -")
    print(f"{row['model']:16} {row['precision']} b{row['batch']:<4} {' '.join(cells)} {beside} {roofs} {megabytes} {runs}", flush=True)
    for name, error in row["errors"].items():
        print(f"    {name}: {error[:200]}")


def make_files(args, names, precisions):
    """All model files, several at a time."""
    with concurrent.futures.ProcessPoolExecutor(max(1, (os.cpu_count() or 2) // 2)) as pool:
        for made in [pool.submit(model_file, args.models, n, "fp16" if "fp16" in precisions else "fp32") for n in names]:
            made.result()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--bireme", default="build/release/bin/bireme")
    p.add_argument("--models", default="/tmp/bireme-models")
    p.add_argument("--only", default=",".join(make_models.MODELS))
    p.add_argument("--precisions", default="fp16,tf32,fp32")
    p.add_argument("--batches", default="1,8,32,128")
    p.add_argument("--peers", default=",".join(PEERS))
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--limit", type=float, default=300, help="seconds per process")
    p.add_argument("--streams", type=int, default=0, help="throughput with so many streams")
    p.add_argument("--json")
    args = p.parse_args()
    names, precisions = args.only.split(","), args.precisions.split(",")
    batches = [int(b) for b in args.batches.split(",")]
    args.peers = [n for n in args.peers.split(",") if n]
    os.makedirs(args.models, exist_ok=True)
    make_files(args, names, precisions)
    args.gpu, args.memory_before = gpu_name(), memory_in_use()
    bandwidth = next((b for n, b in BANDWIDTH.items() if n in args.gpu), 3.0e12)
    print(f"{args.gpu}; median ms of one CUDA-graph replay; ratio to the best peer; roof at {bandwidth / 1e12:.1f} TB/s")
    streams = [1 << i for i in range(args.streams.bit_length())]
    runs = " ".join(f"{f'{n} stream' + 's' * (n > 1):>8}" for n in streams)
    print(f"{'':27} {'bireme':>9} {'torch':>9} {'folded':>9} {'ort*':>9} {'ratio':>6} {'roof':>8} {'times':>5} {'MB':>6} {'torch':>6} {runs}")
    rows = []
    for model in names:
        for precision in precisions:
            for batch in batches:
                rows.append(case(args, model, precision, batch, bandwidth))
                show(rows[-1])
    for key, (mean, worst, count, above) in means(rows).items():
        print(f"{key}: geometric mean of {count} ratios to the best peer {mean:.3f}, worst {worst:.2f}, {above} above 0.95")
    both = [r["memory"] for r in rows if "bireme" in r["memory"] and len(r["memory"]) > 1]
    more = sum(m["bireme"] > min(v for n, v in m.items() if n != "bireme") for m in both)
    print(f"device memory above the least of the peers in {more} of {len(both)} cells")
    if args.json:
        with open(args.json, "w") as f:
            json.dump({"gpu": args.gpu, "rows": rows}, f, indent=1)


if __name__ == "__main__":
    main()
