# SPDX-License-Identifier: Apache-2.0
"""Writes docs/performance.md and docs/performance-optimizer.md from what the benchmarks measured.

    python bench/cpu.py --threads 2,1 --batches 1,8 --json latency.json      # and --precision bf16, fp16, --dynamic
    python bench/footprint.py --json footprint.json
    python bench/parse.py --json parse.json
    python bench/ablation.py --json ablation.json
    python bench/report.py performance --latency latency.json bf16.json dynamic.json --footprint footprint.json \\
        --parse parse.json > docs/performance.md
    python bench/report.py optimizer --footprint footprint.json --ablation ablation.json > docs/performance-optimizer.md
"""

import argparse
import json
import math
from importlib.metadata import version

import ablation
import footprint
import timing

PEERS = ("onnxruntime", "openvino")


def processor():
    with open("/proc/cpuinfo") as f:
        lines = [line.split(":", 1) for line in f if ":" in line]
    name = next(v.strip() for k, v in lines if k.startswith("model name"))
    flags = next(v.split() for k, v in lines if k.startswith("flags"))
    count = sum(k.startswith("processor") for k, _ in lines)
    return f"{name}, {'AVX-512' if 'avx512f' in flags else 'AVX2'}, {count} cores"


def machine():
    return f"Measured on {processor()}; onnxruntime {version('onnxruntime')}, OpenVINO {version('openvino')}."


def latency(rows):
    first = rows[0]
    precision = "" if first["precision"] == "fp32" else f", {first['precision'].upper()}"
    yield f"## {first['threads']} thread{'s' if first['threads'] > 1 else ''}, batch {first['batch']}{precision}\n"
    yield "| model | Bireme ms | " + " | ".join(f"{p} ms" for p in PEERS) + " | to the faster peer | 95 % bounds | of roof | others' load |"
    yield "|---|---|---|---|---|---|---|---|"
    for r in rows:
        ms = r["ms"]
        yield f"| {r['model']} | {ms['bireme']:.2f} | " + " | ".join(f"{ms[p]:.2f}" for p in PEERS) + \
            f" | {r['ratio']:.2f} | {bounds(r)} | {100 * r['roof']:.0f} % | {r['others']:.0f} % |"
    yield f"| geometric mean | | | | {timing.geometric_mean([r['ratio'] for r in rows]):.2f} | | | |\n"


def bounds(row):
    return "too few rounds" if math.isnan(row["low"]) else f"{row['low']:.2f} - {row['high']:.2f}"


def dynamic(rows):
    yield "## Dynamic shapes\n"
    yield "An engine for a batch from 1 to twice as much, tuned for this one, beside an engine for this one alone (`bench/cpu.py --dynamic`)."
    yield "The bar is a ratio of 1.05.\n"
    yield "| model | threads | batch | precision | static ms | dynamic ms | ratio | 95 % bounds | others' load |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for r in rows:
        yield f"| {r['model']} | {r['threads']} | {r['batch']} | {r['precision'].upper()} | {r['ms']['static']:.2f} | {r['ms']['dynamic']:.2f} | " \
            f"{r['ratio']:.2f} | {bounds(r)} | {r['others']:.0f} % |"
    yield ""


def costs(rows):
    yield "## Memory, load and build times, steps\n"
    yield f"`bench/footprint.py`; {rows[0]['threads']} threads, {rows[0]['precision'].upper()}, batch 1. Every figure is from a process of its own,"
    yield "which loads the model (Bireme: the saved engine) and runs it ten times; steady is what is resident then. \"load\" is what loading"
    yield "a saved engine, checksums verified, and its first run take above a median run; OpenVINO's build is reading and compiling.\n"
    yield from footprint.table(rows, list(rows[0]["memory"]))
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


def performance(a):
    yield "<!-- written by bench/report.py -->\n# Performance on a CPU\n"
    yield machine() + " FP32 unless said otherwise. Medians; all take turns"
    yield "in one process on inputs and into outputs allocated before, each with a run before the timed one. So that they do not hold each"
    yield "other up there, onnxruntime's threads stop spinning after each run and OpenVINO's are not pinned to cores; alone, with their"
    yield "defaults, both may be somewhat faster. The ratio is the median over the rounds, with its 95 % bounds. \"Of roof\" is what the"
    yield "operations and bytes of all layers take at least on this machine, as a share of Bireme's time (`bireme bench --layers` tells it"
    yield "layer by layer); it passes 100 % where Winograd's algorithm takes fewer operations than are counted. The last column is the share of the machine that other processes took meanwhile: rows with more than a few"
    yield "percent say little. [Single operators](performance-ops.md), [what the optimizer leaves](performance-optimizer.md) and"
    yield "[networks that nobody tuned for](performance-sweep.md) are on pages of their own, as is [a CPU with AMX](performance-amx.md).\n"
    rows = [r for file in a.latency for r in read(file)]
    static = [r for r in rows if not r["dynamic"]]
    for key in sorted({(r["precision"] != "fp32", r["precision"], -r["threads"], r["batch"]) for r in static}):
        yield from latency([r for r in static if (r["precision"], -r["threads"], r["batch"]) == key[1:]])
    if len(static) < len(rows):
        yield from dynamic([r for r in rows if r["dynamic"]])
    if a.footprint:
        yield from costs(read(a.footprint))
    if a.parse:
        yield from parsing(read(a.parse))


def optimizer(a):
    yield "<!-- written by bench/report.py -->\n# What the optimizer leaves\n"
    yield machine() + "\n"
    if a.footprint:
        yield "Steps that one inference runs on the CPU, conversions of formats among them, beside the nodes that OpenVINO executes"
        yield "(`bench/footprint.py`; batch 1, two threads):\n"
        yield "| model | Bireme: steps | of them conversions | OpenVINO: steps |\n|---|---|---|---|"
        for r in read(a.footprint):
            yield f"| {r['model']} | {r['steps'][0]} | {r['steps'][1]} | {r['steps_openvino']} |"
    yield "\nWhat each pass did to a network, and what kept it from doing more, says `bireme inspect --optimizations MODEL`;"
    yield "the passes and their equations are in [the reference](reference/passes.md)."
    if a.ablation:
        yield "\n## Without a pass\n"
        yield "Steps of the engine, and its time beside the whole one's, with one pass left out (`bench/ablation.py`; FP32, batch 1, two"
        yield "threads). What others of its stage do as well makes no difference; 0.98 to 1.02 is noise. `-`: the pass does nothing there.\n"
        yield from ablation.table(read(a.ablation))


def read(file):
    with open(file) as f:
        return json.load(f)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", choices=("performance", "optimizer"))
    parser.add_argument("--latency", nargs="+", default=[])
    parser.add_argument("--footprint", default="")
    parser.add_argument("--parse", default="")
    parser.add_argument("--ablation", default="")
    a = parser.parse_args()
    for line in {"performance": performance, "optimizer": optimizer}[a.page](a):
        print(line)


if __name__ == "__main__":
    main()
