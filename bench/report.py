# SPDX-License-Identifier: Apache-2.0
"""Writes docs/performance.md from what bench/cpu.py measured.

    python bench/cpu.py --json run.json
    python bench/cpu.py --only resnet50 --startup --json startup.json
    python bench/parse.py --json parse.json
    python bench/report.py run.json startup.json parse.json > docs/performance.md
"""

import json
import math
import sys
from importlib.metadata import version


def processor():
    with open("/proc/cpuinfo") as f:
        lines = [line.split(":", 1) for line in f if ":" in line]
    name = next(v.strip() for k, v in lines if k.startswith("model name"))
    flags = next(v.split() for k, v in lines if k.startswith("flags"))
    count = sum(k.startswith("processor") for k, _ in lines)
    return f"{name}, {'AVX-512' if 'avx512f' in flags else 'AVX2'}, {count} cores"


def table(rows, threads, precision):
    peers = ["onnxruntime", "openvino"]
    yield f"## {threads} thread{'s' if threads > 1 else ''}" + (f", {precision.upper()}" if precision != "fp32" else "")
    yield ""
    yield "| model | Bireme ms | " + " | ".join(f"{p} ms" for p in peers) + " | to the faster peer | peak MiB: Bireme | " + \
        " | ".join(peers) + " | others' load |"
    yield "|---|---|---|---|---|---|---|---|---|"
    mine = [r for r in rows if r["threads"] == threads and r["precision"] == precision]
    for r in mine:
        ms, memory = r["ms"], {n: f"{r['memory'][n]:.0f}" if n in r["memory"] else "" for n in r["ms"]}
        yield f"| {r['model']} | {ms['bireme']:.2f} | " + " | ".join(f"{ms[p]:.2f}" for p in peers) + \
            f" | {r['ratio']:.2f} | {memory['bireme']} | " + " | ".join(memory[p] for p in peers) + \
            f" | {r['others']:.0f} % |"
    mean = math.exp(sum(math.log(r["ratio"]) for r in mine) / len(mine))
    yield f"| geometric mean | | | | {mean:.2f} | | | | |"
    yield ""


def parsing(rows):
    yield "## Reading ONNX files\n"
    yield "Time of parsing to a network beside that of reading the file's bytes from the page cache (best of three), and what"
    yield "parsing adds to the peak memory; `bench/parse.py`.\n"
    yield "| model | MiB | nodes | read s | parse s | peak + MiB |"
    yield "|---|---|---|---|---|---|"
    for r in rows:
        yield f"| {r['model']} | {r['mib']:.0f} | {r['nodes'] or 'few'} | {r['read']['seconds']:.3f} | " \
            f"{r['parse']['seconds']:.3f} | {r['parse']['mib']:.0f} |"


def main():
    with open(sys.argv[1]) as f:
        rows = json.load(f)
    print("<!-- written by bench/report.py -->")
    print("# Performance on a CPU\n")
    print(f"Measured on {processor()}; onnxruntime {version('onnxruntime')}, OpenVINO {version('openvino')}; FP32 unless said otherwise, batch 1.")
    print("Medians; the three take turns in one process, each with a run before the timed one. So that they do not hold")
    print("each other up there, onnxruntime's threads stop spinning after each run and OpenVINO's are not pinned to")
    print("cores; alone, with their defaults, both may be somewhat faster. Peak memory is that of a process of its own which loads the")
    print("model (Bireme: the saved engine) and runs it ten times. The last column is the share of the machine that other")
    print("processes took meanwhile: rows with more than a few percent say little.")
    print("[Single operators](performance-ops.md) and [what the optimizer leaves](performance-optimizer.md) are on pages of "
          "their own.\n")
    for precision, threads in sorted({(r["precision"], r["threads"]) for r in rows}, key=lambda k: (k[0] != "fp32", -k[1])):
        for line in table(rows, threads, precision):
            print(line)
    if len(sys.argv) > 2:
        with open(sys.argv[2]) as f:
            s = json.load(f)
        print("## Start-up (ResNet-50, 2 threads)\n")
        print(f"Build with timing {s['timed']:.2f} s, with a full timing cache {s['cached']:.2f} s, at level 0 {s['level0']:.2f} s.")
        print(f"Loading the saved engine, checksums verified, and its first run take {s['load']:.0f} ms more than a median run.")
    if len(sys.argv) > 3:
        with open(sys.argv[3]) as f:
            print("\n" + "\n".join(parsing(json.load(f))))


if __name__ == "__main__":
    main()
